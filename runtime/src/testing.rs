//! A small chain for unit tests: the development genesis, the real programs and a store in memory.

use isobath_accounts_db::AccountsDb;
use isobath_program_abi::Hash;
use isobath_program_abi::Instruction;
use isobath_program_abi::Pubkey;
use isobath_sdk::chain::genesis::{Genesis, dev_keypairs};
use isobath_sdk::chain::record::BlockRecord;
use isobath_sdk::ids;
use isobath_sdk::keypair::Keypair;
use isobath_sdk::program::{ProgramEntry, ProgramTable};
use isobath_sdk::wire::message::{Message, MessageVersion};
use isobath_sdk::wire::transaction::Transaction;

use crate::admission::Tx;
use crate::chain::Chain;
use crate::runtime::Runtime;

/// The rent minimum of an account without data.
pub(crate) const RENT_MINIMUM: u64 = 890_880;

/// Number of probes, linked in under different addresses so that they count as different programs.
pub(crate) const PROBE_COUNT: u8 = 11;

/// Address of probe `index`. It is a program only if the genesis lists it.
pub(crate) const fn probe(index: u8) -> Pubkey {
    assert!(index < PROBE_COUNT, "probes are numbered from 0");
    let mut key = [0xE0; 32];
    key[0] = index;
    Pubkey(key)
}

/// The real programs and the probes.
pub(crate) fn programs() -> ProgramTable {
    let mut table = real_programs();
    for index in 0..PROBE_COUNT {
        table.insert(probe(index), isobath_program_probe::call);
    }
    table
}

fn real_programs() -> ProgramTable {
    ProgramTable::new([
        (ids::SYSTEM_PROGRAM, isobath_program_system::call as ProgramEntry),
        (
            ids::COMPUTE_BUDGET_PROGRAM,
            isobath_program_compute_budget::call as ProgramEntry,
        ),
        (
            ids::ADDRESS_LOOKUP_TABLE_PROGRAM,
            isobath_program_address_lookup_table::call as ProgramEntry,
        ),
    ])
}

/// Development key `index`.
pub(crate) fn key(index: usize) -> Keypair {
    dev_keypairs().into_iter().nth(index).expect("there are ten")
}

/// Wire bytes of a transaction signed by `signers`, the first of which pays.
pub(crate) fn wire(signers: &[&Keypair], instructions: &[Instruction], blockhash: Hash) -> Vec<u8> {
    let payer = signers[0].pubkey();
    let message = Message::compile(MessageVersion::Legacy, &payer, instructions, blockhash).unwrap();
    Transaction::sign(message, signers).unwrap().serialize()
}

/// A chain with its store.
pub(crate) struct World {
    pub(crate) runtime: Runtime,
    pub(crate) chain: Chain,
    pub(crate) db: AccountsDb,
}

impl World {
    pub(crate) fn new() -> Self {
        Self::with_genesis(Genesis::development())
    }

    pub(crate) fn with_genesis(genesis: Genesis) -> Self {
        let chain = Chain::new(&genesis);
        let db = AccountsDb::new(&genesis).unwrap();
        Self {
            runtime: Runtime::new(genesis, programs()).unwrap(),
            chain,
            db,
        }
    }

    /// Admits a transaction signed with the newest blockhash.
    pub(crate) fn tx(&self, signers: &[&Keypair], instructions: &[Instruction]) -> Tx {
        self.runtime
            .admit(&wire(signers, instructions, self.chain.blockhash()))
            .unwrap()
    }

    /// Executes, seals and publishes a block of these transactions, one second after its parent.
    pub(crate) fn block(&mut self, txs: &[Tx]) -> BlockRecord {
        let record = self.dry_block(txs);
        self.advance(&record);
        record
    }

    /// The record of a block of these transactions; the chain does not advance.
    pub(crate) fn dry_block(&self, txs: &[Tx]) -> BlockRecord {
        let timestamp_ms = self.chain.timestamp_ms().checked_add(1000).unwrap();
        let mut block = self
            .runtime
            .open_block(&self.chain, self.db.begin_block(), timestamp_ms);
        for tx in txs {
            block.execute(tx);
        }
        block.seal().into_stored()
    }

    pub(crate) fn advance(&mut self, record: &BlockRecord) {
        Chain::verify_roots(record).unwrap();
        self.chain.apply(&record.history).unwrap();
        let checked = self.db.check_stored(record).unwrap();
        self.db.replay(checked, record.clone());
        assert_eq!(
            u128::from(self.chain.capitalization()),
            self.db.view().sum_lamports()
        );
    }

    pub(crate) fn balance(&self, key: &Pubkey) -> u64 {
        self.db.view().get(key).map_or(0, |account| account.lamports)
    }
}
