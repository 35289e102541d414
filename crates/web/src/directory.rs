//! What the provider offers for a new campaign: assistants and numbers, remembered for a while.
//!
//! Every page that shows the form would otherwise ask the provider, whose limit on requests the dialler needs.

use std::{sync::Arc, time::Duration};

use domain::time::{SECOND_MS, UtcMs};
use engine::{Clock, LookupError, ProviderAssistant, ProviderNumber, Telephony};
use tokio::sync::Mutex;

/// How long an answer is taken for the present state, in milliseconds.
const FRESH_MS: i64 = 30 * SECOND_MS;
/// After a failure the provider is left alone for so long, in milliseconds.
const AFTER_FAILURE_MS: i64 = 10 * SECOND_MS;
/// How long an answer is waited for.
const PATIENCE: Duration = Duration::from_secs(8);

/// What there is to choose from.
#[derive(Debug, Default)]
pub(crate) struct Offer {
    pub assistants: Vec<ProviderAssistant>,
    pub numbers: Vec<ProviderNumber>,
}

/// How the provider was found when it was last asked for its offer.
#[derive(Clone, Debug)]
pub(crate) struct LastContact {
    pub at: UtcMs,
    pub error: Option<String>,
}

#[derive(Default)]
struct Known {
    offer: Option<(UtcMs, Arc<Offer>)>,
    failure: Option<(UtcMs, LookupError)>,
}

pub(crate) struct Directory {
    telephony: Arc<dyn Telephony>,
    clock: Arc<dyn Clock>,
    // Held while asking: many pages opened at once ask once.
    known: Mutex<Known>,
    last_contact: std::sync::Mutex<Option<LastContact>>,
}

impl Directory {
    pub(crate) fn new(telephony: Arc<dyn Telephony>, clock: Arc<dyn Clock>) -> Self {
        Self {
            telephony,
            clock,
            known: Mutex::new(Known::default()),
            last_contact: std::sync::Mutex::new(None),
        }
    }

    /// What there is to choose from, at most half a minute old.
    pub(crate) async fn offer(&self) -> Result<Arc<Offer>, LookupError> {
        let mut known = self.known.lock().await;
        let now = self.clock.now();
        if let Some((at, offer)) = &known.offer
            && now.since(*at) < FRESH_MS
        {
            return Ok(offer.clone());
        }
        if let Some((at, error)) = &known.failure
            && now.since(*at) < error.retry_after_ms.unwrap_or(AFTER_FAILURE_MS)
        {
            return Err(error.clone());
        }
        let asked = async { tokio::try_join!(self.telephony.assistants(), self.telephony.phone_numbers()) };
        match self.patiently(asked).await {
            Ok((assistants, numbers)) => {
                let offer = Arc::new(Offer { assistants, numbers });
                *known = Known {
                    offer: Some((now, offer.clone())),
                    failure: None,
                };
                Ok(offer)
            }
            Err(error) => {
                tracing::warn!(%error, "the provider cannot be asked for assistants and numbers");
                known.failure = Some((now, error.clone()));
                Err(error)
            }
        }
    }

    /// What there was to choose from when the provider last answered.
    pub(crate) async fn remembered(&self) -> Option<Arc<Offer>> {
        self.known
            .lock()
            .await
            .offer
            .as_ref()
            .map(|(_, offer)| offer.clone())
    }

    /// One assistant, asked for now: it may have been deleted a moment ago.
    pub(crate) async fn assistant(&self, id: &str) -> Result<Option<ProviderAssistant>, LookupError> {
        self.patiently(self.telephony.assistant(id)).await
    }

    /// The numbers, asked for now.
    pub(crate) async fn phone_numbers(&self) -> Result<Vec<ProviderNumber>, LookupError> {
        self.patiently(self.telephony.phone_numbers()).await
    }

    /// How the provider was found the last time; `None` when it was never asked.
    pub(crate) fn last_contact(&self) -> Option<LastContact> {
        self.last_contact
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
            .clone()
    }

    async fn patiently<T>(
        &self,
        asked: impl Future<Output = Result<T, LookupError>>,
    ) -> Result<T, LookupError> {
        let answer = tokio::time::timeout(PATIENCE, asked).await.unwrap_or_else(|_| {
            let message = format!("it did not answer within {} seconds", PATIENCE.as_secs());
            Err(LookupError {
                message,
                retry_after_ms: None,
            })
        });
        let error = answer.as_ref().err().map(|error| error.message.clone());
        let contact = LastContact {
            at: self.clock.now(),
            error,
        };
        *self
            .last_contact
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner) = Some(contact);
        answer
    }
}
