//! Which endpoint a request is for.

/// An endpoint, with the parts of its path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Route<'a> {
    Calls,
    Call(&'a str),
    Control(&'a str),
    /// A recording of a call: `mono`, `stereo`, `assistant` or `customer`.
    Recording(&'a str, &'a str),
    Assistants,
    Assistant(&'a str),
    PhoneNumbers,
    PhoneNumber(&'a str),
    /// Our own pages; the rest of the path.
    Sandbox(&'a str),
    Unknown,
}

impl<'a> Route<'a> {
    pub(crate) fn of(path: &'a str) -> Route<'a> {
        let path = path.strip_suffix('/').unwrap_or(path);
        let mut parts = path.trim_start_matches('/').splitn(3, '/');
        match (parts.next(), parts.next(), parts.next()) {
            (Some("call"), None, None) => Route::Calls,
            (Some("call"), Some(id), None) => Route::Call(id),
            (Some("call"), Some(id), Some("control")) => Route::Control(id),
            (Some("call"), Some(id), Some(rest)) => match rest.strip_suffix("-recording") {
                Some(kind @ ("mono" | "stereo" | "assistant" | "customer")) => Route::Recording(id, kind),
                _ => Route::Unknown,
            },
            (Some("assistant"), None, None) => Route::Assistants,
            (Some("assistant"), Some(id), None) => Route::Assistant(id),
            (Some("phone-number"), None, None) => Route::PhoneNumbers,
            (Some("phone-number"), Some(id), None) => Route::PhoneNumber(id),
            (Some("sandbox"), _, _) => {
                Route::Sandbox(path.trim_start_matches('/')["sandbox".len()..].trim_start_matches('/'))
            }
            _ => Route::Unknown,
        }
    }

    /// The path as the ledger counts it.
    pub(crate) fn pattern(self) -> &'static str {
        match self {
            Route::Calls => "/call",
            Route::Call(_) => "/call/{id}",
            Route::Control(_) => "/call/{id}/control",
            Route::Recording(..) => "/call/{id}/{kind}-recording",
            Route::Assistants => "/assistant",
            Route::Assistant(_) => "/assistant/{id}",
            Route::PhoneNumbers => "/phone-number",
            Route::PhoneNumber(_) => "/phone-number/{id}",
            Route::Sandbox(_) => "/sandbox",
            Route::Unknown => "unknown",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_lead_to_their_endpoints() {
        assert_eq!(Route::of("/call"), Route::Calls);
        assert_eq!(Route::of("/call/abc/"), Route::Call("abc"));
        assert_eq!(Route::of("/call/abc/control"), Route::Control("abc"));
        assert_eq!(
            Route::of("/call/abc/mono-recording"),
            Route::Recording("abc", "mono")
        );
        assert_eq!(Route::of("/sandbox"), Route::Sandbox(""));
        assert_eq!(Route::of("/sandbox/ledger"), Route::Sandbox("ledger"));
        assert_eq!(
            Route::of("/sandbox/recordings/x/mono.wav"),
            Route::Sandbox("recordings/x/mono.wav")
        );
        assert_eq!(Route::of("/campaign"), Route::Unknown);
    }
}
