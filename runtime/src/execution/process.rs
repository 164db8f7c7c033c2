//! Runs the instructions of a transaction in order, and the calls that programs make in between.
//!
//! Invariant: it stops at the first instruction that fails and reports its index; the caller decides whether anything
//! is kept. A frame refuses each change that its program may not make, so what remains to be checked here is that lamports
//! add up: when a program calls another one, when the called program ends, and when an instruction ends (contract 7). That
//! is one comparison. The cost of a call grows with the accounts of caller and callee, not with those of the transaction and
//! not with their data.
//!
//! ```text
//! process_instructions -> run(call) -> program -> Frame::invoke -> Processor::invoke -> run(inner call)
//!                            |  push: recursion, sum of lamports, trace, depth               |
//!                            '- pop: sum of lamports <----------------------------------------'
//! ```
//!
//! A failed call fails every instruction above it, and so does running out of compute units, whatever the programs do
//! with the error.

mod host;

use std::panic::{AssertUnwindSafe, catch_unwind};

use isobath_program_abi::InstructionError;
use isobath_program_abi::Pubkey;
use isobath_sdk::errors::TransactionError;
use isobath_sdk::ids;
use isobath_sdk::program::{Frame, FrameParts, InstructionAccount, TxState, resolve_duplicates};
use isobath_sdk::wire::view::InstructionView;

use super::call_buffers::CallBuffers;
use super::context::BlockContext;
use super::dispatch::Callable;
use super::tx_accounts::TxAccounts;
use crate::admission::Tx;
use crate::planted::is_planted;

/// Runs all instructions of `tx` on `state`, whose cells are those of `accounts`.
///
/// # Errors
/// `InstructionError(i, ..)` of the first failing instruction.
pub(crate) fn process_instructions(
    tx: &Tx,
    accounts: &TxAccounts,
    context: &BlockContext<'_>,
    state: &mut TxState,
    buffers: &mut CallBuffers,
) -> Result<(), TransactionError> {
    buffers.clear();
    let CallBuffers {
        stack,
        accounts: instruction_accounts,
        by_key,
        room: _,
        undo: _,
    } = buffers;
    let mut processor = Processor {
        accounts,
        context,
        stack,
        trace_len: 0,
        outer_index: 0,
        by_key,
    };
    for (index, instruction) in (0_u8..).zip(tx.view().instructions()) {
        processor.outer_index = index;
        if let Some(sysvar) = accounts.instructions_index() {
            state.cells[sysvar].set_current_instruction(u16::from(index));
        }
        outer_accounts(instruction_accounts, tx, accounts, &instruction);
        let program_index = usize::from(instruction.program_id_index);
        let call = Call {
            program_id: tx.key(program_index),
            program_index,
            data: instruction.data,
            accounts: instruction_accounts,
        };
        let result = processor.run(state, &call);
        result.map_err(|error| TransactionError::InstructionError(index, error))?;
    }
    Ok(())
}

/// Fills `target` with the accounts of an instruction of the transaction.
fn outer_accounts(
    target: &mut Vec<InstructionAccount>,
    tx: &Tx,
    accounts: &TxAccounts,
    instruction: &InstructionView<'_>,
) {
    let view = tx.view();
    target.clear();
    target.extend(instruction.accounts.iter().map(|index| InstructionAccount {
        index: u16::from(*index),
        first: 0,
        is_signer: view.is_signer(usize::from(*index)),
        is_writable: accounts.is_writable(usize::from(*index)),
    }));
    resolve_duplicates(target);
}

/// One call, ready to run.
struct Call<'d> {
    program_id: Pubkey,
    /// Index of the program among the transaction's keys.
    program_index: usize,
    data: &'d [u8],
    accounts: &'d [InstructionAccount],
}

/// The calls of one transaction.
struct Processor<'a> {
    accounts: &'a TxAccounts,
    context: &'a BlockContext<'a>,
    /// The programs whose calls are running, outermost first.
    stack: &'a mut Vec<Pubkey>,
    trace_len: usize,
    outer_index: u8,
    /// Indexes of the accounts by ascending key; empty until the first call between programs.
    by_key: &'a mut Vec<u16>,
}

impl Processor<'_> {
    /// Runs one call, from its events to the sum of lamports at its end.
    fn run(&mut self, state: &mut TxState, call: &Call<'_>) -> Result<(), InstructionError> {
        self.push(state, call)?;
        let result = self.run_active(state, call);
        self.stack.pop();
        result.and_then(|()| state.require_balanced())
    }

    /// Makes the call the running one, if it may be made. One that is too deep is in the trace all the same.
    fn push(&mut self, state: &mut TxState, call: &Call<'_>) -> Result<(), InstructionError> {
        let program_id = call.program_id;
        let is_running = self.stack.contains(&program_id);
        if is_running && self.stack.last() != Some(&program_id) {
            return Err(InstructionError::ReentrancyNotAllowed);
        }
        // What the caller has changed so far, if there is one.
        state.require_balanced()?;
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
        self.stack.push(program_id);
        Ok(())
    }

    fn run_active(&mut self, state: &mut TxState, call: &Call<'_>) -> Result<(), InstructionError> {
        let program_id = call.program_id;
        let program = self.find_program(state, call)?;
        state.events.push_invoke(program_id, self.depth_now());
        if !is_planted!(self.context, StaleReturnData) {
            state.return_data = None;
        }
        let frame = FrameParts {
            program_id,
            data: call.data,
            accounts: call.accounts,
            state: &mut *state,
            host: self,
        };
        let result = call_guarded(&program, frame);
        if is_planted!(self.context, ForgivenCall) {
            state.failed_call = None;
        }
        let result = inescapable_error(state).map_or(result, Err);
        report_end(state, program_id, result);
        result
    }

    /// What a call runs, or `UnsupportedProgramId`.
    fn find_program(&self, state: &TxState, call: &Call<'_>) -> Result<Callable, InstructionError> {
        let (context, id) = (self.context, &call.program_id);
        let account = state.cells[call.program_index].account();
        if account.owner == ids::NATIVE_LOADER {
            let entry = context.programs.get(id).map(Callable::BuiltIn);
            return entry.ok_or(InstructionError::UnsupportedProgramId);
        }
        let Some(loader) = context.programs.loader(&account.owner) else {
            let before = self.accounts.before(call.program_index);
            return Callable::without_loader(&account.owner, &before.owner);
        };
        let effective = self.accounts.deployment(call.program_index);
        let found = effective.and_then(|found| found.current(loader, account, &state.cells));
        let program = found.and_then(|found| context.program_cache.get(id, found, loader));
        Ok(Callable::of_loader(program))
    }

    fn depth_now(&self) -> u8 {
        u8::try_from(self.stack.len()).unwrap_or(u8::MAX)
    }
}

/// The error that ends an instruction whatever its program returns: a failed call, or no units left.
fn inescapable_error(state: &TxState) -> Option<InstructionError> {
    let run_out = state.meter.has_run_out();
    let run_out = run_out.then_some(InstructionError::ComputationalBudgetExceeded);
    state.failed_call.or(run_out)
}

/// Calls a program; a panic in it fails the instruction and nothing else.
fn call_guarded(program: &Callable, parts: FrameParts<'_>) -> Result<(), InstructionError> {
    // State that a panic leaves inconsistent is in the cells of this transaction, which are rolled back.
    catch_unwind(AssertUnwindSafe(|| program.call(&mut Frame::new(parts))))
        .unwrap_or(Err(InstructionError::ProgramFailedToComplete))
}

/// Writes the lines at the end of a call. Return data is shown under the program that ends, even if a program that it
/// called has set it, as on Solana. So is the success of a program whose changes turn out not to add up.
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
