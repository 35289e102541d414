//! Changes of which nobody can tell whether they were made.

use domain::{
    directory::{ChangeState, Origin},
    ids::AssistantId,
};
use engine::DirectoryError;
use http::Method;
use sandbox::{Faults, Span};
use serde_json::json;
use store::{Deleted, Trouble};

use super::house::{House, PATIENCE, Plan, creation, done, edit, in_doubt, meanwhile, robin, says};

/// The request acts, and no answer comes.
const UNANSWERED: [fn(&mut Faults); 2] = [
    |faults| faults.assistant_hang_up_after_acting = 1.0,
    |faults| faults.assistant_error_after_acting = 1.0,
];
/// The request does not act, and no clear answer comes.
const LOST: [fn(&mut Faults); 2] = [
    |faults| faults.assistant_hang_up_before_acting = 1.0,
    |faults| faults.assistant_error_before_acting = 1.0,
];

/// A creation that never arrived, after it was found to be lost.
async fn lost_creation(house: &House) -> AssistantId {
    house.faults(LOST[0]);
    let id = in_doubt(house.directory().create(creation(robin())).await);
    house.calm();
    house.tend_for(PATIENCE.settle_ms + 2_000).await;
    house.change_in(id, ChangeState::Lost).await;
    id
}

/// A creation that was made, but that lists show only after so long.
async fn unlisted_creation(house: &House, lag_ms: u64) -> AssistantId {
    house.faults(|faults| {
        faults.assistant_hang_up_after_acting = 1.0;
        faults.assistant_list_lag = 1.0;
        faults.assistant_list_lag_ms = Span::new(lag_ms, lag_ms);
    });
    let id = in_doubt(house.directory().create(creation(robin())).await);
    house.calm();
    id
}

/// Guarantee *no twins*: an answer that is lost is found again by our mark, at once.
#[tokio::test]
async fn a_creation_whose_answer_is_lost_is_found_by_its_mark() {
    for unanswered in UNANSWERED {
        let house = House::new().await;
        house.faults(unanswered);
        let id = done(house.directory().create(creation(robin())).await);
        house.calm();
        house.agree(id).await;
        house.tend_for(PATIENCE.settle_ms).await;
        assert_eq!(house.made_for(id).len(), 1);
        assert_eq!(house.ledger().created, 1);
    }
}

#[tokio::test]
async fn an_edit_whose_answer_is_lost_is_one_new_version() {
    for unanswered in UNANSWERED {
        let house = House::new().await;
        let id = house.made().await;
        house.faults(unanswered);
        done(house.saves(id, says("Hi.")).await);
        house.calm();
        house.tend_for(PATIENCE.settle_ms).await;
        house.agree(id).await;
        assert_eq!(house.origins(id).await, [Origin::Created, Origin::Edited]);
        assert_eq!(house.ledger().changed, 1);
    }
}

/// An answer that takes longer than a request may is a lost one.
#[tokio::test]
async fn an_answer_that_comes_too_late_is_a_lost_answer() {
    let house = House::new().await;
    house.faults(|faults| {
        faults.slow_answer = 1.0;
        faults.slow_answer_ms = Span::new(20_000, 20_000);
    });
    let id = done(house.directory().create(creation(robin())).await);
    house.calm();
    house.agree(id).await;
    assert_eq!(house.ledger().created, 1);
}

#[tokio::test]
async fn a_creation_that_never_arrived_is_lost_and_repeated() {
    for lost in LOST {
        let house = House::new().await;
        house.faults(lost);
        let id = in_doubt(house.directory().create(creation(robin())).await);
        house.calm();
        assert_eq!(house.record(id).await.trouble(), Some(Trouble::Unconfirmed));
        house.tend_for(PATIENCE.settle_ms - 4_000).await;
        let change = house.change_in(id, ChangeState::Doubt).await;
        let early = house.directory().repeat(change).await;
        assert!(
            matches!(early, Err(DirectoryError::Busy)),
            "absence does not count yet"
        );
        house.tend_for(6_000).await;
        house.change_in(id, ChangeState::Lost).await;
        done(house.directory().repeat(change).await);
        house.agree(id).await;
        assert_eq!(house.made_for(id).len(), 1);
        assert_eq!(house.origins(id).await, [Origin::Created]);
    }
}

/// A repeat whose answer is lost as well is found like the first.
#[tokio::test]
async fn a_repeat_is_as_safe_as_the_first_time() {
    let house = House::new().await;
    let id = lost_creation(&house).await;
    let change = house.change_in(id, ChangeState::Lost).await;
    house.faults(UNANSWERED[0]);
    done(house.directory().repeat(change).await);
    house.calm();
    house.agree(id).await;
    assert_eq!(house.made_for(id).len(), 1);
}

/// Two people press Repeat at once: one request leaves.
#[tokio::test]
async fn two_repeats_at_once_are_one() {
    let house = House::new().await;
    let id = lost_creation(&house).await;
    let change = house.change_in(id, ChangeState::Lost).await;
    let other = house.another_store(7).await;
    let (ann, bob) = (house.directory(), house.directory_over(other.clone()));
    let (one, two) = tokio::join!(ann.repeat(change), bob.repeat(change));
    assert!(one.is_ok() || two.is_ok(), "{one:?} {two:?}");
    house.tend_for(PATIENCE.settle_ms).await;
    house.agree(id).await;
    assert_eq!(house.made_for(id).len(), 1);
    other.close().await;
}

#[tokio::test]
async fn a_lost_creation_that_is_dismissed_is_forgotten() {
    let house = House::new().await;
    let id = lost_creation(&house).await;
    let change = house.change_in(id, ChangeState::Lost).await;
    let now = house.place.now();
    assert!(house.store.dismiss_change(change, now).await.unwrap());
    assert_eq!(house.find(id).await, None);
    assert!(!house.store.dismiss_change(change, now).await.unwrap());
    assert!(matches!(
        house.directory().repeat(change).await,
        Err(DirectoryError::NotFound)
    ));
    house.tend_for(PATIENCE.settle_ms).await;
    assert_eq!(house.ledger().created, 0);
}

#[tokio::test]
async fn an_edit_that_never_arrived_is_lost_and_repeated_or_dismissed() {
    for lost in LOST {
        let house = House::new().await;
        let id = house.made().await;
        house.faults(lost);
        in_doubt(house.saves(id, says("Hi.")).await);
        house.calm();
        house.tend_for(PATIENCE.settle_ms + 2_000).await;
        let change = house.change_in(id, ChangeState::Lost).await;
        let record = house.record(id).await;
        assert_eq!((record.version, record.config_json), (1, robin().to_json()));
        let now = house.place.now();
        assert!(house.store.dismiss_change(change, now).await.unwrap());
        house.agree(id).await;
        house.faults(lost);
        in_doubt(house.saves(id, says("Hi.")).await);
        house.calm();
        house.tend_for(PATIENCE.settle_ms + 2_000).await;
        let change = house.change_in(id, ChangeState::Lost).await;
        done(house.directory().repeat(change).await);
        house.agree(id).await;
        assert_eq!(house.record(id).await.config_json, says("Hi.").to_json());
        assert_eq!(house.ledger().changed, 1);
    }
}

/// Whatever a person saves next settles what was lost.
#[tokio::test]
async fn a_new_edit_takes_the_place_of_a_lost_one() {
    let house = House::new().await;
    let id = house.made().await;
    house.faults(LOST[0]);
    in_doubt(house.saves(id, says("Hi.")).await);
    house.calm();
    house.tend_for(PATIENCE.settle_ms + 2_000).await;
    house.change_in(id, ChangeState::Lost).await;
    done(house.saves(id, says("Good morning.")).await);
    house.agree(id).await;
    assert_eq!(house.record(id).await.version, 2);
}

/// While nobody can tell, nothing else is done to it.
#[tokio::test]
async fn nothing_else_happens_while_nobody_can_tell() {
    let house = House::new().await;
    let id = house.made().await;
    let seen = house.seen(id).await;
    house.faults(LOST[0]);
    in_doubt(house.saves(id, says("Hi.")).await);
    house.calm();
    let directory = house.directory();
    for refused in [
        directory.edit(id, edit(1, says("Ho."))).await,
        directory.restore(id, 1, 1, "Bob").await,
        directory.push_ours(id, &seen, "Bob").await,
    ] {
        assert!(matches!(refused, Err(DirectoryError::Busy)), "{refused:?}");
    }
    let provider_id = house.provider_id(id).await;
    let imported = directory.import(&provider_id, None, "Bob").await;
    assert!(matches!(imported, Err(DirectoryError::Busy)), "{imported:?}");
    house.place.patch_past_us(&provider_id, &json!({"name": "Wren"}));
    let seen = house.seen(id).await;
    let taken = directory.take_theirs(id, &seen, "Bob").await;
    assert!(matches!(taken, Err(DirectoryError::Busy)), "{taken:?}");
    let now = house.place.now();
    assert_eq!(
        house.store.delete_assistant(id, now).await.unwrap(),
        Deleted::Busy
    );
    assert_eq!(house.record(id).await.version, 1);
}

/// Guarantees *no twins* and *no silent disagreement*: a provider may act up to half a minute after the connection broke.
#[tokio::test]
async fn what_is_done_late_is_found_late() {
    for late_ms in [1, 1_999, 2_001, 7_000, 20_000, 30_000] {
        let house = House::new().await;
        let late = |faults: &mut Faults| {
            faults.assistant_late_acting = 1.0;
            faults.assistant_late_acting_ms = Span::new(late_ms, late_ms);
        };
        house.faults(late);
        let id = in_doubt(house.directory().create(creation(robin())).await);
        house.calm();
        assert_eq!(house.ledger().created, 0);
        house.tend_for(PATIENCE.settle_ms).await;
        house.agree(id).await;
        assert_eq!(house.made_for(id).len(), 1, "{late_ms}");
        house.faults(late);
        in_doubt(house.saves(id, says("Hi.")).await);
        house.calm();
        house.tend_for(PATIENCE.settle_ms).await;
        house.agree(id).await;
        assert_eq!(
            house.origins(id).await,
            [Origin::Created, Origin::Edited],
            "{late_ms}"
        );
    }
}

/// Lists may show an assistant a minute after it was made.
#[tokio::test]
async fn a_list_that_lags_is_waited_for() {
    let house = House::new().await;
    let id = unlisted_creation(&house, 60_000).await;
    house.tend_for(PATIENCE.settle_ms).await;
    house.agree(id).await;
    assert_eq!(house.made_for(id).len(), 1);
}

/// A list shows the moment at which it was asked for, not the one at which it came: absence counts from there.
#[tokio::test]
async fn a_slow_answer_does_not_make_a_change_lost() {
    let house = House::new().await;
    let id = unlisted_creation(&house, 100_000).await;
    house.pass(PATIENCE.settle_ms - 25_000);
    let place = house.place.clone();
    let slow = Plan::After(meanwhile(async move { place.pass(28_000) }));
    house.place.plan(Method::GET, slow);
    house.directory().compare(id).await.unwrap();
    house.change_in(id, ChangeState::Doubt).await;
    house.tend_for(60_000).await;
    house.agree(id).await;
}

/// No answer says nothing: a provider that is down makes no change lost.
#[tokio::test]
async fn silence_makes_no_change_lost() {
    let house = House::new().await;
    house.faults(UNANSWERED[0]);
    let directory = house.directory();
    let store = house.store.clone();
    let place = house.place.clone();
    // Between the lost answer and the first look the provider goes down.
    house.place.plan(
        Method::GET,
        Plan::Before(meanwhile(async move {
            let until_ms = place.now().0 + 3_600_000;
            place.world.lock().unwrap().set_down(until_ms);
        })),
    );
    let id = in_doubt(directory.create(creation(robin())).await);
    house.calm();
    house.tend_for(3_590_000).await;
    house.change_in(id, ChangeState::Doubt).await;
    assert!(
        store
            .change(house.change(id).await.unwrap().id)
            .await
            .unwrap()
            .unwrap()
            .looks
            > 10
    );
    house.tend_for(70_000).await;
    house.agree(id).await;
    assert_eq!(house.made_for(id).len(), 1);
}

/// Whoever looks at an assistant in doubt need not wait for the next look.
#[tokio::test]
async fn a_person_who_looks_settles_the_doubt() {
    let house = House::new().await;
    let id = unlisted_creation(&house, 3_000).await;
    house.pass(3_000);
    house.directory().compare(id).await.unwrap();
    house.agree(id).await;
}

/// A creation that was given up for lost and turns up after all is taken, whoever sees it first.
#[tokio::test]
async fn a_creation_that_turns_up_after_it_was_lost_is_adopted() {
    for by in ["tend", "import", "repeat"] {
        let house = House::new().await;
        let id = unlisted_creation(&house, 150_000).await;
        house.tend_for(PATIENCE.settle_ms + 4_000).await;
        let change = house.change_in(id, ChangeState::Lost).await;
        house.pass(60_000);
        let directory = house.directory();
        match by {
            "tend" => house.tend_for(600_000).await,
            "import" => {
                let provider_id = house.made_for(id)[0].id.clone();
                let found = directory.import(&provider_id, None, "Ann").await.unwrap();
                assert_eq!((found.id, found.new), (id, true));
                let again = directory.import(&provider_id, None, "Ann").await.unwrap();
                assert_eq!((again.id, again.new), (id, false));
            }
            _ => {
                done(directory.repeat(change).await);
            }
        }
        house.agree(id).await;
        assert_eq!(house.made_for(id).len(), 1, "{by}");
        assert_eq!(
            house
                .store
                .assistants(
                    &store::AssistantFilter::default(),
                    store::Page { limit: 9, offset: 0 }
                )
                .await
                .unwrap()
                .len(),
            1
        );
    }
}

/// Dismissed before it turns up, it is somebody's assistant like any other.
#[tokio::test]
async fn a_creation_that_turns_up_after_it_was_dismissed_can_be_registered() {
    let house = House::new().await;
    let id = unlisted_creation(&house, 150_000).await;
    house.tend_for(PATIENCE.settle_ms + 4_000).await;
    let change = house.change_in(id, ChangeState::Lost).await;
    let now = house.place.now();
    assert!(house.store.dismiss_change(change, now).await.unwrap());
    house.tend_for(900_000).await;
    let provider_id = house.made_for(id)[0].id.clone();
    let found = house.directory().import(&provider_id, None, "Ann").await.unwrap();
    assert!(found.new && found.id != id);
    house.agree(found.id).await;
    done(house.saves(found.id, says("Hi.")).await);
    house.agree(found.id).await;
}

/// Registering an assistant whose creation is in doubt settles the doubt; there is one record.
#[tokio::test]
async fn registering_what_is_in_doubt_settles_the_doubt() {
    let house = House::new().await;
    let id = unlisted_creation(&house, 60_000).await;
    let provider_id = house.made_for(id)[0].id.clone();
    let found = house.directory().import(&provider_id, None, "Ann").await.unwrap();
    assert_eq!(found.id, id);
    house.agree(id).await;
    house.tend_for(PATIENCE.settle_ms).await;
    house.agree(id).await;
    assert_eq!(house.origins(id).await, [Origin::Created]);
}

/// A record that was deleted while its creation was lost comes back when it is registered.
#[tokio::test]
async fn a_deleted_lost_creation_that_is_registered_comes_back() {
    let house = House::new().await;
    let id = unlisted_creation(&house, 150_000).await;
    house.tend_for(PATIENCE.settle_ms + 4_000).await;
    house.change_in(id, ChangeState::Lost).await;
    let now = house.place.now();
    assert_eq!(
        house.store.delete_assistant(id, now).await.unwrap(),
        Deleted::Done
    );
    house.pass(60_000);
    let provider_id = house.made_for(id)[0].id.clone();
    let found = house.directory().import(&provider_id, None, "Ann").await.unwrap();
    assert_eq!(house.record(found.id).await.deleted_at, None);
}
