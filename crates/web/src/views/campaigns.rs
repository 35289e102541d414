//! The list of campaigns.

use std::sync::Arc;

use domain::contact::ContactState;
use store::{Campaign, Progress};

use super::wording::{connected, status_note};
use crate::pages::{
    Actions, Badge, Bar, CampaignList, CampaignRow, Pager, When,
    show::{count, share},
};

/// Campaigns on one page.
pub(crate) const PAGE_SIZE: u32 = 25;

/// One page of the list, from 1.
pub(crate) fn list(page: u64, total: u64, campaigns: &[(Campaign, Arc<Progress>)]) -> CampaignList {
    CampaignList {
        page,
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
