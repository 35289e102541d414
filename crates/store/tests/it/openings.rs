//! Opening a database and bringing its tables up to date.

use futures::future::join_all;
use store::{AddressFault, Kind, OpenError, Options, Store};

use crate::{
    fixture::{Fixture, options},
    server,
};

contract! {
    migrating_again_changes_nothing,
    a_database_of_a_newer_version_is_not_touched,
    an_open_database_gives_a_sign_of_life_and_a_closed_one_does_not,
}

async fn migrating_again_changes_nothing(fixture: &Fixture) {
    let before = fixture.count("_sqlx_migrations", "success").await;
    assert!(before >= 1);
    fixture.store.migrate().await.unwrap();
    let nodes = [fixture.another_node().await, fixture.another_node().await];
    for migrated in join_all(nodes.iter().map(Store::migrate)).await {
        migrated.unwrap();
    }
    assert_eq!(fixture.count("_sqlx_migrations", "success").await, before);
    assert_eq!(
        fixture.count("accounts", "1 = 1").await,
        1,
        "the one account, made once"
    );
    for node in nodes {
        node.close().await;
    }
}

async fn a_database_of_a_newer_version_is_not_touched(fixture: &Fixture) {
    let newer = "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time) \
                 VALUES (999999, 'from the future', TRUE, ";
    let checksum = if fixture.kind() == Kind::Sqlite {
        "X'00', 0)"
    } else {
        "'\\x00', 0)"
    };
    fixture.execute(&format!("{newer}{checksum}")).await.unwrap();
    let refused = fixture.store.migrate().await;
    assert!(matches!(refused, Err(OpenError::Migrate(_))), "{refused:?}");
}

async fn an_open_database_gives_a_sign_of_life_and_a_closed_one_does_not(fixture: &Fixture) {
    let node = fixture.another_node().await;
    node.ping().await.unwrap();
    assert_eq!(format!("{node:?}"), format!("Store({:?})", fixture.kind()));
    node.close().await;
    let dead = node.ping().await;
    assert!(matches!(dead, Err(store::Error::Unavailable(_))), "{dead:?}");
}

/// Only one of the nodes makes the tables; the others wait and find them made.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn four_nodes_migrate_an_empty_postgres_at_once() {
    let (name, address) = server::create_empty().await;
    let mut nodes = Vec::new();
    for _ in 0..4 {
        nodes.push(Store::open(&address, options()).await.unwrap());
    }
    for migrated in join_all(nodes.iter().map(Store::migrate)).await {
        migrated.unwrap();
    }
    for node in nodes {
        node.campaigns(false, store::Page { limit: 1, offset: 0 })
            .await
            .unwrap();
        node.close().await;
    }
    server::drop_database(&name).await;
}

#[tokio::test]
async fn an_address_of_no_known_kind_is_refused_without_showing_its_password() {
    // A database in memory would be another one for every connection.
    let addresses = [
        "",
        "mysql://me:secret@host/name",
        "sqlite:",
        "sqlite://",
        "sqlite::memory:",
        "sqlite:file:x?mode=memory",
    ];
    for address in addresses {
        let error = Store::open(address, Options::default()).await.unwrap_err();
        assert!(matches!(error, OpenError::Address(_)), "{address}: {error}");
        assert!(!error.to_string().contains("secret"), "{error}");
    }
}

#[tokio::test]
async fn a_sqlite_address_may_be_written_with_and_without_slashes() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.db");
    for address in [
        format!("sqlite:{}", path.display()),
        format!("sqlite://{}", path.display()),
    ] {
        let store = Store::open(&address, options()).await.unwrap();
        store.migrate().await.unwrap();
        store.close().await;
    }
    let files = std::fs::read_dir(folder.path()).unwrap().count();
    assert_eq!(files, 1, "one database, and nothing beside it once it is closed");
}

#[tokio::test]
async fn a_file_that_is_no_database_and_a_server_that_is_not_there_are_reported() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("letter.txt");
    std::fs::write(
        &path,
        "Dear Sir or Madam, this is not a database, but it is long enough.",
    )
    .unwrap();
    let opened = Store::open(&format!("sqlite:{}", path.display()), options()).await;
    assert!(matches!(opened, Err(OpenError::Connect { .. })), "{opened:?}");
    let missing = folder.path().join("no/such/folder/a.db");
    let opened = Store::open(&format!("sqlite:{}", missing.display()), options()).await;
    assert!(matches!(opened, Err(OpenError::Connect { .. })), "{opened:?}");
    let opened = Store::open("postgres://me:secret@host:not-a-port/name", options()).await;
    let error = opened.unwrap_err();
    assert!(
        matches!(error, OpenError::Address(AddressFault::HostOrPort)),
        "{error}"
    );
    assert!(!error.to_string().contains("secret"), "{error}");
}
