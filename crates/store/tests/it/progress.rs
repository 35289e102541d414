//! How far a campaign is.

use domain::{call::CallStatus, contact::ContactState, money::UsdMicros, outcome::Outcome};
use store::Progress;

use crate::{
    fixture::Fixture,
    people::{List, NOW, dial, import, start},
    says,
};

contract! { progress_counts_contacts_calls_money_and_facts_of_one_campaign }

async fn progress_counts_contacts_calls_money_and_facts_of_one_campaign(fixture: &Fixture) {
    let store = &fixture.store;
    let empty = import(store, &List::of([])).await;
    assert_eq!(store.progress(empty).await.unwrap(), Progress::default());

    store.set_line_cap(6).await.unwrap();
    let id = start(
        store,
        &List {
            cap: 5,
            ..List::of(0..7)
        },
    )
    .await;
    let other = start(store, &List::of(20..22)).await;
    let dials = dial(store, NOW).await;
    let of = |id| {
        dials
            .iter()
            .filter(move |dial| dial.campaign_id == id)
            .collect::<Vec<_>>()
    };
    let (mine, others) = (of(id), of(other));
    assert_eq!((mine.len(), others.len()), (4, 2));
    let facts = [
        says::accepted(mine[0], NOW),
        says::report(mine[0], "customer-ended-call", NOW),
        says::report(mine[1], "voicemail", NOW),
        says::polled(mine[2], "voicemail", NOW, NOW, NOW),
        says::refused(mine[3], "autolynx.refused.rate", NOW),
        says::report(others[0], "voicemail", NOW),
    ];
    store.apply_facts(&facts, NOW).await.unwrap();
    let next = dial(store, NOW).await;
    assert_eq!(next.len(), 3, "the rest of the list");
    store
        .apply_facts(&[says::ringing(&next[0], NOW)], NOW)
        .await
        .unwrap();

    let progress = store.progress(id).await.unwrap();
    assert_eq!(progress.in_state(ContactState::Pending), 1);
    assert_eq!(progress.in_state(ContactState::Calling), 3);
    assert_eq!(progress.in_state(ContactState::Done), 3);
    assert_eq!(progress.in_state(ContactState::Skipped), 0);
    assert_eq!(progress.with_outcome(Outcome::Human), 1);
    assert_eq!(progress.with_outcome(Outcome::Voicemail), 2);
    assert_eq!(progress.with_outcome(Outcome::Busy), 0);
    assert_eq!(progress.total_calls(), 7);
    let mut calls = progress.calls.clone();
    calls.sort();
    assert_eq!(
        calls,
        [
            (CallStatus::Queued, 2),
            (CallStatus::Ringing, 1),
            (CallStatus::Ended, 3),
            (CallStatus::Failed, 1)
        ]
    );
    assert_eq!(progress.cost, UsdMicros(2 * 71_200 + 70_000));
    assert_eq!(
        (progress.facts.webhook, progress.facts.poll, progress.facts.dial),
        (3, 1, 2)
    );
    let contacts: u64 = progress.contacts.iter().map(|count| count.contacts).sum();
    assert_eq!(contacts, 7);
}
