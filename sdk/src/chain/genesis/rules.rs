//! Rules in the genesis: fees, rent, limits.

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

/// Limits of transactions and accounts. Rules version 1 fixes all of them: see [`Limits::RULES_1`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, BorshSerialize, BorshDeserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Limits {
    /// Account keys that one transaction may lock, loaded ones included.
    #[serde(with = "exact_number")]
    pub transaction_account_locks_max: u64,
    /// Compute units of one transaction.
    #[serde(with = "exact_number")]
    pub transaction_compute_units_max: u64,
    /// Bytes of account data that one transaction may load.
    #[serde(with = "exact_number")]
    pub transaction_loaded_data_bytes_max: u64,
    /// Bytes by which one transaction may grow account data in total.
    #[serde(with = "exact_number")]
    pub transaction_data_growth_bytes_max: u64,
    /// Instructions that one transaction may run, inner ones included.
    #[serde(with = "exact_number")]
    pub transaction_instruction_trace_max: u64,
    /// Accounts that one instruction may use.
    #[serde(with = "exact_number")]
    pub instruction_accounts_max: u64,
    /// Bytes of instruction data in a call between programs.
    #[serde(with = "exact_number")]
    pub instruction_data_bytes_max: u64,
    /// Bytes by which one instruction may grow one account.
    #[serde(with = "exact_number")]
    pub instruction_data_growth_bytes_max: u64,
    /// Depth of calls, the instruction of the transaction included.
    #[serde(with = "exact_number")]
    pub instruction_stack_depth_max: u64,
    /// Bytes of data of one account.
    #[serde(with = "exact_number")]
    pub account_data_bytes_max: u64,
    /// Bytes of return data.
    #[serde(with = "exact_number")]
    pub return_data_bytes_max: u64,
}

impl Limits {
    /// The limits of rules version 1: those of Solana's runtime with all its features active.
    pub const RULES_1: Self = Self {
        transaction_account_locks_max: 128,
        transaction_compute_units_max: 1_400_000,
        transaction_loaded_data_bytes_max: 64 << 20,
        transaction_data_growth_bytes_max: 20 << 20,
        transaction_instruction_trace_max: 64,
        instruction_accounts_max: 255,
        instruction_data_bytes_max: 10 << 10,
        instruction_data_growth_bytes_max: 10 << 10,
        instruction_stack_depth_max: 9,
        account_data_bytes_max: 10 << 20,
        return_data_bytes_max: 1 << 10,
    };

    /// Every limit with its field name in the file.
    pub(super) const fn named(&self) -> [(&'static str, u64); 11] {
        [
            (
                "transaction_account_locks_max",
                self.transaction_account_locks_max,
            ),
            (
                "transaction_compute_units_max",
                self.transaction_compute_units_max,
            ),
            (
                "transaction_loaded_data_bytes_max",
                self.transaction_loaded_data_bytes_max,
            ),
            (
                "transaction_data_growth_bytes_max",
                self.transaction_data_growth_bytes_max,
            ),
            (
                "transaction_instruction_trace_max",
                self.transaction_instruction_trace_max,
            ),
            ("instruction_accounts_max", self.instruction_accounts_max),
            ("instruction_data_bytes_max", self.instruction_data_bytes_max),
            (
                "instruction_data_growth_bytes_max",
                self.instruction_data_growth_bytes_max,
            ),
            ("instruction_stack_depth_max", self.instruction_stack_depth_max),
            ("account_data_bytes_max", self.account_data_bytes_max),
            ("return_data_bytes_max", self.return_data_bytes_max),
        ]
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self::RULES_1
    }
}
