//! The report in its two forms. The fields of the JSON form are listed in `docs/bench.md`.

use std::fs;
use std::time::Duration;

use isobath_accounts_db::tree::Memory;
use isobath_sdk::Hash;
use isobath_timing::{Machine, median};
use serde::Serialize;

use super::proofs::Proofs;
use crate::cli::StateTreeArgs;
use crate::figures::per;

/// What one update cost.
pub(super) struct Round {
    pub(super) updates: usize,
    pub(super) cpu: Duration,
    pub(super) wall: Duration,
    /// Branches that were hashed, and those that the format asks for.
    pub(super) hashed: u64,
    pub(super) needed: u64,
    pub(super) floor: Duration,
}

/// What was measured.
pub(super) struct Report<'a> {
    pub(super) machine: Machine,
    pub(super) load_average: [Option<f64>; 2],
    pub(super) rounds: &'a [Round],
    pub(super) root: Hash,
    pub(super) memory: Memory,
    pub(super) resident_before: Option<u64>,
    pub(super) is_root_right: bool,
    pub(super) proofs: Proofs,
}

/// The figures, for a reader.
#[derive(Debug, Serialize)]
struct Figures<'a> {
    command: &'static str,
    version: &'static str,
    machine: &'a Machine,
    load_average: [Option<f64>; 2],
    accounts: u32,
    batch: u32,
    mix: &'static str,
    rounds: u32,
    threads: usize,
    updates_per_s: f64,
    cpu_us_per_update: f64,
    floor_us_per_update: f64,
    ratio_to_floor: f64,
    branches_per_update: f64,
    needed_branches_per_update: f64,
    bytes_per_account: f64,
    undo_bytes_per_update: f64,
    process_resident_bytes: [Option<u64>; 2],
    root: String,
    is_root_right: bool,
    proofs: &'a Proofs,
    ok: bool,
}

impl Report<'_> {
    /// Prints it; false if a check failed.
    pub(super) fn print(&self, args: &StateTreeArgs) -> anyhow::Result<bool> {
        let figures = self.figures(args);
        if args.output.json {
            println!("{}", serde_json::to_string(&figures)?);
        } else {
            print!("{}", human(&figures));
        }
        Ok(figures.ok)
    }

    /// The median over the rounds of a figure per update.
    fn each(&self, of: impl Fn(&Round) -> f64) -> f64 {
        let rounds = self.rounds.iter();
        let values = rounds.map(|round| of(round) / per(round.updates as u64));
        median(&values.collect::<Vec<f64>>())
    }

    #[expect(clippy::cast_precision_loss, reason = "counts and bytes below 2^52")]
    fn figures(&self, args: &StateTreeArgs) -> Figures<'_> {
        let us = |duration: Duration| duration.as_secs_f64() * 1e6;
        let cpu_us_per_update = self.each(|round| us(round.cpu));
        let floor_us_per_update = self.each(|round| us(round.floor));
        Figures {
            command: "state-tree",
            version: env!("CARGO_PKG_VERSION"),
            machine: &self.machine,
            load_average: self.load_average,
            accounts: args.accounts,
            batch: args.batch,
            mix: args.mix.name(),
            rounds: args.rounds,
            threads: args.threads.get(),
            updates_per_s: 1e6 / self.each(|round| us(round.wall)),
            cpu_us_per_update,
            floor_us_per_update,
            ratio_to_floor: cpu_us_per_update / floor_us_per_update,
            branches_per_update: self.each(|round| round.hashed as f64),
            needed_branches_per_update: self.each(|round| round.needed as f64),
            bytes_per_account: self.memory.accounts_len as f64 / per(u64::from(args.accounts)),
            undo_bytes_per_update: self.memory.undo_len as f64 / per(u64::from(args.batch)),
            process_resident_bytes: [self.resident_before, resident_bytes()],
            root: self.root.to_string(),
            is_root_right: self.is_root_right,
            proofs: &self.proofs,
            ok: self.is_root_right && self.proofs.failed == 0,
        }
    }
}

fn human(figures: &Figures<'_>) -> String {
    let proofs = serde_json::to_string(figures.proofs).unwrap_or_default();
    format!(
        "machine     {} cores, {}; load average {:?}\n\
         workload    {} accounts, batches of {}, {}; median of {} rounds on {} threads\n\
         update      {:.3} us of CPU time, {:.0} a second; {:.2} branches hashed\n\
         floor       {:.3} us; {:.2} branches; ratio {:.2}\n\
         memory      {:.1} bytes an account; to undo the latest update {:.0} bytes a change\n\
         proofs      {proofs}\n\
         root        {}, {}\n",
        figures.machine.cores,
        figures.machine.cpu,
        figures.load_average,
        figures.accounts,
        figures.batch,
        figures.mix,
        figures.rounds,
        figures.threads,
        figures.cpu_us_per_update,
        figures.updates_per_s,
        figures.branches_per_update,
        figures.floor_us_per_update,
        figures.needed_branches_per_update,
        figures.ratio_to_floor,
        figures.bytes_per_account,
        figures.undo_bytes_per_update,
        figures.root,
        if figures.is_root_right {
            "that of all accounts at once"
        } else {
            "NOT that of all accounts at once"
        },
    )
}

/// Memory of the process that is in use; `None` where the system does not report it.
pub(super) fn resident_bytes() -> Option<u64> {
    let pages = fs::read_to_string("/proc/self/statm").ok()?;
    let pages: u64 = pages.split_whitespace().nth(1)?.parse().ok()?;
    pages.checked_mul(4096)
}
