//! Copies of campaigns: the same settings, and nothing of what happened.

use domain::{
    campaign::{Action, CampaignStatus},
    contact::ContactState,
    time::MINUTE_MS,
};
use store::{CampaignEdit, Page};

use crate::{
    fixture::Fixture,
    looks::{at_number, campaign, contacts, end, only, phones},
    people::{List, NOW, dial, import, phone, start},
    suppressions::{exact, forbid},
};

contract! {
    a_copy_has_the_settings_and_nothing_of_what_happened,
    a_copy_may_have_the_people,
    a_long_list_is_copied_whole,
    what_was_put_away_is_left_out_of_lists,
}

fn list() -> List {
    let mut people = List::of(0..5).people;
    people[1].variables.insert("Colour".to_owned(), "blue".to_owned());
    people[2].extension = Some("12".to_owned());
    people.push(at_number(5, "+12125550101"));
    List {
        people,
        cap: 3,
        batch_size: Some(3),
        quiet_line_gate: true,
        numbers: vec!["number-1", "number-2"],
        priority: 7,
        policy: only(|policy| policy.retries.busy = vec![MINUTE_MS]),
    }
}

async fn a_copy_has_the_settings_and_nothing_of_what_happened(fixture: &Fixture) {
    let store = &fixture.store;
    let id = start(store, &list()).await;
    let edit = CampaignEdit {
        expires_at: Some(Some(NOW + 1_000)),
        ..CampaignEdit::default()
    };
    store.edit_campaign(id, &edit, NOW).await.unwrap();
    end(store, &dial(store, NOW).await, "customer-busy", NOW).await;
    let changed = only(|policy| policy.limits.per_contact = Some(4));
    store.change_policy(id, 1, &changed, "Kim", NOW).await.unwrap();
    store.act(id, Action::Cancel, NOW + 1).await.unwrap();
    let copy = store
        .clone_campaign(id, "Again", false, NOW + 2)
        .await
        .unwrap()
        .expect("a copy");
    let (original, copied) = (campaign(store, id).await, campaign(store, copy).await);
    assert_eq!(
        (copied.name.as_str(), copied.status, copied.cloned_from),
        ("Again", CampaignStatus::Created, Some(id))
    );
    assert_eq!(
        (
            copied.mode,
            copied.cap,
            copied.batch_size,
            copied.quiet_line_gate,
            copied.priority
        ),
        (original.mode, 3, Some(3), true, 7)
    );
    assert_eq!(
        (&copied.numbers, copied.assistant_id),
        (&original.numbers, original.assistant_id)
    );
    assert_eq!(copied.expires_at, Some(NOW + 1_000));
    assert_eq!(
        (
            copied.total_contacts,
            copied.queued_at,
            copied.started_at,
            copied.completed_at
        ),
        (0, None, None, None)
    );
    assert_eq!(
        (copied.aborted_at, copied.batch_index, copied.policy_version),
        (None, 0, 1)
    );
    let policy = store.policy(copy).await.unwrap().expect("a policy");
    assert_eq!(policy.policy, changed, "the one in force");
    let of_copy = format!("placed > 0 AND campaign_id = {}", fixture.literal(copy.0));
    assert_eq!(fixture.count("campaign_numbers", &of_copy).await, 0);
    assert_eq!(
        fixture.count("campaign_numbers", "placed > 0").await,
        2,
        "the original has called"
    );
    assert_eq!(fixture.spent(copy).await, (0, 0));
    let past = store
        .clone_campaign(id, "Later", false, NOW + 1_000)
        .await
        .unwrap()
        .expect("a copy");
    assert_eq!(
        campaign(store, past).await.expires_at,
        None,
        "a day that has passed"
    );
    let nobody = domain::ids::CampaignId(uuid::Uuid::from_u128(1));
    assert_eq!(store.clone_campaign(nobody, "X", true, NOW).await.unwrap(), None);
    fixture.assert_sound(10).await;
}

async fn a_copy_may_have_the_people(fixture: &Fixture) {
    let store = &fixture.store;
    let id = start(store, &list()).await;
    let first = dial(store, NOW).await;
    end(store, &first[..1], "customer-busy", NOW).await;
    end(store, &first[1..], "customer-ended-call", NOW).await;
    forbid(store, exact(&phone(4)), Some(id), NOW).await;
    let copy = store
        .clone_campaign(id, "Again", true, NOW + 2)
        .await
        .unwrap()
        .expect("a copy");
    let (originals, copies) = (contacts(store, id).await, contacts(store, copy).await);
    assert_eq!(copies.len(), 6);
    for (original, copied) in originals.iter().zip(&copies) {
        assert_eq!(
            (
                &original.name,
                &original.business_name,
                &original.phone,
                original.line
            ),
            (&copied.name, &copied.business_name, &copied.phone, copied.line)
        );
        assert_eq!(
            (
                copied.state,
                copied.attempts,
                &copied.outcome,
                &copied.reason,
                &copied.call_id
            ),
            (ContactState::Pending, 0, &None, &None, &None)
        );
    }
    let totals = campaign(store, copy).await;
    assert_eq!(
        (totals.total_contacts, totals.rows_read, totals.rows_rejected),
        (6, 6, 0)
    );
    store.act(id, Action::Cancel, NOW + 2).await.unwrap();
    store.act(copy, Action::Start, NOW + 3).await.unwrap();
    let dials = dial(store, NOW + 3).await;
    assert_eq!(phones(&dials), [phone(0), phone(1), phone(2)], "a batch");
    assert_eq!(dials[1].variables["Colour"], "blue");
    assert_eq!(dials[2].extension.as_deref(), Some("12"));
    end(store, &dials, "customer-ended-call", NOW + 4).await;
    assert_eq!(
        phones(&dial(store, NOW + 5).await),
        [phone(3), phone(4), "+12125550101".to_owned()],
        "what one campaign forbids is its own"
    );
    fixture.assert_sound(10).await;
}

async fn a_long_list_is_copied_whole(fixture: &Fixture) {
    let store = &fixture.store;
    let id = import(store, &List::of(0..4_100)).await;
    let copy = store
        .clone_campaign(id, "Again", true, NOW)
        .await
        .unwrap()
        .expect("a copy");
    let of_copy = format!("campaign_id = {}", fixture.literal(copy.0));
    assert_eq!(fixture.count("contacts", &of_copy).await, 4_100);
    assert_eq!(campaign(store, copy).await.total_contacts, 4_100);
    assert_eq!(
        fixture
            .number(&format!(
                "SELECT COUNT(DISTINCT position) FROM contacts WHERE {of_copy}"
            ))
            .await,
        4_100
    );
}

async fn what_was_put_away_is_left_out_of_lists(fixture: &Fixture) {
    let store = &fixture.store;
    let (id, dials) = fixture.dialled(1).await;
    let page = Page { limit: 9, offset: 0 };
    let shown = async |archived| {
        let all = store.campaigns(archived, page).await.unwrap();
        assert_eq!(store.count_campaigns(archived).await.unwrap(), all.len() as u64);
        all.len()
    };
    let refused = store.act(id, Action::Archive, NOW).await.unwrap();
    assert!(matches!(refused, store::Acted::Impossible { .. }), "it calls");
    end(store, &dials, "customer-busy", NOW + 1).await;
    store.act(id, Action::Archive, NOW + 2).await.unwrap();
    assert_eq!((shown(false).await, shown(true).await), (0, 1));
    let away = campaign(store, id).await;
    assert_eq!(
        (away.status, away.archived_at),
        (CampaignStatus::Completed, Some(NOW + 2))
    );
    store.act(id, Action::Unarchive, NOW + 3).await.unwrap();
    assert_eq!((shown(false).await, shown(true).await), (1, 0));
    fixture.assert_sound(1).await;
}
