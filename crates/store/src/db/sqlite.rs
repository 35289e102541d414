//! Opening a SQLite file.

use std::{fs::File, path::PathBuf, time::Duration};

use sqlx::{
    Connection, SqlitePool,
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous},
};

use super::{Db, OpenError, Options};
use crate::file::{self, DataFile};

/// Opens the file: private, and held for this process alone if the options say so.
pub(super) async fn open(path: &str, options: Options) -> Result<(Db, DataFile), OpenError> {
    let plain = file::resolved(&plain_path(path));
    let lock = if options.exclusive {
        file::lock(&plain)?
    } else {
        None
    };
    if options.create && !path.contains('?') {
        file::make_private(&plain).map_err(|error| OpenError::file(&plain, &error))?;
    }
    let (write, read) = connect(path, options)
        .await
        .map_err(|error| OpenError::connect(path, &error))?;
    let file = opened(&read, plain, lock)
        .await
        .map_err(|error| OpenError::connect(path, &error))?;
    Ok((Db::Sqlite { write, read }, file))
}

/// The path within an address that may be a `file:` URI.
fn plain_path(path: &str) -> PathBuf {
    let plain = path.strip_prefix("file:").unwrap_or(path);
    PathBuf::from(plain.split('?').next().unwrap_or(plain))
}

/// Which file it is that SQLite opened, by its own word.
async fn opened(read: &SqlitePool, plain: PathBuf, lock: Option<File>) -> Result<DataFile, sqlx::Error> {
    let found: Option<String> =
        sqlx::query_scalar("SELECT file FROM pragma_database_list WHERE name = 'main'")
            .fetch_optional(read)
            .await?;
    let path = found
        .filter(|found| !found.is_empty())
        .map_or(plain, PathBuf::from);
    file::warn_of_wide_permissions(&path);
    Ok(DataFile::opened(path, lock))
}

async fn connect(path: &str, options: Options) -> Result<(SqlitePool, SqlitePool), sqlx::Error> {
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
    // A file that was taken away while we run must not be made anew, empty, by a reader that connects later.
    let read = pool(options.connections.max(1))
        .connect_with(connect.create_if_missing(false).pragma("query_only", "on"))
        .await?;
    Ok((write, read))
}
