//! The account rules, checked over whole images when an instruction ends (contract 7).
//!
//! Invariant: after an instruction that passes here, lamports are conserved, read-only accounts are unchanged, and
//! every other change was made by the program that owned the account. The frame already rejects each single step that
//! breaks a rule; this check does not rely on it. Cost: O(accounts of the transaction), and O(data) only for accounts
//! whose image was copied.

use std::sync::Arc;

use isobath_program_abi::InstructionError;
use isobath_program_abi::Pubkey;
use isobath_sdk::chain::account::Account;

/// One account at the start and at the end of an instruction.
pub(crate) struct Change<'a> {
    pub(crate) before: &'a Arc<Account>,
    pub(crate) after: &'a Arc<Account>,
    /// Whether the instruction may write it; false for accounts that the instruction does not use.
    pub(crate) is_writable: bool,
}

/// Checks all accounts of the transaction after an instruction of `program_id`.
///
/// # Errors
/// The first broken rule in account order; `UnbalancedInstruction` last.
pub(crate) fn check_instruction<'a>(
    program_id: &Pubkey,
    changes: impl Iterator<Item = Change<'a>>,
) -> Result<(), InstructionError> {
    let mut lamports_before = 0_u128;
    let mut lamports_after = 0_u128;
    for change in changes {
        check_account(program_id, &change)?;
        lamports_before = lamports_before.saturating_add(u128::from(change.before.lamports));
        lamports_after = lamports_after.saturating_add(u128::from(change.after.lamports));
    }
    if lamports_before == lamports_after {
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
    } = change;
    if Arc::ptr_eq(before, after) {
        return Ok(());
    }
    let is_owned = before.owner == *program_id;
    let can_give_away = is_owned && *is_writable && after.data.iter().all(|byte| *byte == 0);
    if before.owner != after.owner && !can_give_away {
        return Err(InstructionError::ModifiedProgramId);
    }
    if after.lamports < before.lamports && !is_owned {
        return Err(InstructionError::ExternalAccountLamportSpend);
    }
    if after.lamports != before.lamports && !is_writable {
        return Err(InstructionError::ReadonlyLamportChange);
    }
    if after.data != before.data {
        if !is_writable {
            return Err(InstructionError::ReadonlyDataModified);
        }
        if !is_owned {
            return Err(InstructionError::ExternalAccountDataModified);
        }
    }
    if before.executable != after.executable {
        return Err(InstructionError::ExecutableModified);
    }
    Ok(())
}

#[cfg(test)]
mod tests;
