//! Replays the recorded fixtures: Isobath must make of every sequence what Solana's runtime made of it.

#![allow(
    clippy::arithmetic_side_effects,
    reason = "test code: an overflow is a failed test"
)]

use std::fs;
use std::path::{Path, PathBuf};

use isobath_conformance::compare::first_difference;
use isobath_conformance::fixture::FixtureFile;
use isobath_conformance::generate::generate;
use isobath_conformance::histogram::Histogram;
use isobath_conformance::isobath::Isobath;
use isobath_conformance::known::Known;
use isobath_conformance::ledger::run;
use isobath_conformance::sequence::Oracle;
use isobath_sdk::chain::genesis::Genesis;

/// Sequences that the two fixtures hold together, at least.
const SEQUENCES_MIN: usize = 20_000;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures")
}

fn fixture(oracle: Oracle) -> FixtureFile {
    let name = match oracle {
        Oracle::Instructions => "litesvm.bin.zst",
        Oracle::Ledger => "bank.bin.zst",
    };
    let path = folder().join(name);
    let bytes = fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let file = FixtureFile::from_bytes(&bytes).expect("a fixture of this version");
    assert_eq!(file.oracle, oracle);
    file
}

fn known() -> Known {
    Known::parse(&fs::read_to_string(folder().join("known-mismatches.txt")).expect("the list is in the tree"))
        .unwrap_or_else(|line| panic!("known-mismatches.txt:{}: {}", line.number, line.reason))
}

/// Replays one file; returns the complaints.
fn replay(file: &FixtureFile, known: &Known) -> Vec<String> {
    let mut complaints = Vec::new();
    for recorded in &file.entries {
        let seed = recorded.seed;
        let sequence = generate(seed);
        assert_eq!(sequence.oracle, file.oracle, "seed {seed}");
        assert_eq!(
            sequence.digest(),
            recorded.sequence,
            "seed {seed}: the generator changed; record the fixtures again (just conformance-record)"
        );
        let found = run(&sequence, &mut Isobath::new(&sequence));
        match (
            first_difference(file.oracle, &recorded.blocks, &found.blocks),
            known.reason(seed),
        ) {
            (None, None) | (Some(_), Some(_)) => {}
            (Some(difference), None) => complaints.push(format!("seed {seed}: {difference}")),
            (None, Some(reason)) => complaints.push(format!(
                "seed {seed} does not differ any more; remove it from known-mismatches.txt ({reason})"
            )),
        }
    }
    complaints
}

fn assert_conforms(oracle: Oracle) {
    let file = fixture(oracle);
    let complaints = replay(&file, &known());
    for complaint in &complaints {
        println!("{complaint}");
    }
    assert!(
        complaints.is_empty(),
        "{} of {} sequences differ from {} (just conformance-explain shows one in full)",
        complaints.len(),
        file.entries.len(),
        file.version
    );
}

#[test]
fn instructions_do_what_they_do_in_litesvm() {
    assert_conforms(Oracle::Instructions);
}

#[test]
fn transactions_end_as_they_do_in_a_bank() {
    assert_conforms(Oracle::Ledger);
}

#[test]
fn fixtures_are_many_and_reach_what_they_are_for() {
    let files = [fixture(Oracle::Instructions), fixture(Oracle::Ledger)];
    let count: usize = files.iter().map(|file| file.entries.len()).sum();
    assert!(count >= SEQUENCES_MIN, "{count} sequences");
    for seed in known().seeds() {
        assert!(
            files
                .iter()
                .any(|file| file.entries.iter().any(|entry| entry.seed == seed)),
            "known-mismatches.txt names seed {seed}, which is not recorded"
        );
    }
    let [instructions, ledger] = files.map(|file| {
        let mut histogram = Histogram::default();
        let blocks = file.entries.iter().flat_map(|entry| &entry.blocks);
        blocks
            .flat_map(|block| &block.transactions)
            .for_each(|transaction| histogram.add(transaction));
        println!(
            "{} ({} transactions)\n{histogram}",
            file.version,
            histogram.total()
        );
        histogram
    });
    assert!(instructions.count("success") * 6 > instructions.total());
    for name in [
        "AccountNotFound",
        "InsufficientFundsForFee",
        "InvalidAccountForFee",
        "AlreadyProcessed",
        "BlockhashNotFound",
        "ProgramAccountNotFound",
        "InvalidProgramForExecution",
        "MaxLoadedAccountsDataSizeExceeded",
        "InsufficientFundsForRent",
        "AddressLookupTableNotFound",
    ] {
        assert!(ledger.count(name) >= 20, "{name}: {}", ledger.count(name));
    }
}

#[test]
fn what_is_listed_for_the_age_of_a_blockhash_is_due_to_that_alone() {
    let (file, known) = (fixture(Oracle::Ledger), known());
    let mut count = 0;
    for recorded in &file.entries {
        if known.reason(recorded.seed) == Some("age") {
            let sequence = generate(recorded.seed);
            let one_more = |genesis: &mut Genesis| genesis.blockhash_max_age_blocks += 1;
            let found = run(&sequence, &mut Isobath::with_rules(&sequence, one_more));
            let difference = first_difference(file.oracle, &recorded.blocks, &found.blocks);
            assert_eq!(difference, None, "seed {}", recorded.seed);
            count += 1;
        }
    }
    assert!(count > 0);
}

#[test]
fn a_rule_that_is_off_by_one_is_noticed() {
    let file = fixture(Oracle::Ledger);
    let changes: [fn(&mut Genesis); 4] = [
        |genesis| genesis.fees.lamports_per_signature += 1,
        |genesis| genesis.fees.burn_percent -= 1,
        |genesis| genesis.rent.lamports_per_byte -= 1,
        |genesis| genesis.blockhash_max_age_blocks -= 1,
    ];
    let known = known();
    for (number, change) in changes.into_iter().enumerate() {
        let is_noticed = file.entries.iter().any(|recorded| {
            let sequence = generate(recorded.seed);
            let found = run(&sequence, &mut Isobath::with_rules(&sequence, change));
            let difference = first_difference(file.oracle, &recorded.blocks, &found.blocks);
            difference.is_some() && known.reason(recorded.seed).is_none()
        });
        assert!(is_noticed, "change {number}");
    }
}
