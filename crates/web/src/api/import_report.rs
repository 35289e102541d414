//! The JSON of an import report.

use domain::list::{Column, Encoding, ImportReport, NumbersRead};
use serde::Serialize;
use store::{Problem, ProblemKind};

use crate::import::problems;

/// Problems that an answer repeats. All of them are stored, and `problems.csv` has all of them.
const SHOWN_PROBLEMS: usize = 1_000;

/// What became of the rows: `accepted + rejected + duplicates == rows`.
#[derive(Serialize)]
pub(super) struct ReportJson {
    rows: u64,
    accepted: u64,
    /// Of the accepted rows, those whose number had to be put right first.
    repaired: u64,
    /// In which countries the numbers were read, and what told so.
    numbers: Vec<NumbersRead>,
    rejected: usize,
    duplicates: usize,
    /// The first thousand.
    problems: Vec<ProblemJson>,
    encoding: Encoding,
    delimiter: char,
    columns: Vec<Column>,
}

#[derive(Serialize)]
struct ProblemJson {
    line: u64,
    kind: &'static str,
    column: Option<String>,
    value: Option<String>,
    reason: String,
    first_line: Option<u64>,
}

/// The word for a kind of problem.
pub(crate) fn kind_word(kind: ProblemKind) -> &'static str {
    match kind {
        ProblemKind::Rejected => "rejected",
        ProblemKind::Duplicate => "duplicate",
    }
}

impl From<Problem> for ProblemJson {
    fn from(problem: Problem) -> Self {
        Self {
            line: problem.line,
            kind: kind_word(problem.kind),
            column: problem.column,
            value: problem.value,
            reason: problem.reason,
            first_line: problem.first_line,
        }
    }
}

impl ReportJson {
    pub(super) fn new(report: &ImportReport) -> Self {
        Self {
            rows: report.rows,
            accepted: report.accepted,
            repaired: report.repaired,
            numbers: report.numbers.clone(),
            rejected: report.rejected.len(),
            duplicates: report.duplicates.len(),
            problems: problems(report)
                .into_iter()
                .take(SHOWN_PROBLEMS)
                .map(ProblemJson::from)
                .collect(),
            encoding: report.encoding,
            delimiter: report.delimiter,
            columns: report.columns.clone(),
        }
    }
}
