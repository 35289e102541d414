//! Commands that ask a running node.

use serde_json::Value;

use crate::rig::{Node, run};

/// A command's answer as JSON.
pub(crate) async fn told(node: &Node, words: &[&str]) -> Value {
    let mut args = vec![words[0], "--json", "--server", &node.url];
    args.extend(&words[1..]);
    let output = run(&args).await;
    assert!(
        output.status.success(),
        "{words:?}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    serde_json::from_slice(&output.stdout).expect("JSON")
}

/// A command's answer in words, and whether it succeeded.
pub(crate) async fn said(node: &Node, words: &[&str]) -> (bool, String) {
    let mut args = vec![words[0], "--server", &node.url];
    args.extend(&words[1..]);
    let output = run(&args).await;
    let mut text = String::from_utf8_lossy(&output.stdout).into_owned();
    text += &String::from_utf8_lossy(&output.stderr);
    (output.status.success(), text)
}
