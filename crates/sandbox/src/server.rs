//! A [`World`] behind a real socket, with webhooks that are really sent.

use crate::clock::Clock;
use crate::world::{Delivery, Reply, World};
use bytes::{Bytes, BytesMut};
use http::{Request, Response, StatusCode};
use http_body_util::{BodyExt, Full, LengthLimitError, Limited};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use std::future::Future;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;
use tokio::task::JoinSet;

/// The largest request body, in bytes.
const BODY_LIMIT: usize = 8 << 20;
/// However fast the clock runs, a receiver of webhooks really has this long to answer.
const SHORTEST_TIMEOUT: Duration = Duration::from_secs(5);

/// What everything here shares.
#[derive(Clone)]
struct Stage {
    world: Arc<Mutex<World>>,
    clock: Clock,
    /// Told whenever what happens next may have changed.
    changed: Arc<Notify>,
}

impl Stage {
    fn world(&self) -> MutexGuard<'_, World> {
        self.world.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Serves the world on the socket and sends its webhooks until `shutdown` is done; then every connection is closed and
/// every webhook under way is dropped.
///
/// The world is told the time of `clock`, and delays are as long as that clock makes them. [`Reply::HangUp`] and
/// [`Reply::Unreachable`] close the connection without an answer. Errors: the HTTP client cannot be set up.
pub async fn serve(
    listener: TcpListener,
    world: Arc<Mutex<World>>,
    clock: Clock,
    shutdown: impl Future<Output = ()>,
) -> io::Result<()> {
    let stage = Stage {
        world,
        clock,
        changed: Arc::new(Notify::new()),
    };
    let client = webhook_client()?;
    tokio::select! {
        () = shutdown => {}
        () = accept(listener, stage.clone()) => {}
        () = deliver(stage, client) => {}
    }
    Ok(())
}

async fn accept(listener: TcpListener, stage: Stage) {
    let mut connections = JoinSet::new();
    loop {
        match listener.accept().await {
            Ok((stream, _)) => {
                connections.spawn(converse(stream, stage.clone()));
            }
            Err(error) => {
                tracing::warn!(%error, "sandbox could not accept a connection");
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        }
        while connections.try_join_next().is_some() {}
    }
}

async fn converse(stream: TcpStream, stage: Stage) {
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "sandbox connection");
    }
    let service = service_fn(move |request| answer(request, stage.clone()));
    // An error here is a connection that one of both sides dropped, often on purpose.
    if let Err(error) = http1::Builder::new()
        // The machine's time is not the provider's.
        .auto_date_header(false)
        .serve_connection(TokioIo::new(stream), service)
        .await
    {
        tracing::debug!(%error, "sandbox connection closed");
    }
}

/// Makes hyper close the connection without an answer.
#[derive(Debug)]
struct HungUp;

impl std::fmt::Display for HungUp {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("the sandbox dropped the connection on purpose")
    }
}

impl std::error::Error for HungUp {}

async fn answer(request: Request<Incoming>, stage: Stage) -> Result<Response<Full<Bytes>>, HungUp> {
    let (head, body) = request.into_parts();
    let body = match Limited::new(body, BODY_LIMIT).collect().await {
        Ok(body) => body.to_bytes(),
        Err(error) if error.is::<LengthLimitError>() => return Ok(too_large(&stage)),
        Err(_) => return Err(HungUp),
    };
    let request = Request::from_parts(head, body);
    let handling = {
        let mut world = stage.world();
        world.pace = Some(stage.clock.pace());
        world.handle(&request, stage.clock.now_ms())
    };
    stage.changed.notify_one();
    if handling.delay_ms > 0 {
        tokio::time::sleep(stage.clock.real_duration(handling.delay_ms)).await;
    }
    match handling.reply {
        Reply::Answer(response) => Ok(response.map(Full::new)),
        Reply::HangUp | Reply::Unreachable => Err(HungUp),
    }
}

fn too_large(stage: &Stage) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::default());
    *response.status_mut() = StatusCode::PAYLOAD_TOO_LARGE;
    stage.world().date(&mut response, stage.clock.now_ms());
    response
}

/// Sends webhooks at their moment, each without waiting for the others.
async fn deliver(stage: Stage, client: reqwest::Client) {
    let mut sending = JoinSet::new();
    loop {
        // Listening begins before looking, so that no change in between is missed.
        let changed = stage.changed.notified();
        let (due, next_ms) = {
            let mut world = stage.world();
            (world.advance(stage.clock.now_ms()), world.next_due_ms())
        };
        for delivery in due {
            sending.spawn(send(delivery, client.clone(), stage.clone()));
        }
        while sending.try_join_next().is_some() {}
        tokio::select! {
            () = changed => {}
            () = stage.clock.sleep_until_ms(next_ms.unwrap_or(i64::MAX)), if next_ms.is_some() => {}
        }
    }
}

async fn send(delivery: Delivery, client: reqwest::Client, stage: Stage) {
    let timeout = stage
        .clock
        .real_duration(delivery.timeout_ms)
        .max(SHORTEST_TIMEOUT);
    let request = client
        .post(&delivery.url)
        .headers(delivery.headers)
        .body(delivery.body)
        .timeout(timeout);
    let (status, body) = match heard(request, delivery.kind == "tool-calls").await {
        Ok((status, body)) => (Some(status), body),
        Err(error) => {
            tracing::debug!(%error, kind = delivery.kind, "webhook not delivered");
            (None, Bytes::new())
        }
    };
    stage
        .world()
        .answered(delivery.id, status, &body, stage.clock.now_ms());
    stage.changed.notify_one();
}

/// The receiver's status, and its words where they matter.
async fn heard(request: reqwest::RequestBuilder, with_body: bool) -> reqwest::Result<(u16, Bytes)> {
    let mut response = request.send().await?;
    let status = response.status().as_u16();
    let mut body = BytesMut::new();
    while with_body && body.len() < BODY_LIMIT {
        match response.chunk().await? {
            Some(chunk) => body.extend_from_slice(&chunk),
            None => break,
        }
    }
    Ok((status, body.freeze()))
}

fn webhook_client() -> io::Result<reqwest::Client> {
    // The first one to be installed in a process stays, and any will do.
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::builder()
        .no_proxy()
        .redirect(reqwest::redirect::Policy::none())
        .retry(reqwest::retry::never())
        .tcp_nodelay(true)
        .build()
        .map_err(io::Error::other)
}
