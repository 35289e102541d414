//! What must be true when a run is over. The provider's ledger is the witness.

use std::collections::{BTreeMap, BTreeSet};

use domain::{
    assistant::Config,
    directory::{ChangeState, Source},
    ids::AssistantId,
};
use http::Method;
use sandbox::LedgerAssistant;
use serde_json::Value;
use store::{Assistant, AssistantFilter, Page, Version};

use super::{
    crowd::{Answer, Deed},
    house::{mark_of, past_us},
    run::Run,
};

/// Both sides at the end of a run.
pub(crate) struct Truth {
    deeds: Vec<Deed>,
    /// What the provider ever had.
    ledger: Vec<LedgerAssistant>,
    /// What it has, by its id.
    held: BTreeMap<String, Config>,
    /// Our records, those that people deleted included.
    records: BTreeMap<AssistantId, (Assistant, Vec<Version>)>,
    /// Assistants whose campaign is over, and those whose campaign is not.
    over: BTreeMap<AssistantId, bool>,
    violations: Vec<String>,
}

impl Run {
    /// Reads both sides.
    pub(crate) async fn truth(&self) -> Truth {
        let core = &self.scene.core;
        let ledger = core.world(|world, _| world.ledger().assistants.list);
        let mut held = BTreeMap::new();
        for there in ledger.iter().filter(|there| there.deleted_ms.is_none()) {
            let path = format!("/assistant/{}", there.id);
            let read = |world: &mut sandbox::World, now_ms| {
                past_us(world, now_ms, &self.scene.key, Method::GET, &path, &Value::Null)
            };
            let json = core.world(read).unwrap().to_string();
            held.insert(there.id.clone(), Config::from_provider(&json).unwrap());
        }
        let page = Page {
            limit: 1_000,
            offset: 0,
        };
        let listed = self
            .desk
            .assistants(&AssistantFilter::default(), page)
            .await
            .unwrap();
        let mut ids: BTreeSet<AssistantId> = listed.iter().map(|record| record.id).collect();
        ids.extend(ledger.iter().filter_map(mark_of));
        for there in &ledger {
            let record = self.desk.assistant_of_provider(&there.id).await.unwrap();
            ids.extend(record.map(|record| record.id));
        }
        let mut records = BTreeMap::new();
        for id in ids {
            if let Some(record) = self.desk.assistant(id).await.unwrap() {
                let mut versions = self.desk.assistant_versions(id, u32::MAX, 1_000).await.unwrap();
                versions.reverse();
                records.insert(id, (record, versions));
            }
        }
        let campaigns = self.scene.campaigns.lock().unwrap().clone();
        let mut over = BTreeMap::new();
        for (campaign, id) in campaigns {
            let campaign = self.desk.campaign(campaign).await.unwrap().unwrap();
            over.insert(id, campaign.status.is_final());
        }
        Truth {
            deeds: self.scene.deeds.lock().unwrap().clone(),
            ledger,
            held,
            records,
            over,
            violations: core.seen(|seen| seen.violations.clone()),
        }
    }
}

impl Truth {
    /// Every promise that was broken, in words.
    pub(crate) fn broken(&self) -> Vec<String> {
        let mut broken = self.violations.clone();
        if broken.is_empty() {
            self.no_twins(&mut broken);
            self.no_silent_disagreement(&mut broken);
            self.nothing_unknown(&mut broken);
            self.removals(&mut broken);
            self.histories(&mut broken);
            self.words_kept(&mut broken);
        }
        broken
    }

    /// The final state in numbers, for people.
    pub(crate) fn summary(&self) -> String {
        let told = |wanted: fn(&Answer) -> bool| {
            let answers = self.deeds.iter().filter_map(|deed| match deed {
                Deed::Created { answer, .. }
                | Deed::Edited { answer, .. }
                | Deed::Repeated { answer, .. }
                | Deed::Other { answer, .. } => Some(answer),
                Deed::Dismissed(_) | Deed::DeletedThere(_) => None,
            });
            answers.filter(|answer| wanted(answer)).count()
        };
        format!(
            "{} records, {} at the provider, {} versions, {} done, {} in doubt, {} nothing, {} lost, {} removed",
            self.records.len(),
            self.held.len(),
            self.records
                .values()
                .map(|(_, versions)| versions.len())
                .sum::<usize>(),
            told(|answer| *answer == Answer::Done),
            told(|answer| *answer == Answer::InDoubt),
            told(|answer| matches!(answer, Answer::Nothing(_))),
            self.records
                .values()
                .filter(|(record, _)| record.change.is_some())
                .count(),
            self.records
                .values()
                .filter(|(record, _)| record.removed_at.is_some())
                .count(),
        )
    }

    /// One wish makes one assistant, whatever is repeated. Only when others deleted what was made may another be made.
    fn no_twins(&self, broken: &mut Vec<String>) {
        let mut made: BTreeMap<AssistantId, Vec<&LedgerAssistant>> = BTreeMap::new();
        for there in &self.ledger {
            if let Some(id) = mark_of(there) {
                made.entry(id).or_default().push(there);
            }
        }
        // The ledger is in the order of creation.
        for (id, made) in made {
            let twins = made.windows(2).any(|pair| match pair {
                [first, second] => first
                    .deleted_ms
                    .is_none_or(|deleted_ms| deleted_ms > second.created_ms),
                _ => false,
            });
            if twins {
                broken.push(format!("no twins: {id} was made more than once: {made:?}"));
            }
        }
    }

    /// Ours and theirs are the same, or the record shows that they are not. No change is open.
    fn no_silent_disagreement(&self, broken: &mut Vec<String>) {
        for (record, _) in self.records.values() {
            let mut complain =
                |what: &str| broken.push(format!("no silent disagreement: {what}: {record:?}"));
            let open = record
                .change
                .as_ref()
                .filter(|change| change.state != ChangeState::Lost);
            if open.is_some() {
                complain("a change is still open");
            }
            if record.deleted_at.is_some() || record.source == Source::Template || record.removed_at.is_some()
            {
                continue;
            }
            let Some(provider_id) = &record.provider_assistant_id else {
                if record.change.is_none() || record.version > 0 {
                    complain("nobody can tell where it is");
                }
                continue;
            };
            match (self.held.get(provider_id), &record.theirs_json, record.gone_at) {
                (None, None, Some(_)) => {}
                (None, ..) => complain("the provider does not have it"),
                (Some(_), _, Some(_)) => complain("the provider has it"),
                (Some(held), theirs, None) => {
                    let shown = theirs.as_ref().unwrap_or(&record.config_json);
                    if Config::parse(shown).ok().as_ref() != Some(held) {
                        complain(&format!("the provider has {}", held.to_json()));
                    }
                    if theirs.as_ref() == Some(&record.config_json) {
                        complain("it shows a difference that is none");
                    }
                }
            }
        }
    }

    /// What carries our mark is in our directory, unless a person dismissed it as lost.
    fn nothing_unknown(&self, broken: &mut Vec<String>) {
        for there in self.ledger.iter().filter(|there| there.deleted_ms.is_none()) {
            let Some(id) = mark_of(there) else { continue };
            let known = self.records.get(&id);
            let known =
                known.is_some_and(|(record, _)| record.provider_assistant_id.as_ref() == Some(&there.id));
            if !known && !self.deeds.contains(&Deed::Dismissed(id)) {
                broken.push(format!("nothing unknown: nobody knows {there:?}"));
            }
        }
    }

    /// Nothing persistent was removed, and every ephemeral one whose campaign is over is gone.
    fn removals(&self, broken: &mut Vec<String>) {
        for gone in self.ledger.iter().filter(|there| there.deleted_ms.is_some()) {
            let by_others = self.deeds.contains(&Deed::DeletedThere(gone.id.clone()));
            let spent = mark_of(gone).is_some_and(|id| self.over.get(&id) == Some(&true));
            if !by_others && !spent {
                broken.push(format!("no removal: we removed {gone:?}"));
            }
        }
        for (id, (record, _)) in &self.records {
            let spent = record.ephemeral && self.over.get(id) == Some(&true);
            let provider_id = record.provider_assistant_id.as_ref();
            if spent && provider_id.is_some_and(|id| self.held.contains_key(id)) {
                broken.push(format!("removal: the provider still has {record:?}"));
            }
        }
    }

    /// Versions count from one without a gap, and the last one is what the record says.
    fn histories(&self, broken: &mut Vec<String>) {
        for (record, versions) in self.records.values() {
            let numbers = versions.iter().map(|version| version.version);
            let config = versions.last().map(|version| &version.config_json);
            let told = numbers.eq(1..=record.version)
                && (record.version == 0 || config == Some(&record.config_json));
            if !told {
                broken.push(format!("history: {record:?} has {versions:?}"));
            }
        }
    }

    /// What people were told is true.
    fn words_kept(&self, broken: &mut Vec<String>) {
        for deed in &self.deeds {
            match deed {
                Deed::Edited { id, greeting, answer } => {
                    let becomes = self.records.get(id).is_some_and(|(_, versions)| {
                        let mut greetings = versions.iter().map(|version| greeting_of(&version.config_json));
                        greetings.any(|said| said.as_ref() == Some(greeting))
                    });
                    let repeated = self.deeds.iter().any(
                        |deed| matches!(deed, Deed::Repeated { greeting: Some(again), .. } if again == greeting),
                    );
                    match answer {
                        Answer::Done if !becomes => {
                            broken.push(format!("words kept: no version came of {deed:?}"));
                        }
                        Answer::Nothing(_) if becomes && !repeated => {
                            broken.push(format!("words kept: a version came of {deed:?}"));
                        }
                        _ => {}
                    }
                }
                Deed::Created { name, answer } => {
                    let made = self
                        .ledger
                        .iter()
                        .filter(|there| there.name.as_ref() == Some(name))
                        .count();
                    match answer {
                        // More than one when others deleted it and a person had it made anew; never two at a time.
                        Answer::Done if made == 0 => {
                            broken.push(format!("words kept: {made} came of {deed:?}"));
                        }
                        Answer::Nothing(_) if made > 0 => {
                            broken.push(format!("words kept: {made} came of {deed:?}"));
                        }
                        _ => {}
                    }
                }
                _ => {}
            }
        }
    }
}

fn greeting_of(config_json: &str) -> Option<String> {
    let config = Config::parse(config_json).ok()?;
    config.get("firstMessage")?.as_str().map(str::to_owned)
}
