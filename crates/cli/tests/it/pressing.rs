//! Everything that people can press, pressed at three nodes on one Postgres while all of them dial.

use reqwest::Method;
use serde_json::Value;

use crate::{
    database::PostgresDatabase,
    lists,
    rig::{Node, NodeSettings, Sandbox, Tempo, answered, assert_replay, assert_truth, final_contacts},
};

const LINES: u32 = 8;
const SPEED: f64 = 60.0;
/// A request that was on its way when somebody stopped its campaign may arrive so much later, in milliseconds of the
/// nodes' clock: half a second on the clock of a busy machine.
const UNDER_WAY_MS: i64 = 500 * SPEED as i64;

/// Presses a button at a node. Returns the status of the answer.
async fn press(node: &Node, id: &str, action: &str) -> u16 {
    answered(node.api(Method::POST, &format!("campaigns/{id}/{action}")))
        .await
        .0
}

/// Appends people; half of them are in the list already.
async fn append(node: &Node, id: &str, first: usize) {
    let list = lists::people(10, first - 5);
    let part = reqwest::multipart::Part::text(list).file_name("more.csv");
    let form = reqwest::multipart::Form::new().part("file", part);
    let request = node.api(Method::POST, &format!("campaigns/{id}/contacts"));
    let (status, answer) = answered(request.multipart(form)).await;
    assert_eq!((status, &answer["added"]), (200, &5.into()), "{answer}");
}

/// The calls of a campaign that reached the provider after that moment.
fn placed_after(calls: &[Value], id: &str, moment_ms: i64) -> Vec<i64> {
    let ours = calls
        .iter()
        .filter(|call| call["assistantOverrides"]["metadata"]["campaignId"] == id);
    let created = ours.map(|call| {
        let at = call["createdAt"].as_str().and_then(domain::time::UtcMs::from_iso);
        at.expect("a moment").0
    });
    created.filter(|at| *at > moment_ms).collect()
}

/// Guarantees *nobody lost*, *never twice*, *never over*, and nobody is called once it was stopped.
#[tokio::test(flavor = "multi_thread")]
async fn whatever_is_pressed_at_three_nodes_nobody_is_lost_or_called_after_it() {
    let database = PostgresDatabase::create("pressing").await;
    let tempo = Tempo::new(SPEED);
    let sandbox = Sandbox::start(tempo, LINES, "none", 77).await;
    let settings: [NodeSettings; 3] =
        std::array::from_fn(|_| NodeSettings::new(&database.url, &sandbox, tempo, LINES));
    let mut nodes = Vec::new();
    for (place, own) in settings.iter().enumerate() {
        let next = &settings[(place + 1) % settings.len()];
        nodes.push(Node::start(&own.clone().heard_by(next)).await);
    }
    let stayed = nodes[0].start_campaign("Stays", lists::people(60, 0), 4).await;
    let canceled = nodes[1]
        .start_campaign("Canceled", lists::people(120, 200), 4)
        .await;
    let aborted = nodes[2]
        .start_campaign("Aborted", lists::people(120, 400), 4)
        .await;

    // Paused and resumed at one node after the other, with more people in between.
    for round in 0..4 {
        let node = &nodes[round % 3];
        node.watch(&stayed, |campaign| campaign["open_calls"].as_u64() > Some(0))
            .await;
        assert_eq!(press(node, &stayed, "pause").await, 200);
        assert_eq!(
            press(&nodes[(round + 1) % 3], &stayed, "pause").await,
            409,
            "it is paused"
        );
        append(&nodes[(round + 1) % 3], &stayed, 60 + round * 5).await;
        assert_eq!(press(&nodes[(round + 2) % 3], &stayed, "resume").await, 200);
    }

    // Two people stop two campaigns at once while all nodes dial.
    let ((first, canceled_ms), (second, aborted_ms)) = tokio::join!(
        async { (press(&nodes[1], &canceled, "cancel").await, tempo.now_ms()) },
        async { (press(&nodes[2], &aborted, "abort").await, tempo.now_ms()) },
    );
    assert_eq!((first, second), (200, 200));
    for (id, node) in [(&canceled, &nodes[2]), (&aborted, &nodes[0])] {
        assert_eq!(press(node, id, "resume").await, 409, "it is over");
        let campaign = node.watch(id, |campaign| campaign["open_calls"] == 0).await;
        assert_eq!(final_contacts(&campaign), 120, "nobody lost: {campaign:#}");
    }
    let campaign = nodes[1].completed(&stayed).await;
    assert_eq!(final_contacts(&campaign), 80, "nobody lost: {campaign:#}");
    let skipped = &campaign["progress"]["contacts"]["skipped"];
    assert!(
        skipped.as_u64().is_none_or(|skipped| skipped == 0),
        "everybody was called: {campaign:#}"
    );

    let ledger = sandbox.ledger().await;
    assert_truth(&ledger, u64::from(LINES));
    let calls = sandbox.calls().await;
    for (id, stopped_ms) in [(&canceled, canceled_ms), (&aborted, aborted_ms)] {
        let after = placed_after(&calls, id, stopped_ms + UNDER_WAY_MS);
        assert_eq!(after, [0; 0], "called after {stopped_ms}");
        let sent = database.dials_sent_after(id, stopped_ms).await;
        assert_eq!(sent, 0, "decided after somebody was told that it was stopped");
        let before = placed_after(&calls, id, 0).len();
        assert!(
            (1..120).contains(&before),
            "it was stopped in the middle: {before} calls"
        );
    }
    for node in nodes {
        node.kill().await;
    }
    assert_replay(&database.url).await;
    database.drop_it().await;
}
