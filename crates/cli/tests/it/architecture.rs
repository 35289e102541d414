//! Who may use whom. A crate exists because it forbids an import, so the imports are checked.

use std::{collections::BTreeMap, process::Command};

/// What each crate may depend on: our own crates, and foreign ones that are the business of one crate only.
const ALLOWED: [(&str, &[&str]); 7] = [
    ("autolynx-domain", &[]),
    ("autolynx-store", &["autolynx-domain"]),
    ("autolynx-vapi", &[]),
    ("autolynx-sandbox", &[]),
    (
        "autolynx-engine",
        &["autolynx-domain", "autolynx-store", "autolynx-vapi"],
    ),
    (
        "autolynx-web",
        &["autolynx-domain", "autolynx-engine", "autolynx-store"],
    ),
    (
        "autolynx",
        &[
            "autolynx-domain",
            "autolynx-engine",
            "autolynx-sandbox",
            "autolynx-store",
            "autolynx-vapi",
            "autolynx-web",
        ],
    ),
];

/// Foreign crates and the only ones of ours that may use them.
const RESERVED: [(&str, &[&str]); 4] = [
    ("sqlx", &["autolynx-store"]),
    ("axum", &["autolynx-web"]),
    (
        "tokio",
        &[
            "autolynx-store",
            "autolynx-sandbox",
            "autolynx-engine",
            "autolynx-web",
            "autolynx",
        ],
    ),
    ("clap", &["autolynx"]),
];

#[test]
fn every_crate_uses_only_what_it_may() {
    let uses = normal_dependencies();
    for (name, allowed) in ALLOWED {
        let ours: Vec<&String> = uses[name]
            .iter()
            .filter(|used| used.starts_with("autolynx"))
            .collect();
        for used in ours {
            assert!(allowed.contains(&used.as_str()), "{name} must not use {used}");
        }
    }
    for (foreign, users) in RESERVED {
        for (name, used) in &uses {
            let known = ALLOWED.iter().any(|(known, _)| known == name);
            let may = users.contains(&name.as_str()) || !known;
            assert!(
                may || !used.iter().any(|used| used == foreign),
                "{name} must not use {foreign}"
            );
        }
    }
}

/// The dependencies of every crate of the workspace that go into the product.
fn normal_dependencies() -> BTreeMap<String, Vec<String>> {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version", "1", "--no-deps", "--offline"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .expect("cargo runs");
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let metadata: serde_json::Value = serde_json::from_slice(&output.stdout).expect("cargo writes JSON");
    let text = |value: &serde_json::Value| value.as_str().unwrap_or_default().to_owned();
    metadata["packages"]
        .as_array()
        .expect("packages")
        .iter()
        .map(|package| {
            let dependencies = package["dependencies"].as_array().expect("dependencies");
            let normal = dependencies
                .iter()
                .filter(|dependency| dependency["kind"].is_null());
            (
                text(&package["name"]),
                normal.map(|dependency| text(&dependency["name"])).collect(),
            )
        })
        .collect()
}
