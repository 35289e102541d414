//! Why a campaign, or one contact of it, is not being called at this moment.

use domain::{
    campaign::{Action, CampaignStatus, PauseKind},
    contact::ContactState,
    ids::{CampaignId, ContactId},
    time::{HOUR_MS, MINUTE_MS, UtcMs},
    waiting::{Cause, Waiting},
};
use store::{CampaignEdit, Why};

use crate::{
    fixture::Fixture,
    looks::{at, at_number, campaign, contact, contacts, daily, end, only},
    people::{List, MAX_DURATION_MS, NOW, dial, import, phone, start},
    suppressions::{exact, forbid},
};

contract! {
    before_and_after_it_runs,
    lines_caps_and_pace,
    places_and_later_moments_add_up,
    batches_wait_for_each_other,
    a_quiet_line_is_waited_for,
    a_contact_is_told_what_it_waits_for,
    a_contact_is_told_what_the_claim_would_say_of_it,
}

/// What holds for the campaign, checked to add up.
async fn why(fixture: &Fixture, id: CampaignId, now: UtcMs) -> Why {
    let store = &fixture.store;
    let campaign = campaign(store, id).await;
    let why = store.why(&campaign, now).await.unwrap();
    let pending = format!("campaign_id = {} AND state = 'pending'", fixture.literal(id.0));
    let told: u64 = why.contacts.iter().map(|waiting| waiting.contacts).sum();
    assert_eq!(
        i64::try_from(told).unwrap(),
        fixture.count("contacts", &pending).await,
        "{why:?}"
    );
    assert_eq!((why.open_calls, why.cap), (campaign.open_calls, campaign.cap));
    why
}

fn causes(waiting: &[Waiting]) -> Vec<&Cause> {
    waiting.iter().map(|waiting| &waiting.cause).collect()
}

async fn before_and_after_it_runs(fixture: &Fixture) {
    let store = &fixture.store;
    let id = import(store, &List::of(0..3)).await;
    assert_eq!(
        causes(&why(fixture, id, NOW).await.campaign),
        [&Cause::NotStarted]
    );
    store.act(id, Action::Start, NOW).await.unwrap();
    let running = why(fixture, id, NOW).await;
    assert_eq!(causes(&running.campaign), [] as [&Cause; 0]);
    assert_eq!(causes(&running.contacts), [&Cause::Turn]);
    store.act(id, Action::Pause, NOW).await.unwrap();
    let paused = Cause::Paused {
        by: PauseKind::Person,
        reason: None,
    };
    assert_eq!(causes(&why(fixture, id, NOW).await.campaign), [&paused]);
    let assistant = campaign(store, id).await.assistant_id;
    store.set_assistant_active(assistant, false, NOW).await.unwrap();
    assert_eq!(
        causes(&why(fixture, id, NOW).await.campaign),
        [&paused, &Cause::Assistant]
    );
    store.act(id, Action::Cancel, NOW).await.unwrap();
    let over = Cause::Over {
        status: CampaignStatus::Canceled,
    };
    assert!(causes(&why(fixture, id, NOW).await.campaign).contains(&&over));
    store.skip_contacts_of_canceled(NOW).await.unwrap();
    assert_eq!(why(fixture, id, NOW).await.contacts, []);
}

async fn lines_caps_and_pace(fixture: &Fixture) {
    let store = &fixture.store;
    store.set_line_cap(4).await.unwrap();
    store.set_pace(1, None).await.unwrap();
    store.set_number_cap("number-2", Some(1), NOW).await.unwrap();
    let list = List {
        cap: 2,
        ..List::of(0..9)
    };
    let id = start(store, &list).await;
    let numbered = List {
        numbers: vec!["number-2"],
        ..List::of(20..29)
    };
    let other = start(store, &numbered).await;
    assert_eq!(dial(store, NOW).await.len(), 3);
    let taken = Cause::Lines {
        open: 3,
        usable: 3,
        reserved: 1,
    };
    let capped = Cause::CampaignCap { open: 2, cap: 2 };
    assert_eq!(causes(&why(fixture, id, NOW).await.campaign), [&taken, &capped]);
    assert_eq!(
        causes(&why(fixture, other, NOW).await.campaign),
        [&taken, &Cause::NumberCaps]
    );
    store.set_pace(0, Some(3)).await.unwrap();
    let rate = Cause::Rate { per_second: 3 };
    assert_eq!(
        causes(&why(fixture, other, NOW + 999).await.campaign),
        [&rate, &Cause::NumberCaps]
    );
    assert_eq!(
        causes(&why(fixture, other, NOW + 1_000).await.campaign),
        [&Cause::NumberCaps]
    );
    store.back_off(Some(60_000), NOW).await.unwrap();
    let held = why(fixture, id, NOW + 2_000).await;
    assert_eq!(
        (&held.campaign[0].cause, held.campaign[0].until),
        (&Cause::ProviderHold, Some(NOW + 60_000))
    );
    let edit = CampaignEdit {
        expires_at: Some(Some(NOW)),
        ..CampaignEdit::default()
    };
    store.edit_campaign(id, &edit, NOW).await.unwrap();
    assert!(causes(&why(fixture, id, NOW).await.campaign).contains(&&Cause::Expired));
}

async fn places_and_later_moments_add_up(fixture: &Fixture) {
    let store = &fixture.store;
    store.set_line_cap(3).await.unwrap();
    let mut people: Vec<_> = (0..4)
        .map(|index| at_number(index, &format!("+1212555010{index}")))
        .collect();
    people.extend((4..7).map(|index| at_number(index, &format!("+1310555010{index}"))));
    people.push(at_number(7, "+999123456789"));
    // The same hours as in New York, by another way of knowing it.
    let mut columned = at_number(8, "+13105550108");
    columned
        .variables
        .insert("timezone".to_owned(), "America/Los_Angeles".to_owned());
    people.push(columned);
    let list = List {
        people,
        policy: only(|policy| {
            policy.hours = daily(9, 20);
            policy.retries.busy = vec![20 * MINUTE_MS; 2];
            policy.limits.gap_ms = HOUR_MS;
        }),
        ..List::of([])
    };
    let id = start(store, &list).await;
    let now = at("2026-11-20T15:00:00.000Z");
    let dials = dial(store, now).await;
    assert_eq!(dials.len(), 3);
    end(store, &dials[..2], "customer-busy", now + 1).await;
    forbid(store, exact("+13105550106"), None, now).await;
    let told = why(fixture, id, now + 2).await;
    let by_cause: Vec<_> = told
        .contacts
        .iter()
        .map(|waiting| (waiting.cause.words(), waiting.contacts))
        .collect();
    let count = |words: &str| -> u64 {
        by_cause
            .iter()
            .filter(|(told, _)| told.contains(words))
            .map(|(_, contacts)| contacts)
            .sum()
    };
    assert_eq!(count("turn"), 1, "{by_cause:?}");
    assert_eq!(count("nobody knows their time zone"), 1);
    assert_eq!(count("Los Angeles"), 3);
    assert_eq!(count("the line was busy"), 2);
    assert_eq!(by_cause.len(), 4, "each cause once: {by_cause:?}");
    let hours = told
        .contacts
        .iter()
        .find(|waiting| matches!(waiting.cause, Cause::Hours { .. }))
        .expect("hours");
    assert_eq!(hours.until, Some(at("2026-11-20T17:00:00.000Z")));
    // Everybody whose time has come again is put off for the gap.
    store.claim(MAX_DURATION_MS, now + 30 * MINUTE_MS).await.unwrap();
    why(fixture, id, now + 30 * MINUTE_MS).await;
    why(fixture, id, at("2026-11-21T09:00:00.000Z")).await;
    fixture.assert_sound(3).await;
}

async fn batches_wait_for_each_other(fixture: &Fixture) {
    let store = &fixture.store;
    let list = List {
        batch_size: Some(2),
        ..List::of(0..5)
    };
    let id = start(store, &list).await;
    let told = why(fixture, id, NOW).await;
    let counts: Vec<_> = told
        .contacts
        .iter()
        .map(|waiting| (&waiting.cause, waiting.contacts))
        .collect();
    assert_eq!(counts, [(&Cause::Turn, 2), (&Cause::Batch, 3)]);
    let dials = dial(store, NOW).await;
    assert_eq!(dials.len(), 2);
    let told = why(fixture, id, NOW + 1).await;
    assert_eq!(
        causes(&told.contacts),
        [&Cause::Batch],
        "the first batch is on the phone"
    );
}

async fn a_quiet_line_is_waited_for(fixture: &Fixture) {
    let store = &fixture.store;
    let list = List {
        batch_size: Some(1),
        quiet_line_gate: true,
        ..List::of(0..2)
    };
    let id = start(store, &list).await;
    let first = dial(store, NOW).await;
    start(store, &List::of(10..11)).await;
    dial(store, NOW).await;
    end(store, &first, "customer-busy", NOW + 1).await;
    assert_eq!(dial(store, NOW + 2).await, []);
    assert_eq!(
        causes(&why(fixture, id, NOW + 2).await.campaign),
        [&Cause::QuietLine]
    );
}

async fn a_contact_is_told_what_it_waits_for(fixture: &Fixture) {
    let store = &fixture.store;
    store.set_line_cap(1).await.unwrap();
    let list = List {
        policy: only(|policy| {
            policy.retries.busy = vec![20 * MINUTE_MS];
            policy.money.budget_usd_micros = Some(1_000_000_000);
        }),
        ..List::of(0..3)
    };
    let id = start(store, &list).await;
    let dials = dial(store, NOW).await;
    let one = async |phone: &str, now| {
        let contact = contact(store, id, phone).await;
        let campaign = campaign(store, id).await;
        store
            .why_contact(&campaign, contact.id, now)
            .await
            .unwrap()
            .expect("the contact")
    };
    let calling = one(&phone(0), NOW).await;
    assert_eq!((calling.state, calling.waits.len()), (ContactState::Calling, 0));
    let next = one(&phone(1), NOW).await;
    assert_eq!(
        causes(&next.waits),
        [&Cause::Lines {
            open: 1,
            usable: 1,
            reserved: 0
        }]
    );
    end(store, &dials, "customer-busy", NOW + 1).await;
    let again = one(&phone(0), NOW + 2).await;
    assert!(
        matches!(&again.waits[0].cause, Cause::Later { reason } if reason == "the line was busy"),
        "{again:?}"
    );
    assert!(again.waits[0].until > Some(NOW + 15 * MINUTE_MS));
    assert_eq!(causes(&one(&phone(1), NOW + 2).await.waits), [&Cause::Turn]);
    let nobody = ContactId(uuid::Uuid::from_u128(1));
    let campaign_now = campaign(store, id).await;
    assert_eq!(store.why_contact(&campaign_now, nobody, NOW).await.unwrap(), None);
    let other = start(store, &List::of(0..1)).await;
    let elsewhere = contacts(store, other).await.remove(0).id;
    assert_eq!(
        store.why_contact(&campaign_now, elsewhere, NOW).await.unwrap(),
        None
    );
}

/// Also while its hours are closed, when no claim looks at it.
async fn a_contact_is_told_what_the_claim_would_say_of_it(fixture: &Fixture) {
    let store = &fixture.store;
    const NUMBER: &str = "+12125550101";
    const OTHER: &str = "+12125550102";
    const FORBIDDEN: &str = "+12125550103";
    let agrees = |index, phone| {
        let mut person = at_number(index, phone);
        person.variables.insert("Agreed".to_owned(), "yes".to_owned());
        person
    };
    forbid(store, exact(FORBIDDEN), None, NOW).await;
    let list = List {
        people: vec![agrees(0, NUMBER), at_number(1, OTHER), agrees(2, FORBIDDEN)],
        policy: only(|policy| {
            policy.hours = daily(9, 20);
            policy.limits.gap_ms = 30 * HOUR_MS;
            policy.consent = Some(domain::consent::Consent {
                column: "Agreed".to_owned(),
            });
        }),
        ..List::of([])
    };
    let day = at("2026-11-20T15:00:00.000Z");
    let night = day + 14 * HOUR_MS;
    let id = start(store, &list).await;
    let one = async |phone: &str, now| {
        let (contact, campaign) = (contact(store, id, phone).await, campaign(store, id).await);
        let why = store.why_contact(&campaign, contact.id, now).await.unwrap();
        why.expect("the contact").waits
    };
    let says = |waits: &[Waiting]| waits.iter().map(|wait| wait.cause.words()).collect::<Vec<_>>();
    assert_eq!(
        says(&one(OTHER, night).await),
        ["will not be called: no consent: the column “Agreed” says nothing"]
    );
    assert_eq!(
        says(&one(FORBIDDEN, night).await),
        ["will not be called: on the do-not-call list"]
    );
    let asleep = says(&one(NUMBER, night).await);
    assert_eq!(asleep[0], "outside 9:00–20:00 in New York");
    // Another campaign calls the number.
    let other = List {
        people: vec![at_number(0, NUMBER)],
        ..List::of([])
    };
    start(store, &other).await;
    let dials = dial(store, night).await;
    assert_eq!(dials.len(), 1);
    let meanwhile = says(&one(NUMBER, night).await);
    assert_eq!(
        meanwhile,
        [
            "their number is being called at this moment",
            "outside 9:00–20:00 in New York",
            "their turn comes with the next free line"
        ]
    );
    end(store, &dials, "voicemail", night + 1).await;
    let later = one(NUMBER, night + 2).await;
    assert!(matches!(later[0].cause, Cause::Later { .. }), "{later:?}");
    assert_eq!(
        later[0].until,
        Some(at("2026-11-22T14:00:00.000Z")),
        "30 hours and the night"
    );
}
