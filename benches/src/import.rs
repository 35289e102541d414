//! From a CSV file to committed contacts, against a bare bulk insert of the same rows.

use std::{ops::ControlFlow, sync::Arc, time::Duration};

use anyhow::ensure;
use domain::ids::AssistantId;
use sqlx::{PgPool, QueryBuilder, Sqlite, SqlitePool, types::Json};
use store::{NewContact, Page, Store, Totals};
use tokio::sync::mpsc;
use uuid::Uuid;

use crate::{
    database::{Database, Raw},
    list,
    report::Measure,
    setup,
    timing::{Latencies, Stopwatch, per_second},
};

/// The median of so many rounds counts.
const ROUNDS: usize = 3;
/// Rows of one statement of the bare insert, as many as is quickest.
const ROWS_AT_ONCE_SQLITE: usize = 500;
const ROWS_AT_ONCE_POSTGRES: usize = 5_000;

/// The columns of `contacts`, and nothing else: no index, no key, no check.
const BARE_SQLITE: &str = "CREATE TABLE bare_contacts (id BLOB, campaign_id BLOB, position INTEGER, batch_index INTEGER, \
     line INTEGER, name TEXT, business_name TEXT, phone TEXT, extension TEXT, variables TEXT, search_text TEXT, \
     state TEXT, eligible_at_ms INTEGER, reason TEXT, outcome TEXT, attempts INTEGER, refusals INTEGER, \
     last_call_id BLOB, updated_at_ms INTEGER)";
const BARE_POSTGRES: &str = "CREATE TABLE bare_contacts (id UUID, campaign_id UUID, position BIGINT, batch_index INTEGER, \
     line BIGINT, name TEXT, business_name TEXT, phone TEXT, extension TEXT, variables JSONB, search_text TEXT, \
     state TEXT, eligible_at_ms BIGINT, reason TEXT, outcome TEXT, attempts INTEGER, refusals INTEGER, \
     last_call_id UUID, updated_at_ms BIGINT)";

const FILL_POSTGRES: &str = "INSERT INTO bare_contacts SELECT id, $8, position, 0, position, name, business_name, phone, NULL, \
     variables, search_text, 'pending', 0, NULL, NULL, 0, 0, NULL, $9 \
     FROM UNNEST($1::uuid[], $2::bigint[], $3::text[], $4::text[], $5::text[], $6::jsonb[], $7::text[]) \
       AS r (id, position, name, business_name, phone, variables, search_text)";

/// Measures parsing, storing, both together, and bare inserting of so many rows.
pub(crate) async fn measure(database: &Database, rows: usize) -> anyhow::Result<Vec<Measure>> {
    let csv = Arc::new(list::csv(rows));
    let assistant = setup::assistant(&database.store).await?;
    make_bare_table(&database.raw).await?;
    let [mut parse, mut store, mut import, mut bare] = [(); 4].map(|()| Latencies::default());
    for round in 1..=ROUNDS {
        let watch = Stopwatch::start();
        let contacts = parse_alone(&csv, rows)?;
        parse.add(watch.elapsed());

        let watch = Stopwatch::start();
        store_alone(&database.store, &contacts, assistant).await?;
        store.add(watch.elapsed());
        check_campaigns(&database.store, rows).await?;

        let watch = Stopwatch::start();
        import_list(&database.store, csv.clone(), rows, assistant).await?;
        import.add(watch.elapsed());
        check_campaigns(&database.store, rows).await?;

        let watch = Stopwatch::start();
        insert_bare(&database.raw, &contacts).await?;
        bare.add(watch.elapsed());
        check_bare(&database.raw, rows * round).await?;
    }
    let [parse, store, import, bare] = [parse, store, import, bare]
        .map(|taken| per_second(rows, Duration::from_secs_f64(taken.median_ms() / 1e3)));
    Ok(vec![
        Measure::per_second("import_rows_per_s", "import: parse, store, commit", import),
        Measure::per_second("parse_rows_per_s", "parse alone", parse),
        Measure::per_second(
            "store_rows_per_s",
            "store alone: rows in memory to the commit",
            store,
        ),
        Measure::per_second(
            "bare_rows_per_s",
            "bare bulk insert: no index, one transaction",
            bare,
        ),
        Measure::ratio("import_to_bare", "import : bare insert", import / bare),
        Measure::ratio("store_to_bare", "store alone : bare insert", store / bare),
        Measure::ratio("import_to_parse", "import : parse alone", import / parse),
    ])
}

fn parse_alone(csv: &[u8], rows: usize) -> anyhow::Result<Vec<NewContact>> {
    let mut contacts = Vec::with_capacity(rows);
    list::read(csv, &list::settings(rows)?, |batch| {
        contacts.extend(batch);
        ControlFlow::Continue(())
    })?;
    ensure!(
        contacts.len() == rows,
        "the list has {rows} rows, but {} were accepted",
        contacts.len()
    );
    Ok(contacts)
}

async fn store_alone(store: &Store, contacts: &[NewContact], assistant: AssistantId) -> anyhow::Result<()> {
    let campaign = setup::campaign("store alone", assistant);
    let mut import = store.begin_import(&campaign, setup::NOW).await?;
    for batch in contacts.chunks(list::BATCH) {
        import.add(batch).await?;
    }
    import.finish(Totals::default(), &[]).await?;
    Ok(())
}

/// As the product does it: one thread reads, and what it has read is stored meanwhile.
async fn import_list(
    store: &Store,
    csv: Arc<Vec<u8>>,
    rows: usize,
    assistant: AssistantId,
) -> anyhow::Result<()> {
    let settings = list::settings(rows)?;
    let (sender, mut batches) = mpsc::channel(2);
    let reading = tokio::task::spawn_blocking(move || {
        list::read(&csv, &settings, |batch| match sender.blocking_send(batch) {
            Ok(()) => ControlFlow::Continue(()),
            Err(_) => ControlFlow::Break(()),
        })
    });
    let mut import = store
        .begin_import(&setup::campaign("import", assistant), setup::NOW)
        .await?;
    while let Some(batch) = batches.recv().await {
        import.add(&batch).await?;
    }
    let report = reading.await??;
    let totals = Totals {
        rows: u32::try_from(report.rows)?,
        ..Totals::default()
    };
    import.finish(totals, &[]).await?;
    Ok(())
}

/// Whether every campaign holds every row.
async fn check_campaigns(store: &Store, rows: usize) -> anyhow::Result<()> {
    let all = store
        .campaigns(
            false,
            Page {
                limit: 100,
                offset: 0,
            },
        )
        .await?;
    let stored = all
        .iter()
        .filter(|campaign| u64::from(campaign.total_contacts) == rows as u64)
        .count();
    ensure!(
        stored == all.len(),
        "{stored} of {} campaigns hold {rows} rows",
        all.len()
    );
    Ok(())
}

async fn check_bare(raw: &Raw, rows: usize) -> anyhow::Result<()> {
    let count = "SELECT COUNT(*) FROM bare_contacts";
    let found: i64 = match raw {
        Raw::Sqlite(pool) => sqlx::query_scalar(count).fetch_one(pool).await?,
        Raw::Postgres(pool) => sqlx::query_scalar(count).fetch_one(pool).await?,
    };
    ensure!(
        usize::try_from(found)? == rows,
        "the bare table has {found} of {rows} rows"
    );
    Ok(())
}

async fn make_bare_table(raw: &Raw) -> anyhow::Result<()> {
    match raw {
        Raw::Sqlite(pool) => sqlx::raw_sql(BARE_SQLITE).execute(pool).await.map(|_| ())?,
        Raw::Postgres(pool) => sqlx::raw_sql(BARE_POSTGRES).execute(pool).await.map(|_| ())?,
    }
    Ok(())
}

async fn insert_bare(raw: &Raw, contacts: &[NewContact]) -> anyhow::Result<()> {
    match raw {
        Raw::Sqlite(pool) => insert_bare_sqlite(pool, contacts).await,
        Raw::Postgres(pool) => insert_bare_postgres(pool, contacts).await,
    }
}

async fn insert_bare_sqlite(pool: &SqlitePool, contacts: &[NewContact]) -> anyhow::Result<()> {
    let mut tx = pool.begin().await?;
    for chunk in contacts.chunks(ROWS_AT_ONCE_SQLITE) {
        let mut insert = QueryBuilder::<Sqlite>::new("INSERT INTO bare_contacts ");
        insert.push_values(chunk, |mut values, row| {
            values
                .push_bind(id_of(row))
                .push_bind(Uuid::nil())
                .push_bind(line_of(row))
                .push("0")
                .push_bind(line_of(row));
            values
                .push_bind(&row.name)
                .push_bind(&row.business_name)
                .push_bind(&row.phone)
                .push("NULL");
            values
                .push_bind(Json(&row.variables))
                .push_bind(search_text(row))
                .push("'pending'")
                .push("0")
                .push("NULL");
            values
                .push("NULL")
                .push("0")
                .push("0")
                .push("NULL")
                .push_bind(setup::NOW.0);
        });
        insert.build().execute(&mut *tx).await?;
    }
    tx.commit().await?;
    Ok(())
}

async fn insert_bare_postgres(pool: &PgPool, contacts: &[NewContact]) -> anyhow::Result<()> {
    let mut tx = pool.begin().await?;
    for chunk in contacts.chunks(ROWS_AT_ONCE_POSTGRES) {
        let texts = |text: fn(&NewContact) -> &str| chunk.iter().map(text).collect::<Vec<&str>>();
        sqlx::query(FILL_POSTGRES)
            .bind(chunk.iter().map(id_of).collect::<Vec<_>>())
            .bind(chunk.iter().map(line_of).collect::<Vec<_>>())
            .bind(texts(|row| &row.name))
            .bind(texts(|row| &row.business_name))
            .bind(texts(|row| &row.phone))
            .bind(chunk.iter().map(|row| Json(&row.variables)).collect::<Vec<_>>())
            .bind(chunk.iter().map(search_text).collect::<Vec<_>>())
            .bind(Uuid::nil())
            .bind(setup::NOW.0)
            .execute(&mut *tx)
            .await?;
    }
    tx.commit().await?;
    Ok(())
}

fn id_of(row: &NewContact) -> Uuid {
    Uuid::from_u64_pair(row.line, 0)
}

fn line_of(row: &NewContact) -> i64 {
    i64::try_from(row.line).unwrap_or(i64::MAX)
}

fn search_text(row: &NewContact) -> String {
    format!("{}\n{}\n{}", row.name, row.business_name, row.phone).to_lowercase()
}
