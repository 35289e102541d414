//! What a person must know whatever page they look at: a fragment in the shell of every page.

use askama::Template;

use super::show::When;

/// Nothing, while all is well.
#[derive(Template, Clone, PartialEq, Eq, Debug, Default)]
#[template(path = "banner.html")]
pub struct Banner {
    /// Changes with what is told. An open page that hears of another version fetches the banner again.
    pub version: String,
    /// The gravest first.
    pub alarms: Vec<Alarm>,
}

/// One thing that is wrong.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Alarm {
    /// Tells it from others, and keeps it in its place when the banner refreshes.
    pub key: String,
    /// Whether nothing can be dialed, rather than that something is not as it should be.
    pub is_grave: bool,
    /// A few words without a full stop, for instance `Vapi has not answered`.
    pub title: String,
    /// Since when: stands after the title.
    pub since: Option<When>,
    /// What it means and what to do.
    pub text: String,
}

impl Banner {
    /// All is well; everything at once, with a text that would break a careless page.
    #[must_use]
    pub fn samples() -> Vec<(&'static str, Self)> {
        let alarm = |key: &str, is_grave, title: &str, since, text: &str| Alarm {
            key: key.to_owned(),
            is_grave,
            title: title.to_owned(),
            since,
            text: text.to_owned(),
        };
        let silent = alarm(
            "provider-silent",
            false,
            "Vapi has not answered",
            Some(When::at(super::samples::NOW_MS)),
            "Calls under way keep their lines; figures are as of then. AutoLynx asks again every few seconds.",
        );
        let differs = alarm(
            "clock-differs",
            true,
            "This machine’s clock is 2 h ahead of Vapi’s",
            None,
            "Dialing is held until they agree: set the clock by NTP.",
        );
        let hostile = alarm(
            "storage-file_gone",
            true,
            "The database file is gone",
            None,
            "The database file /data/<script>alert('x')</script>/autolynx.db was deleted or replaced while AutoLynx runs.",
        );
        let banner = |version: &str, alarms| Self {
            version: version.to_owned(),
            alarms,
        };
        vec![
            ("all is well", banner("0", Vec::new())),
            ("the provider is silent", banner("1", vec![silent.clone()])),
            ("everything at once", banner("2", vec![hostile, silent, differs])),
        ]
    }
}
