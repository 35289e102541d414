//! The hot queries use the index that was made for them, so that their cost does not follow the size of a campaign.

use domain::ids::AccountId;
use sqlx::{AssertSqlSafe, Connection, Row};
use store::{HotQuery, Kind};

use crate::{
    fixture::{self, Fixture},
    people::{List, NOW, start},
    says,
};

/// Each query, its parameters as SQL text, their types on Postgres, and the index it shall use.
fn expectations(campaign: &str, account: &str) -> Vec<(HotQuery, Vec<String>, &'static str, &'static str)> {
    let (campaign, account) = (campaign.to_owned(), account.to_owned());
    let now = NOW.0.to_string();
    let number = |number: i64| number.to_string();
    vec![
        (
            HotQuery::Candidates,
            vec![
                campaign.clone(),
                number(0),
                now.clone(),
                account.clone(),
                number(8),
            ],
            "uuid, int, bigint, uuid, bigint",
            "contacts_pending",
        ),
        (
            HotQuery::NextEligible,
            vec![campaign.clone(), number(0), now.clone()],
            "uuid, int, bigint",
            "contacts_pending",
        ),
        (
            HotQuery::PresentBatch,
            vec![campaign.clone()],
            "uuid",
            "contacts_open",
        ),
        (HotQuery::OpenCalls, vec![account.clone()], "uuid", "calls_open"),
        (
            HotQuery::AwaitedDetails,
            vec![account, now],
            "uuid, bigint",
            "calls_awaiting_cost",
        ),
        (HotQuery::Export, vec![campaign], "uuid", "contacts_in_order"),
    ]
}

/// A large campaign of which nearly everybody has been called, and a few are being called.
async fn mostly_called(fixture: &Fixture) -> (String, String) {
    let store = &fixture.store;
    let id = start(store, &List::of(0..5_000)).await;
    store.set_line_cap(50).await.unwrap();
    for round in 0..2 {
        let dials = crate::people::dial(store, NOW).await;
        assert_eq!(dials.len(), 50);
        if round == 0 {
            let ends: Vec<_> = dials
                .iter()
                .map(|dial| says::report(dial, "voicemail", NOW))
                .collect();
            store.apply_facts(&ends, NOW).await.unwrap();
        }
    }
    let of_campaign = format!("campaign_id = {}", fixture.literal(id.0));
    fixture
        .execute(&format!("UPDATE contacts SET state = 'done', outcome = 'human' WHERE {of_campaign} AND state = 'pending' AND position % 20 > 0"))
        .await
        .unwrap();
    // Many old calls, as after a few campaigns.
    let number_of_copies = 100;
    for copy in 0..number_of_copies {
        let id = match fixture.kind() {
            Kind::Sqlite => "randomblob(16)",
            Kind::Postgres => "gen_random_uuid()",
        };
        fixture
            .execute(&format!(
                "INSERT INTO calls (id, account_id, campaign_id, contact_id, attempt, phone, phone_number_id, assistant_id, \
                 dialling, status, max_duration_ms, reserved_at_ms, dial_lease_ms, last_heard_at_ms, ended_at_ms, cost_usd_micros) \
                 SELECT {id}, account_id, campaign_id, contact_id, {copy}, phone, phone_number_id, assistant_id, dialling, \
                 'ENDED', 1, 1, 1, 1, 1, 1 FROM calls WHERE ended_at_ms > 1"
            ))
            .await
            .unwrap();
    }
    (fixture.literal(id.0), fixture.literal(AccountId::DEFAULT.0))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn on_sqlite_the_hot_queries_use_their_indexes() {
    fixture::run(Kind::Sqlite, async |fixture| {
        let (campaign, account) = mostly_called(fixture).await;
        for (query, parameters, _, index) in expectations(&campaign, &account) {
            let mut sql = query.sql().to_owned();
            for (number, parameter) in parameters.iter().enumerate().rev() {
                sql = sql.replace(&format!("${}", number + 1), parameter);
            }
            let plan: Vec<String> = sqlx::query(AssertSqlSafe(format!("EXPLAIN QUERY PLAN {sql}")))
                .fetch_all(fixture.sqlite())
                .await
                .unwrap()
                .iter()
                .map(|row| row.get::<String, _>("detail"))
                .collect();
            let uses = plan
                .iter()
                .any(|step| step.starts_with("SEARCH") && step.contains(index));
            assert!(uses, "{query:?} does not search by {index}: {plan:#?}");
            assert!(
                !plan.iter().any(|step| step.starts_with("SCAN")),
                "{query:?} reads a whole table: {plan:#?}"
            );
            let sorts = plan.iter().any(|step| step.contains("TEMP B-TREE FOR ORDER BY"));
            assert!(!sorts, "{query:?} sorts: {plan:#?}");
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn on_postgres_the_hot_queries_use_their_indexes() {
    fixture::run(Kind::Postgres, async |fixture| {
        let (campaign, account) = mostly_called(fixture).await;
        fixture.execute("ANALYZE").await.unwrap();
        let mut connection = fixture.postgres().acquire().await.unwrap();
        // Both as planned for these very values and as a statement that was prepared long ago.
        for mode in ["force_custom_plan", "force_generic_plan"] {
            for (query, parameters, types, index) in expectations(&campaign, &account) {
                let setup = format!(
                    "SET plan_cache_mode = {mode}; PREPARE hot ({types}) AS {}",
                    query.sql()
                );
                sqlx::raw_sql(AssertSqlSafe(setup))
                    .execute(&mut *connection)
                    .await
                    .unwrap();
                let explain = format!("EXPLAIN EXECUTE hot ({})", parameters.join(", "));
                let plan = sqlx::raw_sql(AssertSqlSafe(explain))
                    .fetch_all(&mut *connection)
                    .await
                    .unwrap();
                let plan: Vec<String> = plan.iter().map(|row| row.get::<String, _>(0)).collect();
                sqlx::raw_sql("DEALLOCATE hot")
                    .execute(&mut *connection)
                    .await
                    .unwrap();
                let uses = plan.iter().any(|step| step.contains(&format!(" {index} ")));
                assert!(uses, "{query:?} does not use {index} under {mode}: {plan:#?}");
                let scans = plan.iter().any(|step| step.contains("Seq Scan"));
                assert!(!scans, "{query:?} reads a whole table under {mode}: {plan:#?}");
            }
        }
        connection.ping().await.unwrap();
    })
    .await;
}
