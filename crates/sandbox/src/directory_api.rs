//! Assistants and telephone numbers over HTTP.

use crate::answer::Answer;
use crate::calls_api::{not_an_id, object};
use crate::chance::{happens, stream};
use crate::directory::Entry;
use crate::query::Filters;
use crate::route::Route;
use crate::world::{Refusal, World};
use bytes::Bytes;
use http::{Method, Request};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use uuid::Uuid;

/// A change of an assistant as it was asked for.
#[derive(Debug)]
pub(crate) struct Change {
    method: Method,
    /// `None` for a new assistant.
    id: Option<String>,
    body: Bytes,
}

impl Change {
    pub(crate) fn of(route: Route<'_>, request: &Request<Bytes>) -> Change {
        Change {
            method: request.method().clone(),
            id: match route {
                Route::Assistant(id) => Some(id.to_owned()),
                _ => None,
            },
            body: request.body().clone(),
        }
    }
}

impl World {
    /// Does what was asked for, now.
    pub(crate) fn change_assistant(&mut self, change: &Change, now_ms: i64) -> Result<Answer, Refusal> {
        match (change.method.as_str(), &change.id) {
            ("PATCH", Some(id)) => self.patch_assistant(id, &change.body, now_ms),
            ("DELETE", Some(id)) => self.delete_assistant(id, now_ms),
            _ => self.create_assistant(&change.body, now_ms),
        }
    }

    /// Nobody is there any more to be told what became of it.
    pub(crate) fn change_late(&mut self, change: &Change, now_ms: i64) {
        if let Err(refusal) = self.change_assistant(change, now_ms) {
            tracing::debug!(?refusal, "a late change of an assistant came to nothing");
        }
    }

    fn create_assistant(&mut self, body: &Bytes, now_ms: i64) -> Result<Answer, Refusal> {
        let body = map(object("CreateAssistant", body)?);
        let id = self.new_id(now_ms);
        self.directory.add_assistant(id, body, self.told.at(now_ms));
        self.counts.assistants.created += 1;
        let listed_from_ms = now_ms + self.assistant_list_lag_ms(id);
        let assistant = self.directory.assistants.get_mut(&id);
        let assistant = assistant.ok_or_else(|| missing("Assistant", &id.to_string()))?;
        assistant.listed_from_ms = listed_from_ms;
        Ok(Answer::created(&assistant.wire()))
    }

    fn assistant_list_lag_ms(&self, id: Uuid) -> i64 {
        let mut rng = stream(self.settings.seed, "assistant list lag", &[&id.to_string()]);
        let lag_ms = self.faults.assistant_list_lag_ms.draw(&mut rng);
        if happens(&mut rng, self.faults.assistant_list_lag) {
            lag_ms
        } else {
            0
        }
    }

    pub(crate) fn list_assistants(&self, query: &str, now_ms: i64) -> Result<Answer, Refusal> {
        list(&self.directory.assistants, query, now_ms)
    }

    pub(crate) fn get_assistant(&self, id: &str) -> Result<Answer, Refusal> {
        let assistant = self
            .directory
            .assistants
            .get(&parse(id)?)
            .ok_or_else(|| missing("Assistant", id))?;
        Ok(Answer::ok(&assistant.wire()))
    }

    fn patch_assistant(&mut self, id: &str, body: &Bytes, now_ms: i64) -> Result<Answer, Refusal> {
        let change = map(object("CreateAssistant", body)?);
        let found = self.directory.assistants.get_mut(&parse(id)?);
        let assistant = found.ok_or_else(|| missing("Assistant", id))?;
        assistant.patch(change, self.told.at(now_ms));
        self.counts.assistants.changed += 1;
        Ok(Answer::ok(&assistant.wire()))
    }

    fn delete_assistant(&mut self, id: &str, now_ms: i64) -> Result<Answer, Refusal> {
        let removed = self.directory.assistants.remove(&parse(id)?);
        let removed = removed.ok_or_else(|| missing("Assistant", id))?;
        let answer = Answer::ok(&removed.wire());
        self.counts.assistants.deleted += 1;
        self.directory
            .deleted_assistants
            .push((self.told.at(now_ms), removed));
        Ok(answer)
    }

    /// Adds a number. One of the provider's own gets its digits from the count of numbers.
    pub(crate) fn create_number(&mut self, body: &Bytes, now_ms: i64) -> Result<Answer, Refusal> {
        let mut body = map(object("CreatePhoneNumber", body)?);
        if body.get("provider").is_some_and(|provider| provider == "vapi") {
            let area = body
                .get("numberDesiredAreaCode")
                .and_then(Value::as_str)
                .unwrap_or("628");
            let number = format!("+1{area}55501{:02}", self.directory.numbers.len() % 100);
            body.insert("number".into(), json!(number));
        }
        let id = self.new_id(now_ms);
        self.directory.add_number(id, body, self.told.at(now_ms));
        Ok(Answer::created(&self.directory.numbers[&id].wire()))
    }

    pub(crate) fn list_numbers(&self, query: &str, now_ms: i64) -> Result<Answer, Refusal> {
        list(&self.directory.numbers, query, now_ms)
    }

    pub(crate) fn get_number(&self, id: &str) -> Result<Answer, Refusal> {
        let number = self
            .directory
            .numbers
            .get(&parse(id)?)
            .ok_or_else(|| missing("Phone Number", id))?;
        Ok(Answer::ok(&number.wire()))
    }
}

fn parse(id: &str) -> Result<Uuid, Refusal> {
    Uuid::try_parse(id).map_err(|_| not_an_id())
}

fn missing(what: &str, id: &str) -> Refusal {
    Refusal::NotFound(format!("Couldn't Get {what}. `id` {id} Does Not Exist."))
}

fn map(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(map) => map,
        _ => Map::new(),
    }
}

/// A bare array, newest first.
fn list<E: Entry>(entries: &BTreeMap<Uuid, E>, query: &str, now_ms: i64) -> Result<Answer, Refusal> {
    let filters = Filters::read(query, &[])?;
    let mut found: Vec<&E> = entries
        .values()
        .filter(|entry| {
            let (created_ms, updated_ms) = entry.times_ms();
            entry.listed_from_ms() <= now_ms
                && filters.created.has(created_ms)
                && filters.updated.has(updated_ms)
        })
        .collect();
    found.sort_by_key(|entry| std::cmp::Reverse((entry.times_ms().0, entry.id())));
    let rows: Vec<Value> = found.into_iter().take(filters.limit).map(Entry::wire).collect();
    Ok(Answer::ok(&rows))
}
