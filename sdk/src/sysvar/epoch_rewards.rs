//! The EpochRewards sysvar: progress of the distribution of staking rewards.
//!
//! This chain has no staking; the account shows the default value, inactive.
//!
//! ```text
//!  distribution_starting_block_height u64 | num_partitions u64 | parent_blockhash 32 | total_points u128
//!  | total_rewards u64 | distributed_rewards u64 | active u8      81 bytes
//! ```

use super::{SysvarDecodeError, decode};
use crate::hash::Hash;

/// Contents of the EpochRewards sysvar.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct EpochRewards {
    /// Height of the first block that distributes.
    pub distribution_starting_block_height: u64,
    /// Blocks over which the distribution is spread.
    pub num_partitions: u64,
    /// Blockhash that decides who is served in which block.
    pub parent_blockhash: Hash,
    /// Points of all stakes.
    pub total_points: u128,
    /// Lamports to distribute.
    pub total_rewards: u64,
    /// Lamports distributed so far.
    pub distributed_rewards: u64,
    /// Whether the distribution is running.
    pub active: bool,
}

impl EpochRewards {
    /// Bytes of the sysvar.
    pub const LEN: usize = 81;

    /// The account data.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(Self::LEN);
        bytes.extend(self.distribution_starting_block_height.to_le_bytes());
        bytes.extend(self.num_partitions.to_le_bytes());
        bytes.extend(self.parent_blockhash.0);
        bytes.extend(self.total_points.to_le_bytes());
        bytes.extend(self.total_rewards.to_le_bytes());
        bytes.extend(self.distributed_rewards.to_le_bytes());
        bytes.push(u8::from(self.active));
        bytes
    }

    /// Reads the account data.
    ///
    /// # Errors
    /// The bytes are too few, or a boolean is neither 0 nor 1.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, SysvarDecodeError> {
        decode(bytes, |reader| {
            Some(Self {
                distribution_starting_block_height: reader.u64()?,
                num_partitions: reader.u64()?,
                parent_blockhash: reader.hash()?,
                total_points: reader.u128()?,
                total_rewards: reader.u64()?,
                distributed_rewards: reader.u64()?,
                active: reader.bool()?,
            })
        })
    }
}
