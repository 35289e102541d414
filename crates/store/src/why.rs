//! Why a campaign, or one contact of it, is not being called at this moment. It asks the same rules as the claim.

use std::collections::BTreeMap;

use domain::{
    campaign::{CampaignStatus, Mode, PauseKind},
    contact::ContactState,
    hours::{Moment, coming_words},
    ids::{AccountId, CampaignId, ContactId},
    money::UsdMicros,
    pacing::{Lines, believed},
    place::Place,
    policy::Policy,
    time::UtcMs,
    waiting::{Cause, Waiting},
};
use sqlx::types::Json;
use uuid::Uuid;

use crate::{
    Result,
    account::believed_hold,
    campaigns::Campaign,
    claim::{self, Person, Standing},
    db::{Store, Tx},
    places::{place_of, places},
    rows::{JsonText, to_u32, to_u64},
    usage::{Spending, spending},
};

/// Why a campaign is not dialling, or not faster.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Why {
    /// What holds for the whole campaign. Empty: it dials.
    pub campaign: Vec<Waiting>,
    /// What holds for some of its people. They add up to everybody who waits.
    pub contacts: Vec<Waiting>,
    /// Calls of the campaign open now.
    pub open_calls: u32,
    /// How many it may have.
    pub cap: u32,
}

/// Where a contact stands and what it waits for, the nearest first.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ContactWhy {
    /// Where it stands.
    pub state: ContactState,
    /// What it waits for, while it is pending.
    pub waits: Vec<Waiting>,
}

// Answered from the index of pending contacts.
const BY_PLACE: &str = "SELECT place, batch_index, COUNT(*) FROM contacts \
     WHERE campaign_id = $1 AND state = 'pending' AND eligible_at_ms <= $2 GROUP BY place, batch_index";
const LATER: &str = "SELECT reason, MIN(eligible_at_ms), COUNT(*) FROM contacts \
     WHERE campaign_id = $1 AND state = 'pending' AND eligible_at_ms > $2 GROUP BY reason \
     ORDER BY MIN(eligible_at_ms)";
const ACCOUNT: &str = "SELECT line_cap, reserved_lines, calls_per_second, learnt_lines, learnt_until_ms, dial_after_ms, \
     (SELECT COUNT(*) FROM calls k WHERE k.account_id = a.id AND k.status IN ('QUEUED', 'RINGING', 'IN_PROGRESS')), \
     (SELECT COUNT(*) FROM calls k WHERE k.account_id = a.id AND k.reserved_at_ms > $2 AND k.sent_at_ms > $3) \
     FROM accounts a WHERE a.id = $1";
// Numbers of the campaign that have room.
const FREE_NUMBERS: &str = "SELECT COUNT(*) FROM campaign_numbers n \
     LEFT JOIN caller_numbers r ON r.account_id = $2 AND r.phone_number_id = n.phone_number_id \
     WHERE n.campaign_id = $1 AND (r.cap IS NULL OR r.cap > (SELECT COUNT(*) FROM calls k WHERE k.account_id = $2 \
       AND k.phone_number_id = n.phone_number_id AND k.status IN ('QUEUED', 'RINGING', 'IN_PROGRESS')))";
const LIVE_ON_NUMBERS: &str = "SELECT COUNT(*) FROM calls k \
     JOIN campaign_numbers n ON n.phone_number_id = k.phone_number_id AND n.campaign_id = $1 \
     WHERE k.account_id = $2 AND k.status IN ('QUEUED', 'RINGING', 'IN_PROGRESS')";
const POLICY: &str = "SELECT policy FROM policies p JOIN campaigns c ON c.id = p.campaign_id \
     AND c.policy_version = p.version WHERE c.id = $1";
const CONTACT: &str = "SELECT campaign_id, state, eligible_at_ms, reason, batch_index, phone, variables, attempts FROM contacts WHERE id = $1";

impl Store {
    /// Why a campaign is not dialling, or not faster.
    ///
    /// # Errors
    /// [`crate::Error::Unavailable`] when the database cannot be reached.
    pub async fn why(&self, campaign: &Campaign, now: UtcMs) -> Result<Why> {
        let mut tx = self.snapshot().await?;
        let policy = policy(&mut tx, campaign.id).await?;
        let whole = whole(&mut tx, campaign, policy.as_ref(), now).await?;
        let mut contacts = Vec::new();
        let by_place: Vec<(i32, i32, i64)> = on_tx!(tx, |c| sqlx::query_as(BY_PLACE)
            .bind(campaign.id.0)
            .bind(now.0)
            .fetch_all(c)
            .await)?;
        let known: BTreeMap<i32, Place> = places(&mut tx, campaign.id.0).await?.into_iter().collect();
        // Those who are on the phone, or are called later, are of the present batch too.
        let present: Option<i32> = on_tx!(tx, |c| sqlx::query_scalar(claim::PRESENT_BATCH)
            .bind(campaign.id.0)
            .fetch_one(c)
            .await)?;
        let mut due: BTreeMap<(Option<i32>, bool), u64> = BTreeMap::new();
        for (place, batch, people) in by_place {
            // In batch mode those of a later batch wait for it, wherever they are.
            let later = campaign.mode == Mode::Batch && Some(batch) != present;
            *due.entry(((!later).then_some(place), later)).or_default() += to_u64(people);
        }
        let mut turn = 0;
        for ((place, later), people) in due {
            let place = place.and_then(|place| known.get(&place));
            let cause = match (later, place, &policy) {
                (true, ..) => Some((Cause::Batch, None)),
                (false, Some(place), Some(policy)) => hours(policy, place, now, now),
                (false, ..) => Some((Cause::NoZone, None)),
            };
            match cause {
                None => turn += people,
                Some((cause, until)) => contacts.push(Waiting {
                    cause,
                    contacts: people,
                    until,
                }),
            }
        }
        contacts = together(contacts);
        if turn > 0 {
            contacts.insert(
                0,
                Waiting {
                    cause: Cause::Turn,
                    contacts: turn,
                    until: None,
                },
            );
        }
        let later: Vec<(Option<String>, i64, i64)> = on_tx!(tx, |c| sqlx::query_as(LATER)
            .bind(campaign.id.0)
            .bind(now.0)
            .fetch_all(c)
            .await)?;
        contacts.extend(later.into_iter().map(|(reason, until, people)| Waiting {
            cause: Cause::Later {
                reason: reason.unwrap_or_else(|| "to be called later".to_owned()),
            },
            contacts: to_u64(people),
            until: Some(UtcMs(until)),
        }));
        Ok(Why {
            campaign: whole,
            contacts,
            open_calls: campaign.open_calls,
            cap: campaign.cap,
        })
    }

    /// Why one contact of a campaign is not being called. `None`: the campaign has no such contact.
    ///
    /// # Errors
    /// [`crate::Error::Unavailable`] when the database cannot be reached.
    pub async fn why_contact(
        &self,
        campaign: &Campaign,
        contact: ContactId,
        now: UtcMs,
    ) -> Result<Option<ContactWhy>> {
        let mut tx = self.snapshot().await?;
        let row: Option<ContactRow> = on_tx!(tx, |c| sqlx::query_as(CONTACT)
            .bind(contact.0)
            .fetch_optional(c)
            .await)?;
        let Some(row) = row.filter(|row| row.campaign_id == campaign.id.0) else {
            return Ok(None);
        };
        let Some(state) = ContactState::from_stored(&row.state) else {
            return Ok(None);
        };
        let mut waits = Vec::new();
        if state == ContactState::Pending {
            let one = |cause, until| Waiting {
                cause,
                contacts: 1,
                until,
            };
            let policy = policy(&mut tx, campaign.id).await?;
            let eligible_at = UtcMs(row.eligible_at_ms);
            let (place, nowhere) = (place_of(&mut tx, contact).await?, Place::unknown());
            if let Some(policy) = &policy {
                let person = Person {
                    phone: &row.phone,
                    variables: &row.variables.0,
                    attempts: to_u32(row.attempts),
                    place: place.as_ref().unwrap_or(&nowhere),
                };
                match claim::standing(&mut tx, campaign.id, policy, &person, now).await? {
                    // Nothing else matters then.
                    Standing::Never { reason } => {
                        let waits = vec![one(Cause::Never { reason }, None)];
                        return Ok(Some(ContactWhy { state, waits }));
                    }
                    Standing::OnThePhone => waits.push(one(Cause::OnThePhone, None)),
                    Standing::Wait { until, reason } if until > eligible_at => {
                        waits.push(one(Cause::Later { reason }, Some(until)));
                    }
                    Standing::Wait { .. } | Standing::May { .. } => {}
                }
            }
            if eligible_at > now && !waits.iter().any(|wait| wait.until.is_some()) {
                let reason = row.reason.unwrap_or_else(|| "to be called later".to_owned());
                waits.push(one(Cause::Later { reason }, Some(eligible_at)));
            }
            let at = waits.iter().filter_map(|wait| wait.until).fold(now, UtcMs::max);
            match (&place, &policy) {
                (Some(place), Some(policy)) => {
                    waits.extend(hours(policy, place, at, now).map(|(cause, until)| one(cause, until)));
                }
                _ => waits.push(one(Cause::NoZone, None)),
            }
            if campaign.mode == Mode::Batch {
                let present: Option<i32> = on_tx!(tx, |c| sqlx::query_scalar(claim::PRESENT_BATCH)
                    .bind(campaign.id.0)
                    .fetch_one(c)
                    .await)?;
                if present.is_some_and(|present| present < row.batch_index) {
                    waits.push(one(Cause::Batch, None));
                }
            }
            let whole = whole(&mut tx, campaign, policy.as_ref(), now).await?;
            waits.extend(whole.into_iter().map(|waiting| Waiting {
                contacts: 1,
                ..waiting
            }));
            if waits.is_empty()
                || waits.iter().all(|waiting| {
                    matches!(
                        waiting.cause,
                        Cause::Later { .. } | Cause::OnThePhone | Cause::Hours { opens: Some(_), .. }
                    )
                })
            {
                waits.push(one(Cause::Turn, None));
            }
        }
        Ok(Some(ContactWhy { state, waits }))
    }
}

#[derive(sqlx::FromRow)]
struct ContactRow {
    campaign_id: Uuid,
    state: String,
    eligible_at_ms: i64,
    reason: Option<String>,
    batch_index: i32,
    phone: String,
    variables: Json<BTreeMap<String, String>>,
    attempts: i32,
}

/// What a campaign allows; `None` when it cannot be read.
async fn policy(tx: &mut Tx, id: CampaignId) -> Result<Option<Policy>> {
    let stored: JsonText = on_tx!(tx, |c| sqlx::query_scalar(POLICY).bind(id.0).fetch_one(c).await)?;
    Ok(serde_json::from_str(stored.0.get()).ok())
}

/// Whether the hour will be lawful there at `at`, and if not, why and until when.
fn hours(policy: &Policy, place: &Place, at: UtcMs, now: UtcMs) -> Option<(Cause, Option<UtcMs>)> {
    let fallback = policy.fallback_zone.as_deref();
    match policy.hours.at(place, fallback, at) {
        Moment::Open { .. } => None,
        Moment::NoZone => Some((Cause::NoZone, None)),
        Moment::Closed { opens_at } => {
            let zones: Vec<String> = if place.zones.is_empty() {
                fallback.map(str::to_owned).into_iter().collect()
            } else {
                place.zones.clone()
            };
            let cause = Cause::Hours {
                hours: policy.hours.words_at(place),
                opens: opens_at
                    .zip(zones.first())
                    .and_then(|(opens_at, zone)| coming_words(zone, opens_at, now)),
                zones,
            };
            Some((cause, opens_at))
        }
    }
}

/// What holds for the whole campaign.
async fn whole(
    tx: &mut Tx,
    campaign: &Campaign,
    policy: Option<&Policy>,
    now: UtcMs,
) -> Result<Vec<Waiting>> {
    type Account = (i32, i32, Option<i32>, Option<i32>, Option<i64>, i64, i64, i64);
    let mut causes = Vec::new();
    let mut note = |cause, until| {
        causes.push(Waiting {
            cause,
            contacts: u64::from(campaign.total_contacts.saturating_sub(campaign.final_contacts)),
            until,
        });
    };
    match campaign.status {
        CampaignStatus::Created => note(Cause::NotStarted, None),
        CampaignStatus::Scheduled => note(Cause::Scheduled, campaign.starts_at),
        CampaignStatus::Paused => note(
            Cause::Paused {
                by: campaign.pause_kind.unwrap_or(PauseKind::Person),
                reason: campaign.pause_reason.clone(),
            },
            None,
        ),
        CampaignStatus::Completed | CampaignStatus::Canceled | CampaignStatus::Failed => {
            note(
                Cause::Over {
                    status: campaign.status,
                },
                None,
            );
        }
        CampaignStatus::Queued | CampaignStatus::Dialing | CampaignStatus::Running => {}
    }
    if let Some(at) = campaign.expires_at.filter(|at| *at <= now) {
        note(Cause::Expired, Some(at));
    }
    if campaign.assistant_trouble.is_some() {
        note(Cause::Assistant, None);
    }
    if !campaign.status.may_dial() {
        return Ok(causes);
    }
    let account: Account = on_tx!(tx, |c| sqlx::query_as(ACCOUNT)
        .bind(AccountId::DEFAULT.0)
        .bind(now.0 - domain::time::SECOND_MS - claim::DIAL_LEASE_MS)
        .bind(now.0 - domain::time::SECOND_MS)
        .fetch_one(c)
        .await)?;
    let (cap, reserved, per_second, learnt, learnt_until, dial_after, open, in_last_second) = account;
    let dial_after = believed_hold(UtcMs(dial_after), now);
    if dial_after > now {
        note(Cause::ProviderHold, Some(dial_after));
    }
    let lines = Lines {
        cap: to_u32(cap),
        learnt: learnt
            .zip(learnt_until)
            .and_then(|(lines, until)| believed(to_u32(lines), UtcMs(until), now)),
        reserved: to_u32(reserved),
    };
    let open = u32::try_from(open).unwrap_or(u32::MAX);
    if open >= lines.usable() {
        note(
            Cause::Lines {
                open,
                usable: lines.usable(),
                reserved: lines.reserved,
            },
            None,
        );
    }
    if campaign.open_calls >= campaign.cap {
        note(
            Cause::CampaignCap {
                open: campaign.open_calls,
                cap: campaign.cap,
            },
            None,
        );
    }
    if let Some(per_second) = per_second.map(to_u32)
        && u64::from(per_second) <= to_u64(in_last_second)
    {
        note(Cause::Rate { per_second }, Some(now + domain::time::SECOND_MS));
    }
    let free_numbers: i64 = on_tx!(tx, |c| sqlx::query_scalar(FREE_NUMBERS)
        .bind(campaign.id.0)
        .bind(AccountId::DEFAULT.0)
        .fetch_one(c)
        .await)?;
    if free_numbers == 0 {
        note(Cause::NumberCaps, None);
    }
    if campaign.mode == Mode::Batch && campaign.quiet_line_gate {
        let live: i64 = on_tx!(tx, |c| sqlx::query_scalar(LIVE_ON_NUMBERS)
            .bind(campaign.id.0)
            .bind(AccountId::DEFAULT.0)
            .fetch_one(c)
            .await)?;
        let present: Option<i32> = on_tx!(tx, |c| sqlx::query_scalar(claim::PRESENT_BATCH)
            .bind(campaign.id.0)
            .fetch_one(c)
            .await)?;
        if live > 0 && present.is_some_and(|present| to_u32(present) > campaign.batch_index) {
            note(Cause::QuietLine, None);
        }
    }
    if let Some(budget) = policy.and_then(|policy| policy.money.budget_usd_micros) {
        let Spending { spent, held } = spending(tx, campaign.id.0).await?;
        // As long as it pays for calls that are under way, they say how much one more would hold.
        if held.0 > 0 && spent.0 + held.0 + held.0 / i64::from(campaign.open_calls.max(1)) > budget {
            let budget = UsdMicros(budget);
            note(Cause::Budget { budget, spent, held }, None);
        }
    }
    Ok(causes)
}

/// Reasons that read alike are one: places in the same zones have the same hours.
fn together(reasons: Vec<Waiting>) -> Vec<Waiting> {
    let mut together: Vec<Waiting> = Vec::new();
    for reason in reasons {
        match together
            .iter_mut()
            .find(|other| other.cause == reason.cause && other.until == reason.until)
        {
            Some(other) => other.contacts += reason.contacts,
            None => together.push(reason),
        }
    }
    together.sort_by_key(|reason| std::cmp::Reverse(reason.contacts));
    together
}
