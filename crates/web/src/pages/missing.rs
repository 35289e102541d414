//! Variables that the assistant's words use and the list lacks.

use super::show::{count, count_of};

/// A variable that some people have no value for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct MissingVariable {
    /// Its name.
    pub name: String,
    /// How many people have no value.
    pub missing: u64,
    /// How many people there are.
    pub of: u64,
    /// Whether the list has a column of this name at all.
    pub column: bool,
    /// A column of the list that is written almost alike.
    pub similar: Option<String>,
}

impl MissingVariable {
    /// `city is empty for 120 of 400 people`.
    #[must_use]
    pub fn text(&self) -> String {
        if self.column {
            let people = count_of(self.of, "person", "people");
            format!("{} is empty for {} of {people}", self.name, count(self.missing))
        } else {
            let similar = self.similar.as_ref();
            let similar = similar.map_or_else(String::new, |column| format!(" (which has “{column}”)"));
            format!("{} is no column of the list{similar}", self.name)
        }
    }
}

/// All of them in one sentence.
#[must_use]
pub(super) fn sentence(missing: &[MissingVariable]) -> String {
    let parts: Vec<_> = missing.iter().map(MissingVariable::text).collect();
    format!(
        "{}; the assistant’s words use {}.",
        parts.join(", "),
        if missing.len() == 1 { "it" } else { "them" }
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_missing_is_said_in_one_sentence() {
        let city = MissingVariable {
            name: "city".to_owned(),
            missing: 120,
            of: 1_400,
            column: true,
            similar: None,
        };
        let plan = MissingVariable {
            name: "plan".to_owned(),
            similar: Some("Plan".to_owned()),
            column: false,
            ..city.clone()
        };
        assert_eq!(
            sentence(std::slice::from_ref(&city)),
            "city is empty for 120 of 1,400 people; the assistant’s words use it."
        );
        assert_eq!(
            sentence(&[city, plan]),
            "city is empty for 120 of 1,400 people, plan is no column of the list (which has “Plan”); the assistant’s words use them."
        );
    }
}
