//! The feeder: hands transfers to admission, takes the notices of their blocks, and keeps its own CPU time apart.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, anyhow, bail};
use indicatif::ProgressBar;
use isobath_node::{BlockNotice, Node};
use isobath_runtime::{DecodedTx, Tx};
use isobath_sdk::{Hash, TransactionView};
use isobath_timing::ThreadTime;
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::TryRecvError;

use super::spent::{OnBehalf, Reading, Spent};
use crate::workload::{number_of, put_blockhash};

/// Transfers handed to admission together: as many as the node itself takes at a time.
const GROUP: usize = 64;
/// Pending transfers at which the feeder pauses: some slots' worth of a node that keeps up.
const PENDING_MAX: usize = 16_384;
/// Pause before the pool and the notices are looked at again.
const PAUSE: Duration = Duration::from_micros(500);
/// Time without a notice of a transfer after which a run fails.
const STALL_MAX: Duration = Duration::from_secs(30);

/// Runs `work` and adds its CPU time to `spent`.
fn timed<T>(spent: &mut Duration, work: impl FnOnce() -> T) -> T {
    let start = ThreadTime::now();
    let done = work();
    *spent = spent.saturating_add(start.elapsed());
    done
}

/// The transfers of a round, whose numbers follow each other, as far as they are not notified yet.
#[derive(Default)]
struct Awaited {
    first: u64,
    is_notified: Vec<bool>,
    left: usize,
}

impl Awaited {
    fn of(wires: &[Vec<u8>]) -> anyhow::Result<Self> {
        let first = wires.first().map(|wire| TransactionView::parse(wire));
        Ok(Self {
            first: first.transpose()?.map_or(0, |view| number_of(&view.signature(0))),
            is_notified: vec![false; wires.len()],
            left: wires.len(),
        })
    }

    /// Notes that a transfer was notified; false if it was not awaited.
    fn strike_off(&mut self, number: u64) -> bool {
        let index = number
            .checked_sub(self.first)
            .and_then(|index| usize::try_from(index).ok());
        let awaited = index.and_then(|index| self.is_notified.get_mut(index));
        let Some(is_notified) = awaited.filter(|is_notified| !**is_notified) else {
            return false;
        };
        *is_notified = true;
        self.left = self.left.saturating_sub(1);
        true
    }
}

/// Feeds a node and listens to it.
pub(super) struct Feeder<'a> {
    node: &'a Node,
    ledger: &'a Path,
    notices: Receiver<Arc<BlockNotice>>,
    awaited: Awaited,
    on_behalf: OnBehalf,
    blocks: u64,
    last_notice: Instant,
}

impl<'a> Feeder<'a> {
    pub(super) fn new(node: &'a Node, ledger: &'a Path) -> Self {
        Self {
            node,
            ledger,
            notices: node.notices(),
            awaited: Awaited::default(),
            on_behalf: OnBehalf::default(),
            blocks: 0,
            last_notice: Instant::now(),
        }
    }

    /// Feeds the transfers and waits until each was notified; returns what that cost the node.
    ///
    /// # Errors
    /// When the node rejects a transfer, or notifies it twice, as a failure or not at all.
    pub(super) fn round(&mut self, wires: Vec<Vec<u8>>, progress: &ProgressBar) -> anyhow::Result<Spent> {
        self.take_notices(progress)?;
        self.awaited = Awaited::of(&wires)?;
        (self.on_behalf, self.blocks) = (OnBehalf::default(), 0);
        let transfers = wires.len() as u64;
        let before = Reading::now(self.node, self.ledger)?;
        self.last_notice = Instant::now();
        let mut wires = wires.into_iter();
        while wires.len() > 0 {
            while self.node.pending_len() >= PENDING_MAX {
                self.pause(progress)?;
            }
            self.feed(wires.by_ref().take(GROUP))?;
            self.take_notices(progress)?;
        }
        while self.awaited.left > 0 {
            self.pause(progress)?;
        }
        let after = Reading::now(self.node, self.ledger)?;
        Ok(after.since(&before, self.on_behalf, transfers, self.blocks))
    }

    fn feed(&mut self, wires: impl Iterator<Item = Vec<u8>>) -> anyhow::Result<()> {
        let blockhash = self.node.published().chain().blockhash();
        let group = wires.map(|wire| self.admit(wire, blockhash));
        let group = group.collect::<anyhow::Result<Vec<Tx>>>()?;
        let node = self.node;
        let answers = timed(&mut self.on_behalf.pool, || node.submit_admitted(group));
        for answer in answers {
            answer.context("the node rejected a transfer")?;
        }
        Ok(())
    }

    /// A transfer as ingress makes it of its wire bytes.
    fn admit(&self, mut wire: Vec<u8>, blockhash: Hash) -> anyhow::Result<Tx> {
        put_blockhash(&mut wire, blockhash);
        let (rules, key_hasher) = (self.node.runtime().rules(), self.node.key_hasher());
        let admitted = DecodedTx::decode(wire)?.admit(rules, key_hasher);
        admitted.map_err(|refused| anyhow!("a transfer is refused: {}", refused.error))
    }

    fn pause(&mut self, progress: &ProgressBar) -> anyhow::Result<()> {
        std::thread::sleep(PAUSE);
        self.take_notices(progress)?;
        if self.last_notice.elapsed() < STALL_MAX {
            return Ok(());
        }
        if let Some(reason) = self.node.failed() {
            bail!("the node failed: {reason}");
        }
        bail!(
            "{} transfers are in no block after {} s, and {} have expired in the pool; leave more of the machine to the node",
            self.awaited.left,
            STALL_MAX.as_secs(),
            self.node.counters().dropped_expired.get()
        )
    }

    /// Takes the notices that have come.
    fn take_notices(&mut self, progress: &ProgressBar) -> anyhow::Result<()> {
        loop {
            let (spent, notices) = (&mut self.on_behalf.notices, &mut self.notices);
            let notice = match timed(spent, || notices.try_recv()) {
                Ok(notice) => notice,
                Err(TryRecvError::Empty) => return Ok(()),
                Err(error) => bail!("missed notices of blocks: {error}"),
            };
            progress.inc(self.check(&notice)?);
            timed(&mut self.on_behalf.notices, || drop(notice));
        }
    }

    /// Strikes the transfers of a block off; returns their number.
    fn check(&mut self, notice: &BlockNotice) -> anyhow::Result<u64> {
        for (signature, error) in &notice.signatures {
            let number = number_of(signature);
            if let Some(error) = error {
                bail!("transfer {number} failed in slot {}: {error}", notice.slot);
            }
            if !self.awaited.strike_off(number) {
                bail!(
                    "transfer {number} was notified in slot {} and not awaited",
                    notice.slot
                );
            }
        }
        let transfers = notice.signatures.len() as u64;
        if transfers > 0 {
            self.blocks = self.blocks.saturating_add(1);
            self.last_notice = Instant::now();
        }
        Ok(transfers)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workload::{Kind, Workload};

    #[test]
    fn each_transfer_of_a_round_is_struck_off_once() {
        let mut workload = Workload::new(Kind::Disjoint, 4, 1);
        let mut wires =
            |count: usize| -> Vec<Vec<u8>> { (0..count).map(|_| workload.next_transfer().1).collect() };
        let _earlier = wires(3);
        let mut awaited = Awaited::of(&wires(2)).unwrap();
        assert_eq!([3, 6].map(|number| awaited.strike_off(number)), [false; 2]);
        assert_eq!([4, 5].map(|number| awaited.strike_off(number)), [true; 2]);
        assert_eq!(awaited.left, 0);
        assert!(!awaited.strike_off(4), "it came twice");
    }
}
