//! What the log says of requests.

use std::{
    io,
    sync::{Arc, Mutex},
};

use crate::rig::Rig;

/// Keeps what is logged.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    fn take(&self) -> String {
        String::from_utf8(std::mem::take(&mut *self.0.lock().unwrap())).unwrap()
    }
}

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn a_request_leaves_one_line_that_names_nobody() {
    let log = Log::default();
    let writer = log.clone();
    let subscriber = tracing_subscriber::fmt()
        .json()
        .with_writer(move || writer.clone())
        .finish();
    let _here = tracing::subscriber::set_default(subscriber);
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
    let log = Log::default();
    let writer = log.clone();
    let subscriber = tracing_subscriber::fmt()
        .json()
        .with_writer(move || writer.clone())
        .finish();
    let _here = tracing::subscriber::set_default(subscriber);
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
