//! What keeps this node from its work, as typed reasons. Words for them: `views::banner`, `domain::waiting`.

use domain::{
    contact::ContactState,
    time::UtcMs,
    waiting::{Cause, Waiting},
};
use engine::{ClockHold, Engine, ProviderStatus, ProviderTrouble, Step, StepState, StepStatus, TroubleKind};
use store::{Campaign, ContactWhy, StorageState, Why};

/// Something that a person should know whatever page they look at.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Trouble {
    /// The database does not do its work.
    Storage(StorageState),
    /// The provider does not work, or not for us.
    Provider(ProviderTrouble),
    /// Dialing is held because of the clocks.
    Clocks(ClockHold),
    /// A background step does not do its work.
    Step(Step, StepState),
}

/// What there is to know of this node, the gravest first.
///
/// `settled`: the node has run for long enough to know the provider; before that, that it does not is no news.
pub(crate) fn troubles(
    storage: &StorageState,
    provider: &ProviderStatus,
    steps: &[StepStatus],
    settled: bool,
) -> Vec<Trouble> {
    let mut troubles = Vec::new();
    if !storage.is_ok() {
        troubles.push(Trouble::Storage(storage.clone()));
    }
    if let Some(trouble) = provider.trouble {
        troubles.push(Trouble::Provider(trouble));
    }
    match provider.clock.hold() {
        // It follows from the silence, which is told already.
        Some(ClockHold::Unknown) if !settled || provider.trouble.is_some() => {}
        Some(hold) => troubles.push(Trouble::Clocks(hold)),
        None => {}
    }
    // Without a database every step fails, and that is told already. One that hangs or panics has another cause.
    let follows = |state: StepState| state == StepState::Failing && !storage.is_ok();
    troubles.extend(
        steps
            .iter()
            .filter(|status| status.in_trouble && !follows(status.state))
            .map(|status| Trouble::Step(status.step, status.state)),
    );
    troubles
}

/// What keeps the whole node from placing calls, in the terms in which waiting is told.
pub(crate) fn held(engine: &Engine) -> Vec<Cause> {
    let status = engine.provider_status();
    let provider = status.trouble.map(|trouble| match trouble.kind {
        TroubleKind::Silent => Cause::ProviderSilent { since: trouble.since },
        TroubleKind::Failing(status) => Cause::ProviderFailing {
            since: trouble.since,
            status,
        },
        TroubleKind::Refusing(status) => Cause::ProviderRefusing {
            since: trouble.since,
            status,
        },
    });
    let clocks = status.clock.hold().map(|hold| match hold {
        ClockHold::Unknown => Cause::ClockUnknown,
        ClockHold::NoDate => Cause::ClockUntold,
        ClockHold::Differs { ahead_ms } => Cause::ClockDiffers { ahead_ms },
    });
    clocks.into_iter().chain(provider).collect()
}

/// Puts what keeps the whole node from placing calls before all other reasons of a campaign that would dial.
pub(crate) fn hold(why: &mut Why, campaign: &Campaign, held: &[Cause]) {
    if !campaign.status.may_dial() || why.contacts.is_empty() {
        return;
    }
    let contacts = u64::from(campaign.total_contacts.saturating_sub(campaign.final_contacts));
    let waits = held.iter().map(|cause| Waiting {
        cause: cause.clone(),
        contacts,
        until: None,
    });
    why.campaign.splice(0..0, waits);
}

/// The same for one contact that may be called.
pub(crate) fn hold_contact(why: &mut ContactWhy, campaign: &Campaign, held: &[Cause]) {
    let never = matches!(
        why.waits.first().map(|waiting| &waiting.cause),
        Some(Cause::Never { .. })
    );
    if why.state != ContactState::Pending || !campaign.status.may_dial() || never {
        return;
    }
    let waits = held.iter().map(|cause| Waiting {
        cause: cause.clone(),
        contacts: 1,
        until: None,
    });
    why.waits.splice(0..0, waits);
}

/// As of when the provider's part of what pages show is, when that is not now. Webhooks may have come since.
pub(crate) fn as_of(engine: &Engine, last_webhook_at: Option<UtcMs>) -> Option<UtcMs> {
    let status = engine.provider_status();
    // A provider that refuses our key tells nothing either.
    status.trouble?;
    status.last_answer_at.max(last_webhook_at)
}

#[cfg(test)]
mod tests {
    use engine::ClockCheck;

    use super::*;

    fn provider(trouble: Option<TroubleKind>, clock: ClockCheck) -> ProviderStatus {
        ProviderStatus {
            last_answer_at: None,
            trouble: trouble.map(|kind| ProviderTrouble {
                kind,
                since: UtcMs(1),
            }),
            clock,
        }
    }

    fn step(state: StepState) -> StepStatus {
        StepStatus {
            step: Step::Sweep,
            last_success_at: None,
            age_ms: None,
            failures_in_a_row: 1,
            panics: 0,
            last_error: None,
            state,
            in_trouble: true,
        }
    }

    #[test]
    fn a_node_that_has_just_started_does_not_cry_about_the_clocks() {
        let unknown = provider(None, ClockCheck::Unknown);
        assert_eq!(troubles(&StorageState::Ok, &unknown, &[], false), []);
        assert_eq!(
            troubles(&StorageState::Ok, &unknown, &[], true),
            [Trouble::Clocks(ClockHold::Unknown)]
        );
        let silent = provider(Some(TroubleKind::Silent), ClockCheck::Unknown);
        let told = troubles(&StorageState::Ok, &silent, &[], true);
        assert!(matches!(told[..], [Trouble::Provider(_)]), "{told:?}");
        let differ = provider(None, ClockCheck::Differs { ahead_ms: 99_000 });
        assert_eq!(troubles(&StorageState::Ok, &differ, &[], false).len(), 1);
    }

    #[test]
    fn what_follows_from_a_lost_database_is_told_once() {
        let well = provider(None, ClockCheck::Unwatched);
        let lost = StorageState::DiskFull;
        let told = |storage: &StorageState, state| troubles(storage, &well, &[step(state)], true).len();
        assert_eq!(told(&lost, StepState::Failing), 1);
        assert_eq!(told(&lost, StepState::Stuck), 2);
        assert_eq!(told(&StorageState::Ok, StepState::Failing), 1);
    }
}
