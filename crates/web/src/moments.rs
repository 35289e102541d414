//! Moments as people write and read them: by the clock of a zone. The zones come with the binary, as for the calling hours.

use std::{collections::BTreeMap, sync::LazyLock};

use domain::{place, time::UtcMs};
use jiff::{
    Timestamp,
    civil::DateTime,
    tz::{TimeZone, TimeZoneDatabase},
};

static ZONES: LazyLock<TimeZoneDatabase> = LazyLock::new(TimeZoneDatabase::bundled);

/// The areas whose zones people look for; the others are old names of the same.
const AREAS: [&str; 10] = [
    "Africa/",
    "America/",
    "Antarctica/",
    "Arctic/",
    "Asia/",
    "Atlantic/",
    "Australia/",
    "Europe/",
    "Indian/",
    "Pacific/",
];

fn zone(name: &str) -> Option<TimeZone> {
    let zone = ZONES.get(name).ok()?;
    (!zone.is_unknown()).then_some(zone)
}

/// The time zones to choose from.
pub(crate) fn zones() -> Vec<String> {
    let named = ZONES.available().map(|name| name.as_str().to_owned());
    let mut zones: Vec<String> = named
        .filter(|name| name == "UTC" || AREAS.iter().any(|area| name.starts_with(area)))
        .collect();
    zones.sort();
    zones
}

/// Whether there is such a zone.
pub(crate) fn is_zone(name: &str) -> bool {
    zone(name).is_some()
}

/// The moment at which the clock of a zone shows `2026-11-23T09:00`. Where the clock skips that time, the moment after;
/// where it shows it twice, the first.
pub(crate) fn from_local(text: &str, zone_name: &str) -> Option<UtcMs> {
    let local: DateTime = text.trim().parse().ok()?;
    let zoned = local.to_zoned(zone(zone_name)?).ok()?;
    Some(UtcMs(zoned.timestamp().as_millisecond()))
}

/// What the clock of a zone shows, to the minute, as a form's field has it: `2026-11-23T09:00`.
pub(crate) fn to_local(at: UtcMs, zone_name: &str) -> Option<String> {
    let moment = Timestamp::from_millisecond(at.0).ok()?;
    let zoned = moment.to_zoned(zone(zone_name)?);
    Some(zoned.strftime("%Y-%m-%dT%H:%M").to_string())
}

/// A moment in words by the clock of a zone: `Mon 23 Nov 09:00 CET`.
pub(crate) fn words(at: UtcMs, zone_name: &str) -> String {
    Timestamp::from_millisecond(at.0).map_or_else(
        |_| at.to_iso(),
        |moment| {
            let zone = zone(zone_name).unwrap_or(TimeZone::UTC);
            moment.to_zoned(zone).strftime("%a %-d %b %H:%M %Z").to_string()
        },
    )
}

/// The same where the zone is told beside it: `Mon 23 Nov 09:00`.
pub(crate) fn words_there(at: UtcMs, zone_name: &str) -> String {
    let words = words(at, zone_name);
    words
        .rsplit_once(' ')
        .map_or(words.clone(), |(words, _)| words.to_owned())
}

/// The zone in which the moments of a campaign are told: that of people of whom nothing is known, or that of the number
/// that calls, where it has only one.
pub(crate) fn zone_of(fallback: Option<&str>, caller: Option<&str>) -> String {
    let of_caller = || {
        let zones = place::locate(caller?, &BTreeMap::new()).zones;
        <[String; 1]>::try_from(zones).ok().map(|[only]| only)
    };
    fallback
        .map(str::to_owned)
        .or_else(of_caller)
        .unwrap_or_else(|| "UTC".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_local_time_becomes_a_moment_and_back() {
        let at = from_local("2026-11-23T09:00", "Europe/Berlin").expect("a moment");
        assert_eq!(at.to_iso(), "2026-11-23T08:00:00.000Z");
        assert_eq!(
            to_local(at, "America/New_York").as_deref(),
            Some("2026-11-23T03:00")
        );
        assert_eq!(words(at, "Europe/Berlin"), "Mon 23 Nov 09:00 CET");
    }

    #[test]
    fn a_time_that_the_clock_skips_is_the_one_after() {
        let at = from_local("2027-03-28T02:30", "Europe/Berlin").expect("a moment");
        assert_eq!(to_local(at, "Europe/Berlin").as_deref(), Some("2027-03-28T03:30"));
    }

    #[test]
    fn what_is_no_time_or_zone_is_none() {
        assert_eq!(from_local("tomorrow", "Europe/Berlin"), None);
        assert_eq!(from_local("2026-11-23T09:00", "Mars/Olympus"), None);
        assert!(!is_zone("Etc/Unknown") && !is_zone("") && is_zone("Asia/Tokyo"));
        assert!(zones().contains(&"America/Chicago".to_owned()) && zones().len() > 300);
    }

    #[test]
    fn moments_are_told_where_the_campaign_is_at_home() {
        assert_eq!(zone_of(Some("Asia/Tokyo"), Some("+493055500100")), "Asia/Tokyo");
        assert_eq!(zone_of(None, Some("+493055500100")), "Europe/Berlin");
        assert_eq!(zone_of(None, Some("+18005550100")), "UTC");
        assert_eq!(zone_of(None, None), "UTC");
    }
}
