//! The properties a request may have, read from the `.shapes` files beside this one.
//!
//! A file lists shapes; each is a name and its properties, one to a line: `name kind`. Kinds are `any`, `object`,
//! `boolean`, `uuid`, `date-time`, `string(least..most)` in characters, `number(least..most)`, `enum(a|b)`,
//! `list(kind)` and the name of another shape or union. `!` marks a required property, `?` one that may be null.
//! `extends X` takes over the properties of X. A `union` chooses the shape by the property `provider`, or by the one
//! named after `by`; `any` in place of a shape lets everything through. Further words after its name are literals that
//! stand for themselves.

use std::collections::BTreeMap;
use std::sync::LazyLock;

/// What a property may be.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Kind {
    Any,
    Object,
    Boolean,
    Uuid,
    DateTime,
    Text { least: usize, most: usize },
    Number { least: f64, most: f64 },
    Choice(Vec<&'static str>),
    List(Box<Kind>),
    Named(&'static str),
}

/// One property of a shape.
#[derive(Debug, Clone)]
pub(crate) struct Property {
    pub(crate) kind: Kind,
    pub(crate) required: bool,
}

/// The properties that an object may have.
pub(crate) type Shape = BTreeMap<&'static str, Property>;

/// A choice of shapes by the value of one property.
#[derive(Debug)]
pub(crate) struct Union {
    /// The property that chooses.
    pub(crate) by: &'static str,
    pub(crate) literals: Vec<&'static str>,
    pub(crate) shape_of: BTreeMap<&'static str, &'static str>,
}

/// All shapes and unions by name.
#[derive(Debug, Default)]
pub(crate) struct Shapes {
    pub(crate) shapes: BTreeMap<&'static str, Shape>,
    pub(crate) unions: BTreeMap<&'static str, Union>,
}

/// The shapes of everything that the API takes.
pub(crate) static SHAPES: LazyLock<Shapes> = LazyLock::new(|| {
    let mut shapes = Shapes::default();
    for file in FILES {
        shapes.read(file);
    }
    shapes
});

// In this order: a shape is extended only after it was read.
const FILES: [&str; 8] = [
    include_str!("shapes/server.shapes"),
    include_str!("shapes/model.shapes"),
    include_str!("shapes/voice.shapes"),
    include_str!("shapes/transcriber.shapes"),
    include_str!("shapes/hook.shapes"),
    include_str!("shapes/assistant.shapes"),
    include_str!("shapes/call.shapes"),
    include_str!("shapes/phone_number.shapes"),
];

enum Open {
    Nothing,
    Shape(&'static str),
    Union(&'static str),
}

impl Shapes {
    fn read(&mut self, file: &'static str) {
        let mut open = Open::Nothing;
        for line in file
            .lines()
            .filter(|line| !line.is_empty() && !line.starts_with('#'))
        {
            let mut words = line.split_whitespace();
            let (first, second) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
            if !line.starts_with(' ') {
                open = self.begin(first, second, words);
                continue;
            }
            match open {
                Open::Shape(name) => {
                    let required = second.starts_with('!');
                    let kind = kind(second.trim_start_matches('!').trim_end_matches('?'));
                    self.shapes
                        .entry(name)
                        .or_default()
                        .insert(first, Property { kind, required });
                }
                Open::Union(name) => {
                    if let Some(union) = self.unions.get_mut(name) {
                        union.shape_of.insert(first, second);
                    }
                }
                Open::Nothing => {}
            }
        }
    }

    fn begin(
        &mut self,
        first: &'static str,
        second: &'static str,
        rest: std::str::SplitWhitespace<'static>,
    ) -> Open {
        if first == "union" {
            let mut literals: Vec<&'static str> = rest.collect();
            let by = match literals.as_slice() {
                ["by", property, ..] => {
                    let property = *property;
                    literals.drain(..2);
                    property
                }
                _ => "provider",
            };
            let union = Union {
                by,
                literals,
                shape_of: BTreeMap::new(),
            };
            self.unions.insert(second, union);
            return Open::Union(second);
        }
        let base = if second == "extends" { rest.last() } else { None };
        let shape = base
            .and_then(|base| self.shapes.get(base).cloned())
            .unwrap_or_default();
        self.shapes.insert(first, shape);
        Open::Shape(first)
    }
}

fn kind(text: &'static str) -> Kind {
    let (name, inner) = match text.split_once('(') {
        Some((name, inner)) => (name, Some(inner.strip_suffix(')').unwrap_or(inner))),
        None => (text, None),
    };
    match name {
        "any" => Kind::Any,
        "object" => Kind::Object,
        "boolean" => Kind::Boolean,
        "uuid" => Kind::Uuid,
        "date-time" => Kind::DateTime,
        "string" => {
            let (least, most) = inner.and_then(|range| range.split_once("..")).unwrap_or_default();
            Kind::Text {
                least: least.parse().unwrap_or(0),
                most: most.parse().unwrap_or(usize::MAX),
            }
        }
        "number" => {
            let (least, most) = inner.and_then(|range| range.split_once("..")).unwrap_or_default();
            Kind::Number {
                least: least.parse().unwrap_or(f64::NEG_INFINITY),
                most: most.parse().unwrap_or(f64::INFINITY),
            }
        }
        "enum" => Kind::Choice(inner.unwrap_or_default().split('|').collect()),
        "list" => Kind::List(Box::new(kind(inner.unwrap_or("any")))),
        named => Kind::Named(named),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(kind: &Kind) -> Option<&'static str> {
        match kind {
            Kind::List(inner) => named(inner),
            Kind::Named(name) => Some(name),
            _ => None,
        }
    }

    #[test]
    fn every_name_that_a_shape_uses_exists() {
        let exists = |name: &str| SHAPES.shapes.contains_key(name) || SHAPES.unions.contains_key(name);
        for (shape, properties) in &SHAPES.shapes {
            for (property, Property { kind, .. }) in properties {
                assert!(named(kind).is_none_or(exists), "{shape}.{property}: {kind:?}");
            }
        }
        for union in SHAPES.unions.values() {
            assert!(
                union
                    .shape_of
                    .values()
                    .all(|name| *name == "any" || SHAPES.shapes.contains_key(name))
            );
        }
    }

    #[test]
    fn overrides_may_have_what_an_assistant_may_have_and_variables() {
        let overrides = &SHAPES.shapes["AssistantOverrides"];
        assert!(overrides.contains_key("variableValues") && overrides.contains_key("serverMessages"));
        assert!(!SHAPES.shapes["CreateAssistant"].contains_key("variableValues"));
    }
}
