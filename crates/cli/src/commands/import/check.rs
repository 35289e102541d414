//! What would become of every row of a list. Nothing is stored, and no node is asked.

use std::{fs::File, ops::ControlFlow, path::Path, process::ExitCode};

use anyhow::Context;
use domain::{
    list::{self, ImportReport, ListSettings, Row},
    phone::Region,
};

use super::report::numbers;
use crate::{settings::Settings, terminal::say};

/// Rows shown of each kind; `--json` has them all.
const SHOWN: usize = 20;

/// Reads and reports. The exit code is 1 when no row can be used.
pub(super) fn run(
    path: &Path,
    default_region: Option<Region>,
    json: bool,
    settings: &Settings,
) -> anyhow::Result<ExitCode> {
    let file = File::open(path).with_context(|| format!("cannot read {}", path.display()))?;
    let list_settings = ListSettings {
        default_region,
        max_bytes: settings.max_file_upload_bytes,
        max_rows: settings.max_campaign_size,
        ..ListSettings::default()
    };
    let mut repaired = Vec::new();
    let mut keep_repairs = |row: Row| {
        if !row.repairs.is_empty() && repaired.len() < SHOWN {
            repaired.push(format!(
                "  line {}: {} is read as {}",
                row.line, row.phone_as_written, row.phone
            ));
        }
        ControlFlow::Continue(())
    };
    let report =
        list::read(file, &list_settings, &mut keep_repairs).with_context(|| path.display().to_string())?;
    if json {
        say(serde_json::to_string_pretty(&report)?)?;
    } else {
        say(in_words(&report, &repaired).trim_end())?;
    }
    Ok(if report.accepted > 0 {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

fn in_words(report: &ImportReport, repaired: &[String]) -> String {
    let rejected: Vec<String> = report
        .rejected
        .iter()
        .map(|row| match &row.column {
            Some(column) => format!("  line {}, {column} `{}`: {}", row.line, row.value, row.reason),
            None => format!("  line {}: {}", row.line, row.reason),
        })
        .collect();
    let duplicates: Vec<String> = report
        .duplicates
        .iter()
        .map(|row| {
            format!(
                "  line {}: {} stands in line {} already",
                row.line, row.phone, row.first_line
            )
        })
        .collect();
    let mut text = format!(
        "{} rows: {} accepted, {} rejected, {} duplicates.\n",
        report.rows,
        report.accepted,
        report.rejected.len(),
        report.duplicates.len()
    );
    text.push_str(&numbers(&serde_json::json!({ "numbers": report.numbers })));
    if report.rows == 0 {
        text.push_str("Add people below the names of the columns.\n");
    }
    for (title, lines, all) in [
        ("Rejected", &rejected[..], rejected.len()),
        ("Duplicates", &duplicates[..], duplicates.len()),
        (
            "Repaired",
            repaired,
            usize::try_from(report.repaired).unwrap_or(usize::MAX),
        ),
    ] {
        if all == 0 {
            continue;
        }
        let shown = &lines[..lines.len().min(SHOWN)];
        text.push_str(&format!("\n{title}\n{}\n", shown.join("\n")));
        if all > shown.len() {
            text.push_str(&format!("  … and {} more\n", all - shown.len()));
        }
    }
    text
}
