//! `GET /api/campaigns/{id}/preflight`: what stands in the way of the calls of a campaign, before it starts.

use axum::{Json, extract::State};
use domain::{ids::CampaignId, time::UtcMs, waiting::Cause};
use serde::Serialize;

use super::{act_on_campaign::gaps, forecast::ForecastJson, shapes::dollars, unfit::words};
use crate::{error::ApiError, extract::Id, state::AppState, troubles::held};

/// What was found. People may be counted for several reasons.
#[derive(Serialize)]
pub(crate) struct PreflightJson {
    status: &'static str,
    /// Everybody on the list.
    people: u32,
    rows_rejected: u32,
    /// Rows that repeat a number of the list.
    rows_duplicate: u32,
    /// People who wait to be called; the others are final.
    waiting: u64,
    /// What keeps the whole node from placing calls: its clock, or the provider.
    blocked_by: Vec<HeldJson>,
    /// Of them, who can be called, now or later.
    callable: u64,
    /// Who also waits in another campaign that is not over.
    elsewhere: u64,
    suppressed: u64,
    without_consent: u64,
    without_zone: u64,
    /// For whom the hour is not lawful now and will be later.
    outside_hours: u64,
    /// For whom no hour of the coming year is lawful.
    never_lawful: u64,
    /// When the first of them may be called.
    first_call_at: Option<String>,
    variables: Vec<LackingJson>,
    /// Words of the assistant that are still to be filled in.
    placeholders: Vec<String>,
    /// Why the assistant cannot call.
    assistant_trouble: Option<&'static str>,
    numbers: Vec<LineJson>,
    /// Lines of the account that may be used, and calls open on them.
    usable_lines: u32,
    open_calls: u32,
    /// From then on nobody is called; before the calls begin, nobody ever is.
    expires_at: Option<String>,
    /// What one call holds of a budget until its cost is known; absent when the campaign has none, or costs are not shown.
    #[serde(skip_serializing_if = "Option::is_none")]
    worst_case_usd: Option<f64>,
    /// Why the provider refused a call of the account, when it has accepted none since.
    refusal: Option<RefusalJson>,
    /// When it will be finished and what it will have cost; absent once it is over.
    forecast: Option<ForecastJson>,
}

/// A reason for which the whole node places no calls, or none that succeed.
#[derive(Serialize)]
struct HeldJson {
    /// The cause and what belongs to it.
    #[serde(flatten)]
    cause: Cause,
    /// The same in words.
    words: String,
    /// What to do about it.
    advice: Option<&'static str>,
}

/// A variable of the assistant's words that people lack.
#[derive(Serialize)]
struct LackingJson {
    name: String,
    people: u64,
    /// Whether the list has such a column.
    column: bool,
    similar_column: Option<String>,
}

/// A refusal that may meet every call of the account: no credit, a bad key.
#[derive(Serialize)]
struct RefusalJson {
    /// The campaign that was paused for it.
    campaign_id: String,
    reason: String,
    at: String,
}

/// A number that calls.
#[derive(Serialize)]
struct LineJson {
    phone_number_id: String,
    phone_number: Option<String>,
    /// `healthy`, `busy` or `error`; absent when the provider has not told, or is not asked.
    line: Option<&'static str>,
}

/// 200; 404.
pub(crate) async fn handler(
    State(state): State<AppState>,
    Id(id): Id<CampaignId>,
) -> Result<Json<PreflightJson>, ApiError> {
    let (store, now) = (state.store(), state.now());
    let missing = || ApiError::not_found("campaign");
    let campaign = store.campaign(id).await?.ok_or_else(missing)?;
    let policy = store.policy(id).await?.ok_or_else(missing)?.policy;
    let found = store.preflight(id, &policy, campaign.starts_at, now).await?;
    let gaps = gaps(&state, &campaign).await?;
    let account = store.account(now).await?;
    let open = store.open_calls_by_number().await?;
    let forecast = state.forecasts.ask(&campaign).await?;
    let features = state.settings.features;
    let listed = if features.phone_line_health_check {
        state.numbers.glance()
    } else {
        None
    };
    let line = |number: &str| {
        let known = listed.as_ref()?.numbers.iter().find(|known| known.id == number)?;
        let live = open.get(number).copied().unwrap_or(0);
        Some(features.line(known, live)?.as_str())
    };
    Ok(Json(PreflightJson {
        status: campaign.status.as_str(),
        people: campaign.total_contacts,
        rows_rejected: campaign.rows_rejected,
        rows_duplicate: campaign.rows_duplicate,
        waiting: found.waiting,
        blocked_by: held(&state.engine)
            .into_iter()
            .map(|cause| HeldJson {
                words: cause.words(),
                advice: cause.advice(),
                cause,
            })
            .collect(),
        callable: found.callable,
        elsewhere: found.elsewhere,
        suppressed: found.suppressed,
        without_consent: found.without_consent,
        without_zone: found.without_zone,
        outside_hours: found.outside_hours,
        never_lawful: found.never_lawful,
        first_call_at: found.first_lawful_at.map(UtcMs::to_iso),
        variables: gaps
            .lacking
            .into_iter()
            .map(|lacking| LackingJson {
                name: lacking.name,
                people: lacking.people,
                column: lacking.column,
                similar_column: lacking.similar_column,
            })
            .collect(),
        placeholders: gaps.placeholders,
        assistant_trouble: campaign.assistant_trouble.map(|trouble| words(trouble).0),
        numbers: campaign
            .numbers
            .iter()
            .map(|number| LineJson {
                phone_number_id: number.id.clone(),
                phone_number: number.number.clone(),
                line: line(&number.id),
            })
            .collect(),
        usable_lines: account.lines().usable(),
        open_calls: account.open_calls,
        expires_at: campaign.expires_at.map(UtcMs::to_iso),
        worst_case_usd: match policy.money.budget_usd_micros {
            Some(_) if features.cost_tracking => Some(dollars(state.engine.worst_case().await?)),
            _ => None,
        },
        refusal: store.account_refusal().await?.map(|refusal| RefusalJson {
            campaign_id: refusal.campaign.to_string(),
            reason: refusal.reason,
            at: refusal.at.to_iso(),
        }),
        forecast: forecast.map(|made| ForecastJson::of(&made, campaign.cap, features)),
    }))
}
