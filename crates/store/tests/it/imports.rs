//! Storing a list: the whole of it, in its order, or nothing.

use std::collections::BTreeMap;

use domain::{campaign::CampaignStatus, campaign::Mode, time::UtcMs};
use futures::TryStreamExt;
use store::{ContactFilter, ExportRow, NewContact, Page, Problem, ProblemKind, Totals};

use crate::{
    fixture::Fixture,
    people::{List, NOW, assistant, import, person},
};

contract! {
    a_list_is_stored_in_its_order_with_its_sums,
    a_dropped_import_leaves_nothing,
    a_failed_import_leaves_nothing,
    odd_characters_come_back_as_they_went_in,
    ten_thousand_contacts,
    batches_are_numbered_by_their_size_in_batch_mode_only,
    problems_come_back_in_the_order_of_the_file,
    an_empty_list_is_a_campaign_without_contacts,
    the_same_list_within_minutes_is_known_again,
    of_two_at_once_one_is_stored,
    a_list_that_was_not_stored_is_not_known,
}

async fn rows(fixture: &Fixture, id: domain::ids::CampaignId) -> Vec<ExportRow> {
    fixture.store.export(id).try_collect().await.unwrap()
}

async fn a_list_is_stored_in_its_order_with_its_sums(fixture: &Fixture) {
    let store = &fixture.store;
    let list = List::of(0..7);
    let campaign = list.campaign(assistant(store).await);
    let mut import = store.begin_import(&campaign, NOW).await.unwrap();
    let id = import.id();
    import.add(&list.people[..3]).await.unwrap();
    import.add(&[]).await.unwrap();
    import.add(&list.people[3..]).await.unwrap();
    let totals = Totals {
        rows: 12,
        rejected: 3,
        duplicates: 2,
    };
    assert_eq!(import.finish(totals, &[]).await.unwrap(), id);

    let stored = store.campaign(id).await.unwrap().expect("the campaign");
    assert_eq!(stored.status, CampaignStatus::Created);
    assert_eq!(
        (stored.rows_read, stored.rows_rejected, stored.rows_duplicate),
        (12, 3, 2)
    );
    assert_eq!(
        (stored.total_contacts, stored.final_contacts, stored.open_calls),
        (7, 0, 0)
    );
    assert_eq!(
        (stored.created_at, stored.queued_at, stored.started_at),
        (NOW, None, None)
    );
    assert_eq!(
        (stored.name.as_str(), stored.assistant_name.as_str()),
        ("Spring", "Robin")
    );
    assert_eq!(stored.numbers[0].number.as_deref(), Some("+493012345"));
    let names: Vec<String> = rows(fixture, id).await.into_iter().map(|row| row.name).collect();
    assert_eq!(
        names,
        list.people
            .iter()
            .map(|person| person.name.clone())
            .collect::<Vec<_>>()
    );
}

async fn a_dropped_import_leaves_nothing(fixture: &Fixture) {
    let store = &fixture.store;
    let list = List::of(0..50);
    let campaign = list.campaign(assistant(store).await);
    let mut import = store.begin_import(&campaign, NOW).await.unwrap();
    let id = import.id();
    import.add(&list.people).await.unwrap();
    drop(import);
    assert_eq!(store.campaign(id).await.unwrap(), None);
    // Whoever writes next finds the way free.
    let next = self::import(store, &list).await;
    assert_eq!(fixture.count("campaigns", "1 = 1").await, 1);
    assert_eq!(fixture.count("contacts", "1 = 1").await, 50);
    assert_eq!(
        store
            .campaign(next)
            .await
            .unwrap()
            .expect("the next one")
            .total_contacts,
        50
    );
}

async fn a_failed_import_leaves_nothing(fixture: &Fixture) {
    let store = &fixture.store;
    let list = List::of([1, 2, 1]);
    let campaign = list.campaign(assistant(store).await);
    let mut import = store.begin_import(&campaign, NOW).await.unwrap();
    let refused = import.add(&list.people).await;
    assert!(matches!(refused, Err(store::Error::Conflict(_))), "{refused:?}");
    drop(import);
    let mut unknown = list.campaign(domain::ids::AssistantId(uuid::Uuid::from_u128(7)));
    unknown.name = "no such assistant".to_owned();
    assert!(store.begin_import(&unknown, NOW).await.is_err());
    assert_eq!(store.count_campaigns(false).await.unwrap(), 0);
    assert_eq!(fixture.count("contacts", "1 = 1").await, 0);
}

async fn odd_characters_come_back_as_they_went_in(fixture: &Fixture) {
    let store = &fixture.store;
    let odd = "O'Brien \"Bob\" \\ %_ \t\r\n é e\u{301} 日本 😀 \u{202e}rtl \u{feff}bom \u{1}\u{7f} {}[],:; \\u0000 \\\\";
    let mut variables = BTreeMap::new();
    variables.insert("note".to_owned(), odd.to_owned());
    variables.insert(odd.to_owned(), "12.50".to_owned());
    variables.insert(String::new(), String::new());
    let person = NewContact {
        name: odd.to_owned(),
        business_name: "123".to_owned(),
        extension: Some("0042".to_owned()),
        variables: variables.clone(),
        line: u64::from(u32::MAX) + 5,
        ..person(1)
    };
    let mut list = List::of([]);
    list.people.push(person);
    let id = import(store, &list).await;
    let rows = rows(fixture, id).await;
    assert_eq!(
        (rows[0].name.as_str(), rows[0].business_name.as_str()),
        (odd, "123")
    );
    assert_eq!(rows[0].variables, variables);
    let page = Page { limit: 1, offset: 0 };
    let contact = store
        .contacts(id, &ContactFilter::default(), page)
        .await
        .unwrap()
        .remove(0);
    assert_eq!(contact.line, u64::from(u32::MAX) + 5);

    // NUL is the one character that Postgres cannot hold: it is left out on both.
    let mut with_nul = list.campaign(assistant(store).await);
    with_nul.name = "Spr\0ing".to_owned();
    with_nul.numbers[0].id = "num\0ber".to_owned();
    with_nul.numbers[0].number = Some("+\x001".to_owned());
    let mut import = store.begin_import(&with_nul, NOW).await.unwrap();
    let nul = NewContact {
        name: "a\0b".to_owned(),
        business_name: "\0".to_owned(),
        variables: BTreeMap::from([("k\0".to_owned(), "v\0\\u0000".to_owned())]),
        ..self::person(2)
    };
    import.add(&[nul]).await.unwrap();
    let problem = Problem {
        line: 3,
        kind: ProblemKind::Rejected,
        column: Some("pho\0ne".to_owned()),
        value: Some("\0".to_owned()),
        reason: "no\0 number".to_owned(),
        first_line: None,
    };
    let id = import.finish(Totals::default(), &[problem]).await.unwrap();
    let row = &self::rows(fixture, id).await[0];
    assert_eq!((row.name.as_str(), row.business_name.as_str()), ("ab", ""));
    assert_eq!(
        row.variables,
        BTreeMap::from([("k".to_owned(), "v\\u0000".to_owned())])
    );
    let problem = &store.import_problems(id, 10).await.unwrap()[0];
    assert_eq!(
        (problem.column.as_deref(), problem.value.as_deref()),
        (Some("phone"), Some(""))
    );
    assert_eq!(problem.reason, "no number");
    let campaign = store.campaign(id).await.unwrap().expect("the campaign");
    assert_eq!(
        (campaign.name.as_str(), campaign.numbers[0].id.as_str()),
        ("Spring", "number")
    );
}

async fn ten_thousand_contacts(fixture: &Fixture) {
    let store = &fixture.store;
    let list = List::of(0..10_000);
    let mut import = store
        .begin_import(&list.campaign(assistant(store).await), NOW)
        .await
        .unwrap();
    for some in list.people.chunks(3_000) {
        import.add(some).await.unwrap();
    }
    let id = import
        .finish(
            Totals {
                rows: 10_000,
                ..Totals::default()
            },
            &[],
        )
        .await
        .unwrap();
    assert_eq!(
        store
            .campaign(id)
            .await
            .unwrap()
            .expect("the campaign")
            .total_contacts,
        10_000
    );
    let in_order = rows(fixture, id).await;
    assert_eq!(in_order.len(), 10_000);
    assert!(
        in_order
            .iter()
            .zip(&list.people)
            .all(|(row, person)| row.phone == person.phone)
    );
}

async fn batches_are_numbered_by_their_size_in_batch_mode_only(fixture: &Fixture) {
    let store = &fixture.store;
    let in_batches = import(
        store,
        &List {
            batch_size: Some(3),
            ..List::of(0..7)
        },
    )
    .await;
    let of = |id: domain::ids::CampaignId| format!("campaign_id = {}", fixture.literal(id.0));
    let sizes = format!(
        "SELECT CAST(batch_index AS TEXT) || ':' || CAST(COUNT(*) AS TEXT) FROM contacts WHERE {} \
         GROUP BY batch_index ORDER BY batch_index",
        of(in_batches)
    );
    assert_eq!(
        fixture.texts(&sizes).await,
        ["0:3", "1:3", "2:1"].map(|text| Some(text.to_owned()))
    );

    // A size that somebody left in a form does not split a continuous campaign: nobody would call the other batches.
    let list = List {
        batch_size: Some(3),
        ..List::of(10..17)
    };
    let mut campaign = list.campaign(assistant(store).await);
    campaign.mode = Mode::Continuous;
    let mut import = store.begin_import(&campaign, NOW).await.unwrap();
    import.add(&list.people).await.unwrap();
    let id = import.finish(Totals::default(), &[]).await.unwrap();
    assert_eq!(
        fixture
            .count("contacts", &format!("{} AND batch_index > 0", of(id)))
            .await,
        0
    );
}

async fn problems_come_back_in_the_order_of_the_file(fixture: &Fixture) {
    let store = &fixture.store;
    let campaign = List::of([]).campaign(assistant(store).await);
    let rejected = |line| Problem {
        line,
        kind: ProblemKind::Rejected,
        column: Some("phone".to_owned()),
        value: Some("none".to_owned()),
        reason: "no number".to_owned(),
        first_line: None,
    };
    let duplicate = |line| Problem {
        kind: ProblemKind::Duplicate,
        column: None,
        value: None,
        reason: "repeats a number".to_owned(),
        first_line: Some(2),
        ..rejected(line)
    };
    let problems = [rejected(9), duplicate(4), rejected(7)];
    let import = store.begin_import(&campaign, NOW).await.unwrap();
    let id = import
        .finish(
            Totals {
                rows: 3,
                rejected: 2,
                duplicates: 1,
            },
            &problems,
        )
        .await
        .unwrap();
    assert_eq!(
        store.import_problems(id, 10).await.unwrap(),
        [duplicate(4), rejected(7), rejected(9)]
    );
    assert_eq!(store.import_problems(id, 1).await.unwrap(), [duplicate(4)]);
    let other = domain::ids::CampaignId(uuid::Uuid::from_u128(1));
    assert_eq!(store.import_problems(other, 10).await.unwrap(), []);
}

async fn an_empty_list_is_a_campaign_without_contacts(fixture: &Fixture) {
    let id = import(&fixture.store, &List::of([])).await;
    let campaign = fixture.store.campaign(id).await.unwrap().expect("the campaign");
    assert_eq!((campaign.total_contacts, campaign.final_contacts), (0, 0));
    assert_eq!(rows(fixture, id).await, []);
}

const WINDOW_MS: i64 = 600_000;

/// Imports a list of a name, which tells its content. Gives the name of the campaign that it repeats.
async fn sent(fixture: &Fixture, hash: &str, at: UtcMs, allow_repeat: bool) -> Option<String> {
    let list = List::of(0..2);
    let campaign = list.campaign(assistant(&fixture.store).await);
    let mut import = fixture.store.begin_import(&campaign, at).await.unwrap();
    let repeated = import.note_content(hash, WINDOW_MS, allow_repeat).await.unwrap();
    if repeated.is_none() {
        import.add(&list.people).await.unwrap();
        import.finish(Totals::default(), &[]).await.unwrap();
    }
    repeated.map(|repeated| repeated.name)
}

async fn the_same_list_within_minutes_is_known_again(fixture: &Fixture) {
    let later = |ms: i64| UtcMs(NOW.0 + ms);
    assert_eq!(sent(fixture, "a", NOW, false).await, None);
    assert!(sent(fixture, "a", NOW, false).await.is_some());
    assert_eq!(sent(fixture, "b", NOW, false).await, None, "another list");
    assert!(sent(fixture, "a", later(WINDOW_MS - 1), false).await.is_some());
    assert_eq!(fixture.count("campaigns", "1 = 1").await, 2);
    assert_eq!(sent(fixture, "a", later(1), true).await, None, "allowed");
    assert!(
        sent(fixture, "a", later(WINDOW_MS), false).await.is_some(),
        "the window begins anew with each"
    );
    assert_eq!(sent(fixture, "a", later(WINDOW_MS + 1), false).await, None);
}

async fn of_two_at_once_one_is_stored(fixture: &Fixture) {
    let all = (0..4).map(|_| sent(fixture, "a", NOW, false));
    let repeated = futures::future::join_all(all).await;
    assert_eq!(repeated.iter().filter(|repeated| repeated.is_none()).count(), 1);
    assert_eq!(fixture.count("campaigns", "1 = 1").await, 1);
}

async fn a_list_that_was_not_stored_is_not_known(fixture: &Fixture) {
    let campaign = List::of(0..2).campaign(assistant(&fixture.store).await);
    let mut import = fixture.store.begin_import(&campaign, NOW).await.unwrap();
    assert_eq!(import.note_content("a", WINDOW_MS, false).await.unwrap(), None);
    drop(import);
    assert_eq!(sent(fixture, "a", NOW, false).await, None);
}
