//! Lists: campaigns, contacts, and what the provider offers.

use std::sync::atomic::Ordering;

use serde_json::Value;

use crate::rig::{Form, Rig};

fn names(list: &Value) -> Vec<&str> {
    list["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|item| item["name"].as_str().unwrap())
        .collect()
}

#[tokio::test]
async fn campaigns_are_listed_newest_first_and_in_pages() {
    let rig = Rig::new().await;
    for name in ["first", "second", "third"] {
        rig.create(Form::new().field("name", name)).await.expect(201);
        rig.wait_ms(1_000);
    }
    let page = rig.get("/api/campaigns?limit=2").await.expect(200).json();
    assert_eq!(names(&page), ["third", "second"]);
    assert_eq!(
        (page["total"].as_u64(), page["limit"].as_u64()),
        (Some(3), Some(2))
    );
    assert_eq!(
        names(&rig.get("/api/campaigns?limit=2&offset=2").await.json()),
        ["first"]
    );
    for query in ["limit=0", "limit=501"] {
        assert_eq!(
            rig.get(&format!("/api/campaigns?{query}")).await.error().0,
            422,
            "{query}"
        );
    }
    let bad = rig.get("/api/campaigns?limit=many").await;
    assert_eq!(bad.error(), (400, "invalid_query".to_owned()));
}

#[tokio::test]
async fn a_campaign_tells_how_far_it_is() {
    let rig = Rig::new().await;
    let id = rig.campaign().await;
    rig.dial(id).await;
    insta::assert_json_snapshot!(
        "campaign",
        rig.get(&format!("/api/campaigns/{id}")).await.expect(200).shape()
    );
}

#[tokio::test]
async fn contacts_are_filtered_searched_and_paged() {
    let rig = Rig::new().await;
    let id = rig.campaign().await;
    let list = async |query: &str| {
        rig.get(&format!("/api/campaigns/{id}/contacts?{query}"))
            .await
            .expect(200)
            .json()
    };
    assert_eq!(list("").await["total"], 4);
    assert_eq!(
        names(&list("limit=2&offset=1").await),
        ["Grace O'Neill", "Mina Park"]
    );
    assert_eq!(names(&list("q=o%27neill").await), ["Grace O'Neill"]);
    assert_eq!(names(&list("q=2079460321").await), ["Grace O'Neill"]);
    assert_eq!(
        names(&list("q=%25").await),
        Vec::<&str>::new(),
        "taken to the letter"
    );
    assert_eq!(list("state=calling").await["total"], 0);
    rig.dial(id).await;
    assert_eq!(list("state=calling&status=QUEUED").await["total"], 4);
    assert_eq!(list("state=&outcome=&status=").await["total"], 4);
    for query in ["state=asleep", "outcome=sale", "status=queued"] {
        let refused = rig.get(&format!("/api/campaigns/{id}/contacts?{query}")).await;
        assert_eq!(refused.error(), (422, "invalid_field".to_owned()), "{query}");
    }
    insta::assert_json_snapshot!(
        "contacts",
        rig.get(&format!("/api/campaigns/{id}/contacts?q=ada"))
            .await
            .shape()
    );
}

#[tokio::test]
async fn the_provider_is_asked_once_for_many_readers() {
    let rig = Rig::new().await;
    insta::assert_json_snapshot!(
        "phone_numbers",
        rig.get("/api/phone-numbers").await.expect(200).json()
    );
    rig.get("/campaigns").await.expect(200);
    assert_eq!(rig.provider.listed.load(Ordering::SeqCst), 1);
    rig.wait_ms(30_000);
    rig.get("/api/phone-numbers").await.expect(200);
    assert_eq!(
        rig.provider.listed.load(Ordering::SeqCst),
        2,
        "half a minute later it is asked again"
    );
}

#[tokio::test]
async fn a_provider_that_is_down_is_left_alone_for_a_while() {
    let rig = Rig::new().await;
    rig.provider.fail("connection refused", None);
    for _ in 0..3 {
        let refused = rig.get("/api/phone-numbers").await;
        assert_eq!(refused.error(), (502, "provider_unreachable".to_owned()));
        assert!(refused.text().contains("connection refused"));
    }
    assert_eq!(rig.provider.listed.load(Ordering::SeqCst), 1);
    rig.provider.recover();
    rig.wait_ms(10_000);
    rig.get("/api/phone-numbers").await.expect(200);
}
