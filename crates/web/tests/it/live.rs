//! Live updates.

use std::time::Duration;

use autolynx_web::serve;
use axum::body::BodyDataStream;
use futures::StreamExt;
use http::Method;
use store::Wake;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};
use tokio_util::sync::CancellationToken;

use crate::rig::{Rig, request};

/// Longer than anything here takes; what never comes fails the test.
const FAILSAFE: Duration = Duration::from_secs(8);

/// The next message, whatever it is about.
pub(crate) async fn message(stream: &mut BodyDataStream) -> String {
    let chunk = tokio::time::timeout(FAILSAFE, stream.next())
        .await
        .expect("a message")
        .expect("no end")
        .unwrap();
    String::from_utf8(chunk.to_vec()).unwrap()
}

/// The next message that is not about the health of the node.
async fn next(stream: &mut BodyDataStream) -> String {
    loop {
        let message = message(stream).await;
        if !message.starts_with("event: health") {
            return message;
        }
    }
}

#[tokio::test]
async fn a_page_hears_that_its_campaign_changed() {
    let rig = Rig::new().await;
    let (mine, other) = (rig.campaign().await, rig.campaign().await);
    let response = rig
        .raw(request(Method::GET, &format!("/events?campaign={mine}")))
        .await;
    assert_eq!(response.headers()["content-type"], "text/event-stream");
    assert_eq!(response.headers()["cache-control"], "no-cache");
    let mut stream = response.into_body().into_data_stream();
    assert!(next(&mut stream).await.contains("retry: 2000"));
    rig.store.wake(Wake::Campaign(other));
    rig.store.wake(Wake::Dispatch);
    rig.store.wake(Wake::Campaign(mine));
    assert_eq!(
        next(&mut stream).await,
        format!("event: changed\ndata: {mine}\n\n")
    );
}

#[tokio::test]
async fn an_action_reaches_the_pages() {
    let rig = Rig::new().await;
    let id = rig.campaign().await;
    let mut stream = rig
        .raw(request(Method::GET, "/events"))
        .await
        .into_body()
        .into_data_stream();
    next(&mut stream).await;
    rig.post(&format!("/api/campaigns/{id}/start")).await.expect(200);
    assert_eq!(next(&mut stream).await, format!("event: changed\ndata: {id}\n\n"));
}

#[tokio::test]
async fn a_server_that_stops_ends_its_live_connections() {
    let rig = Rig::new().await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let stop = CancellationToken::new();
    let server = tokio::spawn(serve(listener, rig.state.clone(), stop.clone()));

    let mut events = TcpStream::connect(address).await.unwrap();
    let ask = format!("GET /events HTTP/1.1\r\nHost: {address}\r\n\r\n");
    events.write_all(ask.as_bytes()).await.unwrap();
    let mut beginning = vec![0; 64];
    events.read_exact(&mut beginning).await.unwrap();
    assert!(
        beginning.starts_with(b"HTTP/1.1 200"),
        "{}",
        String::from_utf8_lossy(&beginning)
    );

    stop.cancel();
    let mut rest = Vec::new();
    tokio::time::timeout(FAILSAFE, events.read_to_end(&mut rest))
        .await
        .expect("the stream ends")
        .unwrap();
    tokio::time::timeout(FAILSAFE, server)
        .await
        .expect("the server stops")
        .unwrap()
        .unwrap();
}
