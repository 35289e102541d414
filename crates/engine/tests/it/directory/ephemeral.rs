//! Assistants that are made for one campaign and removed after it. Nothing else is ever removed.

use domain::{
    campaign::Action,
    ids::{AssistantId, CampaignId},
};
use engine::{Creation, DirectoryError};
use http::Method;
use sandbox::{Faults, Span};
use serde_json::Value;
use store::Acted;

use super::house::{House, PATIENCE, creation, done, edit, robin, says};

const MINUTE_MS: i64 = 60_000;

/// An ephemeral assistant and its campaign, which is under way.
async fn started(house: &House) -> (AssistantId, CampaignId) {
    let wish = Creation {
        ephemeral: true,
        ..creation(robin())
    };
    let id = done(house.directory().create(wish).await);
    let campaign = house.campaign(id).await;
    act(house, campaign, Action::Start).await;
    (id, campaign)
}

async fn act(house: &House, campaign: CampaignId, action: Action) {
    let acted = house
        .store
        .act(campaign, action, house.place.now())
        .await
        .unwrap();
    assert!(matches!(acted, Acted::Done(_)), "{acted:?}");
}

fn deleted(house: &House) -> Vec<String> {
    let ledger = house.ledger();
    let deleted = ledger.list.into_iter().filter(|one| one.deleted_ms.is_some());
    deleted.map(|one| one.id).collect()
}

#[tokio::test]
async fn it_goes_when_its_campaign_is_over_and_not_before() {
    let house = House::new().await;
    let persistent = house.made().await;
    let done_with = house.campaign(persistent).await;
    act(&house, done_with, Action::Cancel).await;
    let (id, campaign) = started(&house).await;
    house.tend_for(20 * MINUTE_MS).await;
    act(&house, campaign, Action::Pause).await;
    house.tend_for(20 * MINUTE_MS).await;
    assert_eq!(deleted(&house), Vec::<String>::new());
    act(&house, campaign, Action::Cancel).await;
    house.tend_for(MINUTE_MS - 2_000).await;
    assert_eq!(
        deleted(&house),
        Vec::<String>::new(),
        "a late word may still come"
    );
    house.tend_for(6_000).await;
    assert_eq!(deleted(&house), [house.provider_id(id).await]);
    let record = house.record(id).await;
    assert!(record.removed_at.is_some() && !record.active && record.change.is_none());
    assert_eq!(record.version, 1);
    house.tend_for(20 * MINUTE_MS).await;
    assert_eq!(house.ledger().deleted, 1);
    assert_eq!(house.record(id).await.gone_at, None, "we removed it, nobody else");
    let over = house.directory().edit(id, edit(1, says("Hi."))).await;
    assert!(matches!(over, Err(DirectoryError::NotHeld)), "{over:?}");
    house.agree(persistent).await;
}

/// One that never had a campaign waits for it.
#[tokio::test]
async fn it_waits_for_its_campaign() {
    let house = House::new().await;
    let wish = Creation {
        ephemeral: true,
        ..creation(robin())
    };
    let id = done(house.directory().create(wish).await);
    house.tend_for(20 * MINUTE_MS).await;
    house.agree(id).await;
    assert_eq!(house.ledger().deleted, 0);
}

/// The removal is looked up and asked for again until it is in force.
#[tokio::test]
async fn a_removal_is_asked_for_until_it_is_done() {
    let faults: [fn(&mut Faults); 6] = [
        |faults| faults.assistant_hang_up_before_acting = 1.0,
        |faults| faults.assistant_hang_up_after_acting = 1.0,
        |faults| faults.assistant_error_before_acting = 1.0,
        |faults| faults.assistant_error_after_acting = 1.0,
        |faults| faults.rate_refusal = 1.0,
        |faults| {
            faults.assistant_late_acting = 1.0;
            faults.assistant_late_acting_ms = Span::new(30_000, 30_000);
        },
    ];
    for (nth, fault) in faults.into_iter().enumerate() {
        let house = House::new().await;
        let persistent = house.made().await;
        let (id, campaign) = started(&house).await;
        act(&house, campaign, Action::Cancel).await;
        house.faults(fault);
        house.tend_for(70_000).await;
        assert!(house.requests("DELETE /assistant/{id}") >= 1, "{nth}");
        house.calm();
        house.tend_for(2 * PATIENCE.settle_ms).await;
        assert!(house.record(id).await.removed_at.is_some(), "{nth}");
        assert_eq!(house.change(id).await, None, "{nth}");
        assert_eq!(deleted(&house), [house.provider_id(id).await], "{nth}");
        house.agree(persistent).await;
    }
}

#[tokio::test]
async fn one_that_others_deleted_counts_as_removed_or_gone() {
    let house = House::new().await;
    let (id, campaign) = started(&house).await;
    act(&house, campaign, Action::Cancel).await;
    let path = format!("/assistant/{}", house.provider_id(id).await);
    house.place.past_us(Method::DELETE, &path, &Value::Null).unwrap();
    house.tend_for(20 * MINUTE_MS).await;
    let record = house.record(id).await;
    assert!(record.removed_at.is_some() || record.gone_at.is_some());
    assert_eq!(record.change, None);
}

/// A record that a person deleted after its campaign leaves nothing behind at the provider.
#[tokio::test]
async fn one_that_was_deleted_here_goes_all_the_same() {
    let house = House::new().await;
    let (id, campaign) = started(&house).await;
    act(&house, campaign, Action::Cancel).await;
    let now = house.place.now();
    assert_eq!(
        house.store.delete_assistant(id, now).await.unwrap(),
        store::Deleted::Done
    );
    house.tend_for(2 * MINUTE_MS).await;
    assert_eq!(deleted(&house), [house.provider_id(id).await]);
}

/// Two nodes tend at once: the provider is asked once.
#[tokio::test]
async fn two_nodes_remove_it_once() {
    let house = House::new().await;
    let other = house.another_store(7).await;
    let (_, campaign) = started(&house).await;
    act(&house, campaign, Action::Cancel).await;
    house.pass(61_000);
    let (one, two) = (house.directory(), house.directory_over(other.clone()));
    let (one, two) = tokio::join!(one.tend(), two.tend());
    assert_eq!(one.unwrap().removals + two.unwrap().removals, 1);
    assert_eq!(house.requests("DELETE /assistant/{id}"), 1);
    other.close().await;
}
