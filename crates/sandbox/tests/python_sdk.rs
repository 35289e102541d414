//! The provider's official Python SDK talks to the sandbox, and its own models judge every answer and webhook.

use autolynx_sandbox::{Clock, Settings, World, serve};
use std::path::Path;
use std::process::Stdio;
use std::sync::{Arc, Mutex};
use tokio::net::TcpListener;
use tokio::process::Command;

#[tokio::test(flavor = "multi_thread")]
async fn the_official_sdk_understands_every_answer_and_webhook() {
    #[expect(
        clippy::disallowed_methods,
        reason = "the interpreter is chosen by whoever runs the tests"
    )]
    let python = std::env::var("AUTOLYNX_SDK_PYTHON").expect(
        "AUTOLYNX_SDK_PYTHON names no Python with the provider's SDK: run `make test`, which prepares one",
    );
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a loopback socket");
    let base_url = format!(
        "http://{}",
        listener.local_addr().expect("a bound socket has an address")
    );
    let settings = Settings {
        public_base_url: base_url.clone(),
        account_lines: 3,
        ..Settings::default()
    };
    let key = settings.api_key.clone();
    let world = Arc::new(Mutex::new(World::new(settings)));
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/sdk_conformance.py");
    let running = Command::new(&python)
        .arg(script)
        .args([&base_url, &key])
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .output();
    let mut output = None;
    let until_done = async {
        output = Some(running.await);
    };
    serve(listener, world, Clock::real(300.0), until_done)
        .await
        .expect("the server runs");
    let output = output
        .expect("the server stops when the script has")
        .unwrap_or_else(|error| panic!("{python} could not be started ({error}): run `make test`"));
    assert!(
        output.status.success(),
        "{}\n{}\n{}",
        output.status,
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    assert!(String::from_utf8_lossy(&output.stdout).ends_with("conformant\n"));
}
