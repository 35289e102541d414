//! Small things that several pages say alike.

use domain::{
    campaign::{CampaignStatus, Mode},
    outcome::Outcome,
    phone::Phone,
};
use store::{Campaign, Progress};

use crate::pages::{Badge, ended_reason, show::count_of};

/// A number as people write it; text that is no number stays as it is.
pub(super) fn phone(text: &str) -> String {
    Phone::from_e164(text).map_or_else(|_| text.to_owned(), |phone| phone.international())
}

/// Text with a capital first and a full stop last, as a sentence of its own.
pub(super) fn sentence(text: &str) -> String {
    let text = text.trim();
    let mut letters = text.chars();
    let Some(first) = letters.next() else {
        return String::new();
    };
    let stop = if text.ends_with(['.', '!', '?', '…']) {
        ""
    } else {
        "."
    };
    format!("{}{}{stop}", first.to_uppercase(), letters.as_str())
}

/// Text that is not empty.
pub(super) fn filled(text: &str) -> Option<String> {
    (!text.trim().is_empty()).then(|| text.to_owned())
}

/// Why the engine paused a campaign, in words. The provider gives a sentence or one of its codes.
pub(super) fn pause_reason(raw: &str) -> String {
    if raw.contains(' ') {
        sentence(raw)
    } else {
        ended_reason(raw)
    }
}

/// How much a campaign matters beside others, unless it is as usual.
pub(super) fn priority(stored: i32) -> Option<Badge> {
    (stored != 0).then(|| Badge::priority(priority_word(stored)))
}

/// The word for a priority. People choose among four; programs may set any number between.
pub(super) const fn priority_word(stored: i32) -> &'static str {
    match stored {
        ..=-1 => "low",
        0 => "normal",
        1..=49 => "high",
        50.. => "urgent",
    }
}

/// The priority that a word stands for.
pub(super) fn priority_of(word: &str) -> Option<i32> {
    Some(match word {
        "low" => -10,
        "normal" => 0,
        "high" => 10,
        "urgent" => 100,
        _ => return None,
    })
}

/// How a campaign works through its list.
pub(super) fn mode(campaign: &Campaign) -> String {
    match (campaign.mode, campaign.batch_size) {
        (Mode::Continuous, _) => "Continuous".to_owned(),
        (Mode::Batch, size) => {
            let size = size.map_or_else(String::new, |size| format!(" of {size}"));
            let gate = if campaign.quiet_line_gate {
                ", waiting for a quiet line"
            } else {
                ""
            };
            format!("Batches{size}{gate}")
        }
    }
}

/// What a person should know beside the status: calls that still drain, or why it pauses.
pub(super) fn status_note(campaign: &Campaign) -> Option<String> {
    let reason = campaign.pause_reason.as_deref().map(pause_reason);
    let drains = !campaign.status.may_dial() && campaign.open_calls > 0;
    let live = drains.then(|| {
        let live = count_of(u64::from(campaign.open_calls), "call", "calls");
        match (campaign.status, campaign.aborted_at) {
            (CampaignStatus::Paused, _) => format!("Pausing: {live} still live"),
            (_, Some(_)) => format!("Hanging up: {live} still live"),
            (_, None) => format!("{live} still live"),
        }
    });
    match (reason, live) {
        (Some(reason), Some(live)) => Some(format!("{reason} {live}.")),
        (reason, live) => reason.or(live),
    }
}

/// How many people were reached.
pub(super) fn connected(progress: &Progress) -> u64 {
    Outcome::ALL
        .into_iter()
        .filter(|outcome| outcome.is_connected())
        .map(|outcome| progress.with_outcome(outcome))
        .sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sentences_begin_and_end_as_sentences_do() {
        assert_eq!(
            sentence("the provider had no free line"),
            "The provider had no free line."
        );
        assert_eq!(sentence(" Add credit! "), "Add credit!");
        assert_eq!(sentence("élan"), "Élan.");
        assert_eq!(sentence(""), "");
    }

    #[test]
    fn numbers_are_grouped_and_other_text_is_left_alone() {
        assert_eq!(phone("+442079460958"), "+44 20 7946 0958");
        assert_eq!(phone("front desk"), "front desk");
    }

    #[test]
    fn a_code_becomes_words_and_a_sentence_stays_one() {
        assert_eq!(
            pause_reason("call.start.error-subscription-insufficient-credits"),
            "The account has no credit left."
        );
        assert_eq!(
            pause_reason("wallet balance is too low"),
            "Wallet balance is too low."
        );
    }
}
