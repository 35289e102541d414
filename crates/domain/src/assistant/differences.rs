//! What differs between two configurations.

use std::collections::BTreeSet;

use serde::Serialize;
use serde_json::{Map, Value};

use super::{
    Config,
    value::{field_path, item_path, same},
};

/// One value that differs.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Difference {
    /// Where, such as `model.messages[0].content`.
    pub path: String,
    /// What was there; `None` when nothing was.
    pub before: Option<Value>,
    /// What is there now; `None` when it is gone.
    pub after: Option<Value>,
}

/// What differs, leaf by leaf, in the order of the fields. Items of arrays are compared by their index. `1` and `1.0` are
/// equal.
#[must_use]
pub fn differences(before: &Config, after: &Config) -> Vec<Difference> {
    let mut found = Vec::new();
    compare_fields("", before.as_map(), after.as_map(), &mut found);
    found
}

fn compare(path: String, before: Option<&Value>, after: Option<&Value>, found: &mut Vec<Difference>) {
    match (before, after) {
        (Some(Value::Object(a)), Some(Value::Object(b))) => compare_fields(&path, a, b, found),
        (Some(Value::Object(a)), None) if !a.is_empty() => compare_fields(&path, a, &Map::new(), found),
        (None, Some(Value::Object(b))) if !b.is_empty() => compare_fields(&path, &Map::new(), b, found),
        (Some(Value::Array(a)), Some(Value::Array(b))) => compare_items(&path, a, b, found),
        (Some(Value::Array(a)), None) if !a.is_empty() => compare_items(&path, a, &[], found),
        (None, Some(Value::Array(b))) if !b.is_empty() => compare_items(&path, &[], b, found),
        (Some(a), Some(b)) if same(a, b) => {}
        _ => found.push(Difference {
            path,
            before: before.cloned(),
            after: after.cloned(),
        }),
    }
}

fn compare_fields(path: &str, a: &Map<String, Value>, b: &Map<String, Value>, found: &mut Vec<Difference>) {
    let keys: BTreeSet<&String> = a.keys().chain(b.keys()).collect();
    for key in keys {
        compare(field_path(path, key), a.get(key), b.get(key), found);
    }
}

fn compare_items(path: &str, a: &[Value], b: &[Value], found: &mut Vec<Difference>) {
    for index in 0..a.len().max(b.len()) {
        compare(item_path(path, index), a.get(index), b.get(index), found);
    }
}
