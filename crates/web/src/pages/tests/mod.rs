//! Every template with every sample: well formed, accessible, escaped, and free of what the content security policy
//! forbids. A few are kept word for word.

mod domain_words;
mod html;

use askama::Template;

use super::*;
use crate::assets;
use html::Html;

/// `(template: sample, rendered, whether it is a whole page)` of everything there is.
fn everything() -> Vec<(String, String, bool)> {
    fn all<T: Template>(
        name: &str,
        whole: bool,
        samples: Vec<(&'static str, T)>,
    ) -> Vec<(String, String, bool)> {
        let one = |(sample, page): (&str, T)| {
            (
                format!("{name}: {sample}"),
                page.render().expect("renders"),
                whole,
            )
        };
        samples.into_iter().map(one).collect()
    }
    let mut rendered = all("campaigns", true, CampaignsPage::samples());
    rendered.extend(all("campaign list", false, CampaignList::samples()));
    rendered.extend(all("campaign", true, CampaignPage::samples()));
    rendered.extend(all("campaign live", false, CampaignLive::samples()));
    rendered.extend(all("calls", false, CallsTable::samples()));
    rendered.extend(all("call", true, CallPage::samples()));
    rendered.extend(all("call panel", false, CallPanel::samples()));
    rendered.extend(all("import report", false, ImportReport::samples()));
    rendered.extend(all("import result", false, ImportResult::samples()));
    rendered.extend(all("assistants", true, AssistantsPage::samples()));
    rendered.extend(all("assistant list", false, AssistantList::samples()));
    rendered.extend(all("assistant form", true, AssistantFormPage::samples()));
    rendered.extend(all("assistant", true, AssistantPage::samples()));
    rendered.extend(all("assistant live", false, AssistantLive::samples()));
    rendered.extend(all("assistant version", true, AssistantVersionPage::samples()));
    rendered.extend(all("settings", true, CampaignSettingsPage::samples()));
    rendered.extend(all("contact", true, ContactPage::samples()));
    rendered.extend(all("contact panel", false, ContactPanel::samples()));
    rendered.extend(all("dial panel", false, DialPanel::samples()));
    rendered.extend(all("redial choices", false, RedialChoices::samples()));
    rendered.extend(all("append result", false, AppendResult::samples()));
    rendered.extend(all("suppressions", true, SuppressionsPage::samples()));
    rendered.extend(all("suppression list", false, SuppressionList::samples()));
    rendered.extend(all("suppression import", false, SuppressionImport::samples()));
    rendered.extend(all("account", true, AccountPage::samples()));
    rendered.extend(all("account live", false, AccountLive::samples()));
    rendered.extend(all("numbers", true, NumbersPage::samples()));
    rendered.extend(all("number list", false, NumberList::samples()));
    rendered.extend(all("banner", false, Banner::samples()));
    rendered.extend(all("error", true, ErrorPage::samples()));
    rendered
}

#[test]
fn every_sample_is_well_formed_html() {
    for (name, text, whole) in everything() {
        let html = Html::parse(&text, whole);
        assert!(html.errors.is_empty(), "{name}: {:?}", html.errors);
        let (ids, repeated) = html.ids();
        assert!(repeated.is_empty(), "{name}: ids twice: {repeated:?}");
        for (attribute, id) in html.references() {
            // A fragment may point at what stands around it on the page.
            assert!(
                !whole || ids.contains(&id),
                "{name}: {attribute} points at {id}, which is not there"
            );
        }
    }
}

#[test]
fn nothing_needs_what_the_content_security_policy_forbids() {
    for (name, text, whole) in everything() {
        let html = Html::parse(&text, whole);
        for element in &html.elements {
            let inline = element
                .attributes
                .keys()
                .find(|key| *key == "style" || key.starts_with("on"));
            assert!(inline.is_none(), "{name}: <{}> has {inline:?}", element.name);
            assert_ne!(element.name, "style", "{name}: an inline style sheet");
            if element.name == "script" {
                assert!(
                    element.attributes.contains_key("src") && element.text.is_empty(),
                    "{name}: an inline script"
                );
            }
            for key in ["src", "href"] {
                let Some(address) = element.attributes.get(key) else {
                    continue;
                };
                let own = address.starts_with('/') || address.starts_with('#');
                let leaves =
                    element.name == "a" && element.attributes.get("rel").is_some_and(|rel| rel == "noopener");
                assert!(
                    own || leaves,
                    "{name}: <{} {key}={address}> leads elsewhere",
                    element.name
                );
            }
        }
    }
}

#[test]
fn names_full_of_markup_stay_text() {
    for (name, text, _) in everything() {
        assert!(!text.contains("<script>"), "{name}: a name became a script");
        assert!(!text.contains("&amp;lt;"), "{name}: something was escaped twice");
    }
}

#[test]
fn every_asset_and_icon_that_a_page_asks_for_is_in_the_bundle() {
    let file = |address: &str| assets::serve(address.strip_prefix(assets::PREFIX)?).map(|(data, _)| data);
    let sprite = file(assets::asset_url("icons.svg")).expect("the sprite");
    let sprite = String::from_utf8_lossy(&sprite);
    for (name, text, whole) in everything() {
        for element in Html::parse(&text, whole).elements {
            for address in element
                .attributes
                .values()
                .filter(|value| value.starts_with(assets::PREFIX))
            {
                let (path, fragment) = address.split_once('#').unwrap_or((address, ""));
                assert!(file(path).is_some(), "{name}: {path} is not in the bundle");
                let symbol = format!("id=\"{fragment}\"");
                assert!(
                    fragment.is_empty() || sprite.contains(&symbol),
                    "{name}: there is no icon {fragment}"
                );
            }
        }
    }
}

#[test]
fn everything_that_can_be_used_has_a_name() {
    for (name, text, whole) in everything() {
        let html = Html::parse(&text, whole);
        let labelled = html.labelled_ids();
        for element in &html.elements {
            let has = |key: &str| {
                element
                    .attributes
                    .get(key)
                    .is_some_and(|value| !value.trim().is_empty())
            };
            let named = match element.name.as_str() {
                "button" | "a" | "h1" | "h2" | "h3" | "th" | "summary" | "legend" | "caption" => {
                    !element.text.trim().is_empty() || has("aria-label")
                }
                "input"
                    if element
                        .attributes
                        .get("type")
                        .is_some_and(|kind| kind == "hidden") =>
                {
                    true
                }
                "input" | "select" | "textarea" | "progress" => {
                    has("aria-label")
                        || element.in_label
                        || element
                            .attributes
                            .get("id")
                            .is_some_and(|id| labelled.contains(id))
                }
                "dialog" | "section" => has("aria-label") || has("aria-labelledby"),
                "svg" => has("aria-label") || has("aria-hidden"),
                _ => true,
            };
            assert!(
                named,
                "{name}: <{} {:?}> has no name",
                element.name, element.attributes
            );
        }
        let headings = html
            .elements
            .iter()
            .filter(|element| element.name == "h1")
            .count();
        assert!(!whole || headings == 1, "{name}: {headings} main headings");
    }
}

#[test]
fn what_is_switched_off_leaves_no_empty_place_behind() {
    let everything = everything();
    let shown = |page: &str| {
        let name = format!("{page}: switched off");
        let found = everything.iter().find(|(known, ..)| *known == name);
        found.expect("a sample of that name").1.as_str()
    };
    for page in ["campaign live", "calls", "call panel", "assistant live"] {
        let text = shown(page).to_lowercase();
        for told in ["cost", "$"] {
            let at = text.find(told).map(|at| &text[at..]);
            assert_eq!(at, None, "{page}");
        }
    }
    let settings = shown("settings");
    for gone in ["Spent", "g-mode", "quiet_line_gate"] {
        assert!(!settings.contains(gone), "{gone}");
    }
    assert!(!shown("number list").contains(">Line<"));
    for gone in ["assistant-export", "Judged successful"] {
        assert!(!shown("assistant live").contains(gone), "{gone}");
    }
}

#[test]
fn a_filter_survives_turning_the_page() {
    let table = CallsTable::samples()
        .into_iter()
        .find(|(name, _)| *name == "deep in a million")
        .expect("there")
        .1;
    let html = table.render().expect("renders");
    assert!(
        html.contains("?q=a%26b&amp;outcome=voicemail&amp;page=39999#calls-section"),
        "{html}"
    );
}

/// Rendered, without the hash of the sprite and without blank lines.
fn text_of(page: &impl Template) -> String {
    let text = page
        .render()
        .expect("renders")
        .replace(assets::asset_url("icons.svg"), "/assets/icons.svg");
    text.lines()
        .map(str::trim_end)
        .filter(|line| !line.is_empty())
        .collect::<Vec<_>>()
        .join("\n")
}

fn sample<T>(samples: Vec<(&'static str, T)>, wanted: &str) -> T {
    samples
        .into_iter()
        .find(|(name, _)| *name == wanted)
        .expect("a sample of that name")
        .1
}

#[test]
fn fragments_read_as_agreed() {
    insta::assert_snapshot!(
        "campaign_list",
        text_of(&sample(CampaignList::samples(), "every status"))
    );
    insta::assert_snapshot!(
        "campaign_paused",
        text_of(&sample(CampaignLive::samples(), "paused"))
    );
    insta::assert_snapshot!(
        "calls",
        text_of(&sample(CallsTable::samples(), "one page of many"))
    );
    insta::assert_snapshot!(
        "call_in_doubt",
        text_of(&sample(CallPanel::samples(), "in doubt"))
    );
    insta::assert_snapshot!(
        "import_result",
        text_of(&sample(ImportResult::samples(), "some left out"))
    );
    insta::assert_snapshot!(
        "assistant_list",
        text_of(&sample(AssistantList::samples(), "every state"))
    );
    insta::assert_snapshot!(
        "assistant_not_created",
        text_of(&sample(AssistantLive::samples(), "not created"))
    );
    insta::assert_snapshot!(
        "campaign_draft",
        text_of(&sample(CampaignLive::samples(), "scheduled"))
    );
    insta::assert_snapshot!(
        "dial_panel",
        text_of(&sample(DialPanel::samples(), "nobody may be called"))
    );
    insta::assert_snapshot!("contact", text_of(&sample(ContactPanel::samples(), "waiting")));
    insta::assert_snapshot!(
        "suppressions",
        text_of(&sample(SuppressionList::samples(), "every kind"))
    );
    insta::assert_snapshot!("account", text_of(&sample(AccountLive::samples(), "busy")));
    insta::assert_snapshot!("numbers", text_of(&sample(NumberList::samples(), "every state")));
}

#[test]
fn a_list_that_lacks_something_is_started_knowingly() {
    let html = sample(CampaignLive::samples(), "incomplete list")
        .render()
        .expect("renders");
    assert!(html.contains("city is empty for 120 of 400 people"), "{html}");
    assert!(html.contains("accept_missing"), "{html}");
    assert!(html.contains("data-confirm-yes=\"Start anyway\""), "{html}");
    let html = sample(CampaignLive::samples(), "created")
        .render()
        .expect("renders");
    assert!(!html.contains("accept_missing"), "{html}");
}

#[test]
fn every_field_of_the_form_has_a_place_for_its_fault() {
    let text = sample(AssistantFormPage::samples(), "new")
        .render()
        .expect("renders");
    let html = Html::parse(&text, true);
    let places: Vec<_> = html
        .elements
        .iter()
        .filter_map(|element| element.attributes.get("data-error-for"))
        .collect();
    let mut fields = 0;
    for element in &html.elements {
        let Some(path) = element.attributes.get("data-path") else {
            continue;
        };
        fields += 1;
        assert!(places.contains(&path), "{path} has none");
        assert_eq!(element.attributes.get("name"), Some(path));
    }
    assert!(fields > 10, "{fields} fields");
}

#[test]
fn start_stands_once_and_below_what_was_looked_at() {
    for (name, live) in CampaignLive::samples() {
        let html = live.render().expect("renders");
        let starts = html.matches("/start\"").count();
        assert_eq!(starts, usize::from(live.actions.start), "{name}");
        if let (Some(report), Some(start)) = (html.find("preflight-title"), html.find("/start\"")) {
            assert!(report < start, "{name}");
        }
    }
}

/// The names of what a form would send, without those of disabled fieldsets.
fn fields_of(text: &str) -> Vec<String> {
    let html = Html::parse(text, true);
    html.elements
        .iter()
        .filter(|element| matches!(element.name.as_str(), "input" | "select" | "textarea"))
        .filter_map(|element| element.attributes.get("name").cloned())
        .collect()
}

#[test]
fn the_settings_form_has_every_field_that_its_handler_reads() {
    let text = sample(CampaignSettingsPage::samples(), "draft")
        .render()
        .expect("renders");
    let fields = fields_of(&text);
    for name in [
        "version",
        "name",
        "cap",
        "priority",
        "numbers",
        "mode",
        "batch_size",
        "quiet_line_gate",
        "starts_at",
        "expires_at",
        "zone",
        "hours_preset",
        "hours_monday",
        "hours_sunday",
        "fallback_zone",
        "holidays",
        "holiday_dates",
        "use_rules",
        "region_US-FL_hours",
        "region_US-FL_calls",
        "region_US-FL_gap",
        "region_US-FL_remove",
        "region_new_1_code",
        "region_new_1_hours",
        "callbacks",
        "per_number_day",
        "per_number",
        "per_contact",
        "gap",
        "retry_no_answer",
        "retry_busy",
        "retry_voicemail",
        "retry_failed",
        "retry_provider_error",
        "consent_column",
        "alert_usd",
        "budget_usd",
        "by",
    ] {
        assert!(fields.iter().any(|field| field == name), "{name} is missing");
    }
}

#[test]
fn every_fault_of_the_settings_is_told_at_its_field_and_leads_there() {
    let page = sample(CampaignSettingsPage::samples(), "refused");
    let faults = page.faults();
    assert_eq!(faults.len(), 9);
    let text = page.render().expect("renders");
    let html = Html::parse(&text, true);
    let (ids, _) = html.ids();
    for FieldFault { id, message, .. } in faults {
        assert!(ids.contains(&id), "{id} is not there");
        let slot = id.replacen("s-", "e-", 1);
        let told = html
            .elements
            .iter()
            .find(|element| element.attributes.get("id") == Some(&slot));
        assert_eq!(
            told.map(|element| element.text.as_str()),
            Some(message.as_str()),
            "{slot}"
        );
    }
}

#[test]
fn what_may_not_be_changed_is_disabled_with_its_reason() {
    let disabled = |name| {
        let text = sample(CampaignSettingsPage::samples(), name)
            .render()
            .expect("renders");
        let html = Html::parse(&text, true);
        let fieldsets = html.elements.iter().filter(|element| element.name == "fieldset");
        (
            fieldsets
                .filter(|element| element.attributes.contains_key("disabled"))
                .count(),
            text,
        )
    };
    assert_eq!(disabled("draft").0, 0);
    let (running, text) = disabled("running, saved");
    assert_eq!(running, 2);
    assert!(text.contains("Can be changed until the start.") && text.contains("It has started."));
    assert_eq!(disabled("over").0, 4);
}
