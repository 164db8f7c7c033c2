//! One transaction, from its lookups to its outcome.

use isobath_sdk::builtins::nonce::NonceState;
use isobath_sdk::chain::outcome::{OutcomeClass, ReturnData};
use isobath_sdk::errors::TransactionError as Tx;
use isobath_sdk::ids;
use isobath_sdk::pubkey::Pubkey;
use isobath_sdk::wire::view::TransactionView;

use super::account::{Plain, rent_minimum, sysvar};
use super::budget::Budget;
use super::limits::Limits;
use super::lookups::{self, Key};
use super::running::{Call, Meta, Running};
use super::state::Model;
use super::{nonces, programs};
use crate::random_blocks::feature::Feature;

/// What a table counts as loaded data, whatever its length.
const TABLE_LEN: u64 = 8_248;

/// What the model expects of a transaction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Expected {
    /// Its class.
    pub class: OutcomeClass,
    /// Its error.
    pub error: Option<Tx>,
    /// What it pays.
    pub fee: u64,
    /// What it spends.
    pub compute_units: u64,
    /// What it returns.
    pub return_data: Option<ReturnData>,
}

impl Expected {
    /// No effect, for this reason.
    #[must_use]
    pub const fn no_op(error: Tx) -> Self {
        Self {
            class: OutcomeClass::NoOp,
            error: Some(error),
            fee: 0,
            compute_units: 0,
            return_data: None,
        }
    }
}

/// A transaction that will pay.
struct Paying {
    keys: Vec<Key>,
    budget: Budget,
    payer: Plain,
    /// The nonce account that it lives by, advanced.
    nonce: Option<(Pubkey, Plain)>,
}

/// Executes a transaction of the open block.
pub fn execute(model: &mut Model, view: &TransactionView<'_>) -> Expected {
    match admit(model, view) {
        Ok(paying) => run(model, view, &paying),
        Err(error) => {
            model.count(Feature::NoOp);
            Expected::no_op(error)
        }
    }
}

/// The checks without which a transaction has no effect at all.
fn admit(model: &mut Model, view: &TransactionView<'_>) -> Result<Paying, Tx> {
    let keys = lookups::keys(model, view)?;
    let mut nonce = None;
    if !model.past.is_alive(&view.recent_blockhash()) {
        nonce = nonces::advanced(model, view, &keys);
        if nonce.is_none() {
            model.count(Feature::Expired);
            return Err(Tx::BlockhashNotFound);
        }
    }
    if model.past.is_processed(&view.message_hash()) {
        model.count(Feature::Duplicate);
        return Err(Tx::AlreadyProcessed);
    }
    let budget = Budget::of(view);
    let payer = model.accounts.get(&keys[0].key).cloned().unwrap_or_default();
    let payer = pay(&payer, budget.fee(), model.limits).inspect_err(|_| model.count(Feature::Unpayable))?;
    if !payer.data.is_empty() {
        model.count(Feature::NoncePaid);
    }
    Ok(Paying {
        keys,
        budget,
        payer,
        nonce,
    })
}

/// The payer after paying: a System account without data, or a nonce account, which keeps its rent minimum.
fn pay(payer: &Plain, fee: u64, limits: Limits) -> Result<Plain, Tx> {
    if payer.lamports == 0 {
        return Err(Tx::AccountNotFound);
    }
    let state = NonceState::from_bytes(&payer.data).ok();
    let is_nonce = payer.data.len() == 80 && state.is_some_and(|state| state.data.is_some());
    if payer.owner != ids::SYSTEM_PROGRAM || !payer.data.is_empty() && !is_nonce {
        return Err(Tx::InvalidAccountForFee);
    }
    let kept = if is_nonce { rent_minimum(80) } else { 0 };
    if payer.lamports.saturating_sub(kept) < fee || payer.lamports < kept {
        return Err(Tx::InsufficientFundsForFee);
    }
    let paid = Plain {
        lamports: payer.lamports - fee,
        ..payer.clone()
    };
    match payer.may_become(&paid, limits) {
        true => Ok(paid),
        false => Err(Tx::InsufficientFundsForRent { account_index: 0 }),
    }
}

/// Takes the fee and does what the transaction says.
fn run(model: &mut Model, view: &TransactionView<'_>, paying: &Paying) -> Expected {
    let Paying { keys, budget, .. } = paying;
    model.past.process(view.message_hash());
    model.base_fees += budget.base_fee;
    model.priority_fees += budget.priority_fee;
    let mut accounts: Vec<Plain> = keys.iter().map(|key| load(model, &key.key)).collect();
    let loaded_len = loaded_len(&accounts, view);
    accounts[0] = paying.payer.clone();
    count_tables(model, view);
    let mut expected = Expected {
        class: OutcomeClass::FeesOnly,
        error: None,
        fee: budget.fee(),
        compute_units: 0,
        return_data: None,
    };
    if let Err(error) = require_loadable(model, view, &accounts, loaded_len, budget.loaded_len) {
        model.count(Feature::FeesOnly);
        keep_failure(model, paying, Feature::NonceKeptFeesOnly);
        expected.error = Some(error);
        return expected;
    }
    let mut running = Running::new(keys, &accounts, budget.units, model, programs::run);
    let error = instructions(&mut running, view).err();
    let error = error.or_else(|| below_rent(keys, &accounts, &running, model.limits));
    expected.class = OutcomeClass::Executed;
    expected.compute_units = budget.units - running.units_left;
    expected.return_data = running
        .returned
        .take()
        .filter(|returned| !returned.data.is_empty());
    expected.error = error;
    let (after, seen) = running.end();
    for feature in seen.always {
        model.count(feature);
    }
    if error.is_some() {
        if matches!(error, Some(Tx::InsufficientFundsForRent { .. })) {
            model.count(Feature::BelowRent);
        }
        model.count(Feature::Failed);
        keep_failure(model, paying, Feature::NonceKeptOnFailure);
        return expected;
    }
    for feature in seen.on_success {
        model.count(feature);
    }
    if expected.return_data.is_some() {
        model.count(Feature::Returned);
    }
    keep_success(model, paying, &accounts, after);
    expected
}

fn load(model: &Model, key: &Pubkey) -> Plain {
    let account = sysvar(key).or_else(|| model.accounts.get(key).cloned());
    account.unwrap_or_default()
}

/// Bytes that count as loaded: 64 and its data for each account that exists, and a fixed length for each table.
fn loaded_len(accounts: &[Plain], view: &TransactionView<'_>) -> u64 {
    let existing = accounts.iter().filter(|account| account.lamports > 0);
    let len: u64 = existing.map(|account| 64 + account.data.len() as u64).sum();
    len + TABLE_LEN * view.lookups().len() as u64
}

/// The checks whose failure costs the fee and nothing else.
fn require_loadable(
    model: &mut Model,
    view: &TransactionView<'_>,
    accounts: &[Plain],
    len: u64,
    limit: u64,
) -> Result<(), Tx> {
    if len > limit {
        model.count(Feature::LoadedTooMuch);
        return Err(Tx::MaxLoadedAccountsDataSizeExceeded);
    }
    for instruction in view.instructions() {
        let program = &accounts[usize::from(instruction.program_id_index)];
        if program.lamports == 0 {
            return Err(Tx::ProgramAccountNotFound);
        }
        if !program.is_program() {
            return Err(Tx::InvalidProgramForExecution);
        }
    }
    Ok(())
}

fn instructions(running: &mut Running<'_>, view: &TransactionView<'_>) -> Result<(), Tx> {
    for (index, instruction) in (0_u8..).zip(view.instructions()) {
        let metas = instruction.accounts.iter().map(|account| {
            let key = running.keys[usize::from(*account)];
            Meta {
                index: usize::from(*account),
                is_signer: key.is_signer,
                is_writable: key.is_writable,
            }
        });
        let call = Call {
            program: view.static_key(instruction.program_id_index.into()),
            metas: metas.collect(),
            data: instruction.data.to_vec(),
        };
        let result = running.call(call);
        result.map_err(|error| Tx::InstructionError(index, error))?;
    }
    Ok(())
}

fn below_rent(keys: &[Key], before: &[Plain], running: &Running<'_>, limits: Limits) -> Option<Tx> {
    let is_below = |index: &usize| {
        keys[*index].is_writable && !before[*index].may_become(&running.accounts[*index], limits)
    };
    let index = (0..keys.len()).find(is_below)?;
    Some(Tx::InsufficientFundsForRent {
        account_index: u8::try_from(index).expect("few keys"),
    })
}

/// Keeps what a failed transaction keeps: the paid fee and the advance of the nonce that it lives by.
fn keep_failure(model: &mut Model, paying: &Paying, feature: Feature) {
    let payer = paying.keys[0].key;
    model.put(payer, paying.payer.clone());
    if let Some((key, advanced)) = &paying.nonce {
        model.count(feature);
        let mut advanced = advanced.clone();
        if *key == payer {
            advanced.lamports = paying.payer.lamports;
        }
        model.put(*key, advanced);
    }
}

fn keep_success(model: &mut Model, paying: &Paying, before: &[Plain], after: Vec<Plain>) {
    model.count(Feature::Succeeded);
    if paying.nonce.is_some() {
        model.count(Feature::NonceUsed);
    }
    for ((key, before), after) in paying.keys.iter().zip(before).zip(after) {
        if sysvar(&key.key).is_none() {
            if *before != after {
                count_change(model, &key.key, before, &after);
            }
            // The payer is kept even if nothing but the fee was taken from it.
            model.put(key.key, after);
        }
    }
}

fn count_change(model: &mut Model, key: &Pubkey, before: &Plain, after: &Plain) {
    let (exists_before, exists_after) = (before.lamports > 0, after.lamports > 0);
    let (len_before, len_after) = (before.data.len(), after.data.len());
    match (exists_before, exists_after) {
        (false, true) => {
            model.created.insert(*key);
            if after.owner == ids::ADDRESS_LOOKUP_TABLE_PROGRAM {
                model.new_tables.insert(*key);
            }
            model.count(Feature::Created);
        }
        (true, false) => {
            if model.created.remove(key) {
                model.count(Feature::CreatedAndClosed);
            }
            model.count(Feature::Closed);
        }
        (true, true) => {
            if !after.is_fine() && after.lamports > before.lamports {
                model.count(Feature::StillBelowRent);
            }
            if before.owner != after.owner {
                model.count(Feature::Assigned);
            }
            match len_before.cmp(&len_after) {
                std::cmp::Ordering::Less => model.count(Feature::Grown),
                std::cmp::Ordering::Greater => model.count(Feature::Shrunk),
                std::cmp::Ordering::Equal if before.data == after.data => {}
                std::cmp::Ordering::Equal if len_after > 4_096 => model.count(Feature::WrittenLarge),
                std::cmp::Ordering::Equal => model.count(Feature::WrittenSmall),
            }
        }
        (false, false) if before.owner == after.owner => {}
        (false, false) => model.count(Feature::CreatedAndClosed),
    }
}

fn count_tables(model: &mut Model, view: &TransactionView<'_>) {
    for lookup in view.lookups() {
        model.count(Feature::TableUsed);
        if model.new_tables.contains(&lookup.table) {
            model.count(Feature::NewTableUsed);
        }
        let table = &model.parent[&lookup.table];
        if table.data[4..12] != [0xff; 8] {
            model.count(Feature::DeactivatingTableUsed);
        }
    }
}
