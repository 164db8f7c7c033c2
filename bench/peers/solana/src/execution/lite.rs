//! litesvm: the accounts in a hash map, one transaction at a time, without checks of signatures and blockhashes, without
//! history and logs.

use anyhow::{Context as _, anyhow};
use isobath_sdk::Pubkey;
use litesvm::LiteSVM;
use solana_account::Account;
use solana_transaction::versioned::VersionedTransaction;

use super::spent::{Moment, Spent, Stages};
use crate::translate;

pub(super) struct Lite(LiteSVM);

impl Lite {
    pub(super) fn new(keys: &[Pubkey], lamports: u64) -> anyhow::Result<Self> {
        let mut svm = LiteSVM::new()
            .with_sigverify(false)
            .with_blockhash_check(false)
            .with_transaction_history(0)
            .with_log_bytes_limit(Some(0));
        for key in keys {
            let account = Account {
                lamports,
                ..Account::default()
            };
            let set = svm.set_account(translate::key(key), account);
            set.map_err(|error| anyhow!("litesvm refuses an account: {error:?}"))?;
        }
        Ok(Self(svm))
    }

    pub(super) fn block(&mut self, wires: &[Vec<u8>]) -> anyhow::Result<Stages> {
        let start = Moment::now();
        let txs: Result<Vec<VersionedTransaction>, _> =
            wires.iter().map(|wire| bincode::deserialize(wire)).collect();
        let txs = txs.context("a transaction cannot be decoded")?;
        let admit = start.spent();

        let start = Moment::now();
        for tx in txs {
            let sent = self.0.send_transaction(tx);
            sent.map_err(|failed| anyhow!("a transfer failed in litesvm: {:?}", failed.err))?;
        }
        let execute = start.spent();
        Ok(Stages {
            admit,
            execute,
            seal: Spent::default(),
            publish: Spent::default(),
        })
    }

    pub(super) fn lamports(&self, key: &Pubkey) -> Option<u64> {
        self.0.get_balance(&translate::key(key))
    }
}
