//! Facts, one door for all of them.

use domain::{
    call::{CallStatus, Dialling, Source},
    campaign::CampaignStatus,
    contact::ContactState,
    money::UsdMicros,
    outcome::Outcome,
};
use futures::future::join_all;
use store::{Applied, CallDetail, Campaign, ContactFilter, ContactRow, Dial, Page};

use crate::{fixture::Fixture, people::NOW, says};

contract! {
    a_call_from_the_answer_to_the_report,
    a_webhook_may_come_before_the_dial_answer,
    repeated_facts_leave_one_event_and_change_nothing,
    many_nodes_apply_the_same_facts_at_once,
    a_poll_without_news_leaves_no_event_but_is_heard,
    what_was_heard_last_never_goes_back,
    a_campaign_starts_with_the_first_accepted_call_and_runs_when_one_rings,
    another_provider_call_under_our_id_does_not_touch_the_call,
    nothing_is_a_fact_too,
}

async fn call(fixture: &Fixture, dial: &Dial) -> CallDetail {
    fixture.store.call(dial.call_id).await.unwrap().expect("the call")
}

async fn contact(fixture: &Fixture, dial: &Dial) -> ContactRow {
    let page = Page {
        limit: 1_000,
        offset: 0,
    };
    let all = fixture
        .store
        .contacts(dial.campaign_id, &ContactFilter::default(), page)
        .await
        .unwrap();
    all.into_iter()
        .find(|contact| contact.id == dial.contact_id)
        .expect("the contact")
}

async fn campaign(fixture: &Fixture, dial: &Dial) -> Campaign {
    fixture
        .store
        .campaign(dial.campaign_id)
        .await
        .unwrap()
        .expect("the campaign")
}

async fn a_call_from_the_answer_to_the_report(fixture: &Fixture) {
    let (id, dial) = fixture.one_call().await;
    let store = &fixture.store;
    let applied = store
        .apply_facts(&[says::accepted(&dial, NOW + 100)], NOW + 100)
        .await
        .unwrap();
    assert_eq!(
        applied,
        Applied {
            campaigns: [id].into(),
            ..Applied::default()
        }
    );
    store
        .apply_facts(&[says::ringing(&dial, NOW + 900)], NOW + 950)
        .await
        .unwrap();
    store
        .apply_facts(&[says::answered(&dial, NOW + 4_000)], NOW + 4_050)
        .await
        .unwrap();
    let live = contact(fixture, &dial).await;
    assert_eq!(
        (live.state, live.status),
        (ContactState::Calling, Some(CallStatus::InProgress))
    );
    let report = says::report(&dial, "customer-ended-call", NOW + 60_000);
    let applied = store.apply_facts(&[report], NOW + 60_300).await.unwrap();
    assert_eq!(
        applied,
        Applied {
            ended: 1,
            campaigns: [id].into(),
            ..Applied::default()
        }
    );

    let call = call(fixture, &dial).await;
    assert_eq!(
        (call.status, call.outcome),
        (CallStatus::Ended, Some(Outcome::Human))
    );
    assert_eq!(call.state.dialling, Dialling::Accepted);
    assert_eq!(call.state.provider_call_id, Some(says::provider_id(&dial)));
    assert_eq!(
        (call.state.sent_at, call.state.accepted_at),
        (Some(NOW), Some(NOW + 100))
    );
    assert_eq!(
        (call.state.ringing_at, call.state.started_at),
        (Some(NOW + 900), Some(NOW + 4_000))
    );
    assert_eq!(call.state.end.as_ref().map(|end| end.at), Some(NOW + 60_000));
    let details = says::report(&dial, "customer-ended-call", NOW).says.details;
    assert_eq!(call.state.details, details);
    let log: Vec<_> = call
        .events
        .iter()
        .map(|event| {
            (
                event.source,
                event.kind.as_str(),
                event.status,
                event.recorded_at.since(NOW),
            )
        })
        .collect();
    assert_eq!(
        log,
        [
            (Source::Engine, "reserved", CallStatus::Queued, 0),
            (Source::Engine, "dial.sent", CallStatus::Queued, 0),
            (Source::Dial, "dial.accepted", CallStatus::Queued, 100),
            (Source::Webhook, "status-update", CallStatus::Ringing, 950),
            (Source::Webhook, "status-update", CallStatus::InProgress, 4_050),
            (Source::Webhook, "end-of-call-report", CallStatus::Ended, 60_300),
        ]
    );
    let payload = call.events[5].payload.as_deref().expect("the provider's words");
    assert_eq!(payload.replace(' ', ""), r#"{"kind":"end-of-call-report"}"#);

    let contact = contact(fixture, &dial).await;
    assert_eq!(
        (contact.state, contact.outcome),
        (ContactState::Done, Some(Outcome::Human))
    );
    assert_eq!((contact.attempts, contact.reason), (1, None));
    assert_eq!(
        (contact.call_id, contact.cost),
        (Some(dial.call_id), Some(UsdMicros(71_200)))
    );
    let campaign = campaign(fixture, &dial).await;
    assert_eq!(campaign.status, CampaignStatus::Completed);
    assert_eq!(campaign.completed_at, Some(NOW + 60_300));
    assert_eq!((campaign.final_contacts, campaign.open_calls), (1, 0));
    fixture.assert_sound(1).await;
}

async fn a_webhook_may_come_before_the_dial_answer(fixture: &Fixture) {
    let (_, dial) = fixture.one_call().await;
    let store = &fixture.store;
    store
        .apply_facts(&[says::ringing(&dial, NOW + 900)], NOW + 900)
        .await
        .unwrap();
    let early = call(fixture, &dial).await;
    assert_eq!(
        (early.status, early.state.dialling),
        (CallStatus::Ringing, Dialling::Accepted)
    );
    assert_eq!(campaign(fixture, &dial).await.status, CampaignStatus::Running);
    store
        .apply_facts(&[says::accepted(&dial, NOW + 100)], NOW + 1_000)
        .await
        .unwrap();
    let late = call(fixture, &dial).await;
    assert_eq!(
        (late.status, late.state.accepted_at),
        (CallStatus::Ringing, Some(NOW + 100))
    );
    assert_eq!(
        campaign(fixture, &dial).await.started_at,
        Some(NOW + 100),
        "the moment of the call, not of the news"
    );
    fixture.assert_sound(1).await;
}

async fn repeated_facts_leave_one_event_and_change_nothing(fixture: &Fixture) {
    let (_, dial) = fixture.one_call().await;
    let store = &fixture.store;
    let facts = [
        says::accepted(&dial, NOW),
        says::ringing(&dial, NOW + 1),
        says::report(&dial, "customer-ended-call", NOW + 2),
    ];
    store.apply_facts(&facts, NOW + 3).await.unwrap();
    let before = (
        call(fixture, &dial).await,
        contact(fixture, &dial).await,
        campaign(fixture, &dial).await,
    );
    for now in [NOW + 3, NOW + 50] {
        let mut again = facts.to_vec();
        again.extend(facts.iter().cloned());
        // A repeated delivery carries other signed addresses.
        again[1].payload = Some(r#"{"signed": "otherwise"}"#.to_owned());
        let applied = store.apply_facts(&again, now).await.unwrap();
        assert_eq!(applied, Applied::default(), "nothing is news");
    }
    let after = (
        call(fixture, &dial).await,
        contact(fixture, &dial).await,
        campaign(fixture, &dial).await,
    );
    assert_eq!(before, after);
    fixture.assert_sound(1).await;
}

async fn many_nodes_apply_the_same_facts_at_once(fixture: &Fixture) {
    let (_, dials) = fixture.dialled(10).await;
    let other = fixture.another_node().await;
    let tasks = (0..8).map(|task| {
        let store = if task % 2 == 0 {
            fixture.store.clone()
        } else {
            other.clone()
        };
        let mut facts: Vec<_> = dials
            .iter()
            .flat_map(|dial| {
                [
                    says::accepted(dial, NOW),
                    says::ringing(dial, NOW + 1),
                    says::ended(dial, "customer-busy", NOW + 2),
                ]
            })
            .collect();
        facts.rotate_left(task * 3);
        tokio::spawn(async move { store.apply_facts(&facts, NOW + 5).await.unwrap() })
    });
    let applied: Vec<_> = join_all(tasks).await.into_iter().map(Result::unwrap).collect();
    assert_eq!(
        applied.iter().map(|applied| applied.ended).sum::<usize>(),
        10,
        "each call ended once"
    );
    assert_eq!(
        fixture
            .count("call_events", "source IN ('webhook', 'dial')")
            .await,
        30
    );
    assert_eq!(
        campaign(fixture, &dials[0]).await.status,
        CampaignStatus::Completed
    );
    assert_eq!(
        fixture.count("contacts", "attempts = 1 AND state = 'done'").await,
        10
    );
    fixture.assert_sound(10).await;
    other.close().await;
}

async fn a_poll_without_news_leaves_no_event_but_is_heard(fixture: &Fixture) {
    let (_, dial) = fixture.one_call().await;
    let store = &fixture.store;
    let poll = says::polled(&dial, "customer-ended-call", NOW, NOW + 1, NOW + 2);
    store
        .apply_facts(std::slice::from_ref(&poll), NOW + 3)
        .await
        .unwrap();
    let events = fixture.count("call_events", "1 = 1").await;
    let applied = store.apply_facts(&[poll], NOW + 90_000).await.unwrap();
    assert_eq!(applied, Applied::default());
    assert_eq!(fixture.count("call_events", "1 = 1").await, events);
    assert_eq!(
        fixture
            .count("calls", &format!("last_heard_at_ms = {}", (NOW + 90_000).0))
            .await,
        1
    );
}

/// Clocks differ between nodes.
async fn what_was_heard_last_never_goes_back(fixture: &Fixture) {
    let (_, dial) = fixture.one_call().await;
    let store = &fixture.store;
    store
        .apply_facts(&[says::accepted(&dial, NOW)], NOW + 500)
        .await
        .unwrap();
    store
        .apply_facts(&[says::ringing(&dial, NOW)], NOW + 100)
        .await
        .unwrap();
    store
        .apply_facts(&[says::ringing(&dial, NOW)], NOW + 50)
        .await
        .unwrap();
    let open = store.open_calls().await.unwrap();
    assert_eq!(open[0].last_heard_at, NOW + 500);
}

/// Guarantee *truthful start*.
async fn a_campaign_starts_with_the_first_accepted_call_and_runs_when_one_rings(fixture: &Fixture) {
    let (_, dials) = fixture.dialled(4).await;
    let store = &fixture.store;
    let now = async || {
        let campaign = campaign(fixture, &dials[0]).await;
        (campaign.status, campaign.started_at)
    };
    assert_eq!(
        now().await,
        (CampaignStatus::Queued, None),
        "dialled, but not accepted"
    );
    store
        .apply_facts(&[says::refused(&dials[0], "autolynx.refused.capacity", NOW)], NOW)
        .await
        .unwrap();
    assert_eq!(
        now().await,
        (CampaignStatus::Queued, None),
        "a refusal starts nothing"
    );
    store
        .apply_facts(&[says::accepted(&dials[1], NOW + 300)], NOW + 300)
        .await
        .unwrap();
    assert_eq!(now().await, (CampaignStatus::Dialing, Some(NOW + 300)));
    store
        .apply_facts(&[says::accepted(&dials[2], NOW + 400)], NOW + 400)
        .await
        .unwrap();
    assert_eq!(
        now().await,
        (CampaignStatus::Dialing, Some(NOW + 300)),
        "the first one counts"
    );
    store
        .apply_facts(&[says::accepted(&dials[3], NOW + 200)], NOW + 500)
        .await
        .unwrap();
    assert_eq!(
        now().await,
        (CampaignStatus::Dialing, Some(NOW + 200)),
        "also when its news come last"
    );
    store
        .apply_facts(&[says::ringing(&dials[2], NOW + 900)], NOW + 900)
        .await
        .unwrap();
    assert_eq!(now().await, (CampaignStatus::Running, Some(NOW + 200)));
    fixture.assert_sound(4).await;
}

/// Somebody placed a second call under the same name: it must not end the first.
async fn another_provider_call_under_our_id_does_not_touch_the_call(fixture: &Fixture) {
    let (_, dial) = fixture.one_call().await;
    let store = &fixture.store;
    store
        .apply_facts(&[says::accepted(&dial, NOW)], NOW)
        .await
        .unwrap();
    let mut foreign = says::report(&dial, "customer-ended-call", NOW + 5);
    foreign.call.provider_call_id = Some("another".to_owned());
    foreign.says.provider_call_id = Some("another".to_owned());
    let applied = store.apply_facts(&[foreign], NOW + 5).await.unwrap();
    assert_eq!(
        applied,
        Applied {
            strays: 1,
            ..Applied::default()
        }
    );
    let call = call(fixture, &dial).await;
    assert_eq!(
        (call.status, call.state.provider_call_id),
        (CallStatus::Queued, Some(says::provider_id(&dial)))
    );
    assert_eq!(
        fixture.count("stray_facts", "provider_call_id = 'another'").await,
        1,
        "and it is kept"
    );
    fixture.assert_sound(1).await;
}

async fn nothing_is_a_fact_too(fixture: &Fixture) {
    assert_eq!(
        fixture.store.apply_facts(&[], NOW).await.unwrap(),
        Applied::default()
    );
}
