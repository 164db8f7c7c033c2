//! Every hash of a block, spelled out: one context for each type, one plain tree (contract 3).

use blake3::derive_key;
use borsh::BorshSerialize;
use isobath_program_abi::{Hash, Pubkey};
use isobath_sdk::chain::account::Account;
use isobath_sdk::chain::genesis::Genesis;
use isobath_sdk::chain::header::Header;
use isobath_sdk::chain::outcome::Outcome;
use isobath_sdk::chain::record::Delta;
use isobath_sdk::chain::result::BlockResult;

/// The hash of a genesis.
pub(super) fn genesis_hash(genesis: &Genesis) -> Hash {
    hash("isobath 2026-11 genesis v1", &canonical(genesis))
}

/// The blockhash.
pub(super) fn blockhash(header: &Header) -> Hash {
    hash("isobath 2026-11 header v1", &canonical(header))
}

/// The hash of a block's result.
pub(super) fn result_hash(result: &BlockResult) -> Hash {
    hash("isobath 2026-11 block result v1", &canonical(result))
}

/// The root over the bytes of transactions.
pub(super) fn transactions_root(transactions: &[Vec<u8>]) -> Hash {
    let leaf = |wire: &Vec<u8>| hash("isobath 2026-11 transaction leaf v1", wire);
    merkle_root(transactions.iter().map(leaf).collect())
}

/// The root over outcomes.
pub(super) fn outcomes_root<'a>(outcomes: impl Iterator<Item = &'a Outcome>) -> Hash {
    let leaf = |outcome| hash("isobath 2026-11 outcome leaf v1", &canonical(outcome));
    merkle_root(outcomes.map(leaf).collect())
}

/// The root over changed accounts.
pub(super) fn delta_root(delta: &Delta) -> Hash {
    let accounts = delta.accounts.iter();
    merkle_root(
        accounts
            .map(|(key, account)| delta_leaf(key, account.as_ref()))
            .collect(),
    )
}

fn delta_leaf(key: &Pubkey, account: Option<&Account>) -> Hash {
    let Some(account) = account else {
        return hash("isobath 2026-11 tombstone leaf v1", &key.0);
    };
    let data_hash = hash("isobath 2026-11 account data v1", &account.data);
    let mut leaf = key.0.to_vec();
    leaf.extend(account.owner.0);
    leaf.extend(data_hash.0);
    leaf.extend(account.lamports.to_le_bytes());
    leaf.extend((account.data.len() as u64).to_le_bytes());
    leaf.extend(account.last_change_epoch.to_le_bytes());
    leaf.push(u8::from(account.executable));
    leaf.extend([0; 7]);
    hash("isobath 2026-11 account leaf v2", &leaf)
}

/// Pairs the nodes of each level from the left and promotes an odd last one, until one is left; then mixes in the count.
fn merkle_root(leaves: Vec<Hash>) -> Hash {
    let count = (leaves.len() as u64).to_le_bytes().to_vec();
    let mut level = leaves;
    while level.len() > 1 {
        level = level
            .chunks(2)
            .map(|pair| match pair {
                [left, right] => hash("isobath 2026-11 merkle node v1", &[left.0, right.0].concat()),
                _ => pair[0],
            })
            .collect();
    }
    let top = level.first().map_or(Vec::new(), |top| top.0.to_vec());
    hash("isobath 2026-11 merkle root v1", &[count, top].concat())
}

fn hash(context: &str, bytes: &[u8]) -> Hash {
    Hash(derive_key(context, bytes))
}

fn canonical(value: &impl BorshSerialize) -> Vec<u8> {
    borsh::to_vec(value).expect("a vector accepts every write")
}
