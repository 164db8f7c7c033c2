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
//!  first order in a band   hottest account first, then most units, then arrival: the chain of a hot account is not
//!                          interleaved with those that only touch it
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
#[derive(Clone, Copy, Debug, Default)]
struct AccountState {
    load: u64,
    /// Longest tail of those behind that lock it.
    tail: u64,
    /// Longest tail of those behind that may write it.
    writer_tail: u64,
}

/// A window of the next transactions, and the memory to order them.
#[derive(Clone, Debug, Default)]
pub struct LookAhead {
    declared: Vec<Declared>,
    locks: Vec<Lock>,
    accounts: Vec<AccountState>,
    order: Vec<u32>,
    tails: Vec<u64>,
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
        let (declared, heats) = (&self.declared, &self.heats);
        let bands = |order: &mut [u32], key: &dyn Fn(usize) -> (u64, u64)| {
            let same_band = |a: &u32, b: &u32| declared[*a as usize].band == declared[*b as usize].band;
            for band in order.chunk_by_mut(same_band) {
                band.sort_unstable_by_key(|index| (std::cmp::Reverse(key(*index as usize)), *index));
            }
        };
        bands(&mut self.order, &|index| (heats[index], declared[index].units));
        self.find_tails();
        let (declared, tails) = (&self.declared, &self.tails);
        let same_band = |a: &u32, b: &u32| declared[*a as usize].band == declared[*b as usize].band;
        for band in self.order.chunk_by_mut(same_band) {
            band.sort_unstable_by_key(|index| (std::cmp::Reverse(tails[*index as usize]), *index));
        }
        &self.order
    }

    /// The order of the pushes, and accounts of which nothing is known.
    fn start(&mut self) {
        let count = u32::try_from(self.declared.len()).expect("a window holds fewer than 2^32 transactions");
        self.order.clear();
        self.order.extend(0..count);
        let ids = self.locks.iter().map(|lock| lock.account as usize);
        let needed = ids.max().map_or(0, |last| last.saturating_add(1));
        if self.accounts.len() < needed {
            self.accounts.resize(needed, AccountState::default());
        }
        for lock in &self.locks {
            self.accounts[lock.account as usize] = AccountState::default();
        }
    }

    fn find_heats(&mut self) {
        let mut begin = 0_usize;
        for declared in &self.declared {
            for lock in &self.locks[begin..declared.locks_end] {
                let account = &mut self.accounts[lock.account as usize];
                account.load = account.load.saturating_add(declared.units);
            }
            begin = declared.locks_end;
        }
        self.heats.clear();
        begin = 0;
        for declared in &self.declared {
            let locks = self.locks[begin..declared.locks_end]
                .iter()
                .filter(|lock| lock.is_writable);
            let loads = locks.map(|lock| self.accounts[lock.account as usize].load);
            self.heats.push(loads.fold(0, u64::saturating_add));
            begin = declared.locks_end;
        }
    }

    /// From the last of the order to the first: what comes behind each account it locks.
    fn find_tails(&mut self) {
        self.tails.clear();
        self.tails.resize(self.declared.len(), 0);
        for index in self.order.iter().rev().map(|index| *index as usize) {
            let begin = index
                .checked_sub(1)
                .map_or(0, |before| self.declared[before].locks_end);
            let Declared { units, locks_end, .. } = self.declared[index];
            let locks = &self.locks[begin..locks_end];
            let behind = locks.iter().map(|lock| {
                let account = &self.accounts[lock.account as usize];
                if lock.is_writable {
                    account.tail
                } else {
                    account.writer_tail
                }
            });
            let tail = units.saturating_add(behind.max().unwrap_or(0));
            self.tails[index] = tail;
            for lock in locks {
                let account = &mut self.accounts[lock.account as usize];
                account.tail = account.tail.max(tail);
                if lock.is_writable {
                    account.writer_tail = account.writer_tail.max(tail);
                }
            }
        }
    }
}
