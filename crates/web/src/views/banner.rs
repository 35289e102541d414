//! What a person should know whatever page they look at, in words.

use domain::waiting::coarse;
use engine::{ClockHold, Step, StepState, TroubleKind};
use store::{Cause, StorageState};

use crate::{
    pages::{Alarm, Banner, When},
    troubles::Trouble,
};

/// The banner that tells these. Its version is for whoever shows it to set.
pub(crate) fn banner(troubles: &[Trouble]) -> Banner {
    Banner {
        version: String::new(),
        alarms: troubles.iter().map(alarm).collect(),
    }
}

fn alarm(trouble: &Trouble) -> Alarm {
    match trouble {
        Trouble::Storage(state) => Alarm {
            key: format!("storage-{}", state.code()),
            is_grave: true,
            title: storage_title(state).to_owned(),
            since: None,
            text: format!(
                "{} No call is placed until then. What was committed is safe.",
                storage_text(state)
            ),
        },
        Trouble::Provider(trouble) => {
            let (key, title, text) = provider(trouble.kind);
            Alarm {
                key: key.to_owned(),
                is_grave: false,
                title,
                since: Some(When::at(trouble.since.0)),
                text: text.to_owned(),
            }
        }
        Trouble::Clocks(hold) => clocks(*hold),
        Trouble::Step(step, state) => Alarm {
            key: format!("step-{step}"),
            is_grave: true,
            title: format!(
                "{} {}",
                step_name(*step),
                match state {
                    StepState::Ok => "works",
                    StepState::Failing => "fails again and again",
                    StepState::Stuck => "does not come back",
                    StepState::Restarting => "has stopped",
                }
            ),
            since: None,
            text: step_text(*state).to_owned(),
        },
    }
}

/// What is wrong with the database, in a few words.
pub(crate) fn storage_title(state: &StorageState) -> &'static str {
    match state {
        StorageState::Ok => "The database works",
        StorageState::DiskFull => "The disk is full",
        StorageState::FileGone { .. } => "The database file is gone",
        StorageState::ReadOnly => "The database takes no writes",
        StorageState::Unreachable { .. } => "The database does not answer",
        StorageState::Corrupt => "The database is damaged",
    }
}

/// What the title leaves open, and what to do.
pub(crate) fn storage_text(state: &StorageState) -> String {
    match state {
        StorageState::Unreachable {
            cause: Cause::NoAnswer,
        }
        | StorageState::DiskFull
        | StorageState::ReadOnly
        | StorageState::Corrupt => format!("{}.", state.advice()),
        StorageState::Ok | StorageState::FileGone { .. } | StorageState::Unreachable { .. } => {
            state.to_string()
        }
    }
}

fn provider(kind: TroubleKind) -> (&'static str, String, &'static str) {
    match kind {
        TroubleKind::Silent => (
            "provider-silent",
            "Vapi has not answered".to_owned(),
            "Calls under way keep their lines; figures are as of then. AutoLynx asks again every few seconds.",
        ),
        TroubleKind::Failing(status) => (
            "provider-failing",
            format!("Vapi answers with errors ({status})"),
            "Calls under way keep their lines; figures may be as of then. AutoLynx asks again every few seconds.",
        ),
        TroubleKind::Refusing(402) => (
            "provider-refusing",
            "Vapi refuses this account (402)".to_owned(),
            "Add credit or a plan at Vapi. Calls under way keep their lines; figures are as of then.",
        ),
        TroubleKind::Refusing(status) => (
            "provider-refusing",
            format!("Vapi refuses the API key ({status})"),
            "Check VAPI_API_KEY and the key’s rights at Vapi. Calls under way keep their lines; figures are as of then.",
        ),
    }
}

fn clocks(hold: ClockHold) -> Alarm {
    let (key, title, text) = match hold {
        ClockHold::Unknown => (
            "clock-unknown",
            "Vapi’s clock is not known yet".to_owned(),
            "Dialing begins when Vapi first answers and the clocks agree.",
        ),
        ClockHold::NoDate => (
            "clock-untold",
            "Vapi’s answers carry no date".to_owned(),
            "Dialing is held, because the clocks cannot be compared: let the proxy before this machine pass the header \
             `Date` on.",
        ),
        ClockHold::Differs { ahead_ms } => (
            "clock-differs",
            format!(
                "This machine’s clock is {} {} Vapi’s",
                coarse(ahead_ms),
                if ahead_ms < 0 { "behind" } else { "ahead of" }
            ),
            "Dialing is held until they agree: set the clock by NTP.",
        ),
    };
    Alarm {
        key: key.to_owned(),
        is_grave: true,
        title,
        since: None,
        text: text.to_owned(),
    }
}

/// What a step does, as the subject of a sentence.
fn step_name(step: Step) -> &'static str {
    match step {
        Step::Dispatch => "The dialer",
        Step::Dial => "The placing of calls",
        Step::Reconcile => "The check of live calls at Vapi",
        Step::HangUp => "The ending of calls of aborted campaigns",
        Step::Sweep => "The starting and completing of campaigns",
        Step::Probe => "The check whether Vapi answers",
        Step::WakeUps => "The link to the other nodes",
        Step::Assistants => "The check of assistants at Vapi",
        Step::Webhooks => "The recording of Vapi’s messages",
        Step::Health => "The check of this node",
    }
}

fn step_text(state: StepState) -> &'static str {
    match state {
        StepState::Ok => "",
        StepState::Failing => "It is tried again every few seconds. The log names the cause.",
        StepState::Stuck => {
            "Restart AutoLynx if this does not pass: nothing is lost by that. Calls under way go on."
        }
        StepState::Restarting => {
            "It is being restarted. The log names the cause; if it stops ten times in a row, AutoLynx ends and must be \
             started again. Calls under way go on."
        }
    }
}
