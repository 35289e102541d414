//! Lists to call, and the way from a list to calls under way.

use std::collections::BTreeMap;

use domain::{
    campaign::{Action, Kind, Mode},
    ids::{AssistantId, CampaignId},
    policy::Policy,
    time::{HOUR_MS, UtcMs},
};
use store::{Acted, CallerNumber, Dial, MarkSent, NewAssistant, NewCampaign, NewContact, Store, Totals};

use crate::fixture::Fixture;

/// The moment at which tests begin.
pub(crate) const NOW: UtcMs = UtcMs(1_795_166_400_123);
/// How long the provider lets a call live.
pub(crate) const MAX_DURATION_MS: i64 = HOUR_MS;

/// The `index`-th person of the world.
pub(crate) fn person(index: usize) -> NewContact {
    NewContact {
        line: index as u64 + 2,
        name: format!("Person {index}"),
        business_name: format!("Business {index}"),
        phone: phone(index),
        extension: None,
        variables: BTreeMap::new(),
    }
}

/// The number of the `index`-th person.
pub(crate) fn phone(index: usize) -> String {
    format!("+4930{index:07}")
}

/// A campaign to be imported.
pub(crate) struct List {
    /// Who is called.
    pub people: Vec<NewContact>,
    /// Calls open at once.
    pub cap: u32,
    /// In strict batches of so many.
    pub batch_size: Option<u32>,
    /// Whether a new batch waits for a quiet line.
    pub quiet_line_gate: bool,
    /// The provider's ids of the numbers called from.
    pub numbers: Vec<&'static str>,
    /// Higher goes first.
    pub priority: i32,
    /// What the campaign allows.
    pub policy: Policy,
}

impl List {
    /// A continuous campaign over the given people.
    pub(crate) fn of(people: impl IntoIterator<Item = usize>) -> Self {
        Self {
            people: people.into_iter().map(person).collect(),
            cap: 50,
            batch_size: None,
            quiet_line_gate: false,
            numbers: vec!["number-1"],
            priority: 0,
            policy: Policy::unrestricted(),
        }
    }

    /// The campaign as the store wants it.
    pub(crate) fn campaign(&self, assistant_id: AssistantId) -> NewCampaign {
        NewCampaign {
            kind: Kind::List,
            name: "Spring".to_owned(),
            mode: if self.batch_size.is_some() {
                Mode::Batch
            } else {
                Mode::Continuous
            },
            cap: self.cap,
            batch_size: self.batch_size,
            quiet_line_gate: self.quiet_line_gate,
            assistant_id,
            numbers: self
                .numbers
                .iter()
                .map(|id| CallerNumber {
                    id: (*id).to_owned(),
                    number: Some("+493012345".to_owned()),
                })
                .collect(),
            priority: self.priority,
            policy: self.policy.clone(),
            expires_at: None,
        }
    }
}

/// The assistant of the tests.
pub(crate) async fn assistant(store: &Store) -> AssistantId {
    let assistant = NewAssistant {
        provider_assistant_id: "assistant-1".to_owned(),
        name: "Robin".to_owned(),
        config_json: "{}".to_owned(),
        author: String::new(),
    };
    store.register_assistant(&assistant, NOW).await.unwrap().id
}

/// Imports a list.
pub(crate) async fn import(store: &Store, list: &List) -> CampaignId {
    let campaign = list.campaign(assistant(store).await);
    let mut import = store.begin_import(&campaign, NOW).await.unwrap();
    import.add(&list.people).await.unwrap();
    let rows = u32::try_from(list.people.len()).unwrap();
    import
        .finish(
            Totals {
                rows,
                rejected: 0,
                duplicates: 0,
            },
            &[],
        )
        .await
        .unwrap()
}

/// Imports a list and presses Start.
pub(crate) async fn start(store: &Store, list: &List) -> CampaignId {
    let id = import(store, list).await;
    let acted = store.act(id, Action::Start, NOW).await.unwrap();
    assert!(matches!(acted, Acted::Done(_)), "{acted:?}");
    id
}

/// Claims and says of every call that it is being dialled.
pub(crate) async fn dial(store: &Store, now: UtcMs) -> Vec<Dial> {
    let dials = store.claim(MAX_DURATION_MS, now).await.unwrap().dials;
    for dial in &dials {
        let marked = store
            .mark_sent(dial.call_id, dial.campaign_id, now)
            .await
            .unwrap();
        assert_eq!(marked, MarkSent::Dial);
    }
    dials
}

impl Fixture {
    /// One campaign over `people` persons, started, with every call being dialled.
    pub(crate) async fn dialled(&self, people: usize) -> (CampaignId, Vec<Dial>) {
        let lines = u32::try_from(people.max(1)).unwrap();
        self.store.set_line_cap(lines).await.unwrap();
        let id = start(&self.store, &List::of(0..people)).await;
        let dials = dial(&self.store, NOW).await;
        assert_eq!(dials.len(), people);
        (id, dials)
    }

    /// One campaign over one person, whose call is being dialled.
    pub(crate) async fn one_call(&self) -> (CampaignId, Dial) {
        let (id, mut dials) = self.dialled(1).await;
        (id, dials.remove(0))
    }
}
