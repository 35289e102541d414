//! An HTTP server on loopback that answers from a script and counts what reached it.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// What the server does after it has read a whole request.
#[derive(Clone)]
pub(crate) enum Step {
    /// Writes these bytes and waits for the next request on the same connection.
    Answer(String),
    /// Writes these bytes and closes.
    AnswerAndClose(String),
    /// Closes without a word.
    Close,
    /// Never answers.
    Silence,
}

#[derive(Default)]
struct Counts {
    connections: AtomicUsize,
    requests: AtomicUsize,
}

/// Stops when dropped.
pub(crate) struct LoopbackServer {
    pub(crate) port: u16,
    counts: Arc<Counts>,
    task: JoinHandle<()>,
}

impl LoopbackServer {
    /// A server that treats its n-th request as the n-th step says, and the last step again from then on.
    pub(crate) async fn start(steps: &[Step]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let counts = Arc::new(Counts::default());
        let (task_counts, steps) = (counts.clone(), Arc::new(steps.to_vec()));
        let task = tokio::spawn(async move {
            // Dropping the set with the task ends the connections too.
            let mut connections = tokio::task::JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                task_counts.connections.fetch_add(1, Ordering::SeqCst);
                connections.spawn(serve(stream, steps.clone(), task_counts.clone()));
            }
        });
        Self { port, counts, task }
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.port)
    }

    /// Whole requests read so far.
    pub(crate) fn requests(&self) -> usize {
        self.counts.requests.load(Ordering::SeqCst)
    }

    pub(crate) fn connections(&self) -> usize {
        self.counts.connections.load(Ordering::SeqCst)
    }
}

impl Drop for LoopbackServer {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// A complete answer with this body.
pub(crate) fn http_answer(status: &str, headers: &str, body: &str) -> String {
    format!(
        "HTTP/1.1 {status}\r\n{headers}content-length: {}\r\n\r\n{body}",
        body.len()
    )
}

async fn serve(mut stream: TcpStream, steps: Arc<Vec<Step>>, counts: Arc<Counts>) {
    while read_request(&mut stream).await.is_some() {
        let nth = counts.requests.fetch_add(1, Ordering::SeqCst);
        let step = steps
            .get(nth)
            .or(steps.last())
            .expect("a script has a step")
            .clone();
        match step {
            Step::Answer(answer) => stream.write_all(answer.as_bytes()).await.unwrap(),
            Step::AnswerAndClose(answer) => return stream.write_all(answer.as_bytes()).await.unwrap(),
            Step::Close => return,
            Step::Silence => std::future::pending().await,
        }
    }
}

/// Reads one request with its body; `None` when the client is gone or speaks something else.
async fn read_request(stream: &mut TcpStream) -> Option<()> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await.ok()?);
    }
    let head = String::from_utf8(head).ok()?.to_ascii_lowercase();
    let length = head
        .lines()
        .find_map(|line| line.strip_prefix("content-length: "));
    let mut body = vec![0; length.map_or(0, |length| length.parse().unwrap())];
    stream.read_exact(&mut body).await.ok()?;
    Some(())
}
