//! Why a database does not serve: a typed cause for each code and message, with a sentence that says what to do.
//!
//! Poolers and TLS libraries tell some causes only by their text; this is the one place that reads such text.

use std::{fmt, io};

/// Why the database does not serve.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Cause {
    /// The name of the host is unknown.
    HostNotFound,
    /// The host refuses connections on that port.
    Refused,
    /// No answer, or the network does not lead there.
    NoAnswer,
    /// The connection broke.
    ConnectionLost,
    /// The server does not accept this user and password.
    Authentication,
    /// The server's list of permitted hosts does not have this machine.
    HostNotPermitted,
    /// The pooler knows no such project or user.
    UnknownTenant,
    /// There is no database of that name.
    NoDatabase,
    /// The server accepts encrypted connections only.
    TlsRequired,
    /// The server does not offer encrypted connections.
    TlsRefused,
    /// The server's certificate cannot be verified, or the encryption could not be set up.
    TlsCertificate,
    /// The server or pooler has no connection left for us.
    TooManyConnections,
    /// All connections of this node are in use.
    PoolExhausted,
    /// The server starts or shuts down.
    NotReady,
    /// The server is older than we support.
    OldServer,
    /// A pooler gives every transaction another session.
    TransactionPooler,
    /// A pooler refuses a parameter of the connection.
    StartupParameter,
    /// The database user may not do this.
    NotPermitted,
    /// The database takes no writes.
    ReadOnly,
    /// The disk is full.
    DiskFull,
    /// The server is out of memory or of another resource.
    OutOfResources,
    /// A statement or a lock took longer than the server allows.
    Timeout,
    /// Another process holds the lock of the SQLite file.
    Busy,
    /// The file cannot be opened.
    CannotOpen,
    /// The file is no SQLite database.
    NotADatabase,
    /// The data is damaged.
    Corrupt,
    /// The disk reports an error.
    DiskError,
    /// The SQLite file was deleted or replaced while we run.
    FileGone,
    /// The store was closed: the node is stopping.
    Closed,
}

impl Cause {
    /// A code for logs and JSON that never changes.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::HostNotFound => "host_not_found",
            Self::Refused => "connection_refused",
            Self::NoAnswer => "no_answer",
            Self::ConnectionLost => "connection_lost",
            Self::Authentication => "authentication_failed",
            Self::HostNotPermitted => "host_not_permitted",
            Self::UnknownTenant => "unknown_tenant",
            Self::NoDatabase => "no_such_database",
            Self::TlsRequired => "tls_required",
            Self::TlsRefused => "tls_refused",
            Self::TlsCertificate => "tls_certificate",
            Self::TooManyConnections => "too_many_connections",
            Self::PoolExhausted => "pool_exhausted",
            Self::NotReady => "server_not_ready",
            Self::OldServer => "server_too_old",
            Self::TransactionPooler => "transaction_pooler",
            Self::StartupParameter => "startup_parameter",
            Self::NotPermitted => "not_permitted",
            Self::ReadOnly => "read_only",
            Self::DiskFull => "disk_full",
            Self::OutOfResources => "out_of_resources",
            Self::Timeout => "timeout",
            Self::Busy => "busy",
            Self::CannotOpen => "cannot_open",
            Self::NotADatabase => "not_a_database",
            Self::Corrupt => "corrupt",
            Self::DiskError => "disk_error",
            Self::FileGone => "file_gone",
            Self::Closed => "closed",
        }
    }

    /// What to do about it: one sentence, without a full stop.
    #[must_use]
    pub fn advice(self) -> &'static str {
        match self {
            Self::HostNotFound => {
                "Check the host name in DATABASE_URL; an unencoded `@`, `/`, `#` or `?` in the password also leads to a \
                 wrong host"
            }
            Self::Refused => "Check the host and port in DATABASE_URL, and that the server runs",
            Self::NoAnswer => {
                "Check the host and port in DATABASE_URL, and that the firewall lets this machine reach the server"
            }
            Self::ConnectionLost => "AutoLynx connects again by itself; check that the server runs",
            Self::Authentication => {
                "Check the user and password in DATABASE_URL; in a password `%` must be written `%25`, `#` `%23`, \
                 `@` `%40`, `/` `%2F`, `?` `%3F` and a space `%20`"
            }
            Self::HostNotPermitted => {
                "Add this machine to the server's pg_hba.conf or to its list of permitted addresses"
            }
            Self::UnknownTenant => {
                "On Supabase's pooler the user is `postgres.` followed by the project reference: copy the address of the \
                 session pooler from the dashboard"
            }
            Self::NoDatabase => "Create it with `createdb`, or correct the name at the end of DATABASE_URL",
            Self::TlsRequired => "Add `?sslmode=require` to DATABASE_URL",
            Self::TlsRefused => {
                "Turn TLS on at the server, or write `?sslmode=disable` in DATABASE_URL if the network is private"
            }
            Self::TlsCertificate => {
                "Name the server's certificate authority with `?sslrootcert=/path/ca.crt` in DATABASE_URL; \
                 `?sslmode=require` encrypts without verifying"
            }
            Self::TooManyConnections => {
                "Lower DATABASE_MAX_CONNECTIONS of every node, stop nodes that are not needed, or raise the limit of the \
                 server or pooler"
            }
            Self::PoolExhausted => {
                "Raise DATABASE_MAX_CONNECTIONS if this happens again; check that the server is not overloaded"
            }
            Self::NotReady => "Wait until the server has started",
            Self::OldServer => "Upgrade the server to Postgres 15 or newer",
            Self::TransactionPooler => {
                "AutoLynx needs sessions: use the session pooler (on Supabase port 5432 instead of 6543, in PgBouncer \
                 `pool_mode = session`) or a direct connection"
            }
            Self::StartupParameter => {
                "Add the parameter to `ignore_startup_parameters` of PgBouncer, for instance `ignore_startup_parameters = \
                 extra_float_digits`, or use a direct connection"
            }
            Self::NotPermitted => {
                "Let the database user create and change tables: `GRANT CREATE, USAGE ON SCHEMA public TO …`, and make it \
                 the owner of the AutoLynx tables"
            }
            Self::ReadOnly => {
                "Connect to the primary server instead of a copy, or make the database, its file or its disk writable"
            }
            Self::DiskFull => "Free disk space; AutoLynx goes on by itself",
            Self::OutOfResources => "Give the server more memory, or take load off it",
            Self::Timeout => {
                "AutoLynx tries again; if it persists, look for long transactions in `pg_stat_activity` and raise \
                 `statement_timeout` or `lock_timeout` for this user"
            }
            Self::Busy => "Close the other program that writes in the file",
            Self::CannotOpen => {
                "Check the path in DATABASE_URL, that its folder exists, and that this account may write in it"
            }
            Self::NotADatabase => {
                "Check the path in DATABASE_URL: the file is of another program, or encrypted"
            }
            Self::Corrupt => "Stop AutoLynx, keep a copy of the files, and restore a backup",
            Self::DiskError => "Check the disk and the system log",
            Self::FileGone => "Stop AutoLynx, put the file and its `-wal` file back, and start it again",
            Self::Closed => "Nothing: the node is stopping",
        }
    }

    /// Whether it may pass by itself, so that waiting for it makes sense.
    #[must_use]
    pub fn may_pass(self) -> bool {
        matches!(
            self,
            Self::HostNotFound
                | Self::Refused
                | Self::NoAnswer
                | Self::ConnectionLost
                | Self::TooManyConnections
                | Self::PoolExhausted
                | Self::NotReady
                | Self::OutOfResources
        )
    }

    /// Reads the cause from an error of a database. `None`: a fault of the statement, or of ours.
    #[must_use]
    pub(crate) fn of(error: &sqlx::Error) -> Option<Self> {
        match error {
            sqlx::Error::Database(database) => {
                Self::of_code(database.code().as_deref().unwrap_or_default(), database.message())
            }
            sqlx::Error::Io(error) => Some(Self::of_io(error)),
            sqlx::Error::Tls(error) => Some(Self::of_tls(&error.to_string())),
            sqlx::Error::PoolTimedOut => Some(Self::PoolExhausted),
            sqlx::Error::PoolClosed | sqlx::Error::WorkerCrashed => Some(Self::Closed),
            _ => None,
        }
    }

    /// Reads the cause from what a database answers: the SQLSTATE of Postgres, or the (extended) code of SQLite.
    #[must_use]
    pub fn of_code(code: &str, message: &str) -> Option<Self> {
        if code.len() < 5 {
            return of_sqlite(code);
        }
        let says = |words: &str| contains(message, words);
        let many = says("MaxClients")
            || says("max clients reached")
            || says("no more connections allowed")
            || says("EMAXCONN");
        match code {
            _ if many => Some(Self::TooManyConnections),
            _ if says("Tenant or user not found") => Some(Self::UnknownTenant),
            "53300" => Some(Self::TooManyConnections),
            "53100" => Some(Self::DiskFull),
            _ if code.starts_with("53") => Some(Self::OutOfResources),
            "57P03" | "57P01" | "57P02" => Some(Self::NotReady),
            "57014" | "55P03" | "25P03" | "25P04" => Some(Self::Timeout),
            "28000" if says("no encryption") || says("SSL off") || says("SSL required") => {
                Some(Self::TlsRequired)
            }
            "28000" if says("pg_hba") => Some(Self::HostNotPermitted),
            "28000" | "28P01" => Some(Self::Authentication),
            "3D000" => Some(Self::NoDatabase),
            "26000" | "42P05" => Some(Self::TransactionPooler),
            "08P01" if says("startup parameter") => Some(Self::StartupParameter),
            "25006" => Some(Self::ReadOnly),
            "42501" => Some(Self::NotPermitted),
            "XX001" | "XX002" => Some(Self::Corrupt),
            "58030" => Some(Self::DiskError),
            _ if code.starts_with("08") || code.starts_with("57") => Some(Self::ConnectionLost),
            _ if code.starts_with("XX") && says("SSL connection is required") => Some(Self::TlsRequired),
            _ if code.starts_with("XX") && (says("password") || says("authentication")) => {
                Some(Self::Authentication)
            }
            _ => None,
        }
    }

    /// Reads the cause from an error of the operating system.
    #[must_use]
    pub fn of_io(error: &io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::ConnectionRefused => Self::Refused,
            io::ErrorKind::ConnectionReset
            | io::ErrorKind::ConnectionAborted
            | io::ErrorKind::BrokenPipe
            | io::ErrorKind::NotConnected
            | io::ErrorKind::UnexpectedEof => Self::ConnectionLost,
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Self::DiskFull,
            io::ErrorKind::ReadOnlyFilesystem => Self::ReadOnly,
            io::ErrorKind::NotFound | io::ErrorKind::PermissionDenied => Self::CannotOpen,
            // The resolver's errors have no kind of their own.
            _ if [
                "lookup",
                "name or service",
                "nodename",
                "resolve",
                "name resolution",
            ]
            .iter()
            .any(|words| contains(&error.to_string(), words)) =>
            {
                Self::HostNotFound
            }
            _ => Self::NoAnswer,
        }
    }

    /// Reads the cause from the text of a TLS error, which has no code.
    #[must_use]
    pub fn of_tls(text: &str) -> Self {
        if contains(text, "does not support TLS") || contains(text, "not support SSL") {
            Self::TlsRefused
        } else {
            Self::TlsCertificate
        }
    }
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::HostNotFound => "the host name of the database is unknown",
            Self::Refused => "the database server refuses connections",
            Self::NoAnswer => "the database server does not answer",
            Self::ConnectionLost => "the connection to the database broke",
            Self::Authentication => "the database server does not accept this user and password",
            Self::HostNotPermitted => "the database server does not permit connections from this machine",
            Self::UnknownTenant => "the pooler knows no such project or user",
            Self::NoDatabase => "the server has no database of this name",
            Self::TlsRequired => "the database server accepts encrypted connections only",
            Self::TlsRefused => "the database server does not offer encrypted connections",
            Self::TlsCertificate => "the certificate of the database server cannot be verified",
            Self::TooManyConnections => "the database server or its pooler has no connection left",
            Self::PoolExhausted => "no connection to the database became free",
            Self::NotReady => "the database server is starting or shutting down",
            Self::OldServer => "the database server is older than Postgres 15",
            Self::TransactionPooler => "the address leads to a pooler in transaction mode",
            Self::StartupParameter => "the pooler refuses a parameter of the connection",
            Self::NotPermitted => "the database user lacks a permission",
            Self::ReadOnly => "the database takes no writes",
            Self::DiskFull => "the disk of the database is full",
            Self::OutOfResources => "the database server is out of memory or another resource",
            Self::Timeout => "a statement took longer than the database server allows",
            Self::Busy => "another program holds the lock of the database file",
            Self::CannotOpen => "the database file, or a file that its address names, cannot be opened",
            Self::NotADatabase => "the file is not a SQLite database",
            Self::Corrupt => "the data of the database is damaged",
            Self::DiskError => "the disk of the database reports an error",
            Self::FileGone => "the database file was deleted or replaced while AutoLynx runs",
            Self::Closed => "the connection to the database was closed",
        })
    }
}

/// SQLite reports an extended code; its low byte is the primary one.
fn of_sqlite(code: &str) -> Option<Cause> {
    Some(match code.parse::<i32>().ok()? & 0xff {
        5 | 6 => Cause::Busy,
        8 => Cause::ReadOnly,
        10 => Cause::DiskError,
        11 => Cause::Corrupt,
        13 => Cause::DiskFull,
        14 => Cause::CannotOpen,
        26 => Cause::NotADatabase,
        _ => return None,
    })
}

fn contains(text: &str, words: &str) -> bool {
    text.to_ascii_lowercase().contains(&words.to_ascii_lowercase())
}

#[cfg(test)]
mod tests;
