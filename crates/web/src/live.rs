//! `GET /events`: tells pages that something changed, and nothing more. They fetch their fragments again.
//!
//! A message says only which campaign, or which assistant, changed. After the last change of a campaign a message always follows, so a page
//! that fetches on every message ends with the truth. A message `health` comes every few seconds, and whenever the banner
//! over every page changes: it says which banner that is, and that the connection lives.

use std::{
    collections::{HashMap, VecDeque},
    convert::Infallible,
    pin::Pin,
    time::Duration,
};

use axum::{
    extract::State,
    response::{
        IntoResponse, Response, Sse,
        sse::{Event, KeepAlive},
    },
};
use domain::ids::{AssistantId, CampaignId};
use futures::{Stream, StreamExt, stream};
use http::{HeaderName, StatusCode, header};
use serde::Deserialize;
use store::Wake;
use tokio::sync::broadcast::{Receiver, error::RecvError};
use uuid::Uuid;

use crate::{error::ApiError, extract::Params, state::AppState};

/// One thing is spoken of this often at most.
const EVERY: Duration = Duration::from_millis(250);
/// What is heard of with everything else, and seldom changes.
const SELDOM: Duration = Duration::from_secs(5);
/// A browser that lost its connection tries again after this long.
const RETRY: Duration = Duration::from_secs(2);
/// Says often enough for every proxy that the connection lives.
const KEEP_ALIVE: Duration = Duration::from_secs(15);

/// The query of `/events`.
#[derive(Deserialize)]
pub(crate) struct LiveQuery {
    /// Only this campaign.
    campaign: Option<Uuid>,
    /// Only this assistant.
    assistant: Option<Uuid>,
    /// `assistants`: all assistants; `suppressions`: whom not to call; `account`: its lines; `health`: nothing but how this
    /// node is doing. Anything else: all campaigns.
    about: Option<String>,
}

/// What a page listens to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Topic {
    Campaigns,
    Campaign(CampaignId),
    Assistants,
    Assistant(AssistantId),
    /// Whom not to call. Whoever asks for it in a call changes their campaign.
    Suppressions,
    /// The lines that all campaigns share.
    Account,
    /// Nothing but how this node is doing, of which everybody hears.
    Health,
}

impl LiveQuery {
    fn topic(&self) -> Topic {
        match (self.campaign, self.assistant, self.about.as_deref()) {
            (Some(id), ..) => Topic::Campaign(CampaignId(id)),
            (None, Some(id), _) => Topic::Assistant(AssistantId(id)),
            (None, None, Some("assistants")) => Topic::Assistants,
            (None, None, Some("suppressions")) => Topic::Suppressions,
            (None, None, Some("account")) => Topic::Account,
            (None, None, Some("health")) => Topic::Health,
            (None, None, _) => Topic::Campaigns,
        }
    }
}

impl Topic {
    /// What a wake-up means to who listens to this, if anything.
    fn change(self, wake: Wake) -> Option<Change> {
        match (self, wake) {
            (Self::Campaigns, Wake::Campaign(id)) => Some(Change::Of(id.0)),
            (Self::Campaign(only), Wake::Campaign(id)) if only == id => Some(Change::Of(id.0)),
            (Self::Assistants, Wake::Assistant(id)) => Some(Change::Of(id.0)),
            (Self::Assistant(only), Wake::Assistant(id)) if only == id => Some(Change::Of(id.0)),
            (Self::Suppressions | Self::Account, Wake::Campaign(_) | Wake::Dispatch) => {
                Some(Change::Anything)
            }
            _ => None,
        }
    }

    /// How often it is told at most.
    fn every(self) -> Duration {
        match self {
            // Most changes of campaigns do not concern it, and counting a long list takes a while.
            Self::Suppressions => SELDOM,
            _ => EVERY,
        }
    }

    /// What lost wake-ups may have been about.
    fn lost(self) -> Change {
        match self {
            Self::Campaign(id) => Change::Of(id.0),
            Self::Assistant(id) => Change::Of(id.0),
            Self::Campaigns | Self::Assistants | Self::Suppressions | Self::Account | Self::Health => {
                Change::Anything
            }
        }
    }
}

/// What a message is about: a campaign or an assistant, or anything at all when messages were lost.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
enum Change {
    Of(Uuid),
    Anything,
}

/// Answers with a stream of `changed` events. Their data is the id of what changed, or `*` for any.
///
/// 503 `too_many_streams` when as many are open as may be: the rest of the connections is for requests.
pub(crate) async fn events(
    State(state): State<AppState>,
    Params(query): Params<LiveQuery>,
) -> Result<Response, ApiError> {
    let place = state.streams.clone().try_acquire_owned().map_err(|_| {
        let message = "As many pages are watched live as this server allows. This one shows changes when it is reloaded.";
        ApiError::new(StatusCode::SERVICE_UNAVAILABLE, "too_many_streams", message).retry_after_secs(30)
    })?;
    // Subscribed before the answer begins: the page looks once it is connected, and misses nothing.
    let topic = query.topic();
    let forecasts = forecasts(state.forecasts.subscribe(), topic);
    let changes = stream::select(changes(state.store().subscribe(), topic), forecasts);
    let changes = changes.map(|change| Event::default().event("changed").data(change.to_string()));
    let beats = state.vitals.beats();
    let beats = beats.map(|version| Event::default().event("health").data(version));
    let hello = stream::once(async { Event::default().comment("connected").retry(RETRY) });
    let messages = hello
        .chain(ends_with_first(changes, beats))
        .map(move |message| {
            // Until the page goes away.
            let _ = &place;
            Ok::<_, Infallible>(message)
        })
        .take_until(state.stop.clone().cancelled_owned());
    let headers = [
        (header::CACHE_CONTROL, "no-cache"),
        (HeaderName::from_static("x-accel-buffering"), "no"),
    ];
    let stream = Sse::new(messages).keep_alive(KeepAlive::new().interval(KEEP_ALIVE));
    Ok((headers, stream).into_response())
}

/// Both streams as they come, until the first of them ends.
fn ends_with_first<T: Send>(
    first: impl Stream<Item = T> + Send,
    second: impl Stream<Item = T> + Send,
) -> impl Stream<Item = T> + Send {
    let over = || stream::once(async { None });
    stream::select(first.map(Some).chain(over()), second.map(Some).chain(over()))
        .take_while(|item| futures::future::ready(item.is_some()))
        .filter_map(futures::future::ready)
}

impl std::fmt::Display for Change {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Of(id) => id.fmt(f),
            Self::Anything => f.write_str("*"),
        }
    }
}

/// Forecasts that this node has made. Nothing but what a page shows has changed, so no other node is told.
fn forecasts(made: Receiver<CampaignId>, topic: Topic) -> impl Stream<Item = Change> {
    stream::unfold(made, move |mut made| async move {
        loop {
            match (topic, made.recv().await) {
                (_, Err(RecvError::Closed)) => return None,
                (Topic::Campaign(only), Ok(id)) if only == id => return Some((Change::Of(id.0), made)),
                (Topic::Campaign(_), Err(RecvError::Lagged(_))) => return Some((topic.lost(), made)),
                _ => {}
            }
        }
    })
}

/// Changes as they come, each at most once in a while, the first at once and the last never lost.
fn changes(wakes: Receiver<Wake>, topic: Topic) -> impl Stream<Item = Change> {
    let watcher = Watcher {
        wakes,
        topic,
        cooling: HashMap::new(),
        timers: stream::FuturesUnordered::new(),
        ready: VecDeque::new(),
        closed: false,
    };
    stream::unfold(watcher, |mut watcher| async move {
        Some((watcher.next().await?, watcher))
    })
}

type Timer = Pin<Box<dyn Future<Output = Change> + Send>>;

struct Watcher {
    wakes: Receiver<Wake>,
    topic: Topic,
    /// What was told a moment ago, and whether it has changed again since.
    cooling: HashMap<Change, bool>,
    timers: stream::FuturesUnordered<Timer>,
    ready: VecDeque<Change>,
    closed: bool,
}

impl Watcher {
    async fn next(&mut self) -> Option<Change> {
        loop {
            if let Some(change) = self.ready.pop_front() {
                return Some(change);
            }
            if self.closed {
                return None;
            }
            tokio::select! {
                wake = self.wakes.recv() => self.hear(&wake),
                Some(cooled) = self.timers.next() => self.cool(cooled),
            }
        }
    }

    fn hear(&mut self, wake: &Result<Wake, RecvError>) {
        match wake {
            Ok(wake) => {
                if let Some(change) = self.topic.change(*wake) {
                    self.note(change);
                }
            }
            Err(RecvError::Lagged(_)) if self.topic == Topic::Health => {}
            Err(RecvError::Lagged(_)) => self.note(self.topic.lost()),
            Err(RecvError::Closed) => {
                self.closed = true;
                self.ready.extend(
                    self.cooling
                        .iter()
                        .filter(|(_, again)| **again)
                        .map(|(change, _)| *change),
                );
            }
        }
    }

    fn note(&mut self, change: Change) {
        match self.cooling.get_mut(&change) {
            Some(again) => *again = true,
            None => self.tell(change),
        }
    }

    fn tell(&mut self, change: Change) {
        self.ready.push_back(change);
        self.cooling.insert(change, false);
        let every = self.topic.every();
        self.timers.push(Box::pin(async move {
            tokio::time::sleep(every).await;
            change
        }));
    }

    fn cool(&mut self, change: Change) {
        if self.cooling.remove(&change) == Some(true) {
            self.tell(change);
        }
    }
}

#[cfg(test)]
mod tests {
    use tokio::{sync::broadcast, time::timeout};

    use super::*;

    fn id(number: u128) -> CampaignId {
        CampaignId(Uuid::from_u128(number))
    }

    fn of(number: u128) -> Change {
        Change::Of(id(number).0)
    }

    /// What comes within this many milliseconds of virtual time.
    async fn within(ms: u64, stream: &mut (impl Stream<Item = Change> + Unpin)) -> Vec<Change> {
        let mut got = Vec::new();
        let all = async {
            while let Some(change) = stream.next().await {
                got.push(change);
            }
        };
        let _ = timeout(Duration::from_millis(ms), all).await;
        got
    }

    #[tokio::test(start_paused = true)]
    async fn the_first_change_is_told_at_once_and_the_last_one_always() {
        let (sender, wakes) = broadcast::channel(1024);
        let mut stream = Box::pin(changes(wakes, Topic::Campaigns));
        for _ in 0..100 {
            sender.send(Wake::Campaign(id(1))).unwrap();
        }
        assert_eq!(within(1, &mut stream).await, [of(1)]);
        assert_eq!(within(200, &mut stream).await, []);
        assert_eq!(within(100, &mut stream).await, [of(1)], "the trailing edge");
        assert_eq!(within(10_000, &mut stream).await, [], "nothing changed any more");
        sender.send(Wake::Campaign(id(1))).unwrap();
        assert_eq!(
            within(1, &mut stream).await,
            [of(1)],
            "after a pause at once again"
        );
    }

    #[tokio::test(start_paused = true)]
    async fn a_change_in_the_moment_of_the_message_is_told_again() {
        let (sender, wakes) = broadcast::channel(16);
        let mut stream = Box::pin(changes(wakes, Topic::Campaigns));
        sender.send(Wake::Campaign(id(1))).unwrap();
        assert_eq!(within(1, &mut stream).await, [of(1)]);
        for _ in 0..3 {
            sender.send(Wake::Campaign(id(1))).unwrap();
            assert_eq!(within(260, &mut stream).await, [of(1)]);
        }
    }

    #[tokio::test(start_paused = true)]
    async fn campaigns_do_not_hold_each_other_up_and_others_are_not_heard() {
        let (sender, wakes) = broadcast::channel(16);
        let mut all = Box::pin(changes(wakes, Topic::Campaigns));
        let mut one = Box::pin(changes(sender.subscribe(), Topic::Campaign(id(2))));
        let mut assistants = Box::pin(changes(sender.subscribe(), Topic::Assistants));
        let robin = AssistantId(Uuid::from_u128(7));
        let mut other = Box::pin(changes(
            sender.subscribe(),
            Topic::Assistant(AssistantId(Uuid::nil())),
        ));
        for wake in [
            Wake::Campaign(id(1)),
            Wake::Dispatch,
            Wake::Assistant(robin),
            Wake::Campaign(id(2)),
        ] {
            sender.send(wake).unwrap();
        }
        assert_eq!(within(1, &mut assistants).await, [of(7)]);
        assert_eq!(within(1, &mut other).await, []);
        assert_eq!(within(1, &mut all).await, [of(1), of(2)]);
        assert_eq!(within(1, &mut one).await, [of(2)]);
    }

    #[tokio::test(start_paused = true)]
    async fn lost_wake_ups_count_as_a_change() {
        let (sender, wakes) = broadcast::channel(4);
        let mut all = Box::pin(changes(wakes, Topic::Campaigns));
        let mut one = Box::pin(changes(sender.subscribe(), Topic::Campaign(id(9))));
        for number in 0..40 {
            sender.send(Wake::Campaign(id(number % 3))).unwrap();
        }
        assert!(within(1, &mut all).await.contains(&Change::Anything));
        assert!(
            within(1, &mut one).await.contains(&of(9)),
            "it may have been among the lost ones"
        );
    }

    #[tokio::test(start_paused = true)]
    async fn the_last_change_before_the_end_is_told() {
        let (sender, wakes) = broadcast::channel(4);
        let mut stream = Box::pin(changes(wakes, Topic::Campaigns));
        sender.send(Wake::Campaign(id(1))).unwrap();
        sender.send(Wake::Campaign(id(1))).unwrap();
        drop(sender);
        assert_eq!(within(1, &mut stream).await, [of(1), of(1)]);
    }
}
