//! A campaign steered from a shell, by the real binary against a running node.

use serde_json::Value;

use crate::{
    rig::{Node, NodeSettings, Sandbox, Tempo, run},
    shell::{said, told},
};

#[tokio::test(flavor = "multi_thread")]
async fn a_campaign_is_steered_from_a_shell() {
    let folder = tempfile::tempdir().expect("a folder");
    let database = format!("sqlite:{}", folder.path().join("steered.db").display());
    let tempo = Tempo::new(60.0);
    let sandbox = Sandbox::start(tempo, 4, "none", 7).await;
    let node = Node::start(&NodeSettings::new(&database, &sandbox, tempo, 4)).await;
    let mut list = "name,business_name,phone,sandbox\n".to_owned();
    for person in 0..12 {
        list += &format!("Person {person},Firm,+1 201 555 01{person:02},human 900s\n");
    }
    let id = node.start_campaign("Steered", list, 2).await;
    node.watch(&id, |campaign| campaign["open_calls"] == 2).await;

    let (done, words) = said(&node, &["campaign", "why", &id]).await;
    assert!(
        done && words.contains("2 of the campaign’s 2 lines are in use"),
        "{words}"
    );
    assert!(
        words.contains("10  their turn comes with the next free line"),
        "{words}"
    );

    let forecast = told(&node, &["campaign", "forecast", &id]).await;
    assert_eq!(forecast["rows"].as_array().map(Vec::len), Some(3), "{forecast:#}");
    let (_, words) = said(&node, &["campaign", "preflight", &id]).await;
    assert!(
        words.contains("finished by 10 %") && words.contains("and assumptions"),
        "{words}"
    );

    let paused = told(&node, &["campaign", "pause", &id]).await;
    assert_eq!(paused["status"], "PAUSED");
    let (done, words) = said(&node, &["campaign", "pause", &id]).await;
    assert!(
        !done && words.contains("Possible: resume, cancel, abort."),
        "{words}"
    );

    // A number is forbidden: its contact is skipped at once, and its story says why.
    let forbidden = told(
        &node,
        &["suppress", "add", "+1 201 555 0111", "--reason", "asked by mail"],
    )
    .await;
    assert_eq!(
        (&forbidden["added"], &forbidden["contacts"]),
        (&1.into(), &1.into())
    );
    let listed = told(&node, &["suppress", "list", "+12015550111"]).await;
    assert_eq!(listed["items"][0]["reason"], "asked by mail");
    let skipped = node.api(
        reqwest::Method::GET,
        &format!("campaigns/{id}/contacts?state=skipped"),
    );
    let skipped: Value = skipped.send().await.unwrap().json().await.unwrap();
    assert_eq!(skipped["items"][0]["reason"], "on the do-not-call list");
    let entry = listed["items"][0]["id"].as_str().expect("an id").to_owned();
    told(&node, &["suppress", "remove", &entry]).await;

    // At an hour that is lawful nowhere nobody is called, and the reason has no end.
    let closed = r#"{"hours":{"rule":{"week":null}}}"#;
    let (_, words) = said(&node, &["campaign", "policy", &id, "--set", closed]).await;
    assert!(words.contains("Version 2") || words.contains("hours"), "{words}");
    let limits = r#"{"limits":{"per_contact":2}}"#;
    let policy = told(&node, &["campaign", "policy", &id, "--set", limits]).await;
    assert_eq!(policy["policy"]["limits"]["per_contact"], 2);

    let set = told(&node, &["campaign", "set", &id, "--cap", "3", "--priority", "-5"]).await;
    assert_eq!((&set["cap"], &set["priority"]), (&3.into(), &(-5).into()));
    let lines = told(&node, &["lines", "--reserved", "1", "--per-second", "2"]).await;
    assert_eq!(
        (&lines["usable_lines"], &lines["calls_per_second"]),
        (&3.into(), &2.into())
    );

    // Aborting hangs up those who talk for a quarter of an hour.
    let aborted = told(&node, &["campaign", "abort", &id]).await;
    assert_eq!(aborted["status"], "CANCELED");
    node.watch(&id, |campaign| campaign["open_calls"] == 0).await;
    let ledger = sandbox.ledger().await;
    assert_eq!(ledger["calls_hung_up_by_control"], 2, "{ledger:#}");

    let copy = told(&node, &["campaign", "clone", &id, "--name", "Again"]).await;
    assert_eq!(
        (&copy["status"], &copy["total_contacts"]),
        (&"CREATED".into(), &12.into())
    );
    told(&node, &["campaign", "archive", &id]).await;
    let listed = told(&node, &["campaign", "list"]).await;
    assert_eq!(listed["total"], 1, "{listed:#}");
    let put_away = told(&node, &["campaign", "list", "--archived"]).await;
    assert_eq!(put_away["items"][0]["name"], "Steered");
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_node_it_says_what_to_do() {
    let output = run(&["campaign", "--server", "http://127.0.0.1:9", "list"]).await;
    let words = String::from_utf8_lossy(&output.stderr);
    assert!(
        !output.status.success() && words.contains("autolynx serve"),
        "{words}"
    );
}
