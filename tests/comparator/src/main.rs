//! Runs conformance sequences through Solana's runtime: litesvm 0.16.0 for what instructions do, a Bank of
//! solana-runtime 4.2.2 for everything around them.
//!
//! ```text
//! isobath-comparator record  FIRST END FOLDER   writes the fixtures of the seeds FIRST..END
//! isobath-comparator compare FIRST END          runs them against Isobath, prints what differs
//! isobath-comparator explain SEED               the same for one sequence, with its initial accounts
//! ```

mod bank;
mod features;
mod instructions;
mod probe;
mod report;
mod translate;

use std::error::Error;
use std::fs;
use std::io;
use std::ops::Range;
use std::path::Path;
use std::process::ExitCode;

use isobath_conformance::compare::first_difference;
use isobath_conformance::fixture::{FixtureFile, Recorded};
use isobath_conformance::generate::generate;
use isobath_conformance::histogram::Histogram;
use isobath_conformance::isobath::Isobath;
use isobath_conformance::ledger::{Run, run};
use isobath_conformance::sequence::{Oracle, Sequence};
use isobath_sdk::chain::genesis::Genesis;

/// Differences printed in full.
const SHOWN: usize = 40;

const USAGE: &str = "usage: isobath-comparator record FIRST END FOLDER | compare FIRST END | explain SEED";

/// Both of Solana's programs, ready to run sequences.
struct Oracles {
    start: instructions::Start,
    root: bank::Root,
}

impl Oracles {
    fn new() -> Self {
        let start = instructions::Start::new();
        let root = bank::Root::new(&start);
        Self { start, root }
    }

    fn run(&self, sequence: &Sequence) -> Run {
        match sequence.oracle {
            Oracle::Instructions => run(sequence, &mut self.start.ledger(sequence)),
            Oracle::Ledger => run(sequence, &mut self.root.ledger(sequence)),
        }
    }
}

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let result = match words[..] {
        ["record", first, end, folder] => {
            seeds(first, end).and_then(|seeds| record(seeds, Path::new(folder)))
        }
        ["compare", first, end] => seeds(first, end).and_then(|seeds| compare(seeds)),
        ["explain", seed] => seed.parse().map_err(Into::into).and_then(explain),
        _ => Err(USAGE.into()),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn seeds(first: &str, end: &str) -> Result<Range<u64>, Box<dyn Error>> {
    Ok(first.parse()?..end.parse()?)
}

fn record(seeds: Range<u64>, folder: &Path) -> Result<(), Box<dyn Error>> {
    let texts = std::thread::scope(|scope| {
        let threads = [
            (Oracle::Instructions, "litesvm 0.16.0", "litesvm.bin.zst"),
            (Oracle::Ledger, "solana-runtime 4.2.2", "bank.bin.zst"),
        ]
        .map(|(oracle, version, name)| {
            let (seeds, path) = (seeds.clone(), folder.join(name));
            scope.spawn(move || record_one(seeds, oracle, version, &path))
        });
        threads.map(|thread| thread.join().expect("recording does not panic"))
    });
    for text in texts {
        println!("{}", text?);
    }
    Ok(())
}

/// Records the sequences of one oracle; returns what was reached.
fn record_one(seeds: Range<u64>, oracle: Oracle, version: &str, path: &Path) -> io::Result<String> {
    let oracles = Oracles::new();
    let mut histogram = Histogram::default();
    let mut entries = Vec::new();
    for sequence in seeds.map(generate).filter(|sequence| sequence.oracle == oracle) {
        let run = oracles.run(&sequence);
        count(&mut histogram, &run);
        entries.push(Recorded {
            name: sequence.name.clone(),
            sequence: sequence.digest(),
            blocks: run.blocks,
        });
    }
    let (sequences, transactions) = (entries.len(), histogram.total());
    let file = FixtureFile {
        oracle,
        version: version.to_owned(),
        entries,
    };
    fs::write(path, file.to_bytes()?)?;
    Ok(format!(
        "{version}: {sequences} sequences, {transactions} transactions\n{histogram}"
    ))
}

fn count(histogram: &mut Histogram, run: &Run) {
    let transactions = run.blocks.iter().flat_map(|block| &block.transactions);
    transactions.for_each(|transaction| histogram.add(transaction));
}

fn compare(seeds: Range<u64>) -> Result<(), Box<dyn Error>> {
    let oracles = Oracles::new();
    let mut histogram = Histogram::default();
    let mut different = Vec::new();
    let mut deliberate = 0;
    for seed in seeds.clone() {
        let sequence = generate(seed);
        let expected = oracles.run(&sequence);
        let found = run(&sequence, &mut Isobath::new(&sequence));
        count(&mut histogram, &expected);
        if let Some(text) = report::difference(&sequence, &expected, &found) {
            if is_deliberate(&sequence, &expected, &found) {
                deliberate += 1;
                continue;
            }
            if different.len() < SHOWN {
                println!("{text}");
            }
            different.push(seed);
        }
    }
    println!("{histogram}");
    let total = seeds.end.saturating_sub(seeds.start);
    println!("{deliberate} of {total} sequences differ on purpose (docs/conformance.md)");
    println!("{} of {total} sequences differ: {different:?}", different.len());
    match different.is_empty() {
        true => Ok(()),
        false => Err("Isobath departs from Solana's runtime".into()),
    }
}

/// Whether the two part for one of the reasons in `docs/conformance.md`: the order of faults, or the age of a
/// blockhash, which is gone when Isobath takes blockhashes for one block more.
fn is_deliberate(sequence: &Sequence, expected: &Run, found: &Run) -> bool {
    let one_more = |genesis: &mut Genesis| genesis.blockhash_max_age_blocks += 1;
    let order = |found: &Run| {
        let difference = first_difference(sequence.oracle, &expected.blocks, &found.blocks);
        difference.is_none_or(|difference| difference.is_order_of_faults())
    };
    order(found) || order(&run(sequence, &mut Isobath::with_rules(sequence, one_more)))
}

fn explain(seed: u64) -> Result<(), Box<dyn Error>> {
    let sequence = generate(seed);
    let expected = Oracles::new().run(&sequence);
    let found = run(&sequence, &mut Isobath::new(&sequence));
    print!("initial accounts\n{}", report::initial(&sequence));
    match report::difference(&sequence, &expected, &found) {
        Some(text) => print!("{text}"),
        None => println!("no difference in {:#?}", expected.blocks),
    }
    Ok(())
}
