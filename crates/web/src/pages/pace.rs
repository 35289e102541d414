//! How fast a campaign goes.

use super::{show, show::When};

/// Throughput and rates. A dash stands for what is not known yet.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Pace {
    /// Calls finished in the last hour, or per hour so far: `720`.
    pub per_hour: String,
    /// Share of finished calls that reached a person.
    pub connect_rate: String,
    /// `231 of 412 calls`.
    pub connect_detail: String,
    /// The assistant's own judgement of success, where it makes one: share and detail.
    pub success: Option<(String, String)>,
    /// Length of the average connected call, where there is one.
    pub average_call: Option<String>,
    /// `about 2 h 10 min left`, while it runs.
    pub left: Option<String>,
    /// Calls that finished in each of the last minutes, oldest first. Empty hides the chart.
    pub minutes: Vec<Minute>,
    /// Says the chart in words.
    pub minutes_label: String,
    /// Where the chart of a campaign that is over ends; `None`: now.
    pub minutes_until: Option<When>,
}

/// One minute of the chart.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Minute {
    /// When it began.
    pub at: When,
    /// Calls that reached a person.
    pub connected: u64,
    /// Other calls.
    pub other: u64,
    /// Where the column stands, as SVG lengths.
    pub x: String,
    /// How wide the column is.
    pub width: String,
    /// Where the connected part begins, from the top.
    pub connected_y: String,
    /// How tall the connected part is.
    pub connected_height: String,
    /// Where the other part begins, from the top.
    pub other_y: String,
    /// How tall the other part is.
    pub other_height: String,
}

impl Pace {
    /// Draws the chart from `(begin of the minute in UTC milliseconds, connected, other)`, oldest first.
    #[must_use]
    pub fn with_minutes(mut self, counts: &[(i64, u64, u64)]) -> Self {
        let top = counts
            .iter()
            .map(|(_, connected, other)| connected + other)
            .max()
            .unwrap_or(0)
            .max(1);
        let columns = u64::try_from(counts.len()).unwrap_or(u64::MAX).max(1);
        let percent = |part: u64, whole: u64| {
            let tenths = (u128::from(part) * 1_000)
                .checked_div(u128::from(whole))
                .unwrap_or(0);
            format!("{}.{}%", tenths / 10, tenths % 10)
        };
        self.minutes = counts
            .iter()
            .zip(0u64..)
            .map(|(&(at, connected, other), index)| Minute {
                at: When::at(at),
                connected,
                other,
                x: percent(index * 10 + 1, columns * 10),
                width: percent(8, columns * 10),
                connected_y: percent(top - connected, top),
                connected_height: percent(connected, top),
                other_y: percent(top - connected - other, top),
                other_height: percent(other, top),
            })
            .collect();
        let total: u64 = counts.iter().map(|(_, connected, other)| connected + other).sum();
        self.minutes_label = format!(
            "{} finished in {}, at most {} in one minute.",
            show::count_of(total, "call", "calls"),
            show::count_of(columns, "minute", "minutes"),
            show::count(top)
        );
        self
    }
}
