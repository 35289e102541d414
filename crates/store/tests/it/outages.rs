//! The database goes away, or is full, or takes no writes.

use domain::campaign::CampaignStatus;
use futures::TryStreamExt;
use store::{Error, Kind, MarkSent, Page, Result, Store, Totals};

use crate::{
    fixture::{self, Fixture, options},
    people::{List, MAX_DURATION_MS, NOW, assistant, dial, import, start},
    says,
};

contract! {
    a_closed_store_says_that_it_is_away,
    an_unreadable_value_is_reported_with_its_place,
}

fn unavailable<T: std::fmt::Debug>(result: &Result<T>) {
    assert!(matches!(result, Err(Error::Unavailable(_))), "{result:?}");
}

fn full<T: std::fmt::Debug>(result: &Result<T>) {
    assert!(matches!(result, Err(Error::DiskFull(_))), "{result:?}");
}

/// Ends every connection of the stores to the database.
async fn disconnect(fixture: &Fixture) -> i64 {
    fixture
        .number(
            "SELECT COUNT(pg_terminate_backend(pid)) FROM pg_stat_activity \
             WHERE datname = current_database() AND application_name = 'autolynx'",
        )
        .await
}

/// Tries until the database is back; every failure before that must say that it is only away.
async fn recovered<T: std::fmt::Debug>(mut attempt: impl AsyncFnMut() -> Result<T>) -> T {
    for _ in 0..20 {
        match attempt().await {
            Ok(value) => return value,
            Err(Error::Unavailable(_)) => {}
            Err(error) => panic!("{error:?}"),
        }
    }
    panic!("more failures than the pool has connections");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn postgres_restarts_between_two_steps() {
    fixture::run(Kind::Postgres, async |fixture| {
        let store = &fixture.store;
        let (id, first) = fixture.one_call().await;
        assert!(disconnect(fixture).await >= 1);
        let applied = recovered(async || {
            store
                .apply_facts(&[says::ended(&first, "voicemail", NOW)], NOW)
                .await
        })
        .await;
        assert_eq!(applied.ended, 1);
        disconnect(fixture).await;
        let campaign = recovered(async || store.campaign(id).await)
            .await
            .expect("the campaign");
        assert_eq!(campaign.status, CampaignStatus::Completed);
        start(store, &List::of([5])).await;
        disconnect(fixture).await;
        let claim = recovered(async || store.claim(MAX_DURATION_MS, NOW).await).await;
        assert_eq!(claim.dials.len(), 1);
        disconnect(fixture).await;
        let dial = &claim.dials[0];
        let marked = recovered(async || store.mark_sent(dial.call_id, dial.campaign_id, NOW).await).await;
        assert_eq!(marked, MarkSent::Dial);
        fixture.assert_sound(1).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn postgres_goes_away_in_the_middle_of_an_import() {
    fixture::run(Kind::Postgres, async |fixture| {
        let store = &fixture.store;
        let list = List::of(0..100);
        let campaign = list.campaign(assistant(store).await);
        let mut import = store.begin_import(&campaign, NOW).await.unwrap();
        import.add(&list.people[..50]).await.unwrap();
        disconnect(fixture).await;
        unavailable(&import.add(&list.people[50..]).await);
        unavailable(&import.finish(Totals::default(), &[]).await);
        assert_eq!(recovered(async || store.count_campaigns(false).await).await, 0);
        assert_eq!(fixture.count("contacts", "1 = 1").await, 0);
        // An import that was complete but for its commit.
        let mut import = store.begin_import(&campaign, NOW).await.unwrap();
        import.add(&list.people).await.unwrap();
        disconnect(fixture).await;
        unavailable(&import.finish(Totals::default(), &[]).await);
        assert_eq!(fixture.count("contacts", "1 = 1").await, 0);
        self::import_again(store, &list).await;
    })
    .await;
}

async fn import_again(store: &Store, list: &List) {
    recovered(async || store.ping().await).await;
    let id = import(store, list).await;
    assert_eq!(
        store
            .campaign(id)
            .await
            .unwrap()
            .expect("the campaign")
            .total_contacts,
        100
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_disk_under_sqlite_leaves_nothing_half_written() {
    fixture::run(Kind::Sqlite, async |fixture| {
        let store = &fixture.store;
        store.set_line_cap(2).await.unwrap();
        let id = start(store, &List::of(0..4)).await;
        let dials = dial(store, NOW).await;
        let before = (
            store.campaign(id).await.unwrap(),
            store.open_calls().await.unwrap(),
        );
        store.fill_disk(true).await.unwrap();
        let big = |index: usize| {
            let mut fact = says::report(&dials[index], "voicemail", NOW);
            fact.says.details.transcript = Some("so to speak ".repeat(100_000));
            fact
        };
        full(
            &store
                .apply_facts(&[says::accepted(&dials[0], NOW), big(0), big(1)], NOW)
                .await,
        );
        store.fill_disk(true).await.unwrap();
        full(&store.keep_message("big", &"x".repeat(1_000_000), NOW).await);
        let list = List::of(100..3_000);
        let campaign = list.campaign(assistant(store).await);
        store.fill_disk(true).await.unwrap();
        let import = async {
            let mut import = store.begin_import(&campaign, NOW).await?;
            import.add(&list.people).await
        };
        full(&import.await);
        assert_eq!(
            (
                store.campaign(id).await.unwrap(),
                store.open_calls().await.unwrap()
            ),
            before
        );
        assert_eq!(
            fixture
                .count("call_events", "kind NOT IN ('reserved', 'dial.sent')")
                .await,
            0
        );
        assert_eq!(store.count_campaigns(false).await.unwrap(), 1);

        // There is room again, and the same store goes on.
        store.fill_disk(false).await.unwrap();
        let applied = store.apply_facts(&[big(0), big(1)], NOW).await.unwrap();
        assert_eq!(applied.ended, 2);
        fixture.assert_sound(2).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_sqlite_file_that_takes_no_writes_can_be_read_and_says_so() {
    fixture::run(Kind::Sqlite, async |fixture| {
        let id = start(&fixture.store, &List::of([1])).await;
        let path = fixture.address.strip_prefix("sqlite:").unwrap();
        let reader = Store::open(&format!("sqlite:file:{path}?mode=ro"), options())
            .await
            .unwrap();
        assert_eq!(
            reader
                .campaign(id)
                .await
                .unwrap()
                .expect("the campaign")
                .total_contacts,
            1
        );
        unavailable(&reader.claim(MAX_DURATION_MS, NOW).await);
        unavailable(&reader.set_line_cap(5).await);
        unavailable(&reader.take_turn("poll", 1, NOW).await);
        assert_eq!(fixture.store.account(NOW).await.unwrap().line_cap, 10);
        reader.close().await;
    })
    .await;
}

async fn a_closed_store_says_that_it_is_away(fixture: &Fixture) {
    let (_, call) = fixture.one_call().await;
    let node = fixture.another_node().await;
    node.close().await;
    let campaign = List::of([]).campaign(assistant(&fixture.store).await);
    unavailable(
        &node
            .apply_facts(&[says::ended(&call, "voicemail", NOW)], NOW)
            .await,
    );
    unavailable(&node.campaigns(false, Page { limit: 1, offset: 0 }).await);
    unavailable(&node.begin_import(&campaign, NOW).await.map(|import| import.id()));
    unavailable(&node.export(call.campaign_id).try_collect::<Vec<_>>().await);
    unavailable(&node.replay(None).await);
}

/// A state that no version of this program writes is reported with its place, and nothing is made of it.
async fn an_unreadable_value_is_reported_with_its_place(fixture: &Fixture) {
    let (_, call) = fixture.one_call().await;
    let copy = "INSERT INTO call_events SELECT id, call_id, campaign_id, source, kind, 'ODD', says, payload, at_ms, \
                created_at_ms, fingerprint FROM call_events WHERE kind = 'reserved'";
    // A new id and fingerprint, as a row of its own.
    let odd = match fixture.kind() {
        Kind::Sqlite => copy.replace("SELECT id", "SELECT randomblob(16)"),
        Kind::Postgres => copy.replace("SELECT id", "SELECT gen_random_uuid()"),
    };
    fixture
        .execute(&odd.replace("fingerprint FROM", "fingerprint + 1 FROM"))
        .await
        .unwrap();
    let error = fixture.store.call(call.call_id).await.unwrap_err();
    assert!(
        matches!(&error, Error::Corrupt { table: "call_events", column: "status", value, .. } if value == "ODD"),
        "{error}"
    );
}
