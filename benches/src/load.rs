//! The load generator: keep-alive connections over real TCP, each sending its own messages one after the other.

use std::net::SocketAddr;

use anyhow::{Context, ensure};
use bytes::Bytes;
use futures::future::try_join_all;
use http::{Request, StatusCode, header};
use http_body_util::{BodyExt, Full};
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

use crate::timing::{Latencies, Stopwatch};

/// What came of a load.
pub(crate) struct Answered {
    /// From sending to the last byte of the answer.
    pub(crate) latencies: Latencies,
    /// From the first request to the last answer.
    pub(crate) taken: std::time::Duration,
}

/// Posts every body and waits for the answers: one connection for each of the `lanes`, all at once. Runs on a thread of its
/// own, as another machine would, but shares the cores with the server.
///
/// # Errors
/// When an answer is not 200.
pub(crate) async fn post_all(
    address: SocketAddr,
    path: &'static str,
    secret: &'static str,
    lanes: Vec<Vec<Bytes>>,
) -> anyhow::Result<Answered> {
    tokio::task::spawn_blocking(move || {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        runtime.block_on(async {
            let connections = try_join_all(lanes.iter().map(|_| connect(address))).await?;
            let watch = Stopwatch::start();
            let posting = connections
                .into_iter()
                .zip(lanes)
                .map(|(connection, bodies)| post_lane(connection, path, secret, bodies));
            let mut latencies = Latencies::default();
            for lane in try_join_all(posting).await? {
                latencies.append(lane);
            }
            Ok(Answered {
                latencies,
                taken: watch.elapsed(),
            })
        })
    })
    .await
    .context("the load generator broke down")?
}

async fn connect(address: SocketAddr) -> anyhow::Result<SendRequest<Full<Bytes>>> {
    let stream = TcpStream::connect(address).await?;
    stream.set_nodelay(true)?;
    let (sender, connection) = handshake(TokioIo::new(stream)).await?;
    tokio::spawn(connection);
    Ok(sender)
}

async fn post_lane(
    mut connection: SendRequest<Full<Bytes>>,
    path: &str,
    secret: &str,
    bodies: Vec<Bytes>,
) -> anyhow::Result<Latencies> {
    let mut latencies = Latencies::default();
    for body in bodies {
        let request = Request::post(path)
            .header(header::HOST, "localhost")
            .header(header::CONTENT_TYPE, "application/json")
            .header("x-vapi-secret", secret)
            .body(Full::new(body))?;
        let watch = Stopwatch::start();
        connection.ready().await?;
        let answer = connection.send_request(request).await?;
        let status = answer.status();
        let told = answer.into_body().collect().await?.to_bytes();
        latencies.add(watch.elapsed());
        ensure!(
            status == StatusCode::OK,
            "{path} answered {status}: {}",
            String::from_utf8_lossy(&told)
        );
    }
    Ok(latencies)
}
