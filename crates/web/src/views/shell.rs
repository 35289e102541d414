//! What surrounds every page.

use store::Kind;

use crate::{
    pages::{Sandbox, ServerClock, Shell},
    state::AppState,
};

/// The header and footer of this server.
pub(crate) fn shell(state: &AppState) -> Shell {
    Shell {
        version: state.settings.version.clone(),
        storage: match state.store().kind() {
            Kind::Sqlite => "SQLite".to_owned(),
            Kind::Postgres => "Postgres".to_owned(),
        },
        sandbox: state
            .settings
            .sandbox_url
            .clone()
            .map(|ledger_url| Sandbox { ledger_url }),
        features: state.settings.features,
        banner: state.vitals.banner(),
        clock: ServerClock {
            now_ms: state.now().0,
            speed: state.settings.clock_speed.to_string(),
        },
    }
}
