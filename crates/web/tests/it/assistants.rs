//! The Assistant Directory: every flow of it through the API, and its pages.

use domain::ids::AssistantId;
use http::Method;
use serde_json::{Value, json};

use crate::rig::{Form, Rig, Trouble};

pub(crate) async fn create(rig: &Rig, name: &str) -> Value {
    let body = json!({
        "name": name,
        "by": "Ann",
        "config": {
            "model": "gpt-4",
            "voice": { "provider": "11labs", "voiceId": "sarah" },
            "systemPrompt": "You call {{name}} in {{city}}.",
            "firstMessage": "Hi {{name}}!",
            "recordingEnabled": true,
            "silenceTimeoutSeconds": 30,
            "maxCallDurationSeconds": 180,
        },
    });
    rig.json(Method::POST, "/api/assistants", body)
        .await
        .expect(201)
        .json()
}

pub(crate) fn path(assistant: &Value) -> String {
    format!("/api/assistants/{}", assistant["id"].as_str().unwrap())
}

pub(crate) fn id_of(assistant: &Value) -> AssistantId {
    assistant["id"].as_str().unwrap().parse().unwrap()
}

fn imported() -> &'static str {
    "/api/assistants?source=imported"
}

/// The seeds' own example of a creation: the short form becomes the provider's real fields.
#[tokio::test]
async fn the_short_form_becomes_the_providers_fields() {
    let rig = Rig::new().await;
    let made = create(&rig, "Sales demo").await;
    assert_eq!(
        (made["state"].as_str(), made["version"].as_u64()),
        (Some("ready"), Some(1))
    );
    assert_eq!(made["variables"], json!(["city", "name"]));
    let provider = rig.provider.assistants.lock().unwrap();
    let theirs = &provider[made["provider_assistant_id"].as_str().unwrap()];
    assert_eq!(theirs["metadata"]["autolynxAssistantId"], made["id"]);
    assert_eq!(theirs["model"]["provider"], "openai");
    assert_eq!(
        theirs["model"]["messages"][0],
        json!({"role": "system", "content": "You call {{name}} in {{city}}."})
    );
    assert_eq!(theirs["artifactPlan"]["recordingEnabled"], true);
    assert_eq!(theirs["maxDurationSeconds"], 180);
    for short in [
        "systemPrompt",
        "recordingEnabled",
        "silenceTimeoutSeconds",
        "maxCallDurationSeconds",
    ] {
        assert!(!theirs.contains_key(short), "{short}");
    }
    assert_eq!(
        made["config"]["metadata"],
        Value::Null,
        "our mark is nobody's business"
    );
}

#[tokio::test]
async fn the_list_is_filtered_and_paged() {
    let rig = Rig::new().await;
    create(&rig, "Sales demo").await;
    let names = async |query: &str| -> Vec<String> {
        let list = rig
            .get(&format!("/api/assistants?{query}"))
            .await
            .expect(200)
            .json();
        let items = list["items"].as_array().unwrap().iter();
        items
            .map(|item| item["name"].as_str().unwrap().to_owned())
            .collect()
    };
    assert_eq!(names("q=sales").await, ["Sales demo"]);
    assert_eq!(names("source=local").await, ["Sales demo"]);
    assert_eq!(names("source=template").await.len(), 3);
    assert_eq!(names("limit=2&offset=1").await.len(), 2);
    assert_eq!(names("active=false").await, Vec::<String>::new());
    insta::assert_json_snapshot!("assistants", rig.get(imported()).await.expect(200).shape());
}

#[tokio::test]
async fn one_assistant_tells_everything() {
    let rig = Rig::new().await;
    let made = create(&rig, "Sales demo").await;
    insta::assert_json_snapshot!("assistant", rig.get(&path(&made)).await.expect(200).shape());
}

#[tokio::test]
async fn what_the_account_holds_is_listed_and_registered() {
    let rig = Rig::new().await;
    let held = rig.get("/api/assistants/provider").await.expect(200).json();
    let told: Vec<_> = held["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|item| (item["name"].as_str().unwrap(), item["registered"].is_string()))
        .collect();
    assert_eq!(told, [("<b>Discovery</b>", false), ("Short pitch", true)]);
    let import = async |body: Value| rig.json(Method::POST, "/api/assistants/import", body).await;
    let new = import(json!({"providerAssistantId": "asst-2", "name": "Discovery calls"})).await;
    let new = new.expect(201).json();
    assert_eq!(
        (new["name"].as_str(), new["source"].as_str()),
        (Some("Discovery calls"), Some("imported"))
    );
    let again = import(json!({"provider_assistant_id": "asst-2"}))
        .await
        .expect(200)
        .json();
    assert_eq!(again["id"], new["id"], "updated, not doubled");
    assert_eq!(again["name"], "Discovery calls", "a name of our own stays");
    create(&rig, "<b>bold</b>").await;
    let page = rig.get("/assistants").await.expect(200).text();
    assert!(
        page.contains("&#60;b&#62;bold") && !page.contains("<b>bold"),
        "a name is text: {page}"
    );
}

#[tokio::test]
async fn an_edit_is_a_merge_patch_or_the_whole() {
    let rig = Rig::new().await;
    let made = create(&rig, "Sales demo").await;
    let id = made["provider_assistant_id"].as_str().unwrap();
    let mut unknown = made["config"].clone();
    // Fields that we do not know survive.
    unknown["observabilityPlan"] = json!({"provider": "langfuse", "tags": ["a"]});
    let whole = json!({"version": 1, "whole_config": unknown, "by": "Bob"});
    rig.json(Method::PATCH, &path(&made), whole).await.expect(200);
    let patch = json!({
        "version": 2,
        "name": "Sales demo II",
        "config": {"systemPrompt": "Be brief.", "firstMessage": null, "model": {"temperature": 0.2}},
    });
    let edited = rig
        .json(Method::PATCH, &path(&made), patch)
        .await
        .expect(200)
        .json();
    assert_eq!(
        (edited["version"].as_u64(), edited["name"].as_str()),
        (Some(3), Some("Sales demo II"))
    );
    {
        let provider = rig.provider.assistants.lock().unwrap();
        let theirs = &provider[id];
        assert_eq!(
            theirs["observabilityPlan"],
            json!({"provider": "langfuse", "tags": ["a"]})
        );
        assert_eq!(theirs["name"], "Sales demo II");
        assert_eq!(theirs["model"]["messages"][0]["content"], "Be brief.");
        assert_eq!(
            (&theirs["model"]["model"], &theirs["model"]["temperature"]),
            (&json!("gpt-4"), &json!(0.2))
        );
        assert!(!theirs.contains_key("firstMessage"));
        assert_eq!(
            theirs["metadata"]["autolynxAssistantId"], made["id"],
            "our mark stays"
        );
    }
    let versions = rig
        .get(&format!("{}/versions", path(&made)))
        .await
        .expect(200)
        .json();
    let told: Vec<_> = versions["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|item| {
            (
                item["version"].as_u64().unwrap(),
                item["origin"].as_str().unwrap(),
                item["by"].as_str().unwrap(),
            )
        })
        .collect();
    assert_eq!(
        told,
        [(3, "edited", ""), (2, "edited", "Bob"), (1, "created", "Ann")]
    );
    assert_eq!(
        versions["items"][0]["changed"],
        json!([
            "firstMessage",
            "model.messages[0].content",
            "model.temperature",
            "name"
        ])
    );
    let third = rig
        .get(&format!("{}/versions/3", path(&made)))
        .await
        .expect(200)
        .json();
    assert_eq!(third["differences"].as_array().unwrap().len(), 4);
    assert_eq!(
        rig.get(&format!("{}/versions/9", path(&made))).await.error().0,
        404
    );

    let restore = json!({"version": 3, "by": "Ann"});
    let restored = rig
        .json(
            Method::POST,
            &format!("{}/versions/1/restore", path(&made)),
            restore,
        )
        .await
        .expect(200)
        .json();
    assert_eq!(
        (restored["version"].as_u64(), &restored["config"]),
        (Some(4), &made["config"])
    );
    let same = json!({"version": 4, "whole_config": made["config"]});
    let same = rig
        .json(Method::PATCH, &path(&made), same)
        .await
        .expect(200)
        .json();
    assert_eq!(same["version"], 4, "nothing changed, so there is no new version");
}

#[tokio::test]
async fn secrets_are_hidden_and_survive_an_edit() {
    let rig = Rig::new().await;
    let body = json!({
        "name": "With a server",
        "config": {"server": {"url": "https://hooks.example/a", "headers": {"Authorization": "Bearer s3cret"}}},
    });
    let made = rig.json(Method::POST, "/api/assistants", body).await.expect(201);
    assert!(!made.text().contains("s3cret"));
    let made = made.json();
    let mut whole = made["config"].clone();
    whole["firstMessage"] = "Hello".into();
    let edited = rig
        .json(
            Method::PATCH,
            &path(&made),
            json!({"version": 1, "whole_config": whole}),
        )
        .await
        .expect(200);
    assert!(!edited.text().contains("s3cret"));
    {
        let provider = rig.provider.assistants.lock().unwrap();
        let theirs = &provider[made["provider_assistant_id"].as_str().unwrap()];
        assert_eq!(theirs["server"]["headers"]["Authorization"], "Bearer s3cret");
    }
    let id = made["id"].as_str().unwrap();
    for address in [
        format!("/assistants/{id}"),
        format!("/assistants/{id}/edit"),
        format!("/assistants/{id}/versions/2"),
        format!("/api/assistants/{id}/versions/1"),
        format!("/api/assistants/{id}/export"),
        "/api/assistants/export".to_owned(),
    ] {
        let answer = rig.get(&address).await.expect(200);
        assert!(!answer.text().contains("s3cret"), "{address}");
    }
    let file = rig.get(&format!("/api/assistants/{id}/export")).await.json();
    assert_eq!(
        file["assistants"][0]["left_out"],
        json!(["server.headers.Authorization"])
    );
}

/// Whoever may edit cannot have a secret sent to an address of their own without having known it.
#[tokio::test]
async fn a_secret_does_not_follow_its_address() {
    let rig = Rig::new().await;
    let body = json!({
        "name": "With a server",
        "config": {"server": {"url": "https://good.example", "headers": {"Authorization": "Bearer s3cret"}}},
    });
    let made = rig
        .json(Method::POST, "/api/assistants", body)
        .await
        .expect(201)
        .json();
    let moved = json!({"version": 1, "config": {"server": {"url": "https://evil.example"}}});
    let refused = rig.json(Method::PATCH, &path(&made), moved).await;
    assert_eq!(refused.error(), (422, "invalid_field".to_owned()));
    let provider = rig.provider.assistants.lock().unwrap();
    let theirs = &provider[made["provider_assistant_id"].as_str().unwrap()];
    assert_eq!(theirs["server"]["url"], "https://good.example");
}

#[tokio::test]
async fn an_address_that_is_a_secret_is_hidden() {
    let rig = Rig::new().await;
    for url in [
        "https://user:s3cret@hook.example/x",
        "https://hook.example/x?token=s3cret",
    ] {
        let body = json!({"name": "Hook", "config": {"server": {"url": url}}});
        let made = rig.json(Method::POST, "/api/assistants", body).await.expect(201);
        assert!(!made.text().contains("s3cret"), "{}", made.text());
        let made = made.json();
        let mut whole = made["config"].clone();
        whole["firstMessage"] = "Hello".into();
        let body = json!({"version": 1, "whole_config": whole});
        rig.json(Method::PATCH, &path(&made), body).await.expect(200);
        let provider = rig.provider.assistants.lock().unwrap();
        let theirs = &provider[made["provider_assistant_id"].as_str().unwrap()];
        assert_eq!(theirs["server"]["url"], url);
    }
}

/// A file that we exported makes the same assistant again, in this or another account.
#[tokio::test]
async fn an_exported_file_can_be_imported() {
    let rig = Rig::new().await;
    let made = create(&rig, "Sales demo").await;
    let export = rig.get("/api/assistants/export").await.expect(200);
    assert!(export.header("content-disposition").contains("assistants.json"));
    let file = export.json();
    let entries = file["assistants"].as_array().unwrap();
    assert_eq!(entries.len(), 2, "templates are no part of it");
    let entry = entries
        .iter()
        .find(|entry| entry["name"] == "Sales demo")
        .unwrap();
    let again = rig
        .json(Method::POST, "/api/assistants", entry.clone())
        .await
        .expect(201)
        .json();
    assert_eq!(again["config"], made["config"]);
    assert_ne!(again["id"], made["id"]);
}

#[tokio::test]
async fn templates_are_cloned_and_not_changed() {
    let rig = Rig::new().await;
    let list = rig.get("/api/assistants?source=template").await.json();
    for template in list["items"].as_array().unwrap() {
        let clone = format!("{}/clone", path(template));
        let clone = rig
            .json(Method::POST, &clone, json!({"by": "Ann"}))
            .await
            .expect(201)
            .json();
        assert_eq!(
            (clone["source"].as_str(), clone["state"].as_str()),
            (Some("local"), Some("ready"))
        );
        let edit = json!({"version": 1, "name": "Mine"});
        let refused = rig.json(Method::PATCH, &path(template), edit).await;
        assert_eq!(refused.error(), (409, "template".to_owned()));
        let refused = rig.json(Method::DELETE, &path(template), json!({})).await;
        assert_eq!(refused.error(), (409, "template".to_owned()));
        let page = format!("/assistants/{}", template["id"].as_str().unwrap());
        rig.get(&page).await.expect(200);
        assert_eq!(rig.get(&format!("{page}/edit")).await.status, 303);
    }
    let mine = rig.get("/api/assistants?source=local").await.json();
    assert_eq!(mine["total"], 3);
}

#[tokio::test]
async fn what_was_changed_at_the_provider_is_shown_taken_or_pushed_back() {
    let rig = Rig::new().await;
    let made = create(&rig, "Sales demo").await;
    let provider_id = made["provider_assistant_id"].as_str().unwrap();
    let meddle = |words: &str| {
        let mut provider = rig.provider.assistants.lock().unwrap();
        provider
            .get_mut(provider_id)
            .unwrap()
            .insert("firstMessage".to_owned(), words.into());
    };
    let ask = async |action: &str, body: Value| {
        rig.json(Method::POST, &format!("{}/{action}", path(&made)), body)
            .await
    };
    meddle("Changed in the dashboard");
    let checked = ask("check", json!({})).await.expect(200).json();
    assert_eq!(checked["drift"], "differs");
    assert_eq!(
        checked["differences"],
        json!([{"path": "firstMessage", "ours": "Hi {{name}}!", "theirs": "Changed in the dashboard"}])
    );
    let fingerprint = checked["theirs_fingerprint"].clone();
    let page = rig
        .get(&format!("/assistants/{}", made["id"].as_str().unwrap()))
        .await
        .text();
    assert!(page.contains("Changed in the dashboard"), "{page}");

    // Nothing is overwritten unseen: the edit is refused, and so is a decision about what was there before.
    let edit = json!({"version": 1, "config": {"firstMessage": "Mine"}});
    let refused = rig.json(Method::PATCH, &path(&made), edit).await;
    assert_eq!(refused.error(), (409, "drifted".to_owned()));
    meddle("Changed again");
    for action in ["take-theirs", "push-ours"] {
        let refused = ask(action, json!({"fingerprint": fingerprint})).await;
        assert_eq!(refused.error(), (409, "drifted".to_owned()), "{action}");
    }
    let fingerprint = ask("check", json!({})).await.json()["theirs_fingerprint"].clone();
    let taken = ask("take-theirs", json!({"fingerprint": fingerprint, "by": "Ann"}))
        .await
        .expect(200)
        .json();
    assert_eq!(
        (&taken["config"]["firstMessage"], &taken["drift"]),
        (&json!("Changed again"), &Value::Null)
    );
    assert_eq!(taken["version"], 2);

    meddle("And again");
    let fingerprint = ask("check", json!({})).await.json()["theirs_fingerprint"].clone();
    let pushed = ask("push-ours", json!({"fingerprint": fingerprint}))
        .await
        .expect(200)
        .json();
    assert_eq!(
        (pushed["version"].as_u64(), &pushed["drift"]),
        (Some(3), &Value::Null)
    );
    let provider = rig.provider.assistants.lock().unwrap();
    assert_eq!(provider[provider_id]["firstMessage"], "Changed again");
}

#[tokio::test]
async fn deleting_forgets_our_record_only() {
    let rig = Rig::new().await;
    let made = create(&rig, "Sales demo").await;
    rig.json(Method::DELETE, &path(&made), json!({}))
        .await
        .expect(204);
    assert_eq!(rig.get(&path(&made)).await.error().0, 404);
    assert_eq!(
        rig.get(&format!("/assistants/{}", made["id"].as_str().unwrap()))
            .await
            .status,
        404
    );
    let id = made["provider_assistant_id"].as_str().unwrap().to_owned();
    assert!(rig.provider.assistants.lock().unwrap().contains_key(&id));
    let import = json!({"providerAssistantId": id});
    let back = rig
        .json(Method::POST, "/api/assistants/import", import)
        .await
        .expect(200)
        .json();
    assert_eq!(back["id"], made["id"], "it can be brought back");
}

#[tokio::test]
async fn an_assistant_in_use_is_neither_deleted_nor_chosen_twice() {
    let rig = Rig::new().await;
    let body = json!({"name": "Once", "ephemeral": true, "config": {}});
    let once = rig
        .json(Method::POST, "/api/assistants", body)
        .await
        .expect(201)
        .json();
    let form = || Form::new().field("assistant_id", once["id"].as_str().unwrap());
    let campaign = rig.create(form()).await.expect(201).json()["campaign"].clone();
    let refused = rig.json(Method::DELETE, &path(&once), json!({})).await;
    assert_eq!(refused.error(), (409, "in_use".to_owned()));
    assert!(refused.text().contains("Spring follow-up"));
    assert_eq!(
        refused.json()["error"]["details"]["campaigns"][0]["id"],
        campaign["id"]
    );
    let second = rig.create(form()).await;
    assert_eq!(second.error(), (422, "invalid_field".to_owned()));
}

#[tokio::test]
async fn only_active_assistants_can_be_chosen_and_the_choice_ends_at_the_start() {
    let rig = Rig::new().await;
    let id = rig.campaign().await;
    let other = create(&rig, "Other").await;
    let campaign = format!("/api/campaigns/{id}");
    let assign = async |assistant: &Value| {
        rig.json(Method::PATCH, &campaign, json!({"assistant_id": assistant["id"]}))
            .await
    };
    rig.json(Method::PATCH, &path(&other), json!({"active": false}))
        .await
        .expect(200);
    let form = Form::new().field("assistant_id", other["id"].as_str().unwrap());
    assert_eq!(rig.create(form).await.error(), (422, "invalid_field".to_owned()));
    assert_eq!(assign(&other).await.error(), (422, "invalid_field".to_owned()));
    rig.json(Method::PATCH, &path(&other), json!({"active": true}))
        .await
        .expect(200);
    assert_eq!(assign(&other).await.expect(200).json()["assistant_name"], "Other");
    rig.json(Method::PATCH, &path(&other), json!({"active": false}))
        .await
        .expect(200);
    let start = async |body: Value| rig.json(Method::POST, &format!("{campaign}/start"), body).await;
    let refused = start(json!({"accept_missing": true})).await;
    assert_eq!(refused.error(), (409, "assistant_unfit".to_owned()));
    let page = rig.get(&format!("/campaigns/{id}")).await.expect(200).text();
    assert!(page.contains("The assistant cannot call"), "{page}");
    rig.json(Method::PATCH, &path(&other), json!({"active": true}))
        .await
        .expect(200);
    start(json!({})).await.expect(200);
    let shown = rig.get(&campaign).await.json();
    assert_eq!(shown["assistant_version"], 1);
    assert_eq!(assign(&other).await.error(), (409, "already_started".to_owned()));
}

/// Missing variables are found before the start: nobody has a value, and the start waits for a person to accept that.
#[tokio::test]
async fn a_variable_that_nobody_has_holds_the_start_back() {
    let rig = Rig::new().await;
    let made = create(&rig, "Speaks of the city").await;
    let list = "name,phone,City\nAda,+12025550143,Rome\nBob,+12025550178,\n";
    let form = Form::new()
        .field("assistant_id", made["id"].as_str().unwrap())
        .list("leads.csv", list);
    let campaign = rig.create(form).await.expect(201).json()["campaign"]["id"].clone();
    let campaign = campaign.as_str().unwrap();
    let page = rig.get(&format!("/campaigns/{campaign}")).await.text();
    assert!(page.contains("city is no column of the list"), "{page}");
    let start = format!("/api/campaigns/{campaign}/start");
    let refused = rig.post(&start).await;
    assert_eq!(refused.error(), (409, "missing_variables".to_owned()));
    assert!(
        refused.text().contains("the list has the column “City”"),
        "{}",
        refused.text()
    );
    assert_eq!(
        refused.json()["error"]["details"]["variables"],
        json!([{"name": "city", "missing": 2, "of": 2, "column": false, "similar_column": "City"}])
    );
    rig.json(Method::POST, &start, json!({"accept_missing": true}))
        .await
        .expect(200);
}

#[tokio::test]
async fn a_test_call_takes_the_way_of_every_call() {
    let rig = Rig::new().await;
    let made = create(&rig, "Sales demo").await;
    let calls = format!("{}/test-calls", path(&made));
    let wish = json!({
        "phone": "+1 202 555 0143",
        "name": "Me",
        "phone_number_id": "num-1",
        "variables": {"city": "Rome"},
    });
    let placed = rig.json(Method::POST, &calls, wish).await.expect(201).json();
    let campaign = placed["campaign_id"].as_str().unwrap();
    rig.engine.dispatch(rig.engine.clock().now()).await.unwrap();
    let shown = rig.get(&format!("/api/campaigns/{campaign}")).await.json();
    assert_eq!(
        (shown["kind"].as_str(), shown["open_calls"].as_u64()),
        (Some("test"), Some(1))
    );
    let call = rig.call_of(campaign.parse().unwrap(), "Me").await;
    let call = rig.get(&format!("/api/calls/{call}")).await.expect(200).json();
    assert_eq!(call["assistant_id"], made["id"]);
    assert_eq!(
        (call["assistant_version"].as_u64(), call["attempt"].as_u64()),
        (Some(1), Some(1))
    );
    assert_eq!(
        rig.get("/api/campaigns").await.json()["total"],
        0,
        "lists and test calls are told apart"
    );
    let refused = rig
        .json(
            Method::POST,
            &calls,
            json!({"phone": "12", "phone_number_id": "num-1"}),
        )
        .await;
    assert_eq!(refused.error(), (422, "invalid_field".to_owned()));
    let refused = rig
        .json(
            Method::POST,
            &calls,
            json!({"phone": "+12025550143", "phone_number_id": "num-2"}),
        )
        .await;
    assert_eq!(refused.json()["error"]["details"]["field"], "phone_number_id");
    let page = rig
        .get(&format!("/assistants/{}", made["id"].as_str().unwrap()))
        .await
        .text();
    assert!(page.contains("Test call of Sales demo"), "{page}");
}

#[tokio::test]
async fn numbers_tell_their_state_and_their_live_calls() {
    let rig = Rig::new().await;
    let id = rig.campaign().await;
    rig.dial(id).await;
    insta::assert_json_snapshot!(
        "phone_numbers_busy",
        rig.get("/api/phone-numbers").await.expect(200).json()
    );
    let line = async |query: &str| rig.get(&format!("/api/health/phone-line{query}")).await;
    let busy = line("?phone_number_id=num-1").await.expect(200).json();
    assert_eq!(
        (busy["status"].as_str(), busy["live_calls"].as_u64()),
        (Some("busy"), Some(4))
    );
    let blocked = line("?phone_number_id=num-2").await.expect(200).json();
    assert_eq!(blocked["status"], "error");
    assert_eq!(line("?phone_number_id=num-9").await.error().0, 404);
    assert_eq!(line("").await.error().0, 422);
    rig.provider.fail("connection refused", None);
    rig.wait_ms(60_000);
    let error = line("?phone_number_id=num-1").await.expect(200).json();
    assert_eq!(error["status"], "error");
    assert!(error["detail"].as_str().unwrap().contains("connection refused"));
    let page = rig.get("/numbers").await.expect(200).text();
    assert!(
        page.contains("connection refused") && page.contains("those it last had"),
        "{page}"
    );
}

/// A lost answer, and then the look that finds the assistant: the same person is answered at once.
#[tokio::test]
async fn a_lost_answer_is_looked_up_at_once() {
    let rig = Rig::new().await;
    *rig.provider.trouble.lock().unwrap() = Some(Trouble::AnswerLost);
    let made = create(&rig, "Sales demo").await;
    assert_eq!(made["state"], "ready");
    *rig.provider.trouble.lock().unwrap() = Some(Trouble::AnswerLost);
    let edit = json!({"version": 1, "config": {"firstMessage": "Mine"}});
    let edited = rig
        .json(Method::PATCH, &path(&made), edit)
        .await
        .expect(200)
        .json();
    assert_eq!(
        (edited["version"].as_u64(), edited["state"].as_str()),
        (Some(2), Some("ready"))
    );
    let of_ours = rig.provider.assistants.lock().unwrap().len();
    assert_eq!(of_ours, 3, "no twins");
}

/// Words that are still to be filled in hold the start back like a variable that nobody has.
#[tokio::test]
async fn an_assistant_that_is_not_finished_holds_the_start_back() {
    let rig = Rig::new().await;
    let body = json!({"name": "Unfinished", "config": {"firstMessage": "Hi, I call for [your company]."}});
    let made = rig
        .json(Method::POST, "/api/assistants", body)
        .await
        .expect(201)
        .json();
    let page = rig.get(&format!("/assistants/{}", id_of(&made))).await.text();
    assert!(page.contains("Its words are not finished"), "{page}");
    let form = Form::new().field("assistant_id", made["id"].as_str().unwrap());
    let campaign = rig.create(form).await.expect(201).json()["campaign"]["id"].clone();
    let campaign = campaign.as_str().unwrap();
    let page = rig.get(&format!("/campaigns/{campaign}")).await.text();
    assert!(
        page.contains("[your company]") && page.contains("Edit the assistant"),
        "{page}"
    );
    let refused = rig.post(&format!("/api/campaigns/{campaign}/start")).await;
    assert_eq!(refused.error(), (409, "missing_variables".to_owned()));
    assert_eq!(
        refused.json()["error"]["details"]["placeholders"],
        json!(["[your company]"])
    );
}
