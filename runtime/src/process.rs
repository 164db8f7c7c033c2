//! Runs the instructions of a transaction in order, one program call each.
//!
//! Invariant: stops at the first instruction that fails and names it; whether anything is kept is the
//! caller's decision. Each call is bracketed by its events, and the account rules are checked when it ends.

use std::sync::Arc;

use isobath_sdk::chain::account::Account;
use isobath_sdk::chain::event::{Event, Events};
use isobath_sdk::error::TransactionError;
use isobath_sdk::ids;
use isobath_sdk::instruction_error::InstructionError;
use isobath_sdk::program::{ComputeMeter, DataGrowth, Frame, FrameParts, InstructionAccount, ProgramTable};
use isobath_sdk::pubkey::Pubkey;
use isobath_sdk::view::InstructionView;

use crate::rules::{Change, check_instruction};
use crate::tx::Tx;
use crate::tx_accounts::TxAccounts;

/// Depth of an instruction that the transaction itself names.
const TOP_LEVEL_DEPTH: u8 = 1;

/// Runs all instructions of `tx`.
///
/// # Errors
/// `InstructionError(i, ..)` of the first that fails.
pub(crate) fn process_instructions(
    tx: &Tx,
    programs: &ProgramTable,
    accounts: &mut TxAccounts,
    meter: &mut ComputeMeter,
    events: &mut Events,
) -> Result<(), TransactionError> {
    let mut growth = DataGrowth::default();
    for (index, instruction) in (0_u8..).zip(tx.view().instructions()) {
        let program_id = tx.key(usize::from(instruction.program_id_index));
        events.push(Event::Invoke {
            program_id,
            depth: TOP_LEVEL_DEPTH,
        });
        let result = process_instruction(
            &instruction,
            Call {
                tx,
                programs,
                program_id,
                accounts,
                meter,
                events,
                growth: &mut growth,
            },
        );
        match result {
            Ok(()) => events.push(Event::Success { program_id }),
            Err(error) => {
                events.push(Event::Failed { program_id, error });
                return Err(TransactionError::InstructionError(index, error));
            }
        }
    }
    Ok(())
}

struct Call<'a> {
    tx: &'a Tx,
    programs: &'a ProgramTable,
    program_id: Pubkey,
    accounts: &'a mut TxAccounts,
    meter: &'a mut ComputeMeter,
    events: &'a mut Events,
    growth: &'a mut DataGrowth,
}

fn process_instruction(instruction: &InstructionView<'_>, call: Call<'_>) -> Result<(), InstructionError> {
    let entry = find_entry(&call)?;
    let metas = instruction_accounts(call.tx, instruction);
    let before: Vec<Arc<Account>> = (0..call.accounts.len())
        .map(|index| Arc::clone(call.accounts.now(index)))
        .collect();
    let mut frame = Frame::new(FrameParts {
        program_id: call.program_id,
        data: instruction.data,
        accounts: &metas,
        cells: call.accounts.cells_mut(),
        meter: call.meter,
        events: call.events,
        growth: call.growth,
    });
    entry(&mut frame)?;
    let changes = before.iter().enumerate().map(|(index, before)| Change {
        before,
        after: call.accounts.now(index),
        is_writable: metas.iter().any(|meta| meta.index == index && meta.is_writable),
    });
    check_instruction(&call.program_id, changes)
}

/// The entry point of a program that loading found to exist: a built-in one, or `UnsupportedProgramId`.
fn find_entry(call: &Call<'_>) -> Result<isobath_sdk::program::ProgramEntry, InstructionError> {
    let index = (0..call.accounts.len()).find(|index| *call.accounts.key(*index) == call.program_id);
    let is_native = index.is_some_and(|index| call.accounts.now(index).owner == ids::NATIVE_LOADER);
    let entry = call.programs.get(&call.program_id).filter(|_| is_native);
    entry.ok_or(InstructionError::UnsupportedProgramId)
}

fn instruction_accounts(tx: &Tx, instruction: &InstructionView<'_>) -> Vec<InstructionAccount> {
    let indexes = instruction.accounts.iter().map(|index| usize::from(*index));
    indexes
        .map(|index| InstructionAccount {
            index,
            is_signer: tx.view().is_signer(index),
            is_writable: tx.is_writable(index),
        })
        .collect()
}
