//! A crash at every storage operation of 200 blocks of random transactions.
//!
//! The workload is stored once on a disk that writes down its operations, with power failures and process deaths on the way. Then
//! every operation is a place to crash: with everything unsynced lost, and with torn tails around the ends of the
//! record's parts. After each crash the ledger must open, hold every acknowledged block and nothing else, apply no
//! message twice, conserve lamports, have the accounts of the undisturbed run, take one more block, and open again.
//!
//! Which torn tails are tried alternates from block to block; `ISOBATH_CRASH_ALL_TAILS` in the environment tries all of
//! them at every block.

#![allow(
    clippy::unwrap_used,
    clippy::arithmetic_side_effects,
    reason = "the helpers of a test are test code, which clippy cannot see: a panic is a failed test"
)]

use std::time::Instant;

use isobath_node::Store;
use isobath_runtime::Chain;
use isobath_sdk::chain::header::Anchor;
use isobath_sdk::chain::outcome::OutcomeClass;
use isobath_sdk::chain::record::BlockRecord;
use isobath_storage::{Fill, LossyStorage, Storage, TornTail};
use isobath_tests::crash::recorder::{Liar, Step};
use isobath_tests::crash::reference::Reference;
use isobath_tests::crash::reopen::{Promise, reopen};
use isobath_tests::crash::tear::{Parts, third_of_torn_tails, torn_tails};
use isobath_tests::crash::trace::{Interruption, Walk, store};

const SEED: u64 = 20_261_101;
const BLOCKS: usize = 200;

/// What happens to the workload itself: which block it hits, and what survives of its record.
const fn interrupt(slot: u64) -> Option<Interruption> {
    let (kept, fill) = match slot {
        20 | 140 => return Some(Interruption::ProcessDeath),
        1 => (90, Fill::Garbage),
        40 => (172, Fill::Cut),
        80 => (200, Fill::Zeros),
        120 => (0, Fill::Cut),
        160 => (usize::MAX, Fill::Cut),
        _ => return None,
    };
    Some(Interruption::PowerFailure(TornTail { kept, fill }))
}

/// Lengths of the start of a ledger to keep: it has no parts that a record has.
const LEDGER_HEADER_LENGTHS: [usize; 6] = [0, 1, 60, 115, 116, usize::MAX];

/// How to crash now, with `slot` as the block in the making.
fn crashes(reference: &Reference, walk: &Walk, slot: u64) -> Vec<Option<TornTail>> {
    if walk.is_synced() {
        return vec![None];
    }
    let lengths = match (walk.unsynced_len(), reference.record(slot)) {
        // Only a truncation is not durable yet.
        (0, _) => vec![0],
        (written, Some(record)) if walk.has_ledger() => Parts::of(record, written).lengths(),
        _ => LEDGER_HEADER_LENGTHS.to_vec(),
    };
    let turn = usize::try_from(slot).expect("a short chain");
    let torn = match std::env::var_os("ISOBATH_CRASH_ALL_TAILS") {
        Some(_) => torn_tails(&lengths, turn),
        None => third_of_torn_tails(&lengths, turn),
    };
    std::iter::once(None).chain(torn.into_iter().map(Some)).collect()
}

#[derive(Debug, Default)]
struct Totals {
    operations: [usize; 3],
    crashes: usize,
    in_flight_kept: usize,
}

/// Crashes before every operation of the trace and after the last.
fn sweep(reference: &Reference, steps: &[Step]) -> Result<Totals, String> {
    let mut totals = Totals::default();
    let mut walk = Walk::default();
    for (at, step) in steps.iter().enumerate() {
        match step {
            Step::Append(_) => totals.operations[0] += 1,
            Step::Sync => totals.operations[1] += 1,
            Step::Truncate(_) => totals.operations[2] += 1,
            Step::Crash(_) | Step::Acknowledged(_) => {
                walk.step(step);
                continue;
            }
        }
        crash_here(reference, &walk, &mut totals).map_err(|what| format!("before step {at}: {what}"))?;
        walk.step(step);
    }
    crash_here(reference, &walk, &mut totals).map_err(|what| format!("at the end: {what}"))?;
    Ok(totals)
}

fn crash_here(reference: &Reference, walk: &Walk, totals: &mut Totals) -> Result<(), String> {
    let acknowledged = walk.promise().acknowledged;
    for how in crashes(reference, walk, acknowledged + 1) {
        let found = walk
            .try_crash(reference, how)
            .map_err(|what| format!("crash {how:?}: {what}"))?;
        totals.crashes += 1;
        totals.in_flight_kept += usize::from(found > acknowledged);
    }
    Ok(())
}

#[test]
fn every_crash_leaves_the_acknowledged_blocks_and_a_chain_that_goes_on() {
    let start = Instant::now();
    let reference = Reference::new(SEED, BLOCKS);
    let made = start.elapsed();
    let steps = store(&reference, interrupt).unwrap();
    let totals = sweep(&reference, &steps).unwrap();
    let swept = start.elapsed();
    println!("seed {SEED}, {BLOCKS} blocks, {totals:?}, made in {made:?}, all in {swept:?}");
    let [appends, syncs, truncates] = totals.operations;
    assert!(
        appends >= BLOCKS && syncs >= BLOCKS && truncates >= 3,
        "{totals:?}"
    );
    assert!(
        totals.in_flight_kept >= BLOCKS / 3,
        "a record that survived whole is kept"
    );
}

#[test]
fn the_workload_exercises_the_runtime_to_its_end() {
    let reference = Reference::new(SEED, BLOCKS);
    let quarter = reference.blocks() / 4;
    for start in [0, quarter, 2 * quarter, 3 * quarter] {
        let records = (start + 1..=start + quarter).filter_map(|slot| reference.record(slot));
        let outcomes = records.flat_map(|record| &record.history.executions);
        let (mut good, mut failed) = (0, 0);
        for execution in outcomes {
            match (execution.outcome.class, execution.outcome.error) {
                (OutcomeClass::Executed, None) => good += 1,
                _ => failed += 1,
            }
        }
        println!("blocks from {}: {good} succeeded, {failed} failed", start + 1);
        assert!(good >= 20 && failed >= 5);
    }
}

/// A short chain, for the controls below: each shows that a check can fail.
fn short() -> Reference {
    Reference::new(SEED, 12)
}

/// Stores `blocks` blocks of `reference` on `storage`.
fn stored(reference: &Reference, storage: Box<dyn Storage>, blocks: u64) {
    let promise = Promise {
        acknowledged: 0,
        begun: 0,
    };
    let mut ledger = reopen(reference, storage, promise).unwrap();
    for _ in 0..blocks {
        ledger.go_on(reference).unwrap();
    }
}

/// What opening says when `blocks` blocks are promised and begun.
fn complaint(reference: &Reference, disk: &LossyStorage, blocks: u64) -> String {
    let promise = Promise {
        acknowledged: blocks,
        begun: blocks,
    };
    let opened = reopen(reference, Box::new(disk.clone()), promise);
    opened.expect_err("the control is noticed")
}

#[test]
fn a_disk_that_lies_about_its_syncs_is_caught() {
    let reference = short();
    let disk = Liar::default();
    stored(&reference, Box::new(disk.clone()), 5);
    disk.0.crash();
    let said = complaint(&reference, &disk.0, 5);
    assert!(said.contains("lost: 0 of 5"), "{said}");
}

#[test]
fn a_disk_that_loses_its_synced_end_is_caught() {
    let reference = short();
    let disk = LossyStorage::new();
    stored(&reference, Box::new(disk.clone()), 5);
    let mut bytes = disk.synced_bytes();
    bytes.pop();
    let said = complaint(&reference, &LossyStorage::from_bytes(bytes), 5);
    assert!(said.contains("lost: 4 of 5"), "{said}");
}

#[test]
fn damage_before_the_last_block_is_refused_and_named() {
    let reference = short();
    let disk = LossyStorage::new();
    stored(&reference, Box::new(disk.clone()), 4);
    let fourth = disk.bytes().len();
    stored_from(&reference, &disk, 4, 6);
    for offset in (fourth - 40..fourth).step_by(7) {
        let damaged = LossyStorage::from_bytes(disk.synced_bytes());
        damaged.damage(offset, 0x10);
        let said = complaint(&reference, &damaged, 6);
        assert!(said.contains("damaged in slot 4"), "{said}");
        assert_eq!(
            damaged.bytes().len(),
            disk.bytes().len(),
            "nothing is cut from a damaged ledger"
        );
    }
}

/// Continues a disk that holds `from` blocks up to `to` blocks.
fn stored_from(reference: &Reference, disk: &LossyStorage, from: u64, to: u64) {
    let promise = Promise {
        acknowledged: from,
        begun: from,
    };
    let mut ledger = reopen(reference, Box::new(disk.clone()), promise).unwrap();
    for _ in from..to {
        ledger.go_on(reference).unwrap();
    }
}

#[test]
fn another_chain_and_a_block_too_many_are_caught() {
    let reference = short();
    let disk = LossyStorage::new();
    stored(&reference, Box::new(disk.clone()), 5);
    let said = complaint(&Reference::new(SEED + 1, 12), &disk, 5);
    assert!(said.contains("is not the one that was stored"), "{said}");
    let said = complaint(&reference, &disk, 3);
    assert!(said.contains("5 blocks, of which 3 were begun"), "{said}");
}

/// The block after the tip of `db`, made by a producer that has forgotten the block `last`: it executes its
/// transactions again.
fn forgetful_block(reference: &Reference, before: &Chain, last: &BlockRecord, db: &Store) -> BlockRecord {
    let mut block =
        reference
            .runtime()
            .open_block(before, db.begin_block(), last.history.header.timestamp_ms);
    for wire in &last.history.transactions {
        let tx = reference.runtime().admit(wire, db.key_hasher());
        block.execute(&tx.unwrap());
    }
    let mut record = block.seal();
    let (slot, result_hash) = (last.history.header.slot, last.history.result.hash());
    let (header, result) = (&mut record.history.header, &mut record.history.result);
    header.slot = slot + 1;
    header.height = slot + 1;
    header.parent_slot = slot;
    header.parent_hash = last.history.result.block_hash;
    header.anchor = Anchor { slot, result_hash };
    result.slot = slot + 1;
    result.height = slot + 1;
    result.block_hash = header.blockhash();
    result.parent_result_hash = result_hash;
    result.capitalization = last.history.result.capitalization - result.fees.burned;
    record.into_stored()
}

#[test]
fn a_producer_that_applies_a_block_twice_is_caught() {
    let reference = short();
    let mut before = Chain::new(reference.genesis());
    let disk = LossyStorage::new();
    let blocks = (1..=reference.blocks())
        .find(|slot| {
            let record = reference.record(*slot).unwrap();
            let is_busy = record
                .history
                .executions
                .iter()
                .any(|execution| execution.outcome.error.is_none());
            if !is_busy {
                before.apply(&record.history).unwrap();
            }
            is_busy
        })
        .unwrap();
    stored(&reference, Box::new(disk.clone()), blocks);
    let (db, _) = Store::open(Box::new(disk.clone()), reference.genesis(), &mut |_| Ok(())).unwrap();
    let twice = forgetful_block(&reference, &before, reference.record(blocks).unwrap(), &db);
    db.publish(db.commit(twice).expect("the store knows accounts, not messages"));
    drop(db);
    let said = complaint(&reference, &disk, blocks + 1);
    assert!(said.contains("applied twice"), "{said}");
}
