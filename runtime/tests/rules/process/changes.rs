//! Where the account rules are enforced around a call, and which program is responsible for which change (contract 7).

use isobath_program_abi::AccountMeta;
use isobath_program_abi::InstructionError as E;
use isobath_program_probe::{Bytes, Operation, Passed, Script};

use super::{BALANCE, Lab, MINE_TOO, PROBE_0, PROBE_1, both, call_probe, failed, only, succeeded};
use crate::support::probe;

fn call(script: &Script) -> Operation {
    call_probe(PROBE_1, vec![Passed::writable(0), Passed::writable(1)], script)
}

const fn set(account: u8, lamports: u64) -> Operation {
    Operation::SetLamports { account, lamports }
}

#[test]
fn the_callers_balances_must_add_up_before_it_calls() {
    let lab = Lab::new();
    // The second half of the move comes after the call, which is too late.
    let script = Script::new()
        .then(set(0, BALANCE - 5))
        .attempt(call(&Script::new()))
        .then(set(1, BALANCE + 5));
    let ran = lab.refuses(&script, &both(), E::UnbalancedInstruction);
    assert_eq!(ran.invocations(), 1, "the callee never begins");
    let in_time = Script::new()
        .then(set(0, BALANCE - 5))
        .then(set(1, BALANCE + 5))
        .then(call(&Script::new()));
    lab.allows(&in_time, &both());
}

#[test]
fn a_call_that_may_not_be_made_is_refused_before_its_caller_is_judged() {
    let lab = Lab::new();
    // Probe 1 calls its caller while its own balances do not add up.
    let accounts = vec![
        Passed::writable(0),
        Passed::writable(1),
        Passed::readonly(PROBE_0),
    ];
    let back = call_probe(2, vec![], &Script::new());
    let unbalanced = Script::new().then(set(1, BALANCE - 5)).then(back);
    let script = only(call_probe(PROBE_1, accounts, &unbalanced));
    lab.refuses(&script, &both(), E::ReentrancyNotAllowed);
}

#[test]
fn the_callee_does_not_cover_for_the_caller() {
    let lab = Lab::new();
    let repair = only(set(1, BALANCE - 5));
    let script = Script::new().then(set(0, BALANCE + 5)).then(call(&repair));
    lab.refuses(&script, &both(), E::UnbalancedInstruction);
    // Nor the other way round: the callee's own changes have to add up when it ends.
    let script = Script::new().then(call(&repair)).then(set(0, BALANCE + 5));
    let ran = lab.refuses(&script, &both(), E::UnbalancedInstruction);
    assert_eq!(ran.invocations(), 2);
    ran.assert_logged(&succeeded(1));
    ran.assert_logged(&failed(0, E::UnbalancedInstruction));
}

#[test]
fn the_callees_illegal_changes_are_its_failure() {
    let lab = Lab::new();
    let write = Operation::Write {
        account: 0,
        offset: 0,
        bytes: Bytes::Zeros(1),
    };
    for (operation, error) in [
        (write, E::ExternalAccountDataModified),
        (
            Operation::Resize { account: 0, len: 9 },
            E::ExternalAccountDataModified,
        ),
        (
            Operation::Assign {
                account: 0,
                owner: probe(1),
            },
            E::ModifiedProgramId,
        ),
        (
            Operation::Move {
                from: 0,
                to: 1,
                lamports: 1,
            },
            E::ExternalAccountLamportSpend,
        ),
        (set(1, BALANCE + 1), E::UnbalancedInstruction),
    ] {
        let ran = lab.refuses(&Script::new().attempt(call(&only(operation))), &both(), error);
        ran.assert_logged(&match error {
            E::UnbalancedInstruction => succeeded(1),
            _ => failed(1, error),
        });
        ran.assert_logged(&failed(0, error));
    }
}

#[test]
fn nobody_answers_for_the_changes_of_another_program() {
    let lab = Lab::new();
    // Probe 1 changes its own account twice, around changes of probe 0 to its own.
    let theirs = |byte: u8| {
        let write = Operation::Write {
            account: 1,
            offset: 0,
            bytes: (&[byte][..]).into(),
        };
        call(&Script::new().then(write).then(Operation::Move {
            from: 1,
            to: 0,
            lamports: 5,
        }))
    };
    let mine = |byte: u8| Operation::Write {
        account: 0,
        offset: 0,
        bytes: (&[byte][..]).into(),
    };
    let script = Script::new()
        .then(mine(7))
        .then(theirs(8))
        .then(mine(9))
        .then(Operation::Move {
            from: 0,
            to: 1,
            lamports: 3,
        })
        .then(theirs(10))
        .then(mine(11));
    let ran = lab.allows(&script, &both());
    assert_eq!(ran.account(&super::MINE).unwrap().lamports, BALANCE + 7);
    assert_eq!(ran.account(&super::MINE).unwrap().data[0], 11);
    assert_eq!(ran.account(&super::THEIRS).unwrap().data[0], 10);
}

#[test]
fn an_account_can_be_handed_over_within_an_instruction() {
    let lab = Lab::new();
    let zero = Operation::Write {
        account: 0,
        offset: 0,
        bytes: Bytes::Zeros(4),
    };
    let give = Operation::Assign {
        account: 0,
        owner: probe(1),
    };
    let take = Script::new()
        .then(Operation::Write {
            account: 0,
            offset: 0,
            bytes: (&[5_u8][..]).into(),
        })
        .then(Operation::Move {
            from: 0,
            to: 1,
            lamports: 5,
        });
    let script = Script::new().then(zero).then(give).then(call(&take));
    let ran = lab.allows(&script, &both());
    let given = ran.account(&super::MINE).unwrap();
    assert_eq!(
        (given.owner, given.data[0], given.lamports),
        (probe(1), 5, BALANCE - 5)
    );
    // What was given away is not the giver's any more, also after the call.
    let back = script.then(Operation::Move {
        from: 0,
        to: 1,
        lamports: 1,
    });
    lab.refuses(&back, &both(), E::ExternalAccountLamportSpend);
}

#[test]
fn lamports_do_not_hide_in_accounts_that_are_not_passed() {
    let lab = Lab::new();
    let accounts = [both()[0], both()[1], both()[2], AccountMeta::writable(MINE_TOO)];
    // The sum covers all accounts of the transaction, whatever the callee is shown.
    let call = call_probe(PROBE_1, vec![Passed::writable(1)], &Script::new());
    let hidden = Script::new().then(set(3, BALANCE + 9)).then(call.clone());
    lab.refuses(&hidden, &accounts, E::UnbalancedInstruction);
    let moved = Script::new()
        .then(Operation::Move {
            from: 0,
            to: 3,
            lamports: 9,
        })
        .then(call);
    lab.allows(&moved, &accounts);
}
