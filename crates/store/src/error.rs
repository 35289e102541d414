//! What can go wrong with a database, sorted by what the caller can do about it.

/// A failure of the store. Absence is not a failure: look-ups return `Option`.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Somebody else was faster, or the row is not in the expected state. Look again.
    #[error("the data changed in between: {0}")]
    Conflict(String),
    /// The database cannot be reached, is full, or is shutting down. Try again later: nothing was written, unless the
    /// connection broke during the very commit, and every method can be called again all the same.
    #[error("the database is not available: {0}")]
    Unavailable(String),
    /// A row holds what no version of this program writes.
    #[error("table {table}, column {column}, row {row}: unreadable value {value:?}")]
    Corrupt {
        /// The table.
        table: &'static str,
        /// The column.
        column: &'static str,
        /// The row's id.
        row: String,
        /// What stands there.
        value: String,
    },
    /// Anything else; a fault of ours.
    #[error("database error: {0}")]
    Other(String),
}

impl From<sqlx::Error> for Error {
    fn from(error: sqlx::Error) -> Self {
        match &error {
            sqlx::Error::Database(database) => {
                let code = database.code().unwrap_or_default();
                match code.as_ref() {
                    // SQLITE_FULL, SQLITE_IOERR, SQLITE_READONLY, SQLITE_BUSY, SQLITE_CANTOPEN with their extended codes.
                    code if is_sqlite_code(code, &[13, 10, 8, 5, 14]) => Self::Unavailable(error.to_string()),
                    // Postgres: connection exceptions, insufficient resources (disk full), operator intervention.
                    code if code.len() == 5
                        && ["08", "53", "57"].iter().any(|class| code.starts_with(class)) =>
                    {
                        Self::Unavailable(error.to_string())
                    }
                    // A server that is a copy now, and takes no writes.
                    "25006" => Self::Unavailable(error.to_string()),
                    // Serialisation failure and deadlock.
                    "40001" | "40P01" => Self::Conflict(error.to_string()),
                    _ if database.is_unique_violation() => Self::Conflict(error.to_string()),
                    _ => Self::Other(error.to_string()),
                }
            }
            sqlx::Error::Io(_)
            | sqlx::Error::Tls(_)
            | sqlx::Error::PoolTimedOut
            | sqlx::Error::PoolClosed
            | sqlx::Error::WorkerCrashed => Self::Unavailable(error.to_string()),
            _ => Self::Other(error.to_string()),
        }
    }
}

/// SQLite reports an extended code; its low byte is the primary one.
fn is_sqlite_code(code: &str, primary: &[i32]) -> bool {
    code.len() < 5
        && code
            .parse::<i32>()
            .is_ok_and(|code| primary.contains(&(code & 0xff)))
}
