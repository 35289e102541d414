//! `GET /api/campaigns/{id}/forecast`: when a campaign will be finished and what it will have cost.

use axum::{Json, extract::State};
use domain::{
    forecast::{Band, Row},
    ids::CampaignId,
    time::UtcMs,
};
use serde::Serialize;
use serde_json::{Map, Value};

use super::shapes::dollars;
use crate::{error::ApiError, extract::Id, features::Features, forecasts::Made, state::AppState};

/// A forecast.
#[derive(Serialize)]
pub(crate) struct ForecastJson {
    /// As of when.
    at: String,
    /// For fewer lines, as many as the campaign may use, and more. Empty: nobody is left who can be called.
    rows: Vec<RowJson>,
    /// Calls of the account that it rests on.
    based_on_calls: usize,
    /// Whether those are so few that assumptions are part of it.
    assumed: bool,
    /// What calls come to, in hundredths.
    outcomes_percent: Map<String, Value>,
    /// How long a call holds its line on average, in milliseconds.
    line_ms_per_call: i64,
}

/// What is to be expected with a number of lines.
#[derive(Serialize)]
struct RowJson {
    cap: u32,
    /// Whether the campaign may use so many.
    chosen: bool,
    /// When the last of its people is final. `null`: not within 400 days.
    finish_at: Option<BandJson<String>>,
    /// `null` where costs are not shown.
    cost_usd: Option<BandJson<f64>>,
    cost_usd_micros: Option<BandJson<i64>>,
    /// In how many of a hundred cases the budget stops it before everybody was called.
    stopped_by_budget_percent: u32,
}

/// What is not reached in one case of ten, in half of them, in nine of ten.
#[derive(Serialize)]
struct BandJson<T> {
    p10: T,
    p50: T,
    p90: T,
}

impl<T> BandJson<T> {
    fn of<V>(band: Band<V>, to: impl Fn(V) -> T) -> Self {
        Self {
            p10: to(band.low),
            p50: to(band.middle),
            p90: to(band.high),
        }
    }
}

impl ForecastJson {
    pub(super) fn of(made: &Made, cap: u32, features: Features) -> Self {
        let row = |row: &Row| RowJson {
            cap: row.cap,
            chosen: row.cap == cap,
            finish_at: row.finish.map(|band| BandJson::of(band, UtcMs::to_iso)),
            cost_usd: features.cost_tracking.then(|| BandJson::of(row.cost, dollars)),
            cost_usd_micros: features
                .cost_tracking
                .then(|| BandJson::of(row.cost, |cost| cost.0)),
            stopped_by_budget_percent: row.stopped_by_budget_percent,
        };
        let outcomes = made.mix.iter();
        Self {
            at: made.at.to_iso(),
            rows: made.forecast.rows.iter().map(row).collect(),
            based_on_calls: made.calls,
            assumed: !made.is_enough,
            outcomes_percent: outcomes
                .map(|(outcome, percent)| (outcome.as_str().to_owned(), Value::from(*percent)))
                .collect(),
            line_ms_per_call: made.mean_line_ms,
        }
    }
}

/// 200, with `null` for a campaign that is over; 404.
pub(crate) async fn handler(
    State(state): State<AppState>,
    Id(id): Id<CampaignId>,
) -> Result<Json<Option<ForecastJson>>, ApiError> {
    let campaign = state.store().campaign(id).await?;
    let campaign = campaign.ok_or_else(|| ApiError::not_found("campaign"))?;
    let made = state.forecasts.ask(&campaign).await?;
    Ok(Json(made.map(|made| {
        ForecastJson::of(&made, campaign.cap, state.settings.features)
    })))
}
