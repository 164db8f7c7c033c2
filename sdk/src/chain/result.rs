//! The result of executing a block.
//!
//! A block is a sealed order; its result is a function of the prior state and that order. The result is therefore not
//! part of the block but hashed on its own, chained to the result of the parent, and vouched for by the anchor of a
//! later header. Two nodes that disagree about any account, outcome or fee disagree about this hash.
//!
//! `parent_result_hash` of block 1 is the genesis hash.

use borsh::{BorshDeserialize, BorshSerialize};

use super::hashing::{Tag, hash_canonical};
use crate::hash::Hash;

/// Version of the result format.
pub const RESULT_VERSION: u16 = 1;

/// Fees of one block, in lamports.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct FeeTotals {
    /// Sum of the base fees.
    pub base: u64,
    /// Sum of the priority fees.
    pub priority: u64,
    /// Part of the two that no account received.
    pub burned: u64,
}

impl FeeTotals {
    /// The totals of a block whose producer can be credited: `floor(base * burn_percent / 100)` is burned, once per
    /// block.
    ///
    /// `burn_percent` is 0 to 100; more burns the whole base fee.
    #[must_use]
    pub fn with_burn(base: u64, priority: u64, burn_percent: u8) -> Self {
        let burned = u128::from(base).saturating_mul(u128::from(burn_percent.min(100))) / 100;
        Self {
            base,
            priority,
            burned: u64::try_from(burned).expect("a share of a u64 fits a u64"),
        }
    }

    /// The totals of a block whose producer cannot be credited: everything is burned.
    #[must_use]
    pub const fn all_burned(base: u64, priority: u64) -> Self {
        Self {
            base,
            priority,
            burned: base.saturating_add(priority),
        }
    }

    /// Lamports charged in total. Fees come out of balances, whose sum is a u64, so nothing saturates.
    #[must_use]
    pub const fn charged(&self) -> u64 {
        self.base.saturating_add(self.priority)
    }

    /// Lamports credited to the producer.
    #[must_use]
    pub const fn credited(&self) -> u64 {
        self.charged().saturating_sub(self.burned)
    }
}

/// The result of a block.
///
/// ```text
///  version u16 | slot u64 | height u64 | block_hash 32 | parent_result_hash 32 | delta_root 32 | outcomes_root 32
///  | state_root option(32) | capitalization u64 | fees { base u64, priority u64, burned u64 } | compute_units u64
/// ```
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct BlockResult {
    /// Format of the result: [`RESULT_VERSION`].
    pub version: u16,
    /// Slot of the block.
    pub slot: u64,
    /// Height of the block.
    pub height: u64,
    /// Blockhash of the block.
    pub block_hash: Hash,
    /// Hash of the parent's result; the genesis hash in block 1.
    pub parent_result_hash: Hash,
    /// Root over the accounts whose bytes differ from the end of the parent block, sorted by key.
    pub delta_root: Hash,
    /// Root over the outcomes in block order.
    pub outcomes_root: Hash,
    /// Root over all accounts of the block `state_root_delay` blocks ago, if one was due there.
    pub state_root: Option<Hash>,
    /// Sum of all lamports at the end of the block.
    pub capitalization: u64,
    /// Fees charged in the block.
    pub fees: FeeTotals,
    /// Compute units consumed in the block.
    pub compute_units: u64,
}

impl BlockResult {
    /// The hash that chains results and that anchors refer to.
    #[must_use]
    pub fn hash(&self) -> Hash {
        hash_canonical(Tag::BlockResult, self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample() -> BlockResult {
        BlockResult {
            version: RESULT_VERSION,
            slot: 5,
            height: 4,
            block_hash: Hash([1; 32]),
            parent_result_hash: Hash([2; 32]),
            delta_root: Hash([3; 32]),
            outcomes_root: Hash([4; 32]),
            state_root: None,
            capitalization: 1_000,
            fees: FeeTotals {
                base: 10,
                priority: 3,
                burned: 5,
            },
            compute_units: 150,
        }
    }

    #[test]
    fn hash_covers_every_field() {
        let base = sample();
        let other = Hash([9; 32]);
        let variants = [
            BlockResult { version: 2, ..base },
            BlockResult { slot: 6, ..base },
            BlockResult { height: 5, ..base },
            BlockResult {
                block_hash: other,
                ..base
            },
            BlockResult {
                parent_result_hash: other,
                ..base
            },
            BlockResult {
                delta_root: other,
                ..base
            },
            BlockResult {
                outcomes_root: other,
                ..base
            },
            BlockResult {
                state_root: Some(Hash::ZERO),
                ..base
            },
            BlockResult {
                capitalization: 1_001,
                ..base
            },
            BlockResult {
                fees: FeeTotals {
                    base: 11,
                    ..base.fees
                },
                ..base
            },
            BlockResult {
                fees: FeeTotals {
                    priority: 4,
                    ..base.fees
                },
                ..base
            },
            BlockResult {
                fees: FeeTotals {
                    burned: 6,
                    ..base.fees
                },
                ..base
            },
            BlockResult {
                compute_units: 151,
                ..base
            },
        ];
        for variant in variants {
            assert_ne!(variant.hash(), base.hash(), "{variant:?}");
            assert_eq!(
                borsh::from_slice::<BlockResult>(&borsh::to_vec(&variant).unwrap()).unwrap(),
                variant
            );
        }
    }

    #[test]
    fn burn_is_floored_once_and_never_touches_the_priority_fee() {
        let odd = FeeTotals::with_burn(15_001, 7, 50);
        assert_eq!(
            (odd.burned, odd.credited(), odd.charged()),
            (7_500, 7_508, 15_008)
        );
        assert_eq!(FeeTotals::with_burn(15_001, 7, 0).credited(), 15_008);
        assert_eq!(FeeTotals::with_burn(15_001, 7, 100).credited(), 7);
        assert_eq!(
            FeeTotals::with_burn(15_001, 7, 200),
            FeeTotals::with_burn(15_001, 7, 100)
        );
        assert_eq!(FeeTotals::with_burn(u64::MAX, 0, 50).burned, u64::MAX / 2);
    }

    #[test]
    fn a_refused_credit_burns_everything() {
        let refused = FeeTotals::all_burned(15_001, 7);
        assert_eq!((refused.burned, refused.credited()), (15_008, 0));
    }
}
