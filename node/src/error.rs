//! Why a node cannot start, and why it rejects a transaction.
//!
//! Every text gives the cause and, if an operator can act on it, the cure.

use std::io;

use isobath_ledger::OpenError;
use isobath_program_abi::Hash;
use isobath_runtime::{RulesetError, Simulation};
use isobath_scheduler::InsertError;
use isobath_sdk::chain::genesis::GenesisError;
use isobath_sdk::rules::FeatureSet;
use isobath_sdk::{DecodeError, TransactionError};
use isobath_storage::FolderError;
use thiserror::Error;

/// The node could not start.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum NodeError {
    /// The configuration is contradictory or out of range.
    #[error("{0}")]
    Config(String),
    /// The ledger has another genesis than the one given.
    #[error(
        "the ledger has genesis {ledger}, but --genesis gives {given}; \
         omit --genesis to keep the ledger, or add --reset to delete it"
    )]
    GenesisMismatch {
        /// The genesis hash of the ledger.
        ledger: Hash,
        /// The genesis hash of the configuration.
        given: Hash,
    },
    /// The ledger has other features than those chosen.
    #[error(
        "the ledger has the features {ledger}, but --features and --deactivate-feature ask for {chosen}; omit the flags \
         to keep the ledger, or add --reset to delete it"
    )]
    FeaturesMismatch {
        /// The features of the ledger.
        ledger: FeatureSet,
        /// The features that were chosen.
        chosen: FeatureSet,
    },
    /// The host clock cannot be the time of a chain: it is before 1970 or after 9999.
    #[error("the host clock shows a time {0}; set the clock and start again")]
    Clock(&'static str),
    /// The genesis breaks a rule.
    #[error("invalid genesis: {0}")]
    Genesis(#[from] GenesisError),
    /// The genesis of an existing ledger breaks a rule of this version.
    #[error("the genesis of the ledger cannot be run: {0}; start a new chain with --reset")]
    LedgerGenesis(#[source] GenesisError),
    /// This build cannot run the genesis.
    #[error(transparent)]
    Runtime(#[from] RulesetError),
    /// The ledger cannot be opened.
    #[error(transparent)]
    Open(OpenError),
    /// The ledger is damaged.
    #[error("{0}, or delete the ledger with --reset")]
    Damaged(#[source] OpenError),
    /// A thread could not be started.
    #[error("cannot start a thread: {0}; raise the process limit (ulimit -u)")]
    Thread(io::Error),
}

impl From<FolderError> for NodeError {
    fn from(error: FolderError) -> Self {
        OpenError::from(error).into()
    }
}

impl From<OpenError> for NodeError {
    fn from(error: OpenError) -> Self {
        match error {
            OpenError::Corrupt { .. } => Self::Damaged(error),
            _ => Self::Open(error),
        }
    }
}

/// Why a transaction was rejected. Nothing of it is kept.
#[derive(Debug, Error)]
pub enum SubmitError {
    /// The bytes are not a transaction.
    #[error("cannot decode the transaction: {0}")]
    Decode(DecodeError),
    /// The form of an instruction is wrong, or a lookup table cannot be resolved in the published view: what Solana's
    /// nodes refuse while they sanitize, before they look at the signatures.
    #[error("invalid transaction: {0}")]
    Sanitize(TransactionError),
    /// A signature is missing or invalid.
    #[error("Transaction signature verification failure")]
    SignatureVerification,
    /// The transaction breaks another rule that does not depend on state, or is known to have no effect
    /// (blockhash unknown or expired, message already processed, a key loaded twice).
    #[error("{0}")]
    Invalid(TransactionError),
    /// The payer does not exist in the published view, may not pay fees, or does not cover the fee beside those of its
    /// pending transactions.
    #[error("{}", payer_text(.error, *.pending_lamports))]
    Payer {
        /// What would become of the transaction.
        error: TransactionError,
        /// The fees of the payer's transactions that are accepted and not published yet.
        pending_lamports: u64,
    },
    /// The transaction failed in preflight, against the published view.
    #[error("Transaction simulation failed: {}", preflight_text(.0))]
    Preflight(Box<Simulation>),
    /// A queue or the pool is full; the same transaction can be sent again.
    #[error("the node is busy: {0}")]
    Busy(Busy),
    /// The node is shutting down.
    #[error("the node is stopping")]
    Stopping,
    /// The node can no longer write its ledger and accepts nothing.
    #[error("the node has failed: {0}")]
    Failed(String),
}

/// The accounts of a published view are gone, because it was held while later blocks changed more than the node keeps for
/// held views. Nothing that was read with it may be used; a new view has all accounts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("the read took longer than the node keeps old blocks for it; try again, or ask for less at a time")]
pub struct ViewRevoked;

/// Which limit made the node answer busy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum Busy {
    /// The queue before signature verification is full.
    #[error("the verification queue is full")]
    VerifyQueue,
    /// The meter of the sender allows no preflight.
    #[error("{0}")]
    Preflight(Unmetered),
    /// The payer has its share of the pool.
    #[error("{0}")]
    PayerShare(InsertError),
    /// A transaction that is pending or in the open block uses the nonce.
    #[error("{0}")]
    Nonce(InsertError),
    /// The pool of pending transactions is full, and the transaction outbids none of them.
    #[error(
        "the pending pool is full; a priority above {lowest_priority} micro-lamports per unit of cost is required"
    )]
    Pool {
        /// The lowest priority in the pool.
        lowest_priority: u64,
    },
    /// The pool of pending transactions is full, and its order is not by priority.
    #[error("{0}")]
    PoolRoom(InsertError),
    /// The pool is configured too small to ever hold this transaction.
    #[error("the pending pool is smaller than the transaction")]
    PoolSize,
    /// The view against which the transaction was checked was revoked meanwhile.
    #[error("{0}")]
    View(ViewRevoked),
}

/// Why a preflight may not begin.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum Unmetered {
    /// Those of the sender cost more than its share.
    #[error("the preflights of the sender cost too much; try again later, or send without preflight")]
    Sender,
    /// Too many senders have preflights that are not paid off.
    #[error(
        "too many senders have preflights that are not paid off; try again later, or send without preflight"
    )]
    Senders,
}

fn payer_text(error: &TransactionError, pending_lamports: u64) -> String {
    match pending_lamports {
        0 => error.to_string(),
        owed => format!(
            "{error}; the pending transactions of the payer cost {owed} lamports, wait until they are in a block or add \
             lamports"
        ),
    }
}

fn preflight_text(simulation: &Simulation) -> String {
    simulation
        .outcome
        .error
        .map_or_else(|| "unknown".to_owned(), |error| error.to_string())
}
