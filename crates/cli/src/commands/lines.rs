//! `autolynx lines`: the lines of the account, from a shell.

use std::{fmt::Write, process::ExitCode};

use anyhow::Context;
use clap::Args;
use reqwest::Method;
use serde_json::{Value, json};

use crate::{
    api::{Api, ServerArgs, count},
    settings::Settings,
};

/// What to change; without any, the lines are shown.
#[derive(Args, Debug)]
pub(crate) struct LinesArgs {
    #[command(flatten)]
    server: ServerArgs,
    /// Lines kept free for other traffic
    #[arg(long)]
    reserved: Option<u32>,
    /// Calls in any one second at most, or `none`
    #[arg(long, value_name = "CALLS")]
    per_second: Option<String>,
    /// Calls that a number may have open, as ID=CALLS, or ID=none; may be given several times
    #[arg(long = "number", value_name = "ID=CALLS")]
    numbers: Vec<String>,
}

/// Does it, and shows the lines.
pub(crate) async fn run(args: LinesArgs, settings: Settings) -> anyhow::Result<ExitCode> {
    let api = Api::new(&args.server, &settings)?;
    let mut body = json!({});
    if let Some(reserved) = args.reserved {
        body["reserved_lines"] = reserved.into();
    }
    if let Some(limit) = &args.per_second {
        body["calls_per_second"] = limit_of(limit)?;
    }
    for number in &args.numbers {
        let (id, limit) = number.rsplit_once('=').context("--number is ID=CALLS")?;
        body["caps_of_numbers"][id] = limit_of(limit)?;
    }
    let nothing = body.as_object().is_some_and(serde_json::Map::is_empty);
    let answer = if nothing {
        api.ask(Method::GET, "/api/lines", None).await?
    } else {
        api.ask(Method::PATCH, "/api/lines", Some(&body)).await?
    };
    api.show(&answer, lines)?;
    Ok(ExitCode::SUCCESS)
}

fn limit_of(text: &str) -> anyhow::Result<Value> {
    if text == "none" {
        return Ok(Value::Null);
    }
    let calls: u32 = text.parse().context("a number of calls, or `none`")?;
    Ok(calls.into())
}

fn lines(answer: &Value) -> String {
    let mut out = format!(
        "{} of {} usable lines in use ({} lines, {} kept free)\n",
        count(answer, "open_calls"),
        count(answer, "usable_lines"),
        count(answer, "lines"),
        count(answer, "reserved_lines")
    );
    if let Some(learnt) = answer["learnt_lines"].as_u64() {
        let _ = writeln!(out, "the provider lately allowed {learnt}");
    }
    match answer["calls_per_second"].as_u64() {
        Some(limit) => {
            let _ = writeln!(out, "at most {limit} calls in any second");
        }
        None => out.push_str("no limit of calls in a second\n"),
    }
    for (number, cap) in answer["caps_of_numbers"].as_object().into_iter().flatten() {
        let open = answer["open_by_number"][number].as_u64().unwrap_or(0);
        let _ = writeln!(out, "{number}: {open} of {cap}");
    }
    out
}
