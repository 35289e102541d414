//! `/numbers`: the numbers that can call, and how their lines are.

use askama::Template;

use super::{shell::Shell, show::When, words::Badge};

/// The page.
#[derive(Template, Clone, PartialEq, Eq, Debug)]
#[template(path = "numbers.html")]
pub struct NumbersPage {
    /// Header and footer.
    pub shell: Shell,
    /// The numbers, which refresh themselves.
    pub list: NumberList,
}

/// The numbers: a fragment.
#[derive(Template, Clone, PartialEq, Eq, Debug)]
#[template(path = "number_list.html")]
pub struct NumberList {
    /// The default number first, then by name.
    pub rows: Vec<NumberRow>,
    /// When the provider was last asked.
    pub checked: Option<When>,
    /// Why the list is empty or old, for instance that the provider cannot be asked.
    pub notice: Option<String>,
}

/// One caller number.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NumberRow {
    /// The provider's id.
    pub id: String,
    /// The number, as people write it.
    pub number: Option<String>,
    /// What it is called at the provider.
    pub name: Option<String>,
    /// Whose number it is: `twilio`, `vapi`.
    pub provider: String,
    /// [`Badge::number_state`].
    pub state: Badge,
    /// Whether campaigns may call from it.
    pub usable: bool,
    /// Chosen when nobody chooses.
    pub default: bool,
    /// Calls on it right now, ours and others'.
    pub live_calls: u64,
    /// [`Badge::line_health`]; `None` when the health of lines is switched off.
    pub health: Option<Badge>,
    /// What that rests on, in a sentence.
    pub health_detail: Option<String>,
    /// When that was last looked at.
    pub checked: Option<When>,
}

impl NumberList {
    /// Whether the health of lines is shown.
    #[must_use]
    pub fn has_health(&self) -> bool {
        self.rows.iter().any(|row| row.health.is_some())
    }
}

impl NumberRow {
    /// Numbers that Vapi gives away are for tries.
    #[must_use]
    pub fn only_for_tries(&self) -> bool {
        self.provider == "vapi"
    }

    /// Whose number it is, in words.
    #[must_use]
    pub fn provider_label(&self) -> &str {
        match self.provider.as_str() {
            "twilio" => "Twilio",
            "vonage" => "Vonage",
            "telnyx" => "Telnyx",
            "vapi" => "Vapi",
            "byo-phone-number" => "Own trunk (SIP)",
            other => other,
        }
    }

    /// The line of a select box: number, name, and what speaks against it.
    #[must_use]
    pub fn choice_label(&self) -> String {
        let number = self.number.as_ref().or(self.name.as_ref()).unwrap_or(&self.id);
        let mut label = number.clone();
        if let (Some(_), Some(name)) = (&self.number, &self.name) {
            label = format!("{label} ({name})");
        }
        if self.state.key != "active" {
            label = format!("{label}, {}", self.state.label.to_lowercase());
        } else if let Some(health) = self.health.as_ref().filter(|health| health.key != "healthy") {
            label = format!("{label}, {}", health.label.to_lowercase());
        }
        if self.only_for_tries() {
            label.push_str(", for tries");
        }
        label
    }
}
