//! Guarantee *lawful moment*: consent, as a column of the list says.

use domain::{consent::Consent, contact::ContactState};

use crate::{
    fixture::Fixture,
    looks::{contacts, only, phones},
    people::{List, NOW, dial, person, phone, start},
};

contract! { only_those_are_called_who_agreed }

async fn only_those_are_called_who_agreed(fixture: &Fixture) {
    let store = &fixture.store;
    let says = [Some("yes"), Some("no"), None, Some("maybe")];
    let people = (0..).zip(says).map(|(index, word)| {
        let mut person = person(index);
        person
            .variables
            .extend(word.map(|word| ("Agreed".to_owned(), word.to_owned())));
        person
    });
    let list = List {
        people: people.collect(),
        policy: only(|policy| {
            policy.consent = Some(Consent {
                column: "agreed".to_owned(),
            });
        }),
        ..List::of([])
    };
    let id = start(store, &list).await;
    assert_eq!(phones(&dial(store, NOW).await), [phone(0)]);
    let reasons: Vec<_> = contacts(store, id)
        .await
        .into_iter()
        .map(|contact| (contact.state, contact.reason))
        .collect();
    let skipped = |reason: &str| (ContactState::Skipped, Some(reason.to_owned()));
    assert_eq!(
        reasons[1..],
        [
            skipped("no consent: the column “agreed” says “no”"),
            skipped("no consent: the column “agreed” says nothing"),
            skipped("no consent: the column “agreed” says “maybe”"),
        ]
    );
    fixture.assert_sound(10).await;
}
