//! Panics are logged like everything else: the usual hook writes to standard error, and waits where nobody reads it.

use std::{any::Any, backtrace, panic};

use crate::terminal;

/// Of a message, characters that are logged.
const LONGEST: usize = 200;

/// Logs every panic from now on, with its place. Never panics or blocks itself.
pub(crate) fn catch_panics() {
    panic::set_hook(Box::new(|panic| {
        let place = panic.location().map(ToString::to_string);
        let place = place.as_deref().unwrap_or("an unknown place");
        let what = harmless(panic.payload());
        if !tracing::dispatcher::has_been_set() {
            terminal::tell(format!("autolynx: a bug at {place}: {what}"));
            return;
        }
        let trace = backtrace::Backtrace::capture();
        let trace = (trace.status() == backtrace::BacktraceStatus::Captured).then(|| trace.to_string());
        tracing::error!(place, what, trace, "a bug: the program panicked");
        tracing::debug!(place, whole = said(panic.payload()), "what the panic said");
    }));
}

/// What a panic said, without what may be data of people. Words that stand in the program are harmless; a message that
/// was put together is harmless up to its first value.
fn harmless(payload: &(dyn Any + Send)) -> String {
    let words = match payload.downcast_ref::<&'static str>() {
        Some(words) => words,
        None => {
            let whole = said(payload);
            let is_bounds = whole.starts_with("index out of bounds: the len is ");
            let end = if is_bounds {
                whole.len()
            } else {
                whole.find([':', '`', '\'', '"', '“']).unwrap_or(whole.len())
            };
            return cut(&whole[..end], end < whole.len());
        }
    };
    cut(words, false)
}

fn cut(words: &str, is_cut: bool) -> String {
    let shown: String = words.chars().take(LONGEST).collect();
    if is_cut || shown.len() < words.len() {
        format!("{}…", shown.trim_end())
    } else {
        shown
    }
}

fn said(payload: &(dyn Any + Send)) -> &str {
    let words = payload.downcast_ref::<&'static str>().copied();
    let words = words.or_else(|| payload.downcast_ref::<String>().map(String::as_str));
    words.unwrap_or("no message")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_is_told_without_the_values_in_it() {
        let formatted = |text: &str| harmless(&text.to_owned());
        assert_eq!(
            harmless(&"attempt to add with overflow"),
            "attempt to add with overflow"
        );
        assert_eq!(
            formatted("called `Result::unwrap()` on an `Err` value: Row(\"Ada\", \"+12015550100\")"),
            "called…"
        );
        assert_eq!(formatted("the row has an id: Ada"), "the row has an id…");
        assert_eq!(
            formatted("index out of bounds: the len is 3 but the index is 7"),
            "index out of bounds: the len is 3 but the index is 7"
        );
        assert_eq!(harmless(&7), "no message");
    }
}
