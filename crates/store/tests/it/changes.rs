//! Changes that the provider makes for us: written down first, one at a time, closed once.

use domain::{
    directory::{ChangeKind, ChangeState, Origin},
    ids::{AssistantId, ChangeId},
};
use store::{Closed, Deleted, Intended, NewChange, Trouble};

use crate::{
    assistants::assistant,
    fixture::Fixture,
    people::{List, MAX_DURATION_MS, NOW, import},
    says,
};

contract! {
    a_creation_that_is_confirmed_becomes_version_one,
    a_creation_that_is_refused_leaves_nothing,
    a_lost_creation_is_repeated_or_dismissed,
    a_lost_creation_that_shows_up_late_is_taken,
    one_change_at_a_time,
    two_people_change_at_once_and_one_is_told,
    a_change_is_closed_once,
    a_refused_change_changes_nothing,
    one_node_looks_at_a_time,
    nothing_else_happens_while_a_change_is_open,
    an_ephemeral_assistant_goes_after_its_campaign,
    an_ephemeral_assistant_has_one_campaign,
}

fn change(kind: ChangeKind, name: &str) -> NewChange {
    NewChange {
        kind,
        origin: Origin::Edited,
        author: "Ann".to_owned(),
        name: name.to_owned(),
        config_json: format!(r#"{{"name":"{name}"}}"#),
        body_json: format!(r#"{{"name":"{name}"}}"#),
        next_look: NOW + 45_000,
    }
}

async fn creation(fixture: &Fixture, ephemeral: bool) -> (AssistantId, ChangeId) {
    let id = fixture.store.new_assistant_id(NOW);
    let change = change(ChangeKind::Create, "Robin");
    let change = fixture
        .store
        .intend_to_create(id, true, ephemeral, &change, NOW)
        .await
        .unwrap();
    (id, change)
}

async fn registered(fixture: &Fixture) -> AssistantId {
    let robin = assistant("Robin", r#"{"name":"Robin"}"#);
    fixture.store.register_assistant(&robin, NOW).await.unwrap().id
}

async fn intend(fixture: &Fixture, id: AssistantId, version: u32, name: &str) -> Intended {
    let change = change(ChangeKind::Update, name);
    fixture
        .store
        .intend_to_change(id, version, &change, NOW + 1)
        .await
        .unwrap()
}

async fn go(fixture: &Fixture, id: AssistantId, version: u32, name: &str) -> ChangeId {
    match intend(fixture, id, version, name).await {
        Intended::Go(change) => change,
        other => panic!("{other:?}"),
    }
}

async fn a_creation_that_is_confirmed_becomes_version_one(fixture: &Fixture) {
    let store = &fixture.store;
    let (id, change) = creation(fixture, false).await;
    let stored = store.assistant(id).await.unwrap().expect("the assistant");
    assert_eq!(
        (stored.version, stored.trouble()),
        (0, Some(Trouble::Unconfirmed))
    );
    assert_eq!(stored.change.expect("the change").state, ChangeState::Sent);
    let closed = store
        .change_in_force(change, "provider-1", r#"{"name":"Robin"}"#, NOW + 2)
        .await
        .unwrap();
    assert_eq!(closed, Closed::Now);
    let stored = store.assistant(id).await.unwrap().expect("the assistant");
    assert_eq!((stored.version, stored.trouble(), stored.change), (1, None, None));
    assert_eq!(stored.provider_assistant_id.as_deref(), Some("provider-1"));
    let versions = store.assistant_versions(id, u32::MAX, 10).await.unwrap();
    assert_eq!(versions.len(), 1);
    assert_eq!((versions[0].sent_at, versions[0].created_at), (NOW, NOW + 2));
}

async fn a_creation_that_is_refused_leaves_nothing(fixture: &Fixture) {
    let store = &fixture.store;
    let (id, change) = creation(fixture, false).await;
    assert_eq!(
        store.change_refused(change, NOW, "no", NOW).await.unwrap(),
        Closed::Now
    );
    assert_eq!(store.assistant(id).await.unwrap(), None);
    assert_eq!(fixture.count("assistant_changes", "1 = 1").await, 0);
    let late = store
        .change_in_force(change, "provider-1", "{}", NOW)
        .await
        .unwrap();
    assert_eq!(late, Closed::Before);
}

async fn a_lost_creation_is_repeated_or_dismissed(fixture: &Fixture) {
    let store = &fixture.store;
    let (id, change) = creation(fixture, false).await;
    assert!(
        !store.dismiss_change(change, NOW).await.unwrap(),
        "it is still open"
    );
    store.change_lost(change, "never arrived", NOW).await.unwrap();
    let stored = store
        .assistant(id)
        .await
        .unwrap()
        .expect("kept for a person to decide");
    assert_eq!(stored.change.expect("the change").state, ChangeState::Lost);
    assert!(store.reopen_change(change, NOW + 9, NOW + 5).await.unwrap());
    assert!(!store.reopen_change(change, NOW + 9, NOW + 5).await.unwrap());
    let open = store.change(change).await.unwrap().expect("the change");
    assert_eq!(
        (open.state, open.sent_at, open.looks),
        (ChangeState::Sent, NOW + 5, 0)
    );
    store.change_lost(change, "never arrived", NOW).await.unwrap();
    assert!(store.dismiss_change(change, NOW).await.unwrap());
    assert_eq!(store.assistant(id).await.unwrap(), None);
}

async fn a_lost_creation_that_shows_up_late_is_taken(fixture: &Fixture) {
    let store = &fixture.store;
    let (id, change) = creation(fixture, false).await;
    store.change_lost(change, "never arrived", NOW).await.unwrap();
    let known = store.creation_of(id).await.unwrap().expect("the creation");
    assert_eq!(known.id, change);
    let late = store
        .change_in_force(change, "provider-1", "{}", NOW + 5)
        .await
        .unwrap();
    assert_eq!(late, Closed::Now);
    assert_eq!(store.assistant(id).await.unwrap().expect("it").trouble(), None);
    assert_eq!(store.creation_of(id).await.unwrap(), None);
}

async fn one_change_at_a_time(fixture: &Fixture) {
    let id = registered(fixture).await;
    let first = go(fixture, id, 1, "Bird").await;
    assert_eq!(intend(fixture, id, 1, "Blackbird").await, Intended::Busy);
    fixture
        .store
        .change_in_doubt(first, "no answer", NOW)
        .await
        .unwrap();
    assert_eq!(intend(fixture, id, 1, "Blackbird").await, Intended::Busy);
    fixture
        .store
        .change_in_force(first, "assistant-7", r#"{"name":"Bird"}"#, NOW + 2)
        .await
        .unwrap();
    assert_eq!(intend(fixture, id, 1, "Blackbird").await, Intended::Moved(2));
    let second = go(fixture, id, 2, "Blackbird").await;
    fixture.store.change_lost(second, "lost", NOW).await.unwrap();
    go(fixture, id, 2, "Blackbird").await;
    let dismissed = fixture.count("assistant_changes", "state = 'dismissed'").await;
    assert_eq!(dismissed, 1, "a new change settles the lost one");
}

/// Two people press Save at the same moment, on two nodes.
async fn two_people_change_at_once_and_one_is_told(fixture: &Fixture) {
    let other = fixture.another_node().await;
    for round in 0..8 {
        let robin = store::NewAssistant {
            provider_assistant_id: format!("provider-{round}"),
            ..assistant("Robin", "{}")
        };
        let id = fixture.store.register_assistant(&robin, NOW).await.unwrap().id;
        let (ann, bob) = (
            change(ChangeKind::Update, "Ann's"),
            change(ChangeKind::Update, "Bob's"),
        );
        let (one, two) = tokio::join!(
            fixture.store.intend_to_change(id, 1, &ann, NOW),
            other.intend_to_change(id, 1, &bob, NOW)
        );
        let went = [one.unwrap(), two.unwrap()];
        let going = went.iter().filter(|one| matches!(one, Intended::Go(_))).count();
        assert_eq!(going, 1, "{went:?}");
        assert!(went.contains(&Intended::Busy), "{went:?}");
    }
    other.close().await;
}

async fn a_change_is_closed_once(fixture: &Fixture) {
    let id = registered(fixture).await;
    let change = go(fixture, id, 1, "Bird").await;
    let other = fixture.another_node().await;
    let (one, two) = tokio::join!(
        fixture.store.change_in_force(change, "assistant-7", "{}", NOW),
        other.change_in_force(change, "assistant-7", "{}", NOW)
    );
    let mut closed = [one.unwrap(), two.unwrap()];
    closed.sort_unstable_by_key(|closed| *closed == Closed::Before);
    assert_eq!(closed, [Closed::Now, Closed::Before]);
    assert_eq!(fixture.count("assistant_versions", "1 = 1").await, 2);
    assert_eq!(
        fixture
            .store
            .change_refused(change, NOW, "no", NOW)
            .await
            .unwrap(),
        Closed::Before
    );
    assert_eq!(
        fixture.store.change_lost(change, "no", NOW).await.unwrap(),
        Closed::Before
    );
    other.close().await;
}

async fn a_refused_change_changes_nothing(fixture: &Fixture) {
    let id = registered(fixture).await;
    let before = fixture.store.assistant(id).await.unwrap();
    let change = go(fixture, id, 1, "Bird").await;
    fixture
        .store
        .change_refused(change, NOW + 1, "no such voice", NOW + 2)
        .await
        .unwrap();
    assert_eq!(fixture.store.assistant(id).await.unwrap(), before);
}

async fn one_node_looks_at_a_time(fixture: &Fixture) {
    let store = &fixture.store;
    let id = registered(fixture).await;
    let change = go(fixture, id, 1, "Bird").await;
    assert!(
        store.due_changes(NOW + 44_999).await.unwrap().is_empty(),
        "a node is at work"
    );
    let due = store.due_changes(NOW + 45_000).await.unwrap();
    assert_eq!(due.iter().map(|due| due.id).collect::<Vec<_>>(), [change]);
    assert_eq!(due[0].provider_assistant_id.as_deref(), Some("assistant-7"));
    let now = NOW + 45_000;
    assert!(store.take_look(change, now + 30_000, now).await.unwrap());
    assert!(!store.take_look(change, now + 30_000, now).await.unwrap());
    let open = store.change(change).await.unwrap().expect("the change");
    assert_eq!(open.looks, 1);
    assert!(store.send_again(&open, now).await.unwrap());
    assert!(
        !store.send_again(&open, now + 1).await.unwrap(),
        "another node was first"
    );
}

async fn nothing_else_happens_while_a_change_is_open(fixture: &Fixture) {
    let store = &fixture.store;
    let id = registered(fixture).await;
    let change = go(fixture, id, 1, "Bird").await;
    assert_eq!(store.delete_assistant(id, NOW).await.unwrap(), Deleted::Busy);
    let again = store.register_assistant(&assistant("Robin", "{}"), NOW).await;
    assert!(matches!(again, Err(store::Error::Conflict(_))));
    assert!(!store.note_comparison(id, 1, Some("{}"), NOW).await.unwrap());
    let taken = store.take_theirs(id, 1, "Robin", "{}", "", NOW).await.unwrap();
    assert_eq!(taken, store::Taken::Busy);
    let late = store.change_refused(change, NOW, "no", NOW).await.unwrap();
    assert_eq!(late, Closed::Before, "that was an answer to another request");
    store.change_refused(change, NOW + 1, "no", NOW).await.unwrap();
    assert_eq!(store.delete_assistant(id, NOW).await.unwrap(), Deleted::Done);
    assert_eq!(intend(fixture, id, 1, "Bird").await, Intended::NotFound);
}

async fn ephemeral(fixture: &Fixture) -> AssistantId {
    let (id, change) = creation(fixture, true).await;
    fixture
        .store
        .change_in_force(change, "provider-1", "{}", NOW)
        .await
        .unwrap();
    id
}

/// Only an ephemeral assistant, only after its campaign, only when every call is final, and once.
async fn an_ephemeral_assistant_goes_after_its_campaign(fixture: &Fixture) {
    let store = &fixture.store;
    let kept = import(store, &List::of(5..6)).await;
    store
        .act(kept, domain::campaign::Action::Cancel, NOW)
        .await
        .unwrap();
    let id = ephemeral(fixture).await;
    let long_after = NOW + 3_600_000;
    assert!(
        store.spent_assistants(long_after).await.unwrap().is_empty(),
        "no campaign had it"
    );
    let mut import = store
        .begin_import(&List::of(0..1).campaign(id), NOW)
        .await
        .unwrap();
    import.add(&List::of(0..1).people).await.unwrap();
    let campaign = import.finish(store::Totals::default(), &[]).await.unwrap();
    assert!(
        store.spent_assistants(long_after).await.unwrap().is_empty(),
        "it was not started"
    );
    store
        .act(campaign, domain::campaign::Action::Start, NOW)
        .await
        .unwrap();
    let dial = store.claim(MAX_DURATION_MS, NOW).await.unwrap().dials.remove(0);
    store
        .act(campaign, domain::campaign::Action::Cancel, NOW + 5)
        .await
        .unwrap();
    assert!(
        store.spent_assistants(long_after).await.unwrap().is_empty(),
        "a call is live"
    );
    let refused = store
        .intend_to_remove(id, NOW + 45_000, long_after)
        .await
        .unwrap();
    assert_eq!(refused, Intended::InUse);
    store
        .apply_facts(&[says::report(&dial, "customer-busy", NOW + 9)], NOW + 9)
        .await
        .unwrap();
    assert!(
        store.spent_assistants(NOW + 10).await.unwrap().is_empty(),
        "a late word may come"
    );
    assert_eq!(store.spent_assistants(long_after).await.unwrap(), [id]);

    let other = fixture.another_node().await;
    let (one, two) = tokio::join!(
        store.intend_to_remove(id, NOW + 45_000, long_after),
        other.intend_to_remove(id, NOW + 45_000, long_after)
    );
    let went = [one.unwrap(), two.unwrap()];
    let change = went.iter().find_map(|one| match one {
        Intended::Go(change) => Some(*change),
        _ => None,
    });
    assert_eq!(
        went.iter().filter(|one| matches!(one, Intended::Go(_))).count(),
        1,
        "{went:?}"
    );
    let change = change.expect("one of them");
    store.change_in_force(change, "", "{}", long_after).await.unwrap();
    let stored = store.assistant(id).await.unwrap().expect("the record stays");
    assert_eq!(
        (stored.removed_at, stored.trouble()),
        (Some(long_after), Some(Trouble::Removed))
    );
    assert_eq!(fixture.count("assistant_versions", "version > 1").await, 0);
    assert!(store.spent_assistants(long_after).await.unwrap().is_empty());
    other.close().await;
}

async fn an_ephemeral_assistant_has_one_campaign(fixture: &Fixture) {
    let id = ephemeral(fixture).await;
    let other = fixture.another_node().await;
    let new = List::of(0..1).campaign(id);
    let importing = async |store: &store::Store| -> store::Result<()> {
        let import = store.begin_import(&new, NOW).await?;
        import.finish(store::Totals::default(), &[]).await.map(|_| ())
    };
    let (one, two) = tokio::join!(importing(&fixture.store), importing(&other));
    let refused = [&one, &two]
        .into_iter()
        .filter(|result| matches!(result, Err(store::Error::Conflict(_))));
    assert_eq!(refused.count(), 1, "{one:?} {two:?}");
    assert_eq!(fixture.count("campaigns", "1 = 1").await, 1);
    other.close().await;
}
