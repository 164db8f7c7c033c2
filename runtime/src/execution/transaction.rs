//! The one executor seam: the effect of a transaction on its accounts (contract 6).
//!
//! Invariant: the outcome and the accounts are a function of the transaction, the loaded images and the block context.
//! Afterwards the accounts hold exactly what is to be written: everything on success, the charged payer and the
//! advanced nonce on failure, nothing on `NoOp`.
//!
//! ```text
//! lookups, age or nonce, replay, payer --fail--> NoOp  nothing happens
//!          | charge the fee
//! loaded data, programs ------fail--> FeesOnly      the fee is paid
//!          |
//! instructions, then rent ----fail--> Executed(error), rolled back to the charged payer
//!          `----------------------> Executed(ok)
//! ```

use isobath_program_abi::Pubkey;
use isobath_sdk::chain::account::Account;
use isobath_sdk::chain::event::{Event, Events};
use isobath_sdk::chain::outcome::{Outcome, OutcomeClass};
use isobath_sdk::errors::TransactionError;
use isobath_sdk::ids;
use isobath_sdk::program::TxState;

use super::context::BlockContext;
use super::kept::Kept;
use super::nonce::valid_nonce;
use super::payer::charge_fee;
use super::process::process_instructions;
use super::rent::require_rent_exemption;
use super::replay::Replay;
use super::tx_accounts::TxAccounts;
use super::work::{Recorded, work_of_record};
use crate::admission::Tx;

/// Executes one transaction on its loaded accounts; [`TxAccounts::work`] then returns what that cost the node.
pub fn execute_transaction(
    tx: &Tx,
    replay: Replay,
    accounts: &mut TxAccounts,
    events: &mut Events,
    context: &BlockContext<'_>,
) -> Outcome {
    let outcome = execute(tx, replay, accounts, events, context);
    if outcome.class != OutcomeClass::NoOp {
        accounts.settle_work();
        accounts.add_work(work_of_record(tx, &recorded(accounts), events, &outcome));
    }
    outcome
}

fn execute(
    tx: &Tx,
    replay: Replay,
    accounts: &mut TxAccounts,
    events: &mut Events,
    context: &BlockContext<'_>,
) -> Outcome {
    let kept = match admit_to_state(tx, replay, accounts, context) {
        Ok(kept) => kept,
        Err(error) => return Outcome::no_op(error),
    };
    let fee = tx.fee().total();
    accounts.set(0, kept.payer().clone());
    if let Err(error) = require_loadable(tx, accounts) {
        kept.roll_back(accounts);
        events.push(loaded_event(tx, accounts.loaded_data_len()));
        return Outcome::fees_only(error, fee);
    }
    let mut state = TxState::new(accounts.take_cells(), tx.compute_unit_limit());
    state.events = std::mem::take(events);
    let mut buffers = accounts.take_buffers();
    state.pool = std::mem::take(&mut buffers.room);
    state.undo = std::mem::take(&mut buffers.undo);
    let result = process_instructions(tx, accounts, context, &mut state, &mut buffers);
    state.return_room();
    buffers.room = state.pool;
    buffers.undo = state.undo;
    accounts.put_buffers(buffers);
    accounts.put_cells(state.cells);
    accounts.add_work(state.work);
    *events = state.events;
    events.push(loaded_event(tx, accounts.loaded_data_len()));
    let result = result.and_then(|()| require_rent(accounts, kept.payer(), context));
    if result.is_err() {
        roll_back(accounts, &kept, context);
    }
    Outcome {
        class: OutcomeClass::Executed,
        error: result.err(),
        fee,
        compute_units: state.meter.consumed(),
        return_data: state.return_data.filter(|returned| !returned.data.is_empty()),
    }
}

/// What the transaction loaded, in bytes. The sum stops at the limit, as on Solana.
pub(super) fn loaded_event(tx: &Tx, loaded_data_len: u64) -> Event {
    let limit = tx.limits().loaded_data_len;
    Event::Loaded {
        data_len: u32::try_from(loaded_data_len).map_or(limit, |len| len.min(limit)),
    }
}

const fn recorded(accounts: &TxAccounts) -> Recorded {
    let loaded = accounts.loaded_addresses();
    Recorded {
        key_count: accounts.len(),
        loaded_count: loaded.writable.len().saturating_add(loaded.readonly.len()),
    }
}

/// The checks whose failure makes a transaction a `NoOp`; returns the changes that it keeps if it fails later.
///
/// # Errors
/// Those of the lookups, `BlockhashNotFound` (also for an invalid nonce), `AlreadyProcessed`, and those of the payer.
pub(crate) fn admit_to_state(
    tx: &Tx,
    replay: Replay,
    accounts: &TxAccounts,
    context: &BlockContext<'_>,
) -> Result<Kept, TransactionError> {
    if let Some(error) = accounts.lookup_error() {
        return Err(error);
    }
    let nonce = if context
        .chain
        .is_blockhash_valid_at(&tx.recent_blockhash(), context.height)
    {
        None
    } else {
        let nonce = valid_nonce(tx, |index| accounts.now(index), &context.next_nonce());
        Some(nonce.ok_or(TransactionError::BlockhashNotFound)?)
    };
    if replay == Replay::Seen {
        return Err(TransactionError::AlreadyProcessed);
    }
    let payer = charge_fee(accounts.key(0), accounts.now(0), tx.fee().total(), context.rules)?;
    Ok(Kept::new(payer, nonce))
}

/// The checks whose failure costs the fee and nothing else.
fn require_loadable(tx: &Tx, accounts: &TxAccounts) -> Result<(), TransactionError> {
    if accounts.loaded_data_len() > u64::from(tx.limits().loaded_data_len) {
        return Err(TransactionError::MaxLoadedAccountsDataSizeExceeded);
    }
    for instruction in tx.view().instructions() {
        let program = accounts.now(usize::from(instruction.program_id_index));
        if program.lamports == 0 {
            return Err(TransactionError::ProgramAccountNotFound);
        }
        if !is_program_owner(&program.owner) {
            return Err(TransactionError::InvalidProgramForExecution);
        }
    }
    Ok(())
}

/// Whether an account of this owner can be called.
pub(super) fn is_program_owner(owner: &Pubkey) -> bool {
    [
        ids::NATIVE_LOADER,
        ids::BPF_LOADER_UPGRADEABLE,
        ids::BPF_LOADER,
        ids::BPF_LOADER_DEPRECATED,
        ids::LOADER_V4,
    ]
    .contains(owner)
}

fn require_rent(
    accounts: &TxAccounts,
    paid: &Account,
    context: &BlockContext<'_>,
) -> Result<(), TransactionError> {
    for (index, account_index) in (0..accounts.len()).zip(0_u8..=u8::MAX) {
        if accounts.is_writable(index) {
            let before = match index {
                0 => paid.header(),
                _ => *accounts.before(index),
            };
            let after = accounts.now(index).header();
            require_rent_exemption(accounts.key(index), &before, &after, context.rules, account_index)?;
        }
    }
    Ok(())
}

#[cfg(not(feature = "planted-bugs"))]
fn roll_back(accounts: &mut TxAccounts, kept: &Kept, _context: &BlockContext<'_>) {
    kept.roll_back(accounts);
}

#[cfg(feature = "planted-bugs")]
fn roll_back(accounts: &mut TxAccounts, kept: &Kept, context: &BlockContext<'_>) {
    super::planted::roll_back(context.planted, accounts, kept);
}
