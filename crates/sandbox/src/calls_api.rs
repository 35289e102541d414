//! Reading, renaming and deleting calls.

use crate::answer::Answer;
use crate::artifact::recording_url;
use crate::call::{Call, Status};
use crate::create::not_json;
use crate::query::Filters;
use crate::validate;
use crate::view;
use crate::world::{Refusal, World};
use bytes::Bytes;
use serde_json::Value;
use serde_json::value::RawValue;
use uuid::Uuid;

impl World {
    pub(crate) fn list_calls(&self, query: &str, now_ms: i64) -> Result<Answer, Refusal> {
        let filters = Filters::read(query, &["id", "assistantId", "phoneNumberId"])?;
        let matches = |call: &Call| {
            call.listed_from_ms <= now_ms
                && filters
                    .assistant_id
                    .is_none_or(|id| call.echo.assistant_id == Some(id))
                && filters
                    .phone_number_id
                    .is_none_or(|id| call.echo.phone_number_id == Some(id))
        };
        let found = match filters.id {
            Some(id) => self
                .book
                .find(id)
                .into_iter()
                .filter(|index| {
                    let call = self.book.get(*index);
                    filters.limit > 0
                        && matches(call)
                        && filters.created.has(self.told.at(call.created_ms))
                        && filters.updated.has(self.told.at(call.updated_ms))
                })
                .collect(),
            None => self.book.newest(
                &self.told,
                filters.created,
                filters.updated,
                filters.limit,
                matches,
            ),
        };
        let rows: Vec<Box<RawValue>> = found.into_iter().map(|index| self.show(index, now_ms)).collect();
        Ok(Answer::ok(&rows))
    }

    pub(crate) fn get_call(&self, id: &str, now_ms: i64) -> Result<Answer, Refusal> {
        let index = self.find_call(id)?;
        Ok(Answer::ok(&self.show(index, now_ms)))
    }

    /// `name` is all that can be changed.
    pub(crate) fn rename_call(&mut self, id: &str, body: &Bytes, now_ms: i64) -> Result<Answer, Refusal> {
        let change = object("UpdateCall", body)?;
        let index = self.find_call(id)?;
        if let Some(name) = change.get("name").and_then(Value::as_str) {
            self.book.get_mut(index).echo.name = Some(name.to_owned());
            self.book.touch(index, now_ms);
        }
        Ok(Answer::ok(&self.show(index, now_ms)))
    }

    /// Deletes records. A scheduled call is thereby cancelled; a live one goes on.
    pub(crate) fn delete_call(&mut self, id: &str, body: &Bytes, now_ms: i64) -> Result<Answer, Refusal> {
        let body = if body.is_empty() {
            Value::Null
        } else {
            object("DeleteCall", body)?
        };
        let index = self.find_call(id)?;
        let ids = match body.get("ids").and_then(Value::as_array) {
            Some(ids) => ids
                .iter()
                .filter_map(Value::as_str)
                .map(|id| self.find_call(id))
                .collect(),
            None => vec![Ok(index)],
        };
        let shown = self.show(index, now_ms);
        for index in ids.into_iter().flatten() {
            if self.book.get(index).status == Status::Scheduled {
                self.cancel_scheduled(index, "scheduled-call-deleted", now_ms);
            }
            self.book.get_mut(index).deleted = true;
        }
        Ok(Answer::ok(&shown))
    }

    pub(crate) fn recording_of(&self, id: &str, kind: &str) -> Result<Answer, Refusal> {
        let call = self.book.get(self.find_call(id)?);
        if !call.is_recorded() {
            return Err(Refusal::NotFound("Recording Not Found.".into()));
        }
        Ok(Answer::redirect(recording_url(
            &self.settings.public_base_url,
            call.id,
            kind,
        )))
    }

    pub(crate) fn find_call(&self, id: &str) -> Result<usize, Refusal> {
        let found = Uuid::try_parse(id).map_err(|_| not_an_id())?;
        let missing = || Refusal::NotFound(format!("Couldn't Get Call. `id` {found} Does Not Exist."));
        self.book.find(found).ok_or_else(missing)
    }

    fn show(&self, index: usize, now_ms: i64) -> Box<RawValue> {
        view::call(self.book.get(index), &self.settings, &self.told, now_ms, None)
    }
}

pub(crate) fn not_an_id() -> Refusal {
    Refusal::Policy("Validation failed (uuid is expected)".into())
}

/// The body as an instance of that shape.
pub(crate) fn object(shape: &str, body: &Bytes) -> Result<Value, Refusal> {
    let value: Value = serde_json::from_slice(body).map_err(|_| not_json())?;
    let problems = validate::check(shape, &value);
    if problems.is_empty() {
        Ok(value)
    } else {
        Err(Refusal::Invalid(problems))
    }
}
