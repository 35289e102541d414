//! Guarantee *one log*: the rows can be rebuilt from it, and whoever edits a row behind its back is found out.

use domain::campaign::Action;
use rand::{RngExt, SeedableRng, seq::IndexedRandom};
use rand_chacha::ChaCha8Rng;
use store::{Dial, Store};

use crate::{
    fixture::Fixture,
    people::{List, MAX_DURATION_MS, NOW, import, start},
    says,
};

contract! {
    a_random_run_replays_to_the_same_rows,
    a_replay_beside_a_running_campaign_sees_one_moment,
    a_row_edited_behind_the_logs_back_is_found,
    a_replay_of_one_campaign_looks_at_no_other,
}

const REASONS: [&str; 5] = [
    "customer-ended-call",
    "voicemail",
    "customer-busy",
    "call.start.error-vapifault-get-org",
    "something-new",
];
const OURS: [&str; 5] = [
    "autolynx.timeout",
    "autolynx.absent",
    "autolynx.released",
    "autolynx.refused.capacity",
    "autolynx.refused.contact",
];

/// One random thing that may happen to calls.
fn happening(dial: &Dial, rng: &mut ChaCha8Rng) -> domain::call::Fact {
    let at = NOW + rng.random_range(0..100_000);
    let reason = REASONS.choose(rng).unwrap();
    let fact = match rng.random_range(0..9) {
        0 | 1 => says::accepted(dial, at),
        2 => says::ringing(dial, at),
        3 => says::answered(dial, at),
        4 => says::ended(dial, reason, at),
        5 => says::report(dial, reason, at),
        6 => says::polled(dial, reason, at, at, at),
        7 => says::inferred(dial, OURS.choose(rng).unwrap(), at),
        _ => says::refused(dial, "autolynx.refused.rate", at),
    };
    if rng.random_bool(0.2) {
        says::without_our_id(fact)
    } else {
        fact
    }
}

async fn random_run(store: &Store, steps: usize, seed: u64) {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let mut dials: Vec<Dial> = Vec::new();
    let mut now = NOW;
    for _ in 0..steps {
        now = now + rng.random_range(0..3_000);
        let new = store.claim(MAX_DURATION_MS, now).await.unwrap().dials;
        for dial in &new {
            if rng.random_bool(0.9) {
                store
                    .mark_sent(dial.call_id, dial.campaign_id, now)
                    .await
                    .unwrap();
            }
        }
        dials.extend(new);
        let mut facts = Vec::new();
        for _ in 0..rng.random_range(1..12) {
            // Mostly about young calls, sometimes about any.
            let young = dials.len().saturating_sub(12);
            let from = if rng.random_bool(0.8) { young } else { 0 };
            if let Some(dial) = dials[from..].choose(&mut rng) {
                facts.push(happening(dial, &mut rng));
            }
        }
        store.apply_facts(&facts, now).await.unwrap();
    }
}

async fn a_random_run_replays_to_the_same_rows(fixture: &Fixture) {
    let store = &fixture.store;
    let first = start(
        store,
        &List {
            cap: 5,
            ..List::of(0..40)
        },
    )
    .await;
    start(
        store,
        &List {
            cap: 4,
            batch_size: Some(7),
            ..List::of(20..60)
        },
    )
    .await;
    random_run(store, 120, 7).await;
    store.act(first, Action::Cancel, NOW).await.unwrap();
    random_run(store, 10, 8).await;
    store.skip_contacts_of_canceled(NOW).await.unwrap();
    let report = store.replay(None).await.unwrap();
    assert_eq!(report.differences, []);
    assert_eq!(report.calls as i64, fixture.count("calls", "1 = 1").await);
    assert_eq!(report.events as i64, fixture.count("call_events", "1 = 1").await);
    assert!(
        report.calls > 40 && report.events > 300,
        "{} calls, {} events",
        report.calls,
        report.events
    );
    fixture.assert_sound(10).await;
}

async fn a_replay_beside_a_running_campaign_sees_one_moment(fixture: &Fixture) {
    start(
        &fixture.store,
        &List {
            cap: 8,
            ..List::of(0..60)
        },
    )
    .await;
    let run = tokio::spawn({
        let store = fixture.store.clone();
        async move { random_run(&store, 100, 9).await }
    });
    let other = fixture.another_node().await;
    let mut replays = 0;
    while !run.is_finished() {
        assert_eq!(other.replay(None).await.unwrap().differences, []);
        replays += 1;
    }
    run.await.unwrap();
    assert!(replays > 3, "{replays} replays");
    other.close().await;
}

async fn a_row_edited_behind_the_logs_back_is_found(fixture: &Fixture) {
    let store = &fixture.store;
    let (_, dials) = fixture.dialled(3).await;
    let facts = [
        says::accepted(&dials[0], NOW),
        says::report(&dials[0], "customer-ended-call", NOW),
        says::refused(&dials[1], "autolynx.refused.rate", NOW),
    ];
    store.apply_facts(&facts, NOW).await.unwrap();
    let skipped = import(store, &List::of([9])).await;
    store.act(skipped, Action::Cancel, NOW).await.unwrap();
    store.skip_contacts_of_canceled(NOW).await.unwrap();
    assert_eq!(store.replay(None).await.unwrap().differences, []);
    // Table, what is changed, and how it was.
    let edits = [
        (
            "calls",
            "cost_usd_micros = 1",
            "cost_usd_micros = 71200",
            "status = 'ENDED'",
        ),
        (
            "calls",
            "status = 'FAILED'",
            "status = 'ENDED'",
            "cost_usd_micros = 71200",
        ),
        (
            "calls",
            "outcome = 'voicemail'",
            "outcome = 'human'",
            "cost_usd_micros = 71200",
        ),
        (
            "calls",
            "transcript = 'AI: Buy!'",
            "transcript = 'AI: Hello?\nUser: Hi.'",
            "cost_usd_micros = 71200",
        ),
        (
            "calls",
            "accepted_at_ms = 1",
            "accepted_at_ms = NULL",
            "status = 'FAILED'",
        ),
        (
            "calls",
            "dialling = 'accepted'",
            "dialling = 'sent'",
            "status = 'QUEUED'",
        ),
        (
            "contacts",
            "outcome = 'voicemail'",
            "outcome = 'human'",
            "state = 'done'",
        ),
        ("contacts", "attempts = 2", "attempts = 1", "state = 'done'"),
        (
            "contacts",
            "state = 'done'",
            "state = 'pending'",
            "reason = 'the provider asked us to slow down'",
        ),
        (
            "contacts",
            "state = 'pending'",
            "state = 'calling'",
            "state = 'calling'",
        ),
        (
            "contacts",
            "state = 'calling'",
            "state = 'skipped'",
            "reason = 'the campaign was cancelled'",
        ),
        (
            "contacts",
            "outcome = 'human'",
            "outcome = NULL",
            "state = 'skipped'",
        ),
        (
            "campaigns",
            "status = 'COMPLETED'",
            "status = 'DIALING'",
            "total_contacts = 3",
        ),
        (
            "campaigns",
            "started_at_ms = started_at_ms + 1",
            "started_at_ms = started_at_ms - 1",
            "total_contacts = 3",
        ),
        (
            "campaigns",
            "started_at_ms = 1",
            "started_at_ms = NULL",
            "total_contacts = 1",
        ),
        (
            "campaigns",
            "total_contacts = 4",
            "total_contacts = 3",
            "status = 'DIALING'",
        ),
    ];
    for (table, edit, undo, which) in edits {
        let ids = format!("SELECT CAST(COUNT(*) AS TEXT) FROM {table} WHERE {which}");
        assert_eq!(
            fixture.texts(&ids).await,
            [Some("1".to_owned())],
            "{table} where {which}"
        );
        fixture
            .execute(
                &format!("UPDATE {table} SET updated_at_ms = 5, {edit} WHERE {which}").replace(
                    "updated_at_ms = 5, ",
                    if table == "calls" {
                        "absent_looks = 5, "
                    } else {
                        "updated_at_ms = 5, "
                    },
                ),
            )
            .await
            .unwrap();
        let report = store.replay(None).await.unwrap();
        assert!(!report.differences.is_empty(), "{table} set {edit}");
        assert!(
            report
                .differences
                .iter()
                .any(|difference| difference.row.starts_with(table)),
            "{report:?}"
        );
        let marked = if table == "calls" {
            "absent_looks = 5"
        } else {
            "updated_at_ms = 5"
        };
        let unmark = if table == "calls" {
            "absent_looks = 0"
        } else {
            "updated_at_ms = 6"
        };
        fixture
            .execute(&format!("UPDATE {table} SET {unmark}, {undo} WHERE {marked}"))
            .await
            .unwrap();
        assert_eq!(
            store.replay(None).await.unwrap().differences,
            [],
            "{table} set {undo}"
        );
    }
}

async fn a_replay_of_one_campaign_looks_at_no_other(fixture: &Fixture) {
    let store = &fixture.store;
    let (mine, dials) = fixture.dialled(2).await;
    store.set_line_cap(4).await.unwrap();
    let other = start(store, &List::of(10..12)).await;
    let others = crate::people::dial(store, NOW).await;
    store
        .apply_facts(
            &[says::accepted(&dials[0], NOW), says::accepted(&others[0], NOW)],
            NOW,
        )
        .await
        .unwrap();
    let one = store.replay(Some(mine)).await.unwrap();
    assert_eq!((one.calls, one.events), (2, 5));
    let all = store.replay(None).await.unwrap();
    assert_eq!((all.calls, all.events), (4, 10));
    fixture
        .execute(&format!(
            "UPDATE contacts SET attempts = 5 WHERE campaign_id = {}",
            fixture.literal(other.0)
        ))
        .await
        .unwrap();
    assert_eq!(store.replay(Some(mine)).await.unwrap().differences, []);
    assert_eq!(store.replay(Some(other)).await.unwrap().differences.len(), 2);
    assert_eq!(store.replay(None).await.unwrap().differences.len(), 2);
}
