//! Realistic data for every template: empty, running, paused, finished, failed, huge, and hostile to careless markup.

mod account;
mod assistant;
mod assistants;
mod call;
mod calls;
mod campaign;
mod campaigns;
mod control;
mod import_report;
mod numbers;
mod problem;
mod settings;
mod suppressions;

/// The moment that samples call now: 2026-11-20 14:30 UTC.
pub(super) const NOW_MS: i64 = 1_795_185_000_000;
const SECOND_MS: i64 = 1_000;
const MINUTE_MS: i64 = 60 * SECOND_MS;
const HOUR_MS: i64 = 60 * MINUTE_MS;
const DAY_MS: i64 = 24 * HOUR_MS;

/// A name that would break a page that forgot to escape it.
const HOSTILE: &str = "<script>alert('x')</script> & \"Söhne\" </td>";
/// A name that is long, has no place to break, and comes from several scripts.
const LONG: &str = "Wohnungsbaugenossenschaftsverwaltungsgesellschaft Kraków–Łódź 株式会社リンクス مكتب 🐈";

fn id(number: u32) -> String {
    format!("019aa000-0000-7000-8000-{number:012x}")
}

/// Name, business, number.
const PEOPLE: [(&str, &str, &str); 12] = [
    ("Ada Moreno", "Moreno Roofing", "+1 202-555-0143"),
    ("Tomasz Nowak", "Nowak & Synowie", "+48 22 555 01 20"),
    ("Grace O’Neill", "O’Neill Bakery", "+44 20 7946 0321"),
    ("Bùi Thị Hạnh", "Hạnh Hoa Tươi", "+84 24 3555 0188"),
    ("Luis Ortega", "Taller Ortega", "+34 910 555 018"),
    ("Mina Park", "Park Dental", "+1 202-555-0178"),
    ("Olu Adeyemi", "Adeyemi Logistics", "+234 1 555 0134"),
    ("Sofie Lindqvist", "Lindqvist Bygg", "+46 8 555 011 90"),
    ("Kenji Mori", "森商店", "+81 3-5550-0119"),
    ("Yasmin Haddad", "Haddad Pharmacy", "+1 202-555-0102"),
    ("Piet de Vries", "De Vries Fietsen", "+31 20 555 0133"),
    ("Ruth Cohen", "Cohen & Partners", "+1 202-555-0165"),
];
