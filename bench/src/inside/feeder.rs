//! Keeps a node's pool filled with a block's worth of transfers, and counts the blocks that come of it.
//!
//! Transfer `i` goes from payer `i mod N` to the next one and moves `1 + i / N` lamports, so no two are the same
//! message; with N transfers in a block, a block changes N accounts. Signatures are numbers: they are names here.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use isobath_sdk::chain::genesis::GenesisAccount;
use isobath_sdk::{Hash, Message, MessageVersion, Pubkey, Signature, Transaction, system};
use isobath_validator::node::{BlockNotice, Node};
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::TryRecvError;

use crate::machine::GENERATOR_THREAD_PREFIX;

/// Context of the payers' addresses.
const PAYER_CONTEXT: &str = "isobath 2026-11 bench payer v1";
/// What each payer has: enough for two million transfers.
const PAYER_LAMPORTS: u64 = 10_000_000_000;
/// Transfers that are fed before the pool is looked at again.
const STEP: usize = 64;
/// Pause when the pool is full enough.
const PAUSE: Duration = Duration::from_millis(1);
/// How often the blockhash is taken anew.
const BLOCKHASH_AGE: Duration = Duration::from_secs(2);

/// A block that was published, as its notice tells.
#[derive(Clone, Copy, Debug)]
pub(super) struct Made {
    pub(super) at: Instant,
    pub(super) transactions: u64,
}

/// The thread that feeds.
pub(super) struct Feeder {
    stop: Arc<AtomicBool>,
    thread: JoinHandle<anyhow::Result<Vec<Made>>>,
}

/// The address of a payer.
fn payer(index: u64) -> Pubkey {
    Pubkey(blake3::derive_key(PAYER_CONTEXT, &index.to_le_bytes()))
}

/// The payers as the genesis funds them.
pub(super) fn payers(count: usize) -> Vec<GenesisAccount> {
    (0..count as u64)
        .map(|index| GenesisAccount::funded(payer(index), PAYER_LAMPORTS))
        .collect()
}

impl Feeder {
    /// Starts to feed a node whose genesis has as many payers as a block is to have transactions.
    ///
    /// # Errors
    /// When the thread cannot be started.
    pub(super) fn start(node: Node, block_transactions: usize) -> anyhow::Result<Self> {
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = Arc::clone(&stop);
        let body = move || feed(&node, block_transactions, &stopped);
        let thread = std::thread::Builder::new()
            .name(format!("{GENERATOR_THREAD_PREFIX}feeder"))
            .spawn(body)
            .context("cannot start the feeder")?;
        Ok(Self { stop, thread })
    }

    /// Ends the feeding; the blocks that were made meanwhile.
    ///
    /// # Errors
    /// When the node refused a transfer.
    pub(super) fn stop(self) -> anyhow::Result<Vec<Made>> {
        self.stop.store(true, Ordering::Relaxed);
        match self.thread.join() {
            Ok(made) => made,
            Err(_) => bail!("the feeder panicked"),
        }
    }
}

fn feed(node: &Node, block_transactions: usize, stop: &AtomicBool) -> anyhow::Result<Vec<Made>> {
    let payers: Vec<Pubkey> = (0..block_transactions as u64).map(payer).collect();
    let mut notices = node.notices();
    let mut made = Vec::new();
    let mut blockhash = (node.published().chain().blockhash(), Instant::now());
    let mut number = 0_usize;
    while !stop.load(Ordering::Relaxed) {
        if blockhash.1.elapsed() > BLOCKHASH_AGE {
            blockhash = (node.published().chain().blockhash(), Instant::now());
        }
        if node.pending_len() < block_transactions {
            for _ in 0..STEP {
                let wire = transfer(&payers, number, blockhash.0);
                node.submit_verified(&wire)
                    .context("the node refused a transfer of the feeder")?;
                number = number.saturating_add(1);
            }
        } else {
            std::thread::sleep(PAUSE);
        }
        note_blocks(&mut notices, &mut made)?;
    }
    Ok(made)
}

fn note_blocks(notices: &mut Receiver<Arc<BlockNotice>>, made: &mut Vec<Made>) -> anyhow::Result<()> {
    loop {
        match notices.try_recv() {
            Ok(notice) => made.push(Made {
                at: Instant::now(),
                transactions: notice.signatures.len() as u64,
            }),
            Err(TryRecvError::Empty) => return Ok(()),
            Err(error) => bail!("blocks went by unseen: {error}"),
        }
    }
}

fn transfer(payers: &[Pubkey], number: usize, blockhash: Hash) -> Vec<u8> {
    let place = |number: usize| {
        let index = number.checked_rem(payers.len()).unwrap_or_default();
        payers.get(index).copied().unwrap_or_default()
    };
    let (from, to) = (place(number), place(number.saturating_add(1)));
    let round = number.checked_div(payers.len()).unwrap_or_default() as u64;
    let instruction = system::transfer(&from, &to, round.saturating_add(1));
    let message = Message::compile(MessageVersion::Legacy, &from, &[instruction], blockhash)
        .expect("a transfer has few keys");
    let mut transaction = Transaction::unsigned(message);
    let mut name = [0; 64];
    name[..8].copy_from_slice(&(number as u64).to_le_bytes());
    name[63] = 1;
    transaction.signatures = vec![Signature(name)];
    transaction.serialize()
}
