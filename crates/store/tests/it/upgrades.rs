//! Data of every earlier schema survives the migrations to the present one.

use domain::{directory::Source, ids::AssistantId};
use sqlx::{
    Connection, PgConnection, SqliteConnection,
    migrate::{Migration, Migrator},
};
use store::{AssistantFilter, Page, Store};
use uuid::Uuid;

use crate::{fixture::options, people::NOW, server};

pub(crate) static SQLITE: Migrator = sqlx::migrate!("migrations/sqlite");
pub(crate) static POSTGRES: Migrator = sqlx::migrate!("migrations/postgres");

/// A campaign with its assistant, as the first schema keeps them.
const FIRST: [&str; 2] = [
    "INSERT INTO assistants (id, name, source, provider_assistant_id, config_json, created_at_ms, updated_at_ms) \
     VALUES ($1, 'Robin', 'imported', 'provider-1', '{\"id\":\"provider-1\",\"name\":\"Robin\"}', 5, 6)",
    "INSERT INTO campaigns (id, account_id, name, status, mode, cap, assistant_id, phone_number_id, created_at_ms, \
     updated_at_ms) SELECT $1, a.id, 'Old', 'COMPLETED', 'continuous', 8, r.id, 'number-1', 7, 8 \
     FROM accounts a, assistants r",
];

/// The migrations up to this one.
pub(crate) fn until(all: &Migrator, version: i64) -> Migrator {
    let migrations: Vec<Migration> = all
        .iter()
        .filter(|migration| migration.version <= version)
        .cloned()
        .collect();
    Migrator::with_migrations(migrations)
}

fn id(number: u128) -> Uuid {
    Uuid::from_u128(number)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sqlite_data_of_the_first_schema_survives() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("old.db");
    let address = format!("sqlite:{}", path.display());
    let mut old = SqliteConnection::connect(&format!("{address}?mode=rwc"))
        .await
        .unwrap();
    until(&SQLITE, 1).run(&mut old).await.unwrap();
    for (number, sql) in (1..).zip(FIRST) {
        sqlx::query(sql).bind(id(number)).execute(&mut old).await.unwrap();
    }
    old.close().await.unwrap();
    survived(&address).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn postgres_data_of_the_first_schema_survives() {
    let (database, address) = server::create_empty().await;
    let mut old = PgConnection::connect(&address).await.unwrap();
    until(&POSTGRES, 1).run(&mut old).await.unwrap();
    for (number, sql) in (1..).zip(FIRST) {
        sqlx::query(sql).bind(id(number)).execute(&mut old).await.unwrap();
    }
    old.close().await.unwrap();
    survived(&address).await;
    server::drop_database(&database).await;
}

async fn survived(address: &str) {
    let store = Store::open(address, options()).await.unwrap();
    assert!(
        store.require_current_tables().await.is_err(),
        "the tables are old"
    );
    store.migrate().await.unwrap();
    store.require_current_tables().await.unwrap();
    let assistant = store
        .assistant(AssistantId(id(1)))
        .await
        .unwrap()
        .expect("the assistant");
    assert_eq!(
        (assistant.name.as_str(), assistant.source),
        ("Robin", Source::Imported)
    );
    assert_eq!((assistant.version, assistant.campaigns), (1, 1));
    assert_eq!(assistant.trouble(), None);
    let versions = store.assistant_versions(assistant.id, u32::MAX, 9).await.unwrap();
    assert_eq!(versions.len(), 1);
    let page = Page { limit: 9, offset: 0 };
    let campaigns = store.campaigns(false, page).await.unwrap();
    assert_eq!(campaigns.len(), 1);
    assert_eq!(
        (campaigns[0].name.as_str(), campaigns[0].assistant_version),
        ("Old", None)
    );
    let found = AssistantFilter {
        search: Some("robin".to_owned()),
        ..AssistantFilter::default()
    };
    assert_eq!(store.count_assistants(&found).await.unwrap(), 1);
    // References hold after the table was built anew.
    assert!(
        store
            .set_assistant_active(assistant.id, false, NOW)
            .await
            .unwrap()
    );
    store.close().await;
}
