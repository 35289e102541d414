//! kill -9 at random moments: nobody lost, nobody called twice, the cap never passed.

use std::time::Duration;

use rand::RngExt;
use rand_chacha::{ChaCha8Rng, rand_core::SeedableRng};

use crate::{
    database::PostgresDatabase,
    lists,
    rig::{Node, NodeSettings, Sandbox, Tempo, assert_replay, assert_truth, final_contacts},
};

const KILLS: u32 = 50;
const CONTACTS: u64 = 160;
const CAP: u32 = 8;

#[tokio::test(flavor = "multi_thread")]
async fn fifty_kills_on_sqlite() {
    let folder = tempfile::tempdir().expect("a folder");
    let database = format!("sqlite:{}", folder.path().join("kills.db").display());
    survive(&database, 11).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn fifty_kills_on_postgres() {
    let database = PostgresDatabase::create("kills").await;
    survive(&database.url, 12).await;
    database.drop_it().await;
}

async fn survive(database: &str, seed: u64) {
    let tempo = Tempo::new(60.0);
    let sandbox = Sandbox::start(tempo, CAP, "mild", seed).await;
    let settings = NodeSettings::new(database, &sandbox, tempo, CAP);
    let mut chance = ChaCha8Rng::seed_from_u64(seed);
    let mut node = Node::start(&settings).await;
    let id = node
        .start_campaign("Kills", lists::people(CONTACTS as usize, 0), CAP)
        .await;
    for kill in 0..KILLS {
        tokio::time::sleep(Duration::from_millis(chance.random_range(1..400))).await;
        let campaign = node.campaign(&id).await;
        assert_ne!(
            campaign["status"], "COMPLETED",
            "the campaign must outlive the kills: {kill} done"
        );
        node.kill().await;
        node = Node::start(&settings).await;
    }
    let campaign = node.completed(&id).await;
    assert_eq!(final_contacts(&campaign), CONTACTS, "nobody lost");
    let ledger = sandbox.ledger().await;
    assert_truth(&ledger, u64::from(CAP));
    assert_eq!(ledger["numbers_called_more_than_once"], serde_json::json!([]));
    node.kill().await;
    assert_replay(database).await;
}
