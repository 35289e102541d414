//! Log lines that a flood of requests would multiply: anybody can send requests without a secret, and fill the log.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use domain::{throttle::Throttle, time::UtcMs};
use http::StatusCode;

/// Lines about requests of one route that failed alike, in each window of a throttle. Enough to see what happens, and
/// for a person who tries something out.
const LINES_A_ROUTE: u32 = 20;

/// The throttles of the server's lines.
#[derive(Debug)]
pub(crate) struct Quiet {
    /// Webhooks without a proof.
    pub(crate) turned_away: Throttle,
    /// Keyed by the template of the route and the status, so that a flood on one route hides no other: as many as the
    /// router has.
    requests: Mutex<HashMap<(String, StatusCode), Arc<Throttle>>>,
}

impl Default for Quiet {
    fn default() -> Self {
        Self {
            turned_away: Throttle::new(1),
            requests: Mutex::default(),
        }
    }
}

impl Quiet {
    /// Whether the line about a request may be written now, and how many like it were left out since the last. A request
    /// that succeeded always has its line.
    pub(crate) fn request(&self, route: &str, status: StatusCode, now: UtcMs) -> Option<u64> {
        if !status.is_client_error() && !status.is_server_error() {
            return Some(0);
        }
        let throttle = {
            let mut requests = self.requests.lock().unwrap_or_else(PoisonError::into_inner);
            let key = (route.to_owned(), status);
            let throttle = requests
                .entry(key)
                .or_insert_with(|| Arc::new(Throttle::new(LINES_A_ROUTE)));
            throttle.clone()
        };
        throttle.admit(now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flood_on_one_route_is_cut_and_hides_nothing_else() {
        let quiet = Quiet::default();
        let line = |route: &str, status: u16, at: i64| {
            quiet.request(route, StatusCode::from_u16(status).unwrap(), UtcMs(at))
        };
        let webhook = "/api/webhooks/vapi";
        let told = (0..9_000).filter(|at| line(webhook, 401, *at).is_some()).count();
        assert_eq!(told, LINES_A_ROUTE as usize);
        assert_eq!(line(webhook, 401, 10_000), Some(9_000 - u64::from(LINES_A_ROUTE)));
        assert_eq!(line(webhook, 503, 9_000), Some(0), "another answer");
        assert_eq!(line("/campaigns", 401, 9_000), Some(0), "another route");
        assert!((0..9_000).all(|at| line(webhook, 200, at) == Some(0)));
    }
}
