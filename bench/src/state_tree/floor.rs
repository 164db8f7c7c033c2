//! What no engine for the same tree can do without: each branch above a changed account hashed once, and one look-up of
//! the account.
//!
//! The branches are hashed in a row, with the kernels of the tree and full lanes, over children that lie ready. Not counted
//! are the paths of the keys, although they follow from the format, since a store could keep them.

use std::hint::black_box;
use std::time::Duration;

use isobath_sdk::chain::state_tree::{HASH_GROUP, StatePath, hash_branches};
use isobath_timing::ProcessTime;

use super::accounts::{Accounts, Change};

/// Branches of the tree over these accounts (prefixes of paths in order) that change with `changes`.
pub(super) fn needed_branches(accounts: &[u64], changes: &[Change]) -> u64 {
    let mut changed: Vec<u64> = changes
        .iter()
        .map(|(key, _)| StatePath::of(key).prefix())
        .collect();
    changed.sort_unstable();
    needed(accounts, &changed)
}

/// The same within a part of the tree.
fn needed(accounts: &[u64], changed: &[u64]) -> u64 {
    let ([first, .., last], false) = (accounts, changed.is_empty()) else {
        return 0;
    };
    let bit = (first ^ last).leading_zeros();
    let below = u64::MAX.checked_shr(bit).unwrap_or(0);
    let (start, end) = (first & !below, first | below);
    let from = changed.partition_point(|prefix| *prefix < start);
    let to = changed.partition_point(|prefix| *prefix <= end);
    let changed = &changed[from..to];
    if changed.is_empty() {
        return 0;
    }
    let middle = end.wrapping_sub(below >> 1);
    let [accounts, changed] =
        [accounts, changed].map(|part| part.split_at(part.partition_point(|prefix| *prefix < middle)));
    needed(accounts.0, changed.0)
        .saturating_add(needed(accounts.1, changed.1))
        .saturating_add(1)
}

/// CPU time of hashing so many branches and looking up every changed account.
pub(super) fn time(branches: u64, changes: &[Change], accounts: &Accounts) -> Duration {
    let inputs = [[7; 64]; HASH_GROUP];
    let inputs = inputs.each_ref();
    let mut hashes = [[0; 32]; HASH_GROUP];
    let groups = branches.div_ceil(HASH_GROUP as u64);
    let start = ProcessTime::now();
    for _ in 0..groups {
        hash_branches(9, black_box(&inputs), &mut hashes);
    }
    black_box(&hashes);
    let found = changes.iter().filter(|(key, _)| accounts.has(key)).count();
    black_box(found);
    start.elapsed()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn branches_above_changes_are_needed() {
        let at = |byte: u64| byte << 56;
        let accounts = [0x00, 0x10, 0x80, 0x81].map(at);
        assert_eq!(needed(&accounts, &[]), 0);
        assert_eq!(needed(&accounts, &[at(0x00)]), 2);
        assert_eq!(needed(&accounts, &[at(0x80), at(0x81)]), 2);
        assert_eq!(needed(&accounts, &accounts), 3);
        // An account that went from between the halves: the branch at the top alone covers its path.
        assert_eq!(needed(&accounts, &[at(0x40)]), 1);
        assert_eq!(needed(&accounts[..1], &accounts), 0);
    }
}
