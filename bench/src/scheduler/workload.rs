//! The locks of the transactions: two writable accounts and one that is read, by index among all accounts.

use isobath_scheduler::{Access, Lock};

use crate::workload::Random;

/// Accounts that `ReadMostly` reads.
const POPULAR: usize = 4;

/// Which accounts the transactions share.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// No two transactions of a sweep share one
    None,
    /// All three by Zipf's law
    Zipf,
    /// All write the same account
    AllConflict,
    /// All read one of a few accounts, and write accounts of their own
    ReadMostly,
}

impl Kind {
    pub(super) const ALL: [Self; 4] = [Self::None, Self::Zipf, Self::AllConflict, Self::ReadMostly];

    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Zipf => "zipf",
            Self::AllConflict => "all_conflict",
            Self::ReadMostly => "read_mostly",
        }
    }
}

/// A transaction: the index of the account and the access, for each of its locks.
pub(super) type Locks = [Lock; 3];

/// Transactions over accounts in random order.
pub(super) fn make(kind: Kind, accounts: u32, transactions: u32, seed: u64) -> Vec<Locks> {
    let mut random = Random::new(seed);
    let mut order: Vec<u32> = (0..accounts).collect();
    for last in (1..order.len()).rev() {
        let other = random.below(last.saturating_add(1));
        order.swap(last, other);
    }
    let mut own = order.iter().copied().cycle();
    let mut next = || own.next().unwrap_or(0);
    let count = accounts as usize;
    let one = |_| match kind {
        Kind::None => locks(next(), next(), next()),
        Kind::Zipf => {
            let mut popular = || u32::try_from(random.rank(count)).unwrap_or(0);
            distinct(popular(), popular(), popular(), accounts)
        }
        Kind::AllConflict => distinct(0, next(), next(), accounts),
        Kind::ReadMostly => {
            let popular = u32::try_from(random.below(POPULAR)).unwrap_or(0);
            distinct(next(), next(), popular, accounts)
        }
    };
    (0..transactions).map(one).collect()
}

/// The same with indices moved on that occur twice.
fn distinct(first: u32, mut second: u32, mut third: u32, accounts: u32) -> Locks {
    let after = |index: u32| index.wrapping_add(1).checked_rem(accounts).unwrap_or(0);
    while second == first {
        second = after(second);
    }
    while third == first || third == second {
        third = after(third);
    }
    locks(first, second, third)
}

const fn locks(first: u32, second: u32, third: u32) -> Locks {
    [
        lock(first, Access::Write),
        lock(second, Access::Write),
        lock(third, Access::Read),
    ]
}

const fn lock(id: u32, access: Access) -> Lock {
    Lock { id, access }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_transaction_names_an_account_twice() {
        for kind in Kind::ALL {
            for [first, second, third] in make(kind, 10, 1_000, 1) {
                assert!(
                    first.id != second.id && second.id != third.id && first.id != third.id,
                    "{kind:?}"
                );
            }
        }
    }

    #[test]
    fn a_sweep_without_conflicts_uses_every_account_once() {
        let mut ids: Vec<u32> = make(Kind::None, 30, 10, 1)
            .iter()
            .flatten()
            .map(|lock| lock.id)
            .collect();
        ids.sort_unstable();
        assert_eq!(ids, (0..30).collect::<Vec<u32>>());
    }
}
