//! Runs conformance sequences through Solana's runtime: litesvm 0.16.0 for what instructions do, a Bank of
//! solana-runtime 4.2.2 for everything around them.
//!
//! ```text
//! isobath-comparator record  FIRST END FOLDER   writes the fixtures of the seeds FIRST..END, and of those by hand
//! isobath-comparator compare FIRST END          runs them against Isobath, prints what differs
//! isobath-comparator explain NAME               the same for one sequence, with its initial accounts
//! ```
//!
//! `record-deployed` and `compare-deployed` do the same with the sequences of programs that are bytecode on Solana, which
//! litesvm loads. NAME is that of a sequence: `SEED/PROFILE` for litesvm, `SEED` for a Bank, `deployed/SEED`, or one written
//! by hand.

mod bank;
mod deliberate;
mod features;
mod instructions;
mod oracles;
mod probe;
mod record;
mod report;
mod translate;

use std::error::Error;
use std::ops::Range;
use std::path::Path;
use std::process::ExitCode;

use isobath_conformance::deployed::{self, success::Successes};
use isobath_conformance::directed::{self, Directed};
use isobath_conformance::generate::{generate, named};
use isobath_conformance::histogram::Histogram;
use isobath_conformance::isobath::Isobath;
use isobath_conformance::ledger::run;

use crate::deliberate::{Verdict, verdict};
use crate::oracles::Oracles;

/// Differences printed in full.
const SHOWN: usize = 40;

const USAGE: &str = "usage: isobath-comparator record[-deployed] FIRST END FOLDER | compare[-deployed] FIRST END | \
                     explain NAME";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    if let Err(error) = features::check() {
        eprintln!("{error}; correct sdk/src/rules/table.rs");
        return ExitCode::FAILURE;
    }
    let result = match words[..] {
        ["record", first, end, folder] => {
            seeds(first, end).and_then(|seeds| record::record(seeds, Path::new(folder)))
        }
        ["record-deployed", first, end, folder] => {
            seeds(first, end).and_then(|seeds| record::record_deployed(seeds, Path::new(folder)))
        }
        ["compare", first, end] => seeds(first, end).and_then(|seeds| {
            let random = seeds.flat_map(generate).map(Directed::undirected);
            compare(directed::all().into_iter().chain(random))
        }),
        ["compare-deployed", first, end] => seeds(first, end)
            .and_then(|seeds| compare(seeds.map(deployed::generate).map(Directed::undirected))),
        ["explain", name] => explain(name),
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

/// Compares live.
fn compare(sequences: impl Iterator<Item = Directed>) -> Result<(), Box<dyn Error>> {
    let oracles = Oracles::new();
    let mut successes = Successes::default();
    let mut histogram = Histogram::default();
    let mut different = Vec::new();
    let (mut total, mut deliberate) = (0, 0);
    for directed in sequences {
        let sequence = &directed.sequence;
        let expected = oracles.run(sequence);
        record::count(&mut histogram, &expected);
        successes.add(sequence, &expected.blocks);
        total += 1;
        match verdict(&directed, &expected) {
            Verdict::Same => {}
            Verdict::Deliberate(..) => deliberate += 1,
            Verdict::Unexpected(text) => {
                if different.len() < SHOWN {
                    let found = run(sequence, &mut Isobath::new(sequence));
                    println!(
                        "{}",
                        report::difference(sequence, &expected, &found).unwrap_or(text)
                    );
                }
                different.push(sequence.name.clone());
            }
        }
    }
    println!(
        "{histogram}\ninstructions that succeeded\n{}",
        successes.to_text()
    );
    println!("{deliberate} of {total} sequences differ on purpose (docs/conformance.md)");
    println!("{} of {total} sequences differ: {different:?}", different.len());
    match different.is_empty() {
        true => Ok(()),
        false => Err("Isobath departs from Solana's runtime".into()),
    }
}

fn explain(name: &str) -> Result<(), Box<dyn Error>> {
    let mut directed = directed::all().into_iter();
    let sequence = match directed.find(|directed| directed.sequence.name == name) {
        Some(directed) => directed.sequence,
        None => named(name).or_else(|| deployed::named(name)).ok_or(
            "no sequence has this name; names are like 17/mainnet, 18, deployed/19 and table-size/all",
        )?,
    };
    let expected = Oracles::new().run(&sequence);
    let found = run(&sequence, &mut Isobath::new(&sequence));
    print!("initial accounts\n{}", report::initial(&sequence));
    match report::difference(&sequence, &expected, &found) {
        Some(text) => print!("{text}"),
        None => println!("no difference in {:#?}\n{:#?}", expected.blocks, expected.traces),
    }
    Ok(())
}
