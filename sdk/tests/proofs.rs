//! Verification of proofs under state roots: what is accepted, and why the rest is rejected.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
#![allow(clippy::arithmetic_side_effects, reason = "test arithmetic on small numbers")]

use std::collections::BTreeMap;

use isobath_sdk::chain::account::{Account, AccountLeaf};
use isobath_sdk::chain::state_tree::{StatePath, branch_hash, state_root};
use isobath_sdk::proof::{PROOF_KEYS_MAX, ProofError, ProofWriter, Proven, verify, verify_many};
use isobath_sdk::{Hash, Pubkey};
use isobath_testkit::state_oracle::StateOracle;

const fn key(byte: u8) -> Pubkey {
    Pubkey::new([byte; 32])
}

fn leaf(byte: u8) -> AccountLeaf {
    let mut account = Account::new(u64::from(byte) + 1, key(200));
    account.data = vec![byte; 3].into();
    account.leaf_fields(&key(byte))
}

/// Accounts of the first bytes.
struct Tree {
    oracle: StateOracle,
    leaves: BTreeMap<Pubkey, AccountLeaf>,
}

impl Tree {
    fn new(count: u8) -> Self {
        let mut oracle = StateOracle::default();
        let leaves: BTreeMap<_, _> = (0..count).map(|byte| (key(byte), leaf(byte))).collect();
        leaves
            .iter()
            .for_each(|(key, leaf)| oracle.set(key, Some(leaf.hash())));
        Self { oracle, leaves }
    }

    fn prove(&self, keys: &[Pubkey]) -> Vec<u8> {
        self.oracle.prove(keys, |key| self.leaves[key])
    }
}

#[test]
fn accounts_and_keys_without_one_are_proven() {
    for count in [0, 1, 2, 3, 100] {
        let tree = Tree::new(count);
        let root = tree.oracle.root();
        for byte in 0..=u8::MAX {
            let proven = verify(&root, &key(byte), &tree.prove(&[key(byte)])).unwrap();
            match proven {
                Proven::Present(found) => {
                    assert!(byte < count);
                    assert_eq!(found, leaf(byte));
                    assert!(found.has_data(&[byte; 3]));
                }
                Proven::Absent => assert!(byte >= count),
            }
        }
        let all: Vec<Pubkey> = (0..=u8::MAX).map(key).collect();
        let proven = verify_many(&root, &all, &tree.prove(&all)).unwrap();
        for (proven, byte) in proven.iter().zip(0..=u8::MAX) {
            let expected = if byte < count {
                Proven::Present(leaf(byte))
            } else {
                Proven::Absent
            };
            assert_eq!(*proven, expected);
        }
    }
}

/// What verification says of a proof for `key(0)` in a tree of five accounts, after `change` of its bytes.
fn verdict(change: impl FnOnce(&mut Vec<u8>)) -> Result<Proven, ProofError> {
    let tree = Tree::new(5);
    let mut proof = tree.prove(&[key(0)]);
    change(&mut proof);
    verify(&tree.oracle.root(), &key(0), &proof)
}

#[test]
fn a_rejection_says_why() {
    assert_eq!(verdict(|_| ()), Ok(Proven::Present(leaf(0))));
    assert_eq!(verdict(Vec::clear), Err(ProofError::Truncated));
    assert_eq!(verdict(|proof| proof.push(0)), Err(ProofError::TrailingBytes));
    assert_eq!(
        verdict(|proof| proof[0] = 2),
        Err(ProofError::UnsupportedVersion(2))
    );
    assert_eq!(verdict(|proof| proof[1] = 6), Err(ProofError::RootMismatch));
    assert_eq!(verdict(|proof| proof[9] = 4), Err(ProofError::UnknownKind(4)));
    assert_eq!(verdict(|proof| proof[9] = 1), Err(ProofError::NeedlessPart));
    assert_eq!(verdict(|proof| proof[9] ^= 1), Err(ProofError::MissingPart));
    assert_eq!(
        verdict(|proof| *proof.last_mut().unwrap() = 2),
        Err(ProofError::InvalidLeaf)
    );
    assert_eq!(
        verdict(|proof| proof.truncate(proof.len() - 1)),
        Err(ProofError::InvalidLeaf)
    );
    assert_eq!(
        verdict(|proof| proof[9 + 2 + 5] ^= 1),
        Err(ProofError::RootMismatch)
    );
}

#[test]
fn the_number_of_keys_is_bounded() {
    let root = Tree::new(0).oracle.root();
    let proof = Tree::new(0).prove(&[]);
    assert_eq!(verify_many(&root, &[], &proof), Err(ProofError::NoKeys));
    let keys = vec![key(0); PROOF_KEYS_MAX];
    assert_eq!(
        verify_many(&root, &keys, &proof),
        Ok(vec![Proven::Absent; PROOF_KEYS_MAX])
    );
    let keys = vec![key(0); PROOF_KEYS_MAX + 1];
    assert_eq!(
        verify_many(&root, &keys, &proof),
        Err(ProofError::TooManyKeys(PROOF_KEYS_MAX + 1))
    );
}

/// The maker of a proof lets the look-up of an account turn at a bit of their choice, where it leads to another leaf.
#[test]
fn a_branch_at_a_bit_of_its_own_does_not_hide_an_account() {
    let tree = Tree::new(2);
    let root = tree.oracle.root();
    let [present, other] = [0, 1].map(|byte| StatePath::of(&key(byte)));
    let bit = present.first_difference(&other).unwrap();
    let shared = (0..=u8::MAX)
        .find(|at| *at != bit && present.bit(*at) == other.bit(*at) && *at > 0)
        .unwrap();
    let mut writer = ProofWriter::new(2);
    if present.bit(shared) {
        writer.right(shared, &leaf(0).hash().0);
    } else {
        writer.left(shared, &leaf(0).hash().0);
    }
    writer.leaf(&leaf(1));
    assert_eq!(
        verify(&root, &key(0), &writer.finish()),
        Err(ProofError::RootMismatch)
    );
}

/// Bits that do not ascend would let a proof be as deep as it is long.
#[test]
fn bits_ascend() {
    let path = StatePath::of(&key(0));
    let sibling = [1; 32];
    let mut writer = ProofWriter::new(9);
    let mut top = leaf(0).hash().0;
    let bits = [3, 3];
    for bit in bits {
        let side = if path.bit(bit) {
            ProofWriter::right
        } else {
            ProofWriter::left
        };
        side(&mut writer, bit, &sibling);
        top = match path.bit(bit) {
            true => branch_hash(bit, &sibling, &top),
            false => branch_hash(bit, &top, &sibling),
        };
    }
    writer.leaf(&leaf(0));
    let root = state_root(9, Some(&top));
    assert_eq!(
        verify(&root, &key(0), &writer.finish()),
        Err(ProofError::BitOrder(3))
    );
}

/// A proof of three accounts, byte by byte, as the code that first made it wrote it.
#[test]
fn the_format_is_frozen() {
    let tree = Tree::new(3);
    let proof = tree.prove(&[key(0), key(1), key(9)]);
    assert!(verify_many(&tree.oracle.root(), &[key(0), key(1), key(9)], &proof).is_ok());
    let hex: String = proof.iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!((tree.oracle.root().to_string().as_str(), hex.as_str()), FROZEN);
}

#[rustfmt::skip]
const FROZEN: (&str, &str) = (
    "GpSvHuUr4mimP7YfdzF7EDE1bEa6VS966KHRaN2d12aH",
    "0103000000000000000100000000000000000000000000000000000000000000000000000000000000000000c8c8c8c8\
     c8c8c8c8c8c8c8c8c8c8c8c8c8c8c8c8c8c8c8c8c8c8c8c8c8c8c8c8ac50c27e33df76f9871628b88eb3f813a8f0c67c\
     625ad3940f0dffe92aede78e010000000000000003000000000000000000000000000000000303fe04bb4293a1865200\
     e635e9c30fd640f71757d8896dd8b5e9ceecc1264ecca300010101010101010101010101010101010101010101010101\
     0101010101010101c8c8c8c8c8c8c8c8c8c8c8c8c8c8c8c8c8c8c8c8c8c8c8c8c8c8c8c8c8c8c8c86d457846db4eed50\
     4036f0fff8798e8ee725c433fc5871a5a2cc2634fbb06078020000000000000003000000000000000000000000000000\
     00",
);

#[test]
fn a_root_is_no_hash_of_a_part() {
    let tree = Tree::new(1);
    let proof = tree.prove(&[key(0)]);
    let leaf: Hash = leaf(0).hash();
    assert_eq!(verify(&leaf, &key(0), &proof), Err(ProofError::RootMismatch));
}
