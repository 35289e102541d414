//! Two people, or two nodes, at the same moment. Guarantee *nothing is overwritten unseen*.

use domain::directory::{ChangeState, Origin};
use engine::DirectoryError;
use http::Method;
use sandbox::DEFAULT_ASSISTANT_ID;
use serde_json::{Value, json};
use store::{AssistantFilter, Page};

use super::house::{House, PATIENCE, Plan, creation, done, edit, in_doubt, meanwhile, robin, says};

#[tokio::test]
async fn of_two_people_who_save_at_once_one_is_told() {
    let house = House::new().await;
    let other = house.another_store(7).await;
    let (ann, bob) = (house.directory(), house.directory_over(other.clone()));
    for round in 0..5 {
        let id = house.made().await;
        let (one, two) = tokio::join!(
            ann.edit(id, edit(1, says(&format!("Ann's {round}.")))),
            bob.edit(id, edit(1, says(&format!("Bob's {round}."))))
        );
        let told = |result: &Result<_, _>| {
            matches!(
                result,
                Err(DirectoryError::Busy | DirectoryError::Moved(2) | DirectoryError::Drifted)
            )
        };
        assert!(
            one.is_ok() && told(&two) || two.is_ok() && told(&one),
            "{one:?} {two:?}"
        );
        assert_eq!(house.record(id).await.version, 2);
        house.directory().compare(id).await.unwrap();
        house.agree(id).await;
    }
    let late = ann.edit(house.made().await, edit(2, says("Hi."))).await;
    assert!(matches!(late, Err(DirectoryError::Moved(1))), "{late:?}");
    other.close().await;
}

/// While Ann's request is under way, Bob is told so, before and after the provider acts.
#[tokio::test]
async fn whoever_comes_while_a_request_is_under_way_is_told() {
    for before in [true, false] {
        let house = House::new().await;
        let id = house.made().await;
        let other = house.another_store(7).await;
        let bob = house.directory_over(other.clone());
        let told = meanwhile(async move {
            let refused = bob.edit(id, edit(1, says("Bob's."))).await;
            assert!(matches!(refused, Err(DirectoryError::Busy)), "{refused:?}");
            bob.compare(id).await.unwrap();
            bob.tend().await.unwrap();
        });
        let plan = if before {
            Plan::Before(told)
        } else {
            Plan::After(told)
        };
        house.place.plan(Method::PATCH, plan);
        done(house.saves(id, says("Ann's.")).await);
        house.agree(id).await;
        assert_eq!(house.record(id).await.config_json, says("Ann's.").to_json());
        other.close().await;
    }
}

/// Bob saves while Ann's look at the provider is under way.
#[tokio::test]
async fn whoever_saves_in_between_is_not_overwritten() {
    let house = House::new().await;
    let id = house.made().await;
    let bob = house.directory();
    let saves = meanwhile(async move {
        done(bob.edit(id, edit(1, says("Bob's."))).await);
    });
    house.place.plan(Method::GET, Plan::After(saves));
    let told = house.saves(id, says("Ann's.")).await;
    assert!(matches!(told, Err(DirectoryError::Moved(2))), "{told:?}");
    house.agree(id).await;
    assert_eq!(house.record(id).await.config_json, says("Bob's.").to_json());
}

#[tokio::test]
async fn taking_their_side_does_not_undo_what_was_saved_in_between() {
    let house = House::new().await;
    let id = house.made().await;
    let provider_id = house.provider_id(id).await;
    house
        .place
        .patch_past_us(&provider_id, &json!({"firstMessage": "Theirs."}));
    let seen = house.seen(id).await;
    let (bob, theirs) = (house.directory(), seen.clone());
    let pushes = meanwhile(async move {
        done(bob.push_ours(id, &theirs, "Bob").await);
    });
    house.place.plan(Method::GET, Plan::After(pushes));
    let told = house.directory().take_theirs(id, &seen, "Ann").await;
    assert!(matches!(told, Err(DirectoryError::Moved(2))), "{told:?}");
    house.agree(id).await;
}

/// Registering reads the provider, and somebody saves before it writes.
#[tokio::test]
async fn registering_does_not_undo_what_was_saved_in_between() {
    let house = House::new().await;
    let id = house.made().await;
    let provider_id = house.provider_id(id).await;
    let bob = house.directory();
    let saves = meanwhile(async move {
        done(bob.edit(id, edit(1, says("Bob's."))).await);
    });
    house.place.plan(Method::GET, Plan::After(saves));
    let _ = house.directory().import(&provider_id, None, "Ann").await;
    house.agree(id).await;
}

#[tokio::test]
async fn registering_twice_at_once_makes_one_record() {
    let house = House::new().await;
    let other = house.another_store(7).await;
    let (ann, bob) = (house.directory(), house.directory_over(other.clone()));
    let (one, two) = tokio::join!(
        ann.import(DEFAULT_ASSISTANT_ID, None, "Ann"),
        bob.import(DEFAULT_ASSISTANT_ID, None, "Bob")
    );
    let (one, two) = (one.unwrap(), two.unwrap());
    assert_eq!(one.id, two.id);
    assert!(one.new != two.new);
    house.agree(one.id).await;
    let page = Page { limit: 9, offset: 0 };
    assert_eq!(
        house
            .store
            .assistants(&AssistantFilter::default(), page)
            .await
            .unwrap()
            .len(),
        1
    );
    other.close().await;
}

/// Others may copy an assistant at the provider with its metadata and all. The copy is another assistant.
#[tokio::test]
async fn a_copy_with_our_mark_is_another_assistant() {
    let house = House::new().await;
    let id = house.made().await;
    let metadata = house.made_for(id)[0].metadata.clone();
    let body = json!({"name": "Robin", "metadata": metadata});
    let copy = house.place.past_us(Method::POST, "/assistant", &body).unwrap();
    house.tend_for(4_000).await;
    house.agree(id).await;
    let found = house
        .directory()
        .import(copy["id"].as_str().unwrap(), None, "Ann")
        .await
        .unwrap();
    assert!(found.new && found.id != id);
    house.agree(found.id).await;
}

/// A machine sleeps on a yes, and wakes after others came to their conclusion and went on from there. Guarantee *no silent
/// disagreement*.
#[tokio::test]
async fn a_yes_that_was_slept_on_does_not_hide_what_happened_since() {
    for takes in [false, true] {
        let house = House::new().await;
        let id = house.made().await;
        let provider_id = house.provider_id(id).await;
        let other = house.another_store(7).await;
        let (place, bob, store) = (
            house.place.clone(),
            house.directory_over(other.clone()),
            other.clone(),
        );
        let sleeps = meanwhile(async move {
            place.patch_past_us(&provider_id, &json!({"firstMessage": "Theirs."}));
            for _ in 0..200 {
                place.pass(1_000);
                bob.tend().await.unwrap();
            }
            let record = store.assistant(id).await.unwrap().unwrap();
            assert_eq!(record.change.unwrap().state, ChangeState::Lost);
            if takes {
                let held = place
                    .past_us(Method::GET, &format!("/assistant/{provider_id}"), &Value::Null)
                    .unwrap();
                let seen = domain::assistant::Config::from_provider(&held.to_string())
                    .unwrap()
                    .fingerprint();
                bob.take_theirs(id, &seen, "Bob").await.unwrap();
            }
        });
        house.place.plan(Method::PATCH, Plan::After(sleeps));
        let _ = house.saves(id, says("Ann's.")).await;
        let record = house.record(id).await;
        let held = house.held(&house.provider_id(id).await).unwrap();
        assert!(
            record.config_json == held.to_json() || record.theirs_json == Some(held.to_json()),
            "our record says {} and nothing of {}",
            record.config_json,
            held.to_json()
        );
        other.close().await;
    }
}

/// A machine sleeps on a no, while somebody repeats the creation. The no is about the first request, not the second.
#[tokio::test]
async fn a_no_that_was_slept_on_does_not_forget_a_repeat() {
    let house = House::new().await;
    let other = house.another_store(7).await;
    let (place, bob, store) = (
        house.place.clone(),
        house.directory_over(other.clone()),
        other.clone(),
    );
    let sleeps = meanwhile(async move {
        for _ in 0..200 {
            place.pass(1_000);
            bob.tend().await.unwrap();
        }
        let page = Page { limit: 1, offset: 0 };
        let record = store
            .assistants(&AssistantFilter::default(), page)
            .await
            .unwrap()
            .remove(0);
        let faults = sandbox::Faults {
            assistant_late_acting: 1.0,
            ..sandbox::Faults::none()
        };
        place.world.lock().unwrap().set_faults(faults);
        in_doubt(bob.repeat(record.change.unwrap().id).await);
        place.world.lock().unwrap().set_faults(sandbox::Faults::none());
    });
    house.place.plan(Method::POST, Plan::StatusAfter(429, sleeps));
    let _ = house.directory().create(creation(robin())).await;
    house.tend_for(PATIENCE.settle_ms).await;
    let page = Page { limit: 9, offset: 0 };
    let records = house
        .store
        .assistants(&AssistantFilter::default(), page)
        .await
        .unwrap();
    assert_eq!(house.ledger().created, 1);
    assert_eq!(
        records.len(),
        1,
        "the provider has an assistant of ours that we do not know"
    );
    house.agree(records[0].id).await;
    assert_eq!(house.origins(records[0].id).await, [Origin::Created]);
    other.close().await;
}
