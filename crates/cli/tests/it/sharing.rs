//! Two campaigns at once: never more calls than the account has lines, and a fair share for both.

use crate::{
    lists,
    rig::{Node, NodeSettings, Sandbox, Tempo, assert_truth},
};

const LINES: u32 = 10;
const CAP: u32 = 8;

#[tokio::test(flavor = "multi_thread")]
async fn two_campaigns_share_the_lines() {
    let folder = tempfile::tempdir().expect("a folder");
    let database = format!("sqlite:{}", folder.path().join("two.db").display());
    let tempo = Tempo::new(60.0);
    let sandbox = Sandbox::start(tempo, LINES, "none", 31).await;
    let node = Node::start(&NodeSettings::new(&database, &sandbox, tempo, LINES)).await;
    let first = node.start_campaign("First", lists::people(90, 0), CAP).await;
    let second = node.start_campaign("Second", lists::people(90, 100), CAP).await;
    node.completed(&first).await;
    node.completed(&second).await;

    let ledger = sandbox.ledger().await;
    assert_truth(&ledger, u64::from(LINES));
    assert_eq!(ledger["peak_live"], LINES, "both together use every line");
    let calls = sandbox.calls().await;
    let spans = |id: &str| -> Vec<(i64, i64)> {
        let ours = calls
            .iter()
            .filter(|call| call["assistantOverrides"]["metadata"]["campaignId"] == id);
        let moment = |value: &serde_json::Value| {
            value
                .as_str()
                .and_then(domain::time::UtcMs::from_iso)
                .map_or(0, |moment| moment.0)
        };
        ours.map(|call| (moment(&call["createdAt"]), moment(&call["endedAt"])))
            .collect()
    };
    let (first, second) = (spans(&first), spans(&second));
    // From when both have begun until one has placed its last call.
    let begin = first.iter().chain(&second).map(|span| span.0).min().unwrap_or(0) + 60_000;
    let last_placed = |spans: &[(i64, i64)]| spans.iter().map(|span| span.0).max().unwrap_or(0);
    let end = last_placed(&first).min(last_placed(&second));
    let line_time = |spans: &[(i64, i64)]| -> i64 {
        spans
            .iter()
            .map(|(from, to)| (to.min(&end) - from.max(&begin)).max(0))
            .sum()
    };
    let (one, other) = (line_time(&first), line_time(&second));
    let share = one * 100 / (one + other);
    assert!(
        (40..=60).contains(&share),
        "the first campaign had {share} % of the line time"
    );
}
