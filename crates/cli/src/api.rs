//! Asking a running node: commands do what the pages do, by the same way and under the same rules.

mod download;
mod pages;
mod table;
mod waiting;

use std::path::Path;

use anyhow::Context;
use clap::Args;
use reqwest::Method;
use serde_json::Value;

use self::waiting::Patience;
pub(crate) use self::{
    pages::{PageArgs, left_out},
    table::table,
};
use crate::{
    settings::{self, Hidden, Server, Settings},
    terminal,
};

/// Which node.
#[derive(Args, Debug, Clone)]
pub(crate) struct ServerArgs {
    /// The address of a running node (AUTOLYNX_SERVER) [default: http:// and LISTEN_ADDRESS]
    #[arg(long, value_name = "URL")]
    server: Option<Hidden>,
    /// Print the node's answer as JSON
    #[arg(long)]
    pub(crate) json: bool,
}

/// A running node.
pub(crate) struct Api {
    http: reqwest::Client,
    server: Server,
    json: bool,
}

impl Api {
    /// The node that a flag names, or the settings, or else the one of this machine.
    ///
    /// # Errors
    /// When the address is none.
    pub(crate) fn new(args: &ServerArgs, settings: &Settings) -> anyhow::Result<Self> {
        let server = match (&args.server, &settings.server) {
            (Some(url), _) => settings::server(url.reveal()).context("--server")?,
            (None, Some(server)) => server.clone(),
            (None, None) => settings::server(&format!("http://{}", settings.listen))?,
        };
        Ok(Self {
            http: waiting::client()?,
            server,
            json: args.json,
        })
    }

    /// Asks for something.
    ///
    /// # Errors
    /// With the node's own words when it refuses, and with what to do when there is none.
    pub(crate) async fn ask(
        &self,
        method: Method,
        path: &str,
        body: Option<&Value>,
    ) -> anyhow::Result<Value> {
        let patience = if method == Method::GET {
            Patience::QUESTION
        } else {
            Patience::CHANGE
        };
        let mut request = self.http.request(method, self.url(path));
        if let Some(body) = body {
            request = request.json(body);
        }
        self.answer(request, &patience).await
    }

    /// Sends a file.
    ///
    /// # Errors
    /// As for [`Api::ask`].
    pub(crate) async fn send(&self, path: &str, form: reqwest::multipart::Form) -> anyhow::Result<Value> {
        let request = self.http.post(self.url(path)).multipart(form);
        self.answer(request, &Patience::UPLOAD).await
    }

    fn url(&self, path: &str) -> String {
        format!("{}{path}", self.server.base.reveal())
    }

    async fn answer(&self, request: reqwest::RequestBuilder, patience: &Patience) -> anyhow::Result<Value> {
        let answer = self.reached(request, patience).await?;
        let status = answer.status();
        let body = self.whole(answer, patience).await?;
        let body: Value = serde_json::from_slice(&body).map_err(|_| anyhow::anyhow!(self.no_node()))?;
        if status.is_success() {
            Ok(body)
        } else {
            Err(refusal(&body))
        }
    }

    fn no_node(&self) -> String {
        format!("what answers at {} is no AutoLynx node", self.server.shown)
    }

    /// Prints the answer: as it is, or in words.
    ///
    /// # Errors
    /// When it cannot be written. Whoever has read enough of it may leave.
    pub(crate) fn show(&self, answer: &Value, in_words: impl FnOnce(&Value) -> String) -> anyhow::Result<()> {
        let text = if self.json {
            format!("{answer:#}")
        } else {
            plain(in_words(answer).trim_end())
        };
        terminal::say(text)
    }
}

/// The node's own words for why it refused, and what it did all the same.
fn refusal(body: &Value) -> anyhow::Error {
    let error = &body["error"];
    let mut message = error["message"].as_str().unwrap_or("the node refused").to_owned();
    if error["code"] == "imported_only"
        && let Some(id) = error["details"]["campaign_id"].as_str()
    {
        message += &format!(" Campaign: {id}.");
    }
    anyhow::Error::msg(message)
}

/// Names and what was said come from strangers, and a terminal obeys control characters.
fn plain(text: &str) -> String {
    let shown = |c: char| if c.is_control() && c != '\n' { ' ' } else { c };
    text.chars().map(shown).collect()
}

/// A line for each of these fields, `(field, label)`, that has a text.
pub(crate) fn labelled(answer: &Value, fields: &[(&str, &str)]) -> String {
    let line = |(field, label): &(&str, &str)| Some(format!("{label}: {}\n", answer[*field].as_str()?));
    fields.iter().filter_map(line).collect()
}

/// A text of an answer.
pub(crate) fn text<'a>(answer: &'a Value, field: &str) -> &'a str {
    answer[field].as_str().unwrap_or("-")
}

/// A number of an answer.
pub(crate) fn count(answer: &Value, field: &str) -> u64 {
    answer[field].as_u64().unwrap_or(0)
}

/// A file to be sent.
///
/// # Errors
/// When it cannot be read.
pub(crate) fn file_form(file: &Path) -> anyhow::Result<reqwest::multipart::Form> {
    let bytes = std::fs::read(file).with_context(|| format!("cannot read {}", file.display()))?;
    let name = file
        .file_name()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned();
    let part = reqwest::multipart::Part::bytes(bytes).file_name(name);
    Ok(reqwest::multipart::Form::new().part("file", part))
}
