//! The Postgres server of the test run: a fresh database for each test, copied from a template.

use std::{fs, path::Path, sync::atomic::AtomicU32, sync::atomic::Ordering};

use sha2::{Digest, Sha256};
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, PgConnection, postgres::PgConnectOptions};
use store::{Options, Store};
use tokio::sync::OnceCell;

/// What all names of test databases begin with.
const PREFIX: &str = "autolynx_test_";

/// The name of the template, once it stands.
static TEMPLATE: OnceCell<String> = OnceCell::const_new();
static COUNTER: AtomicU32 = AtomicU32::new(0);

/// The superuser's address of the database `postgres`.
fn server() -> String {
    #[expect(clippy::disallowed_methods, reason = "the one setting of the test run")]
    let address = std::env::var("TEST_POSTGRES_URL");
    address.expect("TEST_POSTGRES_URL names no Postgres server: run `make test`, or this command under scripts/with-postgres.sh")
}

/// The address of a database on that server.
fn address_of(database: &str) -> String {
    let server = server();
    let (base, query) = server
        .split_once('?')
        .map_or((server.as_str(), None), |(base, q)| (base, Some(q)));
    let (host, _) = base.rsplit_once('/').expect("the address names a database");
    query.map_or_else(
        || format!("{host}/{database}"),
        |query| format!("{host}/{database}?{query}"),
    )
}

async fn admin() -> PgConnection {
    let options: PgConnectOptions = server().parse().expect("TEST_POSTGRES_URL is an address");
    options
        .connect()
        .await
        .expect("the server of TEST_POSTGRES_URL answers")
}

async fn execute(admin: &mut PgConnection, sql: String) {
    sqlx::raw_sql(AssertSqlSafe(sql)).execute(admin).await.unwrap();
}

/// Creates an empty database without tables. Returns its name and address.
pub(crate) async fn create_empty() -> (String, String) {
    create("template0").await
}

/// Creates a database with all tables. Returns its name and address.
pub(crate) async fn create_migrated() -> (String, String) {
    let template = TEMPLATE.get_or_init(make_template).await;
    create(template).await
}

async fn create(template: &str) -> (String, String) {
    let number = COUNTER.fetch_add(1, Ordering::Relaxed);
    let name = format!("{PREFIX}{}_{number}", std::process::id());
    let mut admin = admin().await;
    execute(&mut admin, format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)")).await;
    execute(
        &mut admin,
        format!("CREATE DATABASE {name} TEMPLATE {template} STRATEGY file_copy"),
    )
    .await;
    admin.close().await.unwrap();
    let address = address_of(&name);
    (name, address)
}

/// Removes a database, whoever is connected to it.
pub(crate) async fn drop_database(name: &str) {
    let mut admin = admin().await;
    execute(&mut admin, format!("DROP DATABASE {name} WITH (FORCE)")).await;
    admin.close().await.unwrap();
}

/// Named after the migrations, so that a server that outlives the test run needs it made once and never has a stale one.
async fn make_template() -> String {
    let name = format!("{PREFIX}template_{}", digest_of_migrations());
    let unfinished = format!("{name}_unfinished");
    let mut admin = admin().await;
    execute(
        &mut admin,
        "SELECT pg_advisory_lock(hashtext('autolynx test template'))".to_owned(),
    )
    .await;
    let found: Option<String> = sqlx::query_scalar("SELECT datname FROM pg_database WHERE datname = $1")
        .bind(&name)
        .fetch_optional(&mut admin)
        .await
        .unwrap();
    if found.is_none() {
        execute(
            &mut admin,
            format!("DROP DATABASE IF EXISTS {unfinished} WITH (FORCE)"),
        )
        .await;
        execute(
            &mut admin,
            format!("CREATE DATABASE {unfinished} TEMPLATE template0"),
        )
        .await;
        let store = Store::open(&address_of(&unfinished), Options::default())
            .await
            .unwrap();
        store.migrate().await.unwrap();
        store.close().await;
        execute(
            &mut admin,
            format!("ALTER DATABASE {unfinished} RENAME TO {name}"),
        )
        .await;
    }
    admin.close().await.unwrap();
    name
}

fn digest_of_migrations() -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("migrations/postgres");
    let mut files: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|file| file.unwrap().path())
        .collect();
    files.sort();
    let mut hash = Sha256::new();
    for file in files {
        hash.update(fs::read(file).unwrap());
    }
    hash.finalize()[..6]
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}
