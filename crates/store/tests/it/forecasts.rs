//! What a forecast rests on: read from the same rows as the claim, on both databases.

use std::collections::BTreeMap;

use domain::{
    consent::Consent,
    forecast::{MANY_PEOPLE, World, experience::Past, forecast},
    ids::CampaignId,
    money::UsdMicros,
    outcome::Outcome,
    policy::Policy,
    retry::Retries,
    suppression::Pattern,
    time::{DAY_MS, HOUR_MS, MINUTE_MS, UtcMs},
};
use store::{NewContact, NewSuppression, Store, SuppressionSource};
use uuid::Uuid;

use crate::{
    fixture::Fixture,
    looks::end,
    people::{List, MAX_DURATION_MS, NOW, dial, import, person, phone, start},
    says,
};

contract! {
    a_world_holds_who_waits_and_who_is_being_called,
    whoever_must_not_be_called_is_marked,
    what_calls_came_to_is_known_with_what_was_before,
    calls_of_other_campaigns_count_for_a_while,
    a_redial_begins_ladders_afresh,
    campaigns_that_dial_stand_beside_the_one_asked_about,
    of_many_people_some_stand_for_all,
    nobody_has_a_world_of_nothing,
}

async fn world(store: &Store, id: CampaignId, now: UtcMs) -> World {
    store
        .world_of(id, MAX_DURATION_MS, now)
        .await
        .unwrap()
        .expect("a campaign")
}

fn eager() -> Policy {
    Policy {
        retries: Retries {
            busy: vec![MINUTE_MS; 3],
            ..Retries::none()
        },
        ..Policy::unrestricted()
    }
}

async fn a_world_holds_who_waits_and_who_is_being_called(fixture: &Fixture) {
    let store = &fixture.store;
    store.set_line_cap(9).await.unwrap();
    store.set_pace(4, Some(3)).await.unwrap();
    store.set_number_cap("number-2", Some(2), NOW).await.unwrap();
    let list = List {
        cap: 2,
        batch_size: Some(3),
        numbers: vec!["number-1", "number-2"],
        ..List::of(0..7)
    };
    let id = start(store, &list).await;
    let dials = dial(store, NOW).await;
    let world = world(store, id, NOW + 5).await;
    assert_eq!(
        (world.lines.cap, world.lines.reserved, world.calls_per_second),
        (9, 4, Some(3))
    );
    assert_eq!((world.plans.len(), world.asked, world.open_elsewhere), (1, 0, 0));
    assert_eq!(world.number_caps, [None, Some(2)]);
    let plan = &world.plans[0];
    assert_eq!(
        (plan.cap, plan.numbers.as_slice(), plan.begins_at),
        (2, &[0, 1][..], NOW + 5)
    );
    assert_eq!(plan.live.len(), dials.len());
    assert!(
        plan.live
            .iter()
            .all(|live| live.since == NOW && live.person.batch == 0)
    );
    let batches: Vec<u32> = plan.people.iter().map(|person| person.batch).collect();
    assert_eq!(batches, [0, 1, 1, 1, 2]);
    assert_eq!(plan.places[plan.people[0].place].zones, ["Europe/Berlin"]);
    let finish = forecast(&world, &[2], 1).rows[0].finish;
    assert!(finish.is_some_and(|finish| finish.low > NOW), "{finish:?}");
}

async fn whoever_must_not_be_called_is_marked(fixture: &Fixture) {
    let store = &fixture.store;
    let with = |index: usize, value: &str| NewContact {
        variables: BTreeMap::from([("agreed".to_owned(), value.to_owned())]),
        ..person(index)
    };
    let list = List {
        people: vec![with(0, "yes"), with(1, "no"), with(2, "yes"), with(3, "")],
        policy: Policy {
            consent: Some(Consent {
                column: "agreed".to_owned(),
            }),
            ..Policy::unrestricted()
        },
        ..List::of([])
    };
    let entry = NewSuppression {
        pattern: Pattern::Exact(phone(2)),
        reason: None,
        expires_at: None,
    };
    store
        .forbid(&[entry], None, SuppressionSource::Person, "", NOW)
        .await
        .unwrap();
    let id = import(store, &list).await;
    let world = world(store, id, NOW).await;
    let barred: Vec<bool> = world.plans[0].people.iter().map(|person| person.barred).collect();
    assert_eq!(barred, [false, true, true, true]);
}

async fn what_calls_came_to_is_known_with_what_was_before(fixture: &Fixture) {
    let store = &fixture.store;
    let list = List {
        policy: eager(),
        ..List::of(0..1)
    };
    let id = start(store, &list).await;
    let first = dial(store, NOW).await;
    end(store, &first, "customer-busy", NOW + 4_000).await;
    let again = NOW + 2 * MINUTE_MS;
    let second = dial(store, again).await;
    let mut report = says::report(&second[0], "customer-busy", again + 7_000);
    report.says.details.cost = Some(UsdMicros(12));
    store.apply_facts(&[report], again + 9_000).await.unwrap();
    let world = world(store, id, again + 9_000).await;
    let past = |after, line_ms, cost: Option<i64>| Past {
        after,
        outcome: Outcome::Busy,
        line_ms,
        cost: cost.map(UsdMicros),
    };
    // The line was held until we knew.
    let second = past(Some(Outcome::Busy), 9_000, Some(12));
    assert_eq!(world.experience.calls.len(), 2);
    assert_eq!(world.experience.calls[0], second);
    assert_eq!(
        (world.experience.calls[1].after, world.experience.calls[1].line_ms),
        (None, 4_000)
    );
    let tried = &world.plans[0].people[0].tried;
    let at: Vec<(UtcMs, bool)> = tried.iter().map(|tried| (tried.at, tried.on_ladder)).collect();
    assert_eq!(at, [(NOW, true), (again, true)]);
    assert!(world.plans[0].people[0].eligible_at > again);
    assert_eq!(
        world.plans[0].spent,
        UsdMicros(12 + world.experience.calls[1].cost.map_or(0, |cost| cost.0))
    );
}

async fn calls_of_other_campaigns_count_for_a_while(fixture: &Fixture) {
    let store = &fixture.store;
    let other = start(store, &List::of([3])).await;
    let dials = dial(store, NOW).await;
    end(store, &dials, "customer-busy", NOW + 1).await;
    let list = List {
        policy: Policy::standard(),
        ..List::of([2, 3])
    };
    let id = import(store, &list).await;
    let elsewhere = async |now: UtcMs| -> Vec<Vec<UtcMs>> {
        let world = world(store, id, now).await;
        let people = &world.plans[world.asked].people;
        people
            .iter()
            .map(|person| person.tried_elsewhere.clone())
            .collect()
    };
    assert_ne!(id, other);
    assert_eq!(elsewhere(NOW + HOUR_MS).await, [vec![], vec![NOW]]);
    assert_eq!(elsewhere(NOW + 2 * DAY_MS).await, [vec![], vec![]]);
}

async fn a_redial_begins_ladders_afresh(fixture: &Fixture) {
    let store = &fixture.store;
    let id = start(store, &List::of([0])).await;
    let dials = dial(store, NOW).await;
    end(store, &dials, "customer-busy", NOW + 1).await;
    store.redial(id, &[Outcome::Busy], NOW + 10).await.unwrap();
    let world = world(store, id, NOW + 20).await;
    let tried = &world.plans[0].people[0].tried;
    assert_eq!(tried.len(), 1);
    assert!(!tried[0].on_ladder, "{tried:?}");
}

async fn campaigns_that_dial_stand_beside_the_one_asked_about(fixture: &Fixture) {
    let store = &fixture.store;
    let urgent = List {
        priority: 5,
        ..List::of([1, 2])
    };
    start(store, &urgent).await;
    let later = import(store, &List::of([3])).await;
    store.schedule(later, NOW + DAY_MS, NOW).await.unwrap();
    // A draft that nobody has started stands beside nothing.
    import(store, &List::of([4])).await;
    let id = import(store, &List::of([5])).await;
    let world = world(store, id, NOW).await;
    let begins: Vec<(usize, UtcMs)> = world
        .plans
        .iter()
        .map(|plan| (plan.people.len(), plan.begins_at))
        .collect();
    assert_eq!(begins, [(2, NOW), (1, NOW + DAY_MS), (1, NOW)]);
    assert_eq!(world.asked, 2);
}

async fn of_many_people_some_stand_for_all(fixture: &Fixture) {
    let store = &fixture.store;
    let people = usize::try_from(MANY_PEOPLE).unwrap() + 400;
    let id = import(store, &List::of(0..people)).await;
    let small = start(store, &List::of([9_000, 9_001])).await;
    let world = world(store, id, NOW).await;
    let plan = &world.plans[world.asked];
    assert_eq!((plan.each, plan.people.len()), (2, people / 2));
    let beside = world.plans.iter().find(|plan| plan.people.len() == 2).unwrap();
    assert_eq!(beside.each, 1);
    assert_ne!(id, small);
}

async fn nobody_has_a_world_of_nothing(fixture: &Fixture) {
    let nobody = CampaignId(Uuid::nil());
    assert!(
        fixture
            .store
            .world_of(nobody, MAX_DURATION_MS, NOW)
            .await
            .unwrap()
            .is_none()
    );
}
