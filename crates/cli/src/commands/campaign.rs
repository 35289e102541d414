//! `autolynx campaign`: what the pages do with campaigns, from a shell.

use std::{fmt::Write, path::PathBuf, process::ExitCode};

use anyhow::Context;
use clap::{Args, Subcommand};
use reqwest::Method;
use serde_json::{Value, json};

use crate::{
    api::{Api, ServerArgs, count, text},
    settings::Settings,
};

/// What to do with which campaign.
#[derive(Args, Debug)]
pub(crate) struct CampaignArgs {
    #[command(flatten)]
    server: ServerArgs,
    #[command(subcommand)]
    what: What,
}

#[derive(Subcommand, Debug)]
enum What {
    /// Campaigns, the newest first
    List {
        /// Those that were put away
        #[arg(long)]
        archived: bool,
    },
    /// One campaign and how far it is
    Show { id: String },
    /// Why it is not dialling, or not faster; or why one contact of it is not called
    Why {
        id: String,
        #[arg(long, value_name = "ID")]
        contact: Option<String>,
    },
    /// Begin calling
    Start {
        id: String,
        /// Although people lack what the assistant speaks of
        #[arg(long)]
        accept_missing: bool,
    },
    /// Begin calling by itself
    Schedule {
        id: String,
        /// When: ISO-8601 with a zone, such as 2027-01-04T09:00:00-05:00
        #[arg(long)]
        at: String,
        /// Although people lack what the assistant speaks of
        #[arg(long)]
        accept_missing: bool,
    },
    /// Do not begin by itself after all
    Unschedule { id: String },
    /// Place no new calls; live ones go on
    Pause { id: String },
    /// Go on after a pause
    Resume { id: String },
    /// Place no new calls, ever; live ones go on
    Cancel { id: String },
    /// Place no new calls, ever, and hang up the live ones
    Abort { id: String },
    /// Call those again whom the calls did not reach
    Redial {
        id: String,
        /// Only those with this outcome, such as no_answer; may be given several times
        #[arg(long = "outcome")]
        outcomes: Vec<String>,
    },
    /// Put it away
    Archive { id: String },
    /// Take it out again
    Unarchive { id: String },
    /// Make a draft like it
    Clone {
        id: String,
        #[arg(long)]
        name: Option<String>,
        /// Without its people
        #[arg(long)]
        without_people: bool,
    },
    /// Add the people of a list
    Append {
        id: String,
        file: PathBuf,
        /// In which region national numbers are read [default: that of the node]
        #[arg(long)]
        region: Option<String>,
    },
    /// Change it, also while it runs
    Set(SetArgs),
    /// What it allows: hours, limits, retries, consent, money; or change that
    Policy {
        id: String,
        /// A JSON merge patch, such as {"limits":{"per_contact":3}}
        #[arg(long, value_name = "JSON", conflicts_with = "preset")]
        set: Option<String>,
        /// standard, us-strict, us-states or unrestricted
        #[arg(long)]
        preset: Option<String>,
    },
}

#[derive(Args, Debug)]
struct SetArgs {
    id: String,
    #[arg(long)]
    name: Option<String>,
    /// Calls open at once, 1 to 50
    #[arg(long)]
    cap: Option<u32>,
    /// Higher goes first, -100 to 100
    #[arg(long, allow_hyphen_values = true)]
    priority: Option<i32>,
    /// The provider's id of a number to call from; several take turns
    #[arg(long = "number", value_name = "ID")]
    numbers: Vec<String>,
    /// From then on nobody is called: ISO-8601 with a zone, or `never`
    #[arg(long, value_name = "MOMENT")]
    expires_at: Option<String>,
}

/// Does it, and says what came of it.
pub(crate) async fn run(args: CampaignArgs, settings: Settings) -> anyhow::Result<ExitCode> {
    let api = Api::new(&args.server, &settings);
    let get = async |path: String| api.ask(Method::GET, &path, None).await;
    let act = async |id: &str, action: &str, body: Value| {
        let path = format!("/api/campaigns/{id}/{action}");
        let answer = api.ask(Method::POST, &path, Some(&body)).await?;
        api.show(&answer, |answer| {
            format!("The campaign is {}.", text(answer, "status"))
        });
        anyhow::Ok(())
    };
    match args.what {
        What::List { archived } => {
            let answer = get(format!("/api/campaigns?limit=500&archived={archived}")).await?;
            api.show(&answer, list);
        }
        What::Show { id } => api.show(&get(format!("/api/campaigns/{id}")).await?, one),
        What::Why { id, contact: None } => api.show(&get(format!("/api/campaigns/{id}/why")).await?, why),
        What::Why {
            id,
            contact: Some(contact),
        } => {
            let answer = get(format!("/api/campaigns/{id}/contacts/{contact}/why")).await?;
            api.show(&answer, |answer| {
                format!("{}\n{}", text(answer, "state"), reasons(&answer["waits"]))
            });
        }
        What::Start { id, accept_missing } => {
            act(&id, "start", json!({ "accept_missing": accept_missing })).await?;
        }
        What::Schedule {
            id,
            at,
            accept_missing,
        } => {
            act(
                &id,
                "schedule",
                json!({ "starts_at": at, "accept_missing": accept_missing }),
            )
            .await?;
        }
        What::Unschedule { id } => act(&id, "unschedule", json!({})).await?,
        What::Pause { id } => act(&id, "pause", json!({})).await?,
        What::Resume { id } => act(&id, "resume", json!({})).await?,
        What::Cancel { id } => act(&id, "cancel", json!({})).await?,
        What::Abort { id } => act(&id, "abort", json!({})).await?,
        What::Redial { id, outcomes } => {
            let body = if outcomes.is_empty() {
                json!({})
            } else {
                json!({ "outcomes": outcomes })
            };
            let answer = api
                .ask(Method::POST, &format!("/api/campaigns/{id}/redial"), Some(&body))
                .await?;
            api.show(&answer, |answer| {
                format!("{} people are called again.", count(answer, "contacts"))
            });
        }
        What::Archive { id } => act(&id, "archive", json!({})).await?,
        What::Unarchive { id } => act(&id, "unarchive", json!({})).await?,
        What::Clone {
            id,
            name,
            without_people,
        } => {
            let mut body = json!({ "contacts": !without_people });
            if let Some(name) = name {
                body["name"] = name.into();
            }
            let answer = api
                .ask(Method::POST, &format!("/api/campaigns/{id}/clone"), Some(&body))
                .await?;
            api.show(&answer, one);
        }
        What::Append { id, file, region } => {
            let mut form = file_form(&file)?;
            if let Some(region) = region {
                form = form.text("default_region", region);
            }
            let answer = api.send(&format!("/api/campaigns/{id}/contacts"), form).await?;
            api.show(&answer, |answer| {
                let report = &answer["report"];
                format!(
                    "{} people added, {} already in the campaign, {} rows rejected, {} duplicates in the list.",
                    count(answer, "added"),
                    count(answer, "known"),
                    count(report, "rejected"),
                    count(report, "duplicates")
                )
            });
        }
        What::Set(args) => {
            let body = changes(&args);
            let path = format!("/api/campaigns/{}", args.id);
            api.show(&api.ask(Method::PATCH, &path, Some(&body)).await?, one);
        }
        What::Policy { id, set, preset } => {
            let path = format!("/api/campaigns/{id}/policy");
            let wanted = match (set, preset) {
                (Some(patch), _) => Some(serde_json::from_str(&patch).context("--set is not JSON")?),
                (None, Some(preset)) => Some(json!({ "preset": preset })),
                (None, None) => None,
            };
            let answer = match wanted {
                Some(policy) => {
                    let body = json!({ "policy": policy });
                    api.ask(Method::PATCH, &path, Some(&body)).await?
                }
                None => get(path).await?,
            };
            api.show(&answer, |answer| {
                format!("Version {}\n{:#}", answer["version"], answer["policy"])
            });
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// A file to be sent.
pub(super) fn file_form(file: &std::path::Path) -> anyhow::Result<reqwest::multipart::Form> {
    let bytes = std::fs::read(file).with_context(|| format!("cannot read {}", file.display()))?;
    let name = file
        .file_name()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned();
    let part = reqwest::multipart::Part::bytes(bytes).file_name(name);
    Ok(reqwest::multipart::Form::new().part("file", part))
}

fn changes(args: &SetArgs) -> Value {
    let mut body = json!({});
    if let Some(name) = &args.name {
        body["name"] = name.as_str().into();
    }
    if let Some(cap) = args.cap {
        body["cap"] = cap.into();
    }
    if let Some(priority) = args.priority {
        body["priority"] = priority.into();
    }
    if !args.numbers.is_empty() {
        body["phone_number_ids"] = args.numbers.clone().into();
    }
    match args.expires_at.as_deref() {
        None => {}
        Some("never") => body["expires_at"] = Value::Null,
        Some(moment) => body["expires_at"] = moment.into(),
    }
    body
}

fn list(answer: &Value) -> String {
    let mut out = String::new();
    for campaign in answer["items"].as_array().into_iter().flatten() {
        let _ = writeln!(
            out,
            "{}  {:<9}  {:>6} of {:>6}  {}",
            text(campaign, "id"),
            text(campaign, "status"),
            count(campaign, "final_contacts"),
            count(campaign, "total_contacts"),
            text(campaign, "name")
        );
    }
    if out.is_empty() {
        "No campaigns.".to_owned()
    } else {
        out
    }
}

fn one(answer: &Value) -> String {
    let campaign = answer.get("campaign").unwrap_or(answer);
    let mut out = format!(
        "{}  {}\n{}, {} of {} people done, {} calls open, cap {}, priority {}\n",
        text(campaign, "id"),
        text(campaign, "name"),
        text(campaign, "status"),
        count(campaign, "final_contacts"),
        count(campaign, "total_contacts"),
        count(campaign, "open_calls"),
        count(campaign, "cap"),
        campaign["priority"]
    );
    for (field, label) in [
        ("pause_reason", "paused"),
        ("starts_at", "starts"),
        ("expires_at", "expires"),
        ("archived_at", "archived"),
    ] {
        if let Some(value) = campaign[field].as_str() {
            let _ = writeln!(out, "{label}: {value}");
        }
    }
    let possible: Vec<&str> = campaign["possible_actions"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect();
    let _ = writeln!(out, "possible: {}", possible.join(", "));
    out
}

fn why(answer: &Value) -> String {
    let lines = format!(
        "{} of {} lines in use",
        count(answer, "open_calls"),
        count(answer, "cap")
    );
    let campaign = reasons(&answer["campaign"]);
    let contacts = reasons(&answer["contacts"]);
    format!("{}, {lines}\n{campaign}{contacts}", text(answer, "status"))
}

fn reasons(reasons: &Value) -> String {
    let mut out = String::new();
    for reason in reasons.as_array().into_iter().flatten() {
        let _ = write!(out, "{:>7}  {}", count(reason, "contacts"), text(reason, "words"));
        if let Some(opens) = reason["opens"].as_str() {
            let _ = write!(out, "; opens {opens}");
        } else if let Some(until) = reason["until"].as_str() {
            let _ = write!(out, "; until {until}");
        }
        if let Some(advice) = reason["advice"].as_str() {
            let _ = write!(out, ". {advice}");
        }
        out.push('\n');
    }
    out
}
