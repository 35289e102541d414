//! From text to values, with messages that say where a bad one stands and what would be right.

use std::{fmt::Display, ops::RangeInclusive, str::FromStr};

use anyhow::{anyhow, ensure};
use domain::{phone::Region, policy::Policy};
use web::Features;

use super::{
    address::{self, Server},
    hidden::{Hidden, could_be_secret},
    sources::{Sourced, Sources},
};

/// The values that are set.
pub(crate) struct Values(Sources);

impl Values {
    pub(crate) fn new(sources: Sources) -> Self {
        Self(sources)
    }

    fn get(&self, name: &str) -> Option<&Sourced> {
        self.0.0.get(name)
    }

    /// A text as it is.
    pub(crate) fn text(&self, name: &str) -> Option<String> {
        self.get(name).map(|set| set.value.reveal().to_owned())
    }

    /// A secret as it is.
    pub(crate) fn secret(&self, name: &str) -> Option<Hidden> {
        self.get(name).map(|set| set.value.clone())
    }

    /// The address of a database, and the names of its parameters that are left out.
    pub(crate) fn database(&self, name: &str) -> anyhow::Result<(Option<Hidden>, Vec<String>)> {
        let Some(set) = self.get(name) else {
            return Ok((None, Vec::new()));
        };
        let read = address::database(set.value.reveal());
        let (address, unknown) = read.map_err(|why| unreadable(name, set, &why))?;
        Ok((Some(address), unknown))
    }

    /// Where commands find a node.
    pub(crate) fn server(&self, name: &str) -> anyhow::Result<Option<Server>> {
        let Some(set) = self.get(name) else {
            return Ok(None);
        };
        let read = address::server(set.value.reveal());
        read.map(Some).map_err(|why| unreadable(name, set, &why))
    }

    /// Anything that can be read from text.
    pub(crate) fn parsed<T: FromStr>(&self, name: &str, default: &str, right: &str) -> anyhow::Result<T> {
        let value = self.get(name).map_or(default, |set| set.value.reveal());
        value.parse().map_err(|_| self.bad(name, right))
    }

    /// A whole number within a range.
    pub(crate) fn number<T>(&self, name: &str, default: T, range: RangeInclusive<T>) -> anyhow::Result<T>
    where
        T: FromStr + PartialOrd + Display + Copy,
    {
        let Some(set) = self.get(name) else {
            return Ok(default);
        };
        let right = format!("a whole number from {} to {}", range.start(), range.end());
        let number: T = set.value.reveal().parse().map_err(|_| self.bad(name, &right))?;
        ensure!(range.contains(&number), self.bad(name, &right));
        Ok(number)
    }

    /// One of a few words.
    pub(crate) fn one_of<T: Copy>(&self, name: &str, words: &[(&str, T)], default: T) -> anyhow::Result<T> {
        let Some(set) = self.get(name) else {
            return Ok(default);
        };
        let found = words
            .iter()
            .find(|(word, _)| word.eq_ignore_ascii_case(set.value.reveal()));
        let right = words
            .iter()
            .map(|(word, _)| *word)
            .collect::<Vec<_>>()
            .join(" or ");
        found
            .map(|(_, value)| *value)
            .ok_or_else(|| self.bad(name, &right))
    }

    /// What is switched on: everything, unless a value says otherwise.
    pub(crate) fn features(&self) -> anyhow::Result<Features> {
        let on = |name: &str| self.one_of(name, &[("true", true), ("false", false)], true);
        Ok(Features {
            strict_batching: on("STRICT_BATCHING")?,
            phone_line_health_check: on("PHONE_LINE_HEALTH_CHECK")?,
            transcript_analysis: on("TRANSCRIPT_ANALYSIS")?,
            cost_tracking: on("COST_TRACKING")?,
            export_functionality: on("EXPORT_FUNCTIONALITY")?,
        })
    }

    /// An address of the web, without a slash at its end.
    pub(crate) fn url(&self, name: &str) -> anyhow::Result<Option<String>> {
        let Some(set) = self.get(name) else {
            return Ok(None);
        };
        let read = address::web(set.value.reveal());
        read.map(Some).map_err(|why| unreadable(name, set, &why))
    }

    /// A region of the world.
    pub(crate) fn region(&self, name: &str) -> anyhow::Result<Option<Region>> {
        let Some(set) = self.get(name) else {
            return Ok(None);
        };
        set.value
            .reveal()
            .parse()
            .map(Some)
            .map_err(|_| self.bad(name, "two letters of a country, such as US or GB"))
    }

    /// What a campaign allows: the name of a preset, or a JSON object over the standard one.
    pub(crate) fn policy(&self, name: &str) -> anyhow::Result<Policy> {
        let Some(set) = self.get(name) else {
            return Ok(Policy::standard());
        };
        if let Some(policy) = Policy::preset(set.value.reveal()) {
            return Ok(policy);
        }
        let wanted = "standard, us-strict, us-states, unrestricted, or a JSON object such as {\"limits\":{\"gap_ms\":0}}";
        let patch = serde_json::from_str(set.value.reveal()).map_err(|_| self.bad(name, wanted))?;
        Policy::standard().patched(&patch).map_err(|faults| {
            let shown = |text: &str| {
                if could_be_secret(text) {
                    "…".to_owned()
                } else {
                    text.to_owned()
                }
            };
            let faults: Vec<String> = faults
                .iter()
                .map(|fault| format!("{}: {}", shown(&fault.field), fault.message))
                .collect();
            self.bad(name, &faults.join(" "))
        })
    }

    /// Log directives.
    pub(crate) fn log_level(&self, name: &str, default: &str) -> anyhow::Result<String> {
        let level = self.text(name).unwrap_or_else(|| default.to_owned());
        // A bare word that is no level would be taken for the name of a library, and silence everything else.
        let known = |directive: &str| {
            let level = directive.rsplit('=').next().unwrap_or_default();
            level
                .trim()
                .parse::<tracing::level_filters::LevelFilter>()
                .is_ok()
        };
        let readable = level.split(',').all(known) && tracing_subscriber::EnvFilter::try_new(&level).is_ok();
        if readable {
            Ok(level)
        } else {
            Err(self.bad(
                name,
                "off, error, warn, info, debug or trace, or parts with a level each, such as info,engine=debug",
            ))
        }
    }

    /// Only settings that are no secrets are parsed; but a key that was put into the wrong line is not repeated.
    fn bad(&self, name: &str, right: &str) -> anyhow::Error {
        match self.get(name) {
            Some(set) if could_be_secret(set.value.reveal()) => {
                anyhow!("{name} (from {}) must be {right}", set.origin)
            }
            Some(set) => anyhow!(
                "{name} is `{}` (from {}): it must be {right}",
                set.value.reveal(),
                set.origin
            ),
            None => anyhow!("{name}: it must be {right}"),
        }
    }
}

fn unreadable(name: &str, set: &Sourced, why: &anyhow::Error) -> anyhow::Error {
    if could_be_secret(set.value.reveal()) {
        anyhow!("{name} (from {}): {why}", set.origin)
    } else {
        anyhow!("{name} is `{}` (from {}): {why}", set.value.reveal(), set.origin)
    }
}
