//! The reference stored on a recording disk, with crashes on the way, and walked step by step afterwards.
//!
//! ```text
//! Reference --store--> Recorder --> [Append][Sync][Acknowledged 1][Append][Crash][Truncate][Sync]...
//!                                      |
//! Walk: one disk, one step at a time --+--> fork before each operation --> crash --> reopen, compare, go on
//! ```
//!
//! The workload runs once. A crash at an operation is tried on a fork of the walking disk: what is synced, plus
//! what is not. So trying all crashes costs their openings, not a run of the workload for each.

use isobath_ledger::CommitError;
use isobath_storage::{LossyStorage, Storage, TornTail};

use super::recorder::{Recorder, Step, crash};
use super::reference::Reference;
use super::reopen::{Promise, Reopened, reopen};

/// What happens to the workload between the append and the sync of a block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Interruption {
    /// The power goes; this is left of the unsynced bytes.
    PowerFailure(TornTail),
    /// The process dies. The next one reads all that was appended, synced or not.
    ProcessDeath,
}

/// Stores all of `reference` on a new recording disk.
///
/// Each block for which `interrupt` names something is interrupted, once. The ledger is then opened again and goes
/// on, so that the list holds the truncations and syncs of a recovery too.
///
/// # Errors
/// What the ledger got wrong on the way.
pub fn store(
    reference: &Reference,
    interrupt: impl Fn(u64) -> Option<Interruption>,
) -> Result<Vec<Step>, String> {
    let disk = Recorder::default();
    let (mut slot, mut interrupted) = (0, 0);
    let mut promise = Promise {
        acknowledged: 0,
        begun: 0,
    };
    let mut ledger = reopen(reference, Box::new(disk.clone()), promise)?;
    while slot < reference.blocks() {
        promise.begun = slot + 1;
        if let Some(interruption) = interrupt(slot + 1).filter(|_| interrupted != slot + 1) {
            interrupted = slot + 1;
            die(reference, &disk, ledger, interruption)?;
            ledger = reopen(reference, Box::new(disk.clone()), promise)?;
            slot = ledger.report.blocks;
        } else {
            ledger.go_on(reference)?;
            slot += 1;
        }
        promise.acknowledged = slot;
        // Also what an opening reports: it is published.
        disk.acknowledge(slot);
    }
    Ok(disk.steps())
}

/// Begins the next block and does not come to its sync.
fn die(
    reference: &Reference,
    disk: &Recorder,
    ledger: Reopened,
    interruption: Interruption,
) -> Result<(), String> {
    let record = reference.execute_next(&ledger.chain, &ledger.db)?;
    disk.refuse_sync();
    match ledger.db.commit_received(record) {
        Err(CommitError::Storage(_)) => {}
        other => return Err(format!("a commit without its sync returned {other:?}")),
    }
    drop(ledger);
    match interruption {
        Interruption::PowerFailure(torn) => disk.crash(Some(torn)),
        Interruption::ProcessDeath => {}
    }
    Ok(())
}

/// A disk that goes through the steps of a trace.
#[derive(Debug, Default)]
pub struct Walk {
    disk: LossyStorage,
    acknowledged: u64,
}

impl Walk {
    /// What a crash now has to leave.
    #[must_use]
    pub const fn promise(&self) -> Promise {
        Promise {
            acknowledged: self.acknowledged,
            begun: self.acknowledged + 1,
        }
    }

    /// Bytes that a crash now may tear.
    #[must_use]
    pub fn unsynced_len(&self) -> usize {
        self.disk.unsynced_len()
    }

    /// Whether the start of a ledger is durable, so that only records follow.
    #[must_use]
    pub fn has_ledger(&self) -> bool {
        !self.disk.synced_bytes().is_empty()
    }

    /// Whether a crash now loses nothing.
    #[must_use]
    pub fn is_synced(&self) -> bool {
        self.disk.bytes() == self.disk.synced_bytes()
    }

    /// Does one step.
    ///
    /// # Panics
    /// When a step fails that did not fail when it was recorded.
    pub fn step(&mut self, step: &Step) {
        let done = match step {
            Step::Append(bytes) => self.disk.append(bytes),
            Step::Sync => self.disk.sync(),
            Step::Truncate(len) => self.disk.truncate(*len),
            Step::Crash(how) => {
                crash(&self.disk, *how);
                Ok(())
            }
            Step::Acknowledged(slot) => {
                self.acknowledged = *slot;
                Ok(())
            }
        };
        done.expect("the disk in memory does what it is asked to");
    }

    /// A disk of its own with the same synced and unsynced bytes.
    ///
    /// # Panics
    /// Never: the copy has no limits.
    #[must_use]
    pub fn fork(&self) -> LossyStorage {
        let live = self.disk.bytes();
        let stable = live.len() - self.disk.unsynced_len();
        let mut copy = LossyStorage::from_bytes(self.disk.synced_bytes());
        copy.truncate(stable as u64)
            .and_then(|()| copy.append(&live[stable..]))
            .expect("the disk in memory does what it is asked to");
        copy
    }

    /// Crashes a fork, opens it, goes on by one block and opens it once more.
    ///
    /// # Errors
    /// What the ledger got wrong.
    pub fn try_crash(&self, reference: &Reference, how: Option<TornTail>) -> Result<u64, String> {
        let disk = self.fork();
        crash(&disk, how);
        let mut ledger = reopen(reference, Box::new(disk.clone()), self.promise())?;
        let found = ledger.report.blocks;
        ledger.go_on(reference)?;
        drop(ledger);
        disk.crash();
        let promise = Promise {
            acknowledged: found + 1,
            begun: found + 1,
        };
        let again = reopen(reference, Box::new(disk), promise)?;
        if again.report.torn_bytes_cut > 0 {
            return Err("the second opening cuts bytes that the first one left".to_owned());
        }
        Ok(found)
    }
}
