//! The stricter rules of single regions: from the policy to the rows of the form, and back.
//!
//! A row shows hours, calls and gap of a rule. The rest of it, its holidays and where it is written, stays as it is.

use domain::{
    hours::{Hours, Rule, Week},
    place::{region_codes, region_name},
    time::in_words,
};

use super::{
    text,
    week::{week, week_text},
};
use crate::{
    handlers::posted::Posted,
    pages::{Choice, FormField, RegionRow},
    views::wording::sentence,
};

/// How many rows there are to add regions.
const BLANK_ROWS: usize = 3;

/// A row for each rule by the name of its region, then blank ones.
pub(super) fn rows(hours: &Hours) -> Vec<RegionRow> {
    let mut rows: Vec<RegionRow> = hours.regions.iter().map(row).collect();
    rows.sort_by(|a, b| a.region.cmp(&b.region));
    let blank = |number| RegionRow {
        key: format!("new_{number}"),
        region: None,
        code: FormField::default(),
        hours: FormField::default(),
        calls: FormField::default(),
        gap: FormField::default(),
        removed: false,
        holidays: None,
        source: String::new(),
        as_of: String::new(),
    };
    rows.extend((1..=BLANK_ROWS).map(blank));
    rows
}

fn row((code, rule): (&String, &Rule)) -> RegionRow {
    let calls = rule.attempts_per_day;
    RegionRow {
        key: code.clone(),
        region: Some(name(code).to_owned()),
        code: FormField::new(code),
        hours: FormField::new(&week_text(&rule.week)),
        calls: FormField::new(&calls.map_or_else(String::new, |calls| calls.to_string())),
        gap: FormField::new(&text::duration_text(rule.gap_ms.unwrap_or(0))),
        removed: false,
        holidays: holidays(rule),
        source: rule.source.clone().unwrap_or_default(),
        as_of: rule.as_of.clone().unwrap_or_default(),
    }
}

/// What its words say beyond those of its week.
fn holidays(rule: &Rule) -> Option<String> {
    let words = rule.words();
    let more = words.strip_prefix(&rule.week.words())?.trim_start_matches(", ");
    (!more.is_empty()).then(|| sentence(more))
}

/// A region by its name, or by its code where it has none.
pub(super) fn name(code: &str) -> &str {
    region_name(code).unwrap_or(code)
}

/// A rule in words: `every day 8:00–20:00, 3 calls in 24 h, 8 h between calls`.
pub(super) fn words(rule: &Rule) -> String {
    let calls = rule.attempts_per_day.map(|calls| match calls {
        1 => "1 call in 24 h".to_owned(),
        calls => format!("{calls} calls in 24 h"),
    });
    let gap = rule.gap_ms.map(|ms| format!("{} between calls", in_words(ms)));
    let parts: Vec<String> = [Some(rule.words()), calls, gap].into_iter().flatten().collect();
    parts.join(", ")
}

/// Every region that there can be a row for.
pub(super) fn known() -> Vec<Choice> {
    region_codes().map(|code| Choice::new(code, name(code))).collect()
}

/// What somebody wrote into a row that is not as in its rule.
#[derive(Default)]
struct Edit {
    week: Option<Week>,
    calls: Option<Option<u32>>,
    gap_ms: Option<i64>,
}

impl Edit {
    /// Reads the fields of a row. What was not sent, or is wrong, is no change.
    fn read(sent: &Posted, row: &mut RegionRow, rule: &Rule) -> Self {
        let name = |part: &str| format!("region_{}_{part}", row.key);
        let names = [name("hours"), name("calls"), name("gap")];
        Self {
            week: sent
                .read(&names[0], &mut row.hours, hours)
                .filter(|week| *week != rule.week),
            calls: sent
                .read(&names[1], &mut row.calls, text::optional_count)
                .filter(|calls| *calls != rule.attempts_per_day),
            gap_ms: sent
                .read(&names[2], &mut row.gap, text::gap)
                .filter(|gap_ms| *gap_ms != rule.gap_ms.unwrap_or(0)),
        }
    }

    fn is_empty(&self) -> bool {
        self.week.is_none() && self.calls.is_none() && self.gap_ms.is_none()
    }

    fn apply(self, rule: &mut Rule) {
        if let Some(week) = self.week {
            rule.week = week;
        }
        if let Some(calls) = self.calls {
            rule.attempts_per_day = calls;
        }
        if let Some(gap_ms) = self.gap_ms {
            rule.gap_ms = (gap_ms != 0).then_some(gap_ms);
        }
    }
}

/// The hours of a row. Nothing may mean closed or any time, so it has to be said.
fn hours(text: &str) -> Result<Week, String> {
    if text.is_empty() {
        return Err(
            "Write the hours, closed for never, or Every day 00:00-24:00 for no hours of its own.".to_owned(),
        );
    }
    week(text)
}

/// Reads the rows that were sent over those of `present`, and brings what was changed by hand into `hours`, which may be
/// those of another preset.
pub(super) fn read(sent: &Posted, rows: &mut [RegionRow], present: &Hours, hours: &mut Hours) {
    let mut added: Vec<String> = Vec::new();
    let mut removed: Vec<String> = Vec::new();
    for row in rows {
        match present.regions.get(&row.key) {
            Some(rule) => {
                let edit = Edit::read(sent, row, rule);
                let remove = sent.chosen(&format!("region_{}_remove", row.key));
                row.removed = remove.is_some_and(|chosen| chosen.contains(&"true"));
                if row.removed {
                    for field in row.fields_mut() {
                        field.error = None;
                    }
                    hours.regions.remove(&row.key);
                    removed.push(row.key.clone());
                } else if !edit.is_empty() {
                    let rule = hours.regions.entry(row.key.clone());
                    edit.apply(rule.or_insert_with(|| present.regions[&row.key].clone()));
                }
            }
            None => {
                let stays = |code: &String| present.regions.contains_key(code) && !removed.contains(code);
                if let Some((code, edit)) = read_new(sent, row, stays, &added) {
                    edit.apply(hours.regions.entry(code.clone()).or_default());
                    added.push(code);
                }
            }
        }
    }
}

/// Reads a row that adds a region. Its code is not looked up: the check of the policy does that.
fn read_new(
    sent: &Posted,
    row: &mut RegionRow,
    stays: impl Fn(&String) -> bool,
    added: &[String],
) -> Option<(String, Edit)> {
    let part = |part: &str| format!("region_{}_{part}", row.key);
    let parts = ["code", "hours", "calls", "gap"].map(part);
    if parts
        .iter()
        .all(|name| sent.text(name).unwrap_or_default().is_empty())
    {
        return None;
    }
    // A week that is closed is not the same as none.
    let week = hours(sent.text(&parts[1]).unwrap_or_default());
    let edit = Edit {
        week: week.clone().ok(),
        ..Edit::read(sent, row, &Rule::default())
    };
    row.hours.error = week.err();
    let code = sent.read(&parts[0], &mut row.code, |code| {
        let code = code.to_uppercase();
        if code.is_empty() {
            Err("Write the code of a state or province, such as US-FL or CA-ON.".to_owned())
        } else if stays(&code) {
            Err(format!("{} has a row already: change that one.", name(&code)))
        } else if added.contains(&code) {
            Err(format!("{} stands there twice.", name(&code)))
        } else {
            Ok(code)
        }
    })?;
    Some((code, edit))
}

/// The field at which a fault of the policy can be put right, by its path.
pub(super) fn at_fault<'a>(rows: &'a mut [RegionRow], path: &str) -> Option<&'a mut FormField> {
    let path = path.strip_prefix("regions.")?;
    let mut rows = rows
        .iter_mut()
        .filter(|row| !row.removed && !row.code.value.is_empty());
    let (row, part) = rows.find_map(|row| {
        let part = path.strip_prefix(&row.code.value.to_uppercase())?;
        (part.is_empty() || part.starts_with('.')).then_some((row, part))
    })?;
    match part {
        "" => Some(&mut row.code),
        ".attempts_per_day" => Some(&mut row.calls),
        ".gap_ms" => Some(&mut row.gap),
        part if part.starts_with(".week.") => Some(&mut row.hours),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_shows_what_its_rule_says() {
        let rows = rows(&Hours::preset("us-states").expect("it ships"));
        let row = |key: &str| rows.iter().find(|row| row.key == key).expect("a row");
        let florida = row("US-FL");
        assert_eq!(florida.region.as_deref(), Some("Florida"));
        assert_eq!(florida.hours.value, "Every day 08:00-20:00");
        assert_eq!(
            (florida.calls.value.as_str(), florida.gap.value.as_str()),
            ("3", "")
        );
        assert_eq!(florida.holidays, None);
        assert_eq!(row("US-ME").gap.value, "8 h");
        let nebraska = row("US-NE");
        assert_eq!(nebraska.hours.value, "Mon-Sat 08:00-21:00, Sun 13:00-21:00");
        assert_eq!(
            nebraska.holidays.as_deref(),
            Some("On federal holidays and 2 of the state 13:00–21:00.")
        );
        assert_eq!(row("new_3").region, None);
    }

    #[test]
    fn a_fault_is_told_at_the_field_of_its_row() {
        let mut rows = rows(&Hours::preset("us-states").expect("it ships"));
        for row in &mut rows {
            if row.key == "new_1" {
                row.code.value = "us-zz".to_owned();
            }
        }
        let mut at = |path: &str| {
            let field = at_fault(&mut rows, path)?;
            field.error = Some(path.to_owned());
            Some(())
        };
        for path in [
            "regions.US-FL.gap_ms",
            "regions.US-FL.attempts_per_day",
            "regions.US-FL.week.monday[0]",
            "regions.US-ZZ",
        ] {
            assert!(at(path).is_some(), "{path}");
        }
        for path in ["regions.US-FL.as_of", "regions.US-AK", "rule.week", "regions."] {
            assert!(at(path).is_none(), "{path}");
        }
        let row = |key: &str| rows.iter().find(|row| row.key == key).expect("a row");
        let told = |field: &FormField| field.error.clone().unwrap_or_default();
        assert_eq!(told(&row("US-FL").gap), "regions.US-FL.gap_ms");
        assert_eq!(told(&row("US-FL").calls), "regions.US-FL.attempts_per_day");
        assert_eq!(told(&row("US-FL").hours), "regions.US-FL.week.monday[0]");
        assert_eq!(told(&row("new_1").code), "regions.US-ZZ");
    }
}
