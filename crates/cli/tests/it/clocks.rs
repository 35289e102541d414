//! A node finds out whose clock to go by, and the sandbox's clock may be wrong.

use domain::time::UtcMs;
use serde_json::{Value, json};

use crate::{
    database::PostgresDatabase,
    lists,
    rig::{Node, NodeSettings, Sandbox, Tempo, assert_replay, assert_truth, final_contacts},
};

const LINES: u32 = 4;
const CONTACTS: u64 = 12;
const SPEED: i64 = 60;
/// How far two processes may be apart that go by the same clock: a sixth of a second of the machine's.
const SLACK_MS: i64 = 10_000;

fn ms(value: &Value) -> i64 {
    let moment = value.as_str().and_then(UtcMs::from_iso);
    moment.unwrap_or_else(|| panic!("no moment: {value}")).0
}

/// What `sandbox --speed 60` says of its clock is all that `serve` needs.
#[tokio::test(flavor = "multi_thread")]
async fn a_node_goes_by_the_clock_of_a_fast_sandbox() {
    let folder = tempfile::tempdir().expect("a folder");
    let database = format!("sqlite:{}", folder.path().join("fast.db").display());
    let log = folder.path().join("node.log");
    let speed = ["--speed".to_owned(), SPEED.to_string()];
    let sandbox = Sandbox::start_on(&speed, LINES, "none", 41).await;
    // The tempo is the test's alone: neither process is told it.
    let settings = NodeSettings::new(&database, &sandbox, Tempo::new(1.0), LINES).finding_the_clock(&log);
    let node = Node::start(&settings).await;
    let page = node.page("/campaigns").await;
    assert!(
        page.contains("no real calls are made"),
        "the sandbox's banner: {page}"
    );
    assert!(page.contains("data-clock-speed=\"60\""), "{page}");
    let id = node
        .start_campaign("Fast", lists::people(CONTACTS as usize, 0), LINES)
        .await;
    let campaign = node.completed(&id).await;
    assert_eq!(final_contacts(&campaign), CONTACTS, "nobody lost");

    let ledger = sandbox.ledger().await;
    assert_truth(&ledger, u64::from(LINES));
    let calls = ledger["calls"].as_array().expect("calls");
    let moment = |call: &Value, name: &str| call[name].as_i64();
    let first_ms = calls
        .iter()
        .filter_map(|call| moment(call, "created_at_ms"))
        .min();
    let last_ms = calls.iter().filter_map(|call| moment(call, "ended_at_ms")).max();
    let (first_ms, last_ms) = (first_ms.expect("calls"), last_ms.expect("ends"));
    // The node's own moments lie before and after those of the sandbox as what happened did: neither clock is behind.
    let (queued_ms, completed_ms) = (ms(&campaign["queued_at"]), ms(&campaign["completed_at"]));
    assert!(queued_ms < first_ms + SLACK_MS, "{queued_ms} and {first_ms}");
    assert!(completed_ms > last_ms - SLACK_MS, "{completed_ms} and {last_ms}");
    for call in calls.iter().filter(|call| call["answered_at_ms"].is_i64()) {
        let our_id = call["our_id"].as_str().expect("our id");
        let row = node
            .look_at(&format!("calls/{our_id}"), |row| row["duration_ms"].is_i64())
            .await;
        let truly_ms = moment(call, "ended_at_ms").zip(moment(call, "answered_at_ms"));
        let truly_ms = truly_ms.map(|(ended_ms, answered_ms)| ended_ms - answered_ms);
        let lasted_ms = row["duration_ms"].as_i64();
        let apart_ms = lasted_ms
            .zip(truly_ms)
            .map(|(lasted, truly)| (lasted - truly).abs());
        assert!(apart_ms < Some(SLACK_MS), "{lasted_ms:?} and truly {truly_ms:?}");
        // Reserved by the node's clock, dialed by the sandbox's, and known to the node again.
        let reserved_ms = ms(&row["reserved_at"]);
        let dialed_ms = moment(call, "dialled_at_ms").expect("it was dialed");
        let accepted_ms = ms(&row["accepted_at"]);
        assert!(
            reserved_ms < dialed_ms + SLACK_MS && dialed_ms < accepted_ms + SLACK_MS,
            "{reserved_ms}, {dialed_ms}, {accepted_ms}"
        );
    }
    node.kill().await;
    let said = std::fs::read_to_string(&log).expect("a log");
    let line = "the provider is a sandbox that runs 60 times as fast; using its clock";
    assert_eq!(said.matches(line).count(), 1, "{said}");
    assert_replay(&database).await;
}

/// A wrong clock of the provider is not gone by, and may jump.
#[tokio::test(flavor = "multi_thread")]
async fn a_node_does_not_go_by_a_wrong_clock_of_the_provider() {
    const AHEAD_MS: i64 = 7_200_000;
    let folder = tempfile::tempdir().expect("a folder");
    let database = format!("sqlite:{}", folder.path().join("wrong.db").display());
    let log = folder.path().join("node.log");
    let ahead = ["--clock-offset".to_owned(), (AHEAD_MS / 1_000).to_string()];
    let sandbox = Sandbox::start_on(&ahead, LINES, "none", 42).await;
    let tempo = Tempo::new(1.0);
    let settings = NodeSettings::new(&database, &sandbox, tempo, LINES).finding_the_clock(&log);
    let node = Node::start(&settings).await;
    let clock = sandbox.clock().await;
    assert_eq!(
        (&clock["real_time"], &clock["offset_s"]),
        (&true.into(), &7_200.0.into())
    );
    let told_ms = clock["now_ms"].as_i64().expect("a moment");
    let apart_ms = told_ms - tempo.now_ms();
    assert!((apart_ms - AHEAD_MS).abs() < 60_000, "{apart_ms}");
    node.import_assistant().await;
    let page = node.page("/campaigns").await;
    assert!(page.contains("no real calls are made"), "the sandbox's banner");
    let jumped = sandbox.jump(-90).await;
    assert_eq!(jumped["offset_s"], -90.0);
    let apart_ms = jumped["now_ms"].as_i64().expect("a moment") - tempo.now_ms();
    assert!((apart_ms + 90_000).abs() < 60_000, "{apart_ms}");
    node.kill().await;
    let said = std::fs::read_to_string(&log).expect("a log");
    assert!(
        said.contains("the provider is a sandbox: no real calls are made"),
        "{said}"
    );
    assert!(!said.contains("using its clock"), "{said}");
}

/// The machine's clock against the provider's: two hours apart from the start, right, two hours apart the other way while
/// people talk and every answer to a dial is a 5xx, and right again.
///
/// Guarantees *never twice*, *never over*, *slot truth*: dialing is held and told; nobody is called while a call to them
/// lives, no line is freed; and it goes on by itself.
async fn clocks_that_jump(database: &str, offset_s: i64, seed: u64) {
    const PEOPLE: usize = 8;
    let tempo = Tempo::new(60.0);
    let mut clock = tempo.args().to_vec();
    clock.extend(["--clock-offset".to_owned(), offset_s.to_string()]);
    let sandbox = Sandbox::start_on(&clock, LINES, "none", seed).await;
    let node = Node::start(&NodeSettings::new(database, &sandbox, tempo, LINES)).await;
    let list = lists::people(PEOPLE, 0)
        .replace('\n', ",human 6m\n")
        .replacen(",human 6m", ",sandbox", 1);
    let id = node.start_campaign("Jumps", list, LINES).await;
    let held = node
        .health_with(|health| health["checks"]["clock"]["held"] == "differs")
        .await;
    assert_eq!(held["status"], "unhealthy", "{held}");
    let page = node.page(&format!("/campaigns/{id}")).await;
    assert!(page.contains("Dialing is held"), "{page}");
    assert_eq!(sandbox.ledger().await["calls"].as_array().map(Vec::len), Some(0));

    sandbox.jump(0).await;
    node.watch(&id, |campaign| campaign["status"] == "RUNNING").await;
    sandbox.set_faults(&json!({ "error_after_creating": 1.0 })).await;
    sandbox.jump(-offset_s).await;
    node.health_with(|health| health["checks"]["clock"]["held"] == "differs")
        .await;
    // Longer than any of the first calls lasts.
    let over = |ledger: &Value| {
        let calls = ledger["calls"].as_array().expect("calls").clone();
        calls.iter().all(|call| !call["ended_at_ms"].is_null())
    };
    while !over(&sandbox.ledger().await) {
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    let early = sandbox.ledger().await["calls"].as_array().map(Vec::len);
    assert!(
        early <= Some(LINES as usize),
        "nobody was dialed while the clocks differed: {early:?}"
    );

    sandbox.jump(0).await;
    let campaign = node.completed(&id).await;
    assert_eq!(final_contacts(&campaign), PEOPLE as u64, "nobody lost");
    let ledger = sandbox.ledger().await;
    assert_truth(&ledger, u64::from(LINES));
    assert_eq!(
        ledger["calls"].as_array().map(Vec::len),
        Some(PEOPLE),
        "everybody once"
    );
    node.health_with(|health| health["status"] == "healthy").await;
    node.kill().await;
    assert_replay(database).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn clocks_two_hours_apart_hold_dialing_and_harm_nobody_on_sqlite() {
    for (seed, offset_s) in [(51, 7_200), (52, -7_200)] {
        let folder = tempfile::tempdir().expect("a folder");
        let database = format!("sqlite:{}", folder.path().join("jumps.db").display());
        clocks_that_jump(&database, offset_s, seed).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn clocks_two_hours_apart_hold_dialing_and_harm_nobody_on_postgres() {
    for (seed, offset_s) in [(53, 7_200), (54, -7_200)] {
        let database = PostgresDatabase::create("jumps").await;
        clocks_that_jump(&database.url, offset_s, seed).await;
        database.drop_it().await;
    }
}
