use super::{HOSTILE, NOW_MS, SECOND_MS, id};
use crate::pages::{
    AccountForm, AccountLive, AccountPage, Badge, CampaignUse, FormField, HoursPreset, NumberCap, NumberUse,
    Shell, When,
};

fn campaign(number: u32, name: &str, status: &str, priority: Option<&str>, used: u32) -> CampaignUse {
    CampaignUse {
        id: id(number),
        name: name.to_owned(),
        status: Badge::campaign(status),
        priority: priority.map(Badge::priority),
        used,
        cap: 8,
    }
}

impl AccountLive {
    /// Busy, idle, and less allowed than set.
    #[must_use]
    pub fn samples() -> Vec<(&'static str, Self)> {
        let number = |label: &str, used, cap| NumberUse {
            label: label.to_owned(),
            used,
            cap,
        };
        let busy = Self {
            used: 7,
            usable: 8,
            usable_note: "10 lines, of which 2 are kept free for others.".to_owned(),
            provider: Some("Vapi allows 10 calls at once; 3 more right now.".to_owned()),
            told: Some(When::at(NOW_MS - 12 * SECOND_MS)),
            warning: None,
            campaigns: vec![
                campaign(1, "Spring follow-up", "RUNNING", Some("high"), 4),
                campaign(2, "Roofers, north of the river", "PAUSED", None, 2),
                campaign(8, HOSTILE, "RUNNING", Some("low"), 1),
            ],
            numbers: vec![
                number("+1 202-555-0100 (Front desk)", 5, None),
                number("+44 20 7946 0321", 2, Some(2)),
            ],
        };
        let idle = Self {
            used: 0,
            campaigns: Vec::new(),
            numbers: Vec::new(),
            provider: None,
            told: None,
            ..busy.clone()
        };
        let less = Self {
            usable: 3,
            warning: Some("Vapi allows 5 calls at once, less than the 10 set here. AutoLynx goes by the smaller one. Set 5 here, or ask Vapi for more lines.".to_owned()),
            ..busy.clone()
        };
        vec![("busy", busy), ("idle", idle), ("less allowed", less)]
    }
}

impl AccountPage {
    /// The same as pages: just opened, saved, refused.
    #[must_use]
    pub fn samples() -> Vec<(&'static str, Self)> {
        let number = |id: &str, label: &str, cap: FormField| NumberCap {
            id: id.to_owned(),
            label: label.to_owned(),
            cap,
        };
        let page = |((name, live), (_, shell))| {
            let page = Self {
                shell,
                live,
                form: AccountForm {
                    lines: FormField::new("10"),
                    reserved: FormField::new("2"),
                    calls_per_second: FormField::new("1"),
                    numbers: vec![
                        number("num-1", "+1 202-555-0100 (Front desk)", FormField::new("")),
                        number("num-2", "+44 20 7946 0321", FormField::new("2")),
                        number("num-6", HOSTILE, FormField::new("")),
                    ],
                },
                saved: false,
                error: None,
                presets: HoursPreset::samples(),
            };
            (name, page)
        };
        let shells = Shell::samples().into_iter().cycle();
        let mut pages: Vec<_> = AccountLive::samples().into_iter().zip(shells).map(page).collect();
        pages[1].1.saved = true;
        pages[2].1.form.reserved = FormField::wrong("12", "Must be less than the lines of the account.");
        pages[2].1.form.numbers[1].cap = FormField::wrong("0", "Must be at least 1.");
        pages
    }
}
