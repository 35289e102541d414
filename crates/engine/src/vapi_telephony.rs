//! The provider behind the telephony door: Vapi, or the sandbox that speaks like it.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
};

use async_trait::async_trait;
use domain::{
    call::{Fact, Source},
    time::UtcMs,
};
use serde_json::Value;
use store::Dial;
use vapi::{
    ApiError, ApiErrorKind, BackoffPlan, BackoffType, CallFilter, Client, ControlAnswer, CreateCall, Raw,
    Server,
};

use crate::{
    facts::fact_of_call,
    telephony::{DialAnswer, Listing, LookupError, NumberState, ProviderNumber, RefusalKind, Telephony},
};

/// Where the provider can reach us, and what it must bring along.
#[derive(Clone)]
pub struct WebhookTarget {
    /// Our address for webhooks.
    pub url: String,
    /// Sent with every webhook. The place for the shared secret.
    pub headers: BTreeMap<String, String>,
    /// The provider's credential that signs every webhook, when signatures prove them.
    pub credential_id: Option<String>,
}

impl fmt::Debug for WebhookTarget {
    /// Shows which headers there are, never what they hold.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WebhookTarget")
            .field("url", &self.url)
            .field("headers", &self.headers.keys().collect::<Vec<_>>())
            .field("credential_id", &self.credential_id)
            .finish()
    }
}

/// Vapi as a telephone provider.
pub struct VapiTelephony {
    client: Client,
    webhook: Option<WebhookTarget>,
    max_duration_seconds: u32,
}

/// Calls asked for in one list request. Rows carry whole transcripts.
const LIST_LIMIT: u32 = 100;
/// List requests for one look at most.
const LIST_PAGES: usize = 20;
/// How long to leave lists alone after a rate refusal that names no time, in milliseconds. The limit counts by the minute.
const RATE_PAUSE_MS: i64 = 30_000;
/// Webhooks a dialler needs; more would only be traffic.
const SERVER_MESSAGES: [&str; 3] = ["status-update", "end-of-call-report", "tool-calls"];

impl VapiTelephony {
    /// Calls through this client. Without `webhook` the provider tells us nothing by itself.
    #[must_use]
    pub fn new(client: Client, webhook: Option<WebhookTarget>, max_duration_seconds: u32) -> Self {
        Self {
            client,
            webhook,
            max_duration_seconds,
        }
    }

    fn request(&self, dial: &Dial) -> CreateCall {
        let call_id = dial.call_id.to_string();
        let mut request = CreateCall::correlated(
            &call_id,
            &dial.provider_assistant_id,
            &dial.phone_number_id,
            &dial.phone,
        );
        request.customer.name = (!dial.name.is_empty()).then(|| dial.name.clone());
        request.customer.extension.clone_from(&dial.extension);
        let overrides = request.assistant_overrides.get_or_insert_default();
        overrides
            .metadata
            .insert("campaignId".to_owned(), Value::from(dial.campaign_id.to_string()));
        overrides
            .metadata
            .insert("attempt".to_owned(), Value::from(dial.attempt));
        overrides.variable_values = dial
            .variables
            .iter()
            .map(|(key, value)| (key.clone(), Value::from(value.as_str())))
            .collect();
        overrides
            .variable_values
            .insert("name".to_owned(), Value::from(dial.name.as_str()));
        overrides.variable_values.insert(
            "business_name".to_owned(),
            Value::from(dial.business_name.as_str()),
        );
        overrides.server_messages = SERVER_MESSAGES.map(str::to_owned).to_vec();
        overrides.max_duration_seconds = Some(self.max_duration_seconds);
        overrides.server = self.webhook.as_ref().map(|webhook| Server {
            url: webhook.url.clone(),
            timeout_seconds: None,
            headers: webhook.headers.clone(),
            credential_id: webhook.credential_id.clone(),
            // Without a plan the provider never repeats a webhook that found us restarting.
            backoff_plan: Some(BackoffPlan {
                backoff_type: BackoffType::Exponential,
                max_retries: 10,
                base_delay_seconds: 2,
            }),
        });
        request
    }

    async fn list(&self, mut filter: CallFilter, now: UtcMs) -> Result<Listing, LookupError> {
        filter.limit = Some(LIST_LIMIT);
        let mut seen = BTreeSet::new();
        let mut listing = Listing::default();
        for _ in 0..LIST_PAGES {
            let calls = self
                .client
                .list_calls(&filter)
                .await
                .map_err(|error| LookupError::from(&error))?;
            let full = calls.len() >= LIST_LIMIT as usize;
            let oldest = calls.iter().filter_map(|call| call.value.created_at_ms).min();
            let before = seen.len();
            for call in calls {
                if seen.insert(call.value.id.clone()) {
                    listing.facts.push(fact_of_call(&call, Source::Poll, "poll", now));
                }
            }
            if !full {
                listing.complete = true;
                break;
            }
            // Newest first: go on from the oldest. "Or equal" and the set keep calls of the same millisecond.
            match oldest {
                Some(oldest) if seen.len() > before => filter.created_at_le_ms = Some(oldest),
                _ => break,
            }
        }
        Ok(listing)
    }
}

#[async_trait]
impl Telephony for VapiTelephony {
    async fn dial(&self, dial: &Dial, now: UtcMs) -> DialAnswer {
        match self.client.create_call(&self.request(dial)).await {
            vapi::DialAnswer::Accepted(call) => DialAnswer::Accepted {
                lines: call
                    .value
                    .subscription_limits
                    .as_ref()
                    .and_then(|limits| limits.concurrency_limit),
                fact: Box::new(about(
                    dial,
                    fact_of_call(&call, Source::Dial, "dial.accepted", now),
                )),
            },
            vapi::DialAnswer::Refused(refusal) => match refusal.provider_call_id {
                Some(id) => DialAnswer::Blocked {
                    fact: Box::new(about(dial, blocked(&id, &refusal.message, now))),
                    lines: refusal.concurrency_limit,
                },
                None => DialAnswer::Refused {
                    kind: kind(refusal.kind),
                    message: refusal.message,
                    retry_after_ms: refusal.retry_after_ms.and_then(|ms| i64::try_from(ms).ok()),
                },
            },
            vapi::DialAnswer::InDoubt(what) => DialAnswer::InDoubt(what),
        }
    }

    async fn changed_since(&self, since: UtcMs, now: UtcMs) -> Result<Listing, LookupError> {
        self.list(
            CallFilter {
                updated_at_ge_ms: Some(since.0),
                ..CallFilter::default()
            },
            now,
        )
        .await
    }

    async fn created_between(
        &self,
        phone_number_id: &str,
        since: UtcMs,
        until: UtcMs,
        now: UtcMs,
    ) -> Result<Listing, LookupError> {
        let filter = CallFilter {
            phone_number_id: Some(phone_number_id.to_owned()),
            created_at_ge_ms: Some(since.0),
            created_at_le_ms: Some(until.0),
            ..CallFilter::default()
        };
        self.list(filter, now).await
    }

    async fn look_up(&self, provider_call_id: &str, now: UtcMs) -> Result<Option<Fact>, LookupError> {
        let call = self
            .client
            .get_call(provider_call_id)
            .await
            .map_err(|error| LookupError::from(&error))?;
        Ok(call.map(|call| fact_of_call(&call, Source::Poll, "look-up", now)))
    }

    async fn hang_up(&self, control_url: &str) -> Result<(), String> {
        match self.client.end_call(control_url).await {
            // Not live any more, or not yet: the call itself will say.
            ControlAnswer::Done | ControlAnswer::NotLive(_) => Ok(()),
            ControlAnswer::Refused(error) => Err(format!("the provider refused: {error}")),
            ControlAnswer::Unreachable(what) => Err(format!("the provider could not be reached: {what}")),
            ControlAnswer::InDoubt(what) => Err(format!("the provider’s answer got lost: {what}")),
        }
    }

    async fn probe(&self) -> Result<(), LookupError> {
        self.client
            .probe()
            .await
            .map_err(|error| LookupError::from(&error))
    }

    async fn phone_numbers(&self) -> Result<Vec<ProviderNumber>, LookupError> {
        let numbers = self
            .client
            .list_phone_numbers()
            .await
            .map_err(|error| LookupError::from(&error))?;
        Ok(numbers
            .into_iter()
            .map(|number| ProviderNumber {
                state: match number.status.as_deref() {
                    None | Some("active") => NumberState::Active,
                    Some("activating") => NumberState::Activating,
                    Some("blocked") => NumberState::Blocked,
                    Some(_) => NumberState::Other,
                },
                provider: number.provider,
                id: number.id,
                name: number.name,
                number: number.number,
            })
            .collect())
    }
}

/// An answer to our own request is about our own call, whether or not it echoes the id.
fn about(dial: &Dial, mut fact: Fact) -> Fact {
    fact.call.call_id = Some(dial.call_id);
    fact
}

/// The record of a call for which there was no line. It is known to exist, and nothing more.
fn blocked(provider_call_id: &str, message: &str, now: UtcMs) -> Fact {
    let id = Value::from(provider_call_id);
    let body = serde_json::json!({ "id": id, "blocked": message }).to_string();
    let call = Raw {
        value: vapi::Call {
            id: provider_call_id.to_owned(),
            ..vapi::Call::default()
        },
        raw: serde_json::value::RawValue::from_string(body).unwrap_or_default(),
    };
    fact_of_call(&call, Source::Dial, "dial.blocked", now)
}

fn kind(kind: vapi::RefusalKind) -> RefusalKind {
    match kind {
        vapi::RefusalKind::Contact => RefusalKind::Contact,
        vapi::RefusalKind::Capacity => RefusalKind::Capacity,
        vapi::RefusalKind::Rate => RefusalKind::Rate,
        vapi::RefusalKind::Account => RefusalKind::Account,
        vapi::RefusalKind::Unreachable => RefusalKind::Unreachable,
    }
}

impl From<&ApiError> for LookupError {
    fn from(error: &ApiError) -> Self {
        let retry_after_ms = match &error.kind {
            ApiErrorKind::RateLimited { retry_after_ms } => {
                retry_after_ms.map_or(Some(RATE_PAUSE_MS), |ms| i64::try_from(ms).ok())
            }
            _ => None,
        };
        Self {
            message: error.to_string(),
            retry_after_ms,
        }
    }
}
