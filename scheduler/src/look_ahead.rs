//! Which of the next transactions should start first, so that the longest chain of conflicts is not what the block
//! waits for in the end.
//!
//! Of each transaction only what it declares is known: its locks, its units and its band of priority. The *tail* of a
//! transaction is its own units and those of the longest chain of conflicts behind it. [`LookAhead::tails`] gives them
//! for the present order, which is what ranks runnable transactions of a block whose order is binding;
//! [`LookAhead::order`] gives an order that is allowed to a builder: bands stay in place, and within a band a
//! transaction with a longer tail comes first.
//!
//! ```text
//!  load of an account      units of all transactions that lock it
//!  first order in a band   what locks several contended accounts, the most loaded first, each when the last of them
//!                          is free; into the gaps of the others, what waits for one account only, most units first
//!  tails                   one pass from the last to the first
//!  final order in a band   longest tail first, then arrival
//! ```
//!
//! Invariant: two transactions that conflict are in the same order after the last step as before it, since the tail of
//! the earlier is longer by at least one unit. So the tails hold for the final order as well.
//!
//! Cost, for n transactions of k locks: tails O(n k); order O(n k + n log n). Tables over accounts are arrays over their
//! ids; they grow to the largest id and are cleared by another pass over the locks. No floating point, no hash table:
//! the same calls give the same order on every machine.

use std::cmp::Reverse;

/// One lock that a transaction declares.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lock {
    /// Dense id of the account.
    pub account: u32,
    /// Whether the transaction may write it; else it shares it with other readers.
    pub is_writable: bool,
}

/// What one transaction declares.
#[derive(Clone, Copy, Debug)]
struct Declared {
    /// Band of priority: transactions change places within one only.
    band: u64,
    /// At least one, so that tails fall along a chain.
    units: u64,
    /// Where its locks end, and those of the next begin.
    locks_end: usize,
}

/// What is known of one account.
#[derive(Clone, Copy, Debug)]
struct AccountState {
    load: u64,
    lockers: u32,
    is_written: bool,
    /// Until when the transactions that are placed lock it, if each begins as soon as it can.
    busy: u64,
    /// Until when they may write it.
    writer_busy: u64,
    /// Those that wait for this account only and are not placed: a list through `next_single`.
    first_single: u32,
    last_single: u32,
    /// Longest tail of those behind that lock it.
    tail: u64,
    /// Longest tail of those behind that may write it.
    writer_tail: u64,
}

/// No transaction.
const NONE: u32 = u32::MAX;

impl AccountState {
    const UNKNOWN: Self = Self {
        load: 0,
        lockers: 0,
        is_written: false,
        busy: 0,
        writer_busy: 0,
        first_single: NONE,
        last_single: NONE,
        tail: 0,
        writer_tail: 0,
    };

    /// Whether some of the window wait for it.
    const fn is_contended(&self) -> bool {
        self.is_written && self.lockers > 1
    }

    const fn free_at(&self, is_writable: bool) -> u64 {
        if is_writable { self.busy } else { self.writer_busy }
    }
}

/// What a transaction waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// For none.
    Free,
    /// For those that lock this account, which it may write.
    Single(u32),
    /// For several accounts, or for the writers of one.
    Join,
}

/// A window of the next transactions, and the memory to order them.
#[derive(Clone, Debug, Default)]
pub struct LookAhead {
    declared: Vec<Declared>,
    locks: Vec<Lock>,
    accounts: Vec<AccountState>,
    order: Vec<u32>,
    tails: Vec<u64>,
    next_single: Vec<u32>,
    /// The memory of another order.
    filled: Vec<u32>,
    /// For each transaction the sum of the loads of the accounts that it may write.
    heats: Vec<u64>,
}

impl LookAhead {
    /// An empty window.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            declared: Vec::new(),
            locks: Vec::new(),
            accounts: Vec::new(),
            order: Vec::new(),
            tails: Vec::new(),
            next_single: Vec::new(),
            filled: Vec::new(),
            heats: Vec::new(),
        }
    }

    /// Number of transactions in the window.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.declared.len()
    }

    /// Whether the window is empty.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.declared.is_empty()
    }

    /// Empties the window and keeps its memory.
    pub fn clear(&mut self) {
        self.declared.clear();
        self.locks.clear();
    }

    /// Adds a transaction behind the others. Each account is in `locks` once.
    pub fn push(&mut self, band: u64, units: u64, locks: impl IntoIterator<Item = Lock>) {
        self.locks.extend(locks);
        self.declared.push(Declared {
            band,
            units: units.max(1),
            locks_end: self.locks.len(),
        });
    }

    /// For each transaction its units and those of the longest chain behind it, in the order of the pushes.
    pub fn tails(&mut self) -> &[u64] {
        self.start();
        self.find_tails();
        &self.tails
    }

    /// The order in which to schedule them, as numbers of pushes. Bands keep their places; a band is a run of equal
    /// values.
    pub fn order(&mut self) -> &[u32] {
        self.start();
        self.find_heats();
        self.sort_bands(|look_ahead, index| (look_ahead.heats[index], look_ahead.declared[index].units));
        self.fill_gaps();
        self.find_tails();
        self.sort_bands(|look_ahead, index| (look_ahead.tails[index], 0));
        &self.order
    }

    /// Sorts each band by a key, the greatest first, then by the present order.
    fn sort_bands(&mut self, key: impl Fn(&Self, usize) -> (u64, u64)) {
        let mut order = std::mem::take(&mut self.order);
        let band = |index: &u32| self.declared[*index as usize].band;
        for band in order.chunk_by_mut(|a, b| band(a) == band(b)) {
            band.sort_unstable_by_key(|index| (Reverse(key(self, *index as usize)), *index));
        }
        self.order = order;
    }

    /// Puts what waits for one account only into the gaps that those leave that wait for several.
    fn fill_gaps(&mut self) {
        let sorted = std::mem::take(&mut self.order);
        let mut filled = std::mem::take(&mut self.filled);
        filled.clear();
        self.next_single.clear();
        self.next_single.resize(sorted.len(), NONE);
        let mut rest = sorted.as_slice();
        while let Some(first) = rest.first() {
            let band = self.declared[*first as usize].band;
            let same = |index: &&u32| self.declared[**index as usize].band == band;
            let (in_band, behind) = rest.split_at(rest.iter().take_while(same).count());
            self.fill_band(in_band, &mut filled);
            rest = behind;
        }
        (self.order, self.filled) = (filled, sorted);
    }
    /// The order of the pushes, and accounts of which nothing is known.
    fn start(&mut self) {
        let count = u32::try_from(self.declared.len()).expect("a window holds fewer than 2^32 transactions");
        self.order.clear();
        self.order.extend(0..count);
        let ids = self.locks.iter().map(|lock| lock.account as usize);
        let needed = ids.max().map_or(0, |last| last.saturating_add(1));
        if self.accounts.len() < needed {
            self.accounts.resize(needed, AccountState::UNKNOWN);
        }
        for lock in &self.locks {
            self.accounts[lock.account as usize] = AccountState::UNKNOWN;
        }
    }

    /// The locks of a transaction.
    fn locks_of(&self, index: usize) -> &[Lock] {
        let before = index.checked_sub(1).map(|before| self.declared[before].locks_end);
        &self.locks[before.unwrap_or(0)..self.declared[index].locks_end]
    }

    fn find_heats(&mut self) {
        let mut begin = 0_usize;
        for declared in &self.declared {
            for lock in &self.locks[begin..declared.locks_end] {
                let account = &mut self.accounts[lock.account as usize];
                account.load = account.load.saturating_add(declared.units);
                account.lockers = account.lockers.saturating_add(1);
                account.is_written |= lock.is_writable;
            }
            begin = declared.locks_end;
        }
        self.heats.clear();
        for index in 0..self.declared.len() {
            let written = self.locks_of(index).iter().filter(|lock| lock.is_writable);
            let loads = written.map(|lock| self.accounts[lock.account as usize].load);
            let heat = loads.fold(0, u64::saturating_add);
            self.heats.push(heat);
        }
    }

    /// What a transaction waits for.
    fn kind(&self, index: usize) -> Kind {
        let contended = |lock: &&Lock| self.accounts[lock.account as usize].is_contended();
        let mut contended = self.locks_of(index).iter().filter(contended);
        match (contended.next(), contended.next()) {
            (None, _) => Kind::Free,
            (Some(lock), None) if lock.is_writable => Kind::Single(lock.account),
            _ => Kind::Join,
        }
    }

    fn fill_band(&mut self, band: &[u32], filled: &mut Vec<u32>) {
        for index in band {
            match self.kind(*index as usize) {
                Kind::Free => filled.push(*index),
                Kind::Single(account) => self.append_single(account, *index),
                Kind::Join => {}
            }
        }
        for index in band {
            if self.kind(*index as usize) == Kind::Join {
                self.place_join(*index, filled);
            }
        }
        for index in band {
            if let Kind::Single(account) = self.kind(*index as usize) {
                self.place_singles(account, u64::MAX, filled);
            }
        }
    }

    fn append_single(&mut self, account: u32, index: u32) {
        let account = &mut self.accounts[account as usize];
        match account.first_single {
            NONE => account.first_single = index,
            _ => self.next_single[account.last_single as usize] = index,
        }
        account.last_single = index;
    }

    /// Places those that wait for an account only, the greatest first, while they end by `until`.
    fn place_singles(&mut self, account: u32, until: u64, filled: &mut Vec<u32>) {
        let account = &mut self.accounts[account as usize];
        while account.first_single != NONE {
            let index = account.first_single;
            let end = account.busy.saturating_add(self.declared[index as usize].units);
            if end > until {
                return;
            }
            (account.busy, account.writer_busy) = (end, end);
            account.first_single = self.next_single[index as usize];
            filled.push(index);
        }
    }

    /// Places one that waits for several accounts when the last of them is free, and fills the gaps of the others.
    fn place_join(&mut self, index: u32, filled: &mut Vec<u32>) {
        let locks = self.locks_of(index as usize).iter();
        let free_at = |lock: &Lock| self.accounts[lock.account as usize].free_at(lock.is_writable);
        let start = locks.map(free_at).max().unwrap_or(0);
        let end = start.saturating_add(self.declared[index as usize].units);
        let count = self.locks_of(index as usize).len();
        for at in 0..count {
            let lock = self.locks_of(index as usize)[at];
            if lock.is_writable {
                self.place_singles(lock.account, start, filled);
            }
            let account = &mut self.accounts[lock.account as usize];
            account.busy = account.busy.max(end);
            if lock.is_writable {
                account.writer_busy = end;
            }
        }
        filled.push(index);
    }

    /// From the last of the order to the first: what comes behind each account it locks.
    fn find_tails(&mut self) {
        self.tails.clear();
        self.tails.resize(self.declared.len(), 0);
        for place in (0..self.order.len()).rev() {
            let index = self.order[place] as usize;
            let locks = self.locks_of(index).iter();
            let behind = locks.map(|lock| {
                let account = &self.accounts[lock.account as usize];
                if lock.is_writable {
                    account.tail
                } else {
                    account.writer_tail
                }
            });
            let units = self.declared[index].units;
            let tail = units.saturating_add(behind.max().unwrap_or(0));
            self.tails[index] = tail;
            for at in 0..self.locks_of(index).len() {
                let lock = self.locks_of(index)[at];
                let account = &mut self.accounts[lock.account as usize];
                account.tail = account.tail.max(tail);
                if lock.is_writable {
                    account.writer_tail = account.writer_tail.max(tail);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests;
