//! Reading optional fields so that one odd value costs that value and nothing else.
//!
//! Every function goes through [`RawValue`], so that numbers keep their text, and turns a value of an unexpected type
//! into an absent one. The raw values are borrowed from the text that is read, because a report may have megabytes and
//! each level of it would be copied once more; so the types here are read from JSON text, not from a
//! [`serde_json::Value`].

use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

use crate::{decimal, instant};

/// A scalar, a list or free JSON.
pub(crate) fn value<'de, D, T>(deserializer: D) -> Result<Option<T>, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de>,
{
    let raw = Option::<&'de RawValue>::deserialize(deserializer)?;
    Ok(raw.and_then(|raw| serde_json::from_str(raw.get()).ok()))
}

/// Free JSON, also when it comes as the text of an object or a list.
pub(crate) fn free_json<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<serde_json::Value>, D::Error> {
    use serde_json::Value;
    Ok(match value(deserializer)? {
        Some(Value::String(text)) => match serde_json::from_str(&text) {
            Ok(within @ (Value::Object(_) | Value::Array(_))) => Some(within),
            _ => Some(Value::String(text)),
        },
        other => other,
    })
}

/// An object. serde would also fill a struct from an array, by position.
pub(crate) fn object<'de, D, T>(deserializer: D) -> Result<Option<T>, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de>,
{
    let raw = Option::<&'de RawValue>::deserialize(deserializer)?;
    Ok(raw.and_then(|raw| from_object(raw).ok().flatten()))
}

/// A list of objects; entries that cannot be read are left out.
pub(crate) fn objects<'de, D, T>(deserializer: D) -> Result<Vec<T>, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de>,
{
    let entries: Option<Vec<&'de RawValue>> = value(deserializer)?;
    Ok(entries
        .iter()
        .flatten()
        .filter_map(|entry| from_object(entry).ok().flatten())
        .collect())
}

/// Text that is not blank.
pub(crate) fn text<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    let text: Option<String> = value(deserializer)?;
    Ok(text.filter(|text| !text.trim().is_empty()))
}

/// A moment, in milliseconds UTC.
pub(crate) fn moment_ms<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<i64>, D::Error> {
    Ok(scalar_text(deserializer)?.and_then(|text| instant::parse_ms(&text)))
}

/// Dollars, in millionths.
pub(crate) fn usd_micros<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<i64>, D::Error> {
    Ok(scalar_text(deserializer)?.and_then(|text| decimal::scaled(text.trim(), 6)))
}

/// `None` if the value is no object, an error if it is one that does not fit `T`.
pub(crate) fn from_object<'de, T: Deserialize<'de>>(
    raw: &'de RawValue,
) -> Result<Option<T>, serde_json::Error> {
    if !raw.get().starts_with('{') {
        return Ok(None);
    }
    serde_json::from_str(raw.get()).map(Some)
}

/// The text of a JSON number, or the content of a JSON string.
fn scalar_text<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    let raw = Option::<&'de RawValue>::deserialize(deserializer)?;
    Ok(raw.map(|raw| match serde_json::from_str::<String>(raw.get()) {
        Ok(content) => content,
        Err(_) => raw.get().to_owned(),
    }))
}

/// Text, or the text of a number or truth value: the API documents a string and has sent others.
pub(crate) fn verdict<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    let text = scalar_text(deserializer)?;
    Ok(text.filter(|text| !text.trim().is_empty() && !text.starts_with(['{', '['])))
}

/// Text, or the JSON text of anything else that is not null.
pub(crate) fn json_text<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    let text = scalar_text(deserializer)?;
    Ok(text.filter(|text| !text.trim().is_empty()))
}
