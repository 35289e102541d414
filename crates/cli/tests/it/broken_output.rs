//! Commands whose output goes nowhere: their reader went away, the stream is closed, or its disk is full.

use std::{
    fs::File,
    process::{Output, Stdio},
};

use tokio::process::Command;

use crate::{
    lists,
    rig::{Node, NodeSettings, PATIENCE, Sandbox, Tempo, command, command_after, http},
};

async fn ended(command: &mut Command) -> Output {
    // `output()` would put pipes in the place of the streams.
    let started = command.spawn().expect("it starts");
    let ended = tokio::time::timeout(PATIENCE, started.wait_with_output()).await;
    ended.expect("it ends in time").expect("it runs")
}

fn unread() -> Stdio {
    let (reader, writer) = std::io::pipe().expect("a pipe");
    drop(reader);
    writer.into()
}

/// Commands that say something and need no node, in a folder with their data.
fn commands(folder: &std::path::Path) -> Vec<Vec<String>> {
    let list = folder.join("list.csv");
    std::fs::write(&list, lists::people(3, 0)).expect("written");
    let database = format!("sqlite:{}", folder.join("data.db").display());
    let list = list.to_str().expect("a path");
    let words = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect();
    vec![
        words(&["migrate", "--database", &database]),
        words(&["replay", "--check", "--database", &database]),
        words(&["import", list, "--region", "US"]),
        words(&["import", list, "--region", "US", "--json"]),
        words(&["--help"]),
        words(&["--version"]),
        words(&["demo", "--exit", "--speed", "600", "--contacts", list]),
        words(&["demo", "--exit", "--json", "--speed", "600", "--contacts", list]),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reader_that_went_away_has_read_enough() {
    let folder = tempfile::tempdir().expect("a folder");
    for words in commands(folder.path()) {
        let output = ended(command().args(&words).stdout(unread()).stderr(Stdio::piped())).await;
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!((output.status.code(), said.as_str()), (Some(0), ""), "{words:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn closed_streams_break_nothing() {
    let folder = tempfile::tempdir().expect("a folder");
    for closed in ["exec >&-", "exec 2>&-", "exec <&- >&- 2>&-"] {
        for words in commands(folder.path()) {
            let output = ended(command_after(closed).args(&words)).await;
            assert_eq!(output.status.code(), Some(0), "{closed} {words:?}");
        }
        // Errors, too, only lack their words.
        let nonsense = ended(command_after(closed).arg("nonsense")).await;
        assert_eq!(nonsense.status.code(), Some(2), "{closed}");
        let nothing = ["replay", "--check", "--database", "sqlite:/no/x.db"];
        let nothing = ended(command_after(closed).args(nothing)).await;
        assert_eq!(nothing.status.code(), Some(1), "{closed}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_cannot_be_written_is_an_error() {
    let folder = tempfile::tempdir().expect("a folder");
    for words in commands(folder.path()) {
        let full = File::options()
            .write(true)
            .open("/dev/full")
            .expect("Linux has this device");
        let output = ended(command().args(&words).stdout(full).stderr(Stdio::piped())).await;
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(1), "{words:?}: {said}");
        assert!(
            said.contains("cannot print the answer: No space left"),
            "{words:?}: {said}"
        );
    }
}

/// Also a node, and commands that ask it.
#[tokio::test(flavor = "multi_thread")]
async fn a_node_without_any_stream_serves() {
    let folder = tempfile::tempdir().expect("a folder");
    let database = format!("sqlite:{}", folder.path().join("mute.db").display());
    let tempo = Tempo::new(60.0);
    let sandbox = Sandbox::start(tempo, 2, "none", 52).await;
    let settings = NodeSettings::new(&database, &sandbox, tempo, 2);
    let mut starting = command_after("exec <&- >&- 2>&-");
    Node::configure(&mut starting, &settings);
    let node = Node::of(starting.spawn().expect("it starts"), &settings);
    let listens = async {
        // It cannot say when it listens.
        while http()
            .get(format!("{}/api/health", node.url))
            .send()
            .await
            .is_err()
        {
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(PATIENCE, listens).await.expect("it listens");
    let id = node.start_campaign("Mute", lists::people(4, 0), 2).await;
    for words in [
        vec!["campaign", "--server", &node.url, "list"],
        vec!["campaign", "--server", &node.url, "show", &id],
        vec!["campaign", "--server", &node.url, "export", &id],
    ] {
        let output = ended(command().args(&words).stdout(unread()).stderr(Stdio::piped())).await;
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!((output.status.code(), said.as_str()), (Some(0), ""), "{words:?}");
    }
    node.completed(&id).await;
    node.signal("TERM").await;
    assert_eq!(node.ended().await.code(), Some(0));
}

/// A demo without room says so and ends. The room is taken away by a limit on the size of files, which needs no rights.
#[tokio::test(flavor = "multi_thread")]
async fn a_demo_without_room_says_what_to_do() {
    // In the 512 bytes of a shell: too little for the tables, and too little for the campaign.
    for blocks in [256, 2_600] {
        let folder = tempfile::tempdir().expect("a folder");
        let mut demo = command_after(&format!("trap '' XFSZ; ulimit -f {blocks}"));
        demo.args(["demo", "--exit", "--speed", "120"])
            .env("TMPDIR", folder.path())
            .stderr(Stdio::piped());
        let output = ended(&mut demo).await;
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(1), "{blocks}: {said}");
        let folder = folder.path().to_str().expect("a path");
        for told in [folder, "is full", "50 MB", "TMPDIR"] {
            assert!(said.contains(told), "{blocks}: {told} in {said}");
        }
    }
}
