//! Lamports of the whole chain: supply, largest accounts, inflation and stake.
//!
//! There is no stake, no vote and no inflation, and every account circulates: the answers say so in the shapes that
//! clients expect.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use isobath_sdk::Pubkey;
use serde::{Deserialize, Serialize};

use crate::context::{Context, WithContext};
use crate::errors::RpcFailure;
use crate::params::arguments::{Arguments, ContextConfig};

/// Accounts that getLargestAccounts lists.
const LARGEST_COUNT: usize = 20;
/// Accounts above which the largest ones are looked for at most once in [`LARGEST_AGE_MAX`].
const LARGEST_SCAN_MAX: usize = 1 << 16;
/// How old a list of the largest accounts may be when there are many.
const LARGEST_AGE_MAX: Duration = Duration::from_secs(60);
/// The most addresses of one getInflationReward.
const REWARD_ADDRESSES_MAX: usize = 1_024;
/// The minimum delegation of Solana's stake program with all its features active: 1 SOL.
const STAKE_MINIMUM_LAMPORTS: u64 = 1_000_000_000;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Supply {
    total: u64,
    circulating: u64,
    non_circulating: u64,
    non_circulating_accounts: [Pubkey; 0],
}

/// getSupply(config)
pub(crate) fn get_supply(
    context: &Context,
    mut arguments: Arguments,
) -> Result<WithContext<Supply>, RpcFailure> {
    let view = context.view(arguments.config(0)?)?;
    let total = view.chain().capitalization();
    let supply = Supply {
        total,
        circulating: total,
        non_circulating: 0,
        non_circulating_accounts: [],
    };
    Ok(WithContext::new(view.chain().slot(), supply))
}

/// A list of the largest accounts and when it was made.
#[derive(Default)]
pub(crate) struct LargestCache(Mutex<Option<(Instant, WithContext<Vec<LargeAccount>>)>>);

/// An address and its lamports.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct LargeAccount {
    address: Pubkey,
    lamports: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
enum LargestFilter {
    Circulating,
    NonCirculating,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct LargestConfig {
    filter: Option<LargestFilter>,
    #[serde(flatten)]
    context: ContextConfig,
}

/// getLargestAccounts(config)
pub(crate) fn get_largest_accounts(
    context: &Context,
    mut arguments: Arguments,
) -> Result<WithContext<Vec<LargeAccount>>, RpcFailure> {
    let config: LargestConfig = arguments.config(0)?;
    if config.filter == Some(LargestFilter::NonCirculating) {
        let slot = context.view(config.context)?.chain().slot();
        return Ok(WithContext::new(slot, Vec::new()));
    }
    // Held during the scan, so that of many callers only one scans.
    let mut cache = context.largest.0.lock().unwrap_or_else(PoisonError::into_inner);
    let view = context.view(config.context)?;
    let is_cheap = view.accounts().len() <= LARGEST_SCAN_MAX;
    if let Some((made, answer)) = cache.as_ref()
        && !is_cheap
        && made.elapsed() < LARGEST_AGE_MAX
    {
        return Ok(answer.clone());
    }
    let accounts = view
        .accounts()
        .iter()
        .map(|(key, account)| (account.lamports, key));
    let answer = WithContext::new(view.chain().slot(), largest(accounts));
    drop(view);
    *cache = Some((Instant::now(), answer.clone()));
    drop(cache);
    Ok(answer)
}

/// The accounts with the most lamports, largest first, and by ascending address where they are equal.
fn largest(accounts: impl Iterator<Item = (u64, Pubkey)>) -> Vec<LargeAccount> {
    let mut kept = BinaryHeap::with_capacity(LARGEST_COUNT.saturating_add(1));
    for (lamports, address) in accounts {
        kept.push(Reverse((lamports, Reverse(address))));
        if kept.len() > LARGEST_COUNT {
            kept.pop();
        }
    }
    kept.into_sorted_vec()
        .into_iter()
        .map(|Reverse((lamports, Reverse(address)))| LargeAccount { address, lamports })
        .collect()
}

#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct InflationGovernor {
    initial: f64,
    terminal: f64,
    taper: f64,
    foundation: f64,
    foundation_term: f64,
}

/// getInflationGovernor(config)
pub(crate) fn get_inflation_governor(
    context: &Context,
    mut arguments: Arguments,
) -> Result<InflationGovernor, RpcFailure> {
    drop(context.view(arguments.config(0)?)?);
    Ok(InflationGovernor::default())
}

#[derive(Debug, Default, Serialize)]
pub(crate) struct InflationRate {
    total: f64,
    validator: f64,
    foundation: f64,
    epoch: u64,
}

/// getInflationRate()
pub(crate) fn get_inflation_rate(context: &Context, _: Arguments) -> Result<InflationRate, RpcFailure> {
    Ok(InflationRate {
        epoch: context.node.published().chain().epoch(),
        ..InflationRate::default()
    })
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct RewardConfig {
    /// Checked for its type only: no epoch has rewards.
    #[serde(rename = "epoch")]
    _epoch: Option<u64>,
    #[serde(flatten)]
    context: ContextConfig,
}

/// getInflationReward(addresses, config): nobody has one.
pub(crate) fn get_inflation_reward(
    context: &Context,
    mut arguments: Arguments,
) -> Result<Vec<Option<()>>, RpcFailure> {
    let addresses: Vec<Pubkey> = arguments.list(0, "addresses", REWARD_ADDRESSES_MAX)?;
    let config: RewardConfig = arguments.config(1)?;
    drop(context.view(config.context)?);
    Ok(vec![None; addresses.len()])
}

/// getStakeMinimumDelegation(config)
pub(crate) fn get_stake_minimum_delegation(
    context: &Context,
    mut arguments: Arguments,
) -> Result<WithContext<u64>, RpcFailure> {
    let slot = context.view(arguments.config(0)?)?.chain().slot();
    Ok(WithContext::new(slot, STAKE_MINIMUM_LAMPORTS))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_largest_are_kept_in_order() {
        let key = |number: u8| Pubkey([number; 32]);
        let accounts = (0..100_u8).map(|number| (u64::from(number / 2), key(number)));
        let found = largest(accounts);
        assert_eq!(found.len(), LARGEST_COUNT);
        assert_eq!((found[0].lamports, found[0].address), (49, key(98)));
        assert_eq!((found[1].lamports, found[1].address), (49, key(99)));
        assert_eq!((found[19].lamports, found[19].address), (40, key(81)));
        assert!(largest(std::iter::empty()).is_empty());
    }
}
