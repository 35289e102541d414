//! Campaigns to measure on.

use domain::{
    campaign::{Kind, Mode},
    ids::{AssistantId, CampaignId},
    time::UtcMs,
};
use store::{NewAssistant, NewCampaign, Store};

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
        phone_number_id: "20000000-0000-4000-8000-000000000001".to_owned(),
        phone_number: Some("+14155550100".to_owned()),
    }
}

/// A campaign without contacts yet.
pub(crate) async fn empty_campaign(store: &Store, name: &str) -> anyhow::Result<CampaignId> {
    let assistant = assistant(store).await?;
    let import = store.begin_import(&campaign(name, assistant), NOW).await?;
    Ok(import.finish(store::Totals::default(), &[]).await?)
}
