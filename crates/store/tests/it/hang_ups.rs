//! Aborting a campaign: nothing more is placed, and what is live is hung up.

use domain::{
    campaign::{Action, CampaignStatus},
    contact::ContactState,
    time::SECOND_MS,
};
use futures::future::join_all;
use store::{Acted, MarkSent};

use crate::{
    fixture::Fixture,
    looks::{campaign, contact, contacts, end},
    people::{List, MAX_DURATION_MS, NOW, dial, phone, start},
    says,
};

contract! {
    live_calls_are_handed_out_and_reserved_ones_let_go,
    a_problem_is_noted_until_the_call_ends,
    two_nodes_hang_up_a_call_once,
    a_cancelled_campaign_lets_its_calls_finish_until_it_is_aborted,
}

async fn live_calls_are_handed_out_and_reserved_ones_let_go(fixture: &Fixture) {
    let store = &fixture.store;
    let id = start(store, &List::of(0..4)).await;
    let dials = store.claim(MAX_DURATION_MS, NOW).await.unwrap().dials;
    for dial in &dials[..3] {
        store.mark_sent(dial.call_id, id, NOW).await.unwrap();
    }
    let mut answered = says::answered(&dials[0], NOW + 1);
    answered.says.details.control_url = Some("https://example.com/control".to_owned());
    store
        .apply_facts(&[answered, says::accepted(&dials[1], NOW + 1)], NOW + 1)
        .await
        .unwrap();
    assert_eq!(store.take_calls_to_hang_up(NOW + 1).await.unwrap().len(), 0);
    let acted = store.act(id, Action::Abort, NOW + 2).await.unwrap();
    assert_eq!(acted, Acted::Done(CampaignStatus::Canceled));
    assert_eq!(campaign(store, id).await.aborted_at, Some(NOW + 2));

    let mut calls = store.take_calls_to_hang_up(NOW + 3).await.unwrap();
    calls.sort_by_key(|call| call.call_id);
    assert_eq!(calls.len(), 3, "the one that is only reserved is not live");
    assert_eq!(
        (calls[0].call_id, calls[0].control_url.as_deref()),
        (dials[0].call_id, Some("https://example.com/control"))
    );
    assert_eq!(
        (&calls[1].provider_call_id, &calls[1].control_url),
        (&Some(says::provider_id(&dials[1])), &None)
    );
    assert_eq!(calls[2].provider_call_id, None, "nobody knows whether it is");
    let again = 15 * SECOND_MS + 3;
    assert_eq!(
        store.take_calls_to_hang_up(NOW + again - 1).await.unwrap().len(),
        0
    );
    end(store, &dials[..1], "customer-ended-call", NOW + 10).await;
    assert_eq!(store.take_calls_to_hang_up(NOW + again).await.unwrap().len(), 2);

    let marked = store.mark_sent(dials[3].call_id, id, NOW + 4).await.unwrap();
    assert_eq!(marked, MarkSent::Halted);
    store
        .apply_facts(&[says::released(dials[3].call_id, NOW + 5)], NOW + 5)
        .await
        .unwrap();
    let never_called = contact(store, id, &phone(3)).await;
    assert_eq!(
        (never_called.state, never_called.reason.as_deref()),
        (ContactState::Skipped, Some("the campaign was cancelled"))
    );
    fixture.assert_sound(10).await;
}

async fn a_problem_is_noted_until_the_call_ends(fixture: &Fixture) {
    let store = &fixture.store;
    let (id, dials) = fixture.dialled(2).await;
    let accepted: Vec<_> = dials.iter().map(|dial| says::accepted(dial, NOW)).collect();
    store.apply_facts(&accepted, NOW).await.unwrap();
    store.act(id, Action::Abort, NOW).await.unwrap();
    let mut calls = store.take_calls_to_hang_up(NOW).await.unwrap();
    calls.sort_by_key(|call| call.call_id);
    store
        .note_hang_up(&calls[0], Some("it has no control URL"), NOW + 1)
        .await
        .unwrap();
    store.note_hang_up(&calls[1], None, NOW + 1).await.unwrap();
    let on = store.calls_not_hung_up(&campaign(store, id).await).await.unwrap();
    assert_eq!(
        (on.len(), on[0].call_id, on[0].contact_id),
        (1, dials[0].call_id, dials[0].contact_id)
    );
    assert_eq!(on[0].problem, "it has no control URL");
    let contact = contacts(store, id)
        .await
        .into_iter()
        .find(|row| row.id == on[0].contact_id);
    assert_eq!(contact.map(|row| row.name).as_deref(), Some(on[0].name.as_str()));
    let kinds = async |call| {
        let call = store.call(call).await.unwrap().expect("the call");
        call.events
            .last()
            .map(|event| (event.kind.clone(), event.payload.clone()))
    };
    let (kind, payload) = kinds(dials[0].call_id).await.expect("an event");
    assert_eq!(kind, "hang-up.failed");
    assert!(payload.expect("why").contains("it has no control URL"));
    assert_eq!(
        kinds(dials[1].call_id).await.expect("an event").0,
        "hang-up.asked"
    );
    store.note_hang_up(&calls[0], None, NOW + 20_000).await.unwrap();
    assert_eq!(
        store.calls_not_hung_up(&campaign(store, id).await).await.unwrap(),
        []
    );
    store
        .note_hang_up(&calls[0], Some("timed out"), NOW + 40_000)
        .await
        .unwrap();
    end(store, &dials, "customer-ended-call", NOW + 50_000).await;
    assert_eq!(
        store.calls_not_hung_up(&campaign(store, id).await).await.unwrap(),
        []
    );
    assert_eq!(store.take_calls_to_hang_up(NOW + 90_000).await.unwrap().len(), 0);
    fixture.assert_sound(2).await;
}

async fn two_nodes_hang_up_a_call_once(fixture: &Fixture) {
    let other = fixture.another_node().await;
    let (id, _) = fixture.dialled(5).await;
    fixture.store.act(id, Action::Abort, NOW).await.unwrap();
    let both = [&fixture.store, &other, &fixture.store, &other].map(|store| store.take_calls_to_hang_up(NOW));
    let taken: usize = join_all(both)
        .await
        .into_iter()
        .map(|calls| calls.unwrap().len())
        .sum();
    assert_eq!(taken, 5);
    other.close().await;
}

async fn a_cancelled_campaign_lets_its_calls_finish_until_it_is_aborted(fixture: &Fixture) {
    let store = &fixture.store;
    let (id, dials) = fixture.dialled(2).await;
    store.act(id, Action::Cancel, NOW).await.unwrap();
    assert_eq!(store.take_calls_to_hang_up(NOW).await.unwrap().len(), 0);
    let acted = store.act(id, Action::Abort, NOW + 5).await.unwrap();
    assert_eq!(acted, Acted::Done(CampaignStatus::Canceled));
    let aborted = campaign(store, id).await;
    assert_eq!(
        (aborted.aborted_at, aborted.completed_at),
        (Some(NOW + 5), Some(NOW))
    );
    assert_eq!(store.take_calls_to_hang_up(NOW + 5).await.unwrap().len(), 2);
    end(store, &dials, "customer-ended-call", NOW + 6).await;
    let acted = store.act(id, Action::Abort, NOW + 7).await.unwrap();
    assert!(matches!(acted, Acted::Impossible { .. }), "nothing is live");
    assert_eq!(dial(store, NOW + 8).await, []);
    fixture.assert_sound(2).await;
}
