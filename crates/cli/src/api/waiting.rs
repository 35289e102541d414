//! Waiting for a node: long for one that works, and not for one that is silent.

use std::time::Duration;

use anyhow::{Context, anyhow};

use super::Api;
use crate::terminal;

/// Until the connection stands.
const CONNECT: Duration = Duration::from_secs(5);
/// Without an answer for so long, the node is asked for a sign of life. It has as long to give one.
const SILENCE: Duration = Duration::from_secs(5);
/// An answer that has begun goes on after this long at most; a list that is being exported pauses for less.
const IDLE: Duration = Duration::from_secs(60);

/// How long a node that shows signs of life may work on an answer: a little longer than the node itself allows.
#[derive(Debug)]
pub(super) struct Patience {
    limit: Duration,
    /// Said when no answer comes.
    then: &'static str,
}

const LOOK: &str = " It is not known whether the change was made: look before you repeat it, for instance with \
                    `autolynx campaign show`.";

impl Patience {
    /// Something is read.
    pub(super) const QUESTION: Self = Self {
        limit: Duration::from_secs(130),
        then: "",
    };
    /// Something is changed, which may have been done although no answer comes.
    pub(super) const CHANGE: Self = Self {
        limit: Duration::from_secs(130),
        then: LOOK,
    };
    /// A list is sent over a slow line.
    pub(super) const UPLOAD: Self = Self {
        limit: Duration::from_secs(610),
        then: LOOK,
    };
}

/// A client that gives up an address where nothing accepts connections.
///
/// # Errors
/// When the machine has no means for it.
pub(super) fn client() -> anyhow::Result<reqwest::Client> {
    let client = reqwest::Client::builder().connect_timeout(CONNECT).build();
    client.context("cannot make connections")
}

impl Api {
    /// Sends a request and waits until the answer begins.
    ///
    /// # Errors
    /// When there is no node, or it falls silent, or works on the answer for too long.
    pub(super) async fn reached(
        &self,
        request: reqwest::RequestBuilder,
        patience: &Patience,
    ) -> anyhow::Result<reqwest::Response> {
        let answer = request.send();
        tokio::select! {
            answer = answer => answer.map_err(|error| self.unreached(error)),
            () = self.fell_silent() => Err(self.silent(2 * SILENCE, patience)),
            () = tokio::time::sleep(patience.limit) => Err(anyhow!(
                "the node at {} has not finished after {} s: see its log.{}",
                self.server.shown,
                patience.limit.as_secs(),
                patience.then
            )),
        }
    }

    fn unreached(&self, error: reqwest::Error) -> anyhow::Error {
        let said = format!(
            "no node answers at {}: start one with `autolynx serve`, or name it with --server",
            self.server.shown
        );
        anyhow::Error::new(error.without_url()).context(said)
    }

    fn silent(&self, waited: Duration, patience: &Patience) -> anyhow::Error {
        anyhow!(
            "the node at {} does not answer: something took the connection and said nothing for {} s. Look at the \
             node's log, and start it again if it hangs; name another node with --server.{}",
            self.server.shown,
            waited.as_secs(),
            patience.then
        )
    }

    /// Returns when the node gives no sign of life.
    async fn fell_silent(&self) {
        let mut is_told = false;
        loop {
            tokio::time::sleep(SILENCE).await;
            if !self.is_alive().await {
                return;
            }
            if !is_told {
                is_told = true;
                terminal::tell(format!(
                    "autolynx: the node at {} is still at work on this; waiting for it",
                    self.server.shown
                ));
            }
        }
    }

    /// Whether anything is answered. No file has this name, so the node needs nothing but itself to say so.
    async fn is_alive(&self) -> bool {
        let sign = self.http.get(self.url("/assets/-")).timeout(SILENCE).send();
        sign.await.is_ok()
    }

    /// The whole body of an answer that has begun.
    ///
    /// # Errors
    /// When it breaks off or stops coming.
    pub(super) async fn whole(
        &self,
        mut answer: reqwest::Response,
        patience: &Patience,
    ) -> anyhow::Result<Vec<u8>> {
        let mut body = Vec::new();
        while let Some(chunk) = self.chunk(&mut answer, patience).await? {
            body.extend_from_slice(&chunk);
        }
        Ok(body)
    }

    /// The next part of an answer that has begun.
    ///
    /// # Errors
    /// When it breaks off or stops coming.
    pub(super) async fn chunk(
        &self,
        answer: &mut reqwest::Response,
        patience: &Patience,
    ) -> anyhow::Result<Option<Vec<u8>>> {
        let chunk = tokio::time::timeout(IDLE, answer.chunk()).await;
        let chunk = chunk.map_err(|_| self.silent(IDLE, patience))?;
        let chunk = chunk.map_err(|error| {
            let said = format!(
                "the node at {} broke off its answer.{}",
                self.server.shown, patience.then
            );
            anyhow::Error::new(error.without_url()).context(said)
        })?;
        Ok(chunk.map(|chunk| chunk.to_vec()))
    }
}
