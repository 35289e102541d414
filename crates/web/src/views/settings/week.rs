//! The hours of a week in one short text: `Mon-Sat 08:00-20:00, Sun closed`.
//!
//! Commas stand between parts. A part is days with a window, or days with `closed`; a window alone is a further one of
//! the days before it. Days of which nothing is said are closed, and no day stands twice: which of the two should hold?

use domain::hours::{Week, Window};

use super::text::windows_text;

/// The names of the days, and what they are read by: three letters or more of them.
const DAYS: [&str; 7] = [
    "Monday",
    "Tuesday",
    "Wednesday",
    "Thursday",
    "Friday",
    "Saturday",
    "Sunday",
];

const EVERY_DAY: &str = "Every day";
const CLOSED: &str = "closed";

/// Reads what [`week_text`] writes, and what people write instead: small letters, whole names, `Fri-Mon`, `–`.
pub(super) fn week(text: &str) -> Result<Week, String> {
    let wrong = || "Not understood: write Mon-Sat 08:00-20:00, Sun closed.".to_owned();
    let mut said: [Option<Vec<Window>>; 7] = Default::default();
    // The days of the part before, while further windows of theirs may follow.
    let mut open: Vec<usize> = Vec::new();
    let text = text.to_lowercase();
    let parts = text.split(',').map(str::trim).filter(|part| !part.is_empty());
    for part in parts {
        let start = part.find(|c: char| c.is_ascii_digit());
        let (names, window) = match (start, part.strip_suffix(CLOSED)) {
            (Some(start), _) => {
                let (names, window) = part.split_at(start);
                (names.trim(), Some(window.parse().map_err(|_| wrong())?))
            }
            (None, Some(names)) => (names.trim(), None),
            (None, None) => return Err(wrong()),
        };
        if let (true, Some(window), false) = (names.is_empty(), window, open.is_empty()) {
            for &day in &open {
                said[day].get_or_insert_default().push(window);
            }
            continue;
        }
        let days = match (names, window) {
            ("", None) if part == text.trim() => (0..7).collect(),
            _ => days(names).ok_or_else(wrong)?,
        };
        for &day in &days {
            if said[day].replace(window.into_iter().collect()).is_some() {
                return Err(format!("{} stands there twice.", DAYS[day]));
            }
        }
        open = if window.is_some() { days } else { Vec::new() };
    }
    if said.iter().all(Option::is_none) {
        return Err(wrong());
    }
    Ok(Week(said.map(Option::unwrap_or_default)))
}

/// `every day`, `mon`, `mon-fri`; over the end of the week too.
fn days(names: &str) -> Option<Vec<usize>> {
    if names == "daily" || names == EVERY_DAY.to_lowercase() {
        return Some((0..7).collect());
    }
    let day = |name: &str| {
        let name = name.trim();
        let is = |day: &&str| name.len() >= 3 && day.to_lowercase().starts_with(name);
        DAYS.iter().position(is)
    };
    let (first, last) = names.split_once(['-', '–']).unwrap_or((names, names));
    let (first, last) = (day(first)?, day(last)?);
    let count = (last + 7 - first) % 7;
    Some((0..=count).map(|step| (first + step) % 7).collect())
}

/// A week as [`week`] reads it. Every day is told, the closed ones too.
pub(super) fn week_text(week: &Week) -> String {
    let mut parts = Vec::new();
    let mut first = 0;
    for run in week.0.chunk_by(|a, b| a == b) {
        let last = first + run.len() - 1;
        let days = match (first, last) {
            (0, 6) => EVERY_DAY.to_owned(),
            _ if first == last => DAYS[first][..3].to_owned(),
            _ => format!("{}-{}", &DAYS[first][..3], &DAYS[last][..3]),
        };
        let hours = windows_text(&run[0]);
        let hours = if hours.is_empty() { CLOSED } else { &hours };
        parts.push(format!("{days} {hours}"));
        first = last + 1;
    }
    parts.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn window(text: &str) -> Window {
        text.parse().expect("a window")
    }

    #[test]
    fn every_week_comes_back_as_it_was() {
        let kinds = [
            vec![],
            vec![window("08:00-20:00")],
            vec![window("09:00-12:00"), window("13:30-01:00")],
        ];
        for number in 0..3_usize.pow(7) {
            let kind = |day: u32| kinds[number / 3_usize.pow(day) % 3].clone();
            let this = Week([0, 1, 2, 3, 4, 5, 6].map(kind));
            let text = week_text(&this);
            assert_eq!(week(&text), Ok(this), "{text}");
        }
    }

    #[test]
    fn a_week_is_written_shortly_and_read_as_people_write_it() {
        for (text, written) in [
            (
                "Mon-Sat 08:00-20:00, Sun closed",
                "Mon-Sat 08:00-20:00, Sun closed",
            ),
            (
                "monday – saturday 8:00 – 20:00",
                "Mon-Sat 08:00-20:00, Sun closed",
            ),
            ("every day 00:00-24:00", "Every day 00:00-24:00"),
            (
                "Daily 9:00-12:00, 13:00-20:00,",
                "Every day 09:00-12:00, 13:00-20:00",
            ),
            ("Sat 10:00-14:00", "Mon-Fri closed, Sat 10:00-14:00, Sun closed"),
            (
                "Fri-Mon 22:00-02:00, Tues-Thurs 09:00-10:00",
                "Mon 22:00-02:00, Tue-Thu 09:00-10:00, Fri-Sun 22:00-02:00",
            ),
            ("CLOSED", "Every day closed"),
            ("Every day closed", "Every day closed"),
        ] {
            assert_eq!(
                week(text).map(|week| week_text(&week)).as_deref(),
                Ok(written),
                "{text}"
            );
        }
    }

    #[test]
    fn what_may_mean_two_things_is_refused() {
        for text in [
            "",
            ",",
            "always",
            "08:00-20:00",
            "Mon",
            "Mon 9-17",
            "Mo 09:00-17:00",
            "Mon, Wed 09:00-17:00",
            "Mon 09:00-17:00 Tue 09:00-17:00",
            "Mon 09:00-17:00, closed",
            "Sun closed, 09:00-12:00",
            "closed, Mon 09:00-17:00",
            "Mon-Wed-Fri 09:00-17:00",
            "Mon 09:00-09:00",
            "Caturday 09:00-17:00",
            "Mondays 09:00-17:00",
            "Mon–",
            "–closed",
        ] {
            assert!(
                week(text).is_err_and(|error| error.contains("Mon-Sat 08:00-20:00")),
                "{text}"
            );
        }
        let twice = week("Every day 08:00-20:00, Sun closed");
        assert!(twice.is_err_and(|error| error.starts_with("Sunday stands there twice")));
    }
}
