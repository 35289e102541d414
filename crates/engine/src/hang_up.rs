//! The step `hang_up`: live calls of an aborted campaign are ended through the provider.
//!
//! A line is freed by the fact that the call ended, as always, and not by our asking. Killed before the request, the call
//! is taken up again a while later; killed after it or run twice, the provider is asked to end what has ended already.

use domain::time::UtcMs;
use futures::future::join_all;
use store::{HangUp, Wake};

use crate::Engine;

impl Engine {
    /// Asks the provider to end the live calls of aborted campaigns, and notes what could not be. Returns how many were
    /// asked for.
    ///
    /// # Errors
    /// [`store::Error::Unavailable`] when the database cannot be reached.
    pub async fn hang_up(&self, now: UtcMs) -> store::Result<usize> {
        let calls = self.store.take_calls_to_hang_up(now).await?;
        let asked = calls.len();
        for result in join_all(calls.iter().map(|call| self.hang_up_one(call))).await {
            result?;
        }
        Ok(asked)
    }

    async fn hang_up_one(&self, call: &HangUp) -> store::Result<()> {
        let problem = match self.control_url(call).await? {
            Ok(url) => self.telephony.hang_up(&url).await.err(),
            Err(problem) => Some(problem),
        };
        if problem.is_some() {
            tracing::warn!(call.id = %call.call_id, "a live call could not be hung up; it is tried again");
        }
        let now = self.clock.now();
        self.store.note_hang_up(call, problem.as_deref(), now).await?;
        self.store.wake(Wake::Campaign(call.campaign_id));
        Ok(())
    }

    /// Where the provider takes orders for the call, asking for the call when that is not known yet. Otherwise why not.
    async fn control_url(&self, call: &HangUp) -> store::Result<Result<String, String>> {
        if let Some(url) = &call.control_url {
            return Ok(Ok(url.clone()));
        }
        let Some(provider_call_id) = &call.provider_call_id else {
            return Ok(Err("the provider has not confirmed the call yet".to_owned()));
        };
        let now = self.clock.now();
        let looked = self.telephony.look_up(provider_call_id, now).await;
        let fact = match looked {
            Ok(Some(fact)) => fact,
            Ok(None) => return Ok(Err("the provider does not know the call".to_owned())),
            Err(error) => return Ok(Err(format!("the provider could not be asked: {error}"))),
        };
        let url = fact.says.details.control_url.clone();
        self.observe(&[fact], now).await?;
        Ok(url.ok_or_else(|| "the provider offers no way to end this call".to_owned()))
    }
}
