//! The world behind a real socket.

use crate::support::{START_MS, call};
use autolynx_sandbox::{Clock, Faults, Settings, World, serve};
use bytes::Bytes;
use http::{Method, Request, Response};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::client::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;

struct Server {
    address: SocketAddr,
    world: Arc<Mutex<World>>,
    stop: oneshot::Sender<()>,
    running: JoinHandle<std::io::Result<()>>,
}

impl Server {
    async fn start(settings: Settings, speed: f64) -> Server {
        Server::start_on(settings, Clock::real(speed)).await
    }

    async fn start_on(settings: Settings, clock: Clock) -> Server {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let world = Arc::new(Mutex::new(World::new(Settings {
            public_base_url: format!("http://{address}"),
            ..settings
        })));
        let (stop, stopped) = oneshot::channel::<()>();
        let shutdown = async move { drop(stopped.await) };
        let running = tokio::spawn(serve(listener, world.clone(), clock, shutdown));
        Server {
            address,
            world,
            stop,
            running,
        }
    }

    async fn stop(self) {
        drop(self.stop);
        self.running.await.unwrap().unwrap();
        assert!(
            TcpStream::connect(self.address).await.is_err(),
            "the socket is closed"
        );
    }

    async fn send(&self, method: Method, path: &str, body: Option<&Value>) -> hyper::Result<(u16, Value)> {
        let (head, body) = self.answer(method, path, body).await?.into_parts();
        Ok((
            head.status.as_u16(),
            serde_json::from_slice(&body).unwrap_or(Value::Null),
        ))
    }

    async fn answer(
        &self,
        method: Method,
        path: &str,
        body: Option<&Value>,
    ) -> hyper::Result<Response<Bytes>> {
        let stream = TcpStream::connect(self.address).await.unwrap();
        let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
        let connection = tokio::spawn(connection);
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header("host", "sandbox")
            .header("authorization", "Bearer sandbox-key")
            .body(Full::new(
                body.map_or_else(Bytes::new, |body| Bytes::from(body.to_string())),
            ))
            .unwrap();
        let response = sender.send_request(request).await?;
        let (head, body) = response.into_parts();
        let body = body.collect().await?.to_bytes();
        drop(sender);
        connection.await.unwrap()?;
        Ok(Response::from_parts(head, body))
    }
}

/// A receiver of webhooks: its address, and what it gets.
async fn receiver() -> (SocketAddr, mpsc::UnboundedReceiver<Value>, JoinHandle<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (tell, told) = mpsc::unbounded_channel();
    let running = tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let tell = tell.clone();
            let service = service_fn(move |request: Request<Incoming>| {
                let tell = tell.clone();
                async move {
                    let body = request.into_body().collect().await?.to_bytes();
                    tell.send(serde_json::from_slice(&body).unwrap()).unwrap();
                    Ok::<_, hyper::Error>(Response::new(Full::<Bytes>::default()))
                }
            });
            tokio::spawn(
                hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service),
            );
        }
    });
    (address, told, running)
}

#[tokio::test]
async fn a_call_over_http_tells_its_whole_story_by_webhook() {
    let server = Server::start(Settings::default(), 600.0).await;
    let (address, mut told, receiver) = receiver().await;
    let mut body = call(1, "human 30s");
    body["assistantOverrides"]["server"]["url"] = json!(format!("http://{address}/hooks"));
    let (status, created) = server.send(Method::POST, "/call", Some(&body)).await.unwrap();
    assert_eq!(status, 201, "{created}");
    let mut kinds = Vec::new();
    loop {
        let message = told.recv().await.unwrap()["message"].take();
        assert_eq!(message["call"]["id"], created["id"]);
        kinds.push(message["type"].as_str().unwrap().to_owned());
        if kinds.len() == 5 {
            break;
        }
    }
    assert!(kinds.contains(&"end-of-call-report".to_owned()), "{kinds:?}");
    let path = format!("/call/{}", created["id"].as_str().unwrap());
    let (_, ended) = server.send(Method::GET, &path, None).await.unwrap();
    assert_eq!(ended["status"], "ended");
    let (_, ledger) = server.send(Method::GET, "/sandbox/ledger", None).await.unwrap();
    assert_eq!(
        (&ledger["calls_created"], &ledger["webhooks"]["sent"]),
        (&json!(1), &json!(5))
    );
    server.stop().await;
    receiver.abort();
}

#[tokio::test]
async fn a_failed_webhook_is_tried_again_as_its_backoff_plan_says() {
    let server = Server::start(Settings::default(), 600.0).await;
    let free = TcpListener::bind("127.0.0.1:0")
        .await
        .unwrap()
        .local_addr()
        .unwrap();
    let mut body = call(1, "busy");
    body["assistantOverrides"]["server"] = json!({
        "url": format!("http://{free}/nobody"),
        "backoffPlan": {"type": "fixed", "maxRetries": 2, "baseDelaySeconds": 1},
    });
    body["assistantOverrides"]["serverMessages"] = json!(["status-update"]);
    server.send(Method::POST, "/call", Some(&body)).await.unwrap();
    loop {
        let counts = server.world.lock().unwrap().ledger().webhooks;
        if counts.failed == 6 {
            assert_eq!((counts.sent, counts.retried), (6, 4));
            break;
        }
        tokio::task::yield_now().await;
    }
    server.stop().await;
}

#[tokio::test]
async fn dropped_connections_are_truly_dropped() {
    let faults = Faults {
        hang_up_after_creating: 1.0,
        ..Faults::none()
    };
    let server = Server::start(
        Settings {
            faults,
            ..Settings::default()
        },
        60.0,
    )
    .await;
    assert!(
        server
            .send(Method::POST, "/call", Some(&call(1, "human")))
            .await
            .is_err()
    );
    assert_eq!(server.world.lock().unwrap().ledger().calls_created, 1);
    server.world.lock().unwrap().set_down(i64::MAX);
    assert!(server.send(Method::GET, "/call", None).await.is_err());
    let (status, _) = server.send(Method::GET, "/sandbox/ledger", None).await.unwrap();
    assert_eq!(status, 200);
    server.stop().await;
}

#[tokio::test]
#[expect(
    clippy::disallowed_methods,
    reason = "the moment at which the clock showed another day than the machine's"
)]
async fn every_answer_on_the_wire_is_dated_by_the_providers_clock_and_not_by_the_machines() {
    let clock = Clock::shared(std::time::Instant::now(), START_MS, 1.0);
    let server = Server::start_on(Settings::default(), clock).await;
    let mut long = call(1, "human");
    long["assistantOverrides"]["metadata"]["notes"] = json!("x".repeat(9 << 20));
    for (method, path, body) in [
        (Method::POST, "/call", Some(call(1, "human"))),
        (Method::GET, "/call", None),
        (Method::GET, "/nowhere", None),
        (Method::GET, "/sandbox/ledger", None),
        (Method::POST, "/call", Some(long)),
    ] {
        let Ok(answer) = server.answer(method, path, body.as_ref()).await else {
            continue; // The connection was closed in the middle of the long body.
        };
        let dates: Vec<_> = answer.headers().get_all("date").iter().collect();
        assert_eq!(dates.len(), 1, "{path}: {dates:?}");
        let date = dates[0].to_str().unwrap();
        assert!(date.starts_with("Thu, 26 Mar 2026 15:"), "{path}: {date}");
    }
    server.stop().await;
}

#[tokio::test]
async fn the_pace_is_told_to_whoever_wants_to_go_by_it() {
    let fast = Server::start(Settings::default(), 60.0).await;
    let (_, clock) = fast.send(Method::GET, "/sandbox/clock", None).await.unwrap();
    assert_eq!(
        (&clock["speed"], &clock["real_time"]),
        (&json!(60.0), &json!(false))
    );
    let (epoch_ms, now_ms) = (clock["epoch_ms"].as_i64(), clock["now_ms"].as_i64());
    assert!(epoch_ms > Some(0) && epoch_ms <= now_ms, "{clock}");
    fast.stop().await;
    let real = Server::start_on(Settings::default(), Clock::machine()).await;
    let (_, clock) = real.send(Method::GET, "/sandbox/clock", None).await.unwrap();
    assert_eq!(
        (&clock["speed"], &clock["epoch_ms"], &clock["real_time"]),
        (&json!(1.0), &Value::Null, &json!(true))
    );
    real.stop().await;
}

#[tokio::test]
async fn bodies_of_several_megabytes_are_read_and_larger_ones_refused() {
    let server = Server::start(Settings::default(), 60.0).await;
    let mut body = call(1, "human");
    body["assistantOverrides"]["metadata"]["notes"] = json!("x".repeat(3 << 20));
    assert_eq!(
        server.send(Method::POST, "/call", Some(&body)).await.unwrap().0,
        201
    );
    body["assistantOverrides"]["metadata"]["notes"] = json!("x".repeat(9 << 20));
    let refused = server.send(Method::POST, "/call", Some(&body)).await;
    assert!(refused.is_err() || refused.unwrap().0 == 413);
    server.stop().await;
}
