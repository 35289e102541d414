//! A list that is sent twice.

use serde_json::json;

use crate::rig::{Form, LIST, Rig};

fn form() -> Form {
    Form::new().without("allow_repeat")
}

/// A double click on Start calls everybody once.
#[tokio::test]
async fn a_list_that_is_sent_twice_is_one_campaign() {
    let rig = Rig::new().await;
    let started = form().field("start", "true");
    let (one, two) = tokio::join!(rig.send(started.request()), rig.send(started.request()));
    let (made, refused) = if one.status == 201 { (one, two) } else { (two, one) };
    let campaign = made.expect(201).json()["campaign"]["id"].clone();
    assert_eq!(refused.error(), (409, "looks_like_a_repeat".to_owned()));
    let details = refused.json()["error"]["details"].clone();
    assert_eq!(details["campaign_id"], campaign);
    assert_eq!(details["name"], "Spring follow-up");
    assert_eq!(rig.get("/api/campaigns").await.json()["total"], 1);

    let again = rig.create(form()).await;
    assert_eq!(again.error().0, 409, "without pressing Start as well");
    rig.create(form().field("allow_repeat", "true")).await.expect(201);
    assert_eq!(rig.get("/api/campaigns").await.json()["total"], 2);
}

#[tokio::test]
async fn another_list_another_setting_and_a_later_time_are_no_repeat() {
    let rig = Rig::new().await;
    rig.create(form()).await.expect(201);
    for other in [
        form().field("name", "Another"),
        form().field("cap", "3"),
        form().list("leads.csv", LIST.replace("Ada", "Eda")),
    ] {
        rig.create(other).await.expect(201);
    }
    // What the file is called says nothing.
    assert_eq!(rig.create(form().list("copy.csv", LIST)).await.error().0, 409);
    rig.wait_ms(600_000 + 1);
    rig.create(form()).await.expect(201);
}

/// What was not stored was not made: the same may be sent again once it is mended.
#[tokio::test]
async fn a_list_that_was_refused_may_be_sent_again() {
    let rig = Rig::new().await;
    for _ in 0..2 {
        assert_eq!(
            rig.create(form().list("leads.csv", "name,phone\nNobody,555-01\n"))
                .await
                .error(),
            (422, "nobody_to_call".to_owned())
        );
    }
    let odd = rig.create(form().field("allow_repeat", "perhaps")).await;
    assert_eq!(odd.error(), (422, "invalid_field".to_owned()));
    assert_eq!(odd.json()["error"]["details"], json!({"field": "allow_repeat"}));
}

/// The page names the campaign and offers to go on.
#[tokio::test]
async fn the_form_has_a_place_for_the_question() {
    let rig = Rig::new().await;
    let page = rig.get("/campaigns").await.expect(200).text();
    for part in ["data-repeat ", "data-repeat-link", "data-repeat-anyway"] {
        assert!(page.contains(part), "{part}");
    }
}
