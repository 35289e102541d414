//! Text that one of the databases cannot hold.

use domain::{
    call::{CallState, Details, Dialling, End, Source},
    money::UsdMicros,
    outcome::Outcome,
};
use store::Applied;

use crate::{fixture::Fixture, people::NOW, says};

contract! {
    what_postgres_cannot_hold_is_replaced_on_both,
    the_same_goes_for_facts_that_wait_for_their_call,
    long_texts_are_kept_whole,
    a_cost_below_zero_says_nothing,
}

async fn what_postgres_cannot_hold_is_replaced_on_both(fixture: &Fixture) {
    let (_, dial) = fixture.one_call().await;
    let mut fact = says::report(&dial, "customer-ended-call\0", NOW);
    fact.kind = "end-of\0-call-report".to_owned();
    fact.payload = Some(r#"{"a": "x\u0000y\ud83d", "b": "\\u0000"}"#.to_owned());
    fact.call.provider_call_id = Some("pro\0vider".to_owned());
    fact.says = CallState {
        dialling: Dialling::Accepted,
        provider_call_id: Some("pro\0vider".to_owned()),
        accepted_at: Some(NOW),
        end: Some(End {
            reason: Some("customer-ended-call\0".to_owned()),
            message: Some("\0bye".to_owned()),
            at: NOW,
        }),
        details: Details {
            recording_url: Some("https://example.com/\0".to_owned()),
            transcript: Some("AI: \0Hello é 😀".to_owned()),
            messages_json: Some(r#"[{"message":"a\u0000b"}]"#.to_owned()),
            user_turns: Some(2),
            summary: Some("\0".to_owned()),
            structured_json: Some("not \0 JSON".to_owned()),
            success_evaluation: Some("8\0".to_owned()),
            control_url: Some("https://example.com/\0control".to_owned()),
            opted_out: false,
            cost: None,
        },
        ..CallState::default()
    };
    let repeated = fact.clone();
    let applied = fixture.store.apply_facts(&[fact, repeated], NOW).await.unwrap();
    assert_eq!((applied.ended, applied.strays), (1, 0));
    let call = fixture.store.call(dial.call_id).await.unwrap().expect("the call");
    assert_eq!(call.outcome, Some(Outcome::Human));
    assert_eq!(call.state.provider_call_id.as_deref(), Some("provider"));
    let end = call.state.end.expect("an end");
    assert_eq!(
        (end.reason.as_deref(), end.message.as_deref()),
        (Some("customer-ended-call"), Some("bye"))
    );
    let details = call.state.details;
    assert_eq!(details.recording_url.as_deref(), Some("https://example.com/"));
    assert_eq!(details.transcript.as_deref(), Some("AI: Hello é 😀"));
    assert_eq!(
        details.messages_json.as_deref(),
        Some(r#"[{"message":"a\ufffdb"}]"#)
    );
    assert_eq!(details.structured_json.as_deref(), Some(r#""not  JSON""#));
    assert_eq!(
        (details.summary.as_deref(), details.success_evaluation.as_deref()),
        (Some(""), Some("8"))
    );
    assert_eq!(
        details.control_url.as_deref(),
        Some("https://example.com/control")
    );
    let event = call.events.last().expect("an event");
    assert_eq!(
        (event.source, event.kind.as_str()),
        (Source::Webhook, "end-of-call-report")
    );
    let payload: serde_json::Value =
        serde_json::from_str(event.payload.as_deref().expect("a payload")).unwrap();
    assert_eq!(
        payload,
        serde_json::json!({ "a": "x\u{fffd}y\u{fffd}", "b": "\\u0000" })
    );
    // The views read the conversation as JSON.
    fixture.execute("SELECT * FROM reporting_calls").await.unwrap();
    fixture.assert_sound(1).await;
}

async fn the_same_goes_for_facts_that_wait_for_their_call(fixture: &Fixture) {
    let (_, dial) = fixture.one_call().await;
    let mut stray = says::without_our_id(says::report(&dial, "voicemail", NOW));
    stray.kind = "re\0port".to_owned();
    stray.payload = Some("not\0 JSON".to_owned());
    stray.says.details.summary = Some("a\0b".to_owned());
    stray.says.details.messages_json = Some("\"\\u0000\"".to_owned());
    let applied = fixture.store.apply_facts(&[stray], NOW).await.unwrap();
    assert_eq!(
        applied,
        Applied {
            strays: 1,
            ..Applied::default()
        }
    );
    let applied = fixture
        .store
        .apply_facts(&[says::accepted(&dial, NOW)], NOW)
        .await
        .unwrap();
    assert_eq!((applied.ended, applied.strays), (1, 0));
    let call = fixture.store.call(dial.call_id).await.unwrap().expect("the call");
    assert_eq!(call.state.details.summary.as_deref(), Some("ab"));
    let report = call
        .events
        .iter()
        .find(|event| event.kind == "report")
        .expect("the report");
    assert_eq!(report.payload.as_deref(), Some("\"not JSON\""));
    fixture.assert_sound(1).await;
}

async fn long_texts_are_kept_whole(fixture: &Fixture) {
    let (_, dial) = fixture.one_call().await;
    let mut fact = says::report(&dial, "voicemail", NOW);
    let transcript = "User: so to speak é. ".repeat(100_000);
    fact.says.details.transcript = Some(transcript.clone());
    fact.says.details.messages_json = Some(serde_json::to_string(&[&transcript]).unwrap());
    fact.payload = Some(serde_json::json!({ "transcript": transcript }).to_string());
    fixture.store.apply_facts(&[fact], NOW).await.unwrap();
    let call = fixture.store.call(dial.call_id).await.unwrap().expect("the call");
    assert_eq!(call.state.details.transcript.as_ref(), Some(&transcript));
    fixture.assert_sound(1).await;
}

async fn a_cost_below_zero_says_nothing(fixture: &Fixture) {
    let (_, dial) = fixture.one_call().await;
    let mut fact = says::report(&dial, "voicemail", NOW);
    fact.says.details.cost = Some(UsdMicros(-1));
    let applied = fixture.store.apply_facts(&[fact], NOW).await.unwrap();
    assert_eq!(
        (applied.ended, applied.strays),
        (1, 0),
        "the end counts all the same"
    );
    assert_eq!(
        fixture
            .store
            .call(dial.call_id)
            .await
            .unwrap()
            .expect("the call")
            .state
            .details
            .cost,
        None
    );
    fixture
        .store
        .apply_facts(&[says::report(&dial, "voicemail", NOW)], NOW)
        .await
        .unwrap();
    let cost = fixture
        .store
        .call(dial.call_id)
        .await
        .unwrap()
        .expect("the call")
        .state
        .details
        .cost;
    assert_eq!(cost, Some(UsdMicros(71_200)));
    fixture.assert_sound(1).await;
}
