//! A transaction in words, for the messages of failed tests and for reports.

use isobath_program_probe::Script;
use isobath_sdk::builtins::compute_budget::ComputeBudgetInstruction;
use isobath_sdk::builtins::lookup_table_instruction::LookupTableInstruction;
use isobath_sdk::builtins::system::SystemInstruction;
use isobath_sdk::ids;
use isobath_sdk::wire::view::TransactionView;

/// The keys with their privileges, the lookups, and each instruction with what it says to its program.
#[must_use]
pub fn transaction(view: &TransactionView<'_>) -> String {
    let keys: Vec<String> = (0..view.static_key_count())
        .map(|index| {
            let signer = if view.is_signer(index) { "s" } else { "" };
            let writable = if view.is_requested_writable(index) {
                "w"
            } else {
                ""
            };
            format!("{index}: {} {signer}{writable}", view.static_key(index))
        })
        .collect();
    let instructions = view.instructions().map(|instruction| {
        let data = instruction.data;
        let says = match view.static_key(instruction.program_id_index.into()) {
            ids::SYSTEM_PROGRAM => format!("{:?}", SystemInstruction::decode(data)),
            ids::ADDRESS_LOOKUP_TABLE_PROGRAM => format!("{:?}", LookupTableInstruction::decode(data)),
            ids::COMPUTE_BUDGET_PROGRAM => format!("{:?}", ComputeBudgetInstruction::decode(data)),
            _ => Script::decode(data).map_or_else(|| format!("{data:?}"), |script| format!("{script:?}")),
        };
        let (program, accounts) = (instruction.program_id_index, instruction.accounts);
        format!("{program} on {accounts:?}: {says}")
    });
    let instructions: Vec<String> = instructions.collect();
    let lookups: Vec<_> = view.lookups().collect();
    format!("keys {keys:#?}, lookups {lookups:?}, instructions {instructions:#?}")
}
