//! A fresh database for one test, the store that is tested on it, and a second way in, past the store.

use std::{panic::AssertUnwindSafe, sync::atomic::AtomicU64, sync::atomic::Ordering};

use futures::FutureExt;
use sqlx::{
    AssertSqlSafe, PgPool, Row, SqlitePool,
    postgres::PgPoolOptions,
    sqlite::{SqliteConnectOptions, SqlitePoolOptions},
};
use store::{Kind, Options, Store};
use tempfile::TempDir;
use uuid::Uuid;

use crate::server;

/// Stores that share a database must not make the same ids.
static SEED: AtomicU64 = AtomicU64::new(1);

/// A fresh database with all tables.
pub(crate) struct Fixture {
    /// The store under test.
    pub store: Store,
    /// The address of its database.
    pub address: String,
    raw: Raw,
    /// Keeps the SQLite file.
    folder: Option<TempDir>,
    /// The Postgres database to drop.
    database: Option<String>,
}

/// A way to the database that does not lead through the store.
enum Raw {
    Sqlite(SqlitePool),
    Postgres(PgPool),
}

/// Runs one query on whichever database it is.
macro_rules! on_raw {
    ($fixture:expr, |$pool:ident| $body:expr) => {
        match &$fixture.raw {
            Raw::Sqlite($pool) => $body,
            Raw::Postgres($pool) => $body,
        }
    };
}

/// Runs a test on a fresh database and removes that, whatever becomes of the test.
pub(crate) async fn run(kind: Kind, test: impl AsyncFnOnce(&Fixture)) {
    let fixture = Fixture::new(kind).await;
    let outcome = AssertUnwindSafe(test(&fixture)).catch_unwind().await;
    fixture.remove().await;
    if let Err(panic) = outcome {
        std::panic::resume_unwind(panic);
    }
}

/// Options for tests: throw-away data need not wait for the disk.
pub(crate) fn options() -> Options {
    Options {
        connections: 8,
        id_seed: SEED.fetch_add(1, Ordering::Relaxed),
        durable: false,
        ..Options::default()
    }
}

impl Fixture {
    async fn new(kind: Kind) -> Self {
        match kind {
            Kind::Sqlite => {
                let folder = tempfile::tempdir().unwrap();
                let path = folder.path().join("test.db");
                let address = format!("sqlite:{}", path.display());
                let store = Store::open(&address, options()).await.unwrap();
                store.migrate().await.unwrap();
                let connect = SqliteConnectOptions::new().filename(path).foreign_keys(true);
                let raw = SqlitePoolOptions::new()
                    .max_connections(2)
                    .connect_lazy_with(connect);
                Self {
                    store,
                    address,
                    raw: Raw::Sqlite(raw),
                    folder: Some(folder),
                    database: None,
                }
            }
            Kind::Postgres => {
                let (database, address) = server::create_migrated().await;
                let store = Store::open(&address, options()).await.unwrap();
                let raw = PgPoolOptions::new()
                    .max_connections(2)
                    // Whoever waits for a lock that nobody lets go shall fail, not hang.
                    .after_connect(|connection, _| {
                        Box::pin(async move {
                            sqlx::query("SET lock_timeout = '20s'")
                                .execute(connection)
                                .await
                                .map(|_| ())
                        })
                    })
                    .connect_lazy(&address)
                    .unwrap();
                Self {
                    store,
                    address,
                    raw: Raw::Postgres(raw),
                    folder: None,
                    database: Some(database),
                }
            }
        }
    }

    async fn remove(self) {
        match &self.raw {
            Raw::Sqlite(pool) => pool.close().await,
            Raw::Postgres(pool) => pool.close().await,
        }
        self.store.close().await;
        if let Some(database) = &self.database {
            server::drop_database(database).await;
        }
        if let Some(folder) = self.folder {
            folder.close().unwrap();
        }
    }

    /// Which database it is.
    pub(crate) fn kind(&self) -> Kind {
        self.store.kind()
    }

    /// Another node on the same database.
    pub(crate) async fn another_node(&self) -> Store {
        Store::open(&self.address, options()).await.unwrap()
    }

    /// An id as SQL text.
    pub(crate) fn literal(&self, id: Uuid) -> String {
        match self.kind() {
            Kind::Sqlite => format!("X'{}'", id.simple()),
            Kind::Postgres => format!("'{id}'"),
        }
    }

    /// Runs a statement past the store. Returns the rows affected.
    pub(crate) async fn execute(&self, sql: &str) -> Result<u64, sqlx::Error> {
        on_raw!(self, |pool| sqlx::query(AssertSqlSafe(sql))
            .execute(pool)
            .await
            .map(|done| done.rows_affected()))
    }

    /// One whole number.
    pub(crate) async fn number(&self, sql: &str) -> i64 {
        on_raw!(self, |pool| sqlx::query_scalar(AssertSqlSafe(sql))
            .fetch_one(pool)
            .await)
        .unwrap()
    }

    /// How many rows a table has, under a condition.
    pub(crate) async fn count(&self, table: &str, condition: &str) -> i64 {
        self.number(&format!("SELECT COUNT(*) FROM {table} WHERE {condition}"))
            .await
    }

    /// One column of text, NULL as `None`.
    pub(crate) async fn texts(&self, sql: &str) -> Vec<Option<String>> {
        on_raw!(self, |pool| sqlx::query_scalar(AssertSqlSafe(sql))
            .fetch_all(pool)
            .await)
        .unwrap()
    }

    /// How SQLite would run a statement.
    pub(crate) async fn plan(&self, sql: &str) -> Vec<String> {
        sqlx::query(AssertSqlSafe(format!("EXPLAIN QUERY PLAN {sql}")))
            .fetch_all(self.sqlite())
            .await
            .unwrap()
            .iter()
            .map(|row| row.get::<String, _>("detail"))
            .collect()
    }

    /// The Postgres pool past the store.
    pub(crate) fn postgres(&self) -> &PgPool {
        match &self.raw {
            Raw::Postgres(pool) => pool,
            Raw::Sqlite(_) => panic!("a test for Postgres alone"),
        }
    }

    /// The SQLite pool past the store.
    pub(crate) fn sqlite(&self) -> &SqlitePool {
        match &self.raw {
            Raw::Sqlite(pool) => pool,
            Raw::Postgres(_) => panic!("a test for SQLite alone"),
        }
    }

    /// Returns once no transaction that locked the account is under way, begun and dropped ones included.
    pub(crate) async fn quiet(&self) {
        self.execute("UPDATE accounts SET name = name").await.unwrap();
    }

    /// Asserts what must hold at every moment: no cap exceeded, one live call per person, contacts and calls agree.
    pub(crate) async fn assert_sound(&self, line_cap: i64) {
        let open = "status IN ('QUEUED', 'RINGING', 'IN_PROGRESS')";
        assert!(
            self.count("calls", open).await <= line_cap,
            "the account's lines are exceeded"
        );
        let over_cap = format!(
            "(SELECT COUNT(*) FROM calls k WHERE k.campaign_id = campaigns.id AND k.{open}) > campaigns.cap"
        );
        assert_eq!(
            self.count("campaigns", &over_cap).await,
            0,
            "a campaign's cap is exceeded"
        );
        let twice = format!("SELECT phone FROM calls WHERE {open} GROUP BY phone HAVING COUNT(*) > 1");
        assert_eq!(self.texts(&twice).await, [], "somebody is called twice at once");
        let report = self.store.replay(None).await.unwrap();
        assert_eq!(report.differences, [], "the log and the rows differ");
    }
}
