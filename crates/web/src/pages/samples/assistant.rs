use serde_json::{Value, json};

use super::{DAY_MS, HOSTILE, HOUR_MS, LONG, MINUTE_MS, NOW_MS, SECOND_MS, id};
use crate::pages::{
    AssistantActions, AssistantFormPage, AssistantLive, AssistantNotice, AssistantPage, AssistantVersionPage,
    Badge, Choice, Difference, Drift, Existing, Profile, Results, Shell, TestCall, UsedBy, VersionRow, When,
};

const ID: u32 = 0x401;
const FINGERPRINT: &str = "b1946ac92492d2347c6235b4d2611184";

fn config() -> Value {
    json!({
        "firstMessage": "Good afternoon, this is Lina, an automated assistant calling for Green Supply. Am I speaking with {{name}}?",
        "firstMessageMode": "assistant-speaks-first",
        "model": {
            "provider": "openai",
            "model": "gpt-4o",
            "temperature": 0.4,
            "messages": [{
                "role": "system",
                "content": "You call {{name}} of {{business_name}} in {{city}}.\n\nAim: find out whether they still want a quote for a weekly flower delivery, and agree on a day for a callback.\n\nRules:\n- Say at once that you are an automated assistant.\n- Deliver the offer in under 60 seconds. Ask for permission to go on.\n- Never promise a price.\n- When they ask you to stop, apologise and end the call.\n- When they are busy, offer {{callback_day}} and thank them."
            }],
            "maxTokens": 250
        },
        "voice": {"provider": "11labs", "voiceId": "sarah", "stability": 0.5},
        "transcriber": {"provider": "deepgram", "model": "nova-3", "language": "en"},
        "voicemailDetection": {"provider": "google", "backoffPlan": {"maxRetries": 6}},
        "voicemailMessage": "Hello {{name}}, this is Lina of Green Supply. Please call us back on +1 202 555 0100. Thank you!",
        "endCallMessage": "Thank you for your time. Goodbye!",
        "maxDurationSeconds": 300,
        "hooks": [{
            "on": "customer.speech.timeout",
            "name": "autolynx-silence",
            "options": {"timeoutSeconds": 20, "triggerMaxCount": 1},
            "do": [{"type": "tool", "tool": {"type": "endCall"}}]
        }],
        "artifactPlan": {"recordingEnabled": true},
        "analysisPlan": {
            "structuredDataPlan": {
                "enabled": true,
                "schema": {
                    "type": "object",
                    "properties": {
                        "interested": {"type": "boolean", "description": "Whether they want a quote"},
                        "callback": {"type": "string", "description": "When to call back"}
                    }
                }
            },
            "successEvaluationPlan": {"rubric": "PassFail"}
        },
        "server": {"url": "https://hooks.example.com/vapi", "headers": {"Authorization": "••••••••"}}
    })
}

fn pretty(config: &Value) -> String {
    serde_json::to_string_pretty(config).unwrap_or_default()
}

/// `null` where nothing stands.
fn difference(path: &str, before: &Value, after: &Value) -> Difference {
    Difference::of(
        path,
        Some(before).filter(|value| !value.is_null()),
        Some(after).filter(|value| !value.is_null()),
    )
}

fn differences() -> Vec<Difference> {
    vec![
        difference("model.temperature", &json!(0.4), &json!(0.9)),
        difference(
            "firstMessage",
            &json!("Good afternoon, this is Lina, an automated assistant. Am I speaking with {{name}}?"),
            &json!("Hi {{name}}! Lina here.\n\nDo you have a minute?"),
        ),
        difference(
            "voicemailDetection",
            &json!({"provider": "google"}),
            &json!("off"),
        ),
        difference(
            "endCallPhrases",
            &Value::Null,
            &json!(["goodbye", "have a nice day"]),
        ),
        difference("backgroundSound", &json!("office"), &Value::Null),
    ]
}

fn version(number: u32, origin: &str, by: Option<&str>, changed: &[&str], current: u32) -> VersionRow {
    let id = id(ID);
    VersionRow {
        number,
        origin: Badge::version_origin(origin),
        by: by.map(str::to_owned),
        at: When::at(NOW_MS - i64::from(current + 1 - number) * 26 * HOUR_MS),
        changed: changed.iter().map(|&path| path.to_owned()).collect(),
        more_changed: 0,
        current: number == current,
        restore: (number != current).then(|| VersionRow::restore(&id, number, current)),
    }
}

fn versions() -> Vec<VersionRow> {
    let mut versions = vec![
        version(7, "restored", Some("Ann"), &["model.temperature"], 7),
        version(6, "pushed", Some("Ann"), &[], 7),
        version(
            5,
            "taken",
            Some("Tomasz Nowak"),
            &["firstMessage", "voice.voiceId"],
            7,
        ),
        version(
            4,
            "edited",
            Some("Ann"),
            &[
                "name",
                "model.messages",
                "model.model",
                "analysisPlan.structuredDataPlan.schema",
                "hooks",
            ],
            7,
        ),
        version(3, "edited", None, &["endCallMessage"], 7),
        version(2, "cloned", Some(HOSTILE), &[], 7),
        version(1, "created", Some("Ann"), &[], 7),
    ];
    versions[3].more_changed = 4;
    versions
}

fn used(number: u32, name: &str, status: &str, age_ms: i64) -> UsedBy {
    UsedBy {
        id: id(number),
        name: name.to_owned(),
        status: Badge::campaign(status),
        created: When::at(NOW_MS - age_ms),
    }
}

fn live(name: &str, source: &str, state: &str, active: bool, config: &Value) -> AssistantLive {
    let id = id(ID);
    AssistantLive {
        name: name.to_owned(),
        source: Badge::assistant_source(source),
        active,
        ephemeral: false,
        trouble: (state != "ready").then(|| Badge::assistant_state(state)),
        version: 7,
        provider_assistant_id: Some("6f1c1f9e-5f0b-4c53-9d0e-3f2b1f6f8a10".to_owned()),
        updated: When::at(NOW_MS - 26 * HOUR_MS),
        checked: Some(When::at(NOW_MS - 4 * MINUTE_MS)),
        actions: AssistantActions::of(&id, name, source, state, active, false),
        notices: Vec::new(),
        drift: None,
        profile: Profile::of(config),
        config_json: pretty(config),
        variables: ["name", "business_name", "city", "callback_day"]
            .map(str::to_owned)
            .to_vec(),
        results: Results {
            campaigns: "5".to_owned(),
            calls: "1,204".to_owned(),
            connect_rate: "38%".to_owned(),
            connect_detail: Some("412 of 1,084 calls".to_owned()),
            success_rate: Some("61%".to_owned()),
            success_detail: Some("66 of 108 judged".to_owned()),
            cost: Some("$113.84".to_owned()),
        },
        campaigns: vec![
            used(1, "Spring follow-up", "RUNNING", 2 * HOUR_MS),
            used(2, "Roofers, north of the river", "PAUSED", 5 * HOUR_MS),
            used(7, "Autumn survey", "COMPLETED", 40 * DAY_MS),
        ],
        more_campaigns: Some("2".to_owned()),
        versions: versions(),
        id,
    }
}

/// A fresh one: no calls, no campaigns.
fn fresh(state: &str, notice: AssistantNotice) -> AssistantLive {
    let mut sample = live("Appointment reminder", "local", state, true, &config());
    sample.version = 1;
    sample.provider_assistant_id = None;
    sample.checked = None;
    sample.notices = vec![notice];
    sample.results = Results {
        campaigns: "0".to_owned(),
        calls: "0".to_owned(),
        connect_rate: "–".to_owned(),
        connect_detail: None,
        success_rate: Some("–".to_owned()),
        success_detail: None,
        cost: Some("$0.00".to_owned()),
    };
    sample.campaigns = Vec::new();
    sample.more_campaigns = None;
    sample.versions = vec![version(1, "created", Some("Ann"), &[], 1)];
    sample
}

fn hostile() -> AssistantLive {
    let mut config = config();
    for place in ["/firstMessage", "/model/messages/0/content", "/voice/voiceId"] {
        if let Some(value) = config.pointer_mut(place) {
            *value = json!(format!("{HOSTILE} {{{{{HOSTILE}}}}}"));
        }
    }
    let mut sample = live(LONG, "imported", "ready", true, &config);
    sample.trouble = Some(Badge::assistant_state("differs"));
    sample.variables = vec![HOSTILE.to_owned()];
    sample.drift = Some(Drift::of(
        &sample.id,
        HOSTILE,
        vec![difference(HOSTILE, &json!(LONG.repeat(8)), &json!(HOSTILE))],
    ));
    sample.campaigns[0].name = HOSTILE.to_owned();
    sample.versions[0].changed = vec![HOSTILE.to_owned()];
    sample
}

impl AssistantLive {
    /// Every state that an assistant can be in, a template, an empty configuration, and hostile words.
    #[must_use]
    pub fn samples() -> Vec<(&'static str, Self)> {
        let since = || When::at(NOW_MS - 20 * SECOND_MS);
        let config = config();
        let own = |state: &str, notice: Option<AssistantNotice>| {
            let mut sample = live("Short pitch", "local", state, true, &config);
            sample.notices = notice.into_iter().collect();
            sample
        };
        let mut drifted = own("ready", None);
        drifted.trouble = Some(Badge::assistant_state("differs"));
        drifted.drift = Some(Drift::of(&drifted.id, FINGERPRINT, differences()));
        let mut gone = live("Winter campaign 2025", "imported", "ready", false, &config);
        gone.actions = AssistantActions::of(&gone.id, &gone.name, "imported", "ready", false, true);
        gone.trouble = Some(Badge::assistant_state("gone"));
        gone.notices = vec![
            AssistantNotice::gone("019aa000-0000-7000-8000-00000000a001", true),
            AssistantNotice::inactive(),
        ];
        let mut template = live("Quick pitch", "template", "ready", true, &config);
        template.checked = None;
        template.provider_assistant_id = None;
        template.version = 1;
        template.campaigns = Vec::new();
        template.versions = Vec::new();
        let mut plain = own("ready", None);
        plain.results.success_rate = None;
        plain.results.success_detail = None;
        plain.results.cost = None;
        plain.actions.export = false;
        let mut bare = fresh("ready", AssistantNotice::inactive());
        bare.profile = Profile::of(&json!({}));
        bare.config_json = "{}".to_owned();
        bare.variables = Vec::new();
        bare.ephemeral = true;
        bare.active = false;
        let (sample, problem) = (
            id(ID),
            "model.model must be one of the following values: gpt-4o, gpt-4.1",
        );
        vec![
            ("ready", own("ready", None)),
            ("drifted", drifted),
            (
                "changing",
                own(
                    "changing",
                    Some(AssistantNotice::under_way("update", Some("Ann"), since())),
                ),
            ),
            (
                "in doubt",
                own(
                    "in_doubt",
                    Some(AssistantNotice::in_doubt(&sample, "update", since())),
                ),
            ),
            (
                "lost change",
                own(
                    "ready",
                    Some(AssistantNotice::lost(&sample, &id(0x900), None, since())),
                ),
            ),
            (
                "creating",
                fresh("creating", AssistantNotice::under_way("create", None, since())),
            ),
            (
                "not created",
                fresh(
                    "not_created",
                    AssistantNotice::not_created(&sample, &id(0x900), Some(problem), since()),
                ),
            ),
            ("gone", gone),
            ("template", template),
            ("empty configuration", bare),
            ("hostile", hostile()),
            ("switched off", plain),
        ]
    }
}

impl TestCall {
    /// With and without variables, and while the provider cannot be asked.
    #[must_use]
    pub fn samples() -> Vec<(&'static str, Self)> {
        let full = Self {
            phone_numbers: vec![
                Choice {
                    selected: true,
                    ..Choice::new("num-1", "+1 202-555-0100 (Front desk)")
                },
                Choice::new("num-2", "+44 20 7946 0321, busy"),
            ],
            notice: None,
            variables: vec!["city".to_owned(), "callback_day".to_owned()],
        };
        let bare = Self {
            phone_numbers: Vec::new(),
            notice: Some(
                "The provider cannot be asked, so numbers are missing. Reload to try again.".to_owned(),
            ),
            variables: vec![HOSTILE.to_owned()],
        };
        let silent = Self {
            variables: Vec::new(),
            ..full.clone()
        };
        vec![
            ("full", full),
            ("provider unreachable", bare),
            ("no variables", silent),
        ]
    }
}

impl AssistantPage {
    /// The same as pages.
    #[must_use]
    pub fn samples() -> Vec<(&'static str, Self)> {
        let shells = Shell::samples().into_iter().cycle();
        let calls = TestCall::samples().into_iter().cycle();
        AssistantLive::samples()
            .into_iter()
            .zip(shells)
            .zip(calls)
            .map(|(((name, live), (_, shell)), (_, test))| {
                let test_call = (!live.is_template()).then_some(test);
                (
                    name,
                    Self {
                        shell,
                        live,
                        test_call,
                    },
                )
            })
            .collect()
    }
}

impl AssistantVersionPage {
    /// An edit, the first version, a change of nothing but the name, and hostile words.
    #[must_use]
    pub fn samples() -> Vec<(&'static str, Self)> {
        let page = |shell: usize, version: VersionRow, differences| Self {
            shell: Shell::samples().swap_remove(shell).1,
            assistant_id: id(ID),
            assistant_name: "Short pitch".to_owned(),
            name_then: None,
            previous: (version.number > 1).then(|| version.number - 1),
            next: (version.number < 7).then_some(version.number + 1),
            version,
            differences,
            config_json: pretty(&config()),
        };
        let mut versions = versions();
        let mut edited = page(0, versions.swap_remove(3), differences());
        edited.name_then = Some("Pitch, first try".to_owned());
        let mut hostile = page(
            0,
            version(5, "moved", Some(HOSTILE), &[], 7),
            vec![difference(HOSTILE, &json!(HOSTILE), &json!({HOSTILE: LONG}))],
        );
        hostile.assistant_name = HOSTILE.to_owned();
        vec![
            ("edited", edited),
            (
                "first",
                page(1, version(1, "created", Some("Ann"), &[], 7), Vec::new()),
            ),
            (
                "current, the same",
                page(1, version(7, "pushed", Some("Ann"), &[], 7), Vec::new()),
            ),
            ("hostile", hostile),
        ]
    }
}

impl AssistantFormPage {
    /// A new one, one that is edited, and one full of markup.
    #[must_use]
    pub fn samples() -> Vec<(&'static str, Self)> {
        let shell = |index: usize| Shell::samples().swap_remove(index).1;
        let new = Self {
            shell: shell(1),
            existing: None,
            name: String::new(),
            config_json: Self::STARTER.to_owned(),
            columns: vec!["city".to_owned(), "callback_day".to_owned()],
        };
        let edited = Self {
            shell: shell(0),
            existing: Some(Existing {
                id: id(ID),
                name: "Short pitch".to_owned(),
                version: 7,
                note: Some(
                    "2 campaigns under way use it. Calls that begin after you save use the new version."
                        .to_owned(),
                ),
            }),
            name: "Short pitch".to_owned(),
            config_json: pretty(&config()),
            columns: Vec::new(),
        };
        let hostile = Self {
            existing: Some(Existing {
                id: id(ID),
                name: HOSTILE.to_owned(),
                version: 1,
                note: Some(HOSTILE.to_owned()),
            }),
            name: HOSTILE.to_owned(),
            config_json: pretty(&json!({"firstMessage": format!("</textarea>{HOSTILE}")})),
            columns: vec![HOSTILE.to_owned()],
            ..edited.clone()
        };
        vec![("new", new), ("edited", edited), ("hostile", hostile)]
    }
}
