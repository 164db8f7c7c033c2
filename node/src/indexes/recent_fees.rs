//! Bids of the transactions of recent blocks, for getRecentPrioritizationFees.
//!
//! Kept for each of the last [`KEPT_BLOCKS`] blocks: the lowest bid of the block, and the lowest bid that wrote an
//! account where that is higher. With uniform bids a block costs a few bytes; at worst [`ACCOUNTS_MAX`] accounts are
//! kept, those with the highest bids. It is not rebuilt when the ledger is opened.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use isobath_program_abi::Pubkey;
use isobath_runtime::Tx;

use crate::view::effective::EffectiveTx;

/// Blocks for which bids are kept: the age of a blockhash.
const KEPT_BLOCKS: usize = 150;
/// Maximum number of accounts of one block with bids of their own.
const ACCOUNTS_MAX: usize = 4_096;

/// The bids of one block, in micro-lamports per compute unit.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct BlockBids {
    slot: u64,
    lowest: u64,
    /// By ascending key.
    higher: Vec<(Pubkey, u64)>,
}

impl BlockBids {
    /// The bids of a block's effective transactions.
    pub(crate) fn of(slot: u64, effective: &[EffectiveTx<'_, Tx>]) -> Self {
        let bids: Vec<u64> = effective
            .iter()
            .map(|tx| tx.recorded.limits().price_micro_lamports)
            .collect();
        let lowest = bids.iter().copied().min().unwrap_or(0);
        let mut accounts: BTreeMap<Pubkey, u64> = BTreeMap::new();
        if bids.iter().any(|bid| *bid > lowest) {
            for (tx, bid) in effective.iter().zip(bids) {
                for key in written(tx) {
                    let entry = accounts.entry(key).or_insert(bid);
                    *entry = bid.min(*entry);
                }
            }
        }
        let mut higher: Vec<_> = accounts.into_iter().filter(|(_, bid)| *bid > lowest).collect();
        if higher.len() > ACCOUNTS_MAX {
            higher.sort_unstable_by_key(|(key, bid)| (std::cmp::Reverse(*bid), *key));
            higher.truncate(ACCOUNTS_MAX);
            higher.sort_unstable();
        }
        Self { slot, lowest, higher }
    }

    /// The lowest bid that the block accepted for a transaction that writes `keys`.
    fn for_writing(&self, keys: &[Pubkey]) -> u64 {
        let higher = |key: &Pubkey| {
            let at = self.higher.binary_search_by_key(key, |(key, _)| *key).ok()?;
            self.higher.get(at).map(|(_, bid)| *bid)
        };
        keys.iter()
            .filter_map(higher)
            .fold(self.lowest, |most, bid| most.max(bid))
    }
}

fn written(tx: &EffectiveTx<'_, Tx>) -> impl Iterator<Item = Pubkey> {
    let own = (0..tx.view.static_key_count())
        .filter(|index| tx.view.is_requested_writable(*index))
        .map(|index| tx.view.static_key(index));
    own.chain(tx.execution.loaded_addresses.writable.iter().copied())
}

/// The bids of recent blocks.
#[derive(Clone, Default)]
pub(crate) struct RecentFees(VecDeque<Arc<BlockBids>>);

impl RecentFees {
    pub(crate) fn push(&mut self, block: BlockBids) {
        if self.0.len() >= KEPT_BLOCKS {
            self.0.pop_front();
        }
        self.0.push_back(Arc::new(block));
    }

    /// Slot and bid of each recent block, oldest first.
    pub(crate) fn for_writing(&self, keys: &[Pubkey]) -> Vec<(u64, u64)> {
        self.0
            .iter()
            .map(|block| (block.slot, block.for_writing(keys)))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_highest_of_the_accounts_counts() {
        let keys = [1, 2, 3].map(|number| Pubkey([number; 32]));
        let block = BlockBids {
            slot: 7,
            lowest: 5,
            higher: vec![(keys[0], 10), (keys[1], 20)],
        };
        assert_eq!(block.for_writing(&[]), 5);
        assert_eq!(block.for_writing(&keys[2..]), 5);
        assert_eq!(block.for_writing(&keys[..1]), 10);
        assert_eq!(block.for_writing(&keys), 20);
    }

    #[test]
    fn old_blocks_are_forgotten() {
        let mut fees = RecentFees::default();
        for slot in 1..=200 {
            fees.push(BlockBids::of(slot, &[]));
        }
        let kept = fees.for_writing(&[]);
        assert_eq!(kept.len(), KEPT_BLOCKS);
        assert_eq!((kept.first(), kept.last()), (Some(&(51, 0)), Some(&(200, 0))));
    }
}
