//! Executes a whole ledger again with the oracle and compares every result.
//!
//! ```text
//! LedgerReader --record--> signatures -> Oracle::execute_block -> Difference::find --> next record
//!      checksums, links                        ^ its own accounts, from the genesis on
//! ```
//!
//! Invariant: nothing is written. A ledger that passes is one that an executor which shares nothing with the node's
//! would have written, byte for byte; a record with valid checksums that says anything else is named.

use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use isobath_ledger::{LedgerReader, OpenError};
use isobath_program_abi::Hash;
use isobath_runtime::{Difference, Oracle, OracleError, RulesetError};
use isobath_sdk::TransactionView;
use isobath_sdk::chain::genesis::GenesisError;
use isobath_sdk::chain::record::{BlockRecord, RecordError, StoredRecord};
use isobath_sdk::program::ProgramTable;
use isobath_sigverify::{Item, verify_batch};
use isobath_storage::{FileLog, FolderError, StorageError, StorageReader};
use thiserror::Error;

/// What a ledger holds that passed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CheckedLedger {
    /// Hash of its genesis.
    pub genesis_hash: Hash,
    /// Number of blocks.
    pub blocks: u64,
    /// Number of transactions in them.
    pub transactions: u64,
    /// Bytes of an incomplete record at the end, which no node has published and the next start cuts.
    pub torn_bytes: u64,
}

/// How far a check has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CheckProgress {
    /// Slot of the last block that was checked; 0 before the first.
    pub slot: u64,
    /// Slot of the last record of the ledger.
    pub last_slot: u64,
}

/// Why a ledger does not pass.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum CheckError {
    /// A node uses the ledger.
    #[error("the ledger in {} is in use by another process; stop the node, or copy the folder and verify the copy", .0.display())]
    InUse(PathBuf),
    /// The folder has no ledger.
    #[error("{} holds no ledger; give the folder of one with --ledger", .0.display())]
    Missing(PathBuf),
    /// The log of the folder does not begin as a ledger does.
    #[error(
        "the file blocks.log in {} does not begin as a ledger does: it is damaged, or its creation was interrupted; \
         restore it from a backup, or give another folder with --ledger",
        .0.display()
    )]
    NotALedger(PathBuf),
    /// The genesis breaks a rule.
    #[error("the genesis of the ledger cannot be run: {0}")]
    Genesis(#[from] GenesisError),
    /// This build cannot run the genesis.
    #[error(transparent)]
    Rules(#[from] RulesetError),
    /// The ledger is damaged, of another version, or cannot be read.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// A transaction has an invalid signature.
    #[error("block {slot} differs: transaction {index} has an invalid signature")]
    Signature {
        /// Slot of the block.
        slot: u64,
        /// Index of the transaction.
        index: usize,
    },
    /// The transactions make no block.
    #[error("block {slot} differs: {source}")]
    Order {
        /// Slot of the block.
        slot: u64,
        /// Why not.
        source: OracleError,
    },
    /// The changes in the record do not apply to the accounts before it.
    #[error("block {slot} differs: {source}")]
    Delta {
        /// Slot of the block.
        slot: u64,
        /// Why not.
        source: RecordError,
    },
    /// The record says something else than the execution.
    #[error("block {slot} differs: {source}")]
    Difference {
        /// Slot of the block.
        slot: u64,
        /// The first difference.
        source: Difference,
    },
    /// The caller ended the check.
    #[error("stopped after block {} of {}; no difference up to there", .0.slot, .0.last_slot)]
    Stopped(CheckProgress),
}

/// Executes the ledger in `dir` again with the oracle and these programs, and compares every result. Calls `on_block`
/// before the first block and after each; it ends the check with `Break`.
///
/// Takes a lock that excludes a node and that other checks share. Time: execution by an executor that copies whole
/// accounts, O(all accounts) a block.
///
/// # Errors
/// [`CheckError`]: the first difference, or why the ledger cannot be read.
pub fn check_ledger(
    dir: &Path,
    programs: ProgramTable,
    mut on_block: impl FnMut(CheckProgress) -> ControlFlow<()>,
) -> Result<CheckedLedger, CheckError> {
    let ledger = open(dir)?;
    let genesis = ledger.genesis();
    genesis.validate()?;
    let genesis_hash = genesis.hash();
    let mut oracle = Oracle::new(genesis.clone(), programs)?;
    let mut progress = CheckProgress {
        slot: 0,
        last_slot: ledger.newest_slot()?,
    };
    let mut transactions = 0_u64;
    let mut note = |progress: CheckProgress| match on_block(progress) {
        ControlFlow::Continue(()) => Ok(()),
        ControlFlow::Break(()) => Err(CheckError::Stopped(progress)),
    };
    note(progress)?;
    let torn_bytes = ledger.replay(|record| {
        check_block(&mut oracle, &record)?;
        transactions = transactions.saturating_add(record.history.transactions.len() as u64);
        progress.slot = record.history.header.slot;
        note(progress)
    })?;
    Ok(CheckedLedger {
        genesis_hash,
        blocks: progress.slot,
        transactions,
        torn_bytes,
    })
}

fn open(dir: &Path) -> Result<LedgerReader, CheckError> {
    let missing = || CheckError::Missing(dir.to_path_buf());
    let log = FileLog::open(dir).map_err(unusable)?.ok_or_else(missing)?;
    let fail = |source| OpenError::from(StorageError::new("read the length of", source));
    if log.is_empty().map_err(fail)? {
        return Err(missing());
    }
    let ledger = LedgerReader::open(Arc::new(log))?;
    ledger.ok_or_else(|| CheckError::NotALedger(dir.to_path_buf()))
}

fn unusable(error: FolderError) -> CheckError {
    match error {
        FolderError::Locked { dir } => CheckError::InUse(dir),
        error => OpenError::from(error).into(),
    }
}

fn check_block(oracle: &mut Oracle, stored: &StoredRecord) -> Result<(), CheckError> {
    let history = &stored.history;
    let slot = history.header.slot;
    let before = |key: &_| oracle.account(key).cloned();
    let delta = stored
        .delta
        .apply(history.data_growth_max(), before)
        .map_err(|source| CheckError::Delta { slot, source })?;
    let executed = oracle
        .execute_block(&history.header, &history.transactions)
        .map_err(|source| CheckError::Order { slot, source })?;
    if let Some(index) = find_invalid_signature(&history.transactions) {
        return Err(CheckError::Signature { slot, index });
    }
    let recorded = BlockRecord {
        history: history.clone(),
        delta,
    };
    Difference::find(&recorded, &executed).map_err(|source| CheckError::Difference { slot, source })
}

/// Index of the first transaction with an invalid signature. All decode: they were executed.
fn find_invalid_signature(transactions: &[Vec<u8>]) -> Option<usize> {
    let views = transactions.iter().map(|wire| TransactionView::parse(wire));
    let (mut items, mut owners) = (Vec::new(), Vec::new());
    for (index, view) in views.enumerate() {
        let view = view.ok()?;
        for (signature, key) in view.signatures().iter().zip(view.static_keys()) {
            items.push(Item {
                key,
                message: view.message_bytes(),
                signature,
            });
            owners.push(index);
        }
    }
    let verdicts = verify_batch(&items);
    verdicts.first_invalid().map(|(at, _)| owners[at])
}
