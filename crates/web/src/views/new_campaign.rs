//! The form of a new campaign.

use std::collections::BTreeMap;

use domain::phone::{Phone, Region};
use engine::{LookupError, ProviderNumber};

use super::wording::phone;
use crate::{
    directory::Offer,
    pages::{Choice, NewCampaign},
    state::WebSettings,
};

/// The form with what the provider offers. `trouble` says why the offer is missing or old.
pub(crate) fn form(
    settings: &WebSettings,
    offer: Option<&Offer>,
    trouble: Option<&LookupError>,
    account_lines: Option<u32>,
) -> NewCampaign {
    let numbers: Vec<&ProviderNumber> = offer
        .iter()
        .flat_map(|offer| &offer.numbers)
        .filter(|number| number.usable)
        .collect();
    let default = settings.default_phone_number_id.as_deref();
    let chosen = match numbers.as_slice() {
        [only] => Some(*only),
        several => several
            .iter()
            .copied()
            .find(|number| default == Some(number.id.as_str())),
    };
    let assistants: Vec<_> = offer.iter().flat_map(|offer| &offer.assistants).collect();
    let one_assistant = assistants.len() == 1;
    NewCampaign {
        regions: regions(settings.default_region.or_else(|| chosen.and_then(region))),
        assistants: assistants
            .into_iter()
            .map(|assistant| Choice {
                selected: one_assistant,
                ..Choice::new(&assistant.id, &assistant.name)
            })
            .collect(),
        phone_numbers: numbers
            .iter()
            .map(|number| Choice {
                selected: chosen.is_some_and(|chosen| chosen.id == number.id),
                ..Choice::new(&number.id, &label(number))
            })
            .collect(),
        notice: trouble.map(|error| notice(error, offer.is_some())),
        default_cap: settings.default_cap,
        account_lines,
    }
}

fn notice(error: &LookupError, remembered: bool) -> String {
    let what = if remembered {
        "Assistants and numbers are those it last had."
    } else {
        "Assistants and numbers are missing."
    };
    format!(
        "The provider cannot be asked: {}. {what} Reload to try again.",
        error.message.trim_end_matches('.')
    )
}

fn label(number: &ProviderNumber) -> String {
    match (&number.number, &number.name) {
        (Some(digits), Some(name)) => format!("{} ({name})", phone(digits)),
        (Some(digits), None) => phone(digits),
        (None, Some(name)) => name.clone(),
        (None, None) => number.id.clone(),
    }
}

fn region(number: &ProviderNumber) -> Option<Region> {
    Phone::from_e164(number.number.as_deref()?).ok()?.region()
}

/// Where numbers without a country code may be at home. The country of the settings is suggested, else that of the number
/// that calls.
fn regions(suggested: Option<Region>) -> Vec<Choice> {
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
    use engine::ProviderAssistant;

    use super::*;

    fn number(id: &str, digits: Option<&str>, usable: bool) -> ProviderNumber {
        ProviderNumber {
            id: id.to_owned(),
            name: None,
            number: digits.map(str::to_owned),
            usable,
        }
    }

    #[test]
    fn the_only_choice_is_made_and_its_country_suggested() {
        let offer = Offer {
            assistants: vec![ProviderAssistant {
                id: "a".into(),
                name: "Ann".into(),
                config_json: "{}".into(),
            }],
            numbers: vec![
                number("us", Some("+12025550100"), false),
                number("gb", Some("+442079460958"), true),
            ],
        };
        let form = form(&WebSettings::default(), Some(&offer), None, Some(10));
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
        assert_eq!(chosen(&form.assistants), ["a"]);
        assert_eq!(chosen(&form.regions), ["GB"]);
    }

    #[test]
    fn without_a_number_no_country_is_assumed() {
        let error = LookupError {
            message: "no answer".to_owned(),
            retry_after_ms: None,
        };
        let form = form(&WebSettings::default(), None, Some(&error), None);
        assert!(form.regions[0].selected && form.regions[0].value.is_empty());
        assert!(form.notice.is_some_and(|notice| notice.contains("missing")));
    }
}
