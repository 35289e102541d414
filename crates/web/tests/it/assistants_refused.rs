//! The Assistant Directory when something is wrong: the field at fault is named, and nothing changes unseen.

use domain::directory::Patience;
use http::Method;
use serde_json::{Value, json};

use crate::{
    assistants::{create, id_of, path},
    rig::{Rig, Trouble},
};

fn fields(answer: &Value) -> Vec<&str> {
    let faults = answer["error"]["details"]["faults"].as_array().unwrap();
    faults
        .iter()
        .map(|fault| fault["field"].as_str().unwrap())
        .collect()
}

#[tokio::test]
async fn every_field_at_fault_is_named_before_the_provider_is_asked() {
    let rig = Rig::new().await;
    let bodies = [
        (json!({"name": "", "config": {}}), "name"),
        (json!({"name": "x".repeat(41), "config": {}}), "name"),
        (
            json!({"name": "A", "config": {"maxDurationSeconds": 9}}),
            "config.maxDurationSeconds",
        ),
        (
            json!({"name": "A", "config": {"maxCallDurationSeconds": 50_000}}),
            "config.maxDurationSeconds",
        ),
        (
            json!({"name": "A", "config": {"endCallMessage": "x".repeat(1_001)}}),
            "config.endCallMessage",
        ),
        (
            json!({"name": "A", "config": {"model": {"provider": "openai", "model": "gpt-4o", "temperature": 3}}}),
            "config.model.temperature",
        ),
        (
            json!({"name": "A", "config": {"model": "no-such-family"}}),
            "config.model",
        ),
        (
            json!({"name": "A", "config": {"voice": {"provider": "11labs"}}}),
            "config.voice.voiceId",
        ),
        (
            json!({"name": "A", "config": {"endCallTimeoutSeconds": 30}}),
            "config.endCallTimeoutSeconds",
        ),
        (
            json!({"name": "A", "config": {"server": {"url": "https://a.example", "headers": {"X": "••••••••"}}}}),
            "config.server.headers.X",
        ),
    ];
    let before = rig.provider.assistants.lock().unwrap().len();
    for (body, field) in bodies {
        let answer = rig.json(Method::POST, "/api/assistants", body.clone()).await;
        assert_eq!(answer.error(), (422, "invalid_field".to_owned()), "{body}");
        assert!(
            fields(&answer.json()).contains(&field),
            "{field}: {}",
            answer.text()
        );
    }
    assert_eq!(rig.provider.assistants.lock().unwrap().len(), before);
    assert_eq!(rig.get("/api/assistants?source=local").await.json()["total"], 0);
    for body in [json!([]), json!({"name": "A", "prompt": "x"}), json!("x")] {
        let answer = rig.json(Method::POST, "/api/assistants", body).await;
        assert_eq!(answer.error(), (400, "invalid_body".to_owned()));
    }
}

#[tokio::test]
async fn the_providers_refusal_names_its_field_and_changes_nothing() {
    let rig = Rig::new().await;
    let made = create(&rig, "Sales demo").await;
    for method in [Method::POST, Method::PATCH] {
        *rig.provider.trouble.lock().unwrap() = Some(Trouble::Refused);
        let edit = json!({"version": 1, "config": {"firstMessage": "Mine"}});
        let new = json!({"name": "Another", "config": {}});
        let answer = match method {
            Method::POST => rig.json(method, "/api/assistants", new).await,
            _ => rig.json(method, &path(&made), edit).await,
        };
        assert_eq!(answer.error(), (422, "provider_refused".to_owned()));
        assert_eq!(fields(&answer.json()), ["config.voice.voiceId"]);
    }
    let now = rig.get(&path(&made)).await.json();
    assert_eq!((&now["version"], &now["config"]), (&json!(1), &made["config"]));
    assert_eq!(rig.get("/api/assistants?source=local").await.json()["total"], 1);
}

#[tokio::test]
async fn a_provider_that_is_down_changes_nothing() {
    let rig = Rig::new().await;
    let made = create(&rig, "Sales demo").await;
    rig.provider.fail("connection refused", None);
    let requests = [
        (
            Method::POST,
            "/api/assistants".to_owned(),
            json!({"name": "B", "config": {}}),
        ),
        (
            Method::POST,
            "/api/assistants/import".to_owned(),
            json!({"providerAssistantId": "asst-2"}),
        ),
        (Method::PATCH, path(&made), json!({"version": 1, "name": "B"})),
        (Method::POST, format!("{}/clone", path(&made)), json!({})),
        (Method::POST, format!("{}/check", path(&made)), json!({})),
        (
            Method::POST,
            format!("{}/push-ours", path(&made)),
            json!({"fingerprint": "x"}),
        ),
    ];
    for (method, address, body) in requests {
        let answer = rig.json(method, &address, body).await;
        assert_eq!(
            answer.error(),
            (502, "provider_unreachable".to_owned()),
            "{address}"
        );
    }
    assert_eq!(rig.get("/api/assistants/provider").await.error().0, 502);
    rig.provider.fail("slow down", Some(2_000));
    let answer = rig
        .json(Method::PATCH, &path(&made), json!({"version": 1, "name": "B"}))
        .await;
    assert_eq!(answer.error(), (503, "provider_busy".to_owned()));
    assert_eq!(answer.header("retry-after"), "2");
    rig.provider.recover();
    *rig.provider.trouble.lock().unwrap() = Some(Trouble::NotSent);
    let answer = rig
        .json(
            Method::POST,
            "/api/assistants",
            json!({"name": "B", "config": {}}),
        )
        .await;
    assert_eq!(answer.error(), (502, "provider_unreachable".to_owned()));
    assert_eq!(rig.get("/api/assistants?source=local").await.json()["total"], 1);
    assert_eq!(rig.get(&path(&made)).await.json()["state"], "ready");
}

/// Two people edit at once: the second is told who, when and what, and nothing is overwritten.
#[tokio::test]
async fn the_second_of_two_people_is_told() {
    let rig = Rig::new().await;
    let made = create(&rig, "Sales demo").await;
    let edit = |words: &str, by: &str| json!({"version": 1, "config": {"firstMessage": words}, "by": by});
    rig.json(Method::PATCH, &path(&made), edit("Ann's words", "Ann"))
        .await
        .expect(200);
    let told = rig
        .json(Method::PATCH, &path(&made), edit("Bob's words", "Bob"))
        .await;
    assert_eq!(told.error(), (409, "edited_meanwhile".to_owned()));
    let details = told.json()["error"]["details"].clone();
    assert_eq!((&details["version"], &details["by"]), (&json!(2), &json!("Ann")));
    assert_eq!(
        details["differences"],
        json!([{"path": "firstMessage", "before": "Hi {{name}}!", "after": "Ann's words"}])
    );
    let restore = json!({"version": 1});
    let told = rig
        .json(
            Method::POST,
            &format!("{}/versions/1/restore", path(&made)),
            restore,
        )
        .await;
    assert_eq!(told.error(), (409, "edited_meanwhile".to_owned()));
    let without = rig.json(Method::PATCH, &path(&made), json!({"name": "B"})).await;
    assert_eq!(without.error(), (422, "invalid_field".to_owned()));
    assert_eq!(
        rig.get(&path(&made)).await.json()["config"]["firstMessage"],
        "Ann's words"
    );
}

/// A request that never arrived: in doubt, nothing else can be changed, then found lost, and repeated.
#[tokio::test]
async fn a_change_that_never_arrived_is_found_lost_and_repeated() {
    let rig = Rig::new().await;
    let made = create(&rig, "Sales demo").await;
    *rig.provider.trouble.lock().unwrap() = Some(Trouble::NeverArrived);
    let edit = json!({"version": 1, "config": {"firstMessage": "Mine"}, "by": "Ann"});
    let doubt = rig
        .json(Method::PATCH, &path(&made), edit.clone())
        .await
        .expect(202)
        .json();
    assert_eq!(
        (doubt["state"].as_str(), doubt["change"]["by"].as_str()),
        (Some("in_doubt"), Some("Ann"))
    );
    let busy = rig.json(Method::PATCH, &path(&made), edit).await;
    assert_eq!(busy.error(), (409, "change_under_way".to_owned()));
    assert_eq!(
        busy.json()["error"]["details"]["change"]["id"],
        doubt["change"]["id"]
    );
    let page = rig
        .get(&format!("/assistants/{}", id_of(&made)))
        .await
        .expect(200)
        .text();
    assert!(page.contains("Look now"), "{page}");
    let busy = rig.json(Method::DELETE, &path(&made), json!({})).await;
    assert_eq!(busy.error(), (409, "change_under_way".to_owned()));

    rig.wait_ms(Patience::for_requests_of(15_000).settle_ms);
    rig.directory.tend().await.unwrap();
    let lost = rig.get(&path(&made)).await.json();
    assert_eq!(
        (lost["state"].as_str(), lost["change"]["state"].as_str()),
        (Some("ready"), Some("lost"))
    );
    assert_eq!(lost["version"], 1);
    let change = json!({"change": lost["change"]["id"]});
    let repeated = rig
        .json(
            Method::POST,
            &format!("{}/repeat-change", path(&made)),
            change.clone(),
        )
        .await
        .expect(200)
        .json();
    assert_eq!(
        (&repeated["config"]["firstMessage"], &repeated["change"]),
        (&json!("Mine"), &Value::Null)
    );
    let dismissed = rig
        .json(Method::POST, &format!("{}/dismiss-change", path(&made)), change)
        .await;
    assert_eq!(dismissed.error(), (409, "not_lost".to_owned()));
}

#[tokio::test]
async fn an_assistant_that_was_never_made_is_tried_again_or_dismissed() {
    let rig = Rig::new().await;
    for repeat in [true, false] {
        *rig.provider.trouble.lock().unwrap() = Some(Trouble::NeverArrived);
        let body = json!({"name": "Late", "config": {}});
        let doubt = rig
            .json(Method::POST, "/api/assistants", body)
            .await
            .expect(202)
            .json();
        rig.wait_ms(Patience::for_requests_of(15_000).settle_ms);
        rig.directory.tend().await.unwrap();
        let lost = rig.get(&path(&doubt)).await.json();
        assert_eq!(lost["state"], "not_created");
        rig.get(&format!("/assistants/{}", id_of(&lost)))
            .await
            .expect(200);
        let change = json!({"change": lost["change"]["id"]});
        let action = if repeat { "repeat-change" } else { "dismiss-change" };
        let answer = rig
            .json(Method::POST, &format!("{}/{action}", path(&doubt)), change)
            .await;
        if repeat {
            assert_eq!(answer.expect(200).json()["state"], "ready");
        } else {
            answer.expect(204);
            assert_eq!(rig.get(&path(&doubt)).await.error().0, 404);
        }
    }
    assert_eq!(
        rig.provider.assistants.lock().unwrap().len(),
        3,
        "one was made, once"
    );
}

#[tokio::test]
async fn an_assistant_that_the_provider_lost_is_shown_as_gone() {
    let rig = Rig::new().await;
    let made = create(&rig, "Sales demo").await;
    let id = made["provider_assistant_id"].as_str().unwrap();
    rig.provider.assistants.lock().unwrap().remove(id);
    let edit = json!({"version": 1, "config": {"firstMessage": "Mine"}});
    let refused = rig.json(Method::PATCH, &path(&made), edit).await;
    assert_eq!(refused.error(), (409, "gone".to_owned()));
    let shown = rig.get(&path(&made)).await.json();
    assert_eq!(shown["drift"], "gone");
    let calls = format!("{}/test-calls", path(&made));
    let refused = rig
        .json(Method::POST, &calls, json!({"phone": "+12025550143"}))
        .await;
    assert_eq!(refused.error(), (409, "assistant_unfit".to_owned()));
    let page = rig
        .get(&format!("/assistants/{}", id_of(&made)))
        .await
        .expect(200)
        .text();
    assert!(page.contains("no longer has this assistant"), "{page}");
    let clone = rig
        .json(Method::POST, &format!("{}/clone", path(&made)), json!({}))
        .await;
    assert_eq!(
        clone.expect(201).json()["config"]["model"],
        made["config"]["model"]
    );
}

#[tokio::test]
async fn an_id_that_the_provider_does_not_know_is_said_so() {
    let rig = Rig::new().await;
    let import = json!({"providerAssistantId": "asst-9"});
    let answer = rig.json(Method::POST, "/api/assistants/import", import).await;
    assert_eq!(answer.error(), (422, "unknown_to_provider".to_owned()));
    for address in ["/api/assistants/nonsense", "/assistants/nonsense"] {
        assert!(rig.get(address).await.status.is_client_error());
    }
}
