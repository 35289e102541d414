//! Many requests leave at once, and the provider has fewer lines than we believe. It refuses quickly and accepts slowly: the
//! refusals arrive before anything was accepted.

use std::{
    collections::BTreeSet,
    sync::{
        Arc, Mutex,
        atomic::{AtomicI64, Ordering},
    },
};

use async_trait::async_trait;
use domain::{
    call::{CallRef, CallState, Dialling, End, Fact, Source},
    time::UtcMs,
};
use engine::{DialAnswer, Engine, Listing, LookupError, ProviderNumber, RefusalKind, Telephony};
use futures::future::join_all;
use store::Dial;
use tokio::sync::Notify;

use crate::{
    crowded::Moved,
    fixture::{Fixture, NOW},
};

/// A provider with so many lines.
struct Narrow {
    lines: usize,
    live: Mutex<BTreeSet<String>>,
    /// How many answers of the present burst are still to be refusals.
    refusals: AtomicI64,
    all_refused: Notify,
}

impl Narrow {
    fn fact(dial: &Dial, end: Option<End>, at: UtcMs) -> Fact {
        let id = format!("provider-{}", dial.call_id);
        Fact {
            call: CallRef {
                number: None,
                call_id: Some(dial.call_id),
                provider_call_id: Some(id.clone()),
            },
            source: Source::Dial,
            kind: "told".to_owned(),
            at,
            says: CallState {
                dialling: Dialling::Accepted,
                provider_call_id: Some(id),
                accepted_at: Some(at),
                end,
                ..CallState::default()
            },
            payload: None,
        }
    }

    /// A call is over.
    fn hang_up(&self, dial: &Dial, at: UtcMs) -> Fact {
        self.live.lock().unwrap().remove(&dial.phone);
        let end = End {
            reason: Some("customer-ended-call".to_owned()),
            message: None,
            at,
        };
        Self::fact(dial, Some(end), at)
    }
}

#[async_trait]
impl Telephony for Narrow {
    async fn dial(&self, dial: &Dial, now: UtcMs) -> DialAnswer {
        let taken_on = {
            let mut live = self.live.lock().unwrap();
            live.len() < self.lines && live.insert(dial.phone.clone())
        };
        if taken_on {
            while self.refusals.load(Ordering::SeqCst) > 0 {
                self.all_refused.notified().await;
            }
            return DialAnswer::Accepted {
                fact: Box::new(Self::fact(dial, None, now)),
                lines: None,
            };
        }
        DialAnswer::Refused {
            kind: RefusalKind::Capacity,
            message: "no free line".to_owned(),
            retry_after_ms: None,
        }
    }

    async fn changed_since(&self, _: UtcMs, _: UtcMs) -> Result<Listing, LookupError> {
        Ok(Listing::default())
    }

    async fn created_between(&self, _: &str, _: UtcMs, _: UtcMs, _: UtcMs) -> Result<Listing, LookupError> {
        Ok(Listing::default())
    }

    async fn look_up(&self, _: &str, _: UtcMs) -> Result<Option<Fact>, LookupError> {
        Ok(None)
    }

    async fn hang_up(&self, _: &str) -> Result<(), String> {
        Ok(())
    }

    async fn phone_numbers(&self) -> Result<Vec<ProviderNumber>, LookupError> {
        Ok(Vec::new())
    }
}

#[tokio::test]
async fn refusals_before_any_acceptance_do_not_leave_lines_idle() {
    let fixture = Fixture::with(40).await;
    let store = fixture.engine.store();
    store.set_line_cap(10).await.unwrap();
    let provider = Arc::new(Narrow {
        lines: 4,
        live: Mutex::default(),
        refusals: AtomicI64::new(6),
        all_refused: Notify::new(),
    });
    let clock = Arc::new(Moved(AtomicI64::new(NOW.0)));
    let engine = Engine::new(
        store.clone(),
        provider.clone(),
        clock.clone(),
        engine::Settings::default(),
    );
    let round = async |now: UtcMs| {
        clock.0.store(now.0, Ordering::SeqCst);
        let dials = engine.claim(now).await.unwrap().dials;
        let answers = dials.iter().map(|dial| async {
            engine.dial(dial).await.unwrap();
            if provider.refusals.fetch_sub(1, Ordering::SeqCst) <= 1 {
                provider.all_refused.notify_waiters();
            }
        });
        join_all(answers).await;
        dials
    };
    let learnt = async |now| store.account(now).await.unwrap().learnt_lines;

    let first = round(NOW).await;
    assert_eq!(first.len(), 10);
    assert_eq!(provider.live.lock().unwrap().len(), 4);
    assert_eq!(learnt(NOW).await, None, "nobody knows yet how many there are");

    // The next refusals come while four are live: now it is known.
    let at = NOW + 1_000;
    assert_eq!(round(at).await.len(), 5, "half of them to try with");
    assert_eq!(learnt(at).await, Some(4));

    // Lines that become free are used at once, long before a minute has passed.
    let live: Vec<&Dial> = first
        .iter()
        .filter(|dial| provider.live.lock().unwrap().contains(&dial.phone))
        .collect();
    let at = NOW + 6_000;
    let ends = [provider.hang_up(live[0], at), provider.hang_up(live[1], at)];
    engine.observe(&ends, at).await.unwrap();
    // One at a time, until a call rings.
    assert_eq!([round(at).await.len(), round(at).await.len()], [1, 1]);
    assert_eq!(provider.live.lock().unwrap().len(), 4);

    // The provider has lines for all of us again: within a minute they are all used.
    let calls = store.open_calls().await.unwrap();
    assert_eq!(calls.len(), 4);
    store.end_back_off().await.unwrap();
    let wide = Narrow {
        lines: 10,
        live: Mutex::new(provider.live.lock().unwrap().clone()),
        refusals: AtomicI64::new(0),
        all_refused: Notify::new(),
    };
    let engine = Engine::new(
        store.clone(),
        Arc::new(wide),
        clock.clone(),
        engine::Settings::default(),
    );
    for (seconds, lines) in [(11, 5), (21, 7), (31, 10)] {
        let now = NOW + 1_000 + seconds * 1_000;
        clock.0.store(now.0, Ordering::SeqCst);
        engine.dispatch(now).await.unwrap();
        assert_eq!(
            store.open_calls().await.unwrap().len(),
            lines,
            "after {seconds} s"
        );
    }
}
