//! How much a policy may hold. It is read with every claim and stored with every version, and whoever writes one by hand
//! needs a fraction of this.

use serde_json::Value;

use super::{Fault, fault, within};

/// Entries of one list or object.
pub(super) const MAX_ENTRIES: usize = 400;
/// Values in all.
pub(super) const MAX_VALUES: usize = 20_000;
/// Characters of one text.
pub(super) const MAX_CHARS: usize = 2_000;

/// What is too large, by its field: the first of it, since looking at all of it is what shall not be done.
pub(super) fn check(policy: &Value) -> Result<(), Vec<Fault>> {
    let mut left = MAX_VALUES;
    match too_large(policy, "", &mut left) {
        None => Ok(()),
        Some(fault) => Err(vec![fault]),
    }
}

fn too_large(value: &Value, path: &str, left: &mut usize) -> Option<Fault> {
    if *left == 0 {
        let message = format!("The whole policy holds more than {MAX_VALUES} values. Keep fewer.");
        return Some(fault("", message));
    }
    *left -= 1;
    let entries = match value {
        Value::Array(items) => items.len(),
        Value::Object(fields) => fields.len(),
        _ => 0,
    };
    if entries > MAX_ENTRIES {
        let message = format!("There are {entries} entries here. Keep {MAX_ENTRIES} at most.");
        return Some(fault(path, message));
    }
    match value {
        Value::String(text) if is_long(text) => {
            let message = format!("This text is too long. Keep {MAX_CHARS} characters at most.");
            Some(fault(path, message))
        }
        Value::Array(items) => (0..)
            .zip(items)
            .find_map(|(index, item)| too_large(item, &format!("{path}[{index}]"), left)),
        Value::Object(fields) => fields.iter().find_map(|(name, value)| {
            if is_long(name) {
                let message = format!("A name here is too long. Keep {MAX_CHARS} characters at most.");
                return Some(fault(path, message));
            }
            let path = within(path, name);
            too_large(value, path.trim_start_matches('.'), left)
        }),
        _ => None,
    }
}

fn is_long(text: &str) -> bool {
    text.len() > MAX_CHARS && text.chars().count() > MAX_CHARS
}
