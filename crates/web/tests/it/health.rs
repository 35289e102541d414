//! Whether the server can do its work.

use crate::rig::Rig;

#[tokio::test]
async fn a_healthy_server_says_so_without_asking_the_provider() {
    let rig = Rig::new().await;
    let id = rig.campaign().await;
    rig.dial(id).await;
    let answer = rig.get("/api/health").await.expect(200);
    insta::assert_json_snapshot!("healthy", answer.json());
}

#[tokio::test]
async fn a_provider_that_is_down_is_told_but_makes_nobody_unhealthy() {
    let rig = Rig::new().await;
    assert!(rig.get("/api/health").await.expect(200).json()["checks"]["provider"]["healthy"].is_null());
    rig.provider.fail("connection refused", None);
    rig.get("/api/phone-numbers").await;
    let provider = rig.get("/api/health").await.expect(200).json()["checks"]["provider"].clone();
    assert_eq!(
        (&provider["healthy"], provider["error"].as_str()),
        (&false.into(), Some("connection refused"))
    );
}

#[tokio::test]
async fn without_its_database_a_server_is_unhealthy() {
    let rig = Rig::new().await;
    rig.store.close().await;
    let answer = rig.get("/api/health").await.expect(503);
    insta::assert_json_snapshot!("unhealthy", answer.json());
}

#[tokio::test]
async fn without_its_database_every_answer_has_the_one_form_of_error() {
    let rig = Rig::new().await;
    let id = rig.campaign().await;
    rig.store.close().await;
    for path in [
        "/api/campaigns".to_owned(),
        format!("/api/campaigns/{id}"),
        format!("/api/campaigns/{id}/export.csv"),
    ] {
        let answer = rig.get(&path).await;
        assert_eq!(answer.error(), (503, "database_unavailable".to_owned()), "{path}");
        assert_eq!(
            answer.json()["error"]["details"]["request_id"],
            answer.header("x-request-id")
        );
        assert_eq!(answer.header("retry-after"), "5");
    }
    let page = rig.get("/campaigns").await.expect(503);
    assert!(
        page.text().contains("The database does not answer"),
        "{}",
        page.text()
    );
    assert!(page.header("content-type").starts_with("text/html"));
    assert!(page.text().contains(page.header("x-request-id")));
}
