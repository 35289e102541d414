//! What people write into the fields of the settings, and how what is stored is written there.

use std::collections::BTreeMap;

use domain::{
    hours::{Calendar, Day, Window},
    time::{DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS},
};

/// A whole number, or none for an empty field.
pub(super) fn optional_count(text: &str) -> Result<Option<u32>, String> {
    if text.is_empty() {
        return Ok(None);
    }
    match text.parse() {
        Ok(0) => {
            Err("With 0, nobody would ever be called. Write at least 1, or nothing for no limit.".to_owned())
        }
        Ok(count) => Ok(Some(count)),
        Err(_) => Err("Write a whole number, or nothing for no limit.".to_owned()),
    }
}

/// A length of time in milliseconds: `4 h`, `90 min`, `1.5 h`, `1 d`. Nothing: none.
pub(super) fn gap(text: &str) -> Result<i64, String> {
    if text.is_empty() {
        return Ok(0);
    }
    duration(text).ok_or_else(|| "Not understood: write 4 h or 90 min.".to_owned())
}

/// Lengths of time with commas between them.
pub(super) fn ladder(text: &str) -> Result<Vec<i64>, String> {
    let steps = text.split(',').map(str::trim).filter(|step| !step.is_empty());
    let steps: Option<Vec<i64>> = steps.map(duration).collect();
    steps.ok_or_else(|| "Say how long and in which unit: 20 min, 2 h, 1 d.".to_owned())
}

fn duration(text: &str) -> Option<i64> {
    let end = text.find(|c: char| !c.is_ascii_digit() && c != '.')?;
    let (number, unit) = text.split_at(end);
    let size = match unit.trim().to_lowercase().as_str() {
        "ms" => 1,
        "s" | "sec" | "second" | "seconds" => SECOND_MS,
        "m" | "min" | "minute" | "minutes" => MINUTE_MS,
        "h" | "hour" | "hours" => HOUR_MS,
        "d" | "day" | "days" => DAY_MS,
        _ => return None,
    };
    let (whole, part) = number.split_once('.').unwrap_or((number, ""));
    if part.len() > 3 || whole.len() > 9 || (whole.is_empty() && part.is_empty()) {
        return None;
    }
    let whole: i64 = if whole.is_empty() { 0 } else { whole.parse().ok()? };
    let thousandths: i64 = format!("{part:0<3}").parse().ok()?;
    let ms = whole.checked_mul(size)?.checked_add(thousandths * size / 1_000)?;
    (ms > 0).then_some(ms)
}

/// A length of time as [`gap`] reads it, exactly.
pub(super) fn duration_text(ms: i64) -> String {
    let units = [
        (DAY_MS, "d"),
        (HOUR_MS, "h"),
        (MINUTE_MS, "min"),
        (SECOND_MS, "s"),
    ];
    match units.into_iter().find(|(size, _)| ms % size == 0) {
        _ if ms == 0 => String::new(),
        Some((size, unit)) => format!("{} {unit}", ms / size),
        None => format!("{ms} ms"),
    }
}

/// Lengths of time as [`ladder`] reads them.
pub(super) fn ladder_text(steps: &[i64]) -> String {
    let steps: Vec<String> = steps.iter().map(|step| duration_text(*step)).collect();
    steps.join(", ")
}

/// Dollars in micro-dollars, or none for an empty field.
pub(super) fn dollars(text: &str) -> Result<Option<i64>, String> {
    if text.is_empty() {
        return Ok(None);
    }
    let wrong = || "Write an amount in dollars, such as 150 or 12.50.".to_owned();
    let text = text.trim_start_matches('$').replace(',', "");
    let (whole, part) = text.split_once('.').unwrap_or((&text, ""));
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if !digits(whole)
        || !digits(part)
        || part.len() > 6
        || whole.len() > 9
        || (whole.is_empty() && part.is_empty())
    {
        return Err(wrong());
    }
    let number = |text: String| text.parse::<i64>().map_err(|_| wrong());
    let micros = number(format!("0{whole}"))? * 1_000_000 + number(format!("{part:0<6}"))?;
    match micros {
        0 => Err("Write an amount above 0, or nothing for none.".to_owned()),
        micros => Ok(Some(micros)),
    }
}

/// Micro-dollars as [`dollars`] reads them: `150`, `12.5`.
pub(super) fn dollars_text(micros: Option<i64>) -> String {
    micros.map_or_else(String::new, |micros| {
        let text = format!("{}.{:06}", micros / 1_000_000, micros % 1_000_000);
        text.trim_end_matches('0').trim_end_matches('.').to_owned()
    })
}

/// The hours of a day: `09:00-12:00, 13:00-20:00`. Nothing: closed.
pub(super) fn windows(text: &str) -> Result<Vec<Window>, String> {
    let parts = text.split(',').map(str::trim).filter(|part| !part.is_empty());
    parts
        .map(str::parse)
        .collect::<Result<_, _>>()
        .map_err(|_| "Not understood: write hours as 09:00-20:00.".to_owned())
}

/// The hours of a day as [`windows`] reads them.
pub(crate) fn windows_text(windows: &[Window]) -> String {
    let windows: Vec<String> = windows.iter().map(ToString::to_string).collect();
    windows.join(", ")
}

/// A calendar of holidays.
pub(super) fn calendar(text: &str) -> Result<Option<Calendar>, String> {
    match text {
        "" => Ok(None),
        "us-federal" => Ok(Some(Calendar::UsFederal)),
        _ => Err("Choose one of the calendars.".to_owned()),
    }
}

/// Days with hours of their own, one in a line: `2026-12-24 09:00-12:00`; without hours it is closed.
pub(super) fn dates(text: &str) -> Result<BTreeMap<Day, Vec<Window>>, String> {
    let mut dates = BTreeMap::new();
    for (number, line) in (1..).zip(text.lines()) {
        let line = line.trim();
        if line.is_empty() {
            continue;
        }
        let (day, hours) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
        let wrong = || format!("Line {number} is not understood: write 2026-12-24 09:00-12:00.");
        let day: Day = day.parse().map_err(|_| wrong())?;
        if dates.insert(day, windows(hours).map_err(|_| wrong())?).is_some() {
            return Err(format!("Line {number}: this day is there twice."));
        }
    }
    Ok(dates)
}

/// Days as [`dates`] reads them.
pub(super) fn dates_text(dates: &BTreeMap<Day, Vec<Window>>) -> String {
    let lines: Vec<String> = dates
        .iter()
        .map(|(day, windows)| format!("{day} {}", windows_text(windows)).trim_end().to_owned())
        .collect();
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_of_time_are_read_as_people_write_them_and_written_exactly() {
        for (text, ms) in [
            ("4 h", 4 * HOUR_MS),
            ("90min", 90 * MINUTE_MS),
            ("1.5 h", 90 * MINUTE_MS),
            ("1 D", DAY_MS),
            ("", 0),
        ] {
            assert_eq!(gap(text), Ok(ms), "{text}");
        }
        for text in ["soon", "4", "h", "0 h", "1.2345 h", "-1 h", "4 h 5", "."] {
            assert!(gap(text).is_err(), "{text}");
        }
        for ms in [0, 1, 999, SECOND_MS, 90 * MINUTE_MS, 20 * HOUR_MS, 2 * DAY_MS] {
            assert_eq!(gap(&duration_text(ms)), Ok(ms));
        }
        assert_eq!(ladder("20 min, 2 h,"), Ok(vec![20 * MINUTE_MS, 2 * HOUR_MS]));
        assert_eq!(ladder(""), Ok(Vec::new()));
        assert!(ladder("20, 40").is_err());
    }

    #[test]
    fn dollars_are_exact() {
        for (text, micros) in [("150", 150_000_000), ("$1,250.5", 1_250_500_000), (".000001", 1)] {
            assert_eq!(dollars(text), Ok(Some(micros)), "{text}");
            let written = dollars_text(Some(micros));
            assert_eq!(dollars(&written), Ok(Some(micros)), "{written}");
        }
        assert_eq!(dollars(""), Ok(None));
        for text in ["0", "a lot", "1.2.3", "-5", "0.0000001", "."] {
            assert!(dollars(text).is_err(), "{text}");
        }
    }

    #[test]
    fn hours_and_days_come_back_as_they_were() {
        let day = windows("9:00-12:00,13:00–20:00").expect("hours");
        assert_eq!(windows_text(&day), "09:00-12:00, 13:00-20:00");
        let text = "2026-12-24 09:00-12:00\n2026-12-31";
        assert_eq!(dates_text(&dates(&format!("\n{text}\r\n")).expect("days")), text);
        assert!(dates("24 December").is_err_and(|error| error.contains("Line 1")));
        assert!(dates("2026-12-24\n2026-12-24").is_err_and(|error| error.contains("twice")));
    }
}
