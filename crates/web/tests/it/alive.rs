//! Guarantee *still alive, or said so*: what keeps the node from its work is in health, over every page, and at once on pages
//! that are open.

use std::sync::atomic::Ordering;

use autolynx_web::LostLines;
use domain::time::UtcMs;
use engine::Step;
use futures::{FutureExt, StreamExt};
use http::Method;
use serde_json::Value;

use crate::{
    live::message,
    rig::{Answer, NOW, Rig, WEBHOOK_SECRET, request, webhook},
};

/// How long the watch waits until it tells of a provider that does not answer, in milliseconds.
const TROUBLE_AFTER_MS: i64 = 8_000;
const HOUR_MS: i64 = 3_600_000;

/// Every kind of page, one that is not there included.
async fn pages(rig: &Rig) -> Vec<(String, Answer)> {
    let id = rig.campaign().await;
    let mut pages = Vec::new();
    for path in [
        "/campaigns".to_owned(),
        format!("/campaigns/{id}"),
        format!("/campaigns/{id}/settings"),
        "/assistants".to_owned(),
        "/assistants/new".to_owned(),
        "/numbers".to_owned(),
        "/account".to_owned(),
        "/suppressions".to_owned(),
        "/no-such-page".to_owned(),
    ] {
        let answer = rig.get(&path).await;
        pages.push((path, answer));
    }
    pages
}

async fn health(rig: &Rig, status: u16) -> Value {
    rig.get("/api/health").await.expect(status).json()
}

/// All that is told, as text.
async fn banner(rig: &Rig) -> String {
    rig.get("/banner").await.expect(200).text()
}

#[tokio::test]
async fn while_all_is_well_nothing_is_told() {
    let rig = Rig::watched().await;
    assert!(
        !banner(&rig).await.contains("id=\"alarm-"),
        "{}",
        banner(&rig).await
    );
    let health = health(&rig, 200).await;
    assert_eq!(health["status"], "healthy");
    assert_eq!(health["checks"]["provider"]["healthy"], true);
    assert_eq!(health["checks"]["clock"]["held"], Value::Null);
}

#[tokio::test]
async fn a_silent_provider_is_on_every_page_and_in_health_until_it_answers() {
    let rig = Rig::watched().await;
    rig.wait_ms(1_000);
    rig.wire.is_silent().await;
    assert!(!banner(&rig).await.contains("Vapi has not answered"), "not yet");
    rig.wait_ms(TROUBLE_AFTER_MS);
    for (path, page) in pages(&rig).await {
        let page = page.text();
        assert!(page.contains("Vapi has not answered since"), "{path}");
        assert!(
            page.contains("2026-11-20T14:30:00.000Z"),
            "{path}: since its last answer"
        );
    }
    let told = health(&rig, 503).await;
    assert_eq!(told["status"], "unhealthy");
    let provider = &told["checks"]["provider"];
    assert_eq!(
        (&provider["healthy"], &provider["trouble"]),
        (&false.into(), &"silent".into())
    );
    assert_eq!(provider["since"], "2026-11-20T14:30:00.000Z");
    assert_eq!(provider["last_answer_at"], provider["since"]);

    let asked = rig.provider.listed.load(Ordering::SeqCst);
    for path in ["/campaigns", "/numbers", "/account"] {
        rig.get(path).await.expect(200);
    }
    assert_eq!(
        rig.provider.listed.load(Ordering::SeqCst),
        asked,
        "no page waits for it"
    );

    rig.wire.answers(200, NOW + 1_000 + TROUBLE_AFTER_MS).await;
    assert!(!banner(&rig).await.contains("Vapi has not answered"));
    assert_eq!(health(&rig, 200).await["status"], "healthy");
}

#[tokio::test]
async fn a_provider_that_fails_or_refuses_is_told_with_its_status() {
    for (status, words, trouble) in [
        (503, "Vapi answers with errors (503)", "failing"),
        (401, "Vapi refuses the API key (401)", "refusing"),
        (402, "Vapi refuses this account (402)", "refusing"),
    ] {
        let rig = Rig::watched().await;
        rig.wait_ms(TROUBLE_AFTER_MS);
        rig.wire.answers(status, NOW + TROUBLE_AFTER_MS).await;
        assert!(banner(&rig).await.contains(words), "{}", banner(&rig).await);
        let provider = health(&rig, 503).await["checks"]["provider"].clone();
        assert_eq!(
            (&provider["trouble"], &provider["http_status"]),
            (&trouble.into(), &status.into())
        );
    }
}

#[tokio::test]
async fn clocks_that_differ_are_told_and_named_first_wherever_somebody_asks_why() {
    let rig = Rig::watched().await;
    let id = rig.campaign().await;
    for _ in 0..5 {
        rig.wire.answers(200, UtcMs(NOW.0 - 2 * HOUR_MS)).await;
    }
    let words = "This machine’s clock is 2 h ahead of Vapi’s";
    assert!(banner(&rig).await.contains(words), "{}", banner(&rig).await);
    let told = health(&rig, 503).await;
    assert_eq!(told["status"], "unhealthy");
    assert_eq!(told["checks"]["clock"]["held"], "differs");
    assert!(told["checks"]["clock"]["ahead_ms"].as_i64().unwrap() > HOUR_MS);

    let preflight = rig
        .get(&format!("/api/campaigns/{id}/preflight"))
        .await
        .expect(200)
        .json();
    assert_eq!(preflight["blocked_by"][0]["cause"], "clock_differs");
    let page = rig.get(&format!("/campaigns/{id}")).await.expect(200).text();
    assert!(page.contains("Nobody can be called yet.") && page.contains("Dialing is held"));

    rig.dial(id).await;
    let why = rig
        .get(&format!("/api/campaigns/{id}/why"))
        .await
        .expect(200)
        .json();
    assert_eq!(why["open_calls"], 0, "nobody was called");
    assert_eq!(why["campaign"][0]["cause"], "clock_differs");
    assert_eq!(
        why["campaign"][0]["words"],
        "this machine’s clock is 2 h ahead of Vapi’s"
    );
    assert_eq!(
        why["campaign"][0]["advice"],
        "Set the clock of this machine by NTP."
    );
    let people = rig
        .get(&format!("/api/campaigns/{id}/contacts"))
        .await
        .expect(200)
        .json();
    let person = people["items"][0]["id"].as_str().unwrap();
    let why = rig
        .get(&format!("/api/campaigns/{id}/contacts/{person}/why"))
        .await
        .expect(200)
        .json();
    assert_eq!(why["waits"][0]["cause"], "clock_differs");
    let page = rig.get(&format!("/campaigns/{id}")).await.expect(200).text();
    assert!(page.contains("Why is it not dialling?"), "{page}");
    assert!(
        page.contains("This machine’s clock is 2 h ahead of Vapi’s."),
        "{page}"
    );
    let page = rig
        .get(&format!("/campaigns/{id}/contacts/{person}"))
        .await
        .expect(200)
        .text();
    assert!(
        page.contains("This machine’s clock is 2 h ahead of Vapi’s"),
        "{page}"
    );
}

#[tokio::test]
async fn figures_are_told_to_be_as_of_the_last_answer() {
    let rig = Rig::watched().await;
    let id = rig.campaign().await;
    rig.dial(id).await;
    let shown = async || rig.get(&format!("/campaigns/{id}/live")).await.expect(200).text();
    assert!(!shown().await.contains("As of"));
    rig.wait_ms(TROUBLE_AFTER_MS);
    rig.wire.is_silent().await;
    let as_of = "As of <time datetime=\"2026-11-20T14:30:00.000Z\" data-clock>";
    assert!(shown().await.contains(as_of), "{}", shown().await);
    // A webhook still comes through: it is later than the answer.
    rig.send(webhook(WEBHOOK_SECRET, r#"{"message":{"type":"hang"}}"#))
        .await
        .expect(200);
    let as_of = "As of <time datetime=\"2026-11-20T14:30:08.000Z\" data-clock>";
    assert!(shown().await.contains(as_of), "{}", shown().await);
}

#[tokio::test]
async fn a_step_that_fails_for_some_seconds_makes_the_server_unhealthy() {
    let rig = Rig::watched().await;
    let supervisor = rig.engine.supervisor();
    let fail = async || {
        let failed: store::Result<()> = supervisor
            .once(Step::Dispatch, async {
                Err(store::Error::Other("secret cause".to_owned()))
            })
            .await;
        failed.unwrap_err();
    };
    fail().await;
    assert_eq!(health(&rig, 200).await["checks"]["steps"][0]["state"], "failing");
    assert!(
        !banner(&rig).await.contains("dialer"),
        "one failure is nobody's concern"
    );
    rig.wait_ms(5_000);
    fail().await;
    let told = health(&rig, 503).await;
    assert_eq!(told["status"], "unhealthy");
    let step = &told["checks"]["steps"][0];
    assert_eq!(
        (&step["name"], &step["healthy"]),
        (&"dispatch".into(), &false.into())
    );
    assert_eq!(step["failures_in_a_row"], 2);
    assert!(banner(&rig).await.contains("The dialer fails again and again"));
    for text in [told.to_string(), banner(&rig).await] {
        assert!(!text.contains("secret cause"), "the cause is for the log: {text}");
    }
    supervisor.once(Step::Dispatch, async { Ok(()) }).await.unwrap();
    assert_eq!(health(&rig, 200).await["status"], "healthy");
    assert!(!banner(&rig).await.contains("dialer"));
}

#[tokio::test]
async fn a_lost_database_is_named_on_a_page_of_its_own_and_in_the_banner() {
    let rig = Rig::watched().await;
    let id = rig.campaign().await;
    rig.store.close().await;
    for path in [
        "/campaigns".to_owned(),
        format!("/campaigns/{id}"),
        "/account".to_owned(),
    ] {
        let page = rig.get(&path).await.expect(503);
        let text = page.text();
        assert!(
            text.contains("<h1") && text.contains("The database does not answer"),
            "{path}: {text}"
        );
        assert!(
            text.contains("id=\"alarm-storage-unreachable\""),
            "{path}: {text}"
        );
        assert_eq!(page.header("retry-after"), "5");
    }
    // Where nothing needs the database, it is told all the same.
    assert!(banner(&rig).await.contains("The database does not answer"));
    let api = rig.get("/api/campaigns").await;
    assert_eq!(api.error(), (503, "database_unavailable".to_owned()));
    let told = health(&rig, 503).await;
    assert_eq!(told["checks"]["database"]["state"], "unreachable");
    assert_eq!(told["counts"], Value::Null);
}

#[tokio::test]
async fn a_deleted_database_file_is_told() {
    let rig = Rig::watched().await;
    std::fs::remove_file(rig.database_file()).unwrap();
    let told = health(&rig, 503).await;
    assert_eq!(told["checks"]["database"]["state"], "file_gone");
    // What was open can be read on; what was not is a page that names the cause.
    let page = rig.get("/campaigns").await;
    assert!(matches!(page.status.as_u16(), 200 | 503), "{}", page.text());
    assert!(
        page.text().contains("The database file is gone."),
        "{}",
        page.text()
    );
}

#[tokio::test]
async fn an_open_page_hears_at_once_of_another_banner() {
    let rig = Rig::watched().await;
    for path in ["/events", "/events?about=health"] {
        let response = rig.raw(request(Method::GET, path)).await;
        let mut stream = response.into_body().into_data_stream();
        assert!(message(&mut stream).await.contains("retry: 2000"));
        let first = message(&mut stream).await;
        assert!(first.starts_with("event: health\ndata: "), "{first}");
        let shown = rig.get("/campaigns").await.expect(200).text();
        let version = first.trim().rsplit(' ').next().unwrap();
        assert!(
            shown.contains(&format!("data-banner=\"{version}\"")),
            "the page shows that banner"
        );
    }
    let response = rig.raw(request(Method::GET, "/events?about=health")).await;
    let mut stream = response.into_body().into_data_stream();
    message(&mut stream).await;
    let before = message(&mut stream).await;
    rig.store.close().await;
    health(&rig, 503).await;
    // It does not wait for the next of the messages that come every few seconds.
    let after = stream
        .next()
        .now_or_never()
        .flatten()
        .expect("a message at once")
        .unwrap();
    assert!(after.starts_with(b"event: health"), "{after:?}");
    assert_ne!(before.as_bytes(), after);
}

#[tokio::test]
async fn lost_lines_of_the_log_are_told() {
    let rig = Rig::with(|settings| settings.lost_log_lines = Some(LostLines::new(|| 7))).await;
    assert_eq!(health(&rig, 200).await["checks"]["log"]["lost_lines"], 7);
}
