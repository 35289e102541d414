//! Assistants and telephone numbers over HTTP.

use crate::answer::Answer;
use crate::calls_api::{not_an_id, object};
use crate::directory::Entry;
use crate::query::Filters;
use crate::world::{Refusal, World};
use bytes::Bytes;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use uuid::Uuid;

impl World {
    pub(crate) fn create_assistant(&mut self, body: &Bytes, now_ms: i64) -> Result<Answer, Refusal> {
        let body = map(object("CreateAssistant", body)?);
        let id = self.new_id(now_ms);
        self.directory.add_assistant(id, body, now_ms);
        Ok(Answer::created(&self.directory.assistants[&id].wire()))
    }

    pub(crate) fn list_assistants(&self, query: &str) -> Result<Answer, Refusal> {
        list(&self.directory.assistants, query)
    }

    pub(crate) fn get_assistant(&self, id: &str) -> Result<Answer, Refusal> {
        let assistant = self
            .directory
            .assistants
            .get(&parse(id)?)
            .ok_or_else(|| missing("Assistant", id))?;
        Ok(Answer::ok(&assistant.wire()))
    }

    pub(crate) fn patch_assistant(&mut self, id: &str, body: &Bytes, now_ms: i64) -> Result<Answer, Refusal> {
        let change = map(object("CreateAssistant", body)?);
        let found = self.directory.assistants.get_mut(&parse(id)?);
        let assistant = found.ok_or_else(|| missing("Assistant", id))?;
        assistant.patch(change, now_ms);
        Ok(Answer::ok(&assistant.wire()))
    }

    pub(crate) fn delete_assistant(&mut self, id: &str) -> Result<Answer, Refusal> {
        let removed = self.directory.assistants.remove(&parse(id)?);
        Ok(Answer::ok(
            &removed.ok_or_else(|| missing("Assistant", id))?.wire(),
        ))
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
        self.directory.add_number(id, body, now_ms);
        Ok(Answer::created(&self.directory.numbers[&id].wire()))
    }

    pub(crate) fn list_numbers(&self, query: &str) -> Result<Answer, Refusal> {
        list(&self.directory.numbers, query)
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
fn list<E: Entry>(entries: &BTreeMap<Uuid, E>, query: &str) -> Result<Answer, Refusal> {
    let filters = Filters::read(query, &[])?;
    let mut found: Vec<&E> = entries
        .values()
        .filter(|entry| {
            let (created_ms, updated_ms) = entry.times_ms();
            filters.created.has(created_ms) && filters.updated.has(updated_ms)
        })
        .collect();
    found.sort_by_key(|entry| std::cmp::Reverse((entry.times_ms().0, entry.id())));
    let rows: Vec<Value> = found.into_iter().take(filters.limit).map(Entry::wire).collect();
    Ok(Answer::ok(&rows))
}
