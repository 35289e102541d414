//! What an import accepted and what not.

use domain::campaign::CampaignStatus;
use store::{Campaign, Problem, ProblemKind};

use super::wording::sentence;
use crate::pages::{ImportProblem, ImportReport, ImportResult, When, show::count};

/// Rows that were left out, on a page. The file for download has all of them.
pub(crate) const SHOWN: u32 = 100;

/// The report of a campaign, with its first problems.
pub(crate) fn report(campaign: &Campaign, problems: Vec<Problem>) -> ImportReport {
    let left_out = u64::from(campaign.rows_rejected) + u64::from(campaign.rows_duplicate);
    let shown = u64::try_from(problems.len()).unwrap_or(left_out);
    let more = left_out.saturating_sub(shown);
    ImportReport {
        campaign_id: campaign.id.to_string(),
        file_name: "the uploaded list".to_owned(),
        imported: When::at(campaign.created_at.0),
        rows: count(u64::from(campaign.rows_read)),
        accepted: count(u64::from(campaign.rows_read).saturating_sub(left_out)),
        rejected: count(u64::from(campaign.rows_rejected)),
        duplicates: count(u64::from(campaign.rows_duplicate)),
        problems: problems.into_iter().map(problem).collect(),
        more: (more > 0).then(|| count(more)),
    }
}

/// The report as the answer to an upload.
pub(crate) fn result(campaign: &Campaign, problems: Vec<Problem>) -> ImportResult {
    ImportResult {
        campaign_name: campaign.name.clone(),
        can_start: campaign.status == CampaignStatus::Created && campaign.total_contacts > 0,
        report: report(campaign, problems),
    }
}

pub(super) fn problem(problem: Problem) -> ImportProblem {
    ImportProblem {
        line: problem.line,
        column: problem.column.unwrap_or_default(),
        value: problem.value.unwrap_or_default(),
        reason: sentence(&problem.reason),
        duplicate: problem.kind == ProblemKind::Duplicate,
    }
}
