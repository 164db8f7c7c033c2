//! The rules of one chain: its genesis and its programs.
//!
//! Invariant: immutable after construction, and shared by the producer, the preflight and every executor,
//! so that all of them apply the same rules. What changes from block to block is in [`Chain`].

use isobath_accounts_db::{BlockState, View};
use isobath_sdk::chain::account::Account;
use isobath_sdk::chain::genesis::Genesis;
use isobath_sdk::error::TransactionError;
use isobath_sdk::program::ProgramTable;
use isobath_sdk::pubkey::Pubkey;

use crate::block::BlockExecution;
use crate::chain::Chain;
use crate::context::BlockContext;
use crate::execute::{Replay, admit_to_state};
use crate::nonce::valid_nonce;
use crate::simulate::{Simulation, load, simulate};
use crate::tx::{Tx, admit};

/// The version of the rules that this crate implements.
pub const RULES_VERSION: u16 = 1;

/// Why a runtime cannot be built.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RuntimeError {
    /// The genesis asks for rules that this version does not have.
    #[error("the genesis asks for rules version {found}, this version runs {RULES_VERSION}")]
    RulesVersion {
        /// What the genesis says.
        found: u16,
    },
    /// The genesis names a built-in program that is not linked in.
    #[error("the genesis names the built-in program {program}, which this build does not have")]
    MissingProgram {
        /// The program's id.
        program: Pubkey,
    },
}

/// Genesis and programs, ready to execute.
#[derive(Debug)]
pub struct Runtime {
    genesis: Genesis,
    programs: ProgramTable,
    #[cfg(feature = "planted-bugs")]
    planted: Option<crate::planted::PlantedBug>,
}

impl Runtime {
    /// A runtime of `genesis` with the linked-in `programs`.
    ///
    /// # Errors
    /// [`RuntimeError`] when the genesis asks for what this build does not have.
    pub fn new(genesis: Genesis, programs: ProgramTable) -> Result<Self, RuntimeError> {
        if genesis.rules_version != RULES_VERSION {
            return Err(RuntimeError::RulesVersion {
                found: genesis.rules_version,
            });
        }
        let missing = genesis
            .builtin_programs
            .iter()
            .find(|program| programs.get(&program.program_id).is_none());
        if let Some(program) = missing {
            return Err(RuntimeError::MissingProgram {
                program: program.program_id,
            });
        }
        Ok(Self {
            genesis,
            programs,
            #[cfg(feature = "planted-bugs")]
            planted: None,
        })
    }

    /// Plants a defect, for tests that show it is caught.
    #[cfg(feature = "planted-bugs")]
    #[must_use]
    pub const fn with_planted_bug(mut self, bug: crate::planted::PlantedBug) -> Self {
        self.planted = Some(bug);
        self
    }

    #[cfg(feature = "planted-bugs")]
    pub(crate) const fn planted(&self) -> Option<crate::planted::PlantedBug> {
        self.planted
    }

    /// The genesis.
    #[must_use]
    pub const fn genesis(&self) -> &Genesis {
        &self.genesis
    }

    /// The producer of every block: the first that the genesis names, the System program's key (which is
    /// credited nothing) if it names none.
    #[must_use]
    pub fn producer(&self) -> Pubkey {
        self.genesis.producers.first().copied().unwrap_or_default()
    }

    /// The linked-in programs.
    #[must_use]
    pub const fn programs(&self) -> &ProgramTable {
        &self.programs
    }

    /// Checks the static validity of `wire`; see [`admit`].
    ///
    /// # Errors
    /// Those of [`admit`].
    pub fn admit(&self, wire: &[u8]) -> Result<Tx, TransactionError> {
        admit(wire, &self.genesis)
    }

    /// Opens the block after the tip of `chain` on the state it left behind. A time before the parent's is
    /// raised to it.
    #[must_use]
    pub fn open_block<'a>(
        &'a self,
        chain: &'a Chain,
        state: BlockState,
        timestamp_ms: i64,
    ) -> BlockExecution<'a> {
        BlockExecution::open(self, chain, state, timestamp_ms)
    }

    /// Whether the transaction could have an effect in the next block, as far as the view can tell.
    ///
    /// This is advice: the state may change before the transaction's turn comes.
    ///
    /// # Errors
    /// The error of the `NoOp` it would be.
    pub fn advise(&self, chain: &Chain, view: &View, tx: &Tx) -> Result<(), TransactionError> {
        let context = BlockContext::next(self, chain, chain.timestamp_ms());
        let accounts = load(tx, view, &context);
        admit_to_state(tx, replay_of(chain, tx), &accounts, &context).map(drop)
    }

    /// Whether the transaction names as its blockhash the value of a durable nonce that it may use in the next block.
    /// Says nothing about its payer or its lookups.
    #[must_use]
    pub fn has_valid_nonce(&self, chain: &Chain, view: &View, tx: &Tx) -> bool {
        let context = BlockContext::next(self, chain, chain.timestamp_ms());
        valid_nonce(tx, &load(tx, view, &context), &context).is_some()
    }

    /// Executes the transaction as the first of the next block, on the view, and keeps nothing
    /// (contract 9).
    #[must_use]
    pub fn simulate(&self, chain: &Chain, view: &View, tx: &Tx) -> Simulation {
        simulate(self, chain, view, tx)
    }

    /// The account of a sysvar as the newest block saw it; none for any other key.
    #[must_use]
    pub fn sysvar_account(&self, chain: &Chain, key: &Pubkey) -> Option<Account> {
        let account = BlockContext::of_tip(self, chain).sysvars.account(key)?;
        Some(Account::clone(&account))
    }
}

/// Whether the chain has processed the transaction's message.
pub(crate) fn replay_of(chain: &Chain, tx: &Tx) -> Replay {
    if chain.is_processed(&tx.message_hash()) {
        Replay::Seen
    } else {
        Replay::Fresh
    }
}
