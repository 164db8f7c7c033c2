//! Proofs of accounts, and of keys without one, each made and verified.

use std::time::Duration;

use isobath_accounts_db::tree::StateTree;
use isobath_sdk::Pubkey;
use isobath_sdk::proof::{Proven, verify};
use isobath_timing::ThreadTime;
use serde::Serialize;

use super::accounts::Accounts;
use crate::figures::per;

/// What came of the proofs.
#[derive(Debug, Default, Serialize)]
pub(super) struct Proofs {
    /// Accounts with a proof that holds, of all that were tried.
    present: u64,
    /// Keys without an account with a proof of that.
    absent: u64,
    /// Proofs that were not made, or do not hold.
    pub(super) failed: u64,
    bytes_mean: f64,
    bytes_max: usize,
    prove_us: f64,
    verify_us: f64,
    #[serde(skip)]
    bytes: u64,
    #[serde(skip)]
    proving: Duration,
    #[serde(skip)]
    verifying: Duration,
}

/// Proves and verifies the first `count` accounts, and as many keys without one.
#[expect(clippy::cast_precision_loss, reason = "sums of small proofs")]
pub(super) fn check(accounts: &Accounts, tree: &StateTree, count: usize, seed: u64) -> Proofs {
    let mut proofs = Proofs::default();
    for key in accounts.keys().iter().take(count) {
        proofs.check(accounts, tree, key);
    }
    for number in 0..count {
        let key = blake3::derive_key(
            "isobath-bench key without an account",
            &[seed, number as u64].map(u64::to_le_bytes).concat(),
        );
        proofs.check(accounts, tree, &Pubkey::new(key));
    }
    let total = per(proofs.present.saturating_add(proofs.absent));
    proofs.bytes_mean = proofs.bytes as f64 / total;
    proofs.prove_us = proofs.proving.as_secs_f64() * 1e6 / total;
    proofs.verify_us = proofs.verifying.as_secs_f64() * 1e6 / total;
    proofs
}

impl Proofs {
    fn check(&mut self, accounts: &Accounts, tree: &StateTree, key: &Pubkey) {
        let root = tree.root();
        let start = ThreadTime::now();
        let proof = tree.prove(&root, std::slice::from_ref(key), |key| accounts.leaf(key));
        self.proving = self.proving.saturating_add(start.elapsed());
        let Ok(proof) = proof else {
            self.failed = self.failed.saturating_add(1);
            return;
        };
        let start = ThreadTime::now();
        let proven = verify(&root, key, &proof);
        self.verifying = self.verifying.saturating_add(start.elapsed());
        let counter = match (proven, accounts.leaf(key)) {
            (Ok(Proven::Present(found)), Some(leaf)) if found == leaf => &mut self.present,
            (Ok(Proven::Absent), None) => &mut self.absent,
            _ => &mut self.failed,
        };
        *counter = counter.saturating_add(1);
        self.bytes = self.bytes.saturating_add(proof.len() as u64);
        self.bytes_max = self.bytes_max.max(proof.len());
    }
}
