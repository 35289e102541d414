//! What a call costs: answered minutes times a rate, split over the services that the provider names.
//!
//! Linear in the answered time, to the millisecond, and rounded down to a millionth of a dollar. No minimum, no started
//! minute, nothing before the answer.

use serde::Serialize;
use serde_json::{Value, json};

/// The parts of a call's cost in millionths of a dollar.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Cost {
    duration_ms: i64,
    transport: i64,
    transcriber: i64,
    model: i64,
    voice: i64,
    platform: i64,
}

/// The breakdown as the API shows it, in dollars.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Breakdown {
    transport: f64,
    stt: f64,
    llm: f64,
    tts: f64,
    vapi: f64,
    total: f64,
    llm_prompt_tokens: i64,
    llm_completion_tokens: i64,
    tts_characters: i64,
}

impl Cost {
    pub(crate) fn of(duration_ms: i64, usd_micros_per_minute: i64) -> Cost {
        let total = duration_ms.max(0) * usd_micros_per_minute / 60_000;
        let share = |percent: i64| total * percent / 100;
        let (transport, transcriber, model, voice) = (share(11), share(8), share(15), share(28));
        let platform = total - transport - transcriber - model - voice;
        Cost {
            duration_ms,
            transport,
            transcriber,
            model,
            voice,
            platform,
        }
    }

    pub(crate) fn total_micros(self) -> i64 {
        self.transport + self.transcriber + self.model + self.voice + self.platform
    }

    pub(crate) fn total_usd(self) -> f64 {
        usd(self.total_micros())
    }

    pub(crate) fn breakdown(self) -> Breakdown {
        Breakdown {
            transport: usd(self.transport),
            stt: usd(self.transcriber),
            llm: usd(self.model),
            tts: usd(self.voice),
            vapi: usd(self.platform),
            total: self.total_usd(),
            llm_prompt_tokens: self.prompt_tokens(),
            llm_completion_tokens: self.completion_tokens(),
            tts_characters: self.characters(),
        }
    }

    /// The `costs` list; empty when nothing was spent.
    pub(crate) fn list(self, transport_provider: &str) -> Vec<Value> {
        if self.total_micros() == 0 {
            return Vec::new();
        }
        let minutes = self.duration_ms as f64 / 60_000.0;
        vec![
            json!({"type": "transport", "provider": transport_provider, "minutes": minutes, "cost": usd(self.transport)}),
            json!({
                "type": "transcriber", "transcriber": {"provider": "deepgram", "model": "nova-2"},
                "minutes": minutes, "cost": usd(self.transcriber),
            }),
            json!({
                "type": "model", "model": {"provider": "openai", "model": "gpt-4o"},
                "promptTokens": self.prompt_tokens(), "completionTokens": self.completion_tokens(),
                "cost": usd(self.model),
            }),
            json!({
                "type": "voice", "voice": {"provider": "11labs", "voiceId": "sarah"},
                "characters": self.characters(), "cost": usd(self.voice),
            }),
            json!({"type": "vapi", "subType": "normal", "minutes": minutes, "cost": usd(self.platform)}),
        ]
    }

    fn prompt_tokens(self) -> i64 {
        self.duration_ms / 25
    }

    fn completion_tokens(self) -> i64 {
        self.duration_ms / 400
    }

    fn characters(self) -> i64 {
        self.duration_ms / 150
    }
}

fn usd(micros: i64) -> f64 {
    micros as f64 / 1e6
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_longer_call_never_costs_less_and_no_call_more_than_its_rate() {
        let rate = 130_000;
        let mut before = 0;
        for duration_ms in (0..600_000).step_by(777) {
            let cost = Cost::of(duration_ms, rate).total_micros();
            assert!(
                cost >= before && cost * 60_000 <= duration_ms * rate,
                "{duration_ms} ms"
            );
            before = cost;
        }
        assert_eq!(Cost::of(60_000, rate).total_micros(), rate);
        assert_eq!(Cost::of(-1, rate).total_micros(), 0);
    }

    #[test]
    fn the_parts_add_up_to_the_total() {
        let cost = Cost::of(93_417, 130_000);
        assert_eq!(cost.total_micros(), 93_417 * 130_000 / 60_000);
        let listed: f64 = cost
            .list("twilio")
            .iter()
            .map(|part| part["cost"].as_f64().unwrap())
            .sum();
        assert!((listed - cost.total_usd()).abs() < 1e-9);
        assert!(Cost::of(0, 130_000).list("twilio").is_empty());
    }
}
