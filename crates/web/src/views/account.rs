//! The lines that all campaigns share.

use std::collections::BTreeMap;

use domain::hours::{Calendar, Hours};
use store::{Account, Campaign};

use super::{numbers::label, wording::priority};
use crate::{
    numbers::Listed,
    pages::{
        AccountForm, AccountLive, Badge, CampaignUse, FormField, HoursPreset, NumberCap, NumberUse,
        show::count_of,
    },
};

/// Who is using the lines.
pub(crate) fn live(
    account: &Account,
    campaigns: &[(Campaign, u32)],
    open: &BTreeMap<String, u32>,
    caps: &BTreeMap<String, u32>,
    listed: Option<&Listed>,
) -> AccountLive {
    let mut numbers: Vec<NumberUse> = open
        .iter()
        .map(|(id, used)| NumberUse {
            label: label(listed, id, None),
            used: *used,
            cap: caps.get(id).copied(),
        })
        .collect();
    numbers.sort_by(|a, b| b.used.cmp(&a.used).then_with(|| a.label.cmp(&b.label)));
    let less = account.learnt_lines.filter(|learnt| *learnt < account.line_cap);
    AccountLive {
        used: account.open_calls,
        usable: account.lines().usable(),
        usable_note: note(account),
        provider: less.map(|lines| {
            format!(
                "Vapi lately allowed only {} at once.",
                count_of(u64::from(lines), "call", "calls")
            )
        }),
        told: None,
        warning: less.map(|lines| {
            format!(
                "Vapi allows fewer calls at once than the {} set here. AutoLynx goes by the smaller number for a while, \
                 then tries again. If it lasts, set ACCOUNT_LINES to {lines}, or ask Vapi for more lines.",
                account.line_cap
            )
        }),
        campaigns: campaigns
            .iter()
            .map(|(campaign, used)| CampaignUse {
                id: campaign.id.to_string(),
                name: campaign.name.clone(),
                status: Badge::campaign(campaign.status.as_str()),
                priority: priority(campaign.priority),
                used: *used,
                cap: campaign.cap,
            })
            .collect(),
        numbers,
    }
}

fn note(account: &Account) -> String {
    let lines = count_of(u64::from(account.line_cap), "line", "lines");
    match account.reserved_lines {
        0 => format!("{lines}."),
        1 => format!("{lines}, of which 1 is kept free for others."),
        reserved => format!("{lines}, of which {reserved} are kept free for others."),
    }
}

/// The fields as they are stored.
pub(crate) fn form(account: &Account, caps: &BTreeMap<String, u32>, listed: Option<&Listed>) -> AccountForm {
    let mut ids: Vec<&str> = listed
        .iter()
        .flat_map(|listed| listed.numbers.iter().map(|number| number.id.as_str()))
        .collect();
    // A limit shall be seen even where the provider does not tell of its number.
    ids.extend(caps.keys().map(String::as_str));
    let mut seen = std::collections::BTreeSet::new();
    ids.retain(|id| seen.insert(*id));
    let shown = |number: Option<u32>| FormField::new(&number.map_or_else(String::new, |n| n.to_string()));
    AccountForm {
        lines: shown(Some(account.line_cap)),
        reserved: shown(Some(account.reserved_lines)),
        calls_per_second: shown(account.calls_per_second),
        numbers: ids
            .into_iter()
            .map(|id| NumberCap {
                id: id.to_owned(),
                label: label(listed, id, None),
                cap: shown(caps.get(id).copied()),
            })
            .collect(),
    }
}

/// The hours that come with AutoLynx.
pub(crate) fn presets() -> Vec<HoursPreset> {
    Hours::presets()
        .iter()
        .filter_map(|info| {
            let hours = Hours::preset(&info.id)?;
            Some(HoursPreset {
                id: info.id.clone(),
                name: info.name.clone(),
                about: info.about.clone(),
                source: Some(info.source.clone())
                    .filter(|source| source != "None")
                    .unwrap_or_default(),
                as_of: info.as_of.clone(),
                week: hours
                    .rule
                    .week
                    .0
                    .each_ref()
                    .map(|day| super::settings::windows_text(day)),
                holidays: calendar_text(hours.rule.holidays.calendar).to_owned(),
            })
        })
        .collect()
}

/// A calendar of holidays as the form has it.
pub(crate) const fn calendar_text(calendar: Option<Calendar>) -> &'static str {
    match calendar {
        Some(Calendar::UsFederal) => "us-federal",
        None => "",
    }
}
