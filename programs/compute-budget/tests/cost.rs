//! What an instruction of the ComputeBudget program costs, whatever it says.

use isobath_program_abi::InstructionError;
use isobath_program_compute_budget::{COMPUTE_UNITS, call, direct};
use isobath_sdk::ids;
use isobath_sdk::program::DirectCall;
use isobath_testkit::host::MockHost;
use isobath_testkit::instruction::Program;

fn run(compute_units: u64, data: &[u8]) -> (Result<(), InstructionError>, u64) {
    let program = Program {
        id: ids::COMPUTE_BUDGET_PROGRAM,
        entry: call,
        compute_units,
    };
    let ran = program.run(data, &[], MockHost::new());
    (ran.result, ran.state.meter.remaining())
}

#[test]
fn every_instruction_costs_the_same_and_needs_as_much() {
    assert_eq!(run(COMPUTE_UNITS + 7, &[2, 1, 0, 0, 0]), (Ok(()), 7));
    assert_eq!(run(COMPUTE_UNITS, &[99]), (Ok(()), 0));
    let exceeded = Err(InstructionError::ComputationalBudgetExceeded);
    assert_eq!(run(COMPUTE_UNITS - 1, &[]), (exceeded, 0));
}

#[test]
fn declares_that_no_instruction_touches_an_account() {
    let declared = DirectCall {
        compute_units: COMPUTE_UNITS,
        lamports: 0,
    };
    assert_eq!(direct(&[2, 1, 0, 0, 0]), Some(declared));
    assert_eq!(direct(&[]), Some(declared));
}
