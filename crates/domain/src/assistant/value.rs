//! JSON by value: paths, patches, and equality that does not mind how a number is written.

use std::fmt::Write as _;

use serde_json::{Map, Number, Value};

/// The path of the field `key` of the object at `path`.
pub(super) fn field_path(path: &str, key: &str) -> String {
    let plain = !key.is_empty()
        && key
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '$'));
    match (plain, path) {
        (true, "") => key.to_owned(),
        (true, _) => format!("{path}.{key}"),
        // A header may be called `a.b`. Quoted, it stays one step.
        (false, _) => format!("{path}[{}]", Value::from(key)),
    }
}

/// The path of the item `index` of the array at `path`.
pub(super) fn item_path(path: &str, index: usize) -> String {
    format!("{path}[{index}]")
}

enum Step {
    Field(String),
    Item(usize),
}

/// The next step of a path and what comes after it. `None` when this is not a path.
fn step(path: &str) -> Option<(Step, &str)> {
    if let Some(inner) = path.strip_prefix('[') {
        if inner.starts_with('"') {
            let mut keys = serde_json::Deserializer::from_str(inner).into_iter::<String>();
            let key = keys.next()?.ok()?;
            let rest = inner.get(keys.byte_offset()..)?;
            return Some((Step::Field(key), rest.strip_prefix(']')?));
        }
        let (index, rest) = inner.split_once(']')?;
        return Some((Step::Item(index.parse().ok()?), rest));
    }
    let path = path.strip_prefix('.').unwrap_or(path);
    let end = path.find(['.', '[']).unwrap_or(path.len());
    let (key, rest) = path.split_at_checked(end)?;
    (!key.is_empty()).then(|| (Step::Field(key.to_owned()), rest))
}

/// What lies at `path`, such as `model.messages[0].content`.
pub(super) fn at<'a>(map: &'a Map<String, Value>, path: &str) -> Option<&'a Value> {
    let (first, mut rest) = step(path)?;
    let mut value = match first {
        Step::Field(key) => map.get(&key)?,
        Step::Item(_) => return None,
    };
    while !rest.is_empty() {
        let (next, after) = step(rest)?;
        value = match next {
            Step::Field(key) => value.get(&key)?,
            Step::Item(index) => value.get(index)?,
        };
        rest = after;
    }
    Some(value)
}

/// JSON merge patch, RFC 7396, of an object over an object.
pub(super) fn merge(target: &mut Map<String, Value>, patch: &Map<String, Value>) {
    for (key, change) in patch {
        match change {
            Value::Null => {
                target.remove(key);
            }
            Value::Object(inner) => {
                let place = target.entry(key.as_str()).or_insert(Value::Null);
                if let Some(fields) = fields_of(place) {
                    merge(fields, inner);
                }
            }
            other => {
                target.insert(key.clone(), other.clone());
            }
        }
    }
}

/// The object in `place`, made empty first when something else stands there.
pub(super) fn fields_of(place: &mut Value) -> Option<&mut Map<String, Value>> {
    if !place.is_object() {
        *place = Value::Object(Map::new());
    }
    place.as_object_mut()
}

/// Equality in which `1` and `1.0` are the same number: the provider writes either.
pub(super) fn same(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Number(a), Value::Number(b)) => same_number(a, b),
        (Value::Array(a), Value::Array(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b)),
        (Value::Object(a), Value::Object(b)) => {
            a.len() == b.len() && a.iter().all(|(key, a)| b.get(key).is_some_and(|b| same(a, b)))
        }
        _ => a == b,
    }
}

fn same_number(a: &Number, b: &Number) -> bool {
    whole(a) == whole(b) && (whole(a).is_some() || a.as_f64() == b.as_f64())
}

/// The number as an integer, when it is one.
fn whole(number: &Number) -> Option<i128> {
    /// Beyond this a float cannot tell neighbouring integers apart.
    const EXACT: f64 = 9_007_199_254_740_992.0;
    if let Some(number) = number.as_i64() {
        return Some(number.into());
    }
    if let Some(number) = number.as_u64() {
        return Some(number.into());
    }
    let number = number.as_f64()?;
    #[expect(
        clippy::cast_possible_truncation,
        reason = "whole and within the exact range, so nothing is cut off"
    )]
    (number.fract() == 0.0 && number.abs() <= EXACT).then_some(number as i128)
}

/// The number as a person would write it: `1`, not `1.0`.
pub(super) fn number_text(number: &Number) -> String {
    whole(number).map_or_else(|| number.to_string(), |whole| whole.to_string())
}

/// One text for all equal values, in the sense of [`same`].
pub(super) fn canonical(value: &Value, out: &mut String) {
    match value {
        Value::Number(number) => out.push_str(&number_text(number)),
        Value::Array(items) => {
            out.push('[');
            for item in items {
                canonical(item, out);
                out.push(',');
            }
            out.push(']');
        }
        Value::Object(fields) => canonical_object(fields, out),
        other => {
            let _ = write!(out, "{other}");
        }
    }
}

/// [`canonical`] of an object.
pub(super) fn canonical_object(fields: &Map<String, Value>, out: &mut String) {
    out.push('{');
    for (key, value) in fields {
        let _ = write!(out, "{}:", Value::from(key.as_str()));
        canonical(value, out);
        out.push(',');
    }
    out.push('}');
}
