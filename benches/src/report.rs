//! What was measured, as a table for people and as JSON for programs.

use serde_json::{Map, Value};

/// How a number is to be read.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unit {
    /// Rows, facts or requests a second.
    PerSecond,
    /// Milliseconds.
    Ms,
    /// One measured number divided by another of the same run.
    Ratio,
    /// A plain number.
    Count,
}

/// One number.
pub(crate) struct Measure {
    /// Its name in the JSON, with the unit.
    key: String,
    /// Its name in the table.
    label: String,
    unit: Unit,
    value: f64,
}

impl Measure {
    pub(crate) fn per_second(key: impl Into<String>, label: impl Into<String>, value: f64) -> Self {
        Self::new(key, label, Unit::PerSecond, value)
    }

    pub(crate) fn ms(key: impl Into<String>, label: impl Into<String>, value: f64) -> Self {
        Self::new(key, label, Unit::Ms, value)
    }

    pub(crate) fn ratio(key: impl Into<String>, label: impl Into<String>, value: f64) -> Self {
        Self::new(key, label, Unit::Ratio, value)
    }

    pub(crate) fn count(key: impl Into<String>, label: impl Into<String>, value: usize) -> Self {
        #[expect(clippy::cast_precision_loss, reason = "counts of a benchmark are small")]
        let value = value as f64;
        Self::new(key, label, Unit::Count, value)
    }

    fn new(key: impl Into<String>, label: impl Into<String>, unit: Unit, value: f64) -> Self {
        Self {
            key: key.into(),
            label: label.into(),
            unit,
            value,
        }
    }

    fn shown(&self) -> String {
        match self.unit {
            Unit::PerSecond => format!("{} /s", grouped(self.value)),
            Unit::Ms if self.value < 10.0 => format!("{:.3} ms", self.value),
            Unit::Ms => format!("{:.1} ms", self.value),
            Unit::Ratio => format!("{:.2}", self.value),
            Unit::Count => grouped(self.value),
        }
    }
}

/// A whole number with commas between thousands.
pub(crate) fn grouped(value: f64) -> String {
    let digits = format!("{value:.0}");
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index) % 3 == 0 {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// The numbers of one workload: one column for each database, or a single column.
pub(crate) struct Section {
    /// Its name in the JSON.
    pub(crate) key: &'static str,
    /// What was done, for the head of the table.
    pub(crate) title: String,
    /// What a reader must know to read the numbers.
    pub(crate) notes: Vec<String>,
    /// The columns: a name, and its numbers in the order of the table.
    pub(crate) columns: Vec<(&'static str, Vec<Measure>)>,
}

const LABEL_WIDTH: usize = 62;
const VALUE_WIDTH: usize = 16;

impl Section {
    /// The section as a table.
    pub(crate) fn table(&self) -> String {
        let mut text = format!("\n{}\n", self.title);
        for note in &self.notes {
            text.push_str(&format!("  {note}\n"));
        }
        text.push_str(&format!("  {:LABEL_WIDTH$}", ""));
        for (name, _) in &self.columns {
            text.push_str(&format!("{name:>VALUE_WIDTH$}"));
        }
        text.push('\n');
        let rows = self.columns.iter().map(|(_, measures)| measures.len()).max();
        for row in 0..rows.unwrap_or(0) {
            let label = self.columns.iter().find_map(|(_, measures)| measures.get(row));
            text.push_str(&format!(
                "  {:LABEL_WIDTH$}",
                label.map_or("", |measure| &measure.label)
            ));
            for (_, measures) in &self.columns {
                let shown = measures.get(row).map(Measure::shown).unwrap_or_default();
                text.push_str(&format!("{shown:>VALUE_WIDTH$}"));
            }
            text.push('\n');
        }
        text
    }

    /// The section as JSON: an object for each column.
    pub(crate) fn json(&self) -> Value {
        let columns = self.columns.iter().map(|(name, measures)| {
            let numbers: Map<String, Value> = measures
                .iter()
                .map(|measure| (measure.key.clone(), Value::from(measure.value)))
                .collect();
            (name.to_lowercase(), Value::Object(numbers))
        });
        let mut section: Map<String, Value> = columns.collect();
        section.insert("what".to_owned(), Value::from(self.title.clone()));
        section.insert("notes".to_owned(), Value::from(self.notes.clone()));
        Value::Object(section)
    }
}
