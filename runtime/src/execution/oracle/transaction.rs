//! One transaction on copies of its accounts.
//!
//! ```text
//! lookups, age or nonce, replay, payer --fail--> NoOp  nothing happens
//!          | charge the fee
//! loaded data, programs ------fail--> FeesOnly         the fee is paid, the nonce advances
//!          |
//! instructions, then rent ----fail--> Executed(error)  likewise
//!          `----------------------> Executed(ok)       what the programs left
//! ```
//!
//! Invariant: a failure is undone by taking the copies that were made before; no image is ever changed back.

use isobath_program_abi::Pubkey;
use isobath_sdk::chain::account::Account;
use isobath_sdk::chain::event::{Event, Events};
use isobath_sdk::chain::outcome::{Outcome, OutcomeClass};
use isobath_sdk::chain::record::{Execution, LoadedAddresses};
use isobath_sdk::errors::TransactionError;

use super::accounts::deep_copy;
use super::loaded::{Loaded, load};
use super::open_block::OpenBlock;
use super::process;
use crate::admission::Tx;
use crate::execution::nonce::{NextNonce, valid_nonce};
use crate::execution::payer::charge_fee;
use crate::execution::rent::require_rent_exemption;
use crate::execution::transaction::is_program_owner;

/// What a transaction came to.
pub(super) struct Executed {
    pub(super) execution: Execution,
    /// The accounts that it changed, as it leaves them.
    pub(super) written: Vec<(Pubkey, Account)>,
}

/// Executes `tx` as the next transaction of `block`.
pub(super) fn execute(tx: &Tx, block: &OpenBlock<'_>) -> Executed {
    match load(tx, block).and_then(|loaded| Ok((charge(tx, block, &loaded)?, loaded))) {
        Err(error) => no_op(error),
        Ok((charged, loaded)) => execute_charged(tx, block, &loaded, charged),
    }
}

/// The accounts after the fee was paid and the nonce was advanced: all that a failure leaves.
fn charge(tx: &Tx, block: &OpenBlock<'_>, loaded: &Loaded) -> Result<Charged, TransactionError> {
    let rules = block.rules.rules();
    let mut failed = loaded.accounts.clone();
    if !block.past.is_valid(&tx.recent_blockhash()) {
        let next = NextNonce {
            blockhash: block.past.newest().blockhash,
            lamports_per_signature: rules.lamports_per_signature,
        };
        let nonce = valid_nonce(tx, |index| &loaded.accounts[index], &next);
        let nonce = nonce.ok_or(TransactionError::BlockhashNotFound)?;
        failed[nonce.index] = deep_copy(&nonce.account);
    }
    if block.has_processed(&tx.message_hash()) {
        return Err(TransactionError::AlreadyProcessed);
    }
    let fee = tx.fee().total();
    let payer = charge_fee(&loaded.keys[0], &loaded.accounts[0], fee, rules)?;
    failed[0].lamports = payer.lamports;
    Ok(Charged { payer, failed })
}

/// The accounts of a transaction that has paid.
struct Charged {
    /// The payer, from which the programs start.
    payer: Account,
    /// All accounts, should the transaction fail.
    failed: Vec<Account>,
}

fn execute_charged(tx: &Tx, block: &OpenBlock<'_>, loaded: &Loaded, charged: Charged) -> Executed {
    let fee = tx.fee().total();
    let Charged { payer, failed } = charged;
    if let Err(error) = require_loadable(tx, loaded) {
        let outcome = Outcome::fees_only(error, fee);
        return executed(tx, outcome, Events::new(), loaded, failed);
    }
    let mut before = loaded.clone();
    before.accounts[0] = payer;
    let run = process::run(tx, block, &before);
    let result = run
        .result
        .and_then(|()| require_rent(block, &before, &run.accounts));
    let outcome = Outcome {
        class: OutcomeClass::Executed,
        error: result.err(),
        fee,
        compute_units: run.compute_units,
        return_data: run.return_data.filter(|returned| !returned.data.is_empty()),
    };
    let accounts = if result.is_ok() { run.accounts } else { failed };
    executed(tx, outcome, run.events, loaded, accounts)
}

/// The checks whose failure costs the fee and nothing else.
fn require_loadable(tx: &Tx, loaded: &Loaded) -> Result<(), TransactionError> {
    if loaded.len > u64::from(tx.limits().loaded_data_len) {
        return Err(TransactionError::MaxLoadedAccountsDataSizeExceeded);
    }
    for instruction in tx.view().instructions() {
        let program = &loaded.accounts[usize::from(instruction.program_id_index)];
        if program.lamports == 0 {
            return Err(TransactionError::ProgramAccountNotFound);
        }
        if !is_program_owner(&program.owner) {
            return Err(TransactionError::InvalidProgramForExecution);
        }
    }
    Ok(())
}

fn require_rent(block: &OpenBlock<'_>, before: &Loaded, after: &[Account]) -> Result<(), TransactionError> {
    let rules = block.rules.rules();
    for (index, after) in after.iter().enumerate() {
        if before.writable[index] {
            let account_index = u8::try_from(index).unwrap_or(u8::MAX);
            let (key, before) = (&before.keys[index], &before.accounts[index]);
            require_rent_exemption(key, &before.header(), &after.header(), rules, account_index)?;
        }
    }
    Ok(())
}

fn executed(
    tx: &Tx,
    outcome: Outcome,
    mut events: Events,
    loaded: &Loaded,
    accounts: Vec<Account>,
) -> Executed {
    // The sum stops at the limit, as on Solana.
    let limit = tx.limits().loaded_data_len;
    let data_len = u32::try_from(loaded.len).map_or(limit, |len| len.min(limit));
    events.push(Event::Loaded { data_len });
    let balances = |accounts: &[Account]| accounts.iter().map(|account| account.lamports).collect();
    let execution = Execution {
        outcome,
        pre_balances: balances(&loaded.accounts),
        post_balances: balances(&accounts),
        loaded_addresses: loaded.addresses.clone(),
        events: events.list().to_vec(),
    };
    let all = loaded.keys.iter().zip(&loaded.accounts).zip(accounts);
    let written = all
        .filter(|((_, before), after)| *before != after)
        .map(|((key, _), after)| (*key, after));
    Executed {
        execution,
        written: written.collect(),
    }
}

fn no_op(error: TransactionError) -> Executed {
    Executed {
        execution: Execution {
            outcome: Outcome::no_op(error),
            pre_balances: Vec::new(),
            post_balances: Vec::new(),
            loaded_addresses: LoadedAddresses::default(),
            events: Vec::new(),
        },
        written: Vec::new(),
    }
}
