//! The transport over real sockets: what is certain and what is not, and that nothing is ever sent twice.

use std::sync::Arc;
use std::time::Duration;

use autolynx_vapi::{
    ApiKey, Client, CreateCall, DialAnswer, HttpSettings, HttpTransport, RefusalKind, Transport,
    TransportError,
};
use bytes::Bytes;
use http::{Request, Response};
use tokio::net::TcpListener;

use crate::loopback::{LoopbackServer, Step, http_answer};

/// Long enough never to strike where a test expects another end.
const PATIENT: Duration = Duration::from_secs(60);

async fn post(url: &str, timeout: Duration) -> Result<Response<Bytes>, TransportError> {
    send(&HttpTransport::new().unwrap(), url, timeout).await
}

async fn send(
    transport: &HttpTransport,
    url: &str,
    timeout: Duration,
) -> Result<Response<Bytes>, TransportError> {
    let request = Request::post(url).header("content-type", "application/json");
    transport
        .send(
            request.body(Bytes::from_static(b"{\"call\":1}")).unwrap(),
            timeout,
        )
        .await
}

fn is_in_doubt<T>(answer: &Result<T, TransportError>) -> bool {
    matches!(answer, Err(TransportError::InDoubt(_)))
}

fn is_not_sent<T>(answer: &Result<T, TransportError>) -> bool {
    matches!(answer, Err(TransportError::NotSent(_)))
}

#[tokio::test]
async fn an_answer_comes_back_whole() {
    let body = "{\"id\":\"c1\"}";
    let server = LoopbackServer::start(&[Step::Answer(http_answer(
        "201 Created",
        "x-request-id: req_1\r\n",
        body,
    ))])
    .await;
    let answer = post(&server.url("/call"), PATIENT).await.unwrap();
    assert_eq!(answer.status(), 201);
    assert_eq!(answer.headers()["x-request-id"], "req_1");
    assert_eq!(answer.body(), body);
    assert_eq!(server.requests(), 1);
}

#[tokio::test]
async fn a_server_that_closes_before_answering_leaves_doubt_and_gets_one_request() {
    let server = LoopbackServer::start(&[Step::Close]).await;
    let answer = post(&server.url("/call"), PATIENT).await;
    assert!(is_in_doubt(&answer), "{answer:?}");
    assert_eq!(server.requests(), 1);
}

#[tokio::test]
async fn a_server_that_never_answers_leaves_doubt_and_gets_one_request() {
    let server = LoopbackServer::start(&[Step::Silence]).await;
    let answer = post(&server.url("/call"), Duration::from_millis(300)).await;
    assert!(is_in_doubt(&answer), "{answer:?}");
    assert_eq!(server.requests(), 1);
}

#[tokio::test]
async fn an_answer_that_breaks_off_leaves_doubt_and_is_not_asked_for_again() {
    for broken in [
        "HTTP/1.1 201 Created\r\ncontent-length: 100\r\n\r\n{\"id\":",
        "HTTP/1.1 201 Created\r\ntransfer-encoding: chunked\r\n\r\n5\r\n{\"id\"",
        "HTTP/1.1 201 Cre",
        "this is not HTTP\r\n\r\n",
    ] {
        let server = LoopbackServer::start(&[Step::AnswerAndClose(broken.to_owned())]).await;
        let answer = post(&server.url("/call"), PATIENT).await;
        assert!(is_in_doubt(&answer), "{broken}: {answer:?}");
        assert_eq!(server.requests(), 1, "{broken}");
    }
}

#[tokio::test]
async fn a_refused_connection_is_certain() {
    let port = TcpListener::bind("127.0.0.1:0")
        .await
        .unwrap()
        .local_addr()
        .unwrap()
        .port();
    let answer = post(&format!("http://127.0.0.1:{port}/call"), PATIENT).await;
    assert!(is_not_sent(&answer), "{answer:?}");
}

#[tokio::test]
async fn a_failed_tls_handshake_is_certain() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("https://127.0.0.1:{}/call", listener.local_addr().unwrap().port());
    let closing = async { drop(listener.accept().await.unwrap()) };
    let (answer, ()) = tokio::join!(post(&url, PATIENT), closing);
    assert!(is_not_sent(&answer), "{answer:?}");
}

#[tokio::test]
async fn a_server_that_does_not_finish_the_handshake_in_time_is_certain() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("https://127.0.0.1:{}/call", listener.local_addr().unwrap().port());
    let settings = HttpSettings {
        connect_timeout: Duration::from_millis(300),
        ..HttpSettings::default()
    };
    let transport = HttpTransport::with_settings(&settings).unwrap();
    let answer = send(&transport, &url, PATIENT).await;
    assert!(is_not_sent(&answer), "{answer:?}");
}

#[tokio::test]
async fn a_pooled_connection_that_dies_with_a_request_on_it_is_not_replaced_silently() {
    let server =
        LoopbackServer::start(&[Step::Answer(http_answer("201 Created", "", "{}")), Step::Close]).await;
    let transport = HttpTransport::new().unwrap();
    assert!(send(&transport, &server.url("/call"), PATIENT).await.is_ok());
    let second = send(&transport, &server.url("/call"), PATIENT).await;
    assert!(is_in_doubt(&second), "{second:?}");
    // Both went over one connection, and the second was not sent again over another.
    assert_eq!((server.connections(), server.requests()), (1, 2));
}

#[tokio::test]
async fn errors_and_redirects_are_answers_and_get_one_request_each() {
    for (status, headers) in [
        ("500 Internal Server Error", ""),
        ("503 Service Unavailable", "retry-after: 0\r\n"),
        ("429 Too Many Requests", "retry-after: 0\r\n"),
        ("408 Request Timeout", "connection: close\r\n"),
        ("301 Moved Permanently", "location: /elsewhere\r\n"),
        ("307 Temporary Redirect", "location: /elsewhere\r\n"),
        ("308 Permanent Redirect", "location: /elsewhere\r\n"),
    ] {
        let server = LoopbackServer::start(&[Step::Answer(http_answer(status, headers, "x"))]).await;
        let answer = post(&server.url("/call"), PATIENT).await.unwrap();
        assert!(status.starts_with(answer.status().as_str()));
        assert_eq!(server.requests(), 1, "{status}");
    }
}

#[tokio::test]
async fn an_answer_beyond_the_size_limit_leaves_doubt() {
    let settings = HttpSettings {
        max_body_bytes: 10,
        ..HttpSettings::default()
    };
    let transport = HttpTransport::with_settings(&settings).unwrap();
    for (length, fits) in [(10, true), (11, false)] {
        let body = "x".repeat(length);
        let server = LoopbackServer::start(&[Step::Answer(http_answer("200 OK", "", &body))]).await;
        let answer = send(&transport, &server.url("/call"), PATIENT).await;
        assert_eq!(is_in_doubt(&answer), !fits, "{answer:?}");
    }
}

#[tokio::test]
async fn errors_do_not_repeat_the_address() {
    let server = LoopbackServer::start(&[Step::Close]).await;
    let answer = post(&server.url("/secret-control-address"), PATIENT).await;
    assert!(!answer.unwrap_err().to_string().contains("secret-control-address"));
}

/// The whole way from a typed request to a typed answer, over a socket.
#[tokio::test]
async fn a_dial_over_a_socket_is_classified() {
    let dial = async |url: &str| {
        let transport = Arc::new(HttpTransport::new().unwrap());
        let client = Client::new(transport, url, ApiKey::new("key-1")).unwrap();
        client
            .create_call(&CreateCall::correlated("our-id", "a1", "p1", "+14155550100"))
            .await
    };

    let created = http_answer("201 Created", "", &crate::fixture("calls/created.json"));
    let server = LoopbackServer::start(&[Step::Answer(created)]).await;
    assert!(matches!(dial(&server.url("")).await, DialAnswer::Accepted(_)));
    assert_eq!(server.requests(), 1);

    let server = LoopbackServer::start(&[Step::Close]).await;
    assert!(matches!(dial(&server.url("")).await, DialAnswer::InDoubt(_)));
    assert_eq!(server.requests(), 1);

    let port = TcpListener::bind("127.0.0.1:0")
        .await
        .unwrap()
        .local_addr()
        .unwrap()
        .port();
    let answer = dial(&format!("http://127.0.0.1:{port}")).await;
    let DialAnswer::Refused(refusal) = answer else {
        panic!("{answer:?}")
    };
    assert_eq!(refusal.kind, RefusalKind::Unreachable);
}
