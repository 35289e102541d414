//! What campaigns allow, version by version.

use domain::policy::Policy;
use futures::future::join_all;
use store::PolicyChanged;

use crate::{
    fixture::Fixture,
    looks::{campaign, end, only},
    people::{List, NOW, dial, start},
};

contract! {
    every_version_is_kept_and_every_call_has_its_own,
    whoever_saw_an_older_version_is_told,
    of_two_at_once_one_is_told,
    what_cannot_be_read_calls_nobody_and_stops_no_other,
}

fn limit(per_contact: u32) -> Policy {
    only(|policy| policy.limits.per_contact = Some(per_contact))
}

async fn every_version_is_kept_and_every_call_has_its_own(fixture: &Fixture) {
    let store = &fixture.store;
    store.set_line_cap(1).await.unwrap();
    let id = start(store, &List::of(0..3)).await;
    for version in 1..=2 {
        let dials = dial(store, NOW).await;
        assert_eq!(
            fixture
                .count(
                    "calls",
                    &format!("policy_version = {version} AND status = 'QUEUED'")
                )
                .await,
            1
        );
        end(store, &dials, "customer-busy", NOW).await;
        let changed = store
            .change_policy(id, version, &limit(version), "Kim", NOW + i64::from(version))
            .await
            .unwrap();
        assert_eq!(changed, PolicyChanged::Version(version + 1));
    }
    let versions = store.policy_versions(id).await.unwrap();
    let told: Vec<_> = versions
        .iter()
        .map(|version| (version.version, version.author.as_str(), version.created_at))
        .collect();
    assert_eq!(told, [(3, "Kim", NOW + 2), (2, "Kim", NOW + 1), (1, "", NOW)]);
    assert_eq!(versions[0].policy, limit(2));
    assert_eq!(versions[2].policy, Policy::unrestricted());
    assert_eq!(store.policy(id).await.unwrap().as_ref(), Some(&versions[0]));
    assert_eq!(campaign(store, id).await.policy_version, 3);
    let nobody = domain::ids::CampaignId(uuid::Uuid::from_u128(1));
    assert_eq!(store.policy(nobody).await.unwrap(), None);
    assert_eq!(
        store.change_policy(nobody, 1, &limit(1), "", NOW).await.unwrap(),
        PolicyChanged::NotFound
    );
    fixture.assert_sound(1).await;
}

async fn whoever_saw_an_older_version_is_told(fixture: &Fixture) {
    let store = &fixture.store;
    let id = start(store, &List::of(0..3)).await;
    let change = async |seen, policy: &Policy| store.change_policy(id, seen, policy, "", NOW).await.unwrap();
    assert_eq!(change(1, &limit(1)).await, PolicyChanged::Version(2));
    assert_eq!(change(1, &limit(2)).await, PolicyChanged::Overtaken(2));
    assert_eq!(
        change(1, &limit(1)).await,
        PolicyChanged::Version(2),
        "the same again is done"
    );
    assert_eq!(
        change(2, &limit(1)).await,
        PolicyChanged::Version(2),
        "nothing new"
    );
    assert_eq!(store.policy_versions(id).await.unwrap().len(), 2);
}

async fn of_two_at_once_one_is_told(fixture: &Fixture) {
    let other = fixture.another_node().await;
    let id = start(&fixture.store, &List::of(0..3)).await;
    for seen in 1..6 {
        let (one, two) = (limit(seen * 2), limit(seen * 2 + 1));
        let mut both = join_all([
            fixture.store.change_policy(id, seen, &one, "", NOW),
            other.change_policy(id, seen, &two, "", NOW),
        ])
        .await
        .into_iter()
        .map(|changed| format!("{:?}", changed.unwrap()))
        .collect::<Vec<_>>();
        both.sort();
        let next = seen + 1;
        assert_eq!(both, [format!("Overtaken({next})"), format!("Version({next})")]);
    }
    other.close().await;
}

async fn what_cannot_be_read_calls_nobody_and_stops_no_other(fixture: &Fixture) {
    let store = &fixture.store;
    let broken = start(store, &List::of(0..2)).await;
    let other = start(store, &List::of(10..12)).await;
    let sql = format!(
        "UPDATE policies SET policy = '{{\"from_the_future\": 1}}' WHERE campaign_id = {}",
        fixture.literal(broken.0)
    );
    fixture.execute(&sql).await.unwrap();
    let dials = dial(store, NOW).await;
    assert_eq!(dials.len(), 2);
    assert!(dials.iter().all(|dial| dial.campaign_id == other));
    fixture.assert_sound(10).await;
}
