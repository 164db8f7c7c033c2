//! Which transfer is number `i`, and the balances that the accounts need for all of them.
//!
//! Invariant: no two numbers give the same (payer, recipient, amount), so no two transfers of a run have the same
//! message even under one blockhash, and a transfer that is signed again keeps its number and so its meaning.
//!
//! Payers take turns, so that each account pays equally often; the recipient advances by one account each round, so
//! that pairs vary; the amount grows by one lamport once every pair was used. Pairs differ in their amounts, so that
//! what an account receives does not add up to what it pays: a node that moves nothing, or moves it elsewhere, leaves
//! other balances.

use std::num::NonZeroU64;

/// Base fee per signature.
pub(crate) const FEE_LAMPORTS: u64 = 5_000;

/// Rent-exempt minimum of an account without data.
pub(crate) const RENT_EXEMPT_LAMPORTS: u64 = 890_880;

/// Blocks for which a blockhash is valid.
pub(crate) const BLOCKHASH_AGE_BLOCKS: u64 = 150;

/// The amount of a pair exceeds that of any other by this at most.
const SPREAD_LAMPORTS: u64 = 1_023;

/// Lamports per account if the number of transfers is not known in advance.
const OPEN_ENDED_LAMPORTS: u64 = 1_000_000_000;

/// One transfer; its accounts are indices into the accounts of the load.
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
    /// Number of recipients of each account.
    others: NonZeroU64,
}

impl Plan {
    /// A plan over `accounts` accounts, at least two.
    ///
    /// # Panics
    /// If `accounts` is below two; the command line rejects that.
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
            from: to_index(from),
            to: to_index(to),
            lamports: self.amount_in_round(round).saturating_add(spread(from, to)),
        }
    }

    /// The lamports that each account needs so that none of `transfers` transfers fails for insufficient funds, in
    /// whatever order they execute; `None` if their number is not known.
    pub(crate) fn lamports_each(self, transfers: Option<u64>) -> u64 {
        let Some(transfers) = transfers else {
            return OPEN_ENDED_LAMPORTS;
        };
        let rounds = transfers.div_ceil(self.accounts.get());
        let amount_max = self
            .amount_in_round(rounds.saturating_sub(1))
            .saturating_add(SPREAD_LAMPORTS);
        rounds
            .saturating_mul(FEE_LAMPORTS.saturating_add(amount_max))
            .saturating_add(RENT_EXEMPT_LAMPORTS)
    }

    /// The least amount of a round.
    fn amount_in_round(self, round: u64) -> u64 {
        (round / self.others).saturating_add(1)
    }
}

/// By how much the amount of a pair exceeds the least one: 0 to [`SPREAD_LAMPORTS`], in no order.
const fn spread(from: u64, to: u64) -> u64 {
    // A multiplicative hash, which is meant to wrap; its highest ten bits depend on every bit of both numbers.
    let mixed = from.wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ to.wrapping_mul(0xC2B2_AE3D_27D4_EB4F);
    mixed.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 54
}

/// An account number as an index; the command line bounds it far below the address space.
fn to_index(account: u64) -> usize {
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
                assert!(transfer.from < to_index(accounts) && transfer.to < to_index(accounts));
                assert!(
                    seen.insert(transfer),
                    "{accounts} accounts, number {index} repeats {transfer:?}"
                );
            }
        }
    }

    #[test]
    fn whole_rounds_do_not_cancel_out() {
        for accounts in [2, 3, 7, 20, 100] {
            let plan = Plan::new(accounts);
            for rounds in [1, 2, 15] {
                let mut moved = vec![0_i64; to_index(accounts)];
                for index in 0..accounts * rounds {
                    let transfer = plan.transfer(index);
                    let lamports = i64::try_from(transfer.lamports).unwrap();
                    moved[transfer.from] -= lamports;
                    moved[transfer.to] += lamports;
                }
                let unmoved = moved.iter().filter(|&&lamports| lamports == 0).count();
                assert!(
                    unmoved <= moved.len() / 50,
                    "{accounts} accounts, {rounds} rounds: {moved:?}"
                );
            }
        }
    }

    #[test]
    fn accounts_never_run_dry_whatever_the_order() {
        for (accounts, transfers) in [(2, 1_000), (3, 100), (10, 10_001), (1_000, 999)] {
            let plan = Plan::new(accounts);
            let mut spent = vec![0_u64; to_index(accounts)];
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
