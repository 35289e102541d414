//! When a campaign will be finished and what it will have cost, in words.

use domain::{
    campaign::CampaignStatus,
    forecast::{
        Band,
        experience::{ASSUMED_MIX, ASSUMED_PER_MINUTE},
    },
    outcome::Outcome,
    time::UtcMs,
};
use store::Campaign;

use crate::{
    features::Features,
    forecasts::Made,
    moments,
    pages::{
        Badge, Forecast, ForecastRow, Spread,
        show::{count, count_of, span, usd},
    },
};

/// Outcomes named at most.
const NAMED: usize = 3;

/// A forecast, told by the clock of a zone. `None`: nobody is left who can be called.
pub(crate) fn view(campaign: &Campaign, made: &Made, features: Features, zone: &str) -> Option<Forecast> {
    let mut rows: Vec<ForecastRow> = made
        .forecast
        .rows
        .iter()
        .map(|row| ForecastRow {
            lines: row.cap,
            chosen: row.cap == campaign.cap,
            finish: finish(row.finish, zone),
            cost: Spread::new(
                &usd(row.cost.low.0),
                &usd(row.cost.middle.0),
                &usd(row.cost.high.0),
            ),
        })
        .collect();
    drop_alike(&mut rows);
    let stopped = made.forecast.rows.iter().find(|row| row.cap == campaign.cap);
    let stopped = stopped.map_or(0, |row| row.stopped_by_budget_percent);
    let mut assumptions = vec![basis(made, features)];
    if stopped > 0 && features.cost_tracking {
        assumptions.push(format!("In {stopped} of 100 cases the budget stops it first."));
    }
    if campaign.status == CampaignStatus::Paused {
        assumptions.push("If it is resumed now.".to_owned());
    }
    assumptions.push(format!("Times are those of {}.", place(zone)));
    (!rows.is_empty()).then_some(Forecast { rows, assumptions })
}

/// More lines than the account has change nothing: what is as with the chosen number is not told.
fn drop_alike(rows: &mut Vec<ForecastRow>) {
    let chosen = rows.iter().find(|row| row.chosen).cloned();
    let alike = |row: &ForecastRow| {
        let same = |chosen: &ForecastRow| row.finish == chosen.finish && row.cost == chosen.cost;
        chosen.as_ref().is_some_and(same)
    };
    rows.retain(|row| row.chosen || !alike(row));
}

fn finish(band: Option<Band<UtcMs>>, zone: &str) -> Spread {
    let Some(band) = band else {
        return Spread::new("–", "not within a year", "–");
    };
    let words = |at| moments::words_there(at, zone);
    Spread::new(&words(band.low), &words(band.middle), &words(band.high))
}

/// What the forecast rests on.
fn basis(made: &Made, features: Features) -> String {
    let mean = format!("{} a call", span(made.mean_line_ms));
    if made.is_enough {
        let calls = count(made.calls as u64);
        return format!("From your last {calls} calls: {}, {mean}.", mix(&made.mix));
    }
    let mut assumed = mix(&ASSUMED_MIX);
    if features.cost_tracking {
        assumed += &format!(", {} an answered minute", usd(ASSUMED_PER_MINUTE.0));
    }
    match made.calls {
        0 => format!("Assumed, as you have made no calls yet: {assumed}, {mean}."),
        calls => format!(
            "From {} and, as those are few, assumptions: {assumed}.",
            count_of(calls as u64, "call", "calls")
        ),
    }
}

fn mix(mix: &[(Outcome, u32)]) -> String {
    let mut parts: Vec<_> = mix.to_vec();
    parts.sort_by_key(|(_, percent)| std::cmp::Reverse(*percent));
    let named = parts.iter().take(NAMED).map(|(outcome, percent)| {
        let label = Badge::outcome(outcome.as_str()).label.to_lowercase();
        format!("{percent}% {label}")
    });
    named.collect::<Vec<_>>().join(", ")
}

/// `America/New_York` as people say it.
fn place(zone: &str) -> String {
    match zone.rsplit('/').next() {
        Some(city) => city.replace('_', " "),
        None => zone.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_that_change_nothing_are_not_told() {
        let row = |lines, chosen, finish| ForecastRow {
            lines,
            chosen,
            finish: Spread::new(finish, finish, finish),
            cost: Spread::new("$1.00", "$2.00", "$3.00"),
        };
        let mut rows = vec![row(4, false, "Tue"), row(8, true, "Mon"), row(16, false, "Mon")];
        drop_alike(&mut rows);
        assert_eq!(rows.iter().map(|row| row.lines).collect::<Vec<_>>(), [4, 8]);
    }
}
