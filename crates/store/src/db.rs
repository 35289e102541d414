//! Opening a database, and the two shapes of everything: a pool to read from and a transaction to write in.

pub(crate) mod postgres;
mod sqlite;

use std::{
    fmt,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use sqlx::{
    Connection, PgPool, Postgres, Sqlite, SqliteConnection, SqlitePool,
    migrate::{MigrateError, Migrator},
};

use crate::{
    Error, Result,
    address::{Address, AddressFault},
    cause::Cause,
    error::said,
    file::DataFile,
    ordered_ids::OrderedIds,
    storage::{Marks, StorageState},
    wake::Wakes,
};

/// Runs one query body on whichever database is open, reading outside any transaction.
macro_rules! on {
    ($store:expr, |$pool:ident| $body:expr) => {
        match &$store.0.db {
            $crate::db::Db::Sqlite { read: $pool, .. } => $store.0.marks.note($body),
            $crate::db::Db::Postgres($pool) => $store.0.marks.bounded(async { $body }).await,
        }
    };
}

/// The same for a body that reads many rows as they come, for as long as that takes.
macro_rules! on_rows {
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
                $tx.marks.note($body)
            }
            $crate::db::TxInner::Postgres(tx) => {
                let $conn = &mut **tx;
                $tx.marks.bounded(async { $body }).await
            }
        }
    };
}

/// Rows that one statement writes at most. SQLite takes 32,766 parameters.
pub(crate) const ROWS_A_STATEMENT: usize = 200;

/// Rows of a running sum. So few that a claim adds them up at once.
const SHARDS: u64 = 16;

/// A stop waits no longer for connections to close.
const CLOSE_PATIENCE: Duration = Duration::from_secs(5);

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

/// Connections that a node needs on Postgres in all: one listens, one writes, one reads meanwhile, and one is for people.
pub const MIN_CONNECTIONS: u32 = 4;

/// How to open a database.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// Connections to Postgres at most, beside the one that listens to wake-ups; or readers of SQLite.
    pub connections: u32,
    /// Seeds the ids that this process makes.
    pub id_seed: u64,
    /// Whether a commit waits for the disk. Only a throw-away database may say no.
    pub durable: bool,
    /// Whether a SQLite file that is not there is made.
    pub create: bool,
    /// Whether a SQLite file is held for this process alone, so that no other one that asks for the same can open it.
    pub exclusive: bool,
    /// How long a Postgres that does not answer yet, or has no connection left, is waited for.
    pub patience: Duration,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            connections: 8,
            id_seed: 0,
            durable: true,
            create: true,
            exclusive: false,
            patience: Duration::ZERO,
        }
    }
}

/// Why a database could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The address cannot be read.
    #[error("DATABASE_URL cannot be used: {0}")]
    Address(AddressFault),
    /// The database answered with an error, or not at all.
    #[error("cannot open the database {address}: {says}. {advice}")]
    Connect {
        /// Where it was looked for, without user and password.
        address: String,
        /// Why, as far as it is known.
        cause: Option<Cause>,
        /// The cause in words, with what the database or the machine says.
        says: String,
        /// What to do.
        advice: &'static str,
    },
    /// Another process uses the SQLite file.
    #[error(
        "another AutoLynx process{} uses the database file {}: stop it first, or give this one a DATABASE_URL of its \
         own. Several nodes can share a Postgres, not a file",
        pid.map(|pid| format!(" (process id {pid})")).unwrap_or_default(), path.display()
    )]
    InUse {
        /// The file.
        path: PathBuf,
        /// The other process.
        pid: Option<u32>,
    },
    /// The tables could not be brought up to date.
    #[error("cannot bring the tables up to date: {}", migrating(.0))]
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
    /// The file of a SQLite database.
    pub(crate) file: Option<DataFile>,
    pub(crate) marks: Arc<Marks>,
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
        let marks = Arc::new(Marks::default());
        let (db, file) = match Address::parse(address).map_err(OpenError::Address)? {
            Address::Sqlite(path) => {
                let (db, file) = sqlite::open(&path, options).await?;
                (db, Some(file))
            }
            Address::Postgres(connect) => {
                let pool = postgres::open(*connect, options, Arc::clone(&marks)).await?;
                (Db::Postgres(pool), None)
            }
        };
        Ok(Self(Arc::new(Inner {
            db,
            file,
            marks,
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
            Err(error) => Err(OpenError::connect(&format!("({:?})", self.kind()), &error)),
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

    /// Closes every connection and waits for it, but no longer than five seconds: a server that is gone does not say
    /// good-bye. A SQLite file may be moved only after this.
    pub async fn close(&self) {
        let closed = tokio::time::timeout(CLOSE_PATIENCE, async {
            match &self.0.db {
                Db::Sqlite { write, read } => {
                    read.close().await;
                    write.close().await;
                }
                Db::Postgres(pool) => pool.close().await,
            }
        });
        if closed.await.is_err() {
            tracing::warn!(
                "connections to the database are left to the operating system: they did not close in time"
            );
        }
        if let Some(file) = &self.0.file {
            file.release();
        }
    }

    /// The file of the database, or its log, if it was deleted or replaced while we run.
    pub(crate) fn missing_file(&self) -> Option<PathBuf> {
        self.0.file.as_ref().and_then(DataFile::missing)
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
        if let Some(path) = self.missing_file() {
            return Err(Error::Unavailable(StorageState::FileGone { path }.to_string()));
        }
        let inner = match &self.0.db {
            Db::Sqlite { write, .. } => {
                let begun = write.begin_with("BEGIN IMMEDIATE").await;
                TxInner::Sqlite(self.0.marks.note(begun)?)
            }
            Db::Postgres(pool) => TxInner::Postgres(self.begin_postgres(pool, "BEGIN").await?),
        };
        Ok(self.tx(inner))
    }

    /// Begins a transaction that only reads, and sees one moment of the database throughout.
    pub(crate) async fn snapshot(&self) -> Result<Tx> {
        let inner = match &self.0.db {
            Db::Sqlite { read, .. } => TxInner::Sqlite(read.begin().await?),
            Db::Postgres(pool) => TxInner::Postgres(
                self.begin_postgres(pool, "BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY")
                    .await?,
            ),
        };
        Ok(self.tx(inner))
    }

    /// A transaction whose beginning cannot be interrupted. Dropped while the server answers, sqlx would return the
    /// connection to the pool with the transaction open, and what the next user writes outside a transaction would be
    /// lost. A server that never answers makes the connection suspect, and it is closed.
    async fn begin_postgres(
        &self,
        pool: &PgPool,
        begin: &'static str,
    ) -> Result<sqlx::Transaction<'static, Postgres>> {
        let (pool_of_task, marks) = (pool.clone(), Arc::clone(&self.0.marks));
        // Whoever drops this future detaches the task, which then rolls back.
        let begun = tokio::spawn(async move { marks.bounded(pool_of_task.begin_with(begin)).await });
        match begun.await {
            Ok(Ok(begun)) => Ok(begun),
            Ok(Err(sqlx::Error::PoolTimedOut)) => {
                Err(postgres::why_no_connection(pool, &self.0.marks).await.into())
            }
            Ok(Err(error)) => Err(error.into()),
            Err(error) if error.is_panic() => std::panic::resume_unwind(error.into_panic()),
            // The runtime is being shut down.
            Err(_) => Err(sqlx::Error::PoolClosed.into()),
        }
    }

    fn tx(&self, inner: TxInner) -> Tx {
        Tx {
            inner,
            marks: Arc::clone(&self.0.marks),
            #[cfg(feature = "fault-injection")]
            probe: self.0.probe.get().cloned(),
        }
    }
}

pub(crate) struct Tx {
    pub(crate) inner: TxInner,
    pub(crate) marks: Arc<Marks>,
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
            TxInner::Sqlite(tx) => self.marks.note(tx.commit().await)?,
            TxInner::Postgres(tx) => self.marks.bounded(tx.commit()).await?,
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

/// Why the tables could not be brought up to date, and what to do.
fn migrating(error: &MigrateError) -> String {
    match error {
        MigrateError::Execute(error) | MigrateError::ExecuteMigration(error, _) => match Cause::of(error) {
            Some(cause) => {
                let said = said(error).map(|said| format!(" ({said})")).unwrap_or_default();
                format!("{cause}{said}. {}", cause.advice())
            }
            None => error.to_string(),
        },
        MigrateError::VersionMissing(_) => {
            "the database was written by a newer version of AutoLynx: use that version".to_owned()
        }
        other => other.to_string(),
    }
}

impl OpenError {
    /// A database that does not answer, or not as it should.
    pub(crate) fn connect(address: &str, error: &sqlx::Error) -> Self {
        let cause = Cause::of(error);
        let advice = cause.map_or(
            "Check DATABASE_URL, and that the database is one that AutoLynx may use",
            Cause::advice,
        );
        let says = match (cause, said(error)) {
            (Some(cause), Some(said)) => format!("{cause} ({said})"),
            (Some(cause), None) => cause.to_string(),
            (None, said) => said.unwrap_or_else(|| "it cannot be used".to_owned()),
        };
        Self::Connect {
            address: address.to_owned(),
            cause,
            says,
            advice,
        }
    }

    /// A database that cannot be used, for this cause.
    pub(crate) fn caused_by(address: &str, cause: Cause) -> Self {
        Self::Connect {
            address: address.to_owned(),
            cause: Some(cause),
            says: cause.to_string(),
            advice: cause.advice(),
        }
    }

    /// Whether it may pass by itself.
    pub(crate) fn may_pass(&self) -> bool {
        matches!(self, Self::Connect { cause: Some(cause), .. } if cause.may_pass())
    }

    /// A file that cannot be made.
    pub(crate) fn file(path: &Path, error: &std::io::Error) -> Self {
        let cause = Cause::of_io(error);
        Self::Connect {
            address: path.display().to_string(),
            cause: Some(cause),
            says: format!("{cause} ({error})"),
            advice: cause.advice(),
        }
    }
}

impl fmt::Debug for Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Store({:?})", self.kind())
    }
}
