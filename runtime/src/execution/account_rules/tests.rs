//! Every account rule, broken one at a time.

use std::sync::Arc;

use isobath_program_abi::InstructionError;
use isobath_program_abi::Pubkey;
use isobath_sdk::chain::account::Account;

use super::{Change, check_instruction};

const PROGRAM: Pubkey = Pubkey([1; 32]);
const OTHER: Pubkey = Pubkey([2; 32]);

fn account(owner: Pubkey) -> Account {
    Account {
        data: vec![0, 0].into(),
        ..Account::new(100, owner)
    }
}

fn check(before: &Account, after: &Account, is_writable: bool) -> Result<(), InstructionError> {
    let (before, after) = (Arc::new(before.clone()), Arc::new(after.clone()));
    let change = Change {
        before: &before,
        after: &after,
        is_writable,
    };
    check_instruction(&PROGRAM, std::iter::once(change))
}

#[test]
fn the_owner_may_change_data_size_and_owner_of_a_writable_account() {
    let before = account(PROGRAM);
    let after = Account {
        data: vec![0; 3].into(),
        owner: OTHER,
        ..before
    };
    assert_eq!(check(&before, &after, true), Ok(()));
}

#[test]
fn each_forbidden_change_has_its_error() {
    use InstructionError as E;
    let (ours, theirs) = (account(PROGRAM), account(OTHER));
    let with_data = |account: &Account, data: &[u8]| Account {
        data: data.to_vec().into(),
        ..account.clone()
    };
    let with_lamports = |account: &Account, lamports| Account {
        lamports,
        ..account.clone()
    };
    let cases = [
        (
            &theirs,
            Account {
                owner: PROGRAM,
                ..theirs.clone()
            },
            true,
            E::ModifiedProgramId,
        ),
        (
            &ours,
            Account {
                owner: OTHER,
                ..ours.clone()
            },
            false,
            E::ModifiedProgramId,
        ),
        (
            &ours,
            Account {
                owner: OTHER,
                ..with_data(&ours, &[0, 9])
            },
            true,
            E::ModifiedProgramId,
        ),
        (
            &theirs,
            with_lamports(&theirs, 99),
            true,
            E::ExternalAccountLamportSpend,
        ),
        (&ours, with_lamports(&ours, 99), false, E::ReadonlyLamportChange),
        (
            &theirs,
            with_lamports(&theirs, 101),
            false,
            E::ReadonlyLamportChange,
        ),
        (
            &theirs,
            with_data(&theirs, &[0]),
            true,
            E::ExternalAccountDataModified,
        ),
        (&ours, with_data(&ours, &[0, 1]), false, E::ReadonlyDataModified),
        (
            &theirs,
            with_data(&theirs, &[0, 1]),
            true,
            E::ExternalAccountDataModified,
        ),
        (
            &ours,
            Account {
                executable: true,
                ..ours.clone()
            },
            true,
            E::ExecutableModified,
        ),
        (&ours, with_lamports(&ours, 101), true, E::UnbalancedInstruction),
    ];
    for (before, after, is_writable, error) in cases {
        assert_eq!(
            check(before, &after, is_writable),
            Err(error),
            "{before:?} -> {after:?}"
        );
    }
}
