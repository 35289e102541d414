//! The demo as a client of the API: what a person does in the browser, over the same routes.

use std::time::Duration;

use anyhow::{Context, bail};
use sandbox::{DEFAULT_ASSISTANT_ID, SECOND_ASSISTANT_ID};
use serde::Deserialize;
use serde_json::Value;

use super::{DemoArgs, show::Show};

/// How often an assistant is asked for at most.
const IMPORT_TRIES: u32 = 25;
/// How often the bars are drawn afresh.
const REFRESH: Duration = Duration::from_millis(200);

/// A client of the demo's node.
pub(crate) struct Client {
    http: reqwest::Client,
    base_url: String,
}

/// A campaign that was imported and started.
#[derive(Debug, Clone)]
pub(crate) struct Started {
    /// Its id.
    pub(crate) id: String,
    /// Rows of the list.
    pub(crate) rows: u64,
    /// Rows that became contacts.
    pub(crate) accepted: u64,
    /// Rows that could not be used.
    pub(crate) rejected: u64,
    /// Rows that repeat a number.
    pub(crate) duplicates: u64,
    /// The first few rows that could not be used, in words.
    pub(crate) examples: Vec<String>,
}

/// The parts of a campaign that the demo shows.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Snapshot {
    /// Where it stands.
    pub(crate) status: String,
    /// Why it pauses.
    pub(crate) pause_reason: Option<String>,
    /// Calls that hold a line.
    pub(crate) open_calls: u64,
    /// Counts.
    pub(crate) progress: SnapshotProgress,
}

/// Counts of a campaign.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct SnapshotProgress {
    /// Contacts by state.
    pub(crate) contacts: std::collections::BTreeMap<String, u64>,
    /// Contacts that are done, by outcome.
    pub(crate) outcomes: std::collections::BTreeMap<String, u64>,
    /// Facts by way.
    pub(crate) facts: std::collections::BTreeMap<String, u64>,
}

impl Client {
    pub(crate) fn new(base_url: &str) -> Self {
        Self {
            http: reqwest::Client::new(),
            base_url: base_url.to_owned(),
        }
    }

    /// Registers the assistants that the built-in provider has.
    pub(crate) async fn import_assistants(&self) -> anyhow::Result<()> {
        for id in [DEFAULT_ASSISTANT_ID, SECOND_ASSISTANT_ID] {
            let mut tries = 0;
            // The provider may be a faulty one, on purpose.
            while let Err(error) = self.import_assistant(id).await {
                tries += 1;
                if tries == IMPORT_TRIES {
                    return Err(error);
                }
                tokio::time::sleep(REFRESH).await;
            }
        }
        Ok(())
    }

    async fn import_assistant(&self, provider_id: &str) -> anyhow::Result<()> {
        let body = serde_json::json!({ "provider_assistant_id": provider_id, "by": "the demo" });
        self.post("/api/assistants/import", &body).await.map(|_| ())
    }

    async fn post(&self, path: &str, body: &Value) -> anyhow::Result<Value> {
        let url = format!("{}{path}", self.base_url);
        read(self.http.post(url).json(body).send().await?).await
    }

    /// Uploads the list and presses Start.
    pub(crate) async fn start_campaign(&self, args: &DemoArgs, list: Vec<u8>) -> anyhow::Result<Started> {
        let name = args
            .contacts
            .as_deref()
            .and_then(|path| path.file_stem())
            .map_or_else(|| "leads".to_owned(), |stem| stem.to_string_lossy().into_owned());
        let form = reqwest::multipart::Form::new()
            .text("name", format!("Demo: {name}"))
            .text("assistant_id", DEFAULT_ASSISTANT_ID)
            .text("cap", args.cap.to_string())
            .text("default_region", args.region.to_string())
            // A demo may be shown again at once.
            .text("allow_repeat", "true")
            .part(
                "file",
                reqwest::multipart::Part::bytes(list).file_name(format!("{name}.csv")),
            );
        let url = format!("{}/api/campaigns", self.base_url);
        let answer = read(self.http.post(url).multipart(form).send().await?).await?;
        let id = answer["campaign"]["id"]
            .as_str()
            .context("the campaign has no id")?;
        // A list of anybody's may lack what the sample assistant speaks of.
        let start = serde_json::json!({ "accept_missing": true });
        self.post(&format!("/api/campaigns/{id}/start"), &start).await?;
        let report = &answer["report"];
        let count = |key: &str| {
            report[key]
                .as_u64()
                .with_context(|| format!("the report has no {key}"))
        };
        let problems = report["problems"].as_array().cloned().unwrap_or_default();
        Ok(Started {
            id: id.to_owned(),
            rows: count("rows")?,
            accepted: count("accepted")?,
            rejected: count("rejected")?,
            duplicates: count("duplicates")?,
            examples: problems
                .iter()
                .take(3)
                .map(|problem| {
                    format!(
                        "line {}: {}",
                        problem["line"],
                        problem["reason"].as_str().unwrap_or_default()
                    )
                })
                .collect(),
        })
    }

    /// Watches the campaign until every contact is final.
    pub(crate) async fn watch(&self, id: &str, show: &Show) -> anyhow::Result<Snapshot> {
        loop {
            let snapshot = self.snapshot(id).await?;
            show.progress(&snapshot);
            match snapshot.status.as_str() {
                "COMPLETED" => return Ok(snapshot),
                "CANCELED" | "FAILED" => bail!("the campaign ended as {}", snapshot.status),
                "PAUSED" => bail!(
                    "the campaign paused: {}",
                    snapshot
                        .pause_reason
                        .as_deref()
                        .unwrap_or("somebody asked for it")
                ),
                _ => tokio::time::sleep(REFRESH).await,
            }
        }
    }

    async fn snapshot(&self, id: &str) -> anyhow::Result<Snapshot> {
        let url = format!("{}/api/campaigns/{id}", self.base_url);
        let answer = read(self.http.get(url).send().await?).await?;
        Ok(serde_json::from_value(answer)?)
    }
}

async fn read(response: reqwest::Response) -> anyhow::Result<Value> {
    let status = response.status();
    let answer: Value = response.json().await?;
    if status.is_success() {
        return Ok(answer);
    }
    bail!(
        "{}",
        answer["error"]["message"]
            .as_str()
            .unwrap_or("the node refused without a reason")
    )
}
