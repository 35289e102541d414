//! The way of a log line to standard error: the one who logs never waits, and no failure comes back.
//!
//! `tracing-appender` does not do: it forgets lines whose writing fails without counting them, and at the end it prints to
//! standard error itself, which panics or blocks exactly when that is broken.

use std::{
    collections::VecDeque,
    io::{self, ErrorKind, Write},
    sync::{
        Arc, Condvar, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    thread,
    time::Duration,
};

use tracing_subscriber::fmt::MakeWriter;

/// Lines that may wait.
const MAX_LINES: usize = 16 * 1024;
/// Bytes that may wait.
const MAX_BYTES: usize = 4 << 20;
/// How often an untold loss is tried to be told while nothing else is logged.
const TELL_AGAIN: Duration = Duration::from_secs(5);
/// A stream that somebody else set to never block is tried again after this long.
const BUSY: Duration = Duration::from_millis(10);

/// A bounded queue of lines and the thread that writes them. Cheap to clone.
#[derive(Clone)]
pub(super) struct LineQueue(Arc<Shared>);

#[derive(Default)]
struct Shared {
    state: Mutex<State>,
    /// There is something to write.
    more: Condvar,
    /// Everything has been tried to be written.
    idle: Condvar,
    lost: AtomicU64,
}

#[derive(Default)]
struct State {
    lines: VecDeque<Line>,
    bytes: usize,
    is_writing: bool,
    /// Lines that found no room since the last one that did.
    lost_since: u64,
}

struct Line {
    /// Lines that were lost just before this one.
    lost_before: u64,
    text: Vec<u8>,
}

impl LineQueue {
    /// Starts the thread that writes to `out`. `told` makes the line that tells of lost ones.
    ///
    /// # Errors
    /// When the machine has no thread for it.
    pub(super) fn start(
        out: impl Write + Send + 'static,
        told: impl Fn(u64) -> Vec<u8> + Send + 'static,
    ) -> io::Result<Self> {
        let queue = Self(Arc::default());
        let shared = queue.0.clone();
        thread::Builder::new()
            .name("log".to_owned())
            .spawn(move || write_lines(&shared, Pen { out, is_torn: false }, told))?;
        Ok(queue)
    }

    /// Lines lost so far: those that found no room, and those that could not be written.
    pub(super) fn lost_lines(&self) -> u64 {
        self.0.lost.load(Ordering::Relaxed)
    }

    /// Waits until every line has been written or lost, but not for longer than `patience`.
    pub(super) fn flush(&self, patience: Duration) {
        let is_busy = |state: &mut State| state.is_writing || !state.lines.is_empty();
        let waited = self.0.idle.wait_timeout_while(self.0.lock(), patience, is_busy);
        drop(waited.unwrap_or_else(PoisonError::into_inner));
    }

    fn push(&self, text: &[u8]) {
        let mut state = self.0.lock();
        if state.lines.len() >= MAX_LINES || state.bytes + text.len() > MAX_BYTES {
            state.lost_since += 1;
            self.0.lost.fetch_add(1, Ordering::Relaxed);
            return;
        }
        let lost_before = std::mem::take(&mut state.lost_since);
        state.bytes += text.len();
        state.lines.push_back(Line {
            lost_before,
            text: text.to_vec(),
        });
        self.0.more.notify_one();
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The next line, or `None` with what was lost since the last when there is none; waits until there is one of both. With
    /// a loss that is `untold`, it waits only for a while.
    fn next(&self, untold: bool) -> (u64, Option<Vec<u8>>) {
        let mut state = self.lock();
        state.is_writing = false;
        let mut patience = untold;
        loop {
            if let Some(line) = state.lines.pop_front() {
                state.bytes -= line.text.len();
                state.is_writing = true;
                return (line.lost_before, Some(line.text));
            }
            let lost = std::mem::take(&mut state.lost_since);
            if lost > 0 {
                state.is_writing = true;
                return (lost, None);
            }
            self.idle.notify_all();
            if patience {
                let waited = self.more.wait_timeout(state, TELL_AGAIN);
                let (again, ran_out) = waited.unwrap_or_else(PoisonError::into_inner);
                state = again;
                if ran_out.timed_out() && state.lines.is_empty() && state.lost_since == 0 {
                    return (0, None);
                }
                patience = untold;
            } else {
                state = self.more.wait(state).unwrap_or_else(PoisonError::into_inner);
            }
        }
    }
}

fn write_lines(shared: &Shared, mut pen: Pen<impl Write>, told: impl Fn(u64) -> Vec<u8>) {
    let mut untold = 0;
    loop {
        let (lost, line) = shared.next(untold > 0);
        untold += lost;
        if untold > 0 && pen.write(&told(untold)).is_ok() {
            untold = 0;
        }
        if line.is_some_and(|line| pen.write(&line).is_err()) {
            untold += 1;
            shared.lost.fetch_add(1, Ordering::Relaxed);
        }
    }
}

/// Writes whole lines.
struct Pen<W> {
    out: W,
    /// The last line broke off in the middle.
    is_torn: bool,
}

impl<W: Write> Pen<W> {
    fn write(&mut self, line: &[u8]) -> io::Result<()> {
        if self.is_torn {
            self.write_part(b"\n")?;
            self.is_torn = false;
        }
        self.write_part(line)
    }

    fn write_part(&mut self, part: &[u8]) -> io::Result<()> {
        let mut left = part;
        while !left.is_empty() {
            match self.out.write(left) {
                Ok(0) => return Err(ErrorKind::WriteZero.into()),
                Ok(written) => {
                    left = &left[written..];
                    self.is_torn |= !left.is_empty();
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) if error.kind() == ErrorKind::WouldBlock => thread::sleep(BUSY),
                Err(error) => return Err(error),
            }
        }
        self.is_torn = false;
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for LineQueue {
    type Writer = Entry<'a>;

    fn make_writer(&'a self) -> Entry<'a> {
        Entry(self)
    }
}

/// Takes one line of `tracing-subscriber`, which writes each at once.
pub(super) struct Entry<'a>(&'a LineQueue);

impl Write for Entry<'_> {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        self.0.push(line);
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests;
