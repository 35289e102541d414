//! What the latest finished calls tell: how many end in a minute, and how long they take.
//!
//! Both are drawn from a sample, the contacts called last. The chart shows only those minutes that the sample covers
//! whole: calls begun before the oldest of the sample may have ended up to their maximum length later.

use domain::{
    outcome::Outcome,
    time::{MINUTE_MS, UtcMs},
};
use store::ContactRow;

/// Contacts in a sample at most.
pub(crate) const SAMPLE: u32 = 500;
/// Minutes in the chart at most.
const MINUTES: i64 = 30;
/// A chart of fewer minutes says nothing.
const FEWEST_MINUTES: i64 = 5;
/// Calls take no longer than this: the provider's default maximum.
const LONGEST_MS: i64 = 10 * MINUTE_MS;

/// Begin of each minute since `started`, calls in it that reached a person, other calls. Empty when there is nothing to
/// show.
pub(super) fn minutes(sample: &[ContactRow], started: UtcMs, now: UtcMs) -> Vec<(i64, u64, u64)> {
    let this_minute = now.0.div_euclid(MINUTE_MS);
    let partial = u32::try_from(sample.len()).is_ok_and(|rows| rows >= SAMPLE);
    let oldest = sample.iter().filter_map(|row| row.reserved_at).min();
    let first_whole = match oldest {
        Some(oldest) if partial => (oldest.0 + LONGEST_MS).div_euclid(MINUTE_MS) + 1,
        _ => started.0.div_euclid(MINUTE_MS),
    };
    let first = first_whole.max(this_minute - MINUTES + 1);
    if this_minute - first + 1 < FEWEST_MINUTES {
        return Vec::new();
    }
    let mut minutes: Vec<_> = (first..=this_minute)
        .map(|minute| (minute * MINUTE_MS, 0, 0))
        .collect();
    let mut any = false;
    for row in sample {
        let Some(ended) = row.ended_at else { continue };
        let index = usize::try_from(ended.0.div_euclid(MINUTE_MS) - first).ok();
        if let Some((_, connected, other)) = index.and_then(|index| minutes.get_mut(index)) {
            *(if row.outcome.is_some_and(Outcome::is_connected) {
                connected
            } else {
                other
            }) += 1;
            any = true;
        }
    }
    if any { minutes } else { Vec::new() }
}

/// The length of the average call of the sample that reached a person, in milliseconds.
pub(super) fn average_connected_ms(sample: &[ContactRow]) -> Option<i64> {
    let lengths: Vec<i64> = sample
        .iter()
        .filter(|row| row.outcome.is_some_and(Outcome::is_connected))
        .filter_map(|row| Some(row.ended_at?.since(row.started_at?)))
        .collect();
    lengths
        .iter()
        .sum::<i64>()
        .checked_div(i64::try_from(lengths.len()).ok()?)
}

#[cfg(test)]
mod tests {
    use domain::{contact::ContactState, ids::ContactId};
    use uuid::Uuid;

    use super::*;

    const NOW: UtcMs = UtcMs(1_000 * MINUTE_MS + 30_000);

    /// A call that began and ended so many minutes ago.
    fn call(began: i64, ended: i64, outcome: Outcome) -> ContactRow {
        let at = |minutes: i64| Some(NOW - minutes * MINUTE_MS);
        ContactRow {
            id: ContactId(Uuid::nil()),
            line: 2,
            name: String::new(),
            business_name: String::new(),
            phone: String::new(),
            state: ContactState::Done,
            outcome: Some(outcome),
            reason: None,
            eligible_at: UtcMs(0),
            attempts: 1,
            call_id: None,
            status: None,
            dialling: None,
            reserved_at: at(began),
            started_at: at(began),
            ended_at: at(ended),
            ended_reason: None,
            cost: None,
        }
    }

    #[test]
    fn a_small_campaign_shows_its_last_half_hour() {
        let sample = [
            call(1, 0, Outcome::Human),
            call(1, 0, Outcome::Busy),
            call(30, 29, Outcome::Human),
            call(40, 31, Outcome::Human),
        ];
        let minutes = minutes(&sample, UtcMs(0), NOW);
        assert_eq!(minutes.len(), 30);
        assert_eq!(minutes[29], (1_000 * MINUTE_MS, 1, 1));
        assert_eq!(minutes[0], (971 * MINUTE_MS, 1, 0));
    }

    #[test]
    fn a_young_campaign_shows_no_minute_before_its_start() {
        let sample = [call(5, 4, Outcome::Human), call(3, 2, Outcome::Busy)];
        assert_eq!(minutes(&sample, NOW - 5 * MINUTE_MS, NOW).len(), 6);
        assert!(
            minutes(&sample, NOW - 3 * MINUTE_MS, NOW).is_empty(),
            "too short to say anything"
        );
    }

    #[test]
    fn a_large_campaign_shows_only_minutes_that_are_whole() {
        let mut sample = vec![call(1, 0, Outcome::Busy); 499];
        sample.push(call(19, 18, Outcome::Busy));
        assert_eq!(minutes(&sample, UtcMs(0), NOW).len(), 9);
        sample[499] = call(12, 11, Outcome::Busy);
        assert!(
            minutes(&sample, UtcMs(0), NOW).is_empty(),
            "too short to say anything"
        );
    }

    #[test]
    fn a_campaign_that_has_long_ended_shows_no_chart() {
        assert!(minutes(&[call(90, 89, Outcome::Human)], UtcMs(0), NOW).is_empty());
        assert!(minutes(&[], UtcMs(0), NOW).is_empty());
    }

    #[test]
    fn only_people_count_for_the_average_length() {
        let sample = [
            call(3, 1, Outcome::Human),
            call(5, 1, Outcome::Transferred),
            call(9, 1, Outcome::Voicemail),
        ];
        assert_eq!(average_connected_ms(&sample), Some(3 * MINUTE_MS));
        assert_eq!(average_connected_ms(&sample[2..]), None);
    }
}
