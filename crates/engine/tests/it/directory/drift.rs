//! What others change at the provider, past us. Guarantee *no silent disagreement*: it is shown, and nothing of it is
//! overwritten unseen.

use domain::{
    assistant::{Config, differences},
    directory::Origin,
};
use engine::{DirectoryError, Edit};
use http::Method;
use sandbox::{DEFAULT_ASSISTANT_ID, SECOND_ASSISTANT_ID, Span};
use serde_json::{Value, json};

use super::house::{House, Plan, done, edit, meanwhile, robin, says, with};

const TEN_MINUTES_MS: i64 = 600_000;

/// Paths that differ, as the record shows them.
async fn shown(house: &House, id: domain::ids::AssistantId) -> Vec<String> {
    let record = house.record(id).await;
    let config = |json: &str| Config::from_provider(json).unwrap();
    let Some(theirs) = &record.theirs_json else {
        return Vec::new();
    };
    differences(&config(&record.config_json), &config(theirs))
        .into_iter()
        .map(|difference| difference.path)
        .collect()
}

/// An assistant whose greeting somebody changed at the provider.
async fn changed(house: &House) -> domain::ids::AssistantId {
    let id = house.made().await;
    let provider_id = house.provider_id(id).await;
    house
        .place
        .patch_past_us(&provider_id, &json!({"firstMessage": "Theirs."}));
    id
}

#[tokio::test]
async fn an_edit_over_what_others_changed_is_refused_and_shown() {
    let house = House::new().await;
    let id = changed(&house).await;
    for refused in [
        house.saves(id, says("Mine.")).await,
        house
            .saves(id, with(robin(), &json!({"voicemailMessage": "Hi."})))
            .await,
    ] {
        assert!(matches!(refused, Err(DirectoryError::Drifted)), "{refused:?}");
    }
    assert_eq!(shown(&house, id).await, ["firstMessage"]);
    assert_eq!(house.record(id).await.version, 1);
    assert_eq!(house.requests("PATCH /assistant/{id}"), 1, "only theirs");
}

#[tokio::test]
async fn a_comparison_shows_what_differs_until_it_does_no_more() {
    let house = House::new().await;
    let id = changed(&house).await;
    let directory = house.directory();
    directory.compare(id).await.unwrap();
    assert_eq!(shown(&house, id).await, ["firstMessage"]);
    let provider_id = house.provider_id(id).await;
    house.place.patch_past_us(
        &provider_id,
        &json!({"firstMessage": robin().get("firstMessage")}),
    );
    directory.compare(id).await.unwrap();
    house.agree(id).await;
}

#[tokio::test]
async fn their_side_is_taken_only_as_it_was_seen() {
    let house = House::new().await;
    let id = changed(&house).await;
    let directory = house.directory();
    let (seen, provider_id) = (house.seen(id).await, house.provider_id(id).await);
    house.place.patch_past_us(
        &provider_id,
        &json!({"firstMessage": "Theirs again.", "name": "Wren"}),
    );
    let stale = directory.take_theirs(id, &seen, "Ann").await;
    assert!(matches!(stale, Err(DirectoryError::Drifted)), "{stale:?}");
    assert_eq!(house.record(id).await.version, 1);
    directory
        .take_theirs(id, &house.seen(id).await, "Ann")
        .await
        .unwrap();
    house.agree(id).await;
    assert_eq!(house.origins(id).await, [Origin::Created, Origin::Taken]);
    assert_eq!(house.record(id).await.name, "Wren");
    directory.take_theirs(id, &seen, "Ann").await.unwrap();
    assert_eq!(house.record(id).await.version, 2, "there is nothing to take");
}

#[tokio::test]
async fn our_side_is_put_back_only_over_what_was_seen() {
    let house = House::new().await;
    let id = changed(&house).await;
    let directory = house.directory();
    let (seen, provider_id) = (house.seen(id).await, house.provider_id(id).await);
    house
        .place
        .patch_past_us(&provider_id, &json!({"voicemailMessage": "Theirs too."}));
    let stale = directory.push_ours(id, &seen, "Ann").await;
    assert!(matches!(stale, Err(DirectoryError::Drifted)), "{stale:?}");
    assert_eq!(
        house.held(&provider_id).unwrap().get("firstMessage"),
        Some(&json!("Theirs."))
    );
    done(directory.push_ours(id, &house.seen(id).await, "Ann").await);
    house.agree(id).await;
    assert_eq!(house.record(id).await.config_json, robin().to_json());
    assert_eq!(house.origins(id).await, [Origin::Created, Origin::Pushed]);
    done(directory.push_ours(id, &seen, "Ann").await);
    assert_eq!(house.record(id).await.version, 2, "there is nothing to put back");
}

/// What was lost and what others did show together, and the lost edit is not put over it.
#[tokio::test]
async fn a_lost_edit_is_not_repeated_over_what_others_changed() {
    let house = House::new().await;
    let id = house.made().await;
    house.faults(|faults| faults.assistant_hang_up_before_acting = 1.0);
    super::house::in_doubt(house.saves(id, says("Mine.")).await);
    house.calm();
    let provider_id = house.provider_id(id).await;
    house
        .place
        .patch_past_us(&provider_id, &json!({"voicemailMessage": "Theirs."}));
    house.tend_for(super::house::PATIENCE.settle_ms + 2_000).await;
    assert_eq!(
        shown(&house, id).await,
        ["voicemailMessage"],
        "without waiting for the next comparison"
    );
    let change = house.change_in(id, domain::directory::ChangeState::Lost).await;
    let refused = house.directory().repeat(change).await;
    assert!(matches!(refused, Err(DirectoryError::Drifted)), "{refused:?}");
    house
        .directory()
        .take_theirs(id, &house.seen(id).await, "Ann")
        .await
        .unwrap();
    assert_eq!(house.record(id).await.version, 2);
}

#[tokio::test]
async fn what_others_deleted_is_gone_and_cannot_be_changed() {
    let house = House::new().await;
    let id = house.made().await;
    let seen = house.seen(id).await;
    let provider_id = house.provider_id(id).await;
    let path = format!("/assistant/{provider_id}");
    house.place.past_us(Method::DELETE, &path, &Value::Null).unwrap();
    let directory = house.directory();
    let gone = directory.edit(id, edit(1, says("Hi."))).await;
    assert!(matches!(gone, Err(DirectoryError::Gone)), "{gone:?}");
    assert!(house.record(id).await.gone_at.is_some());
    assert_eq!(house.record(id).await.trouble(), Some(store::Trouble::Gone));
    assert!(matches!(
        directory.take_theirs(id, &seen, "Ann").await,
        Err(DirectoryError::Gone)
    ));
    assert!(matches!(
        directory.import(&provider_id, None, "Ann").await,
        Err(DirectoryError::UnknownToProvider)
    ));
    let copy = done(directory.clone_of(id, None, "Ann").await);
    house.agree(copy).await;
    // Made anew it is the same record: campaigns go on with it.
    assert_eq!(done(directory.push_ours(id, &seen, "Ann").await), id);
    house.agree(id).await;
    assert_ne!(house.provider_id(id).await, provider_id);
    let record = house.record(id).await;
    assert_eq!((record.trouble(), record.version), (None, 2));
}

/// Deleted between our look and our request.
#[tokio::test]
async fn what_others_delete_under_an_edit_is_gone() {
    let house = House::new().await;
    let id = house.made().await;
    let path = format!("/assistant/{}", house.provider_id(id).await);
    let place = house.place.clone();
    let deletes = meanwhile(async move {
        place.past_us(Method::DELETE, &path, &Value::Null).unwrap();
    });
    house.place.plan(Method::PATCH, Plan::Before(deletes));
    let gone = house.saves(id, says("Hi.")).await;
    assert!(matches!(gone, Err(DirectoryError::Gone)), "{gone:?}");
    let record = house.record(id).await;
    assert!(record.gone_at.is_some());
    assert_eq!((record.version, record.change), (1, None));
}

/// Every ten minutes everything is compared, on one node.
#[tokio::test]
async fn everything_is_compared_every_ten_minutes() {
    let house = House::new().await;
    let directory = house.directory();
    let mut ids = Vec::new();
    for provider_id in [DEFAULT_ASSISTANT_ID, SECOND_ASSISTANT_ID] {
        ids.push(directory.import(provider_id, None, "Ann").await.unwrap().id);
        house
            .place
            .patch_past_us(provider_id, &json!({"firstMessage": "Theirs."}));
    }
    let gone = house.made().await;
    let path = format!("/assistant/{}", house.provider_id(gone).await);
    house.place.past_us(Method::DELETE, &path, &Value::Null).unwrap();
    assert!(directory.tend().await.unwrap().compared);
    assert!(!directory.tend().await.unwrap().compared);
    for id in ids {
        assert_eq!(shown(&house, id).await, ["firstMessage"]);
    }
    assert!(house.record(gone).await.gone_at.is_some());
    house.pass(TEN_MINUTES_MS - 1);
    assert!(!directory.tend().await.unwrap().compared);
    house.pass(1);
    assert!(directory.tend().await.unwrap().compared);
}

/// A list that does not hold everything, or shows things late, makes nothing gone.
#[tokio::test]
async fn absence_from_a_list_is_no_proof() {
    let house = House::new().await;
    let old = house.made().await;
    house.pass(1_000);
    for nth in 0..1_000 {
        let body = json!({"name": format!("Not ours {nth}")});
        house.place.past_us(Method::POST, "/assistant", &body).unwrap();
    }
    house.faults(|faults| {
        faults.assistant_list_lag = 1.0;
        faults.assistant_list_lag_ms = Span::new(60_000, 60_000);
    });
    let young = house.made().await;
    house.calm();
    let listed = house.directory().offered().await.unwrap();
    for id in [old, young] {
        let provider_id = house.provider_id(id).await;
        assert!(listed.iter().all(|theirs| theirs.id != provider_id));
    }
    assert!(house.directory().tend().await.unwrap().compared);
    for id in [old, young] {
        house.agree(id).await;
        assert!(house.record(id).await.checked_at.is_some());
    }
}

/// An edit that is made while the list is under way is no disagreement.
#[tokio::test]
async fn a_list_from_before_an_edit_shows_no_difference() {
    let house = House::new().await;
    let id = house.made().await;
    let directory = house.directory();
    let saves = meanwhile(async move {
        done(directory.edit(id, edit(1, says("Hi."))).await);
    });
    house.place.plan(Method::GET, Plan::After(saves));
    assert!(house.directory().tend().await.unwrap().compared);
    house.agree(id).await;
}

/// A comparison that began before an edit says nothing about what the edit made.
#[tokio::test]
async fn a_look_from_before_an_edit_shows_no_difference() {
    let house = House::new().await;
    let id = house.made().await;
    let directory = house.directory();
    let saves = meanwhile(async move {
        done(directory.edit(id, edit(1, says("Hi."))).await);
    });
    house.place.plan(Method::GET, Plan::After(saves));
    house.directory().compare(id).await.unwrap();
    house.agree(id).await;
}

/// The same wish from a form in which a number is written `1.0` and from one in which it is written `1`.
#[tokio::test]
async fn numbers_that_are_equal_are_no_difference() {
    let house = House::new().await;
    let id = house.made().await;
    let one = with(robin(), &json!({"model": {"temperature": 1}}));
    done(house.saves(id, one).await);
    let provider_id = house.provider_id(id).await;
    let model = json!({"provider": "openai", "model": "gpt-4o", "temperature": 1.0});
    house.place.patch_past_us(&provider_id, &json!({"model": model}));
    house.directory().compare(id).await.unwrap();
    assert_eq!(shown(&house, id).await, Vec::<String>::new());
    assert_eq!(house.record(id).await.theirs_json, None);
    let version = house.record(id).await.version;
    let two = with(
        robin(),
        &json!({"model": {"temperature": 1}, "firstMessage": "Hi."}),
    );
    let wish = Edit {
        origin: Origin::Edited,
        ..edit(version, two)
    };
    done(house.directory().edit(id, wish).await);
}
