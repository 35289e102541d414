//! Filling a campaign with contacts, calls and events, as if it had been called for hours: set-based, in the database.

use domain::ids::{AccountId, AssistantId, CampaignId};
use sqlx::{PgConnection, SqliteConnection};

use crate::{
    database::{Database, Raw},
    setup::NOW,
};

/// What a campaign shall hold.
#[derive(Clone, Copy)]
pub(crate) struct Fill {
    /// All contacts.
    pub(crate) contacts: i64,
    /// The first so many have been called and are done.
    pub(crate) called: i64,
    /// The next so many have a live call that the provider has accepted.
    pub(crate) live: i64,
    /// Tells the provider's ids of several campaigns in one database apart. 0 to 4095.
    pub(crate) series: i64,
}

/// Events of a called contact.
pub(crate) const EVENTS_A_CALL: i64 = 4;

/// Contacts written in one transaction.
const AT_ONCE: i64 = 100_000;
/// Calls were placed one every so many milliseconds.
const CALL_EVERY_MS: i64 = 50;

// `$1` campaign, `$2` from position, `$3` to position, `$4` called, `$5` called or live, `$6` imported at, `$7` first call
// at, `$8` series, `$9` milliseconds between calls. As in real data, ids sort by the time and order of their making.
const CONTACTS_SQLITE: &str = "WITH RECURSIVE n (i) AS (SELECT $2 UNION ALL SELECT i + 1 FROM n WHERE i + 1 < $3) \
     INSERT INTO contacts (id, campaign_id, position, batch_index, line, name, business_name, phone, variables, \
       search_text, place, state, outcome, attempts, last_call_id, updated_at_ms) \
     SELECT unhex(printf('%012x70008%03x%012x', $6, $8, i)), $1, i, 0, i + 2, 'Contact ' || i, 'Business ' || i, '+1' || (4142000000 + 10000000 * $8 + i), printf('{\"city\":\"San Francisco\",\"consent\":\"yes\",\"policy\":\"POL-%08d\"}', i), \
       'contact ' || i || char(10) || 'business ' || i || char(10) || '+1' || (4142000000 + 10000000 * $8 + i), i % 20, \
       CASE WHEN i < $4 THEN 'done' WHEN i < $5 THEN 'calling' ELSE 'pending' END, \
       CASE WHEN i >= $4 THEN NULL WHEN i % 10 < 4 THEN 'human' WHEN i % 10 < 7 THEN 'voicemail' \
            WHEN i % 10 < 9 THEN 'no_answer' ELSE 'busy' END, \
       i < $4, CASE WHEN i < $5 THEN unhex(printf('%012x70008%03x%012x', $7 + i * $9, $8, i)) END, $6 FROM n";
const CONTACTS_POSTGRES: &str = "INSERT INTO contacts (id, campaign_id, position, batch_index, line, name, business_name, \
       phone, variables, search_text, place, state, outcome, attempts, last_call_id, updated_at_ms) \
     SELECT (lpad(to_hex($6::bigint), 12, '0') || '70008' || lpad(to_hex($8::bigint), 3, '0') || lpad(to_hex(i), 12, '0'))::uuid, \
       $1, i, 0, i + 2, 'Contact ' || i, 'Business ' || i, '+1' || (4142000000 + 10000000 * $8::bigint + i), \
       jsonb_build_object('city', 'San Francisco', 'consent', 'yes', 'policy', 'POL-' || lpad(i::text, 8, '0')), \
       'contact ' || i || chr(10) || 'business ' || i || chr(10) || '+1' || (4142000000 + 10000000 * $8::bigint + i), i % 20, \
       CASE WHEN i < $4::bigint THEN 'done' WHEN i < $5::bigint THEN 'calling' ELSE 'pending' END, \
       CASE WHEN i >= $4 THEN NULL WHEN i % 10 < 4 THEN 'human' WHEN i % 10 < 7 THEN 'voicemail' \
            WHEN i % 10 < 9 THEN 'no_answer' ELSE 'busy' END, \
       (i < $4)::int, CASE WHEN i < $5 THEN (lpad(to_hex($7::bigint + i * $9::bigint), 12, '0') || '70008' \
            || lpad(to_hex($8::bigint), 3, '0') || lpad(to_hex(i), 12, '0'))::uuid END, \
       $6 FROM generate_series($2::bigint, $3::bigint - 1) AS i";

// `$1` campaign, `$2` from position, `$3` to position, `$4` account, `$5` assistant, `$6` first call at, `$7` series, `$8`
// milliseconds between calls. One text for both databases.
const CALLS: &str = "INSERT INTO calls (id, account_id, campaign_id, contact_id, attempt, phone, phone_number_id, \
       assistant_id, dialling, status, provider_call_id, sent_at_ms, accepted_at_ms, ringing_at_ms, started_at_ms, \
       ended_at_ms, ended_reason, cost_usd_micros, user_turns, summary, outcome, max_duration_ms, reserved_at_ms, \
       dial_lease_ms, last_heard_at_ms) \
     SELECT last_call_id, $4, campaign_id, id, 1, phone, '20000000-0000-4000-8000-000000000001', $5, 'accepted', \
       CASE WHEN state = 'done' THEN 'ENDED' ELSE 'QUEUED' END, \
       'provider-' || CAST($7 AS BIGINT) || '-' || position, at_ms, at_ms, \
       CASE WHEN state = 'done' THEN at_ms + 2000 END, CASE WHEN outcome = 'human' THEN at_ms + 9000 END, \
       CASE WHEN state = 'done' THEN at_ms + 43000 END, \
       CASE outcome WHEN 'human' THEN 'customer-ended-call' WHEN 'voicemail' THEN 'voicemail' \
            WHEN 'no_answer' THEN 'customer-did-not-answer' WHEN 'busy' THEN 'customer-busy' END, \
       CASE WHEN state = 'done' THEN 60000 + position % 5000 END, CASE WHEN outcome = 'human' THEN 6 END, \
       CASE WHEN state = 'done' THEN 'The person confirmed the appointment and asked for a reminder by text message.' END, \
       outcome, 600000, at_ms, at_ms + 30000, at_ms + 43000 \
     FROM (SELECT *, CAST($6 AS BIGINT) + position * CAST($8 AS BIGINT) AS at_ms FROM contacts \
           WHERE campaign_id = $1 AND position >= $2 AND position < $3 AND last_call_id IS NOT NULL) AS c";

// Parameters as above, as far as they go.
const EVENTS_SQLITE: &str = "INSERT INTO call_events (id, call_id, campaign_id, source, kind, status, says, at_ms, \
       created_at_ms, fingerprint) \
     SELECT unhex(printf('%012x70008%s', k.reserved_at_ms + e.after_ms, substr(hex(randomblob(8)), 2))), k.id, $1, e.source, \
       e.kind, e.status, '{}', k.reserved_at_ms + e.after_ms, k.reserved_at_ms + e.after_ms, random() \
     FROM contacts c JOIN calls k ON k.id = c.last_call_id \
     CROSS JOIN (SELECT 'engine' AS source, 'reserved' AS kind, 'QUEUED' AS status, 0 AS after_ms \
                 UNION ALL SELECT 'dial', 'dial.accepted', 'QUEUED', 300 \
                 UNION ALL SELECT 'webhook', 'status-update', 'ENDED', 43000 \
                 UNION ALL SELECT 'webhook', 'end-of-call-report', 'ENDED', 50000) AS e \
     WHERE c.campaign_id = $1 AND c.position >= $2 AND c.position < $3 AND c.state = 'done'";
const EVENTS_POSTGRES: &str = "INSERT INTO call_events (id, call_id, campaign_id, source, kind, status, says, at_ms, \
       created_at_ms, fingerprint) \
     SELECT (lpad(to_hex(k.reserved_at_ms + e.after_ms), 12, '0') || '70008' || substr(md5(random()::text), 1, 15))::uuid, \
       k.id, $1, e.source, e.kind, e.status, '{}', k.reserved_at_ms + e.after_ms, k.reserved_at_ms + e.after_ms, \
       (random() * 9e18)::bigint \
     FROM contacts c JOIN calls k ON k.id = c.last_call_id \
     CROSS JOIN (VALUES ('engine', 'reserved', 'QUEUED', 0), ('dial', 'dial.accepted', 'QUEUED', 300), \
                        ('webhook', 'status-update', 'ENDED', 43000), ('webhook', 'end-of-call-report', 'ENDED', 50000)) \
       AS e (source, kind, status, after_ms) \
     WHERE c.campaign_id = $1 AND c.position >= $2 AND c.position < $3 AND c.state = 'done'";

/// Where the people are: in the first ten zones it is a lawful hour at [`NOW`], in the others it is night.
const ZONES: [&str; 20] = [
    "Europe/London",
    "Europe/Berlin",
    "Europe/Paris",
    "Europe/Madrid",
    "Europe/Rome",
    "Asia/Kolkata",
    "Asia/Dubai",
    "Asia/Karachi",
    "Asia/Bangkok",
    "Asia/Tokyo",
    "America/New_York",
    "America/Chicago",
    "America/Denver",
    "America/Los_Angeles",
    "America/Phoenix",
    "America/Anchorage",
    "America/Detroit",
    "America/Boise",
    "Pacific/Honolulu",
    "America/Halifax",
];
const PLACE: &str = "INSERT INTO campaign_places (campaign_id, place, zones, zone_evidence, regions, region_evidence) \
     VALUES ($1, $2, $3, 'number', '', 'nothing')";

// As many numbers that must not be called as the campaign has people. `$1` account, `$2` series, `$3` how many.
const SUPPRESSIONS_SQLITE: &str = "WITH RECURSIVE n (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i + 1 < $3) \
     INSERT INTO suppressions (id, account_id, kind, number, source, author, created_at_ms) \
     SELECT randomblob(16), $1, 'exact', '+1999' || (10000000 * $2 + i), 'list', '', 1 FROM n";
const SUPPRESSIONS_POSTGRES: &str = "INSERT INTO suppressions (id, account_id, kind, number, source, author, created_at_ms) \
     SELECT gen_random_uuid(), $1, 'exact', '+1999' || (10000000 * $2::bigint + i), 'list', '', 1 \
     FROM generate_series(0, $3::bigint - 1) AS i";

const SET_TOTAL: &str = "UPDATE campaigns SET total_contacts = $2, rows_read = $2 WHERE id = $1";

struct Chunk {
    campaign: CampaignId,
    assistant: AssistantId,
    fill: Fill,
    from: i64,
    to: i64,
    first_call_ms: i64,
}

/// Fills an empty campaign.
pub(crate) async fn fill(
    database: &Database,
    campaign: CampaignId,
    assistant: AssistantId,
    fill: Fill,
) -> anyhow::Result<()> {
    // Filling is not what is measured: it need not survive a power cut, and its rows refer to what is there.
    let begin = "PRAGMA synchronous = OFF";
    let end = "PRAGMA synchronous = FULL";
    match &database.raw {
        Raw::Sqlite(pool) => sqlx::raw_sql(begin).execute(pool).await.map(|_| ())?,
        Raw::Postgres(_) => {}
    }
    for from in (0..fill.contacts).step_by(usize::try_from(AT_ONCE)?) {
        let chunk = Chunk {
            campaign,
            assistant,
            fill,
            from,
            to: fill.contacts.min(from + AT_ONCE),
            first_call_ms: NOW.0 - (fill.called + fill.live) * CALL_EVERY_MS - 60_000,
        };
        match &database.raw {
            Raw::Sqlite(pool) => {
                let mut tx = pool.begin().await?;
                fill_sqlite(&mut tx, &chunk).await?;
                tx.commit().await?;
            }
            Raw::Postgres(pool) => {
                let mut tx = pool.begin().await?;
                sqlx::raw_sql(
                    "SET LOCAL session_replication_role = replica; SET LOCAL synchronous_commit = off",
                )
                .execute(&mut *tx)
                .await?;
                fill_postgres(&mut tx, &chunk).await?;
                tx.commit().await?;
            }
        }
    }
    for (place, zone) in (0_i32..).zip(ZONES) {
        match &database.raw {
            Raw::Sqlite(pool) => {
                let insert = sqlx::query(PLACE).bind(campaign.0).bind(place).bind(zone);
                insert.execute(pool).await?;
            }
            Raw::Postgres(pool) => {
                let insert = sqlx::query(PLACE).bind(campaign.0).bind(place).bind(zone);
                insert.execute(pool).await?;
            }
        }
    }
    match &database.raw {
        Raw::Sqlite(pool) => {
            sqlx::query(SUPPRESSIONS_SQLITE)
                .bind(AccountId::DEFAULT.0)
                .bind(fill.series)
                .bind(fill.contacts)
                .execute(pool)
                .await?;
            sqlx::query(SET_TOTAL)
                .bind(campaign.0)
                .bind(fill.contacts)
                .execute(pool)
                .await?;
            sqlx::raw_sql(end).execute(pool).await?;
        }
        Raw::Postgres(pool) => {
            sqlx::query(SUPPRESSIONS_POSTGRES)
                .bind(AccountId::DEFAULT.0)
                .bind(fill.series)
                .bind(fill.contacts)
                .execute(pool)
                .await?;
            sqlx::query(SET_TOTAL)
                .bind(campaign.0)
                .bind(i32::try_from(fill.contacts)?)
                .execute(pool)
                .await?;
        }
    }
    database.settle().await
}

/// Binds the arguments of [`CONTACTS_SQLITE`] and its twin.
macro_rules! bind_contacts {
    ($sql:expr, $chunk:expr) => {
        sqlx::query($sql)
            .bind($chunk.campaign.0)
            .bind($chunk.from)
            .bind($chunk.to)
            .bind($chunk.fill.called)
            .bind($chunk.fill.called + $chunk.fill.live)
            .bind($chunk.first_call_ms - 60_000)
            .bind($chunk.first_call_ms)
            .bind($chunk.fill.series)
            .bind(CALL_EVERY_MS)
    };
}

/// Binds the arguments of [`CALLS`].
macro_rules! bind_calls {
    ($chunk:expr) => {
        sqlx::query(CALLS)
            .bind($chunk.campaign.0)
            .bind($chunk.from)
            .bind($chunk.to)
            .bind(AccountId::DEFAULT.0)
            .bind($chunk.assistant.0)
            .bind($chunk.first_call_ms)
            .bind($chunk.fill.series)
            .bind(CALL_EVERY_MS)
    };
}

/// Binds the arguments of [`EVENTS_SQLITE`] and its twin.
macro_rules! bind_events {
    ($sql:expr, $chunk:expr) => {
        sqlx::query($sql)
            .bind($chunk.campaign.0)
            .bind($chunk.from)
            .bind($chunk.to)
    };
}

async fn fill_sqlite(tx: &mut SqliteConnection, chunk: &Chunk) -> Result<(), sqlx::Error> {
    bind_contacts!(CONTACTS_SQLITE, chunk).execute(&mut *tx).await?;
    bind_calls!(chunk).execute(&mut *tx).await?;
    bind_events!(EVENTS_SQLITE, chunk).execute(&mut *tx).await?;
    Ok(())
}

async fn fill_postgres(tx: &mut PgConnection, chunk: &Chunk) -> Result<(), sqlx::Error> {
    bind_contacts!(CONTACTS_POSTGRES, chunk).execute(&mut *tx).await?;
    bind_calls!(chunk).execute(&mut *tx).await?;
    bind_events!(EVENTS_POSTGRES, chunk).execute(&mut *tx).await?;
    Ok(())
}
