//! The list of campaigns.

use std::sync::Arc;

use domain::{contact::ContactState, time::UtcMs};
use store::{Campaign, Progress};

use super::wording::{connected, priority, status_note};
use crate::{
    moments,
    pages::{
        Actions, Badge, Bar, CampaignList, CampaignRow, CampaignsFilter, Pager, When,
        show::{count, share},
    },
};

/// Campaigns on one page.
pub(crate) const PAGE_SIZE: u32 = 25;

/// One page of the list, from 1.
pub(crate) fn list(
    filter: CampaignsFilter,
    others: bool,
    total: u64,
    campaigns: &[(Campaign, Arc<Progress>)],
) -> CampaignList {
    let page = filter.page();
    CampaignList {
        filter,
        others,
        rows: campaigns
            .iter()
            .map(|(campaign, progress)| row(campaign, progress))
            .collect(),
        pager: Pager::new(page, u64::from(PAGE_SIZE), total),
    }
}

fn row(campaign: &Campaign, progress: &Progress) -> CampaignRow {
    let id = campaign.id.to_string();
    let total = u64::from(campaign.total_contacts);
    let done = progress.in_state(ContactState::Done);
    let finished = done + progress.in_state(ContactState::Skipped);
    let reached = connected(progress);
    let other = Badge {
        label: "Not connected".to_owned(),
        tone: "tone-done",
        ..Badge::contact("done")
    };
    let parts = vec![
        (Badge::outcome("human"), reached),
        (other, done.saturating_sub(reached)),
    ];
    CampaignRow {
        name: campaign.name.clone(),
        status: Badge::campaign(campaign.status.as_str()),
        note: status_note(campaign),
        priority: priority(campaign.priority),
        starts: campaign.starts_at.map(|at| told(campaign, at)),
        expires: campaign
            .expires_at
            .filter(|_| !campaign.status.is_final())
            .map(|at| told(campaign, at)),
        archived: campaign.archived_at.is_some(),
        done: count(done),
        total: count(total),
        share: share(done, total),
        bar: Bar::of(parts, total),
        live: campaign.open_calls,
        cap: campaign.cap,
        connect_rate: share(reached, done),
        created: When::at(campaign.created_at.0),
        actions: Actions::of(
            &id,
            &campaign.name,
            campaign.status.as_str(),
            total.saturating_sub(finished),
            campaign.cap,
        ),
        id,
    }
}

/// A moment by the clock where the number that calls is at home.
fn told(campaign: &Campaign, at: UtcMs) -> When {
    let caller = campaign
        .numbers
        .first()
        .and_then(|number| number.number.as_deref());
    When::told(at.0, &moments::words(at, &moments::zone_of(None, caller)))
}
