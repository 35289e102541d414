//! Whom not to call.

use domain::{
    campaign::CampaignStatus,
    phone::Region,
    suppression::{Pattern, file::Report},
    time::UtcMs,
};
use store::{Campaign, Forbidden, Suppression, SuppressionFilter, SuppressionSource};
use uuid::Uuid;

use super::wording::{filled, phone, sentence};
use crate::{
    api::suppressions::searched,
    pages::{
        BadLine, Badge, Choice, Pager, SuppressionImport, SuppressionList, SuppressionRow,
        SuppressionsFilter, When,
        show::{count, count_of},
    },
};

/// Entries on one page.
pub(crate) const PAGE_SIZE: u32 = 50;
/// Bad lines that an upload repeats.
const LINES_SHOWN: usize = 100;

/// The filter as the store takes it. What names no source or campaign filters nothing, and is cleared so that the form
/// says so.
pub(crate) fn store_filter(
    filter: &mut SuppressionsFilter,
    default_region: Option<Region>,
) -> SuppressionFilter {
    let source = SuppressionSource::from_stored(&filter.source);
    if source.is_none() {
        filter.source.clear();
    }
    let campaign = filter.campaign.parse::<Uuid>().ok();
    if campaign.is_none() {
        filter.campaign.clear();
    }
    SuppressionFilter {
        number: filled(&filter.q).map(|text| number(&text, default_region)),
        campaign: campaign.map(Into::into),
        source,
    }
}

/// A number as it is stored, as far as it was typed. What has no digits is found nowhere.
fn number(text: &str, default_region: Option<Region>) -> String {
    match Pattern::parse(text, default_region) {
        Ok(pattern) => pattern.value().to_owned(),
        Err(_) => searched(text).unwrap_or_else(|| text.trim().to_owned()),
    }
}

/// One page of the list.
pub(crate) fn list(filter: SuppressionsFilter, entries: Vec<Suppression>, total: u64) -> SuppressionList {
    SuppressionList {
        pager: Pager::new(filter.page(), u64::from(PAGE_SIZE), total),
        rows: entries.into_iter().map(row).collect(),
        filter,
    }
}

fn row(entry: Suppression) -> SuppressionRow {
    let id = entry.id.to_string();
    let (number, prefix) = match &entry.pattern {
        Pattern::Exact(number) => (phone(number), false),
        Pattern::Prefix(beginning) => (beginning.clone(), true),
    };
    let asked = entry.source == SuppressionSource::Call;
    SuppressionRow {
        remove: SuppressionRow::removal(&id, &number, prefix, asked),
        number,
        prefix,
        campaign: entry
            .campaign_id
            .map(|id| (id.to_string(), entry.campaign_name.unwrap_or_default())),
        source: Badge::suppression_source(entry.source.as_str()),
        reason: entry.reason,
        call_id: entry.call_id.map(|id| id.to_string()),
        since: When::at(entry.created_at.0),
        expires: entry.expires_at.map(|at: UtcMs| When::at(at.0)),
        by: filled(&entry.author),
        id,
    }
}

/// The campaigns for which a number can be kept from being called: those that are not over, and the one that is looked at.
pub(crate) fn campaigns(campaigns: &[Campaign], looked_at: &str) -> Vec<Choice> {
    let over = |status: CampaignStatus| status.is_final();
    campaigns
        .iter()
        .filter(|campaign| !over(campaign.status) || campaign.id.to_string() == looked_at)
        .map(|campaign| Choice::new(&campaign.id.to_string(), &campaign.name))
        .collect()
}

/// What an uploaded list brought.
pub(crate) fn imported(file_name: &str, report: &Report, forbidden: &Forbidden) -> SuppressionImport {
    let shown = report.faults.len().min(LINES_SHOWN);
    // Lines that went in with a doubt are among the faults.
    let all = report.refused + report.without_end;
    let more = all.saturating_sub(shown as u64);
    let campaigns = forbidden.campaigns.len() as u64;
    SuppressionImport {
        file_name: filled(file_name).unwrap_or_else(|| "the uploaded list".to_owned()),
        lines: count(report.rows),
        added: count(forbidden.added),
        known: count(forbidden.known),
        bad: count(report.refused),
        spared: (forbidden.contacts > 0).then(|| {
            format!(
                "{} in {} will not be called because of it.",
                count_of(forbidden.contacts, "person", "people"),
                count_of(campaigns, "campaign", "campaigns")
            )
        }),
        problems: report.faults[..shown]
            .iter()
            .map(|fault| BadLine {
                line: fault.line,
                text: fault.value.clone(),
                reason: sentence(&fault.reason),
            })
            .collect(),
        more: (more > 0).then(|| count(more)),
    }
}
