//! What can be done with the rules of a chain: admit, open a block, simulate.
//!
//! Invariant: a function of its arguments. This is the top of the crate; nothing below knows it.

use std::ops::Deref;

use isobath_program_abi::Pubkey;
use isobath_sdk::chain::account::Account;
use isobath_sdk::chain::accounts::ReadAccounts;
use isobath_sdk::chain::genesis::Genesis;
use isobath_sdk::errors::TransactionError;
use isobath_sdk::program::ProgramTable;

use crate::admission::{Tx, admit};
use crate::block::BlockExecution;
use crate::chain::Chain;
use crate::execution::{BlockContext, Simulation, advise, has_valid_nonce, simulate};
use crate::ruleset::{Ruleset, RulesetError};

/// A [`Ruleset`] in use: everything that can be done under its rules.
#[derive(Debug)]
pub struct Runtime {
    rules: Ruleset,
}

impl Deref for Runtime {
    type Target = Ruleset;

    fn deref(&self) -> &Ruleset {
        &self.rules
    }
}

impl Runtime {
    /// A runtime of `genesis` with the linked-in `programs`.
    ///
    /// # Errors
    /// [`RulesetError`] when the genesis asks for what this build does not have.
    pub fn new(genesis: Genesis, programs: ProgramTable) -> Result<Self, RulesetError> {
        Ruleset::new(genesis, programs).map(|rules| Self { rules })
    }

    /// Plants a defect, for tests that show it is caught.
    #[cfg(feature = "planted-bugs")]
    #[must_use]
    pub const fn with_planted_bug(mut self, bug: crate::PlantedBug) -> Self {
        self.rules.plant(bug);
        self
    }

    /// Checks the static validity of `wire`, of which it makes a copy; see [`admit`].
    ///
    /// # Errors
    /// Those of [`admit`].
    pub fn admit(&self, wire: &[u8]) -> Result<Tx, TransactionError> {
        admit(wire, self.rules.genesis())
    }

    /// Opens the block after the tip of `chain` on `parent`, the accounts it left behind. A time before the parent's is
    /// raised to it.
    #[must_use]
    pub fn open_block<'a, V: ReadAccounts>(
        &'a self,
        chain: &'a Chain,
        parent: V,
        timestamp_ms: i64,
    ) -> BlockExecution<'a, V> {
        BlockExecution::open(&self.rules, chain, parent, timestamp_ms)
    }

    /// Whether the transaction could have an effect in the next block, as far as the view can tell.
    ///
    /// This is advice: the state may change before the transaction's turn comes.
    ///
    /// # Errors
    /// The error of the `NoOp` it would be.
    pub fn advise(&self, chain: &Chain, view: &impl ReadAccounts, tx: &Tx) -> Result<(), TransactionError> {
        advise(&self.rules, chain, view, tx)
    }

    /// Whether the transaction names as its blockhash the value of a durable nonce that it may use in the next block.
    /// Says nothing about its payer or its lookups.
    #[must_use]
    pub fn has_valid_nonce(&self, chain: &Chain, view: &impl ReadAccounts, tx: &Tx) -> bool {
        has_valid_nonce(&self.rules, chain, view, tx)
    }

    /// Executes the transaction as the first of the next block, on the view, and keeps nothing
    /// (contract 9).
    #[must_use]
    pub fn simulate(&self, chain: &Chain, view: &impl ReadAccounts, tx: &Tx) -> Simulation {
        simulate(&self.rules, chain, view, tx)
    }

    /// The account of a sysvar as the newest block saw it; none for any other key.
    #[must_use]
    pub fn sysvar_account(&self, chain: &Chain, key: &Pubkey) -> Option<Account> {
        let account = BlockContext::of_tip(&self.rules, chain).sysvars.account(key)?;
        Some(Account::clone(&account))
    }
}
