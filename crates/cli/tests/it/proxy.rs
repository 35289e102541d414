//! What lies between a node and the provider, and can stop one request at a chosen moment.

use std::{
    io,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::oneshot,
    task::{JoinHandle, JoinSet},
};

use crate::rig::{self, Sandbox};

/// Where a request of a node stops.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Moment {
    /// It left the node and never reaches the provider.
    NotArrived,
    /// The provider has done it and answered completely; the answer never reaches the node.
    Answered,
}

/// The next request about assistants that begins like this.
struct Trap {
    start: &'static str,
    moment: Moment,
    caught: oneshot::Sender<oneshot::Sender<()>>,
}

#[derive(Default)]
struct Rules {
    trap: Option<Trap>,
    cut: bool,
}

/// A proxy of the sandbox, closed when dropped.
pub(crate) struct Proxy {
    pub(crate) url: String,
    rules: Arc<Mutex<Rules>>,
    serving: JoinHandle<()>,
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

/// A request that will be stopped.
#[must_use]
pub(crate) struct Armed(oneshot::Receiver<oneshot::Sender<()>>);

/// A request that was stopped. The node goes on waiting for its answer, for as long as it waits.
pub(crate) struct Stopped(oneshot::Sender<()>);

impl Armed {
    /// Returns when the request has been stopped.
    pub(crate) async fn caught(self) -> Stopped {
        let caught = tokio::time::timeout(rig::PATIENCE, self.0).await;
        Stopped(caught.expect("the node asks in time").expect("the proxy lives"))
    }
}

impl Stopped {
    /// The node gets its answer after all.
    pub(crate) fn resume(self) {
        self.0.send(()).expect("the node still waits");
    }
}

impl Proxy {
    pub(crate) async fn start(sandbox: &Sandbox) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let provider = sandbox.url.trim_start_matches("http://").to_owned();
        let rules = Arc::default();
        let serving = tokio::spawn(serve(listener, provider, Arc::clone(&rules)));
        Self {
            url: format!("http://{address}"),
            rules,
            serving,
        }
    }

    fn rules(&self) -> MutexGuard<'_, Rules> {
        self.rules.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The next request that begins like this, as `PATCH /assistant`, stops at that moment.
    pub(crate) fn arm(&self, start: &'static str, moment: Moment) -> Armed {
        let (caught, told) = oneshot::channel();
        self.rules().trap = Some(Trap {
            start,
            moment,
            caught,
        });
        Armed(told)
    }

    /// Lets nothing through any more, or everything again.
    pub(crate) fn cut(&self, cut: bool) {
        self.rules().cut = cut;
    }
}

async fn serve(listener: TcpListener, provider: String, rules: Arc<Mutex<Rules>>) {
    let mut connections = JoinSet::new();
    while let Ok((node, _)) = listener.accept().await {
        connections.spawn(pass(node, provider.clone(), Arc::clone(&rules)));
        while connections.try_join_next().is_some() {}
    }
}

/// Passes one request on. An error is a connection that one side dropped, often because it was killed.
async fn pass(mut node: TcpStream, provider: String, rules: Arc<Mutex<Rules>>) -> io::Result<()> {
    let Some(request) = read_request(&mut node).await? else {
        return Ok(());
    };
    let trap = {
        let mut rules = rules.lock().unwrap_or_else(PoisonError::into_inner);
        if rules.cut {
            return Ok(());
        }
        rules
            .trap
            .take_if(|trap| request.starts_with(trap.start.as_bytes()))
    };
    let Some(trap) = trap else {
        return node.write_all(&ask(&provider, &request).await?).await;
    };
    let answer = match trap.moment {
        Moment::NotArrived => Vec::new(),
        Moment::Answered => ask(&provider, &request).await?,
    };
    let (resume, resumed) = oneshot::channel();
    let _ = trap.caught.send(resume);
    tokio::select! {
        Ok(()) = resumed => node.write_all(&answer).await,
        // The node was killed, or waits no longer.
        gone = node.read_u8() => gone.map(|_| ()),
    }
}

/// A whole request; none when the node opened a connection and did not use it.
async fn read_request(node: &mut TcpStream) -> io::Result<Option<Vec<u8>>> {
    let mut request = Vec::new();
    let head = loop {
        if let Some(end) = request.windows(4).position(|bytes| bytes == b"\r\n\r\n") {
            break end + 4;
        }
        if node.read_buf(&mut request).await? == 0 {
            return Ok(None);
        }
    };
    let text = String::from_utf8_lossy(&request[..head]).to_ascii_lowercase();
    let header = |name: &str| {
        text.lines()
            .find_map(|line| line.strip_prefix(name))
            .map(str::trim)
    };
    assert_eq!(header("transfer-encoding:"), None, "bodies come whole");
    let body = header("content-length:").map_or(0, |length| length.parse().expect("a length"));
    while request.len() < head + body {
        if node.read_buf(&mut request).await? == 0 {
            return Ok(None);
        }
    }
    Ok(Some(request))
}

/// The provider's whole answer to a request: it closes the connection after it.
async fn ask(provider: &str, request: &[u8]) -> io::Result<Vec<u8>> {
    let mut connection = TcpStream::connect(provider).await?;
    let line = request
        .iter()
        .position(|byte| *byte == b'\n')
        .map_or(0, |end| end + 1);
    connection.write_all(&request[..line]).await?;
    connection.write_all(b"connection: close\r\n").await?;
    connection.write_all(&request[line..]).await?;
    let mut answer = Vec::new();
    connection.read_to_end(&mut answer).await?;
    Ok(answer)
}
