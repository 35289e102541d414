//! What holds for one call: its assistant's settings with the call's own overrides on top.

use crate::call::speaking_ms;
use crate::conversation::{Cast, rendered};
use crate::directory::{Assistant, PhoneNumber};
use crate::plan::Limits;
use crate::settings::Settings;
use crate::target::{Subscriptions, Target, Topic};
use crate::tools::OptOutTool;
use serde_json::{Map, Value};
use std::sync::Arc;

type Object = Map<String, Value>;

/// The settings of one call.
#[derive(Debug, Clone)]
pub(crate) struct Terms {
    pub(crate) limits: Limits,
    pub(crate) recording: bool,
    pub(crate) transcript: bool,
    pub(crate) assistant_name: String,
    pub(crate) user_name: String,
    pub(crate) analysis: AnalysisTerms,
    pub(crate) listen: bool,
    pub(crate) control: bool,
    /// The control address wants the public key.
    pub(crate) control_wants_key: bool,
    /// The tool that the assistant calls when somebody wants no more calls.
    pub(crate) opt_out_tool: Option<Arc<OptOutTool>>,
    pub(crate) cast: Cast,
    pub(crate) prompt: Option<Arc<str>>,
    pub(crate) subscriptions: Subscriptions,
    pub(crate) target: Option<Arc<Target>>,
}

/// Which analysis is wanted.
#[derive(Debug, Clone)]
pub(crate) struct AnalysisTerms {
    pub(crate) min_messages: usize,
    pub(crate) summary: bool,
    pub(crate) success: bool,
    /// The properties that the schema names (none: all); `None` when no structured data is wanted.
    pub(crate) structured: Option<Vec<String>>,
}

/// The overrides of a call over the body of its assistant.
#[derive(Clone, Copy)]
pub(crate) struct Effective<'a> {
    pub(crate) overrides: Option<&'a Object>,
    pub(crate) assistant: Option<&'a Object>,
}

impl<'a> Effective<'a> {
    fn get(self, name: &str) -> Option<&'a Value> {
        let set = |object: Option<&'a Object>| object?.get(name).filter(|value| !value.is_null());
        set(self.overrides).or_else(|| set(self.assistant))
    }

    fn text(self, name: &str) -> Option<&'a str> {
        self.get(name)?.as_str().filter(|text| !text.is_empty())
    }

    fn flag(self, plan: &str, name: &str, default: bool) -> bool {
        self.get(plan)
            .and_then(|plan| plan.get(name))
            .and_then(Value::as_bool)
            .unwrap_or(default)
    }
}

/// The system prompt of an assistant's model, if it has one.
pub(crate) fn prompt(assistant: &Object) -> Option<Arc<str>> {
    let messages = assistant.get("model")?.get("messages")?.as_array()?;
    let system = messages
        .iter()
        .find(|message| message.get("role").is_some_and(|role| role == "system"))?;
    system.get("content")?.as_str().map(Arc::from)
}

impl Terms {
    pub(crate) fn of(
        effective: Effective<'_>,
        customer: &Object,
        assistant: Option<&Assistant>,
        number: Option<&PhoneNumber>,
        settings: &Settings,
    ) -> Terms {
        let seconds = |value: Option<&Value>, default: f64| {
            (value.and_then(Value::as_f64).unwrap_or(default) * 1_000.0) as i64
        };
        let ring = effective
            .get("transportConfigurations")
            .and_then(|list| list.get(0)?.get("timeout"));
        let private = ["hipaaEnabled", "pciEnabled"]
            .iter()
            .any(|name| effective.flag("compliancePlan", name, false));
        let transcripts = effective
            .get("artifactPlan")
            .and_then(|plan| plan.get("transcriptPlan"));
        let speaker = |name: &str, default: &str| {
            let named = transcripts
                .and_then(|plan| plan.get(name))
                .and_then(Value::as_str);
            named.unwrap_or(default).to_owned()
        };
        let own_prompt = effective.overrides.and_then(prompt);
        let cast = cast(effective, customer);
        Terms {
            limits: Limits {
                ring_timeout_ms: seconds(ring, 60.0),
                max_duration_ms: seconds(effective.get("maxDurationSeconds"), 600.0),
                silence_ms: hang_up_after_ms(effective.get("hooks"))
                    .map(|silence_ms| speaking_ms(cast.opening.as_deref().unwrap_or_default()) + silence_ms),
            },
            recording: !private && effective.flag("artifactPlan", "recordingEnabled", true),
            transcript: !private
                && transcripts
                    .and_then(|plan| plan.get("enabled"))
                    .and_then(Value::as_bool)
                    .unwrap_or(true),
            assistant_name: speaker("assistantName", "AI"),
            user_name: speaker("userName", "User"),
            analysis: AnalysisTerms::of(effective),
            listen: effective.flag("monitorPlan", "listenEnabled", true),
            control: effective.flag("monitorPlan", "controlEnabled", true),
            control_wants_key: effective.flag("monitorPlan", "controlAuthenticationEnabled", false),
            opt_out_tool: OptOutTool::among(tools(effective), settings.webhook_secret.as_deref())
                .map(Arc::new),
            cast,
            prompt: own_prompt.or_else(|| assistant.and_then(|assistant| assistant.prompt.clone())),
            subscriptions: effective
                .get("serverMessages")
                .and_then(Value::as_array)
                .map_or_else(Subscriptions::default_list, |list| Subscriptions::read(list)),
            target: target(effective, number, settings).map(Arc::new),
        }
    }
}

impl Terms {
    /// Who is told of such things, if anybody. Tools with a server of their own ask that one, whatever is subscribed to.
    pub(crate) fn receiver(&self, topic: Topic) -> Option<&Arc<Target>> {
        let own = self
            .opt_out_tool
            .as_ref()
            .and_then(|tool| tool.server.as_ref())
            .filter(|_| topic == Topic::ToolCalls);
        own.or_else(|| self.target.as_ref().filter(|_| self.subscriptions.wants(topic)))
    }
}

/// The tools of the model, and those that the call adds to them.
fn tools(effective: Effective<'_>) -> impl Iterator<Item = &Value> {
    let of_model = effective.get("model").and_then(|model| model.get("tools"));
    let added = effective
        .overrides
        .and_then(|overrides| overrides.get("tools:append"));
    [of_model, added]
        .into_iter()
        .flatten()
        .filter_map(Value::as_array)
        .flatten()
}

impl AnalysisTerms {
    fn of(effective: Effective<'_>) -> AnalysisTerms {
        let plan = effective.get("analysisPlan");
        let part = |name: &str| plan.and_then(|plan| plan.get(name));
        let enabled = |name: &str, default: bool| {
            part(name)
                .and_then(|part| part.get("enabled"))
                .and_then(Value::as_bool)
                .unwrap_or(default)
        };
        let structured = enabled("structuredDataPlan", false).then(|| {
            let schema = part("structuredDataPlan").and_then(|plan| plan.get("schema"));
            let properties = schema
                .and_then(|schema| schema.get("properties"))
                .and_then(Value::as_object);
            properties
                .map(|properties| properties.keys().cloned().collect())
                .unwrap_or_default()
        });
        AnalysisTerms {
            min_messages: part("minMessagesThreshold").and_then(Value::as_u64).unwrap_or(2) as usize,
            summary: enabled("summaryPlan", true),
            success: enabled("successEvaluationPlan", true),
            structured,
        }
    }
}

/// The shortest silence of the person after which a hook ends the call.
fn hang_up_after_ms(hooks: Option<&Value>) -> Option<i64> {
    let hangs_up = |hook: &&Value| {
        let event = hook["on"].as_str().unwrap_or_default();
        let actions = hook["do"].as_array().map_or(&[][..], Vec::as_slice);
        event.split('[').next() == Some("customer.speech.timeout")
            && actions.iter().any(|action| action["tool"]["type"] == "endCall")
    };
    let silence_ms = |hook: &Value| {
        let seconds = hook["options"]["timeoutSeconds"].as_f64().unwrap_or(7.5);
        (seconds * 1_000.0) as i64
    };
    hooks?.as_array()?.iter().filter(hangs_up).map(silence_ms).min()
}

/// Precedence of receivers: the call's own, the assistant's, the number's, the organisation's. Exactly one is told.
fn target(effective: Effective<'_>, number: Option<&PhoneNumber>, settings: &Settings) -> Option<Target> {
    let secret = settings.webhook_secret.as_deref();
    effective
        .get("server")
        .and_then(|server| Target::read(server, secret))
        .or_else(|| Target::read(number?.body.get("server")?, secret))
        .or_else(|| {
            settings
                .org_server_url
                .clone()
                .map(|url| Target::plain(url, secret))
        })
}

fn cast(effective: Effective<'_>, customer: &Object) -> Cast {
    let variables = effective
        .overrides
        .and_then(|overrides| overrides.get("variableValues"));
    let variable = |name: &str| {
        let value = variables?.get(name)?;
        Some(value.as_str().map_or_else(|| value.to_string(), str::to_owned)).filter(|text| !text.is_empty())
    };
    let first_of = |names: &[&str]| names.iter().find_map(|name| variable(name));
    let named = customer
        .get("name")
        .and_then(Value::as_str)
        .filter(|name| !name.is_empty());
    let plain = |name: &str| name.split('[').next().unwrap_or_default().trim().to_owned();
    let name = named
        .map(plain)
        .or_else(|| first_of(&["name", "first_name", "full_name"]));
    let of_customer = |key: &str| customer.get(key).and_then(Value::as_str).map(str::to_owned);
    let filled = |text: &str| {
        rendered(text, |key| match key.strip_prefix("customer.") {
            Some(key) => of_customer(key),
            None => variable(key),
        })
    };
    Cast {
        name: name
            .filter(|name| !name.is_empty())
            .unwrap_or_else(|| "there".into()),
        business: first_of(&["business_name", "business", "company", "company_name"])
            .unwrap_or_else(|| "your company".into()),
        opening: effective.text("firstMessage").map(filled),
        waits_for_customer: effective.text("firstMessageMode") == Some("assistant-waits-for-user"),
        voicemail_message: effective.text("voicemailMessage").map(filled),
        end_message: effective.text("endCallMessage").map(filled),
    }
}
