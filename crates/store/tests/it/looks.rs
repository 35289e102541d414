//! What tests of the rules look at, and the policies and people that they need.

use domain::{
    hours::{Hours, Rule, Window},
    ids::CampaignId,
    policy::Policy,
    time::UtcMs,
};
use store::{Campaign, ContactFilter, ContactRow, Dial, NewContact, Page, Store};

use crate::{fixture::Fixture, people::person, says};

/// A moment, as ISO-8601.
pub(crate) fn at(iso: &str) -> UtcMs {
    UtcMs::from_iso(iso).expect("a moment")
}

/// The same hours every day, everywhere.
pub(crate) fn daily(from_hour: u16, to_hour: u16) -> Hours {
    Hours {
        rule: Rule::daily(&[Window {
            from_min: from_hour * 60,
            to_min: to_hour * 60,
        }]),
        ..Hours::default()
    }
}

/// No rules but those that are set.
pub(crate) fn only(set: impl FnOnce(&mut Policy)) -> Policy {
    let mut policy = Policy::unrestricted();
    set(&mut policy);
    policy
}

/// A person with a number of their own.
pub(crate) fn at_number(index: usize, phone: &str) -> NewContact {
    NewContact {
        phone: phone.to_owned(),
        ..person(index)
    }
}

/// A campaign as it stands.
pub(crate) async fn campaign(store: &Store, id: CampaignId) -> Campaign {
    store.campaign(id).await.unwrap().expect("the campaign")
}

/// Everybody in a campaign, in the order of the list.
pub(crate) async fn contacts(store: &Store, id: CampaignId) -> Vec<ContactRow> {
    let page = Page {
        limit: 500,
        offset: 0,
    };
    let mut all = store.contacts(id, &ContactFilter::default(), page).await.unwrap();
    all.sort_by_key(|contact| contact.line);
    all
}

/// Who has this number in a campaign.
pub(crate) async fn contact(store: &Store, id: CampaignId, phone: &str) -> ContactRow {
    let all = contacts(store, id).await;
    all.into_iter()
        .find(|contact| contact.phone == phone)
        .expect("the contact")
}

/// Who is called.
pub(crate) fn phones(dials: &[Dial]) -> Vec<String> {
    dials.iter().map(|dial| dial.phone.clone()).collect()
}

/// Ends calls for one reason.
pub(crate) async fn end(store: &Store, dials: &[Dial], reason: &str, at: UtcMs) {
    let ends: Vec<_> = dials.iter().map(|dial| says::ended(dial, reason, at)).collect();
    store.apply_facts(&ends, at).await.unwrap();
}

impl Fixture {
    /// What was spent by the sums, and by the calls.
    pub(crate) async fn spent(&self, id: CampaignId) -> (i64, i64) {
        let of = format!("WHERE campaign_id = {}", self.literal(id.0));
        let sum = |table: &str, column: &str| {
            format!("SELECT CAST(COALESCE(SUM({column}), 0) AS BIGINT) FROM {table} {of}")
        };
        (
            self.number(&sum("campaign_costs", "spent_usd_micros")).await,
            self.number(&sum("calls", "cost_usd_micros")).await,
        )
    }
}
