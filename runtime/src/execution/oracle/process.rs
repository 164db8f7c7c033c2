//! The instructions of a transaction in order, and the calls that programs make in between.
//!
//! Invariant: whole images of all accounts are compared when a program calls another one, when the called program ends
//! and when an instruction ends, each time with copies that were made when the running program started or was last
//! returned to; so every change is judged as that of the program which made it.
//!
//! ```text
//! run -> call -> program -> Frame::invoke -> Processor::invoke -> call
//!          |  begin: compare with the caller's copies, depth, recursion, trace; copy
//!          '- end: compare with the copies
//! ```

mod host;

use std::panic::{AssertUnwindSafe, catch_unwind};

use isobath_program_abi::InstructionError;
use isobath_program_abi::Pubkey;
use isobath_sdk::chain::account::Account;
use isobath_sdk::chain::event::Events;
use isobath_sdk::chain::outcome::ReturnData;
use isobath_sdk::errors::TransactionError;
use isobath_sdk::ids;
use isobath_sdk::program::{AccountCell, Deployment, Frame, FrameParts, InstructionAccount, TxState};
use isobath_sdk::wire::view::InstructionView;

use super::accounts::deep_copy;
use super::images::{Change, check};
use super::loaded::Loaded;
use super::open_block::OpenBlock;
use super::sysvars::Values;
use crate::admission::Tx;
use crate::execution::dispatch::Callable;

/// What running the instructions came to.
pub(super) struct Run {
    /// The first instruction that failed.
    pub(super) result: Result<(), TransactionError>,
    /// The accounts as the programs left them.
    pub(super) accounts: Vec<Account>,
    pub(super) events: Events,
    pub(super) compute_units: u64,
    pub(super) return_data: Option<ReturnData>,
}

/// Runs all instructions of `tx` on copies of the accounts of `loaded`.
pub(super) fn run(tx: &Tx, block: &OpenBlock<'_>, loaded: &Loaded) -> Run {
    let pairs = loaded.keys.iter().zip(&loaded.accounts);
    let cells = pairs.map(|(key, account)| AccountCell::new(*key, deep_copy(account)));
    let mut state = TxState::new(cells.collect(), tx.compute_unit_limit());
    let result = run_instructions(tx, block, loaded, &mut state);
    state.return_room();
    Run {
        result,
        accounts: images(&state),
        events: state.events,
        compute_units: state.meter.consumed(),
        return_data: state.return_data,
    }
}

fn run_instructions(
    tx: &Tx,
    block: &OpenBlock<'_>,
    loaded: &Loaded,
    state: &mut TxState,
) -> Result<(), TransactionError> {
    let mut processor = Processor {
        block,
        loaded,
        sysvars: block.sysvar_values(),
        stack: Vec::new(),
        trace_len: 0,
        outer_index: 0,
    };
    for (index, instruction) in (0_u8..).zip(tx.view().instructions()) {
        processor.outer_index = index;
        for cell in &mut state.cells {
            if *cell.key() == ids::SYSVAR_INSTRUCTIONS {
                cell.set_current_instruction(u16::from(index));
            }
        }
        let call = outer_call(tx, loaded, &instruction);
        let result = processor.call(state, &call);
        result.map_err(|error| TransactionError::InstructionError(index, error))?;
    }
    Ok(())
}

/// The call of an instruction of the transaction.
fn outer_call<'d>(tx: &Tx, loaded: &Loaded, instruction: &InstructionView<'d>) -> Call<'d> {
    let program_index = usize::from(instruction.program_id_index);
    let accounts = instruction.accounts.iter().map(|index| InstructionAccount {
        index: u16::from(*index),
        first: 0,
        is_signer: tx.view().is_signer(usize::from(*index)),
        is_writable: loaded.writable[usize::from(*index)],
    });
    Call {
        program_id: loaded.keys[program_index],
        program_index,
        data: instruction.data,
        accounts: merged(accounts.collect()),
    }
}

/// The accounts of a call: one that is listed several times has all the privileges listed, wherever it is listed.
fn merged(listed: Vec<InstructionAccount>) -> Vec<InstructionAccount> {
    let merge = |account: &InstructionAccount| {
        let same = listed.iter().filter(|other| other.index == account.index);
        let first = listed.iter().position(|other| other.index == account.index);
        InstructionAccount {
            index: account.index,
            first: first
                .and_then(|first| u16::try_from(first).ok())
                .unwrap_or(u16::MAX),
            is_signer: same.clone().any(|other| other.is_signer),
            is_writable: same.clone().any(|other| other.is_writable),
        }
    };
    listed.iter().map(merge).collect()
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
    /// Copies of all accounts, with which the program's changes are compared.
    before: Vec<Account>,
}

/// The calls of one transaction.
struct Processor<'a> {
    block: &'a OpenBlock<'a>,
    /// The accounts as they were before the instructions.
    loaded: &'a Loaded,
    sysvars: Values,
    stack: Vec<Active>,
    trace_len: usize,
    outer_index: u8,
}

impl Processor<'_> {
    /// Runs one call and the calls that it makes.
    fn call(&mut self, state: &mut TxState, call: &Call<'_>) -> Result<(), InstructionError> {
        self.require_callable(state, call)?;
        if !self.stack.is_empty() {
            // Also a call that turns out to be too deep.
            self.record(state, call);
        }
        if self.stack.len() >= self.block.rules.rules().stack_depth_max {
            return Err(InstructionError::CallDepth);
        }
        self.trace_len = self.trace_len.saturating_add(1);
        self.stack.push(Active {
            program_id: call.program_id,
            accounts: call.accounts.clone(),
            before: images(state),
        });
        // A program whose changes do not add up has ended well before that is seen, and its log says so.
        let result = self.run_active(state, call);
        let result = result.and_then(|()| self.check_changes(state));
        self.stack.pop();
        result
    }

    fn require_callable(&self, state: &TxState, call: &Call<'_>) -> Result<(), InstructionError> {
        let rules = self.block.rules.rules();
        let is_callee = |active: &Active| active.program_id == call.program_id;
        let is_active = self.stack.iter().any(is_callee);
        let calls_itself = self.stack.last().is_some_and(is_callee);
        if is_active && !calls_itself {
            return Err(InstructionError::ReentrancyNotAllowed);
        }
        self.check_changes(state)?;
        if self.trace_len >= rules.instruction_trace_max {
            return Err(InstructionError::MaxInstructionTraceLengthExceeded);
        }
        Ok(())
    }

    fn run_active(&mut self, state: &mut TxState, call: &Call<'_>) -> Result<(), InstructionError> {
        let program_id = call.program_id;
        let program = self.find_program(state, call)?;
        state.events.push_invoke(program_id, self.depth_now());
        state.return_data = None;
        let result = call_guarded(
            &program,
            FrameParts {
                program_id,
                data: call.data,
                accounts: &call.accounts,
                state: &mut *state,
                host: self,
            },
        );
        // A failed inner call and a spent budget end the instruction whatever its program returns.
        let has_run_out = state.meter.has_run_out();
        let run_out = has_run_out.then_some(InstructionError::ComputationalBudgetExceeded);
        let result = match state.failed_call.or(run_out) {
            Some(error) => Err(error),
            None => result,
        };
        let returned = state.return_data.as_ref().map(|returned| &returned.data);
        if let Some(data) = returned.filter(|data| !data.is_empty()) {
            state.events.push_return_data(program_id, data);
        }
        match result {
            Ok(()) => state.events.push_success(program_id),
            Err(error) => state.events.push_failed(program_id, error),
        }
        result
    }

    /// What a call runs, or `UnsupportedProgramId`. Loads a program anew for each call.
    fn find_program(&self, state: &TxState, call: &Call<'_>) -> Result<Callable, InstructionError> {
        let programs = self.block.rules.programs();
        let account = state.cells[call.program_index].account();
        if account.owner == ids::NATIVE_LOADER {
            let entry = programs.get(&call.program_id).map(Callable::BuiltIn);
            return entry.ok_or(InstructionError::UnsupportedProgramId);
        }
        let Some(loader) = programs.loader(&account.owner) else {
            let before = &self.loaded.accounts[call.program_index];
            return Callable::without_loader(&account.owner, &before.owner);
        };
        let parent = |key: &Pubkey| self.block.parent.get(key).cloned();
        let now = |key: &Pubkey| {
            let cell = state.cells.iter().find(|cell| cell.key() == key);
            let account = cell.map(AccountCell::account);
            account.or_else(|| self.block.accounts.get(key)).cloned()
        };
        let before = parent(&call.program_id).and_then(|before| loader.find(&before, &parent));
        let found = loader.find(account, &now).zip(before);
        let effective = found.filter(|(now, before)| now.slot == before.slot);
        let load = |(_, found): (Deployment, Deployment)| loader.load(found.data.get(found.code_offset..)?);
        Ok(Callable::of_loader(effective.and_then(load)))
    }

    fn depth_now(&self) -> u8 {
        u8::try_from(self.stack.len()).unwrap_or(u8::MAX)
    }

    /// Checks what the running program, if there is one, has changed since its copies were made.
    fn check_changes(&self, state: &TxState) -> Result<(), InstructionError> {
        let Some(active) = self.stack.last() else {
            return Ok(());
        };
        let is_writable = |index| {
            let mut accounts = active.accounts.iter();
            accounts.any(|account| account.cell() == index && account.is_writable)
        };
        let pairs = active.before.iter().zip(&state.cells).enumerate();
        let changes = pairs.map(|(index, (before, cell))| Change {
            before,
            after: cell.account(),
            is_writable: is_writable(index),
        });
        check(&active.program_id, &changes.collect::<Vec<_>>())
    }
}

/// Copies of all accounts.
fn images(state: &TxState) -> Vec<Account> {
    state.cells.iter().map(|cell| deep_copy(cell.account())).collect()
}

/// Calls a program; a panic in it fails the instruction and nothing else.
fn call_guarded(program: &Callable, parts: FrameParts<'_>) -> Result<(), InstructionError> {
    // State that a panic leaves inconsistent is in the copies of this transaction, which are dropped.
    catch_unwind(AssertUnwindSafe(|| program.call(&mut Frame::new(parts))))
        .unwrap_or(Err(InstructionError::ProgramFailedToComplete))
}
