//! The guarantees, each checked on its own once a run is over.

use domain::{
    call::{CallState, CallStatus, end::ours},
    campaign::{Action, CampaignStatus, Mode},
    contact::ContactState,
    ids::CallId,
    outcome::{self, Outcome},
    time::{HOUR_MS, MINUTE_MS, UtcMs},
};

use super::truth::{Attempt, Truth, peak};

/// Every promise that the run broke, in words.
pub(crate) fn broken_promises(truth: &Truth) -> Vec<String> {
    let mut broken = Broken(truth.seen.violations.clone());
    never_twice(truth, &mut broken);
    never_over(truth, &mut broken);
    patience(truth, &mut broken);
    slot_truth(truth, &mut broken);
    any_order(truth, &mut broken);
    nobody_lost(truth, &mut broken);
    truthful_start(truth, &mut broken);
    halt(truth, &mut broken);
    one_log(truth, &mut broken);
    strict_batches(truth, &mut broken);
    broken.0
}

struct Broken(Vec<String>);

impl Broken {
    fn unless(&mut self, kept: bool, guarantee: &str, what: impl FnOnce() -> String) {
        if !kept {
            self.0.push(format!("{guarantee}: {}", what()));
        }
    }
}

/// One attempt reaches the provider at most once, and nobody is dialled again whom the provider truly called.
fn never_twice(truth: &Truth, broken: &mut Broken) {
    let twice = &truth.ledger.attempts_called_twice;
    broken.unless(twice.is_empty(), "never twice", || {
        format!("attempts placed twice: {twice:?}")
    });
    let known = truth
        .ledger
        .calls
        .iter()
        .filter_map(|call| call.our_id.as_deref()?.parse::<CallId>().ok())
        .all(|id| truth.calls.iter().any(|attempt| attempt.dial.call_id == id));
    broken.unless(known, "never twice", || {
        "the provider has a call that no claim handed out".to_owned()
    });
    let mut placed: Vec<&Attempt> = truth.calls.iter().filter(|call| call.truth.is_some()).collect();
    placed.sort_by_key(|call| (call.campaign, call.position, call.held().map(|held| held.from_ms)));
    for pair in placed.windows(2) {
        let [first, again] = pair else { continue };
        if (first.campaign, first.position) != (again.campaign, again.position) {
            continue;
        }
        let reason = first.truth.as_ref().and_then(|call| call.ended_reason.as_deref());
        let called = outcome::of_ended(reason, None) != Outcome::NotDialled;
        broken.unless(!called, "never twice", || {
            let (phone, first, again) = (&first.dial.phone, first.dial.call_id, again.dial.call_id);
            format!("{phone} was called by {first}, which ended with {reason:?}, and again by {again}")
        });
    }
}

/// No cap is ever exceeded at the provider: the account's, a campaign's, one live call per person.
fn never_over(truth: &Truth, broken: &mut Broken) {
    let (most, cap) = (
        peak(truth.calls.iter().filter_map(Attempt::held)),
        truth.setup.line_cap as usize,
    );
    broken.unless(most <= cap, "never over", || {
        format!("{most} live calls on an account of {cap} lines")
    });
    for (index, list) in truth.setup.campaigns.iter().enumerate() {
        let its = truth.calls.iter().filter(|call| call.campaign == index);
        let most = peak(its.filter_map(Attempt::held));
        let cap = list.cap as usize;
        broken.unless(most <= cap, "never over", || {
            format!("{most} live calls in campaign {index} with a cap of {cap}")
        });
    }
    let mut by_phone: Vec<(&str, &Attempt)> = truth
        .calls
        .iter()
        .map(|call| (call.dial.phone.as_str(), call))
        .collect();
    by_phone.sort_by_key(|(phone, _)| *phone);
    for same in by_phone.chunk_by(|(a, _), (b, _)| a == b) {
        let most = peak(same.iter().filter_map(|(_, call)| call.held()));
        broken.unless(most <= 1, "never over", || {
            format!("{most} live calls to {} at once", same[0].0)
        });
    }
    // By the word of the provider alone, and of people, whatever attempts and campaigns their calls were of.
    let at_once = &truth.ledger.called_while_live;
    broken.unless(at_once.is_empty(), "never over", || {
        format!("people called while a call to them was live: {at_once:?}")
    });
    let to_one = truth.ledger.peak_live_to_one_number;
    broken.unless(to_one <= 1, "never over", || {
        format!("{to_one} calls live at once to one number")
    });
}

/// Nobody hammers the provider: a contact that it turns down waits longer and longer.
fn patience(truth: &Truth, broken: &mut Broken) {
    let asks = truth
        .seen
        .exchanges
        .iter()
        .filter(|exchange| exchange.request.starts_with("GET /call/"));
    let mut asks: Vec<(&str, i64)> = asks
        .map(|exchange| (exchange.request.as_str(), exchange.at_ms))
        .collect();
    asks.sort_unstable();
    let most = asks.windows(ASKS_A_MINUTE + 1).find(|few| {
        let [first, .., last] = few else { return false };
        first.0 == last.0 && last.1 - first.1 < MINUTE_MS / 2
    });
    broken.unless(most.is_none(), "patience", || {
        format!("a call was asked for again and again: {most:?}")
    });
    let lists: Vec<i64> = truth.list_requests().collect();
    let hurried = lists
        .windows(LISTS_A_MINUTE + 1)
        .find(|few| few[LISTS_A_MINUTE] - few[0] < MINUTE_MS);
    broken.unless(hurried.is_none(), "patience", || {
        format!("more lists than {LISTS_A_MINUTE} in a minute: {hurried:?}")
    });
    let mut attempts: Vec<(usize, usize, UtcMs)> = truth
        .calls
        .iter()
        .map(|call| (call.campaign, call.position, call.row.reserved_at))
        .collect();
    attempts.sort_unstable();
    for same in attempts.chunk_by(|a, b| (a.0, a.1) == (b.0, b.1)) {
        let hurried = same.windows(ATTEMPTS_A_MINUTE + 1).find(|few| {
            let [first, .., last] = few else { return false };
            last.2.since(first.2) + truth.setup.tolerance_ms() < MINUTE_MS
        });
        broken.unless(hurried.is_none(), "patience", || {
            format!(
                "person {} of campaign {} was tried too often at {:?}",
                same[0].1, same[0].0, hurried
            )
        });
    }
}

/// With waits of 1, 4, 10 and 30 seconds between refusals, and a pause and resume or two, nobody is tried more often.
const ATTEMPTS_A_MINUTE: usize = 7;

/// Three nodes may ask for a call at one moment, and again if a dial was blocked.
const ASKS_A_MINUTE: usize = 4;

/// Polls every five seconds while webhooks are silent, and looks for calls in doubt on two numbers, by three nodes that
/// may look at one moment.
const LISTS_A_MINUTE: usize = 12 + 2 * 3;

/// No row frees its line while the provider's record says that the call is live, unless that record has been wrong for
/// an hour past the call's longest duration.
fn slot_truth(truth: &Truth, broken: &mut Broken) {
    let tolerance_ms = truth.setup.tolerance_ms();
    for call in &truth.calls {
        let (Some(closed_at), Some(real)) = (call.closed_at, &call.truth) else {
            continue;
        };
        let over = real
            .record_ended_at_ms
            .is_some_and(|at_ms| at_ms <= closed_at.0 + tolerance_ms);
        let believed_ms = real.created_at_ms + truth.setup.max_duration_ms + HOUR_MS;
        let overdue = closed_at.0 + tolerance_ms > believed_ms;
        broken.unless(over || overdue, "slot truth", || {
            format!(
                "{} freed its line at {closed_at:?}, and was live until {:?}",
                call.dial.call_id,
                real.record_ended_at_ms.map(UtcMs)
            )
        });
    }
}

/// However the facts came, the rows say what was true.
fn any_order(truth: &Truth, broken: &mut Broken) {
    for call in &truth.calls {
        let state = &call.row.state;
        let id = call.dial.call_id;
        let reason = state.end.as_ref().and_then(|end| end.reason.as_deref());
        broken.unless(call.row.status == state.status(), "any order", || {
            format!(
                "{id} is {:?} and its facts make it {:?}",
                call.row.status,
                state.status()
            )
        });
        let Some(real) = &call.truth else {
            let never_placed = matches!(call.row.outcome, Some(Outcome::NotDialled))
                || reason == Some(ours::REFUSED_CONTACT);
            broken.unless(never_placed, "any order", || {
                format!(
                    "{id} never came about, and its row says {:?} ({reason:?})",
                    call.row.outcome
                )
            });
            continue;
        };
        if real.record_ended_at_ms.is_none() {
            broken.unless(call.row.status == CallStatus::Timeout, "any order", || {
                format!(
                    "{id} never ended for the provider, and its row says {:?}",
                    call.row.status
                )
            });
            continue;
        }
        broken.unless(reason == real.ended_reason.as_deref(), "any order", || {
            format!(
                "{id} ended with {:?}, and its row says {reason:?}",
                real.ended_reason
            )
        });
        let ended_at = state.end.as_ref().map(|end| end.at.0);
        broken.unless(ended_at == real.ended_at_ms, "any order", || {
            format!(
                "{id} ended at {:?}, and its row says {ended_at:?}",
                real.ended_at_ms
            )
        });
        let answered_at = state.started_at.map(|at| at.0);
        broken.unless(answered_at == real.answered_at_ms, "any order", || {
            format!(
                "{id} was answered at {:?}, and its row says {answered_at:?}",
                real.answered_at_ms
            )
        });
        // Who was away for so long that even the end was old news has no claim to details.
        let told = ended_at
            .zip(call.closed_at)
            .is_some_and(|(end, told)| told.0 - end < 10 * MINUTE_MS);
        let stuck = real.record_ended_at_ms != real.ended_at_ms;
        if !(told || stuck) {
            continue;
        }
        let cost = state.details.cost.map(|cost| cost.0);
        broken.unless(cost == Some(real.cost_usd_micros), "any order", || {
            format!("{id} cost {}, and its row says {cost:?}", real.cost_usd_micros)
        });
        let transcript = state
            .details
            .transcript
            .as_deref()
            .is_some_and(|text| !text.is_empty());
        broken.unless(
            transcript == spoke(real.fate.as_deref(), answered_at),
            "any order",
            || {
                format!(
                    "{id} was {:?}, and whether its row has a transcript is {transcript}",
                    real.fate
                )
            },
        );
        if let Some(record) = &call.record {
            // When exactly it was accepted is in the record, but not in every message.
            let accepted_at = state.accepted_at;
            let known = CallState {
                accepted_at,
                ..state.clone().join(record.clone())
            };
            broken.unless(known == *state, "any order", || {
                format!("{id} lacks what the record says: {state:?} instead of {known:?}")
            });
        }
        let meant = meaning(real.fate.as_deref(), reason);
        broken.unless(
            meant.is_none_or(|meant| call.row.outcome == Some(meant)),
            "any order",
            || {
                format!(
                    "{id} was {:?}, and its outcome is {:?}",
                    real.fate, call.row.outcome
                )
            },
        );
    }
}

/// Whether anything was said in the call.
fn spoke(fate: Option<&str>, answered_at: Option<i64>) -> bool {
    answered_at.is_some() && fate.is_some()
}

/// What such a call means; `None` when that depends on how long it lasted.
fn meaning(fate: Option<&str>, reason: Option<&str>) -> Option<Outcome> {
    if reason == Some("exceeded-max-duration") {
        return None;
    }
    Some(match fate? {
        "voicemail" => Outcome::Voicemail,
        "no-answer" => Outcome::NoAnswer,
        "busy" => Outcome::Busy,
        "rejected" => Outcome::Rejected,
        "invalid" => Outcome::InvalidNumber,
        "fail" => Outcome::Failed,
        "silent" => Outcome::Silence,
        "forwarded" => Outcome::Transferred,
        _ => return None,
    })
}

/// Every contact is final with an outcome or a reason, and a campaign is complete when they all are.
fn nobody_lost(truth: &Truth, broken: &mut Broken) {
    for (campaign, contacts) in &truth.campaigns {
        broken.unless(campaign.status.is_final(), "nobody lost", || {
            format!("campaign {} is {:?} in the end", campaign.name, campaign.status)
        });
        for contact in contacts {
            let settled = match contact.state {
                ContactState::Done => contact
                    .outcome
                    .is_some_and(|outcome| outcome != Outcome::NotDialled),
                ContactState::Skipped => contact.reason.is_some(),
                ContactState::Pending | ContactState::Calling => false,
            };
            broken.unless(settled, "nobody lost", || {
                let (state, outcome, reason) = (contact.state, contact.outcome, &contact.reason);
                format!(
                    "{} is {state:?} with outcome {outcome:?} and reason {reason:?}",
                    contact.phone
                )
            });
            let skipped = contact.state == ContactState::Skipped;
            broken.unless(
                !skipped || campaign.status == CampaignStatus::Canceled || opted_out(truth, &contact.phone),
                "nobody lost",
                || {
                    format!(
                        "{} was skipped in a campaign that was not cancelled, and never asked for it",
                        contact.phone
                    )
                },
            );
            let its = || {
                truth
                    .calls
                    .iter()
                    .filter(|call| call.row.contact_id == contact.id)
            };
            let outcome = its().next_back().and_then(|call| call.row.outcome);
            // The ids of calls follow the clocks of the nodes that made them: where these differ, they do not tell which was
            // the last.
            let in_order = truth.setup.tolerance_ms() == 0;
            let fits = contact.outcome == outcome
                || !in_order && its().any(|call| call.row.outcome == contact.outcome);
            broken.unless(skipped || fits, "nobody lost", || {
                format!(
                    "{} is {:?}, and its last call {outcome:?}",
                    contact.phone, contact.outcome
                )
            });
        }
        broken.unless(
            contacts.len() == campaign.total_contacts as usize,
            "nobody lost",
            || {
                format!(
                    "campaign {} has {} contacts of {}",
                    campaign.name,
                    contacts.len(),
                    campaign.total_contacts
                )
            },
        );
    }
}

/// Whether somebody at this number asked in a call not to be called again.
fn opted_out(truth: &Truth, phone: &str) -> bool {
    let to_it = truth.calls.iter().filter(|call| call.dial.phone == phone);
    to_it.map(|call| &call.row.state.details).any(|details| {
        details.opted_out || domain::wishes::wishes(details.structured_json.as_deref()).opt_out
    })
}

/// A campaign began when the provider first accepted one of its calls.
fn truthful_start(truth: &Truth, broken: &mut Broken) {
    for (index, (campaign, _)) in truth.campaigns.iter().enumerate() {
        let its = || truth.calls.iter().filter(|call| call.campaign == index);
        let first = its().filter_map(|call| call.row.state.accepted_at).min();
        broken.unless(campaign.started_at == first, "truthful start", || {
            format!(
                "campaign {index} began at {:?}, its first call at {first:?}",
                campaign.started_at
            )
        });
        for call in its() {
            let (Some(accepted_at), Some(real)) = (call.row.state.accepted_at, &call.truth) else {
                continue;
            };
            let tolerance_ms = truth.setup.tolerance_ms();
            broken.unless(
                accepted_at.0 + tolerance_ms >= real.created_at_ms,
                "truthful start",
                || format!("{} was accepted before it was made", call.dial.call_id),
            );
        }
    }
}

/// Once a campaign is paused or cancelled, no more of its calls are placed until somebody resumes it.
fn halt(truth: &Truth, broken: &mut Broken) {
    let tolerance_ms = truth.setup.tolerance_ms();
    let acts = &truth.seen.acts;
    for (nth, (campaign, action, halted_at)) in acts.iter().enumerate() {
        if !matches!(action, Action::Pause | Action::Cancel) {
            continue;
        }
        let resumed_at = acts[nth..]
            .iter()
            .find(|(other, action, _)| other == campaign && *action == Action::Resume)
            .map_or(UtcMs(i64::MAX), |(.., at)| *at);
        for call in truth.calls.iter().filter(|call| call.campaign == *campaign) {
            let sent = call.row.events.iter().find(|event| event.kind == "dial.sent");
            let late = sent.is_some_and(|sent| {
                sent.recorded_at > *halted_at + tolerance_ms && sent.recorded_at + tolerance_ms < resumed_at
            });
            broken.unless(!late, "halt", || {
                format!(
                    "{} was dialled after campaign {campaign} was halted at {halted_at:?}",
                    call.dial.call_id
                )
            });
        }
    }
}

/// The rows can be rebuilt from the log, all of them.
fn one_log(truth: &Truth, broken: &mut Broken) {
    let report = &truth.replay;
    broken.unless(report.differences.is_empty(), "one log", || {
        format!("{:#?}", report.differences)
    });
    // A call whose node died before it was handed out to be dialled was let go, and its contact claimed anew.
    broken.unless(report.calls >= truth.calls.len() as u64, "one log", || {
        format!(
            "{} calls in the log, and {} handed out",
            report.calls,
            truth.calls.len()
        )
    });
}

/// In batch mode nobody of a batch is called before everybody of the one before is final, and with the gate not before
/// the line is quiet.
fn strict_batches(truth: &Truth, broken: &mut Broken) {
    let tolerance_ms = truth.setup.tolerance_ms();
    for (index, list) in truth.setup.campaigns.iter().enumerate() {
        let (Mode::Batch, Some(size)) = (list.mode, list.batch_size) else {
            continue;
        };
        let size = size as usize;
        for batch in 1..list.people.len().div_ceil(size) {
            let of = |batch: usize| {
                truth
                    .calls
                    .iter()
                    .filter(move |call| call.campaign == index && call.position / size == batch)
            };
            let first = of(batch).min_by_key(|call| call.handed_out_at);
            let Some((claimed, begins)) = first.map(|call| (call.row.reserved_at, call.handed_out_at)) else {
                continue;
            };
            let before = of(batch - 1).filter_map(|call| call.closed_at).max();
            broken.unless(before.is_some_and(|ended| ended <= begins + tolerance_ms), "batches", || {
                format!("batch {batch} of campaign {index} began at {begins:?}, the one before ended at {before:?}")
            });
            let noisy = truth.calls.iter().find(|call| {
                truth.setup.campaigns[call.campaign].phone_number_id == list.phone_number_id
                    && call.handed_out_at + tolerance_ms < claimed
                    && call.closed_at.is_none_or(|ended| ended > begins + tolerance_ms)
            });
            broken.unless(!list.quiet_line_gate || noisy.is_none(), "batches", || {
                format!("batch {batch} of campaign {index} began while a call was live on its number")
            });
        }
    }
}
