//! CPU time of updating the state tree in batches, beside a floor, and its proofs.
//!
//! ```text
//!  accounts (seed) -> tree of N, built in batches
//!  round:  changes of B accounts, their leaves hashed | update of the tree | floor: the same branches, hashed in a row
//!          '--------------- not timed ---------------'   '--- timed ---'      '------------- timed -------------'
//!  at the end: the root again from all accounts at once; proofs of accounts and of keys without one, all verified
//! ```
//!
//! Timed is the CPU time of the process during an update: paths of the keys, their order, pages, branches, the root. The
//! leaves are given. Not measured here: anything on disk.

mod accounts;
mod floor;
mod proofs;
mod report;

use std::num::NonZeroUsize;
use std::thread::scope;
use std::time::Instant;

use isobath_accounts_db::tree::StateTree;
use isobath_sdk::chain::helpers::Helpers;
use isobath_timing::{Machine, ProcessTime, load_average};

use self::accounts::Accounts;
use self::report::{Report, Round};
use crate::cli::StateTreeArgs;
use crate::progress::{Length, bar};

/// Changes in one update while the tree is built.
const BUILD_BATCH: usize = 100_000;

/// Runs `state-tree`; false if the root is not that of the accounts, or a proof does not hold.
///
/// # Errors
/// If the report cannot be written.
pub(crate) fn run(args: &StateTreeArgs) -> anyhow::Result<bool> {
    let load_before = load_average();
    let threads = Threads(args.threads);
    let resident_before = report::resident_bytes();
    let mut accounts = Accounts::new(args.accounts as usize, args.seed);
    let tree = StateTree::new();
    for changes in accounts.all().chunks(BUILD_BATCH) {
        tree.update(changes, &threads);
    }
    let mut rounds = Vec::new();
    let measuring = bar("measuring", Length::Items(u64::from(args.rounds)));
    // The first round brings memory near and is not counted.
    for number in 0..=args.rounds {
        let round = round(&mut accounts, &tree, args, &threads);
        if number > 0 {
            rounds.push(round);
            measuring.inc(1);
        }
    }
    measuring.finish_and_clear();
    let memory = tree.memory();
    let rebuilt = StateTree::new();
    let is_root_right = rebuilt.update(&accounts.all(), &threads).root == tree.root();
    drop(rebuilt);
    let proofs = proofs::check(&accounts, &tree, args.proofs as usize, args.seed);
    let report = Report {
        machine: Machine::detect(),
        load_average: [load_before, load_average()],
        rounds: &rounds,
        root: tree.root(),
        memory,
        resident_before,
        is_root_right,
        proofs,
    };
    report.print(args)
}

/// One update and its floor.
fn round(accounts: &mut Accounts, tree: &StateTree, args: &StateTreeArgs, threads: &Threads) -> Round {
    let changes = accounts.change(args.mix, args.batch as usize);
    let (cpu, wall) = (ProcessTime::now(), Instant::now());
    let updated = tree.update(&changes, threads);
    let (cpu, wall) = (cpu.elapsed(), wall.elapsed());
    let needed = floor::needed_branches(accounts.prefixes(), &changes);
    Round {
        updates: changes.len(),
        cpu,
        wall,
        hashed: updated.branches_hashed,
        needed,
        floor: floor::time(needed, &changes, accounts),
    }
}

/// Threads that share an update, the first of which is the caller's.
struct Threads(NonZeroUsize);

impl Helpers for Threads {
    fn count(&self) -> usize {
        self.0.get()
    }

    fn run(&self, job: &(dyn Fn(usize) + Sync)) {
        scope(|scope| {
            for index in 1..self.0.get() {
                scope.spawn(move || job(index));
            }
            job(0);
        });
    }
}
