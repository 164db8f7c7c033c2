//! The compute budget of a transaction, read from its ComputeBudget instructions when it is admitted.
//!
//! Invariant: a function of the wire bytes alone. An instruction that does not parse makes the transaction invalid, so
//! no block contains it and no fee is due. Rules: `solana-compute-budget-instruction` 4.2.2 (SIMD-0170 for the default
//! limits).

use isobath_program_abi::InstructionError;
use isobath_program_abi::Pubkey;
use isobath_sdk::builtins::compute_budget::ComputeBudgetInstruction;
use isobath_sdk::errors::TransactionError;
use isobath_sdk::ids;
use isobath_sdk::wire::view::TransactionView;

/// Maximum compute units of one transaction.
pub(crate) const COMPUTE_UNITS_MAX: u32 = 1_400_000;
/// Default compute units of an instruction that calls a built-in program.
pub(crate) const BUILTIN_COMPUTE_UNITS_DEFAULT: u32 = 3_000;
/// Default compute units of any other instruction.
pub(crate) const COMPUTE_UNITS_DEFAULT: u32 = 200_000;
/// Maximum account data that one transaction may load, and the default: 64 MiB.
pub(crate) const LOADED_DATA_LEN_MAX: u32 = 64 * 1024 * 1024;

const HEAP_LEN_MIN: u32 = 32 * 1024;
const HEAP_LEN_MAX: u32 = 256 * 1024;
const HEAP_LEN_STEP: u32 = 1024;

/// Resource limits and bid of a transaction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ComputeLimits {
    /// Compute units it may spend, at most 1,400,000.
    pub compute_units: u32,
    /// Bid in micro-lamports per compute unit of the limit.
    pub price_micro_lamports: u64,
    /// Heap of each program call, bytes.
    pub heap_len: u32,
    /// Account data it may load, bytes, at most 64 MiB.
    pub loaded_data_len: u32,
}

impl ComputeLimits {
    /// The priority fee in lamports: price times limit, rounded up, saturated (contract 11).
    #[must_use]
    pub fn priority_fee_lamports(&self) -> u64 {
        let micro = u128::from(self.price_micro_lamports).saturating_mul(u128::from(self.compute_units));
        u64::try_from(micro.div_ceil(1_000_000)).unwrap_or(u64::MAX)
    }
}

/// The contents of a transaction's ComputeBudget instructions, before their values are checked.
#[derive(Default)]
pub(crate) struct Requested {
    /// The heap, and the index of the instruction that requests it.
    heap_len: Option<(u8, u32)>,
    compute_units: Option<u32>,
    price: Option<u64>,
    loaded_data_len: Option<u32>,
    default_units: u32,
}

impl Requested {
    /// Reads the instructions of `view`.
    ///
    /// # Errors
    /// `InstructionError(i, InvalidInstructionData)` for one that does not parse, `DuplicateInstruction(i)` for the
    /// second of a kind.
    pub(crate) fn of(view: &TransactionView<'_>) -> Result<Self, TransactionError> {
        let mut requested = Self::default();
        for (index, instruction) in (0_u8..).zip(view.instructions()) {
            let program_id = view.static_key(usize::from(instruction.program_id_index));
            if program_id == ids::COMPUTE_BUDGET_PROGRAM {
                requested.read(index, instruction.data)?;
            }
            requested.count(&program_id);
        }
        Ok(requested)
    }

    fn read(&mut self, index: u8, data: &[u8]) -> Result<(), TransactionError> {
        let invalid = TransactionError::InstructionError(index, InstructionError::InvalidInstructionData);
        let is_second = match ComputeBudgetInstruction::decode(data).map_err(|_| invalid)? {
            ComputeBudgetInstruction::RequestHeapFrame(len) => self.heap_len.replace((index, len)).is_some(),
            ComputeBudgetInstruction::SetComputeUnitLimit(units) => {
                self.compute_units.replace(units).is_some()
            }
            ComputeBudgetInstruction::SetComputeUnitPrice(price) => self.price.replace(price).is_some(),
            ComputeBudgetInstruction::SetLoadedAccountsDataSizeLimit(len) => {
                self.loaded_data_len.replace(len).is_some()
            }
        };
        match is_second {
            true => Err(TransactionError::DuplicateInstruction(index)),
            false => Ok(()),
        }
    }

    fn count(&mut self, program_id: &Pubkey) {
        let units = if is_builtin(program_id) {
            BUILTIN_COMPUTE_UNITS_DEFAULT
        } else {
            COMPUTE_UNITS_DEFAULT
        };
        self.default_units = self.default_units.saturating_add(units);
    }

    /// Checks the values.
    ///
    /// # Errors
    /// `InstructionError(i, InvalidInstructionData)` for an invalid heap size, `InvalidLoadedAccountsDataSizeLimit` for
    /// 0.
    pub(crate) fn limits(&self) -> Result<ComputeLimits, TransactionError> {
        let loaded_data_len = self.loaded_data_len.unwrap_or(LOADED_DATA_LEN_MAX);
        let heap_len = self.heap_len()?;
        if loaded_data_len == 0 {
            return Err(TransactionError::InvalidLoadedAccountsDataSizeLimit);
        }
        Ok(ComputeLimits {
            compute_units: self
                .compute_units
                .unwrap_or(self.default_units)
                .min(COMPUTE_UNITS_MAX),
            price_micro_lamports: self.price.unwrap_or(0),
            heap_len,
            loaded_data_len: loaded_data_len.min(LOADED_DATA_LEN_MAX),
        })
    }

    fn heap_len(&self) -> Result<u32, TransactionError> {
        let Some((index, len)) = self.heap_len else {
            return Ok(HEAP_LEN_MIN);
        };
        match (HEAP_LEN_MIN..=HEAP_LEN_MAX).contains(&len) && len.is_multiple_of(HEAP_LEN_STEP) {
            true => Ok(len),
            false => Err(TransactionError::InstructionError(
                index,
                InstructionError::InvalidInstructionData,
            )),
        }
    }
}

/// Whether an instruction of this program gets the built-in default: the built-ins that `solana-runtime` 4.2.2 has not
/// moved to on-chain programs.
fn is_builtin(program_id: &Pubkey) -> bool {
    [
        ids::SYSTEM_PROGRAM,
        ids::COMPUTE_BUDGET_PROGRAM,
        ids::VOTE_PROGRAM,
        ids::BPF_LOADER,
        ids::BPF_LOADER_DEPRECATED,
        ids::BPF_LOADER_UPGRADEABLE,
        ids::ED25519_PRECOMPILE,
        ids::SECP256K1_PRECOMPILE,
    ]
    .contains(program_id)
}
