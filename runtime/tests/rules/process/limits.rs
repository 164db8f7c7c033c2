//! The limits of a transaction's instructions: depth, trace, compute units, growth, sizes of calls.

use isobath_program_abi::AccountMeta;
use isobath_program_abi::InstructionError as E;
use isobath_program_probe::{
    Bytes, COMPUTE_UNITS, Call, Operation, Passed, Place, STEP_COMPUTE_UNITS, Script, Step,
};
use isobath_sdk::builtins::compute_budget;
use isobath_sdk::errors::TransactionError;
use isobath_sdk::ids;
use isobath_sdk::rules::Profile;

use super::{Lab, MINE, MINE_TOO, PROBE_1, Ran, both, call_probe, failed, only};
use crate::support::probe;

/// Bytes of data that an account may have.
const ACCOUNT_DATA_LEN_MAX: usize = 10 << 20;
/// Bytes by which a transaction may grow account data.
const DATA_GROWTH_PER_TRANSACTION_MAX: u64 = 20 << 20;

const NOTHING: Script = Script::new();
/// Compute units of a call that does nothing, with the step that makes it.
const CALL_COMPUTE_UNITS: u64 = STEP_COMPUTE_UNITS + 946 + COMPUTE_UNITS;
/// Compute units of the instruction that sets the limit.
const LIMIT_COMPUTE_UNITS: u64 = 150;

/// Runs a script of probe 0 with this compute limit.
fn run_within(lab: &Lab, units: u64, script: &Script) -> Ran {
    let limit = compute_budget::set_compute_unit_limit(u32::try_from(units).unwrap());
    lab.run(&[limit, script.instruction(probe(0), both().to_vec())])
}

fn assert_ran_out(lab: &Lab, units: u64, script: &Script) {
    let ran = run_within(lab, units, script);
    let error = TransactionError::InstructionError(1, E::ComputationalBudgetExceeded);
    assert_eq!(ran.execution.outcome.error, Some(error), "{:#?}", ran.logs());
    assert_eq!(
        ran.execution.outcome.compute_units, units,
        "all of the limit is spent"
    );
    lab.assert_only_the_fee_remains(&ran);
}

const fn times(times: u16, operation: Operation) -> Step {
    Step {
        times,
        swallows_errors: false,
        operation,
    }
}

#[test]
fn nine_calls_deep_and_no_deeper() {
    let lab = Lab::new();
    let accounts = [AccountMeta::writable(MINE), AccountMeta::readonly(probe(0))];
    let ran = lab.allows(&only(Operation::RecurseTo { depth: 9 }), &accounts);
    ran.assert_logged(&format!("Program {} invoke [9]", probe(0)));
    let spent = 9 * (COMPUTE_UNITS + STEP_COMPUTE_UNITS) + 8 * 946;
    assert_eq!(ran.execution.outcome.compute_units, spent);
    for depth in [10, u8::MAX] {
        let ran = lab.refuses(&only(Operation::RecurseTo { depth }), &accounts, E::CallDepth);
        assert_eq!(ran.invocations(), 9);
        ran.assert_logged(&failed(0, E::CallDepth));
        // The call that is too deep is among the inner instructions.
        assert_eq!(ran.inner_depths(), [2, 3, 4, 5, 6, 7, 8, 9, 10]);
    }
    let swallowed = Script::new().attempt(Operation::RecurseTo { depth: 10 });
    lab.refuses(&swallowed, &accounts, E::CallDepth);
}

#[test]
fn five_calls_deep_on_mainnet() {
    let lab = Lab::with_profile(Profile::Mainnet);
    let accounts = [AccountMeta::writable(MINE), AccountMeta::readonly(probe(0))];
    let ran = lab.allows(&only(Operation::RecurseTo { depth: 5 }), &accounts);
    assert_eq!(ran.invocations(), 5);
    let ran = lab.refuses(&only(Operation::RecurseTo { depth: 6 }), &accounts, E::CallDepth);
    assert_eq!(ran.invocations(), 5);
}

#[test]
fn nine_different_programs_deep_and_no_deeper() {
    let lab = Lab::new();
    let accounts: Vec<AccountMeta> = (0..10).map(|index| AccountMeta::readonly(probe(index))).collect();
    // Each probe calls the next; scripts nest, so the data of the outermost holds all of them.
    let chain = |depth: u8| {
        (1..depth).rev().fold(NOTHING, |inner, index| {
            let passed = (0..10).map(Passed::readonly).collect();
            only(Operation::Invoke(Call::probe(
                Place::Position(index),
                passed,
                &inner,
            )))
        })
    };
    assert_eq!(lab.allows(&chain(9), &accounts).invocations(), 9);
    let ran = lab.refuses(&chain(10), &accounts, E::CallDepth);
    assert_eq!(ran.invocations(), 9);
    ran.assert_logged(&failed(8, E::CallDepth));
}

#[test]
fn a_trace_holds_64_instructions() {
    let lab = Lab::new();
    let calls = |count| Script::new().step(times(count, call_probe(PROBE_1, vec![], &NOTHING)));
    assert_eq!(lab.allows(&calls(63), &both()).invocations(), 64);
    let full = lab.refuses(&calls(64), &both(), E::MaxInstructionTraceLengthExceeded);
    assert_eq!(full.invocations(), 64);
    // Instructions of the transaction count as well, once they are reached.
    let few = calls(30).instruction(probe(0), both().to_vec());
    let nothing = NOTHING.instruction(probe(0), vec![]);
    let ran = lab.run(&[few.clone(), few.clone(), nothing.clone(), nothing.clone()]);
    assert_eq!((ran.execution.outcome.error, ran.invocations()), (None, 64));
    let error = E::MaxInstructionTraceLengthExceeded;
    lab.refuses_all(
        &[few.clone(), few, nothing.clone(), nothing.clone(), nothing],
        4,
        error,
    );
    let swallowed = Script::new().step(Step {
        swallows_errors: true,
        ..calls(64).steps()[0].clone()
    });
    lab.refuses(&swallowed, &both(), error);
}

#[test]
fn the_last_compute_unit_can_be_spent_and_no_more() {
    let lab = Lab::new();
    let script = only(Operation::Burn(1_000));
    let needed = LIMIT_COMPUTE_UNITS + COMPUTE_UNITS + STEP_COMPUTE_UNITS + 1_000;
    let ran = run_within(&lab, needed, &script);
    assert_eq!(
        (ran.execution.outcome.error, ran.execution.outcome.compute_units),
        (None, needed)
    );
    for units in [
        needed - 1,
        LIMIT_COMPUTE_UNITS + COMPUTE_UNITS,
        LIMIT_COMPUTE_UNITS,
    ] {
        assert_ran_out(&lab, units, &script);
    }
    assert_ran_out(&lab, 1_400_000, &only(Operation::Burn(u64::MAX)));
}

#[test]
fn running_out_cannot_be_swallowed() {
    let lab = Lab::new();
    assert_ran_out(&lab, 10_000, &Script::new().attempt(Operation::Burn(10_000)));
    let write = Operation::Write {
        account: 0,
        offset: 0,
        bytes: Bytes::Zeros(1),
    };
    assert_ran_out(
        &lab,
        10_000,
        &Script::new().then(write).attempt(Operation::Burn(u64::MAX)),
    );
}

#[test]
fn a_call_is_paid_for_by_the_transaction() {
    let lab = Lab::new();
    let script = only(call_probe(PROBE_1, vec![], &NOTHING));
    let needed = LIMIT_COMPUTE_UNITS + COMPUTE_UNITS + CALL_COMPUTE_UNITS;
    assert_eq!(
        run_within(&lab, needed, &script).execution.outcome.compute_units,
        needed
    );
    // Too few for the callee, then too few to call at all.
    for units in [needed - 1, needed - COMPUTE_UNITS - 1] {
        assert_ran_out(&lab, units, &script);
    }
    let burning = call_probe(PROBE_1, vec![], &only(Operation::Burn(5_000)));
    assert_ran_out(&lab, 5_000, &only(burning.clone()));
    assert_ran_out(&lab, 5_000, &Script::new().attempt(burning));
    let hidden = call_probe(PROBE_1, vec![], &Script::new().attempt(Operation::Burn(5_000)));
    assert_ran_out(&lab, 5_000, &Script::new().attempt(hidden));
}

#[test]
fn an_account_grows_to_ten_mebibytes_and_no_further() {
    let lab = Lab::new();
    let accounts = [AccountMeta::writable(MINE)];
    let max = ACCOUNT_DATA_LEN_MAX as u64;
    let ran = lab.allows(&only(Operation::Resize { account: 0, len: max }), &accounts);
    assert_eq!(ran.account(&MINE).unwrap().data.len(), ACCOUNT_DATA_LEN_MAX);
    lab.refuses(
        &only(Operation::Resize {
            account: 0,
            len: max + 1,
        }),
        &accounts,
        E::InvalidRealloc,
    );
    // The size is rejected before the owner of the account, or the growth that is left, is checked.
    let theirs = [AccountMeta::readonly(super::THEIRS)];
    lab.refuses(
        &only(Operation::Resize {
            account: 0,
            len: max + 1,
        }),
        &theirs,
        E::InvalidRealloc,
    );
}

#[test]
fn a_transaction_grows_its_accounts_by_twenty_mebibytes_together() {
    let lab = Lab::new();
    let max = ACCOUNT_DATA_LEN_MAX as u64;
    let accounts = [both()[0], both()[1], both()[2], AccountMeta::writable(MINE_TOO)];
    let grow = |account, len| Operation::Resize { account, len };
    let fill = Script::new().then(grow(0, max)).then(grow(3, max));
    // Both held 4 bytes, so 8 are left, for whatever program.
    let left = DATA_GROWTH_PER_TRANSACTION_MAX - 2 * (max - 4);
    assert_eq!(left, 8);
    let theirs = |len| call_probe(PROBE_1, vec![Passed::writable(1)], &only(grow(0, len)));
    let run = |script: &Script| {
        let limit = compute_budget::set_compute_unit_limit(1_400_000);
        lab.run(&[limit, script.instruction(probe(0), accounts.to_vec())])
    };
    let error = Some(TransactionError::InstructionError(
        1,
        E::MaxAccountsDataAllocationsExceeded,
    ));
    assert_eq!(run(&fill.clone().then(theirs(12))).execution.outcome.error, None);
    let refused = run(&fill.clone().then(theirs(13)));
    assert_eq!(refused.execution.outcome.error, error);
    lab.assert_only_the_fee_remains(&refused);
    // What shrinks gives its bytes back.
    let shrunk = fill.clone().then(grow(0, max - 100));
    assert_eq!(
        run(&shrunk.clone().then(theirs(112))).execution.outcome.error,
        None
    );
    assert_eq!(run(&shrunk.then(theirs(113))).execution.outcome.error, error);
    // A rejected growth is not recorded.
    let swallowed = fill.attempt(grow(1, 50)).then(theirs(12));
    assert_eq!(run(&swallowed).execution.outcome.error, None);
}

#[test]
fn growth_is_counted_over_all_instructions() {
    let lab = Lab::new();
    let max = ACCOUNT_DATA_LEN_MAX as u64;
    let limit = compute_budget::set_compute_unit_limit(1_400_000);
    let grow = |program, key, len| {
        only(Operation::Resize { account: 0, len })
            .instruction(probe(program), vec![AccountMeta::writable(key)])
    };
    let instructions = |last| {
        [
            limit.clone(),
            grow(0, MINE, max),
            grow(0, MINE_TOO, max),
            grow(1, super::THEIRS, last),
        ]
    };
    assert_eq!(lab.run(&instructions(12)).execution.outcome.error, None);
    lab.refuses_all(&instructions(13), 3, E::MaxAccountsDataAllocationsExceeded);
}

#[test]
fn a_call_passes_ten_kibibytes_and_255_accounts() {
    let lab = Lab::new();
    let accounts = [
        AccountMeta::writable(MINE),
        AccountMeta::readonly(ids::COMPUTE_BUDGET_PROGRAM),
    ];
    let call = |bytes, again| {
        Operation::Invoke(Call {
            data: Bytes::Zeros(bytes),
            last_account_again: again,
            ..Call::probe(Place::Position(1), vec![Passed::readonly(0)], &NOTHING)
        })
    };
    lab.allows(&only(call(10_240, 254)), &accounts);
    for (bytes, again) in [(10_241, 0), (0, 255), (0, u16::MAX)] {
        let ran = lab.refuses(&only(call(bytes, again)), &accounts, E::InvalidInstructionData);
        assert_eq!(ran.invocations(), 1);
        lab.refuses(
            &Script::new().attempt(call(bytes, again)),
            &accounts,
            E::InvalidInstructionData,
        );
    }
}

#[test]
fn a_call_is_charged_for_its_bytes_and_each_account_once() {
    let lab = Lab::new();
    // The compute budget program takes any data, for 150 units.
    let call = |accounts: u16, data_len: u32| {
        let call = Call {
            program: Place::Position(2),
            accounts: vec![Passed::readonly(0); usize::from(accounts.min(1))],
            last_account_again: accounts.saturating_sub(1),
            data: Bytes::Zeros(data_len),
            signer_seeds: Vec::new(),
        };
        only(Operation::Invoke(call))
    };
    let units = |mine_len: u64, script: &Script| {
        let accounts = vec![
            AccountMeta::writable(MINE),
            AccountMeta::readonly(probe(1)),
            AccountMeta::readonly(ids::COMPUTE_BUDGET_PROGRAM),
        ];
        let grow = only(Operation::Resize {
            account: 0,
            len: mine_len,
        });
        let run = |script: &Script| {
            let instructions = [
                grow.instruction(probe(0), accounts.clone()),
                script.instruction(probe(0), accounts.clone()),
            ];
            let outcome = lab.run(&instructions).execution.outcome;
            assert_eq!(outcome.error, None);
            outcome.compute_units
        };
        run(script) - run(&NOTHING) - STEP_COMPUTE_UNITS - 946 - 150
    };
    // Twice the length of the data: the probe counts it too.
    assert_eq!(units(0, &call(0, 249)), 0);
    assert_eq!(units(0, &call(0, 10_240)), 2 * 40);
    // 34 bytes of the meta and 80 of the account, for each entry; each sum is rounded down by itself.
    assert_eq!(units(0, &call(7, 0)), 2);
    assert_eq!(units(0, &call(8, 0)), 1 + 2);
    assert_eq!(units(0, &call(255, 0)), 34 + 81);
    // The data of an account, once.
    assert_eq!(units(249, &call(1, 0)), 0);
    assert_eq!(units(250, &call(1, 0)), 1);
    assert_eq!(units(100_000, &call(3, 0)), 400);
    assert_eq!(units(100_000, &call(0, 0)), 0);
}
