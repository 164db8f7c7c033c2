//! Accounts of a store, and the look-up of a batch of keys as a block does it.

use isobath_accounts_db::{AccountsDb, OpenBlock};
use isobath_scheduler::Lock;
use isobath_sdk::Pubkey;
use isobath_sdk::chain::accounts::{AccountId, LaneAccounts};
use isobath_sdk::chain::genesis::Genesis;

use super::workload::Locks;
use crate::workload::{Kind, Workload};

/// All accounts, in an open block.
pub(super) struct Store {
    _db: AccountsDb,
    block: OpenBlock,
    keys: Vec<Pubkey>,
}

/// The keys of a transaction with what it does with them, which it has when it arrives.
pub(super) type Named = [(Pubkey, Lock); 3];

impl Store {
    pub(super) fn new(accounts: usize, seed: u64) -> anyhow::Result<Self> {
        let workload = Workload::new(Kind::Disjoint, accounts, seed);
        let genesis: Genesis = workload.genesis();
        let db = AccountsDb::new(&genesis)?;
        Ok(Self {
            block: db.open_block(),
            _db: db,
            keys: workload.into_keys(),
        })
    }

    /// The keys of these transactions.
    pub(super) fn name(&self, transactions: &[Locks]) -> Vec<Named> {
        let key = |lock: Lock| (self.keys[lock.id as usize], lock);
        transactions.iter().map(|locks| locks.map(key)).collect()
    }

    /// Appends the locks of these transactions with the ids of their keys.
    pub(super) fn resolve(&mut self, batch: &[Named], memory: &mut Memory, locks: &mut Vec<Lock>) {
        let Memory { hashes, likely } = memory;
        let hasher = self.block.key_hasher();
        let named = || batch.iter().flatten();
        hashes.clear();
        hashes.extend(named().map(|(key, _)| hasher.hash(key)));
        for hash in hashes.iter() {
            self.block.prefetch_id(*hash);
        }
        likely.clear();
        likely.extend(hashes.iter().map(|hash| self.block.prefetch(*hash)));
        for (((key, lock), hash), likely) in named().zip(hashes.iter()).zip(likely.iter()) {
            let id = self.block.find_id(*likely, *hash, key);
            let id = id.expect("every key has an account").0;
            locks.push(Lock { id, ..*lock });
        }
    }
}

/// What the look-up of a batch needs, used again for the next.
#[derive(Default)]
pub(super) struct Memory {
    hashes: Vec<u64>,
    likely: Vec<Option<AccountId>>,
}
