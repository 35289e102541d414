//! Who may ask, and what stands around every answer.

use std::sync::atomic::Ordering;

use axum::body::Body;
use http::{Method, Request};

use crate::rig::{Answer, Rig, request};

async fn with(rig: &Rig, method: Method, path: &str, headers: &[(&'static str, &str)]) -> Answer {
    let mut request: Request<Body> = request(method, path);
    for (name, value) in headers {
        request.headers_mut().insert(*name, value.parse().unwrap());
    }
    rig.send(request).await
}

#[tokio::test]
async fn only_our_own_pages_and_programs_may_change_something() {
    let rig = Rig::new().await;
    let path = "/api/calls/poll-status";
    for headers in [
        &[][..],
        &[("sec-fetch-site", "same-origin")],
        &[("sec-fetch-site", "none")],
        &[("origin", "http://localhost")],
    ] {
        with(&rig, Method::POST, path, headers).await.expect(200);
    }
    for headers in [
        &[("sec-fetch-site", "cross-site")][..],
        &[("sec-fetch-site", "same-site")],
        &[("origin", "http://evil.example")],
        &[("origin", "http://localhost:9999")],
        &[("origin", "null")],
        &[
            ("sec-fetch-site", "cross-site"),
            ("origin", "http://localhost.evil.example"),
        ],
    ] {
        let refused = with(&rig, Method::POST, path, headers).await;
        assert_eq!(refused.error(), (403, "cross_origin".to_owned()), "{headers:?}");
    }
    // A link from elsewhere may be followed.
    with(
        &rig,
        Method::GET,
        "/campaigns",
        &[("sec-fetch-site", "cross-site")],
    )
    .await
    .expect(200);
}

#[tokio::test]
async fn names_that_are_not_ours_are_refused_but_machines_may_use_any() {
    let rig = Rig::with(|settings| settings.allowed_hosts = vec!["dial.example.com".to_owned()]).await;
    for host in ["localhost:8080", "127.0.0.1", "[::1]:8080", "DIAL.example.com"] {
        with(&rig, Method::GET, "/api/campaigns", &[("host", host)])
            .await
            .expect(200);
    }
    for path in ["/api/campaigns", "/campaigns", "/events", "/assets/app.css"] {
        let refused = with(&rig, Method::GET, path, &[("host", "rebound.example")]).await;
        assert_eq!(refused.status.as_u16(), 421, "{path}");
    }
    let refused = with(&rig, Method::GET, "/api/health", &[("host", "rebound.example")]).await;
    assert_eq!(refused.error(), (421, "unknown_host".to_owned()));
    // What watches over the server asks by an address of the machine.
    for host in [
        "10.1.2.3:8080",
        "[2001:db8::7]:8080",
        "localhost",
        "dial.example.com",
    ] {
        with(&rig, Method::GET, "/api/health", &[("host", host)])
            .await
            .expect(200);
    }
    let mut nameless = request(Method::GET, "/api/health");
    nameless.headers_mut().remove("host");
    rig.send(nameless).await.expect(200);
    let mut two = request(Method::GET, "/api/health");
    two.headers_mut()
        .append("host", "rebound.example".parse().unwrap());
    assert_eq!(rig.send(two).await.error().0, 421);
}

#[tokio::test]
async fn errors_have_one_form_wherever_they_come_from() {
    let rig = Rig::new().await;
    for (method, path, status, code) in [
        (Method::GET, "/api/nothing", 404, "not_found"),
        (Method::GET, "/api", 404, "not_found"),
        (Method::DELETE, "/api/campaigns", 405, "method_not_allowed"),
        (Method::GET, "/api/webhooks/vapi", 405, "method_not_allowed"),
        (Method::GET, "/api/campaigns/7", 400, "invalid_id"),
        (Method::GET, "/api/campaigns?offset=-1", 400, "invalid_query"),
        (Method::GET, "/events?campaign=7", 400, "invalid_query"),
    ] {
        let answer = with(&rig, method.clone(), path, &[]).await;
        assert_eq!(answer.error(), (status, code.to_owned()), "{method} {path}");
    }
    let refused = with(&rig, Method::DELETE, "/api/campaigns", &[]).await;
    assert_eq!(refused.header("allow"), "GET,HEAD,POST");
}

#[tokio::test]
async fn a_panic_is_our_fault_and_harms_nobody_else() {
    let rig = Rig::new().await;
    rig.provider.panics.store(true, Ordering::SeqCst);
    let broken = rig.get("/api/phone-numbers").await;
    assert_eq!(broken.error(), (500, "internal".to_owned()));
    assert!(
        !broken.text().contains("client is broken"),
        "the cause stays in the log"
    );
    assert_eq!(
        broken.json()["error"]["details"]["request_id"],
        broken.header("x-request-id")
    );
    let page = rig.get("/campaigns").await.expect(500).text();
    assert!(page.contains("Something went wrong on our side"));
    rig.provider.panics.store(false, Ordering::SeqCst);
    rig.get("/api/phone-numbers").await.expect(200);
}

#[tokio::test]
async fn people_get_pages_where_programs_get_json() {
    let rig = Rig::new().await;
    for path in [
        "/nothing",
        "/campaigns/7",
        "/calls/019aa000-0000-7000-8000-000000000001",
    ] {
        let page = rig.get(path).await.expect(404);
        assert!(page.header("content-type").starts_with("text/html"), "{path}");
        assert!(page.text().contains("There is nothing here"), "{path}");
    }
    let home = rig.get("/").await.expect(303);
    assert_eq!(home.header("location"), "/campaigns");
}

#[tokio::test]
async fn every_answer_is_hardened_and_named() {
    let rig = Rig::new().await;
    for path in [
        "/campaigns",
        "/api/campaigns",
        "/api/nothing",
        "/nothing",
        "/api/health",
    ] {
        let answer = rig.get(path).await;
        for (name, value) in [
            ("x-content-type-options", "nosniff"),
            ("x-frame-options", "DENY"),
            ("referrer-policy", "same-origin"),
            ("cache-control", "no-store"),
            ("cross-origin-resource-policy", "same-origin"),
        ] {
            assert_eq!(answer.header(name), value, "{path}");
        }
        let policy = answer.header("content-security-policy");
        assert!(
            policy.contains("frame-ancestors 'none'") && !policy.contains("unsafe"),
            "{policy}"
        );
        assert!(uuid::Uuid::parse_str(answer.header("x-request-id")).is_ok());
    }
    let named = with(
        &rig,
        Method::GET,
        "/api/health",
        &[("x-request-id", "proxy-7.a_B")],
    )
    .await;
    assert_eq!(named.header("x-request-id"), "proxy-7.a_B");
    let odd = with(&rig, Method::GET, "/api/health", &[("x-request-id", "<script>")]).await;
    assert_ne!(odd.header("x-request-id"), "<script>");
}

#[tokio::test]
async fn pages_are_compressed_and_events_and_files_are_not() {
    let rig = Rig::new().await;
    let id = rig.campaign().await;
    let gzip = [("accept-encoding", "gzip")];
    let page = with(&rig, Method::GET, "/campaigns", &gzip).await.expect(200);
    assert_eq!(page.header("content-encoding"), "gzip");
    let file = with(
        &rig,
        Method::GET,
        &format!("/api/campaigns/{id}/export.csv"),
        &gzip,
    )
    .await
    .expect(200);
    assert_eq!(file.header("content-encoding"), "");
    let mut events = request(Method::GET, "/events");
    events
        .headers_mut()
        .insert("accept-encoding", "gzip".parse().unwrap());
    assert!(!rig.raw(events).await.headers().contains_key("content-encoding"));
}
