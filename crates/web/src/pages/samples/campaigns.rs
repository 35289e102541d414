use super::{DAY_MS, HOSTILE, HOUR_MS, LONG, MINUTE_MS, NOW_MS, id};
use crate::pages::{
    Actions, Badge, Bar, CampaignList, CampaignRow, CampaignsFilter, CampaignsPage, Choice, NewCampaign,
    Pager, Shell, When,
    show::{count, share},
};

struct Plain<'a> {
    number: u32,
    name: &'a str,
    status: &'a str,
    note: Option<&'a str>,
    connected: u64,
    done: u64,
    total: u64,
    live: u32,
    age_ms: i64,
}

fn row(plain: &Plain<'_>) -> CampaignRow {
    let &Plain {
        number,
        name,
        status,
        note,
        connected,
        done,
        total,
        live,
        age_ms,
    } = plain;
    let other = Badge {
        label: "Not connected".to_owned(),
        tone: "tone-done",
        ..Badge::contact("done")
    };
    CampaignRow {
        id: id(number),
        name: name.to_owned(),
        status: Badge::campaign(status),
        note: note.map(str::to_owned),
        priority: None,
        starts: None,
        expires: None,
        archived: false,
        done: count(done),
        total: count(total),
        share: share(done, total),
        bar: Bar::of(
            vec![(Badge::outcome("human"), connected), (other, done - connected)],
            total,
        ),
        live,
        cap: 8,
        connect_rate: if done == 0 {
            "–".to_owned()
        } else {
            share(connected, done)
        },
        created: When::at(NOW_MS - age_ms),
        actions: Actions::of(&id(number), name, status, total - done, 8),
    }
}

#[rustfmt::skip]
fn rows() -> Vec<CampaignRow> {
    let plain = |number, name, status, note, connected, done, total, live, age_ms| {
        row(&Plain { number, name, status, note, connected, done, total, live, age_ms })
    };
    let mut rows = vec![
        plain(1, "Spring follow-up", "RUNNING", None, 118, 412, 1_204, 8, 2 * HOUR_MS),
        plain(2, "Roofers, north of the river", "PAUSED", Some("No credit left. 3 calls still live."), 31, 97, 350, 3, 5 * HOUR_MS),
        plain(3, "New list", "CREATED", None, 0, 0, 87, 0, 4 * MINUTE_MS),
        plain(4, "Tomorrow’s reminders", "SCHEDULED", None, 0, 0, 240, 0, 3 * HOUR_MS),
        plain(5, "Open house invitations", "DIALING", None, 0, 0, 60, 2, MINUTE_MS),
        plain(6, "The whole country", "RUNNING", None, 61_207, 301_442, 1_000_000, 8, 11 * DAY_MS),
        plain(7, "Autumn survey", "COMPLETED", None, 402, 980, 980, 0, 40 * DAY_MS),
        plain(8, HOSTILE, "CANCELED", None, 2, 14, 90, 0, 41 * DAY_MS),
        plain(9, LONG, "FAILED", Some("The assistant was deleted at the provider."), 0, 1, 35, 0, 60 * DAY_MS),
    ];
    rows[0].priority = Some(Badge::priority("high"));
    rows[0].expires = Some(When::told(NOW_MS + 10 * DAY_MS, "30 Nov 18:00 CET"));
    rows[3].starts = Some(When::told(NOW_MS + 3 * DAY_MS, "Mon 23 Nov 09:00 CET"));
    rows[5].priority = Some(Badge::priority("low"));
    rows
}

fn archived() -> Vec<CampaignRow> {
    let mut rows = rows().split_off(6);
    for row in &mut rows {
        row.archived = true;
    }
    rows
}

impl CampaignList {
    /// Nothing yet; every status; a long list; the archive; nothing but the archive.
    #[must_use]
    pub fn samples() -> Vec<(&'static str, Self)> {
        vec![
            (
                "empty",
                Self {
                    filter: CampaignsFilter::default(),
                    others: false,
                    rows: Vec::new(),
                    pager: Pager::new(1, 50, 0),
                },
            ),
            (
                "every status",
                Self {
                    filter: CampaignsFilter::default(),
                    others: true,
                    rows: rows(),
                    pager: Pager::new(1, 50, 9),
                },
            ),
            (
                "second page",
                Self {
                    filter: CampaignsFilter {
                        archived: "all".to_owned(),
                        page: "2".to_owned(),
                    },
                    others: true,
                    rows: rows(),
                    pager: Pager::new(2, 9, 1_204),
                },
            ),
            (
                "archived",
                Self {
                    filter: CampaignsFilter {
                        archived: "only".to_owned(),
                        page: String::new(),
                    },
                    others: true,
                    rows: archived(),
                    pager: Pager::new(1, 50, 3),
                },
            ),
            (
                "all archived",
                Self {
                    filter: CampaignsFilter::default(),
                    others: true,
                    rows: Vec::new(),
                    pager: Pager::new(1, 50, 0),
                },
            ),
        ]
    }
}

impl NewCampaign {
    /// Everything to choose from; nothing, because the provider cannot be reached.
    #[must_use]
    pub fn samples() -> Vec<(&'static str, Self)> {
        let us = Choice {
            selected: true,
            ..Choice::new("US", "United States (+1)")
        };
        let regions = vec![
            Choice::new("", "Reject them"),
            us,
            Choice::new("GB", "United Kingdom (+44)"),
            Choice::new("DE", "Germany (+49)"),
        ];
        let full = Self {
            regions: regions.clone(),
            assistants: vec![
                Choice::new("asst-1", "Short pitch"),
                Choice::new("asst-2", "Discovery"),
                Choice::new("asst-3", HOSTILE),
            ],
            phone_numbers: vec![Choice::new("num-1", "+1 202-555-0100 (Front desk)")],
            notice: None,
            default_cap: 8,
            account_lines: Some(10),
        };
        let notice = "The provider cannot be reached, so numbers are missing. Reload to try again.";
        let bare = Self {
            assistants: Vec::new(),
            phone_numbers: Vec::new(),
            notice: Some(notice.to_owned()),
            account_lines: None,
            ..full.clone()
        };
        vec![("full", full), ("provider unreachable", bare)]
    }
}

impl CampaignsPage {
    /// Each list, in each shell, with each form.
    #[must_use]
    pub fn samples() -> Vec<(&'static str, Self)> {
        let shells = Shell::samples().into_iter().cycle();
        let forms = NewCampaign::samples().into_iter().cycle();
        CampaignList::samples()
            .into_iter()
            .zip(shells)
            .zip(forms)
            .map(|(((name, list), (_, shell)), (_, new))| (name, Self { shell, list, new }))
            .collect()
    }
}
