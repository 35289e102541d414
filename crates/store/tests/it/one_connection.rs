//! Every method of the store works with a single connection: none waits for a second one while it holds one. Under load all
//! connections would be held by such waiters, and nobody went on. Here it fails once the pool has waited long enough.

use domain::{
    campaign::{Action, CampaignStatus, Mode},
    contact::ContactState,
    directory::{ChangeKind, Origin},
    ids::{AssistantId, CampaignId},
    outcome::Outcome,
    policy::Policy,
    time::UtcMs,
};
use futures::TryStreamExt;
use store::{
    Acted, Appended, AssistantFilter, CampaignEdit, ContactFilter, Edited, Intended, NewAssistant, NewChange,
    NewTemplate, Options, Page, Redialled, Store, SuppressionFilter, SuppressionSource, Taken,
};

use crate::{
    fixture::{Fixture, options},
    looks::{campaign, contacts, only},
    people::{List, MAX_DURATION_MS, NOW, dial, import, person, phone, start},
    says,
    suppressions::{exact, forbid},
};

contract! {
    campaigns_are_steered,
    people_are_called,
    everything_is_shown,
    assistants_are_changed,
}

const PAGE: Page = Page { limit: 10, offset: 0 };

async fn one_connection(fixture: &Fixture) -> Store {
    let options = Options {
        connections: 1,
        ..options()
    };
    Store::open(&fixture.address, options).await.unwrap()
}

async fn campaigns_are_steered(fixture: &Fixture) {
    let store = &one_connection(fixture).await;
    store.migrate().await.unwrap();
    store.require_current_tables().await.unwrap();
    store.ping().await.unwrap();
    store.clock_ahead_ms(NOW).await.unwrap();
    let id = import(store, &List::of(0..30)).await;
    let copy = store.clone_campaign(id, "Again", true, NOW).await.unwrap();
    let copy = copy.expect("a copy");
    assert_eq!(campaign(store, copy).await.total_contacts, 30);
    assert_eq!(store.campaigns(false, PAGE).await.unwrap().len(), 2);
    assert_eq!(store.count_campaigns(false).await.unwrap(), 2);
    assert_eq!(store.import_problems(id, 10).await.unwrap(), []);
    let assistant = campaign(store, id).await.assistant_id;
    store.assign_assistant(id, assistant, NOW).await.unwrap();
    let edit = CampaignEdit {
        cap: Some(4),
        numbers: Some(campaign(store, id).await.numbers),
        order: Some((Mode::Batch, Some(3), false)),
        ..CampaignEdit::default()
    };
    assert_eq!(store.edit_campaign(id, &edit, NOW).await.unwrap(), Edited::Done);
    let acted = store.schedule(id, NOW + 10, NOW).await.unwrap();
    assert_eq!(acted, Acted::Done(CampaignStatus::Scheduled));
    store
        .schedule(CampaignId(uuid::Uuid::nil()), NOW, NOW)
        .await
        .unwrap();
    assert_eq!(store.next_start().await.unwrap(), Some(NOW + 10));
    assert_eq!(store.bring_due(NOW + 10).await.unwrap().started, [id]);
    let policy = only(|policy| policy.money.alert_usd_micros = Some(1));
    store.change_policy(id, 1, &policy, "Kim", NOW).await.unwrap();
    assert_eq!(store.policy_versions(id).await.unwrap().len(), 2);
    assert_eq!(
        store.policy(id).await.unwrap().map(|policy| policy.version),
        Some(2)
    );
    let people: Vec<_> = (28..40).map(person).collect();
    assert!(matches!(
        store.append(id, &people, NOW).await.unwrap(),
        Appended::Done { added: 10, .. }
    ));
    store.set_line_cap(20).await.unwrap();
    store.set_pace(1, Some(9)).await.unwrap();
    store.set_number_cap("number-1", Some(9), NOW).await.unwrap();
    store.learn_lines(9, NOW).await.unwrap();
    store.learn_from_refusal(NOW).await.unwrap();
    forbid(store, exact(&phone(3)), None, NOW).await;
    let entries = store
        .suppressions(&SuppressionFilter::default(), PAGE)
        .await
        .unwrap();
    assert_eq!(
        store
            .count_suppressions(&SuppressionFilter::default())
            .await
            .unwrap(),
        1
    );
    assert_eq!(entries[0].source, SuppressionSource::Person);
    assert!(store.allow_again(entries[0].id).await.unwrap().is_some());
    for action in [Action::Pause, Action::Resume, Action::Cancel, Action::Archive] {
        let acted = store.act(id, action, NOW).await.unwrap();
        assert!(matches!(acted, Acted::Done(_)), "{action:?}: {acted:?}");
    }
    assert_eq!(store.skip_contacts_of_canceled(NOW).await.unwrap(), 39);
    store.skip_contacts_of_expired(NOW).await.unwrap();
    store.unfinished_campaigns().await.unwrap();
    store.complete_finished(&[id, copy], NOW).await.unwrap();
    store.close().await;
}

async fn people_are_called(fixture: &Fixture) {
    let store = &one_connection(fixture).await;
    let policy = only(|policy| policy.money.budget_usd_micros = Some(900_000_000));
    let list = List {
        policy,
        batch_size: Some(2),
        numbers: vec!["number-1", "number-2"],
        ..List::of(0..4)
    };
    let id = start(store, &list).await;
    store.set_pace(0, Some(50)).await.unwrap();
    let dials = dial(store, NOW).await;
    assert_eq!(dials.len(), 2);
    store.note_webhook(NOW).await.unwrap();
    let facts = [
        says::accepted(&dials[0], NOW),
        says::ringing(&dials[0], NOW),
        says::refused(&dials[1], "autolynx.refused.capacity", NOW),
        says::without_our_id(says::ringing(&dials[1], NOW)),
    ];
    store.apply_facts(&facts, NOW).await.unwrap();
    store.learn_from_refusal(NOW).await.unwrap();
    store.back_off(None, NOW).await.unwrap();
    store.end_back_off().await.unwrap();
    let mut optout = says::report(&dials[0], "customer-ended-call", NOW + 5);
    optout.says.details.opted_out = true;
    assert_eq!(store.apply_facts(&[optout], NOW + 5).await.unwrap().opted_out, 1);
    let dials = dial(store, NOW + 60_000).await;
    assert_eq!(dials.len(), 1, "the batch is not over");
    assert_eq!(store.orphans(NOW + 90_000).await.unwrap(), []);
    assert_eq!(store.open_calls().await.unwrap().len(), 1);
    store
        .note_asked(dials[0].call_id, true, NOW + 60_000)
        .await
        .unwrap();
    store.awaits_details(NOW).await.unwrap();
    store
        .take_undetailed(NOW, NOW + 60_000, NOW + 60_000, 3)
        .await
        .unwrap();
    store.ended_since(NOW).await.unwrap();
    store.keep_message("assistant-request", "{}", NOW).await.unwrap();
    store.take_turn("poll", 60_000, NOW).await.unwrap();
    store.mark_turn("poll", NOW).await.unwrap();
    store.act(id, Action::Abort, NOW + 60_001).await.unwrap();
    let hang_ups = store.take_calls_to_hang_up(NOW + 60_002).await.unwrap();
    assert_eq!(hang_ups.len(), 1);
    store
        .note_hang_up(&hang_ups[0], Some("no answer"), NOW + 60_003)
        .await
        .unwrap();
    let aborted = campaign(store, id).await;
    assert_eq!(store.calls_not_hung_up(&aborted).await.unwrap().len(), 1);
    let again = start(store, &List::of(20..22)).await;
    let busy: Vec<_> = dial(store, NOW + 70_000)
        .await
        .iter()
        .map(|dial| says::ended(dial, "customer-busy", NOW + 70_000))
        .collect();
    store.apply_facts(&busy, NOW + 70_000).await.unwrap();
    let redialled = store.redial(again, &[Outcome::Busy], NOW + 70_001).await.unwrap();
    assert!(
        matches!(redialled, Redialled::Done { contacts: 2, .. }),
        "{redialled:?}"
    );
    let report = store.replay(None).await.unwrap();
    assert_eq!(report.differences, []);
    store.close().await;
}

async fn everything_is_shown(fixture: &Fixture) {
    let store = &one_connection(fixture).await;
    let id = start(store, &List::of(0..6)).await;
    let dials = dial(store, NOW).await;
    let now: UtcMs = NOW + 1;
    let shown = campaign(store, id).await;
    let people = contacts(store, id).await;
    assert_eq!(people.len(), 6);
    store.count_contacts(id, &ContactFilter::default()).await.unwrap();
    let person = store
        .contact(id, people[0].id, now)
        .await
        .unwrap()
        .expect("the contact");
    assert_eq!(person.state, ContactState::Calling);
    store.places_of_contacts(id, &[people[0].id]).await.unwrap();
    store.why(&shown, now).await.unwrap();
    store.why_contact(&shown, people[0].id, now).await.unwrap();
    store
        .preflight(id, &Policy::unrestricted(), None, now)
        .await
        .unwrap();
    let consent = only(|policy| {
        policy.consent = Some(domain::consent::Consent {
            column: "yes".to_owned(),
        });
    });
    store.preflight(id, &consent, None, now).await.unwrap();
    store.columns_of(id).await.unwrap();
    store.recent_columns().await.unwrap();
    store.lacking_variables(id, ["name".to_owned()]).await.unwrap();
    store.world_of(id, MAX_DURATION_MS, now).await.unwrap();
    store.progress(id).await.unwrap();
    store.spending(id).await.unwrap();
    store.worst_case(MAX_DURATION_MS).await.unwrap();
    store.account(now).await.unwrap();
    store.account_refusal().await.unwrap();
    store.open_calls_by_number().await.unwrap();
    store.open_calls_by_campaign().await.unwrap();
    store.number_caps().await.unwrap();
    assert!(store.call(dials[0].call_id).await.unwrap().is_some());
    store.provider_call_id(dials[0].call_id).await.unwrap();
    let rows: Vec<_> = store.export(id).try_collect().await.unwrap();
    assert_eq!(rows.len(), 6);
    store.close().await;
}

async fn assistants_are_changed(fixture: &Fixture) {
    let store = &one_connection(fixture).await;
    let change = |kind, name: &str| NewChange {
        kind,
        origin: Origin::Edited,
        author: "Ann".to_owned(),
        name: name.to_owned(),
        config_json: format!(r#"{{"name":"{name}"}}"#),
        body_json: format!(r#"{{"name":"{name}"}}"#),
        next_look: NOW + 45_000,
    };
    let template = NewTemplate {
        key: "a".to_owned(),
        name: "A".to_owned(),
        config_json: "{}".to_owned(),
    };
    store.seed_templates(&[template], NOW).await.unwrap();
    let robin = NewAssistant {
        provider_assistant_id: "robin".to_owned(),
        name: "Robin".to_owned(),
        config_json: r#"{"name":"Robin"}"#.to_owned(),
        author: String::new(),
    };
    let id = store.register_assistant(&robin, NOW).await.unwrap().id;
    let update = change(ChangeKind::Update, "Kim");
    let Intended::Go(going) = store.intend_to_change(id, 1, &update, NOW).await.unwrap() else {
        panic!("it may be changed");
    };
    store.change(going).await.unwrap();
    store.take_look(going, NOW + 60_000, NOW + 50_000).await.unwrap();
    store
        .change_in_doubt(going, "no answer", NOW + 60_000)
        .await
        .unwrap();
    store.due_changes(NOW + 60_000).await.unwrap();
    store
        .change_in_force(going, "robin", r#"{"name":"Kim"}"#, NOW)
        .await
        .unwrap();
    store
        .note_comparison(id, 2, Some(r#"{"name":"Lee"}"#), NOW)
        .await
        .unwrap();
    let taken = store
        .take_theirs(id, 2, "Lee", r#"{"name":"Lee"}"#, "Ann", NOW)
        .await;
    assert!(matches!(taken.unwrap(), Taken::Done | Taken::Moved));
    let made = store.new_assistant_id(NOW);
    let creation = store
        .intend_to_create(made, true, true, &change(ChangeKind::Create, "Sam"), NOW)
        .await
        .unwrap();
    store.creation_of(made).await.unwrap();
    store.change_lost(creation, "not there", NOW).await.unwrap();
    store.reopen_change(creation, NOW, NOW).await.unwrap();
    store.change_refused(creation, NOW, "no", NOW).await.unwrap();
    store.dismiss_change(creation, NOW).await.unwrap();
    store
        .intend_to_remove(AssistantId(uuid::Uuid::nil()), NOW, NOW)
        .await
        .unwrap();
    store.intend_to_remove(id, NOW, NOW).await.unwrap();
    store.spent_assistants(NOW).await.unwrap();
    store.assistant(id).await.unwrap().expect("the assistant");
    store.assistant_of_provider("robin").await.unwrap();
    store.assistants(&AssistantFilter::default(), PAGE).await.unwrap();
    store.count_assistants(&AssistantFilter::default()).await.unwrap();
    store.campaigns_of_assistant(id, false, 10).await.unwrap();
    store.registered_assistants().await.unwrap();
    store.assistant_results(id).await.unwrap();
    store.assistant_versions(id, 10, 10).await.unwrap();
    store.set_assistant_active(id, false, NOW).await.unwrap();
    store.note_gone(id, "robin", NOW).await.unwrap();
    store.delete_assistant(id, NOW).await.unwrap();
    store.close().await;
}
