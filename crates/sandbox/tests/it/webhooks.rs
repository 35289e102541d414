//! What is told, to whom, when.

use crate::support::{Rig, START_MS, call, message};
use autolynx_sandbox::{DEFAULT_ASSISTANT_ID, DEFAULT_PHONE_NUMBER_ID, Settings};
use serde_json::json;

#[test]
fn an_answered_call_is_told_from_the_queue_to_the_report() {
    let mut rig = Rig::new();
    let created = rig.dial(&call(1, "interested 60s"));
    rig.pass(200_000);
    assert_eq!(
        rig.kinds(),
        [
            "status-update queued",
            "status-update ringing",
            "status-update in-progress",
            "status-update ended",
            "end-of-call-report"
        ]
    );
    let (ended_ms, ended) = &rig.deliveries[3];
    let (report_ms, report) = &rig.deliveries[4];
    assert!(
        (1_000..20_000).contains(&(report_ms - ended_ms)),
        "the analysis takes a while"
    );
    assert_eq!(ended.url, "http://localhost/hooks/1");
    assert_eq!(ended.headers["x-token"], "t");
    assert_eq!(ended.headers["content-type"], "application/json");
    assert_eq!(ended.call_id, created["id"].as_str().unwrap());
    let ended = message(ended);
    assert_eq!(ended["timestamp"], *ended_ms);
    assert_eq!(report.kind, "end-of-call-report");
    let report = message(report);
    assert_eq!(report["endedReason"], ended["endedReason"]);
    for message in [&ended, &report] {
        assert_eq!(message["call"]["id"], created["id"]);
        assert_eq!(message["call"]["status"], "queued", "a snapshot of the creation");
        assert_eq!(message["call"]["name"], "attempt-1");
        assert_eq!(message["customer"]["externalId"], "attempt-1");
        assert_eq!(message["assistant"]["metadata"]["campaign"], "c1");
        assert_eq!(message["assistant"]["name"], "Riley (appointments)");
        assert_eq!(message["phoneNumber"]["provider"], "twilio");
        assert!(message["phoneNumber"].get("id").is_none());
    }
    let record = rig.get(&format!("/call/{}", created["id"].as_str().unwrap()));
    for name in ["cost", "costs", "startedAt", "endedAt", "analysis"] {
        assert_eq!(report[name], record[name], "{name}");
    }
    assert_eq!(report["artifact"]["transcript"], record["artifact"]["transcript"]);
    let ledger = rig.world.ledger();
    assert_eq!((ledger.webhooks.sent, ledger.webhooks.lost), (5, 0));
}

#[test]
fn an_unanswered_call_may_have_no_report() {
    let mut rig = Rig::with(Settings {
        account_lines: 100,
        ..Settings::default()
    });
    for nth in 0..40 {
        rig.dial(&call(nth, "no-answer"));
    }
    rig.pass(120_000);
    let count = |kind: &str| rig.kinds().iter().filter(|seen| *seen == kind).count();
    assert_eq!(count("status-update ended"), 40);
    assert!((10..30).contains(&count("end-of-call-report")));
    assert_eq!(count("status-update in-progress"), 0);
}

#[test]
fn only_what_was_subscribed_to_is_sent() {
    let kinds = |subscribed: serde_json::Value| {
        let mut rig = Rig::new();
        let mut body = call(1, "interested 60s");
        body["assistantOverrides"]["serverMessages"] = subscribed;
        rig.dial(&body);
        rig.pass(200_000);
        let mut kinds: Vec<_> = rig
            .deliveries
            .iter()
            .map(|(_, delivery)| delivery.kind.clone())
            .collect();
        kinds.sort();
        kinds.dedup();
        kinds
    };
    assert_eq!(kinds(json!([])), Vec::<String>::new());
    assert_eq!(kinds(json!(["end-of-call-report"])), ["end-of-call-report"]);
    let default = kinds(serde_json::Value::Null);
    for kind in [
        "assistant.started",
        "conversation-update",
        "end-of-call-report",
        "speech-update",
        "status-update",
    ] {
        assert!(default.contains(&kind.to_owned()), "{default:?}");
    }
    assert!(!default.contains(&"transcript".to_owned()));
    assert_eq!(
        kinds(json!(["transcript[transcriptType=\"final\"]"])),
        ["transcript"]
    );
}

#[test]
fn the_talk_is_told_line_by_line() {
    let mut rig = Rig::new();
    let mut body = call(1, "callback 60s");
    body["assistantOverrides"]["serverMessages"] =
        json!(["speech-update", "transcript", "conversation-update"]);
    rig.dial(&body);
    rig.pass(200_000);
    let messages = rig.messages();
    let first: Vec<_> = rig.kinds().into_iter().take(5).collect();
    assert_eq!(
        first,
        [
            "speech-update started",
            "transcript",
            "speech-update stopped",
            "transcript",
            "conversation-update"
        ]
    );
    assert_eq!(
        (&messages[1]["transcriptType"], &messages[3]["transcriptType"]),
        (&json!("partial"), &json!("final"))
    );
    assert!(
        messages[3]["transcript"]
            .as_str()
            .unwrap()
            .starts_with(messages[1]["transcript"].as_str().unwrap())
    );
    assert_eq!(
        (&messages[0]["role"], &messages[0]["turn"]),
        (&json!("assistant"), &json!(0))
    );
    let histories: Vec<usize> = messages
        .iter()
        .filter(|message| message["type"] == "conversation-update")
        .map(|message| message["messagesOpenAIFormatted"].as_array().unwrap().len())
        .collect();
    assert!(
        histories.windows(2).all(|pair| pair[1] == pair[0] + 1),
        "{histories:?}"
    );
}

#[test]
fn exactly_one_receiver_is_told_the_nearest_one() {
    let settings = Settings {
        org_server_url: Some("http://org".into()),
        webhook_secret: Some("s3cret".into()),
        ..Settings::default()
    };
    let mut rig = Rig::with(settings);
    let urls = |rig: &mut Rig, body: &serde_json::Value| {
        rig.dial(body);
        rig.pass(200_000);
        let mut urls: Vec<_> = rig
            .deliveries
            .drain(..)
            .map(|(_, delivery)| delivery.url)
            .collect();
        urls.dedup();
        urls
    };
    let mut body = call(1, "busy");
    body["assistantOverrides"]
        .as_object_mut()
        .unwrap()
        .remove("server");
    assert_eq!(urls(&mut rig, &body), ["http://org"]);
    let number = json!({"provider": "twilio", "number": "+14155550177", "twilioAccountSid": "AC1", "server": {"url": "http://number"}});
    body["phoneNumberId"] = rig.post("/phone-number", &number).body["id"].clone();
    assert_eq!(urls(&mut rig, &body), ["http://number"]);
    let change = json!({"server": {"url": "http://assistant"}});
    rig.send(
        "PATCH",
        &format!("/assistant/{DEFAULT_ASSISTANT_ID}"),
        Some(&change),
    );
    assert_eq!(urls(&mut rig, &body), ["http://assistant"]);
    body["assistantOverrides"]["server"] = json!({"url": "http://call"});
    assert_eq!(urls(&mut rig, &body), ["http://call"]);
    rig.dial(&call(2, "busy"));
    rig.pass(10_000);
    assert_eq!(rig.deliveries[0].1.headers["x-vapi-secret"], "s3cret");
    assert_eq!(
        rig.get(&format!("/phone-number/{DEFAULT_PHONE_NUMBER_ID}"))["name"],
        "Main line"
    );
}

#[test]
fn failed_webhooks_come_again_only_with_a_backoff_plan() {
    let moments_of_ended = |plan: serde_json::Value, says: u16| {
        let mut rig = Rig::new();
        rig.receiver_says = Some(says);
        let mut body = call(1, "busy");
        body["assistantOverrides"]["serverMessages"] = json!(["status-update"]);
        body["assistantOverrides"]["server"]["backoffPlan"] = plan;
        rig.dial(&body);
        rig.pass(60_000);
        let ended = rig
            .deliveries
            .iter()
            .filter(|(_, delivery)| message(delivery)["status"] == "ended");
        let moments: Vec<i64> = ended.map(|(at_ms, _)| at_ms - START_MS - 3_000).collect();
        (moments, rig.world.ledger().webhooks)
    };
    let (moments, counts) = moments_of_ended(json!(null), 500);
    assert_eq!(moments, [0]);
    assert_eq!((counts.sent, counts.retried, counts.failed), (2, 0, 2));
    let exponential = json!({"type": "exponential", "maxRetries": 2, "baseDelaySeconds": 2});
    let (moments, counts) = moments_of_ended(exponential.clone(), 500);
    assert_eq!(moments, [0, 2_000, 6_000]);
    assert_eq!((counts.sent, counts.retried, counts.failed), (6, 4, 6));
    let (moments, counts) = moments_of_ended(exponential, 204);
    assert_eq!((moments, counts.acknowledged), (vec![0], 2));
    let excluded =
        json!({"type": "fixed", "maxRetries": 2, "baseDelaySeconds": 2, "excludedStatusCodes": [401]});
    assert_eq!(moments_of_ended(excluded, 401).0, [0]);
}
