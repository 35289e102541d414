//! Asking a running node: commands do what the pages do, by the same way and under the same rules.

use anyhow::{Context, bail};
use clap::Args;
use reqwest::Method;
use serde_json::Value;

use crate::settings::Settings;

/// Which node.
#[derive(Args, Debug, Clone)]
pub(crate) struct ServerArgs {
    /// The address of a running node [default: http:// and LISTEN_ADDRESS]
    #[arg(long, value_name = "URL", env = "AUTOLYNX_SERVER")]
    server: Option<String>,
    /// Print the node's answer as JSON
    #[arg(long)]
    pub(crate) json: bool,
}

/// A running node.
pub(crate) struct Api {
    http: reqwest::Client,
    base_url: String,
    json: bool,
}

impl Api {
    pub(crate) fn new(args: &ServerArgs, settings: &Settings) -> Self {
        let base_url = match &args.server {
            Some(url) => url.trim_end_matches('/').to_owned(),
            None => format!("http://{}", settings.listen),
        };
        Self {
            http: reqwest::Client::new(),
            base_url,
            json: args.json,
        }
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
        let mut request = self.http.request(method, format!("{}{path}", self.base_url));
        if let Some(body) = body {
            request = request.json(body);
        }
        self.answer(request).await
    }

    /// Sends a file.
    ///
    /// # Errors
    /// As for [`Api::ask`].
    pub(crate) async fn send(&self, path: &str, form: reqwest::multipart::Form) -> anyhow::Result<Value> {
        let request = self.http.post(format!("{}{path}", self.base_url)).multipart(form);
        self.answer(request).await
    }

    async fn answer(&self, request: reqwest::RequestBuilder) -> anyhow::Result<Value> {
        let answer = request.send().await.with_context(|| {
            format!(
                "no node answers at {}: start one with `autolynx serve`, or name it with --server",
                self.base_url
            )
        })?;
        let status = answer.status();
        let body: Value = answer
            .json()
            .await
            .with_context(|| format!("what answers at {} is no AutoLynx node", self.base_url))?;
        if !status.is_success() {
            let message = body["error"]["message"].as_str().unwrap_or("the node refused");
            let possible = body["error"]["details"]["possible"].as_array();
            let possible: Vec<&str> = possible.into_iter().flatten().filter_map(Value::as_str).collect();
            if possible.is_empty() {
                bail!("{message}");
            }
            bail!("{message} Possible: {}.", possible.join(", "));
        }
        Ok(body)
    }

    /// Prints the answer: as it is, or in words.
    pub(crate) fn show(&self, answer: &Value, in_words: impl FnOnce(&Value) -> String) {
        if self.json {
            println!("{answer:#}");
        } else {
            println!("{}", in_words(answer).trim_end());
        }
    }
}

/// A text of an answer.
pub(crate) fn text<'a>(answer: &'a Value, field: &str) -> &'a str {
    answer[field].as_str().unwrap_or("-")
}

/// A number of an answer.
pub(crate) fn count(answer: &Value, field: &str) -> u64 {
    answer[field].as_u64().unwrap_or(0)
}
