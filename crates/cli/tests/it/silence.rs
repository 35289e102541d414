//! Commands that ask a node which does not answer, or not yet.

use std::process::Stdio;

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::watch,
};

use crate::rig::{PATIENCE, command};

async fn said(words: &[&str]) -> (Option<i32>, String, String) {
    let mut command = command();
    command.args(words).stderr(Stdio::piped());
    let output = tokio::time::timeout(PATIENCE, command.output()).await;
    let output = output.expect("it ends in time").expect("it runs");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (output.status.code(), text(&output.stdout), text(&output.stderr))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_that_takes_connections_and_says_nothing_is_named() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = format!("http://{}", listener.local_addr().expect("an address"));
    let silent = tokio::spawn(async move {
        let mut connections = Vec::new();
        while let Ok((connection, _)) = listener.accept().await {
            connections.push(connection);
        }
    });
    let list = ["campaign", "--server", &address, "list"];
    let pause = ["campaign", "--server", &address, "pause", "x"];
    let (asked, changed) = tokio::join!(said(&list), said(&pause));
    for (code, answer, errors) in [&asked, &changed] {
        assert_eq!((*code, answer.as_str()), (Some(1), ""), "{errors}");
        assert!(
            errors.contains(&format!("the node at {address} does not answer")),
            "{errors}"
        );
        assert!(errors.contains("--server"), "it says what to do: {errors}");
    }
    assert!(!asked.2.contains("not known"), "{}", asked.2);
    assert!(
        changed.2.contains("not known whether the change was made"),
        "said is done: {}",
        changed.2
    );
    silent.abort();
}

/// A node that is slow is waited for as long as it shows signs of life.
#[tokio::test(flavor = "multi_thread")]
async fn a_node_that_works_on_the_answer_is_waited_for() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = format!("http://{}", listener.local_addr().expect("an address"));
    let (alive, asked) = watch::channel(0_u32);
    let slow = tokio::spawn(async move {
        while let Ok((connection, _)) = listener.accept().await {
            tokio::spawn(answer(connection, alive.clone(), asked.clone()));
        }
    });
    let (code, answer, errors) = said(&["campaign", "--json", "--server", &address, "show", "x"]).await;
    assert_eq!(code, Some(0), "{errors}");
    assert!(answer.contains("slowly"), "{answer}");
    assert!(errors.contains("still at work"), "{errors}");
    slow.abort();
}

/// Answers what was asked for only when a sign of life was asked for twice.
async fn answer(mut connection: TcpStream, alive: watch::Sender<u32>, mut asked: watch::Receiver<u32>) {
    let mut request = [0; 4096];
    let read = connection.read(&mut request).await.unwrap_or(0);
    let body = if request[..read].starts_with(b"GET /assets/") {
        alive.send_modify(|signs| *signs += 1);
        ""
    } else {
        asked
            .wait_for(|signs| *signs >= 2)
            .await
            .expect("the test goes on");
        "{\"name\":\"slowly\"}"
    };
    let answer = format!(
        "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
        body.len()
    );
    let _ = connection.write_all(answer.as_bytes()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn no_node_at_all_is_said_without_the_password_of_its_address() {
    let (code, _, errors) = said(&["campaign", "--server", "http://me:hidden@127.0.0.1:1", "list"]).await;
    assert_eq!(code, Some(1));
    assert!(
        errors.contains("no node answers at http://127.0.0.1:1"),
        "{errors}"
    );
    assert!(!errors.contains("hidden"), "{errors}");
}
