//! An end that turns out to be otherwise: the rows become what they would be, had the truth come first.

use domain::{
    call::CallStatus,
    campaign::{Action, CampaignStatus},
    contact::ContactState,
    outcome::Outcome,
};
use store::{ContactFilter, ContactRow, Dial, Page};

use crate::{
    fixture::Fixture,
    people::{NOW, dial},
    says,
};

contract! {
    the_providers_end_corrects_our_inference,
    an_outcome_that_becomes_clearer_is_corrected,
    whoever_turns_out_to_have_been_called_is_not_called_again,
    whoever_may_be_ringing_after_all_is_not_called_meanwhile,
    a_call_that_is_being_dialled_is_not_let_go,
    a_call_that_the_provider_has_is_not_absent,
    whoever_is_being_called_again_already_keeps_that_call,
    whoever_turns_out_not_to_have_been_called_waits_again,
    a_completed_campaign_stays_completed,
    a_cancelled_campaign_skips_whoever_turns_out_not_to_have_been_called,
    an_old_calls_news_do_not_touch_what_the_new_call_brought,
}

/// What the provider says of a call that it could not start.
const NEVER_PLACED: &str = "call.start.error-vapifault-get-org";

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

async fn status(fixture: &Fixture, dial: &Dial) -> CampaignStatus {
    fixture
        .store
        .campaign(dial.campaign_id)
        .await
        .unwrap()
        .expect("the campaign")
        .status
}

async fn the_providers_end_corrects_our_inference(fixture: &Fixture) {
    let (_, dials) = fixture.dialled(2).await;
    let store = &fixture.store;
    let facts = [
        says::accepted(&dials[0], NOW),
        says::inferred(&dials[0], "autolynx.timeout", NOW),
    ];
    store.apply_facts(&facts, NOW).await.unwrap();
    let guessed = contact(fixture, &dials[0]).await;
    assert_eq!(
        (guessed.state, guessed.outcome),
        (ContactState::Done, Some(Outcome::Unknown))
    );
    assert_eq!(guessed.status, Some(CallStatus::Timeout));
    let applied = store
        .apply_facts(&[says::report(&dials[0], "customer-ended-call", NOW)], NOW)
        .await
        .unwrap();
    assert_eq!(applied.ended, 0, "its line was free already");
    let known = contact(fixture, &dials[0]).await;
    assert_eq!(
        (known.state, known.outcome),
        (ContactState::Done, Some(Outcome::Human))
    );
    assert_eq!((known.status, known.attempts), (Some(CallStatus::Ended), 1));
    fixture.assert_sound(2).await;
}

async fn an_outcome_that_becomes_clearer_is_corrected(fixture: &Fixture) {
    let (_, dial) = fixture.one_call().await;
    let store = &fixture.store;
    let mut silent = says::report(&dial, "customer-ended-call", NOW);
    silent.says.details.user_turns = Some(0);
    store.apply_facts(&[silent], NOW).await.unwrap();
    assert_eq!(contact(fixture, &dial).await.outcome, Some(Outcome::HungUp));
    store
        .apply_facts(&[says::report(&dial, "customer-ended-call", NOW)], NOW)
        .await
        .unwrap();
    assert_eq!(contact(fixture, &dial).await.outcome, Some(Outcome::Human));
    fixture.assert_sound(1).await;
}

/// Guarantee *never twice*.
async fn whoever_turns_out_to_have_been_called_is_not_called_again(fixture: &Fixture) {
    let (_, dials) = fixture.dialled(2).await;
    let store = &fixture.store;
    store
        .apply_facts(&[says::inferred(&dials[0], "autolynx.absent", NOW)], NOW)
        .await
        .unwrap();
    assert_eq!(contact(fixture, &dials[0]).await.state, ContactState::Pending);
    store
        .apply_facts(&[says::report(&dials[0], "customer-ended-call", NOW)], NOW)
        .await
        .unwrap();
    let contact = contact(fixture, &dials[0]).await;
    assert_eq!(
        (contact.state, contact.outcome),
        (ContactState::Done, Some(Outcome::Human))
    );
    assert_eq!((contact.attempts, contact.reason), (1, None));
    assert_eq!(dial(store, NOW + 60_000).await, []);
    fixture.assert_sound(2).await;
}

/// Guarantee *never twice*: the provider tells of the call before it tells of its end.
async fn whoever_may_be_ringing_after_all_is_not_called_meanwhile(fixture: &Fixture) {
    let (_, dials) = fixture.dialled(2).await;
    let store = &fixture.store;
    for fact in [
        says::inferred(&dials[0], "autolynx.absent", NOW),
        says::ringing(&dials[0], NOW),
    ] {
        store.apply_facts(&[fact], NOW).await.unwrap();
    }
    let waiting = contact(fixture, &dials[0]).await;
    assert_eq!(waiting.state, ContactState::Pending);
    assert_eq!(
        waiting.reason.as_deref(),
        Some("the provider is calling them after all")
    );
    assert_eq!(dial(store, NOW + 12 * 3_600_000).await, []);
    let report = says::report(&dials[0], "customer-ended-call", NOW);
    store.apply_facts(&[report], NOW).await.unwrap();
    let called = contact(fixture, &dials[0]).await;
    assert_eq!(
        (called.state, called.outcome),
        (ContactState::Done, Some(Outcome::Human))
    );
    fixture.assert_sound(2).await;
}

/// Guarantee *never twice*: a node saw the campaign paused and was slow to say so; meanwhile it was resumed, and another
/// node dialled.
async fn a_call_that_is_being_dialled_is_not_let_go(fixture: &Fixture) {
    let (_, dials) = fixture.dialled(2).await;
    let store = &fixture.store;
    let too_late = says::inferred(&dials[0], "autolynx.released", NOW);
    store.apply_facts(&[too_late], NOW).await.unwrap();
    assert_eq!(contact(fixture, &dials[0]).await.state, ContactState::Calling);
    assert_eq!(dial(store, NOW + 60_000).await, []);
    fixture.assert_sound(2).await;
}

/// Guarantee *never twice*: a webhook came while the provider's lists were read.
async fn a_call_that_the_provider_has_is_not_absent(fixture: &Fixture) {
    let (_, dials) = fixture.dialled(2).await;
    let store = &fixture.store;
    for fact in [
        says::ringing(&dials[0], NOW),
        says::inferred(&dials[0], "autolynx.absent", NOW),
    ] {
        store.apply_facts(&[fact], NOW).await.unwrap();
    }
    assert_eq!(contact(fixture, &dials[0]).await.state, ContactState::Calling);
    assert_eq!(dial(store, NOW + 60_000).await, []);
    fixture.assert_sound(2).await;
}

async fn whoever_is_being_called_again_already_keeps_that_call(fixture: &Fixture) {
    let (_, first) = fixture.one_call().await;
    let store = &fixture.store;
    store
        .apply_facts(&[says::inferred(&first, "autolynx.absent", NOW)], NOW)
        .await
        .unwrap();
    let second = dial(store, NOW).await.remove(0);
    store
        .apply_facts(&[says::report(&first, "voicemail", NOW)], NOW)
        .await
        .unwrap();
    let calling = contact(fixture, &second).await;
    assert_eq!(
        (calling.state, calling.attempts),
        (ContactState::Calling, 1),
        "the first was an attempt"
    );
    fixture.assert_sound(1).await;
    store
        .apply_facts(&[says::report(&second, "customer-ended-call", NOW)], NOW)
        .await
        .unwrap();
    let done = contact(fixture, &second).await;
    assert_eq!((done.outcome, done.attempts), (Some(Outcome::Human), 2));
    fixture.assert_sound(1).await;
}

async fn whoever_turns_out_not_to_have_been_called_waits_again(fixture: &Fixture) {
    let (_, dials) = fixture.dialled(2).await;
    let store = &fixture.store;
    let facts = [
        says::accepted(&dials[0], NOW),
        says::inferred(&dials[0], "autolynx.timeout", NOW),
    ];
    store.apply_facts(&facts, NOW).await.unwrap();
    store
        .apply_facts(&[says::ended(&dials[0], NEVER_PLACED, NOW)], NOW + 7)
        .await
        .unwrap();
    let contact = contact(fixture, &dials[0]).await;
    assert_eq!(
        (contact.state, contact.outcome, contact.attempts),
        (ContactState::Pending, None, 0)
    );
    assert_eq!(
        contact.reason.as_deref(),
        Some("the provider could not start the call")
    );
    assert_eq!(contact.eligible_at, NOW + 7);
    fixture.assert_sound(2).await;
    assert_eq!(dial(store, NOW + 7).await.len(), 1);
}

async fn a_completed_campaign_stays_completed(fixture: &Fixture) {
    let (_, only) = fixture.one_call().await;
    let store = &fixture.store;
    store
        .apply_facts(&[says::inferred(&only, "autolynx.timeout", NOW)], NOW)
        .await
        .unwrap();
    assert_eq!(status(fixture, &only).await, CampaignStatus::Completed);
    store
        .apply_facts(&[says::ended(&only, NEVER_PLACED, NOW)], NOW)
        .await
        .unwrap();
    let contact = contact(fixture, &only).await;
    assert_eq!(
        (contact.state, contact.outcome),
        (ContactState::Done, Some(Outcome::NotDialled))
    );
    assert_eq!(contact.attempts, 0);
    assert_eq!(status(fixture, &only).await, CampaignStatus::Completed);
    fixture.assert_sound(1).await;
}

async fn a_cancelled_campaign_skips_whoever_turns_out_not_to_have_been_called(fixture: &Fixture) {
    let (id, dials) = fixture.dialled(2).await;
    let store = &fixture.store;
    store
        .apply_facts(&[says::inferred(&dials[0], "autolynx.timeout", NOW)], NOW)
        .await
        .unwrap();
    store.act(id, Action::Cancel, NOW).await.unwrap();
    store
        .apply_facts(&[says::ended(&dials[0], NEVER_PLACED, NOW)], NOW)
        .await
        .unwrap();
    let skipped = contact(fixture, &dials[0]).await;
    assert_eq!(
        (skipped.state, skipped.outcome, skipped.attempts),
        (ContactState::Skipped, None, 0)
    );
    assert_eq!(skipped.reason.as_deref(), Some("the campaign was cancelled"));
    fixture.assert_sound(2).await;
    // Never placed after all is not the last word either.
    let mut called = says::report(&dials[0], "voicemail", NOW);
    called.says.end.as_mut().unwrap().reason = Some("voicemail".to_owned());
    store.apply_facts(&[called], NOW).await.unwrap();
    assert_eq!(
        contact(fixture, &dials[0]).await.outcome,
        Some(Outcome::Voicemail)
    );
    fixture.assert_sound(2).await;
}

async fn an_old_calls_news_do_not_touch_what_the_new_call_brought(fixture: &Fixture) {
    let (_, first) = fixture.one_call().await;
    let store = &fixture.store;
    store
        .apply_facts(&[says::inferred(&first, "autolynx.absent", NOW)], NOW)
        .await
        .unwrap();
    let second = dial(store, NOW).await.remove(0);
    store
        .apply_facts(&[says::report(&second, "customer-ended-call", NOW)], NOW)
        .await
        .unwrap();
    store
        .apply_facts(&[says::ended(&first, "customer-busy", NOW)], NOW)
        .await
        .unwrap();
    let contact = contact(fixture, &second).await;
    assert_eq!(
        (contact.state, contact.outcome),
        (ContactState::Done, Some(Outcome::Human))
    );
    assert_eq!((contact.attempts, contact.call_id), (2, Some(second.call_id)));
    fixture.assert_sound(1).await;
}
