//! The end of a block: part of the fees is burned, the rest goes to the producer (contract 11).
//!
//! Invariant: `collected = burned + credited`, so lamports only ever leave by being burned: as fees, or with the
//! incinerator's account.

use isobath_program_abi::Pubkey;
use isobath_sdk::chain::account::Account;
use isobath_sdk::chain::accounts::LaneAccounts;
use isobath_sdk::chain::result::FeeTotals;
use isobath_sdk::ids;

use crate::admission::Fee;
use crate::execution::BlockContext;

/// Burns and credits what the block collected.
pub(crate) fn settle_fees(
    state: &mut impl LaneAccounts,
    context: &BlockContext<'_>,
    producer: &Pubkey,
    collected: Fee,
) -> FeeTotals {
    let burn_percent = context.rules.fee_burn_percent;
    let totals = FeeTotals::with_burn(collected.base, collected.priority, burn_percent);
    let credit = totals.credited();
    if credit == 0 {
        return totals;
    }
    match credited_producer(state, context, producer, credit) {
        Some(account) => {
            state.put(producer, account);
            totals
        }
        None => FeeTotals::all_burned(collected.base, collected.priority),
    }
}

/// Burns the incinerator's account if it changed in the block; returns its balance.
pub(crate) fn burn_incinerator(state: &mut impl LaneAccounts) -> u64 {
    let Some(account) = state.current(&ids::INCINERATOR) else {
        return 0;
    };
    let before = state.at_parent(&ids::INCINERATOR);
    if before.is_some_and(|before| before.same_contents(&account)) {
        return 0;
    }
    state.put(&ids::INCINERATOR, Account::default());
    account.lamports
}

/// The producer's account after the credit, or `None` if the credit is not allowed.
fn credited_producer(
    state: &impl LaneAccounts,
    context: &BlockContext<'_>,
    producer: &Pubkey,
    credit: u64,
) -> Option<Account> {
    let mut account = state.current(producer).unwrap_or_default();
    let is_system = account.owner == ids::SYSTEM_PROGRAM;
    account.lamports = account.lamports.checked_add(planted_credit(context, credit))?;
    let is_exempt = account.lamports >= context.rules.rent.minimum_balance(account.data.len() as u64);
    (is_system && is_exempt && !ids::is_reserved(producer)).then_some(account)
}

#[cfg(not(feature = "planted-bugs"))]
const fn planted_credit(_context: &BlockContext<'_>, credit: u64) -> u64 {
    credit
}

#[cfg(feature = "planted-bugs")]
const fn planted_credit(context: &BlockContext<'_>, credit: u64) -> u64 {
    match context.planted {
        Some(crate::PlantedBug::BurnCredited) => credit.saturating_mul(2),
        _ => credit,
    }
}
