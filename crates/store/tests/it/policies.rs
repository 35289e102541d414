//! What campaigns allow, version by version.

use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

use domain::{consent::Consent, contact::ContactState, ids::CallId, policy::Policy, time::DAY_MS};
use futures::future::join_all;
use store::{Kind, MarkSent, PolicyChanged, Store};
use tokio::{sync::Mutex, task::JoinHandle};

use crate::{
    fixture::{self, Fixture},
    looks::{campaign, contacts, end, only},
    people::{List, MAX_DURATION_MS, NOW, dial, start},
    probes::Gate,
    says,
};

contract! {
    every_version_is_kept_and_every_call_has_its_own,
    whoever_saw_an_older_version_is_told,
    of_two_at_once_one_is_told,
    what_cannot_be_read_calls_nobody_and_stops_no_other,
    a_change_binds_what_is_reserved,
    a_version_that_an_older_node_made_binds_too,
    nothing_is_sent_under_another_version_than_the_one_in_force,
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

/// Nobody in the lists of these tests has the column.
fn asks_for_consent() -> Policy {
    only(|policy| {
        policy.consent = Some(Consent {
            column: "Agreed".to_owned(),
        });
    })
}

/// Guarantee *lawful moment*: a rule that is changed binds every request that leaves after the change is committed.
async fn a_change_binds_what_is_reserved(fixture: &Fixture) {
    let store = &fixture.store;
    let id = start(store, &List::of(0..3)).await;
    let other = start(store, &List::of(10..12)).await;
    let dials = store.claim(MAX_DURATION_MS, NOW).await.unwrap().dials;
    let (its_own, others): (Vec<_>, Vec<_>) = dials.into_iter().partition(|dial| dial.campaign_id == id);
    let mark = async |call: CallId, campaign| store.mark_sent(call, campaign, NOW + 2).await.unwrap();
    assert_eq!(
        mark(its_own[0].call_id, id).await,
        MarkSent::Dial,
        "it left before"
    );
    store
        .change_policy(id, 1, &asks_for_consent(), "", NOW + 1)
        .await
        .unwrap();
    for dial in &its_own[1..] {
        assert_eq!(mark(dial.call_id, id).await, MarkSent::Halted);
    }
    for dial in &others {
        assert_eq!(mark(dial.call_id, other).await, MarkSent::Dial);
    }
    // Whoever finds them first lets them go, at once and not when their time is over.
    let orphans = store.orphans(NOW + 2).await.unwrap();
    assert_eq!(orphans.len(), 2);
    let released: Vec<_> = orphans
        .iter()
        .map(|(call, _)| says::released(*call, NOW + 2))
        .collect();
    store.apply_facts(&released, NOW + 2).await.unwrap();
    for dial in &its_own[1..] {
        let contact = contacts(store, id)
            .await
            .into_iter()
            .find(|contact| contact.id == dial.contact_id);
        let contact = contact.expect("the contact");
        assert_eq!((contact.state, contact.attempts), (ContactState::Pending, 0));
    }
    assert_eq!(
        dial(store, NOW + 3).await,
        [],
        "by the new version nobody may be called"
    );
    store
        .change_policy(id, 2, &Policy::unrestricted(), "", NOW + 4)
        .await
        .unwrap();
    fixture.assert_sound(10).await;
}

/// During an upgrade a node of an earlier version may change a policy and stop nothing.
async fn a_version_that_an_older_node_made_binds_too(fixture: &Fixture) {
    let store = &fixture.store;
    let id = start(store, &List::of(0..1)).await;
    let dials = store.claim(MAX_DURATION_MS, NOW).await.unwrap().dials;
    let of = fixture.literal(id.0);
    for sql in [
        format!(
            "INSERT INTO policies (campaign_id, version, policy, author, created_at_ms) \
             SELECT campaign_id, 2, policy, author, created_at_ms FROM policies WHERE campaign_id = {of}"
        ),
        format!("UPDATE campaigns SET policy_version = 2 WHERE id = {of}"),
    ] {
        fixture.execute(&sql).await.unwrap();
    }
    let marked = store.mark_sent(dials[0].call_id, id, NOW + 1).await.unwrap();
    assert_eq!(marked, MarkSent::Halted);
    let call = store.call(dials[0].call_id).await.unwrap().expect("the call");
    assert_eq!(
        (call.state.sent_at, call.events.len()),
        (None, 1),
        "nothing was written"
    );
    let released = says::released(dials[0].call_id, NOW + 1);
    store.apply_facts(&[released], NOW + 1).await.unwrap();
    assert_eq!(dial(store, NOW + 1).await.len(), 1, "looked at anew at once");
    fixture.assert_sound(10).await;
}

/// Two nodes claim and send while a person changes the policy again and again. Guarantee *lawful moment*.
async fn nothing_is_sent_under_another_version_than_the_one_in_force(fixture: &Fixture) {
    const CHANGES: u32 = 20;
    let nodes = [fixture.another_node().await, fixture.another_node().await];
    fixture.store.set_line_cap(8).await.unwrap();
    let id = start(&fixture.store, &List::of(0..300)).await;
    // Twice the version in force, and one more while it is being changed.
    let version = Arc::new(AtomicU64::new(2));
    let over = Arc::new(AtomicBool::new(false));
    let sent: Arc<Mutex<Vec<(CallId, u64)>>> = Arc::default();
    let work = |store: Store, place: u64| {
        let (version, over, sent) = (version.clone(), over.clone(), sent.clone());
        async move {
            let mut turn = place;
            while !over.load(Ordering::SeqCst) {
                let dials = store.claim(MAX_DURATION_MS, NOW).await.unwrap().dials;
                for dial in dials {
                    turn += 1;
                    tokio::time::sleep(Duration::from_micros(turn % 5 * 200)).await;
                    let before = version.load(Ordering::SeqCst);
                    match store.mark_sent(dial.call_id, id, NOW).await.unwrap() {
                        MarkSent::Dial => {
                            // Only when nobody changed it meanwhile is it certain which was in force.
                            if before % 2 == 0 && before == version.load(Ordering::SeqCst) {
                                sent.lock().await.push((dial.call_id, before / 2));
                            }
                            let ended = says::ended(&dial, "customer-busy", NOW);
                            store.apply_facts(&[ended], NOW).await.unwrap();
                        }
                        MarkSent::Halted => {
                            let released = says::released(dial.call_id, NOW);
                            store.apply_facts(&[released], NOW).await.unwrap();
                        }
                        MarkSent::Taken => {}
                        MarkSent::Wait { .. } => panic!("no second is limited"),
                    }
                }
                tokio::task::yield_now().await;
            }
        }
    };
    let working: Vec<_> = [(0, &nodes[0]), (3, &nodes[1])]
        .map(|(place, node)| tokio::spawn(work(node.clone(), place)))
        .into();
    for seen in 1..=CHANGES {
        // However busy the machine is, some leave under every version.
        let before = sent.lock().await.len();
        for _ in 0..400 {
            tokio::time::sleep(Duration::from_millis(25)).await;
            if sent.lock().await.len() >= before + 2 {
                break;
            }
        }
        version.fetch_add(1, Ordering::SeqCst);
        let changed = fixture
            .store
            .change_policy(id, seen, &limit(100 + seen), "", NOW)
            .await;
        assert_eq!(changed.unwrap(), PolicyChanged::Version(seen + 1));
        version.fetch_add(1, Ordering::SeqCst);
    }
    over.store(true, Ordering::SeqCst);
    for worked in join_all(working).await {
        worked.unwrap();
    }
    let by: BTreeMap<String, u64> = fixture
        .texts(
            "SELECT provider_call_id || ' ' || policy_version FROM calls WHERE provider_call_id IS NOT NULL",
        )
        .await
        .into_iter()
        .map(|text| {
            let text = text.unwrap();
            let (call, version) = text.rsplit_once(' ').unwrap();
            (call.to_owned(), version.parse().unwrap())
        })
        .collect();
    let sent = sent.lock().await;
    assert!(sent.len() > 20, "only {} were sent", sent.len());
    for (call, in_force) in sent.iter() {
        assert_eq!(by[&format!("provider-{call}")], *in_force, "call {call}");
    }
    fixture.assert_sound(8).await;
    for node in &nodes {
        node.close().await;
    }
}

/// Returns once the change waits for a lock. It must not come first.
async fn waits_for_a_lock(fixture: &Fixture, change: &JoinHandle<PolicyChanged>) {
    let waiting = "SELECT COUNT(*) FROM pg_stat_activity WHERE datname = current_database() \
                   AND wait_event_type = 'Lock'";
    while fixture.number(waiting).await == 0 {
        assert!(!change.is_finished(), "the change overtook what it did not see");
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
}

/// On Postgres without luck: a claim under the old version is about to commit when the policy is changed. What it
/// reserves is not sent, and whom it puts off is looked at anew.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn on_postgres_a_change_waits_for_a_claim_under_way() {
    fixture::run(Kind::Postgres, async |fixture| {
        let store = &fixture.store;
        // One call a day: whoever was called is put off, whoever was not is reserved.
        let once = only(|policy| policy.limits.gap_ms = DAY_MS);
        let first = start(store, &List::of(0..4)).await;
        end(
            store,
            &dial(store, NOW - 1_000).await,
            "customer-ended-call",
            NOW - 500,
        )
        .await;
        assert_eq!(campaign(store, first).await.open_calls, 0);
        let list = List {
            policy: once,
            ..List::of(0..8)
        };
        let id = start(store, &list).await;
        let slow = fixture.another_node().await;
        let gate = Gate::before(&slow);
        gate.close();
        let claim = tokio::spawn({
            let slow = slow.clone();
            async move { slow.claim(MAX_DURATION_MS, NOW).await.unwrap() }
        });
        gate.arrival().await;
        let change = tokio::spawn({
            let store = store.clone();
            async move {
                store
                    .change_policy(id, 1, &Policy::unrestricted(), "", NOW)
                    .await
                    .unwrap()
            }
        });
        waits_for_a_lock(fixture, &change).await;
        gate.open();
        let dials = claim.await.unwrap().dials;
        assert_eq!(dials.len(), 4, "four others are put off for a day");
        assert_eq!(change.await.unwrap(), PolicyChanged::Version(2));
        for dial in &dials {
            let marked = store.mark_sent(dial.call_id, id, NOW).await.unwrap();
            assert_eq!(marked, MarkSent::Halted);
            store
                .apply_facts(&[says::released(dial.call_id, NOW)], NOW)
                .await
                .unwrap();
        }
        assert_eq!(dial(store, NOW + 1).await.len(), 8, "all of them, at once");
        slow.close().await;
        fixture.assert_sound(10).await;
    })
    .await;
}

/// On Postgres without luck: a request is about to leave under the old version. The change waits for it, so that it left
/// before the change was committed.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn on_postgres_a_change_waits_for_an_intent_under_way() {
    fixture::run(Kind::Postgres, async |fixture| {
        let store = &fixture.store;
        let id = start(store, &List::of(0..1)).await;
        let dials = store.claim(MAX_DURATION_MS, NOW).await.unwrap().dials;
        let slow = fixture.another_node().await;
        let gate = Gate::before(&slow);
        gate.close();
        let call = dials[0].call_id;
        let mark = tokio::spawn({
            let slow = slow.clone();
            async move { slow.mark_sent(call, id, NOW).await.unwrap() }
        });
        gate.arrival().await;
        let change = tokio::spawn({
            let store = store.clone();
            async move { store.change_policy(id, 1, &limit(1), "", NOW).await.unwrap() }
        });
        waits_for_a_lock(fixture, &change).await;
        gate.open();
        assert_eq!(mark.await.unwrap(), MarkSent::Dial);
        assert_eq!(change.await.unwrap(), PolicyChanged::Version(2));
        slow.close().await;
    })
    .await;
}
