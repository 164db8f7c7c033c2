//! Recording fixtures: what Solana's runtime made of sequences, and where Isobath differs from it on purpose.

use std::error::Error;
use std::fs;
use std::ops::Range;
use std::path::Path;
use std::thread::{Builder, ScopedJoinHandle};

use isobath_conformance::compare::describe;
use isobath_conformance::deployed;
use isobath_conformance::directed::{self, Directed};
use isobath_conformance::fixture::{FixtureFile, Recorded};
use isobath_conformance::generate::generate;
use isobath_conformance::histogram::Histogram;
use isobath_conformance::known::{Known, Mismatch};
use isobath_conformance::ledger::Run;
use isobath_conformance::sequence::Oracle;

use crate::deliberate::{Verdict, verdict};
use crate::oracles::Oracles;

/// Stack of a recording thread: calls nest natively, and litesvm and the Bank are built with little optimization.
const STACK_LEN: usize = 64 << 20;

const HEAD: &str = "\
# Recorded sequences on which Isobath departs from Solana's runtime: name, reason, all differences. Written by
# `just conformance-record`; docs/conformance.md explains the reasons.
";

/// One file and what it is recorded from.
struct Part {
    oracle: Oracle,
    version: &'static str,
    file: &'static str,
    sequences: Vec<Directed>,
}

/// What was recorded.
struct Recording {
    text: String,
    known: Known,
    unexpected: Vec<String>,
}

/// Records the sequences of these seeds, and those written by hand, into the folder. Those for litesvm are of the first
/// half of the seeds, each with both sets of features.
///
/// # Errors
/// When a file cannot be written, or a sequence differs without a reason.
pub(crate) fn record(seeds: Range<u64>, folder: &Path) -> Result<(), Box<dyn Error>> {
    let parts = [
        random(
            seeds.start..seeds.start.midpoint(seeds.end),
            Oracle::Instructions,
            "litesvm 0.16.0",
            "litesvm.bin.zst",
        ),
        random(seeds, Oracle::Ledger, "solana-runtime 4.2.2", "bank.bin.zst"),
        Part {
            oracle: Oracle::Ledger,
            version: "solana-runtime 4.2.2",
            file: "directed.bin.zst",
            sequences: directed::all(),
        },
    ];
    let (known, unexpected) = record_parts(Vec::from(parts), folder)?;
    fs::write(
        folder.join("known-mismatches.txt"),
        format!("{HEAD}{}", known.to_text()),
    )?;
    require_none(&unexpected)
}

/// Records the sequences of these seeds of the programs that are bytecode on Solana into the folder.
///
/// # Errors
/// When the file cannot be written, or a sequence differs.
pub(crate) fn record_deployed(seeds: Range<u64>, folder: &Path) -> Result<(), Box<dyn Error>> {
    let part = Part {
        oracle: Oracle::Instructions,
        version: "litesvm 0.16.0",
        file: "deployed.bin.zst",
        sequences: seeds.map(deployed::generate).map(Directed::undirected).collect(),
    };
    let (known, mut unexpected) = record_parts(vec![part], folder)?;
    unexpected.extend(
        known
            .entries()
            .map(|(name, mismatch)| format!("{name}: {}", mismatch.differences)),
    );
    require_none(&unexpected)
}

fn record_parts(parts: Vec<Part>, folder: &Path) -> Result<(Known, Vec<String>), Box<dyn Error>> {
    let recordings = std::thread::scope(|scope| {
        let start = |part| {
            let thread = Builder::new().stack_size(STACK_LEN);
            thread.spawn_scoped(scope, move || record_part(part, folder))
        };
        let threads: Vec<ScopedJoinHandle<'_, _>> = parts.into_iter().map(start).collect::<Result<_, _>>()?;
        let results = threads.into_iter().map(|thread| thread.join());
        results
            .map(|result| result.expect("recording does not panic"))
            .collect::<Result<Vec<_>, std::io::Error>>()
    })?;
    let mut known = Known::default();
    let mut unexpected = Vec::new();
    for recording in recordings {
        println!("{}", recording.text);
        for (name, mismatch) in recording.known.entries() {
            known.insert(name, mismatch.clone());
        }
        unexpected.extend(recording.unexpected);
    }
    Ok((known, unexpected))
}

fn require_none(unexpected: &[String]) -> Result<(), Box<dyn Error>> {
    match unexpected.is_empty() {
        true => Ok(()),
        false => Err(format!(
            "recorded, but Isobath departs from it:\n{}",
            unexpected.join("\n")
        )
        .into()),
    }
}

fn random(seeds: Range<u64>, oracle: Oracle, version: &'static str, file: &'static str) -> Part {
    let sequences = seeds
        .flat_map(generate)
        .filter(|sequence| sequence.oracle == oracle);
    Part {
        oracle,
        version,
        file,
        sequences: sequences.map(Directed::undirected).collect(),
    }
}

fn record_part(part: Part, folder: &Path) -> Result<Recording, std::io::Error> {
    let oracles = Oracles::new();
    let mut histogram = Histogram::default();
    let mut known = Known::default();
    let mut unexpected = Vec::new();
    let mut entries = Vec::new();
    for directed in part.sequences {
        let sequence = &directed.sequence;
        let run = oracles.run(sequence);
        count(&mut histogram, &run);
        match verdict(&directed, &run) {
            Verdict::Same => {}
            Verdict::Deliberate(reason, differences) => {
                let differences = describe(&differences);
                let reason = reason.to_owned();
                known.insert(&sequence.name, Mismatch { reason, differences });
            }
            Verdict::Unexpected(text) => unexpected.push(format!("{}: {text}", sequence.name)),
        }
        entries.push(Recorded {
            name: sequence.name.clone(),
            sequence: sequence.digest(),
            blocks: run.blocks,
        });
    }
    let (sequences, transactions) = (entries.len(), histogram.total());
    let file = FixtureFile {
        oracle: part.oracle,
        version: part.version.to_owned(),
        entries,
    };
    fs::write(folder.join(part.file), file.to_bytes()?)?;
    let (version, file) = (part.version, part.file);
    Ok(Recording {
        text: format!("{version}, {file}: {sequences} sequences, {transactions} transactions\n{histogram}"),
        known,
        unexpected,
    })
}

/// Counts the results of a run.
pub(crate) fn count(histogram: &mut Histogram, run: &Run) {
    let transactions = run.blocks.iter().flat_map(|block| &block.transactions);
    transactions.for_each(|transaction| histogram.add(transaction));
}
