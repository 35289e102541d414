//! The demo keeps its promises on both databases, with faults, and without webhooks.

use std::io::Write;

use crate::{database::PostgresDatabase, lists, rig::demo};

const CONTACTS: u64 = 80;

/// A list that nobody tuned for: other people than the example's, some of them wrong.
fn list() -> tempfile::NamedTempFile {
    let mut file = tempfile::NamedTempFile::with_suffix(".csv").expect("a file");
    let good = lists::people(CONTACTS as usize, 500);
    let (nameless, again) = (lists::number(999), lists::number(500));
    write!(
        file,
        "{good}Nobody,,not a number\n,Nameless,{nameless}\nAgain,,{again}\n"
    )
    .expect("written");
    file
}

async fn keeps_its_promises(args: &[&str]) -> serde_json::Value {
    let list = list();
    let path = list.path().to_str().expect("a path").to_owned();
    let mut all = vec!["--contacts", &path, "--speed", "120"];
    all.extend(args);
    let report = demo(&all).await;
    let expected = serde_json::json!({
        "rows": CONTACTS + 3, "accepted": CONTACTS, "rejected": 2, "duplicates": 1,
        "contacts_final": CONTACTS, "dialled_twice": 0, "called_while_live": 0, "replay_equals_live": true, "cap": 8,
    });
    for (key, value) in expected.as_object().expect("an object") {
        assert_eq!(&report[key], value, "{key}: {report:#}");
    }
    assert!(report["peak_live"].as_u64() <= Some(8), "{report:#}");
    assert!(
        report["ideal_ms"].as_i64() <= report["makespan_ms"].as_i64(),
        "{report:#}"
    );
    report
}

#[tokio::test(flavor = "multi_thread")]
async fn with_webhooks_on_sqlite() {
    let report = keeps_its_promises(&[]).await;
    assert!(report["facts"]["webhook"].as_u64() > Some(CONTACTS), "{report:#}");
    // Whoever is not reached is called again.
    assert!(report["calls"].as_u64() > Some(CONTACTS), "{report:#}");
}

#[tokio::test(flavor = "multi_thread")]
async fn without_webhooks_on_sqlite() {
    let report = keeps_its_promises(&["--no-webhooks"]).await;
    assert_eq!(report["facts"]["webhook"], 0, "{report:#}");
    let rate = report["list_requests_per_minute"].as_f64().expect("a rate");
    assert!(
        rate <= 15.0,
        "polling must stay polite: {rate} list requests a minute"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn with_harsh_faults_on_sqlite() {
    let report = keeps_its_promises(&["--faults", "harsh"]).await;
    assert!(
        !report["faults_injected"].as_object().expect("faults").is_empty(),
        "{report:#}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn fewer_lines_than_the_cap() {
    let report = keeps_its_promises(&["--account-lines", "5"]).await;
    assert!(report["peak_live"].as_u64() <= Some(5), "{report:#}");
}

#[tokio::test(flavor = "multi_thread")]
async fn with_harsh_faults_on_postgres() {
    let database = PostgresDatabase::create("demo_harsh").await;
    keeps_its_promises(&["--faults", "harsh", "--database", &database.url]).await;
    database.drop_it().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_webhooks_on_postgres() {
    let database = PostgresDatabase::create("demo_polling").await;
    let report = keeps_its_promises(&["--no-webhooks", "--database", &database.url]).await;
    assert_eq!(report["facts"]["webhook"], 0, "{report:#}");
    database.drop_it().await;
}
