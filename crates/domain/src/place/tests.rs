use proptest::prelude::*;

use super::*;

fn at(phone: &str, columns: &[(&str, &str)]) -> Place {
    let variables = columns
        .iter()
        .map(|(header, value)| ((*header).to_owned(), (*value).to_owned()))
        .collect();
    locate(phone, &variables)
}

fn zones(phone: &str) -> Vec<String> {
    at(phone, &[]).zones
}

#[test]
fn a_number_says_where_it_is_from() {
    let place = at("+12125550123", &[]);
    assert_eq!(place.zones, ["America/New_York"]);
    assert_eq!(place.regions, ["US-NY"]);
    assert_eq!(place.zone_evidence, Evidence::Number);
    assert_eq!(place.region_evidence, Evidence::Number);
    assert_eq!(place.key(), "America/New_York;US-NY");

    assert_eq!(
        zones("+16052000000"),
        ["America/Denver", "America/North_Dakota/Center"]
    );
    assert_eq!(at("+16052000000", &[]).regions, ["US-SD"]);
    assert_eq!(zones("+12089990000"), ["America/Boise", "America/Los_Angeles"]);
    // An exchange that is known to be elsewhere than its area code.
    assert_eq!(zones("+12082010000"), ["America/Denver"]);
    assert_eq!(zones("+919876543210"), ["Asia/Kolkata"]);
    assert_eq!(zones("+442079460958"), ["Europe/London"]);
    assert_eq!(zones("+9779841234567"), ["Asia/Kathmandu"]);
    assert_eq!(at("+442079460958", &[]).regions, Vec::<String>::new());
    assert_eq!(at("+17875550123", &[]).regions, ["US-PR"]);
    assert_eq!(at("+14165550123", &[]).regions, ["CA-ON"]);
    assert_eq!(at("+18765230123", &[]).zones, ["America/Jamaica"]);
    assert_eq!(at("+18765230123", &[]).regions, Vec::<String>::new());
    // Not a number that could be dialled today, but tied to its area all the same.
    assert_eq!(at("+18765550123", &[]).zones, ["America/Jamaica"]);
    // California has no row for this area code itself, only for its exchanges.
    assert_eq!(at("+13102001234", &[]).regions, ["US-CA"]);
}

#[test]
fn an_exchange_that_nobody_listed_may_be_anywhere_in_its_area_code() {
    assert_eq!(zones("+18509990000"), ["America/Chicago", "America/New_York"]);
    assert_eq!(zones("+18502000000"), ["America/Chicago"]);
    assert_eq!(zones("+14239990000"), ["America/Chicago", "America/New_York"]);
}

#[test]
fn numbers_that_are_tied_to_no_area_may_be_anywhere_in_the_plan() {
    let place = at("+18005550123", &[]);
    assert!(place.zones.len() > 40);
    for zone in [
        "America/New_York",
        "America/Los_Angeles",
        "Pacific/Honolulu",
        "America/Halifax",
        "Pacific/Guam",
    ] {
        assert!(place.zones.iter().any(|known| known == zone), "{zone}");
    }
    // Nobody knows their state, so the rules of all of them bind.
    for state in ["US-FL", "US-RI", "US-HI", "CA-ON"] {
        assert!(place.regions.iter().any(|known| known == state), "{state}");
    }
    let at_home = at("+18005550123", &[("timezone", "America/Chicago")]);
    assert!(at_home.regions.iter().any(|known| known == "US-TX"));
    assert!(at_home.regions.iter().all(|known| known != "US-RI"));
    // The mobile numbers of Australia and of Russia.
    assert!(zones("+61412345678").contains(&"Australia/Perth".to_owned()));
    assert!(zones("+79161234567").contains(&"Asia/Vladivostok".to_owned()));
    // An area code that is not in use, and one for persons instead of areas.
    assert_eq!(zones("+19990001234"), place.zones);
    assert_eq!(zones("+15002345678"), place.zones);
}

#[test]
fn what_is_unknown_has_no_zones() {
    for phone in [
        "+80012345678",
        "+8821612345678",
        "+99912345678",
        "",
        "+",
        "12125550123",
        "+1٢125550123",
        "anonymous",
    ] {
        assert_eq!(at(phone, &[]), Place::unknown(), "{phone}");
    }
    assert_eq!(Place::unknown().key(), ";");
}

#[test]
fn a_column_with_the_zone_counts_most() {
    let place = at(
        "+12125550123",
        &[("Time Zone", "america/denver"), ("state", "FL"), ("zip", "10001")],
    );
    assert_eq!(place.zones, ["America/Denver"]);
    assert_eq!(place.zone_evidence, Evidence::Column);
    assert_eq!(place.regions, ["US-NY"], "the postcode before the state");
    assert_eq!(place.region_evidence, Evidence::Postcode);
    // Two columns that disagree: both are possible.
    let place = at(
        "+12125550123",
        &[("tz", "America/Denver"), ("timezone", "Europe/Paris")],
    );
    assert_eq!(place.zones, ["America/Denver", "Europe/Paris"]);
}

#[test]
fn a_zone_that_does_not_exist_leaves_the_next_evidence() {
    for zone in ["America/Springfield", "UTC", "Etc/Unknown", "+02:00", "?"] {
        let place = at("+12125550123", &[("timezone", zone), ("state", "Texas")]);
        assert_eq!(place.zones, ["America/Chicago", "America/Denver"], "{zone}");
        assert_eq!(place.zone_evidence, Evidence::State);
        assert_eq!(
            at("+80012345678", &[("timezone", zone)]),
            Place::unknown(),
            "{zone}"
        );
    }
}

#[test]
fn a_number_of_the_same_state_narrows_it_and_another_does_not() {
    assert_eq!(at("+18502000000", &[("state", "FL")]).zones, ["America/Chicago"]);
    assert_eq!(at("+13055550123", &[("state", "FL")]).zones, ["America/New_York"]);
    assert_eq!(
        at("+13055550123", &[("state", "FL")]).zone_evidence,
        Evidence::State
    );
    let moved = at("+12125550123", &[("state", "FL")]);
    assert_eq!(moved.zones, ["America/Chicago", "America/New_York"]);
    assert_eq!(moved.regions, ["US-FL"]);
    assert_eq!(
        at("+19079990000", &[("state", "Alaska")]).zones,
        ["America/Adak", "America/Anchorage"]
    );
    assert_eq!(
        at("+12125550123", &[("zip", "79901")]).zones,
        ["America/Chicago", "America/Denver"]
    );
}

#[test]
fn states_and_postcodes_mean_something_in_their_own_country_only() {
    // Pará is not Pennsylvania, and a postcode of Berlin is none of New York.
    assert_eq!(
        at("+5591912345678", &[("state", "PA")]).regions,
        Vec::<String>::new()
    );
    assert_eq!(
        at("+493012345678", &[("Postcode", "10115")]).zones,
        ["Europe/Berlin"]
    );
    assert_eq!(
        at("+12125550123", &[("Postcode", "10115"), ("Country", "Germany")]).zone_evidence,
        Evidence::Number
    );
    let abroad = at("+447700900123", &[("State", "Hawaii"), ("Country", "USA")]);
    assert_eq!(abroad.zones, ["Pacific/Honolulu"]);
    assert_eq!(abroad.regions, ["US-HI"]);
    assert_eq!(
        at("+14165550123", &[("Postal code", "V5K 0A1")]).regions,
        ["CA-BC"]
    );
    assert_eq!(at("+18005550123", &[("State", "HI")]).zones, ["Pacific/Honolulu"]);
}

#[test]
fn a_short_code_in_a_region_column_adds_to_the_number() {
    let boston = at("+16175550123", &[("Region", "NE")]);
    assert_eq!(
        boston.zones,
        ["America/Chicago", "America/Denver", "America/New_York"]
    );
    assert_eq!(boston.regions, ["US-MA", "US-NE"]);
    assert_eq!(boston.zone_evidence, Evidence::Number);
    assert_eq!(at("+16175550123", &[("Region", "Nebraska")]).regions, ["US-NE"]);
    assert_eq!(
        at("+16175550123", &[("Region", "NE"), ("State", "MA")]).regions,
        ["US-MA"]
    );
    assert_eq!(at("+16175550123", &[("Region", "EMEA")]).regions, ["US-MA"]);
}

#[test]
fn the_stored_forms_come_back() {
    for evidence in Evidence::ALL {
        assert_eq!(Evidence::from_stored(evidence.as_str()), Some(evidence));
        assert_eq!(serde_json::to_value(evidence).unwrap(), evidence.as_str());
    }
    let place = at("+12089990000", &[]);
    let json = serde_json::to_string(&place).unwrap();
    assert_eq!(serde_json::from_str::<Place>(&json).unwrap(), place);
}

proptest! {
    #[test]
    fn a_place_is_sorted_without_doubles_and_all_its_zones_exist(
        phone in "\\+(1[2-9][0-9]{9}|[2-9][0-9]{6,13})|\\PC{0,12}",
        header in prop_oneof![Just("tz"), Just("state"), Just("zip"), Just("country")],
        value in "\\PC{0,12}|[A-Z]{2}|[0-9]{4,9}",
    ) {
        let place = at(&phone, &[(header, &value)]);
        for names in [&place.zones, &place.regions] {
            prop_assert!(names.windows(2).all(|pair| pair[0] < pair[1]));
        }
        for zone in &place.zones {
            let clock = Clock::of(zone);
            prop_assert_eq!(clock.as_deref().map(Clock::name), Some(zone.as_str()));
        }
        prop_assert_eq!(place.zones.is_empty(), place.zone_evidence == Evidence::Nothing);
        prop_assert_eq!(place.regions.is_empty(), place.region_evidence == Evidence::Nothing);
        prop_assert!(place.regions.iter().all(|code| region_name(code).is_some()));
    }
}
