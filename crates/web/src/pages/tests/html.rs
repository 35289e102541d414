//! HTML as a browser reads it, flattened for assertions.

use std::collections::{BTreeMap, BTreeSet};

use html5ever::{LocalName, QualName};
use html5ever::{ParseOpts, driver, ns, tendril::TendrilSink, tree_builder::TreeBuilderOpts};
use markup5ever_rcdom::{Handle, NodeData, RcDom};

/// What a browser makes of a text.
pub(super) struct Html {
    /// Complaints of the parser.
    pub(super) errors: Vec<String>,
    /// Every element, in the order of the text.
    pub(super) elements: Vec<Element>,
}

/// One element.
pub(super) struct Element {
    pub(super) name: String,
    pub(super) attributes: BTreeMap<String, String>,
    /// The text inside, that of inner elements included.
    pub(super) text: String,
    /// Whether a `<label>` stands around it.
    pub(super) in_label: bool,
}

impl Html {
    /// Reads a page, or a fragment as if it stood in a `<div>`.
    pub(super) fn parse(text: &str, whole: bool) -> Self {
        let tree_builder = TreeBuilderOpts {
            exact_errors: true,
            ..TreeBuilderOpts::default()
        };
        let options = ParseOpts {
            tree_builder,
            ..ParseOpts::default()
        };
        let dom = if whole {
            driver::parse_document(RcDom::default(), options).one(text)
        } else {
            let around = QualName::new(None, ns!(html), LocalName::from("div"));
            driver::parse_fragment(RcDom::default(), options, around, Vec::new(), false).one(text)
        };
        let mut elements = Vec::new();
        collect(&dom.document, false, &mut elements);
        let errors = dom.errors.borrow().iter().map(ToString::to_string).collect();
        Self { errors, elements }
    }

    /// Every id, and those that stand more than once.
    pub(super) fn ids(&self) -> (BTreeSet<String>, Vec<String>) {
        let mut ids = BTreeSet::new();
        let all = self
            .elements
            .iter()
            .filter_map(|element| element.attributes.get("id"));
        let repeated = all.filter(|id| !ids.insert((*id).clone())).cloned().collect();
        (ids, repeated)
    }

    /// Attributes that name other elements by id.
    pub(super) fn references(&self) -> Vec<(String, String)> {
        let mut found = Vec::new();
        for element in &self.elements {
            for (key, value) in &element.attributes {
                match key.as_str() {
                    "for" | "aria-labelledby" | "aria-describedby" | "data-opens" => {
                        found.extend(value.split_whitespace().map(|id| (key.clone(), id.to_owned())));
                    }
                    "hx-target" | "hx-include" => {
                        found.extend(value.strip_prefix('#').map(|id| (key.clone(), id.to_owned())));
                    }
                    _ => {}
                }
            }
        }
        found
    }

    /// The ids that a `<label>` names.
    pub(super) fn labelled_ids(&self) -> BTreeSet<String> {
        let labels = self.elements.iter().filter(|element| element.name == "label");
        labels
            .filter_map(|label| label.attributes.get("for").cloned())
            .collect()
    }
}

fn collect(node: &Handle, in_label: bool, elements: &mut Vec<Element>) {
    let mut in_label = in_label;
    if let NodeData::Element { name, attrs, .. } = &node.data {
        let attributes = attrs
            .borrow()
            .iter()
            .map(|attr| (attr.name.local.to_string(), attr.value.to_string()))
            .collect();
        let mut text = String::new();
        text_of(node, &mut text);
        elements.push(Element {
            name: name.local.to_string(),
            attributes,
            text,
            in_label,
        });
        in_label |= &*name.local == "label";
    }
    for child in node.children.borrow().iter() {
        collect(child, in_label, elements);
    }
}

fn text_of(node: &Handle, text: &mut String) {
    if let NodeData::Text { contents } = &node.data {
        text.push_str(&contents.borrow());
    }
    for child in node.children.borrow().iter() {
        text_of(child, text);
    }
}
