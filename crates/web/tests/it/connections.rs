//! The server on a real socket.

use autolynx_web::serve;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    task::JoinHandle,
};
use tokio_util::sync::CancellationToken;

use crate::rig::Rig;

struct Served {
    rig: Rig,
    address: std::net::SocketAddr,
    stop: CancellationToken,
    server: JoinHandle<std::io::Result<()>>,
}

impl Served {
    async fn with(max_connections: usize) -> Self {
        let rig = Rig::with(|settings| settings.max_connections = max_connections).await;
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let stop = CancellationToken::new();
        let server = tokio::spawn(serve(listener, rig.state.clone(), stop.clone()));
        Self {
            rig,
            address,
            stop,
            server,
        }
    }

    async fn connect(&self) -> TcpStream {
        TcpStream::connect(self.address).await.unwrap()
    }

    async fn stop(self) {
        self.stop.cancel();
        self.server.await.unwrap().unwrap();
        self.rig.store.close().await;
    }
}

async fn ask(stream: &mut TcpStream, path: &str) {
    let request = format!("GET {path} HTTP/1.1\r\nhost: localhost\r\n\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
}

/// Reads until the text is there.
async fn until(stream: &mut TcpStream, text: &str) -> String {
    let mut read = String::new();
    let mut piece = [0; 4096];
    while !read.contains(text) {
        let bytes = stream.read(&mut piece).await.unwrap();
        assert!(bytes > 0, "the connection ended: {read}");
        read.push_str(&String::from_utf8_lossy(&piece[..bytes]));
    }
    read
}

#[tokio::test]
async fn beyond_its_connections_a_server_says_so_and_serves_again_when_one_ends() {
    let served = Served::with(2).await;
    let mut first = served.connect().await;
    ask(&mut first, "/api/health").await;
    until(&mut first, "healthy").await;
    let mut second = served.connect().await;
    ask(&mut second, "/events").await;
    until(&mut second, "connected").await;

    let mut third = served.connect().await;
    ask(&mut third, "/api/health").await;
    let mut refused = String::new();
    third.read_to_string(&mut refused).await.unwrap();
    assert!(refused.starts_with("HTTP/1.1 503"), "{refused}");
    assert!(refused.contains("retry-after: ") && refused.contains("too_many_connections"));

    ask(&mut first, "/api/health").await;
    until(&mut first, "healthy").await;
    drop(second);
    // The server notices in its own time that the page has gone.
    loop {
        let mut next = served.connect().await;
        ask(&mut next, "/api/health").await;
        let mut answer = [0; 12];
        if next.read_exact(&mut answer).await.is_ok() && &answer == b"HTTP/1.1 200" {
            break;
        }
        tokio::task::yield_now().await;
    }
    served.stop().await;
}

/// Live pages do not hold up the end.
#[tokio::test]
async fn a_server_that_is_told_to_stop_ends_idle_connections_and_live_pages() {
    let served = Served::with(8).await;
    let mut idle = served.connect().await;
    ask(&mut idle, "/api/health").await;
    until(&mut idle, "healthy").await;
    let mut live = served.connect().await;
    ask(&mut live, "/events").await;
    until(&mut live, "connected").await;
    served.stop().await;
    let mut rest = Vec::new();
    idle.read_to_end(&mut rest).await.unwrap();
    live.read_to_end(&mut rest).await.unwrap();
    assert!(TcpStream::connect(idle.peer_addr().unwrap()).await.is_err());
}
