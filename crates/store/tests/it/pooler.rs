//! A pooler in transaction mode: whatever is not a transaction gets the session that happens to be free.

use std::{
    io,
    sync::{Arc, Mutex},
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    task::JoinHandle,
};

/// A pooler in front of a server that trusts everybody. Stops when it is dropped.
pub(crate) struct TransactionPooler {
    /// Where it listens.
    pub port: u16,
    task: JoinHandle<()>,
}

impl Drop for TransactionPooler {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl TransactionPooler {
    /// Starts in front of `server`, a host with its port.
    pub(crate) async fn start(server: String) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let task = tokio::spawn(async move {
            let sessions = Arc::new(Sessions {
                server,
                free: Mutex::new(Vec::new()),
            });
            while let Ok((client, _)) = listener.accept().await {
                let sessions = Arc::clone(&sessions);
                tokio::spawn(async move {
                    // A client that leaves, or a server that goes, ends it.
                    let _ = serve(client, &sessions).await;
                });
            }
        });
        Self { port, task }
    }
}

struct Sessions {
    server: String,
    free: Mutex<Vec<TcpStream>>,
}

impl Sessions {
    /// A free session, the last used first; or a new one.
    async fn take(&self, startup: &[u8]) -> io::Result<TcpStream> {
        let free = self.free.lock().unwrap().pop();
        if let Some(session) = free {
            return Ok(session);
        }
        let mut session = TcpStream::connect(&self.server).await?;
        session.write_all(startup).await?;
        while message(&mut session).await?[0] != b'Z' {}
        Ok(session)
    }
}

/// A length with what it counts, itself included.
async fn counted(stream: &mut TcpStream) -> io::Result<Vec<u8>> {
    let length = stream.read_u32().await?;
    let mut whole = length.to_be_bytes().to_vec();
    whole.resize(length as usize, 0);
    stream.read_exact(&mut whole[4..]).await?;
    Ok(whole)
}

async fn message(stream: &mut TcpStream) -> io::Result<Vec<u8>> {
    let kind = stream.read_u8().await?;
    let mut whole = vec![kind];
    whole.extend(counted(stream).await?);
    Ok(whole)
}

const ASKS_FOR_TLS: [u8; 4] = 80_877_103_u32.to_be_bytes();

async fn serve(mut client: TcpStream, sessions: &Sessions) -> io::Result<()> {
    let mut startup = counted(&mut client).await?;
    if startup[4..8] == ASKS_FOR_TLS {
        client.write_all(b"N").await?;
        startup = counted(&mut client).await?;
    }
    // Welcome; a key to cancel with; ready.
    client
        .write_all(b"R\0\0\0\x08\0\0\0\0K\0\0\0\x0c\0\0\0\x01\0\0\0\x01Z\0\0\0\x05I")
        .await?;
    let mut held = None;
    loop {
        let mut request = Vec::new();
        loop {
            let part = message(&mut client).await?;
            let kind = part[0];
            if kind == b'X' {
                return Ok(());
            }
            request.extend(part);
            if matches!(kind, b'S' | b'Q') {
                break;
            }
        }
        let mut session = match held.take() {
            Some(session) => session,
            None => sessions.take(&startup).await?,
        };
        session.write_all(&request).await?;
        loop {
            let part = message(&mut session).await?;
            // Nobody waits for a notification when it comes.
            if part[0] != b'A' {
                client.write_all(&part).await?;
            }
            if part[0] == b'Z' {
                if part[5] == b'I' {
                    sessions.free.lock().unwrap().push(session);
                } else {
                    held = Some(session);
                }
                break;
            }
        }
    }
}
