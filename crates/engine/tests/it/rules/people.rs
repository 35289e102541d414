//! Whom campaigns call: numbers of many countries, with columns now and then, and what somebody who knows the world says
//! about each. Written by hand, so that a mistake in the tables of the program is not repeated here.

use std::collections::BTreeMap;

use rand::RngExt;
use rand_chacha::ChaCha8Rng;

/// Somebody to call.
#[derive(Clone, Debug)]
pub(crate) struct Person {
    pub(crate) phone: String,
    /// The columns of the list.
    pub(crate) variables: BTreeMap<String, String>,
    /// The zones in which they may be, each of which has to allow a call. None: nobody knows.
    pub(crate) zones: &'static [&'static str],
    pub(crate) regions: &'static [&'static str],
    /// Whether the list shows consent.
    pub(crate) consents: bool,
}

/// How the number begins, a column of the list, zones and regions.
type Kind = (
    &'static str,
    Option<(&'static str, &'static str)>,
    &'static [&'static str],
    &'static [&'static str],
);

const EASTERN: &str = "America/New_York";
const CENTRAL: &str = "America/Chicago";
const MOUNTAIN: &str = "America/Denver";
const PACIFIC: &str = "America/Los_Angeles";

const KINDS: &[Kind] = &[
    ("+1212", None, &[EASTERN], &["US-NY"]),
    ("+1305", None, &[EASTERN], &["US-FL"]),
    ("+1206", None, &[PACIFIC], &["US-WA"]),
    ("+1512", None, &[CENTRAL], &["US-TX"]),
    ("+1207", None, &[EASTERN], &["US-ME"]),
    ("+1504", None, &[CENTRAL], &["US-LA"]),
    ("+1205", None, &[CENTRAL], &["US-AL"]),
    ("+1401", None, &[EASTERN], &["US-RI"]),
    ("+1402", None, &[CENTRAL], &["US-NE"]),
    ("+1405", None, &[CENTRAL], &["US-OK"]),
    ("+1215", None, &[EASTERN], &["US-PA"]),
    ("+1801", None, &[MOUNTAIN], &["US-UT"]),
    ("+1480", None, &["America/Phoenix"], &["US-AZ"]),
    ("+1808", None, &["Pacific/Honolulu"], &["US-HI"]),
    ("+1787", None, &["America/Puerto_Rico"], &["US-PR"]),
    // Area codes that lie in two zones.
    ("+1850", None, &[CENTRAL, EASTERN], &["US-FL"]),
    ("+1928", None, &["America/Phoenix", MOUNTAIN], &["US-AZ"]),
    ("+1208", None, &[MOUNTAIN, PACIFIC], &["US-ID"]),
    ("+1701", None, &[CENTRAL, MOUNTAIN], &["US-ND"]),
    ("+1605", None, &[CENTRAL, MOUNTAIN], &["US-SD"]),
    ("+1907", None, &["America/Anchorage", "America/Adak"], &["US-AK"]),
    ("+1709", None, &["America/St_Johns"], &["CA-NL"]),
    (
        "+1807",
        None,
        &["America/Toronto", "America/Winnipeg"],
        &["CA-ON"],
    ),
    // Toll-free: anywhere in North America.
    (
        "+1800",
        None,
        &[
            EASTERN,
            CENTRAL,
            MOUNTAIN,
            PACIFIC,
            "Pacific/Honolulu",
            "America/Anchorage",
        ],
        &[],
    ),
    (
        "+1888",
        None,
        &[
            EASTERN,
            CENTRAL,
            MOUNTAIN,
            PACIFIC,
            "Pacific/Honolulu",
            "America/Anchorage",
        ],
        &[],
    ),
    // Half hours, three quarters, and zones that change their clocks on days of their own.
    ("+9198", None, &["Asia/Kolkata"], &[]),
    ("+97798", None, &["Asia/Kathmandu"], &[]),
    ("+61882", None, &["Australia/Adelaide"], &[]),
    ("+6129", None, &["Australia/Sydney"], &[]),
    ("+4420", None, &["Europe/London"], &[]),
    ("+4930", None, &["Europe/Berlin"], &[]),
    ("+813", None, &["Asia/Tokyo"], &[]),
    // Nobody knows where.
    ("+8835", None, &[], &[]),
    // The list knows better than the number.
    ("+1212", Some(("timezone", PACIFIC)), &[PACIFIC], &["US-NY"]),
    (
        "+4420",
        Some(("Time Zone", "Australia/Lord_Howe")),
        &["Australia/Lord_Howe"],
        &[],
    ),
    ("+8835", Some(("tz", "Asia/Kathmandu")), &["Asia/Kathmandu"], &[]),
    (
        "+1212",
        Some(("State", "Florida")),
        &[CENTRAL, EASTERN],
        &["US-FL"],
    ),
    ("+1305", Some(("state", "FL")), &[EASTERN], &["US-FL"]),
    ("+1206", Some(("State", "RI")), &[EASTERN], &["US-RI"]),
    ("+1512", Some(("ZIP code", "59901")), &[MOUNTAIN], &["US-MT"]),
    // A zone that does not exist is no evidence.
    (
        "+1206",
        Some(("timezone", "Mars/Olympus_Mons")),
        &[PACIFIC],
        &["US-WA"],
    ),
];

/// What stands in the column of consent, and whether that is one.
const CONSENTS: &[(Option<&str>, bool)] = &[
    (Some("yes"), true),
    (Some("Y"), true),
    (Some("2026-01-05"), true),
    (Some("no"), false),
    (Some("unknown"), false),
    (Some(""), false),
    (None, false),
];

impl Person {
    /// The person with that number of ours, somewhere.
    pub(crate) fn draw(rng: &mut ChaCha8Rng, nth: usize) -> Self {
        let (prefix, column, zones, regions) = KINDS[rng.random_range(0..KINDS.len())];
        // As long as numbers there are, all of them different.
        let length: usize =
            if prefix.starts_with("+1") || prefix.starts_with("+44") || prefix.starts_with("+91") {
                12
            } else {
                11
            };
        let length = length.max(prefix.len() + 6);
        let phone = format!("{prefix}{:0width$}", 200_000 + nth, width = length - prefix.len());
        let consent = if rng.random::<f64>() < 0.6 {
            0
        } else {
            rng.random_range(0..CONSENTS.len())
        };
        let (said, consents) = CONSENTS[consent];
        let variables = column
            .into_iter()
            .chain(said.map(|said| ("Agreed to calls", said)))
            .map(|(header, value)| (header.to_owned(), value.to_owned()))
            .collect();
        Self {
            phone,
            variables,
            zones,
            regions,
            consents,
        }
    }
}

#[test]
fn the_program_sees_every_place_where_somebody_may_be() {
    use rand_chacha::rand_core::SeedableRng;

    use crate::rules::calendar;

    let rng = &mut ChaCha8Rng::seed_from_u64(1);
    for nth in 0..2_000 {
        let person = Person::draw(rng, nth);
        let place = domain::place::locate(&person.phone, &person.variables);
        let unseen: Vec<_> = person
            .zones
            .iter()
            .filter(|zone| !place.zones.iter().any(|seen| calendar::agree(seen, zone)))
            .collect();
        assert!(
            unseen.is_empty() && place.zones.is_empty() == person.zones.is_empty(),
            "{person:?} {place:?}"
        );
        assert!(
            person
                .regions
                .iter()
                .all(|region| place.regions.iter().any(|seen| seen == region)),
            "{person:?} {place:?}"
        );
    }
}
