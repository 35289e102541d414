//! People, and others at the provider, who do whatever comes to their mind.

use std::sync::Arc;

use domain::{
    assistant::Config,
    campaign::Action,
    directory::{ChangeState, Source},
    ids::AssistantId,
};
use engine::{Creation, Directory, DirectoryError, Outcome};
use http::Method;
use serde_json::{Value, json};
use store::{Assistant, AssistantFilter, Page, Store};

use super::{
    house::{campaign, config, creation, edit, past_us, robin, with},
    run::Scene,
};

/// What somebody did and was told.
#[derive(Clone, PartialEq, Debug)]
pub(crate) enum Deed {
    /// Wanted an assistant of this name, which nobody else wants.
    Created { name: String, answer: Answer },
    /// Wanted this greeting, which nobody else wants.
    Edited {
        id: AssistantId,
        greeting: String,
        answer: Answer,
    },
    /// Wanted a lost change once more, with this greeting.
    Repeated {
        greeting: Option<String>,
        answer: Answer,
    },
    /// Had seen that a creation was lost.
    Dismissed(AssistantId),
    /// Anything else.
    Other { what: &'static str, answer: Answer },
    /// Somebody deleted this at the provider.
    DeletedThere(String),
}

/// What somebody was told.
#[derive(Clone, PartialEq, Debug)]
pub(crate) enum Answer {
    Done,
    InDoubt,
    /// Nothing was changed.
    Nothing(String),
    /// The database failed: nobody can tell.
    Failed(String),
}

impl From<Result<Outcome, DirectoryError>> for Answer {
    fn from(answer: Result<Outcome, DirectoryError>) -> Self {
        match answer {
            Ok(Outcome::Done(_)) => Self::Done,
            Ok(Outcome::InDoubt(_)) => Self::InDoubt,
            Err(DirectoryError::Store(error)) => Self::Failed(error.to_string()),
            Err(error) => Self::Nothing(error.to_string()),
        }
    }
}

/// One person at one node.
pub(crate) struct Crowd {
    pub(crate) scene: Arc<Scene>,
    pub(crate) directory: Directory,
    pub(crate) store: Store,
    pub(crate) nth: usize,
}

const AUTHOR: &str = "Ann";

impl Crowd {
    /// Does one thing.
    pub(crate) async fn act(self) {
        match self.scene.core.draw(0, 99) {
            0..10 => self.create(false).await,
            10..20 => self.create(true).await,
            20..25 => self.copy().await,
            25..45 => self.edit().await,
            45..50 => self.restore().await,
            50..56 => self.push().await,
            56..62 => self.take().await,
            62..70 => self.import().await,
            70..73 => self.delete().await,
            73..75 => self.switch().await,
            75..82 => self.repeat().await,
            82..84 => self.dismiss().await,
            84..87 => self.compare().await,
            87..93 => self.cancel().await,
            _ => self.past_us(),
        }
    }

    fn one<T>(&self, mut of: Vec<T>) -> Option<T> {
        let last = i64::try_from(of.len()).unwrap() - 1;
        (last >= 0).then(|| of.swap_remove(usize::try_from(self.scene.core.draw(0, last)).unwrap()))
    }

    /// An assistant that this person has in mind, as it was before they thought about it for a while.
    async fn assistant(&self, wanted: impl Fn(&Assistant) -> bool) -> Option<Assistant> {
        let page = Page {
            limit: 100,
            offset: 0,
        };
        let mut found = self
            .store
            .assistants(&AssistantFilter::default(), page)
            .await
            .unwrap();
        found.retain(|assistant| assistant.source != Source::Template && wanted(assistant));
        // Their order must not depend on anything but the run.
        found.sort_by_key(|assistant| assistant.id);
        let found = self.one(found)?;
        let longest_ms = if self.scene.core.happens(0.7) { 100 } else { 30_000 };
        self.scene.core.wait(self.scene.core.draw(0, longest_ms)).await;
        Some(found)
    }

    fn other(&self, what: &'static str, answer: Answer) {
        self.scene.note(Deed::Other { what, answer });
    }

    async fn create(&self, ephemeral: bool) {
        let name = format!("Robin {}", self.nth);
        let wish = Creation {
            ephemeral,
            ..creation(with(robin(), &json!({"name": name})))
        };
        let made = self.directory.create(wish).await;
        let id = made.as_ref().map(Outcome::id);
        let done = matches!(made, Ok(Outcome::Done(_)));
        if let (true, true, Ok(id)) = (ephemeral, done, &id) {
            self.call(*id).await;
        }
        let answer = made.into();
        self.scene.note(Deed::Created { name, answer });
    }

    /// Calls people with an ephemeral assistant.
    async fn call(&self, id: AssistantId) {
        let core = &self.scene.core;
        match campaign(&self.store, id, core.now()).await {
            Ok(campaign) => {
                self.scene.campaigns.lock().unwrap().push((campaign, id));
                if core.happens(0.7) {
                    self.store.act(campaign, Action::Start, core.now()).await.unwrap();
                }
            }
            Err(error) => core.log(format_args!("no campaign: {error}")),
        }
    }

    async fn cancel(&self) {
        let campaigns = self.scene.campaigns.lock().unwrap().clone();
        let Some((campaign, _)) = self.one(campaigns) else {
            return;
        };
        let now = self.scene.core.now();
        let acted = self.store.act(campaign, Action::Cancel, now).await.unwrap();
        self.scene.core.log(format_args!("cancels {campaign}: {acted:?}"));
    }

    async fn copy(&self) {
        let Some(original) = self.assistant(|_| true).await else {
            return;
        };
        let name = format!("Copy {}", self.nth);
        let answer = self
            .directory
            .clone_of(original.id, Some(&name), AUTHOR)
            .await
            .into();
        self.scene.note(Deed::Created { name, answer });
    }

    async fn edit(&self) {
        let Some(seen) = self.assistant(|_| true).await else {
            return;
        };
        let greeting = format!("Greeting {}.", self.nth);
        let mut wanted = Config::parse(&seen.config_json).unwrap();
        let mut patch = json!({"firstMessage": greeting});
        if self.scene.core.happens(0.3) {
            patch["voicemailMessage"] = json!(format!("Message {}.", self.nth));
        }
        if self.scene.core.happens(0.1) {
            patch["voicemailMessage"] = Value::Null;
        }
        if self.scene.core.happens(0.1) {
            // The provider takes no such field.
            patch["artifactPlan"] = json!({"nonsense": true});
        }
        wanted.merge(patch.as_object().unwrap());
        let answer = self
            .directory
            .edit(seen.id, edit(seen.version, wanted))
            .await
            .into();
        self.scene.note(Deed::Edited {
            id: seen.id,
            greeting,
            answer,
        });
    }

    async fn restore(&self) {
        let Some(seen) = self.assistant(|assistant| assistant.version > 1).await else {
            return;
        };
        let earlier = self.scene.core.draw(1, i64::from(seen.version) - 1);
        let earlier = u32::try_from(earlier).unwrap();
        let answer = self
            .directory
            .restore(seen.id, earlier, seen.version, AUTHOR)
            .await;
        self.other("restore", answer.into());
    }

    async fn push(&self) {
        if let Some((id, seen)) = self.drifted().await {
            let answer = self.directory.push_ours(id, &seen, AUTHOR).await;
            self.other("push", answer.into());
        }
    }

    async fn take(&self) {
        if let Some((id, seen)) = self.drifted().await {
            let taken = self.directory.take_theirs(id, &seen, AUTHOR).await;
            self.other("take", taken.map(|()| Outcome::Done(id)).into());
        }
    }

    async fn drifted(&self) -> Option<(AssistantId, String)> {
        let seen = self
            .assistant(|assistant| assistant.theirs_json.is_some())
            .await?;
        let theirs = Config::parse(&seen.theirs_json?).unwrap();
        Some((seen.id, theirs.fingerprint()))
    }

    async fn import(&self) {
        if let Some(provider_id) = self.at_the_provider() {
            let imported = self.directory.import(&provider_id, None, AUTHOR).await;
            self.other("import", imported.map(|found| Outcome::Done(found.id)).into());
        }
    }

    async fn delete(&self) {
        if let Some(seen) = self.assistant(|_| true).await {
            let now = self.scene.core.now();
            let deleted = self.store.delete_assistant(seen.id, now).await.unwrap();
            self.scene
                .core
                .log(format_args!("deletes {}: {deleted:?}", seen.id));
        }
    }

    async fn switch(&self) {
        if let Some(seen) = self.assistant(|_| true).await {
            let now = self.scene.core.now();
            self.store
                .set_assistant_active(seen.id, !seen.active, now)
                .await
                .unwrap();
        }
    }

    async fn lost(&self) -> Option<Assistant> {
        let lost = |assistant: &Assistant| {
            let change = assistant.change.as_ref();
            change.is_some_and(|change| change.state == ChangeState::Lost)
        };
        self.assistant(lost).await
    }

    async fn repeat(&self) {
        let Some(change) = self.lost().await.and_then(|seen| seen.change) else {
            return;
        };
        let Some(lost) = self.store.change(change.id).await.unwrap() else {
            return;
        };
        let wanted = Config::parse(&lost.change.config_json).unwrap();
        let greeting = wanted
            .get("firstMessage")
            .and_then(Value::as_str)
            .map(str::to_owned);
        // Killed in it, it may have come to pass all the same.
        self.scene.note(Deed::Repeated {
            greeting: greeting.clone(),
            answer: Answer::InDoubt,
        });
        let answer = self.directory.repeat(change.id).await.into();
        self.scene.note(Deed::Repeated { greeting, answer });
    }

    async fn dismiss(&self) {
        let Some(seen) = self.lost().await else {
            return;
        };
        let Some(change) = seen.change else {
            return;
        };
        self.scene.note(Deed::Dismissed(seen.id));
        let now = self.scene.core.now();
        self.store.dismiss_change(change.id, now).await.unwrap();
    }

    async fn compare(&self) {
        if let Some(seen) = self.assistant(|_| true).await {
            let compared = self.directory.compare(seen.id).await;
            self.other("compare", compared.map(|()| Outcome::Done(seen.id)).into());
        }
    }

    /// Some assistant that the provider has now.
    fn at_the_provider(&self) -> Option<String> {
        let list = self.scene.core.world(|world, _| world.ledger().assistants.list);
        let there = list.into_iter().filter(|one| one.deleted_ms.is_none());
        self.one(there.map(|one| one.id).collect())
    }

    /// Somebody else does something at the provider.
    fn past_us(&self) {
        let core = &self.scene.core;
        let (method, path, body) = if core.happens(0.1) {
            let name = format!("Not ours {}", self.nth);
            (
                Method::POST,
                "/assistant".to_owned(),
                config(&json!({"name": name})),
            )
        } else {
            let Some(id) = self.at_the_provider() else { return };
            let path = format!("/assistant/{id}");
            if core.happens(0.15) {
                self.scene.note(Deed::DeletedThere(id));
                (Method::DELETE, path, Config::default())
            } else {
                // Two values, so that it may be changed back.
                let value = if core.happens(0.5) {
                    json!("Theirs.")
                } else {
                    Value::Null
                };
                let field = if core.happens(0.5) {
                    "endCallMessage"
                } else {
                    "firstMessage"
                };
                (Method::PATCH, path, config(&json!({field: value})))
            }
        };
        core.log(format_args!("past us: {method} {path} {}", body.to_json()));
        let body = serde_json::to_value(body).unwrap();
        core.world(|world, now_ms| past_us(world, now_ms, &self.scene.key, method, &path, &body));
    }
}
