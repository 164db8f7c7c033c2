//! Replays the recorded fixtures: Isobath must make of every sequence what Solana's runtime made of it.

#![allow(
    clippy::arithmetic_side_effects,
    reason = "test code: an overflow is a failed test"
)]

use std::fs;
use std::path::{Path, PathBuf};

use isobath_conformance::compare::{describe, differences, first_difference};
use isobath_conformance::deployed::{self, success};
use isobath_conformance::directed::{self, Directed};
use isobath_conformance::fixture::FixtureFile;
use isobath_conformance::generate::named;
use isobath_conformance::histogram::Histogram;
use isobath_conformance::isobath::Isobath;
use isobath_conformance::known::Known;
use isobath_conformance::ledger::run;
use isobath_conformance::sequence::{Oracle, Sequence};
use isobath_sdk::chain::genesis::Genesis;
use isobath_sdk::ids;

/// Sequences that the two fixtures hold together, at least.
const SEQUENCES_MIN: usize = 20_000;

/// Sequences of the programs that are bytecode on Solana, at least.
const DEPLOYED_MIN: usize = 20_000;
/// How often each of their instructions succeeds, at least.
const SUCCESSES_MIN: u64 = 100;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures")
}

fn fixture(name: &str) -> FixtureFile {
    let path = folder().join(name);
    let bytes = fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    FixtureFile::from_bytes(&bytes).expect("a fixture of this version")
}

fn known() -> Known {
    Known::parse(&fs::read_to_string(folder().join("known-mismatches.txt")).expect("the list is in the tree"))
        .unwrap_or_else(|line| panic!("known-mismatches.txt:{}: {}", line.number, line.reason))
}

fn sequence_of(name: &str, directed: &[Directed]) -> Sequence {
    let written = directed.iter().find(|directed| directed.sequence.name == name);
    match written {
        Some(directed) => directed.sequence.clone(),
        None => named(name)
            .or_else(|| deployed::named(name))
            .expect("seed and profile, or the name of a sequence"),
    }
}

/// Replays one file; returns the complaints.
fn replay(file: &FixtureFile, known: &Known) -> Vec<String> {
    let directed = directed::all();
    let mut complaints = Vec::new();
    for recorded in &file.entries {
        let name = &recorded.name;
        let sequence = sequence_of(name, &directed);
        assert_eq!(sequence.oracle, file.oracle, "{name}");
        assert_eq!(
            sequence.digest(),
            recorded.sequence,
            "{name}: the sequence changed; record the fixtures again (just conformance-record)"
        );
        let found = run(&sequence, &mut Isobath::new(&sequence));
        let found = describe(&differences(file.oracle, &recorded.blocks, &found.blocks));
        let listed = known.get(name).map_or("", |mismatch| &mismatch.differences);
        if found != listed {
            complaints.push(format!("{name}: {found:?}, listed {listed:?}"));
        }
    }
    complaints
}

fn assert_conforms(name: &str) {
    let file = fixture(name);
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
    assert_conforms("litesvm.bin.zst");
}

#[test]
fn deployed_programs_do_what_they_do_in_litesvm() {
    assert_conforms("deployed.bin.zst");
}

#[test]
fn each_instruction_of_the_deployed_programs_succeeds_often() {
    let file = fixture("deployed.bin.zst");
    assert!(file.entries.len() >= DEPLOYED_MIN);
    let mut successes = success::Successes::default();
    for recorded in &file.entries {
        let sequence = deployed::named(&recorded.name).expect("a sequence of these programs");
        successes.add(&sequence, &recorded.blocks);
    }
    println!("{}", successes.to_text());
    for tag in success::TOKEN_TAGS {
        assert!(
            successes.of_token(tag) >= SUCCESSES_MIN,
            "token instruction {tag}"
        );
    }
    for (program, tag) in [
        (ids::ASSOCIATED_TOKEN_PROGRAM, None),
        (ids::ASSOCIATED_TOKEN_PROGRAM, Some(0)),
        (ids::ASSOCIATED_TOKEN_PROGRAM, Some(1)),
        (ids::ASSOCIATED_TOKEN_PROGRAM, Some(2)),
        (ids::MEMO_PROGRAM_V1, None),
        (ids::MEMO_PROGRAM, None),
    ] {
        assert!(
            successes.count(&program, tag) >= SUCCESSES_MIN,
            "{program} {tag:?}"
        );
    }
}

#[test]
fn transactions_end_as_they_do_in_a_bank() {
    assert_conforms("bank.bin.zst");
}

#[test]
fn sequences_written_by_hand_end_as_they_do_in_a_bank() {
    assert_conforms("directed.bin.zst");
}

#[test]
fn every_sequence_written_by_hand_is_recorded() {
    let recorded: Vec<String> = fixture("directed.bin.zst")
        .entries
        .into_iter()
        .map(|entry| entry.name)
        .collect();
    let written: Vec<String> = directed::all()
        .into_iter()
        .map(|directed| directed.sequence.name)
        .collect();
    assert_eq!(recorded, written);
}

#[test]
fn known_mismatches_are_recorded_and_have_a_reason_of_the_five() {
    let files = ["litesvm.bin.zst", "bank.bin.zst", "directed.bin.zst"].map(fixture);
    for (name, mismatch) in known().entries() {
        let mut entries = files.iter().flat_map(|file| &file.entries);
        assert!(entries.any(|entry| entry.name == name), "{name} is not recorded");
        assert!(
            ["age", "invalid", "loader", "order", "parent"].contains(&mismatch.reason.as_str()),
            "{name}: {}",
            mismatch.reason
        );
    }
}

#[test]
fn fixtures_are_many_and_reach_what_they_are_for() {
    let files = ["litesvm.bin.zst", "bank.bin.zst"].map(fixture);
    let count: usize = files.iter().map(|file| file.entries.len()).sum();
    assert!(count >= SEQUENCES_MIN, "{count} sequences");
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
    assert!(instructions.count("success") * 7 > instructions.total());
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
        "instruction: CallDepth",
        "instruction: ComputationalBudgetExceeded",
        "instruction: ExternalAccountLamportSpend",
        "instruction: PrivilegeEscalation",
        "instruction: UnbalancedInstruction",
    ] {
        assert!(ledger.count(name) >= 10, "{name}: {}", ledger.count(name));
    }
}

#[test]
fn what_is_listed_for_the_age_of_a_blockhash_is_due_to_that_alone() {
    let (known, directed) = (known(), directed::all());
    let mut count = 0;
    for file in ["bank.bin.zst", "directed.bin.zst"].map(fixture) {
        for recorded in &file.entries {
            if known
                .get(&recorded.name)
                .is_some_and(|mismatch| mismatch.reason == "age")
            {
                let sequence = sequence_of(&recorded.name, &directed);
                let one_more = |genesis: &mut Genesis| genesis.blockhash_max_age_blocks += 1;
                let found = run(&sequence, &mut Isobath::with_rules(&sequence, one_more));
                let mut left = differences(file.oracle, &recorded.blocks, &found.blocks).into_iter();
                assert!(left.all(|left| left.is_order_of_faults()), "{}", recorded.name);
                count += 1;
            }
        }
    }
    assert!(count > 0);
}

#[test]
fn a_rule_that_is_off_by_one_is_noticed() {
    let changes: [fn(&mut Genesis); 4] = [
        |genesis| genesis.fees.lamports_per_signature += 1,
        |genesis| genesis.fees.burn_percent -= 1,
        |genesis| genesis.rent.lamports_per_byte -= 1,
        |genesis| genesis.blockhash_max_age_blocks -= 1,
    ];
    let (known, directed) = (known(), directed::all());
    let files = ["directed.bin.zst", "bank.bin.zst"].map(fixture);
    for (number, change) in changes.into_iter().enumerate() {
        let mut recorded = files.iter().flat_map(|file| &file.entries);
        let is_noticed = recorded.any(|recorded| {
            let sequence = sequence_of(&recorded.name, &directed);
            let found = run(&sequence, &mut Isobath::with_rules(&sequence, change));
            let difference = first_difference(Oracle::Ledger, &recorded.blocks, &found.blocks);
            difference.is_some() && known.get(&recorded.name).is_none()
        });
        assert!(is_noticed, "change {number}");
    }
}
