//! What people forbid or stop while other nodes are dialling: from the commit on, nothing more is sent.

use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use domain::{
    campaign::Action,
    time::{MINUTE_MS, SECOND_MS},
};
use futures::future::join_all;
use store::{CampaignEdit, Kind, MarkSent};
use tokio::sync::Mutex;

use crate::{
    fixture::{self, Fixture},
    looks::only,
    people::{List, MAX_DURATION_MS, NOW, phone, start},
    probes::Gate,
    says,
    suppressions::{exact, forbid},
};

contract! {
    nothing_is_sent_to_a_number_once_it_is_forbidden,
    nothing_is_sent_once_a_campaign_is_stopped,
    no_rule_is_broken_while_everything_happens_at_once,
}

/// Numbers are forbidden one after the other while three nodes dial. Whoever began to ask for leave after the number was
/// forbidden must not get it.
async fn nothing_is_sent_to_a_number_once_it_is_forbidden(fixture: &Fixture) {
    const PEOPLE: usize = 30;
    let nodes = [
        fixture.store.clone(),
        fixture.another_node().await,
        fixture.another_node().await,
    ];
    fixture.store.set_line_cap(PEOPLE as u32).await.unwrap();
    let id = start(&fixture.store, &List::of(0..PEOPLE)).await;
    let clock = Arc::new(AtomicU64::new(1));
    let forbidden: Arc<Mutex<BTreeMap<String, u64>>> = Arc::default();
    let sent: Arc<Mutex<Vec<(String, u64)>>> = Arc::default();
    let dialling = nodes[1..].iter().cloned().map(|store| {
        let (clock, sent) = (clock.clone(), sent.clone());
        tokio::spawn(async move {
            for round in 0..12 {
                let now = NOW + round;
                let dials = store.claim(MAX_DURATION_MS, now).await.unwrap().dials;
                for dial in dials {
                    tokio::time::sleep(Duration::from_micros(300)).await;
                    let asked = clock.fetch_add(1, Ordering::SeqCst);
                    match store.mark_sent(dial.call_id, id, now).await.unwrap() {
                        MarkSent::Dial => sent.lock().await.push((dial.phone, asked)),
                        MarkSent::Halted => {
                            let released = says::released(dial.call_id, now);
                            store.apply_facts(&[released], now).await.unwrap();
                        }
                        MarkSent::Taken => {}
                        MarkSent::Wait { .. } => panic!("no second is limited"),
                    }
                }
            }
        })
    });
    let forbidding = {
        let (store, clock, forbidden) = (nodes[0].clone(), clock.clone(), forbidden.clone());
        tokio::spawn(async move {
            for index in (0..PEOPLE).rev() {
                forbid(&store, exact(&phone(index)), None, NOW).await;
                let at = clock.fetch_add(1, Ordering::SeqCst);
                forbidden.lock().await.insert(phone(index), at);
            }
        })
    };
    for done in join_all(dialling.chain([forbidding])).await {
        done.unwrap();
    }
    let (sent, forbidden) = (sent.lock().await, forbidden.lock().await);
    for (phone, asked) in sent.iter() {
        assert!(
            asked < &forbidden[phone],
            "{phone} was sent at {asked}, and forbidden at {}",
            forbidden[phone]
        );
    }
    let skipped = fixture.count("contacts", "state = 'skipped'").await;
    assert_eq!(
        skipped + i64::try_from(sent.len()).unwrap(),
        PEOPLE as i64,
        "everybody was called or taken out"
    );
    fixture.assert_sound(PEOPLE as i64).await;
    for node in &nodes[1..] {
        node.close().await;
    }
}

async fn nothing_is_sent_once_a_campaign_is_stopped(fixture: &Fixture) {
    for (round, action) in [Action::Pause, Action::Cancel, Action::Abort]
        .into_iter()
        .enumerate()
    {
        let other = fixture.another_node().await;
        fixture.store.set_line_cap(100).await.unwrap();
        let first = round * 100;
        let id = start(&fixture.store, &List::of(first..first + 20)).await;
        let dials = fixture.store.claim(MAX_DURATION_MS, NOW).await.unwrap().dials;
        let clock = Arc::new(AtomicU64::new(1));
        let sending = tokio::spawn({
            let (clock, other) = (clock.clone(), other.clone());
            async move {
                let mut sent = Vec::new();
                for dial in dials {
                    let asked = clock.fetch_add(1, Ordering::SeqCst);
                    if other.mark_sent(dial.call_id, id, NOW).await.unwrap() == MarkSent::Dial {
                        sent.push(asked);
                    }
                }
                sent
            }
        });
        tokio::time::sleep(Duration::from_millis(5)).await;
        fixture.store.act(id, action, NOW).await.unwrap();
        let stopped = clock.fetch_add(1, Ordering::SeqCst);
        let sent = sending.await.unwrap();
        assert!(
            sent.iter().all(|asked| *asked < stopped),
            "{action:?}: {sent:?}, {stopped}"
        );
        assert_eq!(fixture.store.claim(MAX_DURATION_MS, NOW).await.unwrap().dials, []);
        let reserved = "dialling = 'reserved' AND status = 'QUEUED'";
        let left = fixture.count("calls", reserved).await;
        assert_eq!(left + i64::try_from(sent.len()).unwrap(), 20);
        for (call, _) in fixture.store.orphans(NOW + MINUTE_MS).await.unwrap() {
            let released = says::released(call, NOW + MINUTE_MS);
            fixture
                .store
                .apply_facts(&[released], NOW + MINUTE_MS)
                .await
                .unwrap();
        }
        fixture.assert_sound(100).await;
        other.close().await;
    }
}

/// Claims, ends, opt-outs, policies, lists, pauses: three nodes, one account.
async fn no_rule_is_broken_while_everything_happens_at_once(fixture: &Fixture) {
    let nodes = [
        fixture.store.clone(),
        fixture.another_node().await,
        fixture.another_node().await,
    ];
    fixture.store.set_line_cap(8).await.unwrap();
    fixture.store.set_pace(1, None).await.unwrap();
    let list = |first: usize| List {
        cap: 5,
        policy: only(|policy| {
            policy.retries.busy = vec![MINUTE_MS];
            policy.limits.per_number_day = Some(3);
            policy.money.budget_usd_micros = Some(10_000_000_000);
        }),
        numbers: vec!["number-1", "number-2"],
        ..List::of(first..first + 40)
    };
    let ids = [
        start(&nodes[0], &list(0)).await,
        start(&nodes[0], &list(20)).await,
    ];
    let tasks = nodes.iter().cloned().enumerate().map(|(node, store)| {
        tokio::spawn(async move {
            for round in 0..25_i64 {
                let now = NOW + round * 10 * SECOND_MS;
                let dials = store.claim(MINUTE_MS, now).await.unwrap().dials;
                assert!(store.open_calls().await.unwrap().len() <= 7);
                for (index, dial) in dials.iter().enumerate() {
                    if store
                        .mark_sent(dial.call_id, dial.campaign_id, now)
                        .await
                        .unwrap()
                        != MarkSent::Dial
                    {
                        let released = says::released(dial.call_id, now);
                        store.apply_facts(&[released], now).await.unwrap();
                        continue;
                    }
                    let mut fact = match index % 3 {
                        0 => says::ended(dial, "customer-busy", now + 1),
                        _ => says::report(dial, "customer-ended-call", now + 1),
                    };
                    fact.says.details.opted_out = index % 4 == 1;
                    store.apply_facts(&[fact], now + 1).await.unwrap();
                }
                match (node, round % 6) {
                    (0, 1) => {
                        store.act(ids[0], Action::Pause, now).await.unwrap();
                    }
                    (0, 3) => {
                        store.act(ids[0], Action::Resume, now).await.unwrap();
                    }
                    (1, 2) => {
                        forbid(
                            &store,
                            exact(&phone(usize::try_from(round).unwrap() + 30)),
                            None,
                            now,
                        )
                        .await;
                    }
                    (2, 4) => {
                        let edit = CampaignEdit {
                            priority: Some(i32::try_from(round).unwrap() - 12),
                            ..CampaignEdit::default()
                        };
                        store.edit_campaign(ids[1], &edit, now).await.unwrap();
                    }
                    _ => {}
                }
            }
        })
    });
    for done in join_all(tasks).await {
        done.unwrap();
    }
    for (call, _) in nodes[0].orphans(NOW + 100 * MINUTE_MS).await.unwrap() {
        let released = says::released(call, NOW + 100 * MINUTE_MS);
        nodes[0]
            .apply_facts(&[released], NOW + 100 * MINUTE_MS)
            .await
            .unwrap();
    }
    for id in ids {
        let (sums, calls) = fixture.spent(id).await;
        assert_eq!(sums, calls);
    }
    let over = "SELECT phone FROM calls WHERE outcome <> 'not_dialled' GROUP BY phone HAVING COUNT(*) > 3";
    assert_eq!(fixture.texts(over).await, []);
    // A call after the entry: none but those that were sent before.
    let after = "SELECT k.phone FROM calls k JOIN suppressions s ON s.number = k.phone AND s.call_id IS NOT NULL \
                 WHERE k.id > s.call_id AND k.phone = s.number AND k.sent_at_ms > s.created_at_ms";
    assert_eq!(fixture.texts(after).await, []);
    fixture.assert_sound(7).await;
    for node in &nodes[1..] {
        node.close().await;
    }
}

/// Guarantee *never over*: a claim that has counted and not committed yet must not get past a cap that is lowered
/// meanwhile.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn on_postgres_a_cap_that_is_lowered_holds_for_a_claim_under_way() {
    fixture::run(Kind::Postgres, async |fixture| {
        let slow = fixture.another_node().await;
        let id = start(
            &fixture.store,
            &List {
                cap: 5,
                ..List::of(0..9)
            },
        )
        .await;
        let gate = Gate::before(&slow);
        gate.close();
        let claiming = tokio::spawn({
            let slow = slow.clone();
            async move { slow.claim(MAX_DURATION_MS, NOW).await.unwrap().dials }
        });
        gate.arrival().await;
        let lowering = tokio::spawn({
            let store = fixture.store.clone();
            async move {
                let edit = CampaignEdit {
                    cap: Some(1),
                    ..CampaignEdit::default()
                };
                store.edit_campaign(id, &edit, NOW).await.unwrap();
                store.open_calls().await.unwrap().len()
            }
        });
        tokio::time::sleep(Duration::from_millis(300)).await;
        let overtaken = lowering.is_finished();
        gate.open();
        let claimed = claiming.await.unwrap().len();
        lowering.await.unwrap();
        assert!(
            !overtaken || claimed <= 1,
            "{claimed} calls were reserved after the cap was lowered to 1"
        );
        slow.close().await;
    })
    .await;
}

/// The same for a caller number.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn on_postgres_the_cap_of_a_number_holds_for_a_claim_under_way() {
    fixture::run(Kind::Postgres, async |fixture| {
        let slow = fixture.another_node().await;
        start(&fixture.store, &List::of(0..9)).await;
        let gate = Gate::before(&slow);
        gate.close();
        let claiming = tokio::spawn({
            let slow = slow.clone();
            async move { slow.claim(MAX_DURATION_MS, NOW).await.unwrap().dials }
        });
        gate.arrival().await;
        let lowering = tokio::spawn({
            let store = fixture.store.clone();
            async move { store.set_number_cap("number-1", Some(1), NOW).await.unwrap() }
        });
        tokio::time::sleep(Duration::from_millis(300)).await;
        let overtaken = lowering.is_finished();
        gate.open();
        let claimed = claiming.await.unwrap().len();
        lowering.await.unwrap();
        assert!(
            !overtaken || claimed <= 1,
            "{claimed} calls after the cap was lowered to 1"
        );
        slow.close().await;
    })
    .await;
}

/// A number is being forbidden, and the commit is about to come: whoever asks for leave meanwhile waits for it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn on_postgres_leave_to_send_waits_for_an_entry_that_is_being_made() {
    fixture::run(Kind::Postgres, async |fixture| {
        let id = start(&fixture.store, &List::of(0..2)).await;
        let dials = fixture.store.claim(MAX_DURATION_MS, NOW).await.unwrap().dials;
        let slow = fixture.another_node().await;
        let gate = Gate::before(&slow);
        gate.close();
        let forbidding = tokio::spawn({
            let slow = slow.clone();
            async move { forbid(&slow, exact(&phone(0)), None, NOW).await }
        });
        gate.arrival().await;
        let asking = tokio::spawn({
            let (store, call) = (fixture.store.clone(), dials[0].call_id);
            async move { store.mark_sent(call, id, NOW).await.unwrap() }
        });
        let claiming = tokio::spawn({
            let store = fixture.store.clone();
            async move {
                start(&store, &List::of([0])).await;
                store.claim(MAX_DURATION_MS, NOW).await.unwrap().dials
            }
        });
        tokio::time::sleep(Duration::from_millis(100)).await;
        let too_early = (asking.is_finished(), claiming.is_finished());
        let other = fixture.store.mark_sent(dials[1].call_id, id, NOW).await.unwrap();
        gate.open();
        forbidding.await.unwrap();
        assert_eq!(other, MarkSent::Dial, "nobody else waits");
        assert_eq!(
            too_early,
            (false, false),
            "it would be sent, and forbidden at the same moment, and a claim would not see the entry"
        );
        assert_eq!(asking.await.unwrap(), MarkSent::Halted);
        assert_eq!(claiming.await.unwrap(), []);
        slow.close().await;
    })
    .await;
}

/// The same for a campaign that is being stopped.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn on_postgres_leave_to_send_waits_for_a_pause_that_is_being_made() {
    fixture::run(Kind::Postgres, async |fixture| {
        let id = start(&fixture.store, &List::of(0..2)).await;
        let dials = fixture.store.claim(MAX_DURATION_MS, NOW).await.unwrap().dials;
        let slow = fixture.another_node().await;
        let gate = Gate::before(&slow);
        gate.close();
        let pausing = tokio::spawn({
            let slow = slow.clone();
            async move { slow.act(id, Action::Pause, NOW).await.unwrap() }
        });
        gate.arrival().await;
        let asking = tokio::spawn({
            let (store, call) = (fixture.store.clone(), dials[0].call_id);
            async move { store.mark_sent(call, id, NOW).await.unwrap() }
        });
        tokio::time::sleep(Duration::from_millis(100)).await;
        let too_early = asking.is_finished();
        gate.open();
        pausing.await.unwrap();
        assert!(!too_early);
        assert_eq!(asking.await.unwrap(), MarkSent::Halted);
        slow.close().await;
    })
    .await;
}
