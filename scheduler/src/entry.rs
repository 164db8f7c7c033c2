//! One transaction as the pool and the budgets see it.

use isobath_sdk::{Hash, Pubkey};

use crate::budget::Cost;

/// Bytes that the pool counts for each account that an entry may write.
const KEY_BYTES: u64 = 32;
/// Bytes that the pool counts for a nonce.
const NONCE_BYTES: u64 = size_of::<Nonce>() as u64;

/// One pending transaction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry<T> {
    /// Priority in micro-lamports per unit of cost, over the whole fee; more is better.
    pub priority: u64,
    /// What it may cost, reserved in the block's budget.
    pub cost_units: u64,
    /// Wire size, charged to the block's budget and, with the keys of `writable`, to the pool's limits.
    pub size_bytes: u64,
    /// Bytes by which it is expected to lengthen the record of its block, reserved in the block's budget.
    pub record_bytes: u64,
    /// The accounts that it may write, each once.
    pub writable: Box<[Pubkey]>,
    /// The account that pays.
    pub payer: Pubkey,
    /// What it pays.
    pub fee_lamports: u64,
    /// Height of the newest block when it arrived: of the view by which it was checked.
    pub arrived_at_height: u64,
    /// Height of the last block that can hold it.
    pub expires_at_height: u64,
    /// The durable nonce that limits its lifetime instead of a blockhash. Of all transactions with one value of a nonce
    /// at most one has an effect.
    pub nonce: Option<Box<Nonce>>,
    /// The message hash, by which duplicates are recognized.
    pub identity: Hash,
    /// Data for the caller.
    pub payload: T,
}

/// A durable nonce.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Nonce {
    /// Its account.
    pub account: Pubkey,
    /// Its value, which the account must hold when the transaction runs.
    pub value: Hash,
}

impl<T> Entry<T> {
    /// What it reserves in a block's budget.
    #[must_use]
    pub const fn cost(&self) -> Cost<'_> {
        Cost {
            cost_units: self.cost_units,
            size_bytes: self.size_bytes,
            record_bytes: self.record_bytes,
            writable: &self.writable,
        }
    }

    /// What it charges to the limits of the pool.
    #[must_use]
    pub const fn held_bytes(&self) -> u64 {
        let keys = (self.writable.len() as u64).saturating_mul(KEY_BYTES);
        let nonce = if self.nonce.is_some() { NONCE_BYTES } else { 0 };
        self.size_bytes.saturating_add(keys).saturating_add(nonce)
    }

    /// Number of blocks since it arrived, when the newest block has height `height`.
    #[must_use]
    pub const fn waited_blocks(&self, height: u64) -> u64 {
        // An entry may arrive while its builder still works on an older view; that counts as no wait.
        height.saturating_sub(self.arrived_at_height)
    }
}
