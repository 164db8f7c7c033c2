//! Numbers in the genesis that are rules: fees, rent.

use borsh::{BorshDeserialize, BorshSerialize};
use serde::{Deserialize, Serialize};

use super::json::exact_number;

/// Fees of transactions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, BorshSerialize, BorshDeserialize)]
#[serde(default, deny_unknown_fields)]
pub struct FeeRules {
    /// Base fee of each signature.
    #[serde(with = "exact_number")]
    pub lamports_per_signature: u64,
    /// Share of a block's base fees that is burned, 0 to 100.
    #[serde(with = "exact_number")]
    pub burn_percent: u8,
}

impl Default for FeeRules {
    fn default() -> Self {
        Self {
            lamports_per_signature: 5_000,
            burn_percent: 50,
        }
    }
}

/// Minimum balance of an account. Rent is never collected.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, BorshSerialize, BorshDeserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RentRules {
    /// Lamports per byte of data and of the fixed overhead.
    #[serde(with = "exact_number")]
    pub lamports_per_byte: u64,
}

impl Default for RentRules {
    fn default() -> Self {
        Self {
            lamports_per_byte: 6_960,
        }
    }
}
