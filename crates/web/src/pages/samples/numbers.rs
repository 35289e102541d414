use super::{HOSTILE, MINUTE_MS, NOW_MS, SECOND_MS};
use crate::pages::{Badge, NumberList, NumberRow, NumbersPage, Shell, When};

fn row(id: &str, number: Option<&str>, name: Option<&str>, provider: &str, health: &str) -> NumberRow {
    NumberRow {
        id: id.to_owned(),
        number: number.map(str::to_owned),
        name: name.map(str::to_owned),
        provider: provider.to_owned(),
        state: Badge::number_state("active"),
        usable: true,
        default: false,
        live_calls: 0,
        health: Some(Badge::line_health(health)),
        health_detail: None,
        checked: Some(When::at(NOW_MS - 40 * SECOND_MS)),
    }
}

fn rows() -> Vec<NumberRow> {
    let mut rows = vec![
        row(
            "num-1",
            Some("+1 202-555-0100"),
            Some("Front desk"),
            "twilio",
            "healthy",
        ),
        row("num-2", Some("+44 20 7946 0321"), None, "telnyx", "busy"),
        row("num-3", Some("+1 628-555-0119"), Some("Tries"), "vapi", "healthy"),
        row("num-4", None, Some("Office trunk"), "byo-phone-number", "error"),
        row(
            "num-5",
            Some("+49 30 5550 188"),
            Some("Berlin"),
            "vonage",
            "error",
        ),
        row(
            "num-6",
            Some("+1 202-555-0190"),
            Some(HOSTILE),
            "elsewhere",
            "healthy",
        ),
    ];
    rows[0].default = true;
    rows[1].live_calls = 8;
    rows[1].health_detail = Some("8 calls are up.".to_owned());
    rows[3].health_detail = Some("9 of the last 20 calls could not connect.".to_owned());
    rows[4].state = Badge::number_state("blocked");
    rows[4].usable = false;
    rows[5].state = Badge::number_state("activating");
    rows[5].usable = false;
    rows[5].checked = None;
    rows
}

impl NumberList {
    /// Every state, none, none known because the provider cannot be asked, and those it last had.
    #[must_use]
    pub fn samples() -> Vec<(&'static str, Self)> {
        let list = |rows: Vec<NumberRow>, notice: Option<&str>| Self {
            checked: (!rows.is_empty()).then(|| When::at(NOW_MS - MINUTE_MS)),
            rows,
            notice: notice.map(str::to_owned),
        };
        let mut plain = list(rows(), None);
        for row in &mut plain.rows {
            row.health = None;
            row.health_detail = None;
        }
        vec![
            ("switched off", plain),
            ("every state", list(rows(), None)),
            ("none", list(Vec::new(), None)),
            (
                "provider unreachable",
                list(
                    Vec::new(),
                    Some("Vapi cannot be asked: it did not answer. We keep trying."),
                ),
            ),
            (
                "old",
                list(
                    rows(),
                    Some("Vapi cannot be asked: it did not answer. These are the numbers it last had."),
                ),
            ),
        ]
    }
}

impl NumbersPage {
    /// The same as pages.
    #[must_use]
    pub fn samples() -> Vec<(&'static str, Self)> {
        let shells = Shell::samples().into_iter().cycle();
        let page = |((name, list), (_, shell))| (name, Self { shell, list });
        NumberList::samples().into_iter().zip(shells).map(page).collect()
    }
}
