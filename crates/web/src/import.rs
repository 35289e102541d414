//! From a file to a campaign: all of it, or nothing.

use std::{fs::File, ops::ControlFlow};

use domain::{
    ids::CampaignId,
    list::{self, ImportReport, ListError, ListSettings, Meaning, ReadError},
    time::{MINUTE_MS, UtcMs},
};
use store::{Import, NewCampaign, NewContact, Problem, ProblemKind, Repeated, Store, Totals};
use tokio::sync::mpsc;

/// Contacts stored with one statement.
pub(crate) const BATCH: usize = 2_000;

/// What came of an import that was stored.
#[derive(Debug)]
pub(crate) struct Imported {
    pub id: CampaignId,
    pub report: ImportReport,
}

/// Why nothing was stored.
#[derive(Debug)]
pub(crate) enum ImportError {
    /// The file is not a list.
    List(ListError),
    /// Not one row can be called.
    NobodyToCall(Box<ImportReport>),
    /// The same was sent a moment ago.
    Repeated(Repeated),
    /// The file could not be read back.
    Io(std::io::Error),
    /// The database refused.
    Store(store::Error),
    /// Reading it broke down.
    Broken(String),
}

impl From<store::Error> for ImportError {
    fn from(error: store::Error) -> Self {
        Self::Store(error)
    }
}

/// What was sent, to know it again.
pub(crate) struct Content {
    /// Names the file and every setting.
    pub hash: String,
    /// Whether it may have been sent a moment ago.
    pub allow_repeat: bool,
}

/// So soon after each other, the same list was probably sent twice by mistake.
const REPEAT_WINDOW_MS: i64 = 10 * MINUTE_MS;

/// Imports the list, unless the same was imported a moment ago. `campaign` is asked for when the first row is found good: a list that is none leaves no trace.
pub(crate) async fn import<Fut>(
    store: &Store,
    file: File,
    settings: ListSettings,
    content: &Content,
    now: UtcMs,
    campaign: impl FnOnce() -> Fut,
) -> Result<Imported, ImportError>
where
    Fut: Future<Output = store::Result<NewCampaign>>,
{
    let (sender, mut batches) = mpsc::channel(2);
    let reading = tokio::task::spawn_blocking(move || read(&file, &settings, &sender));
    let mut campaign = Some(campaign);
    let mut import: Option<Import<'_>> = None;
    while let Some(batch) = batches.recv().await {
        if let Some(campaign) = campaign.take() {
            let mut begun = store.begin_import(&campaign().await?, now).await?;
            let repeated = begun
                .note_content(&content.hash, REPEAT_WINDOW_MS, content.allow_repeat)
                .await?;
            if let Some(repeated) = repeated {
                return Err(ImportError::Repeated(repeated));
            }
            import = Some(begun);
        }
        if let Some(import) = &mut import {
            import.add(&batch).await?;
        }
    }
    let report = match reading.await {
        Ok(Ok(report)) => report,
        Ok(Err(ReadError::List(error))) => return Err(ImportError::List(error)),
        Ok(Err(ReadError::Io(error))) => return Err(ImportError::Io(error)),
        Ok(Err(error @ ReadError::Stopped)) => return Err(ImportError::Broken(error.to_string())),
        Err(error) => return Err(ImportError::Broken(error.to_string())),
    };
    let Some(import) = import else {
        return Err(ImportError::NobodyToCall(Box::new(report)));
    };
    let id = import.finish(totals(&report), &problems(&report)).await?;
    Ok(Imported { id, report })
}

fn read(
    file: &File,
    settings: &ListSettings,
    batches: &mpsc::Sender<Vec<NewContact>>,
) -> Result<ImportReport, ReadError> {
    let mut batch = Vec::with_capacity(BATCH);
    let send = |batch: &mut Vec<NewContact>| match batches.blocking_send(std::mem::take(batch)) {
        Ok(()) => ControlFlow::Continue(()),
        // Nobody takes them any more: storing has failed.
        Err(_) => ControlFlow::Break(()),
    };
    let report = list::read(file, settings, &mut |row| {
        batch.push(contact(row));
        if batch.len() < BATCH {
            ControlFlow::Continue(())
        } else {
            send(&mut batch)
        }
    })?;
    if !batch.is_empty() && send(&mut batch).is_break() {
        return Err(ReadError::Stopped);
    }
    Ok(report)
}

pub(crate) fn contact(row: list::Row) -> NewContact {
    NewContact {
        line: row.line,
        name: row.name,
        business_name: row.business_name,
        phone: row.phone.into(),
        extension: row.extension,
        variables: row.variables,
    }
}

fn totals(report: &ImportReport) -> Totals {
    let count = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
    Totals {
        rows: u32::try_from(report.rows).unwrap_or(u32::MAX),
        rejected: count(report.rejected.len()),
        duplicates: count(report.duplicates.len()),
    }
}

/// The rows that became no contacts, in the order of the file.
pub(crate) fn problems(report: &ImportReport) -> Vec<Problem> {
    let phone = report
        .columns
        .iter()
        .find(|column| column.meaning == Meaning::Phone);
    let rejected = report.rejected.iter().map(|row| Problem {
        line: row.line,
        kind: ProblemKind::Rejected,
        column: row.column.clone(),
        value: Some(row.value.clone()),
        reason: row.reason.to_string(),
        first_line: None,
    });
    let duplicates = report.duplicates.iter().map(|row| Problem {
        line: row.line,
        kind: ProblemKind::Duplicate,
        column: phone.map(|column| column.header.clone()),
        value: Some(row.phone.to_string()),
        reason: format!("the number is already on line {}", row.first_line),
        first_line: Some(row.first_line),
    });
    let mut problems: Vec<Problem> = rejected.chain(duplicates).collect();
    problems.sort_by_key(|problem| problem.line);
    problems
}
