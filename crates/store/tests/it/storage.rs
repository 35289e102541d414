//! How the storage is: full, deleted, read-only, away.

use std::{
    fs,
    path::{Path, PathBuf},
};

use store::{Error, Kind, StorageState, Store};

use crate::{
    fixture::{self, Fixture},
    people::{List, MAX_DURATION_MS, NOW, start},
};

contract! {
    a_sound_storage_is_ok_and_is_not_written_to,
    a_closed_store_is_unreachable,
}

async fn a_sound_storage_is_ok_and_is_not_written_to(fixture: &Fixture) {
    let changes = async || {
        match fixture.kind() {
        Kind::Sqlite => fixture.number("PRAGMA data_version").await,
        Kind::Postgres => {
            fixture
                .number("SELECT COALESCE(SUM(n_tup_ins), 0)::bigint FROM pg_stat_all_tables WHERE relname = 'stray_facts'")
                .await
        }
    }
    };
    let before = changes().await;
    assert_eq!(fixture.store.storage_check().await, StorageState::Ok);
    assert_eq!(changes().await, before);
}

async fn a_closed_store_is_unreachable(fixture: &Fixture) {
    let node = fixture.another_node().await;
    node.close().await;
    let state = node.storage_check().await;
    assert_eq!(state.code(), "unreachable", "{state:?}");
}

fn path_of(fixture: &Fixture) -> PathBuf {
    PathBuf::from(fixture.address.strip_prefix("sqlite:").unwrap())
}

/// Calls, writes and the file itself must not go apart.
async fn assert_gone(store: &Store, path: &Path) {
    let claimed = store.claim(MAX_DURATION_MS, NOW).await;
    let Err(Error::Unavailable(says)) = &claimed else {
        panic!("{claimed:?}");
    };
    assert!(
        says.contains("deleted or replaced") && says.contains("Stop AutoLynx"),
        "{says}"
    );
    let written = store.set_line_cap(3).await;
    assert!(matches!(written, Err(Error::Unavailable(_))), "{written:?}");
    assert_eq!(
        store.storage_check().await,
        StorageState::FileGone {
            path: path.to_path_buf()
        }
    );
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_is_called_from_a_sqlite_file_that_was_deleted_or_replaced() {
    fixture::run(Kind::Sqlite, async |fixture| {
        let store = &fixture.store;
        start(store, &List::of(0..4)).await;
        let path = path_of(fixture);
        let aside = path.with_extension("aside");
        fs::rename(&path, &aside).unwrap();
        assert_gone(store, &path).await;
        fs::copy(&aside, &path).unwrap();
        assert_gone(store, &path).await;
        // Back in its place, it is the same file, and nothing is lost.
        fs::rename(&aside, &path).unwrap();
        assert_eq!(store.storage_check().await, StorageState::Ok);
        assert!(!store.claim(MAX_DURATION_MS, NOW).await.unwrap().dials.is_empty());
        let wal = PathBuf::from(format!("{}-wal", path.display()));
        let log_aside = path.with_extension("log");
        fs::rename(&wal, &log_aside).unwrap();
        assert_gone(store, &wal).await;
        fs::rename(&log_aside, &wal).unwrap();
        assert_eq!(store.storage_check().await, StorageState::Ok);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_disk_is_told_of_until_there_is_room_again() {
    fixture::run(Kind::Sqlite, async |fixture| {
        let store = &fixture.store;
        let big = "x".repeat(1_000_000);
        store.fill_disk(true).await.unwrap();
        let kept = store.keep_message("big", &big, NOW).await;
        assert!(matches!(kept, Err(Error::DiskFull(_))), "{kept:?}");
        store.fill_disk(true).await.unwrap();
        assert_eq!(store.storage_check().await, StorageState::DiskFull);
        store.fill_disk(false).await.unwrap();
        assert_eq!(store.storage_check().await, StorageState::Ok);
        store.keep_message("big", &big, NOW).await.unwrap();
        assert_eq!(
            fixture.count("stray_facts", "kind <> 'big'").await,
            0,
            "the check leaves nothing"
        );
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_postgres_that_takes_no_writes_says_so() {
    fixture::run(Kind::Postgres, async |fixture| {
        let name = &fixture.texts("SELECT current_database()::text").await[0];
        let name = name.as_deref().unwrap();
        fixture
            .execute(&format!(
                "ALTER DATABASE {name} SET default_transaction_read_only = on"
            ))
            .await
            .unwrap();
        let node = fixture.another_node().await;
        assert_eq!(node.storage_check().await, StorageState::ReadOnly);
        let written = node.set_line_cap(3).await;
        let Err(Error::Unavailable(says)) = &written else {
            panic!("{written:?}");
        };
        assert!(
            says.contains("takes no writes") && says.contains("primary server"),
            "{says}"
        );
        node.close().await;
        let open = "ALTER DATABASE {name} RESET default_transaction_read_only".replace("{name}", name);
        let unlocked = format!("SET default_transaction_read_only = off; {open}");
        sqlx::raw_sql(sqlx::AssertSqlSafe(unlocked))
            .execute(fixture.postgres())
            .await
            .unwrap();
    })
    .await;
}
