//! Which transactions of recent blocks waited, for which accounts, behind which others and how long.
//!
//! ```text
//! threads of a block: wait logs --+
//! pulls from the pool: take log --+--> BlockContention --> kept for [`CONTENTION_BLOCKS`] blocks
//! ```
//!
//! It explains delays and is part of nothing else: no result, hash or fee depends on it, nothing of it is on disk, and a
//! second run of the same blocks gives another one. A restarted node knows only of the blocks that it has produced since.
//!
//! Bounds: of one block the logs note a limited number of waits, and all blocks together take at most
//! [`CONTENTION_BYTES_MAX`]; above that the oldest blocks are forgotten early. Both are counted.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use isobath_program_abi::Pubkey;

use crate::indexes::statuses::KEPT_BLOCKS;
use crate::stages::wait_log::{NotedWait, TakeLog, WaitLog};

/// Blocks whose waits can be asked for: as many as have statuses in memory.
const CONTENTION_BLOCKS: u64 = KEPT_BLOCKS;
/// Memory of all blocks.
const CONTENTION_BYTES_MAX: usize = 16 << 20;

/// The index of a transaction that is not in the block.
const LEFT_OUT: u32 = u32::MAX;

/// An account for which transactions of a block waited.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ContendedAccount {
    /// Its key.
    pub account: Pubkey,
    /// Transactions that waited for it.
    pub waits: u32,
    /// How long the longest of them waited, from when it was taken into the block, in microseconds.
    pub waited_us_max: u32,
}

/// A wait of a transaction for the lock of an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AccountWait {
    /// The account.
    pub account: Pubkey,
    /// Index in the block of the transaction that handed it over; `None` if that had no effect and is in no block.
    pub behind: Option<u32>,
    /// From when it was taken into the block until it had the account, in microseconds.
    pub waited_us: u32,
}

/// What a transaction of a block waited for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TxDelay {
    /// Blocks that were produced while it was pending and did not take it.
    pub blocks: u32,
    /// Accounts for which it waited in its block, in the order in which it got them.
    pub accounts: Vec<AccountWait>,
}

/// The waits of one block.
#[derive(Debug, Default)]
pub struct BlockContention {
    slot: u64,
    /// All accounts with waits, those that most waited for first.
    accounts: Box<[ContendedAccount]>,
    /// By transaction.
    waits: Box<[KeptWait]>,
    /// Index in the block and blocks, by transaction.
    passed: Box<[(u32, u32)]>,
    unrecorded: u64,
}

#[derive(Clone, Copy, Debug)]
struct KeptWait {
    index: u32,
    behind: u32,
    /// Index in `accounts`.
    account: u32,
    waited_us: u32,
}

impl BlockContention {
    /// Of the notes on a block.
    pub(crate) fn new(slot: u64, logs: &[WaitLog], taken: &TakeLog) -> Self {
        let mut accounts = Accounts::default();
        let mut waits: Vec<KeptWait> = Vec::new();
        for wait in logs.iter().flat_map(|log| &log.waits) {
            let Some(index) = taken.index_of(wait.position) else {
                continue;
            };
            let waited_us = wait.granted_us.saturating_sub(taken.taken_us(wait.position));
            waits.push(KeptWait {
                index,
                behind: taken.index_of(wait.behind).unwrap_or(LEFT_OUT),
                account: accounts.count(wait, waited_us),
                waited_us,
            });
        }
        let (accounts, ranks) = accounts.hottest_first();
        for wait in &mut waits {
            wait.account = ranks[wait.account as usize];
        }
        waits.sort_unstable_by_key(|wait| (wait.index, wait.waited_us, wait.account));
        let passed = taken.passed.iter();
        let passed = passed.filter_map(|(position, blocks)| Some((taken.index_of(*position)?, *blocks)));
        let unrecorded = logs.iter().map(|log| log.unrecorded);
        Self {
            slot,
            accounts: accounts.into(),
            waits: waits.into(),
            passed: passed.collect(),
            unrecorded: unrecorded.fold(taken.unrecorded, u64::saturating_add),
        }
    }

    /// Slot of the block.
    #[must_use]
    pub const fn slot(&self) -> u64 {
        self.slot
    }

    /// All accounts for which transactions waited, those that most waited for first.
    #[must_use]
    pub fn accounts(&self) -> &[ContendedAccount] {
        &self.accounts
    }

    /// Waits of the block for accounts.
    #[must_use]
    pub fn wait_count(&self) -> usize {
        self.waits.len()
    }

    /// Waits that were too many to be kept.
    #[must_use]
    pub const fn unrecorded(&self) -> u64 {
        self.unrecorded
    }

    /// What the transaction with this index in the block waited for; `None` if nothing is known about it, because not all
    /// waits of the block were kept.
    #[must_use]
    pub fn delay(&self, index: u32) -> Option<TxDelay> {
        let first = self.waits.partition_point(|wait| wait.index < index);
        let own = self
            .waits
            .iter()
            .skip(first)
            .take_while(|wait| wait.index == index);
        let accounts: Vec<AccountWait> = own.map(|wait| self.account_wait(wait)).collect();
        let passed = self.passed.binary_search_by_key(&index, |(index, _)| *index);
        let passed = passed.ok().and_then(|at| self.passed.get(at));
        let blocks = passed.map_or(0, |(_, blocks)| *blocks);
        let is_known = self.unrecorded == 0 || blocks > 0 || !accounts.is_empty();
        is_known.then_some(TxDelay { blocks, accounts })
    }

    fn account_wait(&self, wait: &KeptWait) -> AccountWait {
        AccountWait {
            account: self.accounts[wait.account as usize].account,
            behind: Some(wait.behind).filter(|behind| *behind != LEFT_OUT),
            waited_us: wait.waited_us,
        }
    }

    const fn is_empty(&self) -> bool {
        self.waits.is_empty() && self.passed.is_empty() && self.unrecorded == 0
    }

    fn bytes(&self) -> usize {
        [
            size_of::<Self>(),
            size_of_val(&*self.accounts),
            size_of_val(&*self.waits),
            size_of_val(&*self.passed),
        ]
        .iter()
        .fold(0, |sum, bytes| sum.saturating_add(*bytes))
    }
}

/// Accounts while the waits for them are counted.
#[derive(Default)]
struct Accounts {
    indexes: HashMap<Pubkey, u32>,
    counted: Vec<ContendedAccount>,
    /// The last one: often the next one, too.
    last: Option<(Pubkey, u32)>,
}

impl Accounts {
    /// Counts a wait; returns the index of its account.
    fn count(&mut self, wait: &NotedWait, waited_us: u32) -> u32 {
        let index = match self.last {
            Some((account, index)) if account == wait.account => index,
            _ => self.index(wait.account),
        };
        self.last = Some((wait.account, index));
        let counted = &mut self.counted[index as usize];
        counted.waits = counted.waits.saturating_add(1);
        counted.waited_us_max = counted.waited_us_max.max(waited_us);
        index
    }

    fn index(&mut self, account: Pubkey) -> u32 {
        let next = u32::try_from(self.counted.len()).expect("a block has few waits");
        let index = *self.indexes.entry(account).or_insert(next);
        if index == next {
            self.counted.push(ContendedAccount {
                account,
                waits: 0,
                waited_us_max: 0,
            });
        }
        index
    }

    /// The accounts, those that most waited for first, and the rank of each index.
    fn hottest_first(self) -> (Vec<ContendedAccount>, Vec<u32>) {
        let mut order: Vec<(u32, ContendedAccount)> = (0..).zip(self.counted).collect();
        order.sort_unstable_by_key(|(index, counted)| (u32::MAX.saturating_sub(counted.waits), *index));
        let mut ranks = vec![0; order.len()];
        for (rank, (index, _)) in (0..).zip(&order) {
            ranks[*index as usize] = rank;
        }
        (order.into_iter().map(|(_, counted)| counted).collect(), ranks)
    }
}

/// The waits of recent blocks.
pub(crate) struct Contention(Mutex<Kept>);

struct Kept {
    /// The blocks with waits, oldest first.
    blocks: VecDeque<Arc<BlockContention>>,
    bytes: usize,
    /// The oldest block that is known, with waits or without, and the one after the newest.
    first: u64,
    end: u64,
}

impl Contention {
    /// Knows the blocks that are produced from the slot `next` on.
    pub(crate) const fn from_slot(next: u64) -> Self {
        Self(Mutex::new(Kept {
            blocks: VecDeque::new(),
            bytes: 0,
            first: next,
            end: next,
        }))
    }

    /// Adds the next block; returns how many older ones were forgotten early.
    pub(crate) fn push(&self, block: BlockContention) -> u64 {
        let mut kept = self.lock();
        kept.end = block.slot.saturating_add(1);
        if !block.is_empty() {
            kept.bytes = kept.bytes.saturating_add(block.bytes());
            kept.blocks.push_back(Arc::new(block));
        }
        kept.forget()
    }

    /// The waits of a block; `None` if they are not known.
    pub(crate) fn get(&self, slot: u64) -> Option<Arc<BlockContention>> {
        let kept = self.lock();
        if slot < kept.first || slot >= kept.end {
            return None;
        }
        let found = kept.blocks.binary_search_by_key(&slot, |block| block.slot);
        let found = found.ok().and_then(|at| kept.blocks.get(at)).map(Arc::clone);
        let none = || {
            Arc::new(BlockContention {
                slot,
                ..BlockContention::default()
            })
        };
        Some(found.unwrap_or_else(none))
    }

    // A panic under the lock can only lose an explanation, so a poisoned lock may be used.
    fn lock(&self) -> MutexGuard<'_, Kept> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Kept {
    fn forget(&mut self) -> u64 {
        self.first = self.first.max(self.end.saturating_sub(CONTENTION_BLOCKS));
        let mut early = 0_u64;
        while let Some(oldest) = self.blocks.front() {
            let is_old = oldest.slot < self.first;
            if !is_old && self.bytes <= CONTENTION_BYTES_MAX {
                break;
            }
            self.first = self.first.max(oldest.slot.saturating_add(1));
            self.bytes = self.bytes.saturating_sub(oldest.bytes());
            early = early.saturating_add(u64::from(!is_old));
            self.blocks.pop_front();
        }
        early
    }
}

#[cfg(test)]
mod tests;
