//! Three nodes on one Postgres run one campaign under one cap, and one of them dies in the middle.

use std::collections::BTreeSet;

use crate::{
    database::PostgresDatabase,
    lists,
    rig::{Node, NodeSettings, Sandbox, Tempo, assert_replay, assert_truth, final_contacts},
};

const CONTACTS: u64 = 150;
const CAP: u32 = 8;

#[tokio::test(flavor = "multi_thread")]
async fn three_nodes_and_one_dies() {
    let database = PostgresDatabase::create("nodes").await;
    let tempo = Tempo::new(60.0);
    let sandbox = Sandbox::start(tempo, CAP, "none", 21).await;
    let mut nodes = Vec::new();
    for _ in 0..3 {
        nodes.push(Node::start(&NodeSettings::new(&database.url, &sandbox, tempo, CAP)).await);
    }
    let id = nodes[0]
        .start_campaign("Together", lists::people(CONTACTS as usize, 0), CAP)
        .await;
    nodes[0]
        .watch(&id, |campaign| final_contacts(campaign) > CONTACTS / 3)
        .await;
    nodes.swap_remove(1).kill().await;
    let campaign = nodes[0].completed(&id).await;

    assert_eq!(final_contacts(&campaign), CONTACTS, "nobody lost");
    assert_truth(&sandbox.ledger().await, u64::from(CAP));
    // Every call names the node that placed it: where its webhooks go.
    let placed_by: BTreeSet<String> = sandbox
        .calls()
        .await
        .iter()
        .map(|call| call["assistantOverrides"]["server"]["url"].to_string())
        .collect();
    assert_eq!(placed_by.len(), 3, "all three nodes placed calls: {placed_by:?}");
    for node in nodes {
        node.kill().await;
    }
    assert_replay(&database.url).await;
    database.drop_it().await;
}
