//! Limits and fees, as the bytes of a transaction ask for them.

use isobath_sdk::builtins::compute_budget::ComputeBudgetInstruction;
use isobath_sdk::ids;
use isobath_sdk::wire::view::TransactionView;

const SIGNATURE_LAMPORTS: u64 = 5_000;
const UNITS_MAX: u64 = 1_400_000;

/// What a transaction may use and what it pays.
#[derive(Clone, Copy, Debug)]
pub(super) struct Budget {
    pub(super) units: u64,
    pub(super) loaded_len: u64,
    pub(super) base_fee: u64,
    pub(super) priority_fee: u64,
}

impl Budget {
    pub(super) fn of(view: &TransactionView<'_>) -> Self {
        let (mut default_units, mut units, mut price, mut loaded_len) = (0, None, 0, 64 << 20);
        for instruction in view.instructions() {
            let program = view.static_key(instruction.program_id_index.into());
            let is_builtin = [ids::SYSTEM_PROGRAM, ids::COMPUTE_BUDGET_PROGRAM].contains(&program);
            default_units += if is_builtin { 3_000 } else { 200_000 };
            if program != ids::COMPUTE_BUDGET_PROGRAM {
                continue;
            }
            match ComputeBudgetInstruction::decode(instruction.data) {
                Ok(ComputeBudgetInstruction::SetComputeUnitLimit(limit)) => units = Some(u64::from(limit)),
                Ok(ComputeBudgetInstruction::SetComputeUnitPrice(micro)) => price = micro,
                Ok(ComputeBudgetInstruction::SetLoadedAccountsDataSizeLimit(len)) => loaded_len = len,
                other => panic!("the generator asks for nothing else: {other:?}"),
            }
        }
        let units = units.unwrap_or(default_units).min(UNITS_MAX);
        let micro = u128::from(price) * u128::from(units);
        Self {
            units,
            loaded_len: loaded_len.into(),
            base_fee: SIGNATURE_LAMPORTS * view.signatures().len() as u64,
            priority_fee: u64::try_from(micro.div_ceil(1_000_000)).unwrap_or(u64::MAX),
        }
    }

    /// Everything that the payer pays.
    pub(super) const fn fee(&self) -> u64 {
        // Saturates as the rules do: nobody can pay so much.
        self.base_fee.saturating_add(self.priority_fee)
    }
}
