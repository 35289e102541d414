//! `autolynx campaign`: what the pages do with campaigns, from a shell.

mod call;
mod contacts;
mod export;
mod forecast;
mod order;
mod preflight;
mod set;
mod show;
mod why;

use std::{path::PathBuf, process::ExitCode};

use anyhow::Context;
use clap::{Args, Subcommand};
use reqwest::Method;
use serde_json::{Value, json};

use self::{contacts::ContactsArgs, export::ExportArgs, set::SetArgs};
pub(super) use self::{order::OrderArgs, show::one};
use crate::{
    api::{Api, PageArgs, ServerArgs, count, file_form, text},
    commands::import::report,
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
        #[command(flatten)]
        part: PageArgs,
    },
    /// One campaign and how far it is
    Show { id: String },
    /// Why it is not dialling, or not faster; or why one contact of it is not called
    Why {
        id: String,
        #[arg(long, value_name = "ID")]
        contact: Option<String>,
    },
    /// What stands in the way of its calls, before it starts
    Preflight { id: String },
    /// When it will be finished and what it will have cost
    Forecast { id: String },
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
        /// When: 2027-01-04T09:00:00-05:00, or with --zone what the clock there shows, 2027-01-04T09:00
        #[arg(long, value_name = "TIME")]
        at: String,
        /// The time zone of --at, such as America/New_York
        #[arg(long)]
        zone: Option<String>,
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
    /// Its people: those called last first, then those who wait
    Contacts(ContactsArgs),
    /// One of its calls: what happened and what was said (`contacts` tells the ids)
    ShowCall { call: String },
    /// Its result as CSV: a row for each of its people, with the latest call
    Export(ExportArgs),
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

/// Does it, and says what came of it.
pub(crate) async fn run(args: CampaignArgs, settings: Settings) -> anyhow::Result<ExitCode> {
    let api = Api::new(&args.server, &settings)?;
    let get = async |path: String| api.ask(Method::GET, &path, None).await;
    let act = async |id: &str, action: &str, body: Value| {
        let path = format!("/api/campaigns/{id}/{action}");
        let answer = api.ask(Method::POST, &path, Some(&body)).await?;
        api.show(&answer, |answer| {
            format!("The campaign is {}.", text(answer, "status"))
        })
    };
    match args.what {
        What::List { archived, part } => {
            let filter = archived.then_some("true");
            let answer = api.rows("/api/campaigns", &[("archived", filter)], &part).await?;
            api.show(&answer, show::list)?;
        }
        What::Show { id } => api.show(&get(format!("/api/campaigns/{id}")).await?, one)?,
        What::Why { id, contact: None } => {
            api.show(&get(format!("/api/campaigns/{id}/why")).await?, why::campaign)?;
        }
        What::Why {
            id,
            contact: Some(contact),
        } => {
            let answer = get(format!("/api/campaigns/{id}/contacts/{contact}/why")).await?;
            api.show(&answer, why::contact)?;
        }
        What::Preflight { id } => {
            api.show(
                &get(format!("/api/campaigns/{id}/preflight")).await?,
                preflight::words,
            )?;
        }
        What::Forecast { id } => {
            api.show(
                &get(format!("/api/campaigns/{id}/forecast")).await?,
                forecast::words,
            )?;
        }
        What::Start { id, accept_missing } => {
            act(&id, "start", json!({ "accept_missing": accept_missing })).await?;
        }
        What::Schedule {
            id,
            at,
            zone,
            accept_missing,
        } => {
            let mut body = json!({ "starts_at": at, "accept_missing": accept_missing });
            if let Some(zone) = zone {
                body["zone"] = zone.into();
            }
            let path = format!("/api/campaigns/{id}");
            let mut answer = api
                .ask(Method::POST, &format!("{path}/schedule"), Some(&body))
                .await?;
            // What the clock of a zone shows is better checked as a moment.
            if let Ok(campaign) = get(path).await {
                answer["starts_at"] = campaign["starts_at"].clone();
            }
            api.show(&answer, |answer| {
                format!(
                    "The campaign is {} and starts {}.",
                    text(answer, "status"),
                    text(answer, "starts_at")
                )
            })?;
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
            })?;
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
            api.show(&answer, one)?;
        }
        What::Append { id, file, region } => {
            let mut form = file_form(&file)?;
            if let Some(region) = region {
                form = form.text("default_region", region);
            }
            let answer = api.send(&format!("/api/campaigns/{id}/contacts"), form).await?;
            api.show(&answer, |answer| {
                format!(
                    "{} people added, {} already in the campaign.\n{}",
                    count(answer, "added"),
                    count(answer, "known"),
                    report::words(&answer["report"])
                )
            })?;
        }
        What::Contacts(args) => contacts::run(&api, &args).await?,
        What::ShowCall { call } => {
            api.show(&get(format!("/api/calls/{call}")).await?, call::words)?;
        }
        What::Export(args) => export::run(&api, &args).await?,
        What::Set(args) => {
            let path = format!("/api/campaigns/{}", args.id);
            let answer = api.ask(Method::PATCH, &path, Some(&args.changes())).await?;
            api.show(&answer, one)?;
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
            })?;
        }
    }
    Ok(ExitCode::SUCCESS)
}
