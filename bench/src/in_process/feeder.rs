//! The feeder: keeps the pool of a node filled with transfers, and records the blocks that the node produces.
//!
//! It submits one block's worth of transfers at once and then one per slot, spread evenly: bursts would compete with the
//! node for cores, which is not what is measured.
//!
//! Transfer `i` pays `1 + i / N` lamports from payer `i mod N` to the next one, so no two have the same message; with N
//! transfers in a block, a block changes N accounts. A signature is the number of its transfer, since it only names the
//! transaction. Only one transfer is built; all others are its bytes with other fields, so that feeding costs little
//! beside the work of the node.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use isobath_node::{BlockNotice, Node};
use isobath_sdk::chain::genesis::GenesisAccount;
use isobath_sdk::{Hash, Message, MessageVersion, Pubkey, Signature, Transaction, builtins::system};
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::TryRecvError;

use crate::machine::GENERATOR_THREAD_PREFIX;

/// Context of the payers' addresses.
const PAYER_CONTEXT: &str = "isobath 2026-11 bench payer v1";
/// Balance of each payer: enough for two million transfers.
const PAYER_LAMPORTS: u64 = 10_000_000_000;
/// Blocks' worth of transfers in the pool at which the feeder pauses.
const POOL_BLOCKS_MAX: usize = 2;
/// Pause between two submissions.
const PAUSE: Duration = Duration::from_millis(1);
/// Age at which the blockhash is replaced.
const BLOCKHASH_AGE: Duration = Duration::from_secs(2);

/// A published block, as its notice reports it.
#[derive(Clone, Copy, Debug)]
pub(super) struct ProducedBlock {
    pub(super) at: Instant,
    pub(super) transactions: u64,
}

/// The feeding thread.
pub(super) struct Feeder {
    stop: Arc<AtomicBool>,
    thread: JoinHandle<anyhow::Result<Vec<ProducedBlock>>>,
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
    /// Starts to feed a node whose genesis has as many payers as a block has transactions.
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

    /// Stops feeding; returns the blocks that were produced.
    ///
    /// # Errors
    /// When the node rejected a transfer.
    pub(super) fn stop(self) -> anyhow::Result<Vec<ProducedBlock>> {
        self.stop.store(true, Ordering::Relaxed);
        match self.thread.join() {
            Ok(produced) => produced,
            Err(_) => bail!("the feeder panicked"),
        }
    }
}

fn feed(node: &Node, block_transactions: usize, stop: &AtomicBool) -> anyhow::Result<Vec<ProducedBlock>> {
    let mut template = Template::new((0..block_transactions as u64).map(payer).collect());
    let mut notices = node.notices();
    let mut produced = Vec::new();
    let mut blockhash = (node.published().chain().blockhash(), Instant::now());
    let mut number = 0_usize;
    let begun = Instant::now();
    while !stop.load(Ordering::Relaxed) {
        if blockhash.1.elapsed() > BLOCKHASH_AGE {
            blockhash = (node.published().chain().blockhash(), Instant::now());
        }
        let due = due_by(begun.elapsed(), block_transactions, node.slot_ms());
        let room = block_transactions
            .saturating_mul(POOL_BLOCKS_MAX)
            .saturating_sub(node.pending_len());
        for _ in 0..due.saturating_sub(number).min(room) {
            node.submit_verified(template.transfer(number, blockhash.0))
                .context("the node rejected a transfer of the feeder")?;
            number = number.saturating_add(1);
        }
        std::thread::sleep(PAUSE);
        note_blocks(&mut notices, &mut produced)?;
    }
    Ok(produced)
}

/// How many transfers are due after a time: one block's worth at once, and one more per slot.
fn due_by(elapsed: Duration, block_transactions: usize, slot_ms: u64) -> usize {
    let more = elapsed
        .as_micros()
        .saturating_mul(block_transactions as u128)
        .checked_div(u128::from(slot_ms).saturating_mul(1_000))
        .unwrap_or_default();
    block_transactions.saturating_add(usize::try_from(more).unwrap_or(usize::MAX))
}

fn note_blocks(
    notices: &mut Receiver<Arc<BlockNotice>>,
    produced: &mut Vec<ProducedBlock>,
) -> anyhow::Result<()> {
    loop {
        match notices.try_recv() {
            Ok(notice) => produced.push(ProducedBlock {
                at: Instant::now(),
                transactions: notice.signatures.len() as u64,
            }),
            Err(TryRecvError::Empty) => return Ok(()),
            Err(error) => bail!("missed block notifications: {error}"),
        }
    }
}

/// Offsets of the fields of a transfer in its bytes: one signature after its count, then the header of the message and
/// the count of keys, payer, recipient, system program, blockhash, and at the very end the lamports.
const SIGNATURE_AT: usize = 1;
const PAYER_AT: usize = 69;
const RECIPIENT_AT: usize = 101;
const BLOCKHASH_AT: usize = 165;

/// The bytes of one transfer, rewritten for each.
struct Template {
    payers: Vec<Pubkey>,
    wire: Vec<u8>,
}

impl Template {
    fn new(payers: Vec<Pubkey>) -> Self {
        let (from, to) = (Pubkey([1; 32]), Pubkey([2; 32]));
        let instruction = system::transfer(&from, &to, 1);
        let message = Message::compile(MessageVersion::Legacy, &from, &[instruction], Hash::default())
            .expect("a transfer has few keys");
        let mut transaction = Transaction::unsigned(message);
        transaction.signatures = vec![Signature::default()];
        let wire = transaction.serialize();
        Self { payers, wire }
    }

    /// Transfer `number`.
    fn transfer(&mut self, number: usize, blockhash: Hash) -> &[u8] {
        let mut name = [0; 64];
        name[..8].copy_from_slice(&(number as u64).to_le_bytes());
        name[63] = 1;
        let round = number.checked_div(self.payers.len()).unwrap_or_default() as u64;
        let (from, to) = (self.payer(number), self.payer(number.saturating_add(1)));
        self.put(SIGNATURE_AT, &name);
        self.put(PAYER_AT, from.as_ref());
        self.put(RECIPIENT_AT, to.as_ref());
        self.put(BLOCKHASH_AT, blockhash.as_ref());
        let lamports_at = self.wire.len().saturating_sub(8);
        self.put(lamports_at, &round.saturating_add(1).to_le_bytes());
        &self.wire
    }

    fn payer(&self, number: usize) -> Pubkey {
        let index = number.checked_rem(self.payers.len()).unwrap_or_default();
        self.payers.get(index).copied().unwrap_or_default()
    }

    fn put(&mut self, at: usize, field: &[u8]) {
        let target = self
            .wire
            .get_mut(at..)
            .and_then(|rest| rest.get_mut(..field.len()));
        target
            .expect("the fields are inside the transfer")
            .copy_from_slice(field);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn transfers_come_evenly_after_the_first_block() {
        let due = |ms| due_by(Duration::from_millis(ms), 20_000, 400);
        assert_eq!(
            [due(0), due(1), due(400), due(4_000)],
            [20_000, 20_050, 40_000, 220_000]
        );
    }

    #[test]
    fn no_two_transfers_share_a_message_or_signature() {
        let mut template = Template::new((0..3).map(payer).collect());
        let transfers: Vec<_> = (0..100)
            .map(|number| template.transfer(number, Hash([1; 32])).to_vec())
            .collect();
        let names: BTreeSet<_> = transfers.iter().map(|wire| wire[1..65].to_vec()).collect();
        let messages: BTreeSet<_> = transfers.iter().map(|wire| wire[65..].to_vec()).collect();
        assert_eq!((names.len(), messages.len()), (100, 100));
    }

    #[test]
    fn a_rewritten_transfer_equals_one_that_is_built() {
        let mut template = Template::new((0..3).map(payer).collect());
        let wire = template.transfer(8, Hash([9; 32])).to_vec();
        let (from, to) = (payer(2), payer(0));
        let instruction = system::transfer(&from, &to, 3);
        let message = Message::compile(MessageVersion::Legacy, &from, &[instruction], Hash([9; 32])).unwrap();
        let mut transaction = Transaction::unsigned(message);
        let mut name = [0; 64];
        (name[0], name[63]) = (8, 1);
        transaction.signatures = vec![Signature(name)];
        assert_eq!(wire, transaction.serialize());
    }
}
