//! Guarantee *lawful moment*: the hour where the called person is.

use domain::{
    hours::{Hours, Rule, Window},
    place::locate,
    policy::Policy,
    time::{DAY_MS, UtcMs},
    waiting::Cause,
};
use store::{MarkSent, PolicyChanged};

use crate::{
    fixture::Fixture,
    looks::{at, at_number, campaign, contacts, daily, only, phones},
    people::{List, MAX_DURATION_MS, dial, start},
    says,
};

contract! {
    nobody_is_called_outside_the_hours_where_they_are,
    a_call_reserved_before_the_hour_passes_is_not_sent_after_it,
    a_closed_place_in_front_of_the_list_does_not_delay_an_open_one,
    nobody_is_called_whose_zone_is_unknown_until_a_fallback_is_set,
    a_column_outweighs_the_number,
    a_change_of_the_hours_counts_from_the_next_claim,
    a_state_may_be_stricter,
    a_week_without_hours_never_calls,
    a_day_far_away_is_waited_for,
}

const NEW_YORK: &str = "+12125550101";
const LOS_ANGELES: &str = "+13105550101";
const MIAMI: &str = "+13055550101";

/// 10 o'clock in New York, 7 in Los Angeles.
fn morning() -> UtcMs {
    at("2026-11-20T15:00:00.000Z")
}

/// From 9 to 20.
fn by_day() -> Policy {
    only(|policy| policy.hours = daily(9, 20))
}

fn list(numbers: &[&str], policy: Policy) -> List {
    let people = numbers.iter().enumerate();
    List {
        people: people.map(|(index, phone)| at_number(index, phone)).collect(),
        policy,
        ..List::of([])
    }
}

async fn nobody_is_called_outside_the_hours_where_they_are(fixture: &Fixture) {
    let store = &fixture.store;
    let id = start(store, &list(&[LOS_ANGELES, NEW_YORK], by_day())).await;
    let claim = store.claim(MAX_DURATION_MS, morning()).await.unwrap();
    assert_eq!(phones(&claim.dials), [NEW_YORK]);
    let opens = at("2026-11-20T17:00:00.000Z");
    assert_eq!(claim.next_eligible_at, Some(opens));
    let waits = &contacts(store, id).await[0];
    assert_eq!(
        (waits.reason.as_deref(), waits.eligible_at),
        (None, UtcMs(0)),
        "nothing was written"
    );
    assert_eq!(dial(store, opens - 1).await, []);
    assert_eq!(phones(&dial(store, opens).await), [LOS_ANGELES]);
    fixture.assert_sound(10).await;
}

async fn a_call_reserved_before_the_hour_passes_is_not_sent_after_it(fixture: &Fixture) {
    let store = &fixture.store;
    let id = start(store, &list(&[NEW_YORK, "+12125550102"], by_day())).await;
    let closes = at("2026-11-21T01:00:00.000Z");
    let dials = store.claim(MAX_DURATION_MS, closes - 5_000).await.unwrap().dials;
    assert_eq!(dials.len(), 2);
    assert_eq!(
        store.mark_sent(dials[0].call_id, id, closes - 1).await.unwrap(),
        MarkSent::Dial
    );
    assert_eq!(store.orphans(closes - 1).await.unwrap(), []);
    assert_eq!(
        store.mark_sent(dials[1].call_id, id, closes).await.unwrap(),
        MarkSent::Halted,
        "the lease would have gone on for 25 seconds"
    );
    assert_eq!(store.orphans(closes).await.unwrap(), [(dials[1].call_id, id)]);
    store
        .apply_facts(&[says::released(dials[1].call_id, closes)], closes)
        .await
        .unwrap();
    let claim = store.claim(MAX_DURATION_MS, closes).await.unwrap();
    assert_eq!(claim.dials, []);
    let morning = at("2026-11-21T14:00:00.000Z");
    assert_eq!(claim.next_eligible_at, Some(morning));
    let again = dial(store, morning).await;
    assert_eq!((again[0].phone.as_str(), again[0].attempt), ("+12125550102", 1));
    fixture.assert_sound(10).await;
}

async fn a_closed_place_in_front_of_the_list_does_not_delay_an_open_one(fixture: &Fixture) {
    let store = &fixture.store;
    let mut people: Vec<_> = (0..2_000)
        .map(|index| at_number(index, &format!("+1310{:07}", 5_550_000 + index)))
        .collect();
    people.extend((2_000..2_003).map(|index| at_number(index, &format!("+1212{:07}", 5_550_000 + index))));
    let id = start(
        store,
        &List {
            people,
            policy: by_day(),
            ..List::of([])
        },
    )
    .await;
    let claim = store.claim(MAX_DURATION_MS, morning()).await.unwrap();
    assert_eq!(claim.dials.len(), 3, "with the first claim");
    let untouched = format!(
        "campaign_id = {} AND state = 'pending' AND eligible_at_ms = 0 AND reason IS NULL",
        fixture.literal(id.0)
    );
    assert_eq!(fixture.count("contacts", &untouched).await, 2_000);
    fixture.assert_sound(10).await;
}

async fn nobody_is_called_whose_zone_is_unknown_until_a_fallback_is_set(fixture: &Fixture) {
    const NOWHERE: &str = "+999123456789";
    assert!(
        locate(NOWHERE, &std::collections::BTreeMap::new())
            .zones
            .is_empty()
    );
    let store = &fixture.store;
    let id = start(store, &list(&[NOWHERE], by_day())).await;
    for days in 0..2 {
        assert_eq!(dial(store, morning() + days * DAY_MS / 2).await, []);
    }
    let why = store.why(&campaign(store, id).await, morning()).await.unwrap();
    assert_eq!((why.contacts.len(), &why.contacts[0].cause), (1, &Cause::NoZone));
    let policy = only(|policy| {
        policy.hours = daily(9, 20);
        policy.fallback_zone = Some("America/Los_Angeles".to_owned());
    });
    let changed = store
        .change_policy(id, 1, &policy, "Kim", morning())
        .await
        .unwrap();
    assert_eq!(changed, PolicyChanged::Version(2));
    assert_eq!(dial(store, morning()).await, [], "7 o'clock there");
    assert_eq!(dial(store, at("2026-11-20T17:00:00.000Z")).await.len(), 1);
    fixture.assert_sound(10).await;
}

async fn a_column_outweighs_the_number(fixture: &Fixture) {
    let store = &fixture.store;
    let mut moved = at_number(0, LOS_ANGELES);
    moved
        .variables
        .insert("Time zone".to_owned(), "America/New_York".to_owned());
    let list = List {
        people: vec![moved],
        policy: by_day(),
        ..List::of([])
    };
    start(store, &list).await;
    assert_eq!(phones(&dial(store, morning()).await), [LOS_ANGELES]);
    fixture.assert_sound(10).await;
}

async fn a_change_of_the_hours_counts_from_the_next_claim(fixture: &Fixture) {
    let store = &fixture.store;
    store.set_line_cap(1).await.unwrap();
    let id = start(store, &list(&[NEW_YORK, "+12125550102"], by_day())).await;
    let first = dial(store, morning()).await;
    assert_eq!(first.len(), 1);
    let late = only(|policy| policy.hours = daily(11, 20));
    store.change_policy(id, 1, &late, "Kim", morning()).await.unwrap();
    crate::looks::end(store, &first, "voicemail", morning() + 1).await;
    assert_eq!(dial(store, morning() + 2).await, []);
    store
        .change_policy(id, 2, &by_day(), "Kim", morning())
        .await
        .unwrap();
    assert_eq!(dial(store, morning() + 3).await.len(), 1);
    fixture.assert_sound(1).await;
}

async fn a_state_may_be_stricter(fixture: &Fixture) {
    let store = &fixture.store;
    let florida = Rule::daily(&[Window {
        from_min: 11 * 60,
        to_min: 18 * 60,
    }]);
    let policy = only(|policy| {
        policy.hours = Hours {
            regions: [("US-FL".to_owned(), florida)].into(),
            ..daily(9, 20)
        };
    });
    start(store, &list(&[MIAMI, NEW_YORK], policy)).await;
    assert_eq!(
        phones(&dial(store, morning()).await),
        [NEW_YORK],
        "10 o'clock in both"
    );
    assert_eq!(
        phones(&dial(store, at("2026-11-20T16:00:00.000Z")).await),
        [MIAMI]
    );
    fixture.assert_sound(10).await;
}

async fn a_week_without_hours_never_calls(fixture: &Fixture) {
    let store = &fixture.store;
    let id = start(
        store,
        &list(&[NEW_YORK], only(|policy| policy.hours = Hours::default())),
    )
    .await;
    let claim = store.claim(MAX_DURATION_MS, morning()).await.unwrap();
    assert_eq!((claim.dials.len(), claim.next_eligible_at), (0, None));
    let why = store.why(&campaign(store, id).await, morning()).await.unwrap();
    assert!(
        matches!(why.contacts[0].cause, Cause::Hours { opens: None, .. }),
        "{why:?}"
    );
}

async fn a_day_far_away_is_waited_for(fixture: &Fixture) {
    let store = &fixture.store;
    let policy = only(|policy| {
        let nine = Window {
            from_min: 9 * 60,
            to_min: 10 * 60,
        };
        policy.hours = Hours::default();
        policy.hours.rule.holidays.dates = [("2026-12-10".parse().unwrap(), vec![nine])].into();
    });
    let id = start(store, &list(&[NEW_YORK], policy)).await;
    let opens = at("2026-12-10T14:00:00.000Z");
    let claim = store.claim(MAX_DURATION_MS, morning()).await.unwrap();
    assert_eq!((claim.dials.len(), claim.next_eligible_at), (0, None));
    let waits = &contacts(store, id).await[0];
    assert_eq!((waits.reason.as_deref(), waits.eligible_at), (None, UtcMs(0)));
    let why = store.why(&campaign(store, id).await, morning()).await.unwrap();
    assert!(
        matches!(&why.contacts[0].cause, Cause::Hours { opens: Some(words), .. } if words == "Thu 10 Dec 09:00 EST"),
        "{why:?}"
    );
    assert_eq!(why.contacts[0].until, Some(opens));
    let claim = store.claim(MAX_DURATION_MS, opens - 7 * DAY_MS).await.unwrap();
    assert_eq!((claim.dials.len(), claim.next_eligible_at), (0, Some(opens)));
    assert_eq!(dial(store, opens - 1).await, []);
    assert_eq!(phones(&dial(store, opens).await), [NEW_YORK]);
    fixture.assert_sound(10).await;
}
