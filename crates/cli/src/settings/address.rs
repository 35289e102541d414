//! Addresses in settings: of the database, of servers. They can hold passwords, so messages say what is wrong with them
//! and never what they are.

use std::net::IpAddr;

use anyhow::{anyhow, ensure};
use reqwest::Url;

use super::hidden::{Hidden, could_be_secret};

const SSL_MODES: [&str; 6] = [
    "disable",
    "allow",
    "prefer",
    "require",
    "verify-ca",
    "verify-full",
];

/// The address of a database as the store takes it, and the names of its parameters that nobody knows and that are left
/// out.
///
/// A password stands with the user, where every message about an address leaves it out, even if it was given as
/// `?password=`.
///
/// # Errors
/// When it is of no known kind or cannot be read. The message does not repeat it.
pub(super) fn database(address: &str) -> anyhow::Result<(Hidden, Vec<String>)> {
    let address = address.trim();
    if let Ok(url) = Url::parse(address) {
        for (name, value) in url.query_pairs().filter(|_| address.starts_with("postgres")) {
            check_parameter(&name, &value)?;
        }
    }
    store::check_address(address).map_err(|fault| anyhow!("{fault}"))?;
    if address.starts_with("sqlite:") {
        return Ok((address.to_owned().into(), Vec::new()));
    }
    let mut url = Url::parse(address).map_err(|_| anyhow!("it cannot be read"))?;
    let given: Vec<(String, String)> = url.query_pairs().into_owned().collect();
    let (mut kept, mut unknown) = (Vec::new(), Vec::new());
    for (name, value) in given {
        // Everything but the sign of an escape is escaped by itself.
        let escaped = value.replace('%', "%25");
        if name == "password" && url.has_host() && url.set_password(Some(&escaped)).is_ok() {
            continue;
        }
        if !store::is_known_parameter(&name) {
            let shown = if could_be_secret(&name) {
                "…".to_owned()
            } else {
                name
            };
            unknown.push(shown);
            continue;
        }
        kept.push((name, value));
    }
    url.set_query(None);
    if !kept.is_empty() {
        url.query_pairs_mut().extend_pairs(kept);
    }
    Ok((String::from(url).into(), unknown))
}

fn check_parameter(name: &str, value: &str) -> anyhow::Result<()> {
    match name {
        "sslmode" | "ssl-mode" => ensure!(
            SSL_MODES.contains(&value.to_ascii_lowercase().as_str()),
            "its parameter `{name}` must be one of {}",
            SSL_MODES.join(", ")
        ),
        "port" => ensure!(
            value.parse::<u16>().is_ok(),
            "its parameter `port` must be a port"
        ),
        "hostaddr" => ensure!(
            value.parse::<IpAddr>().is_ok(),
            "its parameter `hostaddr` must be an IP address"
        ),
        "statement-cache-capacity" => ensure!(
            value.parse::<usize>().is_ok(),
            "its parameter `{name}` must be a whole number"
        ),
        _ => {}
    }
    Ok(())
}

/// An address of the web that may be shown: without user, password and query, and without a slash at its end.
///
/// # Errors
/// When it is none. The message does not repeat it.
pub(super) fn web(address: &str) -> anyhow::Result<String> {
    let url = http(address)?;
    ensure!(
        url.username().is_empty() && url.password().is_none(),
        "it must hold no user and no password: it is shown in logs and sent to others"
    );
    ensure!(
        url.query().is_none() && url.fragment().is_none(),
        "it must end before `?` and `#`: a path is added to it"
    );
    Ok(url.as_str().trim_end_matches('/').to_owned())
}

/// The address of a node that commands ask. A proxy in front of it may ask for a user and a password.
///
/// # Errors
/// When it is none. The message does not repeat it.
pub(crate) fn server(address: &str) -> anyhow::Result<Server> {
    let url = http(address)?;
    ensure!(
        url.query().is_none() && url.fragment().is_none(),
        "it must end before `?` and `#`: a path is added to it"
    );
    let mut shown = url.clone();
    // Only an address without a host refuses these.
    let _ = shown.set_username("");
    let _ = shown.set_password(None);
    let text = |url: &Url| url.as_str().trim_end_matches('/').to_owned();
    Ok(Server {
        base: text(&url).into(),
        shown: text(&shown),
    })
}

/// Where a node is.
#[derive(Clone, Debug)]
pub(crate) struct Server {
    /// The address to ask, without a slash at its end.
    pub(crate) base: Hidden,
    /// The address for messages.
    pub(crate) shown: String,
}

fn http(address: &str) -> anyhow::Result<Url> {
    let url = Url::parse(address).ok();
    url.filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host())
        .ok_or_else(|| anyhow!("it must be an address such as https://calls.example.com"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_moves_to_where_every_message_leaves_it_out() {
        let (address, unknown) =
            database("postgres://u@h:5432/db?sslmode=require&password=p%40%2Fw%25&channel_binding=require")
                .unwrap();
        assert_eq!(
            address.reveal(),
            "postgres://u:p%40%2Fw%25@h:5432/db?sslmode=require"
        );
        assert_eq!(unknown, ["channel_binding"]);
        for untouched in [
            "postgres://user:password@db.example.com:5432/postgres",
            "postgres:///db?host=%2Fvar%2Frun%2Fpostgresql",
            "sqlite:/tmp/a b.db",
        ] {
            assert_eq!(database(untouched).unwrap().0.reveal(), untouched);
        }
    }

    #[test]
    fn what_is_wrong_with_an_address_is_said_without_it() {
        for (address, why) in [
            ("host=db user=u password=s3cret", "is not supported"),
            ("mysql://u:s3cret@h/db", "begins with neither"),
            ("postgres:u:s3cret@h/db", "begins with neither"),
            ("postgres://u:s3cret@h:99999/db", "cannot be read"),
            ("postgres://u:s3cret#x@h/db", "%23"),
            ("postgres://u:s3cret/x@h/db", "%2F"),
            ("postgres://u@h/db?sslmode=s3cret", "sslmode"),
            ("postgres://u@h/db?port=s3cret", "port"),
        ] {
            let complaint = format!("{:#}", database(address).unwrap_err());
            assert!(complaint.contains(why), "{address}: {complaint}");
            assert!(!complaint.contains("s3cret"), "{complaint}");
        }
        for address in [
            "https://u:s3cret@h/",
            "https://h/?x=s3cret",
            "https://h/#s3cret",
            "s3cret",
        ] {
            let complaint = format!("{:#}", web(address).unwrap_err());
            assert!(!complaint.contains("s3cret"), "{complaint}");
        }
    }

    #[test]
    fn the_address_of_a_node_is_shown_without_its_password() {
        let server = server("http://u:s3cret@h:3000/").unwrap();
        assert_eq!(server.base.reveal(), "http://u:s3cret@h:3000");
        assert_eq!(server.shown, "http://h:3000");
        assert!(!format!("{server:?}").contains("s3cret"));
    }
}
