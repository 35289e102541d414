//! A node that is told to stop does so in time, whoever tells it.

use std::process::Stdio;

use tokio::io::{AsyncBufReadExt, AsyncReadExt, BufReader};

use crate::{
    lists,
    proxy::{Moment, Proxy},
    rig::{Node, NodeSettings, PATIENCE, Sandbox, Tempo, command, command_after, command_with_signals},
};

/// A node without work.
async fn idle(command: tokio::process::Command) -> (Node, Sandbox, tempfile::TempDir) {
    let folder = tempfile::tempdir().expect("a folder");
    let database = format!("sqlite:{}", folder.path().join("stop.db").display());
    let tempo = Tempo::new(60.0);
    let sandbox = Sandbox::start(tempo, 2, "none", 61).await;
    let node = Node::start_as(command, &NodeSettings::new(&database, &sandbox, tempo, 2)).await;
    (node, sandbox, folder)
}

#[tokio::test(flavor = "multi_thread")]
async fn every_signal_to_stop_stops_in_order() {
    for signal in ["TERM", "INT", "HUP"] {
        let (node, ..) = idle(command_with_signals()).await;
        node.signal(signal).await;
        assert_eq!(node.ended().await.code(), Some(0), "{signal}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_that_was_to_outlive_its_terminal_does() {
    let (node, _sandbox, _folder) = idle(command_after("trap '' HUP")).await;
    node.signal("HUP").await;
    // It still works, and stops in order by another signal.
    node.import_assistant().await;
    node.signal("TERM").await;
    assert_eq!(node.ended().await.code(), Some(0));
}

/// A node that waits for the provider to answer a dial, for longer than it may take to stop.
async fn dialing(seed: u64) -> (Node, impl Sized) {
    let folder = tempfile::tempdir().expect("a folder");
    let database = format!("sqlite:{}", folder.path().join("stop.db").display());
    let tempo = Tempo::new(1.0);
    let sandbox = Sandbox::start(tempo, 2, "none", seed).await;
    let proxy = Proxy::start(&sandbox).await;
    let settings = NodeSettings::new(&database, &sandbox, tempo, 2).through(&proxy);
    let mut command = command();
    command.stderr(Stdio::piped()).env("LOG_LEVEL", "info");
    let node = Node::start_as(command, &settings).await;
    let armed = proxy.arm("POST /call", Moment::NotArrived);
    node.start_campaign("Hangs", lists::people(1, 0), 1).await;
    let stopped = armed.caught().await;
    (node, (folder, sandbox, proxy, stopped))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_signal_ends_at_once() {
    let (mut node, _rest) = dialing(62).await;
    let mut lines = BufReader::new(node.errors()).lines();
    node.signal("TERM").await;
    let stopping = async {
        while let Some(line) = lines.next_line().await.expect("readable") {
            if line.contains("stopping") {
                return;
            }
        }
        panic!("the node ended at the first signal");
    };
    tokio::time::timeout(PATIENCE, stopping)
        .await
        .expect("it says so");
    node.signal("TERM").await;
    assert_eq!(
        node.ended().await.code(),
        Some(128 + 15),
        "it tells that it was cut off"
    );
}

/// *said is done*: what was still under way is named, and the exit code is not that of an orderly end.
#[tokio::test(flavor = "multi_thread")]
async fn a_node_that_cannot_stop_ends_all_the_same() {
    let (mut node, _rest) = dialing(63).await;
    let mut errors = node.errors();
    node.signal("TERM").await;
    let mut said = String::new();
    let ended = tokio::time::timeout(PATIENCE, errors.read_to_string(&mut said)).await;
    ended.expect("it ends in time").expect("readable");
    assert_eq!(node.ended().await.code(), Some(1), "{said}");
    let last = said.lines().last().unwrap_or_default();
    assert!(last.starts_with("autolynx: the node ended 25 s after"), "{said}");
    assert!(last.contains("under way: the dialer"), "{said}");
}
