//! The settings of a campaign as a form.

mod regions;

use domain::{
    campaign::{CampaignStatus, Mode},
    hours::Hours,
    ids::CampaignId,
    policy::Policy,
    time::{DAY_MS, HOUR_MS, MINUTE_MS},
};
use store::{Campaign, PolicyVersion};

use crate::rig::{Answer, Form, Rig};

const DAYS: [&str; 7] = [
    "hours_monday",
    "hours_tuesday",
    "hours_wednesday",
    "hours_thursday",
    "hours_friday",
    "hours_saturday",
    "hours_sunday",
];

async fn rig() -> (Rig, CampaignId) {
    let rig = Rig::with(|settings| settings.default_policy = Policy::standard()).await;
    let id = rig.campaign().await;
    (rig, id)
}

async fn policy(rig: &Rig, id: CampaignId) -> PolicyVersion {
    rig.store.policy(id).await.unwrap().unwrap()
}

async fn campaign(rig: &Rig, id: CampaignId) -> Campaign {
    rig.store.campaign(id).await.unwrap().unwrap()
}

async fn save(rig: &Rig, id: CampaignId, fields: &[(&str, &str)]) -> Answer {
    rig.post_form(&format!("/campaigns/{id}/settings"), fields).await
}

async fn saved(rig: &Rig, id: CampaignId, fields: &[(&str, &str)]) {
    let answer = save(rig, id, fields).await.expect(303);
    let next = answer.header("location").to_owned();
    assert_eq!(next, format!("/campaigns/{id}/settings?saved=1"));
    assert!(rig.get(&next).await.expect(200).text().contains("Saved."));
}

/// What a browser sends of the page as it stands, without touching anything.
async fn untouched(rig: &Rig, id: CampaignId) -> Vec<(String, String)> {
    let page = rig
        .get(&format!("/campaigns/{id}/settings"))
        .await
        .expect(200)
        .text();
    let form = page.split("id=\"settings-form\"").nth(1).unwrap();
    let form = form.split("</form>").next().unwrap();
    let value_of = |tag: &str, name: &str| {
        let rest = tag.split(&format!(" {name}=\"")).nth(1)?;
        let raw = rest.split('"').next()?;
        Some(raw.replace("&#38;", "&").replace("&amp;", "&"))
    };
    let mut fields = Vec::new();
    for tag in form.split("<input").skip(1) {
        let tag = tag.split('>').next().unwrap();
        let chosen =
            !tag.contains("type=\"radio\"") && !tag.contains("type=\"checkbox\"") || tag.contains(" checked");
        if let (Some(name), true) = (value_of(tag, "name"), chosen) {
            fields.push((name, value_of(tag, "value").unwrap_or_default()));
        }
    }
    for select in form.split("<select").skip(1) {
        let select = select.split("</select>").next().unwrap();
        let options = || select.split("<option").skip(1);
        let option = options().find(|option| option.split('>').next().unwrap().contains(" selected"));
        let option = option.or_else(|| options().next()).unwrap();
        fields.push((
            value_of(select, "name").unwrap(),
            value_of(option, "value").unwrap(),
        ));
    }
    for area in form.split("<textarea").skip(1) {
        let text = area.split('>').nth(1).unwrap().split('<').next().unwrap();
        fields.push((value_of(area, "name").unwrap(), text.to_owned()));
    }
    fields
}

#[tokio::test]
async fn what_was_not_touched_stays_as_it_was() {
    for id in ["standard", "us-strict", "us-states", "unrestricted"] {
        let rig = Rig::with(|settings| settings.default_policy = Policy::preset(id).unwrap()).await;
        let campaign_id = rig.campaign().await;
        let (before, campaign_before) = (policy(&rig, campaign_id).await, campaign(&rig, campaign_id).await);
        let fields = untouched(&rig, campaign_id).await;
        assert!(fields.len() > 30, "{fields:?}");
        let fields: Vec<(&str, &str)> = fields.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
        saved(&rig, campaign_id, &fields).await;
        assert_eq!(policy(&rig, campaign_id).await, before, "{id}");
        assert_eq!(campaign(&rig, campaign_id).await, campaign_before, "{id}");
    }
}

#[tokio::test]
async fn everything_can_be_set() {
    let (rig, id) = rig().await;
    saved(
        &rig,
        id,
        &[
            ("version", "1"),
            ("by", "  Ann  "),
            ("name", " Autumn "),
            ("cap", "3"),
            ("priority", "high"),
            ("mode", "batch"),
            ("batch_size", "2"),
            ("quiet_line_gate", ""),
            ("quiet_line_gate", "true"),
            ("zone", "Europe/Berlin"),
            ("starts_at", "2026-11-23T09:00"),
            ("expires_at", "2026-12-18T18:00"),
            ("fallback_zone", "America/Chicago"),
            ("holidays", "us-federal"),
            ("holiday_dates", "2026-12-24 09:00-12:00\r\n2026-12-31\r\n"),
            ("per_number_day", "2"),
            ("per_number", ""),
            ("per_contact", ""),
            ("gap", "90 min"),
            ("gap_between_campaigns", "1 d"),
            ("retry_no_answer", "2 h, 1 d"),
            ("retry_voicemail", ""),
            ("retry_hung_up", "30 min"),
            ("consent_column", "city"),
            ("alert_usd", "12.50"),
            ("budget_usd", "150"),
        ],
    )
    .await;
    let campaign = campaign(&rig, id).await;
    assert_eq!(
        (campaign.name.as_str(), campaign.cap, campaign.priority),
        ("Autumn", 3, 10)
    );
    assert_eq!(
        (campaign.mode, campaign.batch_size, campaign.quiet_line_gate),
        (Mode::Batch, Some(2), true)
    );
    assert_eq!(campaign.status, CampaignStatus::Scheduled);
    assert_eq!(campaign.starts_at.unwrap().to_iso(), "2026-11-23T08:00:00.000Z");
    assert_eq!(campaign.expires_at.unwrap().to_iso(), "2026-12-18T17:00:00.000Z");
    let now = policy(&rig, id).await;
    assert_eq!((now.version, now.author.as_str()), (2, "Ann"));
    let policy = now.policy;
    assert_eq!(policy.fallback_zone.as_deref(), Some("America/Chicago"));
    assert!(policy.hours.rule.holidays.calendar.is_some());
    assert_eq!(policy.hours.rule.holidays.dates.len(), 2);
    assert_eq!(
        (policy.limits.per_number_day, policy.limits.per_contact),
        (Some(2), None)
    );
    assert_eq!(policy.limits.gap_ms, 90 * MINUTE_MS);
    assert_eq!(policy.limits.gap_between_campaigns_ms, DAY_MS);
    assert_eq!(policy.retries.no_answer, [2 * HOUR_MS, DAY_MS]);
    assert!(policy.retries.voicemail.is_empty());
    assert_eq!(policy.retries.hung_up, [30 * MINUTE_MS]);
    assert_eq!(policy.consent.unwrap().column, "city");
    assert_eq!(policy.money.alert_usd_micros, Some(12_500_000));
    assert_eq!(policy.money.budget_usd_micros, Some(150_000_000));
    let page = rig.get(&format!("/campaigns/{id}/settings")).await.text();
    for shown in [
        "Voicemail: after 20 h → not called again",
        "Budget: none → $150.00",
        "2026-12-24 09:00-12:00",
    ] {
        assert!(page.contains(shown), "{shown}: {page}");
    }
    assert!(
        page.contains("2026-11-23T02:00"),
        "the start by the clock of the fallback zone: {page}"
    );
    saved(&rig, id, &[("starts_at", ""), ("expires_at", "")]).await;
    let campaign = self::campaign(&rig, id).await;
    assert_eq!(
        (campaign.status, campaign.starts_at, campaign.expires_at),
        (CampaignStatus::Created, None, None)
    );
}

#[tokio::test]
async fn another_preset_brings_its_week_unless_somebody_wrote_one() {
    let (rig, id) = rig().await;
    let unchanged: Vec<(&str, &str)> = DAYS.map(|day| (day, "08:00-21:00")).into();
    let mut fields = unchanged.clone();
    fields.extend([("hours_preset", "us-strict"), ("holidays", "")]);
    saved(&rig, id, &fields).await;
    assert_eq!(
        policy(&rig, id).await.policy.hours,
        Hours::preset("us-strict").unwrap()
    );

    // The regions come with the preset, the week from the person.
    let mut fields: Vec<(&str, &str)> = DAYS.map(|day| (day, "10:00-12:00, 13:00-17:00")).into();
    fields[6].1 = "";
    fields.push(("hours_preset", "us-states"));
    saved(&rig, id, &fields).await;
    let hours = policy(&rig, id).await.policy.hours;
    let states = Hours::preset("us-states").unwrap();
    assert_eq!(
        (hours.preset.as_deref(), &hours.regions),
        (Some("us-states"), &states.regions)
    );
    assert_eq!(hours.rule.week.words(), "Mon–Sat 10:00–12:00 and 13:00–17:00");

    saved(&rig, id, &[("hours_preset", "own")]).await;
    let hours = policy(&rig, id).await.policy.hours;
    assert!(hours.preset.is_none() && hours.regions == states.regions);
    assert_eq!(hours.rule.week.words(), "Mon–Sat 10:00–12:00 and 13:00–17:00");
    let page = rig.get(&format!("/campaigns/{id}/settings")).await.text();
    assert!(page.contains("value=\"own\" selected"), "{page}");
}

#[tokio::test]
async fn every_fault_is_told_at_its_field_and_nothing_is_saved() {
    let (rig, id) = rig().await;
    let before = policy(&rig, id).await;
    let wrong = [
        ("name", " "),
        ("cap", "99"),
        ("priority", "huge"),
        ("mode", "sideways"),
        ("starts_at", "2020-01-01T09:00"),
        ("expires_at", "soon"),
        ("hours_preset", "nobody's"),
        ("hours_wednesday", "9-20 Uhr"),
        ("fallback_zone", "Mars/Olympus"),
        ("holidays", "lunar"),
        ("holiday_dates", "Christmas"),
        ("per_number_day", "0"),
        ("per_number", "-1"),
        ("per_contact", "many"),
        ("gap", "soon"),
        ("gap_between_campaigns", "400 d"),
        ("retry_busy", "20, 40"),
        ("retry_failed", "90 d"),
        ("alert_usd", "0"),
        ("budget_usd", "a lot"),
    ];
    for (name, value) in wrong {
        let page = save(&rig, id, &[(name, value), ("zone", "Europe/Berlin")])
            .await
            .expect(422)
            .text();
        assert!(page.contains(&format!("id=\"e-{name}\"")), "{name}: {page}");
        assert!(page.contains(&format!("href=\"#s-{name}\"")), "{name}");
        assert!(page.contains("one field"), "{name}");
    }
    let page = save(&rig, id, &[("numbers", "")]).await.expect(422).text();
    assert!(page.contains("Choose at least one number."));
    let page = save(&rig, id, &[("numbers", "num-2")]).await.expect(422).text();
    assert!(page.contains("This number cannot place calls just now"), "{page}");
    let page = save(&rig, id, &[("zone", "Mars"), ("starts_at", "2026-11-23T09:00")])
        .await
        .expect(422)
        .text();
    assert!(page.contains("id=\"e-zone\""));
    let closed: Vec<(&str, &str)> = DAYS.map(|day| (day, "")).into();
    let page = save(&rig, id, &closed).await.expect(422).text();
    assert!(page.contains("Nobody could ever be called"), "{page}");
    let page = save(&rig, id, &[("alert_usd", "20"), ("budget_usd", "10")])
        .await
        .expect(422)
        .text();
    assert!(page.contains("id=\"e-alert_usd\""));
    assert_eq!(policy(&rig, id).await, before);
    assert_eq!(campaign(&rig, id).await.name, "Spring follow-up");
    assert_eq!(
        rig.json(
            http::Method::POST,
            &format!("/campaigns/{id}/settings"),
            serde_json::json!({})
        )
        .await
        .status,
        400
    );
}

#[tokio::test]
async fn whoever_is_overtaken_keeps_what_they_wrote() {
    let (rig, id) = rig().await;
    saved(&rig, id, &[("version", "1"), ("by", "Ann"), ("per_contact", "4")]).await;
    let page = save(&rig, id, &[("version", "1"), ("by", "Bob"), ("per_contact", "9")])
        .await
        .expect(422)
        .text();
    assert!(
        page.contains("Ann saved version 2 while you were editing"),
        "{page}"
    );
    assert!(
        page.contains("name=\"version\" value=\"2\"") && page.contains("value=\"9\""),
        "{page}"
    );
    assert_eq!(policy(&rig, id).await.policy.limits.per_contact, Some(4));
    // What no version keeps is not in anybody's way.
    saved(&rig, id, &[("version", "1"), ("name", "Autumn")]).await;
    saved(&rig, id, &[("version", "2"), ("by", "Bob"), ("per_contact", "9")]).await;
    assert_eq!(policy(&rig, id).await.version, 3);
}

#[tokio::test]
async fn what_has_begun_keeps_its_order_and_what_is_over_all_but_its_name() {
    let (rig, id) = rig().await;
    rig.post(&format!("/api/campaigns/{id}/start")).await.expect(200);
    let page = save(&rig, id, &[("mode", "batch"), ("batch_size", "2")])
        .await
        .expect(422)
        .text();
    assert!(page.contains("Can be changed until the start."));
    let at = [("starts_at", "2026-11-23T09:00"), ("zone", "UTC")];
    assert!(
        save(&rig, id, &at)
            .await
            .expect(422)
            .text()
            .contains("It has been started.")
    );
    saved(&rig, id, &[("cap", "2"), ("gap", "1 h")]).await;
    assert_eq!(campaign(&rig, id).await.cap, 2);
    rig.post(&format!("/api/campaigns/{id}/cancel")).await.expect(200);
    let page = save(&rig, id, &[("gap", "2 h")]).await.expect(422).text();
    assert!(page.contains("only its name can be changed"));
    saved(&rig, id, &[("name", "Old"), ("gap", "1 h")]).await;
    assert_eq!(campaign(&rig, id).await.name, "Old");
}

#[tokio::test]
async fn hostile_words_stay_words() {
    const HOSTILE: &str = "<script>alert('x')</script>";
    let rig = Rig::new().await;
    let list = format!("name,phone,{HOSTILE}\nAda,+12025550143,{HOSTILE}\n");
    let created = rig
        .create(Form::new().list("list.csv", list))
        .await
        .expect(201)
        .json();
    let id: CampaignId = created["campaign"]["id"].as_str().unwrap().parse().unwrap();
    saved(
        &rig,
        id,
        &[("name", HOSTILE), ("by", HOSTILE), ("per_contact", "2")],
    )
    .await;
    let faulty = [
        ("fallback_zone", HOSTILE),
        ("gap", HOSTILE),
        ("holiday_dates", HOSTILE),
    ];
    for page in [
        rig.get(&format!("/campaigns/{id}/settings")).await.expect(200),
        save(&rig, id, &faulty).await.expect(422),
    ] {
        let page = page.text();
        assert!(
            page.contains("alert(") && !page.contains("<script>alert"),
            "{page}"
        );
    }
}

#[tokio::test]
async fn programs_are_told_what_a_policy_can_begin_with() {
    let rig = Rig::new().await;
    let found = rig.get("/api/policy-presets").await.expect(200).json();
    let ids = |of: &str| {
        let items = found[of].as_array().unwrap().clone();
        items
            .iter()
            .map(|item| item["id"].as_str().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(
        ids("policies"),
        ["standard", "us-states", "us-strict", "unrestricted"]
    );
    assert!(ids("hours").contains(&"anytime".to_owned()), "{found}");
    assert_eq!(
        found["policies"][2]["policy"]["limits"]["gap_ms"],
        4 * 60 * 60_000
    );
}
