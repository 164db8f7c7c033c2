//! The accounts of one transaction: filled before it runs, released after it (contract 6).
//!
//! Invariant: `before` holds the images as they were loaded and never changes; a rollback puts exactly
//! those images back, so a failed transaction leaves nothing but its fee. Executors differ only in how they
//! fill and release this; the rules in between are shared.
//!
//! ```text
//! fill(tx, read) -> [charge fee] -> programs change cells -> keep | roll back -> changes() -> write
//! ```

use std::sync::Arc;

use isobath_sdk::chain::account::Account;
use isobath_sdk::program::AccountCell;
use isobath_sdk::pubkey::Pubkey;

use crate::tx::Tx;

/// The loaded accounts of a transaction, in the order of its keys.
#[derive(Debug)]
pub struct TxAccounts {
    before: Vec<Arc<Account>>,
    cells: Vec<AccountCell>,
    writable: Vec<bool>,
    loaded_data_len: u64,
}

/// Bytes that each existing account counts for beside its data (SIMD-0186).
const ACCOUNT_BASE_LEN: u64 = 64;

impl TxAccounts {
    /// Loads every key of `tx` through `read`, which answers none for an account that does not exist.
    pub fn fill(tx: &Tx, mut read: impl FnMut(&Pubkey) -> Option<Arc<Account>>) -> Self {
        let absent = Arc::new(Account::default());
        let mut loaded_data_len = 0_u64;
        let mut before = Vec::with_capacity(tx.key_count());
        let mut cells = Vec::with_capacity(tx.key_count());
        for index in 0..tx.key_count() {
            let key = tx.key(index);
            let image = match read(&key) {
                Some(image) => {
                    let len = (image.data.len() as u64).saturating_add(ACCOUNT_BASE_LEN);
                    loaded_data_len = loaded_data_len.saturating_add(len);
                    image
                }
                None => Arc::clone(&absent),
            };
            cells.push(AccountCell::new(key, Arc::clone(&image)));
            before.push(image);
        }
        let writable = (0..tx.key_count()).map(|index| tx.is_writable(index)).collect();
        Self {
            before,
            cells,
            writable,
            loaded_data_len,
        }
    }

    /// Number of accounts.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.cells.len()
    }

    /// Whether there are none, which no transaction has.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.cells.is_empty()
    }

    /// Bytes that count against the loaded-data limit.
    #[must_use]
    pub const fn loaded_data_len(&self) -> u64 {
        self.loaded_data_len
    }

    /// The image of account `index` as it was loaded.
    #[must_use]
    pub fn before(&self, index: usize) -> &Arc<Account> {
        &self.before[index]
    }

    /// The present image of account `index`.
    #[must_use]
    pub fn now(&self, index: usize) -> &Arc<Account> {
        self.cells[index].account()
    }

    /// The key of account `index`.
    #[must_use]
    pub fn key(&self, index: usize) -> &Pubkey {
        self.cells[index].key()
    }

    /// Whether the transaction may write account `index`.
    #[must_use]
    pub fn is_writable(&self, index: usize) -> bool {
        self.writable[index]
    }

    /// The cells, for the programs of the transaction.
    pub(crate) fn cells_mut(&mut self) -> &mut [AccountCell] {
        &mut self.cells
    }

    /// Sets the present image of account `index`.
    pub(crate) fn set(&mut self, index: usize, image: Arc<Account>) {
        self.cells[index].restore(image);
    }

    /// Puts every image back as it was loaded, except the payer's, which becomes `payer`.
    pub(crate) fn roll_back(&mut self, payer: &Arc<Account>) {
        for (cell, image) in self.cells.iter_mut().zip(&self.before) {
            cell.restore(Arc::clone(image));
        }
        self.set(0, Arc::clone(payer));
    }

    /// The accounts whose image is not the loaded one, in key order of the transaction.
    pub fn changes(&self) -> impl Iterator<Item = (&Pubkey, &Arc<Account>)> {
        let pairs = self.cells.iter().zip(&self.before);
        pairs
            .filter(|(cell, before)| !Arc::ptr_eq(cell.account(), before) && cell.account() != *before)
            .map(|(cell, _)| (cell.key(), cell.account()))
    }

    /// Balances as they were loaded, in lamports.
    #[must_use]
    pub fn balances_before(&self) -> Vec<u64> {
        self.before.iter().map(|account| account.lamports).collect()
    }

    /// Present balances, in lamports.
    #[must_use]
    pub fn balances_now(&self) -> Vec<u64> {
        self.cells.iter().map(|cell| cell.account().lamports).collect()
    }
}
