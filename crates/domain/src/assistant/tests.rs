//! Rules of assistants, by value.

mod change;
mod faults;
mod random;
mod secret;
mod short;
mod stock;
mod words;

use serde_json::{Map, Value};

use super::Config;

/// The fields of a JSON object.
fn fields(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(fields) => fields,
        other => panic!("not an object: {other}"),
    }
}

/// A configuration of these fields.
fn config(value: Value) -> Config {
    Config::new(fields(value))
}
