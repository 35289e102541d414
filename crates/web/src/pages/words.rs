//! What statuses, states, outcomes and sources are called on a page, and in which tone they are shown.
//!
//! One table for each, keyed by the stored form. A key that a table lacks is shown as it is, in the neutral tone, so
//! that a newer node's rows never break an older node's page.

use super::vocabulary::{
    ASSISTANT_SOURCES, ASSISTANT_STATES, CALL_STATUSES, CAMPAIGN_STATUSES, CHECKS, CONTACT_STATES,
    LINE_HEALTH, LINES, NUMBER_STATES, OTHER_OUTCOMES, OUTCOMES, PRIORITIES, SOURCES, SUPPRESSION_SOURCES,
    VERSION_ORIGINS, Word,
};

/// A word from a table, ready to be shown.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Badge {
    /// The stored form.
    pub key: String,
    /// What people read.
    pub label: String,
    /// The colour, as a class of the style sheet.
    pub tone: &'static str,
    /// One sentence that explains the word; empty when it needs none.
    pub hint: &'static str,
}

impl Badge {
    /// The status of a campaign, from its stored form, for instance `RUNNING`.
    #[must_use]
    pub fn campaign(key: &str) -> Self {
        look_up(CAMPAIGN_STATUSES, key)
    }

    /// The status of a call, from its stored form, for instance `IN_PROGRESS`.
    #[must_use]
    pub fn call(key: &str) -> Self {
        look_up(CALL_STATUSES, key)
    }

    /// The state of a contact, from its stored form, for instance `pending`.
    #[must_use]
    pub fn contact(key: &str) -> Self {
        look_up(CONTACT_STATES, key)
    }

    /// An outcome, from its stored form, for instance `no_answer`.
    #[must_use]
    pub fn outcome(key: &str) -> Self {
        let table = if OUTCOMES.iter().any(|word| word.0 == key) {
            OUTCOMES
        } else {
            OTHER_OUTCOMES
        };
        look_up(table, key)
    }

    /// Where a fact came from, from its stored form, for instance `webhook`.
    #[must_use]
    pub fn source(key: &str) -> Self {
        look_up(SOURCES, key)
    }

    /// What a line is doing: `reserved`, `sent`, `queued`, `ringing`, `talking`, `unconfirmed` or `silent`.
    #[must_use]
    pub fn line(key: &str) -> Self {
        look_up(LINES, key)
    }

    /// Where an assistant came from: `local`, `imported` or `template`.
    #[must_use]
    pub fn assistant_source(key: &str) -> Self {
        look_up(ASSISTANT_SOURCES, key)
    }

    /// What is not as it should be with an assistant: `creating`, `changing`, `removing`, `in_doubt`, `not_created`,
    /// `removed`, or how the provider's copy differs: `differs`, `gone`.
    #[must_use]
    pub fn assistant_state(key: &str) -> Self {
        look_up(ASSISTANT_STATES, key)
    }

    /// How a version came about, from its stored form, for instance `edited`.
    #[must_use]
    pub fn version_origin(key: &str) -> Self {
        look_up(VERSION_ORIGINS, key)
    }

    /// The state of a caller number: `active`, `activating` or `blocked`.
    #[must_use]
    pub fn number_state(key: &str) -> Self {
        look_up(NUMBER_STATES, key)
    }

    /// How a caller number's line is: `healthy`, `busy` or `error`.
    #[must_use]
    pub fn line_health(key: &str) -> Self {
        look_up(LINE_HEALTH, key)
    }

    /// How much a campaign matters beside others: `low`, `normal`, `high` or `urgent`.
    #[must_use]
    pub fn priority(key: &str) -> Self {
        look_up(PRIORITIES, key)
    }

    /// How a number came to the do-not-call list: `person`, `list` or `call`.
    #[must_use]
    pub fn suppression_source(key: &str) -> Self {
        look_up(SUPPRESSION_SOURCES, key)
    }

    /// What a check before the start found: `ok`, `info`, `warn` or `bad`.
    #[must_use]
    pub fn check(key: &str) -> Self {
        look_up(CHECKS, key)
    }

    /// Every priority, lowest first: the choices of a form.
    #[must_use]
    pub fn all_priorities() -> Vec<Self> {
        PRIORITIES.iter().map(show).collect()
    }

    /// Every source of the do-not-call list: the choices of a filter.
    #[must_use]
    pub fn all_suppression_sources() -> Vec<Self> {
        SUPPRESSION_SOURCES.iter().map(show).collect()
    }

    /// Every call status, in rising order: the choices of a filter.
    #[must_use]
    pub fn all_call_statuses() -> Vec<Self> {
        CALL_STATUSES.iter().map(show).collect()
    }

    /// Every contact state: the choices of a filter.
    #[must_use]
    pub fn all_contact_states() -> Vec<Self> {
        CONTACT_STATES.iter().map(show).collect()
    }

    /// Every outcome, in the order in which bars and legends show them.
    #[must_use]
    pub fn all_outcomes() -> Vec<Self> {
        OUTCOMES.iter().map(show).collect()
    }
}

fn look_up(table: &[Word], key: &str) -> Badge {
    table.iter().find(|word| word.0 == key).map_or_else(
        || Badge {
            key: key.to_owned(),
            label: as_sentence(key),
            tone: "tone-quiet",
            hint: "",
        },
        show,
    )
}

fn show((key, label, tone, hint): &Word) -> Badge {
    Badge {
        key: (*key).to_owned(),
        label: (*label).to_owned(),
        tone,
        hint,
    }
}

/// `SOME_NEW_STATUS` and `some-new.reason` as words: `Some new status`.
fn as_sentence(key: &str) -> String {
    let text = key.replace(['_', '-', '.'], " ").to_lowercase();
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| {
        first.to_uppercase().collect::<String>() + letters.as_str()
    })
}

/// The provider's ended reason in words. Reasons that need more than their own words are listed; the others (there are
/// hundreds, and new ones every month) are shown as they are, without their punctuation.
#[must_use]
pub fn ended_reason(raw: &str) -> String {
    let known = match raw {
        "customer-ended-call" => "The person hung up.",
        "assistant-ended-call" => "The assistant ended the call.",
        "assistant-said-end-call-phrase" => "The assistant said its closing phrase.",
        "assistant-forwarded-call" => "The assistant transferred the call.",
        "customer-did-not-answer" => "Nobody answered.",
        "customer-busy" => "The line was busy.",
        "customer-did-not-give-microphone-permission" => "The person's device gave no sound.",
        "voicemail" => "A voicemail system answered.",
        "silence-timed-out" => "Nobody spoke for too long.",
        "exceeded-max-duration" => "The call reached its maximum duration.",
        "manually-canceled" => "The call was cancelled at the provider.",
        "twilio-failed-to-connect-call" | "vonage-failed-to-connect-call" => {
            "The carrier could not connect the call."
        }
        "twilio-reported-customer-misdialed" => "The carrier says that the number does not exist.",
        "call.start.error-subscription-concurrency-limit-reached" => "All lines of the account were taken.",
        "call.start.error-subscription-insufficient-credits" => "The account has no credit left.",
        "call.start.error-vapi-number-outbound-daily-limit" => "The caller number reached its daily limit.",
        _ => return as_sentence(raw) + ".",
    };
    known.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_table_has_each_key_once() {
        for table in [
            CAMPAIGN_STATUSES,
            CALL_STATUSES,
            CONTACT_STATES,
            OUTCOMES,
            SOURCES,
            LINES,
            ASSISTANT_SOURCES,
            ASSISTANT_STATES,
            VERSION_ORIGINS,
            NUMBER_STATES,
            LINE_HEALTH,
            PRIORITIES,
            SUPPRESSION_SOURCES,
            CHECKS,
        ] {
            let mut keys: Vec<_> = table.iter().map(|word| word.0).collect();
            keys.sort_unstable();
            keys.dedup();
            assert_eq!(keys.len(), table.len());
        }
    }

    #[test]
    fn an_unknown_key_is_shown_as_words() {
        let badge = Badge::outcome("moved_to_mars");
        assert_eq!(
            (badge.label.as_str(), badge.tone),
            ("Moved to mars", "tone-quiet")
        );
        assert_eq!(Badge::call("").label, "");
        assert_eq!(
            ended_reason("pipeline-error-some-llm-failed"),
            "Pipeline error some llm failed."
        );
    }

    #[test]
    fn outcomes_of_other_names_share_the_tone_of_ours() {
        assert_eq!(
            Badge::outcome("answered_human").tone,
            Badge::outcome("human").tone
        );
    }
}
