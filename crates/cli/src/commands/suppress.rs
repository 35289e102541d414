//! `autolynx suppress`: whom not to call, from a shell.

use std::{fmt::Write, path::PathBuf, process::ExitCode};

use clap::{Args, Subcommand};
use reqwest::Method;
use serde_json::{Value, json};

use super::campaign::file_form;
use crate::{
    api::{Api, ServerArgs, count, text},
    settings::Settings,
};

/// What to do with the list of numbers not to call.
#[derive(Args, Debug)]
pub(crate) struct SuppressArgs {
    #[command(flatten)]
    server: ServerArgs,
    #[command(subcommand)]
    what: What,
}

#[derive(Subcommand, Debug)]
enum What {
    /// Entries, the newest first; with a number, those that mean it
    List { number: Option<String> },
    /// Forbid a number, or with a star at its end every number that begins so
    Add {
        number: String,
        /// Only in this campaign
        #[arg(long, value_name = "ID")]
        campaign: Option<String>,
        #[arg(long)]
        reason: Option<String>,
        /// ISO-8601 with a zone
        #[arg(long, value_name = "MOMENT")]
        expires_at: Option<String>,
    },
    /// Forbid the numbers of a file: one a line, `area,number`, or CSV with a phone column
    Import {
        file: PathBuf,
        /// Only in this campaign
        #[arg(long, value_name = "ID")]
        campaign: Option<String>,
        /// In which region national numbers are read [default: that of the node]
        #[arg(long)]
        region: Option<String>,
    },
    /// Take an entry off the list
    Remove { id: String },
}

/// Does it, and says what came of it.
pub(crate) async fn run(args: SuppressArgs, settings: Settings) -> anyhow::Result<ExitCode> {
    let api = Api::new(&args.server, &settings);
    match args.what {
        What::List { number } => {
            let digits: String = number
                .unwrap_or_default()
                .chars()
                .filter(char::is_ascii_digit)
                .collect();
            let path = format!("/api/suppressions?limit=500&q={digits}");
            api.show(&api.ask(Method::GET, &path, None).await?, list);
        }
        What::Add {
            number,
            campaign,
            reason,
            expires_at,
        } => {
            let mut body = json!({ "number": number });
            for (field, value) in [
                ("campaign_id", campaign),
                ("reason", reason),
                ("expires_at", expires_at),
            ] {
                if let Some(value) = value {
                    body[field] = value.into();
                }
            }
            let answer = api.ask(Method::POST, "/api/suppressions", Some(&body)).await?;
            api.show(&answer, added);
        }
        What::Import {
            file,
            campaign,
            region,
        } => {
            let mut form = file_form(&file)?;
            if let Some(campaign) = campaign {
                form = form.text("campaign_id", campaign);
            }
            if let Some(region) = region {
                form = form.text("default_region", region);
            }
            let answer = api.send("/api/suppressions/import", form).await?;
            api.show(&answer, |answer| {
                let mut out = added(answer);
                for problem in answer["problems"].as_array().into_iter().flatten() {
                    let _ = write!(out, "\n  line {}: {}", problem["line"], text(problem, "reason"));
                }
                out
            });
        }
        What::Remove { id } => {
            let path = format!("/api/suppressions/{id}");
            let answer = api.ask(Method::DELETE, &path, None).await?;
            api.show(&answer, |answer| {
                format!("{} may be called again.", text(answer, "number"))
            });
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn added(answer: &Value) -> String {
    format!(
        "{} added, {} known already; {} people who waited are not called any more.",
        count(answer, "added"),
        count(answer, "known"),
        count(answer, "contacts")
    )
}

fn list(answer: &Value) -> String {
    let mut out = String::new();
    for entry in answer["items"].as_array().into_iter().flatten() {
        let star = if entry["kind"] == "prefix" { "*" } else { "" };
        let _ = writeln!(
            out,
            "{}  {}{star}  {}  {}  {}",
            text(entry, "id"),
            text(entry, "number"),
            entry["campaign_name"].as_str().unwrap_or("everywhere"),
            text(entry, "source"),
            text(entry, "created_at")
        );
    }
    if out.is_empty() { "Nobody.".to_owned() } else { out }
}
