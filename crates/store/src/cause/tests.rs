//! Codes, operating-system errors and the words of poolers, by value.

use std::io::{Error, ErrorKind};

use super::*;

#[test]
fn every_answer_of_a_server_has_its_cause() {
    let table = [
        (
            "28P01",
            "password authentication failed for user \"me\"",
            Cause::Authentication,
        ),
        (
            "28000",
            "no pg_hba.conf entry for host \"10.0.0.1\", user \"me\", database \"a\", no encryption",
            Cause::TlsRequired,
        ),
        (
            "28000",
            "no pg_hba.conf entry for host \"10.0.0.1\", user \"me\", database \"a\", SSL encryption",
            Cause::HostNotPermitted,
        ),
        ("3D000", "database \"a\" does not exist", Cause::NoDatabase),
        (
            "53300",
            "sorry, too many clients already",
            Cause::TooManyConnections,
        ),
        (
            "53300",
            "too many connections for role \"me\"",
            Cause::TooManyConnections,
        ),
        (
            "XX000",
            "MaxClientsInSessionMode: max clients reached - in Session mode max clients are limited to pool_size",
            Cause::TooManyConnections,
        ),
        (
            "08P01",
            "no more connections allowed (max_client_conn)",
            Cause::TooManyConnections,
        ),
        ("XX000", "Tenant or user not found", Cause::UnknownTenant),
        ("57P03", "the database system is starting up", Cause::NotReady),
        (
            "57P01",
            "terminating connection due to administrator command",
            Cause::NotReady,
        ),
        (
            "26000",
            "prepared statement \"sqlx_s_1\" does not exist",
            Cause::TransactionPooler,
        ),
        (
            "42P05",
            "prepared statement \"sqlx_s_1\" already exists",
            Cause::TransactionPooler,
        ),
        (
            "08P01",
            "unsupported startup parameter: extra_float_digits",
            Cause::StartupParameter,
        ),
        (
            "42501",
            "permission denied for schema public",
            Cause::NotPermitted,
        ),
        (
            "25006",
            "cannot execute INSERT in a read-only transaction",
            Cause::ReadOnly,
        ),
        (
            "53100",
            "could not extend file: No space left on device",
            Cause::DiskFull,
        ),
        ("53200", "out of memory", Cause::OutOfResources),
        (
            "57014",
            "canceling statement due to statement timeout",
            Cause::Timeout,
        ),
        ("55P03", "canceling statement due to lock timeout", Cause::Timeout),
        ("XX001", "invalid page in block 3", Cause::Corrupt),
        ("08006", "connection failure", Cause::ConnectionLost),
        ("5", "database is locked", Cause::Busy),
        ("1032", "attempt to write a readonly database", Cause::ReadOnly),
        ("13", "database or disk is full", Cause::DiskFull),
        ("778", "disk I/O error", Cause::DiskError),
        ("11", "database disk image is malformed", Cause::Corrupt),
        ("14", "unable to open database file", Cause::CannotOpen),
        ("26", "file is not a database", Cause::NotADatabase),
    ];
    for (code, message, cause) in table {
        assert_eq!(Cause::of_code(code, message), Some(cause), "{code} {message}");
    }
    // Faults of a statement are no causes for a database to be away.
    for code in ["23505", "42601", "22P02", "1", "19", "2067"] {
        assert_eq!(Cause::of_code(code, "whatever"), None, "{code}");
    }
}

#[test]
fn every_error_of_the_machine_has_its_cause() {
    let table = [
        (ErrorKind::ConnectionRefused, Cause::Refused),
        (ErrorKind::ConnectionReset, Cause::ConnectionLost),
        (ErrorKind::UnexpectedEof, Cause::ConnectionLost),
        (ErrorKind::TimedOut, Cause::NoAnswer),
        (ErrorKind::HostUnreachable, Cause::NoAnswer),
        (ErrorKind::StorageFull, Cause::DiskFull),
        (ErrorKind::ReadOnlyFilesystem, Cause::ReadOnly),
        (ErrorKind::PermissionDenied, Cause::CannotOpen),
    ];
    for (kind, cause) in table {
        assert_eq!(Cause::of_io(&kind.into()), cause, "{kind}");
    }
    let resolver = "failed to lookup address information: Name or service not known";
    assert_eq!(Cause::of_io(&Error::other(resolver)), Cause::HostNotFound);
    assert_eq!(Cause::of_tls("server does not support TLS"), Cause::TlsRefused);
    assert_eq!(
        Cause::of_tls("invalid peer certificate: UnknownIssuer"),
        Cause::TlsCertificate
    );
    assert_eq!(Cause::of(&sqlx::Error::PoolTimedOut), Some(Cause::PoolExhausted));
    assert_eq!(Cause::of(&sqlx::Error::RowNotFound), None);
}

#[test]
fn an_error_says_the_cause_the_fix_and_what_kind_it_is() {
    let full = crate::Error::from(sqlx::Error::Io(ErrorKind::StorageFull.into()));
    assert!(
        matches!(full, crate::Error::DiskFull(_)) && full.is_unavailable(),
        "{full}"
    );
    assert_eq!(
        full.to_string(),
        "the disk of the database is full. Free disk space; AutoLynx goes on by itself"
    );
    let busy = crate::Error::from(sqlx::Error::PoolTimedOut);
    assert_eq!(
        busy.to_string(),
        "the database is not available: no connection to the database became free. Raise DATABASE_MAX_CONNECTIONS if \
         this happens again; check that the server is not overloaded"
    );
    assert!(busy.is_unavailable());
}

#[test]
fn only_what_passes_by_itself_is_waited_for() {
    for cause in [
        Cause::Refused,
        Cause::NoAnswer,
        Cause::TooManyConnections,
        Cause::NotReady,
    ] {
        assert!(cause.may_pass(), "{cause}");
    }
    for cause in [
        Cause::Authentication,
        Cause::NoDatabase,
        Cause::TransactionPooler,
        Cause::OldServer,
        Cause::TlsRefused,
    ] {
        assert!(!cause.may_pass(), "{cause}");
    }
}
