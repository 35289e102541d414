//! What is refused or never arrives, for certain: nothing has changed, here or there.

use domain::{assistant::Fault, directory::ChangeState};
use engine::DirectoryError;
use http::Method;
use sandbox::{ErrorShape, Settings, World};
use serde_json::json;
use store::{Assistant, AssistantFilter, Page};

use super::house::{House, PATIENCE, Plan, creation, edit, in_doubt, robin, says, with};

/// Everything that must stay as it is.
async fn picture(house: &House) -> (Vec<Assistant>, u64, u64) {
    let page = Page {
        limit: 100,
        offset: 0,
    };
    let mut records = house
        .store
        .assistants(&AssistantFilter::default(), page)
        .await
        .unwrap();
    for record in &mut records {
        // That it was looked at is no change.
        record.checked_at = None;
    }
    let ledger = house.ledger();
    (records, ledger.created, ledger.changed)
}

#[tokio::test]
async fn what_is_surely_wrong_is_not_sent() {
    let house = House::new().await;
    let id = house.made().await;
    let before = picture(&house).await;
    let wrong = with(robin(), &json!({"model": {"temperature": 7}}));
    for refused in [
        house.directory().create(creation(wrong.clone())).await,
        house.saves(id, wrong).await,
    ] {
        let Err(DirectoryError::Faults(faults)) = refused else {
            panic!("{refused:?}")
        };
        assert_eq!(faults[0].path, "model.temperature");
    }
    assert_eq!(picture(&house).await, before);
    assert_eq!(house.requests("POST /assistant"), 1);
}

/// The provider's refusal names the field, changes nothing and leaves no row.
#[tokio::test]
async fn what_the_provider_refuses_changes_nothing_and_names_the_field() {
    for shape in [ErrorShape::Legacy, ErrorShape::Problem] {
        let house = House::new().await;
        let settings = Settings {
            error_shape: shape,
            ..Settings::default()
        };
        *house.place.world.lock().unwrap() = World::new(settings);
        let id = house.made().await;
        let before = picture(&house).await;
        let wrong = with(
            robin(),
            &json!({"model": {"messages": [{"role": "system", "content": "x", "extra": 1}]}, "artifactPlan": {"nonsense": true}}),
        );
        for refused in [
            house.directory().create(creation(wrong.clone())).await,
            house.saves(id, wrong).await,
        ] {
            let Err(DirectoryError::Refused { faults, message }) = refused else {
                panic!("{refused:?}")
            };
            let paths: Vec<&str> = faults.iter().map(|Fault { path, .. }| path.as_str()).collect();
            assert!(
                paths.contains(&"artifactPlan.nonsense"),
                "{shape:?}: {faults:?} {message}"
            );
        }
        assert_eq!(picture(&house).await, before);
    }
}

/// A connection that is refused, a key that is, and a request too many: certain that nothing was done.
#[tokio::test]
async fn what_never_arrives_changes_nothing() {
    let house = House::new().await;
    let id = house.made().await;
    let before = picture(&house).await;
    for (nth, plan) in [|| Plan::NotSent, || Plan::Status(429), || Plan::Status(401)]
        .into_iter()
        .enumerate()
    {
        house.place.plan(Method::POST, plan());
        let refused = house.directory().create(creation(robin())).await;
        assert!(
            matches!(refused, Err(DirectoryError::Unreachable(_))),
            "{nth}: {refused:?}"
        );
        house.place.plan(Method::PATCH, plan());
        let refused = house.saves(id, says("Hi.")).await;
        assert!(
            matches!(refused, Err(DirectoryError::Unreachable(_))),
            "{nth}: {refused:?}"
        );
    }
    assert_eq!(picture(&house).await, before);
    super::house::done(house.saves(id, says("Hi.")).await);
    house.agree(id).await;
}

#[tokio::test]
async fn a_provider_that_is_down_or_wants_no_more_requests_changes_nothing() {
    let house = House::new().await;
    let id = house.made().await;
    let before = picture(&house).await;
    for down in [true, false] {
        if down {
            house.down(60_000);
        } else {
            house.pass(60_000);
            house.faults(|faults| faults.rate_refusal = 1.0);
        }
        let directory = house.directory();
        assert!(matches!(
            directory.create(creation(robin())).await,
            Err(DirectoryError::Unreachable(_))
        ));
        assert!(matches!(
            directory.edit(id, edit(1, says("Hi."))).await,
            Err(DirectoryError::Unreachable(_))
        ));
        assert!(matches!(
            directory.compare(id).await,
            Err(DirectoryError::Unreachable(_))
        ));
        assert!(matches!(
            directory.push_ours(id, "x", "Ann").await,
            Err(DirectoryError::Unreachable(_))
        ));
        assert!(matches!(
            directory.take_theirs(id, "x", "Ann").await,
            Err(DirectoryError::Unreachable(_))
        ));
        assert!(matches!(
            directory.import(sandbox::DEFAULT_ASSISTANT_ID, None, "Ann").await,
            Err(DirectoryError::Unreachable(_))
        ));
        // Neither is it a failure of the node, nor a reason to call anything gone.
        directory.tend().await.unwrap();
    }
    assert_eq!(picture(&house).await, before);
}

/// A lost creation that is repeated while the provider is down is still there to be repeated.
#[tokio::test]
async fn a_repeat_that_never_arrives_keeps_what_is_to_be_repeated() {
    let house = House::new().await;
    house.faults(|faults| faults.assistant_hang_up_before_acting = 1.0);
    let id = in_doubt(house.directory().create(creation(robin())).await);
    house.calm();
    house.tend_for(PATIENCE.settle_ms + 70_000).await;
    let change = house.change_in(id, ChangeState::Lost).await;
    house.place.plan(Method::POST, Plan::Status(429));
    let refused = house.directory().repeat(change).await;
    assert!(
        matches!(refused, Err(DirectoryError::Unreachable(_))),
        "{refused:?}"
    );
    let record = house.find(id).await.expect("what the person wrote is not lost");
    assert_eq!(record.change.unwrap().state, ChangeState::Lost);
    super::house::done(house.directory().repeat(change).await);
    house.agree(id).await;
    assert_eq!(house.made_for(id).len(), 1);
}
