//! What the provider, and we ourselves, say about a call.

use domain::{
    call::{CallRef, CallState, Details, Dialling, End, Fact, Source},
    ids::CallId,
    money::UsdMicros,
    time::UtcMs,
};
use store::Dial;

/// The provider's id of the call that a dial led to.
pub(crate) fn provider_id(dial: &Dial) -> String {
    format!("provider-{}", dial.call_id)
}

fn fact(dial: &Dial, source: Source, kind: &str, at: UtcMs, says: CallState) -> Fact {
    Fact {
        call: CallRef {
            number: None,
            call_id: Some(dial.call_id),
            provider_call_id: says.provider_call_id.clone(),
        },
        source,
        kind: kind.to_owned(),
        at,
        says,
        payload: Some(format!(r#"{{"kind": "{kind}"}}"#)),
    }
}

/// What every word of the provider about a call says.
fn known(dial: &Dial, at: UtcMs) -> CallState {
    CallState {
        dialling: Dialling::Accepted,
        provider_call_id: Some(provider_id(dial)),
        accepted_at: Some(at),
        ..CallState::default()
    }
}

fn end(reason: &str, at: UtcMs) -> Option<End> {
    Some(End {
        reason: Some(reason.to_owned()),
        message: None,
        at,
    })
}

/// The answer 201.
pub(crate) fn accepted(dial: &Dial, at: UtcMs) -> Fact {
    fact(dial, Source::Dial, "dial.accepted", at, known(dial, at))
}

/// A status update: it rings.
pub(crate) fn ringing(dial: &Dial, at: UtcMs) -> Fact {
    let says = CallState {
        ringing_at: Some(at),
        ..known(dial, at)
    };
    fact(dial, Source::Webhook, "status-update", at, says)
}

/// A status update: somebody answered.
pub(crate) fn answered(dial: &Dial, at: UtcMs) -> Fact {
    let says = CallState {
        started_at: Some(at),
        ..known(dial, at)
    };
    fact(dial, Source::Webhook, "status-update", at, says)
}

/// A status update: it ended.
pub(crate) fn ended(dial: &Dial, reason: &str, at: UtcMs) -> Fact {
    let says = CallState {
        end: end(reason, at),
        ..known(dial, at)
    };
    fact(dial, Source::Webhook, "status-update", at, says)
}

/// The report at the end of a call in which the person spoke.
pub(crate) fn report(dial: &Dial, reason: &str, at: UtcMs) -> Fact {
    let details = Details {
        cost: Some(UsdMicros(71_200)),
        recording_url: Some("https://example.com/recording.wav".to_owned()),
        transcript: Some("AI: Hello?\nUser: Hi.".to_owned()),
        messages_json: Some(r#"[{"role":"user","message":"Hi."}]"#.to_owned()),
        user_turns: Some(1),
        summary: Some("They said hi.".to_owned()),
        structured_json: Some(r#"{"interested":true}"#.to_owned()),
        success_evaluation: Some("true".to_owned()),
        control_url: None,
        opted_out: false,
    };
    let says = CallState {
        end: end(reason, at),
        details,
        ..known(dial, at)
    };
    fact(dial, Source::Webhook, "end-of-call-report", at, says)
}

/// What a poll finds out about a call that has ended.
pub(crate) fn polled(dial: &Dial, reason: &str, created: UtcMs, started: UtcMs, at: UtcMs) -> Fact {
    let details = Details {
        cost: Some(UsdMicros(70_000)),
        ..Details::default()
    };
    let says = CallState {
        started_at: Some(started),
        end: end(reason, at),
        details,
        ..known(dial, created)
    };
    fact(dial, Source::Poll, "poll", at, says)
}

/// A certain refusal, for one of our own reasons.
pub(crate) fn refused(dial: &Dial, reason: &str, at: UtcMs) -> Fact {
    let says = CallState {
        dialling: Dialling::Refused,
        end: end(reason, at),
        ..CallState::default()
    };
    fact(dial, Source::Dial, "dial.refused", at, says)
}

/// A call that was reserved is not placed.
pub(crate) fn released(call: CallId, at: UtcMs) -> Fact {
    Fact {
        call: CallRef {
            number: None,
            call_id: Some(call),
            provider_call_id: None,
        },
        source: Source::Engine,
        kind: "released".to_owned(),
        at,
        says: CallState {
            end: end("autolynx.released", at),
            ..CallState::default()
        },
        payload: None,
    }
}

/// Something that we infer or do ourselves: an end for one of our own reasons.
pub(crate) fn inferred(dial: &Dial, reason: &str, at: UtcMs) -> Fact {
    let says = CallState {
        end: end(reason, at),
        ..CallState::default()
    };
    Fact {
        payload: None,
        ..fact(dial, Source::Engine, "inferred", at, says)
    }
}

/// The same fact, known by the provider's id alone.
pub(crate) fn without_our_id(mut fact: Fact) -> Fact {
    fact.call.call_id = None;
    fact
}
