//! Guarantee *lawful moment*: a rule that becomes stricter binds every request that leaves from then on. What is reserved
//! under the rule before it is let go, without using up an attempt, and looked at anew.

use domain::contact::ContactState;
use store::{CallerNumber, CampaignEdit, Dial, MarkSent, Store};

use crate::{
    fixture::Fixture,
    looks::contacts,
    people::{List, MAX_DURATION_MS, NOW, start},
    says,
};

contract! {
    fewer_lines_bind_what_is_reserved,
    lines_kept_free_bind_what_is_reserved,
    a_lower_cap_of_a_number_binds_what_is_reserved_on_it,
    a_lower_cap_of_a_campaign_binds_what_it_has_reserved,
    a_number_taken_away_is_not_called_from,
    more_stops_nothing,
    what_cannot_be_changed_stops_nothing,
}

/// Two campaigns from two numbers, with four calls reserved each.
async fn reserved(fixture: &Fixture) -> ([domain::ids::CampaignId; 2], Vec<Dial>) {
    let store = &fixture.store;
    let list = |first: usize, number| List {
        cap: 4,
        numbers: vec![number],
        ..List::of(first..first + 8)
    };
    let ids = [
        start(store, &list(0, "number-1")).await,
        start(store, &list(100, "number-2")).await,
    ];
    let dials = store.claim(MAX_DURATION_MS, NOW).await.unwrap().dials;
    assert_eq!(dials.len(), 8);
    (ids, dials)
}

/// Which of them may be sent. What may not is let go.
async fn send(store: &Store, dials: &[Dial]) -> Vec<Dial> {
    let mut sent = Vec::new();
    for dial in dials {
        match store
            .mark_sent(dial.call_id, dial.campaign_id, NOW + 1)
            .await
            .unwrap()
        {
            MarkSent::Dial => sent.push(dial.clone()),
            MarkSent::Halted => {
                let released = says::released(dial.call_id, NOW + 1);
                store.apply_facts(&[released], NOW + 1).await.unwrap();
            }
            other => panic!("{other:?}"),
        }
    }
    sent
}

/// Nobody lost an attempt, and the free lines go to whoever may have them.
async fn looks_anew(
    fixture: &Fixture,
    ids: &[domain::ids::CampaignId],
    lines: i64,
    expected: usize,
) -> Vec<Dial> {
    for id in ids {
        for contact in contacts(&fixture.store, *id).await {
            assert_eq!(contact.attempts, 0);
            assert!(matches!(
                contact.state,
                ContactState::Pending | ContactState::Calling
            ));
        }
    }
    let dials = fixture.store.claim(MAX_DURATION_MS, NOW + 1).await.unwrap().dials;
    assert_eq!(dials.len(), expected);
    fixture.assert_sound(lines).await;
    dials
}

async fn fewer_lines_bind_what_is_reserved(fixture: &Fixture) {
    let (ids, dials) = reserved(fixture).await;
    assert_eq!(send(&fixture.store, &dials[..2]).await.len(), 2);
    fixture.store.set_line_cap(3).await.unwrap();
    assert_eq!(send(&fixture.store, &dials[2..]).await, []);
    looks_anew(fixture, &ids, 3, 1).await;
}

async fn lines_kept_free_bind_what_is_reserved(fixture: &Fixture) {
    let (ids, dials) = reserved(fixture).await;
    fixture.store.set_pace(7, None).await.unwrap();
    assert_eq!(send(&fixture.store, &dials).await, []);
    looks_anew(fixture, &ids, 3, 3).await;
}

async fn a_lower_cap_of_a_number_binds_what_is_reserved_on_it(fixture: &Fixture) {
    let (ids, dials) = reserved(fixture).await;
    fixture
        .store
        .set_number_cap("number-2", Some(1), NOW)
        .await
        .unwrap();
    let sent = send(&fixture.store, &dials).await;
    assert_eq!(sent.len(), 4);
    assert!(sent.iter().all(|dial| dial.phone_number_id == "number-1"));
    let anew = looks_anew(fixture, &ids, 10, 1).await;
    assert_eq!(anew[0].phone_number_id, "number-2");
}

async fn a_lower_cap_of_a_campaign_binds_what_it_has_reserved(fixture: &Fixture) {
    let (ids, dials) = reserved(fixture).await;
    let edit = CampaignEdit {
        cap: Some(2),
        ..CampaignEdit::default()
    };
    fixture.store.edit_campaign(ids[0], &edit, NOW).await.unwrap();
    let sent = send(&fixture.store, &dials).await;
    assert_eq!(sent.len(), 4);
    assert!(sent.iter().all(|dial| dial.campaign_id == ids[1]));
    let anew = looks_anew(fixture, &ids, 10, 2).await;
    assert!(anew.iter().all(|dial| dial.campaign_id == ids[0]));
}

async fn a_number_taken_away_is_not_called_from(fixture: &Fixture) {
    let (ids, dials) = reserved(fixture).await;
    let number = |id: &str| CallerNumber {
        id: id.to_owned(),
        number: None,
    };
    let edit = CampaignEdit {
        numbers: Some(vec![number("number-3")]),
        ..CampaignEdit::default()
    };
    fixture.store.edit_campaign(ids[1], &edit, NOW).await.unwrap();
    let sent = send(&fixture.store, &dials).await;
    assert_eq!(sent.len(), 4);
    assert!(sent.iter().all(|dial| dial.campaign_id == ids[0]));
    let anew = looks_anew(fixture, &ids, 10, 4).await;
    assert!(anew.iter().all(|dial| dial.phone_number_id == "number-3"));
}

async fn more_stops_nothing(fixture: &Fixture) {
    let store = &fixture.store;
    let (ids, dials) = reserved(fixture).await;
    store.set_line_cap(8).await.unwrap();
    store.set_pace(0, None).await.unwrap();
    store.set_number_cap("number-1", Some(4), NOW).await.unwrap();
    store.set_number_cap("number-2", None, NOW).await.unwrap();
    let edit = CampaignEdit {
        cap: Some(4),
        numbers: Some(vec![
            CallerNumber {
                id: "number-1".to_owned(),
                number: None,
            },
            CallerNumber {
                id: "number-4".to_owned(),
                number: None,
            },
        ]),
        priority: Some(3),
        ..CampaignEdit::default()
    };
    store.edit_campaign(ids[0], &edit, NOW).await.unwrap();
    assert_eq!(send(store, &dials).await.len(), 8);
}

/// The order of a list that has been started stays, and with it everything else that was asked for at once.
async fn what_cannot_be_changed_stops_nothing(fixture: &Fixture) {
    let (ids, dials) = reserved(fixture).await;
    let edit = CampaignEdit {
        cap: Some(1),
        order: Some((domain::campaign::Mode::Batch, Some(3), false)),
        ..CampaignEdit::default()
    };
    let edited = fixture.store.edit_campaign(ids[0], &edit, NOW).await.unwrap();
    assert!(matches!(edited, store::Edited::Started(_)), "{edited:?}");
    assert_eq!(send(&fixture.store, &dials).await.len(), 8);
}
