//! The hot queries use the index that was made for them, so that their cost does not follow the size of a campaign.

use domain::{
    ids::{AccountId, CallId},
    time::DAY_MS,
};
use sqlx::{AssertSqlSafe, Row};
use store::{HotQuery, Kind, SuppressionSource};

use crate::{
    fixture::{self, Fixture},
    people::{List, NOW, start},
    says,
};

/// A query, its parameters as SQL text, their types on Postgres, and the indexes it shall use.
struct Expectation {
    query: HotQuery,
    parameters: Vec<String>,
    types: &'static str,
    indexes: &'static [&'static str],
}

/// Ids of the large campaign, as SQL text, and of one of its calls.
struct World {
    campaign: String,
    account: String,
    call: CallId,
}

impl World {
    fn expectations(&self, kind: Kind) -> Vec<Expectation> {
        let (campaign, account, call) = (self.campaign.as_str(), self.account.as_str(), self.call);
        let expect = |query, parameters: &[&str], types, indexes| Expectation {
            query,
            parameters: parameters.iter().map(|&text| text.to_owned()).collect(),
            types,
            indexes,
        };
        let now = &NOW.0.to_string();
        let a_day_ago = &(NOW - DAY_MS).0.to_string();
        let (calls, provider_calls) = match kind {
            Kind::Sqlite => (
                format!("'[\"{}\"]'", call.0.simple()),
                "'[\"provider-1\", \"provider-2\"]'",
            ),
            Kind::Postgres => (format!("'{{{call}}}'"), "'{provider-1, provider-2}'"),
        };
        let (places, numbers) = match kind {
            Kind::Sqlite => ("'[0, 1]'", "'[\"+4930\", \"+493\"]'"),
            Kind::Postgres => ("'{0, 1}'", "'{+4930, +493}'"),
        };
        // A constraint's index has another name on each database.
        let calls_of_facts: &[&str] = match kind {
            Kind::Sqlite => &["sqlite_autoindex_calls_1", "sqlite_autoindex_calls_2"],
            Kind::Postgres => &["calls_pkey", "calls_provider_call_id_key"],
        };
        vec![
            expect(
                HotQuery::Candidates,
                &[campaign, "0", now, places, "8"],
                "uuid, int, bigint, int[], bigint",
                &["contacts_pending", "contacts_callbacks"],
            ),
            expect(
                HotQuery::NextEligible,
                &[campaign, "0", now],
                "uuid, int, bigint",
                &["contacts_pending"],
            ),
            expect(
                HotQuery::Attempts,
                &[account, numbers, a_day_ago],
                "uuid, text[], bigint",
                &["calls_by_number"],
            ),
            expect(
                HotQuery::Suppressions,
                &[account, numbers, campaign, now],
                "uuid, text[], uuid, bigint",
                &["suppressions_by_number"],
            ),
            expect(HotQuery::Held, &[campaign], "uuid", &["calls_unsettled"]),
            expect(HotQuery::PresentBatch, &[campaign], "uuid", &["contacts_open"]),
            expect(HotQuery::OpenCalls, &[account], "uuid", &["calls_open"]),
            expect(
                HotQuery::Orphans,
                &[account, now],
                "uuid, bigint",
                &["calls_open"],
            ),
            expect(
                HotQuery::SentLately,
                &[account, now, now, "3", now],
                "uuid, bigint, bigint, bigint, bigint",
                &["calls_by_reserved"],
            ),
            expect(
                HotQuery::Pace,
                &[account, now, now, now],
                "uuid, bigint, bigint, bigint",
                &["calls_by_reserved"],
            ),
            expect(HotQuery::Account, &[account], "uuid", &["calls_open"]),
            expect(HotQuery::LookedUp, &[account], "uuid", &["calls_open"]),
            expect(
                HotQuery::AwaitedDetails,
                &[account, now],
                "uuid, bigint",
                &["calls_awaiting_cost"],
            ),
            expect(
                HotQuery::Preflight,
                &[campaign, account, now],
                "uuid, uuid, bigint",
                &["contacts_pending_by_phone", "suppressions_everywhere"],
            ),
            expect(HotQuery::Export, &[campaign], "uuid", &["contacts_in_order"]),
            expect(
                HotQuery::CallsOfFacts,
                &[&calls, provider_calls],
                "uuid[], text[]",
                calls_of_facts,
            ),
        ]
    }
}

/// A large campaign of which nearly everybody has been called, and a few are being called.
async fn mostly_called(fixture: &Fixture) -> World {
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
    // A list as long as any, and everybody in it somebody else.
    let forbidden: Vec<_> = (0..3_000)
        .map(|index| crate::suppressions::exact(&format!("+1212{index:07}")))
        .collect();
    store
        .forbid(&forbidden, None, SuppressionSource::List, "", NOW)
        .await
        .unwrap();
    World {
        campaign: fixture.literal(id.0),
        account: fixture.literal(AccountId::DEFAULT.0),
        call: store.open_calls().await.unwrap()[0].call_id,
    }
}

/// A result of a few rows that is read again.
fn merges(step: &str) -> bool {
    step.starts_with("SCAN (subquery-") || matches!(step, "SCAN n" | "SCAN l" | "SCAN p")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn on_sqlite_the_hot_queries_use_their_indexes() {
    fixture::run(Kind::Sqlite, async |fixture| {
        let world = mostly_called(fixture).await;
        for Expectation {
            query,
            parameters,
            indexes,
            ..
        } in world.expectations(Kind::Sqlite)
        {
            let mut sql = query.sql(Kind::Sqlite).to_owned();
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
            for index in indexes {
                let uses = plan
                    .iter()
                    .any(|step| step.starts_with("SEARCH") && step.contains(index));
                assert!(uses, "{query:?} does not search by {index}: {plan:#?}");
            }
            let harmless =
                |step: &str| step == "SCAN CONSTANT ROW" || step.contains("json_each") || merges(step);
            let scans = plan
                .iter()
                .any(|step| step.starts_with("SCAN") && !harmless(step));
            assert!(!scans, "{query:?} reads a whole table: {plan:#?}");
            // The claim puts the first few of each place in order, and open calls are few.
            let may_sort = matches!(
                query,
                HotQuery::Candidates | HotQuery::Orphans | HotQuery::LookedUp | HotQuery::SentLately
            );
            let sorts = plan.iter().any(|step| step.contains("TEMP B-TREE FOR ORDER BY"));
            assert!(!sorts || may_sort, "{query:?} sorts: {plan:#?}");
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn on_postgres_the_hot_queries_use_their_indexes() {
    fixture::run(Kind::Postgres, async |fixture| {
        let world = mostly_called(fixture).await;
        fixture.execute("ANALYZE").await.unwrap();
        let mut connection = fixture.postgres().acquire().await.unwrap();
        // Both as planned for these very values and as a statement that was prepared long ago.
        for mode in ["force_custom_plan", "force_generic_plan"] {
            for Expectation {
                query,
                parameters,
                types,
                indexes,
            } in world.expectations(Kind::Postgres)
            {
                // The server sorts on its own disk, and hashes what it compares with many: it may think that quicker.
                if matches!(query, HotQuery::Export | HotQuery::Preflight) {
                    continue;
                }
                let sql = query.sql(Kind::Postgres);
                let setup = format!("SET plan_cache_mode = {mode}; PREPARE hot ({types}) AS {sql}");
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
                for index in indexes {
                    let uses = plan.iter().any(|step| step.contains(&format!(" {index} ")));
                    assert!(uses, "{query:?} does not use {index} under {mode}: {plan:#?}");
                }
                // Nobody needs an index for the one or two accounts, campaigns and places there are.
                let scans = plan.iter().any(|step| {
                    step.contains("Seq Scan")
                        && !step.contains("on campaigns")
                        && !step.contains("on campaign_places")
                        && !step.contains("on accounts")
                });
                assert!(!scans, "{query:?} reads a whole table under {mode}: {plan:#?}");
            }
        }
    })
    .await;
}
