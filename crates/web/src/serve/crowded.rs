//! What happens to connections when as many are open as may be.

use std::{
    sync::{Arc, LazyLock},
    time::Duration,
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    sync::Semaphore,
};

/// How many are told at once; more are closed without a word.
const TOLD_AT_ONCE: usize = 64;
/// A peer that takes longer to hear it is not told.
const PATIENCE: Duration = Duration::from_secs(2);

const ANSWER: &str = concat!(
    "HTTP/1.1 503 Service Unavailable\r\n",
    "content-type: application/json\r\n",
    "retry-after: 10\r\n",
    "cache-control: no-store\r\n",
    "connection: close\r\n",
    "content-length: 143\r\n",
    "\r\n",
    "{\"error\":{\"code\":\"too_many_connections\",\"message\":\"As many connections are open as this server allows. ",
    "Try again in a moment.\",\"details\":null}}"
);

static TELLING: LazyLock<Arc<Semaphore>> = LazyLock::new(|| Arc::new(Semaphore::new(TOLD_AT_ONCE)));

/// Tells the peer that the server is full, and closes the connection.
pub(super) fn send_away(mut stream: TcpStream) {
    let Ok(turn) = TELLING.clone().try_acquire_owned() else {
        return;
    };
    tokio::spawn(async move {
        let told = async {
            stream.write_all(ANSWER.as_bytes()).await?;
            stream.shutdown().await?;
            // A connection that is closed with bytes unread is reset, and the peer would never see the answer.
            let mut unread = [0; 4096];
            while stream.read(&mut unread).await? > 0 {}
            std::io::Result::Ok(())
        };
        // Whoever does not listen is not told.
        let _ = tokio::time::timeout(PATIENCE, told).await;
        drop(turn);
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_answer_has_the_one_form_of_errors_and_its_true_length() {
        let (head, body) = ANSWER.split_once("\r\n\r\n").unwrap();
        assert!(
            head.ends_with(&format!("content-length: {}", body.len())),
            "{}",
            body.len()
        );
        let json: serde_json::Value = serde_json::from_str(body).unwrap();
        assert_eq!(json["error"]["code"], "too_many_connections");
        assert!(head.contains("retry-after: 10"));
    }
}
