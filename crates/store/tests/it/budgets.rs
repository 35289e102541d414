//! Guarantee *money*: what is spent, with the worst case of the calls whose cost is not known, never passes the budget.

use domain::{
    campaign::{Action, CampaignStatus, PauseKind},
    ids::CampaignId,
    money::{Money, UsdMicros},
    policy::Policy,
    time::{MINUTE_MS, UtcMs},
    waiting::Cause,
};
use futures::future::join_all;
use store::{Acted, Claim, Dial, MarkSent, PolicyChanged, Store};

use crate::{
    fixture::Fixture,
    looks::{campaign, end, only},
    people::{List, NOW, import, start},
    probes::Gate,
    says,
};

contract! {
    a_call_holds_its_worst_case_until_its_cost_is_known,
    a_call_that_was_not_dialled_holds_nothing,
    a_budget_that_is_used_up_pauses_and_a_higher_one_goes_on,
    a_cost_that_is_not_known_yet_is_waited_for,
    two_nodes_share_a_budget,
    the_worst_case_is_learnt_from_dear_calls,
    what_has_no_budget_holds_nothing,
    whoever_wants_to_be_told_is_told_once,
    two_nodes_that_notice_at_once_tell_once,
}

/// What a call of a minute may cost before anything is known.
const WORST: i64 = 500_000;

fn budget(usd_micros: i64) -> Policy {
    only(|policy| policy.money.budget_usd_micros = Some(usd_micros))
}

async fn begin(store: &Store, people: std::ops::Range<usize>, usd_micros: i64) -> CampaignId {
    let list = List {
        policy: budget(usd_micros),
        ..List::of(people)
    };
    start(store, &list).await
}

/// Claims calls of at most a minute.
async fn claim(store: &Store, now: UtcMs) -> Claim {
    store.claim(MINUTE_MS, now).await.unwrap()
}

async fn costs(store: &Store, dial: &Dial, usd_micros: i64) {
    let mut fact = says::report(dial, "customer-ended-call", NOW + 50);
    fact.says.details.cost = Some(UsdMicros(usd_micros));
    store.apply_facts(&[fact], NOW + 60).await.unwrap();
}

impl Fixture {
    /// What is spent and held must fit.
    async fn assert_within(&self, id: CampaignId, budget: i64) {
        let (spent, _) = self.spent(id).await;
        let held = self
            .number(&format!(
                "SELECT CAST(COALESCE(SUM(held_usd_micros), 0) AS BIGINT) FROM calls WHERE campaign_id = {} \
                 AND cost_usd_micros IS NULL AND (outcome IS NULL OR outcome <> 'not_dialled')",
                self.literal(id.0)
            ))
            .await;
        assert!(
            spent + held <= budget,
            "{spent} spent and {held} held of {budget}"
        );
    }
}

async fn a_call_holds_its_worst_case_until_its_cost_is_known(fixture: &Fixture) {
    let store = &fixture.store;
    let id = begin(store, 0..9, 1_200_000).await;
    let dials = claim(store, NOW).await.dials;
    assert_eq!(dials.len(), 2, "a third might pass it");
    assert_eq!(
        fixture
            .count("calls", &format!("held_usd_micros = {WORST}"))
            .await,
        2
    );
    let none = claim(store, NOW + 1).await;
    assert_eq!(
        (none.dials.len(), none.paused.len()),
        (0, 0),
        "those under way may be cheap"
    );
    fixture.assert_within(id, 1_200_000).await;
    costs(store, &dials[0], 100_000).await;
    let third = claim(store, NOW + 2).await.dials;
    assert_eq!(third.len(), 1);
    fixture.assert_within(id, 1_200_000).await;
    costs(store, &dials[1], 100_000).await;
    costs(store, &third[0], 499_999).await;
    assert_eq!(claim(store, NOW + 3).await.dials.len(), 1, "500,001 are left");
    fixture.assert_within(id, 1_200_000).await;
    fixture.assert_sound(10).await;
}

async fn a_call_that_was_not_dialled_holds_nothing(fixture: &Fixture) {
    let store = &fixture.store;
    let id = begin(store, 0..3, WORST).await;
    for round in 0..3 {
        let now = NOW + round * MINUTE_MS;
        let dials = claim(store, now).await.dials;
        assert_eq!(dials.len(), 1, "round {round}");
        assert_eq!(
            store.mark_sent(dials[0].call_id, id, now).await.unwrap(),
            MarkSent::Dial
        );
        let refused = says::refused(&dials[0], "autolynx.refused.rate", now);
        store.apply_facts(&[refused], now).await.unwrap();
    }
    let reserved = claim(store, NOW + 9 * MINUTE_MS).await.dials;
    let released = says::released(reserved[0].call_id, NOW + 9 * MINUTE_MS);
    store.apply_facts(&[released], NOW + 9 * MINUTE_MS).await.unwrap();
    assert_eq!(claim(store, NOW + 9 * MINUTE_MS).await.dials.len(), 1);
    fixture.assert_sound(10).await;
}

async fn a_budget_that_is_used_up_pauses_and_a_higher_one_goes_on(fixture: &Fixture) {
    let store = &fixture.store;
    let id = begin(store, 0..3, 600_000).await;
    let dials = claim(store, NOW).await.dials;
    assert_eq!(dials.len(), 1);
    costs(store, &dials[0], 100_001).await;
    let used_up = claim(store, NOW + 100).await;
    assert_eq!((used_up.dials.len(), used_up.paused), (0, [id].into()));
    let paused = campaign(store, id).await;
    assert_eq!(
        (paused.status, paused.pause_kind, paused.pause_reason.as_deref()),
        (
            CampaignStatus::Paused,
            Some(PauseKind::Budget),
            Some("the budget of $0.6000 does not pay for another call")
        )
    );
    // Going on without more money is over at once.
    store.act(id, Action::Resume, NOW + 200).await.unwrap();
    assert_eq!(campaign(store, id).await.pause_kind, None);
    assert_eq!(claim(store, NOW + 300).await.paused, [id].into());
    let changed = store
        .change_policy(id, 1, &budget(700_000), "Kim", NOW + 400)
        .await
        .unwrap();
    assert_eq!(changed, PolicyChanged::Version(2));
    assert_eq!(claim(store, NOW + 450).await.dials, [], "still paused");
    assert!(matches!(
        store.act(id, Action::Resume, NOW + 500).await.unwrap(),
        Acted::Done(_)
    ));
    assert_eq!(claim(store, NOW + 600).await.dials.len(), 1);
    fixture.assert_within(id, 700_000).await;
    fixture.assert_sound(10).await;
}

async fn a_cost_that_is_not_known_yet_is_waited_for(fixture: &Fixture) {
    let store = &fixture.store;
    let id = begin(store, 0..3, 600_000).await;
    let dials = claim(store, NOW).await.dials;
    end(store, &dials, "customer-ended-call", NOW + 10).await;
    let waits = claim(store, NOW + 20).await;
    assert_eq!((waits.dials.len(), waits.paused.len()), (0, 0));
    let why = store.why(&campaign(store, id).await, NOW + 20).await.unwrap();
    let cause = Cause::Budget {
        budget: UsdMicros(600_000),
        spent: UsdMicros(0),
        held: UsdMicros(WORST),
    };
    let causes: Vec<_> = why.campaign.iter().map(|waiting| &waiting.cause).collect();
    assert_eq!(causes, [&cause]);
    costs(store, &dials[0], 100_000).await;
    assert_eq!(claim(store, NOW + 100).await.dials.len(), 1);
    fixture.assert_sound(10).await;
}

async fn two_nodes_share_a_budget(fixture: &Fixture) {
    let other = fixture.another_node().await;
    let id = begin(&fixture.store, 0..30, 5 * WORST + 1).await;
    let claims = [&fixture.store, &other, &fixture.store, &other].map(|store| claim(store, NOW));
    let claimed: usize = join_all(claims)
        .await
        .into_iter()
        .map(|claim| claim.dials.len())
        .sum();
    assert_eq!(claimed, 5);
    fixture.assert_within(id, 5 * WORST + 1).await;
    fixture.assert_sound(10).await;
    other.close().await;
}

async fn the_worst_case_is_learnt_from_dear_calls(fixture: &Fixture) {
    let store = &fixture.store;
    let id = begin(store, 0..9, 4_000_000).await;
    store.set_line_cap(1).await.unwrap();
    let dials = claim(store, NOW).await.dials;
    let mut fact = says::polled(&dials[0], "customer-ended-call", NOW, NOW, NOW + MINUTE_MS);
    fact.says.details.cost = Some(UsdMicros(900_000));
    store.apply_facts(&[fact], NOW + MINUTE_MS).await.unwrap();
    store.set_line_cap(10).await.unwrap();
    let dear = claim(store, NOW + 2 * MINUTE_MS).await.dials;
    assert_eq!(dear.len(), 3, "900,100 each of 3,100,000");
    assert_eq!(fixture.count("calls", "held_usd_micros = 900100").await, 3);
    fixture.assert_within(id, 4_000_000).await;
    fixture.assert_sound(10).await;
}

async fn what_has_no_budget_holds_nothing(fixture: &Fixture) {
    let store = &fixture.store;
    begin(store, 0..5, 1).await;
    start(store, &List::of(10..15)).await;
    let claim = claim(store, NOW).await;
    assert_eq!((claim.dials.len(), claim.paused.len()), (5, 1));
    assert_eq!(fixture.count("calls", "held_usd_micros = 0").await, 5);
    fixture.assert_sound(10).await;
}

async fn whoever_wants_to_be_told_is_told_once(fixture: &Fixture) {
    let store = &fixture.store;
    let other = fixture.another_node().await;
    let told = Policy {
        money: Money {
            alert_usd_micros: Some(100_000),
            budget_usd_micros: None,
        },
        ..Policy::unrestricted()
    };
    let list = List {
        policy: told,
        ..List::of(0..3)
    };
    let quiet = import(store, &list).await;
    let id = start(store, &list).await;
    let dials = claim(store, NOW).await.dials;
    costs(store, &dials[0], 50_000).await;
    assert_eq!(store.bring_due(NOW + 70).await.unwrap().alerted, []);
    costs(store, &dials[1], 50_000).await;
    let both = join_all([store.bring_due(NOW + 80), other.bring_due(NOW + 80)]).await;
    let alerted: Vec<_> = both.into_iter().flat_map(|due| due.unwrap().alerted).collect();
    assert_eq!(alerted, [id]);
    costs(store, &dials[1], 90_000).await;
    assert_eq!(store.bring_due(NOW + 90).await.unwrap().alerted, []);
    assert_eq!(campaign(store, id).await.alerted_at, Some(NOW + 80));
    let told_again = |limit| only(|policy: &mut Policy| policy.money.alert_usd_micros = Some(limit));
    store
        .change_policy(id, 1, &told_again(150_000), "Kim", NOW + 91)
        .await
        .unwrap();
    assert_eq!(
        store.bring_due(NOW + 92).await.unwrap().alerted,
        [],
        "140,000 so far"
    );
    assert_eq!(campaign(store, id).await.alerted_at, None);
    costs(store, &dials[1], 110_000).await;
    assert_eq!(store.bring_due(NOW + 93).await.unwrap().alerted, [id]);
    let mut slower = told_again(150_000);
    slower.limits.per_contact = Some(9);
    store
        .change_policy(id, 2, &slower, "Kim", NOW + 94)
        .await
        .unwrap();
    assert_eq!(
        campaign(store, id).await.alerted_at,
        Some(NOW + 93),
        "the same limit"
    );
    assert_eq!(campaign(store, quiet).await.alerted_at, None);
    assert_eq!(
        campaign(store, id).await.status,
        CampaignStatus::Dialing,
        "it goes on"
    );
    fixture.assert_sound(10).await;
    other.close().await;
}

async fn two_nodes_that_notice_at_once_tell_once(fixture: &Fixture) {
    let store = &fixture.store;
    let policy = only(|policy| policy.money.alert_usd_micros = Some(1_000));
    let id = start(
        store,
        &List {
            policy,
            ..List::of(0..2)
        },
    )
    .await;
    let dials = claim(store, NOW).await.dials;
    costs(store, &dials[0], 50_000).await;
    let slow = fixture.another_node().await;
    let gate = Gate::at_begin(&slow);
    gate.close();
    let noticing = tokio::spawn({
        let slow = slow.clone();
        async move { slow.bring_due(NOW + 80).await.unwrap().alerted }
    });
    gate.arrival().await;
    assert_eq!(store.bring_due(NOW + 90).await.unwrap().alerted, [id]);
    gate.open();
    assert_eq!(noticing.await.unwrap(), []);
    assert_eq!(campaign(store, id).await.alerted_at, Some(NOW + 90));
    slow.close().await;
}
