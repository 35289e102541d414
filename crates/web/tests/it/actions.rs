//! Start, pause, resume and cancel.

use domain::ids::CampaignId;
use http::Method;
use serde_json::json;
use uuid::Uuid;

use crate::rig::Rig;

async fn act(rig: &Rig, id: CampaignId, action: &str) -> (u16, serde_json::Value) {
    let answer = rig.post(&format!("/api/campaigns/{id}/{action}")).await;
    (answer.status.as_u16(), answer.json())
}

#[tokio::test]
async fn a_campaign_goes_through_its_life_and_nothing_else() {
    let rig = Rig::new().await;
    let id = rig.campaign().await;
    for (action, status, possible) in [
        ("start", "QUEUED", json!(["pause", "cancel", "abort"])),
        ("pause", "PAUSED", json!(["resume", "cancel", "abort"])),
        ("resume", "QUEUED", json!(["pause", "cancel", "abort"])),
        ("cancel", "CANCELED", json!(["archive"])),
    ] {
        let (code, acted) = act(&rig, id, action).await;
        assert_eq!(
            (code, &acted["status"], &acted["possible_actions"]),
            (200, &status.into(), &possible)
        );
    }
}

#[tokio::test]
async fn what_is_not_possible_says_what_is() {
    let rig = Rig::new().await;
    let id = rig.campaign().await;
    let (code, refused) = act(&rig, id, "pause").await;
    assert_eq!(
        (code, &refused["error"]["code"]),
        (409, &"impossible_transition".into())
    );
    assert_eq!(
        refused["error"]["message"],
        "The campaign is created, so “pause” is not possible. Possible: start, schedule, cancel, archive."
    );
    assert_eq!(
        refused["error"]["details"],
        json!({ "status": "CREATED", "possible": ["start", "schedule", "cancel", "archive"] })
    );
    assert_eq!(act(&rig, id, "start").await.0, 200);
    assert_eq!(act(&rig, id, "start").await.0, 409, "pressed twice, started once");
}

#[tokio::test]
async fn a_campaign_that_does_not_exist_is_not_found() {
    let rig = Rig::new().await;
    assert_eq!(act(&rig, CampaignId(Uuid::nil()), "start").await.0, 404);
    let answer = rig.post("/api/campaigns/seven/start").await;
    assert_eq!(answer.error(), (400, "invalid_id".to_owned()));
    assert_eq!(
        rig.post(&format!("/api/campaigns/{}/explode", Uuid::nil()))
            .await
            .error()
            .0,
        404
    );
}

#[tokio::test]
async fn an_action_wakes_the_dialler_and_the_pages() {
    let rig = Rig::new().await;
    let id = rig.campaign().await;
    let mut wakes = rig.store.subscribe();
    act(&rig, id, "start").await;
    let heard: Vec<_> = std::iter::from_fn(|| wakes.try_recv().ok()).collect();
    assert!(
        heard.contains(&store::Wake::Dispatch) && heard.contains(&store::Wake::Campaign(id)),
        "{heard:?}"
    );
}

#[tokio::test]
async fn a_start_is_set_as_a_moment_or_by_a_clock() {
    let rig = Rig::new().await;
    let id = rig.campaign().await;
    let path = format!("/api/campaigns/{id}/schedule");
    let starts = async |body: serde_json::Value| {
        rig.json(Method::POST, &path, body).await.expect(200);
        let campaign = rig.get(&format!("/api/campaigns/{id}")).await.json();
        campaign["campaign"]["starts_at"]
            .as_str()
            .or(campaign["starts_at"].as_str())
            .unwrap()
            .to_owned()
    };
    let by_clock = json!({ "starts_at": "2026-11-23T09:00", "zone": "Europe/Berlin" });
    assert_eq!(starts(by_clock).await, "2026-11-23T08:00:00.000Z");
    let moment = json!({ "starts_at": "2026-11-23T09:00:00-05:00" });
    assert_eq!(starts(moment).await, "2026-11-23T14:00:00.000Z");
    for (body, field) in [
        (json!({ "starts_at": "2026-11-23T09:00" }), "starts_at"),
        (
            json!({ "starts_at": "2026-11-23T09:00", "zone": "Mars/Olympus" }),
            "zone",
        ),
        (
            json!({ "starts_at": "2026-11-23T09:00:00-05:00", "zone": "Europe/Berlin" }),
            "starts_at",
        ),
        (
            json!({ "starts_at": "2020-01-01T09:00", "zone": "Europe/Berlin" }),
            "starts_at",
        ),
    ] {
        let refused = rig
            .json(Method::POST, &path, body.clone())
            .await
            .expect(422)
            .json();
        assert_eq!(refused["error"]["details"]["field"], field, "{body}");
    }
    let page = rig.get(&format!("/campaigns/{id}")).await.expect(200).text();
    assert!(
        page.contains("Mon 23 Nov 14:00 UTC") || page.contains("Mon 23 Nov 09:00 EST"),
        "{page}"
    );
    rig.post(&format!("/api/campaigns/{id}/unschedule"))
        .await
        .expect(200);
    assert!(
        rig.get(&format!("/campaigns/{id}"))
            .await
            .text()
            .contains("Schedule…")
    );
}
