//! Calls that were refused or never placed: the contact waits and is called again, unless the refusal is its own.

use domain::{
    call::CallStatus,
    campaign::{Action, CampaignStatus},
    contact::ContactState,
    outcome::Outcome,
};
use store::{Applied, ContactFilter, ContactRow, Dial, Page};

use crate::{
    fixture::Fixture,
    people::{List, MAX_DURATION_MS, NOW, dial, start},
    says,
};

contract! {
    a_call_shows_the_attempts_that_were_dialled,
    a_certain_refusal_makes_the_contact_wait_and_uses_up_no_attempt,
    refusals_in_a_row_wait_longer_and_an_accepted_call_ends_the_row,
    what_was_let_go_or_never_arrived_may_go_again_at_once,
    a_refusal_of_the_account_pauses_the_campaign_with_its_reason,
    what_the_account_was_refused_is_known_until_a_call_is_accepted,
    an_end_that_every_call_would_share_pauses_the_campaign,
    a_pause_by_hand_is_not_explained_away,
    a_call_that_the_provider_had_no_line_for_waits_like_a_refused_one,
    a_refusal_of_the_contact_ends_it,
    in_a_cancelled_campaign_nobody_waits,
}

async fn contact(fixture: &Fixture, dial: &Dial) -> ContactRow {
    let page = Page {
        limit: 100,
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

async fn a_certain_refusal_makes_the_contact_wait_and_uses_up_no_attempt(fixture: &Fixture) {
    let reasons = [
        ("autolynx.refused.capacity", "the provider had no free line"),
        ("autolynx.refused.rate", "the provider asked us to slow down"),
        (
            "autolynx.refused.unreachable",
            "the provider could not be reached",
        ),
    ];
    let (id, dials) = fixture.dialled(reasons.len()).await;
    for (dial, (reason, in_words)) in dials.iter().zip(reasons) {
        let applied = fixture
            .store
            .apply_facts(&[says::refused(dial, reason, NOW)], NOW)
            .await
            .unwrap();
        assert_eq!(
            applied,
            Applied {
                ended: 1,
                campaigns: [id].into(),
                ..Applied::default()
            }
        );
        let contact = contact(fixture, dial).await;
        assert_eq!(
            (contact.state, contact.outcome, contact.attempts),
            (ContactState::Pending, None, 0)
        );
        assert_eq!(contact.reason.as_deref(), Some(in_words));
        assert!(
            (800..=1_200).contains(&contact.eligible_at.since(NOW)),
            "{:?}",
            contact.eligible_at
        );
        assert_eq!(contact.status, Some(CallStatus::Failed));
    }
    fixture.assert_sound(3).await;
}

async fn refusals_in_a_row_wait_longer_and_an_accepted_call_ends_the_row(fixture: &Fixture) {
    let (_, first) = fixture.one_call().await;
    let mut now = NOW;
    let mut dialled = first;
    for expected in [1_000, 4_000, 10_000, 30_000, 30_000] {
        let refusal = says::refused(&dialled, "autolynx.refused.capacity", now);
        fixture.store.apply_facts(&[refusal], now).await.unwrap();
        let wait = contact(fixture, &dialled).await.eligible_at.since(now);
        assert!(
            (expected - expected / 5..=expected + expected / 5).contains(&wait),
            "{wait} is not about {expected}"
        );
        now = now + wait;
        let mut dials = dial(&fixture.store, now).await;
        assert_eq!(dials.len(), 1);
        assert_eq!(dials[0].attempt, 1, "none of them was an attempt");
        dialled = dials.remove(0);
    }
    fixture
        .store
        .apply_facts(&[says::ended(&dialled, "customer-busy", now)], now)
        .await
        .unwrap();
    assert_eq!(
        fixture
            .count("contacts", "refusals = 0 AND attempts = 1 AND state = 'done'")
            .await,
        1
    );
    fixture.assert_sound(1).await;
}

/// A person at the screen sees what really rang, and the call that they opened.
async fn a_call_shows_the_attempts_that_were_dialled(fixture: &Fixture) {
    let (_, refused) = fixture.one_call().await;
    let store = &fixture.store;
    let refusal = says::refused(&refused, "autolynx.refused.capacity", NOW);
    store.apply_facts(&[refusal], NOW).await.unwrap();
    let placed = dial(store, NOW + 2_000).await.remove(0);
    let ended = says::ended(&placed, "customer-busy", NOW + 2_000);
    store.apply_facts(&[ended], NOW + 2_000).await.unwrap();

    let shown = async |id| {
        let call = store.call(id).await.unwrap().expect("the call");
        let ids: Vec<_> = call.attempts.iter().map(|tried| tried.id).collect();
        (ids, call.attempts.last().and_then(|tried| tried.outcome))
    };
    let busy = Some(Outcome::Busy);
    assert_eq!(shown(placed.call_id).await, (vec![placed.call_id], busy));
    let both = vec![refused.call_id, placed.call_id];
    assert_eq!(
        shown(refused.call_id).await,
        (both, busy),
        "the one that is open as well"
    );
}

async fn what_was_let_go_or_never_arrived_may_go_again_at_once(fixture: &Fixture) {
    fixture.store.set_line_cap(2).await.unwrap();
    let id = start(&fixture.store, &List::of(0..2)).await;
    let dials = fixture.store.claim(MAX_DURATION_MS, NOW).await.unwrap().dials;
    fixture.store.mark_sent(dials[1].call_id, id, NOW).await.unwrap();
    let facts = [
        says::inferred(&dials[0], "autolynx.released", NOW),
        says::inferred(&dials[1], "autolynx.absent", NOW),
    ];
    fixture.store.apply_facts(&facts, NOW).await.unwrap();
    let reasons = [
        "the call was not placed in time",
        "the provider never got the call",
    ];
    for (dial, reason) in dials.iter().zip(reasons) {
        let contact = contact(fixture, dial).await;
        assert_eq!(
            (contact.state, contact.reason.as_deref()),
            (ContactState::Pending, Some(reason))
        );
        assert_eq!(contact.eligible_at, NOW);
    }
    assert_eq!(
        fixture.count("contacts", "refusals = 0 AND attempts = 0").await,
        2
    );
    assert_eq!(
        fixture
            .store
            .claim(MAX_DURATION_MS, NOW)
            .await
            .unwrap()
            .dials
            .len(),
        2
    );
    fixture.assert_sound(2).await;
}

async fn a_refusal_of_the_account_pauses_the_campaign_with_its_reason(fixture: &Fixture) {
    let (id, dials) = fixture.dialled(2).await;
    let mut refusal = says::refused(&dials[0], "autolynx.refused.account", NOW);
    refusal.says.end.as_mut().unwrap().message = Some("Wallet balance is \0empty".to_owned());
    let applied = fixture.store.apply_facts(&[refusal.clone()], NOW).await.unwrap();
    assert_eq!(applied.paused, [id].into());
    let campaign = fixture.store.campaign(id).await.unwrap().expect("the campaign");
    assert_eq!(campaign.status, CampaignStatus::Paused);
    assert_eq!(campaign.pause_reason.as_deref(), Some("Wallet balance is empty"));
    assert_eq!(
        contact(fixture, &dials[0]).await.state,
        ContactState::Pending,
        "nobody is lost"
    );
    // The other call drains, and the same fault again pauses nothing anew once a person has resumed.
    fixture.store.act(id, Action::Resume, NOW).await.unwrap();
    let resumed = fixture.store.campaign(id).await.unwrap().expect("the campaign");
    assert_eq!(
        (resumed.status, resumed.pause_reason),
        (CampaignStatus::Queued, None)
    );
    let applied = fixture.store.apply_facts(&[refusal], NOW + 5).await.unwrap();
    assert_eq!(applied, Applied::default());
    fixture.assert_sound(2).await;
}

async fn what_the_account_was_refused_is_known_until_a_call_is_accepted(fixture: &Fixture) {
    let store = &fixture.store;
    let (id, dials) = fixture.dialled(1).await;
    assert_eq!(store.account_refusal().await.unwrap(), None);
    let mut refusal = says::refused(&dials[0], "autolynx.refused.account", NOW);
    refusal.says.end.as_mut().unwrap().message = Some("Wallet balance is empty".to_owned());
    store.apply_facts(&[refusal], NOW + 5).await.unwrap();
    let known = store.account_refusal().await.unwrap().expect("a refusal");
    assert_eq!(
        (known.campaign, known.reason.as_str(), known.at),
        (id, "Wallet balance is empty", NOW + 5)
    );
    let other = start(store, &List::of(10..11)).await;
    let later = dial(store, NOW + 10).await;
    assert_eq!(later[0].campaign_id, other);
    assert!(
        store.account_refusal().await.unwrap().is_some(),
        "not accepted yet"
    );
    store
        .apply_facts(&[says::accepted(&later[0], NOW + 11)], NOW + 11)
        .await
        .unwrap();
    assert_eq!(store.account_refusal().await.unwrap(), None);
    fixture.assert_sound(10).await;
}

async fn an_end_that_every_call_would_share_pauses_the_campaign(fixture: &Fixture) {
    let (id, dials) = fixture.dialled(2).await;
    let reason = "call.start.error-subscription-insufficient-credits";
    let applied = fixture
        .store
        .apply_facts(&[says::ended(&dials[0], reason, NOW)], NOW)
        .await
        .unwrap();
    assert_eq!((applied.ended, applied.paused), (1, [id].into()));
    let campaign = fixture.store.campaign(id).await.unwrap().expect("the campaign");
    assert_eq!(campaign.pause_reason.as_deref(), Some(reason));
    let waiting = contact(fixture, &dials[0]).await;
    assert_eq!((waiting.state, waiting.attempts), (ContactState::Pending, 0));
    assert_eq!(
        waiting.reason.as_deref(),
        Some("the provider could not start the call")
    );
    fixture.assert_sound(2).await;
}

async fn a_pause_by_hand_is_not_explained_away(fixture: &Fixture) {
    let (id, dials) = fixture.dialled(1).await;
    fixture.store.act(id, Action::Pause, NOW).await.unwrap();
    let refusal = says::refused(&dials[0], "autolynx.refused.account", NOW);
    let applied = fixture.store.apply_facts(&[refusal], NOW).await.unwrap();
    assert_eq!(applied.paused, [].into());
    assert_eq!(
        fixture
            .store
            .campaign(id)
            .await
            .unwrap()
            .expect("the campaign")
            .pause_reason,
        None
    );
}

async fn a_call_that_the_provider_had_no_line_for_waits_like_a_refused_one(fixture: &Fixture) {
    let (id, dials) = fixture.dialled(2).await;
    let reason = "call.start.error-subscription-concurrency-limit-reached";
    let applied = fixture
        .store
        .apply_facts(&[says::ended(&dials[0], reason, NOW)], NOW)
        .await
        .unwrap();
    assert!(applied.no_line && !applied.rang);
    assert_eq!(
        (applied.ended, applied.paused),
        (1, [].into()),
        "other calls have lines"
    );
    let waiting = contact(fixture, &dials[0]).await;
    assert_eq!((waiting.state, waiting.attempts), (ContactState::Pending, 0));
    assert!(
        (800..=1_200).contains(&waiting.eligible_at.since(NOW)),
        "{:?}",
        waiting.eligible_at
    );
    let applied = fixture
        .store
        .apply_facts(&[says::ringing(&dials[1], NOW)], NOW)
        .await
        .unwrap();
    assert_eq!(
        applied,
        Applied {
            campaigns: [id].into(),
            rang: true,
            ..Applied::default()
        }
    );
    let applied = fixture
        .store
        .apply_facts(&[says::answered(&dials[1], NOW)], NOW)
        .await
        .unwrap();
    assert!(!applied.rang, "it rang before");
    fixture.assert_sound(2).await;
}

async fn a_refusal_of_the_contact_ends_it(fixture: &Fixture) {
    let (id, dials) = fixture.dialled(2).await;
    let facts = [says::refused(&dials[0], "autolynx.refused.contact", NOW)];
    fixture.store.apply_facts(&facts, NOW).await.unwrap();
    let contact = contact(fixture, &dials[0]).await;
    assert_eq!(
        (contact.state, contact.outcome),
        (ContactState::Done, Some(Outcome::InvalidNumber))
    );
    assert_eq!(contact.status, Some(CallStatus::Failed));
    let campaign = fixture.store.campaign(id).await.unwrap().expect("the campaign");
    assert_eq!(
        (campaign.status, campaign.final_contacts),
        (CampaignStatus::Queued, 1)
    );
    fixture.assert_sound(2).await;
}

async fn in_a_cancelled_campaign_nobody_waits(fixture: &Fixture) {
    let (id, dials) = fixture.dialled(2).await;
    fixture.store.act(id, Action::Cancel, NOW).await.unwrap();
    let facts = [
        says::refused(&dials[0], "autolynx.refused.capacity", NOW),
        says::report(&dials[1], "customer-ended-call", NOW),
    ];
    fixture.store.apply_facts(&facts, NOW).await.unwrap();
    let refused = contact(fixture, &dials[0]).await;
    assert_eq!((refused.state, refused.outcome), (ContactState::Skipped, None));
    assert_eq!(refused.reason.as_deref(), Some("the campaign was cancelled"));
    let called = contact(fixture, &dials[1]).await;
    assert_eq!(
        (called.state, called.outcome),
        (ContactState::Done, Some(Outcome::Human)),
        "live calls finish"
    );
    assert_eq!(
        fixture.store.campaign(id).await.unwrap().unwrap().status,
        CampaignStatus::Canceled
    );
    fixture.assert_sound(2).await;
}
