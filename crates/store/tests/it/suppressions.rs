//! Guarantee *lawful moment*: whom not to call.

use domain::{
    campaign::CampaignStatus,
    contact::ContactState,
    ids::{CampaignId, SuppressionId},
    outcome::Outcome,
    suppression::Pattern,
    time::{MINUTE_MS, UtcMs},
};
use store::{Forbidden, MarkSent, NewSuppression, Page, Store, SuppressionFilter, SuppressionSource};

use crate::{
    fixture::Fixture,
    looks::{campaign, contact, contacts, end, only, phones},
    people::{List, MAX_DURATION_MS, NOW, dial, phone, start},
    says,
};

contract! {
    a_forbidden_number_is_not_called,
    a_beginning_forbids_every_number_that_begins_so,
    what_one_campaign_forbids_another_may_call,
    an_entry_that_has_expired_forbids_nothing,
    whoever_waits_is_taken_out_at_once,
    a_call_that_is_reserved_is_not_sent,
    a_call_under_way_goes_on_and_is_the_last,
    whoever_was_called_before_keeps_the_outcome,
    an_entry_taken_off_allows_the_next_call,
    the_entry_that_lasts_longer_counts,
    entries_can_be_found,
    a_long_list_goes_in_whole,
}

pub(crate) fn exact(phone: &str) -> NewSuppression {
    NewSuppression {
        pattern: Pattern::Exact(phone.to_owned()),
        reason: None,
        expires_at: None,
    }
}

fn prefix(start: &str) -> NewSuppression {
    NewSuppression {
        pattern: Pattern::Prefix(start.to_owned()),
        ..exact("")
    }
}

fn until(entry: NewSuppression, at: UtcMs) -> NewSuppression {
    NewSuppression {
        expires_at: Some(at),
        ..entry
    }
}

/// Forbids something as a person does.
pub(crate) async fn forbid(
    store: &Store,
    entry: NewSuppression,
    campaign: Option<CampaignId>,
    now: UtcMs,
) -> Forbidden {
    store
        .forbid(&[entry], campaign, SuppressionSource::Person, "Kim", now)
        .await
        .unwrap()
}

const EVERYWHERE: &str = "on the do-not-call list";

async fn a_forbidden_number_is_not_called(fixture: &Fixture) {
    let store = &fixture.store;
    let done = forbid(store, exact(&phone(1)), None, NOW).await;
    assert_eq!((done.added, done.known, done.contacts), (1, 0, 0));
    let id = start(store, &List::of(0..3)).await;
    assert_eq!(phones(&dial(store, NOW).await), [phone(0), phone(2)]);
    let skipped = contact(store, id, &phone(1)).await;
    assert_eq!(
        (skipped.state, skipped.reason.as_deref(), skipped.attempts),
        (ContactState::Skipped, Some(EVERYWHERE), 0)
    );
    assert_eq!(skipped.call_id, None);
    fixture.assert_sound(10).await;
}

async fn a_beginning_forbids_every_number_that_begins_so(fixture: &Fixture) {
    let store = &fixture.store;
    // phone(10) to phone(19), and nobody else.
    let beginning = phone(10)[..phone(10).len() - 1].to_owned();
    forbid(store, prefix(&beginning), None, NOW).await;
    let id = start(store, &List::of([9, 10, 19, 20, 100])).await;
    assert_eq!(phones(&dial(store, NOW).await), [phone(9), phone(20), phone(100)]);
    assert_eq!(
        contact(store, id, &phone(19)).await.reason.as_deref(),
        Some(EVERYWHERE)
    );

    let later = start(store, &List::of(30..33)).await;
    let beginning = phone(30)[..phone(30).len() - 1].to_owned();
    let done = forbid(store, prefix(&beginning), None, NOW).await;
    assert_eq!((done.contacts, done.campaigns), (3, [later].into()));
    assert_eq!(dial(store, NOW + 1).await, []);
    fixture.assert_sound(10).await;
}

async fn what_one_campaign_forbids_another_may_call(fixture: &Fixture) {
    let store = &fixture.store;
    let first = start(store, &List::of(0..2)).await;
    let second = start(store, &List::of(0..2)).await;
    let done = forbid(store, exact(&phone(0)), Some(first), NOW).await;
    assert_eq!((done.contacts, done.campaigns), (1, [first].into()));
    let taken_out = contact(store, first, &phone(0)).await;
    assert_eq!(
        taken_out.reason.as_deref(),
        Some("on this campaign’s do-not-call list")
    );
    let dials = dial(store, NOW).await;
    let called = dials.iter().find(|dial| dial.phone == phone(0)).expect("a call");
    assert_eq!(called.campaign_id, second);
    // Not by taking it out alone: whoever is added later is not called either.
    let done = forbid(store, exact(&phone(7)), Some(second), NOW).await;
    assert_eq!(done.contacts, 0);
    store
        .append(second, &[crate::people::person(7)], NOW)
        .await
        .unwrap();
    store
        .append(first, &[crate::people::person(7)], NOW)
        .await
        .unwrap();
    let seventh = dial(store, NOW + 1).await;
    assert_eq!((seventh.len(), seventh[0].campaign_id), (1, first));
    fixture.assert_sound(10).await;
}

async fn an_entry_that_has_expired_forbids_nothing(fixture: &Fixture) {
    let store = &fixture.store;
    forbid(store, until(exact(&phone(0)), NOW), None, NOW - 5).await;
    forbid(store, until(exact(&phone(1)), NOW + 1), None, NOW - 5).await;
    let id = start(store, &List::of(0..3)).await;
    let past = forbid(store, until(exact(&phone(2)), NOW - 1), None, NOW).await;
    assert_eq!((past.added, past.contacts), (1, 0), "it takes nobody out either");
    assert_eq!(phones(&dial(store, NOW).await), [phone(0), phone(2)]);
    assert_eq!(contact(store, id, &phone(1)).await.state, ContactState::Skipped);
    fixture.assert_sound(10).await;
}

async fn whoever_waits_is_taken_out_at_once(fixture: &Fixture) {
    let store = &fixture.store;
    let two = start(store, &List::of([0, 1])).await;
    let one = start(store, &List::of([0])).await;
    let paused = start(store, &List::of([0, 5])).await;
    store
        .act(paused, domain::campaign::Action::Pause, NOW)
        .await
        .unwrap();
    let done = forbid(store, exact(&phone(0)), None, NOW).await;
    assert_eq!((done.contacts, done.campaigns), (3, [two, one, paused].into()));
    for id in [two, one, paused] {
        let taken_out = contact(store, id, &phone(0)).await;
        assert_eq!(
            (taken_out.state, taken_out.reason.as_deref()),
            (ContactState::Skipped, Some(EVERYWHERE))
        );
    }
    assert_eq!(
        campaign(store, one).await.status,
        CampaignStatus::Completed,
        "it was the last"
    );
    assert_eq!(phones(&dial(store, NOW).await), [phone(1)]);
    fixture.assert_sound(10).await;
}

async fn a_call_that_is_reserved_is_not_sent(fixture: &Fixture) {
    let store = &fixture.store;
    let id = start(store, &List::of(0..3)).await;
    let dials = store.claim(MAX_DURATION_MS, NOW).await.unwrap().dials;
    forbid(store, exact(&phone(0)), None, NOW + 1).await;
    let beginning = phone(1);
    forbid(store, prefix(&beginning), Some(id), NOW + 1).await;
    for (dial, expected) in dials
        .iter()
        .zip([MarkSent::Halted, MarkSent::Halted, MarkSent::Dial])
    {
        let marked = store.mark_sent(dial.call_id, id, NOW + 2).await.unwrap();
        assert_eq!(marked, expected, "{}", dial.phone);
    }
    let orphans = store.orphans(NOW + 2).await.unwrap();
    assert_eq!(orphans, [(dials[0].call_id, id), (dials[1].call_id, id)]);
    let released: Vec<_> = orphans
        .iter()
        .map(|(call, _)| says::released(*call, NOW + 3))
        .collect();
    store.apply_facts(&released, NOW + 3).await.unwrap();
    assert_eq!(dial(store, NOW + 4).await, []);
    let all = contacts(store, id).await;
    assert_eq!(
        (all[0].state, all[0].reason.as_deref()),
        (ContactState::Skipped, Some(EVERYWHERE))
    );
    assert_eq!(
        all[1].reason.as_deref(),
        Some("on this campaign’s do-not-call list")
    );
    assert_eq!(fixture.count("calls", "sent_at_ms IS NOT NULL").await, 1);
    fixture.assert_sound(10).await;
}

async fn a_call_under_way_goes_on_and_is_the_last(fixture: &Fixture) {
    let store = &fixture.store;
    let list = List {
        policy: only(|policy| policy.retries.busy = vec![MINUTE_MS; 3]),
        ..List::of(0..1)
    };
    let id = start(store, &list).await;
    let dials = dial(store, NOW).await;
    let done = forbid(store, exact(&phone(0)), None, NOW + 1).await;
    assert_eq!(done.contacts, 0, "nobody waits");
    end(store, &dials, "customer-busy", NOW + 2).await;
    assert_eq!(dial(store, NOW + 10 * MINUTE_MS).await, []);
    store
        .complete_finished(&[id], NOW + 10 * MINUTE_MS)
        .await
        .unwrap();
    let last = contact(store, id, &phone(0)).await;
    assert_eq!(
        (last.state, last.outcome, last.reason),
        (ContactState::Done, Some(Outcome::Busy), None),
        "whoever was called keeps the outcome"
    );
    assert_eq!(campaign(store, id).await.status, CampaignStatus::Completed);
    assert_eq!(fixture.count("calls", "1 = 1").await, 1);
    fixture.assert_sound(10).await;
}

async fn whoever_was_called_before_keeps_the_outcome(fixture: &Fixture) {
    let store = &fixture.store;
    let list = List {
        policy: only(|policy| policy.retries.busy = vec![MINUTE_MS; 3]),
        ..List::of(0..2)
    };
    let id = start(store, &list).await;
    end(store, &dial(store, NOW).await, "customer-busy", NOW).await;
    let done = forbid(store, exact(&phone(0)), None, NOW + 1).await;
    assert_eq!(done.contacts, 1);
    forbid(store, prefix(&phone(1)), None, NOW + 1).await;
    for person in contacts(store, id).await {
        assert_eq!(
            (person.state, person.outcome, person.attempts),
            (ContactState::Done, Some(Outcome::Busy), 1)
        );
    }
    assert_eq!(campaign(store, id).await.status, CampaignStatus::Completed);
    fixture.assert_sound(10).await;
}

async fn an_entry_taken_off_allows_the_next_call(fixture: &Fixture) {
    let store = &fixture.store;
    let first = start(store, &List::of([0])).await;
    forbid(store, exact(&phone(0)), None, NOW).await;
    let all = Page { limit: 9, offset: 0 };
    let entry = store
        .suppressions(&SuppressionFilter::default(), all)
        .await
        .unwrap()
        .remove(0);
    assert_eq!(
        (
            entry.author.as_str(),
            entry.source,
            entry.created_at,
            entry.call_id
        ),
        ("Kim", SuppressionSource::Person, NOW, None)
    );
    let removed = store.allow_again(entry.id).await.unwrap();
    assert_eq!(removed.as_ref(), Some(&entry));
    assert_eq!(store.allow_again(entry.id).await.unwrap(), None, "once");
    let nothing = SuppressionId(uuid::Uuid::from_u128(1));
    assert_eq!(store.allow_again(nothing).await.unwrap(), None);
    assert_eq!(dial(store, NOW + 1).await, [], "who was skipped stays so");
    assert_eq!(
        contact(store, first, &phone(0)).await.state,
        ContactState::Skipped
    );
    start(store, &List::of([0])).await;
    assert_eq!(phones(&dial(store, NOW + 2).await), [phone(0)]);
    fixture.assert_sound(10).await;
}

async fn the_entry_that_lasts_longer_counts(fixture: &Fixture) {
    let store = &fixture.store;
    let expires = async || {
        let all = Page { limit: 9, offset: 0 };
        let entries = store
            .suppressions(&SuppressionFilter::default(), all)
            .await
            .unwrap();
        assert_eq!(entries.len(), 1);
        entries[0].expires_at
    };
    for (entry, new, expected) in [
        (until(exact(&phone(0)), NOW + 50), 1, Some(NOW + 50)),
        (until(exact(&phone(0)), NOW + 40), 0, Some(NOW + 50)),
        (until(exact(&phone(0)), NOW + 60), 0, Some(NOW + 60)),
        (exact(&phone(0)), 0, None),
        (until(exact(&phone(0)), NOW + 90), 0, None),
    ] {
        let done = forbid(store, entry, None, NOW).await;
        assert_eq!((done.added, done.known), (new, 1 - new));
        assert_eq!(expires().await, expected);
    }
    // The same twice in one list is one entry.
    let twice = [exact(&phone(1)), exact(&phone(1)), prefix(&phone(1))];
    let done = store
        .forbid(&twice, None, SuppressionSource::List, "", NOW)
        .await
        .unwrap();
    assert_eq!(done.added, 2);
    let again = store
        .forbid(&twice, None, SuppressionSource::List, "", NOW)
        .await
        .unwrap();
    assert_eq!((again.added, again.known), (0, 2));
}

async fn entries_can_be_found(fixture: &Fixture) {
    let store = &fixture.store;
    let id = start(store, &List::of([0])).await;
    forbid(store, exact("+493011"), None, NOW).await;
    forbid(store, prefix("+4930"), None, NOW + 1).await;
    forbid(store, exact("+493022"), Some(id), NOW + 2).await;
    store
        .forbid(&[exact("+15550101")], None, SuppressionSource::List, "", NOW + 3)
        .await
        .unwrap();
    let found = async |filter: SuppressionFilter| {
        let all = Page { limit: 9, offset: 0 };
        let entries = store.suppressions(&filter, all).await.unwrap();
        assert_eq!(
            store.count_suppressions(&filter).await.unwrap(),
            entries.len() as u64
        );
        entries
            .into_iter()
            .map(|entry| entry.pattern.value().to_owned())
            .collect::<Vec<_>>()
    };
    let all = SuppressionFilter::default();
    assert_eq!(
        found(all.clone()).await,
        ["+15550101", "+493022", "+4930", "+493011"]
    );
    let of_number = SuppressionFilter {
        number: Some("+493011".to_owned()),
        ..all.clone()
    };
    assert_eq!(
        found(of_number).await,
        ["+4930", "+493011"],
        "every entry that means it"
    );
    let of_campaign = SuppressionFilter {
        campaign: Some(id),
        ..all.clone()
    };
    assert_eq!(found(of_campaign).await, ["+493022"]);
    let of_list = SuppressionFilter {
        source: Some(SuppressionSource::List),
        ..all.clone()
    };
    assert_eq!(found(of_list).await, ["+15550101"]);
    let second = Page { limit: 1, offset: 1 };
    let entries = store.suppressions(&all, second).await.unwrap();
    assert_eq!(entries[0].campaign_name.as_deref(), Some("Spring"));
}

async fn a_long_list_goes_in_whole(fixture: &Fixture) {
    let store = &fixture.store;
    let entries: Vec<_> = (0..4_500).map(|index| exact(&phone(index))).collect();
    let id = start(store, &List::of([0, 2_500, 4_499, 4_500])).await;
    let done = store
        .forbid(&entries, None, SuppressionSource::List, "", NOW)
        .await
        .unwrap();
    assert_eq!((done.added, done.known, done.contacts), (4_500, 0, 3));
    assert_eq!(done.campaigns, [id].into());
    let again = store
        .forbid(&entries, None, SuppressionSource::List, "", NOW)
        .await
        .unwrap();
    assert_eq!((again.added, again.known, again.contacts), (0, 4_500, 0));
    assert_eq!(phones(&dial(store, NOW).await), [phone(4_500)]);
}
