use super::{DAY_MS, HOSTILE, HOUR_MS, NOW_MS, id};
use crate::pages::{
    BadLine, Badge, Choice, Pager, Shell, SuppressionImport, SuppressionList, SuppressionRow,
    SuppressionsFilter, SuppressionsPage, When,
};

fn row(number: u32, phone: &str, source: &str, reason: Option<&str>) -> SuppressionRow {
    let id = id(0x700 + number);
    SuppressionRow {
        remove: SuppressionRow::removal(&id, phone, false, source == "call"),
        number: phone.to_owned(),
        prefix: false,
        campaign: None,
        source: Badge::suppression_source(source),
        reason: reason.map(str::to_owned),
        call_id: None,
        since: When::at(NOW_MS - i64::from(number) * 7 * HOUR_MS),
        expires: None,
        by: Some("Ann".to_owned()),
        id,
    }
}

fn rows() -> Vec<SuppressionRow> {
    let mut rows = vec![
        row(
            1,
            "+1 202-555-0143",
            "call",
            Some("“Please take me off your list.”"),
        ),
        row(2, "+1 202-555-0178", "person", Some("Asked by e-mail")),
        row(3, "+1 900", "person", Some("Premium rate")),
        row(4, "+44 20 7946 0321", "list", Some("National registry, November")),
        row(5, "+1 202-555-0165", "list", Some(HOSTILE)),
        row(6, "+49 30 5550 188", "person", None),
    ];
    rows[0].call_id = Some(id(0x201));
    rows[0].by = None;
    rows[2].prefix = true;
    rows[2].remove = SuppressionRow::removal(&rows[2].id, "+1 900", true, false);
    rows[3].expires = Some(When::at(NOW_MS + 25 * DAY_MS));
    rows[4].campaign = Some((id(8), HOSTILE.to_owned()));
    rows[5].campaign = Some((id(1), "Spring follow-up".to_owned()));
    rows[5].expires = Some(When::at(NOW_MS + 20 * HOUR_MS));
    rows
}

impl SuppressionList {
    /// Every kind, none, and nothing that matches.
    #[must_use]
    pub fn samples() -> Vec<(&'static str, Self)> {
        let list = |rows: Vec<SuppressionRow>, total, q: &str| Self {
            filter: SuppressionsFilter {
                q: q.to_owned(),
                ..SuppressionsFilter::default()
            },
            rows,
            pager: Pager::new(1, 50, total),
        };
        vec![
            ("every kind", list(rows(), 204_311, "")),
            ("empty", list(Vec::new(), 0, "")),
            ("no match", list(Vec::new(), 0, "a&b")),
        ]
    }
}

impl SuppressionsPage {
    /// The same as pages.
    #[must_use]
    pub fn samples() -> Vec<(&'static str, Self)> {
        let shells = Shell::samples().into_iter().cycle();
        let page = |((name, list), (_, shell))| {
            let page = Self {
                shell,
                list,
                campaigns: vec![
                    Choice::new(&id(1), "Spring follow-up"),
                    Choice::new(&id(8), HOSTILE),
                ],
                regions: vec![
                    Choice::new("", "Reject them"),
                    Choice::new("US", "United States (+1)"),
                ],
            };
            (name, page)
        };
        SuppressionList::samples()
            .into_iter()
            .zip(shells)
            .map(page)
            .collect()
    }
}

impl SuppressionImport {
    /// With bad lines, and without.
    #[must_use]
    pub fn samples() -> Vec<(&'static str, Self)> {
        let bad = |line, text: &str, reason: &str| BadLine {
            line,
            text: text.to_owned(),
            reason: reason.to_owned(),
        };
        let some = Self {
            file_name: "registry-2026-11.txt".to_owned(),
            lines: "204,318".to_owned(),
            added: "198,004".to_owned(),
            known: "6,307".to_owned(),
            bad: "7".to_owned(),
            spared: Some("93 people in 2 campaigns will not be called because of it.".to_owned()),
            problems: vec![
                bad(17, "202,55501", "Too short for a telephone number."),
                bad(20, "", "Empty."),
                bad(311, HOSTILE, "No telephone number."),
            ],
            more: Some("4".to_owned()),
        };
        let all = Self {
            bad: "0".to_owned(),
            spared: None,
            problems: Vec::new(),
            more: None,
            ..some.clone()
        };
        vec![("bad lines", some), ("all well", all)]
    }
}
