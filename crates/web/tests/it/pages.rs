//! Pages and fragments, filled from the store.

use domain::{
    call::{CallRef, CallState, End, Fact, Source},
    ids::CallId,
};
use serde_json::json;

use crate::rig::{Form, NOW, Rig};

const HOSTILE: &str = "<script>alert('x')</script>";

#[tokio::test]
async fn what_people_typed_cannot_become_markup() {
    let rig =
        Rig::with(|settings| settings.sandbox_url = Some("http://127.0.0.1:4010/sandbox/ledger".to_owned()))
            .await;
    let list = format!("name,business_name,phone\n{HOSTILE},{HOSTILE},+12025550143\nBob,,{HOSTILE}\n");
    let form = Form::new().field("name", HOSTILE).list("list.csv", list);
    let created = rig.create(form).await.expect(201).json();
    let id = created["campaign"]["id"].as_str().unwrap().parse().unwrap();
    rig.dial(id).await;
    let call = rig.call_of(id, "script").await;
    let message = json!({
        "type": "end-of-call-report",
        "timestamp": 1_795_185_060_000_i64,
        "endedReason": HOSTILE,
        "analysis": { "summary": HOSTILE, "structuredData": { HOSTILE: HOSTILE }, "successEvaluation": HOSTILE },
        "artifact": { "messages": [{ "role": "user", "message": HOSTILE }] },
        "call": { "id": "prov-1", "name": call.to_string() },
    });
    rig.webhook(message).await.expect(200);
    for path in [
        "/campaigns".to_owned(),
        "/campaigns/live".to_owned(),
        format!("/campaigns/{id}?q=%3Cscript%3Ealert('x')%3C/script%3E"),
        format!("/campaigns/{id}/live"),
        format!("/campaigns/{id}/calls"),
        format!("/campaigns/{id}/import"),
        format!("/calls/{call}"),
        format!("/calls/{call}/panel"),
    ] {
        let page = rig.get(&path).await.expect(200).text();
        assert!(page.contains("alert("), "{path} shows it");
        assert!(!page.contains("<script>alert"), "{path} escapes it");
    }
}

#[tokio::test]
async fn a_new_campaign_can_be_started_from_its_page() {
    let rig = Rig::new().await;
    let id = rig.campaign().await;
    let page = rig.get(&format!("/campaigns/{id}")).await.expect(200).text();
    for shown in [
        "Spring follow-up",
        "Short pitch",
        "+1 202-555-0100",
        "Grace O",
        "SQLite",
        "0.0.0-test",
    ] {
        assert!(page.contains(shown), "{shown}");
    }
    assert!(page.contains(&format!("hx-post=\"/api/campaigns/{id}/start\"")));
    assert!(page.contains("Call 4 people on up to 8 lines"));
    assert!(
        page.contains("the number is already on line 2") || page.contains("The number is already on line 2")
    );
}

#[tokio::test]
async fn live_lines_show_who_is_called() {
    let rig = Rig::new().await;
    let id = rig.campaign().await;
    rig.dial(id).await;
    rig.wait_ms(67_000);
    let live = rig.get(&format!("/campaigns/{id}/live")).await.expect(200).text();
    assert!(
        live.contains("0 of 4 people called, 4 of 8 lines in use"),
        "{live}"
    );
    assert!(live.contains("Ada Moreno") && live.contains("1:07"), "{live}");
    let list = rig.get("/campaigns/live").await.expect(200).text();
    assert!(list.contains("Dialing"), "{list}");
}

#[tokio::test]
async fn a_change_shows_at_once_although_counts_are_remembered() {
    let rig = Rig::new().await;
    let id = rig.campaign().await;
    let summary = async || {
        let live = rig.get(&format!("/campaigns/{id}/live")).await.expect(200).text();
        let begin = live.find("people called").expect("a summary");
        live[begin - 7..begin].to_owned()
    };
    assert_eq!(summary().await, "0 of 4 ");
    rig.dial(id).await;
    rig.engine
        .observe(&[ended(rig.call_of(id, "Ada").await)], NOW)
        .await
        .unwrap();
    assert_eq!(summary().await, "1 of 4 ");
    // Changed by another process, of which nobody tells: seen after a while.
    rig.store
        .apply_facts(&[ended(rig.call_of(id, "Mina").await)], NOW)
        .await
        .unwrap();
    assert_eq!(summary().await, "1 of 4 ");
    rig.wait_ms(10_000);
    assert_eq!(summary().await, "2 of 4 ");
}

/// The provider says that a call ended.
fn ended(call: CallId) -> Fact {
    let end = End {
        reason: Some("customer-busy".to_owned()),
        message: None,
        at: NOW,
    };
    Fact {
        call: CallRef {
            number: None,
            call_id: Some(call),
            provider_call_id: None,
        },
        source: Source::Poll,
        kind: "poll".to_owned(),
        at: NOW,
        says: CallState {
            end: Some(end),
            ..CallState::default()
        },
        payload: None,
    }
}

#[tokio::test]
async fn a_page_past_the_end_is_the_last_one() {
    let rig = Rig::new().await;
    let id = rig.campaign().await;
    for path in [
        "/campaigns?page=99",
        "/campaigns?page=0",
        "/campaigns?page=x",
        "/campaigns/live?page=99",
    ] {
        assert!(
            rig.get(path)
                .await
                .expect(200)
                .text()
                .contains("Spring follow-up"),
            "{path}"
        );
    }
    for query in ["page=99", "page=", "state=nonsense", "q="] {
        let table = rig
            .get(&format!("/campaigns/{id}/calls?{query}"))
            .await
            .expect(200)
            .text();
        assert!(table.contains("Ada Moreno"), "{query}");
    }
    let nobody = rig
        .get(&format!("/campaigns/{id}/calls?q=zzz"))
        .await
        .expect(200)
        .text();
    assert!(nobody.contains("Nobody matches"), "{nobody}");
}

#[tokio::test]
async fn the_form_says_so_when_the_provider_cannot_be_asked() {
    let rig = Rig::new().await;
    rig.provider.fail("connection refused", None);
    let page = rig.get("/campaigns").await.expect(200).text();
    assert!(
        page.contains("connection refused") && page.contains("Reload to try again"),
        "{page}"
    );
    rig.provider.recover();
    rig.wait_ms(10_000);
    let page = rig.get("/campaigns").await.expect(200).text();
    assert!(
        page.contains("Short pitch") && page.contains("Front desk"),
        "{page}"
    );
    rig.provider.fail("connection refused", None);
    rig.wait_ms(60_000);
    let page = rig.get("/campaigns").await.expect(200).text();
    assert!(
        page.contains("Short pitch") && page.contains("those it last had"),
        "{page}"
    );
}
