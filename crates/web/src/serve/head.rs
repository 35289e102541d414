//! The headers of a request, until they are complete.
//!
//! The HTTP library makes room for 16 KB with the first byte that it is given, so somebody who opens many connections and
//! ends no headers would fill the memory. Here headers take what they have, and go on once they are complete.

use std::{
    io,
    pin::Pin,
    task::{Context, Poll, ready},
};

use tokio::io::{AsyncRead, ReadBuf};

use super::activity::Activity;

/// What is read at once, in bytes. Most headers come in one piece.
const PIECE_BYTES: usize = 1024;
/// What is kept at most, in bytes. Longer headers go on as they come.
const MOST_BYTES: usize = 4 * 1024;

/// What a peer has sent and what waits for the rest of its headers.
#[derive(Default)]
pub(super) struct Head {
    held: Vec<u8>,
    /// Whether what is held, and what follows, may go on.
    open: bool,
    /// How many requests had begun when the next headers began to be waited for.
    requests: u64,
    /// The last two bytes that the peer sent: an empty line may come in pieces.
    last: [u8; 2],
}

impl Head {
    /// Reads everything while a request is under way, else whole headers.
    pub(super) fn poll_read(
        &mut self,
        stream: Pin<&mut impl AsyncRead>,
        activity: &Activity,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let (requests, busy) = activity.requests();
        if busy {
            self.open = true;
        } else if requests != self.requests && self.held.is_empty() {
            self.open = false;
            self.requests = requests;
        }
        if !self.open {
            ready!(self.poll_whole(stream, activity, cx))?;
        } else if self.held.is_empty() {
            let before = buffer.filled().len();
            ready!(stream.poll_read(cx, buffer))?;
            let piece = &buffer.filled()[before..];
            if !piece.is_empty() {
                activity.heard();
            }
            // Of a body only its end can be a part of the next headers.
            self.ended_by(&piece[piece.len().saturating_sub(2)..]);
            return Poll::Ready(Ok(()));
        }
        let count = self.held.len().min(buffer.remaining());
        buffer.put_slice(&self.held[..count]);
        self.held.drain(..count);
        if self.held.is_empty() {
            self.held = Vec::new();
        }
        Poll::Ready(Ok(()))
    }

    /// Reads until headers end, no more may be kept, or the peer sends no more.
    fn poll_whole(
        &mut self,
        mut stream: Pin<&mut impl AsyncRead>,
        activity: &Activity,
        cx: &mut Context<'_>,
    ) -> Poll<io::Result<()>> {
        while !self.open {
            let mut piece = [0; PIECE_BYTES];
            let mut piece = ReadBuf::new(&mut piece);
            ready!(stream.as_mut().poll_read(cx, &mut piece))?;
            let piece = piece.filled();
            if !piece.is_empty() {
                activity.heard();
            }
            self.held.extend_from_slice(piece);
            self.open =
                self.ended_by(piece) || piece.is_empty() || self.held.len() > MOST_BYTES - PIECE_BYTES;
        }
        Poll::Ready(Ok(()))
    }

    /// Whether `piece`, which the peer sent next, completes an empty line, which is the end of headers.
    fn ended_by(&mut self, piece: &[u8]) -> bool {
        let mut ended = false;
        for &byte in piece {
            ended |= byte == b'\n' && (self.last[1] == b'\n' || self.last == *b"\n\r");
            self.last = [self.last[1], byte];
        }
        ended
    }
}

#[cfg(test)]
mod tests {
    use std::{collections::VecDeque, task::Waker};

    use super::{super::activity::Patience, *};

    /// A peer that sends these pieces and then nothing more, or ends.
    struct Pieces {
        pieces: VecDeque<Vec<u8>>,
        ends: bool,
    }

    impl AsyncRead for Pieces {
        fn poll_read(
            mut self: Pin<&mut Self>,
            _: &mut Context<'_>,
            buffer: &mut ReadBuf<'_>,
        ) -> Poll<io::Result<()>> {
            match self.pieces.pop_front() {
                Some(piece) => {
                    let (now, later) = piece.split_at(piece.len().min(buffer.remaining()));
                    buffer.put_slice(now);
                    if !later.is_empty() {
                        self.pieces.push_front(later.to_vec());
                    }
                    Poll::Ready(Ok(()))
                }
                None if self.ends => Poll::Ready(Ok(())),
                None => Poll::Pending,
            }
        }
    }

    fn peer(pieces: &[&[u8]]) -> Pieces {
        Pieces {
            pieces: pieces.iter().map(|piece| piece.to_vec()).collect(),
            ends: false,
        }
    }

    fn activity() -> Activity {
        Activity::new(Patience::default())
    }

    /// What goes on at one read of at most so many bytes. `None`: nothing yet.
    fn read(head: &mut Head, peer: &mut Pieces, activity: &Activity, most: usize) -> Option<Vec<u8>> {
        let mut bytes = vec![0; most];
        let mut buffer = ReadBuf::new(&mut bytes);
        let mut cx = Context::from_waker(Waker::noop());
        match head.poll_read(Pin::new(peer), activity, &mut cx, &mut buffer) {
            Poll::Ready(result) => {
                result.unwrap();
                Some(buffer.filled().to_vec())
            }
            Poll::Pending => None,
        }
    }

    #[tokio::test]
    async fn headers_go_on_when_they_are_complete_wherever_they_are_cut() {
        for text in [
            &b"GET / HTTP/1.1\r\nhost: a\r\n\r\n"[..],
            b"GET / HTTP/1.1\nhost: a\n\n",
        ] {
            for at in 1..text.len() {
                let (mut head, activity) = (Head::default(), activity());
                let mut first = peer(&[&text[..at]]);
                assert_eq!(read(&mut head, &mut first, &activity, 8192), None, "{at}");
                let mut second = peer(&[&text[at..]]);
                assert_eq!(
                    read(&mut head, &mut second, &activity, 8192).unwrap(),
                    text,
                    "{at}"
                );
            }
        }
    }

    #[tokio::test]
    async fn a_body_goes_on_as_it_comes_and_the_next_headers_wait_again() {
        let (mut head, activity) = (Head::default(), activity());
        let mut peer = peer(&[
            b"POST / HTTP/1.1\r\ncontent-length: 4\r\n\r\nab",
            b"c",
            b"d",
            b"GET / ",
        ]);
        let first = read(&mut head, &mut peer, &activity, 8192).unwrap();
        assert!(first.ends_with(b"\r\n\r\nab"));
        activity.asked();
        assert_eq!(read(&mut head, &mut peer, &activity, 8192).unwrap(), b"c");
        assert_eq!(read(&mut head, &mut peer, &activity, 8192).unwrap(), b"d");
        activity.answered();
        assert_eq!(read(&mut head, &mut peer, &activity, 8192), None);
        peer.pieces.push_back(b"HTTP/1.1\r\n\r\n".to_vec());
        assert_eq!(
            read(&mut head, &mut peer, &activity, 8192).unwrap(),
            b"GET / HTTP/1.1\r\n\r\n"
        );
    }

    /// A peer may send the next request before it has the answer to this one.
    #[tokio::test]
    async fn a_request_that_began_beside_the_one_before_is_completed_by_its_last_byte() {
        let (mut head, activity) = (Head::default(), activity());
        let mut peer = peer(&[b"GET /1 HTTP/1.1\r\n\r\n", b"GET /2 HTTP/1.1\r\n\r", b"\n"]);
        read(&mut head, &mut peer, &activity, 8192).unwrap();
        activity.asked();
        assert!(
            read(&mut head, &mut peer, &activity, 8192)
                .unwrap()
                .ends_with(b"\r\n\r")
        );
        activity.answered();
        assert_eq!(read(&mut head, &mut peer, &activity, 8192).unwrap(), b"\n");
    }

    #[tokio::test]
    async fn what_is_held_goes_on_in_pieces_and_before_anything_else() {
        let (mut head, activity) = (Head::default(), activity());
        let mut peer = peer(&[b"GET / HTTP/1.1\r\n\r\n", b"later"]);
        let mut all = read(&mut head, &mut peer, &activity, 5).unwrap();
        activity.asked();
        // Answered before anything else was read.
        activity.answered();
        while all.len() < 18 {
            all.extend(read(&mut head, &mut peer, &activity, 5).unwrap());
        }
        assert_eq!(all, b"GET / HTTP/1.1\r\n\r\n");
        assert_eq!(
            read(&mut head, &mut peer, &activity, 5),
            None,
            "the next headers wait"
        );
    }

    #[tokio::test]
    async fn long_headers_go_on_before_they_take_much_room() {
        let (mut head, activity) = (Head::default(), activity());
        let long = vec![b'a'; 64 * 1024];
        let mut peer = peer(&[&long]);
        let mut all = 0;
        while all < long.len() {
            all += read(&mut head, &mut peer, &activity, 8192).unwrap().len();
            assert!(head.held.capacity() <= MOST_BYTES, "{}", head.held.capacity());
        }
    }

    #[tokio::test]
    async fn a_peer_that_ends_within_its_headers_is_seen_to_end() {
        let (mut head, activity) = (Head::default(), activity());
        let mut peer = peer(&[b"GET / HT"]);
        peer.ends = true;
        assert_eq!(read(&mut head, &mut peer, &activity, 8192).unwrap(), b"GET / HT");
        assert_eq!(read(&mut head, &mut peer, &activity, 8192).unwrap(), b"");
    }
}
