//! The limits and rates of a chain.
//!
//! Invariant: a [`Rules`] is a function of the features and the numbers of a genesis; it never changes while the chain
//! runs. Sources: `solana-runtime`, `solana-svm`, `solana-program-runtime` and `solana-compute-budget-instruction`
//! 4.2.2. A limit that depends on a feature names it.

use super::{Feature, FeatureSet};
use crate::ids;
use crate::pubkey::Pubkey;
use crate::sysvar::epoch_schedule::EpochSchedule;
use crate::sysvar::rent::Rent;

/// Bytes that a call is charged for each account that it lists: key, signer flag, writable flag.
pub const ACCOUNT_META_LEN: usize = 34;

/// Bytes that a call is charged for each account that it passes, besides its data: key, owner, balance, length and flags.
pub const ACCOUNT_INFO_LEN: usize = 80;

/// Everything by which transactions are judged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rules {
    /// The active features.
    pub features: FeatureSet,

    /// Account keys that a transaction may lock, loaded ones included: 128 with `increase_tx_account_lock_limit`,
    /// otherwise 64.
    pub account_locks_max: usize,
    /// Instructions of a transaction (SIMD-0160).
    pub instructions_max: usize,
    /// Accounts of one instruction, of a transaction (SIMD-0406) or of a call.
    pub instruction_accounts_max: usize,

    /// Compute units of one transaction.
    pub compute_units_max: u32,
    /// Compute units of an instruction of a transaction that sets no limit.
    pub compute_units_default: u32,
    /// The same for an instruction of certain built-in programs; see [`Rules::default_compute_units`].
    pub builtin_compute_units_default: u32,
    /// Bytes of a program's heap: minimum, and the default.
    pub heap_len_min: u32,
    /// Bytes of a program's heap: maximum.
    pub heap_len_max: u32,
    /// A heap is a multiple of this many bytes.
    pub heap_len_step: u32,

    /// Account data that one transaction may load, in bytes, and the default.
    pub loaded_data_len_max: u32,
    /// Bytes counted for each loaded account besides its data (SIMD-0186).
    pub loaded_account_base_len: u64,
    /// Bytes counted for each address lookup table (SIMD-0186).
    pub loaded_table_len: u64,

    /// Instructions that one transaction may run, calls included.
    pub instruction_trace_max: usize,
    /// Instructions running at once, that of the transaction included: 9 with `raise_cpi_nesting_limit_to_8`, otherwise
    /// 5.
    pub stack_depth_max: usize,
    /// Compute units of a call between programs (SIMD-0339).
    pub call_compute_units: u64,
    /// A call costs one more compute unit for this many bytes of instruction data, of account metas
    /// ([`ACCOUNT_META_LEN`] each), of accounts besides their data ([`ACCOUNT_INFO_LEN`] each), and of the data of each
    /// account, an account named twice counting once; each rounded down (SIMD-0339).
    pub call_bytes_per_compute_unit: u64,
    /// Instruction data of a call, in bytes.
    pub call_data_len_max: usize,
    /// Derived addresses that may sign a call.
    pub call_signers_max: usize,

    /// Data of an account, in bytes.
    pub account_data_len_max: usize,
    /// Bytes by which a transaction may grow account data in sum.
    pub transaction_data_growth_max: u64,
    /// Bytes by which one instruction may grow an account: for loaded objects and programs of the virtual machine, whose
    /// accounts lie in memory of a fixed size. Built-in programs have no such limit.
    pub instruction_data_growth_max: usize,
    /// Return data, in bytes.
    pub return_data_len_max: usize,

    /// Base fee of each signature.
    pub lamports_per_signature: u64,
    /// Share of a block's base fees that is burned, in percent.
    pub fee_burn_percent: u8,
    /// The minimum balance of accounts.
    pub rent: Rent,

    /// Blocks after its own in which a blockhash may be used.
    pub blockhash_age_max: u64,
    /// How slots are divided into epochs.
    pub epoch_schedule: EpochSchedule,

    /// What a block may cost.
    pub block_cost: BlockCostLimits,
}

/// What the transactions of one block may cost, by the cost model of `solana-cost-model` 4.2.2. Limits for 400 ms:
/// 60,000,000 units in sum, 24,000,000 for each writable account and 100,000,000 bytes allocated. With
/// `raise_block_limits_to_100m` the units are 5/3 of that; `reduce_slot_time_to_...` reduces all in proportion.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BlockCostLimits {
    /// Units in sum.
    pub block: u64,
    /// Units of the transactions that lock one account for writing.
    pub account: u64,
    /// Bytes of account data that the transactions may allocate.
    pub allocated_data_len: u64,
}

/// The numbers that a genesis sets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GenesisNumbers {
    /// Base fee of each signature.
    pub lamports_per_signature: u64,
    /// Share of a block's base fees that is burned, in percent.
    pub fee_burn_percent: u8,
    /// Minimum balance of an account per byte.
    pub lamports_per_byte: u64,
    /// Slots of an epoch.
    pub slots_per_epoch: u64,
    /// Blocks after its own in which a blockhash may be used.
    pub blockhash_age_max: u64,
}

impl Rules {
    /// What a call is charged for this many bytes.
    #[must_use]
    pub fn call_units(&self, len: usize) -> u64 {
        (len as u64)
            .checked_div(self.call_bytes_per_compute_unit)
            .unwrap_or(0)
    }

    /// The rules with these features and numbers.
    #[must_use]
    pub const fn new(features: FeatureSet, numbers: GenesisNumbers) -> Self {
        let has_many_locks = features.is_active(Feature::INCREASE_TX_ACCOUNT_LOCK_LIMIT);
        let has_deep_stack = features.is_active(Feature::RAISE_CPI_NESTING_LIMIT_TO_8);
        Self {
            features,
            account_locks_max: if has_many_locks { 128 } else { 64 },
            instructions_max: 64,
            instruction_accounts_max: 255,
            compute_units_max: 1_400_000,
            compute_units_default: 200_000,
            builtin_compute_units_default: 3_000,
            heap_len_min: 32 << 10,
            heap_len_max: 256 << 10,
            heap_len_step: 1 << 10,
            loaded_data_len_max: 64 << 20,
            loaded_account_base_len: 64,
            loaded_table_len: 8_248,
            instruction_trace_max: 64,
            stack_depth_max: if has_deep_stack { 9 } else { 5 },
            call_compute_units: 946,
            call_bytes_per_compute_unit: 250,
            call_data_len_max: 10 << 10,
            call_signers_max: 16,
            account_data_len_max: 10 << 20,
            transaction_data_growth_max: 20 << 20,
            instruction_data_growth_max: 10 << 10,
            return_data_len_max: 1 << 10,
            lamports_per_signature: numbers.lamports_per_signature,
            fee_burn_percent: numbers.fee_burn_percent,
            rent: Rent::new(numbers.lamports_per_byte),
            blockhash_age_max: numbers.blockhash_age_max,
            epoch_schedule: EpochSchedule::without_warmup(numbers.slots_per_epoch),
            block_cost: BlockCostLimits::of(features),
        }
    }

    /// Whether `feature` is active.
    #[must_use]
    pub const fn is_active(&self, feature: Feature) -> bool {
        self.features.is_active(feature)
    }

    /// Compute units of an instruction that calls `program_id`, in a transaction that sets no limit (SIMD-0170): fewer
    /// for the built-in programs that Solana has not moved to programs on the chain. The Vote program leaves them with
    /// `bls_pubkey_management_in_vote_account`.
    #[must_use]
    pub fn default_compute_units(&self, program_id: &Pubkey) -> u32 {
        let is_builtin = match *program_id {
            ids::VOTE_PROGRAM => !self.is_active(Feature::BLS_PUBKEY_MANAGEMENT_IN_VOTE_ACCOUNT),
            _ => BUILTINS.contains(program_id),
        };
        match is_builtin {
            true => self.builtin_compute_units_default,
            false => self.compute_units_default,
        }
    }
}

/// The built-in programs with a default limit of their own, but for the Vote program.
const BUILTINS: [Pubkey; 8] = [
    ids::SYSTEM_PROGRAM,
    ids::COMPUTE_BUDGET_PROGRAM,
    ids::BPF_LOADER,
    ids::BPF_LOADER_DEPRECATED,
    ids::BPF_LOADER_UPGRADEABLE,
    ids::LOADER_V4,
    ids::ED25519_PRECOMPILE,
    ids::SECP256K1_PRECOMPILE,
];

impl BlockCostLimits {
    #[expect(clippy::arithmetic_side_effects, reason = "products of small constants")]
    const fn of(features: FeatureSet) -> Self {
        let slot_ms = slot_ms(features);
        let (scale, divisor) = if features.is_active(Feature::RAISE_BLOCK_LIMITS_TO_100M) {
            (100, 60)
        } else {
            (1, 1)
        };
        Self {
            block: 150_000 * slot_ms * scale / divisor,
            account: 60_000 * slot_ms * scale / divisor,
            allocated_data_len: 250_000 * slot_ms,
        }
    }
}

/// The slot time for which Solana dimensions blocks: the shortest of the active features.
const fn slot_ms(features: FeatureSet) -> u64 {
    if features.is_active(Feature::REDUCE_SLOT_TIME_TO_200MS) {
        200
    } else if features.is_active(Feature::REDUCE_SLOT_TIME_TO_250MS) {
        250
    } else if features.is_active(Feature::REDUCE_SLOT_TIME_TO_300MS) {
        300
    } else if features.is_active(Feature::REDUCE_SLOT_TIME_TO_350MS) {
        350
    } else {
        400
    }
}
