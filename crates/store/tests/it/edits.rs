//! Changing a campaign while it waits, runs, or is over.

use domain::campaign::{Action, CampaignStatus, Mode};
use store::{CampaignEdit, Edited};

use crate::{
    fixture::Fixture,
    looks::{campaign, end, phones},
    people::{List, NOW, dial, import, phone, start},
};

contract! {
    the_order_can_be_changed_until_it_starts,
    batches_become_one_and_the_other_way_round,
    pace_and_name_can_be_changed_while_it_runs,
    what_is_over_can_only_be_renamed,
}

fn order(mode: Mode, size: Option<u32>) -> CampaignEdit {
    CampaignEdit {
        order: Some((mode, size, false)),
        ..CampaignEdit::default()
    }
}

async fn the_order_can_be_changed_until_it_starts(fixture: &Fixture) {
    let store = &fixture.store;
    let id = import(store, &List::of(0..5)).await;
    store.schedule(id, NOW + 10, NOW).await.unwrap();
    let edited = store
        .edit_campaign(id, &order(Mode::Batch, Some(2)), NOW)
        .await
        .unwrap();
    assert_eq!(edited, Edited::Done);
    store.act(id, Action::Start, NOW).await.unwrap();
    let dials = dial(store, NOW).await;
    assert_eq!(phones(&dials), [phone(0), phone(1)]);
    let edited = store
        .edit_campaign(id, &order(Mode::Continuous, None), NOW)
        .await
        .unwrap();
    assert_eq!(edited, Edited::Started(CampaignStatus::Queued));
    end(store, &dials, "customer-busy", NOW + 1).await;
    assert_eq!(phones(&dial(store, NOW + 2).await), [phone(2), phone(3)]);
    fixture.assert_sound(10).await;
}

async fn batches_become_one_and_the_other_way_round(fixture: &Fixture) {
    let store = &fixture.store;
    let list = List {
        batch_size: Some(2),
        ..List::of(0..5)
    };
    let id = import(store, &list).await;
    store
        .edit_campaign(id, &order(Mode::Batch, Some(4)), NOW)
        .await
        .unwrap();
    assert_eq!(campaign(store, id).await.batch_size, Some(4));
    assert_eq!(fixture.count("contacts", "batch_index = 0").await, 4);
    // A size means nothing without batches.
    store
        .edit_campaign(id, &order(Mode::Continuous, Some(3)), NOW)
        .await
        .unwrap();
    let now = campaign(store, id).await;
    assert_eq!((now.mode, now.batch_size), (Mode::Continuous, None));
    store.act(id, Action::Start, NOW).await.unwrap();
    assert_eq!(dial(store, NOW).await.len(), 5);
    fixture.assert_sound(10).await;
}

async fn pace_and_name_can_be_changed_while_it_runs(fixture: &Fixture) {
    let store = &fixture.store;
    let id = start(
        store,
        &List {
            cap: 2,
            ..List::of(0..9)
        },
    )
    .await;
    assert_eq!(dial(store, NOW).await.len(), 2);
    let edit = CampaignEdit {
        name: Some("Sum\0mer".to_owned()),
        cap: Some(5),
        priority: Some(9),
        ..CampaignEdit::default()
    };
    assert_eq!(
        store.edit_campaign(id, &edit, NOW + 1).await.unwrap(),
        Edited::Done
    );
    let now = campaign(store, id).await;
    assert_eq!((now.name.as_str(), now.cap, now.priority), ("Summer", 5, 9));
    let three = dial(store, NOW + 2).await;
    assert_eq!(three.len(), 3);
    let fewer = CampaignEdit {
        cap: Some(3),
        ..CampaignEdit::default()
    };
    store.edit_campaign(id, &fewer, NOW + 3).await.unwrap();
    end(store, &three[..2], "customer-busy", NOW + 4).await;
    assert_eq!(dial(store, NOW + 5).await, [], "three are open");
    end(store, &three[2..], "customer-busy", NOW + 6).await;
    assert_eq!(dial(store, NOW + 7).await.len(), 1);
    fixture.assert_sound(10).await;
}

async fn what_is_over_can_only_be_renamed(fixture: &Fixture) {
    let store = &fixture.store;
    let id = start(store, &List::of(0..1)).await;
    store.act(id, Action::Cancel, NOW + 1).await.unwrap();
    let rename = CampaignEdit {
        name: Some("Summer".to_owned()),
        ..CampaignEdit::default()
    };
    assert_eq!(store.edit_campaign(id, &rename, NOW).await.unwrap(), Edited::Done);
    let faster = CampaignEdit {
        cap: Some(5),
        ..rename
    };
    assert_eq!(
        store.edit_campaign(id, &faster, NOW).await.unwrap(),
        Edited::Over(CampaignStatus::Canceled)
    );
    let now = campaign(store, id).await;
    assert_eq!((now.name.as_str(), now.cap), ("Summer", 50));
    // A completed one may call people again, and then by what is set by then.
    let (completed, dials) = fixture.dialled(1).await;
    end(store, &dials, "customer-busy", NOW + 1).await;
    assert_eq!(campaign(store, completed).await.status, CampaignStatus::Completed);
    let edited = store.edit_campaign(completed, &faster, NOW + 2).await.unwrap();
    assert_eq!((edited, campaign(store, completed).await.cap), (Edited::Done, 5));
    let nobody = domain::ids::CampaignId(uuid::Uuid::from_u128(1));
    assert_eq!(
        store.edit_campaign(nobody, &faster, NOW).await.unwrap(),
        Edited::NotFound
    );
}
