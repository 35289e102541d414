//! Commands that must not touch what they are not for.

use std::path::Path;

use crate::{lists, rig};

fn address(file: &Path) -> String {
    format!("sqlite:{}", file.display())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_check_of_nothing_makes_nothing_and_fails() {
    let folder = tempfile::tempdir().expect("a folder");
    let missing = folder.path().join("missing.db");
    let checked = rig::run(&["replay", "--check", "--database", &address(&missing)]).await;
    assert!(!checked.status.success());
    assert!(!missing.exists());

    let empty = folder.path().join("empty.db");
    std::fs::write(&empty, "").expect("written");
    let checked = rig::run(&["replay", "--check", "--database", &address(&empty)]).await;
    let said = String::from_utf8_lossy(&checked.stderr).into_owned();
    assert!(!checked.status.success());
    assert!(said.contains("no AutoLynx data"), "{said}");
}

/// Guarantee *nobody lost*: the demo's invented people never answer for real ones.
#[tokio::test(flavor = "multi_thread")]
async fn the_demo_touches_no_data_but_its_own() {
    let folder = tempfile::tempdir().expect("a folder");
    let list = folder.path().join("list.csv");
    std::fs::write(&list, lists::people(2, 0)).expect("written");
    let list = list.to_str().expect("a path").to_owned();
    let demo = ["demo", "--exit", "--json", "--speed", "600", "--contacts", &list];

    let real = folder.path().join("real.db");
    let played = rig::run_with(&[("DATABASE_URL", &address(&real))], &demo).await;
    assert!(
        played.status.success(),
        "{}",
        String::from_utf8_lossy(&played.stderr)
    );
    assert!(!real.exists(), "the database of the environment is left alone");

    let own = address(&folder.path().join("own.db"));
    let named = [&demo[..], &["--database", &own]].concat();
    assert!(rig::run(&named).await.status.success());
    let again = rig::run(&named).await;
    let said = String::from_utf8_lossy(&again.stderr).into_owned();
    assert!(!again.status.success());
    assert!(said.contains("holds campaigns already"), "{said}");
}
