//! Processes of the real binary, and a client of their API.

use std::{
    net::TcpListener,
    path::{Path, PathBuf},
    process::{ExitStatus, Stdio},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use http::Method;
use serde_json::Value;
use tokio::{
    io::{AsyncBufReadExt, BufReader},
    process::{Child, ChildStderr, Command},
};

use crate::proxy::Proxy;

const BINARY: &str = env!("CARGO_BIN_EXE_autolynx");
/// The provider's private key.
pub(crate) const API_KEY: &str = "rig-key-of-the-account";
/// What the provider proves itself with.
pub(crate) const WEBHOOK_SECRET: &str = "rig-secret-of-sixteen";
/// What a cron host proves itself with.
pub(crate) const CRON_SECRET: &str = "rig-cron-secret-of-sixteen";
/// Long enough for the slowest machine; reaching it is a failure.
pub(crate) const PATIENCE: Duration = Duration::from_secs(240);

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

    /// What the shared clock shows, in milliseconds.
    #[expect(clippy::disallowed_methods, reason = "processes agree on real time")]
    pub(crate) fn now_ms(self) -> i64 {
        let real_ms = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .expect("after 1970")
            .as_millis();
        let epoch_ms = i64::try_from(self.epoch_ms).expect("a moment");
        let gone_ms = i64::try_from(real_ms).expect("a moment") - epoch_ms;
        epoch_ms + (gone_ms as f64 * self.speed) as i64
    }

    /// What tells a process of it.
    pub(crate) fn args(self) -> [String; 4] {
        [
            "--speed".into(),
            self.speed.to_string(),
            "--epoch".into(),
            self.epoch_ms.to_string(),
        ]
    }
}

/// A client that needs a provider of TLS even for plain addresses.
pub(crate) fn http() -> reqwest::Client {
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::new()
}

/// The program, with nothing of the surroundings.
pub(crate) fn command() -> Command {
    program(BINARY)
}

/// The program, which hears every signal although the tests themselves may run under `nohup`.
pub(crate) fn command_with_signals() -> Command {
    let mut command = program("env");
    command.args(["--default-signal=HUP,INT,TERM", BINARY]);
    command
}

/// The program, started by a shell that first does something to the process.
pub(crate) fn command_after(shell: &str) -> Command {
    let mut command = program("/bin/sh");
    command.args(["-c", &format!("{shell}; exec \"$0\" \"$@\""), BINARY]);
    command
}

fn program(name: &str) -> Command {
    let mut command = Command::new(name);
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
        Self::start_on(&tempo.args(), lines, faults, seed).await
    }

    /// With that clock.
    pub(crate) async fn start_on(clock: &[String], lines: u32, faults: &str, seed: u64) -> Self {
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
            .args(clock);
        let mut child = command.spawn().expect("the sandbox starts");
        let url = address_after(&mut child, "VAPI_BASE_URL=http").await;
        Self { _child: child, url }
    }

    /// The truth.
    pub(crate) async fn ledger(&self) -> Value {
        get(&format!("{}/sandbox/ledger", self.url)).await
    }

    /// What it says of its clock.
    pub(crate) async fn clock(&self) -> Value {
        get(&format!("{}/sandbox/clock", self.url)).await
    }

    /// Lets its clock jump: from now on it is so many seconds ahead of the true time.
    pub(crate) async fn jump(&self, offset_s: i64) -> Value {
        let request = http().post(format!("{}/sandbox/clock", self.url));
        let (status, clock) = answered(request.json(&serde_json::json!({ "offset_s": offset_s }))).await;
        assert_eq!(status, 200, "{clock}");
        clock
    }

    /// What goes wrong from now on.
    pub(crate) async fn set_faults(&self, faults: &Value) {
        let request = http().post(format!("{}/sandbox/faults", self.url));
        let (status, answer) = answered(request.json(faults)).await;
        assert_eq!(status, 200, "{answer}");
    }

    /// Every call as the provider's API shows it.
    pub(crate) async fn calls(&self) -> Vec<Value> {
        let listed = self.shown("call?limit=1000").await;
        serde_json::from_value(listed).expect("a list")
    }

    /// An assistant as the provider's API shows it.
    pub(crate) async fn assistant(&self, provider_id: &str) -> Value {
        self.shown(&format!("assistant/{provider_id}")).await
    }

    /// Somebody changes an assistant at the provider, past every node.
    pub(crate) async fn change_assistant(&self, provider_id: &str, change: &Value) {
        let request = http()
            .patch(format!("{}/assistant/{provider_id}", self.url))
            .bearer_auth(API_KEY);
        let (status, changed) = answered(request.json(change)).await;
        assert_eq!(status, 200, "{changed}");
    }

    async fn shown(&self, what: &str) -> Value {
        let request = http().get(format!("{}/{what}", self.url)).bearer_auth(API_KEY);
        let (status, shown) = answered(request).await;
        assert_eq!(status, 200, "{what}: {shown}");
        shown
    }
}

/// The webhook address of a node must be known before it starts and stay the same when it starts again.
fn free_port() -> u16 {
    let socket = TcpListener::bind("127.0.0.1:0").and_then(|socket| socket.local_addr());
    socket.expect("a port").port()
}

/// How a node is started, again and again.
#[derive(Clone)]
pub(crate) struct NodeSettings {
    pub(crate) database: String,
    pub(crate) provider: String,
    /// What is said of the clock; nothing: the node finds out by itself.
    clock: Vec<String>,
    /// Where the node writes what it does; nowhere: it only says what is wrong.
    log: Option<PathBuf>,
    pub(crate) account_lines: u32,
    pub(crate) port: u16,
    /// Where the webhooks of its calls go: its own port, unless another node hears them.
    webhook_port: u16,
}

impl NodeSettings {
    pub(crate) fn new(database: &str, sandbox: &Sandbox, tempo: Tempo, account_lines: u32) -> Self {
        let port = free_port();
        Self {
            database: database.to_owned(),
            provider: sandbox.url.clone(),
            clock: tempo.args().into(),
            log: None,
            account_lines,
            port,
            webhook_port: port,
        }
    }

    /// The provider is reached through this.
    pub(crate) fn through(self, proxy: &Proxy) -> Self {
        Self {
            provider: proxy.url.clone(),
            ..self
        }
    }

    /// Nothing is said of the clock, and the node writes what it does into that file.
    pub(crate) fn finding_the_clock(self, log: &Path) -> Self {
        Self {
            clock: Vec::new(),
            log: Some(log.to_owned()),
            ..self
        }
    }

    /// Another node on the same data.
    pub(crate) fn beside(&self) -> Self {
        let port = free_port();
        Self {
            port,
            webhook_port: port,
            ..self.clone()
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
        Self::start_as(command(), settings).await
    }

    /// Starts it by a command of the test's own.
    pub(crate) async fn start_as(mut command: Command, settings: &NodeSettings) -> Self {
        Self::configure(&mut command, settings);
        let mut child = command.spawn().expect("the node starts");
        let url = address_after(&mut child, "http").await;
        Self { child, url }
    }

    /// Tells a command what a node must know.
    pub(crate) fn configure(command: &mut Command, settings: &NodeSettings) {
        let address = format!("127.0.0.1:{}", settings.port);
        let log_level = command.as_std().get_envs().any(|(name, _)| name == "LOG_LEVEL");
        if !log_level {
            command.env("LOG_LEVEL", if settings.log.is_some() { "info" } else { "error" });
        }
        command
            .arg("serve")
            .args(&settings.clock)
            .env("DATABASE_URL", &settings.database)
            .env("LISTEN_ADDRESS", &address)
            .env(
                "PUBLIC_URL",
                format!("http://127.0.0.1:{}", settings.webhook_port),
            )
            .env("WEBHOOK_SHARED_SECRET", WEBHOOK_SECRET)
            .env("CRON_SHARED_SECRET", CRON_SECRET)
            .env("VAPI_BASE_URL", &settings.provider)
            .env("VAPI_API_KEY", API_KEY)
            .env("DEFAULT_POLICY", "unrestricted")
            .env("ACCOUNT_LINES", settings.account_lines.to_string());
        if let Some(log) = &settings.log {
            command.stderr(std::fs::File::create(log).expect("a file"));
        }
    }

    /// A page, as text.
    pub(crate) async fn page(&self, path: &str) -> String {
        let answer = http().get(format!("{}{path}", self.url)).send().await;
        answer.expect("the node answers").text().await.expect("a page")
    }

    /// A node that was started otherwise.
    pub(crate) fn of(child: Child, settings: &NodeSettings) -> Self {
        let url = format!("http://127.0.0.1:{}", settings.port);
        Self { child, url }
    }

    /// What it writes to standard error.
    pub(crate) fn errors(&mut self) -> ChildStderr {
        self.child.stderr.take().expect("piped")
    }

    /// Sends it a signal.
    pub(crate) async fn signal(&self, name: &str) {
        let id = self.child.id().expect("it runs").to_string();
        let sent = Command::new("/bin/sh")
            .args(["-c", &format!("kill -{name} {id}")])
            .status()
            .await;
        assert!(sent.expect("a shell").success());
    }

    /// Waits until it has ended.
    pub(crate) async fn ended(mut self) -> ExitStatus {
        let ended = tokio::time::timeout(PATIENCE, self.child.wait()).await;
        ended.expect("it ends in time").expect("it ends")
    }

    /// kill -9.
    pub(crate) async fn kill(mut self) {
        self.child.kill().await.expect("killed");
    }

    /// Registers the assistant that the sandbox has from the start.
    pub(crate) async fn import_assistant(&self) {
        let url = format!("{}/api/assistants/import", self.url);
        let body = serde_json::json!({ "providerAssistantId": sandbox::DEFAULT_ASSISTANT_ID });
        // The sandbox may be a faulty one.
        for _ in 0..50 {
            let answer = http()
                .post(&url)
                .json(&body)
                .send()
                .await
                .expect("the node answers");
            if answer.status().is_success() {
                return;
            }
        }
        panic!("the assistant cannot be imported");
    }

    /// Imports a list and starts it. Returns the campaign's id.
    pub(crate) async fn start_campaign(&self, name: &str, list: String, cap: u32) -> String {
        self.import_assistant().await;
        let (status, answer) = self.upload(sandbox::DEFAULT_ASSISTANT_ID, name, list, cap).await;
        assert_eq!(status, 201, "{answer}");
        answer["campaign"]["id"].as_str().expect("an id").to_owned()
    }

    /// Imports a list for an assistant and starts it. Returns the status and the answer.
    pub(crate) async fn upload(&self, assistant: &str, name: &str, list: String, cap: u32) -> (u16, Value) {
        let form = reqwest::multipart::Form::new()
            .text("name", name.to_owned())
            .text("assistant_id", assistant.to_owned())
            .text("phone_number_id", sandbox::DEFAULT_PHONE_NUMBER_ID)
            .text("cap", cap.to_string())
            .text("start", "true")
            // Tests import the same list as often as they like.
            .text("allow_repeat", "true")
            .part("file", reqwest::multipart::Part::text(list).file_name("list.csv"));
        answered(self.api(Method::POST, "campaigns").multipart(form)).await
    }

    /// A request to the API, to be sent.
    pub(crate) fn api(&self, method: Method, what: &str) -> reqwest::RequestBuilder {
        http().request(method, format!("{}/api/{what}", self.url))
    }

    /// Asks for the node's health, red or not, until it is like that.
    pub(crate) async fn health_with(&self, wanted: impl Fn(&Value) -> bool) -> Value {
        let mut seen = Value::Null;
        let look = async {
            loop {
                (_, seen) = answered(self.api(Method::GET, "health")).await;
                if wanted(&seen) {
                    return;
                }
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        };
        let in_time = tokio::time::timeout(PATIENCE, look).await.is_ok();
        assert!(in_time, "{seen}");
        seen
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

    /// Looks at something of the API until `done` says so.
    pub(crate) async fn look_at(&self, what: &str, done: impl Fn(&Value) -> bool) -> Value {
        let url = format!("{}/api/{what}", self.url);
        let mut seen = Value::Null;
        let look = async {
            loop {
                seen = get(&url).await;
                if done(&seen) {
                    return;
                }
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        };
        let in_time = tokio::time::timeout(PATIENCE, look).await.is_ok();
        assert!(in_time, "{what} does not get there: {seen:#}");
        seen
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

/// What the ledger must say of any campaign, whatever was done to the nodes: *never twice*, *never over*, and nobody was
/// called while a call to them was live.
pub(crate) fn assert_truth(ledger: &Value, lines: u64) {
    assert_eq!(
        ledger["attempts_called_twice"],
        serde_json::json!([]),
        "never twice: {ledger:#}"
    );
    assert_eq!(
        ledger["called_while_live"],
        serde_json::json!([]),
        "never over: somebody was called while a call to them was live"
    );
    let to_one = ledger["peak_live_to_one_number"].as_u64();
    assert!(
        to_one <= Some(1),
        "never over: {to_one:?} calls to one number at once"
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

/// The status and the JSON that answer a request.
pub(crate) async fn answered(request: reqwest::RequestBuilder) -> (u16, Value) {
    let answer = request.send().await.expect("an answer");
    let status = answer.status().as_u16();
    (status, answer.json().await.expect("JSON"))
}

async fn get(url: &str) -> Value {
    let answer = http().get(url).send().await.expect("an answer");
    assert!(answer.status().is_success(), "{url}: {}", answer.status());
    answer.json().await.expect("JSON")
}
