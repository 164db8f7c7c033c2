//! One row for each attack: latency of honest clients, memory of the node, and a verdict.

use std::fmt::Write as _;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use super::attacks::Attack;
use super::probes::{self, Measured, PROBES};
use super::scene::Scene;
use crate::hostile::memory::Memory;

/// What honest clients may notice: calls, and health.
const CALL_MAX: Duration = Duration::from_millis(100);
const HEALTH_MAX: Duration = Duration::from_millis(50);
/// Memory above what the node holds without the attack.
const MEMORY_MAX: u64 = 512 << 20;
/// How often memory is looked at.
const TICK: Duration = Duration::from_millis(100);
/// How long a node may take to let go of what an attack made it hold.
const REST: Duration = Duration::from_secs(3);

/// What was measured during one attack.
#[derive(Debug)]
pub struct Row {
    name: String,
    measured: Measured,
    memory: u64,
}

/// Runs an attack for `duration` beside honest clients.
///
/// # Errors
/// The node is gone.
pub fn run(scene: &Scene, name: &str, attack: Attack, duration: Duration) -> Result<Row, String> {
    let resident = || Memory::of(scene.process.id()).map(|memory| memory.resident);
    let before = resident().map_err(|error| format!("the node is gone: {error}"))?;
    let (measured, stop) = (Measured::default(), AtomicBool::new(false));
    let mut most = before;
    thread::scope(|scope| {
        let (measured, stop) = (&measured, &stop);
        scope.spawn(move || attack(scene, stop));
        probes::start(scope, scene.target, measured, stop);
        let begun = Instant::now();
        while begun.elapsed() < duration {
            most = most.max(resident().unwrap_or_default());
            thread::sleep(TICK);
        }
        stop.store(true, Ordering::Relaxed);
    });
    thread::sleep(REST);
    resident().map_err(|error| format!("the node is gone: {error}"))?;
    Ok(Row {
        name: name.to_owned(),
        measured,
        memory: most - before,
    })
}

impl Row {
    /// What exceeds its bound.
    #[must_use]
    pub fn faults(&self) -> Vec<String> {
        let mut faults = Vec::new();
        for probe in PROBES {
            let bound = if probe.to_lowercase().contains("health") {
                HEALTH_MAX
            } else {
                CALL_MAX
            };
            let time = self.measured.percentile(probe, 99);
            if time > bound {
                faults.push(format!("{probe} p99 {} ms", shown(time)));
            }
        }
        if self.memory > MEMORY_MAX {
            faults.push(format!("{} MiB", self.memory >> 20));
        }
        let failures = self.measured.failures();
        if let Some(first) = failures.first() {
            faults.push(format!("{} calls failed, the first: {first}", failures.len()));
        }
        faults
    }
}

fn shown(time: Duration) -> String {
    if time == Duration::MAX {
        return "-".to_owned();
    }
    format!("{:.1}", time.as_secs_f64() * 1_000.0)
}

/// The table of all rows: p50 and p99 of each probe in milliseconds.
#[must_use]
pub fn table(rows: &[Row]) -> String {
    let mut text = format!("{:<36}", "milliseconds, p50 / p99");
    for probe in PROBES {
        write!(text, " {probe:>17}").expect("writing to a String cannot fail");
    }
    text.push_str("  memory  verdict\n");
    for row in rows {
        write!(text, "{:<36}", row.name).expect("writing to a String cannot fail");
        for probe in PROBES {
            let [p50, p99] = [50, 99].map(|percent| shown(row.measured.percentile(probe, percent)));
            write!(text, " {:>17}", format!("{p50} / {p99}")).expect("writing to a String cannot fail");
        }
        let faults = row.faults();
        let verdict = if faults.is_empty() {
            "ok".to_owned()
        } else {
            format!("exceeds: {}", faults.join(", "))
        };
        writeln!(text, " {:>4} MiB  {verdict}", row.memory >> 20).expect("writing to a String cannot fail");
    }
    text
}

/// The node beside this program.
///
/// # Errors
/// It is not there.
pub fn node_beside(program: &Path) -> Result<std::path::PathBuf, String> {
    let node = program.with_file_name("isobath-test-node");
    if node.is_file() {
        return Ok(node);
    }
    Err(format!(
        "{} does not exist; build the package's binaries, or name a node with --node",
        node.display()
    ))
}
