//! Adding people to a campaign, also while it calls.

use domain::{
    campaign::{Action, CampaignStatus},
    contact::ContactState,
    time::DAY_MS,
};
use store::{Appended, Kind, Store};

use crate::{
    fixture::{self, Fixture},
    looks::{at, at_number, campaign, contacts, daily, end, only, phones},
    people::{List, NOW, dial, import, person, phone, start},
    probes::Gate,
};

contract! {
    people_join_a_campaign_that_calls,
    whoever_is_in_already_is_not_added_twice,
    they_join_the_batches_at_the_end,
    they_are_called_in_the_hours_of_their_own_place,
    nobody_joins_a_campaign_that_is_over,
    nobody_is_lost_when_it_completes_at_the_same_moment,
    two_nodes_may_add_the_same_list,
}

async fn append(store: &Store, id: domain::ids::CampaignId, people: &[usize]) -> Appended {
    let people: Vec<_> = people.iter().map(|index| person(*index)).collect();
    store.append(id, &people, NOW + 5).await.unwrap()
}

fn done(added: u32, known: &[u64]) -> Appended {
    Appended::Done {
        added,
        known: known.to_vec(),
    }
}

async fn people_join_a_campaign_that_calls(fixture: &Fixture) {
    let store = &fixture.store;
    let id = start(store, &List::of(0..2)).await;
    let first = dial(store, NOW).await;
    assert_eq!(append(store, id, &[5, 6]).await, done(2, &[]));
    assert_eq!(phones(&dial(store, NOW + 6).await), [phone(5), phone(6)]);
    let now = campaign(store, id).await;
    assert_eq!((now.total_contacts, now.rows_read, now.rows_duplicate), (4, 4, 0));
    end(store, &first, "customer-busy", NOW + 7).await;
    assert_eq!(campaign(store, id).await.status, CampaignStatus::Dialing);
    let paused = start(store, &List::of(20..21)).await;
    store.act(paused, Action::Pause, NOW + 8).await.unwrap();
    assert_eq!(append(store, paused, &[21]).await, done(1, &[]));
    let draft = import(store, &List::of([])).await;
    assert_eq!(append(store, draft, &[22]).await, done(1, &[]));
    assert_eq!(dial(store, NOW + 9).await, []);
    assert_eq!(append(store, draft, &[]).await, done(0, &[]));
    fixture.assert_sound(10).await;
}

async fn whoever_is_in_already_is_not_added_twice(fixture: &Fixture) {
    let store = &fixture.store;
    let id = start(store, &List::of(0..3)).await;
    let dials = dial(store, NOW).await;
    end(store, &dials[..1], "customer-busy", NOW + 1).await;
    assert_eq!(append(store, id, &[0, 1, 7, 2]).await, done(1, &[2, 3, 4]));
    assert_eq!(append(store, id, &[0, 1, 7, 2]).await, done(0, &[2, 3, 9, 4]));
    let now = campaign(store, id).await;
    assert_eq!(
        (now.total_contacts, now.rows_read, now.rows_duplicate),
        (4, 11, 7)
    );
    assert_eq!(contacts(store, id).await[0].state, ContactState::Done);
    assert_eq!(phones(&dial(store, NOW + 6).await), [phone(7)]);
    fixture.assert_sound(10).await;
}

async fn they_join_the_batches_at_the_end(fixture: &Fixture) {
    let store = &fixture.store;
    let list = List {
        batch_size: Some(2),
        ..List::of(0..3)
    };
    let id = start(store, &list).await;
    assert_eq!(append(store, id, &[10, 11, 12]).await, done(3, &[]));
    let mut batches = Vec::new();
    for _ in 0..3 {
        let dials = dial(store, NOW + 6).await;
        batches.push(phones(&dials));
        end(store, &dials, "customer-ended-call", NOW + 6).await;
    }
    assert_eq!(
        batches,
        [
            vec![phone(0), phone(1)],
            vec![phone(2), phone(10)],
            vec![phone(11), phone(12)]
        ]
    );
    assert_eq!(campaign(store, id).await.status, CampaignStatus::Completed);
    fixture.assert_sound(10).await;
}

async fn they_are_called_in_the_hours_of_their_own_place(fixture: &Fixture) {
    let store = &fixture.store;
    let list = List {
        people: vec![at_number(0, "+12125550101")],
        policy: only(|policy| policy.hours = daily(9, 20)),
        ..List::of([])
    };
    let id = start(store, &list).await;
    let people = [at_number(1, "+13105550101"), at_number(2, "+12125550102")];
    assert_eq!(store.append(id, &people, NOW).await.unwrap(), done(2, &[]));
    let morning = at("2026-11-20T15:00:00.000Z");
    assert_eq!(
        phones(&dial(store, morning).await),
        ["+12125550101", "+12125550102"]
    );
    assert_eq!(
        phones(&dial(store, at("2026-11-20T17:00:00.000Z")).await),
        ["+13105550101"]
    );
    assert_eq!(fixture.count("campaign_places", "1 = 1").await, 2);
    fixture.assert_sound(10).await;
}

async fn nobody_joins_a_campaign_that_is_over(fixture: &Fixture) {
    let store = &fixture.store;
    let (complete, dials) = fixture.dialled(1).await;
    end(store, &dials, "customer-busy", NOW + 1).await;
    assert_eq!(
        append(store, complete, &[5]).await,
        Appended::Over(CampaignStatus::Completed)
    );
    let canceled = start(store, &List::of(0..2)).await;
    store.act(canceled, Action::Cancel, NOW).await.unwrap();
    assert_eq!(
        append(store, canceled, &[5]).await,
        Appended::Over(CampaignStatus::Canceled)
    );
    let nobody = domain::ids::CampaignId(uuid::Uuid::from_u128(1));
    assert_eq!(append(store, nobody, &[5]).await, Appended::NotFound);
    fixture.assert_sound(1).await;
}

/// Guarantee *nobody lost*.
async fn nobody_is_lost_when_it_completes_at_the_same_moment(fixture: &Fixture) {
    let store = &fixture.store;
    let other = fixture.another_node().await;
    let (mut over, mut added) = (0, 0);
    for round in 0..24_u32 {
        let now = NOW + i64::from(round) * DAY_MS;
        let first = usize::try_from(round).unwrap() * 10;
        let id = start(store, &List::of(first..=first)).await;
        let dials = dial(store, now).await;
        let ending = tokio::spawn({
            let store = store.clone();
            async move { end(&store, &dials, "customer-busy", now).await }
        });
        // Sometimes the one, sometimes the other is first.
        tokio::time::sleep(std::time::Duration::from_micros(u64::from(round % 8) * 400)).await;
        let appended = append(&other, id, &[first + 1]).await;
        ending.await.unwrap();
        let now = campaign(store, id).await;
        let waits = contacts(store, id)
            .await
            .iter()
            .filter(|contact| contact.state == ContactState::Pending)
            .count();
        match appended {
            Appended::Done { .. } => {
                added += 1;
                assert_eq!(waits, 1);
                assert_eq!(now.status, CampaignStatus::Dialing, "round {round}");
                store.act(id, Action::Cancel, NOW).await.unwrap();
                store.skip_contacts_of_canceled(NOW).await.unwrap();
            }
            Appended::Over(status) => {
                over += 1;
                assert_eq!(
                    (status, now.status, waits),
                    (status, CampaignStatus::Completed, 0)
                );
            }
            Appended::NotFound => panic!("it exists"),
        }
    }
    assert_eq!(over + added, 24);
    fixture.assert_sound(10).await;
    other.close().await;
}

async fn two_nodes_may_add_the_same_list(fixture: &Fixture) {
    let store = &fixture.store;
    let other = fixture.another_node().await;
    let id = start(store, &List::of(0..1)).await;
    let people: Vec<usize> = (1..200).collect();
    let (one, two) = tokio::join!(append(store, id, &people), append(&other, id, &people));
    let count = |appended: &Appended| match appended {
        Appended::Done { added, .. } => *added,
        other => panic!("{other:?}"),
    };
    assert_eq!(count(&one) + count(&two), 199);
    assert_eq!(campaign(store, id).await.total_contacts, 200);
    fixture.assert_sound(10).await;
    other.close().await;
}

/// The same on Postgres without luck: the last call ends while somebody is being added and the commit is about to come.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn on_postgres_a_campaign_does_not_complete_while_somebody_is_being_added() {
    fixture::run(Kind::Postgres, async |fixture| {
        let (id, dials) = fixture.dialled(1).await;
        let slow = fixture.another_node().await;
        let gate = Gate::before(&slow);
        gate.close();
        let adding = tokio::spawn({
            let slow = slow.clone();
            async move { append(&slow, id, &[5]).await }
        });
        gate.arrival().await;
        let ending = tokio::spawn({
            let store = fixture.store.clone();
            async move { end(&store, &dials, "customer-busy", NOW + 10).await }
        });
        tokio::time::sleep(std::time::Duration::from_millis(200)).await;
        let meanwhile = campaign(&fixture.store, id).await.status;
        gate.open();
        assert_ne!(meanwhile, CampaignStatus::Completed);
        assert_eq!(adding.await.unwrap(), done(1, &[]));
        ending.await.unwrap();
        assert_eq!(
            campaign(&fixture.store, id).await.status,
            CampaignStatus::Dialing,
            "somebody waits"
        );
        assert_eq!(phones(&dial(&fixture.store, NOW + 20).await), [phone(5)]);
        fixture.assert_sound(1).await;
        slow.close().await;
    })
    .await;
}
