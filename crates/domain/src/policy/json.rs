//! Policies as people write them: short forms, merge patches, and faults that name their field.

use serde_json::{Map, Value};

use super::{Fault, PRESETS, Policy, fault};
use crate::hours::Hours;

/// Faults that are told at once.
const MAX_FAULTS: usize = 20;

/// Where `null` means none. Everywhere else a `null` in a patch takes the field away.
const NONE_MEANS_NONE: &[&str] = &[
    "fallback_zone",
    "limits.per_number_day",
    "limits.per_number",
    "limits.per_contact",
    "consent",
    "money.alert_usd_micros",
    "money.budget_usd_micros",
];

pub(super) fn read(value: &Value) -> Result<Policy, Vec<Fault>> {
    super::size::check(value)?;
    let Value::Object(fields) = value else {
        return Err(vec![fault("", "A policy is an object, such as {}.".to_owned())]);
    };
    let mut fields = fields.clone();
    let base = match fields.remove("preset") {
        None | Some(Value::Null) => Policy::standard(),
        Some(id) => named(&id)?,
    };
    let mut whole = base.to_json();
    if let Some(hours) = fields.remove("hours") {
        whole["hours"] = hours_of(hours, &whole["hours"])?;
    }
    overlay(&mut whole, Value::Object(fields));
    finish(whole)
}

pub(super) fn patch(policy: &Policy, patch: &Value) -> Result<Policy, Vec<Fault>> {
    super::size::check(patch)?;
    let Value::Object(fields) = patch else {
        return Err(vec![fault("", "A patch is an object, such as {}.".to_owned())]);
    };
    let mut fields = fields.clone();
    let base = match fields.remove("preset") {
        None | Some(Value::Null) => policy.clone(),
        Some(id) => named(&id)?,
    };
    let mut whole = base.to_json();
    if let Some(Value::Object(hours)) = fields.get("hours")
        && let Some(id) = hours.get("preset").filter(|id| !id.is_null())
        && (!hours.contains_key("rule") || id.as_str() != base.hours.preset.as_deref())
    {
        whole["hours"] = named_hours(id)?;
    }
    merge(&mut whole, Value::Object(fields), "");
    read(&whole)
}

/// `{}` with a patch after RFC 7386, except that `null` stays where it means something.
fn merge(target: &mut Value, patch: Value, path: &str) {
    let Value::Object(fields) = patch else {
        *target = patch;
        return;
    };
    if !target.is_object() {
        *target = Value::Object(Map::new());
    }
    let Value::Object(into) = target else { return };
    for (name, value) in fields {
        let path = super::within(path, &name);
        let path = path.trim_start_matches('.');
        if value.is_null() && !NONE_MEANS_NONE.contains(&path) {
            into.remove(&name);
        } else {
            merge(into.entry(name).or_insert(Value::Null), value, path);
        }
    }
}

/// Lays what was written over what it leaves out: objects by their fields, everything else whole.
fn overlay(base: &mut Value, written: Value) {
    match (base, written) {
        (Value::Object(base), Value::Object(written)) => {
            for (name, value) in written {
                overlay(base.entry(name).or_insert(Value::Null), value);
            }
        }
        (base, written) => *base = written,
    }
}

/// Hours as written: whole ones stand for themselves, others change the preset that they name or else the standard's.
fn hours_of(written: Value, standard: &Value) -> Result<Value, Vec<Fault>> {
    let Value::Object(mut fields) = written else {
        return Ok(written);
    };
    if fields.contains_key("rule") {
        return Ok(Value::Object(fields));
    }
    let mut base = match fields.remove("preset") {
        None | Some(Value::Null) => standard.clone(),
        Some(id) => named_hours(&id)?,
    };
    merge(&mut base, Value::Object(fields), "hours");
    Ok(base)
}

fn named(id: &Value) -> Result<Policy, Vec<Fault>> {
    let known = || PRESETS.iter().map(|preset| preset.id);
    id.as_str()
        .and_then(Policy::preset)
        .ok_or_else(|| vec![no_such("preset", id, known())])
}

fn named_hours(id: &Value) -> Result<Value, Vec<Fault>> {
    id.as_str()
        .and_then(Hours::preset)
        .and_then(|hours| serde_json::to_value(hours).ok())
        .ok_or_else(|| {
            let known = Hours::presets().iter().map(|preset| preset.id.as_str());
            vec![no_such("hours.preset", id, known)]
        })
}

fn no_such<'a>(field: &str, id: &Value, known: impl Iterator<Item = &'a str>) -> Fault {
    let known: Vec<&str> = known.collect();
    fault(
        field,
        format!("There is no preset {id}. There are {}.", known.join(", ")),
    )
}

fn finish(whole: Value) -> Result<Policy, Vec<Fault>> {
    match serde_json::from_value::<Policy>(whole.clone()) {
        Ok(policy) => {
            policy.check()?;
            Ok(policy)
        }
        Err(_) => Err(faults(whole)),
    }
}

/// One step into a value.
#[derive(Clone)]
enum Step {
    Field(String),
    Item(usize),
}

/// What is wrong with the form of a policy: everything, each with the field at which it is.
///
/// The reader tells only what is wrong first, and not where. So each part is looked at alone: if a policy that holds
/// nothing but this part has the same fault, that is where it is. What was found is taken away, and the rest read again.
fn faults(mut value: Value) -> Vec<Fault> {
    let mut faults = Vec::new();
    while faults.len() < MAX_FAULTS {
        let Some(words) = what_is_wrong(&value) else { break };
        let path = culprit(&value, &words);
        faults.push(fault(&path_text(&path), for_people(&words)));
        if path.is_empty() {
            break;
        }
        remove(&mut value, &path);
    }
    faults
}

fn what_is_wrong(value: &Value) -> Option<String> {
    serde_json::from_value::<Policy>(value.clone())
        .err()
        .map(|error| error.to_string())
}

fn culprit(whole: &Value, words: &str) -> Vec<Step> {
    let mut path = Vec::new();
    let mut node = whole;
    loop {
        let (empty, children): (Value, Vec<(Step, &Value)>) = match node {
            Value::Object(fields) => (
                Value::Object(Map::new()),
                fields
                    .iter()
                    .map(|(name, value)| (Step::Field(name.clone()), value))
                    .collect(),
            ),
            Value::Array(items) => (
                Value::Array(Vec::new()),
                items
                    .iter()
                    .enumerate()
                    .map(|(index, value)| (Step::Item(index), value))
                    .collect(),
            ),
            _ => return path,
        };
        let same = |alone: Value| what_is_wrong(&alone).as_deref() == Some(words);
        // Something is missing here, and no part of it is to blame.
        if same(alone(&path, empty)) {
            return path;
        }
        let found = children.into_iter().find(|(step, value)| {
            let mut inside = path.clone();
            inside.push(step.clone());
            same(alone(&inside, (*value).clone()))
        });
        let Some((step, value)) = found else { return path };
        path.push(step);
        node = value;
    }
}

/// A policy with nothing in it but this value at this place.
fn alone(path: &[Step], value: Value) -> Value {
    path.iter().rev().fold(value, |value, step| match step {
        Step::Field(name) => Value::Object(Map::from_iter([(name.clone(), value)])),
        Step::Item(_) => Value::Array(vec![value]),
    })
}

fn remove(value: &mut Value, path: &[Step]) {
    match (value, path) {
        (Value::Object(fields), [Step::Field(name)]) => {
            fields.remove(name);
        }
        (Value::Array(items), [Step::Item(index)]) if *index < items.len() => {
            // Replaced by a neighbour rather than taken out, so that the numbers of the others stay.
            let good = items.iter().enumerate().find(|(at, _)| at != index);
            match good.map(|(_, value)| value.clone()) {
                Some(neighbour) => items[*index] = neighbour,
                None => items.clear(),
            }
        }
        (Value::Object(fields), [Step::Field(name), rest @ ..]) => {
            if let Some(inner) = fields.get_mut(name) {
                remove(inner, rest);
            }
        }
        (Value::Array(items), [Step::Item(index), rest @ ..]) => {
            if let Some(inner) = items.get_mut(*index) {
                remove(inner, rest);
            }
        }
        _ => {}
    }
}

fn path_text(path: &[Step]) -> String {
    path.iter().fold(String::new(), |text, step| match step {
        Step::Field(name) if text.is_empty() => name.clone(),
        Step::Field(name) => format!("{text}.{name}"),
        Step::Item(index) => format!("{text}[{index}]"),
    })
}

/// The reader's words about a form, for somebody who has never seen its types.
fn for_people(words: &str) -> String {
    if words.starts_with("unknown field") {
        let known: Vec<&str> = words.split('`').skip(3).step_by(2).collect();
        return if known.is_empty() {
            "There is no such field here.".to_owned()
        } else {
            format!("There is no such field here. There are {}.", known.join(", "))
        };
    }
    let found = words
        .strip_prefix("invalid type: ")
        .or_else(|| words.strip_prefix("invalid value: "));
    match found.and_then(|rest| rest.rsplit_once(", expected ")) {
        Some((found, expected)) => {
            let expected = match expected {
                "u16" | "u32" | "u64" => "a whole number, not below 0",
                "i32" | "i64" => "a whole number",
                "a sequence" => "a list",
                "a map" => "an object",
                other if other.starts_with("struct ") => "an object",
                other => other,
            };
            format!("This must be {expected}; it is {}.", found.replace('`', ""))
        }
        None => {
            let mut chars = words.chars();
            let first = chars.next().map(char::to_uppercase);
            format!(
                "{}{}.",
                first.into_iter().flatten().collect::<String>(),
                chars.as_str()
            )
        }
    }
}
