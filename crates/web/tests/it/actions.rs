//! Start, pause, resume and cancel.

use domain::ids::CampaignId;
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
        ("start", "QUEUED", json!(["pause", "cancel"])),
        ("pause", "PAUSED", json!(["resume", "cancel"])),
        ("resume", "QUEUED", json!(["pause", "cancel"])),
        ("cancel", "CANCELED", json!([])),
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
        refused["error"]["details"],
        json!({ "status": "CREATED", "possible": ["start", "cancel"] })
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
