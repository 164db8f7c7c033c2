//! The programs that tests link in.

use isobath_program_abi::Pubkey;
use isobath_sdk::ids;
use isobath_sdk::program::{ProgramEntry, ProgramTable};

/// The built-in programs: those of the development genesis.
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

/// The built-in programs, and a probe at each of `addresses`. Probes at different addresses are different programs to
/// the runtime; only a genesis that names an address makes it a program of the chain.
#[must_use]
pub fn program_table_with_probes(addresses: impl IntoIterator<Item = Pubkey>) -> ProgramTable {
    let mut table = program_table();
    for address in addresses {
        table.insert(address, isobath_program_probe::call);
    }
    table
}
