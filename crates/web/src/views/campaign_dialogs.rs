//! What the dialogs of a campaign's page offer.

use domain::{campaign::CampaignStatus, list::ImportReport, phone::Region, retry::REDIALLED};
use store::{Campaign, Problem, Progress};

use super::{import_report, new_campaign::regions, wording::filled};
use crate::{
    import::problems,
    moments::{to_local, zones},
    pages::{Append, AppendResult, Badge, ImportProblem, RedialChoice, RedialChoices, Schedule, show::count},
};

/// Rows that were left out, in the answer to an upload.
const SHOWN: usize = 100;

/// When it begins. `zone`: the one in which its moments are told.
pub(crate) fn schedule(campaign: &Campaign, zone: &str) -> Schedule {
    let starts = campaign.starts_at.and_then(|at| to_local(at, zone));
    Schedule {
        // Without a moment, the reader's own zone is filled in.
        zone: starts.as_ref().map(|_| zone.to_owned()).unwrap_or_default(),
        starts_at: starts.unwrap_or_default(),
        zones: zones(),
    }
}

/// More people for a campaign.
pub(crate) fn append(campaign: &Campaign, default_region: Option<Region>) -> Append {
    Append {
        regions: regions(default_region),
        hint: next(campaign).to_owned(),
    }
}

/// What happens to people who are added.
fn next(campaign: &Campaign) -> &'static str {
    match campaign.status {
        CampaignStatus::Queued | CampaignStatus::Dialing | CampaignStatus::Running => {
            "They are called as lines are free."
        }
        CampaignStatus::Paused => "They are called when the campaign goes on.",
        _ => "They are called when the campaign starts.",
    }
}

/// What came of more people for a campaign. `known`: lines of those whom it has already.
pub(crate) fn appended(
    campaign: &Campaign,
    file_name: &str,
    added: u32,
    known: &[u64],
    report: &ImportReport,
) -> AppendResult {
    let left_out = report.rejected.len() + report.duplicates.len() + known.len();
    let mut shown: Vec<ImportProblem> = problems(report)
        .into_iter()
        .take(SHOWN)
        .map(|problem: Problem| import_report::problem(problem))
        .collect();
    shown.extend(known.iter().map(|line| ImportProblem {
        line: *line,
        column: String::new(),
        value: String::new(),
        reason: "In the campaign already.".to_owned(),
        duplicate: true,
    }));
    shown.sort_by_key(|problem| problem.line);
    shown.truncate(SHOWN);
    let more = left_out.saturating_sub(shown.len()) as u64;
    AppendResult {
        campaign_id: campaign.id.to_string(),
        file_name: filled(file_name).unwrap_or_else(|| "the uploaded list".to_owned()),
        rows: count(report.rows),
        added: count(u64::from(added)),
        rejected: count(report.rejected.len() as u64),
        duplicates: count((report.duplicates.len() + known.len()) as u64),
        next: if added == 0 {
            "Nothing changes."
        } else {
            next(campaign)
        }
        .to_owned(),
        problems: shown,
        more: (more > 0).then(|| count(more)),
    }
}

/// Who may be called again. All are chosen, as when a program names none.
pub(crate) fn redial(progress: &Progress) -> RedialChoices {
    RedialChoices {
        choices: REDIALLED
            .into_iter()
            .map(|outcome| (outcome, progress.with_outcome(outcome)))
            .filter(|(_, people)| *people > 0)
            .map(|(outcome, people)| RedialChoice {
                outcome: Badge::outcome(outcome.as_str()),
                people: count(people),
                chosen: true,
            })
            .collect(),
        never: None,
    }
}

/// How many people could be called again.
pub(crate) fn redialable(progress: &Progress) -> u64 {
    REDIALLED
        .into_iter()
        .map(|outcome| progress.with_outcome(outcome))
        .sum()
}
