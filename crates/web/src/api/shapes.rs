//! The JSON of campaigns and what belongs to them.

use std::collections::BTreeMap;

use domain::{
    campaign::possible_actions, contact::ContactState, money::UsdMicros, outcome::Outcome, time::UtcMs,
};
use serde::Serialize;
use store::{Account, Campaign, ContactRow, Progress};

use super::unfit::words;
use crate::features::Features;

/// A moment as ISO-8601.
pub(super) fn iso(moment: Option<UtcMs>) -> Option<String> {
    moment.map(UtcMs::to_iso)
}

/// Dollars as a number. Micro-dollars beside it are exact.
pub(super) fn dollars(amount: UsdMicros) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "exact up to nine billion dollars")]
    let micros = amount.0 as f64;
    micros / 1_000_000.0
}

/// A campaign.
#[derive(Serialize)]
pub(crate) struct CampaignJson {
    id: String,
    name: String,
    /// `list`, or `test` for a test call.
    kind: &'static str,
    status: &'static str,
    mode: &'static str,
    cap: u32,
    batch_size: Option<u32>,
    batch_index: u32,
    quiet_line_gate: bool,
    assistant_id: String,
    assistant_name: String,
    /// The version that it started with.
    assistant_version: Option<u32>,
    /// Why the assistant cannot call.
    assistant_trouble: Option<&'static str>,
    /// The numbers that call, in rotation.
    numbers: Vec<NumberJson>,
    /// The first of them.
    phone_number_id: Option<String>,
    phone_number: Option<String>,
    priority: i32,
    policy_version: u32,
    pause_kind: Option<&'static str>,
    pause_reason: Option<String>,
    total_contacts: u32,
    final_contacts: u32,
    open_calls: u32,
    rows_read: u32,
    rows_rejected: u32,
    rows_duplicate: u32,
    possible_actions: Vec<&'static str>,
    created_at: String,
    queued_at: Option<String>,
    started_at: Option<String>,
    completed_at: Option<String>,
    starts_at: Option<String>,
    expires_at: Option<String>,
    aborted_at: Option<String>,
    archived_at: Option<String>,
    alerted_at: Option<String>,
    cloned_from: Option<String>,
}

/// A number that a campaign calls from.
#[derive(Serialize)]
struct NumberJson {
    phone_number_id: String,
    phone_number: Option<String>,
}

impl From<Campaign> for CampaignJson {
    fn from(campaign: Campaign) -> Self {
        let possible = possible_actions(campaign.standing());
        let possible = possible.iter().map(|action| action.as_str()).collect();
        Self {
            id: campaign.id.to_string(),
            kind: campaign.kind.as_str(),
            assistant_version: campaign.assistant_version,
            assistant_trouble: campaign.assistant_trouble.map(|trouble| words(trouble).0),
            status: campaign.status.as_str(),
            mode: campaign.mode.as_str(),
            cap: campaign.cap,
            batch_size: campaign.batch_size,
            batch_index: campaign.batch_index,
            quiet_line_gate: campaign.quiet_line_gate,
            assistant_id: campaign.assistant_id.to_string(),
            assistant_name: campaign.assistant_name,
            phone_number_id: campaign.numbers.first().map(|number| number.id.clone()),
            phone_number: campaign.numbers.first().and_then(|number| number.number.clone()),
            numbers: campaign
                .numbers
                .into_iter()
                .map(|number| NumberJson {
                    phone_number_id: number.id,
                    phone_number: number.number,
                })
                .collect(),
            priority: campaign.priority,
            policy_version: campaign.policy_version,
            pause_kind: campaign.pause_kind.map(domain::campaign::PauseKind::as_str),
            starts_at: iso(campaign.starts_at),
            expires_at: iso(campaign.expires_at),
            aborted_at: iso(campaign.aborted_at),
            archived_at: iso(campaign.archived_at),
            alerted_at: iso(campaign.alerted_at),
            cloned_from: campaign.cloned_from.map(|id| id.to_string()),
            pause_reason: campaign.pause_reason,
            total_contacts: campaign.total_contacts,
            final_contacts: campaign.final_contacts,
            open_calls: campaign.open_calls,
            rows_read: campaign.rows_read,
            rows_rejected: campaign.rows_rejected,
            rows_duplicate: campaign.rows_duplicate,
            possible_actions: possible,
            created_at: campaign.created_at.to_iso(),
            queued_at: iso(campaign.queued_at),
            started_at: iso(campaign.started_at),
            completed_at: iso(campaign.completed_at),
            name: campaign.name,
        }
    }
}

/// How far a campaign is.
#[derive(Serialize)]
pub(crate) struct ProgressJson {
    contacts: BTreeMap<&'static str, u64>,
    outcomes: BTreeMap<&'static str, u64>,
    calls: BTreeMap<&'static str, u64>,
    lines: LinesJson,
    facts: FactsJson,
    cost_usd: Option<f64>,
    cost_usd_micros: Option<i64>,
    rates: RatesJson,
}

#[derive(Serialize)]
struct LinesJson {
    open: u32,
    cap: u32,
    account_open: u32,
    account_cap: u32,
    account_learnt: Option<u32>,
}

#[derive(Serialize)]
struct FactsJson {
    webhook: u64,
    poll: u64,
    dial: u64,
}

/// Shares between 0 and 1; absent where there is nothing to divide by.
#[derive(Serialize)]
struct RatesJson {
    /// Final contacts of all contacts.
    done: Option<f64>,
    /// Contacts that were reached of those that are done.
    connected: Option<f64>,
}

impl ProgressJson {
    pub(crate) fn new(
        campaign: &Campaign,
        progress: &Progress,
        account: &Account,
        features: Features,
    ) -> Self {
        let cost = features.cost_tracking.then_some(progress.cost);
        let count = |state: ContactState| (state.as_str(), progress.in_state(state));
        let outcomes = Outcome::ALL.map(|outcome| (outcome.as_str(), progress.with_outcome(outcome)));
        let done = progress.in_state(ContactState::Done);
        let reached: u64 = Outcome::ALL
            .into_iter()
            .filter(|o| o.is_connected())
            .map(|o| progress.with_outcome(o))
            .sum();
        Self {
            contacts: ContactState::ALL.map(count).into(),
            outcomes: outcomes
                .into_iter()
                .filter(|(_, contacts)| *contacts > 0)
                .collect(),
            calls: progress
                .calls
                .iter()
                .map(|(status, calls)| (status.as_str(), *calls))
                .collect(),
            lines: LinesJson {
                open: campaign.open_calls,
                cap: campaign.cap,
                account_open: account.open_calls,
                account_cap: account.line_cap,
                account_learnt: account.learnt_lines,
            },
            facts: FactsJson {
                webhook: progress.facts.webhook,
                poll: progress.facts.poll,
                dial: progress.facts.dial,
            },
            cost_usd: cost.map(dollars),
            cost_usd_micros: cost.map(|cost| cost.0),
            rates: RatesJson {
                done: ratio(
                    u64::from(campaign.final_contacts),
                    u64::from(campaign.total_contacts),
                ),
                connected: ratio(reached, done),
            },
        }
    }
}

/// A share with four decimals.
pub(super) fn ratio(part: u64, whole: u64) -> Option<f64> {
    let ten_thousandths = (u128::from(part) * 10_000).checked_div(u128::from(whole))?;
    Some(f64::from(u32::try_from(ten_thousandths).unwrap_or(u32::MAX)) / 10_000.0)
}

/// A contact with its latest call.
#[derive(Serialize)]
pub(crate) struct ContactJson {
    id: String,
    line: u64,
    name: String,
    business_name: String,
    phone: String,
    state: &'static str,
    outcome: Option<&'static str>,
    reason: Option<String>,
    eligible_at: Option<String>,
    attempts: u32,
    call: Option<LatestCallJson>,
}

#[derive(Serialize)]
struct LatestCallJson {
    id: String,
    status: Option<&'static str>,
    dialling: Option<&'static str>,
    reserved_at: Option<String>,
    started_at: Option<String>,
    ended_at: Option<String>,
    ended_reason: Option<String>,
    cost_usd: Option<f64>,
    cost_usd_micros: Option<i64>,
}

impl From<ContactRow> for ContactJson {
    fn from(row: ContactRow) -> Self {
        let waits = row.state == ContactState::Pending && row.eligible_at.0 > 0;
        Self {
            id: row.id.to_string(),
            line: row.line,
            state: row.state.as_str(),
            outcome: row.outcome.map(Outcome::as_str),
            eligible_at: waits.then(|| row.eligible_at.to_iso()),
            attempts: row.attempts,
            call: row.call_id.map(|id| LatestCallJson {
                id: id.to_string(),
                status: row.status.map(domain::call::CallStatus::as_str),
                dialling: row.dialling.map(domain::call::Dialling::as_str),
                reserved_at: iso(row.reserved_at),
                started_at: iso(row.started_at),
                ended_at: iso(row.ended_at),
                ended_reason: row.ended_reason,
                cost_usd: row.cost.map(dollars),
                cost_usd_micros: row.cost.map(|cost| cost.0),
            }),
            name: row.name,
            business_name: row.business_name,
            phone: row.phone,
            reason: row.reason,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_absent_rather_than_divided_by_nothing() {
        assert_eq!(ratio(0, 0), None);
        assert_eq!(ratio(1, 3), Some(0.3333));
        assert_eq!(ratio(3, 3), Some(1.0));
    }

    #[test]
    fn dollars_are_the_micro_dollars_to_the_last_digit() {
        assert_eq!(
            serde_json::to_string(&dollars(UsdMicros(71_249))).unwrap(),
            "0.071249"
        );
        assert_eq!(
            serde_json::to_string(&dollars(UsdMicros(1_234_567_890_123))).unwrap(),
            "1234567.890123"
        );
    }
}
