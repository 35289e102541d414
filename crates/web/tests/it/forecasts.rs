//! When a campaign will be finished: on its page, in the API, before it starts and while it runs.

use futures::{FutureExt, StreamExt};
use http::Method;
use serde_json::{Value, json};

use crate::rig::{NOW, Rig};

/// A page that is open hears that its forecast has been made, and no other does.
#[tokio::test]
async fn pages_are_told_when_it_is_there() {
    let rig = Rig::new().await;
    let id = rig.campaign().await;
    let other = rig.campaign().await;
    let open = async |id| {
        let request = crate::rig::request(Method::GET, &format!("/events?campaign={id}"));
        let mut messages = rig.raw(request).await.into_body().into_data_stream();
        messages.next().await.expect("hello").unwrap();
        messages
    };
    let (mut ours, mut others) = (open(id).await, open(other).await);
    rig.get(&format!("/campaigns/{id}")).await.expect(200);
    for open in [&mut ours, &mut others] {
        let told = open.next().await.expect("a message").unwrap();
        assert!(told.starts_with(b"event: health"), "{told:?}");
    }
    let told = ours.next().await.expect("a message").unwrap();
    assert!(
        String::from_utf8_lossy(&told).contains(&id.to_string()),
        "{told:?}"
    );
    assert!(others.next().now_or_never().is_none());
}

/// The page, once the forecast that it asked for has been made.
async fn page_with_forecast(rig: &Rig, id: &str) -> String {
    for _ in 0..200 {
        let page = rig.get(&format!("/campaigns/{id}")).await.expect(200).text();
        if !page.contains("Working out when it ends") && page.contains("Forecast</h") {
            return page;
        }
        tokio::task::yield_now().await;
        // Asking waits for the one under way.
        rig.get(&format!("/api/campaigns/{id}/forecast"))
            .await
            .expect(200);
    }
    panic!("the forecast never came");
}

#[tokio::test]
async fn a_draft_shows_when_it_would_end_for_three_numbers_of_lines() {
    let rig = Rig::new().await;
    let id = rig.campaign().await.to_string();
    let first = rig.get(&format!("/campaigns/{id}")).await.expect(200).text();
    assert!(
        first.contains("Working out when it ends and what it costs"),
        "no page waits for it"
    );
    let page = page_with_forecast(&rig, &id).await;
    for shown in [
        "Finished by",
        "Costs",
        "chosen",
        "Assumed, as you have made no calls yet",
        "Times are those of",
    ] {
        assert!(page.contains(shown), "{shown}: {page}");
    }
    let found = rig
        .get(&format!("/api/campaigns/{id}/preflight"))
        .await
        .expect(200)
        .json();
    let forecast = &found["forecast"];
    assert_eq!(
        (&forecast["assumed"], &forecast["based_on_calls"]),
        (&json!(true), &json!(0))
    );
    let rows = forecast["rows"].as_array().unwrap();
    let chosen: Vec<&Value> = rows.iter().filter(|row| row["chosen"] == true).collect();
    assert_eq!((rows.len(), chosen.len()), (3, 1));
    let (finish, cost) = (&chosen[0]["finish_at"], &chosen[0]["cost_usd_micros"]);
    assert!(
        finish["p10"].as_str() <= finish["p50"].as_str() && finish["p50"].as_str() <= finish["p90"].as_str()
    );
    assert!(finish["p10"].as_str().unwrap() > NOW.to_iso().as_str());
    assert!(
        cost["p10"].as_i64() <= cost["p90"].as_i64() && cost["p90"].as_i64() > Some(0),
        "{cost}"
    );
}

#[tokio::test]
async fn it_is_made_anew_when_somebody_changes_the_campaign() {
    let rig = Rig::new().await;
    let id = rig.campaign().await.to_string();
    let ask = async || {
        rig.get(&format!("/api/campaigns/{id}/forecast"))
            .await
            .expect(200)
            .json()
    };
    let before = ask().await;
    assert_eq!(ask().await, before, "remembered");
    rig.json(
        Method::PATCH,
        &format!("/api/campaigns/{id}"),
        json!({ "cap": 1 }),
    )
    .await
    .expect(200);
    let after = ask().await;
    let caps = |forecast: &Value| -> Vec<u64> {
        let rows = forecast["rows"].as_array().unwrap();
        rows.iter().map(|row| row["cap"].as_u64().unwrap()).collect()
    };
    assert_eq!(caps(&after), [1, 2, 4]);
    assert_ne!(caps(&before), caps(&after));
}

#[tokio::test]
async fn it_goes_on_while_the_campaign_runs_and_ends_with_it() {
    let rig = Rig::new().await;
    let id = rig.campaign().await;
    rig.dial(id).await;
    let id = id.to_string();
    let page = page_with_forecast(&rig, &id).await;
    assert!(
        page.contains("Likely finished") && page.contains("Likely cost"),
        "{page}"
    );
    rig.post(&format!("/api/campaigns/{id}/cancel")).await.expect(200);
    let over = rig
        .get(&format!("/api/campaigns/{id}/forecast"))
        .await
        .expect(200)
        .json();
    assert_eq!(over, Value::Null);
    let nobody = rig
        .get(&format!("/api/campaigns/{}/forecast", uuid::Uuid::nil()))
        .await;
    assert_eq!(nobody.error(), (404, "not_found".to_owned()));
}

#[tokio::test]
async fn without_anybody_to_call_there_is_none() {
    let rig = Rig::new().await;
    let id = rig.campaign().await.to_string();
    let nowhere = json!({ "policy": { "consent": { "column": "nothing" } }, "by": "Ann" });
    rig.json(Method::PATCH, &format!("/api/campaigns/{id}/policy"), nowhere)
        .await
        .expect(200);
    let forecast = rig
        .get(&format!("/api/campaigns/{id}/forecast"))
        .await
        .expect(200)
        .json();
    assert_eq!(forecast["rows"], json!([]));
    let page = rig.get(&format!("/campaigns/{id}")).await.expect(200).text();
    assert!(
        !page.contains("Working out") && !page.contains("Finished by"),
        "{page}"
    );
}
