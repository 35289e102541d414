//! What a campaign may do and why it does not: preflight, forecast, panel, person, dialogs.

use super::{HOSTILE, HOUR_MS, MINUTE_MS, NOW_MS, SECOND_MS, id};
use crate::pages::{
    Append, AppendResult, Badge, Button, Check, Choice, ContactAttempt, ContactPage, ContactPanel,
    DecisionFact, DialPanel, Forecast, ForecastRow, HeldBack, ImportProblem, Preflight, RedialChoice,
    RedialChoices, Remedy, Schedule, Shell, Spread, When,
};

pub(super) const ZONES: [&str; 8] = [
    "America/Chicago",
    "America/Denver",
    "America/Los_Angeles",
    "America/New_York",
    "Asia/Tokyo",
    "Europe/Berlin",
    "Europe/London",
    "UTC",
];

fn held(
    key: &str,
    people: &str,
    reason: &str,
    until: Option<(i64, &str)>,
    remedy: Option<Remedy>,
) -> HeldBack {
    HeldBack {
        key: key.to_owned(),
        people: people.to_owned(),
        reason: reason.to_owned(),
        until: until.map(|(ms, words)| When::told(NOW_MS + ms, words)),
        remedy,
    }
}

fn link(label: &str, place: &str) -> Option<Remedy> {
    Some(Remedy::Link(
        label.to_owned(),
        format!("/campaigns/{}/settings#{place}", id(1)),
    ))
}

impl DialPanel {
    /// All is well, everybody is outside the hours, the money is used up, and hostile words.
    #[must_use]
    pub fn samples() -> Vec<(&'static str, Self)> {
        let chicago = held(
            "hours-chicago",
            "412 people",
            "outside 8:00–21:00 in Chicago",
            Some((18 * HOUR_MS, "opens Mon 08:00 CST")),
            link("Change the hours", "g-hours"),
        );
        let healthy = Self {
            healthy: true,
            headline: "8 of 8 lines in use.".to_owned(),
            next: Some("Next: Ada Moreno, as soon as a line is free.".to_owned()),
            rows: vec![
                held("line", "441 people", "ready, waiting for a free line", None, None),
                chicago.clone(),
                held(
                    "gap",
                    "27 people",
                    "called less than 4 h ago",
                    Some((41 * MINUTE_MS, "the first may be called at 16:11 CET")),
                    None,
                ),
            ],
        };
        let nobody = Self {
            healthy: false,
            headline: "Nobody may be called before Mon 08:00 EST.".to_owned(),
            next: None,
            rows: vec![
                chicago,
                held(
                    "hours-new-york",
                    "350 people",
                    "outside 8:00–21:00 in New York",
                    Some((17 * HOUR_MS, "opens Mon 08:00 EST")),
                    link("Change the hours", "g-hours"),
                ),
                held(
                    "no-zone",
                    "18 people",
                    "nobody knows their time zone",
                    None,
                    link("Choose one for them", "s-fallback_zone"),
                ),
                held(
                    "elsewhere",
                    "6 people",
                    "being called by another campaign",
                    None,
                    Some(Remedy::Words("They follow by themselves.".to_owned())),
                ),
                held(
                    "asked",
                    "2 people",
                    "asked to be called back",
                    Some((3 * HOUR_MS, "the first at 18:30 CET")),
                    None,
                ),
            ],
        };
        let budget = Self {
            healthy: false,
            headline: "The budget of $150.00 is used up.".to_owned(),
            next: Some("$149.10 are spent, and another call might cost up to $5.00.".to_owned()),
            rows: vec![held(
                "budget",
                "780 people",
                "the budget is used up",
                None,
                link("Raise the budget", "g-money"),
            )],
        };
        let hostile = Self {
            healthy: false,
            headline: HOSTILE.to_owned(),
            next: Some(HOSTILE.to_owned()),
            rows: vec![held(
                "hostile",
                "1 person",
                HOSTILE,
                Some((HOUR_MS, HOSTILE)),
                Some(Remedy::Do(Button::post(
                    "remedy-resume",
                    "Resume",
                    format!("/api/campaigns/{}/resume", id(1)),
                ))),
            )],
        };
        vec![
            ("healthy", healthy),
            ("nobody may be called", nobody),
            ("budget used up", budget),
            ("hostile", hostile),
        ]
    }
}

impl Forecast {
    /// From calls of one's own, and from assumptions.
    #[must_use]
    pub fn samples() -> Vec<(&'static str, Self)> {
        let row = |lines, chosen, finish: [&str; 3], cost: [&str; 3]| ForecastRow {
            lines,
            chosen,
            finish: Spread::new(finish[0], finish[1], finish[2]),
            cost: Spread::new(cost[0], cost[1], cost[2]),
        };
        let rows = vec![
            row(
                4,
                false,
                ["Tue 24 Nov 11:20", "Tue 24 Nov 14:05", "Wed 25 Nov 09:40"],
                ["$598", "$641", "$702"],
            ),
            row(
                8,
                true,
                ["Mon 23 Nov 17:10", "Mon 23 Nov 19:30", "Tue 24 Nov 10:15"],
                ["$598", "$641", "$702"],
            ),
            row(
                16,
                false,
                ["Mon 23 Nov 13:40", "Mon 23 Nov 15:00", "Mon 23 Nov 18:20"],
                ["$598", "$641", "$702"],
            ),
        ];
        let learnt = "From your last 412 calls: 22% people, 38% voicemail, 27% no answer, 50 s a call.";
        let assumed = "Assumed, as you have made no calls yet: 22% people, 38% voicemail, 27% no answer, 50 s a call, $0.10 a minute.";
        vec![
            (
                "from own calls",
                Self {
                    rows: rows.clone(),
                    assumptions: vec![learnt.to_owned(), "Times are those of Berlin.".to_owned()],
                },
            ),
            (
                "assumed",
                Self {
                    rows: rows[1..2].to_vec(),
                    assumptions: vec![assumed.to_owned()],
                },
            ),
        ]
    }
}

impl Preflight {
    /// Much to look at, all well, and nobody to call.
    #[must_use]
    pub fn samples() -> Vec<(&'static str, Self)> {
        let forecasts: Vec<_> = Forecast::samples()
            .into_iter()
            .map(|(_, forecast)| forecast)
            .collect();
        let settings = |place: &str| format!("/campaigns/{}/settings#{place}", id(1));
        let checks = vec![
            Check::new("ok", "People on the list", "8,204"),
            Check::new("info", "Rows rejected", "41").leading("See the report", "#import-title"),
            Check::new("info", "Twice on the list", "212")
                .noting("Each number is called for one person only."),
            Check::new("warn", "Also in other campaigns", "96")
                .noting("Counted together: at most 3 calls in 24 hours, 4 h apart."),
            Check::new("info", "On the do-not-call list", "93").leading("Do not call", "/suppressions"),
            Check::new("warn", "Without a time zone", "18")
                .noting("They are not called.")
                .leading("Choose a zone for them", &settings("s-fallback_zone")),
            Check::new("info", "Outside their hours now", "1,204")
                .noting("They follow when their hours begin."),
            Check::new("warn", "Without consent", "164")
                .noting("No clear yes in the column “consent”. They are not called.")
                .leading("Change the column", &settings("g-consent")),
            Check::new("ok", "Values for the assistant’s words", "All there"),
            Check::new("ok", "Line of +1 202-555-0100", "Healthy"),
            Check::new("ok", "Account at Vapi", "No call refused lately")
                .noting("Vapi does not tell how much credit is left."),
        ];
        let full = Self {
            verdict: "7,929 of 8,204 people can be called.".to_owned(),
            checks,
            first_call: Some(When::told(NOW_MS + 66 * HOUR_MS, "Mon 23 Nov 08:00 EST")),
            forecast: Some(forecasts[0].clone()),
            forecast_pending: false,
            checked: When::at(NOW_MS - 20 * SECOND_MS),
        };
        let small = Self {
            verdict: "All 87 people can be called.".to_owned(),
            checks: vec![
                Check::new("ok", "People on the list", "87"),
                Check::new("ok", "Line of +1 202-555-0100", "Healthy"),
                Check::new("ok", "Budget", "None"),
            ],
            first_call: Some(When::told(NOW_MS, "at once")),
            forecast: Some(forecasts[1].clone()),
            forecast_pending: false,
            checked: When::at(NOW_MS),
        };
        let nobody = Self {
            verdict: "Nobody can be called yet.".to_owned(),
            checks: vec![
                Check::new("ok", "People on the list", "2"),
                Check::new("bad", "Assistant", "Switched off")
                    .noting(HOSTILE)
                    .leading("Open it", &format!("/assistants/{}", id(0x401))),
                Check::new("bad", "Budget", "$1.00")
                    .noting("A single call might cost up to $5.00.")
                    .leading("Raise it", &settings("g-money")),
            ],
            first_call: None,
            forecast: None,
            forecast_pending: false,
            checked: When::at(NOW_MS),
        };
        vec![("much to look at", full), ("all well", small), ("nobody", nobody)]
    }
}

impl ContactPanel {
    /// Waiting after two calls, waiting for the first, called and done, and hostile.
    #[must_use]
    pub fn samples() -> Vec<(&'static str, Self)> {
        let fact = DecisionFact::new;
        let decision = |attempt: &str, local: &str| {
            vec![
                fact("Rules", "version 3"),
                fact("Zone", "America/Chicago, from the ZIP code 60601"),
                fact("Local time", local),
                fact("Hours", "8:00–21:00"),
                fact("Attempt", attempt),
                fact("Consent", "“yes” in the column “consent”"),
                fact("Do not call", "not on the list"),
                fact("Might cost", "up to $5.00"),
            ]
        };
        let attempt = |number: u32, outcome: &str, ago_ms: i64, decision: Vec<DecisionFact>| ContactAttempt {
            call_id: id(0x500 + number),
            number,
            result: Badge::outcome(outcome),
            at: When::at(NOW_MS - ago_ms),
            decision,
        };
        let waiting = Self {
            id: id(0x61),
            campaign_id: id(1),
            campaign_name: "Spring follow-up".to_owned(),
            name: "Ada Moreno".to_owned(),
            business: Some("Moreno Roofing".to_owned()),
            phone: "+1 312-555-0143".to_owned(),
            state: Badge::contact("pending"),
            outcome: None,
            reason: Some("Outside 8:00–21:00 in Chicago".to_owned()),
            until: Some(When::told(NOW_MS + 18 * HOUR_MS, "opens Mon 08:00 CST")),
            place: "Chicago (America/Chicago), Illinois; from the ZIP code 60601".to_owned(),
            facts: vec![
                fact("Hours there", "8:00–21:00 every day"),
                fact(
                    "Called",
                    "2 of at most 6 times, once in the last 24 hours of at most 3",
                ),
                fact("Consent", "“yes” in the column “consent”"),
                fact("Do not call", "not on the list"),
            ],
            attempts: vec![
                attempt(
                    2,
                    "no_answer",
                    3 * HOUR_MS,
                    decision("2 of 6; 2 in 24 hours of at most 3", "Fri 20 Nov 05:30 CST"),
                ),
                attempt(
                    1,
                    "busy",
                    22 * HOUR_MS,
                    decision("1 of 6; 1 in 24 hours of at most 3", "Thu 19 Nov 10:30 CST"),
                ),
            ],
            unfinished: true,
        };
        let fresh = Self {
            id: id(0x62),
            name: "Tomasz Nowak".to_owned(),
            business: None,
            phone: "+48 22 555 01 20".to_owned(),
            reason: Some("Nobody knows the time zone".to_owned()),
            until: None,
            place: "unknown".to_owned(),
            attempts: Vec::new(),
            ..waiting.clone()
        };
        let done = Self {
            id: id(0x63),
            state: Badge::contact("done"),
            outcome: Some(Badge::outcome("human")),
            reason: None,
            until: None,
            attempts: vec![attempt(1, "human", HOUR_MS, Vec::new())],
            unfinished: false,
            ..waiting.clone()
        };
        let hostile = Self {
            id: id(0x64),
            campaign_name: HOSTILE.to_owned(),
            name: HOSTILE.to_owned(),
            business: Some(HOSTILE.to_owned()),
            reason: Some(HOSTILE.to_owned()),
            place: HOSTILE.to_owned(),
            facts: vec![fact(HOSTILE, HOSTILE)],
            attempts: vec![attempt(1, "human", HOUR_MS, vec![fact(HOSTILE, HOSTILE)])],
            ..waiting.clone()
        };
        vec![
            ("waiting", waiting),
            ("not called yet", fresh),
            ("done", done),
            ("hostile", hostile),
        ]
    }
}

impl ContactPage {
    /// The same as pages.
    #[must_use]
    pub fn samples() -> Vec<(&'static str, Self)> {
        let shells = Shell::samples().into_iter().cycle();
        let page = |((name, contact), (_, shell))| (name, Self { shell, contact });
        ContactPanel::samples()
            .into_iter()
            .zip(shells)
            .map(page)
            .collect()
    }
}

impl RedialChoices {
    /// Several outcomes; nobody.
    #[must_use]
    pub fn samples() -> Vec<(&'static str, Self)> {
        let choice = |key: &str, people: &str, chosen| RedialChoice {
            outcome: Badge::outcome(key),
            people: people.to_owned(),
            chosen,
        };
        vec![
            (
                "several",
                Self {
                    choices: vec![
                        choice("no_answer", "231", true),
                        choice("busy", "41", true),
                        choice("voicemail", "318", false),
                        choice("failed", "14", true),
                        choice("provider_error", "4", true),
                    ],
                    never: Some("12 people asked not to be called; they are left out.".to_owned()),
                },
            ),
            (
                "nobody",
                Self {
                    choices: Vec::new(),
                    never: None,
                },
            ),
        ]
    }
}

impl Append {
    /// As in a running campaign.
    #[must_use]
    pub fn sample() -> Self {
        Self {
            regions: vec![
                Choice::new("", "Reject them"),
                Choice {
                    selected: true,
                    ..Choice::new("US", "United States (+1)")
                },
                Choice::new("GB", "United Kingdom (+44)"),
            ],
            hint: "New people are called as lines are free.".to_owned(),
        }
    }
}

impl Schedule {
    /// None yet, in the reader's own zone.
    #[must_use]
    pub fn sample() -> Self {
        Self {
            starts_at: String::new(),
            zone: String::new(),
            zones: ZONES.map(str::to_owned).to_vec(),
        }
    }
}

impl AppendResult {
    /// All added; some left out; nobody.
    #[must_use]
    pub fn samples() -> Vec<(&'static str, Self)> {
        let problem = |line, value: &str, reason: &str, duplicate| ImportProblem {
            line,
            column: "phone".to_owned(),
            value: value.to_owned(),
            reason: reason.to_owned(),
            duplicate,
        };
        let some = Self {
            campaign_id: id(1),
            file_name: "more-leads.csv".to_owned(),
            rows: "120".to_owned(),
            added: "112".to_owned(),
            rejected: "1".to_owned(),
            duplicates: "7".to_owned(),
            next: "They are called as lines are free.".to_owned(),
            problems: vec![
                problem(4, "+1 202 555", "Too short for a telephone number.", false),
                problem(9, "+1 202-555-0143", "In the campaign since 20 Nov.", true),
                problem(12, HOSTILE, "No telephone number.", false),
            ],
            more: Some("5".to_owned()),
        };
        let all = Self {
            added: "120".to_owned(),
            rejected: "0".to_owned(),
            duplicates: "0".to_owned(),
            problems: Vec::new(),
            more: None,
            ..some.clone()
        };
        let nobody = Self {
            added: "0".to_owned(),
            next: "Nothing changes.".to_owned(),
            ..some.clone()
        };
        vec![("all", all), ("some left out", some), ("nobody", nobody)]
    }
}
