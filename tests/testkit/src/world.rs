//! A small chain: a genesis, programs, accounts, and no ledger.

use isobath_accounts_db::{AccountsDb, OpenBlock};
use isobath_program_abi::{Instruction, Pubkey};
use isobath_runtime::{BlockExecution, Chain, Runtime, Tx};
use isobath_sdk::chain::genesis::Genesis;
use isobath_sdk::chain::record::{BlockRecord, RecordedTransaction};
use isobath_sdk::errors::TransactionError;
use isobath_sdk::keypair::Keypair;
use isobath_sdk::program::ProgramTable;

use crate::transactions::wire;

/// Milliseconds from a block of [`World::block`] to the next.
const SLOT_MS: i64 = 1_000;

/// The rules of a chain, its tip and its accounts.
#[derive(Debug)]
pub struct World {
    /// Genesis and programs.
    pub runtime: Runtime,
    /// The tip.
    pub chain: Chain,
    /// The accounts, published up to the tip.
    pub db: AccountsDb,
}

impl World {
    /// The chain of `genesis` before its first block.
    ///
    /// # Panics
    /// When the genesis is not valid or names a program that is not in the table.
    #[must_use]
    pub fn new(genesis: Genesis, programs: ProgramTable) -> Self {
        Self {
            chain: Chain::new(&genesis),
            db: AccountsDb::new(&genesis).expect("the genesis is valid"),
            runtime: Runtime::new(genesis, programs).expect("the programs of the genesis are linked in"),
        }
    }

    /// A transaction with the newest blockhash, admitted.
    ///
    /// # Panics
    /// When it is not statically valid.
    #[must_use]
    pub fn tx(&self, signers: &[&Keypair], instructions: &[Instruction]) -> Tx {
        let wire = wire(signers, instructions, self.chain.blockhash());
        self.admit(&wire).expect("the transaction is valid")
    }

    /// A transaction, checked by the static rules.
    ///
    /// # Errors
    /// The first rule that it breaks.
    pub fn admit(&self, wire: &[u8]) -> Result<Tx, TransactionError> {
        self.runtime.admit(wire, self.db.key_hasher())
    }

    /// Executes, seals and publishes a block of these transactions.
    ///
    /// # Panics
    /// When [`Self::advance`] fails.
    pub fn block(&mut self, txs: &[Tx]) -> BlockRecord {
        let record = self.dry_block(txs);
        self.advance(record.clone())
            .expect("a block that was just sealed continues the chain");
        record
    }

    /// The record of a block of these transactions; the chain stays where it is.
    #[must_use]
    pub fn dry_block(&self, txs: &[Tx]) -> BlockRecord {
        let time = self.chain.timestamp_ms() + SLOT_MS;
        let mut block = self.runtime.open_block(&self.chain, self.db.open_block(), time);
        for tx in txs {
            block.execute(tx);
        }
        block.seal().0.into_stored()
    }

    /// Opens the next block.
    #[must_use]
    pub fn open_block(&self, timestamp_ms: i64) -> BlockExecution<'_, OpenBlock> {
        self.runtime
            .open_block(&self.chain, self.db.open_block(), timestamp_ms)
    }

    /// Moves chain and accounts to the end of a sealed block.
    ///
    /// # Errors
    /// What the block breaks: its roots, its chain, its accounts, or that they sum to the capitalization.
    pub fn advance<T: RecordedTransaction>(&mut self, record: BlockRecord<T>) -> Result<(), String> {
        Chain::verify_roots(&record).map_err(|error| error.to_string())?;
        self.chain
            .apply(&record.history)
            .map_err(|error| error.to_string())?;
        let (view, recorded) = (self.db.view(), self.db.record_delta(&record.delta));
        let growth_max = record.history.data_growth_max();
        if recorded.apply(growth_max, |key| view.get(key)).as_ref() != Ok(&record.delta) {
            return Err("the recorded delta does not give the accounts".to_owned());
        }
        let ended = self.db.apply(&record).map_err(|error| error.to_string())?;
        self.db.publish(ended, &record.history.header);
        let (sum, stated) = (self.db.view().sum_lamports(), self.chain.capitalization());
        if sum == u128::from(stated) {
            Ok(())
        } else {
            Err(format!("accounts sum to {sum}, capitalization is {stated}"))
        }
    }

    /// What the published view says that `key` holds.
    #[must_use]
    pub fn balance(&self, key: &Pubkey) -> u64 {
        self.db.view().get(key).map_or(0, |account| account.lamports)
    }
}
