use std::sync::mpsc::{self, Receiver, Sender};

use super::*;

/// Reaching it is a failure.
const PATIENCE: Duration = Duration::from_secs(60);

/// What the stream does with the next write.
enum Then {
    Takes,
    TakesOnly(usize),
    Fails(ErrorKind),
}

/// A stream that does what the test tells it, write after write, and waits until it is told.
struct Stream {
    orders: Receiver<Then>,
    written: Arc<Mutex<Vec<u8>>>,
}

impl Write for Stream {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let taken = match self.orders.recv().map_err(|_| ErrorKind::BrokenPipe)? {
            Then::Takes => bytes.len(),
            Then::TakesOnly(most) => most.min(bytes.len()),
            Then::Fails(kind) => return Err(kind.into()),
        };
        self.written.lock().unwrap().extend_from_slice(&bytes[..taken]);
        Ok(taken)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

struct Rig {
    queue: LineQueue,
    orders: Sender<Then>,
    written: Arc<Mutex<Vec<u8>>>,
}

impl Rig {
    fn new() -> Self {
        let (orders, received) = mpsc::channel();
        let written = Arc::default();
        let stream = Stream {
            orders: received,
            written: Arc::clone(&written),
        };
        let told = |lost: u64| format!("{lost} lost\n").into_bytes();
        Self {
            queue: LineQueue::start(stream, told).unwrap(),
            orders,
            written,
        }
    }

    fn log(&self, line: &str) {
        self.queue.make_writer().write_all(line.as_bytes()).unwrap();
    }

    fn then(&self, orders: impl IntoIterator<Item = Then>) {
        for order in orders {
            self.orders.send(order).unwrap();
        }
    }

    fn written(&self) -> String {
        self.queue.flush(PATIENCE);
        String::from_utf8(self.written.lock().unwrap().clone()).unwrap()
    }
}

#[test]
fn lines_come_out_whole_and_in_order() {
    let rig = Rig::new();
    rig.log("one\n");
    rig.log("two\n");
    rig.then([
        Then::TakesOnly(1),
        Then::Fails(ErrorKind::Interrupted),
        Then::Fails(ErrorKind::WouldBlock),
        Then::Takes,
        Then::Takes,
    ]);
    assert_eq!(rig.written(), "one\ntwo\n");
    assert_eq!(rig.queue.lost_lines(), 0);
}

#[test]
fn what_a_broken_stream_does_not_take_is_counted_and_told_when_it_works_again() {
    for broken in [
        ErrorKind::BrokenPipe,
        ErrorKind::StorageFull,
        ErrorKind::Other,
        ErrorKind::PermissionDenied,
    ] {
        let rig = Rig::new();
        rig.log("one\n");
        rig.then([Then::Fails(broken)]);
        rig.queue.flush(PATIENCE);
        rig.log("two\n");
        // The word about the loss, and the line.
        rig.then([Then::Fails(broken), Then::Fails(broken)]);
        rig.queue.flush(PATIENCE);
        assert_eq!(rig.queue.lost_lines(), 2, "{broken}");
        rig.log("three\n");
        rig.then([Then::Takes, Then::Takes]);
        assert_eq!(rig.written(), "2 lost\nthree\n", "{broken}");
        assert_eq!(rig.queue.lost_lines(), 2, "the count only rises");
    }
}

#[test]
fn a_line_that_broke_off_does_not_spoil_the_next() {
    let rig = Rig::new();
    rig.log("{\"a\":1}\n");
    rig.then([Then::TakesOnly(3), Then::Fails(ErrorKind::StorageFull)]);
    rig.queue.flush(PATIENCE);
    rig.log("{\"b\":2}\n");
    rig.then([Then::Takes, Then::Takes, Then::Takes]);
    assert_eq!(rig.written(), "{\"a\n1 lost\n{\"b\":2}\n");
}

#[test]
fn a_stream_that_takes_nothing_holds_nobody_up() {
    let rig = Rig::new();
    let line = [&[b'x'; 1023][..], b"\n"].concat();
    let line = String::from_utf8(line).unwrap();
    rig.log(&line);
    // It is in the hands of the writer, who waits for the stream.
    while !rig.queue.0.lock().lines.is_empty() {
        thread::yield_now();
    }
    let logged = 2 * MAX_BYTES / 1024;
    for _ in 1..logged {
        rig.log(&line);
    }
    let lost = rig.queue.lost_lines();
    let kept = logged as u64 - lost;
    assert!(kept * 1024 <= (MAX_BYTES + 1024) as u64, "{kept} lines are kept");
    rig.queue.flush(Duration::ZERO);
    assert_eq!(rig.written.lock().unwrap().len(), 0, "nothing was waited for");

    rig.then((0..=kept).map(|_| Then::Takes));
    let written = rig.written();
    assert_eq!(written.matches(&line).count() as u64, kept);
    assert!(written.ends_with(&format!("{lost} lost\n")), "told in its place");
}
