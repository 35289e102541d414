//! Where a database is, as people write it: read with care, because an address holds a password and is easily misread.

use std::{fmt, str::FromStr};

use sqlx::postgres::PgConnectOptions;

/// A database's address that was understood.
pub(crate) enum Address {
    /// The path of a SQLite file, or a `file:` URI of one.
    Sqlite(String),
    Postgres(Box<PgConnectOptions>),
}

/// What is wrong with an address. Never shows the address: it may hold a password in any place.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum AddressFault {
    /// It begins like no address that we know.
    Unknown,
    /// SQLite without a file.
    NoFile,
    /// It stands in quotes.
    Quotes,
    /// It has the form `host=… user=…`.
    Keywords,
    /// User name or password hold a character that means something else in an address.
    Encode {
        /// The character.
        character: char,
        /// How it is written instead.
        encoded: &'static str,
    },
    /// A line break or tab.
    ControlCharacter,
    /// The port is no number, or the host cannot be read.
    HostOrPort,
    /// Something else in it cannot be read, for instance the value of `sslmode`.
    Parameter,
}

const RIGHT: &str = "use `postgres://user:password@host:5432/name` or `sqlite:/path/to/file.db`";

impl fmt::Display for AddressFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unknown => write!(f, "it begins with neither `postgres://` nor `sqlite:`: {RIGHT}"),
            Self::NoFile => write!(
                f,
                "it names no file (a database in memory cannot be used): {RIGHT}"
            ),
            Self::Quotes => write!(f, "it stands in quotes: remove them"),
            Self::Keywords => write!(f, "the form `host=… user=… password=…` is not supported: {RIGHT}"),
            Self::Encode { character, encoded } => {
                let name = match character {
                    ' ' => "a space".to_owned(),
                    other => format!("`{other}`"),
                };
                write!(
                    f,
                    "the user name or password holds {name}, which must be percent-encoded: write {encoded} instead"
                )
            }
            Self::ControlCharacter => write!(f, "it holds a line break or a tab: write it on one line"),
            Self::HostOrPort => write!(
                f,
                "host and port cannot be read: {RIGHT}. In a password `#` must be written %23, `@` %40, `/` %2F, `?` %3F, \
                 `%` %25 and a space %20"
            ),
            Self::Parameter => write!(
                f,
                "a parameter after `?` has a value that cannot be read, for instance `sslmode`: it is one of disable, allow, \
                 prefer, require, verify-ca and verify-full"
            ),
        }
    }
}

/// What sqlx knows after the `?`. It would log any other one with its value.
const PARAMETERS: [&str; 18] = [
    "sslmode",
    "ssl-mode",
    "sslrootcert",
    "ssl-root-cert",
    "ssl-ca",
    "sslcert",
    "ssl-cert",
    "sslkey",
    "ssl-key",
    "statement-cache-capacity",
    "host",
    "hostaddr",
    "port",
    "dbname",
    "user",
    "password",
    "application_name",
    "options",
];

/// Says whether a database can be meant by this address. Nothing is opened.
///
/// # Errors
/// What is wrong with it, without the address.
pub fn check_address(address: &str) -> Result<(), AddressFault> {
    Address::parse(address).map(|_| ())
}

/// Whether a Postgres address may say this after its `?`. Others have no meaning here and are left out.
#[must_use]
pub fn is_known_parameter(name: &str) -> bool {
    PARAMETERS.contains(&name) || name.starts_with("options[")
}

impl Address {
    /// Reads an address.
    ///
    /// # Errors
    /// What is wrong with it.
    pub(crate) fn parse(address: &str) -> Result<Self, AddressFault> {
        let address = address.trim();
        if address.starts_with(['"', '\'', '`']) || address.ends_with(['"', '\'', '`']) {
            return Err(AddressFault::Quotes);
        }
        if let Some(path) = address.strip_prefix("sqlite:") {
            let path = path.strip_prefix("//").unwrap_or(path);
            // Every connection opens it anew, so it cannot be a database in memory.
            let in_memory = path.contains(":memory:") || path.contains("mode=memory");
            return if path.is_empty() || in_memory {
                Err(AddressFault::NoFile)
            } else {
                Ok(Self::Sqlite(path.to_owned()))
            };
        }
        let Some(rest) = ["postgres://", "postgresql://"]
            .iter()
            .find_map(|scheme| strip_prefix_ignoring_case(address, scheme))
        else {
            let keywords = ["host=", "user=", "password=", "dbname="];
            let keywords = !address.contains("://") && keywords.iter().any(|word| address.contains(word));
            return Err(if keywords {
                AddressFault::Keywords
            } else {
                AddressFault::Unknown
            });
        };
        if rest.contains(|c: char| c.is_control()) {
            return Err(AddressFault::ControlCharacter);
        }
        let (base, parameters) = split_parameters(rest);
        check_user(base)?;
        let known = parameters.map(known_parameters).unwrap_or_default();
        let options = PgConnectOptions::from_str(&format!("postgres://{base}{known}")).map_err(|_| {
            if known.is_empty() || PgConnectOptions::from_str(&format!("postgres://{base}")).is_err() {
                AddressFault::HostOrPort
            } else {
                AddressFault::Parameter
            }
        })?;
        Ok(Self::Postgres(Box::new(options)))
    }
}

fn strip_prefix_ignoring_case<'a>(text: &'a str, prefix: &str) -> Option<&'a str> {
    let begin = text.get(..prefix.len())?;
    begin.eq_ignore_ascii_case(prefix).then(|| &text[prefix.len()..])
}

/// Splits what stands behind a `?` off, unless the `?` is a part of a password.
fn split_parameters(rest: &str) -> (&str, Option<&str>) {
    let is_name = |c: char| c.is_ascii_alphanumeric() || "_-[]".contains(c);
    for (at, _) in rest.match_indices('?') {
        let behind = &rest[at + 1..];
        let first = behind.split('&').next().unwrap_or_default();
        let named = first
            .split_once('=')
            .is_some_and(|(name, _)| !name.is_empty() && name.chars().all(is_name));
        if behind.is_empty() || named {
            return (&rest[..at], Some(behind));
        }
    }
    (rest, None)
}

/// Parameters that are known, with the `?` before them. Others are told of by name: their value may be a secret.
fn known_parameters(parameters: &str) -> String {
    let mut known = Vec::new();
    for parameter in parameters.split('&').filter(|parameter| !parameter.is_empty()) {
        let name = parameter.split('=').next().unwrap_or_default();
        if is_known_parameter(name) {
            known.push(parameter);
        } else {
            tracing::warn!(
                parameter = name,
                "a parameter of the database address is unknown and ignored"
            );
        }
    }
    if known.is_empty() {
        String::new()
    } else {
        format!("?{}", known.join("&"))
    }
}

/// Looks for characters that would end user name and password before their end.
fn check_user(base: &str) -> Result<(), AddressFault> {
    let user = match base.rfind('@') {
        Some(at) => &base[..at],
        // Cut short by such a character, there may be no `@` at all.
        None if base.contains(['#', ' ']) => base,
        None => return Ok(()),
    };
    let mut left = user;
    while let Some(character) = left.chars().next() {
        left = &left[character.len_utf8()..];
        let encoded = match character {
            '#' => "%23",
            '@' => "%40",
            '/' => "%2F",
            '?' => "%3F",
            ' ' => "%20",
            '[' => "%5B",
            ']' => "%5D",
            '\\' => "%5C",
            '%' if !is_hex_pair(left) => "%25",
            _ => continue,
        };
        return Err(AddressFault::Encode { character, encoded });
    }
    if base.contains('#') {
        return Err(AddressFault::Encode {
            character: '#',
            encoded: "%23",
        });
    }
    Ok(())
}

fn is_hex_pair(text: &str) -> bool {
    let bytes = text.as_bytes();
    bytes.len() >= 2 && bytes[..2].iter().all(u8::is_ascii_hexdigit)
}

/// An address for messages: host, port and database name, or the path of the file; never user, password or parameters.
#[must_use]
pub fn redacted(address: &str) -> String {
    match Address::parse(address) {
        Ok(Address::Sqlite(path)) => path,
        Ok(Address::Postgres(options)) => shown(&options),
        Err(_) => "(an address that cannot be read)".to_owned(),
    }
}

/// The same of an address that was understood.
pub(crate) fn shown(options: &PgConnectOptions) -> String {
    let name = options
        .get_database()
        .map(|name| format!("/{name}"))
        .unwrap_or_default();
    match options.get_socket() {
        Some(socket) => format!("{}{name}", socket.display()),
        None => format!("{}:{}{name}", options.get_host(), options.get_port()),
    }
}

#[cfg(test)]
mod tests;
