//! Addresses as people write them.

use super::*;

fn fault(address: &str) -> AddressFault {
    match Address::parse(address) {
        Err(fault) => fault,
        Ok(_) => panic!("{address} was understood"),
    }
}

fn postgres(address: &str) -> PgConnectOptions {
    match Address::parse(address) {
        Ok(Address::Postgres(options)) => *options,
        Ok(Address::Sqlite(path)) => panic!("{address} is the file {path}"),
        Err(fault) => panic!("{address}: {fault}"),
    }
}

#[test]
fn a_character_that_must_be_encoded_is_named() {
    let table = [
        ("postgres://me:pa#ss@host:5432/name", '#', "%23"),
        ("postgres://me:p@ss@host:5432/name", '@', "%40"),
        ("postgres://me:pa/ss@host:5432/name", '/', "%2F"),
        ("postgres://me:pa?ss@host:5432/name", '?', "%3F"),
        ("postgres://me:pa ss@host:5432/name", ' ', "%20"),
        ("postgres://me:pa%ss@host:5432/name", '%', "%25"),
        ("postgres://me:pass%@host:5432/name", '%', "%25"),
        ("postgres://me:pa[ss@host:5432/name", '[', "%5B"),
        ("postgresql://me:pa\\ss@host/name?sslmode=require", '\\', "%5C"),
    ];
    for (address, character, encoded) in table {
        assert_eq!(
            fault(address),
            AddressFault::Encode { character, encoded },
            "{address}"
        );
    }
    assert_eq!(
        fault("postgres://me:pa#ss@host/name").to_string(),
        "the user name or password holds `#`, which must be percent-encoded: write %23 instead"
    );
}

#[test]
fn other_faults_are_told_apart() {
    let table = [
        ("'postgres://me:secret@host/name'", AddressFault::Quotes),
        ("\"sqlite:/a.db\"", AddressFault::Quotes),
        ("host=db user=me password=secret dbname=a", AddressFault::Keywords),
        ("user=me password=secret", AddressFault::Keywords),
        ("", AddressFault::Unknown),
        ("mysql://me:secret@host/name", AddressFault::Unknown),
        ("sqlite:", AddressFault::NoFile),
        ("sqlite::memory:", AddressFault::NoFile),
        ("postgres://me:secret@host:port/name", AddressFault::HostOrPort),
        ("postgres://me:sec\nret@host/name", AddressFault::ControlCharacter),
        (
            "postgres://me:secret@host/name?sslmode=always",
            AddressFault::Parameter,
        ),
    ];
    for (address, expected) in table {
        let fault = fault(address);
        assert_eq!(fault, expected, "{address}");
        assert!(!fault.to_string().contains("secret"), "{fault}");
    }
}

#[test]
fn a_right_address_is_understood() {
    let options = postgres(
        "  postgres://me:p%23a%40s%25:s@db.example.com:6432/name?sslmode=require&application_name=a@b \n",
    );
    assert_eq!(
        (
            options.get_host(),
            options.get_port(),
            options.get_database(),
            options.get_username()
        ),
        ("db.example.com", 6432, Some("name"), "me")
    );
    assert_eq!(postgres("POSTGRESQL://host/name").get_host(), "host");
    assert_eq!(postgres("postgres://me@[::1]:5432/name").get_port(), 5432);
    // What Prisma and Neon write beside it is no parameter of the server.
    let options = postgres(
        "postgres://me:secret@host/name?pgbouncer=true&connection_limit=1&channel_binding=require&sslmode=disable",
    );
    assert_eq!(options.get_database(), Some("name"));
    assert!(matches!(
        options.get_ssl_mode(),
        sqlx::postgres::PgSslMode::Disable
    ));
    assert!(matches!(Address::parse(" sqlite:///a b.db "), Ok(Address::Sqlite(path)) if path == "/a b.db"));
}

#[test]
fn what_messages_show_holds_no_password() {
    let table = [
        ("postgres://me:secret@host:6000/name", "host:6000/name"),
        (
            "postgres://me@host/name?password=secret&sslmode=disable",
            "host:5432/name",
        ),
        ("sqlite:/var/lib/a.db", "/var/lib/a.db"),
        (
            "postgres://me:sec#secret@host/name",
            "(an address that cannot be read)",
        ),
        (
            "'postgres://me:secret@host/name'",
            "(an address that cannot be read)",
        ),
    ];
    for (address, expected) in table {
        assert_eq!(redacted(address), expected, "{address}");
    }
}
