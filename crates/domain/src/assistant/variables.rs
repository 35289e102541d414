//! The placeholders of a configuration: what a call must bring so that every text is complete.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use super::Config;

/// Names that the provider fills in by itself.
const RESERVED: [&str; 11] = [
    "now",
    "date",
    "time",
    "month",
    "day",
    "year",
    "customer",
    "call",
    "assistant",
    "phoneNumber",
    "transport",
];
/// Names that the provider fills in when it looks back at a call or at what a tool answered.
const RESERVED_AFTERWARDS: [&str; 12] = [
    "transcript",
    "systemPrompt",
    "messages",
    "endedReason",
    "callEndedReason",
    "schema",
    "rubric",
    "structuredOutput",
    "startedAt",
    "endedAt",
    "duration",
    "tool",
];
/// Where texts are filled in by such a look back.
const AFTERWARDS: [&str; 4] = ["analysisPlan", "artifactPlan", "hooks", "tools"];
/// Words of the template language that are not names.
const WORDS: [&str; 11] = [
    "true", "false", "nil", "null", "empty", "blank", "and", "or", "not", "contains", "in",
];

/// The variables that the texts of an assistant put in, in LiquidJS: `{{ name }}`.
///
/// Not wanted are those that the provider fills in itself, those with a `default`, those that the text sets itself, and
/// those in a part that is only said when they are there. Of `{{ order.id }}` it is `order`.
#[must_use]
pub fn variables(config: &Config) -> BTreeSet<String> {
    let mut found = Found::default();
    for (key, value) in config.as_map() {
        // Metadata is never spoken.
        if key != "metadata" {
            found.value(key, value, AFTERWARDS.contains(&key.as_str()));
        }
    }
    // A tool may bring a variable into a call, from where on every text has it.
    found.wanted.retain(|name| !found.brought.contains(name));
    found.wanted
}

#[derive(Default)]
struct Found {
    wanted: BTreeSet<String>,
    brought: BTreeSet<String>,
}

impl Found {
    fn value(&mut self, key: &str, value: &Value, afterwards: bool) {
        match value {
            Value::String(text) => self.text(text, afterwards),
            Value::Array(items) => {
                for item in items {
                    self.value(key, item, afterwards);
                }
            }
            Value::Object(fields) => {
                if key == "variableExtractionPlan" {
                    self.brought.extend(brought_by(fields));
                }
                let is_code = fields.get("type").and_then(Value::as_str) == Some("code");
                for (key, value) in fields {
                    // Braces in a program are not placeholders.
                    if !(is_code && key == "code") {
                        self.value(key, value, afterwards || AFTERWARDS.contains(&key.as_str()));
                    }
                }
            }
            _ => {}
        }
    }

    fn text(&mut self, text: &str, afterwards: bool) {
        if !text.contains('{') {
            return;
        }
        let names = Text::read(text);
        self.wanted.extend(names.into_iter().filter(|name| {
            !(RESERVED.contains(&name.as_str()) || afterwards && RESERVED_AFTERWARDS.contains(&name.as_str()))
        }));
    }
}

/// The variables that a tool's extraction plan makes.
fn brought_by(plan: &Map<String, Value>) -> Vec<String> {
    let aliases = plan
        .get("aliases")
        .and_then(Value::as_array)
        .into_iter()
        .flatten();
    let named = aliases.filter_map(|alias| alias.get("key")?.as_str());
    let schema = plan.get("schema");
    let titled = schema.and_then(|schema| schema.get("title")?.as_str());
    let properties = schema.and_then(|schema| schema.get("properties")?.as_object());
    let properties = properties.into_iter().flat_map(Map::keys).map(String::as_str);
    named.chain(titled).chain(properties).map(str::to_owned).collect()
}

/// One text, while it is read from left to right.
#[derive(Default)]
struct Text {
    wanted: BTreeSet<String>,
    set: BTreeSet<String>,
    /// Per open block, the names that are known to be there inside it.
    blocks: Vec<Vec<String>>,
    /// How many open blocks know each name, so that deep nesting costs no more than length.
    known: BTreeMap<String, usize>,
}

impl Text {
    /// The names that a text wants.
    fn read(text: &str) -> BTreeSet<String> {
        let mut this = Self::default();
        let mut rest = text;
        // Between `raw` and `endraw`, or `comment` and `endcomment`, braces mean nothing.
        let mut ends_with: Option<&str> = None;
        while let Some((_, after)) = rest.split_once('{') {
            let (inside, close) = match after.as_bytes().first() {
                Some(b'{') => (after.get(1..).unwrap_or(""), "}}"),
                Some(b'%') => (after.get(1..).unwrap_or(""), "%}"),
                _ => {
                    rest = after;
                    continue;
                }
            };
            let is_tag = close == "%}";
            if !is_tag && ends_with.is_some() {
                rest = inside;
                continue;
            }
            // What is never closed is no template; the provider will refuse it or say it as it is.
            let Some((content, after)) = inside.split_once(close) else {
                break;
            };
            rest = after;
            let content = content.strip_prefix('-').unwrap_or(content);
            let content = content.strip_suffix('-').unwrap_or(content).trim();
            if !is_tag {
                this.output(content);
                continue;
            }
            let name = content
                .split(|c: char| !c.is_ascii_alphanumeric())
                .next()
                .unwrap_or("");
            match (ends_with, name) {
                (Some(end), _) => ends_with = (name != end).then_some(end),
                (None, "raw") => ends_with = Some("endraw"),
                (None, "comment") => ends_with = Some("endcomment"),
                (None, "liquid") => content.lines().for_each(|line| this.tag(line.trim())),
                (None, _) => this.tag(content),
            }
        }
        this.wanted.retain(|name| !this.set.contains(name));
        this.wanted
    }

    fn tag(&mut self, content: &str) {
        let end = content
            .find(|c: char| !c.is_ascii_alphanumeric())
            .unwrap_or(content.len());
        let (name, arguments) = content.split_at_checked(end).unwrap_or((content, ""));
        match name {
            "assign" => {
                if let Some((name, value)) = arguments.split_once('=') {
                    self.sets(name);
                    self.output(value);
                }
            }
            "capture" | "increment" | "decrement" => self.sets(arguments),
            "echo" | "cycle" => self.output(arguments),
            "for" | "tablerow" => {
                if let Some((name, list)) = arguments.split_once(" in ") {
                    self.sets(name);
                    self.output(list);
                }
                self.set.extend(["forloop".to_owned(), "tablerowloop".to_owned()]);
                self.open(Vec::new());
            }
            "if" => self.open(known_if(arguments)),
            "unless" | "case" => self.open(Vec::new()),
            "elsif" | "else" => {
                self.close();
                self.open(if name == "else" {
                    Vec::new()
                } else {
                    known_if(arguments)
                });
            }
            "endif" | "endunless" | "endcase" | "endfor" | "endtablerow" => self.close(),
            _ => {}
        }
    }

    fn sets(&mut self, name: &str) {
        let name = name.trim().trim_matches(['"', '\'']);
        self.set.insert(name.to_owned());
    }

    fn open(&mut self, known: Vec<String>) {
        for name in &known {
            *self.known.entry(name.clone()).or_default() += 1;
        }
        self.blocks.push(known);
    }

    fn close(&mut self) {
        for name in self.blocks.pop().unwrap_or_default() {
            if let Some(count) = self.known.get_mut(&name) {
                *count -= 1;
            }
        }
    }

    /// A value with its filters.
    fn output(&mut self, content: &str) {
        let mut names: Vec<&str> = Vec::new();
        let tokens = tokens(content);
        for (index, token) in tokens.iter().enumerate() {
            let Token::Name(name) = token else { continue };
            let is_filter = index > 0 && tokens.get(index - 1) == Some(&Token::Sign('|'));
            let is_keyword = tokens.get(index + 1) == Some(&Token::Sign(':'));
            match (is_filter, is_keyword) {
                // Whatever stood before it may be missing.
                (true, _) if *name == "default" => names.clear(),
                (false, false) => names.push(name),
                _ => {}
            }
        }
        for name in names {
            if self.known.get(name).is_none_or(|count| *count == 0) {
                self.wanted.insert(name.to_owned());
            }
        }
    }
}

/// The names that are surely there when a condition holds. An author who asks whether a name is there can do without it.
fn known_if(condition: &str) -> Vec<String> {
    let tokens = tokens(condition);
    if tokens.contains(&Token::Word("or")) {
        return Vec::new();
    }
    tokens
        .split(|token| *token == Token::Word("and"))
        .filter_map(|term| match term {
            [Token::Name(name)]
            | [
                Token::Name(name),
                Token::Sign('≠'),
                Token::Text("") | Token::Word("nil" | "null" | "blank" | "empty"),
            ]
            | [
                Token::Name(name),
                Token::Sign('='),
                Token::Text(_) | Token::Number,
            ]
            | [Token::Name(name), Token::Word("contains"), _] => Some((*name).to_owned()),
            _ => None,
        })
        .collect()
}

/// A piece of an expression.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Token<'a> {
    /// A variable or a filter; of `x.y` the `x`.
    Name(&'a str),
    /// A word of the language.
    Word(&'a str),
    /// A literal text.
    Text(&'a str),
    /// A literal number.
    Number,
    /// Everything else; `=` for `==` and `≠` for `!=`.
    Sign(char),
}

fn tokens(content: &str) -> Vec<Token<'_>> {
    let mut found = Vec::new();
    let mut rest = content.trim_start();
    while let Some(first) = rest.chars().next() {
        let after = rest.get(first.len_utf8()..).unwrap_or("");
        rest = match first {
            '"' | '\'' => {
                let (text, after) = after.split_once(first).unwrap_or((after, ""));
                found.push(Token::Text(text));
                after
            }
            '=' if after.starts_with('=') => {
                found.push(Token::Sign('='));
                after.trim_start_matches('=')
            }
            '!' if after.starts_with('=') => {
                found.push(Token::Sign('≠'));
                after.trim_start_matches('=')
            }
            // A range, not a property.
            '.' if after.starts_with('.') => after.trim_start_matches('.'),
            '.' => split_name(after).1,
            _ if first.is_ascii_digit() => {
                found.push(Token::Number);
                after.trim_start_matches(|c: char| c.is_ascii_digit())
            }
            _ if first.is_alphabetic() || first == '_' => {
                let (name, after) = split_name(rest);
                found.push(if WORDS.contains(&name) {
                    Token::Word(name)
                } else {
                    Token::Name(name)
                });
                after
            }
            _ => {
                found.push(Token::Sign(first));
                after
            }
        }
        .trim_start();
    }
    found
}

fn split_name(text: &str) -> (&str, &str) {
    let end = text.find(|c: char| !(c.is_alphanumeric() || matches!(c, '_' | '-' | '?')));
    text.split_at_checked(end.unwrap_or(text.len()))
        .unwrap_or((text, ""))
}
