//! What must not be shown, exported or lost: keys and passwords inside a configuration.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use super::{
    Config, Fault,
    value::{field_path, item_path},
};

/// What is shown instead of a secret. Sent back unchanged it means "as it was".
pub const HIDDEN: &str = "••••••••";

/// The configuration with [`HIDDEN`] in place of every value that may be a secret.
#[must_use]
pub fn hidden(config: &Config) -> Config {
    Config::new(hide_fields(config.as_map(), Zone::Open, "", &mut Vec::new()))
}

/// Where the values lie that [`hidden`] hides.
#[must_use]
pub fn hidden_paths(config: &Config) -> Vec<String> {
    let mut paths = Vec::new();
    hide_fields(config.as_map(), Zone::Open, "", &mut paths);
    paths
}

/// The configuration without the values that may be secrets, and where they were. What is nothing without its secret goes
/// with it: a credential, a variable of a tool, a set of headers.
#[must_use]
pub fn without_secrets(config: &Config) -> (Config, Vec<String>) {
    let mut paths = Vec::new();
    let fields = leave_out_of_fields(config.as_map(), Zone::Open, "", &mut paths);
    (Config::new(fields), paths)
}

/// The edited configuration with every [`HIDDEN`] replaced by what is stored in its place. Items of a list that moved are
/// found by their name, or because nothing of them changed.
///
/// # Errors
///
/// Every [`HIDDEN`] for which nothing is stored, and every one whose server's address changed: else whoever may edit
/// could have a secret sent to an address of their own without ever having known it.
pub fn restored(edited: Config, stored: &Config) -> Result<Config, Vec<Fault>> {
    let mut faults = Vec::new();
    let mut fields = edited.into_map();
    let shown = hidden(stored);
    let before = Before {
        stored: stored.as_map(),
        shown: shown.as_map(),
    };
    restore_fields(&mut fields, Some(before), "", &mut faults);
    if faults.is_empty() {
        Ok(Config::new(fields))
    } else {
        Err(faults)
    }
}

/// How values are to be looked at, by what they lie in.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Zone {
    /// Nothing is secret but by its key.
    Open,
    /// Everything is secret.
    Secret,
    /// The items of a list whose values are secret and whose labels are not.
    Entries,
    /// Headers, or the JSON schema of headers.
    Headers,
    /// The properties of a JSON schema. Their keys are names of data: a property may be called `password`.
    Properties,
    /// The properties of the schema of headers.
    SecretProperties,
    /// The schema of a secret property. A fixed value in it may be the secret itself; its type is not.
    SecretProperty,
}

/// Lists of the provider whose items are a label and secrets.
const SECRET_LISTS: [&str; 2] = ["credentials", "environmentVariables"];
/// What tells one item of such a list from another.
const LABELS: [&str; 4] = ["provider", "name", "type", "service"];
/// Words of a JSON schema that say what a value is like, not what it is.
const SCHEMA_WORDS: [&str; 6] = ["type", "description", "title", "format", "pattern", "required"];

impl Zone {
    /// The zone of the field `key` of an object in this zone.
    fn of_field(self, fields: &Map<String, Value>, key: &str, value: &Value) -> Self {
        match self {
            Self::Open if key.eq_ignore_ascii_case("headers") && value.is_object() => Self::Headers,
            Self::Open if key == "properties" && value.is_object() => Self::Properties,
            Self::Open if SECRET_LISTS.contains(&key) && value.is_array() => Self::Entries,
            Self::Open if key == "value" && names_a_secret(fields) => Self::Secret,
            Self::Open if looks_secret(key) && !is_plain(value) => Self::Secret,
            Self::Open if value.as_str().is_some_and(is_secret_address) => Self::Secret,
            Self::Open => Self::Open,
            Self::Entries if LABELS.contains(&key) && value.is_string() => Self::Open,
            Self::Secret | Self::Entries => Self::Secret,
            Self::Headers if !is_schema(fields) => Self::Secret,
            Self::Headers if key == "properties" => Self::SecretProperties,
            Self::Properties if !looks_secret(key) || is_plain(value) => Self::Open,
            Self::Properties | Self::SecretProperties => Self::SecretProperty,
            Self::Headers | Self::SecretProperty if SCHEMA_WORDS.contains(&key) => Self::Open,
            Self::SecretProperty if key == "items" => Self::SecretProperty,
            Self::Headers | Self::SecretProperty => Self::Secret,
        }
    }

    fn hides(self, value: &Value) -> bool {
        let says_something = match value {
            Value::String(text) => !text.is_empty(),
            Value::Number(_) => true,
            _ => false,
        };
        says_something && self != Self::Open
    }
}

/// Whether headers are given as the JSON schema that a tool follows, not as they are.
fn is_schema(headers: &Map<String, Value>) -> bool {
    headers.get("type").and_then(Value::as_str) == Some("object")
        && headers.get("properties").is_some_and(Value::is_object)
}

/// `maxTokens: 250` and `secretIsBase64: true` are settings, whatever their names.
fn is_plain(value: &Value) -> bool {
    matches!(value, Value::Null | Value::Bool(_) | Value::Number(_))
}

/// Whether a text is an address that lets in whoever has it: with a password, or with a key in its query.
fn is_secret_address(text: &str) -> bool {
    let Some((scheme, rest)) = text.split_once("://") else {
        return false;
    };
    if scheme.is_empty() || !scheme.chars().all(char::is_alphanumeric) || text.contains(char::is_whitespace) {
        return false;
    }
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let query = rest.split_once('?').map_or("", |(_, query)| query);
    let named = query
        .split('&')
        .map(|pair| pair.split('=').next().unwrap_or_default());
    let mut named = named.filter(|name| !name.is_empty());
    authority.contains('@') || named.any(|name| looks_secret(name) || matches!(name, "key" | "sig" | "code"))
}

/// Whether a key is one under which secrets lie.
fn looks_secret(key: &str) -> bool {
    const WORDS: [&str; 15] = [
        "secret",
        "password",
        "passwd",
        "passphrase",
        "authorization",
        "apikey",
        "accesskey",
        "privatekey",
        "credential",
        "connectionstring",
        "bearer",
        "cookie",
        "jwt",
        "pwd",
        "signature",
    ];
    const NO_SECRETS: [&str; 3] = ["key", "publickey", "promptcachekey"];
    if key == "auth" || key.ends_with("_sk") || key.ends_with("-sk") {
        return true;
    }
    let key: String = key
        .chars()
        .filter(|c| c.is_alphanumeric())
        .flat_map(char::to_lowercase)
        .collect();
    // An id refers to a secret that the provider keeps.
    if key.ends_with("id") || key.ends_with("ids") || NO_SECRETS.contains(&key.as_str()) {
        return false;
    }
    key.ends_with("token") || key.ends_with("key") || WORDS.iter().any(|word| key.contains(word))
}

/// Whether an object is a pair such as `{"key": "apiKey", "value": "…"}`.
fn names_a_secret(pair: &Map<String, Value>) -> bool {
    ["key", "name"]
        .into_iter()
        .any(|label| pair.get(label).and_then(Value::as_str).is_some_and(looks_secret))
}

fn hide_fields(
    fields: &Map<String, Value>,
    zone: Zone,
    path: &str,
    paths: &mut Vec<String>,
) -> Map<String, Value> {
    fields
        .iter()
        .map(|(key, value)| {
            let zone = zone.of_field(fields, key, value);
            (key.clone(), hide(value, zone, field_path(path, key), paths))
        })
        .collect()
}

fn hide(value: &Value, zone: Zone, path: String, paths: &mut Vec<String>) -> Value {
    match value {
        Value::Object(fields) => Value::Object(hide_fields(fields, zone, &path, paths)),
        Value::Array(items) => items
            .iter()
            .enumerate()
            .map(|(index, item)| hide(item, zone, item_path(&path, index), paths))
            .collect(),
        scalar if zone.hides(scalar) => {
            paths.push(path);
            Value::from(HIDDEN)
        }
        open => open.clone(),
    }
}

fn leave_out_of_fields(
    fields: &Map<String, Value>,
    zone: Zone,
    path: &str,
    paths: &mut Vec<String>,
) -> Map<String, Value> {
    fields
        .iter()
        .filter_map(|(key, value)| {
            let zone = zone.of_field(fields, key, value);
            let kept = leave_out(value, zone, field_path(path, key), paths)?;
            Some((key.clone(), kept))
        })
        .collect()
}

/// What is left of a value; `None` when nothing is that could stand alone.
fn leave_out(value: &Value, zone: Zone, path: String, paths: &mut Vec<String>) -> Option<Value> {
    let before = paths.len();
    match value {
        Value::Object(fields) => {
            let kept = leave_out_of_fields(fields, zone, &path, paths);
            let lost = paths.len() > before;
            let useless = kept.is_empty()
                || zone == Zone::Entries
                || (names_a_secret(fields) && !kept.contains_key("value"));
            (!(lost && useless)).then_some(Value::Object(kept))
        }
        Value::Array(items) => {
            let kept: Vec<Value> = items
                .iter()
                .enumerate()
                .filter_map(|(index, item)| leave_out(item, zone, item_path(&path, index), paths))
                .collect();
            let lost = paths.len() > before;
            (!(lost && kept.is_empty())).then_some(Value::Array(kept))
        }
        scalar if zone.hides(scalar) => {
            paths.push(path);
            None
        }
        open => Some(open.clone()),
    }
}

/// What was there before the edit: as it is stored, and as it was shown.
struct Before<'a, T> {
    stored: &'a T,
    shown: &'a T,
}

// Derived, these would ask the same of `T`.
impl<T> Clone for Before<'_, T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Before<'_, T> {}

fn restore_fields(
    edited: &mut Map<String, Value>,
    before: Option<Before<'_, Map<String, Value>>>,
    path: &str,
    faults: &mut Vec<Fault>,
) {
    let moved = before.is_some_and(|before| {
        let was = before.shown.get("url").and_then(Value::as_str).map(server_of);
        let is = edited.get("url").and_then(Value::as_str).map(server_of);
        was != is
    });
    for (key, value) in edited {
        let path = field_path(path, key);
        if moved && key != "url" && mentions_hidden(value) {
            let message = "The address of the server changed. Write the secret again, so that it goes where you want it.";
            faults.push(Fault::new(path, message));
            continue;
        }
        let before = before.and_then(|before| {
            Some(Before {
                stored: before.stored.get(key)?,
                shown: before.shown.get(key)?,
            })
        });
        restore(value, before, &path, faults);
    }
}

fn restore(edited: &mut Value, before: Option<Before<'_, Value>>, path: &str, faults: &mut Vec<Fault>) {
    let stored = before.map(|before| before.stored);
    match edited {
        Value::String(text) if text == HIDDEN => match stored {
            Some(stored) if !stored.is_object() && !stored.is_array() && !stored.is_null() => {
                *edited = stored.clone();
            }
            _ => faults.push(Fault::new(
                path,
                "Nothing is stored here that could be kept. Write the value.",
            )),
        },
        Value::String(text) if text.contains(HIDDEN) && stored.and_then(Value::as_str) != Some(text) => {
            faults.push(Fault::new(
                path,
                "Only a part of this is hidden. Write the whole value.",
            ));
        }
        Value::Object(fields) => {
            let before = before.and_then(|before| {
                Some(Before {
                    stored: before.stored.as_object()?,
                    shown: before.shown.as_object()?,
                })
            });
            restore_fields(fields, before, path, faults);
        }
        Value::Array(items) => {
            let before = before.and_then(|before| {
                Some(Before {
                    stored: before.stored.as_array()?,
                    shown: before.shown.as_array()?,
                })
            });
            restore_items(items, before, path, faults);
        }
        _ => {}
    }
}

fn restore_items(
    edited: &mut [Value],
    before: Option<Before<'_, Vec<Value>>>,
    path: &str,
    faults: &mut Vec<Fault>,
) {
    if !edited.iter().any(mentions_hidden) {
        return;
    }
    let places = before
        .map(|before| Places::of(edited, before.shown))
        .unwrap_or_default();
    for (index, item) in edited.iter_mut().enumerate() {
        let before = before.and_then(|before| {
            let place = places.of_item(index, item, before.shown)?;
            Some(Before {
                stored: before.stored.get(place)?,
                shown: before.shown.get(place)?,
            })
        });
        restore(item, before, &item_path(path, index), faults);
    }
}

/// Where the items of an edited list were before.
#[derive(Default)]
struct Places {
    unchanged: BTreeMap<String, usize>,
    /// `None`: several have this name, so it says nothing.
    named: BTreeMap<String, Option<usize>>,
    names_now: BTreeSet<String>,
    same_length: bool,
}

impl Places {
    fn of(edited: &[Value], shown: &[Value]) -> Self {
        let mut places = Self {
            names_now: edited.iter().filter_map(name_of).collect(),
            same_length: edited.len() == shown.len(),
            ..Self::default()
        };
        for (index, item) in shown.iter().enumerate() {
            places.unchanged.entry(item.to_string()).or_insert(index);
            if let Some(name) = name_of(item) {
                places
                    .named
                    .entry(name)
                    .and_modify(|place| *place = None)
                    .or_insert(Some(index));
            }
        }
        places
    }

    fn of_item(&self, index: usize, item: &Value, shown: &[Value]) -> Option<usize> {
        let opposite = shown.get(index);
        if opposite == Some(item) {
            return Some(index);
        }
        if let Some(place) = self.unchanged.get(&item.to_string()) {
            return Some(*place);
        }
        if let Some(place) = name_of(item).and_then(|name| self.named.get(&name)) {
            return *place;
        }
        // Renamed where it stood, unless what stood there went elsewhere.
        let free = opposite
            .and_then(name_of)
            .is_none_or(|name| !self.names_now.contains(&name));
        (self.same_length && free).then_some(index)
    }
}

fn name_of(item: &Value) -> Option<String> {
    let name = item
        .pointer("/function/name")
        .or_else(|| item.get("name"))
        .or_else(|| item.get("key"))?;
    name.as_str().map(str::to_owned)
}

fn mentions_hidden(value: &Value) -> bool {
    match value {
        Value::String(text) => text.contains(HIDDEN),
        Value::Array(items) => items.iter().any(mentions_hidden),
        Value::Object(fields) => fields.values().any(mentions_hidden),
        _ => false,
    }
}

/// The scheme and the host of an address.
fn server_of(url: &str) -> &str {
    let from_host = url.split_once("://").map_or(url, |(_, rest)| rest);
    let path = from_host
        .find(['/', '?', '#'])
        .map_or("", |at| from_host.get(at..).unwrap_or(""));
    url.strip_suffix(path).unwrap_or(url)
}

/// Secrets shorter than this are too likely to be part of other words, in letters.
const SHORTEST: usize = 4;

/// A text of others without the secrets of these configurations.
#[must_use]
pub fn scrubbed(text: &str, of: &[&Config]) -> String {
    let mut secrets: Vec<&str> = of
        .iter()
        .flat_map(|config| {
            let hidden = hidden_paths(config);
            hidden.into_iter().filter_map(|path| config.get(&path)?.as_str())
        })
        .filter(|secret| secret.chars().count() >= SHORTEST)
        .collect();
    // A secret that holds another goes first.
    secrets.sort_by_key(|secret| std::cmp::Reverse(secret.len()));
    secrets
        .into_iter()
        .fold(text.to_owned(), |text, secret| text.replace(secret, HIDDEN))
}
