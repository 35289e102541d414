//! The step as a host calls it that only has cron: claim, dial, and return when every answer is recorded.

use std::sync::{
    Arc,
    atomic::{AtomicI64, Ordering},
};

use domain::contact::ContactState;
use engine::Engine;
use store::{ContactFilter, Page};

use crate::{
    crowded::{Crowded, Moved},
    fixture::{Fixture, NOW},
};

#[tokio::test]
async fn a_dispatch_returns_when_every_answer_is_recorded() {
    let fixture = Fixture::with(40).await;
    let store = fixture.engine.store();
    assert_eq!(fixture.engine.dispatch(NOW).await.unwrap().dialled, 40);
    assert!(
        store.open_calls().await.unwrap().is_empty(),
        "no line is taken any more"
    );
    let page = Page {
        limit: 100,
        offset: 0,
    };
    let contacts = store
        .contacts(fixture.campaign, &ContactFilter::default(), page)
        .await
        .unwrap();
    assert_eq!(contacts.len(), 40);
    for contact in contacts {
        assert_eq!((contact.state, contact.attempts), (ContactState::Pending, 0));
        assert_eq!(
            contact.reason.as_deref(),
            Some("the provider could not be reached")
        );
        assert!(contact.eligible_at > NOW, "it waits a while");
    }
}

#[tokio::test]
async fn after_a_refusal_nothing_is_claimed_for_a_while() {
    let fixture = Fixture::with(3).await;
    fixture.engine.dispatch(NOW).await.unwrap();
    let claim = fixture.engine.claim(NOW + 100).await.unwrap();
    assert!(claim.dials.is_empty());
    assert!(claim.hold_until.is_some_and(|until| until > NOW + 100));
}

/// Guarantee *never twice*: a node was slow, its calls were taken over, and then it goes on with them.
#[tokio::test]
async fn a_call_in_the_hands_of_two_nodes_is_dialled_by_one() {
    let fixture = Fixture::with(3).await;
    let provider = Arc::new(Crowded::default());
    let node = || {
        let clock = Arc::new(Moved(AtomicI64::new(NOW.0)));
        let store = fixture.engine.store().clone();
        Engine::new(store, provider.clone(), clock, engine::Settings::default())
    };
    let (slow, quick) = (node(), node());
    let claimed = slow.claim(NOW).await.unwrap().dials;
    let taken_over = quick.claim(NOW + 31_000).await.unwrap().dials;
    assert_eq!((claimed.len(), taken_over.len()), (3, 3));
    for (one, other) in taken_over.iter().zip(&claimed) {
        let (one, other) = tokio::join!(quick.dial(one), slow.dial(other));
        one.and(other).unwrap();
    }
    assert_eq!(provider.dials.load(Ordering::SeqCst), 3);
}

/// What another node left behind waits as well while the provider wants peace.
#[tokio::test]
async fn during_a_wait_nothing_is_taken_over() {
    let fixture = Fixture::with(3).await;
    let store = fixture.engine.store();
    assert_eq!(fixture.engine.claim(NOW).await.unwrap().dials.len(), 3);
    store.back_off(Some(120_000), NOW + 31_000).await.unwrap();
    assert_eq!(fixture.engine.claim(NOW + 60_000).await.unwrap().dials, []);
    assert_eq!(fixture.engine.claim(NOW + 160_000).await.unwrap().dials.len(), 3);
}

#[tokio::test]
async fn two_dispatches_at_once_dial_nobody_twice() {
    let fixture = Fixture::with(40).await;
    let (one, two) = tokio::join!(fixture.engine.dispatch(NOW), fixture.engine.dispatch(NOW));
    assert_eq!(one.unwrap().dialled + two.unwrap().dialled, 40);
    let report = fixture.engine.store().replay(None).await.unwrap();
    assert_eq!((report.calls, report.differences), (40, Vec::new()));
}
