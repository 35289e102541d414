//! Exported configurations, before the models of the provider's official SDK.

use std::path::Path;

use http::Method;
use serde_json::json;
use tokio::process::Command;

use crate::rig::{Node, NodeSettings, Sandbox, Tempo, answered};

/// What the directory exports is what the provider takes: templates, the short form of the API, and imported ones.
#[tokio::test(flavor = "multi_thread")]
async fn exported_configurations_are_what_the_provider_takes() {
    #[expect(
        clippy::disallowed_methods,
        reason = "the interpreter is chosen by whoever runs the tests"
    )]
    let python = std::env::var("AUTOLYNX_SDK_PYTHON").expect(
        "AUTOLYNX_SDK_PYTHON names no Python with the provider's SDK: run `make test`, which prepares one",
    );
    let folder = tempfile::tempdir().expect("a folder");
    let database = format!("sqlite:{}", folder.path().join("node.db").display());
    let tempo = Tempo::new(60.0);
    let sandbox = Sandbox::start(tempo, 2, "none", 5).await;
    let node = Node::start(&NodeSettings::new(&database, &sandbox, tempo, 2)).await;
    node.import_assistant().await;
    let (status, templates) = answered(node.api(Method::GET, "assistants?source=template")).await;
    assert_eq!(status, 200, "{templates}");
    for template in templates["items"].as_array().expect("templates") {
        let clone = format!("assistants/{}/clone", template["id"].as_str().expect("an id"));
        let (status, answer) = answered(node.api(Method::POST, &clone).json(&json!({}))).await;
        assert_eq!(status, 201, "{answer}");
    }
    let short = json!({
        "name": "Short form",
        "config": {
            "model": "gpt-4",
            "voice": { "provider": "11labs", "voiceId": "EXAVITQu4vr4xnSDxMaL" },
            "systemPrompt": "You are a friendly sales representative.",
            "firstMessage": "Hi! I'm calling to discuss {{business_name}}.",
            "endCallMessage": "Thank you for your time!",
            "voicemailDetection": { "provider": "vapi" },
            "voicemailMessage": "Please call us back.",
            "recordingEnabled": true,
            "silenceTimeoutSeconds": 30,
            "maxCallDurationSeconds": 180,
        },
    });
    let (status, made) = answered(node.api(Method::POST, "assistants").json(&short)).await;
    assert_eq!(status, 201, "{made}");
    let export = node
        .api(Method::GET, "assistants/export")
        .send()
        .await
        .expect("an answer");
    let file = folder.path().join("assistants.json");
    std::fs::write(&file, export.bytes().await.expect("a file")).expect("written");
    node.kill().await;

    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/exported_configurations.py");
    let judged = Command::new(&python)
        .arg(script)
        .arg(&file)
        .kill_on_drop(true)
        .output()
        .await
        .unwrap_or_else(|error| panic!("{python} could not be started ({error}): run `make test`"));
    let said = String::from_utf8_lossy(&judged.stdout).into_owned();
    assert!(
        judged.status.success() && said.ends_with("5 conformant\n"),
        "{said}{}",
        String::from_utf8_lossy(&judged.stderr)
    );
}
