//! The one door through which facts come: webhooks, polls, dial answers and our own inferences.

use std::{borrow::Cow, collections::BTreeSet};

use domain::{
    call::{CallState, Fact, Source},
    ids::{AccountId, CampaignId},
    money::UsdMicros,
    phone::Phone,
    time::UtcMs,
};

use crate::{
    Error, Result,
    claim::hold_off_claims,
    clean::{clean_in_place, clean_json, quoted, sound_json},
    db::{Db, Store},
    events::{Log, NewEvent},
    folding::{Call, find, load},
    settling::{opt_out::newly_opted_out, wishes_of, write_back},
    suppressions::{forbid_from_call, is_forbidden_for_good},
};

/// What a batch of facts brought about.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Applied {
    /// How many calls ended, each freeing its line.
    pub ended: usize,
    /// Campaigns of which something changed.
    pub campaigns: BTreeSet<CampaignId>,
    /// Facts about calls that we do not know. They are kept.
    pub strays: usize,
    /// Campaigns that were paused, because every further call would fail alike.
    pub paused: BTreeSet<CampaignId>,
    /// Whether a call began to ring: the provider has a line for us.
    pub rang: bool,
    /// Whether the provider ended a call because it had no line for it.
    pub no_line: bool,
    /// How many people asked in a call not to be called again.
    pub opted_out: usize,
}

/// What one commit brought about.
#[derive(Default)]
struct Batch {
    applied: Applied,
    /// Provider ids that a call learnt, or that a fact was put aside under: the two may have missed each other.
    unsettled_ids: BTreeSet<String>,
}

impl Batch {
    fn absorb(&mut self, other: Self) {
        self.applied.ended += other.applied.ended;
        self.applied.strays += other.applied.strays;
        self.applied.campaigns.extend(other.applied.campaigns);
        self.applied.paused.extend(other.applied.paused);
        self.applied.rang |= other.applied.rang;
        self.applied.no_line |= other.applied.no_line;
        self.applied.opted_out += other.applied.opted_out;
        self.unsettled_ids.extend(other.unsettled_ids);
    }
}

impl Store {
    /// Records facts and folds them into calls, contacts and campaigns, all in one commit.
    ///
    /// Guarantee *any order*: whatever order and number the facts come in, the rows end the same. A fact that the
    /// database refuses does not take the others with it: it is kept among the strays. Killed before the commit,
    /// nothing happened and the sender gets no answer; killed after it or run twice at once, the facts are known
    /// already and change nothing.
    ///
    /// # Errors
    /// [`Error::Unavailable`] when the database cannot be reached; send the facts again then.
    pub async fn apply_facts(&self, facts: &[Fact], now: UtcMs) -> Result<Applied> {
        self.apply_owned_facts(facts.to_vec(), now).await
    }

    /// The same for facts that nobody needs any more: large ones are not copied.
    ///
    /// # Errors
    /// As for [`Store::apply_facts`].
    pub async fn apply_owned_facts(&self, mut facts: Vec<Fact>, now: UtcMs) -> Result<Applied> {
        facts.iter_mut().for_each(make_storable);
        let mut batch = match self.apply_together(&facts, &BTreeSet::new(), now).await {
            Ok(batch) => batch,
            Err(error) if error.is_unavailable() => return Err(error),
            Err(_) => self.apply_singly(&facts, now).await?,
        };
        // The facts are recorded, whatever comes of the rest: a poll and the sweep catch up.
        match self.apply_late_strays(&batch.unsettled_ids, now).await {
            Ok(late) => batch.absorb(late),
            Err(error) => tracing::warn!(%error, "facts that waited for their call still wait"),
        }
        if let Err(error) = self.complete_finished(&batch.applied.campaigns, now).await {
            tracing::warn!(%error, "finished campaigns wait for the sweep to be completed");
        }
        Ok(batch.applied)
    }

    async fn apply_singly(&self, facts: &[Fact], now: UtcMs) -> Result<Batch> {
        let mut all = Batch::default();
        for fact in facts {
            match self.apply_alone(fact, now).await {
                Ok(batch) => all.absorb(batch),
                Err(error) if error.is_unavailable() => return Err(error),
                Err(error) => {
                    tracing::error!(%error, kind = %fact.kind, "a fact could not be applied; it is kept as a stray");
                    self.keep_poisoned(fact, now).await?;
                    all.applied.strays += 1;
                }
            }
        }
        Ok(all)
    }

    async fn apply_alone(&self, fact: &Fact, now: UtcMs) -> Result<Batch> {
        let none = BTreeSet::new();
        let mut result = self.apply_together(std::slice::from_ref(fact), &none, now).await;
        if let Err(Error::Conflict(_)) = result {
            // The first refusal may have been a deadlock with another batch.
            result = self.apply_together(std::slice::from_ref(fact), &none, now).await;
        }
        match (&result, &fact.payload) {
            // What the fact says counts more than the form in which its payload is kept.
            (Err(Error::Other(_)), Some(payload)) => {
                let plain = Fact {
                    payload: Some(quoted(payload)),
                    ..fact.clone()
                };
                self.apply_together(&[plain], &none, now).await
            }
            _ => result,
        }
    }

    /// Two transactions at once may miss each other: one puts a fact aside, because nobody knows its call, while the
    /// other learns the call's provider id and looks for such facts. Whoever commits last sees both here.
    async fn apply_late_strays(&self, ids: &BTreeSet<String>, now: UtcMs) -> Result<Batch> {
        let waiting: Vec<String> = match &self.0.db {
            // Writing transactions come one after the other.
            Db::Sqlite { .. } => Vec::new(),
            Db::Postgres(_) if ids.is_empty() => Vec::new(),
            Db::Postgres(pool) => {
                sqlx::query_scalar(
                    "SELECT DISTINCT s.provider_call_id FROM stray_facts s \
                     JOIN calls k ON k.provider_call_id = s.provider_call_id \
                     WHERE s.provider_call_id = ANY($1) AND s.matched_at_ms IS NULL AND s.says IS NOT NULL",
                )
                .bind(ids.iter().map(String::as_str).collect::<Vec<_>>())
                .fetch_all(pool)
                .await?
            }
        };
        if waiting.is_empty() {
            return Ok(Batch::default());
        }
        self.apply_together(&[], &waiting.into_iter().collect(), now)
            .await
    }

    /// One commit. `waiting`: provider ids under which facts were put aside.
    async fn apply_together(&self, facts: &[Fact], waiting: &BTreeSet<String>, now: UtcMs) -> Result<Batch> {
        match self.try_together(facts, waiting, false, now).await? {
            Some(batch) => Ok(batch),
            // Somebody opts out. Claims are held off before anything else is locked, so that nobody waits in a circle.
            None => self
                .try_together(facts, waiting, true, now)
                .await?
                .ok_or_else(|| Error::Other("claims are held off and yet are not".to_owned())),
        }
    }

    /// `None`: nothing was done, because claims must be held off for these facts.
    async fn try_together(
        &self,
        facts: &[Fact],
        waiting: &BTreeSet<String>,
        claims_held_off: bool,
        now: UtcMs,
    ) -> Result<Option<Batch>> {
        let mut batch = Batch::default();
        let mut tx = self.begin().await?;
        if claims_held_off {
            hold_off_claims(&mut tx, AccountId::DEFAULT).await?;
        }
        let mut calls = load(&mut tx, facts, waiting).await?;
        let mut log = Log::default();
        for fact in facts {
            let Some(call) = find(&mut calls, fact) else {
                // A poll lists every call of the account, and most of those that are not ours never will be.
                if let Some(number) = number_that_opts_out(fact) {
                    // Whoever's call it was: the number is not called again, by nobody here.
                    if !is_forbidden_for_good(&mut tx, &number).await? {
                        if !claims_held_off {
                            return Ok(None);
                        }
                        let id = self.0.ids.next(now);
                        let campaigns = forbid_from_call(&mut tx, id, &number, None, now).await?;
                        batch.applied.campaigns.extend(campaigns);
                        batch.applied.opted_out += 1;
                    }
                }
                if fact.source == Source::Poll {
                    continue;
                }
                self.keep_stray(&mut tx, fact, now).await?;
                batch.applied.strays += 1;
                batch.unsettled_ids.extend(fact.call.provider_call_id.clone());
                continue;
            };
            let payload = fact.payload.as_deref().map(Cow::Borrowed);
            self.fold(&mut log, call, fact, payload, now)?;
        }
        // A call that only now told its provider id may have facts waiting under that id.
        for call in calls.values_mut() {
            let Some(provider_call_id) = call.state.provider_call_id.clone() else {
                continue;
            };
            let newly_known = call.before.provider_call_id.is_none();
            if newly_known || waiting.contains(&provider_call_id) {
                for mut fact in self.claim_strays(&mut tx, &provider_call_id).await? {
                    let payload = fact.payload.take().map(Cow::Owned);
                    self.fold(&mut log, call, &fact, payload, now)?;
                }
            }
            if newly_known {
                batch.unsettled_ids.insert(provider_call_id);
            }
        }
        if !claims_held_off && calls.values().any(newly_opted_out) {
            return Ok(None);
        }
        log.write(&mut tx).await?;
        write_back(self, &mut tx, calls.values(), &mut batch.applied, now).await?;
        tx.commit().await?;
        Ok(Some(batch))
    }

    /// Joins the fact to the call, and notes it with its payload for the log unless it says nothing new.
    fn fold<'a>(
        &self,
        log: &mut Log<'a>,
        call: &mut Call,
        fact: &Fact,
        payload: Option<Cow<'a, str>>,
        now: UtcMs,
    ) -> Result<()> {
        if fact.source == Source::Engine && !call.state.bears_out(&fact.says) {
            tracing::info!(call.id = %call.id, kind = %fact.kind, "overtaken by the events");
            return Ok(());
        }
        // Before it is written to the log: what is rebuilt from the log must come out the same.
        let bounded = fact.source != Source::Engine;
        let (says, at) = if bounded {
            let sent_at = call.state.sent_at;
            (
                fact.says.clone().bounded(sent_at, now),
                fact.at.bounded(sent_at, now),
            )
        } else {
            (fact.says.clone(), fact.at)
        };
        let joined = call.state.clone().join(says.clone());
        // What says nothing new would only swell the log, polls above all; a webhook is always kept.
        if joined == call.state && fact.source != Source::Webhook {
            return Ok(());
        }
        call.state = joined;
        let event = NewEvent {
            call_id: call.id,
            campaign_id: call.campaign_id,
            source: fact.source,
            kind: &fact.kind,
            status: call.state.status(),
            says: &says,
            payload: None,
            at,
        };
        self.note_with(log, &event, payload, now)
    }
}

/// The number of a person who asks in this call not to be called again.
fn number_that_opts_out(fact: &Fact) -> Option<String> {
    if fact.source == Source::Engine || !wishes_of(&fact.says).opt_out {
        return None;
    }
    let number = fact.call.number.as_deref()?.trim();
    Phone::from_e164(number).ok().map(|phone| phone.to_string())
}

/// Takes out of the fact what the databases cannot store, so that both hold the same. Texts that are storable, as nearly
/// all are, stay where they are.
fn make_storable(fact: &mut Fact) {
    clean_in_place(&mut fact.call.provider_call_id);
    let mut kind = Some(std::mem::take(&mut fact.kind));
    clean_in_place(&mut kind);
    fact.kind = kind.unwrap_or_default();
    clean_in_place(&mut fact.payload);
    replace_if_changed(&mut fact.payload, clean_json);
    let CallState {
        provider_call_id,
        end,
        details,
        ..
    } = &mut fact.says;
    clean_in_place(provider_call_id);
    if let Some(end) = end {
        clean_in_place(&mut end.reason);
        clean_in_place(&mut end.message);
    }
    for text in [
        &mut details.recording_url,
        &mut details.transcript,
        &mut details.summary,
        &mut details.success_evaluation,
        &mut details.control_url,
    ] {
        clean_in_place(text);
    }
    for json in [&mut details.messages_json, &mut details.structured_json] {
        replace_if_changed(json, sound_json);
    }
    // No call earns money: such a number says nothing.
    details.cost = details.cost.filter(|cost| *cost >= UsdMicros(0));
}

fn replace_if_changed(text: &mut Option<String>, change: fn(&str) -> Cow<'_, str>) {
    if let Some(text) = text
        && let Cow::Owned(changed) = change(text)
    {
        *text = changed;
    }
}
