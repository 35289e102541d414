//! Campaigns and people of every earlier schema, in all states, go on under the present one.

use domain::{
    campaign::{CampaignStatus, PauseKind},
    contact::ContactState,
    hours::Hours,
    ids::{CallId, CampaignId, ContactId},
    outcome::Outcome,
    retry::Retries,
};
use sqlx::{AssertSqlSafe, Connection, PgConnection, SqliteConnection};
use store::{Kind, Redialled, Store};
use uuid::Uuid;

use crate::{
    fixture::options,
    looks::{at, campaign, contacts, phones},
    people::MAX_DURATION_MS,
    server,
    upgrades::{POSTGRES, SQLITE, until},
};

/// Ten o'clock in New York, seven in Los Angeles.
const NOW: &str = "2026-11-20T15:00:00.000Z";

fn id(number: u128) -> Uuid {
    Uuid::from_u128(number)
}

/// Fills in ids: `{7}` is the seventh.
fn with_ids(sql: &str, kind: Kind) -> String {
    let mut filled = String::new();
    let mut rest = sql;
    while let Some((before, after)) = rest.split_once("#{") {
        let (number, after) = after.split_once('}').expect("an id");
        let id = id(number.parse().expect("a number"));
        filled.push_str(before);
        filled.push_str(&match kind {
            Kind::Sqlite => format!("X'{}'", id.simple()),
            Kind::Postgres => format!("'{id}'"),
        });
        rest = after;
    }
    filled.push_str(rest);
    filled
}

/// What the first two schemas have in common: a campaign in each state that matters, with people in all states.
fn data(kind: Kind) -> Vec<String> {
    let mut sql = vec![
        "INSERT INTO assistants (id, name, source, provider_assistant_id, config_json, created_at_ms, updated_at_ms) \
         VALUES (#{1}, 'Robin', 'imported', 'provider-1', '{\"id\":\"provider-1\"}', 5, 6)"
            .to_owned(),
    ];
    for (number, status, started, reason) in [
        (10, "RUNNING", "20", "NULL"),
        (11, "PAUSED", "NULL", "NULL"),
        (12, "PAUSED", "NULL", "'no credit'"),
        (13, "COMPLETED", "20", "NULL"),
    ] {
        let total = if number == 10 { 4 } else { 1 };
        sql.push(format!(
            "INSERT INTO campaigns (id, account_id, name, status, mode, cap, assistant_id, phone_number_id, \
             phone_number, pause_reason, total_contacts, rows_read, created_at_ms, started_at_ms, updated_at_ms) \
             SELECT #{{{number}}}, a.id, 'Old {number}', '{status}', 'continuous', 8, #{{1}}, 'number-1', \
             '+15550100', {reason}, {total}, {total}, {number}, {started}, 8 FROM accounts a"
        ));
    }
    let people = [
        (100, 10, "+12125550100", "pending", "NULL", "NULL", "{}"),
        (101, 10, "+12125550101", "calling", "NULL", "#{201}", "{}"),
        (102, 10, "+12125550102", "done", "'human'", "#{202}", "{}"),
        (103, 10, "+12125550103", "skipped", "NULL", "NULL", "{}"),
        (
            110,
            11,
            "+13105550110",
            "pending",
            "NULL",
            "NULL",
            "{\"timezone\": \"America/New_York\"}",
        ),
        (120, 12, "+13105550120", "pending", "NULL", "NULL", "{}"),
        (130, 13, "+12125550130", "done", "'busy'", "#{230}", "{}"),
    ];
    for (number, campaign, phone, state, outcome, call, variables) in people {
        let reason = if state == "skipped" {
            "'asked for it'"
        } else {
            "NULL"
        };
        let attempts = i32::from(state == "done");
        sql.push(format!(
            "INSERT INTO contacts (id, campaign_id, position, line, name, business_name, phone, variables, \
             search_text, state, reason, outcome, attempts, last_call_id, updated_at_ms) VALUES (#{{{number}}}, \
             #{{{campaign}}}, {number}, {number}, 'Person', '', '{phone}', '{variables}', 'person', '{state}', \
             {reason}, {outcome}, {attempts}, {call}, 9)"
        ));
    }
    for (number, campaign, contact, phone, status, outcome, ended, cost) in [
        (
            201,
            10,
            101,
            "+12125550101",
            "IN_PROGRESS",
            "NULL",
            "NULL",
            "NULL",
        ),
        (202, 10, 102, "+12125550102", "ENDED", "'human'", "30", "71200"),
        (230, 13, 130, "+12125550130", "ENDED", "'busy'", "30", "1000"),
    ] {
        let reason = if status == "ENDED" {
            "'customer-busy'"
        } else {
            "NULL"
        };
        sql.push(format!(
            "INSERT INTO calls (id, account_id, campaign_id, contact_id, attempt, phone, phone_number_id, \
             assistant_id, dialling, status, provider_call_id, sent_at_ms, accepted_at_ms, ended_at_ms, ended_reason, \
             cost_usd_micros, outcome, max_duration_ms, reserved_at_ms, dial_lease_ms, last_heard_at_ms) \
             SELECT #{{{number}}}, a.id, #{{{campaign}}}, #{{{contact}}}, 1, '{phone}', 'number-1', #{{1}}, \
             'accepted', '{status}', 'provider-{number}', 20, 20, {ended}, {reason}, {cost}, {outcome}, 3600000, 20, \
             40, 20 FROM accounts a"
        ));
    }
    sql.into_iter().map(|sql| with_ids(&sql, kind)).collect()
}

/// A test call that waits, which the second schema knows first.
const TEST_CALL: [&str; 2] = [
    "INSERT INTO campaigns (id, account_id, name, kind, status, mode, cap, assistant_id, phone_number_id, \
     total_contacts, created_at_ms, updated_at_ms) SELECT #{14}, a.id, 'Test', 'test', 'QUEUED', 'continuous', 1, \
     #{1}, 'number-1', 1, 9, 9 FROM accounts a",
    "INSERT INTO contacts (id, campaign_id, position, line, name, business_name, phone, variables, search_text, state, \
     updated_at_ms) VALUES (#{140}, #{14}, 0, 1, 'Me', '', '+13105550140', '{}', 'me', 'pending', 9)",
];

/// Runs a test on a store that was migrated from an older schema.
async fn migrated(kind: Kind, version: i64, test: impl AsyncFnOnce(&Store)) {
    let mut sql = data(kind);
    if version >= 2 {
        sql.extend(TEST_CALL.map(|sql| with_ids(sql, kind)));
        // What the second schema adds is not told by the first one's insert.
        sql[0] = sql[0]
            .replace("(id, name,", "(id, search_text, name,")
            .replace(", 'Robin',", ", 'robin', 'Robin',");
    }
    match kind {
        Kind::Sqlite => {
            let folder = tempfile::tempdir().unwrap();
            let address = format!("sqlite:{}", folder.path().join("old.db").display());
            let mut old = SqliteConnection::connect(&format!("{address}?mode=rwc"))
                .await
                .unwrap();
            until(&SQLITE, version).run(&mut old).await.unwrap();
            for sql in sql {
                sqlx::query(AssertSqlSafe(sql)).execute(&mut old).await.unwrap();
            }
            old.close().await.unwrap();
            let store = Store::open(&address, options()).await.unwrap();
            store.migrate().await.unwrap();
            test(&store).await;
            store.close().await;
        }
        Kind::Postgres => {
            let (database, address) = server::create_empty().await;
            let mut old = PgConnection::connect(&address).await.unwrap();
            until(&POSTGRES, version).run(&mut old).await.unwrap();
            for sql in sql {
                sqlx::query(AssertSqlSafe(sql)).execute(&mut old).await.unwrap();
            }
            old.close().await.unwrap();
            let store = Store::open(&address, options()).await.unwrap();
            store.migrate().await.unwrap();
            test(&store).await;
            store.close().await;
            server::drop_database(&database).await;
        }
    }
}

/// A test for each database and each earlier schema.
macro_rules! from_every_schema {
    ($($(#[$attribute:meta])* $name:ident),+ $(,)?) => {
        $(
            mod $name {
                use super::*;
                $(#[$attribute])*
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn on_sqlite() {
                    for version in 1..=2 {
                        migrated(Kind::Sqlite, version, async |store| super::$name(store, version).await).await;
                    }
                }
                $(#[$attribute])*
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn on_postgres() {
                    for version in 1..=2 {
                        migrated(Kind::Postgres, version, async |store| super::$name(store, version).await).await;
                    }
                }
            }
        )+
    };
}

from_every_schema! {
    campaigns_keep_what_they_had,
    people_go_on,
    a_complete_campaign_can_be_redialled,
}

async fn campaigns_keep_what_they_had(store: &Store, _version: i64) {
    let running = campaign(store, CampaignId(id(10))).await;
    assert_eq!(
        (running.status, running.numbers.len(), running.policy_version),
        (CampaignStatus::Running, 1, 1)
    );
    assert_eq!(
        (
            running.numbers[0].id.as_str(),
            running.numbers[0].number.as_deref()
        ),
        ("number-1", Some("+15550100"))
    );
    let kinds = [
        campaign(store, CampaignId(id(11))).await.pause_kind,
        campaign(store, CampaignId(id(12))).await.pause_kind,
    ];
    assert_eq!(kinds, [Some(PauseKind::Person), Some(PauseKind::Account)]);
    assert_eq!(running.pause_kind, None);
    let policy = store.policy(running.id).await.unwrap().expect("a policy");
    assert_eq!(policy.version, 1);
    assert_eq!(
        Some(policy.policy.hours),
        Hours::preset("us-federal"),
        "fails closed"
    );
    // What was spent is known from the first moment.
    let tight = domain::policy::Policy {
        money: domain::money::Money {
            alert_usd_micros: Some(71_200),
            budget_usd_micros: None,
        },
        ..domain::policy::Policy::unrestricted()
    };
    store
        .change_policy(running.id, 1, &tight, "Kim", at(NOW))
        .await
        .unwrap();
    assert_eq!(store.bring_due(at(NOW)).await.unwrap().alerted, [running.id]);
}

async fn people_go_on(store: &Store, _version: i64) {
    let running = CampaignId(id(10));
    let states: Vec<_> = contacts(store, running)
        .await
        .into_iter()
        .map(|contact| (contact.state, contact.outcome))
        .collect();
    assert_eq!(
        states,
        [
            (ContactState::Pending, None),
            (ContactState::Calling, None),
            (ContactState::Done, Some(Outcome::Human)),
            (ContactState::Skipped, None),
        ]
    );
    let paused = campaign(store, CampaignId(id(11))).await;
    let told = store
        .why_contact(&paused, ContactId(id(110)), at(NOW))
        .await
        .unwrap()
        .expect("the contact");
    assert_eq!(told.waits.len(), 1, "its zone is known: {told:?}");
    store
        .act(paused.id, domain::campaign::Action::Resume, at(NOW))
        .await
        .unwrap();
    let claimed = store.claim(MAX_DURATION_MS, at(NOW)).await.unwrap().dials;
    let mut called = phones(&claimed);
    called.sort();
    called.retain(|phone| phone != "+13105550140");
    assert_eq!(called, ["+12125550100", "+13105550110"], "by their own clocks");
    // The call under way ends.
    let dial = store::Dial {
        call_id: CallId(id(201)),
        ..claimed[0].clone()
    };
    let mut ended = crate::says::report(&dial, "customer-ended-call", at(NOW));
    ended.call.provider_call_id = Some("provider-201".to_owned());
    ended.says.provider_call_id = Some("provider-201".to_owned());
    store.apply_facts(&[ended], at(NOW)).await.unwrap();
    assert_eq!(contacts(store, running).await[1].outcome, Some(Outcome::Human));
}

async fn a_complete_campaign_can_be_redialled(store: &Store, _version: i64) {
    let complete = CampaignId(id(13));
    let redialled = store.redial(complete, &[Outcome::Busy], at(NOW)).await.unwrap();
    assert!(
        matches!(redialled, Redialled::Done { contacts: 1, .. }),
        "{redialled:?}"
    );
    let claimed = store.claim(MAX_DURATION_MS, at(NOW)).await.unwrap().dials;
    assert!(
        phones(&claimed).contains(&"+12125550130".to_owned()),
        "where they are must be known: {claimed:?}"
    );
}

from_every_schema! {
    campaigns_make_one_attempt_as_they_were_begun,
    a_test_call_that_waited_is_made,
}

async fn campaigns_make_one_attempt_as_they_were_begun(store: &Store, _version: i64) {
    let policy = store.policy(CampaignId(id(10))).await.unwrap().expect("a policy");
    assert_eq!(policy.policy.retries, Retries::none());
    assert!(!policy.policy.callbacks);
}

async fn a_test_call_that_waited_is_made(store: &Store, version: i64) {
    let claimed = store.claim(MAX_DURATION_MS, at(NOW)).await.unwrap().dials;
    assert_eq!(
        phones(&claimed).contains(&"+13105550140".to_owned()),
        version >= 2
    );
}
