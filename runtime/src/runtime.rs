//! The operations under the rules of a chain: admit, open a block, simulate.
//!
//! Invariant: each is a function of its arguments. This is the top of the crate; no other file depends on it.

use isobath_program_abi::Pubkey;
use isobath_sdk::chain::account::Account;
use isobath_sdk::chain::accounts::{BlockAccounts, ReadAccounts};
use isobath_sdk::chain::genesis::Genesis;
use isobath_sdk::chain::header::Header;
use isobath_sdk::chain::key_hash::KeyHasher;
use isobath_sdk::chain::record::{BlockRecord, LoadedAddresses};
use isobath_sdk::errors::TransactionError;
use isobath_sdk::program::ProgramTable;
use isobath_sdk::rules::Rules;
use isobath_sdk::wire::view::TransactionView;

use crate::admission::{Tx, admit};
use crate::block::{self, BlockError, BlockExecution, ParallelBuffers, ParallelExecution};
use crate::chain::Chain;
use crate::execution::{
    BlockContext, SERVED, Simulation, advise, charge_fee, nonce_account, resolve_lookups, simulate,
};
use crate::ruleset::{Ruleset, RulesetError};

/// A [`Ruleset`] with every operation under its rules.
#[derive(Debug)]
pub struct Runtime {
    ruleset: Ruleset,
}

impl Runtime {
    /// A runtime of `genesis` with the linked-in `programs`.
    ///
    /// # Errors
    /// [`RulesetError`] if the genesis requires something that this build does not have.
    pub fn new(genesis: Genesis, programs: ProgramTable) -> Result<Self, RulesetError> {
        Ruleset::new(genesis, programs).map(|ruleset| Self { ruleset })
    }

    /// Plants a defect, for tests that show it is caught.
    #[cfg(feature = "planted-bugs")]
    #[must_use]
    pub const fn with_planted_bug(mut self, bug: crate::PlantedBug) -> Self {
        self.ruleset.plant(bug);
        self
    }

    /// The rules.
    #[must_use]
    pub const fn rules(&self) -> &Rules {
        self.ruleset.rules()
    }

    /// The genesis.
    #[must_use]
    pub const fn genesis(&self) -> &Genesis {
        self.ruleset.genesis()
    }

    /// The producer of every block; see [`Ruleset::producer`].
    #[must_use]
    pub fn producer(&self) -> Pubkey {
        self.ruleset.producer()
    }

    /// Checks the static validity of `wire`, which it copies, and hashes its keys with `key_hasher`; see [`admit`].
    ///
    /// # Errors
    /// Those of [`admit`].
    pub fn admit(&self, wire: &[u8], key_hasher: KeyHasher) -> Result<Tx, TransactionError> {
        admit(wire, self.rules(), key_hasher)
    }

    /// Opens the block after the tip of `chain`, whose accounts are `accounts`, opened at that tip. A time before the parent's is
    /// raised to it.
    #[must_use]
    pub fn open_block<'a, S: BlockAccounts>(
        &'a self,
        chain: &'a Chain,
        accounts: S,
        timestamp_ms: i64,
    ) -> BlockExecution<'a, S> {
        BlockExecution::open(&self.ruleset, chain, accounts, timestamp_ms)
    }

    /// Opens the block after the tip of `chain` for several threads, as [`Runtime::open_block`] does for one.
    #[must_use]
    pub fn open_parallel<'a, S: BlockAccounts>(
        &'a self,
        chain: &'a Chain,
        accounts: S,
        timestamp_ms: i64,
        buffers: &'a mut ParallelBuffers,
    ) -> ParallelExecution<'a, S> {
        ParallelExecution::open(&self.ruleset, chain, accounts, timestamp_ms, buffers)
    }

    /// Whether the transaction could have an effect in the next block, judging by the view.
    ///
    /// The result is advice: the state may change before the transaction is executed.
    ///
    /// # Errors
    /// The error of the `NoOp` that it would be.
    pub fn advise(&self, chain: &Chain, view: &impl ReadAccounts, tx: &Tx) -> Result<(), TransactionError> {
        advise(&self.ruleset, chain, view, tx)
    }

    /// Whether `payer`, the account under `key` or `None`, can pay all of `fees_lamports`: it may pay fees, has so much,
    /// and what is left is nothing or exempt from rent.
    ///
    /// # Errors
    /// `AccountNotFound`, `InvalidAccountForFee`, `InsufficientFundsForFee` or `InsufficientFundsForRent`, as in a block.
    pub fn require_payer(
        &self,
        key: &Pubkey,
        payer: Option<&Account>,
        fees_lamports: u64,
    ) -> Result<(), TransactionError> {
        let payer = payer.ok_or(TransactionError::AccountNotFound)?;
        charge_fee(key, payer, fees_lamports, self.rules()).map(drop)
    }

    /// The keys that the lookups of a transaction would load in the next block, judging by the view. Says nothing about
    /// keys that are loaded twice.
    ///
    /// # Errors
    /// `AddressLookupTableNotFound`, `InvalidAddressLookupTableOwner`, `InvalidAddressLookupTableData` or
    /// `InvalidAddressLookupTableIndex`.
    pub fn resolve_lookups(
        &self,
        chain: &Chain,
        view: &impl ReadAccounts,
        tx: TransactionView<'_>,
    ) -> Result<LoadedAddresses, TransactionError> {
        resolve_lookups(&self.ruleset, chain, view, tx)
    }

    /// The account of a durable nonce, if the transaction uses its value as its blockhash and that is valid in the next
    /// block: the authority of the account has signed. Checks neither its payer nor its lookups.
    #[must_use]
    pub fn nonce_account(&self, chain: &Chain, view: &impl ReadAccounts, tx: &Tx) -> Option<Pubkey> {
        nonce_account(&self.ruleset, chain, view, tx)
    }

    /// Executes the transaction as the first of the next block, on the view, and keeps nothing (contract 9).
    #[must_use]
    pub fn simulate(&self, chain: &Chain, view: &impl ReadAccounts, tx: &Tx) -> Simulation {
        simulate(&self.ruleset, chain, view, tx)
    }

    /// The keys of the sysvars that the chain has, in no order.
    #[must_use]
    pub const fn sysvar_keys(&self) -> &'static [Pubkey] {
        &SERVED
    }

    /// The account of a sysvar as of the newest block; `None` for any other key.
    #[must_use]
    pub fn sysvar_account(&self, chain: &Chain, key: &Pubkey) -> Option<Account> {
        let account = BlockContext::of_tip(&self.ruleset, chain).sysvars.account(key)?;
        Some(Account::clone(&account))
    }
}

/// Executes the sealed order `transactions` under `header`. Signatures are the caller's to check.
///
/// # Errors
/// [`BlockError`] when the block is invalid on this parent.
pub fn execute_block<S: BlockAccounts>(
    runtime: &Runtime,
    chain: &Chain,
    accounts: S,
    header: &Header,
    transactions: &[Vec<u8>],
) -> Result<(BlockRecord<Tx>, S::Ended), BlockError> {
    block::execute_block(&runtime.ruleset, chain, accounts, header, transactions)
}
