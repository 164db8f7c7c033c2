//! Runs the instructions of a transaction in order, and the calls that programs make in between.
//!
//! Invariant: it stops at the first instruction that fails and reports its index; the caller decides whether anything
//! is kept. The account rules are enforced over whole images at three points (contract 7): when a program calls another
//! one, on the caller's changes so far; when the called program ends, on its changes; when an instruction ends. Each
//! active call has its own baseline to compare with, and after a call returns the caller's baseline is updated, so that
//! no program is held responsible for another one's changes.
//!
//! ```text
//! process_instructions -> run(call) -> program -> Frame::invoke -> Processor::invoke -> run(inner call)
//!                            |  push: depth, recursion, trace                               |
//!                            '- pop: account rules <-----------------------------------------'
//! ```
//!
//! A failed call fails every instruction above it, and so does running out of compute units, whatever the programs do
//! with the error.

mod host;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use isobath_program_abi::InstructionError;
use isobath_program_abi::Pubkey;
use isobath_sdk::chain::account::Account;
use isobath_sdk::errors::TransactionError;
use isobath_sdk::ids;
use isobath_sdk::program::{Frame, FrameParts, InstructionAccount, ProgramEntry, TxState};
use isobath_sdk::wire::view::InstructionView;

use super::account_rules::{Change, check_instruction};
use super::context::BlockContext;
use super::tx_accounts::TxAccounts;
use crate::admission::Tx;

/// Runs all instructions of `tx` on `state`, whose cells are those of `accounts`.
///
/// # Errors
/// `InstructionError(i, ..)` of the first failing instruction.
pub(crate) fn process_instructions(
    tx: &Tx,
    accounts: &TxAccounts,
    context: &BlockContext<'_>,
    state: &mut TxState,
) -> Result<(), TransactionError> {
    let mut processor = Processor::new(accounts, context);
    for (index, instruction) in (0_u8..).zip(tx.view().instructions()) {
        processor.outer_index = index;
        let call = processor.outer_call(tx, &instruction);
        let result = processor.run(state, call);
        result.map_err(|error| TransactionError::InstructionError(index, error))?;
    }
    Ok(())
}

/// One call, ready to run.
struct Call<'d> {
    program_id: Pubkey,
    /// Index of the program among the transaction's keys.
    program_index: usize,
    data: &'d [u8],
    accounts: Vec<InstructionAccount>,
}

/// A call that is running.
struct Active {
    program_id: Pubkey,
    accounts: Vec<InstructionAccount>,
    /// Images with which the program's changes are compared.
    baseline: Vec<Arc<Account>>,
}

/// The calls of one transaction.
struct Processor<'a> {
    accounts: &'a TxAccounts,
    context: &'a BlockContext<'a>,
    stack: Vec<Active>,
    trace_len: usize,
    outer_index: u8,
}

impl<'a> Processor<'a> {
    const fn new(accounts: &'a TxAccounts, context: &'a BlockContext<'a>) -> Self {
        Self {
            accounts,
            context,
            stack: Vec::new(),
            trace_len: 0,
            outer_index: 0,
        }
    }

    /// The call of an instruction of the transaction.
    fn outer_call<'d>(&self, tx: &Tx, instruction: &InstructionView<'d>) -> Call<'d> {
        let indexes = instruction.accounts.iter().map(|index| usize::from(*index));
        let program_index = usize::from(instruction.program_id_index);
        Call {
            program_id: tx.key(program_index),
            program_index,
            data: instruction.data,
            accounts: indexes
                .map(|index| InstructionAccount {
                    index,
                    is_signer: tx.view().is_signer(index),
                    is_writable: self.accounts.is_writable(index),
                })
                .collect(),
        }
    }

    /// Runs one call, from its events to the account rules at its end.
    fn run(&mut self, state: &mut TxState, call: Call<'_>) -> Result<(), InstructionError> {
        self.push(state, &call)?;
        let result = self.run_active(state, &call);
        self.stack.pop();
        result
    }

    /// Makes the call the running one, if it may be made. One that is too deep is in the trace all the same.
    fn push(&mut self, state: &mut TxState, call: &Call<'_>) -> Result<(), InstructionError> {
        let program_id = call.program_id;
        let callers = self.stack.split_last().map_or(&[][..], |(_, callers)| callers);
        let is_direct = self
            .stack
            .last()
            .is_some_and(|caller| caller.program_id == program_id);
        if !is_direct && callers.iter().any(|caller| caller.program_id == program_id) {
            return Err(InstructionError::ReentrancyNotAllowed);
        }
        // The changes of the caller so far, if there is one.
        self.check_rules(state)?;
        if self.trace_len >= self.context.rules.instruction_trace_max {
            return Err(InstructionError::MaxInstructionTraceLengthExceeded);
        }
        if !self.stack.is_empty() {
            self.record(state, call);
        }
        if self.stack.len() >= self.context.rules.stack_depth_max {
            return Err(InstructionError::CallDepth);
        }
        self.trace_len = self.trace_len.saturating_add(1);
        self.stack.push(Active {
            program_id,
            accounts: call.accounts.clone(),
            baseline: images(state),
        });
        Ok(())
    }

    fn run_active(&mut self, state: &mut TxState, call: &Call<'_>) -> Result<(), InstructionError> {
        let program_id = call.program_id;
        let entry = self.find_entry(state, &program_id)?;
        state.events.push_invoke(program_id, self.depth_now());
        state.return_data = None;
        let frame = FrameParts {
            program_id,
            data: call.data,
            accounts: &call.accounts,
            state: &mut *state,
            host: self,
        };
        let result = call_guarded(entry, frame);
        let result = inescapable_error(state).map_or(result, Err);
        report_end(state, program_id, result);
        // After the line about the end, which calls a program successful that left lamports unbalanced.
        result.and_then(|()| self.check_rules(state))
    }

    /// The entry point of a built-in program, or `UnsupportedProgramId`.
    fn find_entry(&self, state: &TxState, program_id: &Pubkey) -> Result<ProgramEntry, InstructionError> {
        let cell = state.cells.iter().find(|cell| cell.key() == program_id);
        let is_native = cell.is_some_and(|cell| cell.account().owner == ids::NATIVE_LOADER);
        let entry = self.context.programs.get(program_id).filter(|_| is_native);
        entry.ok_or(InstructionError::UnsupportedProgramId)
    }

    fn depth_now(&self) -> u8 {
        u8::try_from(self.stack.len()).unwrap_or(u8::MAX)
    }

    /// Checks what the running program has changed since its baseline.
    fn check_rules(&self, state: &TxState) -> Result<(), InstructionError> {
        let Some(active) = self.stack.last() else {
            return Ok(());
        };
        let pairs = active.baseline.iter().zip(&state.cells).enumerate();
        let changes = pairs.map(|(index, (before, cell))| Change {
            before,
            after: cell.account(),
            is_writable: active
                .accounts
                .iter()
                .any(|meta| meta.index == index && meta.is_writable),
        });
        check_instruction(&active.program_id, changes)
    }
}

fn images(state: &TxState) -> Vec<Arc<Account>> {
    state
        .cells
        .iter()
        .map(|cell| Arc::clone(cell.account()))
        .collect()
}

/// The error that ends an instruction whatever its program returns: a failed call, or no units left.
fn inescapable_error(state: &TxState) -> Option<InstructionError> {
    let run_out = state.meter.has_run_out();
    let run_out = run_out.then_some(InstructionError::ComputationalBudgetExceeded);
    state.failed_call.or(run_out)
}

/// Calls a program; a panic in it fails the instruction and nothing else.
fn call_guarded(entry: ProgramEntry, parts: FrameParts<'_>) -> Result<(), InstructionError> {
    // State that a panic leaves inconsistent is in the cells of this transaction, which are rolled back.
    catch_unwind(AssertUnwindSafe(|| entry(&mut Frame::new(parts))))
        .unwrap_or(Err(InstructionError::ProgramFailedToComplete))
}

/// Writes the lines at the end of a call. Return data is shown under the program that ends, even if a program that it
/// called has set it, as on Solana.
fn report_end(state: &mut TxState, program_id: Pubkey, result: Result<(), InstructionError>) {
    if let Some(returned) = state
        .return_data
        .as_ref()
        .filter(|returned| !returned.data.is_empty())
    {
        state.events.push_return_data(program_id, &returned.data);
    }
    match result {
        Ok(()) => state.events.push_success(program_id),
        Err(error) => state.events.push_failed(program_id, error),
    }
}
