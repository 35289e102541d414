//! What the log says of requests.

use std::{
    cell::RefCell,
    io::{self, Write},
    sync::Once,
};

use crate::rig::Rig;

thread_local! {
    static LOG: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

/// Keeps what this thread logs: a test and the server in it run on one.
struct Log;

impl Log {
    /// One subscriber for the whole process. With one for each test, whether a line is wanted would be remembered as the
    /// test decided that came to it first.
    fn start() -> Self {
        static STARTED: Once = Once::new();
        STARTED.call_once(|| {
            tracing_subscriber::fmt().json().with_writer(|| Log).init();
        });
        LOG.take();
        Self
    }

    fn take(&self) -> String {
        String::from_utf8(LOG.take()).unwrap()
    }
}

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        LOG.with_borrow_mut(|log| log.write(bytes))
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn a_request_leaves_one_line_that_names_nobody() {
    let log = Log::start();
    let rig = Rig::new().await;
    let id = rig.campaign().await;
    let imported = log.take();
    assert!(
        !imported.contains("Ada") && !imported.contains("2025550143"),
        "{imported}"
    );

    let answer = rig.get(&format!("/campaigns/{id}/calls?q=Ada")).await.expect(200);
    let lines = log.take();
    assert_eq!(lines.lines().count(), 1, "{lines}");
    let line: serde_json::Value = serde_json::from_str(&lines).unwrap();
    let fields = &line["fields"];
    assert_eq!(fields["http.route"], "/campaigns/{id}/calls");
    assert_eq!(
        (&fields["http.method"], &fields["http.status"]),
        (&"GET".into(), &200.into())
    );
    assert_eq!(fields["request.id"], answer.header("x-request-id"));
    assert!(fields["duration_ms"].is_u64());
    assert!(!lines.contains("Ada"), "{lines}");
}

#[tokio::test]
async fn the_cause_of_a_fault_stands_in_the_log_under_the_requests_id() {
    let log = Log::start();
    let rig = Rig::new().await;
    rig.store.close().await;
    let answer = rig.get("/api/campaigns").await.expect(503);
    let lines = log.take();
    let faults: Vec<&str> = lines.lines().filter(|line| line.contains("\"ERROR\"")).collect();
    assert_eq!(faults.len(), 1, "{lines}");
    assert!(
        faults[0].contains(answer.header("x-request-id")) && faults[0].contains("\"cause\""),
        "{lines}"
    );
}
