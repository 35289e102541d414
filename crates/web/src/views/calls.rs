//! The table of a campaign's people and their calls.

use std::collections::BTreeMap;

use domain::{
    call::{CallStatus, Dialling, end::ours},
    contact::ContactState,
    ids::{CampaignId, ContactId},
    outcome::Outcome,
    time::UtcMs,
};
use store::{ContactFilter, ContactRow};

use super::wording::{filled, phone, sentence};
use crate::{
    features::Features,
    pages::{
        Badge, CallRow, CallsFilter, CallsTable, Pager, When, ended_reason,
        show::{clock, usd_exact},
    },
};

/// People on one page.
pub(crate) const PAGE_SIZE: u32 = 50;

/// The filter as the store takes it. What names no state, status or outcome filters nothing, and is cleared so that the
/// form says so.
pub(crate) fn store_filter(filter: &mut CallsFilter) -> ContactFilter {
    fn known<T>(text: &mut String, read: fn(&str) -> Option<T>) -> Option<T> {
        let value = read(text);
        if value.is_none() {
            text.clear();
        }
        value
    }
    ContactFilter {
        state: known(&mut filter.state, ContactState::from_stored),
        outcome: known(&mut filter.outcome, Outcome::from_stored),
        status: known(&mut filter.status, CallStatus::from_stored),
        search: filled(&filter.q),
    }
}

/// One page of the table. `hours`: for whom among those who are due the hour is not lawful, why, and until when.
pub(crate) fn table(
    id: CampaignId,
    filter: CallsFilter,
    rows: &[ContactRow],
    hours: &BTreeMap<ContactId, (String, Option<When>)>,
    total: u64,
    features: Features,
    now: UtcMs,
) -> CallsTable {
    CallsTable {
        costs: features.cost_tracking,
        campaign_id: id.to_string(),
        pager: Pager::new(filter.page(), u64::from(PAGE_SIZE), total),
        rows: rows
            .iter()
            .map(|contact| row(contact, hours.get(&contact.id), now))
            .collect(),
        filter,
    }
}

fn row(contact: &ContactRow, hour: Option<&(String, Option<When>)>, now: UtcMs) -> CallRow {
    let next =
        (contact.state == ContactState::Pending && contact.eligible_at > now).then_some(contact.eligible_at);
    let length_ms = contact
        .ended_at
        .zip(contact.started_at)
        .map(|(ended, started)| ended.since(started));
    CallRow {
        contact_id: contact.id.to_string(),
        call_id: contact.call_id.map(|id| id.to_string()),
        name: contact.name.clone(),
        business: filled(&contact.business_name),
        phone: phone(&contact.phone),
        state: Badge::contact(contact.state.as_str()),
        status: contact.status.map(|status| Badge::call(status.as_str())),
        outcome: contact.outcome.map(|outcome| Badge::outcome(outcome.as_str())),
        reason: match hour {
            Some((why, _)) => Some(sentence(why).trim_end_matches('.').to_owned()),
            None => reason(contact, next.is_some()),
        },
        next: next.map(|at| When::at(at.0)),
        until: hour.and_then(|(_, until)| until.clone()),
        // Counted when it is over; people count the call that they see ringing.
        attempts: contact.attempts + u32::from(contact.state == ContactState::Calling),
        called: contact.reserved_at.map(|at| When::at(at.0)),
        duration: length_ms.map(clock),
        cost: contact.cost.map(|cost| usd_exact(cost.0)),
    }
}

/// Why a person waits or was left out, what is unclear about the call, or how it ended.
fn reason(contact: &ContactRow, has_time: bool) -> Option<String> {
    match contact.state {
        ContactState::Pending => {
            let why = sentence(contact.reason.as_deref()?);
            Some(match (has_time, contact.attempts) {
                (true, 0) => format!("{why} Called"),
                (true, _) => format!("{why} Called again"),
                (false, _) => why,
            })
        }
        ContactState::Skipped => contact.reason.as_deref().map(sentence),
        ContactState::Calling => (contact.dialling == Some(Dialling::Unconfirmed))
            .then(|| "Unconfirmed: looking the call up at the provider.".to_owned()),
        ContactState::Done => contact.ended_reason.as_deref().map(end_in_words),
    }
}

/// How a call ended, in words: the provider's reason or one of ours.
pub(super) fn end_in_words(raw: &str) -> String {
    let ours = match raw {
        ours::TIMEOUT => "The provider no longer knows the call.",
        ours::RELEASED => "Let go before dialling.",
        ours::ABSENT => "The provider never had this call.",
        ours::REFUSED_CONTACT => "The provider refused the number.",
        ours::REFUSED_CAPACITY => "The provider had no free line.",
        ours::REFUSED_RATE => "The provider asked us to slow down.",
        ours::REFUSED_ACCOUNT => "The provider refused our account, number or assistant.",
        ours::REFUSED_UNREACHABLE => "The provider could not be reached.",
        _ => return ended_reason(raw),
    };
    ours.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_filter_that_does_not_exist_filters_nothing_and_says_so() {
        let mut filter = CallsFilter {
            state: "done".to_owned(),
            outcome: "' OR 1=1".to_owned(),
            status: "ended".to_owned(),
            q: "  ".to_owned(),
            page: "3".to_owned(),
        };
        let stored = store_filter(&mut filter);
        assert_eq!(
            stored,
            ContactFilter {
                state: Some(ContactState::Done),
                ..ContactFilter::default()
            }
        );
        assert_eq!((filter.outcome.as_str(), filter.status.as_str()), ("", ""));
    }

    #[test]
    fn every_reason_of_ours_has_words() {
        for reason in [
            ours::TIMEOUT,
            ours::RELEASED,
            ours::ABSENT,
            ours::REFUSED_CONTACT,
            ours::REFUSED_CAPACITY,
            ours::REFUSED_RATE,
            ours::REFUSED_ACCOUNT,
            ours::REFUSED_UNREACHABLE,
        ] {
            assert!(
                !end_in_words(reason).to_lowercase().contains("autolynx"),
                "{reason}"
            );
        }
    }
}
