//! requestAirdrop: an ordinary transfer that the genesis faucet signs.
//!
//! Two equal transfers with one blockhash are one transaction. Each airdrop therefore carries a counter where it
//! changes nothing: in the limit of loaded account data, between half of the default and the default.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use isobath_node::Preflight;
use isobath_sdk::chain::genesis::{Genesis, faucet_keypair};
use isobath_sdk::lamports::sol_text;
use isobath_sdk::{
    Hash, Instruction, Keypair, Message, MessageVersion, Pubkey, Signature, Transaction,
    builtins::compute_budget, builtins::system,
};
use serde::Deserialize;

use crate::connection::ConnectionHandle;
use crate::context::Context;
use crate::errors::RpcFailure;
use crate::methods::transactions::submit;
use crate::params::arguments::{Arguments, parse_text};
use crate::params::configs::Commitment;

/// The default and largest limit of loaded account data, in bytes.
const LOADED_BYTES_MAX: u32 = 64 << 20;
/// Airdrops that differ from each other, with one blockhash.
const DISTINCT: u64 = 32 << 20;

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct AirdropConfig {
    recent_blockhash: Option<String>,
    #[serde(rename = "commitment")]
    _commitment: Option<Commitment>,
}

/// The key of the faucet if it is that of the development genesis, the only one that the node knows.
pub(crate) fn known_faucet(genesis: &Genesis) -> Option<Keypair> {
    let keypair = faucet_keypair();
    (genesis.faucet == Some(keypair.pubkey())).then_some(keypair)
}

/// requestAirdrop(address, lamports, config)
pub(crate) async fn request_airdrop(
    context: Arc<Context>,
    client: ConnectionHandle,
    mut arguments: Arguments,
) -> Result<Signature, RpcFailure> {
    let to = arguments.pubkey(0, "address")?;
    let lamports: u64 = arguments.required(1, "lamports")?;
    let config: AirdropConfig = arguments.config(2)?;
    let blockhash = match &config.recent_blockhash {
        Some(text) => parse_text(text, "recentBlockhash")?,
        None => context.node.published().chain().blockhash(),
    };
    if lamports > context.airdrop_lamports_max {
        let lamports_max = context.airdrop_lamports_max;
        let sol_max = sol_text(lamports_max);
        let reason = format!("must be at most {lamports_max} lamports ({sol_max} SOL)");
        return Err(RpcFailure::parameter("lamports", reason));
    }
    let faucet = context.faucet.as_ref().ok_or_else(|| {
        let text = "airdrops are not available: the faucet of this genesis is not the development faucet";
        RpcFailure::InvalidRequest(text.to_owned())
    })?;
    let number = context.airdrops.fetch_add(1, Ordering::Relaxed);
    let wire = sign_airdrop(faucet, &to, lamports, blockhash, number)?;
    submit(&context, &client, wire, Preflight::Run).await
}

fn sign_airdrop(
    faucet: &Keypair,
    to: &Pubkey,
    lamports: u64,
    blockhash: Hash,
    number: u64,
) -> Result<Vec<u8>, RpcFailure> {
    let from = faucet.pubkey();
    let instructions: [Instruction; 2] = [
        compute_budget::set_loaded_accounts_data_size_limit(distinct_limit(number)),
        system::transfer(&from, to, lamports),
    ];
    let message = Message::compile(MessageVersion::Legacy, &from, &instructions, blockhash)
        .map_err(|error| RpcFailure::Internal(format!("cannot compile the airdrop: {error}")))?;
    let transaction = Transaction::sign(message, &[faucet])
        .map_err(|error| RpcFailure::Internal(format!("cannot sign the airdrop: {error}")))?;
    Ok(transaction.serialize())
}

/// A limit that no other airdrop with the same blockhash has.
fn distinct_limit(number: u64) -> u32 {
    let step = u32::try_from(number.checked_rem(DISTINCT).unwrap_or_default()).unwrap_or_default();
    LOADED_BYTES_MAX.saturating_sub(step)
}

#[cfg(test)]
mod tests;
