//! What is true of the whole chain.

use anyhow::{Result, ensure};
use solana_commitment_config::CommitmentConfig;
use solana_rpc_client_api::config::RpcLargestAccountsConfig;

use crate::wallets::{SOL, Wallets, new_address};

/// Health, version, blockhash, slots and the epoch.
pub fn start(wallets: &Wallets) -> Result<()> {
    let client = wallets.client();
    client.get_health()?;
    let version = client.get_version()?;
    ensure!(version.solana_core.split('.').count() == 3, "{version:?}");
    client.get_genesis_hash()?;

    let (blockhash, last_valid) =
        client.get_latest_blockhash_with_commitment(CommitmentConfig::finalized())?;
    ensure!(client.is_blockhash_valid(&blockhash, CommitmentConfig::processed())?);
    ensure!(last_valid > client.get_block_height()?);
    let newer = client.get_new_latest_blockhash(&blockhash)?;
    ensure!(newer != blockhash);

    let info = client.get_epoch_info()?;
    ensure!(info.absolute_slot == info.block_height, "no slot is skipped");
    let schedule = client.get_epoch_schedule()?;
    ensure!(schedule.get_epoch(info.absolute_slot) == info.epoch);
    ensure!(schedule.get_slots_in_epoch(info.epoch) == info.slots_in_epoch);
    ensure!(client.get_slot()? >= info.absolute_slot);
    client.get_transaction_count()?;
    client.get_recent_performance_samples(Some(1))?;
    ensure!(client.get_minimum_balance_for_rent_exemption(0)? == 890_880);
    Ok(())
}

/// What has one producer and neither votes nor stake to tell of.
pub fn cluster(wallets: &Wallets) -> Result<()> {
    let client = wallets.client();
    let producer = client.get_identity()?;
    ensure!(client.get_slot_leader()? == producer);
    ensure!(client.get_slot_leaders(1, 3)? == vec![producer; 3]);
    let schedule = client.get_leader_schedule(None)?.unwrap_or_default();
    ensure!(schedule.keys().eq([&producer.to_string()]));
    let nodes = client.get_cluster_nodes()?;
    ensure!(
        nodes.len() == 1
            && nodes
                .iter()
                .all(|node| node.rpc.is_some() && node.pubsub.is_some())
    );
    let production = client.get_block_production()?.value;
    let blocks = production.range.last_slot - production.range.first_slot + 1;
    let blocks = usize::try_from(blocks)?;
    ensure!(production.by_identity.get(&producer.to_string()) == Some(&(blocks, blocks)));

    let votes = client.get_vote_accounts()?;
    ensure!(votes.current.is_empty() && votes.delinquent.is_empty());
    ensure!(client.get_block_commitment(1)?.total_stake == 0);
    ensure!(client.get_stake_minimum_delegation()? == SOL);
    ensure!(client.get_inflation_rate()?.total == 0.0);
    ensure!(client.get_inflation_governor()?.terminal == 0.0);
    ensure!(client.get_inflation_reward(&[new_address()], None)? == [None]);
    Ok(())
}

/// Everything circulates, and the largest come first.
pub fn supply(wallets: &Wallets) -> Result<()> {
    let client = wallets.client();
    let supply = client.supply()?.value;
    ensure!(supply.total == supply.circulating && supply.non_circulating == 0);
    let largest = client.get_largest_accounts_with_config(RpcLargestAccountsConfig::default())?;
    ensure!(!largest.value.is_empty() && largest.value.len() <= 20);
    ensure!(largest.value.is_sorted_by(|a, b| a.lamports >= b.lamports));
    ensure!(largest.value.iter().map(|account| account.lamports).sum::<u64>() <= supply.total);
    Ok(())
}
