//! Logging never blocks or breaks the work: the log's reader goes away or reads nothing, or its disk is full.

use std::{
    fs::File,
    io::{PipeReader, Read, Write},
    process::Stdio,
};

use http::Method;
use tokio::io::AsyncReadExt;

use crate::{
    lists,
    rig::{Node, NodeSettings, Sandbox, Tempo, WEBHOOK_SECRET, answered, command, final_contacts, http},
};

const CONTACTS: u64 = 40;

/// A node with a full log in the middle of a campaign.
struct Stage {
    _folder: tempfile::TempDir,
    _sandbox: Sandbox,
    node: Node,
}

impl Stage {
    async fn start(errors: impl Into<Stdio>) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let database = format!("sqlite:{}", folder.path().join("log.db").display());
        let tempo = Tempo::new(60.0);
        let sandbox = Sandbox::start(tempo, 8, "none", 51).await;
        let mut command = command();
        command.stderr(errors).env("LOG_LEVEL", "debug");
        let node = Node::start_as(command, &NodeSettings::new(&database, &sandbox, tempo, 8)).await;
        Self {
            _folder: folder,
            _sandbox: sandbox,
            node,
        }
    }

    /// Pages, buttons, webhooks and health answer, and the campaign comes to its end.
    async fn works(&self) {
        let list = lists::people(CONTACTS as usize, 0);
        let id = self.node.start_campaign("Unlogged", list, 8).await;
        let status = async |request: reqwest::RequestBuilder| {
            request.send().await.expect("the node answers").status().as_u16()
        };
        let pages = http();
        for page in ["/campaigns", &format!("/campaigns/{id}")] {
            assert_eq!(status(pages.get(format!("{}{page}", self.node.url))).await, 200);
        }
        let act = |action: &str| self.node.api(Method::POST, &format!("campaigns/{id}/{action}"));
        assert_eq!(status(act("pause")).await, 200);
        assert_eq!(status(self.node.api(Method::GET, "health")).await, 200);
        assert_eq!(status(self.node.api(Method::POST, "webhooks/vapi")).await, 401);
        let unreadable = self.node.api(Method::POST, "webhooks/vapi").body("{");
        let proven = unreadable.header("X-Vapi-Secret", WEBHOOK_SECRET);
        assert_eq!(status(proven).await, 200);
        assert_eq!(status(act("nonsense")).await, 404);
        assert_eq!(answered(act("resume")).await.0, 200);
        let campaign = self.node.completed(&id).await;
        assert_eq!(final_contacts(&campaign), CONTACTS, "nobody lost");
    }

    /// Stops in order, whatever becomes of the last lines.
    async fn stops(self) {
        self.node.signal("TERM").await;
        assert_eq!(self.node.ended().await.code(), Some(0));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_reads_the_log_any_more() {
    let (reader, writer) = std::io::pipe().expect("a pipe");
    let stage = Stage::start(writer).await;
    drop(reader);
    stage.works().await;
    stage.stops().await;
}

/// A disk without room, which every Linux has as a device.
#[tokio::test(flavor = "multi_thread")]
async fn the_disk_of_the_log_is_full() {
    let full = File::options().write(true).open("/dev/full");
    let stage = Stage::start(full.expect("Linux has this device")).await;
    stage.works().await;
    stage.stops().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_log_that_nobody_reads_is_full_and_goes_on_when_it_is_read() {
    let (mut reader, mut writer) = std::io::pipe().expect("a pipe");
    let stage = {
        let errors = writer.try_clone().expect("a pipe");
        Stage::start(errors).await
    };
    // It writes until the pipe takes no more, and waits there.
    let filling = std::thread::spawn(move || writer.write_all(&[b'\n'; 1 << 20]));
    stage.works().await;

    let read = tokio::task::spawn_blocking(move || {
        let found = read_until(&mut reader, "serving");
        (found, reader)
    });
    let (found, mut reader) = read.await.expect("read");
    assert!(found, "the node's lines come once somebody reads them");
    let (drained, ended) = (
        tokio::task::spawn_blocking(move || std::io::copy(&mut reader, &mut std::io::sink())),
        stage.stops(),
    );
    ended.await;
    filling.join().expect("filled").expect("read to its end");
    drained.await.expect("read").expect("read to its end");
}

/// A pipe that is still full when the node must end holds up nothing.
#[tokio::test(flavor = "multi_thread")]
async fn a_full_log_does_not_keep_a_node_from_ending() {
    let (reader, mut writer) = std::io::pipe().expect("a pipe");
    let stage = {
        let errors = writer.try_clone().expect("a pipe");
        Stage::start(errors).await
    };
    std::thread::spawn(move || writer.write_all(&[b'\n'; 1 << 20]));
    stage.works().await;
    stage.stops().await;
    drop(reader);
}

/// Who has no secret can send as much as the network takes, and must not fill the log with it.
#[tokio::test(flavor = "multi_thread")]
async fn a_flood_without_a_secret_fills_no_log() {
    const FLOOD: usize = 500;
    let folder = tempfile::tempdir().expect("a folder");
    let database = format!("sqlite:{}", folder.path().join("flood.db").display());
    let tempo = Tempo::new(1.0);
    let sandbox = Sandbox::start(tempo, 1, "none", 53).await;
    let mut command = command();
    command.stderr(Stdio::piped()).env("LOG_LEVEL", "info");
    let mut node = Node::start_as(command, &NodeSettings::new(&database, &sandbox, tempo, 1)).await;
    let mut errors = node.errors();
    let log = tokio::spawn(async move {
        let mut log = String::new();
        errors.read_to_string(&mut log).await.map(|_| log)
    });
    let client = http();
    for _ in 0..FLOOD {
        let webhook = client.post(format!("{}/api/webhooks/vapi", node.url));
        assert_eq!(webhook.send().await.expect("an answer").status(), 401);
    }
    node.signal("TERM").await;
    assert_eq!(node.ended().await.code(), Some(0));
    let log = log.await.expect("read").expect("readable");
    let lines = log
        .lines()
        .filter(|line| line.contains("turned away") || line.contains("webhooks/vapi"))
        .count();
    assert!(
        (2..FLOOD / 5).contains(&lines),
        "{lines} lines of {FLOOD} requests"
    );
}

fn read_until(reader: &mut PipeReader, text: &str) -> bool {
    let (mut seen, mut chunk) = (String::new(), [0; 4096]);
    loop {
        match reader.read(&mut chunk).expect("readable") {
            0 => return false,
            read => seen += &String::from_utf8_lossy(&chunk[..read]),
        }
        if seen.contains(text) {
            return true;
        }
    }
}
