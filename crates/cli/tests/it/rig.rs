//! Processes of the real binary, and a client of their API.

use std::{
    net::TcpListener,
    process::Stdio,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use serde_json::Value;
use tokio::{
    io::{AsyncBufReadExt, BufReader},
    process::{Child, Command},
};

const BINARY: &str = env!("CARGO_BIN_EXE_autolynx");
const API_KEY: &str = "rig-key";
/// Long enough for the slowest machine; reaching it is a failure.
const PATIENCE: Duration = Duration::from_secs(240);

/// The clock that sandbox and nodes share.
#[derive(Clone, Copy)]
pub(crate) struct Tempo {
    pub(crate) speed: f64,
    epoch_ms: u128,
}

impl Tempo {
    /// Starts now.
    #[expect(clippy::disallowed_methods, reason = "processes agree on real time")]
    pub(crate) fn new(speed: f64) -> Self {
        let epoch_ms = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .expect("after 1970")
            .as_millis();
        Self { speed, epoch_ms }
    }

    fn args(self) -> [String; 4] {
        [
            "--speed".into(),
            self.speed.to_string(),
            "--epoch".into(),
            self.epoch_ms.to_string(),
        ]
    }
}

/// A client that needs a provider of TLS even for plain addresses.
fn http() -> reqwest::Client {
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::new()
}

fn command() -> Command {
    let mut command = Command::new(BINARY);
    // Nothing of the surroundings may decide a test.
    command
        .env_clear()
        .env("PATH", "/usr/bin:/bin")
        .env("HOME", "/nonexistent");
    command
        .kill_on_drop(true)
        .stdout(Stdio::piped())
        .stdin(Stdio::null());
    command
}

/// Reads lines until one holds an address after `marker`, and goes on reading so that the pipe never fills.
async fn address_after(child: &mut Child, marker: &str) -> String {
    let mut lines = BufReader::new(child.stdout.take().expect("piped")).lines();
    let found = tokio::time::timeout(PATIENCE, async {
        while let Some(line) = lines.next_line().await.expect("readable") {
            if let Some((_, address)) = line.split_once(marker) {
                return format!("http{}", address.trim().trim_end_matches('/'));
            }
        }
        panic!("the process ended before it said where it listens");
    });
    let address = found.await.expect("the process says where it listens");
    tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
    address
}

/// A sandbox process.
pub(crate) struct Sandbox {
    _child: Child,
    pub(crate) url: String,
}

impl Sandbox {
    pub(crate) async fn start(tempo: Tempo, lines: u32, faults: &str, seed: u64) -> Self {
        let mut command = command();
        command
            .args([
                "sandbox",
                "--address",
                "127.0.0.1:0",
                "--api-key",
                API_KEY,
                "--faults",
                faults,
            ])
            .args(["--account-lines", &lines.to_string(), "--seed", &seed.to_string()])
            .args(tempo.args());
        let mut child = command.spawn().expect("the sandbox starts");
        let url = address_after(&mut child, "VAPI_BASE_URL=http").await;
        Self { _child: child, url }
    }

    /// The truth.
    pub(crate) async fn ledger(&self) -> Value {
        get(&format!("{}/sandbox/ledger", self.url)).await
    }

    /// Every call as the provider's API shows it.
    pub(crate) async fn calls(&self) -> Vec<Value> {
        let answer = http()
            .get(format!("{}/call?limit=1000", self.url))
            .bearer_auth(API_KEY)
            .send()
            .await
            .expect("the sandbox answers");
        answer.json().await.expect("a list")
    }
}

/// How a node is started, again and again.
#[derive(Clone)]
pub(crate) struct NodeSettings {
    pub(crate) database: String,
    pub(crate) provider: String,
    pub(crate) tempo: Tempo,
    pub(crate) account_lines: u32,
    pub(crate) port: u16,
    /// Where the webhooks of its calls go: its own port, unless another node hears them.
    webhook_port: u16,
}

impl NodeSettings {
    pub(crate) fn new(database: &str, sandbox: &Sandbox, tempo: Tempo, account_lines: u32) -> Self {
        // The webhook address must be known before the node starts and stay the same when it starts again.
        let port = TcpListener::bind("127.0.0.1:0")
            .and_then(|socket| socket.local_addr())
            .expect("a port")
            .port();
        Self {
            database: database.to_owned(),
            provider: sandbox.url.clone(),
            tempo,
            account_lines,
            port,
            webhook_port: port,
        }
    }

    /// The webhooks of this node's calls go to another node.
    pub(crate) fn heard_by(self, other: &Self) -> Self {
        Self {
            webhook_port: other.port,
            ..self
        }
    }
}

/// A node process.
pub(crate) struct Node {
    child: Child,
    pub(crate) url: String,
}

impl Node {
    pub(crate) async fn start(settings: &NodeSettings) -> Self {
        let address = format!("127.0.0.1:{}", settings.port);
        let mut command = command();
        command
            .arg("serve")
            .args(settings.tempo.args())
            .env("DATABASE_URL", &settings.database)
            .env("LISTEN_ADDRESS", &address)
            .env(
                "PUBLIC_URL",
                format!("http://127.0.0.1:{}", settings.webhook_port),
            )
            .env("WEBHOOK_SHARED_SECRET", "rig-secret-of-sixteen")
            .env("VAPI_BASE_URL", &settings.provider)
            .env("VAPI_API_KEY", API_KEY)
            .env("ACCOUNT_LINES", settings.account_lines.to_string())
            .env("LOG_LEVEL", "error");
        let mut child = command.spawn().expect("the node starts");
        let url = address_after(&mut child, "http").await;
        Self { child, url }
    }

    /// kill -9.
    pub(crate) async fn kill(mut self) {
        self.child.kill().await.expect("killed");
    }

    /// Imports a list and starts it. Returns the campaign's id.
    pub(crate) async fn start_campaign(&self, name: &str, list: String, cap: u32) -> String {
        let form = reqwest::multipart::Form::new()
            .text("name", name.to_owned())
            .text("assistant_id", sandbox::DEFAULT_ASSISTANT_ID)
            .text("phone_number_id", sandbox::DEFAULT_PHONE_NUMBER_ID)
            .text("cap", cap.to_string())
            .text("start", "true")
            .part("file", reqwest::multipart::Part::text(list).file_name("list.csv"));
        let url = format!("{}/api/campaigns", self.url);
        let answer = http()
            .post(url)
            .multipart(form)
            .send()
            .await
            .expect("the node answers");
        let status = answer.status();
        let answer: Value = answer.json().await.expect("JSON");
        assert!(status.is_success(), "{answer}");
        answer["campaign"]["id"].as_str().expect("an id").to_owned()
    }

    /// A campaign as the API shows it.
    pub(crate) async fn campaign(&self, id: &str) -> Value {
        get(&format!("{}/api/campaigns/{id}", self.url)).await
    }

    /// Looks at a campaign until `done` says so.
    pub(crate) async fn watch(&self, id: &str, done: impl Fn(&Value) -> bool) -> Value {
        self.look_at(&format!("campaigns/{id}"), done).await
    }

    /// Looks at a call until the report about it has come.
    pub(crate) async fn reported(&self, call_id: &str) -> Value {
        let reported = |call: &Value| call["recording_url"].is_string();
        self.look_at(&format!("calls/{call_id}"), reported).await
    }

    async fn look_at(&self, what: &str, done: impl Fn(&Value) -> bool) -> Value {
        let url = format!("{}/api/{what}", self.url);
        tokio::time::timeout(PATIENCE, async {
            loop {
                let seen = get(&url).await;
                if done(&seen) {
                    return seen;
                }
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        })
        .await
        .expect("it gets there in time")
    }

    /// The last call to the only contact of that name.
    pub(crate) async fn call_of(&self, id: &str, name: &str) -> String {
        let found = get(&format!("{}/api/campaigns/{id}/contacts?q={name}", self.url)).await;
        found["items"][0]["call"]["id"]
            .as_str()
            .unwrap_or_else(|| panic!("{found:#}"))
            .to_owned()
    }

    /// Asks for the recording of a call.
    pub(crate) async fn listen(&self, call_id: &str) -> reqwest::Response {
        let request = http().get(format!("{}/api/calls/{call_id}/recording", self.url));
        request.send().await.expect("the node answers")
    }

    /// Waits until every contact is final.
    pub(crate) async fn completed(&self, id: &str) -> Value {
        self.watch(id, |campaign| campaign["status"] == "COMPLETED").await
    }
}

/// How many contacts of a campaign are final.
pub(crate) fn final_contacts(campaign: &Value) -> u64 {
    let contacts = &campaign["progress"]["contacts"];
    ["done", "skipped"]
        .iter()
        .filter_map(|state| contacts[state].as_u64())
        .sum()
}

/// What the ledger must say of any campaign, whatever was done to the nodes: *never twice* and *never over*.
pub(crate) fn assert_truth(ledger: &Value, lines: u64) {
    assert_eq!(
        ledger["attempts_called_twice"],
        serde_json::json!([]),
        "never twice: {ledger:#}"
    );
    let peak = ledger["peak_live"].as_u64().expect("a peak");
    assert!(
        peak <= lines,
        "never over: {peak} calls were live at once on {lines} lines"
    );
}

/// `replay --check` on a database that nobody uses any more.
pub(crate) async fn assert_replay(database: &str) {
    let output = command()
        .args(["replay", "--check", "--database", database])
        .output()
        .await
        .expect("replay runs");
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "one log: {said}");
}

/// Runs a command to its end.
pub(crate) async fn run(args: &[&str]) -> std::process::Output {
    run_with(&[], args).await
}

/// Runs a command to its end, with variables in its environment.
pub(crate) async fn run_with(variables: &[(&str, &str)], args: &[&str]) -> std::process::Output {
    let mut command = command();
    command.envs(variables.iter().copied()).args(args);
    command
        .stderr(Stdio::piped())
        .output()
        .await
        .expect("the program runs")
}

/// Runs the demo and returns its object.
pub(crate) async fn demo(args: &[&str]) -> Value {
    let output = command()
        .args(["demo", "--exit", "--json"])
        .args(args)
        .stderr(Stdio::piped())
        .output()
        .await
        .expect("the demo runs");
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    let errors = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{said}\n{errors}");
    serde_json::from_str(&said).expect("one JSON object and nothing else")
}

async fn get(url: &str) -> Value {
    let answer = http().get(url).send().await.expect("an answer");
    assert!(answer.status().is_success(), "{url}: {}", answer.status());
    answer.json().await.expect("JSON")
}
