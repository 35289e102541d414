//! Feature switches that hide: what was said in calls, and what calls cost. Every address that answers a GET is read, so
//! that none of them tells what another hides.

use autolynx_web::Features;
use domain::ids::{CallId, CampaignId};
use serde_json::{Value, json};
use store::{ContactFilter, Page};

use crate::rig::{Form, Rig};

/// Everything that can be read, as the router has it.
const READ: [&str; 45] = [
    "/campaigns",
    "/campaigns/live",
    "/campaigns/{id}",
    "/campaigns/{id}/live",
    "/campaigns/{id}/calls",
    "/campaigns/{id}/import",
    "/campaigns/{id}/redial",
    "/campaigns/{id}/settings",
    "/campaigns/{id}/contacts/{contact}",
    "/campaigns/{id}/contacts/{contact}/panel",
    "/suppressions",
    "/suppressions/live",
    "/account",
    "/account/live",
    "/assistants",
    "/assistants/live",
    "/assistants/{assistant}",
    "/assistants/{assistant}/live",
    "/assistants/{assistant}/edit",
    "/assistants/{assistant}/versions/1",
    "/numbers",
    "/numbers/live",
    "/calls/{call}",
    "/calls/{call}/panel",
    "/api/campaigns",
    "/api/campaigns/{id}",
    "/api/campaigns/{id}/policy",
    "/api/campaigns/{id}/policy/versions",
    "/api/campaigns/{id}/why",
    "/api/campaigns/{id}/contacts/{contact}/why",
    "/api/campaigns/{id}/preflight",
    "/api/campaigns/{id}/forecast",
    "/api/campaigns/{id}/contacts",
    "/api/campaigns/{id}/export.csv",
    "/api/campaigns/{id}/problems.csv",
    "/api/suppressions",
    "/api/lines",
    "/api/calls/{call}",
    "/api/phone-numbers",
    "/api/health/phone-line?phone_number_id=num-1",
    "/api/health",
    "/api/assistants",
    "/api/assistants/{assistant}",
    "/api/assistants/{assistant}/versions",
    "/api/assistants/{assistant}/versions/1",
];

/// What else the router has: it leads on, tells nothing of calls, or only does things, whose answers are shapes read above.
const NOT_READ: [&str; 35] = [
    "/",
    "/banner",
    "/assistants/new",
    "/assets/{file}",
    "/events",
    "/api/campaigns/{id}/start",
    "/api/campaigns/{id}/pause",
    "/api/campaigns/{id}/resume",
    "/api/campaigns/{id}/cancel",
    "/api/campaigns/{id}/abort",
    "/api/campaigns/{id}/schedule",
    "/api/campaigns/{id}/unschedule",
    "/api/campaigns/{id}/redial",
    "/api/campaigns/{id}/archive",
    "/api/campaigns/{id}/unarchive",
    "/api/campaigns/{id}/clone",
    "/api/policy-presets",
    "/api/suppressions/{id}",
    "/api/suppressions/import",
    "/api/calls/{id}/recording",
    "/api/calls/poll-status",
    "/api/webhooks/vapi",
    "/api/scheduler/tick",
    "/api/assistants/provider",
    "/api/assistants/import",
    "/api/assistants/export",
    "/api/assistants/{id}/clone",
    "/api/assistants/{id}/export",
    "/api/assistants/{id}/test-calls",
    "/api/assistants/{id}/check",
    "/api/assistants/{id}/take-theirs",
    "/api/assistants/{id}/push-ours",
    "/api/assistants/{id}/repeat-change",
    "/api/assistants/{id}/dismiss-change",
    "/api/assistants/{id}/versions/{version}/restore",
];

/// A campaign with one finished talk.
struct Talked {
    rig: Rig,
    id: CampaignId,
    call: CallId,
}

/// Words that stand nowhere but in the conversation, and in what was concluded from it.
const SAID: [&str; 6] = ["marmalade", "quince", "damson", "greengage", "medlar", "sloe"];
/// The sum, as its pages, files and programs have it: dollars, rounded dollars, micro-dollars.
const SUMS: [&str; 3] = ["0.765", "$0.77", "765432"];

impl Talked {
    async fn new(form: Form) -> Self {
        let rig = Rig::new().await;
        let created = rig.create(form).await.expect(201).json();
        let id = created["campaign"]["id"].as_str().unwrap().parse().unwrap();
        rig.dial(id).await;
        let call = rig.call_of(id, "Ada").await;
        rig.wait_ms(60_000);
        let of_call = json!({ "id": "prov-1", "name": call.to_string(), "cost": 0.765_432 });
        let mut report = json!({
            "type": "end-of-call-report",
            "timestamp": 1_795_185_060_000_i64,
            "endedReason": "customer-ended-call",
            "startedAt": "2026-11-20T14:30:10.000Z",
            "endedAt": "2026-11-20T14:30:53.000Z",
            "cost": 0.765_432,
            "costBreakdown": { "total": 0.765_432 },
            "summary": "About quince.",
            "analysis": {
                "summary": "About quince.", "successEvaluation": "greengage",
                "structuredData": { "fruit": "damson", "do_not_call": true },
            },
            "artifact": {
                "transcript": "AI: Marmalade? marmalade!\nUser: No.\n",
                "messages": [{ "role": "user", "message": "No marmalade.", "secondsFromStart": 3.5 }],
                "structuredOutputs": { "1": { "result": "medlar" } },
            },
        });
        report["call"] = of_call.clone();
        let words =
            json!({ "type": "transcript", "role": "user", "transcript": "No sloe.", "call": of_call });
        for message in [words, report] {
            rig.webhook(message).await.expect(200);
        }
        let now = rig.engine.clock().now();
        rig.engine.dispatch(now).await.unwrap();
        rig.engine.sweep(now).await.unwrap();
        Self { rig, id, call }
    }

    /// Every answer, by its address.
    async fn everything(&self) -> Vec<(String, String)> {
        let (rig, id) = (&self.rig, self.id);
        let found = rig.get("/api/assistants?source=imported").await.json();
        let assistant = found["items"][0]["id"].as_str().unwrap();
        let ada = ContactFilter {
            search: Some("Ada".to_owned()),
            ..ContactFilter::default()
        };
        let first = Page { limit: 1, offset: 0 };
        let people = rig.store.contacts(id, &ada, first).await.unwrap();
        let mut answers = Vec::new();
        for path in READ {
            let path = path
                .replace("{id}", &id.to_string())
                .replace("{call}", &self.call.to_string())
                .replace("{contact}", &people[0].id.to_string())
                .replace("{assistant}", assistant);
            let answer = rig.get(&path).await.expect(200).text();
            answers.push((path, answer));
        }
        answers
    }
}

/// Where one of these texts is told.
fn told<'a>(answers: &'a [(String, String)], texts: &[&str]) -> Vec<&'a str> {
    let holds = |answer: &str| texts.iter().any(|text| answer.to_lowercase().contains(text));
    answers
        .iter()
        .filter(|(_, answer)| holds(answer))
        .map(|(path, _)| path.as_str())
        .collect()
}

#[test]
fn every_address_is_known_here() {
    let router = include_str!("../../src/router.rs");
    let names = ["{contact}", "{call}", "{assistant}"];
    let generic = |path: &str| {
        let path = path.split('?').next().unwrap_or_default();
        let path = names
            .iter()
            .fold(path.to_owned(), |path, name| path.replace(name, "{id}"));
        path.replace("versions/1", "versions/{id}")
    };
    let known: Vec<String> = READ.iter().chain(&NOT_READ).map(|path| generic(path)).collect();
    let mut seen = 0;
    for route in router.split(".route(").skip(1) {
        let path = route.split('"').nth(1).unwrap();
        let path = generic(&path.replace("{version}", "{id}"));
        let path = if path.ends_with("versions/{id}/restore") {
            path.replace("versions/{id}", "versions/{version}")
        } else {
            path
        };
        assert!(
            known.contains(&path),
            "{path} is new: may it tell what is switched off?"
        );
        seen += 1;
    }
    assert!(seen > 60, "{seen}");
}

#[tokio::test]
async fn without_transcripts_nothing_tells_what_was_said_and_wishes_are_still_heard() {
    let mut talked = Talked::new(Form::new()).await;
    let call = talked.call;
    let answers = talked.everything().await;
    let shown = told(&answers, &SAID);
    let panel = format!("/calls/{call}/panel");
    for path in [
        panel.clone(),
        format!("/calls/{call}"),
        format!("/api/calls/{call}"),
        format!("/api/campaigns/{}/export.csv", talked.id),
    ] {
        assert!(shown.contains(&path.as_str()), "{path} tells it: {shown:?}");
    }
    for word in SAID {
        assert!(!told(&answers, &[word]).is_empty(), "{word} stands somewhere");
    }

    talked.rig.restart(Features {
        transcript_analysis: false,
        ..Features::default()
    });
    let answers = talked.everything().await;
    assert_eq!(told(&answers, &SAID), [] as [&str; 0]);
    let judged = ["judged successful", "the assistant’s own judgement"];
    assert_eq!(told(&answers, &judged), [] as [&str; 0]);
    let usage = usage(&answers);
    assert_eq!(
        (&usage["judged"], &usage["success_rate"]),
        (&Value::Null, &Value::Null)
    );
    let header = export(&answers).lines().next().unwrap();
    for column in ["transcript", "summary", "success_evaluation"] {
        assert!(!header.contains(column), "{header}");
    }
    assert!(
        header.contains("cost_usd") && header.ends_with("city"),
        "{header}"
    );
    assert!(
        told(&answers, &["customer ended call", "customer-ended-call"]).contains(&panel.as_str()),
        "how the call ended is told"
    );

    // Whoever asked not to be called again is not.
    let list = talked.rig.get("/api/suppressions").await.expect(200).json();
    assert_eq!(list["items"][0]["number"], "+12025550143", "{list}");
}

#[tokio::test]
async fn a_column_of_the_list_keeps_its_name_whatever_is_switched_on() {
    let list = "name,phone,summary\nAda,+12025550143,warm\n";
    let mut talked = Talked::new(Form::new().list("list.csv", list)).await;
    for transcript_analysis in [true, false] {
        talked.rig.restart(Features {
            transcript_analysis,
            ..Features::default()
        });
        let file = talked
            .rig
            .get(&format!("/api/campaigns/{}/export.csv", talked.id))
            .await
            .expect(200)
            .text();
        let rows: Vec<Vec<&str>> = file.lines().map(|line| line.split(',').collect()).collect();
        assert_eq!(rows[0].last(), Some(&"list_summary"), "{file}");
        assert!(file.trim_end().ends_with(",warm"), "{file}");
    }
}

#[tokio::test]
async fn without_costs_nothing_tells_a_sum_that_was_spent() {
    let policy = r#"{"money":{"alert_usd_micros":500000,"budget_usd_micros":6000000}}"#;
    let mut talked = Talked::new(Form::new().field("policy", policy)).await;
    let (id, call) = (talked.id, talked.call);
    let answers = talked.everything().await;
    let shown = told(&answers, &SUMS);
    let live = format!("/campaigns/{id}/live");
    for path in [
        live.clone(),
        format!("/campaigns/{id}/calls"),
        format!("/campaigns/{id}/settings"),
        format!("/calls/{call}/panel"),
        format!("/api/calls/{call}"),
        format!("/api/campaigns/{id}"),
        format!("/api/campaigns/{id}/contacts"),
        format!("/api/campaigns/{id}/export.csv"),
        format!("/api/campaigns/{id}/why"),
    ] {
        assert!(shown.contains(&path.as_str()), "{path} tells it: {shown:?}");
    }
    assert_eq!(usage(&answers)["cost_usd"], 0.765_432);

    talked.rig.restart(Features {
        cost_tracking: false,
        ..Features::default()
    });
    let answers = talked.everything().await;
    assert_eq!(told(&answers, &SUMS), [] as [&str; 0]);
    for (path, answer) in &answers {
        if let Ok(json) = serde_json::from_str(answer) {
            no_sum(path, &json);
        }
        // What people set themselves, and what an unknown call is reckoned at, are no costs.
        for sum in sums(answer) {
            assert!(["$6.00", "$6", "$0.50"].contains(&sum.as_str()), "{path}: {sum}");
        }
    }
    assert!(!export(&answers).contains("cost_usd") && export(&answers).contains("transcript"));
    for path in [format!("/campaigns/{id}/calls"), format!("/calls/{call}/panel")] {
        assert!(!answer(&answers, &path).contains("Cost"), "{path}");
    }

    // The money still holds the campaign back, and the alert is still told.
    let page = answer(&answers, &live);
    assert!(page.contains("The budget of $6.00 is committed."), "{page}");
    assert!(page.contains("has spent more than $0.50"), "{page}");
    let why: Value = serde_json::from_str(answer(&answers, &format!("/api/campaigns/{id}/why"))).unwrap();
    assert_eq!(why["campaign"][0]["cause"], "budget", "{why}");
}

#[tokio::test]
async fn without_costs_a_draft_foretells_none() {
    let mut rig = Rig::new().await;
    let id = rig.campaign().await;
    rig.restart(Features {
        cost_tracking: false,
        ..Features::default()
    });
    for path in [
        format!("/api/campaigns/{id}/forecast"),
        format!("/api/campaigns/{id}/preflight"),
        // By now it shows one.
        format!("/campaigns/{id}"),
        format!("/campaigns/{id}"),
    ] {
        let text = rig.get(&path).await.expect(200).text();
        assert_eq!(sums(&text), [] as [&str; 0], "{path}");
        if let Ok(json) = serde_json::from_str(&text) {
            no_sum(&path, &json);
        }
    }
}

fn answer<'a>(answers: &'a [(String, String)], path: &str) -> &'a str {
    let found = answers.iter().find(|(known, _)| known == path);
    &found.unwrap_or_else(|| panic!("{path} was not read")).1
}

fn export(answers: &[(String, String)]) -> &str {
    let found = answers.iter().find(|(path, _)| path.ends_with("export.csv"));
    &found.unwrap().1
}

fn usage(answers: &[(String, String)]) -> Value {
    let parsed = answers
        .iter()
        .filter_map(|(_, text)| serde_json::from_str::<Value>(text).ok());
    let mut usages = parsed.filter_map(|json| json.get("usage").cloned());
    usages.next().expect("the assistant")
}

/// Every `$12.34` of a text.
fn sums(text: &str) -> Vec<String> {
    text.split('$')
        .skip(1)
        .map(|rest| {
            let digits: String = rest
                .chars()
                .take_while(|c| c.is_ascii_digit() || matches!(c, '.' | ','))
                .collect();
            format!("${}", digits.trim_end_matches(['.', ',']))
        })
        .filter(|sum| sum.len() > 1)
        .collect()
}

/// No field of costs has a value. What a policy allows is no cost.
fn no_sum(path: &str, value: &Value) {
    match value {
        Value::Array(items) => items.iter().for_each(|item| no_sum(path, item)),
        Value::Object(fields) => {
            for (key, value) in fields {
                let cost = ["cost", "usd", "spent", "held"]
                    .iter()
                    .any(|word| key.to_lowercase().contains(word));
                let limit = matches!(
                    key.as_str(),
                    "budget_usd_micros" | "alert_usd_micros" | "cost_tracking"
                );
                assert!(
                    !cost || limit || value.is_null() || value == "[hidden]",
                    "{path}: {key} is {value}"
                );
                no_sum(path, value);
            }
        }
        _ => {}
    }
}
