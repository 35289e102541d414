//! What will happen in one call, decided when it is placed.

use crate::chance::{self, Span};
use crate::people::People;
use crate::script::{Kind, Mood, Script};
use rand::{Rng, RngExt};

/// What limits a call in time.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Limits {
    pub(crate) ring_timeout_ms: i64,
    pub(crate) max_duration_ms: i64,
    /// How long a call lasts in which the person never speaks, where the assistant's hooks say so.
    pub(crate) silence_ms: Option<i64>,
}

/// The course of one call. Times are milliseconds after it was placed.
#[derive(Debug, Clone)]
pub(crate) struct Plan {
    /// What the ledger calls it.
    pub(crate) fate: String,
    /// When it begins to ring, if it does.
    pub(crate) ring_ms: Option<i64>,
    /// When somebody or something answers, if so.
    pub(crate) answer_ms: Option<i64>,
    /// When it is put through, if so.
    pub(crate) forward_ms: Option<i64>,
    /// When it is over.
    pub(crate) end_ms: i64,
    /// Why.
    pub(crate) ended_reason: String,
    /// What is said.
    pub(crate) talk: Talk,
    /// How long what is said would take.
    pub(crate) talk_ms: i64,
}

/// What is said in a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Talk {
    Nothing,
    Greeting,
    Conversation(Mood),
}

/// The longest time between placing a call and its first ring, in milliseconds.
pub(crate) const DIALLING_MS: i64 = 1_500;

impl Plan {
    /// Draws the course of a call. `usual` is who always answers at that number, if somebody does; `script` fixes who
    /// answers and for how long.
    pub(crate) fn draw(
        people: &People,
        usual: Option<Kind>,
        script: Option<&Script>,
        limits: Limits,
        rng: &mut impl Rng,
    ) -> Plan {
        let drawn = kind_of(people, rng);
        let unscripted = usual.unwrap_or(drawn);
        let kind = script.map_or(unscripted, |script| script.kind.clone());
        let length_ms = script.and_then(|script| script.length_ms);
        let dial_ms = Span::new(700, DIALLING_MS as u64).draw(rng);
        match kind {
            Kind::Human(mood) => human(people, mood, length_ms, None, dial_ms, limits, rng),
            Kind::TooLong => {
                let length_ms = limits.max_duration_ms + 60_000;
                human(
                    people,
                    Some(Mood::Interested),
                    Some(length_ms),
                    None,
                    dial_ms,
                    limits,
                    rng,
                )
            }
            Kind::Forwarded => {
                let mut plan = human(
                    people,
                    Some(Mood::Interested),
                    length_ms,
                    None,
                    dial_ms,
                    limits,
                    rng,
                );
                if let Some(answer_ms) = plan.answer_ms {
                    plan.fate = "forwarded".into();
                    plan.forward_ms = Some(answer_ms + (plan.end_ms - answer_ms) / 2);
                    plan.ended_reason = "assistant-forwarded-call".into();
                }
                plan
            }
            Kind::Voicemail => voicemail(people, length_ms, dial_ms, limits, rng),
            Kind::NoAnswer => {
                let ring_ms = length_ms.unwrap_or(people.no_answer_ring_ms.draw(rng));
                no_answer(dial_ms, ring_ms, limits)
            }
            Kind::Busy => unanswered("busy", None, length_ms.unwrap_or(3_000), "customer-busy"),
            Kind::Rejected => {
                let ring_ms = length_ms
                    .unwrap_or(rng.random_range(3_000..=8_000))
                    .min(limits.ring_timeout_ms);
                unanswered("rejected", Some(dial_ms), dial_ms + ring_ms, "vonage-rejected")
            }
            Kind::Invalid => unanswered(
                "invalid",
                None,
                length_ms.unwrap_or(2_500),
                "twilio-reported-customer-misdialed",
            ),
            Kind::Failed => {
                let reason = FAILURES[rng.random_range(0..FAILURES.len())];
                unanswered("fail", None, length_ms.unwrap_or(3_000), reason)
            }
            Kind::Error(reason) => error(people, reason, length_ms, dial_ms, limits, rng),
        }
    }
}

const FAILURES: [&str; 3] = [
    "twilio-failed-to-connect-call",
    "call.in-progress.error-sip-outbound-call-failed-to-connect",
    "call.in-progress.error-providerfault-outbound-sip-480-temporarily-unavailable",
];

/// Who answers, by the weights of the mix.
pub(crate) fn kind_of(people: &People, rng: &mut impl Rng) -> Kind {
    let kinds = [
        (people.human, 0),
        (people.voicemail, 1),
        (people.no_answer, 2),
        (people.busy, 3),
        (people.rejected, 4),
        (people.invalid, 5),
        (people.failed, 6),
    ];
    match chance::weighted(rng, &kinds) {
        Some(0) => Kind::Human(None),
        Some(1) => Kind::Voicemail,
        Some(3) => Kind::Busy,
        Some(4) => Kind::Rejected,
        Some(5) => Kind::Invalid,
        Some(6) => Kind::Failed,
        _ => Kind::NoAnswer,
    }
}

/// Moods by the length of the conversation: early hang-ups, ordinary, long.
const MOODS: [&[(f64, Mood)]; 3] = [
    &[
        (0.36, Mood::HangUp),
        (0.34, Mood::NotInterested),
        (0.15, Mood::WrongPerson),
        (0.11, Mood::OptOut),
        (0.04, Mood::Silent),
    ],
    &[
        (0.35, Mood::NotInterested),
        (0.35, Mood::Callback),
        (0.30, Mood::Interested),
    ],
    &[(0.75, Mood::Interested), (0.25, Mood::Callback)],
];

fn usual_length(mood: Mood) -> usize {
    match mood {
        Mood::HangUp | Mood::WrongPerson | Mood::OptOut | Mood::Silent => 0,
        Mood::NotInterested | Mood::Callback => 1,
        Mood::Interested => 2,
    }
}

fn human(
    people: &People,
    mood: Option<Mood>,
    length_ms: Option<i64>,
    reason: Option<String>,
    dial_ms: i64,
    limits: Limits,
    rng: &mut impl Rng,
) -> Plan {
    let lengths = [
        (people.talk[0].0, 0),
        (people.talk[1].0, 1),
        (people.talk[2].0, 2),
    ];
    let drawn = chance::weighted(rng, &lengths).unwrap_or(1);
    let length = mood.map_or(drawn, usual_length);
    let mood = mood
        .or(chance::weighted(rng, MOODS[length]))
        .unwrap_or(Mood::HangUp);
    let ring_ms = chance::log_normal_ms(rng, people.ring_median_ms, people.ring_spread).clamp(1_500, 45_000);
    let drawn_ms = chance::log_normal_ms(rng, people.talk[length].1, people.talk_spread).max(3_000);
    let patience_ms = limits.silence_ms.filter(|_| mood == Mood::Silent);
    let talk_ms = length_ms.or(patience_ms).unwrap_or(drawn_ms);
    let assistant_ends = chance::happens(rng, 0.7);
    if ring_ms >= limits.ring_timeout_ms {
        return no_answer(dial_ms, ring_ms, limits);
    }
    let ended_reason = if talk_ms > limits.max_duration_ms {
        "exceeded-max-duration".to_owned()
    } else {
        reason.unwrap_or_else(|| {
            match mood {
                Mood::Silent => "silence-timed-out",
                Mood::HangUp => "customer-ended-call",
                _ if assistant_ends => "assistant-ended-call",
                _ => "customer-ended-call",
            }
            .to_owned()
        })
    };
    let answer_ms = dial_ms + ring_ms;
    Plan {
        fate: mood.name().to_owned(),
        ring_ms: Some(dial_ms),
        answer_ms: Some(answer_ms),
        forward_ms: None,
        end_ms: answer_ms + talk_ms.min(limits.max_duration_ms),
        ended_reason,
        talk: Talk::Conversation(mood),
        talk_ms,
    }
}

impl Mood {
    /// What the ledger and the script call it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Mood::Interested => "interested",
            Mood::Callback => "callback",
            Mood::NotInterested => "not-interested",
            Mood::WrongPerson => "wrong-person",
            Mood::OptOut => "optout",
            Mood::HangUp => "hang-up",
            Mood::Silent => "silent",
        }
    }
}

fn voicemail(
    people: &People,
    length_ms: Option<i64>,
    dial_ms: i64,
    limits: Limits,
    rng: &mut impl Rng,
) -> Plan {
    let ring_ms = people.voicemail_ring_ms.draw(rng);
    let talk_ms = length_ms.unwrap_or(people.voicemail_ms.draw(rng));
    if ring_ms >= limits.ring_timeout_ms {
        return no_answer(dial_ms, ring_ms, limits);
    }
    let answer_ms = dial_ms + ring_ms;
    Plan {
        fate: "voicemail".into(),
        ring_ms: Some(dial_ms),
        answer_ms: Some(answer_ms),
        forward_ms: None,
        end_ms: answer_ms + talk_ms.min(limits.max_duration_ms),
        ended_reason: "voicemail".into(),
        talk: Talk::Greeting,
        talk_ms,
    }
}

fn no_answer(dial_ms: i64, ring_ms: i64, limits: Limits) -> Plan {
    let end_ms = dial_ms + ring_ms.min(limits.ring_timeout_ms);
    unanswered("no-answer", Some(dial_ms), end_ms, "customer-did-not-answer")
}

fn unanswered(fate: &str, ring_ms: Option<i64>, end_ms: i64, reason: &str) -> Plan {
    Plan {
        fate: fate.to_owned(),
        ring_ms,
        answer_ms: None,
        forward_ms: None,
        end_ms,
        ended_reason: reason.to_owned(),
        talk: Talk::Nothing,
        talk_ms: 0,
    }
}

/// A call that never starts, never connects, or breaks off in the middle, as its reason says.
fn error(
    people: &People,
    reason: String,
    length_ms: Option<i64>,
    dial_ms: i64,
    limits: Limits,
    rng: &mut impl Rng,
) -> Plan {
    let never_connects = [
        "customer-",
        "outbound-sip",
        "sip-outbound",
        "failed-to-connect",
        "rejected",
    ];
    let fate = format!("error:{reason}");
    let mut plan = if reason.starts_with("call.start.") || reason.starts_with("assistant-request-") {
        unanswered(&fate, None, length_ms.unwrap_or(300), &reason)
    } else if reason != "customer-ended-call" && never_connects.iter().any(|part| reason.contains(part)) {
        unanswered(
            &fate,
            Some(dial_ms),
            length_ms.unwrap_or(3_000).max(dial_ms),
            &reason,
        )
    } else {
        let mood = if reason == "silence-timed-out" {
            Mood::Silent
        } else {
            Mood::NotInterested
        };
        human(people, Some(mood), length_ms, Some(reason), dial_ms, limits, rng)
    };
    plan.fate = fate;
    plan
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::script;
    use std::collections::BTreeMap;

    const LIMITS: Limits = Limits {
        ring_timeout_ms: 60_000,
        max_duration_ms: 600_000,
        silence_ms: None,
    };

    fn scripted(text: &str) -> Plan {
        let script = script::parse(text).unwrap();
        Plan::draw(
            &People::default(),
            None,
            Some(&script),
            LIMITS,
            &mut chance::stream(1, "test", &[]),
        )
    }

    #[test]
    fn the_default_mix_keeps_a_line_busy_for_about_fifty_seconds() {
        let mut fates = BTreeMap::new();
        let (mut total_ms, count) = (0, 20_000);
        for nth in 0..count {
            let mut rng = chance::stream(5, "fate", &[&format!("{nth}")]);
            let plan = Plan::draw(&People::default(), None, None, LIMITS, &mut rng);
            total_ms += plan.end_ms;
            *fates.entry(plan.ended_reason).or_insert(0) += 1;
        }
        let mean_ms = total_ms / count;
        assert!((47_000..55_000).contains(&mean_ms), "{mean_ms} ms; {fates:?}");
        let share = |reason: &str| f64::from(fates[reason]) / count as f64;
        assert!((share("voicemail") - 0.38).abs() < 0.02);
        assert!((share("customer-did-not-answer") - 0.27).abs() < 0.02);
        assert!((share("customer-busy") - 0.04).abs() < 0.01);
    }

    #[test]
    fn a_script_fixes_who_answers_and_for_how_long() {
        let human = scripted("human 45s");
        assert_eq!(human.end_ms - human.answer_ms.unwrap(), 45_000);
        assert_eq!(scripted("optout").talk, Talk::Conversation(Mood::OptOut));
        assert_eq!(scripted("voicemail").ended_reason, "voicemail");
        assert_eq!(scripted("busy").answer_ms, None);
        assert_eq!(scripted("rejected").ended_reason, "vonage-rejected");
        assert_eq!(
            scripted("invalid").ended_reason,
            "twilio-reported-customer-misdialed"
        );
        assert!(scripted("forwarded").forward_ms.is_some());
        let error = scripted("error:call.start.error-get-transport");
        assert_eq!((error.ring_ms, error.end_ms), (None, 300));
        assert!(scripted("error:worker-shutdown").answer_ms.is_some());
    }

    #[test]
    fn nothing_lasts_longer_than_the_call_allows() {
        let limits = Limits {
            ring_timeout_ms: 8_000,
            max_duration_ms: 10_000,
            silence_ms: None,
        };
        for nth in 0..2_000 {
            let mut rng = chance::stream(5, "fate", &[&format!("{nth}")]);
            let plan = Plan::draw(&People::default(), None, None, limits, &mut rng);
            assert!(plan.end_ms <= DIALLING_MS + 18_000, "{plan:?}");
        }
        assert_eq!(scripted("too-long").ended_reason, "exceeded-max-duration");
    }
}
