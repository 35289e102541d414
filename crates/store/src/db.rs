//! Opening a database, and the two shapes of everything: a pool to read from and a transaction to write in.

use std::{fmt, path::PathBuf, str::FromStr, sync::Arc, time::Duration};

use sqlx::{
    Connection, PgPool, Postgres, Sqlite, SqliteConnection, SqlitePool,
    migrate::{MigrateError, Migrator},
    postgres::{PgConnectOptions, PgConnection, PgPoolOptions},
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous},
};

use crate::{Result, ordered_ids::OrderedIds, wake::Wakes};

/// Runs one query body on whichever database is open, reading outside any transaction.
macro_rules! on {
    ($store:expr, |$pool:ident| $body:expr) => {
        match &$store.0.db {
            $crate::db::Db::Sqlite { read: $pool, .. } => $body,
            $crate::db::Db::Postgres($pool) => $body,
        }
    };
}

/// Runs one query body inside a transaction on whichever database is open.
macro_rules! on_tx {
    ($tx:expr, |$conn:ident| $body:expr) => {
        match &mut $tx.inner {
            $crate::db::TxInner::Sqlite(tx) => {
                let $conn = &mut **tx;
                $body
            }
            $crate::db::TxInner::Postgres(tx) => {
                let $conn = &mut **tx;
                $body
            }
        }
    };
}

/// Rows that one statement writes at most. SQLite takes 32,766 parameters.
pub(crate) const ROWS_A_STATEMENT: usize = 200;

/// Rows of a running sum. So few that a claim adds them up at once.
const SHARDS: u64 = 16;

/// A connection that lay idle for longer is tested before use.
const TESTED_WHEN_IDLE_FOR: Duration = Duration::from_secs(1);

static SQLITE_MIGRATIONS: Migrator = sqlx::migrate!("migrations/sqlite");
static POSTGRES_MIGRATIONS: Migrator = sqlx::migrate!("migrations/postgres");

/// Which database is open.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    /// A file on this machine, for one node.
    Sqlite,
    /// A server, for any number of nodes.
    Postgres,
}

/// How to open a database.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// Connections to Postgres, or readers of SQLite.
    pub connections: u32,
    /// Seeds the ids that this process makes.
    pub id_seed: u64,
    /// Whether a commit waits for the disk. Only a throw-away database may say no.
    pub durable: bool,
    /// Whether a SQLite file that is not there is made.
    pub create: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            connections: 8,
            id_seed: 0,
            durable: true,
            create: true,
        }
    }
}

/// Why a database could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The address is of no known kind.
    #[error(
        "`{0}` is not a database address: use `sqlite:/path/to/file.db` or `postgres://user:password@host/name`"
    )]
    Address(String),
    /// The database answered with an error, or not at all.
    #[error("cannot open the database {address}: {cause}. {advice}")]
    Connect {
        /// Where it was looked for, without a password.
        address: String,
        /// What the database or the machine says.
        cause: String,
        /// What to do.
        advice: &'static str,
    },
    /// The tables could not be brought up to date.
    #[error("cannot bring the tables up to date: {0}")]
    Migrate(MigrateError),
    /// The data could not be brought up to date.
    #[error("cannot bring the data up to date: {0}")]
    Backfill(crate::Error),
    /// The tables are not those of this program.
    #[error("{0}")]
    Schema(&'static str),
}

pub(crate) enum Db {
    /// One writer, so that writers never starve each other, and many readers.
    Sqlite {
        write: SqlitePool,
        read: SqlitePool,
    },
    Postgres(PgPool),
}

/// The data of an installation.
#[derive(Clone)]
pub struct Store(pub(crate) Arc<Inner>);

pub(crate) struct Inner {
    pub(crate) db: Db,
    pub(crate) ids: OrderedIds,
    /// Which row of the running sums this process adds to: no row that every fact of every node must touch.
    pub(crate) shard: i32,
    pub(crate) wakes: Wakes,
    #[cfg(feature = "fault-injection")]
    pub(crate) probe: std::sync::OnceLock<Arc<dyn crate::faults::Probe>>,
}

impl Store {
    /// Opens a database. The tables are not touched: call [`Store::migrate`].
    ///
    /// # Errors
    /// When the address is of no known kind, or the database does not answer.
    pub async fn open(address: &str, options: Options) -> Result<Self, OpenError> {
        let db = if let Some(path) = sqlite_path(address) {
            open_sqlite(path, options).await.map_err(|error| OpenError::Connect {
                address: path.to_owned(),
                cause: cause(&error),
                advice: "Check that the folder is there, that this account may write in it, and that the file is a \
                         database",
            })?
        } else if address.starts_with("postgres://") || address.starts_with("postgresql://") {
            open_postgres(address, options)
                .await
                .map_err(|error| cannot_connect(address, &error))?
        } else {
            return Err(OpenError::Address(redact(address)));
        };
        Ok(Self(Arc::new(Inner {
            db,
            ids: OrderedIds::seeded(options.id_seed),
            shard: i32::try_from(options.id_seed % SHARDS).unwrap_or(0),
            wakes: Wakes::new(options.id_seed),
            #[cfg(feature = "fault-injection")]
            probe: std::sync::OnceLock::new(),
        })))
    }

    /// Brings the tables up to date. Safe to run at once on many nodes: Postgres lets one of them do it.
    ///
    /// # Errors
    /// When a migration fails or the database was written by a newer version.
    pub async fn migrate(&self) -> Result<(), OpenError> {
        match &self.0.db {
            Db::Sqlite { write, .. } => migrate_sqlite(write).await,
            Db::Postgres(pool) => POSTGRES_MIGRATIONS.run(pool).await,
        }
        .map_err(OpenError::Migrate)?;
        self.place_unplaced().await.map_err(OpenError::Backfill)
    }

    /// Changes nothing, and says whether the tables are those of this program.
    ///
    /// # Errors
    /// [`OpenError::Schema`] when there are none, or older or newer ones.
    pub async fn require_current_tables(&self) -> Result<(), OpenError> {
        let newest = match &self.0.db {
            Db::Sqlite { .. } => &SQLITE_MIGRATIONS,
            Db::Postgres(_) => &POSTGRES_MIGRATIONS,
        };
        let newest = newest.iter().map(|migration| migration.version).max();
        let found: Result<Option<i64>, sqlx::Error> = async {
            on!(self, |pool| sqlx::query_scalar(
                "SELECT MAX(version) FROM _sqlx_migrations WHERE success"
            )
            .fetch_one(pool)
            .await)
        }
        .await;
        match found {
            Ok(found) if found == newest => Ok(()),
            Ok(found) if found < newest => Err(OpenError::Schema(
                "the tables are older than this program: run `autolynx migrate` first",
            )),
            Ok(_) => Err(OpenError::Schema(
                "the tables were written by a newer version of this program: use that one",
            )),
            Err(sqlx::Error::Database(_)) => Err(OpenError::Schema(
                "there is no AutoLynx data in this database: check the address",
            )),
            Err(error) => Err(cannot_connect(&format!("({:?})", self.kind()), &error)),
        }
    }

    /// How far the clock of the database goes ahead of `now`, in milliseconds. Zero for SQLite, which has no clock of its
    /// own.
    ///
    /// # Errors
    /// [`crate::Error::Unavailable`] when the database cannot be reached.
    pub async fn clock_ahead_ms(&self, now: domain::time::UtcMs) -> crate::Result<i64> {
        Ok(match &self.0.db {
            Db::Sqlite { .. } => 0,
            Db::Postgres(pool) => {
                let there: i64 =
                    sqlx::query_scalar("SELECT (EXTRACT(EPOCH FROM clock_timestamp()) * 1000)::bigint")
                        .fetch_one(pool)
                        .await?;
                there - now.0
            }
        })
    }

    /// Closes every connection and waits for it. A SQLite file may be moved only after this.
    pub async fn close(&self) {
        match &self.0.db {
            Db::Sqlite { write, read } => {
                read.close().await;
                write.close().await;
            }
            Db::Postgres(pool) => pool.close().await,
        }
    }

    /// Which database is open.
    #[must_use]
    pub fn kind(&self) -> Kind {
        match &self.0.db {
            Db::Sqlite { .. } => Kind::Sqlite,
            Db::Postgres(_) => Kind::Postgres,
        }
    }

    /// Asks the database for a sign of life.
    ///
    /// # Errors
    /// When it does not answer.
    pub async fn ping(&self) -> Result<()> {
        on!(self, |pool| sqlx::query("SELECT 1")
            .execute(pool)
            .await
            .map(|_| ()))?;
        Ok(())
    }

    /// Begins a writing transaction. On SQLite it takes the write lock at once: a transaction that reads first and
    /// writes later would fail with BUSY_SNAPSHOT, which no time-out waits for.
    pub(crate) async fn begin(&self) -> Result<Tx> {
        #[cfg(feature = "fault-injection")]
        if let Some(probe) = self.0.probe.get() {
            probe.begin().await;
        }
        let inner = match &self.0.db {
            Db::Sqlite { write, .. } => TxInner::Sqlite(write.begin_with("BEGIN IMMEDIATE").await?),
            Db::Postgres(pool) => TxInner::Postgres(begin_postgres(pool, "BEGIN").await?),
        };
        Ok(self.tx(inner))
    }

    /// Begins a transaction that only reads, and sees one moment of the database throughout.
    pub(crate) async fn snapshot(&self) -> Result<Tx> {
        let inner = match &self.0.db {
            Db::Sqlite { read, .. } => TxInner::Sqlite(read.begin().await?),
            Db::Postgres(pool) => TxInner::Postgres(
                begin_postgres(pool, "BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY").await?,
            ),
        };
        Ok(self.tx(inner))
    }

    fn tx(&self, inner: TxInner) -> Tx {
        Tx {
            inner,
            #[cfg(feature = "fault-injection")]
            probe: self.0.probe.get().cloned(),
        }
    }
}

/// A transaction whose beginning cannot be interrupted. Dropped while the server answers, sqlx would return the
/// connection to the pool with the transaction open, and what the next user writes outside a transaction would be lost.
async fn begin_postgres(
    pool: &PgPool,
    begin: &'static str,
) -> Result<sqlx::Transaction<'static, Postgres>, sqlx::Error> {
    let pool = pool.clone();
    // Whoever drops this future detaches the task, which then rolls back.
    match tokio::spawn(async move { pool.begin_with(begin).await }).await {
        Ok(begun) => begun,
        Err(error) if error.is_panic() => std::panic::resume_unwind(error.into_panic()),
        // The runtime is being shut down.
        Err(_) => Err(sqlx::Error::PoolClosed),
    }
}

pub(crate) struct Tx {
    pub(crate) inner: TxInner,
    #[cfg(feature = "fault-injection")]
    probe: Option<Arc<dyn crate::faults::Probe>>,
}

pub(crate) enum TxInner {
    Sqlite(sqlx::Transaction<'static, Sqlite>),
    Postgres(sqlx::Transaction<'static, Postgres>),
}

impl Tx {
    pub(crate) async fn commit(self) -> Result<()> {
        #[cfg(feature = "fault-injection")]
        if let Some(probe) = &self.probe {
            probe.commit(false).await;
        }
        match self.inner {
            TxInner::Sqlite(tx) => tx.commit().await?,
            TxInner::Postgres(tx) => tx.commit().await?,
        }
        #[cfg(feature = "fault-injection")]
        if let Some(probe) = &self.probe {
            probe.commit(true).await;
        }
        Ok(())
    }
}

/// SQLite changes a column only by building its table anew, which other tables refer to meanwhile. So migrations have a
/// connection of their own that minds no foreign keys; a migration that builds a table anew checks them itself.
async fn migrate_sqlite(write: &SqlitePool) -> Result<(), MigrateError> {
    let options = write.connect_options().as_ref().clone().foreign_keys(false);
    let mut connection = SqliteConnection::connect_with(&options).await?;
    SQLITE_MIGRATIONS.run(&mut connection).await?;
    Ok(connection.close().await?)
}

async fn open_sqlite(path: &str, options: Options) -> Result<Db, sqlx::Error> {
    let connect = SqliteConnectOptions::new()
        .filename(PathBuf::from(path))
        .create_if_missing(options.create)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(if options.durable {
            SqliteSynchronous::Full
        } else {
            SqliteSynchronous::Off
        })
        .foreign_keys(true)
        .busy_timeout(Duration::from_secs(10))
        .pragma("cache_size", "-65536")
        .pragma("temp_store", "memory");
    // A connection that lies idle costs nothing here, and closing one late would unlink the log of a file that was
    // replaced in the meantime.
    let pool = |connections| {
        SqlitePoolOptions::new()
            .max_connections(connections)
            .idle_timeout(None)
            .max_lifetime(None)
            .test_before_acquire(false)
    };
    // A full disk makes SQLite roll back by itself. sqlx does not notice and believes in an open transaction ever after;
    // such a writer is replaced.
    let write = pool(1)
        .before_acquire(|connection, _| Box::pin(async move { Ok(!connection.is_in_transaction()) }))
        .connect_with(connect.clone())
        .await?;
    let read = pool(options.connections.max(1))
        .connect_with(connect.pragma("query_only", "on"))
        .await?;
    Ok(Db::Sqlite { write, read })
}

async fn open_postgres(address: &str, options: Options) -> Result<Db, sqlx::Error> {
    let connect = PgConnectOptions::from_str(address)?.application_name("autolynx");
    let connect = if options.durable {
        connect
    } else {
        connect.options([("synchronous_commit", "off")])
    };
    // A pool would try again and again, and in the end only say that it took too long.
    PgConnection::connect_with(&connect).await?.close().await?;
    let pool = PgPoolOptions::new()
        .max_connections(options.connections.max(1))
        .acquire_timeout(Duration::from_secs(10))
        // One more round trip per acquire otherwise. Only a connection that lay idle may have died unnoticed: in a
        // restart of the server, or forgotten by a middlebox.
        .test_before_acquire(false)
        .before_acquire(|connection, meta| {
            Box::pin(async move {
                if meta.idle_for > TESTED_WHEN_IDLE_FOR {
                    connection.ping().await?;
                }
                Ok(true)
            })
        })
        .connect_with(connect)
        .await?;
    Ok(Db::Postgres(pool))
}

/// The file that a SQLite address names. Every connection opens it anew, so it cannot be a database in memory.
fn sqlite_path(address: &str) -> Option<&str> {
    let path = address.strip_prefix("sqlite:")?;
    let path = path.strip_prefix("//").unwrap_or(path);
    (!path.is_empty() && !path.contains(":memory:") && !path.contains("mode=memory")).then_some(path)
}

fn cannot_connect(address: &str, error: &sqlx::Error) -> OpenError {
    OpenError::Connect {
        address: redact(address),
        cause: cause(error),
        advice: "Check the address, and that the server runs and lets this machine in",
    }
}

/// What the database says, without the layers around it.
fn cause(error: &sqlx::Error) -> String {
    match error {
        sqlx::Error::Database(database) => database.message().to_owned(),
        sqlx::Error::Io(error) => error.to_string(),
        other => other.to_string(),
    }
}

/// The address without what may be a password.
fn redact(address: &str) -> String {
    match address.rsplit_once('@') {
        Some((_, host)) => format!("…@{host}"),
        None => address.to_owned(),
    }
}

impl fmt::Debug for Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Store({:?})", self.kind())
    }
}
