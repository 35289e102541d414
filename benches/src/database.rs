//! Throw-away databases that really write to the disk: a SQLite file and a database on a Postgres server.

use std::{path::Path, str::FromStr};

use anyhow::{Context, ensure};
use clap::ValueEnum;
use sqlx::{
    AssertSqlSafe, ConnectOptions, Connection, PgConnection, PgPool, SqlitePool,
    postgres::{PgConnectOptions, PgPoolOptions},
    sqlite::{SqliteConnectOptions, SqlitePoolOptions, SqliteSynchronous},
};
use store::{Options, Store};

/// The databases that are measured.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub(crate) enum DbKind {
    /// A file.
    Sqlite,
    /// A server.
    Postgres,
}

impl DbKind {
    pub(crate) fn title(self) -> &'static str {
        match self {
            Self::Sqlite => "SQLite",
            Self::Postgres => "Postgres",
        }
    }
}

/// A connection of our own beside the store's, for bare tables and for filling.
pub(crate) enum Raw {
    Sqlite(SqlitePool),
    Postgres(PgPool),
}

/// A database of its own for one workload.
pub(crate) struct Database {
    pub(crate) store: Store,
    pub(crate) raw: Raw,
    /// The server and the name to drop, on Postgres.
    dropped_by: Option<(PgConnectOptions, String)>,
}

impl Database {
    /// Makes an empty database with our tables. A SQLite file goes into `folder`.
    pub(crate) async fn fresh(
        engine: DbKind,
        name: &str,
        server_url: &str,
        folder: &Path,
    ) -> anyhow::Result<Self> {
        let (address, raw, dropped_by) = match engine {
            DbKind::Sqlite => {
                let path = folder.join(format!("{name}.db"));
                let address = format!("sqlite:{}", path.display());
                let connect = SqliteConnectOptions::new()
                    .filename(&path)
                    .create_if_missing(true)
                    .journal_mode(sqlx::sqlite::SqliteJournalMode::Wal)
                    .synchronous(SqliteSynchronous::Full)
                    .foreign_keys(false)
                    .pragma("cache_size", "-65536");
                let pool = SqlitePoolOptions::new()
                    .max_connections(1)
                    .connect_with(connect)
                    .await?;
                (address, Raw::Sqlite(pool), None)
            }
            DbKind::Postgres => {
                let server = PgConnectOptions::from_str(server_url)?;
                let name = format!("autolynx_bench_{}_{name}", std::process::id());
                let mut connection = PgConnection::connect_with(&server).await?;
                require_durable(&mut connection).await?;
                let create = AssertSqlSafe(format!("CREATE DATABASE {name}"));
                sqlx::raw_sql(create).execute(&mut connection).await?;
                connection.close().await?;
                let pool = PgPoolOptions::new()
                    .max_connections(1)
                    .connect_with(server.clone().database(&name))
                    .await?;
                let address = server.clone().database(&name).to_url_lossy().to_string();
                (address, Raw::Postgres(pool), Some((server, name)))
            }
        };
        let store = Store::open(&address, Options::default()).await?;
        store.migrate().await?;
        Ok(Self {
            store,
            raw,
            dropped_by,
        })
    }

    /// Closes every connection and removes the database. The file goes with its folder.
    pub(crate) async fn remove(self) -> anyhow::Result<()> {
        self.store.close().await;
        match &self.raw {
            Raw::Sqlite(pool) => pool.close().await,
            Raw::Postgres(pool) => pool.close().await,
        }
        if let Some((server, name)) = self.dropped_by {
            let mut connection = PgConnection::connect_with(&server).await?;
            let drop = AssertSqlSafe(format!("DROP DATABASE {name} WITH (FORCE)"));
            sqlx::raw_sql(drop).execute(&mut connection).await?;
            connection.close().await?;
        }
        Ok(())
    }

    /// What both databases do after much has changed, sooner or later and by themselves.
    pub(crate) async fn settle(&self) -> anyhow::Result<()> {
        match &self.raw {
            Raw::Sqlite(pool) => {
                sqlx::raw_sql("PRAGMA wal_checkpoint(TRUNCATE)")
                    .execute(pool)
                    .await?;
            }
            Raw::Postgres(pool) => {
                sqlx::raw_sql("VACUUM (ANALYZE)").execute(pool).await?;
                sqlx::raw_sql("CHECKPOINT").execute(pool).await?;
            }
        }
        Ok(())
    }
}

/// A server that does not wait for the disk would make every number of ours look good.
async fn require_durable(connection: &mut PgConnection) -> anyhow::Result<()> {
    for setting in ["fsync", "synchronous_commit", "full_page_writes"] {
        let value: String = sqlx::query_scalar("SELECT current_setting($1)")
            .bind(setting)
            .fetch_one(&mut *connection)
            .await
            .with_context(|| format!("reading the server's setting {setting}"))?;
        ensure!(
            value == "on",
            "the Postgres server has {setting} = {value}: it does not really write to the disk, so measuring it says nothing"
        );
    }
    Ok(())
}
