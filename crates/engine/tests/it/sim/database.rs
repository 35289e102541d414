//! The database of a run: a file, or one of its own on the Postgres server of the test run.

use std::{path::PathBuf, sync::atomic::AtomicU32, sync::atomic::Ordering};

use domain::ids::AssistantId;
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, PgConnection, postgres::PgConnectOptions};
use store::{Kind, Options, Store};
use tempfile::TempDir;
use tokio::sync::OnceCell;

use super::template::{self, Template};

/// A database with tables and two assistants.
pub(crate) enum Database {
    Sqlite { file: PathBuf, _folder: TempDir },
    Postgres { name: String },
}

/// The Postgres database that others are copied from, once it stands: its name and its assistants.
static TEMPLATE: OnceCell<(String, [AssistantId; 2])> = OnceCell::const_new();
static MADE: AtomicU32 = AtomicU32::new(0);

impl Database {
    /// A fresh one, and its assistants.
    pub(crate) async fn new(kind: Kind) -> (Self, [AssistantId; 2]) {
        match kind {
            Kind::Sqlite => {
                let template = Template::get().await;
                let folder = template::folder();
                let file = template.copy_into(folder.path());
                let database = Self::Sqlite {
                    file,
                    _folder: folder,
                };
                (database, template.assistants)
            }
            Kind::Postgres => {
                let (template, assistants) = TEMPLATE.get_or_init(make_template).await;
                let name = create(template).await;
                (Self::Postgres { name }, *assistants)
            }
        }
    }

    /// Opens it, as one process would.
    pub(crate) async fn open(&self, id_seed: u64) -> Store {
        match self {
            Self::Sqlite { file, .. } => template::open(file, id_seed).await,
            Self::Postgres { name } => open(name, id_seed).await,
        }
    }

    /// Removes it, whoever is connected to it.
    pub(crate) async fn remove(self) {
        if let Self::Postgres { name } = self {
            execute(&format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)")).await;
        }
    }
}

async fn make_template() -> (String, [AssistantId; 2]) {
    let name = create("template0").await;
    let store = open(&name, 0).await;
    store.migrate().await.unwrap();
    let assistants = template::register(&store).await;
    store.close().await;
    (name, assistants)
}

async fn create(template: &str) -> String {
    let number = MADE.fetch_add(1, Ordering::Relaxed);
    let name = format!("autolynx_run_{}_{number}", std::process::id());
    execute(&format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)")).await;
    execute(&format!(
        "CREATE DATABASE {name} TEMPLATE {template} STRATEGY file_copy"
    ))
    .await;
    name
}

async fn open(name: &str, id_seed: u64) -> Store {
    let server = server();
    let (base, query) = server
        .split_once('?')
        .map_or((server.as_str(), ""), |(base, query)| (base, query));
    let (host, _) = base.rsplit_once('/').expect("the address names a database");
    let options = Options {
        connections: 2,
        id_seed,
        durable: false,
        ..Options::default()
    };
    Store::open(&format!("{host}/{name}?{query}"), options)
        .await
        .unwrap()
}

/// The superuser's address of the database `postgres`.
fn server() -> String {
    #[expect(clippy::disallowed_methods, reason = "the one setting of the test run")]
    let address = std::env::var("TEST_POSTGRES_URL");
    address.expect("TEST_POSTGRES_URL names no Postgres server: run `make test`, or this command under scripts/with-postgres.sh")
}

async fn execute(sql: &str) {
    let options: PgConnectOptions = server().parse().expect("TEST_POSTGRES_URL is an address");
    let mut admin: PgConnection = options
        .connect()
        .await
        .expect("the server of TEST_POSTGRES_URL answers");
    sqlx::raw_sql(AssertSqlSafe(sql.to_owned()))
        .execute(&mut admin)
        .await
        .unwrap();
    admin.close().await.unwrap();
}
