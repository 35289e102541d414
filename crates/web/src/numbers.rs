//! The numbers that the account can call from, remembered for a while.
//!
//! Every page that shows them would otherwise ask the provider, whose limit on requests the dialler needs.

use std::{sync::Arc, time::Duration};

use domain::time::{SECOND_MS, UtcMs};
use engine::{Engine, LookupError, ProviderNumber, TroubleKind};
use tokio::sync::Mutex;

/// How long an answer is taken for the present state, in milliseconds.
const FRESH_MS: i64 = 30 * SECOND_MS;
/// After a failure the provider is left alone for so long, in milliseconds.
const AFTER_FAILURE_MS: i64 = 10 * SECOND_MS;
/// How long an answer is waited for.
const PATIENCE: Duration = Duration::from_secs(8);

/// The numbers as the provider last told them.
#[derive(Clone, Debug)]
pub(crate) struct Listed {
    pub at: UtcMs,
    pub numbers: Arc<Vec<ProviderNumber>>,
}

/// How the provider was found when it was last asked.
#[derive(Clone, Debug)]
pub(crate) struct LastContact {
    pub at: UtcMs,
    pub error: Option<String>,
}

#[derive(Default)]
struct Known {
    listed: Option<Listed>,
    failure: Option<(UtcMs, LookupError)>,
}

pub(crate) struct Numbers {
    engine: Engine,
    // Held while asking: many pages opened at once ask once.
    known: Mutex<Known>,
    last_contact: std::sync::Mutex<Option<LastContact>>,
}

impl Numbers {
    pub(crate) fn new(engine: Engine) -> Self {
        Self {
            engine,
            known: Mutex::new(Known::default()),
            last_contact: std::sync::Mutex::new(None),
        }
    }

    /// The numbers, at most half a minute old.
    pub(crate) async fn list(&self) -> Result<Listed, LookupError> {
        let mut known = self.known.lock().await;
        let now = self.engine.clock().now();
        if let Some(listed) = &known.listed
            && now.since(listed.at) < FRESH_MS
        {
            return Ok(listed.clone());
        }
        if let Some((at, error)) = &known.failure
            && now.since(*at) < error.retry_after_ms.unwrap_or(AFTER_FAILURE_MS)
        {
            return Err(error.clone());
        }
        match self.patiently(self.engine.telephony().phone_numbers()).await {
            Ok(numbers) => {
                let listed = Listed {
                    at: now,
                    numbers: Arc::new(numbers),
                };
                *known = Known {
                    listed: Some(listed.clone()),
                    failure: None,
                };
                Ok(listed)
            }
            Err(error) => {
                tracing::warn!(%error, "the provider cannot be asked for numbers");
                known.failure = Some((now, error.clone()));
                Err(error)
            }
        }
    }

    /// The numbers as the provider last told them, however long ago, and why it cannot be asked now, if so. No page waits
    /// for a provider that is known to be silent: the dialer asks it for a sign of life.
    pub(crate) async fn as_known(&self) -> (Option<Listed>, Option<LookupError>) {
        let trouble = self.engine.provider_status().trouble;
        if trouble.is_some_and(|trouble| trouble.kind == TroubleKind::Silent) {
            let known = self.known.try_lock().ok();
            let error = LookupError {
                message: "it does not answer".to_owned(),
                retry_after_ms: None,
            };
            return (known.and_then(|known| known.listed.clone()), Some(error));
        }
        match self.list().await {
            Ok(listed) => (Some(listed), None),
            Err(error) => (self.known.lock().await.listed.clone(), Some(error)),
        }
    }

    /// The numbers as the provider last told them, without waiting for it. When that is long ago, it is asked meanwhile.
    pub(crate) fn glance(self: &Arc<Self>) -> Option<Listed> {
        // Somebody is asking already.
        let known = self.known.try_lock().ok()?;
        let listed = known.listed.clone();
        let fresh = listed
            .as_ref()
            .is_some_and(|listed| self.engine.clock().now().since(listed.at) < FRESH_MS);
        drop(known);
        if !fresh {
            let numbers = self.clone();
            tokio::spawn(async move { numbers.list().await });
        }
        listed
    }

    /// The numbers, asked for now.
    pub(crate) async fn ask(&self) -> Result<Vec<ProviderNumber>, LookupError> {
        self.patiently(self.engine.telephony().phone_numbers()).await
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
            at: self.engine.clock().now(),
            error,
        };
        *self
            .last_contact
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner) = Some(contact);
        answer
    }
}
