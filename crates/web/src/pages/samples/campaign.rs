use super::{DAY_MS, HOSTILE, HOUR_MS, LONG, MINUTE_MS, NOW_MS, PEOPLE, SECOND_MS, id};
use crate::pages::{
    Actions, Append, Badge, Bar, CallsTable, CampaignLive, CampaignMenu, CampaignPage, ChangeAssistant,
    Check, Choice, Choices, Counted, DialPanel, Forecast, ImportReport, Lamp, Lines, MenuState,
    MissingVariable, Money, Notice, NoticeAction, Pace, Preflight, Schedule, Setup, Shell, StillLive, When,
    show::{clock, count, share, span, usd},
};

/// Contacts: pending, calling, skipped; the rest of `total` is done.
#[derive(Clone, Copy)]
struct People {
    total: u64,
    pending: u64,
    calling: u64,
    skipped: u64,
}

/// Spreads `done` people over outcomes as a warm list does.
fn outcomes(done: u64) -> Vec<(Badge, u64)> {
    let shares = [
        ("human", 240),
        ("transferred", 22),
        ("hung_up", 61),
        ("silence", 9),
        ("voicemail", 318),
        ("no_answer", 231),
        ("busy", 41),
        ("rejected", 24),
        ("invalid_number", 29),
        ("failed", 14),
        ("provider_error", 4),
        ("canceled", 3),
        ("unknown", 2),
    ];
    let mut parts: Vec<_> = shares
        .iter()
        .map(|&(key, per_mille)| (key, done * per_mille / 1_000))
        .collect();
    let placed: u64 = parts.iter().map(|(_, count)| count).sum();
    parts[4].1 += done - placed;
    parts
        .into_iter()
        .map(|(key, count)| (Badge::outcome(key), count))
        .collect()
}

fn lamps(count: usize) -> Vec<Lamp> {
    let states = [
        "talking",
        "talking",
        "ringing",
        "talking",
        "unconfirmed",
        "ringing",
        "queued",
        "sent",
    ];
    (0..count)
        .zip(1u32..)
        .map(|(index, number)| {
            let up_ms = 187 * SECOND_MS / i64::from(number) + SECOND_MS;
            Lamp {
                call_id: id(0x200 + number),
                name: PEOPLE[index % PEOPLE.len()].0.to_owned(),
                state: Badge::line(states[index % states.len()]),
                since: When::at(NOW_MS - up_ms),
                up: clock(up_ms),
            }
        })
        .collect()
}

fn live(name: &str, status: &str, people: People, cap: u32) -> CampaignLive {
    let People {
        total,
        pending,
        calling,
        skipped,
    } = people;
    let done = total - pending - calling - skipped;
    let outcomes = outcomes(done);
    let connected: u64 = outcomes[..2].iter().map(|(_, count)| count).sum();
    let mut parts = outcomes;
    parts.push((Badge::contact("skipped"), skipped));
    let used = usize::try_from(calling).unwrap_or(0);
    let began = done > 0 || calling > 0;
    let counted = |of: fn(&str) -> Badge, counts: &[(&str, u64)]| {
        counts
            .iter()
            .map(|&(key, count)| Counted::new(of(key), count))
            .collect::<Vec<_>>()
    };
    CampaignLive {
        id: id(1),
        name: name.to_owned(),
        status: Badge::campaign(status),
        status_note: None,
        actions: Actions::of(&id(1), name, status, pending, cap),
        menu: CampaignMenu::of(
            &id(1),
            name,
            status,
            MenuState {
                live: calling,
                waiting: pending + calling,
                redialable: done > 0,
                ..MenuState::default()
            },
        ),
        setup: Setup {
            assistant: "Short pitch".to_owned(),
            assistant_id: Some(id(0x401)),
            assistant_version: Some("version 3".to_owned()),
            assistant_changes: status == "CREATED",
            caller_number: "+1 202-555-0100".to_owned(),
            line_health: Some(Badge::line_health("healthy")),
            mode: "Continuous".to_owned(),
            created: When::at(NOW_MS - 2 * HOUR_MS),
            scheduled: None,
            expires: None,
            priority: None,
            hours: Some("US federal, 8:00–21:00".to_owned()),
            archived: false,
            started: began.then(|| When::at(NOW_MS - 35 * MINUTE_MS)),
            finished: None,
            duration: began.then(|| span(35 * MINUTE_MS)),
        },
        notice: None,
        not_hung_up: Vec::new(),
        alert: None,
        missing: Vec::new(),
        done: count(done),
        skipped: (skipped > 0).then(|| count(skipped)),
        total: count(total),
        share: share(done + skipped, total),
        as_of: None,
        bar: Bar::of(parts, total),
        contacts: counted(
            Badge::contact,
            &[
                ("pending", pending),
                ("calling", calling),
                ("done", done),
                ("skipped", skipped),
            ],
        ),
        calls: counted(
            Badge::call,
            &[
                ("QUEUED", calling.min(2)),
                ("RINGING", calling.saturating_sub(2).min(2)),
                ("IN_PROGRESS", calling.saturating_sub(4)),
                ("TIMEOUT", done / 400),
                ("ENDED", done - done / 400 - done / 30),
                ("FAILED", done / 30),
                ("CANCELED", 0),
            ],
        ),
        preflight: None,
        dialling: None,
        forecast: None,
        lines: Lines::new(lamps(used), cap, None),
        facts: counted(
            Badge::source,
            &[
                ("webhook", done * 4),
                ("poll", done / 3),
                ("dial", done + calling),
                ("engine", done + calling),
            ],
        ),
        facts_note: None,
        money: Some(Money {
            spent: usd(i64::try_from(done).unwrap_or(0) * 94_300),
            budget: None,
            held: None,
            per_connected: (connected > 0).then(|| "$0.36".to_owned()),
            unknown_cost_calls: None,
        }),
        pace: Pace {
            per_hour: if began { "706".to_owned() } else { "–".to_owned() },
            connect_rate: if done > 0 {
                share(connected, done)
            } else {
                "–".to_owned()
            },
            connect_detail: format!("{} of {} calls", count(connected), count(done)),
            success: None,
            average_call: (done > 0).then(|| "1 min 35 s".to_owned()),
            left: None,
            minutes: Vec::new(),
            minutes_label: String::new(),
            minutes_until: None,
        },
    }
}

/// A list that lacks what the assistant's words use.
fn incomplete() -> CampaignLive {
    let people = People {
        total: 400,
        pending: 400,
        calling: 0,
        skipped: 0,
    };
    let mut sample = live("Reactivation, Q4", "CREATED", people, 8);
    let variable = |name: &str, missing, column| MissingVariable {
        name: name.to_owned(),
        missing,
        of: 400,
        column,
        similar: None,
    };
    sample.missing = vec![variable("city", 120, true), variable("callback_day", 400, false)];
    sample.actions = sample.actions.knowing(&sample.missing);
    sample.setup.line_health = Some(Badge::line_health("busy"));
    let mut report = preflight("much to look at");
    let note = format!(
        "{} Where a value is missing the assistant says nothing in its place.",
        sample.missing_text()
    );
    report.checks[8] = Check::new("warn", "Values for the assistant’s words", "2 missing").noting(&note);
    sample.preflight = Some(report);
    sample
}

/// Waits for its time.
fn scheduled() -> CampaignLive {
    let people = People {
        total: 240,
        pending: 240,
        calling: 0,
        skipped: 0,
    };
    let mut sample = live("Tomorrow’s reminders", "SCHEDULED", people, 8);
    sample.setup.scheduled = Some(When::told(NOW_MS + 3 * DAY_MS, "Mon 23 Nov 09:00 CET"));
    sample.setup.expires = Some(When::told(NOW_MS + 10 * DAY_MS, "Mon 30 Nov 18:00 CET"));
    sample.preflight = Some(preflight("all well"));
    sample
}

/// Runs, but nobody may be called now.
fn nobody_now() -> CampaignLive {
    let people = People {
        total: 1_204,
        pending: 788,
        calling: 0,
        skipped: 4,
    };
    let mut sample = live("Evening calls", "RUNNING", people, 8);
    sample.dialling = Some(panel("nobody may be called"));
    sample
}

/// The provider failed too often.
fn breaker() -> CampaignLive {
    let people = People {
        total: 350,
        pending: 250,
        calling: 1,
        skipped: 0,
    };
    let mut sample = live("Roofers, south of the river", "PAUSED", people, 8);
    sample.status_note = Some("Pausing: 1 call still live".to_owned());
    sample.notice = Some(Notice {
        tone: "warning",
        title: "Paused because 6 of 8 calls failed at the provider in two minutes".to_owned(),
        detail: "Those people were not reached and are called again. Resume when Vapi works again."
            .to_owned(),
        action: Some(NoticeAction::Post(
            "Resume".to_owned(),
            format!("/api/campaigns/{}/resume", id(1)),
        )),
    });
    sample
}

/// The money is used up.
fn out_of_budget() -> CampaignLive {
    let people = People {
        total: 1_204,
        pending: 780,
        calling: 0,
        skipped: 4,
    };
    let mut sample = live("Autumn renewals", "PAUSED", people, 8);
    if let Some(money) = &mut sample.money {
        money.budget = Some("of $150.00 budget".to_owned());
    }
    sample.notice = Some(Notice {
        tone: "warning",
        title: "Budget used up: raise it to go on".to_owned(),
        detail: "$149.10 of $150.00 are spent, and another call might cost up to $5.00.".to_owned(),
        action: Some(NoticeAction::Link(
            "Raise the budget".to_owned(),
            format!("/campaigns/{}/settings#g-money", id(1)),
        )),
    });
    sample.dialling = Some(panel("budget used up"));
    sample
}

/// Live calls are being hung up.
fn aborting() -> CampaignLive {
    let people = People {
        total: 350,
        pending: 0,
        calling: 4,
        skipped: 250,
    };
    let mut sample = live("Stop this", "CANCELED", people, 8);
    sample.menu.abort = None;
    sample.menu.archive = None;
    sample.status_note = Some("Hanging up 4 calls".to_owned());
    sample.notice = Some(Notice {
        tone: "warning",
        title: "Hanging up 4 calls".to_owned(),
        detail: "1 call could not be hung up so far. AutoLynx asks again every 15 seconds; otherwise they go on to their end."
            .to_owned(),
        action: None,
    });
    sample.not_hung_up = vec![StillLive {
        call_id: id(0x701),
        name: "Ada Moreno".to_owned(),
        problem: "Vapi gave no address to end it.".to_owned(),
    }];
    sample
}

/// Put away.
fn archived() -> CampaignLive {
    let mut sample = completed();
    sample.name = "Last year’s survey".to_owned();
    sample.setup.archived = true;
    sample.menu = CampaignMenu::of(
        &id(1),
        "Last year’s survey",
        "COMPLETED",
        MenuState {
            archived: true,
            redialable: true,
            ..MenuState::default()
        },
    );
    sample
}

fn panel(name: &str) -> DialPanel {
    named(DialPanel::samples(), name)
}

fn forecast(name: &str) -> Forecast {
    named(Forecast::samples(), name)
}

fn preflight(name: &str) -> Preflight {
    named(Preflight::samples(), name)
}

fn named<T>(samples: Vec<(&'static str, T)>, name: &str) -> T {
    let mut samples = samples;
    let place = samples.iter().position(|(of, _)| *of == name);
    samples.swap_remove(place.unwrap_or(0)).1
}

fn minutes() -> Vec<(i64, u64, u64)> {
    let counts = [
        0, 3, 9, 12, 11, 13, 10, 12, 14, 12, 7, 0, 0, 4, 11, 12, 13, 12, 11, 13, 12, 14, 12, 9, 12, 13, 11,
        12, 13, 6,
    ];
    let first = NOW_MS - 29 * MINUTE_MS;
    counts
        .iter()
        .zip(0i64..)
        .map(|(&total, index)| (first + index * MINUTE_MS, total / 3, total - total / 3))
        .collect()
}

fn running() -> CampaignLive {
    let people = People {
        total: 1_204,
        pending: 780,
        calling: 8,
        skipped: 4,
    };
    let mut sample = live("Spring follow-up", "RUNNING", people, 8);
    sample.pace = sample.pace.with_minutes(&minutes());
    sample.pace.left = Some("about 1 h 6 min left".to_owned());
    sample.pace.success = Some(("61%".to_owned(), "66 of 108 judged".to_owned()));
    if let Some(money) = &mut sample.money {
        money.budget = Some("of $150.00 budget".to_owned());
        money.held = Some("$40.00 held for live calls".to_owned());
        money.unknown_cost_calls = Some("3 calls not billed yet".to_owned());
    }
    sample.lines.note = Some("The account has 10 lines; other campaigns use 2 of them.".to_owned());
    sample.setup.priority = Some(Badge::priority("high"));
    sample.setup.expires = Some(When::told(NOW_MS + 10 * DAY_MS, "Mon 30 Nov 18:00 CET"));
    sample.dialling = Some(panel("healthy"));
    sample.forecast = Some(forecast("from own calls"));
    sample
}

/// Nothing is switched on.
fn switched_off() -> CampaignLive {
    let mut sample = running();
    sample.money = None;
    sample.pace.success = None;
    sample.setup.line_health = None;
    let mut report = preflight("all well");
    if let Some(forecast) = &mut report.forecast {
        // They tell what a minute costs.
        forecast.assumptions = Vec::new();
    }
    sample.preflight = Some(report);
    sample
}

fn paused() -> CampaignLive {
    let people = People {
        total: 350,
        pending: 250,
        calling: 3,
        skipped: 0,
    };
    let mut sample = live("Roofers, north of the river", "PAUSED", people, 8);
    sample.status_note = Some("3 calls still live".to_owned());
    sample.notice = Some(Notice {
        tone: "warning",
        title: "Paused: the account has no credit left".to_owned(),
        detail: "The provider refused the last call with 402. Add credit at the provider, then resume. Nobody was lost and nobody will be called twice.".to_owned(),
        action: Some(NoticeAction::Post("Resume".to_owned(), format!("/api/campaigns/{}/resume", id(1)))),
    });
    sample.facts[0] = Counted::new(Badge::source("webhook"), 0);
    sample.facts_note =
        Some("No webhook has arrived, so the provider is asked every minute. Give it an address it can reach to know sooner.".to_owned());
    sample
}

fn completed() -> CampaignLive {
    let people = People {
        total: 980,
        pending: 0,
        calling: 0,
        skipped: 12,
    };
    let mut sample = live("Autumn survey", "COMPLETED", people, 8);
    sample.setup.mode = "Batches of 20, waiting for a quiet line".to_owned();
    sample.setup.started = Some(When::at(NOW_MS - 40 * DAY_MS));
    sample.setup.finished = Some(When::at(NOW_MS - 40 * DAY_MS + 83 * MINUTE_MS));
    sample.setup.duration = Some(span(83 * MINUTE_MS));
    sample
}

fn failed() -> CampaignLive {
    let people = People {
        total: 35,
        pending: 34,
        calling: 0,
        skipped: 0,
    };
    let mut sample = live(LONG, "FAILED", people, 8);
    sample.setup.assistant_id = None;
    sample.setup.assistant_version = None;
    sample.setup.line_health = Some(Badge::line_health("error"));
    sample.notice = Some(Notice {
        tone: "error",
        title: "The assistant was deleted at the provider".to_owned(),
        detail: "34 people were not called. Import the list again with another assistant to reach them."
            .to_owned(),
        action: Some(NoticeAction::Link(
            "All campaigns".to_owned(),
            "/campaigns".to_owned(),
        )),
    });
    sample
}

fn huge() -> CampaignLive {
    let people = People {
        total: 1_000_000,
        pending: 698_508,
        calling: 50,
        skipped: 0,
    };
    let mut sample = live("The whole country", "RUNNING", people, 50);
    sample.pace = sample.pace.with_minutes(&minutes());
    sample
}

fn hostile() -> CampaignLive {
    let mut sample = live(
        HOSTILE,
        "SCHEDULED",
        People {
            total: 2,
            pending: 2,
            calling: 0,
            skipped: 0,
        },
        1,
    );
    sample.setup.assistant = HOSTILE.to_owned();
    sample.setup.scheduled = Some(When::told(NOW_MS + DAY_MS, HOSTILE));
    sample.preflight = Some(preflight("nobody"));
    sample.dialling = Some(panel("hostile"));
    sample.lines = Lines::new(lamps(3), 1, Some(HOSTILE.to_owned()));
    sample.lines.lamps[0].name = HOSTILE.to_owned();
    sample
}

impl CampaignLive {
    /// Created with a full list and with holes in it, running, paused with a reason, completed, failed, a million people, hostile names,
    /// and the ways in which a campaign waits, stops and is put away.
    #[must_use]
    pub fn samples() -> Vec<(&'static str, Self)> {
        let mut new = live(
            "New list",
            "CREATED",
            People {
                total: 87,
                pending: 87,
                calling: 0,
                skipped: 0,
            },
            8,
        );
        new.preflight = Some(preflight("all well"));
        vec![
            ("running", running()),
            ("created", new),
            ("incomplete list", incomplete()),
            ("paused", paused()),
            ("completed", completed()),
            ("failed", failed()),
            ("huge", huge()),
            ("hostile", hostile()),
            ("scheduled", scheduled()),
            ("nobody now", nobody_now()),
            ("breaker", breaker()),
            ("budget used up", out_of_budget()),
            ("aborting", aborting()),
            ("archived", archived()),
            ("switched off", switched_off()),
        ]
    }
}

fn change_assistant() -> ChangeAssistant {
    let present = Choice {
        selected: true,
        ..Choice::new(&id(0x401), "Short pitch")
    };
    ChangeAssistant {
        assistants: vec![present, Choice::new(&id(0x402), "Renewals, friendly")],
    }
}

impl CampaignPage {
    /// The same as pages, with tables and reports in turn.
    #[must_use]
    pub fn samples() -> Vec<(&'static str, Self)> {
        let shells = Shell::samples().into_iter().cycle();
        let tables = CallsTable::samples().into_iter().cycle();
        let reports = ImportReport::samples().into_iter().cycle();
        CampaignLive::samples()
            .into_iter()
            .zip(shells)
            .zip(tables)
            .zip(reports)
            .map(|((((name, live), (_, shell)), (_, calls)), (_, report))| {
                (
                    name,
                    Self {
                        shell,
                        change_assistant: live.setup.assistant_changes.then(change_assistant),
                        live,
                        choices: Choices::all(),
                        calls,
                        report: Some(report),
                        schedule: Schedule::sample(),
                        append: Append::sample(),
                    },
                )
            })
            .collect()
    }
}
