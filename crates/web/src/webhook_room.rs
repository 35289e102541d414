//! Memory for the bodies of webhooks under way.
//!
//! A report of a long call may have 16 MB, and many may come at once; what they take together must not depend on how many
//! send. So every body has its room before it is read, and keeps it until what it says is committed. Whoever finds no room
//! within a few seconds is told to send again, which the provider does.
//!
//! Usual messages and large ones have separate rooms: a few large ones do not keep the many small ones out. What has no
//! signature that is true is found out only when it was read, so both rooms are small.

use std::{sync::Arc, time::Duration};

use axum::body::Body;
use futures::StreamExt;
use http::{HeaderMap, StatusCode, header};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::error::ApiError;

/// The largest webhook, in bytes. A report of a long call carries its whole transcript several times.
pub(crate) const MAX_BYTES: usize = 16 * 1024 * 1024;
/// Up to this size a message is a usual one, in bytes.
const USUAL_BYTES: usize = 1024 * 1024;
/// Room for usual messages, in bytes.
const USUAL_ROOM_BYTES: usize = 16 * 1024 * 1024;
/// Room for large ones, in bytes: two of the largest.
const LARGE_ROOM_BYTES: usize = 2 * MAX_BYTES;
/// How long a sender waits for room. Its bytes stay in the network meanwhile.
const ROOM_PATIENCE: Duration = Duration::from_secs(5);
/// How long a body may take to come. Whoever sends slowly would keep others out.
const BODY_PATIENCE: Duration = Duration::from_secs(10);
/// When to send again what found no room.
const AGAIN_SECS: u64 = 2;

/// The rooms of a node. Cheap to clone.
#[derive(Clone)]
pub(crate) struct WebhookRoom {
    usual: Arc<Semaphore>,
    large: Arc<Semaphore>,
}

/// A body in memory, and its room, which goes on with it.
#[derive(Debug)]
pub(crate) struct Held {
    pub(crate) body: Vec<u8>,
    pub(crate) room: OwnedSemaphorePermit,
}

impl WebhookRoom {
    pub(crate) fn new() -> Self {
        Self {
            usual: Arc::new(Semaphore::new(USUAL_ROOM_BYTES)),
            large: Arc::new(Semaphore::new(LARGE_ROOM_BYTES)),
        }
    }

    /// Reads a body once there is room for it.
    ///
    /// # Errors
    /// 413 when it is too large, 503 `busy` when there is no room, 408 when it comes too slowly, 400 when it breaks off.
    pub(crate) async fn read(&self, headers: &HeaderMap, body: Body) -> Result<Held, ApiError> {
        let told = headers
            .get(header::CONTENT_LENGTH)
            .and_then(|value| value.to_str().ok()?.parse::<usize>().ok());
        if told.is_some_and(|bytes| bytes > MAX_BYTES) {
            return Err(ApiError::of_status(StatusCode::PAYLOAD_TOO_LARGE));
        }
        let room = match told {
            Some(bytes) if bytes > USUAL_BYTES => self.wait(&self.large, bytes).await?,
            Some(bytes) => self.wait(&self.usual, bytes.max(1)).await?,
            // It may be of any size; most are usual.
            None => self.wait(&self.usual, USUAL_BYTES).await?,
        };
        let reading = self.fill(told, room, body);
        tokio::time::timeout(BODY_PATIENCE, reading)
            .await
            .unwrap_or_else(|_| Err(ApiError::too_slow()))
    }

    async fn fill(
        &self,
        told: Option<usize>,
        mut room: OwnedSemaphorePermit,
        body: Body,
    ) -> Result<Held, ApiError> {
        // Memory that nobody writes to costs nothing, so all of it is asked for at once and never copied to grow.
        let mut bytes: Vec<u8> = Vec::with_capacity(told.unwrap_or(0));
        let mut pieces = body.into_data_stream();
        while let Some(piece) = pieces.next().await {
            let piece = piece.map_err(|error| {
                let message = "The request broke off before its end.";
                ApiError::new(StatusCode::BAD_REQUEST, "broken_off", message).caused_by(error)
            })?;
            let length = bytes.len().saturating_add(piece.len());
            if length > MAX_BYTES {
                return Err(ApiError::of_status(StatusCode::PAYLOAD_TOO_LARGE));
            }
            if length > room.num_permits() {
                // Only a body that told no length gets here. It holds room already, so it must not wait for more.
                room = self
                    .large
                    .clone()
                    .try_acquire_many_owned(to_u32(MAX_BYTES))
                    .map_err(|_| busy())?;
                bytes.reserve_exact(MAX_BYTES - bytes.len());
            }
            bytes.extend_from_slice(&piece);
        }
        Ok(Held { body: bytes, room })
    }

    async fn wait(&self, room: &Arc<Semaphore>, bytes: usize) -> Result<OwnedSemaphorePermit, ApiError> {
        let waiting = room.clone().acquire_many_owned(to_u32(bytes));
        match tokio::time::timeout(ROOM_PATIENCE, waiting).await {
            Ok(Ok(room)) => Ok(room),
            // Nobody closes the rooms.
            Ok(Err(_)) | Err(_) => Err(busy()),
        }
    }
}

fn busy() -> ApiError {
    ApiError::new(
        StatusCode::SERVICE_UNAVAILABLE,
        "busy",
        "Too many webhooks are being taken just now. Send this one again.",
    )
    .retry_after_secs(AGAIN_SECS)
}

fn to_u32(bytes: usize) -> u32 {
    u32::try_from(bytes).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use futures::stream;

    use super::*;

    fn told(bytes: usize) -> HeaderMap {
        HeaderMap::from_iter([(header::CONTENT_LENGTH, bytes.into())])
    }

    async fn read(rooms: &WebhookRoom, bytes: usize) -> Result<Held, ApiError> {
        rooms.read(&told(bytes), Body::from(vec![b' '; bytes])).await
    }

    /// A body that tells no length and comes in pieces.
    fn untold(bytes: usize) -> Body {
        let pieces = bytes.div_ceil(64 * 1024);
        let piece = vec![b' '; 64 * 1024];
        Body::from_stream(stream::iter(
            (0..pieces).map(move |_| Ok::<_, Infallible>(piece.clone())),
        ))
    }

    /// What is held at once never passes the rooms, however many send.
    #[tokio::test(start_paused = true)]
    async fn large_bodies_wait_for_room_and_are_then_told_to_come_again() {
        let rooms = WebhookRoom::new();
        let first = read(&rooms, MAX_BYTES).await.unwrap();
        let _second = read(&rooms, MAX_BYTES).await.unwrap();
        let began = crate::serve::now();
        let refused = read(&rooms, MAX_BYTES).await.unwrap_err();
        assert_eq!((refused.status().as_u16(), refused.code()), (503, "busy"));
        assert_eq!(crate::serve::now() - began, ROOM_PATIENCE);
        assert_eq!(rooms.large.available_permits(), 0);
        let (third, ()) = tokio::join!(read(&rooms, MAX_BYTES), async { drop(first) });
        assert_eq!(third.unwrap().body.len(), MAX_BYTES);
    }

    #[tokio::test(start_paused = true)]
    async fn large_bodies_do_not_keep_usual_ones_out() {
        let rooms = WebhookRoom::new();
        let _all = (read(&rooms, MAX_BYTES).await, read(&rooms, MAX_BYTES).await);
        assert_eq!(read(&rooms, 20_000).await.unwrap().body.len(), 20_000);
        assert_eq!(read(&rooms, 0).await.unwrap().body.len(), 0);
    }

    #[tokio::test(start_paused = true)]
    async fn a_body_without_a_length_takes_room_as_it_grows() {
        let rooms = WebhookRoom::new();
        let none = HeaderMap::new();
        let small = rooms.read(&none, untold(100_000)).await.unwrap();
        assert_eq!(small.room.num_permits(), USUAL_BYTES);
        let large = rooms.read(&none, untold(3 * USUAL_BYTES)).await.unwrap();
        assert_eq!(large.room.num_permits(), MAX_BYTES);
        assert_eq!(
            rooms.usual.available_permits(),
            USUAL_ROOM_BYTES - USUAL_BYTES,
            "one room at a time"
        );
        let huge = rooms.read(&none, untold(MAX_BYTES + 1)).await.unwrap_err();
        assert_eq!(huge.status(), StatusCode::PAYLOAD_TOO_LARGE);
        let _other = rooms.read(&none, untold(3 * USUAL_BYTES)).await.unwrap();
        let refused = rooms.read(&none, untold(3 * USUAL_BYTES)).await.unwrap_err();
        assert_eq!(refused.status(), StatusCode::SERVICE_UNAVAILABLE);
    }

    #[tokio::test(start_paused = true)]
    async fn a_body_that_does_not_come_gives_its_room_back() {
        let rooms = WebhookRoom::new();
        let never = Body::from_stream(stream::pending::<Result<Vec<u8>, Infallible>>());
        let late = rooms.read(&told(MAX_BYTES), never).await.unwrap_err();
        assert_eq!(late.status(), StatusCode::REQUEST_TIMEOUT);
        assert_eq!(rooms.large.available_permits(), LARGE_ROOM_BYTES);
    }

    #[tokio::test(start_paused = true)]
    async fn what_tells_to_be_too_large_is_not_read() {
        let rooms = WebhookRoom::new();
        let never = Body::from_stream(stream::pending::<Result<Vec<u8>, Infallible>>());
        let refused = rooms.read(&told(MAX_BYTES + 1), never).await.unwrap_err();
        assert_eq!(refused.status(), StatusCode::PAYLOAD_TOO_LARGE);
    }
}
