//! The clock of a provider that is a sandbox: with `--speed` its people live faster, and a node must judge durations by the
//! same time.

use std::time::Duration;

use domain::time::UtcMs;
use engine::{Clock, SystemClock};
use serde::Deserialize;

/// How long a provider may take to say what its clock is.
const PATIENCE: Duration = Duration::from_secs(2);
/// An answer of a sandbox is far shorter, in bytes.
const MOST_BYTES: usize = 64 * 1024;

/// A provider that said that it is a sandbox.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct SandboxClock {
    /// How many times as fast as the machine's time it runs, and when both showed the same.
    fast: Option<(f64, UtcMs)>,
}

impl SandboxClock {
    /// A clock that shows the sandbox's time, where that is not the machine's own.
    pub(crate) fn clock(self) -> Option<SystemClock> {
        let (speed, epoch) = self.fast?;
        Some(SystemClock::faster_since(epoch, speed))
    }
}

/// Asks the provider once. `None`: it is Vapi, or it does not answer like a sandbox in time.
pub(crate) async fn ask(base_url: &str) -> Option<SandboxClock> {
    let url = reqwest::Url::parse(base_url).ok()?;
    if url.host_str().is_none_or(is_vapis_own) {
        return None;
    }
    let url = format!("{}/sandbox/clock", base_url.trim_end_matches('/'));
    let answer = tokio::time::timeout(PATIENCE, get(&url)).await;
    match answer {
        Ok(Ok(Some(answer))) => read(&answer, SystemClock::real().now()),
        Ok(Ok(None)) | Err(_) => None,
        Ok(Err(error)) => {
            tracing::debug!(%error, "the provider was not asked for its clock");
            None
        }
    }
}

fn is_vapis_own(host: &str) -> bool {
    host == "vapi.ai" || host.ends_with(".vapi.ai")
}

/// The body of an answer with 200. The key stays here: whoever is there need not be the provider.
async fn get(url: &str) -> reqwest::Result<Option<Vec<u8>>> {
    let http = reqwest::Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .build()?;
    let mut response = http.get(url).send().await?;
    if response.status() != reqwest::StatusCode::OK {
        return Ok(None);
    }
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await? {
        body.extend_from_slice(&chunk);
        if body.len() > MOST_BYTES {
            return Ok(None);
        }
    }
    Ok(Some(body))
}

/// What a sandbox says of its clock.
#[derive(Deserialize)]
struct Answer {
    now_ms: i64,
    offset_s: f64,
    speed: f64,
    epoch_ms: Option<i64>,
    real_time: bool,
}

/// `None`: this is no answer of a sandbox. A fast clock that does not fit to the machine's is not gone by: it was made on a
/// machine whose time is another.
#[expect(
    clippy::cast_precision_loss,
    reason = "milliseconds since a recent year are far below 2^52, and others fit to nothing"
)]
fn read(answer: &[u8], machine: UtcMs) -> Option<SandboxClock> {
    let answer: Answer = serde_json::from_slice(answer).ok()?;
    let real_time = SandboxClock { fast: None };
    let (false, Some(epoch_ms)) = (answer.real_time, answer.epoch_ms) else {
        return Some(real_time);
    };
    let (speed, epoch_ms_f) = (answer.speed, epoch_ms as f64);
    if !(speed.is_finite() && speed > 0.0) {
        return None;
    }
    let expected_ms = epoch_ms_f + (machine.0 as f64 - epoch_ms_f) * speed;
    let told_ms = answer.now_ms as f64 - answer.offset_s * 1_000.0;
    let most_ms = (PATIENCE.as_secs_f64() + 1.0) * 1_000.0 * speed.max(1.0);
    if (expected_ms - told_ms).abs() > most_ms {
        tracing::warn!(
            "the provider is a sandbox with a clock of its own that does not fit to this machine's time; using the \
             machine's clock"
        );
        return Some(real_time);
    }
    Some(SandboxClock {
        fast: Some((speed, UtcMs(epoch_ms))),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const EPOCH_MS: i64 = 1_774_537_200_000;

    fn answer(machine_ms: i64, speed: f64) -> serde_json::Value {
        let gone_ms = (machine_ms - EPOCH_MS) as f64 * speed;
        serde_json::json!({
            "now": "as text", "now_ms": EPOCH_MS + gone_ms as i64, "offset_s": 0.0, "speed": speed,
            "epoch_ms": EPOCH_MS, "real_time": false,
        })
    }

    fn read_at(machine_ms: i64, answer: &serde_json::Value) -> Option<SandboxClock> {
        read(answer.to_string().as_bytes(), UtcMs(machine_ms))
    }

    #[test]
    fn the_clock_is_taken_from_its_epoch_and_not_from_its_now() {
        let machine_ms = EPOCH_MS + 90_000;
        let mut told = answer(machine_ms, 60.0);
        let fast = SandboxClock {
            fast: Some((60.0, UtcMs(EPOCH_MS))),
        };
        // However long the answer was on its way.
        for late_ms in [0, 700, 1_900] {
            assert_eq!(read_at(machine_ms + late_ms, &told), Some(fast));
        }
        // A clock that is wrong by two hours is no clock to go by, and its speed still is.
        told["offset_s"] = 7_200.0.into();
        told["now_ms"] = (told["now_ms"].as_i64().unwrap() + 7_200_000).into();
        assert_eq!(read_at(machine_ms, &told), Some(fast));
        assert_eq!(fast.clock().unwrap().speed(), 60.0);
    }

    #[test]
    fn a_sandbox_in_real_time_has_the_machines_clock_even_when_it_tells_another() {
        let told = serde_json::json!({
            "now_ms": EPOCH_MS + 7_200_000, "offset_s": 7_200.0, "speed": 1.0, "epoch_ms": null, "real_time": true,
        });
        let found = read_at(EPOCH_MS, &told).unwrap();
        assert!(found.clock().is_none());
    }

    #[test]
    fn a_clock_that_does_not_fit_is_not_gone_by() {
        let told = answer(EPOCH_MS + 90_000, 60.0);
        let found = read_at(EPOCH_MS + 150_000, &told).unwrap();
        assert!(found.clock().is_none(), "another machine with another time");
        let mut wild = answer(EPOCH_MS, 60.0);
        wild["epoch_ms"] = i64::MAX.into();
        assert!(read_at(EPOCH_MS, &wild).unwrap().clock().is_none());
    }

    #[test]
    fn others_are_no_sandboxes() {
        for body in ["", "null", "{}", "<html>", r#"{"now_ms": 1, "speed": 60}"#] {
            assert_eq!(read(body.as_bytes(), UtcMs(EPOCH_MS)), None, "{body}");
        }
        let mut still = answer(EPOCH_MS, 60.0);
        still["speed"] = 0.0.into();
        assert_eq!(read_at(EPOCH_MS, &still), None);
        for host in ["vapi.ai", "api.vapi.ai", "api.eu.vapi.ai"] {
            assert!(is_vapis_own(host), "{host}");
        }
        for host in ["127.0.0.1", "localhost", "vapi.ai.example", "myvapi.ai"] {
            assert!(!is_vapis_own(host), "{host}");
        }
    }
}
