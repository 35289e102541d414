//! Saying that a call is being dialled.

use std::sync::Arc;

use domain::{
    call::{CallStatus, Dialling},
    campaign::Action,
    ids::{CallId, CampaignId},
};
use futures::future::join_all;
use store::{Acted, Dial, Kind, MarkSent};
use uuid::Uuid;

use crate::{
    fixture::{self, Fixture},
    people::{List, MAX_DURATION_MS, NOW, start},
    probes::Gate,
    says,
};

contract! {
    the_intent_is_in_the_row_and_in_the_log,
    only_one_of_many_callers_may_dial,
    a_paused_or_cancelled_campaign_dials_nothing,
    after_a_cancellation_has_returned_nothing_is_dialled,
    a_call_that_ended_or_does_not_exist_is_not_dialled,
    a_released_call_is_nobodys_orphan,
}

async fn claimed(fixture: &Fixture, people: usize) -> (CampaignId, Vec<Dial>) {
    let id = start(&fixture.store, &List::of(0..people)).await;
    let dials = fixture.store.claim(MAX_DURATION_MS, NOW).await.unwrap().dials;
    assert_eq!(dials.len(), people);
    (id, dials)
}

/// Guarantee *intent first*.
async fn the_intent_is_in_the_row_and_in_the_log(fixture: &Fixture) {
    let (id, dials) = claimed(fixture, 1).await;
    let marked = fixture
        .store
        .mark_sent(dials[0].call_id, id, NOW + 5)
        .await
        .unwrap();
    assert_eq!(marked, MarkSent::Dial);
    let call = fixture
        .store
        .call(dials[0].call_id)
        .await
        .unwrap()
        .expect("the call");
    assert_eq!(
        (call.status, call.state.dialling),
        (CallStatus::Queued, Dialling::Sent)
    );
    assert_eq!(call.state.sent_at, Some(NOW + 5));
    let kinds: Vec<_> = call
        .events
        .iter()
        .map(|event| (event.kind.as_str(), event.at))
        .collect();
    assert_eq!(kinds, [("reserved", NOW), ("dial.sent", NOW + 5)]);
    fixture.assert_sound(10).await;
}

/// Guarantee *never twice*.
async fn only_one_of_many_callers_may_dial(fixture: &Fixture) {
    let (id, dials) = claimed(fixture, 5).await;
    let other = fixture.another_node().await;
    for dial in dials {
        let tasks = (0..8).map(|task| {
            let store = if task % 2 == 0 {
                fixture.store.clone()
            } else {
                other.clone()
            };
            tokio::spawn(async move { store.mark_sent(dial.call_id, id, NOW).await.unwrap() })
        });
        let answers: Vec<_> = join_all(tasks).await.into_iter().map(Result::unwrap).collect();
        assert_eq!(
            answers.iter().filter(|answer| **answer == MarkSent::Dial).count(),
            1,
            "{answers:?}"
        );
        assert_eq!(
            answers
                .iter()
                .filter(|answer| **answer == MarkSent::Taken)
                .count(),
            7,
            "{answers:?}"
        );
    }
    fixture.assert_sound(10).await;
    other.close().await;
}

async fn a_paused_or_cancelled_campaign_dials_nothing(fixture: &Fixture) {
    let store = &fixture.store;
    let (id, dials) = claimed(fixture, 2).await;
    store.act(id, Action::Pause, NOW).await.unwrap();
    assert_eq!(
        store.mark_sent(dials[0].call_id, id, NOW).await.unwrap(),
        MarkSent::Halted
    );
    assert_eq!(
        store.mark_sent(dials[0].call_id, id, NOW).await.unwrap(),
        MarkSent::Halted,
        "and again"
    );
    let call = store.call(dials[0].call_id).await.unwrap().expect("the call");
    assert_eq!(call.state.dialling, Dialling::Reserved, "nothing was written");
    assert_eq!(call.events.len(), 1);
    store.act(id, Action::Resume, NOW).await.unwrap();
    assert_eq!(
        store.mark_sent(dials[0].call_id, id, NOW).await.unwrap(),
        MarkSent::Dial
    );
    store.act(id, Action::Cancel, NOW).await.unwrap();
    assert_eq!(
        store.mark_sent(dials[1].call_id, id, NOW).await.unwrap(),
        MarkSent::Halted
    );
    fixture.assert_sound(10).await;
}

/// Whoever has seen a cancellation succeed can rely on it: what is being dialled then was sent before.
async fn after_a_cancellation_has_returned_nothing_is_dialled(fixture: &Fixture) {
    let other = fixture.another_node().await;
    for round in 0..20_usize {
        let people = round * 10..round * 10 + 8;
        let id = start(&fixture.store, &List::of(people)).await;
        let dials = fixture.store.claim(MAX_DURATION_MS, NOW).await.unwrap().dials;
        assert_eq!(dials.len(), 8);
        let start_line = Arc::new(tokio::sync::Barrier::new(9));
        let marks: Vec<_> = dials
            .iter()
            .map(|dial| (dial.call_id, fixture.store.clone(), start_line.clone()))
            .map(|(call, store, start_line)| {
                tokio::spawn(async move {
                    start_line.wait().await;
                    store.mark_sent(call, id, NOW).await.unwrap()
                })
            })
            .collect();
        start_line.wait().await;
        let acted = other.act(id, Action::Cancel, NOW).await.unwrap();
        assert!(matches!(acted, Acted::Done(_)), "{acted:?}");
        let of_campaign = format!("campaign_id = {} AND dialling = 'sent'", fixture.literal(id.0));
        let sent = fixture.count("calls", &of_campaign).await;
        let dialled = join_all(marks)
            .await
            .into_iter()
            .filter(|mark| *mark.as_ref().unwrap() == MarkSent::Dial)
            .count();
        assert_eq!(
            dialled as i64, sent,
            "round {round}: something was sent after the cancellation"
        );
        // Some were sent and some were not: whichever word does not fit is dropped.
        let ends: Vec<_> = dials
            .iter()
            .flat_map(|dial| {
                let released = says::inferred(dial, "autolynx.released", NOW);
                [released, says::inferred(dial, "autolynx.absent", NOW)]
            })
            .collect();
        fixture.store.apply_facts(&ends, NOW).await.unwrap();
    }
    other.close().await;
}

/// The same on Postgres without luck: a cancellation that comes while the intent is about to be committed waits for it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn on_postgres_a_cancellation_waits_for_an_intent_under_way() {
    fixture::run(Kind::Postgres, async |fixture| {
        let (id, dials) = claimed(fixture, 1).await;
        let dialler = fixture.another_node().await;
        let gate = Gate::before(&dialler);
        gate.close();
        let call = dials[0].call_id;
        let mark = tokio::spawn({
            let dialler = dialler.clone();
            async move { dialler.mark_sent(call, id, NOW).await.unwrap() }
        });
        gate.arrival().await;
        let cancel = tokio::spawn({
            let store = fixture.store.clone();
            async move { store.act(id, Action::Cancel, NOW).await.unwrap() }
        });
        let waiting = "SELECT COUNT(*) FROM pg_stat_activity WHERE datname = current_database() \
                       AND wait_event_type = 'Lock' AND query LIKE 'SELECT status FROM campaigns%'";
        while fixture.number(waiting).await == 0 {
            assert!(
                !cancel.is_finished(),
                "the cancellation overtook an intent that it did not see"
            );
        }
        gate.open();
        assert_eq!(mark.await.unwrap(), MarkSent::Dial);
        assert!(matches!(cancel.await.unwrap(), Acted::Done(_)));
        dialler.close().await;
    })
    .await;
}

async fn a_call_that_ended_or_does_not_exist_is_not_dialled(fixture: &Fixture) {
    let (id, dials) = claimed(fixture, 1).await;
    let facts = [says::inferred(&dials[0], "autolynx.released", NOW)];
    fixture.store.apply_facts(&facts, NOW).await.unwrap();
    assert_eq!(
        fixture.store.mark_sent(dials[0].call_id, id, NOW).await.unwrap(),
        MarkSent::Taken
    );
    let nobody = CallId(Uuid::from_u128(1));
    assert_eq!(
        fixture.store.mark_sent(nobody, id, NOW).await.unwrap(),
        MarkSent::Taken
    );
}

async fn a_released_call_is_nobodys_orphan(fixture: &Fixture) {
    let (_, dials) = claimed(fixture, 2).await;
    let facts = [says::inferred(&dials[0], "autolynx.released", NOW)];
    fixture.store.apply_facts(&facts, NOW).await.unwrap();
    let orphans = fixture.store.orphans(NOW + 60_000).await.unwrap();
    assert_eq!(orphans, [(dials[1].call_id, dials[1].campaign_id)]);
}
