//! The compute budget of a transaction, read from its ComputeBudget instructions when it is admitted.
//!
//! Invariant: a function of the wire bytes and the rules. An instruction that does not parse makes the transaction invalid, so
//! no block contains it and no fee is due. Rules: `solana-compute-budget-instruction` 4.2.2 (SIMD-0170 for the default
//! limits).

use isobath_program_abi::InstructionError;
use isobath_sdk::builtins::compute_budget::ComputeBudgetInstruction;
use isobath_sdk::errors::TransactionError;
use isobath_sdk::ids;
use isobath_sdk::rules::Rules;
use isobath_sdk::wire::view::TransactionView;

/// Resource limits and bid of a transaction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ComputeLimits {
    /// Compute units it may spend.
    pub compute_units: u32,
    /// Bid in micro-lamports per compute unit of the limit.
    pub price_micro_lamports: u64,
    /// Heap of each program call, bytes.
    pub heap_len: u32,
    /// Account data it may load, bytes.
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
    pub(crate) fn of(view: &TransactionView<'_>, rules: &Rules) -> Result<Self, TransactionError> {
        let mut requested = Self::default();
        for (index, instruction) in (0_u8..).zip(view.instructions()) {
            let program_id = view.static_key(usize::from(instruction.program_id_index));
            if program_id == ids::COMPUTE_BUDGET_PROGRAM {
                requested.read(index, instruction.data)?;
            }
            requested.default_units = requested
                .default_units
                .saturating_add(rules.default_compute_units(&program_id));
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

    /// Checks the values.
    ///
    /// # Errors
    /// `InstructionError(i, InvalidInstructionData)` for an invalid heap size, `InvalidLoadedAccountsDataSizeLimit` for
    /// 0.
    pub(crate) fn limits(&self, rules: &Rules) -> Result<ComputeLimits, TransactionError> {
        let loaded_data_len = self.loaded_data_len.unwrap_or(rules.loaded_data_len_max);
        let heap_len = self.heap_len(rules)?;
        if loaded_data_len == 0 {
            return Err(TransactionError::InvalidLoadedAccountsDataSizeLimit);
        }
        Ok(ComputeLimits {
            compute_units: self
                .compute_units
                .unwrap_or(self.default_units)
                .min(rules.compute_units_max),
            price_micro_lamports: self.price.unwrap_or(0),
            heap_len,
            loaded_data_len: loaded_data_len.min(rules.loaded_data_len_max),
        })
    }

    fn heap_len(&self, rules: &Rules) -> Result<u32, TransactionError> {
        let Some((index, len)) = self.heap_len else {
            return Ok(rules.heap_len_min);
        };
        let range = rules.heap_len_min..=rules.heap_len_max;
        match range.contains(&len) && len.is_multiple_of(rules.heap_len_step) {
            true => Ok(len),
            false => Err(TransactionError::InstructionError(
                index,
                InstructionError::InvalidInstructionData,
            )),
        }
    }
}
