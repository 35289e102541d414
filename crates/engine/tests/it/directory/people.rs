//! What people do when nothing goes wrong.

use domain::{assistant::Config, directory::Origin};
use engine::DirectoryError;
use http::Method;
use sandbox::{DEFAULT_ASSISTANT_ID, SECOND_ASSISTANT_ID};
use serde_json::{Value, json};
use store::{AssistantFilter, Deleted, Page};

use super::house::{House, creation, done, edit, robin, says, with};

/// Guarantee *no twins*: one wish makes one assistant, which carries our id.
#[tokio::test]
async fn a_new_assistant_is_made_once_and_becomes_version_one() {
    let house = House::new().await;
    let id = house.made().await;
    house.agree(id).await;
    assert_eq!(house.made_for(id).len(), 1);
    assert_eq!(house.origins(id).await, [Origin::Created]);
    assert_eq!(house.record(id).await.trouble(), None);
}

#[tokio::test]
async fn an_edit_becomes_the_next_version_and_an_earlier_one_can_come_back() {
    let house = House::new().await;
    let id = house.made().await;
    done(house.saves(id, says("Good morning.")).await);
    house.agree(id).await;
    assert_eq!(
        house.record(id).await.config_json,
        says("Good morning.").to_json()
    );
    done(house.directory().restore(id, 1, 2, "Bob").await);
    house.agree(id).await;
    assert_eq!(house.record(id).await.config_json, robin().to_json());
    assert_eq!(
        house.origins(id).await,
        [Origin::Created, Origin::Edited, Origin::Restored]
    );
    let missing = house.directory().restore(id, 9, 3, "Bob").await;
    assert!(matches!(missing, Err(DirectoryError::NoSuchVersion)));
    let moved = house.directory().restore(id, 1, 2, "Bob").await;
    assert!(matches!(moved, Err(DirectoryError::Moved(3))));
}

/// Saved without a change, it is no new version, and the provider is not asked.
#[tokio::test]
async fn an_edit_that_changes_nothing_is_no_version() {
    let house = House::new().await;
    let id = house.made().await;
    done(house.saves(id, robin()).await);
    assert_eq!(house.record(id).await.version, 1);
    assert_eq!(house.requests("PATCH /assistant/{id}"), 0);
}

/// Only what differs is sent: what somebody adds to another field meanwhile stays.
#[tokio::test]
async fn an_edit_sends_only_what_differs() {
    let house = House::new().await;
    let id = house.made().await;
    let provider_id = house.provider_id(id).await;
    house.place.plan(
        Method::PATCH,
        super::house::Plan::Before({
            let place = house.place.clone();
            super::house::meanwhile(async move {
                place.patch_past_us(&provider_id, &json!({"voicemailMessage": "Please call back."}));
            })
        }),
    );
    done(house.saves(id, says("Good morning.")).await);
    house.agree(id).await;
    let held = house.held(&house.provider_id(id).await).unwrap();
    assert_eq!(held.get("voicemailMessage"), Some(&json!("Please call back.")));
}

#[tokio::test]
async fn a_field_that_is_taken_out_goes_at_the_provider_too() {
    let house = House::new().await;
    let id = house.made().await;
    done(
        house
            .saves(id, with(robin(), &json!({"firstMessage": null})))
            .await,
    );
    house.agree(id).await;
    assert_eq!(
        house
            .held(&house.provider_id(id).await)
            .unwrap()
            .get("firstMessage"),
        None
    );
}

#[tokio::test]
async fn copies_are_assistants_of_their_own() {
    let house = House::new().await;
    let directory = house.directory();
    let id = house.made().await;
    let copy = done(directory.clone_of(id, None, "Ann").await);
    let named = done(directory.clone_of(id, Some("Wren"), "Ann").await);
    for id in [id, copy, named] {
        house.agree(id).await;
        assert_eq!(house.made_for(id).len(), 1);
    }
    assert_eq!(house.record(copy).await.name, "Robin (copy)");
    assert_eq!(house.record(named).await.name, "Wren");
    assert_eq!(house.origins(copy).await, [Origin::Cloned]);
    done(house.saves(copy, says("Good evening.")).await);
    assert_eq!(house.record(id).await.version, 1, "the original stays");
}

#[tokio::test]
async fn templates_are_seeded_once_cloned_and_never_changed() {
    let house = House::new().await;
    let directory = house.directory();
    assert!(directory.seed_templates().await.unwrap() > 0);
    assert_eq!(directory.seed_templates().await.unwrap(), 0);
    let page = Page { limit: 10, offset: 0 };
    let templates = house
        .store
        .assistants(&AssistantFilter::default(), page)
        .await
        .unwrap();
    for template in templates {
        let copy = done(directory.clone_of(template.id, None, "Ann").await);
        house.agree(copy).await;
        let refused = directory.edit(template.id, edit(1, robin())).await;
        assert!(matches!(refused, Err(DirectoryError::Template)));
        let refused = directory.push_ours(template.id, "", "Ann").await;
        assert!(matches!(refused, Err(DirectoryError::Template)));
    }
}

#[tokio::test]
async fn what_the_provider_has_is_registered_and_brought_up_to_date() {
    let house = House::new().await;
    let directory = house.directory();
    let first = directory.import(DEFAULT_ASSISTANT_ID, None, "Ann").await.unwrap();
    assert!(first.new);
    house.agree(first.id).await;
    let again = directory
        .import(DEFAULT_ASSISTANT_ID, Some("Ours"), "Ann")
        .await
        .unwrap();
    assert_eq!((again.id, again.new), (first.id, false));
    assert_eq!(house.record(first.id).await.version, 1);
    assert_eq!(house.record(first.id).await.name, "Ours");
    house
        .place
        .patch_past_us(DEFAULT_ASSISTANT_ID, &json!({"firstMessage": "Hi."}));
    directory.import(DEFAULT_ASSISTANT_ID, None, "Ann").await.unwrap();
    house.agree(first.id).await;
    assert_eq!(house.origins(first.id).await, [Origin::Imported; 2]);
    let unknown = directory
        .import("0195a000-0000-7000-8000-0000000fffff", None, "Ann")
        .await;
    assert!(matches!(unknown, Err(DirectoryError::UnknownToProvider)));
    let unknown = directory.import("../assistant", None, "Ann").await;
    assert!(matches!(unknown, Err(DirectoryError::UnknownToProvider)));
}

/// A name that people gave an imported assistant here is not the provider's, and stays through an edit of other things.
#[tokio::test]
async fn our_own_name_of_an_imported_assistant_stays() {
    let house = House::new().await;
    let directory = house.directory();
    let id = directory
        .import(SECOND_ASSISTANT_ID, Some("Spring survey"), "Ann")
        .await
        .unwrap()
        .id;
    let ours = Config::parse(&house.record(id).await.config_json).unwrap();
    done(
        house
            .saves(id, with(ours.clone(), &json!({"firstMessage": "Hi."})))
            .await,
    );
    assert_eq!(house.record(id).await.name, "Spring survey");
    done(
        house
            .saves(
                id,
                with(ours, &json!({"name": "Autumn survey", "firstMessage": "Hi."})),
            )
            .await,
    );
    assert_eq!(house.record(id).await.name, "Autumn survey");
    house.agree(id).await;
}

/// Guarantee *nothing unknown is lost*: fields that this program has never heard of survive an edit byte for byte.
#[tokio::test]
async fn fields_that_we_do_not_know_survive_an_edit() {
    let house = House::new().await;
    let directory = house.directory();
    let odd = json!({
        "observabilityPlan": {"provider": "who-knows", "tags": ["a", "é ", null, 1.5, 12_345_678_901_234_u64], "deep": {"": []}},
        "metadata": {"theirs": {"kept": true}, "n": 1e-7},
    });
    house.place.patch_past_us(DEFAULT_ASSISTANT_ID, &odd);
    let id = directory
        .import(DEFAULT_ASSISTANT_ID, None, "Ann")
        .await
        .unwrap()
        .id;
    let before = house.held(DEFAULT_ASSISTANT_ID).unwrap();
    let version = house.record(id).await;
    let ours = Config::parse(&version.config_json).unwrap();
    done(house.saves(id, with(ours, &json!({"firstMessage": "Hi."}))).await);
    house.agree(id).await;
    let after = house.held(DEFAULT_ASSISTANT_ID).unwrap();
    for (key, value) in before.as_map() {
        if key != "firstMessage" {
            assert_eq!(
                after.as_map().get(key).map(Value::to_string),
                Some(value.to_string()),
                "{key}"
            );
        }
    }
}

/// Secrets go to the provider as they were entered, and stay when something else is edited.
#[tokio::test]
async fn secrets_are_sent_as_stored() {
    let house = House::new().await;
    let server = json!({"url": "https://example.com/hook", "headers": {"Authorization": "Bearer hush", "X-Key": "h\"ush"}});
    let secret = with(robin(), &json!({"server": server}));
    let id = done(house.directory().create(creation(secret.clone())).await);
    done(
        house
            .saves(id, with(secret, &json!({"firstMessage": "Hi."})))
            .await,
    );
    house.agree(id).await;
    assert_eq!(
        house.held(&house.provider_id(id).await).unwrap().get("server"),
        Some(&server)
    );
    let copy = done(house.directory().clone_of(id, None, "Ann").await);
    assert_eq!(
        house.held(&house.provider_id(copy).await).unwrap().get("server"),
        Some(&server)
    );
}

/// Deleting is ours alone. Registered again, the record comes back with its history.
#[tokio::test]
async fn a_deleted_record_leaves_the_provider_alone_and_comes_back() {
    let house = House::new().await;
    let directory = house.directory();
    let id = house.made().await;
    let provider_id = house.provider_id(id).await;
    let now = house.place.now();
    assert_eq!(
        house.store.delete_assistant(id, now).await.unwrap(),
        Deleted::Done
    );
    let gone = directory.edit(id, edit(1, says("Hi."))).await;
    assert!(matches!(gone, Err(DirectoryError::NotFound)));
    assert!(house.held(&provider_id).is_some());
    assert_eq!(house.ledger().deleted, 0);
    let back = directory.import(&provider_id, None, "Ann").await.unwrap();
    assert_eq!((back.id, back.new), (id, false));
    house.agree(id).await;
    assert_eq!(house.record(id).await.deleted_at, None);
}
