//! Where a called person is, as far as anybody can tell: in which time zones they may be, and under which state's rules.
//!
//! Hours of calling are the called person's own. Nobody knows for sure where a person is, so a [`Place`] holds *all*
//! zones and states that are possible by the best evidence there is, and whoever decides has to satisfy them all:
//!
//! 1. a column of the list that names the zone;
//! 2. a postcode, or else a state, of the United States or Canada. A state with several zones is narrowed by the number
//!    if the number is from that very state;
//! 3. the number: the zones of the longest known prefix, if it is tied to an area at all; otherwise all zones under its
//!    country calling code.
//!
//! A column named “region” may hold states or not (`NE` is Nebraska or the north-east), so a short code in it adds to
//! what the number says, where any other state would take its place.
//!
//! What is not understood is as if it were not there, and the next evidence counts. With none, there are no zones, and
//! nobody may be called unless the campaign names a zone to fall back on.
//!
//! A number of the North American plan that is tied to no area may be in every state that has one of its zones, and so the
//! rules of all of these bind.
//!
//! People take their mobile numbers along, so a number is the weakest evidence. The tables come from libphonenumber
//! (`scripts/phone-zones.py`) and from our own lists beside this file.

pub(crate) mod clock;
mod columns;
mod number;
mod postcode;
mod states;

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use clock::Clock;
use columns::Columns;
use number::Origin;
use states::State;
pub use states::{region_codes, region_name, zones_of_region};

/// Where a person may be.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Place {
    /// All zones that are possible, by IANA name; sorted, each once. Empty: unknown.
    pub zones: Vec<String>,
    /// What the zones were taken from.
    pub zone_evidence: Evidence,
    /// All states, provinces and territories that are possible, by ISO 3166-2 code (`US-FL`); sorted, each once. Empty:
    /// none known, or in a country other than the United States and Canada.
    pub regions: Vec<String>,
    /// What the regions were taken from.
    pub region_evidence: Evidence,
}

/// What somebody's whereabouts were taken from, strongest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Evidence {
    /// A column of the list that names the zone.
    Column,
    /// A postcode.
    Postcode,
    /// A state or province.
    State,
    /// The first digits of the number.
    Number,
    /// Nothing.
    Nothing,
}

impl Evidence {
    /// Every kind, strongest first.
    pub const ALL: [Self; 5] = [
        Self::Column,
        Self::Postcode,
        Self::State,
        Self::Number,
        Self::Nothing,
    ];

    /// The stored form, for instance `postcode`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Column => "column",
            Self::Postcode => "postcode",
            Self::State => "state",
            Self::Number => "number",
            Self::Nothing => "nothing",
        }
    }

    /// Reads the stored form.
    #[must_use]
    pub fn from_stored(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|evidence| evidence.as_str() == text)
    }
}

impl Place {
    /// Nowhere that is known.
    #[must_use]
    pub const fn unknown() -> Self {
        Self {
            zones: Vec::new(),
            zone_evidence: Evidence::Nothing,
            regions: Vec::new(),
            region_evidence: Evidence::Nothing,
        }
    }

    /// The zones and regions in one text, such as `America/Denver,America/Phoenix;US-AZ`. The same rules of hours bind
    /// all places of the same key at the same moments.
    #[must_use]
    pub fn key(&self) -> String {
        format!("{};{}", self.zones.join(","), self.regions.join(","))
    }
}

/// Where the person with this number (E.164) may be. `variables` are the other columns of the list, by header as
/// written; case, spaces and punctuation of headers do not matter. See the module for what counts.
#[must_use]
pub fn locate(phone_e164: &str, variables: &BTreeMap<String, String>) -> Place {
    let origin = number::origin(phone_e164);
    let columns = columns::read(variables, origin.is_north_american);

    let (states, state_evidence) = if !columns.by_postcode.is_empty() {
        (columns.by_postcode, Evidence::Postcode)
    } else if !columns.by_state.is_empty() {
        (columns.by_state, Evidence::State)
    } else {
        return perhaps_in(&columns, &origin);
    };
    let regions = owned(states.iter().map(|state| state.code));
    let (zones, zone_evidence) = if columns.zones.is_empty() {
        let zones = states.iter().flat_map(|state| zones_in(state, &origin));
        (owned(zones), state_evidence)
    } else {
        (columns.zones, Evidence::Column)
    };
    Place {
        zones: sorted(zones),
        zone_evidence,
        regions: sorted(regions),
        region_evidence: state_evidence,
    }
}

/// The place of somebody of whom no state is known for sure: where the number is from, and the states that they may
/// have meant as well.
fn perhaps_in(columns: &Columns, origin: &Origin) -> Place {
    let perhaps = &columns.perhaps;
    let state_zones = perhaps.iter().flat_map(|state| state.zones.iter());
    let zones = if columns.zones.is_empty() {
        owned(origin.zones.iter().chain(state_zones).copied())
    } else {
        columns.zones.clone()
    };
    let mut regions = owned(
        origin
            .regions
            .iter()
            .copied()
            .chain(perhaps.iter().map(|state| state.code)),
    );
    // A number of the plan that is tied to no area, a toll-free one say: its owner may live wherever the hour is such.
    let anywhere = regions.is_empty() && origin.is_north_american;
    if anywhere {
        regions = owned(states::in_zones(&zones));
    }
    let evidence = |found: &[String], by_number: &[&str]| match (found.is_empty(), by_number.is_empty()) {
        (true, _) => Evidence::Nothing,
        (false, true) => Evidence::State,
        (false, false) => Evidence::Number,
    };
    Place {
        zone_evidence: if columns.zones.is_empty() {
            evidence(&zones, origin.zones)
        } else {
            Evidence::Column
        },
        region_evidence: if anywhere && !regions.is_empty() {
            Evidence::Number
        } else {
            evidence(&regions, origin.regions)
        },
        zones: sorted(zones),
        regions: sorted(regions),
    }
}

/// The zones of a state; those that the number names too, if it is a number of that state. A number of elsewhere says
/// nothing about where in the state its owner lives now.
fn zones_in(state: &State, origin: &Origin) -> Vec<&'static str> {
    let in_state = |zone: &&str| {
        let Some(theirs) = Clock::of(zone) else {
            return false;
        };
        state
            .zones
            .iter()
            .filter_map(|ours| Clock::of(ours))
            .any(|ours| ours.agrees_with(&theirs))
    };
    let narrowed: Vec<&'static str> = if origin.regions.contains(&state.code) {
        origin.zones.iter().copied().filter(in_state).collect()
    } else {
        Vec::new()
    };
    if narrowed.is_empty() {
        state.zones.clone()
    } else {
        narrowed
    }
}

fn owned<'a>(names: impl Iterator<Item = &'a str>) -> Vec<String> {
    names.map(str::to_owned).collect()
}

fn sorted(names: Vec<String>) -> Vec<String> {
    names.into_iter().collect::<BTreeSet<_>>().into_iter().collect()
}

#[cfg(test)]
mod tests;
