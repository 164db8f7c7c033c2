//! Crashes at every storage operation, with every kind of torn tail, and full disks.
//!
//! The property throughout: every commit that returned `Ok` is there after reopening, and what is
//! there is a prefix of what was committed, the block in flight included at most.

use std::io;

use super::support::{Model, ledger_of, open, reopen, store};
use isobath_ledger::{CommitError, OpenError};
use isobath_node::Store;
use isobath_storage::{Fill, LossyStorage, Storage, StorageReader, TornTail};

/// Lengths of the unsynced tail to keep when `written` bytes are unsynced.
fn lengths(written: usize) -> Vec<usize> {
    let around = [0, 1, 7, 8, 12, 115, 116, 117, 171, 172, 173, 300, written / 2];
    let mut lengths: Vec<usize> = around.into_iter().filter(|kept| *kept < written).collect();
    lengths.extend([written.saturating_sub(1), written]);
    lengths.sort_unstable();
    lengths.dedup();
    lengths
}

/// Every way to crash a disk with `written` unsynced bytes; `None` loses them all.
fn crashes(written: usize) -> Vec<Option<TornTail>> {
    let fills = [Fill::Cut, Fill::Zeros, Fill::Garbage];
    let torn = lengths(written)
        .into_iter()
        .flat_map(|kept| fills.map(|fill| Some(TornTail { kept, fill })));
    std::iter::once(None).chain(torn).collect()
}

fn crash(disk: &LossyStorage, how: Option<TornTail>) {
    match how {
        Some(torn) => disk.crash_keeping(torn),
        None => disk.crash(),
    }
}

/// A disk with its own copy of what `disk` holds, as if it had just crashed like `how`.
fn crashed_copy(run: &dyn Fn() -> (LossyStorage, u64), how: Option<TornTail>) -> (LossyStorage, u64) {
    let (disk, acknowledged) = run();
    crash(&disk, how);
    (disk, acknowledged)
}

/// Stores as much of the model as a disk takes that stops after `operations`; the number of commits
/// that returned `Ok`.
fn run_until(disk: &LossyStorage, model: &Model, operations: u64) -> u64 {
    disk.stop_after(operations);
    let Ok((db, report)) = open(disk, &model.genesis) else {
        return 0;
    };
    let mut acknowledged = report.blocks;
    for record in &model.records[acknowledged as usize..] {
        match db.commit_received(record.clone()) {
            Ok(durable) => db.publish(durable),
            Err(CommitError::Storage(_)) => {
                assert!(matches!(
                    db.commit_received(record.clone()),
                    Err(CommitError::Poisoned)
                ));
                break;
            }
            Err(other) => panic!("{other}"),
        }
        acknowledged += 1;
    }
    acknowledged
}

/// Opens a crashed disk and asserts the property; then stores the rest of the model on it.
fn assert_recovers(disk: &LossyStorage, model: &Model, acknowledged: u64, context: &str) {
    let before = disk.bytes().len() as u64;
    let (db, report) = reopen(disk, model);
    assert!(
        report.blocks >= acknowledged,
        "{context}: {} of {acknowledged} blocks",
        report.blocks
    );
    assert!(
        report.blocks <= acknowledged + 1,
        "{context}: {} of {acknowledged} blocks",
        report.blocks
    );
    model.assert_holds(&db, report.blocks);
    if !report.created {
        assert_eq!(
            disk.bytes().len() as u64,
            before - report.torn_bytes_cut,
            "{context}"
        );
    }
    // What an opening reports is durable, so a crash right after it takes nothing back.
    drop(db);
    disk.crash();
    let (db, again) = reopen(disk, model);
    assert_eq!(
        (again.blocks, again.torn_bytes_cut),
        (report.blocks, 0),
        "{context}"
    );
    for record in &model.records[report.blocks as usize..] {
        store(&db, record);
    }
    model.assert_holds(&db, model.slot());
    drop(db);
    model.assert_holds(&reopen(disk, model).0, model.slot());
}

/// Mutating operations of a whole undisturbed run.
fn operations_of(model: &Model) -> u64 {
    let disk = LossyStorage::new();
    run_until(&disk, model, u64::MAX);
    disk.operations().total()
}

#[test]
fn crash_at_every_operation_of_a_workload() {
    let model = Model::standard(5);
    let total = operations_of(&model);
    assert_eq!(total, 2 + 2 * 5);
    for operations in 0..=total {
        let run = || {
            let disk = LossyStorage::new();
            let acknowledged = run_until(&disk, &model, operations);
            (disk, acknowledged)
        };
        for how in crashes(run().0.unsynced_len()) {
            let (disk, acknowledged) = crashed_copy(&run, how);
            assert_eq!(acknowledged, operations.saturating_sub(2) / 2);
            assert_recovers(
                &disk,
                &model,
                acknowledged,
                &format!("operation {operations}, {how:?}"),
            );
        }
    }
}

#[test]
fn crash_at_every_operation_of_a_recovery() {
    let model = Model::standard(4);
    let torn = |disk: &LossyStorage| {
        run_until(disk, &model, 2 + 2 * 2);
        disk.crash_keeping(TornTail {
            kept: 200,
            fill: Fill::Garbage,
        });
    };
    let recovery_operations = {
        let disk = LossyStorage::new();
        torn(&disk);
        let before = disk.operations().total();
        open(&disk, &model.genesis).unwrap();
        disk.operations().total() - before
    };
    assert_eq!(recovery_operations, 2, "one truncation, one sync");
    for operations in 0..recovery_operations + 3 {
        let run = || {
            let disk = LossyStorage::new();
            torn(&disk);
            let acknowledged = run_until(&disk, &model, operations);
            (disk, acknowledged.max(2))
        };
        for how in crashes(run().0.unsynced_len()) {
            let (disk, acknowledged) = crashed_copy(&run, how);
            assert_recovers(
                &disk,
                &model,
                acknowledged,
                &format!("operation {operations}, {how:?}"),
            );
        }
    }
}

#[test]
fn crash_at_every_operation_of_starting_over() {
    let model = Model::standard(2);
    for operations in 0..7 {
        let run = || {
            let disk = LossyStorage::new();
            run_until(&disk, &model, 1);
            disk.crash_keeping(TornTail {
                kept: 90,
                fill: Fill::Zeros,
            });
            assert!(!disk.bytes().is_empty());
            let acknowledged = run_until(&disk, &model, operations);
            (disk, acknowledged)
        };
        for how in crashes(run().0.unsynced_len()) {
            let (disk, acknowledged) = crashed_copy(&run, how);
            assert_recovers(
                &disk,
                &model,
                acknowledged,
                &format!("operation {operations}, {how:?}"),
            );
        }
    }
}

#[test]
fn a_record_that_only_the_page_cache_held_is_synced_by_the_next_opening() {
    let model = Model::standard(3);
    let disk = LossyStorage::new();
    // The process dies after the last append, before its sync; the machine does not.
    assert_eq!(run_until(&disk, &model, 2 + 2 + 2 + 1), 2);
    disk.crash_keeping(TornTail {
        kept: usize::MAX,
        fill: Fill::Cut,
    });
    assert_recovers(&disk, &model, 2, "page cache");
}

#[test]
fn a_full_disk_stops_the_ledger_cleanly_at_every_length() {
    let model = Model::standard(4);
    let full = ledger_of(&model).bytes().len();
    let start = ledger_of(&Model::new()).bytes().len();
    for capacity in (start..full).step_by(29) {
        let disk = LossyStorage::new();
        disk.set_capacity(Some(capacity));
        let (db, _) = open(&disk, &model.genesis).unwrap();
        let mut acknowledged = 0;
        let failure = model
            .records
            .iter()
            .find_map(|record| match db.commit_received(record.clone()) {
                Ok(durable) => {
                    db.publish(durable);
                    acknowledged += 1;
                    None
                }
                Err(error) => Some(error),
            });
        let Some(CommitError::Storage(error)) = failure else {
            panic!("the disk was full")
        };
        assert_eq!(error.cause().kind(), io::ErrorKind::StorageFull);
        assert!(error.is_out_of_room() && error.to_string().contains("make room"));
        assert!(std::error::Error::source(&error).is_some());
        let next = model.records[acknowledged as usize].clone();
        assert!(matches!(db.commit_received(next), Err(CommitError::Poisoned)));
        // What was published is still served.
        model.assert_holds(&db, acknowledged);
        drop(db);
        disk.set_capacity(None);
        assert_recovers(&disk, &model, acknowledged, &format!("capacity {capacity}"));
    }
}

#[test]
fn a_disk_without_room_for_the_header_says_so() {
    let model = Model::standard(1);
    let disk = LossyStorage::new();
    disk.set_capacity(Some(60));
    let Err(OpenError::Storage(error)) = open(&disk, &model.genesis) else {
        panic!("the disk was full")
    };
    assert!(error.is_out_of_room());
    disk.set_capacity(None);
    assert_recovers(&disk, &model, 0, "no room for the header");
}

/// A storage that fails its appends with one kind of error.
struct Failing(LossyStorage, io::ErrorKind);

impl Storage for Failing {
    fn len(&self) -> io::Result<u64> {
        self.0.len()
    }

    fn read_exact_at(&self, offset: u64, buf: &mut [u8]) -> io::Result<()> {
        self.0.read_exact_at(offset, buf)
    }

    fn append(&mut self, _bytes: &[u8]) -> io::Result<()> {
        Err(self.1.into())
    }

    fn sync(&mut self) -> io::Result<()> {
        self.0.sync()
    }

    fn truncate(&mut self, len: u64) -> io::Result<()> {
        self.0.truncate(len)
    }

    fn reader(&self) -> io::Result<std::sync::Arc<dyn StorageReader>> {
        self.0.reader()
    }
}

#[test]
fn the_cause_of_a_failure_is_kept() {
    let model = Model::standard(1);
    for (kind, is_room) in [
        (io::ErrorKind::FileTooLarge, true),
        (io::ErrorKind::StorageFull, true),
        (io::ErrorKind::QuotaExceeded, true),
        (io::ErrorKind::PermissionDenied, false),
    ] {
        let disk = ledger_of(&Model::new());
        let storage = Box::new(Failing(disk, kind));
        let (db, _) = Store::open(storage, &model.genesis, &mut |_| Ok(())).unwrap();
        let Err(CommitError::Storage(error)) = db.commit_received(model.records[0].clone()) else {
            panic!("the append failed")
        };
        assert_eq!((error.cause().kind(), error.is_out_of_room()), (kind, is_room));
        assert!(error.to_string().contains("append a block"), "{error}");
        assert!(matches!(
            db.commit_received(model.records[0].clone()),
            Err(CommitError::Poisoned)
        ));
    }
}
