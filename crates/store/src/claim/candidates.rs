//! The next contacts of a campaign that may be called now.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::LazyLock,
};

use domain::{
    hours::Moment,
    place::Place,
    policy::Policy,
    time::{DAY_MS, UtcMs},
};
use sqlx::types::Json;
use uuid::Uuid;

use super::{
    campaign::CampaignRow,
    judge::{Decision, Judgement, judge},
    lines::OpenLines,
    numbers::numbers,
    put_off::{PutOff, put_off},
};
use crate::{
    Result,
    db::{Store, Tx, TxInner},
    places::places,
};

/// Contacts looked at in the first round beyond those that are wanted: most claims refill one line, and find somebody
/// at once.
const SPARE: u32 = 4;
/// Contacts looked at in a later round at least, beyond all who may be passed over: those put off cost a row each, and
/// a round costs round trips.
const ROUND: u32 = 32;
/// Rounds in one claim at most. What is left waits for the next claim, a moment later.
const ROUNDS: u32 = 8;

/// How far a claim looks for the next lawful hour: as good as every week that repeats itself is in it. The dispatcher
/// looks again long before, so that what opens later is seen in time.
const LOOK_AHEAD_MS: i64 = 8 * DAY_MS;

const COLUMNS: &str = "f.id, f.phone, f.extension, f.name, f.business_name, f.variables, f.attempts, f.place";

// Three sorts of contacts: who asked to be called now, whose time has come again, and who was never called. Each is one
// seek a place, in the index of pending contacts; write `state = 'pending'` as a literal, or it does not serve. A place
// where the hour is not lawful is not looked into, however many people wait there.
const CALLBACKS: &str = "SELECT c.id, 0 AS turn, c.eligible_at_ms, c.position FROM contacts c \
     WHERE c.campaign_id = $1 AND c.batch_index = $2 AND c.state = 'pending' AND c.callback = TRUE \
       AND c.eligible_at_ms <= $3 AND c.place";
const DUE: &str = "FROM contacts c WHERE c.campaign_id = $1 AND c.batch_index = $2 AND c.state = 'pending' \
     AND c.place = p.place AND c.callback = FALSE AND c.eligible_at_ms > 0 AND c.eligible_at_ms <= $3 \
     ORDER BY c.eligible_at_ms, c.position LIMIT $5";
const FRESH: &str = "FROM contacts c WHERE c.campaign_id = $1 AND c.batch_index = $2 AND c.state = 'pending' \
     AND c.place = p.place AND c.eligible_at_ms = 0 ORDER BY c.eligible_at_ms, c.position LIMIT $5";

pub(crate) static CANDIDATES_SQLITE: LazyLock<String> = LazyLock::new(|| {
    let of_places = |turn: u8, which: &str| {
        format!(
            "SELECT c.id, {turn} AS turn, c.eligible_at_ms, c.position FROM (SELECT value AS place FROM json_each($4)) p \
             CROSS JOIN contacts c WHERE c.id IN (SELECT c.id {which})"
        )
    };
    format!(
        "SELECT {COLUMNS} FROM (SELECT * FROM ( \
           SELECT * FROM ({CALLBACKS} IN (SELECT value FROM json_each($4)) ORDER BY c.eligible_at_ms LIMIT $5) \
           UNION ALL {} UNION ALL {}) ORDER BY turn, eligible_at_ms, position LIMIT $5) n \
         CROSS JOIN contacts f ON f.id = n.id ORDER BY n.turn, n.eligible_at_ms, n.position",
        of_places(1, DUE),
        of_places(2, FRESH),
    )
});

pub(crate) static CANDIDATES_POSTGRES: LazyLock<String> = LazyLock::new(|| {
    let of_places = |turn: u8, which: &str| {
        format!(
            "SELECT n.* FROM UNNEST($4::int[]) AS p (place) CROSS JOIN LATERAL \
             (SELECT c.id, {turn} AS turn, c.eligible_at_ms, c.position {which}) n"
        )
    };
    format!(
        "SELECT {COLUMNS} FROM (SELECT * FROM ( \
           (SELECT * FROM ({CALLBACKS} = ANY($4) ORDER BY c.eligible_at_ms LIMIT $5) b) \
           UNION ALL {} UNION ALL {}) m ORDER BY turn, eligible_at_ms, position LIMIT $5) n \
         JOIN contacts f ON f.id = n.id ORDER BY n.turn, n.eligible_at_ms, n.position",
        of_places(1, DUE),
        of_places(2, FRESH),
    )
});

// One seek a place.
pub(crate) const NEXT_ELIGIBLE: &str = "SELECT MIN((SELECT MIN(c.eligible_at_ms) FROM contacts c \
       WHERE c.campaign_id = p.campaign_id AND c.batch_index = $2 AND c.state = 'pending' AND c.place = p.place \
         AND c.eligible_at_ms > $3)) \
     FROM campaign_places p WHERE p.campaign_id = $1";

/// A contact that may be called now.
#[derive(sqlx::FromRow)]
pub(crate) struct CandidateRow {
    pub id: Uuid,
    pub phone: String,
    pub extension: Option<String>,
    pub name: String,
    pub business_name: String,
    pub variables: Json<BTreeMap<String, String>>,
    pub attempts: i32,
    pub place: i32,
}

/// What a look through the waiting contacts of a campaign brought.
#[derive(Default)]
pub(super) struct Taken {
    /// Who may be called now, and on what grounds.
    pub(super) found: Vec<(CandidateRow, Decision)>,
    /// How many may not be called now, and were put off or skipped.
    pub(super) put_off: usize,
    /// When to look again, if lines are left.
    pub(super) look_again_at: Option<UtcMs>,
}

/// A place where the hour is lawful.
pub(super) struct OpenPlace {
    pub(super) place: Place,
    pub(super) until: UtcMs,
}

impl Store {
    /// Up to `room` contacts of a batch that may be called now. Whoever may not be called is put off until they may, or
    /// skipped for good, and the next ones are looked at.
    #[expect(clippy::too_many_arguments, reason = "what a claim knows by then")]
    pub(super) async fn candidates(
        &self,
        tx: &mut Tx,
        campaign: &CampaignRow,
        batch: i32,
        room: u32,
        lines: &OpenLines,
        seen: &BTreeSet<String>,
        now: UtcMs,
    ) -> Result<Taken> {
        let mut taken = Taken::default();
        let mut open: BTreeMap<i32, OpenPlace> = BTreeMap::new();
        let policy = &campaign.policy;
        for (number, place) in places(tx, campaign.id).await? {
            // Only the first to open counts.
            let limit = taken.look_again_at.unwrap_or(now + LOOK_AHEAD_MS);
            let zone = policy.fallback_zone.as_deref();
            match policy.hours.at_opening_before(&place, zone, now, limit) {
                Moment::Open { until } => {
                    open.insert(number, OpenPlace { place, until });
                }
                Moment::Closed { opens_at } => {
                    taken.look_again_at = [taken.look_again_at, opens_at].into_iter().flatten().min();
                }
                Moment::NoZone => {}
            }
        }
        let longest_gap_ms = longest_gap_ms(policy, open.values().map(|open| &open.place));
        let numbers_of_places: Vec<i32> = open.keys().copied().collect();
        // One person in two campaigns: the first one that asks gets them. And whoever is on the phone is passed over:
        // neither shall take the place of somebody who can be called.
        let mut passed: BTreeSet<Uuid> = BTreeSet::new();
        for round in 0..ROUNDS {
            let missing = room - u32::try_from(taken.found.len()).unwrap_or(room);
            if missing == 0 || open.is_empty() {
                break;
            }
            let limit = if round == 0 {
                u64::from(missing + SPARE)
            } else {
                let others = lines.open() as usize + seen.len() + taken.found.len() + passed.len();
                u64::from(missing.max(ROUND)) + others as u64
            };
            let rows = pick(tx, campaign.id, batch, &numbers_of_places, limit, now).await?;
            let all = (rows.len() as u64) < limit;
            let known: BTreeSet<Uuid> = taken.found.iter().map(|(contact, _)| contact.id).collect();
            let rows: Vec<CandidateRow> = rows
                .into_iter()
                .filter(|row| {
                    !known.contains(&row.id) && !passed.contains(&row.id) && !seen.contains(&row.phone)
                })
                .collect();
            let phones: Vec<&str> = rows.iter().map(|row| row.phone.as_str()).collect();
            let numbers = numbers(tx, campaign.id, policy, &phones, longest_gap_ms, now).await?;
            let mut put = Vec::new();
            for row in rows {
                let (Some(place), Some(number)) = (open.get(&row.place), numbers.get(&row.phone)) else {
                    continue;
                };
                match judge(campaign, &row, place, number, now) {
                    Judgement::Call(decision) if taken.found.len() < room as usize => {
                        taken.found.push((row, decision));
                    }
                    Judgement::Call(_) => {}
                    Judgement::OnThePhone => {
                        passed.insert(row.id);
                    }
                    Judgement::Wait { until, reason } => {
                        taken.look_again_at = [taken.look_again_at, Some(until)].into_iter().flatten().min();
                        put.push(PutOff::wait(row.id, until, reason));
                    }
                    Judgement::Skip { reason } => put.push(PutOff::skip(row.id, reason)),
                }
            }
            taken.put_off += put.len();
            put_off(tx, &put, now).await?;
            if all {
                break;
            }
            if round + 1 == ROUNDS {
                taken.look_again_at = Some(now + 1);
            }
        }
        if taken.found.len() < room as usize {
            let next: Option<i64> = on_tx!(tx, |c| sqlx::query_scalar(NEXT_ELIGIBLE)
                .bind(campaign.id)
                .bind(batch)
                .bind(now.0)
                .fetch_one(c)
                .await)?;
            taken.look_again_at = [taken.look_again_at, next.map(UtcMs)].into_iter().flatten().min();
        }
        Ok(taken)
    }
}

/// The longest time that has to lie between two calls of a number at one of these places, in milliseconds.
pub(super) fn longest_gap_ms<'a>(policy: &Policy, places: impl Iterator<Item = &'a Place>) -> i64 {
    let regional = places.filter_map(|place| policy.hours.gap_ms(place));
    regional.fold(
        policy.limits.gap_ms.max(policy.limits.gap_between_campaigns_ms),
        i64::max,
    )
}

async fn pick(
    tx: &mut Tx,
    campaign: Uuid,
    batch: i32,
    places: &[i32],
    limit: u64,
    now: UtcMs,
) -> Result<Vec<CandidateRow>> {
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    Ok(match &mut tx.inner {
        TxInner::Sqlite(tx) => {
            sqlx::query_as(CANDIDATES_SQLITE.as_str())
                .bind(campaign)
                .bind(batch)
                .bind(now.0)
                .bind(Json(places))
                .bind(limit)
                .fetch_all(&mut **tx)
                .await?
        }
        TxInner::Postgres(tx) => {
            sqlx::query_as(CANDIDATES_POSTGRES.as_str())
                .bind(campaign)
                .bind(batch)
                .bind(now.0)
                .bind(places)
                .bind(limit)
                .fetch_all(&mut **tx)
                .await?
        }
    })
}
