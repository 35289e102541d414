//! Everything that the domain can say has a word of its own on the pages.

use domain::{
    call::{CallStatus, Source},
    campaign::CampaignStatus,
    contact::ContactState,
    outcome::Outcome,
};

use crate::pages::Badge;

#[test]
fn every_word_of_the_domain_is_explained() {
    let mut badges = Vec::new();
    badges.extend(CampaignStatus::ALL.map(|status| Badge::campaign(status.as_str())));
    badges.extend(CallStatus::ALL.map(|status| Badge::call(status.as_str())));
    badges.extend(ContactState::ALL.map(|state| Badge::contact(state.as_str())));
    badges.extend(Outcome::ALL.map(|outcome| Badge::outcome(outcome.as_str())));
    badges.extend(Source::ALL.map(|source| Badge::source(source.as_str())));
    for badge in badges {
        assert!(!badge.hint.is_empty(), "{} has no entry in its table", badge.key);
    }
}

#[test]
fn reports_list_outcomes_in_the_order_of_the_domain() {
    let shown: Vec<_> = Badge::all_outcomes().into_iter().map(|badge| badge.key).collect();
    assert_eq!(shown, Outcome::ALL.map(Outcome::as_str));
}
