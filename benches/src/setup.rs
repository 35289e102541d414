//! Campaigns to measure on.

use anyhow::Context;
use domain::{
    campaign::{Kind, Mode},
    consent::Consent,
    ids::{AssistantId, CampaignId},
    policy::Policy,
    time::UtcMs,
};
use store::{CallerNumber, NewAssistant, NewCampaign, Store};

/// The moment at which everything here happens.
pub(crate) const NOW: UtcMs = UtcMs(1_795_000_000_000);
/// The lines that claims fill.
pub(crate) const LINES: u32 = 8;

/// Registers an assistant.
pub(crate) async fn assistant(store: &Store) -> anyhow::Result<AssistantId> {
    let assistant = NewAssistant {
        provider_assistant_id: "10000000-0000-4000-8000-000000000001".to_owned(),
        name: "Appointments".to_owned(),
        config_json: "{}".to_owned(),
        author: String::new(),
    };
    Ok(store.register_assistant(&assistant, NOW).await?.id)
}

/// A campaign that takes all of [`LINES`].
pub(crate) fn campaign(name: &str, assistant_id: AssistantId) -> NewCampaign {
    NewCampaign {
        kind: Kind::List,
        name: name.to_owned(),
        mode: Mode::Continuous,
        cap: LINES,
        batch_size: None,
        quiet_line_gate: false,
        assistant_id,
        numbers: vec![CallerNumber {
            id: "20000000-0000-4000-8000-000000000001".to_owned(),
            number: Some("+14155550100".to_owned()),
        }],
        priority: 0,
        policy: Policy::unrestricted(),
        expires_at: None,
    }
}

/// Every rule there is: hours of every state, limits, retries, consent, a budget.
fn every_rule() -> anyhow::Result<Policy> {
    let mut policy = Policy::preset("us-states").context("the preset is gone")?;
    policy.limits.per_number = Some(9);
    policy.consent = Some(Consent {
        column: "consent".to_owned(),
    });
    policy.money.budget_usd_micros = Some(1_000_000_000_000);
    Ok(policy)
}

/// A campaign without contacts yet, under every rule there is.
pub(crate) async fn empty_campaign(store: &Store, name: &str) -> anyhow::Result<CampaignId> {
    let assistant = assistant(store).await?;
    let campaign = NewCampaign {
        policy: every_rule()?,
        ..campaign(name, assistant)
    };
    let import = store.begin_import(&campaign, NOW).await?;
    Ok(import.finish(store::Totals::default(), &[]).await?)
}
