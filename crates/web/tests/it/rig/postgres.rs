//! A Postgres database of a test's own.

use sqlx::{Connection, Executor, PgConnection};

/// A fresh database, dropped with [`Postgres::drop_it`].
pub(crate) struct Postgres {
    server: String,
    name: String,
    /// Its address.
    pub(crate) address: String,
}

impl Postgres {
    /// Makes one on the server that the test run was given.
    pub(crate) async fn create(name: &str) -> Self {
        #[expect(
            clippy::disallowed_methods,
            reason = "tests are told their server by the environment"
        )]
        let server = std::env::var("TEST_POSTGRES_URL")
            .expect("TEST_POSTGRES_URL is not set: run the tests with `make test`, which starts a Postgres");
        let name = format!("autolynx_web_{name}_{}", std::process::id());
        let mut connection = PgConnection::connect(&server).await.unwrap();
        let create = sqlx::AssertSqlSafe(format!("CREATE DATABASE {name} TEMPLATE template0"));
        connection.execute(create).await.unwrap();
        let (base, query) = server.split_once('?').unwrap_or((&server, ""));
        let (host, _) = base.rsplit_once('/').expect("the address names a database");
        let address = match query {
            "" => format!("{host}/{name}"),
            query => format!("{host}/{name}?{query}"),
        };
        Self {
            server,
            name,
            address,
        }
    }

    /// Drops it, whoever is still connected.
    pub(crate) async fn drop_it(self) {
        let mut connection = PgConnection::connect(&self.server).await.unwrap();
        let drop = sqlx::AssertSqlSafe(format!("DROP DATABASE {} WITH (FORCE)", self.name));
        connection.execute(drop).await.unwrap();
    }
}
