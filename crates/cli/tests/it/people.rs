//! The people of a campaign from a shell: listed, exported, and called again.

use std::collections::BTreeSet;

use http::Method;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
};

use crate::{
    rig::{Node, NodeSettings, Sandbox, Tempo, run},
    shell::{said, told},
};

const LIST: &str = "name,business_name,phone,sandbox\n\
    Ada,Ada's,+1 201 555 0100,interested 30s\n\
    Bruno & Söhne,Bruno's,+1 201 555 0101,no-answer then interested 20s\n\
    Cleo,Cleo's,+1 201 555 0102,no-answer\n";

/// The result as the API gives it.
async fn exported(node: &Node, id: &str) -> Vec<u8> {
    let request = node.api(Method::GET, &format!("campaigns/{id}/export.csv"));
    let answer = request.send().await.expect("an answer");
    answer.bytes().await.expect("a file").to_vec()
}

#[tokio::test(flavor = "multi_thread")]
async fn people_are_listed_exported_and_called_again() {
    let folder = tempfile::tempdir().expect("a folder");
    let database = format!("sqlite:{}", folder.path().join("people.db").display());
    let tempo = Tempo::new(240.0);
    let sandbox = Sandbox::start(tempo, 2, "none", 17).await;
    let node = Node::start(&NodeSettings::new(&database, &sandbox, tempo, 2)).await;
    let id = node.start_campaign("People", LIST.to_owned(), 2).await;
    node.completed(&id).await;
    let called = node.call_of(&id, "Ada").await;
    node.reported(&called).await;
    let contacts = ["campaign", "contacts", &id];
    let with = |more: &[&'static str]| [&contacts[..], more].concat();

    let (done, words) = said(&node, &contacts).await;
    let line = |name: &str| {
        words
            .lines()
            .find(|line| line.ends_with(name))
            .unwrap_or_default()
    };
    assert!(done && words.lines().count() == 4, "{words}");
    for (name, phone, what) in [
        ("Ada", "+12015550100", "human"),
        ("Bruno & Söhne", "+12015550101", "no_answer"),
    ] {
        let line = line(name);
        assert!(
            [phone, "done", what].iter().all(|part| line.contains(part)),
            "{words}"
        );
    }
    assert!(line("Ada").contains(&called), "{words}");

    // Filters, and a part at a time that says that it is one.
    let found = told(&node, &with(&["--search", "& Söhne"])).await;
    assert_eq!(
        (&found["total"], &found["items"][0]["outcome"]),
        (&1.into(), &"no_answer".into())
    );
    let silent = told(&node, &with(&["--state", "done", "--outcome", "no_answer"])).await;
    assert_eq!(silent["total"], 2, "{silent:#}");
    let (_, words) = said(&node, &with(&["--limit", "2"])).await;
    assert!(words.contains("Rows 1 to 2 of 3: --offset 2 goes on"), "{words}");
    let mut ids = BTreeSet::new();
    for part in [
        ["--limit", "2", "--offset", "0"],
        ["--limit", "2", "--offset", "2"],
    ] {
        let items = told(&node, &with(&part)).await["items"].take();
        ids.extend(
            items
                .as_array()
                .expect("rows")
                .iter()
                .map(|row| row["id"].to_string()),
        );
    }
    assert_eq!(ids.len(), 3);

    // One of them, and a call.
    let contact = found["items"][0]["id"].as_str().expect("an id");
    let (done, words) = said(&node, &["campaign", "why", &id, "--contact", contact]).await;
    assert!(done && words.starts_with("done"), "{words}");
    let (done, words) = said(&node, &["campaign", "show-call", &called]).await;
    assert!(done && words.contains("ENDED, human; attempt 1"), "{words}");
    assert!(
        words.contains("lasted: ") && words.contains("transcript: "),
        "{words}"
    );

    // The file is what the node makes, wherever it goes.
    let out = tempfile::tempdir().expect("a folder");
    let file = out.path().join("result.csv");
    std::fs::write(&file, "of yesterday").expect("written");
    let path = file.to_str().expect("UTF-8");
    let mut whole = exported(&node, &id).await;
    loop {
        let printed = run(&["campaign", "--server", &node.url, "export", &id]).await;
        let (done, words) = said(&node, &["campaign", "export", &id, "--output", path]).await;
        assert!(done && words.contains("bytes written to"), "{words}");
        let after = exported(&node, &id).await;
        // A late report may have come in between.
        if whole == after {
            assert!(printed.status.success() && printed.stdout == whole, "{printed:?}");
            assert_eq!(std::fs::read(&file).expect("a file"), whole);
            break;
        }
        whole = after;
    }
    let nobody = "01890000-0000-7000-8000-000000000000";
    let (done, words) = said(&node, &["campaign", "export", nobody, "--output", path]).await;
    assert!(
        !done && words.contains("is not written: There is no such campaign."),
        "{words}"
    );
    assert_eq!(std::fs::read(&file).expect("a file"), whole, "it stays as it was");
    assert_eq!(std::fs::read_dir(out.path()).expect("a folder").count(), 1);

    // Those who did not answer are called again, and nobody else.
    let again = told(&node, &["campaign", "redial", &id, "--outcome", "no_answer"]).await;
    assert_eq!(again["contacts"], 2, "{again:#}");
    node.completed(&id).await;
    let after = told(&node, &contacts).await;
    let after: BTreeSet<(&str, &str, u64)> = after["items"]
        .as_array()
        .expect("rows")
        .iter()
        .map(|row| {
            let outcome = row["outcome"].as_str().unwrap_or_default();
            (
                row["name"].as_str().unwrap_or_default(),
                outcome,
                row["attempts"].as_u64().unwrap_or(0),
            )
        })
        .collect();
    let expected = [
        ("Ada", "human", 1),
        ("Bruno & Söhne", "human", 2),
        ("Cleo", "no_answer", 2),
    ];
    assert_eq!(after, BTreeSet::from(expected));
    assert_eq!(sandbox.calls().await.len(), 5);
    let (done, words) = said(&node, &["campaign", "redial", &id, "--outcome", "busy"]).await;
    assert!(
        !done && words.contains("Nobody in the campaign has one of these outcomes."),
        "{words}"
    );
}

/// Half a file is none: neither in its place nor on standard output.
#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_breaks_off_is_not_left_behind() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    tokio::spawn(async move {
        while let Ok((mut socket, _)) = listener.accept().await {
            let _ = socket.read(&mut [0; 4096]).await;
            let half = "HTTP/1.1 200 OK\r\ncontent-type: text/csv; charset=utf-8\r\ncontent-length: 900\r\n\r\nname,phone\r\n";
            let _ = socket.write_all(half.as_bytes()).await;
        }
    });
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("result.csv");
    std::fs::write(&file, "of yesterday").expect("written");
    let export = ["campaign", "--server", &url, "export", "x"];
    let path = file.to_str().expect("UTF-8");
    let saved = run(&[&export[..], &["--output", path]].concat()).await;
    let words = String::from_utf8_lossy(&saved.stderr).into_owned();
    assert!(!saved.status.success() && words.contains("broke off"), "{words}");
    assert_eq!(std::fs::read(&file).expect("a file"), b"of yesterday");
    assert_eq!(std::fs::read_dir(folder.path()).expect("a folder").count(), 1);
    let printed = run(&export).await;
    assert!(
        !printed.status.success() && printed.stdout.is_empty(),
        "{printed:?}"
    );
}
