//! Lamports of the whole chain: supply, largest accounts, inflation and stake.
//!
//! There is no stake, no vote and no inflation, and all supply is circulating; the answers have the shapes that clients
//! expect.

use isobath_sdk::Pubkey;
use serde::{Deserialize, Serialize};

use crate::context::Context;
use crate::errors::RpcFailure;
use crate::largest_accounts::LargeAccount;
use crate::params::arguments::Arguments;
use crate::params::configs::ContextConfig;
use crate::render::response::WithContext;

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

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct SupplyConfig {
    /// Checked for its type only: the list is empty.
    #[serde(rename = "excludeNonCirculatingAccountsList")]
    _excludes_list: Option<bool>,
    #[serde(flatten)]
    context: ContextConfig,
}

/// getSupply(config)
pub(crate) fn get_supply(
    context: &Context,
    mut arguments: Arguments,
) -> Result<WithContext<Supply>, RpcFailure> {
    let config: SupplyConfig = arguments.config(0)?;
    let view = context.view(config.context)?;
    let total = view.chain().capitalization();
    let supply = Supply {
        total,
        circulating: total,
        non_circulating: 0,
        non_circulating_accounts: [],
    };
    Ok(WithContext::new(view.chain().slot(), supply))
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
    context.largest_accounts.read(|| context.view(config.context))
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
    epoch: Option<u64>,
    #[serde(flatten)]
    context: ContextConfig,
}

/// getInflationReward(addresses, config): `null` for every address, once the block is there that would pay the rewards
/// of the epoch: the first of the next one. Without an epoch, that of the last complete one.
pub(crate) fn get_inflation_reward(
    context: &Context,
    mut arguments: Arguments,
) -> Result<Vec<Option<()>>, RpcFailure> {
    let addresses: Vec<Pubkey> = arguments.list(0, "addresses", REWARD_ADDRESSES_MAX)?;
    let config: RewardConfig = arguments.config(1)?;
    let (first_served, newest) = {
        let view = context.view(config.context)?;
        (view.first_slot(), view.chain().slot())
    };
    let schedule = context.node.genesis().epoch_schedule();
    let epoch = config
        .epoch
        .unwrap_or_else(|| schedule.epoch(newest).saturating_sub(1));
    let slot = schedule.first_slot(epoch.saturating_add(1));
    if slot < first_served {
        return Err(RpcFailure::BlockCleanedUp {
            slot,
            first: first_served,
        });
    }
    if slot > newest {
        return Err(RpcFailure::BlockNotAvailable(slot));
    }
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
