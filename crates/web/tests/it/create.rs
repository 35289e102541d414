//! `POST /api/campaigns` that works.

use domain::{campaign::CampaignStatus, ids::CampaignId};

use crate::rig::{Form, Rig};

#[tokio::test]
async fn a_list_becomes_a_campaign_with_a_report() {
    let rig = Rig::new().await;
    let created = rig.create(Form::new()).await.expect(201);
    let id = created.json()["campaign"]["id"].as_str().unwrap().to_owned();
    assert_eq!(created.header("location"), format!("/api/campaigns/{id}"));
    insta::assert_json_snapshot!("created", created.shape());
}

#[tokio::test]
async fn an_example_list_with_every_kind_of_damage_is_imported_as_far_as_it_can_be() {
    let rig = Rig::new().await;
    let list = include_str!("../../../../examples/leads.csv");
    let created = rig
        .create(Form::new().list("leads.csv", list).field("default_region", "us"))
        .await
        .expect(201);
    let json = created.json();
    let report = &json["report"];
    let count = |key: &str| report[key].as_u64().unwrap();
    assert_eq!(
        count("accepted") + count("rejected") + count("duplicates"),
        count("rows"),
        "{report:#}"
    );
    assert!(count("accepted") > 200 && count("repaired") > 0, "{report:#}");
    let problems = report["problems"].as_array().unwrap();
    assert_eq!(problems.len() as u64, count("rejected") + count("duplicates"));
    assert_eq!(json["campaign"]["total_contacts"], report["accepted"]);
    assert_eq!(json["campaign"]["rows_rejected"], report["rejected"]);
    assert!(
        problems.iter().all(|problem| problem["line"].as_u64() > Some(1)),
        "lines are those of the file"
    );
}

#[tokio::test]
async fn a_list_in_utf16_with_semicolons_is_read() {
    let rig = Rig::new().await;
    let text = "\u{FEFF}Full name;Telephone\r\nZoë;+442079460958\r\n";
    let list: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let report = rig
        .create(Form::new().list("excel.txt", list))
        .await
        .expect(201)
        .json()["report"]
        .clone();
    assert_eq!(report["encoding"], "utf16-le");
    assert_eq!(report["delimiter"], ";");
    assert_eq!(
        report["columns"][1],
        serde_json::json!({ "header": "Telephone", "meaning": "phone" })
    );
}

#[tokio::test]
async fn every_field_of_the_form_counts() {
    let rig = Rig::new().await;
    let form = Form::new()
        .field("name", "  Spring \n follow-up\u{7} ")
        .field("mode", "batch")
        .field("batch_size", "2")
        .field("cap", "3")
        .field("quiet_line_gate", "true")
        .field("start", "true");
    let campaign = rig.create(form).await.expect(201).json()["campaign"].clone();
    assert_eq!(campaign["name"], "Spring follow-up");
    assert_eq!(
        (campaign["mode"].as_str(), campaign["batch_size"].as_u64()),
        (Some("batch"), Some(2))
    );
    assert_eq!(
        (campaign["cap"].as_u64(), &campaign["quiet_line_gate"]),
        (Some(3), &true.into())
    );
    assert_eq!(campaign["status"], "QUEUED", "started at once");
    assert!(campaign["started_at"].is_null(), "nobody has been called yet");
}

#[tokio::test]
async fn what_a_form_leaves_out_has_a_default() {
    let rig = Rig::with(|settings| {
        settings.default_cap = 5;
        settings.default_phone_number_id = Some("num-1".to_owned());
    })
    .await;
    let form = Form::new()
        .without("phone_number_id")
        .field("mode", "batch")
        .field("cap", "");
    let campaign = rig.create(form).await.expect(201).json()["campaign"].clone();
    assert_eq!(campaign["phone_number_id"], "num-1");
    assert_eq!(
        (campaign["cap"].as_u64(), campaign["batch_size"].as_u64()),
        (Some(5), Some(5))
    );
    assert_eq!(campaign["status"], "CREATED");
}

#[tokio::test]
async fn a_registered_assistant_can_be_named_by_our_id() {
    let rig = Rig::new().await;
    let first = rig.create(Form::new()).await.expect(201).json()["campaign"].clone();
    let ours = first["assistant_id"].as_str().unwrap();
    assert_ne!(ours, "asst-1");
    let second = rig
        .create(Form::new().field("assistant_id", ours))
        .await
        .expect(201)
        .json()["campaign"]
        .clone();
    assert_eq!(
        second["assistant_id"], first["assistant_id"],
        "one assistant, registered once"
    );
}

#[tokio::test]
async fn an_import_and_a_start_wake_who_waits_for_them() {
    let rig = Rig::new().await;
    let mut wakes = rig.store.subscribe();
    let created = rig
        .create(Form::new().field("start", "true"))
        .await
        .expect(201)
        .json();
    let id: CampaignId = created["campaign"]["id"].as_str().unwrap().parse().unwrap();
    let heard: Vec<_> = std::iter::from_fn(|| wakes.try_recv().ok()).collect();
    assert!(
        heard.contains(&store::Wake::Campaign(id)) && heard.contains(&store::Wake::Dispatch),
        "{heard:?}"
    );
    let campaign = rig.store.campaign(id).await.unwrap().unwrap();
    assert_eq!(campaign.status, CampaignStatus::Queued);
}
