//! The tables: the same on both databases, a log that nobody edits, and rows that only their owner sees.

use std::collections::BTreeMap;

use sqlx::AssertSqlSafe;
use store::Kind;

use crate::{
    fixture::{self, Fixture},
    says,
};

contract! { the_log_refuses_to_be_edited }

/// Guarantee *one log*.
async fn the_log_refuses_to_be_edited(fixture: &Fixture) {
    let (_, dial) = fixture.one_call().await;
    let facts = [says::accepted(&dial, crate::people::NOW)];
    fixture
        .store
        .apply_facts(&facts, crate::people::NOW)
        .await
        .unwrap();
    let before = fixture.count("call_events", "1 = 1").await;
    assert_eq!(before, 3, "reserved, sent, accepted");
    let mut edits = vec![
        "UPDATE call_events SET kind = 'nothing'",
        "UPDATE call_events SET created_at_ms = created_at_ms + 1 WHERE kind = 'reserved'",
        "DELETE FROM call_events",
        "DELETE FROM call_events WHERE kind = 'reserved'",
    ];
    edits.push("INSERT INTO call_events SELECT * FROM call_events WHERE 1 = 1 ON CONFLICT (id) DO UPDATE SET kind = 'nothing'");
    if fixture.kind() == Kind::Postgres {
        edits.extend(["TRUNCATE call_events", "TRUNCATE calls CASCADE"]);
    } else {
        // Here the conflict is not even reached, for REPLACE would delete on the sly.
        edits.pop();
        let replace = "REPLACE INTO call_events SELECT id, call_id, campaign_id, source, 'nothing', status, says, payload, \
                       at_ms, created_at_ms, fingerprint FROM call_events";
        assert_eq!(fixture.execute(replace).await.unwrap(), 0);
    }
    for edit in edits {
        let refused = fixture.execute(edit).await.unwrap_err().to_string();
        assert!(refused.contains("append-only"), "{edit}: {refused}");
    }
    assert_eq!(fixture.count("call_events", "kind <> 'nothing'").await, before);
}

/// Table or view, column, and whether it may be empty.
type Columns = BTreeMap<(String, String), bool>;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn both_schemas_have_the_same_tables_columns_and_indexes() {
    let mut columns: Vec<Columns> = Vec::new();
    let mut indexes: Vec<Vec<Option<String>>> = Vec::new();
    fixture::run(Kind::Sqlite, async |fixture| {
        let rows: Vec<(String, String, bool)> = sqlx::query_as(
            "SELECT m.name, c.name, NOT (c.\"notnull\" OR c.pk > 0) FROM sqlite_schema m, pragma_table_info(m.name) c \
             WHERE m.type IN ('table', 'view') AND m.name NOT LIKE 'sqlite%' AND m.name <> '_sqlx_migrations'",
        )
        .fetch_all(fixture.sqlite())
        .await
        .unwrap();
        columns.push(rows.into_iter().map(|(table, column, empty)| ((table, column), empty)).collect());
        let sql = "SELECT name FROM sqlite_schema WHERE type = 'index' AND sql IS NOT NULL ORDER BY name";
        indexes.push(fixture.texts(sql).await);
        let sql = "SELECT name FROM pragma_table_list WHERE schema = 'main' AND type = 'table' AND strict = 0 \
                   AND name NOT LIKE 'sqlite%' AND name <> '_sqlx_migrations'";
        assert_eq!(fixture.texts(sql).await, [], "tables that take values of any type");
    })
    .await;
    fixture::run(Kind::Postgres, async |fixture| {
        let rows: Vec<(String, String, bool)> = sqlx::query_as(
            "SELECT table_name::text, column_name::text, is_nullable = 'YES' FROM information_schema.columns \
             WHERE table_schema = 'public' AND table_name <> '_sqlx_migrations'",
        )
        .fetch_all(fixture.postgres())
        .await
        .unwrap();
        columns.push(
            rows.into_iter()
                .map(|(table, column, empty)| ((table, column), empty))
                .collect(),
        );
        // Those that belong to a constraint have names of their own on each database.
        let sql = "SELECT indexname::text FROM pg_indexes i WHERE schemaname = 'public' AND NOT EXISTS \
                   (SELECT 1 FROM pg_constraint c WHERE c.conname = i.indexname) ORDER BY indexname";
        indexes.push(fixture.texts(sql).await);
    })
    .await;
    assert!(columns[0].len() > 90, "{}", columns[0].len());
    assert_eq!(columns[0], columns[1]);
    assert!(indexes[0].len() > 10, "{:?}", indexes[0]);
    assert_eq!(indexes[0], indexes[1]);
}

/// A Supabase anon key has every privilege on every table. Row-level security without any policy hides all rows from it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn on_postgres_nobody_but_the_owner_sees_or_writes_a_row() {
    fixture::run(Kind::Postgres, async |fixture| {
        let (_, dial) = fixture.one_call().await;
        let facts = [says::accepted(&dial, crate::people::NOW)];
        fixture
            .store
            .apply_facts(&facts, crate::people::NOW)
            .await
            .unwrap();

        let open = "SELECT tablename::text FROM pg_tables WHERE schemaname = 'public' AND NOT rowsecurity";
        assert_eq!(fixture.texts(open).await, [], "tables without row-level security");
        let policies = "SELECT policyname::text FROM pg_policies WHERE schemaname = 'public'";
        assert_eq!(fixture.texts(policies).await, []);

        let mut connection = fixture.postgres().acquire().await.unwrap();
        let role: String = sqlx::query_scalar("SELECT 'anon_' || current_database()")
            .fetch_one(&mut *connection)
            .await
            .unwrap();
        let setup = format!(
            "CREATE ROLE {role}; GRANT USAGE ON SCHEMA public TO {role}; \
             GRANT ALL ON ALL TABLES IN SCHEMA public TO {role}; SET ROLE {role}"
        );
        sqlx::raw_sql(AssertSqlSafe(setup))
            .execute(&mut *connection)
            .await
            .unwrap();
        let names: Vec<String> = sqlx::query_scalar(
            "SELECT table_name::text FROM information_schema.tables WHERE table_schema = 'public'",
        )
        .fetch_all(&mut *connection)
        .await
        .unwrap();
        assert!(names.len() >= 13, "{names:?}");
        for name in names {
            let rows: i64 = sqlx::query_scalar(AssertSqlSafe(format!("SELECT COUNT(*) FROM {name}")))
                .fetch_one(&mut *connection)
                .await
                .unwrap();
            assert_eq!(rows, 0, "{name} shows rows to a stranger");
        }
        let insert = "INSERT INTO turns (duty, taken_at_ms) VALUES ('mischief', 1)";
        let refused = sqlx::query(insert)
            .execute(&mut *connection)
            .await
            .unwrap_err()
            .to_string();
        assert!(refused.contains("row-level security"), "{refused}");
        let changed = sqlx::query("UPDATE calls SET status = 'ENDED'")
            .execute(&mut *connection)
            .await
            .unwrap();
        assert_eq!(changed.rows_affected(), 0);

        let teardown = format!("RESET ROLE; DROP OWNED BY {role}; DROP ROLE {role}");
        sqlx::raw_sql(AssertSqlSafe(teardown))
            .execute(&mut *connection)
            .await
            .unwrap();
    })
    .await;
}
