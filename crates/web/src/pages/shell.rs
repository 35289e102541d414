//! What surrounds every page.

use super::banner::Banner;
use crate::features::Features;

/// The header, the banner and the footer of every page.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Shell {
    /// The version of the binary, for instance `0.1.0`.
    pub version: String,
    /// Where data is kept, for people: `SQLite`, `Postgres`.
    pub storage: String,
    /// Set when the provider is a sandbox and nobody is really called.
    pub sandbox: Option<Sandbox>,
    /// What is switched on.
    pub features: Features,
    /// What a person must know whatever page they look at.
    pub banner: Banner,
    /// The server's clock. Pages go by it: a reader's may be wrong, and that of a rehearsal runs faster.
    pub clock: ServerClock,
}

/// A clock as a page shows it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ServerClock {
    /// Now, in UTC milliseconds since 1970.
    pub now_ms: i64,
    /// How many times as fast as life it runs, as a decimal number.
    pub speed: String,
}

/// A provider that calls nobody.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Sandbox {
    /// Where the sandbox shows what it has really done.
    pub ledger_url: String,
}

impl Shell {
    /// The shells of the samples: a sandbox on a laptop, production, and nothing switched on.
    #[must_use]
    pub fn samples() -> Vec<(&'static str, Self)> {
        let clock = ServerClock {
            now_ms: super::samples::NOW_MS,
            speed: "1".to_owned(),
        };
        let sandbox = Some(Sandbox {
            ledger_url: "http://127.0.0.1:4010/ledger".to_owned(),
        });
        let banners = Banner::samples();
        let banner = |nth: usize| {
            banners
                .get(nth)
                .map(|(_, banner)| banner.clone())
                .unwrap_or_default()
        };
        vec![
            (
                "sandbox",
                Self {
                    version: "0.1.0".to_owned(),
                    storage: "SQLite".to_owned(),
                    sandbox,
                    features: Features::default(),
                    banner: banner(0),
                    clock: clock.clone(),
                },
            ),
            (
                "production",
                Self {
                    version: "0.1.0".to_owned(),
                    storage: "Postgres".to_owned(),
                    sandbox: None,
                    features: Features::default(),
                    banner: banner(2),
                    clock: clock.clone(),
                },
            ),
            (
                "switched off",
                Self {
                    version: "0.1.0".to_owned(),
                    storage: "SQLite".to_owned(),
                    sandbox: None,
                    features: Features::none(),
                    banner: banner(1),
                    clock,
                },
            ),
        ]
    }
}
