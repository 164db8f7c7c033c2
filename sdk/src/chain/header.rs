//! Block headers and the blockhash.
//!
//! The blockhash is the hash of the header's canonical bytes and nothing else; signatures or certificates over it live
//! outside. The fields up to `producer` are fixed when a block is opened, so execution may start before the block is
//! sealed; `transactions_root`, `transaction_count` and `anchor` are fixed at the seal.
//!
//! Links: `parent_hash` of block 1 is the genesis hash, and so is the result hash in its anchor, which has slot 0.
//! Slots are consecutive. Timestamps never decrease.

use borsh::{BorshDeserialize, BorshSerialize};

use super::hashing::{Tag, hash_canonical, hash_each, hash_tagged};
use super::merkle::MerkleLeaves;
use crate::hash::Hash;
use crate::pubkey::Pubkey;

/// Version of the header format.
pub const HEADER_VERSION: u16 = 1;

/// The newest ancestor whose result the producer had when it sealed a block, and that result.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Anchor {
    /// Slot of the ancestor; 0 is the genesis.
    pub slot: u64,
    /// Hash of its result; the genesis hash for slot 0.
    pub result_hash: Hash,
}

/// The header of a block.
///
/// ```text
///  version u16 | rules_version u16 | genesis_hash 32 | slot u64 | height u64 | parent_slot u64 | parent_hash 32
///  | timestamp_ms i64 | producer 32 | transactions_root 32 | transaction_count u32 | anchor { slot u64, hash 32 }
/// ```
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Header {
    /// Format of the header: [`HEADER_VERSION`].
    pub version: u16,
    /// Rules by which the block is executed.
    pub rules_version: u16,
    /// Hash of the genesis, which identifies the chain.
    pub genesis_hash: Hash,
    /// Slot of the block.
    pub slot: u64,
    /// Number of blocks from the genesis, which has height 0.
    pub height: u64,
    /// Slot of the parent; 0 is the genesis.
    pub parent_slot: u64,
    /// Blockhash of the parent; the genesis hash in block 1.
    pub parent_hash: Hash,
    /// Milliseconds since the Unix epoch by the producer's clock, never before the parent's.
    pub timestamp_ms: i64,
    /// Account that receives the fees.
    pub producer: Pubkey,
    /// Root over the wire bytes of the transactions, signatures included.
    pub transactions_root: Hash,
    /// Number of transactions.
    pub transaction_count: u32,
    /// Newest ancestor whose result this header vouches for.
    pub anchor: Anchor,
}

impl Header {
    /// The hash that identifies this block and is the recent blockhash for transactions after it.
    #[must_use]
    pub fn blockhash(&self) -> Hash {
        hash_canonical(Tag::Header, self)
    }
}

/// The leaf of one transaction: the hash of its wire bytes with signatures.
#[must_use]
pub fn transaction_leaf(wire_bytes: &[u8]) -> Hash {
    hash_tagged(Tag::TransactionLeaf, wire_bytes)
}

/// The leaves of the transactions of a block, given by their wire bytes in block order.
pub fn transaction_leaves<B: AsRef<[u8]> + Copy>(transactions: impl IntoIterator<Item = B>) -> MerkleLeaves {
    MerkleLeaves::new(hash_each(Tag::TransactionLeaf, transactions))
}

/// The root over the transactions of a block in block order.
pub fn transactions_root<B: AsRef<[u8]> + Copy>(transactions: impl IntoIterator<Item = B>) -> Hash {
    transaction_leaves(transactions).root()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chain::merkle::{EMPTY_ROOT, merkle_root};

    fn sample() -> Header {
        Header {
            version: HEADER_VERSION,
            rules_version: 1,
            genesis_hash: Hash([1; 32]),
            slot: 5,
            height: 4,
            parent_slot: 3,
            parent_hash: Hash([2; 32]),
            timestamp_ms: 1_795_305_600_123,
            producer: Pubkey::new([3; 32]),
            transactions_root: Hash([4; 32]),
            transaction_count: 6,
            anchor: Anchor {
                slot: 2,
                result_hash: Hash([5; 32]),
            },
        }
    }

    #[test]
    fn blockhash_covers_every_field() {
        let base = sample();
        let other = Hash([9; 32]);
        let variants = [
            Header { version: 2, ..base },
            Header {
                rules_version: 2,
                ..base
            },
            Header {
                genesis_hash: other,
                ..base
            },
            Header { slot: 6, ..base },
            Header { height: 5, ..base },
            Header {
                parent_slot: 4,
                ..base
            },
            Header {
                parent_hash: other,
                ..base
            },
            Header {
                timestamp_ms: -1,
                ..base
            },
            Header {
                producer: Pubkey::new([9; 32]),
                ..base
            },
            Header {
                transactions_root: other,
                ..base
            },
            Header {
                transaction_count: 7,
                ..base
            },
            Header {
                anchor: Anchor {
                    slot: 3,
                    ..base.anchor
                },
                ..base
            },
            Header {
                anchor: Anchor {
                    result_hash: other,
                    ..base.anchor
                },
                ..base
            },
        ];
        for variant in variants {
            assert_ne!(variant.blockhash(), base.blockhash(), "{variant:?}");
            assert_eq!(
                borsh::from_slice::<Header>(&borsh::to_vec(&variant).unwrap()).unwrap(),
                variant
            );
        }
    }

    #[test]
    fn transactions_root_is_the_tree_over_wire_bytes() {
        let lens = [2_usize, 0, 1, 215, 64, 215, 1232, 128];
        let transactions: Vec<Vec<u8>> = (0_u8..100)
            .zip(lens.into_iter().cycle())
            .map(|(byte, len)| vec![byte; len])
            .collect();
        for count in 0..=transactions.len() {
            let some = &transactions[..count];
            let leaves: Vec<Hash> = some.iter().map(|wire| transaction_leaf(wire)).collect();
            assert_eq!(
                transactions_root(some),
                merkle_root(&leaves),
                "{count} transactions"
            );
        }
        assert_eq!(transactions_root::<&[u8]>([]), EMPTY_ROOT);
        assert_eq!(
            transaction_leaf(b"wire").0,
            blake3::derive_key("isobath 2026-11 transaction leaf v1", b"wire")
        );
    }
}
