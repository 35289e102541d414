//! Webhooks as the provider sends them: what a call tells from ringing to its report.

use domain::ids::CallId;
use serde_json::{Value, json};

/// A status update is about this long, in bytes.
pub(crate) const STATUS_BYTES: usize = 2_000;
/// An end-of-call report is about this long, in bytes.
pub(crate) const REPORT_BYTES: usize = 20_000;
/// Messages of one call: three status updates and a report.
pub(crate) const MESSAGES_A_CALL: usize = 4;

const PROMPT: &str = "You are a friendly and precise assistant who calls customers of a dental practice to confirm \
    appointments. Say who you are and why you call. Ask whether the appointment still suits, and offer another time if it \
    does not. Never give medical advice. Keep every answer to one or two short sentences. ";
const LINES: [(&str, &str); 6] = [
    (
        "bot",
        "Hello, this is Riley from Bright Smile Dental. I am calling about your appointment next Tuesday at ten.",
    ),
    (
        "user",
        "Oh, hi. Yes, I was wondering about that, because something came up at work that morning.",
    ),
    (
        "bot",
        "No problem at all. We also have Tuesday afternoon at three, or Wednesday morning at half past nine.",
    ),
    (
        "user",
        "Wednesday morning would be great, if it is not too much trouble for you. Half past nine, you said?",
    ),
    (
        "bot",
        "Exactly, half past nine on Wednesday. Shall I send you a reminder by text message the day before?",
    ),
    (
        "user",
        "That would be very kind, thank you. You have my number already, I think. It is the one you called.",
    ),
];

/// A call as the provider knows it.
#[derive(Clone)]
pub(crate) struct Known {
    pub(crate) id: CallId,
    pub(crate) provider_call_id: String,
    pub(crate) phone: String,
}

/// The messages of a call whose ids are not filled in yet.
pub(crate) struct Messages([String; MESSAGES_A_CALL]);

/// What stands in the place of our id, the provider's id and the number.
const BLANKS: [&str; 3] = [
    "<our id, as long as an id is, 36...>",
    "<provider's id>",
    "<phone>",
];

impl Messages {
    /// What the provider tells of a call that begins to ring at `at_ms`, in order.
    pub(crate) fn of_a_call(at_ms: i64) -> Self {
        let status = |status: &str, at_ms: i64| {
            let mut message = json!({"type": "status-update", "status": status, "timestamp": at_ms});
            if status == "ended" {
                message["endedReason"] = json!("customer-ended-call");
            }
            status_update(&message)
        };
        Self([
            status("ringing", at_ms),
            status("in-progress", at_ms + 7_000),
            status("ended", at_ms + 43_000),
            report(at_ms),
        ])
    }

    /// The messages about this call.
    pub(crate) fn about(&self, call: &Known) -> [String; MESSAGES_A_CALL] {
        let [our_id, provider_id, phone] = BLANKS;
        self.0.each_ref().map(|message| {
            message
                .replace(our_id, &call.id.to_string())
                .replace(provider_id, &call.provider_call_id)
                .replace(phone, &call.phone)
        })
    }
}

fn status_update(message: &Value) -> String {
    let bare = body(message, "").len();
    let prompt: String = PROMPT
        .chars()
        .cycle()
        .take(STATUS_BYTES.saturating_sub(bare))
        .collect();
    body(message, &prompt)
}

fn report(at_ms: i64) -> String {
    let enough = |turns: &i64| body(&report_message(at_ms, *turns), PROMPT).len() >= REPORT_BYTES;
    let turns = (1..).find(enough).unwrap_or_default();
    body(&report_message(at_ms, turns), PROMPT)
}

fn report_message(at_ms: i64, turns: i64) -> Value {
    let line = |turn: i64| LINES[usize::try_from(turn).unwrap_or(0) % LINES.len()];
    let role = |role: &str| if role == "bot" { "assistant" } else { "user" }.to_owned();
    let messages: Vec<Value> = (0..turns)
        .map(|turn| {
            let (role, text) = line(turn);
            let from_start_ms = 1_500 + turn * 4_000;
            json!({
                "role": role, "message": text, "time": at_ms + 7_000 + from_start_ms,
                "endTime": at_ms + 10_000 + from_start_ms, "duration": 3_000,
                "secondsFromStart": from_start_ms / 1_000,
            })
        })
        .collect();
    let chat: Vec<Value> = (0..turns)
        .map(|turn| json!({"role": role(line(turn).0), "content": line(turn).1}))
        .collect();
    let transcript: String = (0..turns)
        .map(|turn| {
            let (role, text) = line(turn);
            format!("{}: {text}\n", if role == "bot" { "AI" } else { "User" })
        })
        .collect();
    let ended_at = domain::time::UtcMs(at_ms + 43_000);
    json!({
        "type": "end-of-call-report", "timestamp": at_ms + 50_000, "endedReason": "customer-ended-call",
        "startedAt": domain::time::UtcMs(at_ms + 7_000).to_iso(), "endedAt": ended_at.to_iso(), "cost": 0.0853,
        "costs": [
            {"type": "transport", "provider": "twilio", "minutes": 0.6, "cost": 0.0084},
            {"type": "model", "model": {"provider": "openai", "model": "gpt-4o"}, "promptTokens": 9120,
             "completionTokens": 312, "cost": 0.0259},
            {"type": "voice", "voice": {"provider": "11labs"}, "characters": 902, "cost": 0.0361},
            {"type": "vapi", "subType": "normal", "minutes": 0.6, "cost": 0.0149},
        ],
        "analysis": {
            "summary": "The person could not come on Tuesday. The appointment was moved to Wednesday at half past nine, \
                        and a reminder by text message was agreed.",
            "structuredData": {"appointment": "2026-11-25T09:30", "reminder": true},
            "successEvaluation": "true",
        },
        "artifact": {
            "messages": messages, "messagesOpenAIFormatted": chat, "transcript": transcript,
            "recording": {"mono": {"combinedUrl": "https://storage.example.com/recordings/mono.wav"},
                          "stereoUrl": "https://storage.example.com/recordings/stereo.wav"},
        },
    })
}

/// The message with the record of the call that every message carries.
fn body(message: &Value, prompt: &str) -> String {
    let mut message = message.clone();
    let [id, provider_call_id, phone] = BLANKS;
    let customer = json!({"number": phone, "name": "Ada Okafor", "externalId": id});
    message["customer"] = customer.clone();
    message["call"] = json!({
        "id": provider_call_id, "orgId": "be2f0000-0000-4000-8000-000000000001", "type": "outboundPhoneCall",
        "name": id, "createdAt": "2026-11-18T11:06:40.145Z", "updatedAt": "2026-11-18T11:06:40.145Z", "cost": 0,
        "status": "queued", "customer": customer, "phoneCallProvider": "twilio", "phoneCallTransport": "pstn",
        "assistantId": "10000000-0000-4000-8000-000000000001",
        "phoneNumberId": "20000000-0000-4000-8000-000000000001",
        "assistantOverrides": {"metadata": {"callId": id}, "variableValues": {"name": "Ada Okafor", "city": "San Francisco"}},
        "monitor": {"listenUrl": "wss://worker.example.com/listen", "controlUrl": "https://worker.example.com/control"},
    });
    message["assistant"] = json!({
        "name": "Appointments", "firstMessage": LINES[0].1,
        "model": {"provider": "openai", "model": "gpt-4o", "messages": [{"role": "system", "content": prompt}]},
        "voice": {"provider": "11labs", "voiceId": "burt"},
    });
    json!({ "message": message }).to_string()
}
