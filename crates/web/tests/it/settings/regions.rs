//! The stricter rules of single regions, and sets of rules taken over as a whole.

use domain::{
    hours::{Hours, Rule},
    ids::CampaignId,
    policy::Policy,
    time::{HOUR_MS, MINUTE_MS},
};

use super::{policy, save, saved, untouched};
use crate::rig::Rig;

/// A campaign with a row for every state that is stricter.
async fn rig() -> (Rig, CampaignId) {
    let states = Policy::preset("us-states").unwrap();
    let rig = Rig::with(|settings| settings.default_policy = states).await;
    let id = rig.campaign().await;
    (rig, id)
}

fn shipped(code: &str) -> Rule {
    Hours::preset("us-states").unwrap().regions[code].clone()
}

async fn hours(rig: &Rig, id: CampaignId) -> Hours {
    policy(rig, id).await.policy.hours
}

async fn page(rig: &Rig, id: CampaignId) -> String {
    rig.get(&format!("/campaigns/{id}/settings")).await.text()
}

#[tokio::test]
async fn a_row_can_be_changed_and_keeps_what_the_form_does_not_show() {
    let (rig, id) = rig().await;
    assert!(page(&rig, id).await.contains("Stricter rules in 25 regions"));
    let mut fields = untouched(&rig, id).await;
    for (name, value) in &mut fields {
        match name.as_str() {
            "region_US-LA_hours" => *value = "Mon-Fri 9:00-12:00, 13:00-18:00".to_owned(),
            "region_US-LA_calls" => *value = "2".to_owned(),
            "region_US-ME_gap" => *value = "90 min".to_owned(),
            "region_US-FL_calls" => value.clear(),
            _ => {}
        }
    }
    let fields: Vec<(&str, &str)> = fields.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
    saved(&rig, id, &fields).await;
    let now = policy(&rig, id).await;
    assert_eq!(now.version, 2);
    let mut wanted = Hours::preset("us-states").unwrap();
    let louisiana = wanted.regions.get_mut("US-LA").unwrap();
    let day = ["09:00-12:00", "13:00-18:00"].map(|window| window.parse().unwrap());
    for (number, windows) in louisiana.week.0.iter_mut().enumerate() {
        *windows = if number < 5 { day.to_vec() } else { Vec::new() };
    }
    louisiana.attempts_per_day = Some(2);
    assert_eq!(
        louisiana.holidays.yearly.len(),
        6,
        "what the form does not show is there"
    );
    wanted.regions.get_mut("US-ME").unwrap().gap_ms = Some(90 * MINUTE_MS);
    wanted.regions.get_mut("US-FL").unwrap().attempts_per_day = None;
    assert_eq!(now.policy.hours, wanted);
    let page = page(&rig, id).await;
    for shown in [
        "value=\"Mon-Fri 09:00-12:00, 13:00-18:00, Sat-Sun closed\"",
        "every day 8:00–21:00 (from US, state by state)",
        "Rules of Louisiana: Mon–Sat 8:00–20:00, not on federal holidays and 6 of the state → Mon–Fri",
        "Rules of Florida: every day 8:00–20:00, 3 calls in 24 h → every day 8:00–20:00<",
    ] {
        assert!(page.contains(shown), "{shown}: {page}");
    }
}

#[tokio::test]
async fn regions_can_be_taken_away_and_added() {
    let (rig, id) = rig().await;
    saved(
        &rig,
        id,
        &[
            ("region_US-TX_remove", "true"),
            ("region_US-TX_hours", "whatever"),
            ("region_US-UT_remove", "true"),
            ("region_new_1_code", ""),
            ("region_new_1_hours", ""),
            ("region_new_2_code", " ca-on "),
            ("region_new_2_hours", "Mon-Fri 09:00-21:30, Sat-Sun 10:00-18:00"),
            ("region_new_2_calls", "1"),
            ("region_new_2_gap", "2 h"),
            // What is taken away in the same breath can be written anew, without the holidays it had.
            ("region_new_3_code", "US-UT"),
            ("region_new_3_hours", "closed"),
        ],
    )
    .await;
    let hours = hours(&rig, id).await;
    assert_eq!(hours.preset.as_deref(), Some("us-states"));
    assert_eq!(hours.regions.len(), 25);
    assert!(!hours.regions.contains_key("US-TX"));
    assert_eq!(hours.regions["US-UT"], Rule::default());
    let ontario = &hours.regions["CA-ON"];
    assert_eq!(ontario.week.words(), "Mon–Fri 9:00–21:30, Sat–Sun 10:00–18:00");
    assert_eq!(
        (ontario.attempts_per_day, ontario.gap_ms),
        (Some(1), Some(2 * HOUR_MS))
    );
    let page = page(&rig, id).await;
    assert!(page.contains("region_CA-ON_hours") && !page.contains("region_US-TX_hours"));
    assert!(page.contains("Rules of Texas: "), "{page}");
}

#[tokio::test]
async fn a_wrong_row_is_told_at_its_field_keeps_what_was_typed_and_saves_nothing() {
    let (rig, id) = rig().await;
    let before = policy(&rig, id).await;
    let week = "Every day 09:00-17:00";
    for (fields, at, told) in [
        (
            vec![("region_US-FL_hours", "8 to 20")],
            "region_US-FL_hours",
            "write Mon-Sat 08:00-20:00, Sun closed",
        ),
        (
            vec![("region_US-FL_hours", "Every day 08:00-20:00, Sun closed")],
            "region_US-FL_hours",
            "Sunday stands there twice",
        ),
        (
            vec![("region_US-FL_hours", "")],
            "region_US-FL_hours",
            "Write the hours",
        ),
        (
            vec![("region_US-FL_calls", "0")],
            "region_US-FL_calls",
            "nobody would ever be called",
        ),
        (
            vec![("region_US-FL_gap", "400 d")],
            "region_US-FL_gap",
            "at most 31 d",
        ),
        (
            vec![("region_US-FL_gap", "long")],
            "region_US-FL_gap",
            "write 4 h",
        ),
        (
            vec![("region_new_1_code", "us-zz"), ("region_new_1_hours", week)],
            "region_new_1_code",
            "“US-ZZ” is not the code of a state or province such as US-FL or CA-ON",
        ),
        (
            vec![("region_new_2_code", ""), ("region_new_2_hours", week)],
            "region_new_2_code",
            "such as US-FL or CA-ON",
        ),
        (
            vec![("region_new_2_code", "US-FL"), ("region_new_2_hours", week)],
            "region_new_2_code",
            "Florida has a row already",
        ),
        (
            vec![
                ("region_new_1_code", "US-AK"),
                ("region_new_1_hours", week),
                ("region_new_3_code", "US-AK"),
                ("region_new_3_hours", week),
            ],
            "region_new_3_code",
            "Alaska stands there twice",
        ),
        (
            vec![("region_new_1_code", "US-AK")],
            "region_new_1_hours",
            "Write the hours",
        ),
        (
            vec![
                ("region_new_1_code", "US-AK"),
                ("region_new_1_hours", week),
                ("region_new_1_gap", "32 d"),
            ],
            "region_new_1_gap",
            "at most 31 d",
        ),
    ] {
        let page = save(&rig, id, &fields).await.expect(422).text();
        let slot = page.split(&format!("id=\"e-{at}\">")).nth(1);
        let message = slot.and_then(|rest| rest.split('<').next()).unwrap_or_default();
        assert!(message.contains(told), "{fields:?}: {message}");
        assert!(
            page.contains(&format!("href=\"#s-{at}\"")) && page.contains("one field"),
            "{at}"
        );
        assert!(
            page.contains("<details open>"),
            "the way to the field is open: {at}"
        );
        for (name, value) in fields {
            let kept = format!("name=\"{name}\" value=\"{value}\"");
            assert!(page.contains(&kept), "{kept}");
        }
    }
    // A row to be taken away is typed in again when something else is wrong.
    let fields = [("region_US-TX_remove", "true"), ("gap", "soon")];
    let page = save(&rig, id, &fields).await.expect(422).text();
    assert!(page.contains("name=\"region_US-TX_remove\" value=\"true\" checked"));
    assert_eq!(policy(&rig, id).await, before);
}

#[tokio::test]
async fn another_preset_brings_its_rows_except_where_somebody_changed_them() {
    let (rig, id) = rig().await;
    // Without scripts, the week and the rows of the old one are sent along.
    let fields = untouched(&rig, id).await;
    let mut fields: Vec<(&str, &str)> = fields.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
    let strict = Hours::preset("us-strict").unwrap();
    fields.push(("hours_preset", "us-strict"));
    saved(&rig, id, &fields).await;
    assert_eq!(hours(&rig, id).await, strict);

    saved(
        &rig,
        id,
        &[
            ("hours_preset", "us-states"),
            ("region_US-AL_gap", "5 h"),
            ("region_US-KY_remove", "true"),
            ("region_new_1_code", "US-AK"),
            ("region_new_1_hours", "Every day 10:00-12:00"),
            ("region_new_2_code", "US-FL"),
            ("region_new_2_hours", "Every day 10:00-12:00"),
        ],
    )
    .await;
    let mut wanted = Hours::preset("us-states").unwrap();
    let short = Rule::daily(&["10:00-12:00".parse().unwrap()]);
    wanted.regions.get_mut("US-AL").unwrap().gap_ms = Some(5 * HOUR_MS);
    wanted.regions.remove("US-KY");
    wanted.regions.insert("US-AK".to_owned(), short.clone());
    // Written by hand, yet no laxer than the preset in what was left empty.
    wanted.regions.get_mut("US-FL").unwrap().week = short.week;
    assert_eq!(hours(&rig, id).await, wanted);

    // Hours of one's own keep the rows, which can be seen; hours without rows take them away.
    saved(&rig, id, &[("hours_preset", "own")]).await;
    let own = hours(&rig, id).await;
    assert_eq!((own.preset, own.regions), (None, wanted.regions));
    saved(&rig, id, &[("hours_preset", "us-federal")]).await;
    assert_eq!(hours(&rig, id).await, Hours::preset("us-federal").unwrap());
    let page = page(&rig, id).await;
    assert!(page.contains("Stricter rules in single regions") && page.contains("region_new_1_code"));
}

#[tokio::test]
async fn what_was_not_sent_of_a_row_stays() {
    let (rig, id) = rig().await;
    saved(
        &rig,
        id,
        &[("region_US-FL_calls", "2"), ("region_DE-BE_hours", "closed")],
    )
    .await;
    let florida = Rule {
        attempts_per_day: Some(2),
        ..shipped("US-FL")
    };
    let mut wanted = Hours::preset("us-states").unwrap();
    wanted.regions.insert("US-FL".to_owned(), florida);
    assert_eq!(hours(&rig, id).await, wanted);
}

#[tokio::test]
async fn calling_back_can_be_switched_off_and_on() {
    let (rig, id) = rig().await;
    assert!(
        page(&rig, id)
            .await
            .contains("name=\"callbacks\" value=\"true\" checked")
    );
    saved(&rig, id, &[("callbacks", "")]).await;
    assert!(!policy(&rig, id).await.policy.callbacks);
    let off = page(&rig, id).await;
    assert!(!off.contains("name=\"callbacks\" value=\"true\" checked"));
    assert!(off.contains("Calls back whoever asks for it: yes → no"), "{off}");
    saved(&rig, id, &[("per_contact", "3")]).await;
    assert!(
        !policy(&rig, id).await.policy.callbacks,
        "what was not sent stays"
    );
    saved(&rig, id, &[("callbacks", ""), ("callbacks", "true")]).await;
    assert!(policy(&rig, id).await.policy.callbacks);
}

#[tokio::test]
async fn a_set_of_rules_replaces_all_but_money_consent_and_zone() {
    let (rig, id) = rig().await;
    let own = [
        ("fallback_zone", "America/Chicago"),
        ("consent_column", "city"),
        ("budget_usd", "150"),
        ("per_contact", "2"),
        ("region_US-TX_remove", "true"),
    ];
    saved(&rig, id, &own).await;
    let before = policy(&rig, id).await;
    let page = page(&rig, id).await;
    for set in ["standard", "us-states", "us-strict", "unrestricted"] {
        assert!(
            page.contains(&format!("name=\"use_rules\" value=\"{set}\"")),
            "{set}"
        );
    }
    // Only the set counts, whatever else is sent.
    let fields = [
        ("version", "2"),
        ("by", "Ann"),
        ("use_rules", ""),
        ("use_rules", "us-strict"),
        ("per_contact", "9"),
    ];
    saved(&rig, id, &fields).await;
    let now = policy(&rig, id).await;
    assert_eq!((now.version, now.author.as_str()), (3, "Ann"));
    let mut wanted = Policy::preset("us-strict").unwrap();
    wanted.fallback_zone = before.policy.fallback_zone.clone();
    wanted.consent = before.policy.consent.clone();
    wanted.money = before.policy.money;
    assert!(wanted.consent.is_some() && wanted.money.budget_usd_micros.is_some());
    assert_eq!(now.policy, wanted);
    let history = self::page(&rig, id).await;
    assert!(history.contains("→ US strict: Mon–Sat 9:00–20:00"), "{history}");

    for (fields, told) in [
        (vec![("use_rules", "")], "Choose one of the sets of rules."),
        (
            vec![("use_rules", "nobody's")],
            "Choose one of the sets of rules.",
        ),
        (
            vec![("use_rules", "standard"), ("version", "2")],
            "Ann saved version 3 while you were editing",
        ),
    ] {
        let page = save(&rig, id, &fields).await.expect(422).text();
        assert!(page.contains(told), "{told}: {page}");
    }
    assert_eq!(policy(&rig, id).await, now);
    rig.post(&format!("/api/campaigns/{id}/cancel")).await.expect(200);
    let page = save(&rig, id, &[("use_rules", "standard")])
        .await
        .expect(422)
        .text();
    assert!(page.contains("only its name can be changed") && !page.contains("id=\"rules-form\""));
}
