//! Changing a campaign: what it is called, how fast it goes, from which numbers, until when. How it works through its list
//! can be changed until it starts.

use domain::{
    campaign::{Action, CampaignStatus, Mode},
    ids::{AccountId, CampaignId},
    time::UtcMs,
};

use crate::{
    Result,
    campaigns::{Acted, CallerNumber, lock_campaign},
    claim::hold_off_claims,
    clean::clean,
    db::{Store, Tx},
    halt::{Unsent, halt, halt_if_more_than},
    rows::to_i32,
};

/// What is to be changed; what is `None` stays.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct CampaignEdit {
    /// What people call it.
    pub name: Option<String>,
    /// Calls open at once, 1 to 50.
    pub cap: Option<u32>,
    /// Higher goes first.
    pub priority: Option<i32>,
    /// The numbers we call from, in rotation. At least one.
    pub numbers: Option<Vec<CallerNumber>>,
    /// From then on nobody is called any more; `Some(None)`: no such day.
    pub expires_at: Option<Option<UtcMs>>,
    /// How it works through its list: mode, contacts a batch, and whether a new batch waits for quiet lines.
    pub order: Option<(Mode, Option<u32>, bool)>,
}

/// What became of a change.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Edited {
    /// Done.
    Done,
    /// It has been started: the order of its list stays.
    Started(CampaignStatus),
    /// It was cancelled or has failed.
    Over(CampaignStatus),
    /// There is no such campaign.
    NotFound,
}

const EDIT: &str = "UPDATE campaigns SET name = COALESCE($2, name), cap = COALESCE($3, cap), \
     priority = COALESCE($4, priority), expires_at_ms = CASE WHEN $5 = 1 THEN $6 ELSE expires_at_ms END, \
     updated_at_ms = $7 WHERE id = $1";

const ORDER: &str = "UPDATE campaigns SET mode = $2, batch_size = $3, quiet_line_gate = $4 WHERE id = $1";
// A continuous campaign has one batch: it looks for contacts nowhere else.
const REBATCH: &str =
    "UPDATE contacts SET batch_index = CASE WHEN $2 = 0 THEN 0 ELSE position / $2 END WHERE campaign_id = $1";

impl Store {
    /// Changes a campaign, also while it runs. Run twice, the second changes nothing. A lower cap, a number taken away and
    /// an earlier last day bind every request that leaves from now on.
    ///
    /// # Errors
    /// [`crate::Error::Unavailable`] when the database cannot be reached.
    pub async fn edit_campaign(&self, id: CampaignId, edit: &CampaignEdit, now: UtcMs) -> Result<Edited> {
        let mut tx = self.begin().await?;
        // A claim that has counted and not committed yet would go past a lower cap, or call from a number taken away.
        hold_off_claims(&mut tx, AccountId::DEFAULT).await?;
        // Calls before the campaign, the order in which facts lock them too. Undone if it cannot be changed.
        halt_what_is_against(&mut tx, id, edit).await?;
        let Some(status) = lock_campaign(&mut tx, id).await? else {
            return Ok(Edited::NotFound);
        };
        let renames_only = *edit
            == CampaignEdit {
                name: edit.name.clone(),
                ..CampaignEdit::default()
            };
        if status.is_over() && !renames_only {
            return Ok(Edited::Over(status));
        }
        let begun = !matches!(status, CampaignStatus::Created | CampaignStatus::Scheduled);
        if begun && edit.order.is_some() {
            return Ok(Edited::Started(status));
        }
        let expires_at = edit.expires_at;
        on_tx!(tx, |c| sqlx::query(EDIT)
            .bind(id.0)
            .bind(edit.name.as_deref().map(clean))
            .bind(edit.cap.map(to_i32))
            .bind(edit.priority)
            .bind(i32::from(expires_at.is_some()))
            .bind(expires_at.flatten().map(|at| at.0))
            .bind(now.0)
            .execute(c)
            .await
            .map(|_| ()))?;
        if let Some((mode, batch_size, quiet_line_gate)) = edit.order {
            let batch_size = batch_size.filter(|_| mode == Mode::Batch);
            on_tx!(tx, |c| sqlx::query(ORDER)
                .bind(id.0)
                .bind(mode.as_str())
                .bind(batch_size.map(to_i32))
                .bind(quiet_line_gate)
                .execute(c)
                .await
                .map(|_| ()))?;
            on_tx!(tx, |c| sqlx::query(REBATCH)
                .bind(id.0)
                .bind(batch_size.map_or(0, to_i32))
                .execute(c)
                .await
                .map(|_| ()))?;
        }
        if let Some(numbers) = &edit.numbers {
            set_numbers(&mut tx, id, numbers).await?;
        }
        tx.commit().await?;
        Ok(Edited::Done)
    }

    /// Lets a campaign start by itself at a time, or at another one, before its last day.
    ///
    /// # Errors
    /// [`crate::Error::Unavailable`] when the database cannot be reached.
    pub async fn schedule(&self, id: CampaignId, starts_at: UtcMs, now: UtcMs) -> Result<Acted> {
        let mut tx = self.begin().await?;
        let done = on_tx!(tx, |c| sqlx::query(
            "UPDATE campaigns SET status = 'SCHEDULED', starts_at_ms = $2, updated_at_ms = $3 \
             WHERE id = $1 AND status IN ('CREATED', 'SCHEDULED') AND archived_at_ms IS NULL \
               AND (expires_at_ms IS NULL OR expires_at_ms > $2)"
        )
        .bind(id.0)
        .bind(starts_at.0)
        .bind(now.0)
        .execute(c)
        .await
        .map(|done| done.rows_affected()))?;
        tx.commit().await?;
        if done == 1 {
            return Ok(Acted::Done(CampaignStatus::Scheduled));
        }
        let Some(campaign) = self.campaign(id).await? else {
            return Ok(Acted::NotFound);
        };
        Ok(match campaign.expired(starts_at) {
            Some(at) if Action::Schedule.possible(campaign.standing()) => Acted::Expired(at),
            _ => campaign.impossible(),
        })
    }
}

/// Stops calls that are reserved and not sent, as far as the campaign could not reserve them any more.
async fn halt_what_is_against(tx: &mut Tx, id: CampaignId, edit: &CampaignEdit) -> Result<()> {
    let its_own = Unsent {
        campaign: Some(id),
        ..Unsent::default()
    };
    if let Some(cap) = edit.cap {
        halt_if_more_than(tx, cap, its_own).await?;
    }
    if let Some(numbers) = &edit.numbers {
        let before: Vec<String> = on_tx!(tx, |c| sqlx::query_scalar(
            "SELECT phone_number_id FROM campaign_numbers WHERE campaign_id = $1"
        )
        .bind(id.0)
        .fetch_all(c)
        .await)?;
        for taken in before {
            if !numbers.iter().any(|number| clean(&number.id) == taken) {
                let on_number = Unsent {
                    number: Some(&taken),
                    ..its_own
                };
                halt(tx, on_number).await?;
            }
        }
    }
    Ok(())
}

async fn set_numbers(tx: &mut Tx, id: CampaignId, numbers: &[CallerNumber]) -> Result<()> {
    // Whoever stays keeps count of what it has placed.
    on_tx!(tx, |c| sqlx::query(
        "UPDATE campaign_numbers SET position = -1 WHERE campaign_id = $1"
    )
    .bind(id.0)
    .execute(c)
    .await
    .map(|_| ()))?;
    for (position, number) in (0_i32..).zip(numbers) {
        on_tx!(tx, |c| sqlx::query(
            "INSERT INTO campaign_numbers (campaign_id, phone_number_id, phone_number, position) \
             VALUES ($1, $2, $3, $4) ON CONFLICT (campaign_id, phone_number_id) \
             DO UPDATE SET position = excluded.position, phone_number = excluded.phone_number"
        )
        .bind(id.0)
        .bind(clean(&number.id).as_ref())
        .bind(number.number.as_deref().map(clean))
        .bind(position)
        .execute(c)
        .await
        .map(|_| ()))?;
    }
    on_tx!(tx, |c| sqlx::query(
        "DELETE FROM campaign_numbers WHERE campaign_id = $1 AND position = -1"
    )
    .bind(id.0)
    .execute(c)
    .await
    .map(|_| ()))?;
    Ok(())
}
