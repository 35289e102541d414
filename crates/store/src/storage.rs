//! Whether the place where the data is kept does its work: for health, pages, and everything that must not go on without.

use std::{
    fmt,
    path::PathBuf,
    sync::atomic::{AtomicU8, AtomicU32, AtomicU64, Ordering},
    time::Duration,
};

use sqlx::{PgPool, SqlitePool};
use tokio::sync::{Mutex, MutexGuard};

use crate::{
    cause::Cause,
    db::{Db, Store},
};

/// How the storage is.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum StorageState {
    /// It reads and writes.
    Ok,
    /// Writes fail for want of room. Work goes on by itself once there is room.
    DiskFull,
    /// The SQLite file, or its `-wal` file, was deleted or replaced while we run. Nothing is written or dialed.
    FileGone {
        /// Where it was.
        path: PathBuf,
    },
    /// It takes no writes.
    ReadOnly,
    /// It does not answer.
    Unreachable {
        /// Why, as far as it is known.
        cause: Cause,
    },
    /// Its data is damaged.
    Corrupt,
}

impl StorageState {
    /// Whether all is well.
    #[must_use]
    pub fn is_ok(&self) -> bool {
        *self == Self::Ok
    }

    /// A code for JSON that never changes.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::DiskFull => "disk_full",
            Self::FileGone { .. } => "file_gone",
            Self::ReadOnly => "read_only",
            Self::Unreachable { .. } => "unreachable",
            Self::Corrupt => "corrupt",
        }
    }

    /// What is wrong: one sentence, without a full stop.
    fn says(&self) -> String {
        match (self, self.cause()) {
            (Self::FileGone { path }, _) => format!(
                "The database file {} was deleted or replaced while AutoLynx runs",
                path.display()
            ),
            (_, None) => "The database works".to_owned(),
            (_, Some(cause)) => {
                let says = cause.to_string();
                let (first, rest) = says.split_at(1);
                format!("{}{rest}", first.to_uppercase())
            }
        }
    }

    /// What to do about it: one sentence, without a full stop. Empty when all is well.
    #[must_use]
    pub fn advice(&self) -> &'static str {
        self.cause().map_or("", Cause::advice)
    }

    fn cause(&self) -> Option<Cause> {
        match self {
            Self::Ok => None,
            Self::DiskFull => Some(Cause::DiskFull),
            Self::FileGone { .. } => Some(Cause::FileGone),
            Self::ReadOnly => Some(Cause::ReadOnly),
            Self::Unreachable { cause } => Some(*cause),
            Self::Corrupt => Some(Cause::Corrupt),
        }
    }

    fn of(cause: Cause) -> Self {
        match cause {
            Cause::DiskFull => Self::DiskFull,
            Cause::ReadOnly => Self::ReadOnly,
            Cause::Corrupt | Cause::NotADatabase => Self::Corrupt,
            cause => Self::Unreachable { cause },
        }
    }
}

impl fmt::Display for StorageState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ok => write!(f, "{}.", self.says()),
            _ => write!(f, "{}. {}.", self.says(), self.advice()),
        }
    }
}

/// What earlier statements told of the storage. Errors leave a mark; only a write that succeeds takes it away.
#[derive(Default)]
pub(crate) struct Marks {
    trouble: AtomicU8,
    /// Connections that are closed when they come back to the pool, because one of them may not answer any more.
    suspects: AtomicU32,
    /// Messages and facts without a call that this process dropped.
    strays_dropped: AtomicU64,
    /// One task at a time asks why there is no connection: many would take what is left.
    asking: Mutex<()>,
}

const SUSPECTS: u32 = 16;
const FULL: u8 = 1;
const READ_ONLY: u8 = 2;
const CORRUPT: u8 = 3;

/// Longer than any statement of ours takes. A server that vanished without a word is noticed by this alone: the operating
/// system waits for a quarter of an hour.
pub(crate) const STATEMENT_PATIENCE: Duration = Duration::from_secs(30);

impl Marks {
    /// Remembers what a result tells of the storage.
    pub(crate) fn note<T>(&self, result: Result<T, sqlx::Error>) -> Result<T, sqlx::Error> {
        if let Err(error) = &result {
            self.note_error(error);
        }
        result
    }

    fn note_error(&self, error: &sqlx::Error) {
        let mark = match Cause::of(error) {
            Some(Cause::DiskFull) => FULL,
            Some(Cause::ReadOnly) => READ_ONLY,
            Some(Cause::Corrupt) => CORRUPT,
            _ => return,
        };
        self.trouble.store(mark, Ordering::Relaxed);
    }

    fn trouble(&self) -> Option<StorageState> {
        match self.trouble.load(Ordering::Relaxed) {
            FULL => Some(StorageState::DiskFull),
            READ_ONLY => Some(StorageState::ReadOnly),
            CORRUPT => Some(StorageState::Corrupt),
            _ => None,
        }
    }

    /// Waits for a statement on a server, but not for ever.
    pub(crate) async fn bounded<T>(
        &self,
        statement: impl Future<Output = Result<T, sqlx::Error>>,
    ) -> Result<T, sqlx::Error> {
        match tokio::time::timeout(STATEMENT_PATIENCE, statement).await {
            Ok(result) => self.note(result),
            Err(_) => {
                self.suspect();
                Err(sqlx::Error::Io(std::io::ErrorKind::TimedOut.into()))
            }
        }
    }

    /// A statement got no answer. As many connections as a node may have are closed when they come back.
    pub(crate) fn suspect(&self) {
        self.suspects.store(SUSPECTS, Ordering::Relaxed);
    }

    pub(crate) fn drop_strays(&self, dropped: u64) {
        self.strays_dropped.fetch_add(dropped, Ordering::Relaxed);
    }

    pub(crate) fn strays_dropped(&self) -> u64 {
        self.strays_dropped.load(Ordering::Relaxed)
    }

    /// The right to ask the server why there is no connection, for one task at a time.
    pub(crate) fn ask(&self) -> Option<MutexGuard<'_, ()>> {
        self.asking.try_lock().ok()
    }

    /// Whether a connection that comes back is to be closed.
    pub(crate) fn is_suspect(&self) -> bool {
        self.suspects
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1))
            .is_ok()
    }
}

/// Whoever asks waits no longer than this.
const PATIENCE: Duration = Duration::from_secs(2);

/// With less room than this a commit can fail, in bytes.
#[cfg(unix)]
const ROOM_NEEDED: u64 = 1 << 20;

/// Takes as much room as a usual commit; rolled back, it leaves nothing.
const UNDONE_WRITE: &str = "INSERT INTO stray_facts (id, provider_call_id, kind, says, at_ms, body, created_at_ms) \
     VALUES ($1, NULL, 'storage check', NULL, 0, $2, 0)";

impl Store {
    /// How the storage is. Never fails and takes two seconds at most. Writes nothing while nothing is wrong: after a
    /// write that failed for want of room, it tries one that is undone, and says [`StorageState::Ok`] when that succeeds.
    pub async fn storage_check(&self) -> StorageState {
        let checked = tokio::time::timeout(PATIENCE, async {
            match &self.0.db {
                Db::Sqlite { read, write } => self.check_sqlite(read, write).await,
                Db::Postgres(pool) => self.check_postgres(pool).await,
            }
        });
        let late = || match self.0.marks.trouble() {
            Some(trouble) => trouble,
            None => StorageState::Unreachable {
                cause: Cause::NoAnswer,
            },
        };
        checked.await.unwrap_or_else(|_| late())
    }

    async fn check_sqlite(&self, read: &SqlitePool, write: &SqlitePool) -> StorageState {
        // Closing takes the `-wal` file away.
        if read.is_closed() {
            let cause = Cause::Closed;
            return StorageState::Unreachable { cause };
        }
        if let Some(path) = self.missing_file() {
            return StorageState::FileGone { path };
        }
        #[cfg(unix)]
        if let Some(file) = &self.0.file {
            let folder = file.folder();
            let volume = tokio::task::spawn_blocking(move || rustix::fs::statvfs(&folder)).await;
            if let Ok(Ok(volume)) = volume {
                if volume.f_flag.contains(rustix::fs::StatVfsMountFlags::RDONLY) {
                    return StorageState::ReadOnly;
                }
                if volume.f_bavail.saturating_mul(volume.f_frsize) < ROOM_NEEDED {
                    return StorageState::DiskFull;
                }
            }
        }
        let looked: Result<i64, sqlx::Error> =
            sqlx::query_scalar("PRAGMA schema_version").fetch_one(read).await;
        if let Err(error) = looked {
            return state_of(&error);
        }
        let write = async {
            let mut tx = write.begin_with("BEGIN IMMEDIATE").await?;
            sqlx::query(UNDONE_WRITE)
                .bind(uuid::Uuid::nil())
                .bind(ballast())
                .execute(&mut *tx)
                .await?;
            tx.rollback().await
        };
        self.settled(write).await
    }

    async fn check_postgres(&self, pool: &PgPool) -> StorageState {
        let read_only: Result<bool, sqlx::Error> =
            sqlx::query_scalar("SELECT current_setting('transaction_read_only')::bool")
                .fetch_one(pool)
                .await;
        match read_only {
            Ok(true) => return StorageState::ReadOnly,
            Ok(false) => {}
            Err(error) => return state_of(&error),
        }
        let write = async {
            let mut tx = pool.begin().await?;
            sqlx::query(UNDONE_WRITE)
                .bind(uuid::Uuid::nil())
                .bind(ballast())
                .execute(&mut *tx)
                .await?;
            tx.rollback().await
        };
        self.settled(write).await
    }

    /// What the marks say, after `write` had the chance to prove that it is over.
    async fn settled(&self, write: impl Future<Output = Result<(), sqlx::Error>>) -> StorageState {
        let marks = &self.0.marks;
        match marks.trouble() {
            None => StorageState::Ok,
            // Damage does not pass.
            Some(StorageState::Corrupt) => StorageState::Corrupt,
            Some(trouble) => match write.await {
                Ok(()) => {
                    marks.trouble.store(0, Ordering::Relaxed);
                    StorageState::Ok
                }
                Err(error) => match state_of(&error) {
                    // Somebody else writes, or the tables are not made yet.
                    StorageState::Unreachable { .. } => trouble,
                    state => state,
                },
            },
        }
    }
}

fn state_of(error: &sqlx::Error) -> StorageState {
    StorageState::of(Cause::of(error).unwrap_or(Cause::NoAnswer))
}

/// Some 64 kB that do not compress to nothing.
fn ballast() -> String {
    (0..8_192_u32)
        .map(|index| format!("{:08x}", index.wrapping_mul(2_654_435_761)))
        .collect()
}

#[cfg(test)]
mod tests;
