//! Proofs: what they show, that nothing else passes, and how long they are.

use isobath_accounts_db::tree::ProveError;
use isobath_sdk::chain::helpers::NoHelpers;
use isobath_sdk::proof::{PROOF_KEYS_MAX, Proven, verify, verify_many};
use isobath_sdk::{Hash, Pubkey};
use isobath_testkit::Random;

use crate::accounts::{Pair, key, leaf, pair_of, random_steps};

/// What a proof should show.
fn expected(pair: &Pair, key: &Pubkey) -> Proven {
    pair.leaves
        .get(key)
        .map_or(Proven::Absent, |leaf| Proven::Present(*leaf))
}

#[test]
fn every_key_of_small_trees_and_keys_that_are_not_there_are_proven() {
    for count in [0, 1, 2, 3, 17, 1_000] {
        let pair = pair_of(count);
        for number in (0..count).chain(1_000_000..1_000_200) {
            let key = key(number);
            // The oracle makes its proof from the whole tree.
            let proof = if number % 20 == 0 {
                pair.prove(&[key])
            } else {
                prove(&pair, &key)
            };
            let proven = verify(&pair.tree.root(), &key, &proof).unwrap();
            assert_eq!(proven, expected(&pair, &key), "{number} of {count}");
        }
    }
}

#[test]
fn many_keys_are_proven_at_once() {
    let mut random = Random::new(3);
    for count in [1, 2, 3, 50, 500] {
        let pair = pair_of(count);
        for _ in 0..30 {
            let keys: Vec<Pubkey> = (0..=random.below(60))
                .map(|_| key(random.next_u64() % (count * 2)))
                .collect();
            let proof = pair.prove(&keys);
            let proven = verify_many(&pair.tree.root(), &keys, &proof).unwrap();
            let expected: Vec<Proven> = keys.iter().map(|key| expected(&pair, key)).collect();
            assert_eq!(proven, expected);
        }
    }
}

#[test]
fn every_proof_with_a_byte_changed_is_rejected() {
    for count in [0, 1, 2, 3, 9] {
        let pair = pair_of(count);
        let root = pair.tree.root();
        for keys in [vec![key(0)], vec![key(1_000)], vec![key(1), key(2), key(500)]] {
            let proof = pair.prove(&keys);
            verify_many(&root, &keys, &proof).unwrap();
            for at in 0..proof.len() {
                for difference in 1..=u8::MAX {
                    let mut damaged = proof.clone();
                    damaged[at] ^= difference;
                    assert!(
                        verify_many(&root, &keys, &damaged).is_err(),
                        "byte {at} of {count}"
                    );
                }
                assert!(verify_many(&root, &keys, &proof[..at]).is_err());
            }
            assert!(verify_many(&root, &keys, &[proof.as_slice(), &[0]].concat()).is_err());
        }
    }
}

#[test]
fn a_proof_shows_nothing_under_another_root_or_about_another_key() {
    let pair = pair_of(100);
    let root = pair.tree.root();
    let proof = pair.prove(&[key(0)]);
    assert!(verify(&Hash([1; 32]), &key(0), &proof).is_err());
    let mut still_proven = 0;
    for number in 1..200 {
        // The look-up of a key that is not there may end at the same leaf.
        if let Ok(proven) = verify(&root, &key(number), &proof) {
            assert_eq!(proven, expected(&pair, &key(number)));
            still_proven += 1;
        }
    }
    assert!(still_proven < 10, "{still_proven}");
}

#[test]
fn the_root_before_is_served_after_an_update_and_then_forgotten() {
    let mut random = Random::new(4);
    for keys in [20, 200, 1_500] {
        let mut pair = pair_of(keys as u64 / 2);
        for _ in 0..4 {
            let (root, oracle, leaves) = (pair.tree.root(), pair.oracle.clone(), pair.leaves.clone());
            let count = random.below(keys) + 1;
            let steps = random_steps(&mut random, keys * 2, count, true);
            pair.update(&steps, &NoHelpers);
            for _ in 0..10 {
                let keys = [key(random.below(keys * 2) as u64), key(random.next_u64())];
                let account = |key: &Pubkey| leaves.get(key).copied();
                let proof = pair.tree.prove(&root, &keys, account).unwrap();
                assert_eq!(proof, oracle.prove(&keys, |key| leaves[key]));
                pair.prove(&keys);
            }
            pair.update(&[(key(77), Some(random.next_u64() | 1))], &NoHelpers);
            let forgotten = pair.tree.prove(&root, &[key(0)], |_| None);
            assert_eq!(forgotten, Err(ProveError::UnknownRoot(root)));
        }
    }
}

/// An update from few accounts to many splits all pages, and one from many to few joins them.
#[test]
fn the_root_before_is_served_where_pages_were_split_or_joined() {
    const FEW: u64 = 40;
    const MANY: u64 = 900;
    let mut pair = pair_of(FEW);
    for lamports in [Some(5), None] {
        let (root, oracle, leaves) = (pair.tree.root(), pair.oracle.clone(), pair.leaves.clone());
        let steps: Vec<_> = (FEW..MANY).map(|number| (key(number), lamports)).collect();
        pair.update(&steps, &NoHelpers);
        for number in (0..MANY + 50).step_by(13) {
            let account = |key: &Pubkey| leaves.get(key).copied();
            let proof = pair.tree.prove(&root, &[key(number)], account).unwrap();
            assert_eq!(proof, oracle.prove(&[key(number)], |key| leaves[key]));
        }
    }
    pair.prove(&[key(0), key(MANY)]);
}

#[test]
fn the_number_of_keys_is_bounded() {
    let pair = pair_of(3);
    let prove = |keys: &[Pubkey]| {
        pair.tree
            .prove(&pair.tree.root(), keys, |key| pair.leaves.get(key).copied())
    };
    assert_eq!(prove(&[]), Err(ProveError::KeyCount(0)));
    let keys = vec![key(0); PROOF_KEYS_MAX + 1];
    assert_eq!(prove(&keys), Err(ProveError::KeyCount(PROOF_KEYS_MAX + 1)));
    assert!(prove(&keys[1..]).is_ok());
}

#[test]
fn an_account_of_another_time_makes_no_proof() {
    let pair = pair_of(10);
    let other = leaf(&key(3), 999);
    let proof = pair.tree.prove(&pair.tree.root(), &[key(3)], |_| Some(other));
    assert_eq!(proof, Err(ProveError::AccountMissing(key(3))));
    let proof = pair.tree.prove(&pair.tree.root(), &[key(3)], |_| None);
    assert_eq!(proof, Err(ProveError::AccountMissing(key(3))));
}

/// Keys that differ in their last bytes alone are as deep as any others.
#[test]
fn keys_that_share_their_beginning_deepen_no_path() {
    const COUNT: u64 = 10_000;
    let similar = |number: u64| {
        let mut key = [0xaa; 32];
        key[24..].copy_from_slice(&number.to_be_bytes());
        Pubkey::new(key)
    };
    let mut pair = pair_of(1_000);
    let steps: Vec<_> = (0..COUNT).map(|number| (similar(number), Some(1))).collect();
    pair.update(&steps, &NoHelpers);
    let depths: Vec<usize> = (0..COUNT)
        .map(|number| branches(&pair, &similar(number)))
        .collect();
    // Of random paths to 11,000 accounts none comes near 40, and the mean is 0.33 above the logarithm, which is 13.43.
    assert!(
        depths.iter().all(|depth| *depth < 40),
        "{:?}",
        depths.iter().max()
    );
    let hundredths = depths.iter().sum::<usize>() * 100 / depths.len();
    assert!((1_366..1_386).contains(&hundredths), "{hundredths}");
}

fn prove(pair: &Pair, key: &Pubkey) -> Vec<u8> {
    let account = |key: &Pubkey| pair.leaves.get(key).copied();
    pair.tree.prove(&pair.tree.root(), &[*key], account).unwrap()
}

/// Branches above an account, by the length of its proof.
fn branches(pair: &Pair, key: &Pubkey) -> usize {
    (prove(pair, key).len() - 9 - 122) / 34
}
