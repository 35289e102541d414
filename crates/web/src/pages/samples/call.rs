use super::{HOSTILE, HOUR_MS, MINUTE_MS, NOW_MS, SECOND_MS, id};
use crate::pages::{
    Attempt, Badge, CallPage, CallPanel, Field, Recording, Shell, TimelineEvent, Turn, When, ended_reason,
    show::{clock, usd_exact},
};

const BEGAN_MS: i64 = NOW_MS - 6 * MINUTE_MS;

fn field(name: &str, value: &str) -> Field {
    Field {
        name: name.to_owned(),
        value: value.to_owned(),
    }
}

fn event(after_ms: i64, source: &str, title: &str, detail: Option<&str>, changed: bool) -> TimelineEvent {
    TimelineEvent {
        at: When::at(BEGAN_MS + after_ms),
        offset: format!("+{}", clock(after_ms)),
        source: Badge::source(source),
        title: title.to_owned(),
        detail: detail.map(str::to_owned),
        changed,
    }
}

fn turn(role: &'static str, speaker: &str, at_ms: i64, text: &str) -> Turn {
    Turn {
        role,
        speaker: speaker.to_owned(),
        text: text.to_owned(),
        at: Some(clock(at_ms)),
    }
}

fn attempt(number: u32, call: u32, result: Badge, at_ms: i64, current: bool) -> Attempt {
    Attempt {
        call_id: id(call),
        number,
        result,
        at: When::at(at_ms),
        current,
    }
}

#[rustfmt::skip]
fn talked() -> CallPanel {
    CallPanel {
        id: id(0x204),
        campaign_id: id(1),
        campaign_name: "Spring follow-up".to_owned(),
        assistant: Some("Short pitch, version 3".to_owned()),
        assistant_id: Some(id(0x401)),
        name: "Bùi Thị Hạnh".to_owned(),
        business: Some("Hạnh Hoa Tươi".to_owned()),
        phone: "+84 24 3555 0188".to_owned(),
        status: Badge::call("ENDED"),
        outcome: Some(Badge::outcome("human")),
        ended: Some(ended_reason("assistant-ended-call")),
        ended_raw: Some("assistant-ended-call".to_owned()),
        live: false,
        attempt: 2,
        attempts: vec![
            attempt(1, 0x1f0, Badge::outcome("no_answer"), BEGAN_MS - 3 * HOUR_MS, false),
            attempt(2, 0x204, Badge::outcome("human"), BEGAN_MS, true),
        ],
        created: When::at(BEGAN_MS),
        answered: Some(When::at(BEGAN_MS + 11 * SECOND_MS)),
        finished: Some(When::at(BEGAN_MS + 108 * SECOND_MS)),
        duration: Some("1 min 37 s".to_owned()),
        cost: Some(usd_exact(194_200)),
        recording: Some(Recording { url: format!("/api/calls/{}/recording", id(0x204)) }),
        summary: Some("Hạnh runs a flower shop and would like a quote for a weekly delivery. She asked to be called back on Tuesday after ten.".to_owned()),
        success: Some("true".to_owned()),
        transcript: vec![
            turn("assistant", "Assistant", 0, "Good afternoon, this is Lina, an automated assistant calling for Green Supply. Am I speaking with Hạnh?"),
            turn("person", "Hạnh", 8_000, "Yes, speaking. What is it about?"),
            turn("assistant", "Assistant", 12_000, "You asked us for prices of a weekly flower delivery. Do you still want a quote?"),
            turn("person", "Hạnh", 21_000, "I do, but I’m with a customer. Could you call on Tuesday? After ten is best."),
            turn("tool", "Tool: book_callback", 29_000, "{\"day\":\"Tuesday\",\"after\":\"10:00\"}"),
            turn("assistant", "Assistant", 33_000, "Tuesday after ten it is. Thank you, and good luck with your customer!"),
        ],
        structured: vec![field("interested", "yes"), field("callback", "Tuesday after 10:00"), field("needs", "[\"roses\", \"weekly delivery\"]")],
        variables: vec![field("name", "Bùi Thị Hạnh"), field("city", "Hà Nội")],
        provider_call_id: Some("6f1c1f9e-5f0b-4c53-9d0e-3f2b1f6f8a10".to_owned()),
        timeline: vec![
            event(0, "engine", "Line reserved", None, true),
            event(120, "dial", "Accepted by the provider", Some("201 Created"), true),
            event(2_000, "webhook", "Ringing", Some("status-update: ringing"), true),
            event(11_000, "webhook", "Answered", Some("status-update: in-progress"), true),
            event(60_000, "poll", "In progress", None, false),
            event(108_000, "webhook", "Ended", Some("status-update: ended, assistant-ended-call"), true),
            event(114_000, "webhook", "Report of the call", Some("end-of-call-report: cost, transcript, recording, analysis"), true),
        ],
    }
}

impl CallPanel {
    /// A conversation, a call in progress, one in doubt, one that failed, and one that tries to break the page.
    #[must_use]
    pub fn samples() -> Vec<(&'static str, Self)> {
        let talked = talked();
        let bare = |number, status: &str| Self {
            id: id(number),
            status: Badge::call(status),
            outcome: None,
            ended: None,
            ended_raw: None,
            live: true,
            attempt: 1,
            attempts: vec![attempt(1, number, Badge::call(status), BEGAN_MS, true)],
            answered: None,
            finished: None,
            duration: None,
            cost: Some("–".to_owned()),
            recording: None,
            summary: None,
            success: None,
            transcript: Vec::new(),
            structured: Vec::new(),
            timeline: talked.timeline[..2].to_vec(),
            ..talked.clone()
        };
        let mut running = bare(0x201, "IN_PROGRESS");
        running.timeline = talked.timeline[..5].to_vec();
        let mut doubtful = bare(0x203, "QUEUED");
        doubtful.assistant = Some("Short pitch, version 3 or 4".to_owned());
        doubtful.provider_call_id = None;
        doubtful.timeline[1] = event(
            30_000,
            "dial",
            "No clear answer: unconfirmed",
            Some("timed out after 30 s; being looked up"),
            true,
        );
        let mut failed = bare(0x207, "FAILED");
        failed.assistant = None;
        failed.assistant_id = None;
        failed.live = false;
        failed.outcome = Some(Badge::outcome("invalid_number"));
        failed.ended = Some(ended_reason("twilio-reported-customer-misdialed"));
        failed.ended_raw = Some("twilio-reported-customer-misdialed".to_owned());
        let mut hostile = talked.clone();
        hostile.id = id(0x208);
        for text in [&mut hostile.name, &mut hostile.campaign_name, &mut hostile.phone] {
            *text = HOSTILE.to_owned();
        }
        hostile.assistant = Some(HOSTILE.to_owned());
        hostile.assistant_id = None;
        hostile.business = Some(HOSTILE.to_owned());
        hostile.summary = Some(HOSTILE.repeat(20));
        hostile.transcript[1].text = HOSTILE.to_owned();
        hostile.structured[0] = field(HOSTILE, HOSTILE);
        hostile.variables[0] = field(HOSTILE, HOSTILE);
        hostile.timeline[1].detail = Some(HOSTILE.to_owned());
        let mut plain = bare(0x209, "ENDED");
        plain.live = false;
        plain.cost = None;
        vec![
            ("talked", talked),
            ("in progress", running),
            ("in doubt", doubtful),
            ("failed", failed),
            ("hostile", hostile),
            ("switched off", plain),
        ]
    }
}

impl CallPage {
    /// The same as pages.
    #[must_use]
    pub fn samples() -> Vec<(&'static str, Self)> {
        let shells = Shell::samples().into_iter().cycle();
        let page = |((name, call), (_, shell))| (name, Self { shell, call });
        CallPanel::samples().into_iter().zip(shells).map(page).collect()
    }
}
