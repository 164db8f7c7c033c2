//! What must hold of a transaction whatever it says, judged from outside: bytes, images before and after, execution.
//!
//! Nothing here asks the runtime for its opinion, except for the limits that a transaction's bytes ask for.

use std::collections::HashMap;

use isobath_runtime::Tx;
use isobath_sdk::builtins::nonce::{NonceState, NonceVersion, durable_nonce};
use isobath_sdk::chain::account::Account;
use isobath_sdk::chain::event::{Event, LOG_TEXT_LIMIT_BYTES};
use isobath_sdk::chain::outcome::OutcomeClass;
use isobath_sdk::chain::record::Execution;
use isobath_sdk::errors::TransactionError as Error;
use isobath_sdk::hash::Hash;
use isobath_sdk::ids;
use isobath_sdk::pubkey::Pubkey;

const SIGNATURE_LAMPORTS: u64 = 5_000;
const TRACE_LEN_MAX: usize = 64;
const DATA_LEN_MAX: usize = 10 << 20;
const GROWTH_MAX: i128 = 20 << 20;
const RETURN_DATA_LEN_MAX: usize = 1_024;

/// An account, if it exists.
pub type Image = Option<Account>;

/// The accounts that are looked at, by key.
#[derive(Debug, Default)]
pub struct Pool {
    keys: Vec<Pubkey>,
    positions: HashMap<Pubkey, usize>,
}

impl Pool {
    /// Looks at `key` from now on.
    pub fn add(&mut self, key: Pubkey) {
        if !self.positions.contains_key(&key) {
            self.positions.insert(key, self.keys.len());
            self.keys.push(key);
        }
    }

    /// The images of all keys as `get` answers.
    pub fn images(&self, get: impl Fn(&Pubkey) -> Image) -> Vec<Image> {
        self.keys.iter().map(get).collect()
    }

    fn position(&self, key: &Pubkey) -> Option<usize> {
        self.positions.get(key).copied()
    }
}

/// A transaction and what it came to.
#[derive(Debug)]
pub struct Seen<'a> {
    /// The transaction.
    pub tx: &'a Tx,
    /// What was recorded of it.
    pub execution: &'a Execution,
    /// The keys of the images.
    pub pool: &'a Pool,
    /// Images before it.
    pub before: &'a [Image],
    /// Images after it.
    pub after: &'a [Image],
    /// Whether its blockhash is one that the next block accepts.
    pub is_alive: bool,
    /// How many programs may run at once under the profile of the world.
    pub depth_max: u8,
    /// The blockhash that nonces advance to.
    pub blockhash: Hash,
}

/// Checks that a transaction without effect had none and was refused for a reason that allows it.
///
/// # Errors
/// The promise that is broken.
pub fn no_op(error: Error, before: &[Image], after: &[Image], is_alive: bool) -> Result<(), String> {
    let is_of_class = matches!(
        error,
        Error::BlockhashNotFound
            | Error::AlreadyProcessed
            | Error::AccountNotFound
            | Error::InvalidAccountForFee
            | Error::InsufficientFundsForFee
            | Error::InsufficientFundsForRent { account_index: 0 }
            | Error::AddressLookupTableNotFound
            | Error::InvalidAddressLookupTableOwner
            | Error::InvalidAddressLookupTableData
            | Error::InvalidAddressLookupTableIndex
            | Error::AccountLoadedTwice
    );
    require(is_of_class, || format!("{error:?} is no error of a NoOp"))?;
    let is_fitting = !is_alive || error != Error::BlockhashNotFound;
    require(is_fitting, || "a living blockhash was not found".to_owned())?;
    require(before == after, || "a NoOp changed an account".to_owned())
}

/// Checks a transaction that paid.
///
/// # Errors
/// The promise that is broken.
pub fn paid(seen: &Seen<'_>) -> Result<(), String> {
    let outcome = &seen.execution.outcome;
    require(outcome.fee == expected_fee(seen.tx), || {
        "another fee was taken".to_owned()
    })?;
    class(seen)?;
    balances(seen)?;
    limits(seen)?;
    match outcome.error {
        Some(_) => only_fee_and_nonce_remain(seen),
        None => allowed_changes(seen),
    }
}

fn expected_fee(tx: &Tx) -> u64 {
    let base = tx.view().signatures().len() as u64 * SIGNATURE_LAMPORTS;
    let limits = tx.limits();
    let micro = u128::from(limits.price_micro_lamports) * u128::from(limits.compute_units);
    let priority = u64::try_from(micro.div_ceil(1_000_000)).unwrap_or(u64::MAX);
    base.saturating_add(priority)
}

fn class(seen: &Seen<'_>) -> Result<(), String> {
    let outcome = &seen.execution.outcome;
    let is_consistent = match (outcome.class, outcome.error) {
        (OutcomeClass::NoOp, _) | (OutcomeClass::FeesOnly, None) => false,
        (OutcomeClass::FeesOnly, Some(error)) => {
            let is_of_class = matches!(
                error,
                Error::ProgramAccountNotFound
                    | Error::InvalidProgramForExecution
                    | Error::MaxLoadedAccountsDataSizeExceeded
            );
            let has_nothing = outcome.compute_units == 0 && outcome.return_data.is_none();
            let ran = |event: &Event| !matches!(event, Event::Loaded { .. });
            is_of_class && has_nothing && !seen.execution.events.iter().any(ran)
        }
        (OutcomeClass::Executed, None) => true,
        (OutcomeClass::Executed, Some(error)) => {
            matches!(
                error,
                Error::InstructionError(..) | Error::InsufficientFundsForRent { .. }
            )
        }
    };
    require(is_consistent, || format!("inconsistent outcome {outcome:?}"))
}

fn balances(seen: &Seen<'_>) -> Result<(), String> {
    let Execution {
        pre_balances,
        post_balances,
        outcome,
        ..
    } = seen.execution;
    let sum = |balances: &[u64]| balances.iter().map(|balance| u128::from(*balance)).sum::<u128>();
    let is_conserved = sum(pre_balances) == sum(post_balances) + u128::from(outcome.fee);
    require(is_conserved, || {
        format!("lamports: {pre_balances:?} to {post_balances:?}")
    })?;
    for (index, (key, _)) in keys(seen).enumerate() {
        let Some(at) = seen.pool.position(&key).filter(|_| !ids::is_sysvar(&key)) else {
            continue;
        };
        let shown = (pre_balances.get(index), post_balances.get(index));
        let held = (lamports(&seen.before[at]), lamports(&seen.after[at]));
        require(shown == (Some(&held.0), Some(&held.1)), || {
            format!("{key} shows {shown:?} and holds {held:?}")
        })?;
    }
    Ok(())
}

fn limits(seen: &Seen<'_>) -> Result<(), String> {
    let (outcome, events) = (&seen.execution.outcome, &seen.execution.events);
    let units_max = u64::from(seen.tx.limits().compute_units);
    require(outcome.compute_units <= units_max, || {
        "more units than the limit".to_owned()
    })?;
    let returned = outcome
        .return_data
        .as_ref()
        .map_or(1, |returned| returned.data.len());
    require((1..=RETURN_DATA_LEN_MAX).contains(&returned), || {
        format!("{returned} bytes returned")
    })?;
    let depths = events.iter().filter_map(|event| match event {
        Event::InnerInstruction { depth, .. } => Some(*depth),
        _ => None,
    });
    let has_failed = outcome.error.is_some();
    // A call that is too deep is listed, and fails the transaction.
    let depth_max = seen.depth_max + u8::from(has_failed);
    let (mut calls, mut are_fine) = (seen.tx.view().instructions().len(), true);
    for depth in depths {
        (calls, are_fine) = (calls + 1, are_fine && (2..=depth_max).contains(&depth));
    }
    let is_short = calls <= TRACE_LEN_MAX || has_failed && calls <= 2 * TRACE_LEN_MAX;
    require(are_fine && is_short, || {
        format!("{calls} calls, deep ones among them: {}", !are_fine)
    })?;
    let text: usize = events.iter().filter_map(text_len).sum();
    require(text <= LOG_TEXT_LIMIT_BYTES, || format!("{text} bytes of log"))
}

/// The bytes of a log line that a program chose.
const fn text_len(event: &Event) -> Option<usize> {
    match event {
        Event::Log(text) | Event::Line(text) => Some(text.len()),
        _ => None,
    }
}

fn only_fee_and_nonce_remain(seen: &Seen<'_>) -> Result<(), String> {
    let payer = seen.pool.position(&seen.tx.fee_payer());
    let nonce = advanced_nonce(seen)?;
    for (at, (before, after)) in seen.before.iter().zip(seen.after).enumerate() {
        let mut expected = before.clone();
        if let Some((key, image)) = &nonce
            && seen.pool.position(key) == Some(at)
        {
            expected = Some(image.clone());
        }
        if payer == Some(at) {
            let charged = expected.map(|image| Account {
                lamports: image.lamports - seen.execution.outcome.fee,
                ..image
            });
            expected = charged.filter(|image| image.lamports > 0);
        }
        require(*after == expected, || {
            format!(
                "{} is {after:?} after a failure, not {expected:?}",
                seen.pool.keys[at]
            )
        })?;
    }
    Ok(())
}

/// The nonce account that the transaction lives by, and its image after advancing.
fn advanced_nonce(seen: &Seen<'_>) -> Result<Option<(Pubkey, Account)>, String> {
    if seen.is_alive {
        return Ok(None);
    }
    let first = seen.tx.view().instructions().next();
    let index = first.and_then(|first| first.accounts.first().copied());
    let key = index.map(|index| seen.tx.key(usize::from(index)));
    let key = key.ok_or("paid without a blockhash or a nonce")?;
    let image = seen.pool.position(&key).and_then(|at| seen.before[at].as_ref());
    let mut image = Account::clone(image.ok_or("the nonce account did not exist")?);
    let state = NonceState::from_bytes(&image.data).map_err(|_| "the nonce account held no nonce")?;
    let mut data = state.data.ok_or("the nonce account was not initialized")?;
    let is_spendable = state.version == NonceVersion::Current
        && image.owner == ids::SYSTEM_PROGRAM
        && data.durable_nonce == seen.tx.recent_blockhash();
    require(is_spendable, || "another nonce was spent".to_owned())?;
    data.durable_nonce = durable_nonce(&seen.blockhash);
    data.lamports_per_signature = SIGNATURE_LAMPORTS;
    let bytes = NonceState::initialized(data).to_bytes();
    image.data.to_mut()[..bytes.len()].copy_from_slice(&bytes);
    Ok(Some((key, image)))
}

fn allowed_changes(seen: &Seen<'_>) -> Result<(), String> {
    let writable: Vec<Pubkey> = keys(seen)
        .filter(|(_, is_writable)| *is_writable)
        .map(|(key, _)| key)
        .collect();
    let called = called_programs(seen);
    let mut growth = 0_i128;
    for (at, (before, after)) in seen.before.iter().zip(seen.after).enumerate() {
        if before == after {
            continue;
        }
        let key = &seen.pool.keys[at];
        require(writable.contains(key), || {
            format!("{key} is not writable and changed")
        })?;
        allowed_change(seen, &called, key, before, after).map_err(|broken| format!("{key} {broken}"))?;
        growth += data_len(after) - data_len(before);
    }
    require(growth <= GROWTH_MAX, || {
        format!("accounts grew by {growth} bytes")
    })?;
    if let Some((key, _)) = advanced_nonce(seen)? {
        let at = seen
            .pool
            .position(&key)
            .ok_or("the nonce account is not looked at")?;
        let now = seen.after[at]
            .as_ref()
            .and_then(|image| NonceState::from_bytes(&image.data).ok());
        let value = now.and_then(|state| state.data).map(|data| data.durable_nonce);
        let has_moved = value == Some(durable_nonce(&seen.blockhash));
        require(has_moved, || {
            format!("the nonce did not advance but is {value:?}")
        })?;
    }
    Ok(())
}

fn allowed_change(
    seen: &Seen<'_>,
    called: &[Pubkey],
    key: &Pubkey,
    before: &Image,
    after: &Image,
) -> Result<(), String> {
    let gone = Account::default();
    let (was, is) = (before.as_ref().unwrap_or(&gone), after.as_ref().unwrap_or(&gone));
    let minimum = (128 + is.data.len() as u64) * 6_960;
    require(is.lamports == 0 || is.lamports >= minimum, || {
        "is below the rent minimum".to_owned()
    })?;
    require(is.data.len() <= DATA_LEN_MAX, || "is too large".to_owned())?;
    require(is.executable == was.executable, || {
        "changed what it is".to_owned()
    })?;
    let fee = if *key == seen.tx.fee_payer() {
        seen.execution.outcome.fee
    } else {
        0
    };
    let spent = is.lamports + fee < was.lamports;
    let is_owners_change = spent || after.is_some() && (is.data != was.data || is.owner != was.owner);
    require(!is_owners_change || called.contains(&was.owner), || {
        format!("changed without its owner {}", was.owner)
    })
}

/// The programs that the transaction names and those that they called.
fn called_programs(seen: &Seen<'_>) -> Vec<Pubkey> {
    let all: Vec<Pubkey> = keys(seen).map(|(key, _)| key).collect();
    let outer = seen
        .tx
        .view()
        .instructions()
        .map(|instruction| instruction.program_id_index);
    let inner = seen.execution.events.iter().filter_map(|event| match event {
        Event::InnerInstruction { program_id_index, .. } => Some(*program_id_index),
        _ => None,
    });
    outer
        .chain(inner)
        .filter_map(|index| all.get(usize::from(index)).copied())
        .collect()
}

/// All keys in order, with whether the transaction may write them.
fn keys<'a>(seen: &'a Seen<'_>) -> impl Iterator<Item = (Pubkey, bool)> + 'a {
    let view = seen.tx.view();
    let fixed = (0..view.static_key_count()).map(move |index| {
        let key = view.static_key(index);
        let is_called = view
            .instructions()
            .any(|instruction| usize::from(instruction.program_id_index) == index);
        let has_loader =
            (0..view.static_key_count()).any(|index| view.static_key(index) == ids::BPF_LOADER_UPGRADEABLE);
        let is_demoted = ids::is_reserved(&key) || is_called && !has_loader;
        (key, view.is_requested_writable(index) && !is_demoted)
    });
    let loaded = &seen.execution.loaded_addresses;
    let writable = loaded.writable.iter().map(|key| (*key, !ids::is_reserved(key)));
    fixed
        .chain(writable)
        .chain(loaded.readonly.iter().map(|key| (*key, false)))
}

fn lamports(image: &Image) -> u64 {
    image.as_ref().map_or(0, |account| account.lamports)
}

fn data_len(image: &Image) -> i128 {
    image.as_ref().map_or(0, |account| account.data.len() as i128)
}

fn require(holds: bool, broken: impl FnOnce() -> String) -> Result<(), String> {
    if holds { Ok(()) } else { Err(broken()) }
}
