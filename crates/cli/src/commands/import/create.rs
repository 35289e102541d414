//! A list becomes a campaign of a running node.

use std::path::Path;

use anyhow::bail;
use clap::Args;

use super::{Home, report};
use crate::{
    api::{Api, file_form},
    commands::campaign::{OrderArgs, one},
};

/// The campaign that a list becomes.
#[derive(Args, Debug)]
#[command(next_help_heading = "Make a campaign of the list")]
pub(super) struct CampaignWish {
    /// What people call the campaign
    #[arg(long, requires = "assistant")]
    name: Option<String>,
    /// The assistant that talks: our id of it, or the provider's
    #[arg(long, value_name = "ID", requires = "name")]
    assistant: Option<String>,
    /// The provider's id of a number to call from; several take turns [default: VAPI_PHONE_NUMBER_ID of the node]
    #[arg(long = "number", value_name = "ID")]
    numbers: Vec<String>,
    /// Calls open at once, 1 to 50 [default: DEFAULT_CONCURRENCY_CAP of the node]
    #[arg(long, value_name = "CALLS")]
    cap: Option<u32>,
    /// Higher goes first, -100 to 100 [default: 0]
    #[arg(long, allow_hyphen_values = true)]
    priority: Option<i32>,
    /// standard, us-strict, us-states or unrestricted, or a JSON merge patch over the default [default: DEFAULT_POLICY of the node]
    #[arg(long, value_name = "PRESET|JSON")]
    policy: Option<String>,
    #[command(flatten)]
    order: OrderArgs,
    /// Begin calling at once
    #[arg(long)]
    start: bool,
    /// Import the list even if the same was imported with the same settings in the last minutes
    #[arg(long)]
    allow_repeat: bool,
}

impl CampaignWish {
    /// Whether a campaign is to be made.
    ///
    /// # Errors
    /// When something is said about one that has no name.
    pub(super) fn is_wanted(&self) -> anyhow::Result<bool> {
        if self.name.is_none() && !self.fields().is_empty() {
            bail!("give --name and --assistant too: without them the list is only checked");
        }
        Ok(self.name.is_some())
    }

    /// The fields of the form that are filled in.
    fn fields(&self) -> Vec<(&'static str, String)> {
        let numbers = (!self.numbers.is_empty()).then(|| self.numbers.join(","));
        let fields = [
            ("name", self.name.clone()),
            ("assistant_id", self.assistant.clone()),
            ("phone_number_id", numbers),
            ("cap", self.cap.map(|cap| cap.to_string())),
            ("priority", self.priority.map(|priority| priority.to_string())),
            ("policy", self.policy.clone()),
            ("mode", self.order.mode.clone()),
            ("batch_size", self.order.batch_size.map(|size| size.to_string())),
            (
                "quiet_line_gate",
                self.order.quiet_line.map(|gate| gate.to_string()),
            ),
            ("start", self.start.then(|| "true".to_owned())),
            ("allow_repeat", self.allow_repeat.then(|| "true".to_owned())),
        ];
        fields
            .into_iter()
            .filter_map(|(field, value)| Some((field, value?)))
            .collect()
    }
}

/// Makes it, and says what became of the rows.
pub(super) async fn run(
    api: &Api,
    file: &Path,
    home: Option<Home>,
    campaign: &CampaignWish,
) -> anyhow::Result<()> {
    let mut form = file_form(file)?;
    for (field, value) in campaign.fields() {
        form = form.text(field, value);
    }
    if let Some(Home(region)) = home {
        form = form.text(
            "default_region",
            region.map_or_else(String::new, |r| r.to_string()),
        );
    }
    let answer = api.send("/api/campaigns", form).await?;
    api.show(&answer, |answer| {
        format!("{}{}", report::words(&answer["report"]), one(answer))
    })
}
