//! One connection, from its first byte to its end.

use std::{
    convert::Infallible,
    future::poll_fn,
    pin::{Pin, pin},
    sync::Arc,
    task::{Context, Poll},
};

use axum::{Router, body::Body};
use http::Request;
use hyper::{
    body::{Body as HttpBody, Bytes, Frame, Incoming, SizeHint},
    server::conn::http1,
    service::service_fn,
};
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_util::sync::CancellationToken;
use tower::Service;

use super::{
    activity::{Activity, Patience},
    watched::Watched,
};

/// What is read ahead of a connection, and the longest headers, in bytes.
const BUFFER_BYTES: usize = 64 * 1024;

/// Words to end a connection.
#[derive(Clone)]
pub(super) struct Stops {
    /// Once the request under way is answered.
    pub(super) gently: CancellationToken,
    /// Whatever is under way.
    pub(super) at_once: CancellationToken,
}

/// Serves a connection until either side ends it, or until something takes longer than `patience` allows.
pub(super) async fn serve(
    stream: impl AsyncRead + AsyncWrite + Unpin,
    app: Router,
    patience: Patience,
    stops: Stops,
) {
    let activity = Arc::new(Activity::new(patience));
    let watched = TokioIo::new(Watched::new(stream, activity.clone()));
    let service = service_fn(|request: Request<Incoming>| {
        activity.asked();
        // Cheap: it is one reference. The framework's own server copies all routes for each connection.
        let answer = app.clone().call(request.map(Body::new));
        let activity = activity.clone();
        async move {
            let Ok(response) = answer.await;
            Ok::<_, Infallible>(response.map(|body| Answer { body, activity }))
        }
    });
    let connection = http1::Builder::new()
        .max_buf_size(BUFFER_BYTES)
        .serve_connection(watched, service);
    let mut connection = pin!(connection);
    let mut stop = pin!(stops.gently.cancelled());
    let mut stopping = false;
    // Set anew below, before it is asked.
    let mut timer = pin!(tokio::time::sleep(patience.head));
    let ended = poll_fn(|cx| {
        if !stopping && stop.as_mut().poll(cx).is_ready() {
            stopping = true;
            connection.as_mut().graceful_shutdown();
        }
        if let Poll::Ready(result) = connection.as_mut().poll(cx) {
            return Poll::Ready(End::ByItself(result));
        }
        let Some(deadline) = activity.deadline() else {
            return Poll::Pending;
        };
        if timer.deadline() != deadline {
            timer.as_mut().reset(deadline);
        }
        timer.as_mut().poll(cx).map(|()| End::TooSlow)
    });
    tokio::select! {
        end = ended => match end {
            End::ByItself(Ok(())) => {}
            End::ByItself(Err(error)) => tracing::debug!(%error, "a connection broke off"),
            End::TooSlow => tracing::debug!("a connection was closed because its peer took too long"),
        },
        () = stops.at_once.cancelled() => {}
    }
}

enum End {
    ByItself(hyper::Result<()>),
    TooSlow,
}

/// The body of an answer. Once it is dropped, the connection waits for the next request.
struct Answer {
    body: Body,
    activity: Arc<Activity>,
}

impl Drop for Answer {
    fn drop(&mut self) {
        self.activity.answered();
    }
}

impl HttpBody for Answer {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        Pin::new(&mut self.body).poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use axum::routing::{get, post};
    use tokio::{
        io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex},
        time::{Instant, advance},
    };

    use super::*;

    const PATIENCE: Patience = Patience {
        head: Duration::from_secs(15),
        idle: Duration::from_secs(75),
        unread: Duration::from_secs(60),
    };

    fn stops() -> Stops {
        Stops {
            gently: CancellationToken::new(),
            at_once: CancellationToken::new(),
        }
    }

    /// The peer's end of a connection to a small server.
    fn connect(stops: &Stops) -> DuplexStream {
        let app = Router::new()
            .route("/", get(|| async { "hello" }))
            .route("/large", get(|| async { vec![b'x'; 1 << 20] }))
            .route("/forever", get(std::future::pending::<()>))
            .route("/echo", post(|body: String| async { body }));
        let (here, there) = duplex(1024);
        tokio::spawn(serve(there, app, PATIENCE, stops.clone()));
        here
    }

    /// Reads to the end, and says how long that took in virtual seconds.
    async fn ended(stream: &mut DuplexStream) -> (String, u64) {
        let began = super::super::now();
        let mut text = String::new();
        stream.read_to_string(&mut text).await.unwrap();
        (text, (super::super::now() - began).as_secs())
    }

    async fn answer(stream: &mut DuplexStream) -> String {
        let mut text = vec![0; 1024];
        let bytes = stream.read(&mut text).await.unwrap();
        text.truncate(bytes);
        String::from_utf8(text).unwrap()
    }

    #[tokio::test(start_paused = true)]
    async fn a_peer_that_says_nothing_is_not_waited_for() {
        let mut stream = connect(&stops());
        assert_eq!(ended(&mut stream).await, (String::new(), 15));
    }

    /// One byte every few seconds keeps no connection open.
    #[tokio::test(start_paused = true)]
    async fn headers_that_come_drop_by_drop_are_cut_off() {
        let mut stream = connect(&stops());
        let began: Instant = super::super::now();
        for byte in b"GET / HTTP/1.1\r\nhost: localhost\r\nx-slow: aaaaaaaaaaaaaaaaaaaaaa".iter() {
            if stream.write_all(&[*byte]).await.is_err() {
                break;
            }
            tokio::time::sleep(Duration::from_secs(1)).await;
        }
        assert!((super::super::now() - began) <= Duration::from_secs(17));
        let mut rest = Vec::new();
        stream.read_to_end(&mut rest).await.unwrap();
    }

    #[tokio::test(start_paused = true)]
    async fn a_connection_is_kept_between_requests_and_given_up_when_none_comes() {
        let mut stream = connect(&stops());
        for _ in 0..3 {
            stream
                .write_all(b"GET / HTTP/1.1\r\nhost: localhost\r\n\r\n")
                .await
                .unwrap();
            assert!(answer(&mut stream).await.ends_with("hello"));
            advance(Duration::from_secs(74)).await;
        }
        let (text, secs) = ended(&mut stream).await;
        assert_eq!(text, "");
        assert!(secs <= 1, "{secs}");
    }

    /// The next request has the time of a request, not what is left of the pause before it.
    #[tokio::test(start_paused = true)]
    async fn the_second_request_is_cut_off_like_the_first() {
        let mut stream = connect(&stops());
        stream
            .write_all(b"GET / HTTP/1.1\r\nhost: localhost\r\n\r\n")
            .await
            .unwrap();
        answer(&mut stream).await;
        advance(Duration::from_secs(10)).await;
        stream.write_all(b"GET / HT").await.unwrap();
        assert_eq!(ended(&mut stream).await, (String::new(), 15));
    }

    #[tokio::test(start_paused = true)]
    async fn a_peer_that_takes_nothing_of_its_answer_is_given_up() {
        let stops = stops();
        let app = Router::new().route("/large", get(|| async { vec![b'x'; 1 << 20] }));
        let (mut stream, there) = duplex(1024);
        let served = tokio::spawn(serve(there, app, PATIENCE, stops));
        stream
            .write_all(b"GET /large HTTP/1.1\r\nhost: localhost\r\n\r\n")
            .await
            .unwrap();
        let began = super::super::now();
        served.await.unwrap();
        assert_eq!((super::super::now() - began).as_secs(), 60);
    }

    /// How long an answer may take is the router's matter: events and exports take their time.
    #[tokio::test(start_paused = true)]
    async fn an_answer_may_take_its_time_until_the_server_is_told_to_stop() {
        let stops = stops();
        let mut stream = connect(&stops);
        stream
            .write_all(b"GET /forever HTTP/1.1\r\nhost: localhost\r\n\r\n")
            .await
            .unwrap();
        let mut byte = [0];
        let day = Duration::from_secs(86_400);
        assert!(tokio::time::timeout(day, stream.read(&mut byte)).await.is_err());
        stops.gently.cancel();
        assert!(tokio::time::timeout(day, stream.read(&mut byte)).await.is_err());
        stops.at_once.cancel();
        assert_eq!(stream.read(&mut byte).await.unwrap(), 0);
    }

    #[tokio::test(start_paused = true)]
    async fn an_idle_connection_ends_when_the_server_stops() {
        let stops = stops();
        let mut stream = connect(&stops);
        stream
            .write_all(b"POST /echo HTTP/1.1\r\nhost: localhost\r\ncontent-length: 2\r\n\r\nhi")
            .await
            .unwrap();
        assert!(answer(&mut stream).await.ends_with("hi"));
        stops.gently.cancel();
        assert_eq!(ended(&mut stream).await, (String::new(), 0));
    }
}
