//! The form of a new campaign.

use std::collections::BTreeMap;

use domain::{
    ids::AssistantId,
    phone::{Phone, Region},
};
use engine::{LookupError, ProviderNumber};
use store::Assistant;

use super::numbers::{choices, notice};
use crate::{
    pages::{Choice, NewCampaign},
    state::WebSettings,
};

/// The form with what there is to choose from. `trouble` says why numbers are missing or old.
pub(crate) fn form(
    settings: &WebSettings,
    assistants: &[Assistant],
    known: Option<&[ProviderNumber]>,
    open: &BTreeMap<String, u32>,
    trouble: Option<&LookupError>,
    account_lines: Option<u32>,
) -> NewCampaign {
    let numbers: Vec<&ProviderNumber> = known
        .iter()
        .flat_map(|numbers| numbers.iter())
        .filter(|number| number.usable())
        .collect();
    let default = settings.default_phone_number_id.as_deref();
    let chosen = match numbers.as_slice() {
        [only] => Some(*only),
        several => several
            .iter()
            .copied()
            .find(|number| default == Some(number.id.as_str())),
    };
    NewCampaign {
        regions: regions(settings.default_region.or_else(|| chosen.and_then(region))),
        assistants: assistant_choices(assistants, None),
        phone_numbers: choices(known.unwrap_or_default(), open, default, settings.features),
        notice: trouble.map(|error| notice(error, known.is_some())),
        default_cap: settings.default_cap,
        account_lines,
    }
}

/// Assistants for a select box: this one is chosen, or the only one.
pub(crate) fn assistant_choices(assistants: &[Assistant], chosen: Option<AssistantId>) -> Vec<Choice> {
    let only = assistants.len() == 1;
    assistants
        .iter()
        .map(|assistant| Choice {
            selected: only || chosen == Some(assistant.id),
            ..Choice::new(&assistant.id.to_string(), &assistant.name)
        })
        .collect()
}

fn region(number: &ProviderNumber) -> Option<Region> {
    Phone::from_e164(number.number.as_deref()?).ok()?.region()
}

/// Where numbers without a country code may be at home. The country of the settings is suggested, else that of the number
/// that calls.
pub(crate) fn regions(suggested: Option<Region>) -> Vec<Choice> {
    let mut choices = vec![Choice {
        selected: suggested.is_none(),
        ..Choice::new("", "Reject them: no country is assumed")
    }];
    // By code, which is also how people look for it in a long list.
    let all: BTreeMap<String, Region> = Region::all()
        .into_iter()
        .map(|region| (region.to_string(), region))
        .collect();
    choices.extend(all.into_iter().map(|(code, region)| Choice {
        selected: suggested == Some(region),
        ..Choice::new(&code, &format!("{code} (+{})", region.calling_code()))
    }));
    choices
}

#[cfg(test)]
mod tests {
    use domain::{directory::Source, ids::AssistantId, time::UtcMs};
    use engine::NumberState;

    use super::*;

    fn number(id: &str, digits: Option<&str>, state: NumberState) -> ProviderNumber {
        ProviderNumber {
            id: id.to_owned(),
            name: None,
            number: digits.map(str::to_owned),
            provider: None,
            state,
        }
    }

    fn ann() -> Assistant {
        Assistant {
            id: AssistantId(uuid::Uuid::from_u128(7)),
            name: "Ann".into(),
            source: Source::Local,
            provider_assistant_id: Some("a".into()),
            config_json: "{}".into(),
            version: 1,
            active: true,
            ephemeral: false,
            checked_at: None,
            theirs_json: None,
            gone_at: None,
            removed_at: None,
            deleted_at: None,
            created_at: UtcMs(0),
            updated_at: UtcMs(0),
            change: None,
            campaigns: 0,
            unfinished_campaigns: 0,
        }
    }

    #[test]
    fn the_only_choice_is_made_and_its_country_suggested() {
        let numbers = [
            number("us", Some("+12025550100"), NumberState::Blocked),
            number("gb", Some("+442079460958"), NumberState::Active),
        ];
        let form = form(
            &WebSettings::default(),
            &[ann()],
            Some(&numbers),
            &BTreeMap::new(),
            None,
            Some(10),
        );
        let chosen = |choices: &[Choice]| -> Vec<String> {
            choices
                .iter()
                .filter(|choice| choice.selected)
                .map(|choice| choice.value.clone())
                .collect()
        };
        assert_eq!(
            chosen(&form.phone_numbers),
            ["gb"],
            "a number that cannot call is no choice"
        );
        assert_eq!(chosen(&form.assistants), [ann().id.to_string()]);
        assert_eq!(chosen(&form.regions), ["GB"]);
    }

    #[test]
    fn without_a_number_no_country_is_assumed() {
        let error = LookupError {
            message: "no answer".to_owned(),
            retry_after_ms: None,
        };
        let form = form(
            &WebSettings::default(),
            &[],
            None,
            &BTreeMap::new(),
            Some(&error),
            None,
        );
        assert!(form.regions[0].selected && form.regions[0].value.is_empty());
        assert!(form.notice.is_some_and(|notice| notice.contains("missing")));
    }
}
