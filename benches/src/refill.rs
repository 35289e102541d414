//! How soon a freed line is used again: from the fact that a call ended to the next dial request.

use std::{sync::Arc, time::Duration};

use anyhow::{Context, ensure};
use domain::{
    call::{CallRef, CallState, Details, Dialling, End, Fact, Source},
    campaign::Action,
    ids::CallId,
    time::UtcMs,
};
use engine::{Clock, Engine, Settings, SystemClock};
use store::{Store, Wake};
use tokio::{
    sync::mpsc::{UnboundedReceiver, unbounded_channel},
    time::timeout,
};
use tokio_util::sync::CancellationToken;

use crate::{
    database::Database,
    fill::{Fill, fill},
    report::Measure,
    setup::{self, LINES},
    telephony::InstantTelephony,
    timing::{Latencies, Stopwatch},
};

/// Longer than any floor of the engine's timers: a wake-up that was lost shows as a slow refill, not as a failure.
const PATIENCE: Duration = Duration::from_secs(30);

/// Keeps all lines busy, ends one call after the other, and measures how soon the next one is dialled.
pub(crate) async fn measure(database: &Database, refills: usize) -> anyhow::Result<Vec<Measure>> {
    let store = &database.store;
    let campaign = setup::empty_campaign(store, "refill").await?;
    let assistant = setup::assistant(store).await?;
    // For every second one it is night.
    let contacts = 2 * (i64::try_from(refills)? + 2 * i64::from(LINES));
    fill(
        database,
        campaign,
        assistant,
        Fill {
            contacts,
            called: 0,
            live: 0,
            series: 1,
        },
    )
    .await?;
    store.set_line_cap(LINES).await?;
    store.act(campaign, Action::Start, setup::NOW).await?;

    let watch = Stopwatch::start();
    let (dialled, mut dials) = unbounded_channel();
    let clock: Arc<dyn Clock> = Arc::new(SystemClock::starting_at(setup::NOW));
    let settings = Settings {
        webhooks: true,
        ..Settings::default()
    };
    let telephony = Arc::new(InstantTelephony { dialled, watch });
    let engine = Engine::new(store.clone(), telephony, clock, settings);
    let stop = CancellationToken::new();
    let running = tokio::spawn({
        let (engine, stop) = (engine.clone(), stop.clone());
        async move { engine.run(stop).await }
    });
    let measured = refill(&engine, &mut dials, watch, refills).await;
    stop.cancel();
    running.await??;
    let (from_arrival, from_commit) = measured?;
    Ok(vec![
        Measure::count("refills", "calls ended and lines filled again", from_commit.len()),
        Measure::ms(
            "from_commit_p50_ms",
            "from the committed end to the next dial, median",
            from_commit.median_ms(),
        ),
        Measure::ms(
            "from_commit_p99_ms",
            "    99 of 100 within",
            from_commit.quantile_ms(0.99),
        ),
        Measure::ms(
            "from_arrival_p50_ms",
            "from the arriving end to the next dial, median",
            from_arrival.median_ms(),
        ),
        Measure::ms(
            "from_arrival_p99_ms",
            "    99 of 100 within",
            from_arrival.quantile_ms(0.99),
        ),
    ])
}

/// The times from the arrival of an end and from its commit to the next dial request.
async fn refill(
    engine: &Engine,
    dials: &mut UnboundedReceiver<(CallId, Duration)>,
    watch: Stopwatch,
    refills: usize,
) -> anyhow::Result<(Latencies, Latencies)> {
    let mut live = std::collections::VecDeque::new();
    for _ in 0..LINES {
        live.push_back(next(dials).await?.0);
    }
    let (mut from_arrival, mut from_commit) = (Latencies::default(), Latencies::default());
    for _ in 0..refills {
        let ending = live.pop_front().context("a line is live")?;
        // The answer to the last dial is recorded first, so that only the refill itself is measured.
        for call in live.iter().chain([&ending]) {
            accepted(engine.store(), *call).await?;
        }
        let arrived = watch.elapsed();
        let applied = engine
            .observe(&[ended(ending, engine.clock().now())], engine.clock().now())
            .await?;
        let committed = watch.elapsed();
        ensure!(applied.ended == 1, "the call did not end");
        let (call, dialled) = next(dials).await?;
        from_arrival.add(dialled.saturating_sub(arrived));
        from_commit.add(dialled.saturating_sub(committed));
        live.push_back(call);
    }
    ensure!(
        dials.try_recv().is_err(),
        "more calls were dialled than lines were free"
    );
    Ok((from_arrival, from_commit))
}

async fn next(dials: &mut UnboundedReceiver<(CallId, Duration)>) -> anyhow::Result<(CallId, Duration)> {
    let dial = timeout(PATIENCE, dials.recv())
        .await
        .context("a freed line was not used again")?;
    dial.context("the engine has stopped")
}

/// Waits until the provider's answer to this dial is recorded. Subscribes, then looks, then sleeps.
async fn accepted(store: &Store, call: CallId) -> anyhow::Result<()> {
    let mut wakes = store.subscribe();
    loop {
        let detail = store.call(call).await?.context("the call exists")?;
        if detail.state.dialling == Dialling::Accepted {
            return Ok(());
        }
        while !matches!(
            timeout(PATIENCE, wakes.recv()).await?,
            Ok(Wake::Campaign(_)) | Err(_)
        ) {}
    }
}

fn ended(call: CallId, now: UtcMs) -> Fact {
    Fact {
        call: CallRef {
            number: None,
            call_id: Some(call),
            provider_call_id: Some(format!("provider-{call}")),
        },
        source: Source::Webhook,
        kind: "end-of-call-report".to_owned(),
        at: now,
        says: CallState {
            dialling: Dialling::Accepted,
            end: Some(End {
                reason: Some("customer-ended-call".to_owned()),
                message: None,
                at: now,
            }),
            details: Details {
                user_turns: Some(4),
                ..Details::default()
            },
            ..CallState::default()
        },
        payload: None,
    }
}
