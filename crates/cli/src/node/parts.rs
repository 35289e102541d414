//! The parts of a node run until it is told to stop, or until one of them ends by itself; then all stop in time.

use std::{collections::BTreeMap, future::Future, pin::Pin, time::Duration};

use anyhow::anyhow;
use tokio::task::{Id, JoinError, JoinSet};
use tokio_util::sync::CancellationToken;

/// What one part does until the token is cancelled.
type Running = Pin<Box<dyn Future<Output = anyhow::Result<()>> + Send>>;

/// A part of a node, with the name that messages give it.
pub(super) struct Part {
    name: &'static str,
    running: Running,
}

impl Part {
    pub(super) fn new(
        name: &'static str,
        running: impl Future<Output = anyhow::Result<()>> + Send + 'static,
    ) -> Self {
        Self {
            name,
            running: Box::pin(running),
        }
    }
}

/// Runs all parts until `stop` is cancelled. Then they and after them `close` have `grace` in all; what goes on longer is
/// dropped.
///
/// # Errors
/// When a part ended without being told to, or something was still under way after `grace`.
pub(super) async fn run_until_stopped(
    parts: Vec<Part>,
    close: impl Future<Output = ()>,
    stop: CancellationToken,
    grace: Duration,
) -> anyhow::Result<()> {
    let mut tasks = JoinSet::new();
    let mut names = BTreeMap::new();
    for part in parts {
        let task = tasks.spawn(part.running);
        names.insert(task.id(), part.name);
    }
    let mut failure = tokio::select! {
        biased;
        () = stop.cancelled() => None,
        Some(ended) = tasks.join_next_with_id() => {
            let (name, result) = ended_part(&mut names, ended);
            let why = result.err().unwrap_or_else(|| anyhow!("nobody told it to"));
            tracing::error!(part = name, why = format!("{why:#}"), "a part of the node ended by itself; the node stops");
            Some(why.context(format!("{name} ended by itself, so the node stopped")))
        }
    };
    stop.cancel();
    let stopped = tokio::time::timeout(grace, async {
        while let Some(ended) = tasks.join_next_with_id().await {
            if let (name, Err(why)) = ended_part(&mut names, ended) {
                failure.get_or_insert(why.context(format!("{name} did not stop in order")));
            }
        }
        close.await;
    })
    .await;
    if stopped.is_err() {
        let left: Vec<&str> = names.into_values().collect();
        let left = if left.is_empty() {
            "closing the database".to_owned()
        } else {
            left.join(", ")
        };
        let cut_off = anyhow!(
            "the node ended {} s after it was told to stop, although this was still under way: {left}. Nothing is \
             lost: calls whose answer is missing are looked up at the next start",
            grace.as_secs()
        );
        return Err(match failure {
            Some(why) => why.context(cut_off.to_string()),
            None => cut_off,
        });
    }
    failure.map_or(Ok(()), Err)
}

fn ended_part(
    names: &mut BTreeMap<Id, &'static str>,
    ended: Result<(Id, anyhow::Result<()>), JoinError>,
) -> (&'static str, anyhow::Result<()>) {
    let (id, result) = match ended {
        Ok((id, result)) => (id, result),
        // What a panic said stands in the log.
        Err(error) => (error.id(), Err(anyhow!("a bug made it panic"))),
    };
    (names.remove(&id).unwrap_or("a part"), result)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Reaching it is a failure.
    const PATIENCE: Duration = Duration::from_secs(60);
    /// For what never ends.
    const NO_GRACE: Duration = Duration::ZERO;

    fn until(stop: &CancellationToken, result: Result<(), &'static str>) -> Part {
        let stop = stop.clone();
        Part::new("a good part", async move {
            stop.cancelled().await;
            result.map_err(|why| anyhow!(why))
        })
    }

    fn at_once(result: Result<(), &'static str>) -> Part {
        Part::new("the dialer", async move { result.map_err(|why| anyhow!(why)) })
    }

    fn never() -> Part {
        Part::new("a part that hangs", std::future::pending())
    }

    async fn ended(parts: Vec<Part>, stop: CancellationToken, grace: Duration) -> String {
        let ended = run_until_stopped(parts, async {}, stop, grace).await;
        ended.map_or_else(|error| format!("{error:#}"), |()| "in order".to_owned())
    }

    #[tokio::test]
    async fn parts_that_stop_when_told_end_in_order() {
        let stop = CancellationToken::new();
        let parts = vec![until(&stop, Ok(())), until(&stop, Ok(()))];
        stop.cancel();
        assert_eq!(ended(parts, stop, PATIENCE).await, "in order");
    }

    #[tokio::test]
    async fn a_part_that_ends_by_itself_stops_the_node_with_an_error() {
        let panics = Part::new("the dialer", async { panic!("of course") });
        for (part, why) in [
            (at_once(Ok(())), "nobody told it to"),
            (at_once(Err("no room")), "no room"),
            (panics, "a bug made it panic"),
        ] {
            let stop = CancellationToken::new();
            let parts = vec![until(&stop, Ok(())), part];
            let said = ended(parts, stop.clone(), PATIENCE).await;
            assert_eq!(
                said,
                format!("the dialer ended by itself, so the node stopped: {why}")
            );
            assert!(stop.is_cancelled(), "the others were told to stop");
        }
    }

    #[tokio::test]
    async fn what_hangs_is_named_and_dropped_after_the_grace() {
        let stop = CancellationToken::new();
        stop.cancel();
        let said = ended(vec![never()], stop, NO_GRACE).await;
        assert!(
            said.starts_with("the node ended 0 s after it was told to stop"),
            "{said}"
        );
        assert!(said.contains("under way: a part that hangs."), "{said}");

        let stop = CancellationToken::new();
        stop.cancel();
        let hangs = run_until_stopped(vec![], std::future::pending(), stop, NO_GRACE).await;
        let said = hangs.unwrap_err().to_string();
        assert!(said.contains("closing the database"), "{said}");
    }

    #[tokio::test]
    async fn a_part_that_ends_by_itself_is_named_even_when_another_hangs() {
        let parts = vec![never(), at_once(Err("no room"))];
        let said = ended(parts, CancellationToken::new(), NO_GRACE).await;
        assert!(
            said.contains("a part that hangs") && said.contains("no room"),
            "{said}"
        );
    }
}
