//! The table of methods: name, most parameters, function.
//!
//! *Quick* ones answer at once on the reactor; *heavy* ones read the disk, scan, simulate or encode much and wait for
//! their turn; *graded* ones are quick or heavy, which they know after a look-up; *simulating* ones are heavy and charge their client; *waiting* ones wait for the node. Only
//! the latter change state, so each names its [`Authority`].

use std::sync::Arc;

use jsonrpsee::core::RegisterMethodError;
use jsonrpsee::core::server::RpcModule;

use crate::context::Context;
use crate::methods::call::{Authority, Module, Registered, graded, heavy, quick, simulating, waiting};
use crate::methods::{
    accounts, activity, address_history, airdrop, block, blocks, chain_info, cluster, contention, explain,
    history, program_accounts, simulate, supply, transactions,
};

/// The methods of both ports.
pub(crate) fn calls(context: &Arc<Context>) -> Result<Module, RegisterMethodError> {
    let mut module = RpcModule::from_arc(Arc::clone(context));
    chain_calls(&mut module)?;
    cluster_calls(&mut module)?;
    account_calls(&mut module)?;
    block_calls(&mut module)?;
    transaction_calls(&mut module)?;
    Ok(module)
}

fn chain_calls(to: &mut Module) -> Registered {
    quick(to, "getHealth", 0, chain_info::get_health)?;
    quick(to, "getVersion", 0, chain_info::get_version)?;
    quick(to, "getGenesisHash", 0, chain_info::get_genesis_hash)?;
    quick(to, "getSlot", 1, chain_info::get_slot)?;
    quick(to, "getBlockHeight", 1, chain_info::get_block_height)?;
    quick(to, "getEpochInfo", 1, chain_info::get_epoch_info)?;
    quick(to, "getEpochSchedule", 0, chain_info::get_epoch_schedule)?;
    quick(to, "getTransactionCount", 1, chain_info::get_transaction_count)?;
    quick(to, "getLatestBlockhash", 1, chain_info::get_latest_blockhash)?;
    quick(to, "isBlockhashValid", 2, chain_info::is_blockhash_valid)?;
    quick(to, "getFeeForMessage", 2, chain_info::get_fee_for_message)
}

fn cluster_calls(to: &mut Module) -> Registered {
    quick(to, "getIdentity", 0, cluster::get_identity)?;
    quick(to, "getClusterNodes", 0, cluster::get_cluster_nodes)?;
    quick(to, "getSlotLeader", 1, cluster::get_slot_leader)?;
    heavy(to, "getSlotLeaders", 2, cluster::get_slot_leaders)?;
    heavy(to, "getLeaderSchedule", 2, cluster::get_leader_schedule)?;
    quick(to, "getBlockProduction", 1, cluster::get_block_production)?;
    quick(to, "getVoteAccounts", 1, cluster::get_vote_accounts)?;
    quick(
        to,
        "getHighestSnapshotSlot",
        0,
        cluster::get_highest_snapshot_slot,
    )?;
    quick(to, "getBlockCommitment", 1, cluster::get_block_commitment)?;
    quick(to, "getMaxRetransmitSlot", 0, chain_info::get_newest_slot)?;
    quick(to, "getMaxShredInsertSlot", 0, chain_info::get_newest_slot)?;
    quick(to, "getInflationGovernor", 1, supply::get_inflation_governor)?;
    quick(to, "getInflationRate", 0, supply::get_inflation_rate)?;
    quick(to, "getInflationReward", 2, supply::get_inflation_reward)?;
    quick(
        to,
        "getStakeMinimumDelegation",
        1,
        supply::get_stake_minimum_delegation,
    )
}

fn account_calls(to: &mut Module) -> Registered {
    quick(
        to,
        "getMinimumBalanceForRentExemption",
        2,
        accounts::get_minimum_balance,
    )?;
    quick(to, "getBalance", 2, accounts::get_balance)?;
    graded(to, "getAccountInfo", 2, accounts::get_account_info)?;
    graded(to, "getMultipleAccounts", 2, accounts::get_multiple_accounts)?;
    heavy(
        to,
        "getProgramAccounts",
        2,
        program_accounts::get_program_accounts,
    )?;
    quick(to, "getSupply", 1, supply::get_supply)?;
    heavy(to, "getLargestAccounts", 1, supply::get_largest_accounts)
}

fn block_calls(to: &mut Module) -> Registered {
    quick(to, "getFirstAvailableBlock", 0, blocks::get_first_slot)?;
    quick(to, "minimumLedgerSlot", 0, blocks::get_first_slot)?;
    heavy(to, "getBlockTime", 1, blocks::get_block_time)?;
    heavy(to, "getBlock", 2, block::get_block)?;
    heavy(to, "getBlocks", 3, blocks::get_blocks)?;
    heavy(to, "getBlocksWithLimit", 3, blocks::get_blocks_with_limit)
}

fn transaction_calls(to: &mut Module) -> Registered {
    simulating(to, "simulateTransaction", 2, simulate::simulate_transaction)?;
    graded(
        to,
        "getSignatureStatuses",
        2,
        transactions::get_signature_statuses,
    )?;
    heavy(to, "getTransaction", 2, history::get_transaction)?;
    heavy(
        to,
        "getSignaturesForAddress",
        2,
        address_history::get_signatures_for_address,
    )?;
    quick(
        to,
        "getRecentPrioritizationFees",
        1,
        activity::get_recent_prioritization_fees,
    )?;
    heavy(
        to,
        "getRecentPerformanceSamples",
        1,
        activity::get_recent_performance_samples,
    )?;
    heavy(to, "isobath_explainTransaction", 1, explain::explain_transaction)?;
    quick(to, "isobath_getContention", 1, contention::get_contention)?;
    waiting(
        to,
        "sendTransaction",
        2,
        Authority::Signatures,
        transactions::send_transaction,
    )?;
    waiting(to, "requestAirdrop", 3, Authority::Call, airdrop::request_airdrop)
}

#[cfg(test)]
mod tests {
    use std::net::{Ipv4Addr, SocketAddr};

    use isobath_node::{Node, NodeConfig};

    use super::*;
    use crate::config::{RpcConfig, RpcLimits};
    use crate::context::ServedAt;
    use crate::limits::refusals::Refusals;

    /// The section on what bounds an answer.
    fn documented_bounds() -> &'static str {
        let page = include_str!("../../../docs/rpc.md");
        let section = page
            .split("\n### What bounds an answer\n")
            .nth(1)
            .expect("a section");
        section.split("\n## ").next().expect("its text")
    }

    #[test]
    fn the_bound_of_every_answer_is_documented() {
        let folder = tempfile::tempdir().expect("a folder");
        let node = Node::start(NodeConfig::at(folder.path())).expect("a node");
        let nowhere = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        let served_at = ServedAt {
            rpc: nowhere,
            pubsub: nowhere,
        };
        let refusals = Refusals::new(Arc::default(), RpcLimits::default());
        let refusals = Arc::new(refusals);
        let context = Context::new(node, &RpcConfig::default(), served_at, None, refusals);
        let module = calls(&Arc::new(context)).expect("methods");
        let bounds = documented_bounds();
        for name in module.method_names() {
            assert_eq!(bounds.matches(&format!("`{name}`")).count(), 1, "{name}");
        }
    }
}
