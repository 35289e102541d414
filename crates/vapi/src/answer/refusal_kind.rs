//! Whose matter a "bad request" is, read from its text: the API has no codes for it.
//!
//! The texts seen are listed in the table test of the parent module. An unknown text counts as a matter of the account:
//! that stops dialling and shows a person the provider's words, where the other choice would end one contact after the
//! other as uncallable for a fault that is not theirs.

use super::RefusalKind;
use crate::error_body::{ErrorBody, FieldError};

/// Words of faults that the next contact would meet as well.
const ACCOUNT_WORDS: [&str; 24] = [
    "account",
    "assistant",
    "assistantid",
    "assistantoverrides",
    "balance",
    "billing",
    "blocked",
    "bought",
    "credential",
    "credit",
    "credits",
    "daily",
    "either",
    "flagged",
    "organization",
    "payment",
    "phonenumber",
    "phonenumberid",
    "plan",
    "subscription",
    "twilio",
    "vapi",
    "wallet",
    "your",
];

/// Words of faults that lie in the called number or in what is said about the called person. A bare "number" is none of
/// them: it may be the one we call from.
const CONTACT_WORDS: [&str; 3] = ["customer", "e164", "recipient"];

pub(super) fn names_concurrency(error: &ErrorBody) -> bool {
    texts(error).any(|text| text.to_ascii_lowercase().contains("concurrency"))
}

pub(super) fn kind_of_bad_request(error: &ErrorBody) -> RefusalKind {
    if names_concurrency(error) {
        return RefusalKind::Capacity;
    }
    let faults: Vec<Option<RefusalKind>> = texts(error)
        .map(kind_of_text)
        .chain(error.fields.iter().map(kind_of_field))
        .collect();
    let named = |kind| faults.contains(&Some(kind));
    // With both kinds of fault in one answer, dialling on would meet the account's fault again.
    if named(RefusalKind::Contact) && !named(RefusalKind::Account) {
        RefusalKind::Contact
    } else {
        RefusalKind::Account
    }
}

fn texts(error: &ErrorBody) -> impl Iterator<Item = &str> {
    error.messages.iter().chain(&error.error).map(String::as_str)
}

/// `None` if the text names nothing that we know.
fn kind_of_text(text: &str) -> Option<RefusalKind> {
    let text = text.to_ascii_lowercase().replace("e.164", "e164");
    // Our request has a field that the API does not know: it has it for every contact.
    if text.contains("should not exist") {
        return Some(RefusalKind::Account);
    }
    let words: Vec<&str> = text
        .split(|character: char| !character.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .collect();
    // A path into the customer, such as `customer.number must be …`, decides whatever words follow.
    if text.starts_with("customer.") {
        return Some(RefusalKind::Contact);
    }
    if words.iter().any(|word| ACCOUNT_WORDS.contains(word)) {
        return Some(RefusalKind::Account);
    }
    words
        .iter()
        .any(|word| CONTACT_WORDS.contains(word))
        .then_some(RefusalKind::Contact)
}

/// `None` if the pointer leads to nothing that we know.
fn kind_of_field(field: &FieldError) -> Option<RefusalKind> {
    if field.code == "FIELD_NOT_ALLOWED" {
        return Some(RefusalKind::Account);
    }
    let path = field.pointer.strip_prefix("/body/")?;
    match path.split('/').next()? {
        "customer" => Some(RefusalKind::Contact),
        _ => Some(RefusalKind::Account),
    }
}
