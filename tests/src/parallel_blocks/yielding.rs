//! Accounts of an open block whose every use may end the time slice of the thread, before and after.
//!
//! So a thread is interrupted between it has looked at a cell and it changes it, before the image is saved, and between a key
//! is found and its account is read. What happens under the latch of a cell is for the model checker: see
//! `accounts-db/src/resident/loom_tests.rs`.

use isobath_scheduler::step;
use isobath_sdk::chain::account::{Account, AccountData};
use isobath_sdk::chain::accounts::{AccountId, BlockAccounts, LaneAccounts, ToWrite};
use isobath_sdk::chain::helpers::Helpers;
use isobath_sdk::chain::key_hash::KeyHasher;
use isobath_sdk::chain::record::Delta;
use isobath_sdk::pubkey::Pubkey;

/// Accounts that yield.
#[derive(Debug)]
pub(super) struct Yielding<S>(pub(super) S);

/// Does `work` between two steps.
fn between<T>(work: impl FnOnce() -> T) -> T {
    step();
    let result = work();
    step();
    result
}

impl<S: LaneAccounts> LaneAccounts for Yielding<S> {
    fn key_hasher(&self) -> KeyHasher {
        self.0.key_hasher()
    }

    fn id(&mut self, hash: u64, key: &Pubkey) -> AccountId {
        between(|| self.0.id(hash, key))
    }

    fn find_id(&self, likely: Option<AccountId>, hash: u64, key: &Pubkey) -> Option<AccountId> {
        between(|| self.0.find_id(likely, hash, key))
    }

    fn is_made_here(&self, id: AccountId) -> bool {
        between(|| self.0.is_made_here(id))
    }

    fn prefetch_id(&self, hash: u64) {
        self.0.prefetch_id(hash);
    }

    fn prefetch(&self, hash: u64) -> Option<AccountId> {
        between(|| self.0.prefetch(hash))
    }

    fn prefetch_to_write(&self, hash: u64) -> Option<AccountId> {
        between(|| self.0.prefetch_to_write(hash))
    }

    fn load(&self, id: AccountId) -> Account {
        between(|| self.0.load(id))
    }

    fn load_to_write(&mut self, id: AccountId) -> ToWrite {
        between(|| self.0.load_to_write(id))
    }

    fn give_back_data(&mut self, id: AccountId, data: AccountData) {
        between(|| self.0.give_back_data(id, data));
    }

    fn look<T>(&self, id: AccountId, look: impl FnOnce(&Account) -> T) -> T {
        between(|| self.0.look(id, look))
    }

    fn set_lamports(&mut self, id: AccountId, lamports: u64) {
        between(|| self.0.set_lamports(id, lamports));
    }

    fn store(&mut self, id: AccountId, account: Account) {
        between(|| self.0.store(id, account));
    }

    fn current(&self, key: &Pubkey) -> Option<Account> {
        between(|| self.0.current(key))
    }

    fn at_parent(&self, key: &Pubkey) -> Option<Account> {
        between(|| self.0.at_parent(key))
    }
}

impl<S: BlockAccounts> BlockAccounts for Yielding<S> {
    type Lane = Yielding<S::Lane>;
    type Ended = S::Ended;

    fn lane(&mut self) -> Self::Lane {
        Yielding(self.0.lane())
    }

    fn finish_with(self, epoch: u64, helpers: &dyn Helpers) -> (Delta, S::Ended) {
        self.0.finish_with(epoch, helpers)
    }
}
