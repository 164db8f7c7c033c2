//! What a program changed between two whole images of all accounts, and whether it was allowed to (contract 7).
//!
//! Invariant: after a check that passes, lamports are conserved, read-only accounts are unchanged, and every other
//! change was made by the program that owned the account. Nothing that the frame did or counted is relied on.

use isobath_program_abi::{InstructionError, Pubkey};
use isobath_sdk::chain::account::Account;

/// One account before and after.
pub(super) struct Change<'a> {
    pub(super) before: &'a Account,
    pub(super) after: &'a Account,
    /// Whether the instruction may write it; false for accounts that the instruction does not use.
    pub(super) is_writable: bool,
}

/// Checks all accounts of the transaction for changes by `program_id`.
///
/// # Errors
/// The first broken rule in account order; `UnbalancedInstruction` last.
pub(super) fn check(program_id: &Pubkey, changes: &[Change<'_>]) -> Result<(), InstructionError> {
    for change in changes {
        check_account(program_id, change)?;
    }
    let sum = |lamports: fn(&Change<'_>) -> u64| -> u128 {
        let balances = changes.iter().map(|change| u128::from(lamports(change)));
        balances.fold(0, u128::saturating_add)
    };
    if sum(|change| change.before.lamports) == sum(|change| change.after.lamports) {
        Ok(())
    } else {
        Err(InstructionError::UnbalancedInstruction)
    }
}

fn check_account(program_id: &Pubkey, change: &Change<'_>) -> Result<(), InstructionError> {
    let Change {
        before,
        after,
        is_writable,
    } = *change;
    let is_owned = before.owner == *program_id;
    let can_give_away = is_owned && is_writable && after.data.iter().all(|byte| *byte == 0);
    if before.owner != after.owner && !can_give_away {
        return Err(InstructionError::ModifiedProgramId);
    }
    if after.lamports < before.lamports && !is_owned {
        return Err(InstructionError::ExternalAccountLamportSpend);
    }
    if after.lamports != before.lamports && !is_writable {
        return Err(InstructionError::ReadonlyLamportChange);
    }
    let has_new_data = after.data.as_slice() != before.data.as_slice();
    if has_new_data && !is_writable {
        return Err(InstructionError::ReadonlyDataModified);
    }
    if has_new_data && !is_owned {
        return Err(InstructionError::ExternalAccountDataModified);
    }
    if before.executable != after.executable {
        return Err(InstructionError::ExecutableModified);
    }
    Ok(())
}
