//! Recent blocks: the prioritization fees in them, and how many transactions a minute they held.

use isobath_node::PERFORMANCE_SAMPLES_MAX;
use isobath_sdk::Pubkey;
use serde::Serialize;

use crate::context::Context;
use crate::errors::RpcFailure;
use crate::params::arguments::{Arguments, parse_text};

/// The most addresses of one getRecentPrioritizationFees: the most that one transaction can lock.
const ADDRESSES_MAX: usize = 128;

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct PrioritizationFee {
    slot: u64,
    prioritization_fee: u64,
}

/// getRecentPrioritizationFees(addresses)
pub(crate) fn get_recent_prioritization_fees(
    context: &Context,
    mut arguments: Arguments,
) -> Result<Vec<PrioritizationFee>, RpcFailure> {
    let texts: Vec<String> = arguments.optional(0, "addresses")?.unwrap_or_default();
    if texts.len() > ADDRESSES_MAX {
        return Err(RpcFailure::InvalidParams(format!(
            "Too many inputs provided; max {ADDRESSES_MAX}"
        )));
    }
    let addresses = texts.iter().map(|text| parse_text(text, "addresses"));
    let addresses: Vec<Pubkey> = addresses.collect::<Result<_, _>>()?;
    let fees = context.node.published().recent_fees(&addresses);
    let render = |(slot, prioritization_fee)| PrioritizationFee {
        slot,
        prioritization_fee,
    };
    Ok(fees.into_iter().map(render).collect())
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Sample {
    slot: u64,
    num_transactions: u64,
    num_non_vote_transactions: u64,
    num_slots: u64,
    sample_period_secs: u16,
}

/// getRecentPerformanceSamples(limit)
pub(crate) fn get_recent_performance_samples(
    context: &Context,
    mut arguments: Arguments,
) -> Result<Vec<Sample>, RpcFailure> {
    let limit = arguments.optional(0, "limit")?.unwrap_or(PERFORMANCE_SAMPLES_MAX);
    if limit > PERFORMANCE_SAMPLES_MAX {
        let text = format!("Invalid limit; max {PERFORMANCE_SAMPLES_MAX}");
        return Err(RpcFailure::InvalidParams(text));
    }
    let samples = context.node.published().performance(limit);
    let render = |sample: isobath_node::PerformanceSample| Sample {
        slot: sample.slot,
        num_transactions: sample.transactions,
        num_non_vote_transactions: sample.transactions,
        num_slots: sample.slots,
        sample_period_secs: sample.seconds,
    };
    Ok(samples.into_iter().map(render).collect())
}
