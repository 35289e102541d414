//! The dialog that makes a campaign of a list.

/// What the form of a new campaign offers. It posts `multipart/form-data` to `/api/campaigns` with the fields `name`,
/// `file`, `default_region`, `assistant_id`, `phone_number_id`, `mode` (`continuous` or `batch`), `batch_size`,
/// `quiet_line_gate` (`true` or absent) and `cap`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NewCampaign {
    /// Regions of national numbers: the value is a two-letter code, or empty for none.
    pub regions: Vec<Choice>,
    /// The registered, active assistants. Without any, the form leads to the directory.
    pub assistants: Vec<Choice>,
    /// The caller numbers to choose from: [`super::NumberRow::choice_label`].
    pub phone_numbers: Vec<Choice>,
    /// Why a choice is empty or old, for instance that the provider cannot be reached.
    pub notice: Option<String>,
    /// Lines at once that the form suggests, 1 to 50.
    pub default_cap: u32,
    /// The lines of the account, shown beside the cap, where known.
    pub account_lines: Option<u32>,
}

/// One line of a select box.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Choice {
    /// What is sent.
    pub value: String,
    /// What is read.
    pub label: String,
    /// Chosen when the form opens.
    pub selected: bool,
}

impl Choice {
    /// A line that is not chosen.
    #[must_use]
    pub fn new(value: &str, label: &str) -> Self {
        Self {
            value: value.to_owned(),
            label: label.to_owned(),
            selected: false,
        }
    }
}
