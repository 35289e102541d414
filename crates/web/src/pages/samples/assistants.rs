use super::{DAY_MS, HOSTILE, HOUR_MS, LONG, MINUTE_MS, NOW_MS, id};
use crate::pages::{
    AssistantList, AssistantRow, AssistantsFilter, AssistantsPage, Badge, Pager, Shell, When,
};

fn row(number: u32, name: &str, source: &str, trouble: Option<&str>, campaigns: (u64, u64)) -> AssistantRow {
    AssistantRow {
        id: id(0x400 + number),
        name: name.to_owned(),
        purpose: (source == "template")
            .then_some("Asks for half a minute, says in two sentences what is offered."),
        source: Badge::assistant_source(source),
        active: true,
        ephemeral: false,
        trouble: trouble.map(Badge::assistant_state),
        model: Some("openai gpt-4o".to_owned()),
        voice: Some("11labs sarah".to_owned()),
        unfinished_campaigns: campaigns.0,
        campaigns: campaigns.1,
        updated: When::at(NOW_MS - i64::from(number) * 7 * HOUR_MS + MINUTE_MS),
    }
}

fn templates() -> Vec<AssistantRow> {
    vec![
        row(0x31, "Voicemail-friendly", "template", None, (0, 0)),
        row(0x32, "Quick pitch", "template", None, (0, 0)),
        row(0x33, "Discovery", "template", None, (0, 0)),
    ]
}

fn rows() -> Vec<AssistantRow> {
    let mut rows = vec![
        row(1, "Short pitch", "local", None, (2, 5)),
        row(2, "Renewals, friendly", "imported", None, (0, 3)),
        row(3, "Survey after delivery", "local", Some("differs"), (1, 1)),
        row(4, "Appointment reminder", "local", Some("changing"), (0, 2)),
        row(5, "Reactivation", "local", Some("in_doubt"), (0, 0)),
        row(6, "Open house", "local", Some("not_created"), (0, 0)),
        row(7, "Winter campaign 2025", "imported", Some("gone"), (0, 12)),
        row(8, "Old pitch", "imported", None, (0, 9)),
        row(9, "Fair, one evening", "local", None, (1, 1)),
        row(10, HOSTILE, "local", Some("creating"), (0, 0)),
        row(11, LONG, "elsewhere", None, (1_204, 30_411)),
    ];
    rows[7].active = false;
    rows[8].ephemeral = true;
    rows[9].model = Some(HOSTILE.to_owned());
    rows[9].voice = None;
    rows[10].updated = When::at(NOW_MS - 40 * DAY_MS);
    rows.extend(templates());
    rows
}

impl AssistantList {
    /// Every state, nothing but templates, nothing at all, nothing that matches, and a page of many.
    #[must_use]
    pub fn samples() -> Vec<(&'static str, Self)> {
        let list = |filter: AssistantsFilter, rows: Vec<AssistantRow>, any, total| Self {
            pager: Pager::new(filter.page(), 14, total),
            filter,
            rows,
            any,
        };
        let searched = AssistantsFilter {
            q: HOSTILE.to_owned(),
            active: "false".to_owned(),
            source: "imported".to_owned(),
            page: String::new(),
        };
        let deep = AssistantsFilter {
            q: "a&b".to_owned(),
            source: "local".to_owned(),
            page: "3".to_owned(),
            ..AssistantsFilter::default()
        };
        vec![
            ("every state", list(AssistantsFilter::default(), rows(), true, 14)),
            (
                "only templates",
                list(AssistantsFilter::default(), templates(), false, 3),
            ),
            ("nothing", list(AssistantsFilter::default(), Vec::new(), false, 0)),
            ("none matches", list(searched, Vec::new(), true, 0)),
            ("page of many", list(deep, rows(), true, 1_204)),
        ]
    }
}

impl AssistantsPage {
    /// The same as pages.
    #[must_use]
    pub fn samples() -> Vec<(&'static str, Self)> {
        let shells = Shell::samples().into_iter().cycle();
        let page = |((name, list), (_, shell))| (name, Self { shell, list });
        AssistantList::samples()
            .into_iter()
            .zip(shells)
            .map(page)
            .collect()
    }
}
