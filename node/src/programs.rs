//! The programs that a node runs unless its configuration names others.

use isobath_sdk::ids;
use isobath_sdk::program::{ProgramEntry, ProgramTable};

/// The built-in programs.
#[must_use]
pub fn program_table() -> ProgramTable {
    let mut table = ProgramTable::new([
        (ids::SYSTEM_PROGRAM, isobath_program_system::call as ProgramEntry),
        (ids::COMPUTE_BUDGET_PROGRAM, isobath_program_compute_budget::call),
        (
            ids::ADDRESS_LOOKUP_TABLE_PROGRAM,
            isobath_program_address_lookup_table::call,
        ),
        (ids::TOKEN_PROGRAM, isobath_program_token::call),
        (
            ids::ASSOCIATED_TOKEN_PROGRAM,
            isobath_program_associated_token::call,
        ),
        (ids::MEMO_PROGRAM_V1, isobath_program_memo::call_first),
        (ids::MEMO_PROGRAM, isobath_program_memo::call),
        (ids::MEMO_PROGRAM_V4, isobath_program_memo::call),
    ]);
    table.set_direct(&ids::SYSTEM_PROGRAM, isobath_program_system::direct);
    table.set_direct(
        &ids::COMPUTE_BUDGET_PROGRAM,
        isobath_program_compute_budget::direct,
    );
    table
}
