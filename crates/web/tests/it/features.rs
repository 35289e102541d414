//! Feature switches that refuse: batches, quiet lines, exports.

use std::sync::atomic::Ordering;

use autolynx_web::Features;
use domain::{
    campaign::{CampaignStatus, Mode},
    ids::CampaignId,
};
use http::Method;
use serde_json::{Value, json};

use crate::rig::{Answer, Form, Rig};

const ALL: Features = Features {
    strict_batching: true,
    phone_line_health_check: true,
    transcript_analysis: true,
    cost_tracking: true,
    export_functionality: true,
};
const NO_BATCHES: Features = Features {
    strict_batching: false,
    ..ALL
};
const NO_LINE_HEALTH: Features = Features {
    phone_line_health_check: false,
    ..ALL
};
const NO_EXPORTS: Features = Features {
    export_functionality: false,
    ..ALL
};

/// The request was refused, and the answer says which setting would allow it.
#[track_caller]
fn refused_by(answer: &Answer, setting: &str) {
    assert_eq!(answer.error(), (403, "feature_off".to_owned()));
    let error = &answer.json()["error"];
    assert_eq!(error["details"]["setting"], setting);
    let message = error["message"].as_str().unwrap();
    assert!(
        message.contains(setting) && message.contains("switched off"),
        "{message}"
    );
}

fn id_of(created: Answer) -> CampaignId {
    let created = created.expect(201).json();
    let campaign = created.get("campaign").unwrap_or(&created);
    campaign["id"].as_str().unwrap().parse().unwrap()
}

fn batches() -> Form {
    Form::new().field("mode", "batch").field("batch_size", "2")
}

async fn page(rig: &Rig, path: &str) -> String {
    rig.get(path).await.expect(200).text()
}

#[tokio::test]
async fn health_tells_what_is_switched_on() {
    let mut rig = Rig::new().await;
    let features = async |rig: &Rig| rig.get("/api/health").await.expect(200).json()["features"].clone();
    let all = features(&rig).await;
    assert!(all.as_object().unwrap().values().all(|on| *on == true), "{all}");
    rig.restart(NO_BATCHES);
    assert_eq!(features(&rig).await["strict_batching"], false);
    assert_eq!(features(&rig).await["cost_tracking"], true);
}

#[tokio::test]
async fn without_strict_batching_no_campaign_begins_to_call_in_batches() {
    let mut rig = Rig::new().await;
    let old = id_of(rig.create(batches()).await);
    assert!(page(&rig, "/campaigns").await.contains("value=\"batch\""));
    let plain = rig.campaign().await;
    let form_of = |id: CampaignId| format!("/campaigns/{id}/settings");
    assert!(page(&rig, &form_of(plain)).await.contains("value=\"batch\""));

    rig.restart(NO_BATCHES);
    refused_by(&rig.create(batches()).await, "STRICT_BATCHING");
    let path = format!("/api/campaigns/{plain}");
    let order = json!({ "mode": "batch", "batch_size": 2 });
    refused_by(
        &rig.json(Method::PATCH, &path, order.clone()).await,
        "STRICT_BATCHING",
    );
    let clone = format!("/api/campaigns/{old}/clone");
    refused_by(
        &rig.json(Method::POST, &clone, json!({})).await,
        "STRICT_BATCHING",
    );
    let saved = rig
        .post_form(&form_of(plain), &[("mode", "batch"), ("batch_size", "2")])
        .await
        .expect(422);
    assert!(
        saved.text().contains("the setting STRICT_BATCHING is"),
        "{}",
        saved.text()
    );
    let campaign = rig.store.campaign(plain).await.unwrap().unwrap();
    assert_eq!(campaign.mode, Mode::Continuous);
    for path in ["/campaigns".to_owned(), form_of(plain)] {
        assert!(!page(&rig, &path).await.contains("value=\"batch\""), "{path}");
    }
    // Everything else goes on.
    id_of(rig.create(Form::new()).await);
    id_of(rig.json(Method::POST, &format!("{path}/clone"), json!({})).await);
    rig.post_form(&form_of(plain), &[("mode", "continuous"), ("cap", "3")])
        .await
        .expect(303);
}

#[tokio::test]
async fn without_strict_batching_campaigns_in_batches_go_on() {
    let mut rig = Rig::new().await;
    let id = id_of(rig.create(batches()).await);
    rig.restart(NO_BATCHES);
    let path = format!("/api/campaigns/{id}");
    let changed = rig
        .json(Method::PATCH, &path, json!({ "mode": "batch", "batch_size": 3 }))
        .await
        .expect(200)
        .json();
    assert_eq!(
        (&changed["mode"], &changed["batch_size"]),
        (&json!("batch"), &json!(3))
    );
    let settings = page(&rig, &format!("/campaigns/{id}/settings")).await;
    assert!(
        settings.contains("value=\"batch\" checked"),
        "what it is can be seen"
    );
    rig.post_form(&format!("/campaigns/{id}/settings"), &[("batch_size", "2")])
        .await
        .expect(303);
    rig.dial(id).await;
    let campaign = rig.store.campaign(id).await.unwrap().unwrap();
    assert_eq!(
        (campaign.open_calls, campaign.status),
        (2, CampaignStatus::Dialing)
    );
}

#[tokio::test]
async fn without_line_health_no_campaign_begins_to_wait_for_a_quiet_line() {
    let mut rig = Rig::new().await;
    let quiet = || batches().field("quiet_line_gate", "true");
    let old = id_of(rig.create(quiet()).await);
    let plain = id_of(rig.create(batches()).await);
    let form_of = |id: CampaignId| format!("/campaigns/{id}/settings");
    for path in ["/campaigns".to_owned(), form_of(plain)] {
        assert!(page(&rig, &path).await.contains("quiet_line_gate"), "{path}");
    }

    rig.restart(NO_LINE_HEALTH);
    let setting = "PHONE_LINE_HEALTH_CHECK";
    refused_by(&rig.create(quiet()).await, setting);
    let wish = json!({ "quiet_line_gate": true });
    let path = format!("/api/campaigns/{plain}");
    refused_by(&rig.json(Method::PATCH, &path, wish.clone()).await, setting);
    let clone = format!("/api/campaigns/{old}/clone");
    refused_by(&rig.json(Method::POST, &clone, json!({})).await, setting);
    let saved = rig
        .post_form(&form_of(plain), &[("quiet_line_gate", "true")])
        .await;
    assert!(saved.expect(422).text().contains(setting));
    for path in ["/campaigns".to_owned(), form_of(plain)] {
        assert!(!page(&rig, &path).await.contains("quiet_line_gate"), "{path}");
    }
    // Batches are another matter, and whoever waits already goes on.
    id_of(rig.create(batches()).await);
    let path = format!("/api/campaigns/{old}");
    rig.json(Method::PATCH, &path, wish).await.expect(200);
    assert!(page(&rig, &form_of(old)).await.contains("quiet_line_gate"));
}

#[tokio::test]
async fn without_line_health_no_badge_is_shown_and_nobody_is_asked_for_one() {
    let mut rig = Rig::new().await;
    let id = rig.campaign().await;
    let shown = async |rig: &Rig| {
        let numbers = rig.get("/api/phone-numbers").await.expect(200).json();
        let preflight = rig
            .get(&format!("/api/campaigns/{id}/preflight"))
            .await
            .expect(200)
            .json();
        let mut pages = String::new();
        for path in [
            "/numbers".to_owned(),
            "/campaigns".to_owned(),
            format!("/campaigns/{id}"),
            format!("/campaigns/{id}/settings"),
            format!("/assistants/{}", assistant(rig).await),
        ] {
            pages += &page(rig, &path).await;
        }
        (
            numbers["items"][0]["status"].clone(),
            preflight["numbers"][0]["line"].clone(),
            pages,
        )
    };
    let (status, line, pages) = shown(&rig).await;
    assert_eq!(
        (status.as_str(), line.as_str()),
        (Some("healthy"), Some("healthy"))
    );
    assert!(pages.contains("Healthy") && pages.contains("Line of +1 202-555-0100"));
    rig.get("/api/health/phone-line?phone_number_id=num-1")
        .await
        .expect(200);

    rig.restart(NO_LINE_HEALTH);
    // A campaign's page and its preflight have no other reason to ask the provider.
    let before = rig.provider.listed.load(Ordering::SeqCst);
    page(&rig, &format!("/campaigns/{id}")).await;
    rig.get(&format!("/api/campaigns/{id}/preflight"))
        .await
        .expect(200);
    let line = rig.get("/api/health/phone-line?phone_number_id=num-1").await;
    refused_by(&line, "PHONE_LINE_HEALTH_CHECK");
    tokio::task::yield_now().await;
    assert_eq!(rig.provider.listed.load(Ordering::SeqCst), before);

    let (status, line, pages) = shown(&rig).await;
    assert_eq!((status, line), (Value::Null, Value::Null));
    for gone in ["Healthy", "Line of", "none is live on it"] {
        assert!(!pages.contains(gone), "{gone}");
    }
    assert!(!page(&rig, "/numbers").await.contains(">Line<"));
    assert!(
        pages.contains("+1 202-555-0100") && pages.contains("Blocked"),
        "what the provider says of its numbers stays"
    );
}

async fn assistant(rig: &Rig) -> String {
    let found = rig
        .get("/api/assistants?source=imported")
        .await
        .expect(200)
        .json();
    found["items"][0]["id"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn without_exports_no_file_is_given_and_no_page_offers_one() {
    let mut rig = Rig::new().await;
    let id = rig.campaign().await;
    let assistant = assistant(&rig).await;
    let files = [
        format!("/api/campaigns/{id}/export.csv"),
        "/api/assistants/export".to_owned(),
        format!("/api/assistants/{assistant}/export"),
    ];
    let pages = [
        format!("/campaigns/{id}"),
        "/assistants".to_owned(),
        format!("/assistants/{assistant}"),
    ];
    for (file, offering) in files.iter().zip(&pages) {
        rig.get(file).await.expect(200);
        assert!(page(&rig, offering).await.contains(file), "{offering}");
    }

    rig.restart(NO_EXPORTS);
    for (file, offering) in files.iter().zip(&pages) {
        refused_by(&rig.get(file).await, "EXPORT_FUNCTIONALITY");
        let offering = page(&rig, offering).await;
        assert!(!offering.contains("/export"), "{file}");
    }
    // The rows that could not be used belong to the report of the import.
    let problems = format!("/api/campaigns/{id}/problems.csv");
    rig.get(&problems).await.expect(200);
    assert!(page(&rig, &pages[0]).await.contains(&problems));
}
