//! Registered assistants: what the provider has already, our templates, and what people do with a record.

use domain::{
    campaign::{Action, CampaignStatus, Kind},
    directory::{Origin, Source},
    ids::AssistantId,
};
use serde_json::{Value, json};
use store::{
    Acted, Assigned, AssistantFilter, Deleted, NewAssistant, NewTemplate, Page, Taken, Totals, Trouble,
};

use crate::{
    fixture::Fixture,
    people::{self, List, MAX_DURATION_MS, NOW, import, person, start},
    says,
};

contract! {
    registering_again_updates_the_record,
    the_same_again_is_no_new_version,
    odd_configurations_are_kept,
    two_nodes_register_the_same_assistant_at_once,
    templates_are_seeded_once,
    the_directory_is_searched_filtered_and_paged,
    a_campaign_needs_an_assistant_that_can_call,
    the_assistant_changes_only_before_the_start,
    campaigns_and_calls_remember_the_version,
    what_an_unfinished_campaign_uses_is_not_deleted,
    deleting_and_importing_at_once_leaves_no_campaign_without_its_assistant,
    a_deleted_one_comes_back_when_it_is_registered_again,
    the_providers_side_is_noted_and_taken,
    results_are_counted_by_assistant,
    a_test_call_goes_before_the_lists,
    people_who_lack_a_variable_are_counted,
}

pub(crate) fn assistant(name: &str, config: &str) -> NewAssistant {
    NewAssistant {
        provider_assistant_id: "assistant-7".to_owned(),
        name: name.to_owned(),
        config_json: config.to_owned(),
        author: "Ann".to_owned(),
    }
}

const ALL: Page = Page { limit: 50, offset: 0 };

fn parsed(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

async fn registering_again_updates_the_record(fixture: &Fixture) {
    let store = &fixture.store;
    let first = store
        .register_assistant(&assistant("Robin", r#"{"a": 1}"#), NOW)
        .await
        .unwrap();
    let again = store
        .register_assistant(&assistant("Robin II", r#"{"a": 2}"#), NOW + 5)
        .await
        .unwrap();
    assert!(first.new && !again.new);
    assert_eq!(first.id, again.id);
    let stored = store.assistant(first.id).await.unwrap().expect("the assistant");
    assert_eq!((stored.name.as_str(), stored.version), ("Robin II", 2));
    assert_eq!(stored.source, Source::Imported);
    assert_eq!(stored.provider_assistant_id.as_deref(), Some("assistant-7"));
    assert_eq!(parsed(&stored.config_json), json!({"a": 2}));
    assert_eq!((stored.created_at, stored.updated_at), (NOW, NOW + 5));
    assert_eq!(stored.trouble(), None);
    let versions = store.assistant_versions(first.id, u32::MAX, 10).await.unwrap();
    let told: Vec<_> = versions
        .iter()
        .map(|version| (version.version, version.origin, version.author.as_str()))
        .collect();
    assert_eq!(told, [(2, Origin::Imported, "Ann"), (1, Origin::Imported, "Ann")]);
    assert_eq!(parsed(&versions[1].config_json), json!({"a": 1}));
    let unknown = AssistantId(uuid::Uuid::from_u128(1));
    assert_eq!(store.assistant(unknown).await.unwrap(), None);
    let found = store.assistant_of_provider("assistant-7").await.unwrap();
    assert_eq!(found.expect("the assistant").id, first.id);
}

async fn the_same_again_is_no_new_version(fixture: &Fixture) {
    let store = &fixture.store;
    let id = store
        .register_assistant(&assistant("Robin", r#"{"a":1}"#), NOW)
        .await
        .unwrap()
        .id;
    store
        .register_assistant(&assistant("Robin", r#"{"a":1}"#), NOW + 5)
        .await
        .unwrap();
    assert_eq!(store.assistant(id).await.unwrap().expect("it").version, 1);
    assert_eq!(fixture.count("assistant_versions", "1 = 1").await, 1);
}

async fn odd_configurations_are_kept(fixture: &Fixture) {
    for config in [r#"{"prompt": "a\u0000b\ud800"}"#, "not JSON", ""] {
        let odd = assistant("Ro\0bin", config);
        let id = fixture.store.register_assistant(&odd, NOW).await.unwrap().id;
        let stored = fixture.store.assistant(id).await.unwrap().expect("the assistant");
        assert_eq!(stored.name, "Robin");
    }
    assert_eq!(fixture.count("assistants", "1 = 1").await, 1);
}

async fn two_nodes_register_the_same_assistant_at_once(fixture: &Fixture) {
    let other = fixture.another_node().await;
    let (robin, bird) = (assistant("Robin", "{}"), assistant("Bird", "{}"));
    let (one, two) = tokio::join!(
        fixture.store.register_assistant(&robin, NOW),
        other.register_assistant(&bird, NOW)
    );
    let (one, two) = (one.unwrap(), two.unwrap());
    assert_eq!(one.id, two.id);
    assert!(one.new != two.new);
    assert_eq!(fixture.count("assistants", "1 = 1").await, 1);
    other.close().await;
}

async fn templates_are_seeded_once(fixture: &Fixture) {
    let template = |key: &str, name: &str| NewTemplate {
        key: key.to_owned(),
        name: name.to_owned(),
        config_json: "{}".to_owned(),
    };
    let store = &fixture.store;
    let seeded = store
        .seed_templates(&[template("a", "A"), template("b", "B")], NOW)
        .await
        .unwrap();
    let again = store
        .seed_templates(&[template("a", "Renamed"), template("c", "C")], NOW + 5)
        .await
        .unwrap();
    assert_eq!((seeded, again), (2, 1));
    let all = store.assistants(&AssistantFilter::default(), ALL).await.unwrap();
    let mut names: Vec<_> = all.iter().map(|template| template.name.as_str()).collect();
    names.sort_unstable();
    assert_eq!(names, ["A", "B", "C"]);
    let id = all[0].id;
    assert_eq!(all[0].trouble(), Some(Trouble::Template));
    assert!(!store.set_assistant_active(id, false, NOW).await.unwrap());
    assert_eq!(store.delete_assistant(id, NOW).await.unwrap(), Deleted::Template);
}

async fn the_directory_is_searched_filtered_and_paged(fixture: &Fixture) {
    let store = &fixture.store;
    for (index, name) in ["Ärzte_1", "Bäcker", "ÄRZTE 2"].into_iter().enumerate() {
        let new = NewAssistant {
            provider_assistant_id: format!("provider-{index}"),
            ..assistant(name, "{}")
        };
        store
            .register_assistant(&new, NOW + i64::try_from(index).unwrap())
            .await
            .unwrap();
    }
    let template = NewTemplate {
        key: "t".to_owned(),
        name: "Template".to_owned(),
        config_json: "{}".to_owned(),
    };
    store.seed_templates(&[template], NOW + 9).await.unwrap();
    let names = async |filter: AssistantFilter, page: Page| -> Vec<String> {
        let found = store.assistants(&filter, page).await.unwrap();
        found.into_iter().map(|assistant| assistant.name).collect()
    };
    let search = |text: &str| AssistantFilter {
        search: Some(text.to_owned()),
        ..AssistantFilter::default()
    };
    let everything = ["ÄRZTE 2", "Bäcker", "Ärzte_1", "Template"];
    assert_eq!(names(AssistantFilter::default(), ALL).await, everything);
    assert_eq!(names(search("ärzte"), ALL).await, ["ÄRZTE 2", "Ärzte_1"]);
    assert_eq!(names(search("_"), ALL).await, ["Ärzte_1"], "taken to the letter");
    let page = Page { limit: 2, offset: 1 };
    assert_eq!(
        names(AssistantFilter::default(), page).await,
        ["Bäcker", "Ärzte_1"]
    );
    let backer = store.assistants(&search("bäcker"), ALL).await.unwrap()[0].id;
    assert!(store.set_assistant_active(backer, false, NOW + 20).await.unwrap());
    let inactive = AssistantFilter {
        active: Some(false),
        ..AssistantFilter::default()
    };
    assert_eq!(names(inactive.clone(), ALL).await, ["Bäcker"]);
    assert_eq!(store.count_assistants(&inactive).await.unwrap(), 1);
    let templates = AssistantFilter {
        source: Some(Source::Template),
        ..AssistantFilter::default()
    };
    assert_eq!(names(templates, ALL).await, ["Template"]);
    let choices = AssistantFilter {
        can_call: true,
        ..AssistantFilter::default()
    };
    assert_eq!(names(choices, ALL).await, ["ÄRZTE 2", "Ärzte_1"]);
    assert_eq!(
        store.count_assistants(&AssistantFilter::default()).await.unwrap(),
        4
    );
}

async fn a_campaign_needs_an_assistant_that_can_call(fixture: &Fixture) {
    let store = &fixture.store;
    let campaign = import(store, &List::of(0..2)).await;
    let robin = people::assistant(store).await;
    store.set_assistant_active(robin, false, NOW).await.unwrap();
    let refused = store.act(campaign, Action::Start, NOW).await.unwrap();
    assert_eq!(refused, Acted::NoAssistant(Trouble::Inactive));
    let import = store
        .begin_import(&List::of(0..2).campaign(robin), NOW)
        .await
        .unwrap();
    let refused = import.finish(Totals::default(), &[]).await;
    assert!(matches!(refused, Err(store::Error::Conflict(_))));
    let canceled = store.act(campaign, Action::Cancel, NOW).await.unwrap();
    assert_eq!(canceled, Acted::Done(CampaignStatus::Canceled));
}

async fn the_assistant_changes_only_before_the_start(fixture: &Fixture) {
    let store = &fixture.store;
    let campaign = import(store, &List::of(0..2)).await;
    let other = store
        .register_assistant(&assistant("Other", "{}"), NOW)
        .await
        .unwrap()
        .id;
    let nobody = AssistantId(uuid::Uuid::from_u128(1));
    assert_eq!(
        store.assign_assistant(campaign, nobody, NOW).await.unwrap(),
        Assigned::NoAssistant
    );
    assert_eq!(
        store.assign_assistant(campaign, other, NOW).await.unwrap(),
        Assigned::Done
    );
    assert_eq!(
        store.campaign(campaign).await.unwrap().expect("it").assistant_id,
        other
    );
    store.act(campaign, Action::Start, NOW).await.unwrap();
    let robin = people::assistant(store).await;
    assert_eq!(
        store.assign_assistant(campaign, robin, NOW).await.unwrap(),
        Assigned::Started(CampaignStatus::Queued)
    );
    assert_eq!(
        store.campaign(campaign).await.unwrap().expect("it").assistant_id,
        other
    );
}

async fn campaigns_and_calls_remember_the_version(fixture: &Fixture) {
    let store = &fixture.store;
    let campaign = start(
        store,
        &List {
            cap: 1,
            ..List::of(0..2)
        },
    )
    .await;
    let first = store.claim(MAX_DURATION_MS, NOW).await.unwrap().dials.remove(0);
    let config = NewAssistant {
        provider_assistant_id: "assistant-1".to_owned(),
        ..assistant("Robin", r#"{"louder": true}"#)
    };
    store.register_assistant(&config, NOW + 1).await.unwrap();
    store.mark_sent(first.call_id, campaign, NOW + 2).await.unwrap();
    let facts = [says::accepted(&first, NOW + 3)];
    store.apply_facts(&facts, NOW + 3).await.unwrap();
    let call = store.call(first.call_id).await.unwrap().expect("the call");
    assert_eq!(call.assistant_version, Some(1));
    assert_eq!(
        call.assistant_version_also,
        Some(2),
        "it was there when the call was accepted"
    );
    store
        .apply_facts(&[says::report(&first, "customer-busy", NOW + 4)], NOW + 4)
        .await
        .unwrap();
    let second = store
        .claim(MAX_DURATION_MS, NOW + 5)
        .await
        .unwrap()
        .dials
        .remove(0);
    let call = store.call(second.call_id).await.unwrap().expect("the call");
    assert_eq!(
        (call.assistant_version, call.assistant_version_also),
        (Some(2), None)
    );
    let campaign = store.campaign(campaign).await.unwrap().expect("the campaign");
    assert_eq!(campaign.assistant_version, Some(1), "the version it started with");
}

async fn what_an_unfinished_campaign_uses_is_not_deleted(fixture: &Fixture) {
    let store = &fixture.store;
    let campaign = start(store, &List::of(0..1)).await;
    let robin = people::assistant(store).await;
    let dial = store.claim(MAX_DURATION_MS, NOW).await.unwrap().dials.remove(0);
    let in_use = async || -> Vec<domain::ids::CampaignId> {
        match store.delete_assistant(robin, NOW).await.unwrap() {
            Deleted::InUse(campaigns) => campaigns.into_iter().map(|campaign| campaign.id).collect(),
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(in_use().await, [campaign]);
    store.act(campaign, Action::Cancel, NOW).await.unwrap();
    assert_eq!(in_use().await, [campaign], "a call is still live");
    store
        .apply_facts(&[says::report(&dial, "customer-busy", NOW)], NOW)
        .await
        .unwrap();
    assert_eq!(store.delete_assistant(robin, NOW).await.unwrap(), Deleted::Done);
    assert_eq!(
        store.delete_assistant(robin, NOW).await.unwrap(),
        Deleted::NotFound
    );
    let everything = store.assistants(&AssistantFilter::default(), ALL).await.unwrap();
    assert!(everything.is_empty());
    let finished = store.campaign(campaign).await.unwrap().expect("the campaign");
    assert_eq!(finished.assistant_name, "Robin", "history goes on naming it");
    assert!(store.call(dial.call_id).await.unwrap().is_some());
}

async fn deleting_and_importing_at_once_leaves_no_campaign_without_its_assistant(fixture: &Fixture) {
    for round in 0..8 {
        let other = fixture.another_node().await;
        let robin = people::assistant(&fixture.store).await;
        let new = List::of(0..1).campaign(robin);
        let importing = async {
            let mut import = other.begin_import(&new, NOW + round).await?;
            import.add(&[person(0)]).await?;
            import.finish(Totals::default(), &[]).await
        };
        let (deleted, imported) = tokio::join!(fixture.store.delete_assistant(robin, NOW + round), importing);
        match deleted.unwrap() {
            Deleted::Done => assert!(matches!(imported, Err(store::Error::Conflict(_))), "{imported:?}"),
            Deleted::InUse(_) => assert!(imported.is_ok()),
            other => panic!("{other:?}"),
        }
        other.close().await;
    }
}

async fn a_deleted_one_comes_back_when_it_is_registered_again(fixture: &Fixture) {
    let store = &fixture.store;
    let robin = store
        .register_assistant(&assistant("Robin", "{}"), NOW)
        .await
        .unwrap()
        .id;
    store.set_assistant_active(robin, false, NOW).await.unwrap();
    store.delete_assistant(robin, NOW).await.unwrap();
    let again = store
        .register_assistant(&assistant("Robin", r#"{"new": 1}"#), NOW + 5)
        .await
        .unwrap();
    assert_eq!(again.id, robin);
    let stored = store.assistant(robin).await.unwrap().expect("the assistant");
    assert_eq!(
        (stored.deleted_at, stored.active, stored.version),
        (None, true, 2)
    );
}

async fn the_providers_side_is_noted_and_taken(fixture: &Fixture) {
    let store = &fixture.store;
    let robin = store
        .register_assistant(&assistant("Robin", r#"{"a":1}"#), NOW)
        .await
        .unwrap()
        .id;
    assert!(!store.note_comparison(robin, 7, Some("{}"), NOW).await.unwrap());
    assert!(
        store
            .note_comparison(robin, 1, Some(r#"{"a":2}"#), NOW + 1)
            .await
            .unwrap()
    );
    let stored = store.assistant(robin).await.unwrap().expect("the assistant");
    assert_eq!(stored.checked_at, Some(NOW + 1));
    assert_eq!(parsed(&stored.theirs_json.expect("theirs")), json!({"a": 2}));
    let take = async |version| {
        store
            .take_theirs(robin, version, "Robin", r#"{"a":2}"#, "Ann", NOW + 2)
            .await
    };
    assert_eq!(take(7).await.unwrap(), Taken::Moved);
    assert_eq!(take(1).await.unwrap(), Taken::Done);
    assert_eq!(take(1).await.unwrap(), Taken::Moved);
    let stored = store.assistant(robin).await.unwrap().expect("the assistant");
    assert_eq!((stored.version, stored.theirs_json), (2, None));
    assert_eq!(parsed(&stored.config_json), json!({"a": 2}));
    let latest = store
        .assistant_versions(robin, u32::MAX, 1)
        .await
        .unwrap()
        .remove(0);
    assert_eq!((latest.origin, latest.author.as_str()), (Origin::Taken, "Ann"));

    assert!(!store.note_gone(robin, "another", NOW + 3).await.unwrap());
    assert!(store.note_gone(robin, "assistant-7", NOW + 3).await.unwrap());
    assert!(store.note_gone(robin, "assistant-7", NOW + 4).await.unwrap());
    let stored = store.assistant(robin).await.unwrap().expect("the assistant");
    assert_eq!(
        (stored.gone_at, stored.trouble()),
        (Some(NOW + 3), Some(Trouble::Gone))
    );
}

async fn results_are_counted_by_assistant(fixture: &Fixture) {
    let store = &fixture.store;
    start(store, &List::of(0..3)).await;
    let robin = people::assistant(store).await;
    let dials = store.claim(MAX_DURATION_MS, NOW).await.unwrap().dials;
    let mut good = says::report(&dials[0], "customer-ended-call", NOW + 60_000);
    good.says.details.success_evaluation = Some("true".to_owned());
    good.says.details.cost = Some(domain::money::UsdMicros(70_000));
    let mut busy = says::report(&dials[1], "customer-busy", NOW + 5);
    busy.says.details.success_evaluation = Some("false".to_owned());
    store.apply_facts(&[good, busy], NOW + 60_000).await.unwrap();
    store
        .apply_facts(&[says::accepted(&dials[2], NOW + 1)], NOW + 60_000)
        .await
        .unwrap();
    let mut results = store.assistant_results(robin).await.unwrap();
    results.judgements.sort();
    assert_eq!(results.campaigns, 1);
    assert!(results.cost.0 >= 70_000);
    assert_eq!(
        results.judgements,
        [("false".to_owned(), 1), ("true".to_owned(), 1)]
    );
    let calls: u64 = results.outcomes.iter().map(|(_, calls)| calls).sum();
    assert_eq!(calls, 3);
    assert!(results.outcomes.contains(&(None, 1)), "one is still live");
    assert_eq!(
        store
            .assistant(robin)
            .await
            .unwrap()
            .expect("it")
            .unfinished_campaigns,
        1
    );
}

async fn a_test_call_goes_before_the_lists(fixture: &Fixture) {
    let store = &fixture.store;
    start(store, &List::of(0..3)).await;
    store.set_line_cap(1).await.unwrap();
    let robin = people::assistant(store).await;
    let new = store::NewCampaign {
        kind: Kind::Test,
        priority: domain::campaign::TEST_PRIORITY,
        ..List::of(0..0).campaign(robin)
    };
    let mut import = store.begin_import(&new, NOW).await.unwrap();
    import.add(&[person(9)]).await.unwrap();
    let test = import.finish(Totals::default(), &[]).await.unwrap();
    let started = store.campaign(test).await.unwrap().expect("the test call");
    assert_eq!(
        started.status,
        CampaignStatus::Queued,
        "in one step with its making"
    );
    assert_eq!(started.assistant_version, Some(1));
    let dials = store.claim(MAX_DURATION_MS, NOW).await.unwrap().dials;
    let campaigns: Vec<_> = dials.iter().map(|dial| dial.campaign_id).collect();
    assert_eq!(campaigns, [test], "it has the only line of the account");
    assert_eq!(
        store.count_campaigns(false).await.unwrap(),
        1,
        "lists and test calls are told apart"
    );
    let uses = store.campaigns_of_assistant(robin, false, 10).await.unwrap();
    assert_eq!(uses.iter().filter(|campaign| campaign.test).count(), 1);
    assert_eq!(store.assistant(robin).await.unwrap().expect("it").campaigns, 1);
}

async fn people_who_lack_a_variable_are_counted(fixture: &Fixture) {
    let store = &fixture.store;
    let mut list = List::of(0..3);
    for (index, person) in list.people.iter_mut().enumerate() {
        let city = if index == 0 { "Rome" } else { "" };
        person.variables.insert("city".to_owned(), city.to_owned());
        person.variables.insert("Plan Name".to_owned(), "gold".to_owned());
    }
    list.people[2].business_name = String::new();
    let campaign = import(store, &list).await;
    let wanted = [
        "name",
        "business_name",
        "city",
        "plan_name",
        "Plan Name",
        "o'clock",
    ];
    let lacking = store
        .lacking_variables(campaign, wanted.map(str::to_owned))
        .await
        .unwrap();
    let told: Vec<_> = lacking
        .iter()
        .map(|lacking| {
            let similar = lacking.similar_column.as_deref();
            (lacking.name.as_str(), lacking.people, lacking.column, similar)
        })
        .collect();
    assert_eq!(
        told,
        [
            ("business_name", 1, true, None),
            ("city", 2, true, None),
            ("plan_name", 3, false, Some("Plan Name")),
            ("o'clock", 3, false, None),
        ]
    );
}
