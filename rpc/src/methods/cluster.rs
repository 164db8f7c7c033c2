//! The producer, the addresses of the node, and what only a larger cluster has.
//!
//! One producer leads every slot. There are no votes, no gossip and no snapshots: the answers are empty, or name the
//! error that clients expect.

use std::collections::BTreeMap;

use isobath_sdk::Pubkey;
use isobath_sdk::rules::Feature;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::context::Context;
use crate::errors::RpcFailure;
use crate::params::arguments::{Arguments, parse_text};
use crate::params::configs::ContextConfig;
use crate::render::chain::Slots;
use crate::render::response::{API_VERSION, WithContext};

/// The most leaders of one getSlotLeaders.
const SLOT_LEADERS_MAX: u64 = 5_000;

#[derive(Serialize)]
pub(crate) struct Identity {
    identity: Pubkey,
}

/// getIdentity()
pub(crate) fn get_identity(context: &Context, _: Arguments) -> Result<Identity, RpcFailure> {
    Ok(Identity {
        identity: leader(context),
    })
}

/// The producer, which leads every slot.
fn leader(context: &Context) -> Pubkey {
    context.node.runtime().producer()
}

/// A node of the cluster: this one. What is not served has no address.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ClusterNode {
    pubkey: Pubkey,
    gossip: Option<String>,
    tvu: Option<String>,
    tpu: Option<String>,
    tpu_quic: Option<String>,
    tpu_forwards: Option<String>,
    tpu_forwards_quic: Option<String>,
    tpu_vote: Option<String>,
    serve_repair: Option<String>,
    rpc: Option<String>,
    pubsub: Option<String>,
    version: Option<&'static str>,
    client_id: Option<&'static str>,
    feature_set: Option<u32>,
    shred_version: Option<u16>,
}

/// getClusterNodes()
pub(crate) fn get_cluster_nodes(context: &Context, _: Arguments) -> Result<[ClusterNode; 1], RpcFailure> {
    Ok([ClusterNode {
        pubkey: leader(context),
        gossip: None,
        tvu: None,
        tpu: None,
        tpu_quic: None,
        tpu_forwards: None,
        tpu_forwards_quic: None,
        tpu_vote: None,
        serve_repair: None,
        rpc: Some(context.served_at.rpc.to_string()),
        pubsub: Some(context.served_at.pubsub.to_string()),
        version: Some(API_VERSION),
        client_id: Some("Isobath"),
        feature_set: Some(Feature::ALL_DIGEST),
        shred_version: None,
    }])
}

/// getSlotLeader(config)
pub(crate) fn get_slot_leader(context: &Context, mut arguments: Arguments) -> Result<Pubkey, RpcFailure> {
    drop(context.view(arguments.config(0)?)?);
    Ok(leader(context))
}

/// getSlotLeaders(start slot, limit)
pub(crate) fn get_slot_leaders(
    context: &Context,
    mut arguments: Arguments,
) -> Result<Vec<Pubkey>, RpcFailure> {
    let start: u64 = arguments.required(0, "startSlot")?;
    let limit: u64 = arguments.required(1, "limit")?;
    if limit > SLOT_LEADERS_MAX {
        let text = format!("Invalid limit; max {SLOT_LEADERS_MAX}");
        return Err(RpcFailure::InvalidParams(text));
    }
    let known = known_epochs(context);
    let last = start.saturating_add(limit.saturating_sub(1));
    let epoch = context.node.genesis().epoch_schedule().epoch(last);
    if epoch > known {
        let text = format!("Invalid slot range: leader schedule for epoch {epoch} is unavailable");
        return Err(RpcFailure::InvalidParams(text));
    }
    Ok((0..limit).map(|_| leader(context)).collect())
}

/// The last epoch whose leaders are known.
fn known_epochs(context: &Context) -> u64 {
    let slot = context.node.published().chain().slot();
    context
        .node
        .genesis()
        .epoch_schedule()
        .leader_schedule_epoch(slot)
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct ScheduleConfig {
    identity: Option<String>,
    #[serde(flatten)]
    context: ContextConfig,
}

/// Slots of an epoch by leader, counted from its first slot.
type LeaderSchedule = BTreeMap<String, Slots>;

/// getLeaderSchedule(slot, config): `null` for an epoch whose leaders are not known yet.
pub(crate) fn get_leader_schedule(
    context: &Context,
    mut arguments: Arguments,
) -> Result<Option<LeaderSchedule>, RpcFailure> {
    let slot = arguments.number_or_shift(0, "slot")?;
    let config: ScheduleConfig = arguments.config(1)?;
    let identity = parse_identity(config.identity.as_deref())?;
    let now = context.view(config.context)?.chain().slot();
    let schedule = context.node.genesis().epoch_schedule();
    if schedule.epoch(slot.unwrap_or(now)) > known_epochs(context) {
        return Ok(None);
    }
    let leader = leader(context);
    if identity.is_some_and(|identity| identity != leader) {
        return Ok(Some(LeaderSchedule::new()));
    }
    let slots = Slots::new(0..schedule.slots_per_epoch, &context.limits)?;
    Ok(Some(BTreeMap::from([(leader.to_string(), slots)])))
}

fn parse_identity(text: Option<&str>) -> Result<Option<Pubkey>, RpcFailure> {
    text.map(|text| parse_text(text, "identity")).transpose()
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct ProductionConfig {
    identity: Option<String>,
    range: Option<RequestedRange>,
    #[serde(flatten)]
    context: ContextConfig,
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct RequestedRange {
    first_slot: u64,
    last_slot: Option<u64>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct BlockProduction {
    /// Slots led and blocks produced, by leader.
    by_identity: BTreeMap<String, (u64, u64)>,
    range: SlotRange,
}

#[derive(Clone, Copy, Serialize)]
#[serde(rename_all = "camelCase")]
struct SlotRange {
    first_slot: u64,
    last_slot: u64,
}

/// getBlockProduction(config): every slot has its block.
pub(crate) fn get_block_production(
    context: &Context,
    mut arguments: Arguments,
) -> Result<WithContext<BlockProduction>, RpcFailure> {
    let config: ProductionConfig = arguments.config(0)?;
    let identity = parse_identity(config.identity.as_deref())?;
    let (slot, epoch) = {
        let view = context.view(config.context)?;
        (view.chain().slot(), view.chain().epoch())
    };
    let range = match config.range {
        Some(asked) => asked.within(slot)?,
        None => SlotRange {
            first_slot: context.node.genesis().epoch_schedule().first_slot(epoch),
            last_slot: slot,
        },
    };
    let leader = leader(context);
    let mut by_identity = BTreeMap::new();
    if identity.is_none_or(|identity| identity == leader) {
        let count = range.last_slot.saturating_sub(range.first_slot).saturating_add(1);
        by_identity.insert(leader.to_string(), (count, count));
    }
    Ok(WithContext::new(slot, BlockProduction { by_identity, range }))
}

impl RequestedRange {
    fn within(self, slot: u64) -> Result<SlotRange, RpcFailure> {
        let Self {
            first_slot,
            last_slot,
        } = self;
        let last_slot = last_slot.unwrap_or(slot);
        if last_slot > slot {
            return Err(RpcFailure::InvalidParams(format!(
                "lastSlot, {last_slot}, is too large; max {slot}"
            )));
        }
        if first_slot > last_slot {
            return Err(RpcFailure::InvalidParams(format!(
                "lastSlot, {last_slot}, cannot be less than firstSlot, {first_slot}"
            )));
        }
        Ok(SlotRange {
            first_slot,
            last_slot,
        })
    }
}

#[derive(Serialize)]
pub(crate) struct VoteAccounts {
    current: [Value; 0],
    delinquent: [Value; 0],
}

/// Checked for its types only.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct VoteConfig {
    vote_pubkey: Option<String>,
    #[serde(rename = "keepUnstakedDelinquents")]
    _keep_unstaked_delinquents: Option<bool>,
    #[serde(rename = "delinquentSlotDistance")]
    _delinquent_slot_distance: Option<u64>,
    #[serde(flatten)]
    context: ContextConfig,
}

/// getVoteAccounts(config): there are no votes.
pub(crate) fn get_vote_accounts(
    context: &Context,
    mut arguments: Arguments,
) -> Result<VoteAccounts, RpcFailure> {
    let config: VoteConfig = arguments.config(0)?;
    if let Some(text) = &config.vote_pubkey {
        parse_text::<Pubkey>(text, "votePubkey")?;
    }
    drop(context.view(config.context)?);
    Ok(VoteAccounts {
        current: [],
        delinquent: [],
    })
}

/// getHighestSnapshotSlot(): there is none.
pub(crate) fn get_highest_snapshot_slot(_: &Context, _: Arguments) -> Result<Value, RpcFailure> {
    Err(RpcFailure::NoSnapshot)
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct BlockCommitment {
    commitment: Option<[u64; 0]>,
    total_stake: u64,
}

/// getBlockCommitment(slot): no stake votes on blocks, and `null` means that a block is final or unknown.
pub(crate) fn get_block_commitment(
    _: &Context,
    mut arguments: Arguments,
) -> Result<BlockCommitment, RpcFailure> {
    arguments.required::<u64>(0, "slot")?;
    Ok(BlockCommitment {
        commitment: None,
        total_stake: 0,
    })
}
