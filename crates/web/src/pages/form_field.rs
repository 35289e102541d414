//! A field of a form that works without scripts.

/// What stands in a field and what is wrong with it.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct FormField {
    /// As the person typed it, or as it is stored.
    pub value: String,
    /// What is wrong, in a sentence.
    pub error: Option<String>,
}

/// A fault as the head of a form tells it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct FieldFault {
    /// The id of the field.
    pub id: String,
    /// What the field is called.
    pub label: String,
    /// What is wrong.
    pub message: String,
}

impl FieldFault {
    /// The fault of a field, when it has one.
    #[must_use]
    pub(super) fn of(name: &str, label: &str, error: Option<&String>) -> Option<Self> {
        error.map(|message| Self {
            id: format!("s-{name}"),
            label: label.to_owned(),
            message: message.clone(),
        })
    }
}

impl FormField {
    /// A field without a fault.
    #[must_use]
    pub fn new(value: &str) -> Self {
        Self {
            value: value.to_owned(),
            error: None,
        }
    }

    /// A field with a fault.
    #[must_use]
    pub fn wrong(value: &str, error: &str) -> Self {
        Self {
            value: value.to_owned(),
            error: Some(error.to_owned()),
        }
    }
}
