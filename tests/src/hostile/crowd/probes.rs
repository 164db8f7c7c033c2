//! Honest clients beside a crowd: how long their calls take.

use std::collections::BTreeMap;
use std::io::{BufReader, Write};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread::{self, Scope};
use std::time::{Duration, Instant};

use isobath_testkit::keys::dev_key;
use serde_json::json;

use super::scene::{blockhash, call, transfer_text};
use crate::hostile::attacker::Target;
use crate::hostile::http::{HttpClient, PATIENCE, connect, read_answer};

/// The pause between two calls of a probe.
const PAUSE: Duration = Duration::from_millis(25);

/// The names of the probes, in the order of the report.
pub const PROBES: [&str; 4] = ["getAccountInfo", "sendTransaction", "getHealth", "/health"];

/// What the probes measured.
#[derive(Debug, Default)]
pub struct Measured(Mutex<BTreeMap<&'static str, Vec<Duration>>>, Mutex<Vec<String>>);

/// Unique amounts for transfers.
static AMOUNTS: AtomicU64 = AtomicU64::new(1_000_000);

impl Measured {
    /// The share of `percent` of a probe's calls that took at most so long.
    #[must_use]
    pub fn percentile(&self, probe: &str, percent: usize) -> Duration {
        let mut times = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(times) = times.get_mut(probe).filter(|times| !times.is_empty()) else {
            return Duration::MAX;
        };
        times.sort_unstable();
        let at = (times.len() * percent).div_ceil(100).clamp(1, times.len());
        times[at - 1]
    }

    /// How many calls a probe made.
    #[must_use]
    pub fn count(&self, probe: &str) -> usize {
        let times = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        times.get(probe).map_or(0, Vec::len)
    }

    /// The calls that failed.
    #[must_use]
    pub fn failures(&self) -> Vec<String> {
        self.1.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn note(&self, probe: &'static str, result: Result<Duration, String>) {
        match result {
            Ok(time) => {
                let mut times = self.0.lock().unwrap_or_else(PoisonError::into_inner);
                times.entry(probe).or_default().push(time);
            }
            Err(failure) => {
                let mut failures = self.1.lock().unwrap_or_else(PoisonError::into_inner);
                failures.push(failure);
            }
        }
    }
}

type Probe = fn(&mut HttpClient, Target) -> Result<Duration, String>;

/// Starts the probes; each runs until `stop`.
pub fn start<'scope>(
    scope: &'scope Scope<'scope, '_>,
    target: Target,
    measured: &'scope Measured,
    stop: &'scope AtomicBool,
) {
    let probes: [Probe; 4] = [account, send, health_call, health];
    for (name, probe) in PROBES.into_iter().zip(probes) {
        scope.spawn(move || {
            let mut client = HttpClient::new(target.http);
            while !stop.load(Ordering::Relaxed) {
                // A kept connection may have been closed meanwhile; clients then connect again, and it counts.
                let begun = Instant::now();
                let result = probe(&mut client, target)
                    .or_else(|_| probe(&mut client, target).map(|_| begun.elapsed()));
                measured.note(name, result);
                thread::sleep(PAUSE);
            }
        });
    }
}

fn timed<T>(work: impl FnOnce() -> Result<T, String>) -> Result<Duration, String> {
    let begun = Instant::now();
    work()?;
    Ok(begun.elapsed())
}

fn account(client: &mut HttpClient, _: Target) -> Result<Duration, String> {
    let params = json!([dev_key(2).pubkey(), { "encoding": "base64" }]);
    timed(|| call(client, "getAccountInfo", &params))
}

fn send(client: &mut HttpClient, _: Target) -> Result<Duration, String> {
    let amount = AMOUNTS.fetch_add(1, Ordering::Relaxed);
    let text = transfer_text(blockhash(client)?, amount);
    timed(|| {
        call(
            client,
            "sendTransaction",
            &json!([text, { "encoding": "base64" }]),
        )
    })
}

fn health_call(client: &mut HttpClient, _: Target) -> Result<Duration, String> {
    timed(|| call(client, "getHealth", &json!([])))
}

/// On a connection of its own each time, as a monitor asks.
fn health(_: &mut HttpClient, target: Target) -> Result<Duration, String> {
    timed(|| {
        let ask = || {
            let mut stream = connect(target.http, PATIENCE)?;
            stream.write_all(b"GET /health HTTP/1.1\r\nhost: localhost\r\n\r\n")?;
            read_answer(&mut BufReader::new(stream))
        };
        let (answer, _) = ask().map_err(|error: std::io::Error| format!("/health: {error}"))?;
        match answer.status {
            200 => Ok(()),
            status => Err(format!("/health: status {status}")),
        }
    })
}
