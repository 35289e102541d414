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
    // As behind a balancer, the news of a node's calls reaches another node, which then refills the line.
    let settings: [NodeSettings; 3] =
        std::array::from_fn(|_| NodeSettings::new(&database.url, &sandbox, tempo, CAP));
    let mut nodes = Vec::new();
    for (place, own) in settings.iter().enumerate() {
        let next = &settings[(place + 1) % settings.len()];
        nodes.push(Node::start(&own.clone().heard_by(next)).await);
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
    // Every call tells which node placed it, by where its webhooks go.
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
