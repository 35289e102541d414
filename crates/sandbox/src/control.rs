//! Steering a live call through its control address.

use crate::agenda::Step;
use crate::answer::Answer;
use crate::call::{Status, speaking_ms};
use crate::ledger::LedgerControl;
use crate::luck::ControlLuck;
use crate::route::Route;
use crate::world::World;
use bytes::Bytes;
use http::{Method, Request, StatusCode};
use serde_json::{Value, json};

/// The reason of a call that was ended from outside: "canceled via the API or dashboard" in the provider's words.
const CANCELED: &str = "manually-canceled";

impl World {
    /// Puts a command into the ledger before it does anything, and gives its place there.
    pub(crate) fn note_command(
        &mut self,
        route: Route<'_>,
        request: &Request<Bytes>,
        now_ms: i64,
    ) -> Option<usize> {
        let Route::Control(id) = route else {
            return None;
        };
        let body: Value = serde_json::from_slice(request.body()).unwrap_or_default();
        let call = self.find_call(id).ok().map(|index| self.book.get(index));
        self.counts.controls.push(LedgerControl {
            provider_call_id: id.to_owned(),
            our_id: call.and_then(|call| call.our_id.clone()),
            command: body["type"].as_str().unwrap_or_default().to_owned(),
            at_ms: now_ms,
            status: None,
            hung_up_at_ms: None,
        });
        Some(self.counts.controls.len() - 1)
    }

    /// What the draws of a call are named after; of an unknown call its id.
    pub(crate) fn key_of<'a>(&'a self, id: &'a str) -> &'a str {
        self.find_call(id)
            .map_or(id, |index| self.book.get(index).key.as_str())
    }

    /// `monitor.controlUrl`: wants no key unless the assistant says so, and then the public one.
    pub(crate) fn control(
        &mut self,
        id: &str,
        request: &Request<Bytes>,
        luck: Option<&ControlLuck>,
        now_ms: i64,
    ) -> Answer {
        let live = self.find_call(id).ok().filter(|index| {
            let call = self.book.get(*index);
            call.placed_ms.is_some() && call.truly_ended_ms.is_none()
        });
        let not_live = Answer::refusal(StatusCode::NOT_FOUND, "Call Is Not Active.");
        let Some(index) = live.filter(|_| request.method() == Method::POST) else {
            return not_live;
        };
        let terms = &self.book.get(index).terms;
        if !terms.control {
            return Answer::refusal(StatusCode::FORBIDDEN, NOT_ENABLED);
        }
        if terms.control_wants_key && !self.shows_public_key(request) {
            return Answer::refusal(StatusCode::UNAUTHORIZED, "Invalid Key.");
        }
        let unanswered = self.book.get(index).started_ms.is_none();
        if let Some(luck) = luck {
            if luck.refusal {
                self.counts.fault("control_refusal");
                return Answer::refusal(StatusCode::FORBIDDEN, NOT_ENABLED);
            }
            if luck.not_found {
                self.counts.fault("control_not_found");
                return not_live;
            }
            if luck.not_found_before_answer && unanswered {
                self.counts.fault("control_not_found_before_answer");
                return not_live;
            }
        }
        let body: Value = serde_json::from_slice(request.body()).unwrap_or_default();
        match body.get("type").and_then(Value::as_str) {
            Some("end-call") => self.end_call(index, luck, now_ms),
            Some("say") => self.say(index, &body, now_ms),
            Some("add-message" | "control" | "transfer" | "handoff" | "send-transport-message") => {}
            _ => return Answer::refusal(StatusCode::BAD_REQUEST, "Unknown message type."),
        }
        Answer::ok(&json!({}))
    }

    fn shows_public_key(&self, request: &Request<Bytes>) -> bool {
        let header = request.headers().get(http::header::AUTHORIZATION);
        let key = header
            .and_then(|value| value.to_str().ok())
            .and_then(|header| header.strip_prefix("Bearer "));
        key == Some(self.settings.public_key.as_str())
    }

    fn end_call(&mut self, index: usize, luck: Option<&ControlLuck>, now_ms: i64) {
        if luck.is_some_and(|luck| luck.ignored) {
            return self.counts.fault("control_ignored");
        }
        let command = self.counts.controls.len().saturating_sub(1);
        if let Some(late_ms) = luck.and_then(|luck| luck.late_ms) {
            self.counts.fault("control_late_acting");
            return self
                .agenda
                .add(now_ms + late_ms, index, Step::HungUpByControl(command));
        }
        self.end_early(index, CANCELED, now_ms, command);
        // What is due at this very moment happens before the answer leaves.
        self.settle(self.now_ms);
    }

    /// A command that was taken a while ago is carried out.
    pub(crate) fn hung_up_by_control(&mut self, index: usize, command: usize, now_ms: i64) {
        self.end_early(index, CANCELED, now_ms, command);
    }

    fn say(&mut self, index: usize, body: &Value, now_ms: i64) {
        let text = body.get("content").and_then(Value::as_str).unwrap_or_default();
        let call = self.book.get_mut(index);
        if call.status != Status::InProgress || text.is_empty() {
            return;
        }
        call.said.push((now_ms, text.to_owned()));
        if body.get("endCallAfterSpoken").and_then(Value::as_bool) == Some(true) {
            let over_ms = now_ms + speaking_ms(text);
            let command = self.counts.controls.len().saturating_sub(1);
            self.end_early(
                index,
                "assistant-ended-call-after-message-spoken",
                over_ms,
                command,
            );
        }
    }

    /// Lets a call end at that moment, unless it is over by then anyway.
    fn end_early(&mut self, index: usize, reason: &str, at_ms: i64, command: usize) {
        let call = self.book.get_mut(index);
        if let (Some(plan), Some(placed_ms)) = (&mut call.plan, call.placed_ms)
            && at_ms - placed_ms < plan.end_ms
        {
            plan.end_ms = at_ms - placed_ms;
            plan.ended_reason = reason.to_owned();
            call.ended_by_command = Some(command);
            self.agenda.add(at_ms, index, Step::End);
        }
    }
}

const NOT_ENABLED: &str = "Live Call Control Is Not Enabled.";
