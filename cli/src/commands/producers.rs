//! Who produces blocks: `validators`, `gossip`, `leader-schedule` and `block-production`.
//!
//! A chain of Isobath has producers, which its genesis names, and neither stake nor votes; the columns that are about
//! those are left out of the text and kept in the JSON.

use std::collections::BTreeMap;

use anyhow::bail;
use clap::Args;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::context::Context;
use crate::output::Report;

/// Arguments of `leader-schedule`.
#[derive(Debug, Args)]
pub struct LeaderScheduleArgs {
    /// Epoch [default: the current one].
    #[arg(long, value_name = "EPOCH")]
    epoch: Option<u64>,
}

/// Arguments of `block-production`.
#[derive(Debug, Args)]
pub struct BlockProductionArgs {
    /// Epoch [default: the current one].
    #[arg(long, value_name = "EPOCH")]
    epoch: Option<u64>,
    /// Only this many slots at the end [default: the whole epoch].
    #[arg(long, value_name = "SLOTS", value_parser = clap::value_parser!(u64).range(1..))]
    slot_limit: Option<u64>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Node {
    pubkey: String,
    gossip: Option<String>,
    rpc: Option<String>,
    version: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct EpochSchedule {
    slots_per_epoch: u64,
    first_normal_epoch: u64,
    first_normal_slot: u64,
}

impl EpochSchedule {
    /// First slot of an epoch after the warm-up.
    const fn first_slot(&self, epoch: u64) -> u64 {
        let after = epoch.saturating_sub(self.first_normal_epoch);
        self.first_normal_slot
            .saturating_add(after.saturating_mul(self.slots_per_epoch))
    }
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Production {
    by_identity: BTreeMap<String, (u64, u64)>,
    range: Range,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Range {
    first_slot: u64,
    last_slot: u64,
}

/// Runs `validators`: the producers and how far they are.
///
/// # Errors
/// A call of the node fails.
pub(crate) async fn validators(context: &Context) -> anyhow::Result<Report> {
    let rpc = context.rpc()?;
    let json: Value = rpc.call("getVoteAccounts", (rpc.config(),)).await?;
    let identity: Value = rpc.call("getIdentity", ()).await?;
    let count = |kind: &str| json[kind].as_array().map_or(0, Vec::len);
    let mut text = format!(
        "Producer of this node: {}",
        identity["identity"].as_str().unwrap_or("unknown")
    );
    for validator in json["current"].as_array().into_iter().flatten() {
        text.push_str(&format!(
            "\n{}  vote account {}  last vote {}",
            validator["nodePubkey"].as_str().unwrap_or_default(),
            validator["votePubkey"].as_str().unwrap_or_default(),
            validator["lastVote"],
        ));
    }
    text.push_str(&format!(
        "\nValidators with a vote account: {} current, {} delinquent",
        count("current"),
        count("delinquent")
    ));
    Ok(Report { text, json })
}

/// Runs `gossip`: the nodes of the network.
///
/// # Errors
/// The call of the node fails.
pub(crate) async fn gossip(context: &Context) -> anyhow::Result<Report> {
    let json: Value = context.rpc()?.call("getClusterNodes", ()).await?;
    let nodes = Vec::<Node>::deserialize(&json)?;
    Ok(Report {
        text: gossip_text(&nodes),
        json,
    })
}

fn gossip_text(nodes: &[Node]) -> String {
    let mut text = format!("{:<44} {:<21} {:<21} Version\n", "Identity", "Gossip", "RPC");
    for node in nodes {
        let shown = |field: &Option<String>| field.clone().unwrap_or_else(|| "none".to_owned());
        text.push_str(&format!(
            "{:<44} {:<21} {:<21} {}\n",
            node.pubkey,
            shown(&node.gossip),
            shown(&node.rpc),
            shown(&node.version)
        ));
    }
    text.push_str(&format!("Nodes: {}", nodes.len()));
    text
}

/// Runs `leader-schedule`: a line for each slot of an epoch.
///
/// # Errors
/// The epoch has no schedule yet, or a call of the node fails.
pub(crate) async fn leader_schedule(args: &LeaderScheduleArgs, context: &Context) -> anyhow::Result<Report> {
    let rpc = context.rpc()?;
    let schedule: EpochSchedule = rpc.call("getEpochSchedule", ()).await?;
    let epoch = epoch_or_current(args.epoch, context).await?;
    let first_slot = schedule.first_slot(epoch);
    let leaders: Option<BTreeMap<String, Vec<u64>>> =
        rpc.call("getLeaderSchedule", (first_slot, rpc.config())).await?;
    let Some(leaders) = leaders else {
        bail!("epoch {epoch} has no leader schedule yet; see `isobath epoch` for the current one");
    };
    let mut slots: Vec<(u64, &str)> = leaders
        .iter()
        .flat_map(|(leader, slots)| {
            slots
                .iter()
                .map(|slot| (first_slot.saturating_add(*slot), leader.as_str()))
        })
        .collect();
    slots.sort_unstable();
    let lines: Vec<String> = slots
        .iter()
        .map(|(slot, leader)| format!("  {slot:<15} {leader:<44}"))
        .collect();
    let entries: Vec<Value> = slots
        .iter()
        .map(|(slot, leader)| json!({"slot": slot, "leader": leader}))
        .collect();
    Ok(Report {
        text: lines.join("\n"),
        json: json!({"epoch": epoch, "leaderScheduleEntries": entries}),
    })
}

/// Runs `block-production`: blocks and skipped slots of each producer in an epoch.
///
/// # Errors
/// The epoch has not begun, or a call of the node fails.
pub(crate) async fn block_production(
    args: &BlockProductionArgs,
    context: &Context,
) -> anyhow::Result<Report> {
    let rpc = context.rpc()?;
    let schedule: EpochSchedule = rpc.call("getEpochSchedule", ()).await?;
    let epoch = epoch_or_current(args.epoch, context).await?;
    let newest = rpc.slot().await?;
    let first = schedule.first_slot(epoch);
    if first > newest {
        bail!("epoch {epoch} has not begun; see `isobath epoch` for the current one");
    }
    let next = schedule.first_slot(epoch.saturating_add(1));
    let last = next.saturating_sub(1).min(newest);
    let from = args.slot_limit.map_or(first, |limit| {
        first.max(last.saturating_sub(limit.saturating_sub(1)))
    });
    let config = json!({
        "commitment": rpc.commitment().name(),
        "range": {"firstSlot": from, "lastSlot": last},
    });
    let answer: Value = rpc.call("getBlockProduction", (config,)).await?;
    let production = Production::deserialize(&answer["value"])?;
    Ok(Report {
        text: production_text(epoch, &production),
        json: answer["value"].clone(),
    })
}

fn production_text(epoch: u64, production: &Production) -> String {
    let Range {
        first_slot,
        last_slot,
    } = production.range;
    let mut text = format!(
        "\n  {:<44} {:>15} {:>15} {:>15} {:>9}",
        "Identity", "Leader Slots", "Blocks Produced", "Skipped Slots", "Skip Rate"
    );
    for (identity, (slots, blocks)) in &production.by_identity {
        let skipped = slots.saturating_sub(*blocks);
        let hundredths = u128::from(skipped)
            .saturating_mul(10_000)
            .checked_div(u128::from(*slots))
            .unwrap_or_default();
        text.push_str(&format!(
            "\n  {identity:<44} {slots:>15} {blocks:>15} {skipped:>15} {:>5}.{:02}%",
            hundredths / 100,
            hundredths % 100
        ));
    }
    text.push_str(&format!("\n\nEpoch {epoch}, slots {first_slot} to {last_slot}"));
    text
}

async fn epoch_or_current(epoch: Option<u64>, context: &Context) -> anyhow::Result<u64> {
    if let Some(epoch) = epoch {
        return Ok(epoch);
    }
    let rpc = context.rpc()?;
    let info: Value = rpc.call("getEpochInfo", (rpc.config(),)).await?;
    match info["epoch"].as_u64() {
        Some(epoch) => Ok(epoch),
        None => bail!("the answer of the node has no epoch; check `--url`"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn epochs_begin_where_the_schedule_says() {
        let schedule = EpochSchedule {
            slots_per_epoch: 432_000,
            first_normal_epoch: 14,
            first_normal_slot: 524_256,
        };
        assert_eq!(schedule.first_slot(14), 524_256);
        assert_eq!(schedule.first_slot(15), 956_256);
    }

    #[test]
    fn skipped_slots_are_a_share_of_the_leader_slots() {
        let production = Production {
            by_identity: BTreeMap::from([("me".to_owned(), (8, 7)), ("you".to_owned(), (0, 0))]),
            range: Range {
                first_slot: 8,
                last_slot: 15,
            },
        };
        let text = production_text(1, &production);
        assert!(text.contains("12.50%") && text.contains("0.00%"), "{text}");
        assert!(text.ends_with("Epoch 1, slots 8 to 15"), "{text}");
    }

    #[test]
    fn a_node_without_addresses_is_listed() {
        let node: Node = serde_json::from_value(json!({"pubkey": "me", "gossip": null})).unwrap();
        let text = gossip_text(&[node]);
        assert!(text.contains("me ") && text.ends_with("Nodes: 1"), "{text}");
    }
}
