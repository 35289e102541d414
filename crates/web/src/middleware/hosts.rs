//! Only names that are ours.
//!
//! A page elsewhere can point its own name at this machine (DNS rebinding); the browser then takes it for the same site
//! and lets it read and change everything. Its requests still carry its name in `Host`, so unknown names are refused.

use std::net::IpAddr;

use axum::{
    extract::{Request, State},
    middleware::Next,
    response::{IntoResponse, Response},
};
use http::{HeaderMap, StatusCode, Uri, header, uri::Authority};

use crate::{error::ApiError, state::AppState};

/// Refuses requests for names that are not ours with 421 `unknown_host`.
pub(crate) async fn known_host(State(state): State<AppState>, request: Request, next: Next) -> Response {
    let host = host(request.uri(), request.headers());
    if host
        .as_deref()
        .is_some_and(|host| is_known(host, &state.settings.allowed_hosts))
    {
        return next.run(request).await;
    }
    unknown(request.headers())
}

/// The same, for what watches over this server: it asks by whatever address the machine has, or by none. Neither can come
/// from a page elsewhere, which always carries a name of its own.
pub(crate) async fn known_host_or_address(
    State(state): State<AppState>,
    request: Request,
    next: Next,
) -> Response {
    let named = request.uri().authority().is_some() || request.headers().contains_key(header::HOST);
    let host = host(request.uri(), request.headers());
    if !named
        || host.as_deref().is_some_and(|host| {
            is_known(host, &state.settings.allowed_hosts) || host.parse::<IpAddr>().is_ok()
        })
    {
        return next.run(request).await;
    }
    unknown(request.headers())
}

fn unknown(headers: &HeaderMap) -> Response {
    ApiError::new(
        StatusCode::MISDIRECTED_REQUEST,
        "unknown_host",
        format!(
            "This server does not answer to this name. Open it as http://localhost{}, or set PUBLIC_URL to the address \
             that people use.",
            port(headers)
        ),
    )
    .into_response()
}

/// `:3000`, as it was asked for; nothing when it is the usual one.
fn port(headers: &HeaderMap) -> String {
    let given = headers.get(header::HOST).and_then(|host| host.to_str().ok());
    let authority = given.and_then(|host| host.parse::<Authority>().ok());
    let port = authority.and_then(|authority| authority.port_u16());
    port.map_or_else(String::new, |port| format!(":{port}"))
}

/// The name that was asked for, without port and brackets.
fn host(uri: &Uri, headers: &HeaderMap) -> Option<String> {
    let mut given = headers.get_all(header::HOST).iter();
    let authority = match (uri.authority(), given.next(), given.next()) {
        (Some(authority), _, None) => authority.clone(),
        (None, Some(host), None) => Authority::try_from(host.as_bytes()).ok()?,
        // None at all, or more than one: which of them counts is anybody's guess.
        _ => return None,
    };
    let host = authority.host().trim_start_matches('[').trim_end_matches(']');
    Some(host.to_ascii_lowercase())
}

fn is_known(host: &str, allowed: &[String]) -> bool {
    host == "localhost"
        || host.ends_with(".localhost")
        || host.parse().is_ok_and(|address: IpAddr| address.is_loopback())
        || allowed.iter().any(|name| name.eq_ignore_ascii_case(host))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn passes(uri: &str, hosts: &[&str]) -> bool {
        let allowed = ["Dial.example.com".to_owned(), "10.0.0.7".to_owned()];
        let mut headers = HeaderMap::new();
        for host in hosts {
            headers.append(header::HOST, host.parse().unwrap());
        }
        host(&uri.parse().unwrap(), &headers).is_some_and(|host| is_known(&host, &allowed))
    }

    #[test]
    fn the_machine_itself_and_allowed_names_pass() {
        for host in [
            "localhost",
            "LOCALHOST:8080",
            "app.localhost:3000",
            "127.0.0.1:80",
            "127.9.9.9",
            "[::1]:8080",
            "dial.example.com",
            "DIAL.example.com:443",
            "10.0.0.7:8080",
        ] {
            assert!(passes("/", &[host]), "{host}");
        }
        assert!(passes("http://localhost/", &[]));
    }

    #[test]
    fn every_other_name_is_refused() {
        for host in [
            "evil.example",
            "localhost.evil.example",
            "notlocalhost",
            "127.0.0.1.evil.example",
            "10.0.0.8",
            "0.0.0.0",
            "[::]",
            "user@localhost@evil.example",
            "",
        ] {
            assert!(!passes("/", &[host]), "{host}");
        }
        assert!(!passes("/", &[]));
        assert!(!passes("/", &["localhost", "evil.example"]));
        assert!(!passes("http://evil.example/", &["localhost"]));
    }
}
