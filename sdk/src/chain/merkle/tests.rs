//! The tree against three oracles, and pinned roots.

#![expect(clippy::arithmetic_side_effects, reason = "test arithmetic on small numbers")]

use super::*;

/// Builds a tree from leaves given one by one, keeping only the finished left subtrees.
///
/// Invariant: after `n` leaves there is one pending node per set bit of `n`, largest subtree first.
#[derive(Clone, Debug, Default)]
struct MerkleBuilder {
    pending: Vec<Hash>,
    count: u64,
}

impl MerkleBuilder {
    /// Appends a leaf.
    fn push(&mut self, leaf: Hash) {
        // A new leaf completes one subtree for every trailing one bit of the count, like the carry of a counter.
        let mut node = leaf;
        for _ in 0..self.count.trailing_ones() {
            let left = self
                .pending
                .pop()
                .expect("one pending node per set bit of the count");
            node = parent(&left, &node);
        }
        self.pending.push(node);
        self.count = self.count.checked_add(1).expect("2^64 leaves cannot be pushed");
    }

    /// The root over the leaves so far.
    fn finish(self) -> Hash {
        let top = self
            .pending
            .into_iter()
            .rev()
            .reduce(|right, left| parent(&left, &right));
        top.map_or(EMPTY_ROOT, |top| root(self.count, &top))
    }
}

fn parent(left: &Hash, right: &Hash) -> Hash {
    let mut hasher = tagged(Tag::MerkleNode);
    hasher.update(&left.0);
    hasher.update(&right.0);
    finish(&hasher)
}

fn builder_root(leaves: &[Hash]) -> Hash {
    let mut builder = MerkleBuilder::default();
    for leaf in leaves {
        builder.push(*leaf);
    }
    builder.finish()
}

/// The tree by its recursive definition: the left part is the largest power of two below the number of leaves.
fn oracle_node(leaves: &[Hash]) -> Hash {
    if let [leaf] = leaves {
        return *leaf;
    }
    let mut split = 1;
    while split * 2 < leaves.len() {
        split *= 2;
    }
    let mut bytes = oracle_node(&leaves[..split]).0.to_vec();
    bytes.extend(oracle_node(&leaves[split..]).0);
    Hash(blake3::derive_key(Tag::MerkleNode.context(), &bytes))
}

fn oracle_root(leaves: &[Hash]) -> Hash {
    let mut bytes = u64::try_from(leaves.len()).unwrap().to_le_bytes().to_vec();
    if !leaves.is_empty() {
        bytes.extend(oracle_node(leaves).0);
    }
    Hash(blake3::derive_key(Tag::MerkleRoot.context(), &bytes))
}

/// The tree by the words of the module docs: pair each level, promote the odd node.
fn level_root(leaves: &[Hash]) -> Hash {
    let mut level = leaves.to_vec();
    while level.len() > 1 {
        level = level
            .chunks(2)
            .map(|pair| pair.get(1).map_or(pair[0], |right| parent(&pair[0], right)))
            .collect();
    }
    root(u64::try_from(leaves.len()).unwrap(), &level[0])
}

fn leaves(count: u32) -> Vec<Hash> {
    (0..count)
        .map(|index| Hash(blake3::derive_key("merkle test leaf", &index.to_le_bytes())))
        .collect()
}

#[test]
fn empty_root_is_the_hash_of_a_zero_count() {
    assert_eq!(EMPTY_ROOT, oracle_root(&[]));
    assert_eq!(merkle_root(&[]), EMPTY_ROOT);
}

#[test]
fn root_equals_the_oracles() {
    let all = leaves(300);
    for count in 1..=all.len() {
        let some = &all[..count];
        let root = merkle_root(some);
        assert_eq!(root, oracle_root(some), "{count} leaves");
        assert_eq!(root, level_root(some), "{count} leaves");
        assert_eq!(root, builder_root(some), "{count} leaves");
    }
}

#[test]
fn root_of_many_leaves_equals_the_builder() {
    let all = leaves(70_000);
    let mut count = 301;
    while count < all.len() {
        let some = &all[..count];
        assert_eq!(merkle_root(some), builder_root(some), "{count} leaves");
        // Steps that meet counts of every remainder by the lanes, near powers of two and far from them.
        count += count / 3 + 1;
    }
    for near in [512, 1024, 4096, 65_536] {
        for count in near - 1..=near + 1 {
            let some = &all[..count];
            assert_eq!(merkle_root(some), builder_root(some), "{count} leaves");
        }
    }
}

#[test]
fn root_depends_on_order_count_and_every_leaf() {
    let all = leaves(7);
    let root = merkle_root(&all);
    for index in 0..all.len() {
        let mut changed = all.clone();
        changed[index].0[31] ^= 1;
        assert_ne!(merkle_root(&changed), root);
        let mut shorter = all.clone();
        shorter.remove(index);
        assert_ne!(merkle_root(&shorter), root);
    }
    let mut swapped = all;
    swapped.swap(0, 1);
    assert_ne!(merkle_root(&swapped), root);
}

#[test]
fn a_node_cannot_stand_for_its_leaves() {
    let all = leaves(3);
    let pair = parent(&all[0], &all[1]);
    assert_ne!(merkle_root(&all), merkle_root(&[pair, all[2]]));
    assert_ne!(merkle_root(&all[..1]), all[0]);
}

#[test]
fn roots_are_pinned() {
    let roots: Vec<(u32, String)> = PINNED
        .iter()
        .map(|(count, _)| (*count, merkle_root(&leaves(*count)).to_string()))
        .collect();
    let pinned: Vec<(u32, String)> = PINNED
        .iter()
        .map(|(count, root)| (*count, (*root).to_owned()))
        .collect();
    assert_eq!(roots, pinned);
}

/// Leaf count and root, over leaves that are the `derive_key` hashes of their indexes.
const PINNED: &[(u32, &str)] = &[
    (0, "6oWHMcBUCC6sAHWxEasxPPzDf4NM93go9T2c4R69HdVm"),
    (1, "8Nd4qYuENEvvSoL2MZP9JkXQo6zs5qYdAowDdt5bLcq9"),
    (2, "3QPCmbbDFKEncQkWtwJTh64LcXbvo274tpEBLkSPCbqH"),
    (3, "52skcTAEFptGEojaDAzkLdLJG6XQJvUpi6AUSC3L4v9X"),
    (4, "8a4H7nUDogU6rkszzpJmfiHTa1JUAZkN3UTvvacoeA1c"),
    (5, "9QiUoLBh2hep151bWub94tpi7vKWYPAnVv8rVrerrTYB"),
    (1000, "8ZoGudQo6VzZNRjwn8YAnXSeKYFCH1vqe72zt4j5J9sr"),
];

#[test]
fn ranges_that_are_hashed_apart_give_the_same_root() {
    let all = leaves(1_000);
    for range_len in [1, 2, 16, 64] {
        for count in (0..40).chain([63, 64, 65, 127, 128, 129, 1_000]) {
            let some = &all[..count];
            let ranges: Vec<MerkleRange> = some.chunks(range_len).map(range_of).collect();
            assert_eq!(
                root_of_ranges(&ranges),
                merkle_root(some),
                "{count} by {range_len}"
            );
        }
    }
}

#[test]
#[should_panic(expected = "ranges are equally long")]
fn a_range_in_the_middle_is_not_shorter() {
    let all = leaves(11);
    let _ = root_of_ranges(&[range_of(&all[..4]), range_of(&all[4..7]), range_of(&all[7..])]);
}

fn range_of(leaves: &[Hash]) -> MerkleRange {
    leaves.iter().copied().collect::<MerkleLeaves>().into_range()
}
