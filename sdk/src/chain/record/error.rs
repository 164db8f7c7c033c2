//! Why a record is refused.

use crate::pubkey::Pubkey;

/// Why a record cannot follow the accounts at the end of the previous block.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RecordError {
    /// Record, header and result do not all belong to one block.
    #[error("record, header and result name different slots or heights")]
    SlotsDisagree,
    /// The delta is not sorted by key, or contains a key twice.
    #[error("the delta is not sorted by key at {0}")]
    Unsorted(Pubkey),
    /// The delta contains an account whose bytes did not change.
    #[error("the delta contains the unchanged account {0}")]
    Unchanged(Pubkey),
    /// The delta stores an account without lamports instead of closing it.
    #[error("the delta stores account {0} with zero lamports")]
    WithoutLamports(Pubkey),
    /// The result's capitalization is not the sum of the accounts after the delta.
    #[error("the result has capitalization {named} lamports, but the accounts sum to {summed}")]
    Capitalization {
        /// Capitalization in the result.
        named: u64,
        /// Sum over the accounts.
        summed: u128,
    },
    /// The delta does not hash to the root in the result.
    #[error("the delta does not hash to the delta root in the result")]
    DeltaRoot,
    /// The delta changes parts of an account that does not exist before the block.
    #[error("the delta changes the header of account {0}, which does not exist")]
    Absent(Pubkey),
    /// The delta gives an account more data than any account can have.
    #[error("the delta gives account {key} {len} bytes of data, more than the limit of {max}")]
    DataLen {
        /// The account.
        key: Pubkey,
        /// Its length in the delta.
        len: u32,
        /// The limit.
        max: usize,
    },
    /// The delta makes the data of all accounts longer than the transactions of its block can.
    #[error(
        "the delta adds {growth} bytes of data, more than the {growth_max} that its transactions may add"
    )]
    DataGrowth {
        /// Bytes that it adds.
        growth: u64,
        /// The limit.
        growth_max: u64,
    },
    /// A range of changed bytes does not lie within the account.
    #[error("the delta changes bytes of account {key} from {offset} on, past its end at {data_len}")]
    RangeOutOfBounds {
        /// The account.
        key: Pubkey,
        /// Where the range begins.
        offset: u32,
        /// Length of the account's data.
        data_len: u32,
    },
    /// The ranges of changed bytes do not ascend, or overlap.
    #[error("the delta changes bytes of account {key} at {offset} twice or out of order")]
    RangesUnsorted {
        /// The account.
        key: Pubkey,
        /// Where the range begins.
        offset: u32,
    },
    /// The changed bytes are more or fewer than their ranges.
    #[error("the delta has {bytes_len} changed bytes of account {key} for ranges of {ranges_len} bytes")]
    RangesLen {
        /// The account.
        key: Pubkey,
        /// Changed bytes.
        bytes_len: usize,
        /// Sum of the lengths of the ranges.
        ranges_len: u64,
    },
    /// The change is recorded in another form than the one that belongs to it.
    #[error("the delta does not record the change of account {0} in its canonical form")]
    NotCanonical(Pubkey),
}
