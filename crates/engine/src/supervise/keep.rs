//! Running work under supervision.

use std::{any::Any, panic::AssertUnwindSafe, time::Duration};

use futures::FutureExt;
use tracing::Instrument;

use super::{Dead, Supervisor, record::AfterPanic, status::Step};

/// After a failure a step waits this long of the machine's time, then twice as long each time: a dead database is not
/// hammered.
const FIRST_RETRY: Duration = Duration::from_millis(500);
const LAST_RETRY: Duration = Duration::from_secs(4);
/// A message of a panic is cut off after so many characters.
const LONGEST_MESSAGE: usize = 200;
/// Digits in a row that a log line may hold: fewer than a telephone number has.
const LONGEST_NUMBER: usize = 5;

tokio::task_local! {
    static CURRENT: Step;
}

impl Step {
    /// The step that the calling code belongs to; `None` outside of steps, as in a request.
    #[must_use]
    pub fn current() -> Option<Self> {
        CURRENT.try_with(|step| *step).ok()
    }
}

/// A step that is run again and again.
pub trait Duty: Send {
    /// One bounded piece of work. Returns for how long there is nothing to do, in milliseconds of the clock.
    fn turn(&mut self) -> impl Future<Output = store::Result<i64>> + Send;

    /// Waits so long, or until there is something to do.
    fn pause(&mut self, wait_ms: i64) -> impl Future<Output = ()> + Send;
}

/// How a piece of work ended.
pub(crate) enum Ended<T> {
    Done(T),
    Failed(store::Error, u32),
    Panicked(AfterPanic),
}

/// Notes the end of a piece of work, also of one that was given up.
struct UnderWay<'a> {
    supervisor: &'a Supervisor,
    step: Step,
    work: u64,
}

impl Drop for UnderWay<'_> {
    fn drop(&mut self) {
        self.supervisor
            .note(self.step, |record, _| record.ended(self.work));
    }
}

impl Supervisor {
    /// Does a duty again and again, until it is dropped. Returns only when the step cannot be brought back to life.
    pub async fn keep(&self, step: Step, mut duty: impl Duty) {
        self.note(step, super::Record::repeats_from);
        loop {
            match self.watch(step, duty.turn()).await {
                Ended::Done(wait_ms) => {
                    if let Err(panic) = AssertUnwindSafe(duty.pause(wait_ms)).catch_unwind().await {
                        let after = self.count_panic(step, panic.as_ref());
                        if !self.come_back(step, after).await {
                            return;
                        }
                    }
                }
                Ended::Failed(_, in_a_row) => tokio::time::sleep(retry_after(in_a_row)).await,
                Ended::Panicked(after) => {
                    if !self.come_back(step, after).await {
                        return;
                    }
                }
            }
        }
    }

    /// Waits until a step that panicked may be started again. Returns whether it may be at all.
    async fn come_back(&self, step: Step, after: AfterPanic) -> bool {
        if after.hopeless {
            let panics = after.in_a_row;
            tracing::error!(
                %step,
                panics,
                "a background step cannot be brought back to life: this process ends, so that it is started anew"
            );
            self.bury(Dead { step, panics });
            return false;
        }
        self.clock.sleep(after.restart_ms).await;
        true
    }

    /// Does one piece of work of a step, and counts how it ends. A panic is an error like others.
    ///
    /// # Errors
    /// Those of the work; [`store::Error::Other`] after a panic.
    pub async fn once<T>(
        &self,
        step: Step,
        work: impl Future<Output = store::Result<T>>,
    ) -> store::Result<T> {
        match self.watch(step, work).await {
            Ended::Done(done) => Ok(done),
            Ended::Failed(error, _) => Err(error),
            Ended::Panicked(_) => Err(store::Error::Other(format!("a bug: the step `{step}` panicked"))),
        }
    }

    /// Does one piece of work of a step, counts how it ends, and logs what went wrong.
    pub(crate) async fn watch<T>(
        &self,
        step: Step,
        work: impl Future<Output = store::Result<T>>,
    ) -> Ended<T> {
        let under_way = UnderWay {
            supervisor: self,
            step,
            work: self.note(step, super::Record::began),
        };
        let work = CURRENT
            .scope(step, work)
            .instrument(tracing::info_span!("step", %step));
        let ended = AssertUnwindSafe(work).catch_unwind().await;
        drop(under_way);
        match ended {
            Ok(Ok(done)) => {
                self.count_success(step);
                Ended::Done(done)
            }
            Ok(Err(error)) => {
                let in_a_row = self.count_failure(step, &error.to_string());
                Ended::Failed(error, in_a_row)
            }
            Err(panic) => Ended::Panicked(self.count_panic(step, panic.as_ref())),
        }
    }

    /// A step that never ends says that it is well.
    pub(crate) fn count_success(&self, step: Step) {
        let at = self.clock.now();
        let failures = self.note(step, |record, now_ms| record.succeeded(at, now_ms));
        if failures > 0 {
            tracing::info!(%step, failures, "a background step works again");
        }
    }

    /// Counts a failure. Returns how many there are in a row.
    pub(crate) fn count_failure(&self, step: Step, error: &str) -> u32 {
        let failures = self.note(step, |record, now_ms| record.failed(error.to_owned(), now_ms));
        // An outage of hours shall not fill the log: the 1st, 2nd, 4th, 8th … time.
        if failures.is_power_of_two() {
            tracing::error!(error, %step, failures, "step failed");
        }
        failures
    }

    fn count_panic(&self, step: Step, panic: &(dyn Any + Send)) -> AfterPanic {
        let message = harmless(said(panic));
        let after = self.note(step, |record, now_ms| record.panicked(message.clone(), now_ms));
        tracing::error!(%step, message, panics = after.in_a_row, "a background step panicked");
        after
    }
}

fn retry_after(failures: u32) -> Duration {
    let doublings = failures.saturating_sub(1).min(8);
    (FIRST_RETRY * (1 << doublings)).min(LAST_RETRY)
}

fn said(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<&str>().copied();
    text.or_else(|| panic.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("without a message")
}

/// The message without what may be a telephone number, and not at length: it may quote what it stumbled over.
fn harmless(message: &str) -> String {
    let mut told = String::new();
    let mut digits = 0;
    for character in message.chars().take(LONGEST_MESSAGE) {
        digits = if character.is_ascii_digit() { digits + 1 } else { 0 };
        if digits <= LONGEST_NUMBER {
            told.push(character);
        } else if digits == LONGEST_NUMBER + 1 {
            told.truncate(told.len() - LONGEST_NUMBER);
            told.push('…');
        }
    }
    told
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_telephone_number_gets_into_the_log() {
        assert_eq!(
            harmless("cannot read \"+16025550103\" at line 12345"),
            "cannot read \"+…\" at line 12345"
        );
        assert_eq!(harmless(&"x".repeat(1_000)).len(), LONGEST_MESSAGE);
    }

    #[test]
    fn retries_come_ever_later() {
        let waits: Vec<u128> = (1..=6)
            .map(|failures| retry_after(failures).as_millis())
            .collect();
        assert_eq!(waits, [500, 1_000, 2_000, 4_000, 4_000, 4_000]);
    }
}
