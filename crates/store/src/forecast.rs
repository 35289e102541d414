//! What a forecast rests on: the campaigns that dial side by side, their people, and how calls turned out.

use std::collections::BTreeMap;

use domain::{
    campaign::{CampaignStatus, Mode},
    consent::given,
    forecast::{
        Live, MANY_PEOPLE, Person, Plan, Tried, World,
        experience::{Experience, Past},
    },
    ids::{AccountId, CampaignId},
    money::UsdMicros,
    outcome::Outcome,
    pacing::{LONGEST_BELIEF_MS, Lines},
    place::Place,
    policy::Policy,
    time::{DAY_MS, UtcMs},
};
use sqlx::types::Json;
use uuid::Uuid;

use crate::{
    Result,
    account::believed_hold,
    claim::rate,
    db::{Store, Tx},
    places::places,
    preflight::{LENGTHS, SUPPRESSED},
    rows::{JsonText, stored, to_u32, to_u64},
    usage::spending,
};

// Those that dial, those that will begin by themselves, and the one that is asked about.
const CAMPAIGNS: &str = "SELECT c.id, c.status, c.mode, c.quiet_line_gate, c.batch_index, c.cap, c.priority, c.starts_at_ms, \
       c.expires_at_ms, p.policy \
     FROM campaigns c JOIN policies p ON p.campaign_id = c.id AND p.version = c.policy_version \
     WHERE c.account_id = $1 AND (c.id = $2 OR c.status IN ('QUEUED', 'DIALING', 'RUNNING') \
       OR (c.status = 'SCHEDULED' AND c.starts_at_ms IS NOT NULL)) \
     ORDER BY c.priority DESC, c.created_at_ms, c.id";
const ACCOUNT: &str = "SELECT line_cap, reserved_lines, calls_per_second, learnt_lines, learnt_until_ms, dial_after_ms \
     FROM accounts WHERE id = $1";
const NUMBERS: &str = "SELECT n.campaign_id, n.phone_number_id, k.cap FROM campaign_numbers n \
     LEFT JOIN caller_numbers k ON k.account_id = $1 AND k.phone_number_id = n.phone_number_id \
     ORDER BY n.campaign_id, n.position";
const WAITING: &str = "SELECT COUNT(*) FROM contacts WHERE campaign_id = $1 AND state = 'pending'";

// One contact in `$4` of the list.
const PEOPLE: &str = "FROM contacts o WHERE o.campaign_id = $1 AND o.state = 'pending' AND o.position % $4 = 0 \
     ORDER BY o.position";
const TRIED: &str = "SELECT k.contact_id, k.outcome, COALESCE(k.sent_at_ms, k.reserved_at_ms) \
     FROM contacts o JOIN calls k ON k.contact_id = o.id \
     WHERE o.campaign_id = $1 AND o.state IN ('pending', 'calling') AND k.outcome IS NOT NULL \
       AND (o.state = 'calling' OR (o.last_call_id IS NOT NULL AND o.position % $2 = 0)) \
     ORDER BY k.contact_id, k.reserved_at_ms, k.id";
const TRIED_ELSEWHERE: &str = "SELECT o.id, COALESCE(k.sent_at_ms, k.reserved_at_ms) \
     FROM calls k JOIN contacts o ON o.campaign_id = $1 AND o.phone = k.phone \
     WHERE k.account_id = $2 AND k.campaign_id <> $1 AND k.reserved_at_ms > $3 \
       AND (k.outcome IS NULL OR k.outcome <> 'not_dialled') AND o.state IN ('pending', 'calling')";
const LIVE: &str = "SELECT o.id, o.place, o.batch_index, o.ladder_base, k.phone_number_id, k.reserved_at_ms \
     FROM calls k JOIN contacts o ON o.id = k.contact_id \
     WHERE k.account_id = $1 AND k.campaign_id = $2 AND k.status IN ('QUEUED', 'RINGING', 'IN_PROGRESS') \
     ORDER BY k.reserved_at_ms, k.id";
const OPEN: &str =
    "SELECT COUNT(*) FROM calls WHERE account_id = $1 AND status IN ('QUEUED', 'RINGING', 'IN_PROGRESS')";

// A call holds its line until we know that it has ended, which may be a while after it has.
const EXPERIENCE: &str = "SELECT k.outcome, k.cost_usd_micros, \
       (SELECT p.outcome FROM calls p WHERE p.contact_id = k.contact_id AND p.reserved_at_ms < k.reserved_at_ms \
          AND p.outcome <> 'not_dialled' ORDER BY p.reserved_at_ms DESC LIMIT 1), \
       COALESCE((SELECT MIN(e.created_at_ms) FROM call_events e WHERE e.call_id = k.id \
          AND e.status IN ('TIMEOUT', 'ENDED', 'FAILED', 'CANCELED')), k.ended_at_ms) - k.reserved_at_ms \
     FROM calls k WHERE k.account_id = $1 AND k.dialling = 'accepted' AND k.ended_at_ms IS NOT NULL \
       AND k.outcome IS NOT NULL AND k.outcome <> 'not_dialled' \
     ORDER BY k.ended_at_ms DESC LIMIT $2";

/// Calls that experience is made of: the last so many.
const REMEMBERED: i64 = 1_000;
/// Lists as short as this are looked at person by person, whatever else dials.
const FEW_PEOPLE: u64 = 400;

#[derive(sqlx::FromRow)]
struct CampaignRow {
    id: Uuid,
    status: String,
    mode: String,
    quiet_line_gate: bool,
    batch_index: i32,
    cap: i32,
    priority: i32,
    starts_at_ms: Option<i64>,
    expires_at_ms: Option<i64>,
    policy: JsonText,
}

type AccountRow = (i32, i32, Option<i32>, Option<i32>, Option<i64>, i64);
type PersonRow = (
    Uuid,
    i32,
    i32,
    i64,
    bool,
    i32,
    i32,
    Option<Json<BTreeMap<String, String>>>,
);
type LiveRow = (Uuid, i32, i32, i32, String, i64);

/// The numbers we call from, by the provider's id: each with its place in the world, and its cap.
type NumberPlaces = BTreeMap<String, (usize, Option<u32>)>;

impl Store {
    /// Everything that a forecast for a campaign rests on, as it stands. Of long lists only some of the people, each for
    /// several. `max_duration_ms` is how long the provider lets a call live. `None`: there is no such campaign, or what it
    /// allows cannot be read.
    ///
    /// # Errors
    /// [`crate::Error::Unavailable`] when the database cannot be reached.
    pub async fn world_of(&self, id: CampaignId, max_duration_ms: i64, now: UtcMs) -> Result<Option<World>> {
        let account = AccountId::DEFAULT;
        let mut tx = self.snapshot().await?;
        let campaigns: Vec<CampaignRow> = on_tx!(tx, |c| sqlx::query_as(CAMPAIGNS)
            .bind(account.0)
            .bind(id.0)
            .fetch_all(c)
            .await)?;
        let of_campaigns: Vec<(Uuid, String, Option<i32>)> =
            on_tx!(tx, |c| sqlx::query_as(NUMBERS).bind(account.0).fetch_all(c).await)?;
        let mut numbers = NumberPlaces::new();
        for (_, number, cap) in &of_campaigns {
            let place = numbers.len();
            numbers.entry(number.clone()).or_insert((place, cap.map(to_u32)));
        }
        let mut waiting = BTreeMap::new();
        for campaign in &campaigns {
            let people: i64 = on_tx!(tx, |c| sqlx::query_scalar(WAITING)
                .bind(campaign.id)
                .fetch_one(c)
                .await)?;
            waiting.insert(campaign.id, to_u64(people));
        }
        let each =
            u32::try_from(waiting.values().sum::<u64>().div_ceil(MANY_PEOPLE).max(1)).unwrap_or(u32::MAX);
        let (mut plans, mut asked) = (Vec::with_capacity(campaigns.len()), None);
        for campaign in campaigns {
            let Ok(policy) = serde_json::from_str(campaign.policy.0.get()) else {
                continue;
            };
            if campaign.id == id.0 {
                asked = Some(plans.len());
            }
            let its = of_campaigns.iter().filter(|(of, ..)| *of == campaign.id);
            let its = its.map(|(_, number, _)| numbers[number].0).collect();
            let each = if waiting[&campaign.id] <= FEW_PEOPLE {
                1
            } else {
                each
            };
            plans.push(plan(&mut tx, campaign, policy, its, each, &numbers, now).await?);
        }
        let Some(asked) = asked else { return Ok(None) };
        let (cap, reserved, per_second, learnt, learnt_until, dial_after): AccountRow =
            on_tx!(tx, |c| sqlx::query_as(ACCOUNT).bind(account.0).fetch_one(c).await)?;
        let open: i64 = on_tx!(tx, |c| sqlx::query_scalar(OPEN)
            .bind(account.0)
            .fetch_one(c)
            .await)?;
        let ours: usize = plans.iter().map(|plan: &Plan| plan.live.len()).sum();
        let mut number_caps = vec![None; numbers.len()];
        for (place, cap) in numbers.into_values() {
            number_caps[place] = cap;
        }
        Ok(Some(World {
            now,
            lines: Lines {
                cap: to_u32(cap),
                learnt: learnt.map(to_u32),
                reserved: to_u32(reserved),
            },
            learnt_until: learnt_until
                .map(UtcMs)
                .filter(|until| now.must_wait_for(*until, LONGEST_BELIEF_MS))
                .unwrap_or(UtcMs(0)),
            calls_per_second: per_second.map(to_u32),
            dial_after: believed_hold(UtcMs(dial_after), now),
            open_elsewhere: u32::try_from(to_u64(open))
                .unwrap_or(u32::MAX)
                .saturating_sub(u32::try_from(ours).unwrap_or(u32::MAX)),
            number_caps,
            max_duration_ms,
            rate: rate(&mut tx, account).await?,
            plans,
            asked,
            experience: experience(&mut tx, account).await?,
        }))
    }
}

async fn plan(
    tx: &mut Tx,
    row: CampaignRow,
    policy: Policy,
    numbers: Vec<usize>,
    each: u32,
    places_of_numbers: &NumberPlaces,
    now: UtcMs,
) -> Result<Plan> {
    let status = CampaignStatus::from_stored(&row.status);
    let status = stored(status, "campaigns", "status", row.id, &row.status)?;
    let mode = stored(
        Mode::from_stored(&row.mode),
        "campaigns",
        "mode",
        row.id,
        &row.mode,
    )?;
    let (numbers_of_places, mut its_places): (Vec<i32>, Vec<Place>) =
        places(tx, row.id).await?.into_iter().unzip();
    // Who was never looked up lies nowhere.
    its_places.push(Place::unknown());
    let place_at = |place: i32| {
        numbers_of_places
            .binary_search(&place)
            .unwrap_or(numbers_of_places.len())
    };
    let mut tried = tried(tx, row.id, each).await?;
    let mut elsewhere = tried_elsewhere(tx, row.id, &policy, now).await?;
    let mut person = |id: Uuid, place: i32, batch: i32, ladder_base: i32| Person {
        place: place_at(place),
        batch: to_u32(batch),
        eligible_at: UtcMs(0),
        callback: false,
        barred: false,
        tried: on_ladder(tried.remove(&id).unwrap_or_default(), ladder_base),
        tried_elsewhere: elsewhere.remove(&id).unwrap_or_default(),
    };
    let mut people = Vec::new();
    for (id, place, batch, eligible_at, callback, ladder_base, suppressed, variables) in
        waiting(tx, row.id, &policy, each, now).await?
    {
        let consents = match (&policy.consent, variables) {
            (Some(consent), Some(variables)) => given(&variables.0, &consent.column).is_yes(),
            (Some(_), None) => false,
            (None, _) => true,
        };
        people.push(Person {
            eligible_at: UtcMs(eligible_at),
            callback,
            barred: suppressed == 1 || !consents,
            ..person(id, place, batch, ladder_base)
        });
    }
    let live: Vec<LiveRow> = on_tx!(tx, |c| sqlx::query_as(LIVE)
        .bind(AccountId::DEFAULT.0)
        .bind(row.id)
        .fetch_all(c)
        .await)?;
    let live = live
        .into_iter()
        .map(|(id, place, batch, ladder_base, number, since)| Live {
            person: person(id, place, batch, ladder_base),
            number: places_of_numbers.get(&number).map_or(0, |(place, _)| *place),
            since: UtcMs(since),
        })
        .collect();
    let begins_at = match status {
        CampaignStatus::Created | CampaignStatus::Scheduled => row.starts_at_ms.map_or(now, UtcMs),
        _ => now,
    };
    Ok(Plan {
        mode,
        quiet_line_gate: row.quiet_line_gate,
        batch_index: to_u32(row.batch_index),
        cap: to_u32(row.cap),
        priority: row.priority,
        numbers,
        begins_at: begins_at.max(now),
        expires_at: row.expires_at_ms.map(UtcMs),
        spent: spending(tx, row.id).await?.spent,
        places: its_places,
        people,
        live,
        each,
        policy,
    })
}

async fn waiting(
    tx: &mut Tx,
    campaign: Uuid,
    policy: &Policy,
    each: u32,
    now: UtcMs,
) -> Result<Vec<PersonRow>> {
    // Whether a column says yes no database can tell.
    let variables = if policy.consent.is_some() {
        "o.variables"
    } else {
        "NULL"
    };
    let sql = format!(
        "{LENGTHS} SELECT o.id, o.place, o.batch_index, o.eligible_at_ms, o.callback, o.ladder_base, {SUPPRESSED}, \
         {variables} {PEOPLE}"
    );
    Ok(on_tx!(tx, |c| sqlx::query_as(sqlx::AssertSqlSafe(sql))
        .bind(campaign)
        .bind(AccountId::DEFAULT.0)
        .bind(now.0)
        .bind(i32::try_from(each).unwrap_or(i32::MAX))
        .fetch_all(c)
        .await)?)
}

/// What calls to contacts came to, oldest first, also those that were not dialled: they count in the ladder's base.
async fn tried(tx: &mut Tx, campaign: Uuid, each: u32) -> Result<BTreeMap<Uuid, Vec<(Outcome, UtcMs)>>> {
    let rows: Vec<(Uuid, String, i64)> = on_tx!(tx, |c| sqlx::query_as(TRIED)
        .bind(campaign)
        .bind(i32::try_from(each).unwrap_or(i32::MAX))
        .fetch_all(c)
        .await)?;
    let mut tried: BTreeMap<Uuid, Vec<(Outcome, UtcMs)>> = BTreeMap::new();
    for (contact, outcome, at) in rows {
        let outcome = stored(
            Outcome::from_stored(&outcome),
            "calls",
            "outcome",
            contact,
            &outcome,
        )?;
        tried.entry(contact).or_default().push((outcome, UtcMs(at)));
    }
    Ok(tried)
}

fn on_ladder(calls: Vec<(Outcome, UtcMs)>, ladder_base: i32) -> Vec<Tried> {
    calls
        .into_iter()
        .zip(1_i32..)
        .filter(|((outcome, _), _)| *outcome != Outcome::NotDialled)
        .map(|((outcome, at), nth)| Tried {
            at,
            outcome,
            on_ladder: nth > ladder_base,
        })
        .collect()
}

async fn tried_elsewhere(
    tx: &mut Tx,
    campaign: Uuid,
    policy: &Policy,
    now: UtcMs,
) -> Result<BTreeMap<Uuid, Vec<UtcMs>>> {
    let gap_ms = policy.limits.gap_ms.max(policy.limits.gap_between_campaigns_ms);
    let rows: Vec<(Uuid, i64)> = on_tx!(tx, |c| sqlx::query_as(TRIED_ELSEWHERE)
        .bind(campaign)
        .bind(AccountId::DEFAULT.0)
        .bind(now.0 - gap_ms.max(DAY_MS))
        .fetch_all(c)
        .await)?;
    let mut tried: BTreeMap<Uuid, Vec<UtcMs>> = BTreeMap::new();
    for (contact, at) in rows {
        tried.entry(contact).or_default().push(UtcMs(at));
    }
    Ok(tried)
}

async fn experience(tx: &mut Tx, account: AccountId) -> Result<Experience> {
    let rows: Vec<(String, Option<i64>, Option<String>, i64)> = on_tx!(tx, |c| sqlx::query_as(EXPERIENCE)
        .bind(account.0)
        .bind(REMEMBERED)
        .fetch_all(c)
        .await)?;
    let calls = rows.into_iter().filter_map(|(outcome, cost, after, line_ms)| {
        Some(Past {
            after: after.as_deref().and_then(Outcome::from_stored),
            outcome: Outcome::from_stored(&outcome)?,
            line_ms,
            cost: cost.map(UsdMicros),
        })
    });
    Ok(Experience {
        calls: calls.collect(),
    })
}
