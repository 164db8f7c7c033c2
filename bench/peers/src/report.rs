//! The report in its two forms; the fields of a timing are those of `isobath-bench sigverify`.

use isobath_timing::{Machine, Timing};
use serde::Serialize;

use crate::peers::RULE;
use crate::rules::Checked;

/// What was measured.
#[derive(Debug, Serialize)]
pub struct Report {
    /// `peers`.
    pub command: &'static str,
    /// Where.
    pub machine: Machine,
    /// Over one minute, before and after.
    pub load_average: [Option<f64>; 2],
    /// Turns of each verifier.
    pub rounds: usize,
    /// Verifiers that were held against the table of edge cases.
    pub rules: Vec<Checked>,
    /// `path` is the verifier, `backend` its rule.
    pub timings: Vec<Timing>,
}

impl Report {
    /// Writes it to stdout.
    pub fn print(&self, is_json: bool) {
        if is_json {
            let text = serde_json::to_string(self).expect("numbers and texts are JSON");
            println!("{text}");
        } else {
            self.words();
        }
    }

    fn words(&self) {
        println!("machine  {} cores, {}", self.machine.cores, self.machine.cpu);
        println!("load     {:?} before and after", self.load_average);
        for Checked { name, column, rows } in &self.rules {
            println!("rule     {name}: matches column {column} on all {rows} edge cases");
        }
        println!(
            "\nCPU time per signature in microseconds, median of {} turns (quartiles);",
            self.rounds
        );
        println!("* different rule, different work; for orientation only\n");
        for timing in &self.timings {
            let mark = if timing.backend == RULE { " " } else { "*" };
            println!(
                "{mark} {:<46} n={:<5} {:>7.2} ({:.2} to {:.2})  {}",
                timing.path, timing.n, timing.us, timing.us_low, timing.us_high, timing.backend
            );
        }
    }
}
