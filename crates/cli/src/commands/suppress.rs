//! `autolynx suppress`: whom not to call, from a shell.

use std::{fmt::Write, path::PathBuf, process::ExitCode};

use clap::{Args, Subcommand};
use reqwest::Method;
use serde_json::{Value, json};

use crate::{
    api::{Api, PageArgs, ServerArgs, count, file_form, left_out, table, text},
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
    List {
        number: Option<String>,
        /// Only those of this campaign
        #[arg(long, value_name = "ID")]
        campaign: Option<String>,
        #[command(flatten)]
        part: PageArgs,
    },
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
        /// For lines that give none
        #[arg(long)]
        reason: Option<String>,
    },
    /// Take an entry off the list
    Remove { id: String },
}

/// Does it, and says what came of it.
pub(crate) async fn run(args: SuppressArgs, settings: Settings) -> anyhow::Result<ExitCode> {
    let api = Api::new(&args.server, &settings)?;
    match args.what {
        What::List {
            number,
            campaign,
            part,
        } => {
            let filters = [("q", number.as_deref()), ("campaign_id", campaign.as_deref())];
            let answer = api.rows("/api/suppressions", &filters, &part).await?;
            api.show(&answer, list)?;
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
            api.show(&answer, added)?;
        }
        What::Import {
            file,
            campaign,
            region,
            reason,
        } => {
            let mut form = file_form(&file)?;
            for (field, value) in [
                ("campaign_id", campaign),
                ("default_region", region),
                ("reason", reason),
            ] {
                if let Some(value) = value {
                    form = form.text(field, value);
                }
            }
            let answer = api.send("/api/suppressions/import", form).await?;
            api.show(&answer, |answer| {
                let mut out = added(answer);
                for problem in answer["problems"].as_array().into_iter().flatten() {
                    let _ = write!(out, "\n  line {}: {}", problem["line"], text(problem, "reason"));
                }
                out
            })?;
        }
        What::Remove { id } => {
            let path = format!("/api/suppressions/{id}");
            let answer = api.ask(Method::DELETE, &path, None).await?;
            api.show(&answer, |answer| {
                format!("{} may be called again.", text(answer, "number"))
            })?;
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
    if count(answer, "total") == 0 {
        return "Nobody.".to_owned();
    }
    let head = ["entry", "number", "where", "source", "since", "until", "reason"];
    let mut rows = vec![head.map(str::to_owned)];
    for entry in answer["items"].as_array().into_iter().flatten() {
        let star = if entry["kind"] == "prefix" { "*" } else { "" };
        let or = |field: &str, absent: &str| entry[field].as_str().unwrap_or(absent).to_owned();
        rows.push([
            or("id", "-"),
            format!("{}{star}", text(entry, "number")),
            or("campaign_name", "everywhere"),
            or("source", "-"),
            or("created_at", "-"),
            or("expires_at", "for good"),
            or("reason", "-"),
        ]);
    }
    table(&rows) + &left_out(answer)
}
