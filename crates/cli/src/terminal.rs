//! What the program says to the one who started it. The only module that writes to standard output, and beside the log the
//! only one that writes to standard error.
//!
//! A reader that went away (`autolynx campaign list | head -1`) has read enough: the rest is left unsaid, and the exit
//! code is that of the command. Output that cannot be written for another reason, such as a full disk, is an error.

use std::{
    fs::File,
    io::{self, ErrorKind, Read, Write},
    sync::mpsc,
    thread,
    time::Duration,
};

use anyhow::Context;

/// Words that nobody takes are waited for this long at most.
const PATIENCE: Duration = Duration::from_secs(1);

/// Writes a command's answer and a line end to standard output.
///
/// # Errors
/// When it cannot be written, unless the reader went away.
pub(crate) fn say(text: impl AsRef<str>) -> anyhow::Result<()> {
    let mut out = io::stdout().lock();
    let written = writeln!(out, "{}", text.as_ref()).and_then(|()| out.flush());
    unless_unread(written).context("cannot print the answer")
}

/// Copies a file to standard output.
///
/// # Errors
/// When it cannot be written, unless the reader went away.
pub(crate) fn copy(file: &mut impl Read) -> anyhow::Result<()> {
    let mut out = io::stdout().lock();
    let written = io::copy(file, &mut out).and_then(|_| out.flush());
    unless_unread(written).context("cannot print the file")
}

/// Says to standard output where a server listens. A server works on whether or not somebody reads that.
pub(crate) fn announce(text: impl AsRef<str>) {
    write_in_time(handle(&io::stdout()), text.as_ref());
}

/// Says something to standard error, directly and not through the log: a warning, or the last word before the end. A
/// standard error that is closed, full or read by nobody holds up the program for a second at most.
pub(crate) fn tell(text: impl AsRef<str>) {
    write_in_time(handle(&io::stderr()), text.as_ref());
}

fn unless_unread(written: io::Result<()>) -> io::Result<()> {
    match written {
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
        other => other,
    }
}

/// Writes on a thread of its own, because a pipe that nobody reads takes no more and never says so.
fn write_in_time(handle: io::Result<File>, text: &str) {
    let Ok(mut handle) = handle else { return };
    let line = format!("{text}\n");
    let (done, written) = mpsc::channel();
    let writing = thread::Builder::new()
        .name("last word".to_owned())
        .spawn(move || {
            // There is nobody left to tell.
            let _ = handle.write_all(line.as_bytes());
            let _ = done.send(());
        });
    if writing.is_ok() {
        let _ = written.recv_timeout(PATIENCE);
    }
}

/// A handle of our own on a stream of the process. Whoever blocks on the standard library's handle holds its lock, and
/// everybody who writes to it after that would wait too.
#[cfg(unix)]
pub(crate) fn handle(stream: &impl std::os::fd::AsFd) -> io::Result<File> {
    stream.as_fd().try_clone_to_owned().map(File::from)
}

/// A handle of our own on a stream of the process.
#[cfg(windows)]
pub(crate) fn handle(stream: &impl std::os::windows::io::AsHandle) -> io::Result<File> {
    stream.as_handle().try_clone_to_owned().map(File::from)
}
