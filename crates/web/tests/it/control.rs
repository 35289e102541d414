//! Whom not to call, the lines of the account, one person, and the dialogs of a campaign.

use domain::{
    call::{CallRef, CallState, End, Fact, Source},
    contact::ContactState,
    ids::{CallId, CampaignId},
    outcome::Outcome,
    policy::Policy,
};
use http::Method;
use serde_json::json;
use store::{ContactFilter, Page, SuppressionFilter};

use crate::rig::{Form, NOW, Rig};

const HOSTILE: &str = "<script>alert('x')</script>";

#[tokio::test]
async fn a_number_is_added_found_and_allowed_again() {
    let rig = Rig::with(|settings| settings.default_region = Some("US".parse().unwrap())).await;
    let id = rig.campaign().await;
    assert!(
        rig.get("/suppressions")
            .await
            .expect(200)
            .text()
            .contains("The list is empty.")
    );
    let add = async |body| rig.json(Method::POST, "/api/suppressions", body).await;
    add(json!({ "number": "+1 202 555 0143", "reason": HOSTILE, "by": "Ann" }))
        .await
        .expect(201);
    add(json!({ "number": "+1900*", "expires_on": "2026-11-30" }))
        .await
        .expect(201);
    add(json!({ "number": "+442079460321", "campaign_id": id.to_string() }))
        .await
        .expect(201);
    for body in [
        json!({ "number": "+1900*", "expires_on": "2020-01-01" }),
        json!({ "number": "+1900*", "expires_on": "soon" }),
        json!({ "number": "+1900*", "expires_on": "2026-11-30", "expires_at": "2026-11-30T00:00:00Z" }),
    ] {
        let refused = add(body).await.expect(422).json();
        assert_eq!(refused["error"]["details"]["field"], "expires_on");
    }
    let all = rig.get("/api/suppressions").await.json();
    let by_number = |number: &str| {
        let items = all["items"].as_array().unwrap();
        items
            .iter()
            .find(|item| item["number"] == number)
            .unwrap()
            .clone()
    };
    assert_eq!(by_number("+12025550143")["by"], "Ann");
    // To the end of that day, wherever on earth it ends last.
    assert_eq!(by_number("+1900")["expires_at"], "2026-12-01T12:00:00.000Z");

    let page = rig.get("/suppressions").await.expect(200).text();
    assert!(page.contains("+1 202-555-0143") && page.contains("all that begin so") && page.contains("Ann"));
    assert!(page.contains("alert(") && !page.contains("<script>alert"));
    let shown = async |query: &str| {
        rig.get(&format!("/suppressions/live?{query}"))
            .await
            .expect(200)
            .text()
    };
    for query in ["q=(202)%20555-0143", "q=%2B1%20202", "source=person&q=2025550143"] {
        let list = shown(query).await;
        assert!(
            list.contains("+1 202-555-0143") && !list.contains("7946"),
            "{query}: {list}"
        );
    }
    assert!(shown("q=%2B19005550100").await.contains("all that begin so"));
    assert!(shown("q=nobody").await.contains("Nothing on the list matches"));
    assert!(shown("source=call").await.contains("Nothing on the list matches"));
    let own = shown(&format!("campaign={id}")).await;
    assert!(
        own.contains("7946") && own.contains("Spring follow-up") && !own.contains("0143"),
        "{own}"
    );

    let entry = by_number("+1900")["id"].as_str().unwrap().to_owned();
    rig.send(crate::rig::request(
        Method::DELETE,
        &format!("/api/suppressions/{entry}"),
    ))
    .await
    .expect(200);
    assert!(!shown("").await.contains("all that begin so"));
}

#[tokio::test]
async fn an_uploaded_list_is_answered_as_the_page_or_the_program_wants_it() {
    let rig = Rig::new().await;
    rig.campaign().await;
    let list = "phone,reason\n+12025550143,asked\n+442079460321,\n,\n555,\n";
    let form = Form::empty()
        .list("registry.csv", list)
        .field("reason", "Registry")
        .field("by", "Ann");
    let shown = rig.upload("/api/suppressions/import", &form).await.expect(200);
    assert!(shown.header("content-type").starts_with("text/html"));
    let shown = shown.text();
    for text in [
        "registry.csv",
        "2 people in 1 campaign will not be called because of it",
        "not every line",
    ] {
        assert!(shown.contains(text), "{text}: {shown}");
    }
    let page = Page { limit: 10, offset: 0 };
    let entries = rig
        .store
        .suppressions(&SuppressionFilter::default(), page)
        .await
        .unwrap();
    let mut reasons: Vec<_> = entries
        .iter()
        .map(|entry| (entry.reason.as_deref(), entry.author.as_str()))
        .collect();
    reasons.sort_unstable();
    assert_eq!(reasons, [(Some("Registry"), "Ann"), (Some("asked"), "Ann")]);

    let mut request = form.request();
    *request.uri_mut() = "/api/suppressions/import".parse().unwrap();
    let told = rig.send(request).await.expect(200).json();
    assert_eq!(
        (&told["added"], &told["known"], &told["bad"]),
        (&0.into(), &2.into(), &1.into())
    );
    // Refusals are JSON for both.
    let bad = Form::empty().list("bad.csv", "nothing\n");
    assert_eq!(rig.upload("/api/suppressions/import", &bad).await.error().0, 422);
}

#[tokio::test]
async fn the_lines_of_the_account_are_seen_and_set() {
    let rig = Rig::new().await;
    rig.store.set_line_cap(6).await.unwrap();
    let id = rig.campaign().await;
    rig.dial(id).await;
    let page = rig.get("/account").await.expect(200).text();
    for shown in [
        "ACCOUNT_LINES",
        "Spring follow-up",
        "+1 202-555-0100",
        "US federal",
    ] {
        assert!(page.contains(shown), "{shown}: {page}");
    }
    let saved = rig
        .post_form(
            "/account",
            &[("reserved", "2"), ("calls_per_second", "1"), ("cap.num-1", "3")],
        )
        .await
        .expect(303);
    assert_eq!(saved.header("location"), "/account?saved=1");
    let account = rig.store.account(rig.engine.clock().now()).await.unwrap();
    assert_eq!((account.reserved_lines, account.calls_per_second), (2, Some(1)));
    assert_eq!(rig.store.number_caps().await.unwrap().get("num-1"), Some(&3));
    let live = rig.get("/account/live").await.expect(200).text();
    assert!(
        live.contains("6 lines, of which 2 are kept free for others."),
        "{live}"
    );
    assert!(live.contains("of 4 in use"), "{live}");

    for (name, value) in [
        ("reserved", "6"),
        ("reserved", "x"),
        ("calls_per_second", "0"),
        ("cap.num-1", "0"),
    ] {
        let page = rig
            .post_form("/account", &[(name, value)])
            .await
            .expect(422)
            .text();
        assert!(page.contains(&format!("id=\"e-{name}\"")), "{name}: {page}");
    }
    rig.post_form("/account", &[("calls_per_second", ""), ("cap.num-1", "")])
        .await
        .expect(303);
    let account = rig.store.account(rig.engine.clock().now()).await.unwrap();
    assert_eq!((account.reserved_lines, account.calls_per_second), (2, None));
    assert!(rig.store.number_caps().await.unwrap().is_empty());
}

async fn contact_of(rig: &Rig, id: CampaignId, name: &str) -> String {
    let filter = ContactFilter {
        search: Some(name.to_owned()),
        ..ContactFilter::default()
    };
    let page = Page { limit: 1, offset: 0 };
    rig.store.contacts(id, &filter, page).await.unwrap()[0]
        .id
        .to_string()
}

#[tokio::test]
async fn a_person_tells_what_the_next_call_goes_by_and_each_before() {
    let rig = Rig::with(|settings| settings.default_policy = Policy::standard()).await;
    let id = rig.campaign().await;
    rig.dial(id).await;
    // 14:30 UTC: morning in Washington.
    let ada = contact_of(&rig, id, "Ada").await;
    let page = rig
        .get(&format!("/campaigns/{id}/contacts/{ada}"))
        .await
        .expect(200)
        .text();
    for shown in [
        "Ada Moreno",
        "New York (America/New_York)",
        "from the number",
        "Why it was allowed",
        "version 1",
        "Fri 09:30 EST",
        "not on any list",
        "+1 202-555-0100",
        "every day 8:00–21:00",
    ] {
        assert!(page.contains(shown), "{shown}: {page}");
    }
    let panel = rig
        .get(&format!("/campaigns/{id}/contacts/{ada}/panel"))
        .await
        .expect(200)
        .text();
    assert!(panel.contains("Why it was allowed") && !panel.contains("<html"));

    let other = rig.campaign().await;
    for path in [
        format!("/campaigns/{other}/contacts/{ada}"),
        format!("/campaigns/{id}/contacts/{}", uuid::Uuid::nil()),
        format!("/campaigns/{id}/contacts/seven/panel"),
    ] {
        rig.get(&path).await.expect(404);
    }
}

#[tokio::test]
async fn whoever_waits_for_the_hour_is_told_so_in_one_line() {
    let rig = Rig::with(|settings| settings.default_policy = Policy::standard()).await;
    // Night in Tokyo, and a telephone on a ship.
    let list = "name,phone\nYuki,+81312345678\nShip,+870773111632\n";
    let created = rig
        .create(Form::new().list("list.csv", list))
        .await
        .expect(201)
        .json();
    let id: CampaignId = created["campaign"]["id"].as_str().unwrap().parse().unwrap();
    let draft = rig.get(&format!("/campaigns/{id}")).await.expect(200).text();
    assert!(draft.contains("1 of 2 people can be called."), "{draft}");
    assert!(
        draft.contains("Sat 21 Nov 08:00")
            || draft.contains("Fri 20 Nov 23:00 UTC")
            || draft.contains("18:00 EST"),
        "{draft}"
    );
    rig.dial(id).await;
    let page = rig.get(&format!("/campaigns/{id}")).await.expect(200).text();
    assert!(page.contains("Why is it not dialling?"), "{page}");
    assert!(
        page.contains("Nobody may be called before Sat 08:00 JST."),
        "{page}"
    );
    assert!(page.contains("Outside 8:00–21:00 in Tokyo"), "{page}");
    assert!(page.contains("opens Sat 08:00 JST"), "{page}");
    assert!(page.contains("Nobody knows their time zone"), "{page}");
    assert!(
        page.contains(&format!("/campaigns/{id}/settings#s-fallback_zone")),
        "{page}"
    );
    let ship = contact_of(&rig, id, "Ship").await;
    let panel = rig
        .get(&format!("/campaigns/{id}/contacts/{ship}/panel"))
        .await
        .expect(200)
        .text();
    assert!(
        panel.contains("Nobody knows their time zone") && panel.contains("unknown"),
        "{panel}"
    );
}

#[tokio::test]
async fn a_preflight_counts_what_stands_in_the_way() {
    let rig = Rig::with(|settings| settings.default_policy = Policy::standard()).await;
    rig.json(
        Method::POST,
        "/api/suppressions",
        json!({ "number": "+442079460321" }),
    )
    .await
    .expect(201);
    rig.campaign().await;
    let id = rig.campaign().await;
    let consent = json!({ "policy": { "consent": { "column": "city" } }, "by": "Ann" });
    rig.json(Method::PATCH, &format!("/api/campaigns/{id}/policy"), consent)
        .await
        .expect(200);
    let found = rig
        .get(&format!("/api/campaigns/{id}/preflight"))
        .await
        .expect(200)
        .json();
    for (field, value) in [
        ("people", 4),
        ("waiting", 4),
        ("rows_rejected", 1),
        ("rows_duplicate", 1),
        ("elsewhere", 4),
        ("suppressed", 1),
        ("without_consent", 4),
        ("without_zone", 0),
        ("callable", 0),
        ("usable_lines", 10),
    ] {
        assert_eq!(found[field], value, "{field}: {found}");
    }
    let page = rig.get(&format!("/campaigns/{id}")).await.expect(200).text();
    for shown in [
        "Before you start",
        "Nobody of the list can be called.",
        "Rows rejected",
        "Also in other campaigns",
        "On the do-not-call list",
        "No clear yes in the column “city”",
        "Lines of the account",
    ] {
        assert!(page.contains(shown), "{shown}: {page}");
    }
    assert!(
        !page.contains("<h3 class=\"font-medium\">Forecast"),
        "there is none yet"
    );
    let nobody = rig
        .get(&format!("/api/campaigns/{}/preflight", uuid::Uuid::nil()))
        .await;
    assert_eq!(nobody.error(), (404, "not_found".to_owned()));
}

#[tokio::test]
async fn the_archive_is_a_list_of_its_own() {
    let rig = Rig::new().await;
    let id = rig.campaign().await;
    let lists = async |query: &str| {
        rig.get(&format!("/campaigns/live?{query}"))
            .await
            .expect(200)
            .text()
    };
    assert!(lists("archived=only").await.contains("Nothing is archived."));
    rig.post(&format!("/api/campaigns/{id}/archive"))
        .await
        .expect(200);
    assert!(lists("").await.contains("Every campaign is archived."));
    assert!(
        lists("archived=nonsense")
            .await
            .contains("Every campaign is archived.")
    );
    let archive = lists("archived=only").await;
    assert!(
        archive.contains("Spring follow-up") && archive.contains("Unarchive"),
        "{archive}"
    );
    let page = rig.get("/campaigns?archived=only").await.expect(200).text();
    assert!(page.contains("value=\"only\" selected"), "{page}");
    let page = rig.get(&format!("/campaigns/{id}")).await.expect(200).text();
    assert!(!page.contains("/start\""), "what was put away is taken out first");
    assert!(
        page.contains("id=\"schedule\""),
        "once it is taken out, without a reload"
    );
    rig.post(&format!("/api/campaigns/{id}/unarchive"))
        .await
        .expect(200);
    assert!(lists("").await.contains("Spring follow-up"));
}

/// The provider says that a call ended.
fn ended(call: CallId, reason: &str) -> Fact {
    let end = End {
        reason: Some(reason.to_owned()),
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
async fn the_dialog_offers_those_who_were_not_reached() {
    let rig = Rig::new().await;
    let id = rig.campaign().await;
    rig.dial(id).await;
    let mut offered = rig
        .get(&format!("/campaigns/{id}/redial"))
        .await
        .expect(200)
        .text();
    assert!(offered.contains("Nobody is left"), "{offered}");
    for (name, reason) in [
        ("Ada", "customer-busy"),
        ("Grace", "customer-busy"),
        ("Mina", "customer-did-not-answer"),
        ("Tomasz", "customer-ended-call"),
    ] {
        let fact = ended(rig.call_of(id, name).await, reason);
        rig.engine.observe(&[fact], NOW).await.unwrap();
    }
    offered = rig
        .get(&format!("/campaigns/{id}/redial"))
        .await
        .expect(200)
        .text();
    assert!(
        offered.contains("value=\"busy\"") && offered.contains("value=\"no_answer\""),
        "{offered}"
    );
    assert!(!offered.contains("value=\"human\""));
    let page = rig.get(&format!("/campaigns/{id}")).await.expect(200).text();
    assert!(
        page.contains("Call again…") && !page.contains("campaign-append"),
        "{page}"
    );
    let again = json!({ "outcomes": ["busy"] });
    let told = rig
        .json(Method::POST, &format!("/api/campaigns/{id}/redial"), again)
        .await
        .expect(200)
        .json();
    assert_eq!(told["contacts"], 2);
    let progress = rig.store.progress(id).await.unwrap();
    assert_eq!(progress.in_state(ContactState::Pending), 2);
    assert_eq!(progress.with_outcome(Outcome::NoAnswer), 1);
}

#[tokio::test]
async fn more_people_are_answered_with_what_came_of_them() {
    let rig = Rig::new().await;
    let id = rig.campaign().await;
    let list = "name,phone\nNew,+12025550199\nAda,+12025550143\nBad,12\n";
    let form = Form::empty().list("more.csv", list);
    let path = format!("/api/campaigns/{id}/contacts");
    let shown = rig.upload(&path, &form).await.expect(200).text();
    for text in [
        "more.csv",
        "Added to the campaign",
        "In the campaign already.",
        "when the campaign starts",
    ] {
        assert!(shown.contains(text), "{text}: {shown}");
    }
    let mut request = form.request();
    *request.uri_mut() = path.parse().unwrap();
    let told = rig.send(request).await.expect(200).json();
    assert_eq!((&told["added"], &told["known"]), (&0.into(), &2.into()));
}

#[tokio::test]
async fn a_campaign_says_why_it_pauses_and_what_still_goes_on() {
    let rig = Rig::new().await;
    let id = rig.campaign().await;
    rig.dial(id).await;
    let live = async || rig.get(&format!("/campaigns/{id}/live")).await.expect(200).text();
    assert!(live().await.contains("4 of 8 lines in use."));
    rig.post(&format!("/api/campaigns/{id}/pause")).await.expect(200);
    let paused = live().await;
    assert!(paused.contains("Pausing: 4 calls still live"), "{paused}");
    assert!(
        paused.contains("The campaign is paused.") && paused.contains("Press Resume."),
        "{paused}"
    );
    rig.post(&format!("/api/campaigns/{id}/abort")).await.expect(200);
    let aborted = live().await;
    assert!(aborted.contains("Hanging up 4 calls"), "{aborted}");
}

#[tokio::test]
async fn a_preflight_tells_what_would_stop_every_call() {
    let rig = Rig::with(|settings| settings.default_policy = Policy::unrestricted()).await;
    let id = rig.campaign().await;
    let path = format!("/api/campaigns/{id}");
    let patch = async |path: &str, body| rig.json(Method::PATCH, path, body).await.expect(200);
    let page = async || rig.get(&format!("/campaigns/{id}")).await.expect(200).text();
    let found = async || {
        let found = rig.get(&format!("{path}/preflight")).await;
        found.expect(200).json()
    };
    let money = |micros: i64| json!({ "policy": { "money": { "budget_usd_micros": micros } }, "by": "Ann" });
    let policy = format!("{path}/policy");

    patch(&policy, money(4_000_000)).await;
    assert_eq!(found().await["worst_case_usd"], 5.0);
    assert!(
        page()
            .await
            .contains("A call may cost $5.00 at worst. It does not pay for one.")
    );
    let stopped = page().await;
    assert!(stopped.contains("Nobody can be called yet."), "{stopped}");
    assert!(!stopped.contains("First call"), "{stopped}");
    patch(&policy, money(10_000_000)).await;
    assert!(page().await.contains("It pays for 2 calls at once, not 8."));
    assert!(page().await.contains("First call"));

    patch(&path, json!({ "expires_at": (NOW + 60_000).to_iso() })).await;
    assert!(!page().await.contains("It would end before"));
    rig.wait_ms(60_000);
    assert!(
        page()
            .await
            .contains("It would end before it could call anybody.")
    );
    assert!(page().await.contains("Nobody can be called yet."));
    assert_eq!(found().await["expires_at"], (NOW + 60_000).to_iso());
    let start = async || rig.post(&format!("{path}/start")).await;
    assert_eq!(start().await.error(), (409, "campaign_expired".to_owned()));
    assert_eq!(rig.get(&path).await.json()["status"], "CREATED");
    patch(&path, json!({ "expires_at": null })).await;

    assert!(page().await.contains("No call refused lately"));
    assert_eq!(found().await["refusal"], serde_json::Value::Null);
    let other = rig.campaign().await;
    rig.dial(other).await;
    let call = rig.call_of(other, "Ada").await;
    let now = NOW + 60_000;
    let refused = ended(call, "call.start.error-subscription-insufficient-credits");
    rig.store.apply_facts(&[refused], now).await.unwrap();
    let warned = page().await;
    assert!(
        warned.contains("Refused a call") && warned.contains("The account has no credit left."),
        "{warned}"
    );
    assert_eq!(found().await["refusal"]["campaign_id"], other.to_string());
    start().await.expect(200);
}

#[tokio::test]
async fn whoever_could_not_be_hung_up_is_named() {
    let rig = Rig::new().await;
    let id = rig.campaign().await;
    rig.dial(id).await;
    rig.post(&format!("/api/campaigns/{id}/abort")).await.expect(200);
    let live = async || rig.get(&format!("/campaigns/{id}/live")).await.expect(200).text();
    assert!(live().await.contains("The provider has been asked to end them."));
    let calls = rig.store.take_calls_to_hang_up(NOW).await.unwrap();
    assert_eq!(calls.len(), 4);
    let problem = "the provider gave no address to hang it up";
    rig.store
        .note_hang_up(&calls[0], Some(problem), NOW)
        .await
        .unwrap();
    for call in &calls[1..] {
        rig.store.note_hang_up(call, None, NOW).await.unwrap();
    }
    let call = calls[0].call_id;
    let told = rig.get(&format!("/api/campaigns/{id}")).await.expect(200).json();
    let named = &told["not_hung_up"];
    assert_eq!(named.as_array().map(Vec::len), Some(1), "{told}");
    assert_eq!(
        (&named[0]["call_id"], &named[0]["problem"]),
        (&json!(call.to_string()), &json!(problem))
    );
    let page = live().await;
    assert!(
        page.contains("1 call could not be hung up so far.") && page.contains(&format!("/calls/{call}\">")),
        "{page}"
    );
    assert!(
        page.contains("The provider gave no address to hang it up."),
        "{page}"
    );
    let timeline = rig.get(&format!("/calls/{call}")).await.expect(200).text();
    assert!(
        timeline.contains("Could not be hung up") && timeline.contains(problem),
        "{timeline}"
    );
}
