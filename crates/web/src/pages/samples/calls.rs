use super::{DAY_MS, HOSTILE, HOUR_MS, LONG, MINUTE_MS, NOW_MS, PEOPLE, id};
use crate::pages::{
    Badge, CallRow, CallsFilter, CallsTable, Pager, When,
    show::{clock, usd_exact},
};

/// State, status, outcome, reason, length in milliseconds.
type Plain = (
    &'static str,
    Option<&'static str>,
    Option<&'static str>,
    Option<&'static str>,
    Option<i64>,
);

#[rustfmt::skip]
const ROWS: [Plain; 12] = [
    ("calling", Some("IN_PROGRESS"), None, None, None),
    ("calling", Some("RINGING"), None, None, None),
    ("calling", Some("QUEUED"), None, Some("Unconfirmed: looking the call up at the provider."), None),
    ("done", Some("ENDED"), Some("human"), Some("The assistant ended the call."), Some(97_000)),
    ("done", Some("ENDED"), Some("voicemail"), Some("A voicemail system answered."), Some(24_000)),
    ("done", Some("ENDED"), Some("no_answer"), Some("Nobody answered."), Some(28_000)),
    ("done", Some("FAILED"), Some("invalid_number"), Some("The carrier says that the number does not exist."), None),
    ("done", Some("TIMEOUT"), Some("unknown"), Some("The provider no longer knows the call."), None),
    ("done", Some("ENDED"), Some("transferred"), Some("The assistant transferred the call."), Some(341_000)),
    ("pending", Some("ENDED"), Some("busy"), Some("Called again"), Some(3_000)),
    ("pending", None, None, Some("Outside 8:00–21:00 in Chicago"), None),
    ("skipped", None, None, Some("On the do-not-call list since 12 March."), None),
];

pub(super) fn rows() -> Vec<CallRow> {
    let mut rows: Vec<_> = ROWS
        .iter()
        .zip(PEOPLE)
        .zip(1u32..)
        .map(
            |((&(state, status, outcome, reason, length), (name, business, phone)), number)| CallRow {
                contact_id: id(0x100 + number),
                call_id: status.map(|_| id(0x200 + number)),
                name: name.to_owned(),
                business: Some(business.to_owned()),
                phone: phone.to_owned(),
                state: Badge::contact(state),
                status: status.map(Badge::call),
                outcome: outcome.map(Badge::outcome),
                reason: reason.map(str::to_owned),
                next: (state == "pending" && status.is_some()).then(|| When::at(NOW_MS + 18 * HOUR_MS)),
                until: (state == "pending" && status.is_none())
                    .then(|| When::told(NOW_MS + 18 * HOUR_MS, "opens Mon 08:00 CST")),
                attempts: u32::from(status.is_some()),
                called: status.map(|_| When::at(NOW_MS - i64::from(number) * MINUTE_MS)),
                duration: length.map(clock),
                cost: length.map(|ms| usd_exact(ms * 2)),
            },
        )
        .collect();
    rows[7].name = HOSTILE.to_owned();
    rows[8].name = LONG.to_owned();
    rows[8].called = Some(When::at(NOW_MS - 3 * DAY_MS));
    rows[8].business = None;
    rows
}

impl CallsTable {
    /// Nobody, nobody matching, one page of many, and a narrow view of a million people.
    #[must_use]
    pub fn samples() -> Vec<(&'static str, Self)> {
        let table = |filter: CallsFilter, rows: Vec<CallRow>, total| Self {
            costs: true,
            campaign_id: id(1),
            pager: Pager::new(filter.page(), 12, total),
            filter,
            rows,
        };
        let searched = CallsFilter {
            q: HOSTILE.to_owned(),
            ..CallsFilter::default()
        };
        let deep = CallsFilter {
            q: "a&b".to_owned(),
            outcome: "voicemail".to_owned(),
            page: "40000".to_owned(),
            ..CallsFilter::default()
        };
        let plain = Self {
            costs: false,
            ..table(CallsFilter::default(), rows(), 12)
        };
        vec![
            ("one page of many", table(CallsFilter::default(), rows(), 1_204)),
            ("nobody", table(CallsFilter::default(), Vec::new(), 0)),
            ("nobody matches", table(searched, Vec::new(), 0)),
            ("deep in a million", table(deep, rows(), 1_000_000)),
            ("switched off", plain),
        ]
    }
}
