//! The balance that each account of the load must have, from the outcome of every transfer.
//!
//! A transfer that succeeded moved its lamports and its payer paid the fee; one that failed in its block cost its payer
//! the fee alone; any other changed nothing. A transfer whose outcome is unknown when the run ends may have done either,
//! so the accounts that it names may hold anything in between.
//!
//! Cost: 24 bytes per account, and one entry for each account of a transfer with an unknown outcome.

use std::collections::BTreeMap;
use std::sync::Arc;

use isobath_sdk::Pubkey;

use super::conservation::{Conservation, Sums, WrongAccount};
use super::plan::{FEE_LAMPORTS, Plan};
use crate::keys::Keys;

/// The balances before the load and what its transfers changed.
#[derive(Clone, Debug)]
pub(crate) struct Books {
    plan: Plan,
    keys: Arc<Keys>,
    before: Vec<u64>,
    changes: Vec<i128>,
    open: BTreeMap<usize, Open>,
    /// Transfers known to be in a block.
    in_blocks: u64,
    /// Transfers whose outcome is unknown.
    unresolved: u64,
}

/// What the transfers with an unknown outcome may have added to an account and taken from it.
#[derive(Clone, Copy, Debug, Default)]
struct Open {
    added: i128,
    taken: i128,
}

impl Books {
    /// Books over the accounts `keys`, which hold `before`.
    pub(crate) fn new(plan: Plan, keys: Arc<Keys>, before: Vec<u64>) -> Self {
        Self {
            plan,
            keys,
            changes: vec![0; before.len()],
            before,
            open: BTreeMap::new(),
            in_blocks: 0,
            unresolved: 0,
        }
    }

    /// Enters transfer number `index`, which succeeded in a block.
    pub(crate) fn enter_success(&mut self, index: u64) {
        let transfer = self.plan.transfer(index);
        let lamports = i128::from(transfer.lamports);
        self.change(transfer.from, lamports.saturating_neg());
        self.change(transfer.to, lamports);
        self.charge_fee(transfer.from);
    }

    /// Enters transfer number `index`, which failed in a block.
    pub(crate) fn enter_failure(&mut self, index: u64) {
        self.charge_fee(self.plan.transfer(index).from);
    }

    /// Enters transfer number `index`, whose outcome is unknown.
    pub(crate) fn enter_unknown(&mut self, index: u64) {
        let transfer = self.plan.transfer(index);
        let lamports = i128::from(transfer.lamports);
        let payer = self.open.entry(transfer.from).or_default();
        payer.taken = payer
            .taken
            .saturating_add(lamports)
            .saturating_add(FEE_LAMPORTS.into());
        let recipient = self.open.entry(transfer.to).or_default();
        recipient.added = recipient.added.saturating_add(lamports);
        self.unresolved = self.unresolved.saturating_add(1);
    }

    /// The accounts, in the order of their balances.
    pub(crate) fn addresses(&self) -> &[Pubkey] {
        self.keys.addresses()
    }

    /// Compares with the balances `after` the load.
    pub(crate) fn compare(&self, after: &[u64]) -> Conservation {
        let sum = |balances: &[u64]| balances.iter().map(|&lamports| u128::from(lamports)).sum();
        let mut wrong = self
            .addresses()
            .iter()
            .zip(after)
            .enumerate()
            .filter_map(|(account, (&address, &lamports))| self.check(account, address, lamports));
        let first_wrong = wrong.next();
        let wrong_accounts = (wrong.count() as u64).saturating_add(first_wrong.is_some().into());
        let sums = Sums {
            before: sum(&self.before),
            after: sum(after),
            in_blocks: self.in_blocks,
            unresolved: self.unresolved,
        };
        Conservation::new(sums, wrong_accounts, first_wrong)
    }

    /// What is wrong with the balance of an account, if anything is.
    fn check(&self, account: usize, address: Pubkey, lamports: u64) -> Option<WrongAccount> {
        let expected = i128::from(self.before[account]).saturating_add(self.changes[account]);
        let open = self.open.get(&account).copied().unwrap_or_default();
        let (least, most) = (
            expected.saturating_sub(open.taken),
            expected.saturating_add(open.added),
        );
        let is_right = (least..=most).contains(&i128::from(lamports));
        (!is_right).then(|| WrongAccount {
            address,
            lamports,
            expected_lamports: u64::try_from(expected).unwrap_or(0),
        })
    }

    /// Every transfer in a block costs its payer one fee.
    fn charge_fee(&mut self, payer: usize) {
        self.change(payer, i128::from(FEE_LAMPORTS).saturating_neg());
        self.in_blocks = self.in_blocks.saturating_add(1);
    }

    fn change(&mut self, account: usize, lamports: i128) {
        let change = &mut self.changes[account];
        *change = change.saturating_add(lamports);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BEFORE: u64 = 1_000_000;

    fn books() -> Books {
        let keys = Arc::new(Keys::derive(1, 3, 1));
        Books::new(Plan::new(3), keys, vec![BEFORE; 3])
    }

    /// The balances after transfers number 0 and 1: account 0 pays 1, account 1 pays 2.
    fn after() -> [u64; 3] {
        let [first, second] = [0, 1].map(|index| Plan::new(3).transfer(index).lamports);
        let paid = |lamports: u64| BEFORE.saturating_sub(lamports).saturating_sub(FEE_LAMPORTS);
        [
            paid(first),
            paid(second).saturating_add(first),
            BEFORE.saturating_add(second),
        ]
    }

    #[test]
    fn every_account_must_hold_what_its_transfers_left() {
        let mut books = books();
        books.enter_success(0);
        books.enter_success(1);
        let right = books.compare(&after());
        assert!(right.holds && right.wrong_accounts == 0, "{right:?}");

        // The sum is right in each case; only the single accounts show what happened.
        let nothing_moved = [BEFORE - FEE_LAMPORTS, BEFORE - FEE_LAMPORTS, BEFORE];
        let [first, second, third] = after();
        let moved_elsewhere = [first, second + 1, third - 1];
        for (balances, wrong) in [(nothing_moved, 3), (moved_elsewhere, 2)] {
            let result = books.compare(&balances);
            assert_eq!(
                (result.holds, result.wrong_accounts),
                (false, wrong),
                "{result:?}"
            );
            assert_eq!(result.after_lamports, right.after_lamports);
        }
    }

    #[test]
    fn a_failed_transfer_costs_its_payer_the_fee_alone() {
        let mut books = books();
        books.enter_failure(1);
        let balances = [BEFORE, BEFORE - FEE_LAMPORTS, BEFORE];
        assert!(books.compare(&balances).holds);
        let result = books.compare(&[BEFORE - FEE_LAMPORTS, BEFORE, BEFORE]);
        let first = result.first_wrong.unwrap();
        assert_eq!(
            (first.address, first.expected_lamports),
            (books.addresses()[0], BEFORE)
        );
        assert!(!result.holds && result.wrong_accounts == 2);
    }

    #[test]
    fn an_unknown_outcome_allows_both_and_nothing_else() {
        let mut books = books();
        books.enter_success(0);
        books.enter_unknown(1);
        assert!(books.compare(&after()).holds, "it succeeded");
        let [first, _, _] = after();
        let moved = Plan::new(3).transfer(0).lamports;
        assert!(
            books.compare(&[first, BEFORE + moved, BEFORE]).holds,
            "it is in no block"
        );
        assert!(
            !books.compare(&[first, BEFORE + moved + 1, BEFORE - 1]).holds,
            "neither outcome leaves these balances"
        );
    }
}
