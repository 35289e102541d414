//! What can go wrong with a database, sorted by what the caller can do about it.

use crate::cause::Cause;

/// A failure of the store. Absence is not a failure: look-ups return `Option`.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Somebody else was faster, or the row is not in the expected state. Look again.
    #[error("the data changed in between: {0}")]
    Conflict(String),
    /// The database cannot be reached, is shutting down, or takes no writes. Try again later: nothing was written, unless the
    /// connection broke during the very commit, and every method can be called again all the same.
    #[error("the database is not available: {0}")]
    Unavailable(String),
    /// The disk of the database is full. Nothing was written; the same succeeds once there is room.
    #[error("{0}")]
    DiskFull(String),
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

impl Error {
    /// Whether the database is away or full: nothing was written, and the same may succeed later.
    #[must_use]
    pub fn is_unavailable(&self) -> bool {
        matches!(self, Self::Unavailable(_) | Self::DiskFull(_))
    }

    /// A database that does not serve, for this cause.
    pub(crate) fn caused_by(cause: Cause) -> Self {
        let says = format!("{cause}. {}", cause.advice());
        match cause {
            Cause::DiskFull => Self::DiskFull(says),
            _ => Self::Unavailable(says),
        }
    }
}

impl From<sqlx::Error> for Error {
    fn from(error: sqlx::Error) -> Self {
        if let sqlx::Error::Database(database) = &error {
            // Serialization failure and deadlock.
            let raced = matches!(database.code().as_deref(), Some("40001" | "40P01"));
            if raced || database.is_unique_violation() {
                return Self::Conflict(error.to_string());
            }
        }
        let Some(cause) = Cause::of(&error) else {
            return Self::Other(error.to_string());
        };
        match (Self::caused_by(cause), said(&error)) {
            (Self::Unavailable(says), Some(said)) => Self::Unavailable(format!("{says} ({said})")),
            (other, _) => other,
        }
    }
}

/// What the database or the machine says, without the layers around it. `None` where that adds nothing.
pub(crate) fn said(error: &sqlx::Error) -> Option<String> {
    match error {
        sqlx::Error::Database(database) => Some(database.message().to_owned()),
        sqlx::Error::PoolTimedOut | sqlx::Error::PoolClosed | sqlx::Error::WorkerCrashed => None,
        sqlx::Error::Io(error) => Some(error.to_string()),
        other => Some(other.to_string()),
    }
}
