//! `/account`: the lines that all campaigns share.

use askama::Template;

use super::{
    form_field::{FieldFault, FormField},
    hours_preset::HoursPreset,
    shell::Shell,
    show::When,
    words::Badge,
};

/// The page. Its form posts `application/x-www-form-urlencoded` to `/account`: `303` back when all is well, otherwise the
/// page again with `422` and the faults in their fields.
#[derive(Template, Clone, PartialEq, Eq, Debug)]
#[template(path = "account.html")]
pub struct AccountPage {
    /// Header and footer.
    pub shell: Shell,
    /// Who is using the lines, which refreshes itself.
    pub live: AccountLive,
    /// The fields.
    pub form: AccountForm,
    /// It was just saved.
    pub saved: bool,
    /// What is wrong with the form as a whole.
    pub error: Option<String>,
    /// The hours that come with AutoLynx.
    pub presets: Vec<HoursPreset>,
}

/// The fields of the form, by their names.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AccountForm {
    /// `lines`: of the account.
    pub lines: FormField,
    /// `reserved`: kept free for others.
    pub reserved: FormField,
    /// `calls_per_second`: new calls in any one second; empty: no limit of ours.
    pub calls_per_second: FormField,
    /// `cap.{id}` of each caller number; empty: as many as the account.
    pub numbers: Vec<NumberCap>,
}

/// How many calls a caller number may have at once.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NumberCap {
    /// The provider's id.
    pub id: String,
    /// The number, as people write it, and its name.
    pub label: String,
    /// What it is limited to.
    pub cap: FormField,
}

impl AccountPage {
    /// What is wrong, in the order of the form.
    #[must_use]
    pub fn faults(&self) -> Vec<FieldFault> {
        let form = &self.form;
        let fields = [
            ("lines", "Lines of the account", &form.lines),
            ("reserved", "Kept free for others", &form.reserved),
            ("calls_per_second", "New calls per second", &form.calls_per_second),
        ];
        let mut faults: Vec<_> = fields
            .into_iter()
            .filter_map(|(name, label, field)| FieldFault::of(name, label, field.error.as_ref()))
            .collect();
        faults.extend(form.numbers.iter().filter_map(|number| {
            let name = format!("cap.{}", number.id);
            FieldFault::of(&name, &number.label, number.cap.error.as_ref())
        }));
        faults
    }
}

/// Who is using the lines: a fragment.
#[derive(Template, Clone, PartialEq, Eq, Debug)]
#[template(path = "account_live.html")]
pub struct AccountLive {
    /// Calls that are live or being placed.
    pub used: u32,
    /// Lines that campaigns may use together.
    pub usable: u32,
    /// What that is made of, for instance `10 lines, 2 kept free for others.`
    pub usable_note: String,
    /// What the provider says, for instance `Vapi allows 10 calls at once; 3 more right now.`
    pub provider: Option<String>,
    /// When the provider said so.
    pub told: Option<When>,
    /// Something that a person should know, for instance that the provider allows less than is set here.
    pub warning: Option<String>,
    /// By campaign, most lines first.
    pub campaigns: Vec<CampaignUse>,
    /// By caller number, most lines first.
    pub numbers: Vec<NumberUse>,
}

/// The lines of one campaign.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CampaignUse {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// [`Badge::campaign`].
    pub status: Badge,
    /// [`Badge::priority`], unless it is the normal one.
    pub priority: Option<Badge>,
    /// Lines in use.
    pub used: u32,
    /// Lines that it may use.
    pub cap: u32,
}

/// The lines of one caller number.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NumberUse {
    /// The number, as people write it, and its name.
    pub label: String,
    /// Lines in use.
    pub used: u32,
    /// How many it may have at once.
    pub cap: Option<u32>,
}
