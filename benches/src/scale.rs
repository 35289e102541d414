//! Does the size of a campaign matter? The claim of lines, the seeds' way of finding contacts, and the queries of pages,
//! in a small and in a large campaign of which nine tenths have been called.

use anyhow::{Context, ensure};
use domain::{
    call::{CallRef, CallState, End, Fact, Source},
    campaign::Action,
    ids::CampaignId,
    time::UtcMs,
};
use store::{Claim, ContactFilter, Page, Store};
use uuid::Uuid;

use crate::{
    database::{Database, Raw},
    fill::{EVENTS_A_CALL, Fill, fill},
    report::{Measure, grouped},
    setup::{self, LINES, NOW},
    timing::{Latencies, Stopwatch},
};

/// How often each thing is done.
#[derive(Clone, Copy)]
pub(crate) struct Repeats {
    pub(crate) claims: usize,
    pub(crate) queries: usize,
}

/// The small campaign.
const SMALL: i64 = 1_000;
/// Claims before measuring begins: connections and caches warm up.
const WARM_UP: usize = 10;

/// How the seeds find whom to call: every contact without a call, in order.
const ANTI_JOIN: &str = "SELECT c.id FROM contacts c LEFT JOIN calls k ON k.contact_id = c.id \
     WHERE c.campaign_id = $1 AND k.id IS NULL ORDER BY c.position LIMIT 8";

/// The times of one campaign.
struct Times {
    claim: Latencies,
    anti_join: Latencies,
    pages: Vec<(&'static str, &'static str, Latencies)>,
}

/// Measures at the small and at the large size. Returns the numbers of claims and those of pages.
pub(crate) async fn measure(
    database: &Database,
    large: i64,
    repeats: Repeats,
) -> anyhow::Result<(Vec<Measure>, Vec<Measure>)> {
    let mut series = 0;
    let small_times = at_size(database, SMALL, &mut series, repeats).await?;
    let large_times = at_size(database, large, &mut series, repeats).await?;
    let mut claims = Vec::new();
    compare(
        &mut claims,
        "claim",
        "claim of 8 lines",
        large,
        |times| &times.claim,
        &small_times,
        &large_times,
    );
    for (key, size, times) in [("small", SMALL, &small_times), ("large", large, &large_times)] {
        claims.push(Measure::ms(
            format!("claim_{key}_p99_ms"),
            format!("claim of 8 lines, 99 of 100 within, {}", sized(size)),
            times.claim.quantile_ms(0.99),
        ));
    }
    let label = "anti-join for 8";
    compare(
        &mut claims,
        "anti_join",
        label,
        large,
        |times| &times.anti_join,
        &small_times,
        &large_times,
    );
    claims.push(Measure::ratio(
        "anti_join_to_claim_large",
        format!("anti-join : claim, {}", sized(large)),
        large_times.anti_join.median_ms() / large_times.claim.median_ms(),
    ));
    let mut pages = Vec::new();
    for (index, (key, label, _)) in small_times.pages.iter().enumerate() {
        compare(
            &mut pages,
            key,
            label,
            large,
            |times| &times.pages[index].2,
            &small_times,
            &large_times,
        );
    }
    Ok((claims, pages))
}

/// Adds the medians at both sizes and their ratio.
fn compare(
    measures: &mut Vec<Measure>,
    key: &str,
    label: &str,
    large: i64,
    pick: impl Fn(&Times) -> &Latencies,
    small_times: &Times,
    large_times: &Times,
) {
    let (at_small, at_large) = (pick(small_times).median_ms(), pick(large_times).median_ms());
    measures.push(Measure::ms(
        format!("{key}_small_p50_ms"),
        format!("{label}, median, {}", sized(SMALL)),
        at_small,
    ));
    measures.push(Measure::ms(
        format!("{key}_large_p50_ms"),
        format!("{label}, median, {}", sized(large)),
        at_large,
    ));
    measures.push(Measure::ratio(
        format!("{key}_large_to_small"),
        "    large : small",
        at_large / at_small,
    ));
}

fn sized(contacts: i64) -> String {
    #[expect(clippy::cast_precision_loss, reason = "sizes of a benchmark are small")]
    let contacts = contacts as f64;
    format!("{} contacts", grouped(contacts))
}

/// Campaigns of that size, one after the other, until so many claims were measured: whoever was called is not called
/// again soon. The pages are those of the last one. `series` tells the numbers of the campaigns apart.
async fn at_size(
    database: &Database,
    contacts: i64,
    series: &mut i64,
    repeats: Repeats,
) -> anyhow::Result<Times> {
    let store = &database.store;
    let called = contacts / 10 * 9;
    store.set_line_cap(LINES).await?;
    let mut claims = Claims::default();
    loop {
        let campaign = setup::empty_campaign(store, &sized(contacts)).await?;
        let assistant = setup::assistant(store).await?;
        *series += 1;
        let fill_with = Fill {
            contacts,
            called,
            live: 0,
            series: *series,
        };
        fill(database, campaign, assistant, fill_with).await?;
        check_filled(store, campaign, contacts, called).await?;
        store.act(campaign, Action::Start, NOW).await?;
        let before = claims.rounds;
        claims.measure(store, repeats.claims).await?;
        ensure!(claims.rounds > before, "nobody could be called");
        let is_last = claims.rounds == WARM_UP + repeats.claims;
        let times = if is_last {
            let pages = pages(store, campaign, repeats.queries).await?;
            Some((pages, anti_joins(database, campaign, called).await?))
        } else {
            None
        };
        store.act(campaign, Action::Cancel, NOW).await?;
        if let Some((pages, anti_join)) = times {
            return Ok(Times {
                claim: claims.latencies,
                anti_join,
                pages,
            });
        }
    }
}

async fn check_filled(store: &Store, campaign: CampaignId, contacts: i64, called: i64) -> anyhow::Result<()> {
    let progress = store.progress(campaign).await?;
    let events = progress.facts.webhook + progress.facts.dial;
    let found = (
        progress.contacts.iter().map(|count| count.contacts).sum(),
        progress.total_calls(),
        events,
    );
    let called = u64::try_from(called)?;
    // The log's own entries are not counted among the facts.
    let told = called * (u64::try_from(EVENTS_A_CALL)? - 1);
    let wanted: (u64, u64, u64) = (u64::try_from(contacts)?, called, told);
    ensure!(
        found == wanted,
        "filled {found:?} contacts, calls and facts instead of {wanted:?}"
    );
    Ok(())
}

/// Claims under way.
#[derive(Default)]
struct Claims {
    rounds: usize,
    latencies: Latencies,
}

impl Claims {
    /// Claims all lines again and again, until there were enough or too few can be called where the hour is lawful. In
    /// between, outside the timing, the calls end at an answering machine, so that others are called next.
    async fn measure(&mut self, store: &Store, repeats: usize) -> anyhow::Result<()> {
        while self.rounds < WARM_UP + repeats {
            let now = NOW + i64::try_from(self.rounds)? * 1_000;
            let watch = Stopwatch::start();
            let claim = store.claim(600_000, now).await?;
            let taken = watch.elapsed();
            let is_full = claim.dials.len() == LINES as usize;
            if is_full && self.rounds >= WARM_UP {
                self.latencies.add(taken);
            }
            self.rounds += usize::from(is_full);
            let applied = store.apply_facts(&hung_up(&claim, now), now).await?;
            ensure!(
                applied.ended == claim.dials.len(),
                "{} of {} calls ended",
                applied.ended,
                claim.dials.len()
            );
            if !is_full {
                break;
            }
        }
        Ok(())
    }
}

fn hung_up(claim: &Claim, now: UtcMs) -> Vec<Fact> {
    let end = End {
        reason: Some("voicemail".to_owned()),
        message: None,
        at: now,
    };
    let fact = |dial: &store::Dial| Fact {
        call: CallRef {
            number: None,
            call_id: Some(dial.call_id),
            provider_call_id: None,
        },
        source: Source::Webhook,
        kind: "end-of-call-report".to_owned(),
        at: now,
        says: CallState {
            end: Some(end.clone()),
            ..CallState::default()
        },
        payload: None,
    };
    claim.dials.iter().map(fact).collect()
}

async fn anti_joins(database: &Database, campaign: CampaignId, called: i64) -> anyhow::Result<Latencies> {
    let mut latencies = Latencies::default();
    for _ in 0..3 {
        let watch = Stopwatch::start();
        let found: Vec<Uuid> = match &database.raw {
            Raw::Sqlite(pool) => {
                sqlx::query_scalar(ANTI_JOIN)
                    .bind(campaign.0)
                    .fetch_all(pool)
                    .await?
            }
            Raw::Postgres(pool) => {
                sqlx::query_scalar(ANTI_JOIN)
                    .bind(campaign.0)
                    .fetch_all(pool)
                    .await?
            }
        };
        latencies.add(watch.elapsed());
        // Small campaigns run out of contacts without any call, because each claim leaves a call behind.
        ensure!(
            found.len() == 8 || called < 100_000,
            "the anti-join found {} contacts",
            found.len()
        );
    }
    Ok(latencies)
}

/// Lets the rest of the campaign happen a hundred times, with as many lines as it may use.
async fn forecasts(store: &Store, id: CampaignId) -> anyhow::Result<Latencies> {
    let world = store.world_of(id, 600_000, NOW).await?.context("the campaign")?;
    let mut latencies = Latencies::default();
    for seed in 0..3 {
        let watch = Stopwatch::start();
        let forecast = domain::forecast::forecast(&world, &[LINES], seed);
        latencies.add(watch.elapsed());
        ensure!(forecast.rows.len() == 1, "there is nothing to forecast");
    }
    Ok(latencies)
}

/// Times one query of a page.
macro_rules! time {
    ($repeats:expr, $query:expr) => {{
        let mut latencies = Latencies::default();
        for _ in 0..$repeats {
            let watch = Stopwatch::start();
            $query.await?;
            latencies.add(watch.elapsed());
        }
        latencies
    }};
}

async fn pages(
    store: &Store,
    id: CampaignId,
    repeats: usize,
) -> anyhow::Result<Vec<(&'static str, &'static str, Latencies)>> {
    let page = |offset| Page { limit: 50, offset };
    let all = ContactFilter::default();
    let search = ContactFilter {
        search: Some("business 77".to_owned()),
        ..ContactFilter::default()
    };
    let campaign = store.campaign(id).await?.context("the campaign")?;
    let policy = store.policy(id).await?.context("its policy")?.policy;
    Ok(vec![
        (
            "progress",
            "progress of a campaign",
            time!(repeats, store.progress(id)),
        ),
        ("campaign", "one campaign", time!(repeats, store.campaign(id))),
        (
            "campaigns",
            "list of campaigns",
            time!(repeats, store.campaigns(false, page(0))),
        ),
        (
            "contacts",
            "first page of contacts",
            time!(repeats, store.contacts(id, &all, page(0))),
        ),
        (
            "count_contacts",
            "number of contacts",
            time!(repeats, store.count_contacts(id, &all)),
        ),
        (
            "search",
            "search among contacts",
            time!(repeats, store.contacts(id, &search, page(0))),
        ),
        (
            "why",
            "why it is not dialling",
            time!(repeats, store.why(&campaign, NOW)),
        ),
        (
            "preflight",
            "preflight",
            time!(repeats, store.preflight(id, &policy, None, NOW)),
        ),
        (
            "forecast_rests_on",
            "what a forecast rests on",
            time!(repeats, store.world_of(id, 600_000, NOW)),
        ),
        (
            "forecast",
            "forecast: a hundred runs",
            forecasts(store, id).await?,
        ),
    ])
}
