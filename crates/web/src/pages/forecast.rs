//! When a campaign will be finished, and what it will have cost.

/// Likely ends for a few numbers of lines.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Forecast {
    /// The chosen number of lines first or in its place among the alternatives.
    pub rows: Vec<ForecastRow>,
    /// What it rests on, for instance `From your last 412 calls: 22% people, 38% voicemail.`
    pub assumptions: Vec<String>,
}

/// One number of lines.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ForecastRow {
    /// How many.
    pub lines: u32,
    /// Whether the campaign is set to it.
    pub chosen: bool,
    /// When the last person is final.
    pub finish: Spread,
    /// What it costs in the end.
    pub cost: Spread,
}

/// What is reached in 10, 50 and 90 of 100 cases, in words.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Spread {
    /// One case in ten ends below.
    pub low: String,
    /// Half of them.
    pub middle: String,
    /// Nine in ten.
    pub high: String,
}

impl Spread {
    /// From its three words.
    #[must_use]
    pub fn new(low: &str, middle: &str, high: &str) -> Self {
        Self {
            low: low.to_owned(),
            middle: middle.to_owned(),
            high: high.to_owned(),
        }
    }
}

impl Forecast {
    /// The row of the number of lines that the campaign is set to.
    #[must_use]
    pub fn chosen(&self) -> Option<&ForecastRow> {
        self.rows.iter().find(|row| row.chosen)
    }
}
