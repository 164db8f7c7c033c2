//! Roots are a function of the accounts alone.

use isobath_accounts_db::tree::StateTree;
use isobath_sdk::chain::helpers::NoHelpers;
use isobath_sdk::{Hash, Pubkey};
use isobath_testkit::Random;

use crate::accounts::{Backwards, Pair, hash, key, pair_of, random_steps};

#[test]
fn an_empty_tree_has_the_root_of_no_accounts() {
    let tree = StateTree::new();
    assert_eq!(tree.root(), Pair::default().oracle.root());
    assert_eq!(tree.count(), 0);
}

#[test]
fn few_accounts_have_the_root_of_the_oracle() {
    for count in 0..40 {
        pair_of(count);
    }
}

#[test]
fn any_split_and_order_of_the_changes_gives_one_root() {
    let mut random = Random::new(1);
    let changes: Vec<(Pubkey, Option<Hash>)> = (0..3_000)
        .map(|number| (key(number), Some(hash(&mut random))))
        .collect();
    let whole = StateTree::new().update(&changes, &NoHelpers);
    for batch_len in [1, 7, 100, 999, 2_999] {
        let mut shuffled = changes.clone();
        for last in (1..shuffled.len()).rev() {
            shuffled.swap(last, random.below(last + 1));
        }
        let tree = StateTree::new();
        for batch in shuffled.chunks(batch_len) {
            tree.update(batch, &Backwards(3));
        }
        assert_eq!(
            (tree.root(), tree.count()),
            (whole.root, whole.count),
            "{batch_len}"
        );
    }
}

#[test]
fn what_came_and_went_leaves_no_trace() {
    let mut pair = pair_of(200);
    let root = pair.tree.root();
    for count in [1, 10, 5_000] {
        let opened: Vec<_> = (200..200 + count).map(|number| (key(number), Some(9))).collect();
        pair.update(&opened, &NoHelpers);
        assert_ne!(pair.tree.root(), root);
        let closed: Vec<_> = opened.iter().map(|(key, _)| (*key, None)).collect();
        pair.update(&closed, &NoHelpers);
        assert_eq!(pair.tree.root(), root, "{count}");
    }
}

#[test]
fn random_sequences_have_the_roots_of_the_oracle() {
    for seed in 0..20 {
        let mut random = Random::new(seed);
        let mut pair = Pair::default();
        let keys = random.pick(&[3, 30, 300, 3_000]);
        for _ in 0..20 {
            let count = random.below(keys) + 1;
            let closing = random.chance(3, 4);
            let steps = random_steps(&mut random, keys, count, closing);
            let threads = random.below(4) + 1;
            pair.update(&steps, &Backwards(threads));
        }
        // Down to nothing.
        let all: Vec<_> = pair.oracle.keys().into_iter().map(|key| (key, None)).collect();
        pair.update(&all, &NoHelpers);
        assert_eq!(pair.tree.root(), StateTree::new().root(), "seed {seed}");
    }
}

#[test]
fn closing_an_account_that_does_not_exist_changes_nothing() {
    let mut pair = pair_of(50);
    let root = pair.tree.root();
    pair.update(&[(key(1_000), None), (key(1_001), None)], &NoHelpers);
    assert_eq!(pair.tree.root(), root);
    let updated = pair.tree.update(&[], &NoHelpers);
    assert_eq!((updated.root, updated.branches_hashed), (root, 0));
}

#[test]
#[should_panic(expected = "no hash is zero")]
fn a_leaf_of_zeros_is_refused() {
    StateTree::new().update(&[(key(1), Some(Hash::ZERO))], &NoHelpers);
}

/// Roots of a few sets of accounts, written by the code that first made them.
#[test]
fn roots_are_frozen() {
    let roots: Vec<String> = [0, 1, 2, 3, 10, 1_000]
        .map(|count| pair_of(count).tree.root().to_string())
        .into();
    assert_eq!(roots, ROOTS);
}

const ROOTS: [&str; 6] = [
    "2VoqNGFRnnxMhmeYSZmrQ2xMX8ReUk5N5xpFVaSET38F",
    "Cfx618drNiLLisnuVbtpCoWoBy6w9NLBFKxkjeb6vP9e",
    "FmKJ8FzK4Xy2a7zSrGtJgarKe1XqHLmWunqCW2Fzyt7Y",
    "6b9bTjjLMJPXbcrV7ivmUTmQwBhqehspHBwnixJnU4MC",
    "FVyxby23n49SEYKbdreSbgKA9c3qKPNtbTcjrokPmbJ6",
    "27kFFSv39ZC9Z7yGy2rHdwkN5p7QzW1wSL5w4TPCzps1",
];
