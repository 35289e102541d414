//! Facts about calls that nobody knows, yet or at all.

use domain::{
    call::{CallStatus, Source},
    outcome::Outcome,
};
use store::{Applied, HotQuery, Kind};

use crate::{
    fixture::{self, Fixture},
    people::NOW,
    probes::Gate,
    says,
};

contract! {
    a_stray_fact_is_kept_and_matched_when_its_call_becomes_known,
    a_stray_fact_and_its_call_may_come_in_one_batch,
    a_stray_fact_that_came_twice_is_one_event,
    a_poll_of_foreign_calls_leaves_no_trace,
    an_unreadable_message_is_kept_as_it_came,
    no_more_than_ten_thousand_messages_without_a_call_are_kept,
    messages_without_a_call_are_kept_for_thirty_days,
}

async fn a_stray_fact_is_kept_and_matched_when_its_call_becomes_known(fixture: &Fixture) {
    let (id, dial) = fixture.one_call().await;
    let store = &fixture.store;
    let report = says::without_our_id(says::report(&dial, "customer-ended-call", NOW + 50));
    let applied = store.apply_facts(&[report], NOW + 60).await.unwrap();
    assert_eq!(
        applied,
        Applied {
            strays: 1,
            ..Applied::default()
        }
    );
    assert_eq!(fixture.count("stray_facts", "matched_at_ms IS NULL").await, 1);

    let applied = store
        .apply_facts(&[says::accepted(&dial, NOW + 10)], NOW + 70)
        .await
        .unwrap();
    assert_eq!(
        applied,
        Applied {
            ended: 1,
            campaigns: [id].into(),
            ..Applied::default()
        }
    );
    let call = store.call(dial.call_id).await.unwrap().expect("the call");
    assert_eq!(
        (call.status, call.outcome),
        (CallStatus::Ended, Some(Outcome::Human))
    );
    let report = call
        .events
        .iter()
        .find(|event| event.kind == "end-of-call-report")
        .expect("the report");
    assert_eq!(
        (report.source, report.at, report.recorded_at),
        (Source::Webhook, NOW + 50, NOW + 70)
    );
    assert!(report.payload.is_some());
    assert_eq!(fixture.count("stray_facts", "matched_at_ms IS NULL").await, 0);
    fixture.assert_sound(1).await;
}

async fn a_stray_fact_and_its_call_may_come_in_one_batch(fixture: &Fixture) {
    let (id, dial) = fixture.one_call().await;
    let facts = [
        says::without_our_id(says::ended(&dial, "voicemail", NOW + 50)),
        says::accepted(&dial, NOW + 10),
        says::without_our_id(says::ringing(&dial, NOW + 20)),
    ];
    let applied = fixture.store.apply_facts(&facts, NOW + 60).await.unwrap();
    assert_eq!((applied.ended, applied.campaigns), (1, [id].into()));
    let call = fixture.store.call(dial.call_id).await.unwrap().expect("the call");
    assert_eq!(
        (call.outcome, call.state.ringing_at),
        (Some(Outcome::Voicemail), Some(NOW + 20))
    );
    assert_eq!(fixture.count("stray_facts", "matched_at_ms IS NULL").await, 0);
    fixture.assert_sound(1).await;
}

async fn a_stray_fact_that_came_twice_is_one_event(fixture: &Fixture) {
    let (_, dial) = fixture.one_call().await;
    let stray = says::without_our_id(says::ended(&dial, "voicemail", NOW + 50));
    fixture
        .store
        .apply_facts(&[stray.clone(), stray.clone()], NOW + 60)
        .await
        .unwrap();
    fixture
        .store
        .apply_facts(&[says::accepted(&dial, NOW + 10)], NOW + 70)
        .await
        .unwrap();
    fixture.store.apply_facts(&[stray], NOW + 80).await.unwrap();
    assert_eq!(fixture.count("call_events", "source = 'webhook'").await, 1);
    assert_eq!(fixture.count("contacts", "attempts = 1").await, 1);
    fixture.assert_sound(1).await;
}

async fn a_poll_of_foreign_calls_leaves_no_trace(fixture: &Fixture) {
    let (_, dial) = fixture.one_call().await;
    let poll = says::without_our_id(says::polled(&dial, "voicemail", NOW, NOW, NOW));
    assert_eq!(
        fixture.store.apply_facts(&[poll], NOW).await.unwrap(),
        Applied::default()
    );
    assert_eq!(fixture.count("stray_facts", "1 = 1").await, 0);
}

async fn an_unreadable_message_is_kept_as_it_came(fixture: &Fixture) {
    fixture
        .store
        .keep_message("tool-\0calls", "not JSON: \"\0é😀\u{1}\\u0000", NOW)
        .await
        .unwrap();
    fixture.store.keep_message("tool-calls", "", NOW).await.unwrap();
    let kept = "SELECT body FROM stray_facts WHERE kind = 'tool-calls' ORDER BY body DESC";
    let bodies = [
        Some("not JSON: \"é😀\u{1}\\u0000".to_owned()),
        Some(String::new()),
    ];
    assert_eq!(fixture.texts(kept).await, bodies);
    // It belongs to no call and is never taken for a fact.
    let (_, dial) = fixture.one_call().await;
    fixture
        .store
        .apply_facts(&[says::accepted(&dial, NOW)], NOW)
        .await
        .unwrap();
    assert_eq!(fixture.count("stray_facts", "matched_at_ms IS NULL").await, 2);
}

/// Two transactions at once cannot see each other: one keeps a fact, because nobody knows its call; the other learns the
/// call's provider id and finds no fact waiting. Whichever commits last brings them together.
async fn meet_although_they_overlap(stray_commits_last: bool) {
    fixture::run(Kind::Postgres, async |fixture| {
        let (_, dial) = fixture.one_call().await;
        let slow = fixture.another_node().await;
        let gate = Gate::before(&slow);
        gate.close();
        let stray = says::without_our_id(says::ended(&dial, "voicemail", NOW + 50));
        let answer = says::accepted(&dial, NOW + 10);
        let (last, first) = if stray_commits_last {
            (stray, answer)
        } else {
            (answer, stray)
        };
        let held = tokio::spawn({
            let slow = slow.clone();
            async move { slow.apply_facts(&[last], NOW + 60).await.unwrap() }
        });
        gate.arrival().await;
        let applied = fixture.store.apply_facts(&[first], NOW + 60).await.unwrap();
        assert_eq!(applied.ended, 0);
        gate.open();
        assert_eq!(held.await.unwrap().ended, 1);
        let call = fixture.store.call(dial.call_id).await.unwrap().expect("the call");
        assert_eq!(call.outcome, Some(Outcome::Voicemail));
        fixture.assert_sound(1).await;
        slow.close().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn on_postgres_a_stray_fact_meets_a_call_that_became_known_meanwhile() {
    meet_although_they_overlap(true).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn on_postgres_a_call_that_becomes_known_meets_a_fact_kept_meanwhile() {
    meet_although_they_overlap(false).await;
}

/// Adds messages past the store: `number` of them, one a millisecond, the newest at `newest`.
async fn add_messages(fixture: &Fixture, number: i64, newest: i64) {
    let rows = match fixture.kind() {
        Kind::Sqlite => format!(
            "WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i + 1 < {number}) \
             SELECT unhex(printf('%012x70008000000000000000', {newest} - i)), 'old', {newest} - i, 'body', {newest} - i FROM n"
        ),
        Kind::Postgres => format!(
            "SELECT (lpad(to_hex({newest} - i), 12, '0') || '70008000000000000000')::uuid, 'old', {newest} - i, 'body', \
             {newest} - i FROM generate_series(0::bigint, {number} - 1) AS i"
        ),
    };
    let insert = "INSERT INTO stray_facts (id, kind, at_ms, body, created_at_ms)";
    fixture.execute(&format!("{insert} {rows}")).await.unwrap();
}

/// The bound in number holds whatever comes, and the oldest go first.
async fn no_more_than_ten_thousand_messages_without_a_call_are_kept(fixture: &Fixture) {
    let store = &fixture.store;
    add_messages(fixture, 10_450, NOW.0).await;
    assert_eq!(store.drop_old_strays(NOW).await.unwrap(), 450);
    assert_eq!(fixture.count("stray_facts", "1 = 1").await, 10_000);
    let oldest = fixture.number("SELECT MIN(created_at_ms) FROM stray_facts").await;
    assert_eq!(oldest, NOW.0 - 9_999);
    assert_eq!(store.strays_dropped(), 450);
    // Once a minute, whoever asks.
    add_messages(fixture, 10, NOW.0 + 50).await;
    assert_eq!(store.drop_old_strays(NOW + 50).await.unwrap(), 0);
    assert_eq!(store.drop_old_strays(NOW + 60_000).await.unwrap(), 10);
    store.keep_message("new", "body", NOW + 60_001).await.unwrap();
    assert_eq!(fixture.count("stray_facts", "kind = 'new'").await, 1);
}

async fn messages_without_a_call_are_kept_for_thirty_days(fixture: &Fixture) {
    let month = 30 * 24 * 60 * 60 * 1_000;
    add_messages(fixture, 5, NOW.0 - month - 1).await;
    fixture
        .store
        .keep_message("new", "body", NOW - month + 1)
        .await
        .unwrap();
    assert_eq!(fixture.store.drop_old_strays(NOW).await.unwrap(), 5);
    assert_eq!(fixture.count("stray_facts", "1 = 1").await, 1);
}

/// Finding and dropping the oldest goes by the ids; no text is sorted or read.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn on_sqlite_old_messages_are_found_by_their_ids() {
    fixture::run(Kind::Sqlite, async |fixture| {
        for query in [HotQuery::NewestStrays, HotQuery::DropStrays] {
            let sql = query.sql(Kind::Sqlite).replace("$1", "X'00'").replace("$2", "9");
            let sql = sql.replace("LIMIT X'00'", "LIMIT 9");
            let plan = fixture.plan(&sql).await;
            let mut reads = plan
                .iter()
                .filter(|step| step.contains("stray_facts") || step.contains("TEMP B-TREE"));
            assert!(
                reads.all(|step| step.contains("sqlite_autoindex_stray_facts_1") || step.starts_with("LIST")),
                "{query:?}: {plan:?}"
            );
        }
    })
    .await;
}
