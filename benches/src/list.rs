//! A list of people as a spreadsheet would write it.

use std::ops::ControlFlow;

use domain::{
    list::{self, ImportReport, ListSettings, ReadError, Row},
    phone::Region,
};
use store::NewContact;

const FIRST_NAMES: [&str; 8] = [
    "Ada", "Bruno", "Chioma", "Dmitri", "Elena", "Farid", "Grace", "Hanaé",
];
const LAST_NAMES: [&str; 7] = [
    "Okafor",
    "Müller",
    "Santos",
    "Ivanova",
    "O'Brien",
    "Nguyen",
    "Lindqvist",
];
const TRADES: [&str; 6] = [
    "Plumbing",
    "Dental Care",
    "Roofing, Inc.",
    "Bakery",
    "Auto Repair",
    "Law Office",
];

/// A CSV file of so many rows, each with another number, written in three ways.
pub(crate) fn csv(rows: usize) -> Vec<u8> {
    let mut text = String::with_capacity(rows * 110);
    text.push_str("Name,Phone,Business Name,City,Policy Number,Renewal Date\n");
    for row in 0..rows {
        let (first, last) = (
            FIRST_NAMES[row % FIRST_NAMES.len()],
            LAST_NAMES[row / 3 % LAST_NAMES.len()],
        );
        let trade = TRADES[row % TRADES.len()];
        let (exchange, number) = (220 + row / 10_000, row % 10_000);
        let phone = match row % 3 {
            0 => format!("(415) {exchange}-{number:04}"),
            1 => format!("+1 415 {exchange} {number:04}"),
            _ => format!("415-{exchange}-{number:04}"),
        };
        let month = row % 12 + 1;
        text.push_str(&format!(
            "{first} {last},{phone},\"{last} {trade}\",San Francisco,POL-{row:08},2027-{month:02}-15\n"
        ));
    }
    text.into_bytes()
}

/// What to tell the importer about such a file.
pub(crate) fn settings(rows: usize) -> anyhow::Result<ListSettings> {
    Ok(ListSettings {
        default_region: Some("US".parse::<Region>()?),
        max_bytes: u64::MAX,
        max_rows: u64::try_from(rows)?,
        ..ListSettings::default()
    })
}

/// Contacts stored with one statement, as the product does.
pub(crate) const BATCH: usize = 2_000;

/// Reads a list and hands over its contacts, some thousands at a time. Stops when nobody takes them.
pub(crate) fn read(
    csv: &[u8],
    settings: &ListSettings,
    mut take: impl FnMut(Vec<NewContact>) -> ControlFlow<()>,
) -> Result<ImportReport, ReadError> {
    let mut batch = Vec::with_capacity(BATCH);
    let report = list::read(csv, settings, &mut |row| {
        batch.push(contact(row));
        if batch.len() < BATCH {
            ControlFlow::Continue(())
        } else {
            take(std::mem::take(&mut batch))
        }
    })?;
    match take(batch) {
        ControlFlow::Continue(()) => Ok(report),
        ControlFlow::Break(()) => Err(ReadError::Stopped),
    }
}

fn contact(row: Row) -> NewContact {
    NewContact {
        line: row.line,
        name: row.name,
        business_name: row.business_name,
        phone: row.phone.into(),
        extension: row.extension,
        variables: row.variables,
    }
}
