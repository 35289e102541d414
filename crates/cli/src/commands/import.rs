//! `autolynx import`: say what would become of every row of a list. Nothing is stored.

use std::{fs::File, ops::ControlFlow, path::PathBuf, process::ExitCode};

use anyhow::Context;
use clap::Args;
use domain::{
    list::{self, ImportReport, ListSettings, Row},
    phone::Region,
};

use crate::settings::Settings;

/// Which list.
#[derive(Args, Debug)]
pub(crate) struct ImportArgs {
    /// The list: CSV with a line of column names, `name` and `phone` among them
    file: PathBuf,
    /// Only read and report. (There is no other mode: campaigns are made in the browser or over the API.)
    #[arg(long, default_value_t = true)]
    dry_run: bool,
    /// In which region national numbers are read [default: DEFAULT_REGION]
    #[arg(long, value_name = "REGION")]
    region: Option<Region>,
    /// Print the whole report as one JSON object
    #[arg(long)]
    json: bool,
}

/// Rows shown of each kind; `--json` has them all.
const SHOWN: usize = 20;

/// Reads and reports. The exit code is 1 when no row can be used.
pub(crate) fn run(args: &ImportArgs, settings: &Settings) -> anyhow::Result<ExitCode> {
    let file = File::open(&args.file).with_context(|| format!("cannot read {}", args.file.display()))?;
    let list_settings = ListSettings {
        default_region: args.region.or(settings.default_region),
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
    let report = list::read(file, &list_settings, &mut keep_repairs)
        .with_context(|| args.file.display().to_string())?;
    if args.json {
        println!("{}", serde_json::to_string_pretty(&report)?);
    } else {
        print!("{}", in_words(&report, &repaired));
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
