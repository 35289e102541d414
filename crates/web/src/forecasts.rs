//! Forecasts of campaigns, remembered for a while and made anew in the background.
//!
//! A forecast takes a moment of computing. No page waits for one: it shows what is known and is told when there is more.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use domain::{
    campaign::{CAP_RANGE, Kind},
    forecast::{Forecast, forecast},
    ids::CampaignId,
    outcome::Outcome,
    time::{MINUTE_MS, SECOND_MS, UtcMs},
};
use engine::Engine;
use store::Campaign;
use tokio::sync::{Semaphore, broadcast};

/// How long a forecast of a campaign that dials is believed, in milliseconds of a clock that runs like life.
const FRESH_MS: i64 = 15 * SECOND_MS;
/// How long one of a campaign that does not.
const FRESH_AT_REST_MS: i64 = 2 * MINUTE_MS;
/// Forecasts remembered at most.
const REMEMBERED: usize = 1_000;

/// A forecast, and what to say about it.
#[derive(Debug)]
pub(crate) struct Made {
    /// As of when.
    pub at: UtcMs,
    /// With as many lines as the campaign may use, and with fewer and more.
    pub forecast: Forecast,
    /// Calls that it rests on.
    pub calls: usize,
    /// Whether so many are enough, without assumptions.
    pub is_enough: bool,
    /// What calls come to, in hundredths.
    pub mix: Vec<(Outcome, u32)>,
    /// How long a call holds its line on average, in milliseconds.
    pub mean_line_ms: i64,
    basis: Basis,
}

/// What people change, and a forecast then has to be made anew.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Basis {
    cap: u32,
    policy_version: u32,
    people: u32,
    dials: bool,
    starts_at: Option<UtcMs>,
    expires_at: Option<UtcMs>,
}

impl Basis {
    fn of(campaign: &Campaign) -> Self {
        Self {
            cap: campaign.cap,
            policy_version: campaign.policy_version,
            people: campaign.total_contacts,
            dials: campaign.status.may_dial(),
            starts_at: campaign.starts_at,
            expires_at: campaign.expires_at,
        }
    }
}

#[derive(Default)]
struct Known {
    made: Option<Arc<Made>>,
    /// Somebody makes it anew.
    is_being_made: bool,
}

/// A forecast in the making. However that ends, by a panic too, it can be made anew.
struct BeingMade {
    forecasts: Arc<Forecasts>,
    id: CampaignId,
}

impl Drop for BeingMade {
    fn drop(&mut self) {
        self.forecasts.known().entry(self.id).or_default().is_being_made = false;
        // Nobody may be listening.
        let _ = self.forecasts.told.send(self.id);
    }
}

/// The forecasts of this node.
pub(crate) struct Forecasts {
    engine: Engine,
    /// How many times as fast as life the engine's clock runs.
    speed: f64,
    known: Mutex<HashMap<CampaignId, Known>>,
    /// One at a time: they want a core each.
    turn: Semaphore,
    /// Tells pages of campaigns whose forecast was made.
    told: broadcast::Sender<CampaignId>,
}

impl Forecasts {
    pub(crate) fn new(engine: Engine, speed: f64) -> Self {
        Self {
            engine,
            speed,
            known: Mutex::default(),
            turn: Semaphore::new(1),
            told: broadcast::Sender::new(REMEMBERED),
        }
    }

    /// What is known, without waiting. When that is old, it is made anew meanwhile, and pages of the campaign are told.
    pub(crate) fn glance(self: &Arc<Self>, campaign: &Campaign) -> Option<Arc<Made>> {
        if !has_forecast(campaign) {
            return None;
        }
        let basis = Basis::of(campaign);
        let mut known = self.known();
        if known.len() >= REMEMBERED {
            known.retain(|_, known| known.is_being_made);
        }
        let known = known.entry(campaign.id).or_default();
        let made = known.made.clone().filter(|made| made.basis == basis);
        if !made.as_ref().is_some_and(|made| self.is_fresh(made)) && !known.is_being_made {
            known.is_being_made = true;
            let (forecasts, id) = (self.clone(), campaign.id);
            tokio::spawn(async move {
                let making = BeingMade { forecasts, id };
                if let Err(error) = making.forecasts.make(id, basis).await {
                    tracing::warn!(campaign.id = %id, %error, "no forecast could be made");
                }
            });
        }
        made
    }

    /// Campaigns whose forecast was made in the background, as it happens.
    pub(crate) fn subscribe(&self) -> broadcast::Receiver<CampaignId> {
        self.told.subscribe()
    }

    /// A fresh one, however long it takes.
    pub(crate) async fn ask(&self, campaign: &Campaign) -> store::Result<Option<Arc<Made>>> {
        if !has_forecast(campaign) {
            return Ok(None);
        }
        self.make(campaign.id, Basis::of(campaign)).await
    }

    async fn make(&self, id: CampaignId, basis: Basis) -> store::Result<Option<Arc<Made>>> {
        let _turn = self.turn.acquire().await;
        // Whoever was before may have made it.
        let known = self.known().get(&id).and_then(|known| known.made.clone());
        if let Some(made) = known.filter(|made| made.basis == basis && self.is_fresh(made)) {
            return Ok(Some(made));
        }
        let now = self.engine.clock().now();
        let Some(world) = self.engine.world_of(id, now).await? else {
            return Ok(None);
        };
        let caps = around(basis.cap);
        // The same campaign has the same luck, so that a forecast changes with what is known and not by chance.
        let seed = id.0.as_u64_pair().1;
        let made = tokio::task::spawn_blocking(move || Made {
            at: now,
            forecast: forecast(&world, &caps, seed),
            calls: world.experience.calls.len(),
            is_enough: world.experience.is_enough(),
            mix: world.experience.mix(),
            mean_line_ms: world.experience.mean_line_ms(),
            basis,
        });
        let made = made.await.map(Arc::new).ok();
        self.known().entry(id).or_default().made.clone_from(&made);
        Ok(made)
    }

    fn is_fresh(&self, made: &Made) -> bool {
        let fresh_ms = if made.basis.dials {
            FRESH_MS
        } else {
            FRESH_AT_REST_MS
        };
        let age_ms = self.engine.clock().now().since(made.at);
        (age_ms as f64) < fresh_ms as f64 * self.speed
    }

    fn known(&self) -> MutexGuard<'_, HashMap<CampaignId, Known>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Campaigns that are over have an end, and test calls are one call.
fn has_forecast(campaign: &Campaign) -> bool {
    campaign.kind == Kind::List && !campaign.status.is_final()
}

/// So many lines, and half and twice as many.
fn around(cap: u32) -> Vec<u32> {
    let mut caps = vec![cap.div_ceil(2), cap, cap.saturating_mul(2).min(*CAP_RANGE.end())];
    if cap == 1 {
        caps.push(4);
    }
    if cap == *CAP_RANGE.end() {
        caps.push(cap.div_ceil(4));
    }
    caps.sort_unstable();
    caps.dedup();
    caps
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_number_of_lines_has_two_alternatives() {
        assert_eq!(around(8), [4, 8, 16]);
        assert_eq!(around(1), [1, 2, 4]);
        assert_eq!(around(30), [15, 30, 50]);
        assert_eq!(around(50), [13, 25, 50]);
    }
}
