//! Which program runs.

use isobath_sdk::ids;
use isobath_sdk::instruction_error::InstructionError as Ix;
use isobath_sdk::pubkey::Pubkey;

use super::running::Running;
use super::{probe, system, tables};
use crate::random_blocks::cast::PROBES;

const COMPUTE_BUDGET_UNITS: u64 = 150;
/// The first byte of the first probe's address.
const FIRST_PROBE: u8 = 0xD0;

pub(super) fn run(running: &mut Running<'_>) -> Result<(), Ix> {
    match *running.program() {
        ids::SYSTEM_PROGRAM => system::run(running),
        ids::COMPUTE_BUDGET_PROGRAM => running.consume(COMPUTE_BUDGET_UNITS),
        ids::ADDRESS_LOOKUP_TABLE_PROGRAM => tables::run(running),
        Pubkey([first, ..]) if (FIRST_PROBE..FIRST_PROBE + PROBES).contains(&first) => probe::run(running),
        other => panic!("no other program is owned by the loader: {other}"),
    }
}
