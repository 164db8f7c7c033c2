//! Proofs of accounts: the first byte says which keys are asked for, the rest is the proof.
//!
//! The tree is always the same, so there is one proof for each set of keys, and no other bytes may pass.

use isobath_sdk::Pubkey;
use isobath_sdk::chain::account::{Account, AccountLeaf};
use isobath_sdk::proof::{Proven, verify_many};
use isobath_testkit::state_oracle::StateOracle;

/// Keys that can be asked for, of which the first have an account.
const KEYS: u8 = 8;
const ACCOUNTS: u8 = 5;

const fn key(number: u8) -> Pubkey {
    Pubkey([number; 32])
}

fn account(key: &Pubkey) -> AccountLeaf {
    let mut account = Account::new(u64::from(key.0[0]) + 1, Pubkey([9; 32]));
    account.data = vec![key.0[0]; 10].into();
    account.leaf_fields(key)
}

fn tree() -> StateOracle {
    let mut tree = StateOracle::default();
    for key in (0..ACCOUNTS).map(key) {
        tree.set(&key, Some(account(&key).hash()));
    }
    tree
}

/// The keys of a set.
fn asked(set: u8) -> Vec<Pubkey> {
    let numbers = (0..KEYS).filter(|number| set >> number & 1 == 1);
    numbers.map(key).collect()
}

/// A proof passes if and only if it is the one that the oracle makes, and shows what there is.
pub(super) fn check(bytes: &[u8]) -> bool {
    let Some((set, proof)) = bytes.split_first() else {
        return false;
    };
    let (tree, keys) = (tree(), asked(*set));
    let proven = verify_many(&tree.root(), &keys, proof);
    let expected = (!keys.is_empty()).then(|| tree.prove(&keys, account));
    assert_eq!(proven.is_ok(), expected.as_deref() == Some(proof));
    let Ok(proven) = proven else {
        return false;
    };
    for (key, proven) in keys.iter().zip(proven) {
        match proven {
            Proven::Present(leaf) => assert_eq!(leaf, account(key)),
            Proven::Absent => assert!(key.0[0] >= ACCOUNTS),
        }
    }
    true
}

/// The proof of each set of keys.
pub(super) fn samples() -> Vec<Vec<u8>> {
    let tree = tree();
    let sample = |set| [vec![set], tree.prove(&asked(set), account)].concat();
    (1..=u8::MAX).map(sample).collect()
}
