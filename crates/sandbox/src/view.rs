//! The call object as the API shows it.

use crate::analysis::Analysis;
use crate::artifact::{self, Artifact, Entry};
use crate::call::{Afterwards, Call};
use crate::cost::Breakdown;
use crate::directory::{ACCOUNT_SID, ORG_ID};
use crate::settings::Settings;
use crate::time;
use crate::told::ToldClock;
use serde::Serialize;
use serde_json::value::{RawValue, to_raw_value};
use serde_json::{Value, json};
use uuid::Uuid;

/// The lines of the account as the answer to `POST /call` tells them.
#[derive(Debug, Clone, Copy, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct SubscriptionLimits {
    pub(crate) concurrency_blocked: bool,
    pub(crate) concurrency_limit: u32,
    /// How many more calls may start, this one included.
    pub(crate) remaining_concurrent_calls: u32,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct CallView<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    subscription_limits: Option<SubscriptionLimits>,
    id: Uuid,
    org_id: &'static str,
    r#type: &'static str,
    created_at: String,
    updated_at: String,
    status: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    ended_reason: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    started_at: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ended_at: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    assistant_id: Option<Uuid>,
    #[serde(skip_serializing_if = "Option::is_none")]
    assistant: Option<&'a RawValue>,
    #[serde(skip_serializing_if = "Option::is_none")]
    assistant_overrides: Option<&'a RawValue>,
    #[serde(skip_serializing_if = "Option::is_none")]
    phone_number_id: Option<Uuid>,
    #[serde(skip_serializing_if = "Option::is_none")]
    phone_number: Option<&'a RawValue>,
    #[serde(skip_serializing_if = "Option::is_none")]
    customer: Option<&'a RawValue>,
    #[serde(skip_serializing_if = "Option::is_none")]
    schedule_plan: Option<&'a RawValue>,
    phone_call_provider: &'static str,
    phone_call_transport: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    phone_call_provider_id: Option<String>,
    transport: Value,
    monitor: Monitor,
    cost: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    cost_breakdown: Option<Breakdown>,
    #[serde(skip_serializing_if = "Option::is_none")]
    costs: Option<Vec<Value>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    messages: Option<Vec<Entry<'a>>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    artifact: Option<Artifact<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    analysis: Option<&'a Analysis>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Monitor {
    #[serde(skip_serializing_if = "Option::is_none")]
    listen_url: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    control_url: Option<String>,
}

/// The name of the transport behind a number's provider.
pub(crate) fn transport_provider(number_provider: &str) -> &'static str {
    match number_provider {
        "twilio" => "twilio",
        "vonage" => "vonage",
        "telnyx" => "telnyx",
        _ => "vapi.sip",
    }
}

/// The call object at `now_ms`.
pub(crate) fn call(
    call: &Call,
    settings: &Settings,
    told: &ToldClock,
    now_ms: i64,
    limits: Option<SubscriptionLimits>,
) -> Box<RawValue> {
    let after = call.afterwards(settings.seed, settings.people.usd_micros_per_minute);
    let base_url = settings.public_base_url.as_str();
    let sid = call.ringing_ms.map(|_| format!("CA{}", call.id.simple()));
    let view = CallView {
        subscription_limits: limits,
        id: call.id,
        org_id: ORG_ID,
        r#type: "outboundPhoneCall",
        created_at: time::iso(call.slips.created(told.at(call.created_ms))),
        updated_at: time::iso(told.at(call.updated_ms)),
        status: call.status.wire(),
        ended_reason: call.ended_reason.as_deref(),
        started_at: started_at(call, told),
        ended_at: call.record_ended_ms.map(|_| ended_at(call, told)),
        name: call.echo.name.as_deref(),
        assistant_id: call.echo.assistant_id,
        assistant: call.echo.assistant.as_deref(),
        assistant_overrides: call.echo.assistant_overrides.as_deref(),
        phone_number_id: call.echo.phone_number_id,
        phone_number: call.echo.phone_number.as_deref(),
        customer: call.echo.customer.as_deref(),
        schedule_plan: call.echo.schedule_plan.as_deref(),
        phone_call_provider: match call.provider {
            "vapi.sip" => "vapi",
            provider => provider,
        },
        phone_call_transport: if call.provider == "vapi.sip" {
            "sip"
        } else {
            "pstn"
        },
        phone_call_provider_id: sid.clone(),
        transport: transport(call.provider, sid),
        monitor: Monitor {
            listen_url: call
                .terms
                .listen
                .then(|| format!("{}/call/{}/listen", base_url.replacen("http", "ws", 1), call.id)),
            control_url: call
                .terms
                .control
                .then(|| format!("{base_url}/call/{}/control", call.id)),
        },
        cost: after.as_ref().map_or(0.0, |after| after.cost.total_usd()),
        cost_breakdown: after.as_ref().map(|after| after.cost.breakdown()),
        costs: after.as_ref().map(|after| after.cost.list(call.provider)),
        messages: after
            .as_ref()
            .map(|Afterwards { lines, .. }| artifact::messages(call, told, lines, i64::MAX)),
        artifact: after
            .as_ref()
            .map(|Afterwards { lines, .. }| Artifact::of(call, told, lines, base_url, now_ms)),
        analysis: after.as_ref().map(|after| &after.analysis),
    };
    to_raw_value(&view).expect("plain data always serialises")
}

/// When somebody answered, as records and reports tell it.
pub(crate) fn started_at(call: &Call, told: &ToldClock) -> Option<String> {
    let created_ms = told.at(call.created_ms);
    let started_ms = told.at(call.started_ms?);
    Some(time::iso(call.slips.started(started_ms, created_ms)))
}

/// The end that records and reports tell: the true one, where there was a call at all.
pub(crate) fn ended_at(call: &Call, told: &ToldClock) -> String {
    let ended_ms = call
        .truly_ended_ms
        .or(call.record_ended_ms)
        .unwrap_or(call.updated_ms);
    time::iso(call.slips.ended(told.at(ended_ms)))
}

fn transport(provider: &str, sid: Option<String>) -> Value {
    let mut transport = json!({"conversationType": "voice", "provider": provider});
    match (provider, sid) {
        ("twilio", sid) => {
            transport["accountSid"] = json!(ACCOUNT_SID);
            if let Some(sid) = sid {
                transport["callSid"] = json!(sid);
            }
        }
        ("vapi.sip", Some(sid)) => transport["callSid"] = json!(sid),
        ("vonage", Some(sid)) => transport["callUUID"] = json!(sid),
        ("telnyx", Some(sid)) => transport["callControlId"] = json!(sid),
        _ => {}
    }
    transport
}
