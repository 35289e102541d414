//! When a person may be called: hours by the clock on their own wall.
//!
//! [`Hours`] are a rule that binds everywhere, and further rules for people of single states. Together with a
//! [`Place`] they answer two questions: may this person be called now ([`Hours::at`]), and if not, from when on
//! ([`Hours::next_lawful`]). A place may lie in several zones and states, and then all of them have to allow it.
//!
//! Everything fails closed: a zone that nobody knows, a week without windows, a window that makes no sense, and a moment
//! outside 1970 to 2199 never allow a call.
//!
//! What people may edit is checked by [`Hours::check`]; what ships with us are the [presets](Hours::presets), a file
//! that somebody who knows the law can read.

mod check;
mod day;
mod holidays;
mod presets;
mod search;
mod window;
mod words;

use std::{collections::BTreeMap, sync::Arc};

use serde::{Deserialize, Serialize};

pub use check::Fault;
pub use day::{Day, DayError};
pub use holidays::{Calendar, Holidays, Yearly, YearlyError};
pub use presets::PresetInfo;
pub use window::{DayNameError, Week, Window, WindowError};
pub use words::{city, coming_words, local_words};

use crate::{
    place::{Place, clock::Clock, zones_of_region},
    time::{HOUR_MS, UtcMs},
};
use search::Bound;

/// How far [`Hours::next_lawful`] looks: a year of holidays, and a month.
const HORIZON_MS: i64 = 400 * 24 * HOUR_MS;

/// When people may be called.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Hours {
    /// The preset that these hours came from, changed or not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub preset: Option<String>,
    /// What binds everybody. The default never allows a call.
    pub rule: Rule,
    /// What binds people of a region as well, by its ISO 3166-2 code (`US-FL`). It can only narrow the rule.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub regions: BTreeMap<String, Rule>,
}

/// A rule of hours and attempts.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Rule {
    /// The hours of ordinary days.
    pub week: Week,
    /// Days with other hours.
    #[serde(skip_serializing_if = "Holidays::is_empty")]
    pub holidays: Holidays,
    /// How often one number may be called in 24 hours.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub attempts_per_day: Option<u32>,
    /// Milliseconds that have to lie between two calls of one number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub gap_ms: Option<i64>,
    /// Where the rule stands.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// The day on which the source was read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub as_of: Option<String>,
}

/// Whether somebody may be called at a moment.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Moment {
    /// They may, until this moment, which is no longer in it. [`Moment::FOREVER`] if no hours bind; otherwise 400 days
    /// ahead at most.
    Open {
        /// The first moment at which they may not.
        until: UtcMs,
    },
    /// They may not.
    Closed {
        /// The first moment at which they may. `None`: not within 400 days.
        opens_at: Option<UtcMs>,
    },
    /// Nobody knows what time it is where they are, so they may not.
    NoZone,
}

impl Moment {
    /// The end of what has no end: the beginning of the year 9999.
    pub const FOREVER: UtcMs = UtcMs(253_370_764_800_000);

    /// Whether a call is allowed.
    #[must_use]
    pub const fn is_open(self) -> bool {
        matches!(self, Self::Open { .. })
    }
}

/// The windows of a day.
struct DayWindows<'a> {
    windows: &'a [Window],
    /// Whether the day has hours of its own, so that none of the day before go on into it.
    is_special: bool,
}

impl Rule {
    /// The same windows every day, and nothing else.
    #[must_use]
    pub fn daily(windows: &[Window]) -> Self {
        Self {
            week: Week::daily(windows),
            ..Self::default()
        }
    }

    /// Whether it allows calls at any time, so that no zone matters.
    #[must_use]
    pub fn is_anytime(&self) -> bool {
        self.week.is_always_open() && self.holidays.is_empty()
    }

    fn windows(&self, day: Day) -> DayWindows<'_> {
        match self.holidays.on(day) {
            Some(windows) => DayWindows {
                windows,
                is_special: true,
            },
            None => DayWindows {
                windows: &self.week.0[usize::from(day.weekday())],
                is_special: false,
            },
        }
    }
}

impl Hours {
    /// At any time, anywhere.
    #[must_use]
    pub fn anytime() -> Self {
        Self {
            preset: Some("anytime".to_owned()),
            rule: Rule::daily(&[Window::WHOLE_DAY]),
            regions: BTreeMap::new(),
        }
    }

    /// Whether no hours bind anybody.
    #[must_use]
    pub fn is_anytime(&self) -> bool {
        self.rule.is_anytime() && self.regions.values().all(Rule::is_anytime)
    }

    /// The hours that ship under this name. Each call makes a copy to be edited.
    #[must_use]
    pub fn preset(id: &str) -> Option<Self> {
        presets::find(id).cloned()
    }

    /// What ships.
    #[must_use]
    pub fn presets() -> &'static [PresetInfo] {
        presets::all()
    }

    /// What is wrong with hours that a person wrote.
    ///
    /// # Errors
    ///
    /// Every fault with the path of its field.
    pub fn check(&self) -> Result<(), Vec<Fault>> {
        check::check(self)
    }

    /// The rules that bind a person there: the one for everybody first, then those of all regions that are possible.
    pub fn rules<'a>(&'a self, place: &'a Place) -> impl Iterator<Item = &'a Rule> {
        let regional = place.regions.iter().filter_map(|region| self.regions.get(region));
        std::iter::once(&self.rule).chain(regional)
    }

    /// When a person there may be called, in words for people: `8:00–21:00; Mon–Fri 9:00–20:00` when several rules bind.
    #[must_use]
    pub fn words_at(&self, place: &Place) -> String {
        let mut words: Vec<String> = Vec::new();
        for rule in self.rules(place) {
            let rule = rule.words();
            if !words.contains(&rule) {
                words.push(rule);
            }
        }
        words.join("; ")
    }

    /// How often one number there may be called in 24 hours, by the strictest rule.
    #[must_use]
    pub fn attempts_per_day(&self, place: &Place) -> Option<u32> {
        self.rules(place).filter_map(|rule| rule.attempts_per_day).min()
    }

    /// Milliseconds that have to lie between two calls of one number there, by the strictest rule.
    #[must_use]
    pub fn gap_ms(&self, place: &Place) -> Option<i64> {
        self.rules(place).filter_map(|rule| rule.gap_ms).max()
    }

    /// Whether a person there may be called now. `fallback_zone` counts only where no zone is known.
    #[must_use]
    pub fn at(&self, place: &Place, fallback_zone: Option<&str>, now: UtcMs) -> Moment {
        self.at_opening_before(place, fallback_zone, now, now + HORIZON_MS)
    }

    /// As [`Hours::at`], for whoever does not mind a place that opens at `limit` or later, which is one that never
    /// opens: where the rules of many states bind together there may be no such moment for months.
    #[must_use]
    pub fn at_opening_before(
        &self,
        place: &Place,
        fallback_zone: Option<&str>,
        now: UtcMs,
        limit: UtcMs,
    ) -> Moment {
        let clocks = match self.binding(place, fallback_zone) {
            Binding::Anytime => {
                return Moment::Open {
                    until: Moment::FOREVER,
                };
            }
            Binding::NoZone => return Moment::NoZone,
            Binding::Clocks(clocks) => clocks,
        };
        let bounds = self.bounds(place, &clocks);
        let limit_ms = now.0.saturating_add(HORIZON_MS);
        let mut until_ms = limit_ms;
        for bound in &bounds {
            // Later than the earliest end that was found does not matter.
            match bound.open_until(now.0, until_ms) {
                Some(end_ms) => until_ms = end_ms,
                None => {
                    return Moment::Closed {
                        opens_at: search::next_open_for_all(&bounds, now.0, limit.0.min(limit_ms)).map(UtcMs),
                    };
                }
            }
        }
        Moment::Open {
            until: UtcMs(until_ms),
        }
    }

    /// The first moment at or after `from` at which a person there may be called. `None`: not within 400 days, or their
    /// zone is unknown.
    #[must_use]
    pub fn next_lawful(&self, place: &Place, fallback_zone: Option<&str>, from: UtcMs) -> Option<UtcMs> {
        match self.binding(place, fallback_zone) {
            Binding::Anytime => Some(from),
            Binding::NoZone => None,
            Binding::Clocks(clocks) => {
                let limit_ms = from.0.saturating_add(HORIZON_MS);
                search::next_open_for_all(&self.bounds(place, &clocks), from.0, limit_ms).map(UtcMs)
            }
        }
    }

    fn binding(&self, place: &Place, fallback_zone: Option<&str>) -> Binding {
        if self.rules(place).all(Rule::is_anytime) {
            return Binding::Anytime;
        }
        let clocks: Option<Vec<Arc<Clock>>> = if place.zones.is_empty() {
            fallback_zone.map(|zone| Clock::of(zone).into_iter().collect())
        } else {
            place.zones.iter().map(|zone| Clock::of(zone)).collect()
        };
        let Some(all) = clocks.filter(|clocks| !clocks.is_empty()) else {
            return Binding::NoZone;
        };
        let mut distinct = all.clone();
        if distinct.len() > MANY_ZONES {
            keep_one_of_each(&mut distinct);
        }
        Binding::Clocks(Clocks { all, distinct })
    }

    /// What has to be asked: the rule for everybody by every clock, and that of each region by the clocks that are kept
    /// there. Where none of them is, both cannot be true, and the rule binds by all.
    fn bounds<'a>(&'a self, place: &'a Place, clocks: &'a Clocks) -> Vec<Bound<'a>> {
        let everywhere = clocks.distinct.iter();
        let mut bounds: Vec<Bound<'a>> = everywhere
            .map(|clock| Bound {
                clock,
                rule: &self.rule,
            })
            .collect();
        for (region, rule) in place
            .regions
            .iter()
            .filter_map(|region| Some((region, self.regions.get(region)?)))
        {
            let zones = zones_of_region(region);
            let before = bounds.len();
            let there = clocks.all.iter().filter(|clock| zones.contains(&clock.name()));
            bounds.extend(there.map(|clock| Bound { clock, rule }));
            if bounds.len() == before {
                bounds.extend(clocks.distinct.iter().map(|clock| Bound { clock, rule }));
            }
        }
        bounds.retain(|bound| !bound.rule.is_anytime());
        bounds
    }
}

/// From so many zones on it pays to look which of them keep the same clock.
const MANY_ZONES: usize = 4;

/// Leaves one of all clocks that agree with each other.
fn keep_one_of_each(clocks: &mut Vec<Arc<Clock>>) {
    let mut kept: Vec<Arc<Clock>> = Vec::with_capacity(clocks.len());
    for clock in clocks.drain(..) {
        if !kept.iter().any(|other| other.agrees_with(&clock)) {
            kept.push(clock);
        }
    }
    *clocks = kept;
}

/// What has to be asked.
enum Binding {
    /// No hours bind.
    Anytime,
    /// Hours bind, but whose?
    NoZone,
    /// These.
    Clocks(Clocks),
}

/// The clocks of a place.
struct Clocks {
    /// At least one.
    all: Vec<Arc<Clock>>,
    /// One of all that agree.
    distinct: Vec<Arc<Clock>>,
}

#[cfg(test)]
mod tests;
