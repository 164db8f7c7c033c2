//! What the transfers of a run leave on the accounts, and the comparison with what the node holds.

use anyhow::{Context, bail};
use isobath_node::Node;

use crate::workload::{FUNDS_LAMPORTS, Transfer, Workload};

/// The workload, and the balance that each of its accounts must have after the transfers made so far.
pub(super) struct Books {
    workload: Workload,
    fee_lamports: u64,
    balances: Vec<u64>,
}

impl Books {
    pub(super) fn new(workload: Workload, fee_lamports: u64) -> Self {
        Self {
            balances: vec![FUNDS_LAMPORTS; workload.addresses().len()],
            workload,
            fee_lamports,
        }
    }

    /// The wire bytes of the next transfers, all of which must be executed; they lack a blockhash.
    pub(super) fn next(&mut self, count: u64) -> Vec<Vec<u8>> {
        (0..count)
            .map(|_| {
                let (transfer, wire) = self.workload.next_transfer();
                self.enter(transfer);
                wire
            })
            .collect()
    }

    fn enter(&mut self, transfer: Transfer) {
        let Transfer { from, to, lamports } = transfer;
        let paid = lamports.saturating_add(self.fee_lamports);
        let payer = &mut self.balances[from];
        *payer = payer
            .checked_sub(paid)
            .expect("the genesis funds all transfers of a run");
        let receiver = &mut self.balances[to];
        *receiver = receiver
            .checked_add(lamports)
            .expect("far from the end of the numbers");
    }

    /// Compares every account with the published view, and the sum of all accounts with the capitalization.
    ///
    /// # Errors
    /// When a balance or the sum is wrong, or the accounts cannot be read.
    pub(super) fn check(&self, node: &Node) -> anyhow::Result<()> {
        let (addresses, expected) = (self.workload.addresses(), &self.balances);
        let read = node.published().read_accounts(|accounts| {
            let held = |address| accounts.get(address).map_or(0, |account| account.lamports);
            let wrong = addresses.iter().zip(expected);
            let wrong = wrong.filter(|(address, expected)| held(address) != **expected);
            let sums_agree = accounts.sum_lamports() == u128::from(accounts.capitalization());
            (wrong.count(), sums_agree)
        });
        let (wrong, sums_agree) = read.context("cannot read the accounts")?;
        if wrong > 0 {
            bail!(
                "{wrong} of {} accounts do not hold what their transfers left",
                addresses.len()
            );
        }
        if !sums_agree {
            bail!("the sum of all accounts is not the capitalization of the chain");
        }
        Ok(())
    }
}
