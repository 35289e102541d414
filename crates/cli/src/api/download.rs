//! Files that the node makes.

use std::io::Write;

use anyhow::{Context, anyhow, bail};
use serde_json::Value;

use super::{Api, refusal, waiting::Patience};

impl Api {
    /// Writes a file of the node somewhere, as it comes. Returns its size in bytes.
    ///
    /// # Errors
    /// As for [`Api::ask`], and when it does not come whole; what was written then is to be thrown away.
    pub(crate) async fn download(&self, path: &str, into: &mut impl Write) -> anyhow::Result<u64> {
        let patience = Patience::QUESTION;
        let mut answer = self.reached(self.http.get(self.url(path)), &patience).await?;
        if !answer.status().is_success() {
            let body = self.whole(answer, &patience).await?;
            let body: Value = serde_json::from_slice(&body).map_err(|_| anyhow!(self.no_node()))?;
            return Err(refusal(&body));
        }
        let kind = answer.headers().get(reqwest::header::CONTENT_TYPE);
        if !kind.is_some_and(|kind| kind.as_bytes().starts_with(b"text/csv")) {
            bail!("{}", self.no_node());
        }
        let promised = answer.content_length();
        let broke_off = "the node broke off in the middle of the file: try again";
        let mut bytes: u64 = 0;
        while let Some(chunk) = self.chunk(&mut answer, &patience).await.context(broke_off)? {
            into.write_all(&chunk).context("the file cannot be written")?;
            bytes += chunk.len() as u64;
        }
        if promised.is_some_and(|promised| promised != bytes) {
            bail!(broke_off);
        }
        Ok(bytes)
    }
}
