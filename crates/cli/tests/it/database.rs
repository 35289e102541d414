//! A database of a test's own.

use sqlx::{Connection, Executor, PgConnection};

/// A fresh Postgres database, dropped with [`PostgresDatabase::drop_it`].
pub(crate) struct PostgresDatabase {
    server: String,
    name: String,
    /// Its address.
    pub(crate) url: String,
}

impl PostgresDatabase {
    /// Makes one on the server that the test run was given.
    pub(crate) async fn create(name: &str) -> Self {
        #[expect(
            clippy::disallowed_methods,
            reason = "tests are told their server by the environment"
        )]
        let server = std::env::var("TEST_POSTGRES_URL")
            .expect("TEST_POSTGRES_URL is not set: run the tests with `make test`, which starts a Postgres");
        let name = format!("autolynx_{name}_{}", std::process::id());
        let mut connection = PgConnection::connect(&server)
            .await
            .expect("the test's Postgres answers");
        connection
            .execute(sqlx::AssertSqlSafe(format!("CREATE DATABASE {name}")))
            .await
            .expect("created");
        let (base, _) = server.rsplit_once('/').expect("an address ends with a database");
        let url = format!("{base}/{name}");
        Self { server, name, url }
    }

    /// Runs statements on it, as the server's superuser.
    pub(crate) async fn execute(&self, sql: &str) {
        let mut connection = PgConnection::connect(&self.url)
            .await
            .expect("the test's Postgres answers");
        let statements = sqlx::raw_sql(sqlx::AssertSqlSafe(sql));
        statements.execute(&mut connection).await.expect("executed");
    }

    /// How many calls of a campaign a node decided to send after that moment of its clock.
    pub(crate) async fn dials_sent_after(&self, campaign: &str, moment_ms: i64) -> i64 {
        let mut connection = PgConnection::connect(&self.url)
            .await
            .expect("the test's Postgres answers");
        let sent = sqlx::query_scalar(
            "SELECT COUNT(*) FROM call_events WHERE campaign_id = $1::uuid AND kind = 'dial.sent' AND at_ms > $2",
        );
        let sent = sent.bind(campaign).bind(moment_ms).fetch_one(&mut connection);
        sent.await.expect("events are counted")
    }

    /// Drops it, whoever is still connected.
    pub(crate) async fn drop_it(self) {
        let mut connection = PgConnection::connect(&self.server)
            .await
            .expect("the test's Postgres answers");
        let drop = format!("DROP DATABASE {} WITH (FORCE)", self.name);
        connection
            .execute(sqlx::AssertSqlSafe(drop))
            .await
            .expect("dropped");
    }
}
