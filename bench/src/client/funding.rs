//! Funding the accounts of the load, before the timer starts.
//!
//! Only the missing lamports are paid, so a second run with the same seed starts quickly. A funder (the recipient of
//! airdrops or the key of `--keypair`) pays up to [`TRANSFERS_PER_TRANSACTION`] accounts per transaction. Invariant:
//! the load begins only after every payment is confirmed.

use std::time::{Duration, Instant};

use anyhow::{Context, bail, ensure};
use isobath_rpc_client::{Preflight, RpcClient, RpcError, STATUSES_PER_CALL, Search, SignatureStatus};
use isobath_sdk::{Keypair, Pubkey, builtins::system};

use super::body::count_fitting;
use super::plan::{FEE_LAMPORTS, RENT_EXEMPT_LAMPORTS};
use super::reaction::{Reaction, error_name};
use super::sign::{Signed, sign};
use crate::keys::Keys;
use crate::progress::{self, Length};

/// Accounts that one transaction pays: 20 keys and instructions fit the 1232 bytes of a packet.
const TRANSFERS_PER_TRANSACTION: usize = 20;

/// Transactions that share a blockhash and are confirmed together.
const GROUP: usize = STATUSES_PER_CALL;

/// Pause between two status requests.
const POLL_INTERVAL: Duration = Duration::from_millis(50);

/// Airdrops at most; if they do not suffice, the limit of the faucet is too low.
const AIRDROPS_MAX: u32 = 64;

/// The smallest airdrop to request; if the node rejects it, the faucet is considered empty.
const AIRDROP_LAMPORTS_MIN: u64 = 100_000_000;

/// The account that funds the others.
#[derive(Debug)]
pub(crate) enum Funder {
    /// An account of the seed, funded by the node's faucet.
    Airdrop(Keypair),
    /// The account of `--keypair`.
    Given(Keypair),
}

impl Funder {
    const fn keypair(&self) -> &Keypair {
        match self {
            Self::Airdrop(keypair) | Self::Given(keypair) => keypair,
        }
    }
}

/// One account that must receive lamports.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Payment {
    to: Pubkey,
    lamports: u64,
}

/// Raises the balance of every account to `lamports_each`.
///
/// # Errors
/// When the funder cannot pay, the node gives no airdrop, or a payment is not confirmed within `patience`.
pub(crate) async fn fund(
    rpc: &RpcClient,
    keys: &Keys,
    funder: &Funder,
    lamports_each: u64,
    patience: Duration,
) -> anyhow::Result<()> {
    let balances = rpc.balances(keys.addresses()).await?;
    let payments = list_payments(keys.addresses(), &balances, lamports_each);
    if payments.is_empty() {
        return Ok(());
    }
    let needed = total_cost(&payments)
        .context("the load needs more than 2^64 - 1 lamports; lower --accounts or --txs")?;
    ensure_funds(rpc, funder, needed, patience).await?;
    let bar = progress::bar("funding", Length::Items(payments.len() as u64));
    let transactions: Vec<&[Payment]> = payments.chunks(TRANSFERS_PER_TRANSACTION).collect();
    for group in transactions.chunks(GROUP) {
        pay(rpc, funder.keypair(), group, patience).await?;
        bar.inc(group.iter().map(|payments| payments.len() as u64).sum());
    }
    bar.finish_and_clear();
    Ok(())
}

/// The missing lamports of each account.
fn list_payments(addresses: &[Pubkey], balances: &[u64], lamports_each: u64) -> Vec<Payment> {
    addresses
        .iter()
        .zip(balances)
        .filter_map(|(&to, &balance)| {
            let lamports = lamports_each
                .checked_sub(balance)
                .filter(|&missing| missing > 0)?;
            Some(Payment { to, lamports })
        })
        .collect()
}

/// The balance that the funder needs: the payments, their fees, and its own rent-exempt minimum afterwards.
fn total_cost(payments: &[Payment]) -> Option<u64> {
    let transactions = payments.len().div_ceil(TRANSFERS_PER_TRANSACTION) as u64;
    let fees = transactions.checked_mul(FEE_LAMPORTS)?;
    payments
        .iter()
        .try_fold(fees, |sum, payment| sum.checked_add(payment.lamports))?
        .checked_add(RENT_EXEMPT_LAMPORTS)
}

/// Ensures that the funder holds `needed` lamports.
async fn ensure_funds(
    rpc: &RpcClient,
    funder: &Funder,
    needed: u64,
    patience: Duration,
) -> anyhow::Result<()> {
    let address = funder.keypair().pubkey();
    let balance = balance_of(rpc, &address).await?;
    let Some(missing) = needed.checked_sub(balance).filter(|&missing| missing > 0) else {
        return Ok(());
    };
    match funder {
        Funder::Airdrop(_) => airdrop(rpc, &address, missing, patience).await,
        Funder::Given(_) => bail!(
            "the --keypair account {address} holds {balance} lamports and {needed} are needed; add {missing} lamports, \
             or lower --accounts or --txs"
        ),
    }
}

async fn balance_of(rpc: &RpcClient, address: &Pubkey) -> Result<u64, RpcError> {
    Ok(rpc
        .balances(std::slice::from_ref(address))
        .await?
        .first()
        .copied()
        .unwrap_or(0))
}

/// Requests airdrops until `missing` lamports are confirmed; smaller ones after the node rejects an amount.
async fn airdrop(rpc: &RpcClient, to: &Pubkey, missing: u64, patience: Duration) -> anyhow::Result<()> {
    let mut left = missing;
    let mut portion = missing.max(AIRDROP_LAMPORTS_MIN);
    for _ in 0..AIRDROPS_MAX {
        let lamports = portion.min(left.max(AIRDROP_LAMPORTS_MIN));
        match rpc.request_airdrop(to, lamports).await {
            Ok(signature) => {
                wait_confirmed(rpc, &[signature.to_string()], patience)
                    .await
                    .context("the airdrop was not confirmed")?;
                left = left.saturating_sub(lamports);
                if left == 0 {
                    return Ok(());
                }
            }
            Err(error @ RpcError::NotServed { .. }) => {
                return Err(no_faucet(error));
            }
            Err(RpcError::Refused { .. }) if portion > AIRDROP_LAMPORTS_MIN => {
                portion = (portion / 4).max(AIRDROP_LAMPORTS_MIN)
            }
            Err(error @ RpcError::Refused { .. }) => return Err(no_faucet(error)),
            Err(error) => return Err(error.into()),
        }
    }
    bail!(
        "the airdrop limit of {} is too low: {left} of {missing} lamports are still missing; fund from your own \
         account with --keypair FILE, or lower --accounts or --txs",
        rpc.url()
    )
}

fn no_faucet(error: RpcError) -> anyhow::Error {
    anyhow::Error::new(error)
        .context("the node gives no airdrop; fund the accounts from your own account with --keypair FILE")
}

/// Sends one group of payments and waits until all of them are confirmed.
async fn pay(
    rpc: &RpcClient,
    funder: &Keypair,
    group: &[&[Payment]],
    patience: Duration,
) -> anyhow::Result<()> {
    let lifetime = rpc.latest_blockhash().await?;
    let signed: Vec<Signed> = group
        .iter()
        .map(|payments| {
            let from = funder.pubkey();
            let transfers: Vec<_> = payments
                .iter()
                .map(|payment| system::transfer(&from, &payment.to, payment.lamports))
                .collect();
            sign(funder, &transfers, 0, lifetime)
        })
        .collect();
    let mut rest = signed.as_slice();
    while !rest.is_empty() {
        let (batch, later) = rest.split_at(count_fitting(rest.iter().map(|signed| signed.wire.len())));
        send_all(rpc, batch, patience).await?;
        rest = later;
    }
    let names: Vec<String> = signed.into_iter().map(|signed| signed.name).collect();
    wait_confirmed(rpc, &names, patience)
        .await
        .context("cannot fund the accounts")
}

/// Sends every transaction of a batch, and resends while the node is busy.
async fn send_all(rpc: &RpcClient, batch: &[Signed], patience: Duration) -> anyhow::Result<()> {
    let begun = Instant::now();
    let mut wires: Vec<&str> = batch.iter().map(|signed| signed.wire.as_str()).collect();
    loop {
        let answers = rpc.send_transactions(&wires, Preflight::Skip).await?;
        let mut again = Vec::new();
        for (wire, answer) in wires.into_iter().zip(answers) {
            match answer {
                Ok(()) => {}
                Err(refusal) => match Reaction::to(&refusal) {
                    Reaction::Follow => {}
                    Reaction::SendAgain => again.push(wire),
                    Reaction::SignAgain | Reaction::GiveUp => {
                        bail!("the node rejected a funding transaction: {refusal}")
                    }
                },
            }
        }
        if again.is_empty() {
            return Ok(());
        }
        ensure!(
            begun.elapsed() < patience,
            "the node was busy for {} seconds; retry later",
            patience.as_secs()
        );
        wires = again;
        tokio::time::sleep(POLL_INTERVAL).await;
    }
}

/// Waits until every signature is confirmed without an error.
async fn wait_confirmed(rpc: &RpcClient, names: &[String], patience: Duration) -> anyhow::Result<()> {
    let mut open: Vec<&str> = names.iter().map(String::as_str).collect();
    let begun = Instant::now();
    loop {
        let mut still_open = Vec::new();
        for group in open.chunks(STATUSES_PER_CALL) {
            let statuses = rpc.statuses(group, Search::Recent).await?;
            for (&name, status) in group.iter().zip(statuses) {
                match status.filter(SignatureStatus::is_confirmed) {
                    None => still_open.push(name),
                    Some(status) => {
                        if let Some(error) = error_name(&status) {
                            bail!("transaction {name} failed: {error}");
                        }
                    }
                }
            }
        }
        if still_open.is_empty() {
            return Ok(());
        }
        ensure!(
            begun.elapsed() < patience,
            "{} transactions were not confirmed within {} seconds; check that the node produces blocks, or raise \
             --timeout",
            still_open.len(),
            patience.as_secs()
        );
        open = still_open;
        tokio::time::sleep(POLL_INTERVAL).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_missing_is_paid() {
        let addresses = [Pubkey([1; 32]), Pubkey([2; 32]), Pubkey([3; 32])];
        let payments = list_payments(&addresses, &[0, 100, 250], 200);
        assert_eq!(
            payments,
            [
                Payment {
                    to: addresses[0],
                    lamports: 200
                },
                Payment {
                    to: addresses[1],
                    lamports: 100
                }
            ]
        );
    }

    #[test]
    fn the_cost_includes_fees_and_the_funder() {
        let payment = Payment {
            to: Pubkey([1; 32]),
            lamports: 1_000,
        };
        let cost = total_cost(&[payment; TRANSFERS_PER_TRANSACTION + 1]).unwrap();
        assert_eq!(cost, 21 * 1_000 + 2 * FEE_LAMPORTS + RENT_EXEMPT_LAMPORTS);
        let all = Payment {
            to: Pubkey([1; 32]),
            lamports: u64::MAX,
        };
        assert_eq!(total_cost(&[all; 2]), None);
    }

    #[test]
    fn a_full_payment_fits_a_packet() {
        use base64::Engine;
        use isobath_rpc_client::BlockhashLifetime;
        let keys = Keys::derive(1, TRANSFERS_PER_TRANSACTION as u64, 1);
        let funder = crate::keys::derive_funder(1);
        let transfers: Vec<_> = keys
            .addresses()
            .iter()
            .map(|to| system::transfer(&funder.pubkey(), to, u64::MAX))
            .collect();
        let lifetime = BlockhashLifetime {
            blockhash: isobath_sdk::Hash([9; 32]),
            last_valid_block_height: 150,
        };
        let signed = sign(&funder, &transfers, 0, lifetime);
        let bytes = base64::engine::general_purpose::STANDARD
            .decode(signed.wire)
            .unwrap();
        assert!(bytes.len() <= 1_232, "{} bytes", bytes.len());
    }
}
