//! What one program may do to accounts, by its own hand.

use isobath_program_abi::AccountMeta;
use isobath_program_abi::InstructionError as E;
use isobath_program_probe::{Bytes, Operation, Script};
use isobath_sdk::ids;

use super::{BALANCE, Lab, MINE, MINE_TOO, THEIRS, only};
use crate::support::probe;

const fn write(account: u8) -> Operation {
    Operation::Write {
        account,
        offset: 0,
        bytes: Bytes::Zeros(1),
    }
}

const fn resize(account: u8, len: u64) -> Operation {
    Operation::Resize { account, len }
}

const fn assign(account: u8) -> Operation {
    Operation::Assign {
        account,
        owner: probe(2),
    }
}

const fn set(account: u8, lamports: u64) -> Operation {
    Operation::SetLamports { account, lamports }
}

#[test]
fn a_program_writes_resizes_empties_and_gives_away_what_it_owns() {
    let lab = Lab::new();
    let accounts = [AccountMeta::writable(MINE), AccountMeta::writable(THEIRS)];
    let script = Script::new()
        .then(resize(0, 6))
        .then(Operation::Write {
            account: 0,
            offset: 0,
            bytes: Bytes::Zeros(4),
        })
        .then(Operation::Move {
            from: 0,
            to: 1,
            lamports: 70,
        })
        .then(assign(0));
    let ran = lab.allows(&script, &accounts);
    let mine = ran.account(&MINE).unwrap();
    assert_eq!(
        (mine.lamports, mine.owner, mine.data.as_slice()),
        (BALANCE - 70, probe(2), &[0; 6][..])
    );
    assert_eq!(ran.account(&THEIRS).unwrap().lamports, BALANCE + 70);

    let closed = Script::new().then(resize(0, 0)).then(Operation::Move {
        from: 0,
        to: 1,
        lamports: BALANCE,
    });
    let ran = lab.allows(&closed, &accounts);
    assert!(ran.record.delta.accounts.contains(&(MINE, None)));
}

#[test]
fn shrunk_data_comes_back_as_zeros() {
    let lab = Lab::new();
    let script = Script::new().then(resize(0, 1)).then(resize(0, 4));
    let ran = lab.allows(&script, &[AccountMeta::writable(MINE)]);
    assert_eq!(ran.account(&MINE).unwrap().data.as_slice(), [1, 0, 0, 0]);
}

#[test]
fn a_read_only_account_is_not_changed_not_even_to_what_it_is() {
    let lab = Lab::new();
    let accounts = [AccountMeta::readonly(MINE), AccountMeta::writable(MINE_TOO)];
    for (operation, error) in [
        (write(0), E::ReadonlyDataModified),
        (resize(0, 8), E::ReadonlyDataModified),
        (resize(0, 4), E::ReadonlyDataModified),
        (assign(0), E::ModifiedProgramId),
        (set(0, BALANCE - 1), E::ReadonlyLamportChange),
        (set(0, BALANCE), E::ReadonlyLamportChange),
        (
            Operation::Move {
                from: 1,
                to: 0,
                lamports: 1,
            },
            E::ReadonlyLamportChange,
        ),
        (
            Operation::Move {
                from: 0,
                to: 1,
                lamports: 1,
            },
            E::ReadonlyLamportChange,
        ),
    ] {
        lab.refuses(&only(operation), &accounts, error);
    }
}

#[test]
fn an_account_of_another_program_takes_lamports_and_nothing_else() {
    let lab = Lab::new();
    let payer = AccountMeta::signer_writable(lab.payer.pubkey());
    let accounts = [AccountMeta::writable(THEIRS), AccountMeta::writable(MINE), payer];
    for (operation, error) in [
        (write(0), E::ExternalAccountDataModified),
        (resize(0, 8), E::ExternalAccountDataModified),
        (resize(0, 4), E::ExternalAccountDataModified),
        (assign(0), E::ModifiedProgramId),
        (
            Operation::Move {
                from: 0,
                to: 1,
                lamports: 1,
            },
            E::ExternalAccountLamportSpend,
        ),
        // A signature gives a program no right over an account either.
        (
            Operation::Move {
                from: 2,
                to: 1,
                lamports: 1,
            },
            E::ExternalAccountLamportSpend,
        ),
        (assign(2), E::ModifiedProgramId),
        (resize(2, 1), E::ExternalAccountDataModified),
    ] {
        lab.refuses(&only(operation), &accounts, error);
    }
    lab.allows(
        &only(Operation::Move {
            from: 1,
            to: 0,
            lamports: 1,
        }),
        &accounts,
    );
}

#[test]
fn read_only_is_said_before_foreign() {
    let lab = Lab::new();
    let accounts = [AccountMeta::readonly(THEIRS)];
    lab.refuses(&only(write(0)), &accounts, E::ReadonlyDataModified);
    lab.refuses(&only(resize(0, 9)), &accounts, E::ReadonlyDataModified);
    lab.refuses(&only(set(0, 1)), &accounts, E::ExternalAccountLamportSpend);
}

#[test]
fn lamports_are_neither_forged_nor_lost() {
    let lab = Lab::new();
    let accounts = [AccountMeta::writable(MINE), AccountMeta::writable(THEIRS)];
    for operation in [
        set(0, BALANCE + 1),
        set(0, u64::MAX),
        set(0, BALANCE - 1),
        set(0, 0),
        set(1, BALANCE + 1),
    ] {
        let ran = lab.refuses(&only(operation), &accounts, E::UnbalancedInstruction);
        ran.assert_logged(&super::succeeded(0));
    }
    // The next instruction would balance it, and is not reached.
    let take = only(set(0, BALANCE - 1)).instruction(probe(0), accounts.to_vec());
    let give = only(set(1, BALANCE + 1)).instruction(probe(0), accounts.to_vec());
    let ran = lab.refuses_all(&[take, give], 0, E::UnbalancedInstruction);
    assert_eq!(ran.invocations(), 1);
}

#[test]
fn balances_do_not_wrap() {
    let lab = Lab::new();
    let accounts = [AccountMeta::writable(MINE), AccountMeta::writable(MINE_TOO)];
    let too_much = Operation::Move {
        from: 0,
        to: 1,
        lamports: BALANCE + 1,
    };
    lab.refuses(&only(too_much), &accounts, E::ArithmeticOverflow);
    let wrap = Script::new().then(set(1, u64::MAX)).then(Operation::Move {
        from: 0,
        to: 1,
        lamports: 1,
    });
    lab.refuses(&wrap, &accounts, E::ArithmeticOverflow);
}

#[test]
fn only_zeroed_data_is_given_away_and_then_it_is_gone() {
    let lab = Lab::new();
    let accounts = [AccountMeta::writable(MINE), AccountMeta::writable(MINE_TOO)];
    lab.refuses(&only(assign(0)), &accounts, E::ModifiedProgramId);
    let zero = Operation::Write {
        account: 0,
        offset: 0,
        bytes: Bytes::Zeros(4),
    };
    let given = Script::new().then(zero).then(assign(0));
    lab.allows(&given, &accounts);
    lab.refuses(
        &given.clone().then(write(0)),
        &accounts,
        E::ExternalAccountDataModified,
    );
    lab.refuses(
        &given.clone().then(resize(0, 9)),
        &accounts,
        E::ExternalAccountDataModified,
    );
    lab.refuses(&given.clone().then(assign(0)), &accounts, E::ModifiedProgramId);
    let spend = Operation::Move {
        from: 0,
        to: 1,
        lamports: 1,
    };
    lab.refuses(&given.then(spend), &accounts, E::ExternalAccountLamportSpend);
}

#[test]
fn program_accounts_and_sysvars_are_out_of_reach() {
    let lab = Lab::new();
    let accounts = [
        AccountMeta::writable(MINE),
        AccountMeta::writable(probe(1)),
        AccountMeta::writable(ids::SYSVAR_CLOCK),
        AccountMeta::writable(ids::SYSTEM_PROGRAM),
        AccountMeta::writable(probe(0)),
    ];
    lab.refuses(&only(write(1)), &accounts, E::ExternalAccountDataModified);
    lab.refuses(&only(assign(1)), &accounts, E::ModifiedProgramId);
    lab.refuses(&only(set(1, 0)), &accounts, E::ExternalAccountLamportSpend);
    // Reserved keys and the called program have lost their write locks.
    for position in [2, 3, 4] {
        lab.refuses(&only(write(position)), &accounts, E::ReadonlyDataModified);
        let give = Operation::Move {
            from: 0,
            to: position,
            lamports: BALANCE / 2,
        };
        lab.refuses(&only(give), &accounts, E::ReadonlyLamportChange);
    }
}

#[test]
fn an_account_that_is_named_twice_is_one_account() {
    let lab = Lab::new();
    let accounts = [
        AccountMeta::writable(MINE),
        AccountMeta::writable(MINE),
        AccountMeta::writable(MINE_TOO),
    ];
    let script = Script::new()
        .then(Operation::Move {
            from: 0,
            to: 2,
            lamports: 5,
        })
        .then(Operation::ExpectAccount {
            account: 1,
            lamports: BALANCE - 5,
            len: 4,
        })
        .then(Operation::Move {
            from: 1,
            to: 0,
            lamports: 5,
        })
        .then(resize(1, 9))
        .then(Operation::ExpectAccount {
            account: 0,
            lamports: BALANCE - 5,
            len: 9,
        });
    lab.allows(&script, &accounts);
}

#[test]
fn positions_and_ranges_that_do_not_exist_are_refused() {
    let lab = Lab::new();
    let accounts = [AccountMeta::writable(MINE)];
    for operation in [
        write(1),
        resize(255, 1),
        assign(1),
        set(1, 1),
        Operation::Move {
            from: 0,
            to: 1,
            lamports: 1,
        },
    ] {
        lab.refuses(&only(operation), &accounts, E::MissingAccount);
    }
    let past = Operation::Write {
        account: 0,
        offset: 4,
        bytes: Bytes::Zeros(1),
    };
    lab.refuses(&only(past), &accounts, E::AccountDataTooSmall);
}

#[test]
fn an_error_that_a_program_swallows_leaves_no_change_to_be_swallowed() {
    let lab = Lab::new();
    let accounts = [AccountMeta::readonly(MINE), AccountMeta::writable(THEIRS)];
    let script = Script::new()
        .attempt(write(0))
        .attempt(resize(0, 9))
        .attempt(write(1))
        .attempt(assign(1));
    let ran = lab.allows(&script, &accounts);
    lab.assert_only_the_fee_remains(&ran);
}
