//! Certain refusals: for want of a line, because of the account, because of the contact.

use domain::{
    campaign::{Action, CampaignStatus},
    outcome::Outcome,
};
use sandbox::{Faults, LimitForm};
use store::Acted;

use super::{finish, most_a_minute, provider, run, run_of};
use crate::sim::{
    Sim,
    setup::{List, Person, Planned, START_MS, Setup, people},
    truth::{Attempt, peak},
};

const MINUTE_MS: i64 = 60_000;

#[tokio::test]
async fn refusals_for_want_of_a_line_back_off_and_use_up_no_attempt() {
    for form in [LimitForm::Http400, LimitForm::Blocked201, LimitForm::InstantEnd] {
        let truth = run(Setup {
            provider: provider(|settings| {
                settings.account_lines = 2;
                settings.limit_form = form;
            }),
            line_cap: 2,
            // Other people's calls take both lines before ours begin.
            planned: vec![(0, Planned::Others(2, "human 4m"))],
            campaigns: vec![List {
                start_ms: 10_000,
                ..List::of(2, people(0, 4, "human 20s"))
            }],
            ..Setup::default()
        })
        .await;
        assert!(
            truth.ledger.refused.capacity >= 2,
            "{form:?}: {:?}",
            truth.ledger.refused
        );
        let most = most_a_minute(truth.dial_requests().map(|exchange| exchange.at_ms));
        assert!(most <= 8, "{form:?}: {most} requests in a minute");
        for contact in &truth.campaigns[0].1 {
            assert_eq!(
                (contact.attempts, contact.outcome),
                (1, Some(Outcome::Human)),
                "{form:?}"
            );
        }
    }
}

/// Requests and answers of the first seconds cross each other. Whatever the first refusals seem to say, the lines that are
/// there are used.
#[tokio::test]
async fn refusals_at_the_start_leave_no_line_idle_for_long() {
    for form in [LimitForm::Http400, LimitForm::Blocked201, LimitForm::InstantEnd] {
        let truth = run(Setup {
            provider: provider(|settings| {
                settings.account_lines = 8;
                settings.limit_form = form;
            }),
            line_cap: 8,
            // Other people's calls take six of eight lines when ours begin, and end soon after.
            planned: vec![(0, Planned::Others(6, "human 30s"))],
            campaigns: vec![List {
                start_ms: 10_000,
                ..List::of(8, people(0, 80, "human 30s"))
            }],
            ..Setup::default()
        })
        .await;
        assert!(
            truth.ledger.refused.capacity >= 6,
            "{form:?}: {:?}",
            truth.ledger.refused
        );
        let held: Vec<_> = truth.calls.iter().filter_map(Attempt::held).collect();
        let until = |after_ms: i64| {
            held.iter()
                .filter(move |held| held.from_ms < START_MS + after_ms)
                .copied()
        };
        assert_eq!(peak(until(20_000)), 2, "{form:?}: what the others leave");
        assert_eq!(
            peak(until(75_000)),
            8,
            "{form:?}: all of them soon after the others ended"
        );
    }
}

#[tokio::test]
async fn a_fault_of_the_account_pauses_the_campaign_with_its_reason_until_somebody_resumes_it() {
    let refusal = "Wallet Balance is -0.21. Purchase More Credits Or Upgrade Your Plan.";
    let mut sim = Sim::new(Setup {
        provider: provider(|settings| settings.faults.dial_refusal = Some(refusal.to_owned())),
        planned: vec![(5 * MINUTE_MS, Planned::Faults(Box::new(Faults::none())))],
        looked_after: false,
        ..run_of(vec![List::of(2, people(0, 5, "human 20s"))])
    })
    .await;
    sim.run_until(4 * MINUTE_MS).await;
    let paused = sim.campaign(0).await;
    assert_eq!(paused.status, CampaignStatus::Paused);
    let reason = paused.pause_reason.unwrap();
    assert!(reason.contains("Purchase More Credits"), "{reason}");
    assert_eq!(paused.started_at, None, "nothing was ever accepted");
    assert_eq!(paused.open_calls, 0);

    sim.run_until(6 * MINUTE_MS).await;
    assert_eq!(
        sim.act(0, Action::Resume).await,
        Acted::Done(CampaignStatus::Queued)
    );
    let truth = finish(sim).await;
    let (campaign, contacts) = &truth.campaigns[0];
    assert_eq!(
        (campaign.status, campaign.pause_reason.as_deref()),
        (CampaignStatus::Completed, None)
    );
    assert!(
        contacts
            .iter()
            .all(|contact| contact.outcome == Some(Outcome::Human) && contact.attempts == 1)
    );
    assert_eq!(
        truth.ledger.refused.account, 2,
        "the two that were under way, and none while it was paused"
    );
}

#[tokio::test]
async fn a_number_that_the_provider_refuses_ends_its_contact_and_no_other() {
    let mut list = people(0, 3, "human 20s");
    list.push(Person {
        phone: "+123".to_owned(),
        script: None,
    });
    let truth = run(Setup {
        provider: provider(|_| {}),
        ..run_of(vec![List::of(2, list)])
    })
    .await;
    let outcome = |phone: &str| {
        truth.campaigns[0]
            .1
            .iter()
            .find(|contact| contact.phone == phone)
            .and_then(|contact| contact.outcome)
    };
    assert_eq!(outcome("+123"), Some(Outcome::InvalidNumber));
    assert_eq!(outcome(&Person::nth(2).phone), Some(Outcome::Human));
}
