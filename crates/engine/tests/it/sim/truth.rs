//! What our rows say beside what the provider's ledger says, once a run is over.

use std::collections::BTreeMap;

use bytes::Bytes;
use domain::{
    call::{CallState, Source},
    ids::{CallId, CampaignId},
    time::UtcMs,
};
use http::Request;
use sandbox::{Faults, Ledger, LedgerCall, Reply};
use serde_json::value::RawValue;
use store::{CallDetail, Campaign, ContactFilter, ContactRow, Dial, Page, ReplayReport};
use vapi::Raw;

use super::{Sim, core::Seen, setup::Setup};

/// Both sides.
pub(crate) struct Truth {
    pub(crate) setup: Setup,
    pub(crate) seen: Seen,
    pub(crate) ledger: Ledger,
    pub(crate) replay: ReplayReport,
    /// In the order of the set-up.
    pub(crate) campaigns: Vec<(Campaign, Vec<ContactRow>)>,
    /// Every call row, in the order of their ids.
    pub(crate) calls: Vec<Attempt>,
}

/// One attempt, as we recorded it and as it was.
pub(crate) struct Attempt {
    pub(crate) dial: Dial,
    pub(crate) row: CallDetail,
    /// The campaign's place in the set-up.
    pub(crate) campaign: usize,
    /// The person's place in the list.
    pub(crate) position: usize,
    /// When a claim handed it out, by no node's clock.
    pub(crate) handed_out_at: UtcMs,
    /// When our row freed the line.
    pub(crate) closed_at: Option<UtcMs>,
    /// What the provider truly did, if it took the call on.
    pub(crate) truth: Option<LedgerCall>,
    /// All that the provider's record says of it, for whoever asks at the very end.
    pub(crate) record: Option<CallState>,
}

/// How long a call held a line of the provider: from its dialling until its record said that it was over, but never
/// beyond the time after which the provider lets go of it.
#[derive(Clone, Copy)]
pub(crate) struct Held {
    pub(crate) from_ms: i64,
    pub(crate) until_ms: i64,
}

impl Sim {
    /// Reads both sides.
    pub(crate) async fn truth(&self) -> Truth {
        let ledger = self.core.world(|world, _| world.ledger());
        let seen = self.core.seen(|seen| seen.clone());
        let mut campaigns = Vec::new();
        for id in &self.campaigns {
            let campaign = self.desk.campaign(*id).await.unwrap().unwrap();
            let page = Page {
                limit: 10_000,
                offset: 0,
            };
            let contacts = self
                .desk
                .contacts(*id, &ContactFilter::default(), page)
                .await
                .unwrap();
            campaigns.push((campaign, contacts));
        }
        let by_our_id: BTreeMap<CallId, &LedgerCall> = ledger
            .calls
            .iter()
            .filter_map(|call| Some((call.our_id.as_deref()?.parse().ok()?, call)))
            .collect();
        let records = self.records();
        let mut calls = Vec::new();
        for (dial, handed_out_at) in seen.dials.values() {
            let row = self.desk.call(dial.call_id).await.unwrap().unwrap();
            let campaign = self.place_of(dial.campaign_id);
            let people = &self.setup.campaigns[campaign].people;
            calls.push(Attempt {
                position: people
                    .iter()
                    .position(|person| person.phone == dial.phone)
                    .unwrap(),
                closed_at: row
                    .events
                    .iter()
                    .find(|event| !event.status.is_open())
                    .map(|event| event.recorded_at),
                truth: by_our_id.get(&dial.call_id).map(|call| (*call).clone()),
                record: row
                    .state
                    .provider_call_id
                    .as_ref()
                    .and_then(|id| records.get(id))
                    .cloned(),
                dial: dial.clone(),
                handed_out_at: *handed_out_at,
                campaign,
                row,
            });
        }
        Truth {
            setup: self.setup.clone(),
            replay: self.desk.replay(None).await.unwrap(),
            seen,
            ledger,
            campaigns,
            calls,
        }
    }

    /// What the provider says of every call now, by its id.
    fn records(&self) -> BTreeMap<String, CallState> {
        let request = Request::get("/call?limit=1000")
            .header("authorization", format!("Bearer {}", self.setup.provider.api_key))
            .body(Bytes::new())
            .unwrap();
        let handling = self.core.world(|world, now_ms| {
            world.set_faults(Faults::none());
            world.set_down(now_ms);
            // A moment at which nothing is missing from lists, and no request is one too many.
            world.handle(&request, now_ms + 120_000)
        });
        let Reply::Answer(response) = handling.reply else {
            panic!("the provider does not answer")
        };
        let rows: Vec<Box<RawValue>> = serde_json::from_slice(response.body()).unwrap();
        rows.into_iter()
            .map(|row| {
                let call = Raw::<vapi::Call>::parse(row.get().as_bytes()).unwrap();
                let says = engine::fact_of_call(&call, Source::Poll, "poll", self.core.now()).says;
                (call.value.id, says)
            })
            .collect()
    }

    fn place_of(&self, campaign: CampaignId) -> usize {
        self.campaigns.iter().position(|id| *id == campaign).unwrap()
    }
}

impl Truth {
    /// The lists asked for, each with its moment.
    pub(crate) fn list_requests(&self) -> impl Iterator<Item = i64> {
        self.seen
            .exchanges
            .iter()
            .filter(|exchange| exchange.request.starts_with("GET /call?"))
            .map(|exchange| exchange.at_ms)
    }

    /// The requests to place a call, with their answers.
    pub(crate) fn dial_requests(&self) -> impl Iterator<Item = &super::core::Exchange> {
        self.seen
            .exchanges
            .iter()
            .filter(|exchange| exchange.request == "POST /call")
    }
}

impl Attempt {
    /// How long it truly held a line, if it did.
    pub(crate) fn held(&self) -> Option<Held> {
        let truth = self.truth.as_ref()?;
        let until = [truth.record_ended_at_ms, truth.max_end_ms]
            .into_iter()
            .flatten()
            .min();
        Some(Held {
            from_ms: truth.dialled_at_ms?,
            until_ms: until.unwrap_or(i64::MAX),
        })
    }
}

/// The most of these that are held at one moment.
pub(crate) fn peak(held: impl IntoIterator<Item = Held>) -> usize {
    let mut changes: Vec<(i64, i32)> = held
        .into_iter()
        .flat_map(|held| [(held.from_ms, 1), (held.until_ms, -1)])
        .collect();
    // Who leaves at a moment leaves before who comes at it.
    changes.sort_unstable();
    let (mut now, mut most) = (0, 0);
    for (_, change) in changes {
        now += change;
        most = most.max(now);
    }
    usize::try_from(most).unwrap()
}
