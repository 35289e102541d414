use super::{DAY_MS, HOSTILE, HOUR_MS, LONG, NOW_MS, control::ZONES, id};
use crate::pages::{
    Badge, CampaignSettingsPage, Choice, DayField, FormField, HoursPreset, MoneyFigures, MoneyState,
    NumberChoice, PolicyVersion, RegionRow, RetryField, SettingsForm, Shell, When,
};

impl HoursPreset {
    /// Those that come with AutoLynx.
    #[must_use]
    pub fn samples() -> Vec<Self> {
        let preset =
            |id: &str, name: &str, about: &str, source: &str, hours: [&str; 7], holidays: &str| Self {
                id: id.to_owned(),
                name: name.to_owned(),
                about: about.to_owned(),
                source: source.to_owned(),
                as_of: if source.is_empty() {
                    String::new()
                } else {
                    "2026-11-01".to_owned()
                },
                week: hours.map(str::to_owned),
                holidays: holidays.to_owned(),
            };
        let daily = |hours| [hours; 7];
        let strict = [
            "09:00-20:00",
            "09:00-20:00",
            "09:00-20:00",
            "09:00-20:00",
            "09:00-20:00",
            "09:00-20:00",
            "",
        ];
        vec![
            preset(
                "anytime",
                "At any time",
                "Nobody’s hours are looked at. For tests and for people who asked for it.",
                "",
                daily("00:00-24:00"),
                "",
            ),
            preset(
                "us-federal",
                "US federal",
                "8:00–21:00 every day, the least that the law asks for.",
                "47 CFR 64.1200(c)(1)",
                daily("08:00-21:00"),
                "",
            ),
            preset(
                "us-strict",
                "US strict",
                "9:00–20:00 Monday to Saturday, no federal holidays, 3 calls in 24 hours. Stricter rows for Kentucky, Rhode Island and Maine.",
                "Charts of state law, strictest first",
                strict,
                "us-federal",
            ),
            preset(
                "us-states",
                "US by state",
                "Federal hours, and a stricter row for each of 26 states.",
                "Charts of state law",
                daily("08:00-21:00"),
                "",
            ),
        ]
    }
}

fn form() -> SettingsForm {
    let number = |id: &str, label: &str, health: &str, note: Option<&str>, chosen| NumberChoice {
        id: id.to_owned(),
        label: label.to_owned(),
        note: note.map(str::to_owned),
        health: Some(Badge::line_health(health)),
        chosen,
    };
    let retry = |key: &str, ladder: &str| RetryField {
        outcome: Badge::outcome(key),
        field: FormField::new(ladder),
    };
    let region =
        |code: &str, name: &str, hours: &str, calls: &str, holidays: Option<&str>, source: &str| RegionRow {
            key: code.to_owned(),
            region: Some(name.to_owned()),
            code: FormField::new(code),
            hours: FormField::new(hours),
            calls: FormField::new(calls),
            gap: FormField::default(),
            removed: false,
            holidays: holidays.map(str::to_owned),
            source: source.to_owned(),
            as_of: "2026-11-01".to_owned(),
        };
    let blank = |key: &str| RegionRow {
        key: key.to_owned(),
        region: None,
        code: FormField::default(),
        as_of: String::new(),
        ..region("", "", "", "", None, "")
    };
    SettingsForm {
        use_rules: FormField::default(),
        name: FormField::new("Spring follow-up"),
        cap: FormField::new("8"),
        priority: FormField::new("normal"),
        numbers: vec![
            number("num-1", "+1 202-555-0100 (Front desk)", "healthy", None, true),
            number(
                "num-2",
                "+44 20 7946 0321",
                "busy",
                Some("at most 2 calls at once"),
                true,
            ),
            number(
                "num-4",
                "Office trunk",
                "error",
                Some("9 of the last 20 calls could not connect."),
                false,
            ),
        ],
        numbers_error: None,
        mode: FormField::new("continuous"),
        batch_size: FormField::new(""),
        quiet_line_gate: false,
        zone: FormField::new("Europe/Berlin"),
        starts_at: FormField::new(""),
        expires_at: FormField::new("2026-12-18T18:00"),
        hours_preset: FormField::new("us-federal"),
        week: DayField::week(std::array::from_fn(|_| FormField::new("08:00-21:00"))),
        fallback_zone: FormField::new(""),
        holidays: FormField::new(""),
        holiday_dates: FormField::new("2026-12-24 09:00-12:00\n2026-12-31"),
        regions: vec![
            region(
                "US-FL",
                "Florida",
                "Every day 08:00-20:00",
                "3",
                None,
                "Fla. Stat. 501.616",
            ),
            region(
                "US-RI",
                "Rhode Island",
                "Mon-Fri 09:00-18:00, Sat 10:00-17:00, Sun closed",
                "",
                Some("Not on federal holidays and 2 of the state."),
                "dnc.com chart",
            ),
            region(
                "US-TX",
                "Texas",
                "Mon-Sat 09:00-21:00, Sun 12:00-21:00",
                "",
                None,
                "Tex. Bus. & Com. Code 302",
            ),
            blank("new_1"),
            blank("new_2"),
            blank("new_3"),
        ],
        per_number_day: FormField::new("3"),
        per_number: FormField::new(""),
        per_contact: FormField::new("6"),
        gap: FormField::new("15 min"),
        gap_between_campaigns: FormField::new("4 h"),
        retries: vec![
            retry("no_answer", "3 h, 3 h"),
            retry("busy", "20 min, 20 min, 20 min"),
            retry("voicemail", "1 d"),
            retry("failed", "15 min, 15 min"),
            retry("provider_error", "15 min, 15 min"),
        ],
        callbacks: true,
        consent_column: FormField::new("consent"),
        columns: vec!["city".to_owned(), "consent".to_owned(), HOSTILE.to_owned()],
        alert_usd: FormField::new("100"),
        budget_usd: FormField::new("150"),
    }
}

fn page() -> CampaignSettingsPage {
    let version = |number, by: Option<&str>, ago_ms, changes: &[&str]| PolicyVersion {
        number,
        by: by.map(str::to_owned),
        at: When::at(NOW_MS - ago_ms),
        changes: changes.iter().map(|&change| change.to_owned()).collect(),
        current: number == 3,
    };
    CampaignSettingsPage {
        shell: Shell::samples().swap_remove(0).1,
        id: id(1),
        campaign_name: "Spring follow-up".to_owned(),
        status: Badge::campaign("CREATED"),
        version: 3,
        saved: false,
        error: None,
        locked: None,
        mode_locked: None,
        batches: true,
        quiet_line: true,
        start_locked: None,
        form: form(),
        zones: ZONES.map(str::to_owned).to_vec(),
        presets: HoursPreset::samples(),
        known_regions: [("US-FL", "Florida"), ("US-NY", "New York"), ("CA-ON", "Ontario")]
            .map(|(code, name)| Choice::new(code, name))
            .to_vec(),
        rules: vec![
            ["standard", "Standard", "Federal hours of the United States, 3 calls to a number in 24 h, the usual retries."]
                .into(),
            ["us-strict", "US, strict", "Hours that satisfy nearly every state, and at least 4 h between any two calls to a number."]
                .into(),
            ["unrestricted", "Unrestricted", "No hours, no limits, no retries. For the sandbox and for tests only."].into(),
        ],
        money: MoneyState {
            figures: Some(MoneyFigures {
                spent: "$38.85".to_owned(),
                held: "$12.00".to_owned(),
            }),
            basis: "A call is reckoned at $0.12 a started minute, the most seen in your last 412 calls, for as long as the assistant may talk.".to_owned(),
        },
        history: vec![
            version(
                3,
                Some("Ann"),
                HOUR_MS,
                &["Lines at once: 5 → 8", "Budget: none → $150.00", "Voicemail: not called again → after 1 d"],
            ),
            version(2, Some(HOSTILE), 26 * HOUR_MS, &["Hours: US strict → US federal"]),
            version(1, None, 3 * DAY_MS, &[]),
        ],
    }
}

impl CampaignSettingsPage {
    /// A draft, a running campaign just saved, refused fields, a campaign that is over, somebody else's change, and nothing
    /// switched on.
    #[must_use]
    pub fn samples() -> Vec<(&'static str, Self)> {
        let running = Self {
            status: Badge::campaign("RUNNING"),
            saved: true,
            mode_locked: Some("Can be changed until the start.".to_owned()),
            start_locked: Some("It has started.".to_owned()),
            ..page()
        };
        let mut refused = page();
        refused.form.name = FormField::wrong("", "Give the campaign a name.");
        refused.form.cap = FormField::wrong("99", "Must be between 1 and 50.");
        refused.form.numbers_error = Some("Choose at least one number.".to_owned());
        refused.form.hours_preset = FormField::new("own");
        refused.form.week[2].field =
            FormField::wrong("9-20 Uhr", "Not understood: write hours as 09:00-20:00.");
        refused.form.regions[0].hours =
            FormField::wrong("8-20", "Not understood: write Mon-Sat 08:00-20:00, Sun closed.");
        refused.form.regions[1].removed = true;
        refused.form.regions[3].code = FormField::wrong(
            "US-ZZ",
            "“US-ZZ” is not the code of a state or province such as US-FL or CA-ON.",
        );
        refused.form.gap = FormField::wrong("soon", "Not understood: write 4 h or 90 min.");
        refused.form.retries[1].field = FormField::wrong("20, 40", "Say the unit: 20 min, 40 min.");
        refused.form.budget_usd = FormField::wrong("1", "Must be at least what was spent: $38.85.");
        let mut over = Self {
            status: Badge::campaign("COMPLETED"),
            campaign_name: LONG.to_owned(),
            locked: Some("This campaign is over: only its name can be changed.".to_owned()),
            mode_locked: Some("Can be changed until the start.".to_owned()),
            start_locked: Some("It has started.".to_owned()),
            ..page()
        };
        over.form.regions.clear();
        let meanwhile = Self {
            error: Some("Ann saved version 4 while you were editing. Nothing of yours was saved yet: look at what changed, then save again.".to_owned()),
            campaign_name: HOSTILE.to_owned(),
            ..page()
        };
        let mut plain = Self {
            batches: false,
            quiet_line: false,
            ..page()
        };
        plain.money.figures = None;
        vec![
            ("draft", page()),
            ("running, saved", running),
            ("refused", refused),
            ("over", over),
            ("edited meanwhile", meanwhile),
            ("switched off", plain),
        ]
    }
}
