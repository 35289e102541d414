//! `autolynx campaign contacts`: the people of a campaign.

use clap::{Args, builder::PossibleValuesParser};
use domain::{call::CallStatus, contact::ContactState, outcome::Outcome};
use serde_json::Value;

use crate::api::{Api, PageArgs, count, left_out, table, text};

/// Which of them.
#[derive(Args, Debug)]
pub(super) struct ContactsArgs {
    id: String,
    /// Only those who stand so
    #[arg(long, value_parser = PossibleValuesParser::new(ContactState::ALL.map(ContactState::as_str)))]
    state: Option<String>,
    /// Only those whose calls came to this
    #[arg(long, value_parser = PossibleValuesParser::new(Outcome::ALL.map(Outcome::as_str)))]
    outcome: Option<String>,
    /// Only those whose latest call stands so
    #[arg(long, value_parser = PossibleValuesParser::new(CallStatus::ALL.map(CallStatus::as_str)))]
    status: Option<String>,
    /// Only those with this in their name, business or number
    #[arg(long, value_name = "TEXT")]
    search: Option<String>,
    #[command(flatten)]
    part: PageArgs,
}

/// Shows them.
pub(super) async fn run(api: &Api, args: &ContactsArgs) -> anyhow::Result<()> {
    let filters = [
        ("state", args.state.as_deref()),
        ("outcome", args.outcome.as_deref()),
        ("status", args.status.as_deref()),
        ("q", args.search.as_deref()),
    ];
    let path = format!("/api/campaigns/{}/contacts", args.id);
    api.show(&api.rows(&path, &filters, &args.part).await?, words)
}

fn words(answer: &Value) -> String {
    if count(answer, "total") == 0 {
        return "Nobody.".to_owned();
    }
    let head = ["contact", "phone", "state", "what", "when", "latest call", "name"];
    let mut rows = vec![head.map(str::to_owned)];
    for contact in answer["items"].as_array().into_iter().flatten() {
        rows.push([
            text(contact, "id").to_owned(),
            text(contact, "phone").to_owned(),
            text(contact, "state").to_owned(),
            what(contact),
            when(contact),
            text(&contact["call"], "id").to_owned(),
            text(contact, "name").to_owned(),
        ]);
    }
    table(&rows) + &left_out(answer)
}

/// What its calls came to, why it was left out, or why it waits; while it is called, how the call stands.
fn what(contact: &Value) -> String {
    let told = contact["outcome"].as_str().or(contact["reason"].as_str());
    told.unwrap_or_else(|| text(&contact["call"], "status"))
        .to_owned()
}

/// From when on it is called again; else when its latest call ended, or how far that got.
fn when(contact: &Value) -> String {
    if let Some(at) = contact["eligible_at"].as_str() {
        return format!("from {at}");
    }
    let reached = ["ended_at", "started_at", "reserved_at"];
    let reached = reached
        .iter()
        .find_map(|moment| contact["call"][*moment].as_str());
    reached.unwrap_or("-").to_owned()
}
