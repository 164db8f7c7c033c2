//! Which transfer is number `i`, and what the accounts must hold for all of them.
//!
//! Invariant: no two numbers give the same (payer, recipient, amount), so no two transfers of a run are the same
//! message even under one blockhash, and a transfer that is signed again keeps its number and so its meaning.
//!
//! Payers take turns, so that each account pays equally often; recipients move on by one each round, so that pairs
//! vary; the amount grows by one lamport when every pair has been used.

use std::num::NonZeroU64;

/// Lamports that one signature costs.
pub(crate) const FEE_LAMPORTS: u64 = 5_000;

/// Lamports below which an account without data cannot exist.
pub(crate) const RENT_EXEMPT_LAMPORTS: u64 = 890_880;

/// Blocks for which a blockhash can be used.
pub(crate) const BLOCKHASH_AGE_BLOCKS: u64 = 150;

/// Lamports per account when the number of transfers is not known before.
const OPEN_ENDED_LAMPORTS: u64 = 1_000_000_000;

/// One transfer, by the places of its accounts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Transfer {
    pub(crate) from: usize,
    pub(crate) to: usize,
    pub(crate) lamports: u64,
}

/// The transfers of a load over a number of accounts.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Plan {
    accounts: NonZeroU64,
    /// Recipients that each account has.
    others: NonZeroU64,
}

impl Plan {
    /// A plan over `accounts` accounts, at least two.
    ///
    /// # Panics
    /// If `accounts` is below two; the command line refuses that.
    pub(crate) fn new(accounts: u64) -> Self {
        let non_zero = |count: u64| NonZeroU64::new(count).expect("a transfer needs two accounts");
        Self {
            accounts: non_zero(accounts),
            others: non_zero(accounts.saturating_sub(1)),
        }
    }

    /// Transfer number `index`.
    pub(crate) fn transfer(self, index: u64) -> Transfer {
        let round = index / self.accounts;
        let from = index % self.accounts;
        let step = round % self.others;
        let to = from.saturating_add(step).saturating_add(1) % self.accounts;
        Transfer {
            from: place(from),
            to: place(to),
            lamports: self.amount_in_round(round),
        }
    }

    /// What each account must hold so that `transfers` transfers cannot fail for want of lamports, whatever the
    /// order in which they are carried out. `None` means that the number is not known.
    pub(crate) fn lamports_each(self, transfers: Option<u64>) -> u64 {
        let Some(transfers) = transfers else {
            return OPEN_ENDED_LAMPORTS;
        };
        let rounds = transfers.div_ceil(self.accounts.get());
        let amount_max = self.amount_in_round(rounds.saturating_sub(1));
        rounds
            .saturating_mul(FEE_LAMPORTS.saturating_add(amount_max))
            .saturating_add(RENT_EXEMPT_LAMPORTS)
    }

    fn amount_in_round(self, round: u64) -> u64 {
        (round / self.others).saturating_add(1)
    }
}

/// An account number as an index; the command line bounds it far below the address space.
fn place(account: u64) -> usize {
    usize::try_from(account).expect("the command line bounds the number of accounts")
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn no_transfer_repeats_and_none_pays_itself() {
        for accounts in [2, 3, 7, 100] {
            let plan = Plan::new(accounts);
            let mut seen = BTreeSet::new();
            for index in 0..5_000 {
                let transfer = plan.transfer(index);
                assert_ne!(transfer.from, transfer.to, "{accounts} accounts, number {index}");
                assert!(transfer.from < place(accounts) && transfer.to < place(accounts));
                assert!(
                    seen.insert(transfer),
                    "{accounts} accounts, number {index} repeats {transfer:?}"
                );
            }
        }
    }

    #[test]
    fn accounts_never_run_dry_whatever_the_order() {
        for (accounts, transfers) in [(2, 1_000), (3, 100), (10, 10_001), (1_000, 999)] {
            let plan = Plan::new(accounts);
            let mut spent = vec![0_u64; place(accounts)];
            for index in 0..transfers {
                let transfer = plan.transfer(index);
                spent[transfer.from] += transfer.lamports + FEE_LAMPORTS;
            }
            // The worst order: an account pays everything before it receives anything.
            let enough = plan.lamports_each(Some(transfers)) - RENT_EXEMPT_LAMPORTS;
            assert!(
                spent.iter().all(|&lamports| lamports <= enough),
                "{accounts} accounts, {transfers} transfers"
            );
        }
    }

    #[test]
    fn funding_saturates_rather_than_wraps() {
        assert_eq!(Plan::new(2).lamports_each(Some(u64::MAX)), u64::MAX);
        assert_eq!(Plan::new(2).lamports_each(None), OPEN_ENDED_LAMPORTS);
    }
}
