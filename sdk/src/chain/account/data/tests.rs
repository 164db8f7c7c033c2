//! Contents after any writes: what a plain vector holds and plain blake3 says; and what a hash of them costs.

#![allow(clippy::arithmetic_side_effects, reason = "test arithmetic on small numbers")]
#![allow(clippy::cast_possible_truncation, reason = "test numbers are small")]

use proptest::prelude::*;
use proptest::sample::select;

use super::*;
use crate::chain::hashing::Tag;

#[test]
fn a_write_copies_what_is_shared_and_nothing_else() {
    let mut data = AccountData::from(vec![1, 2, 3]);
    let address = data.as_ptr();
    data.to_mut()[0] = 9;
    assert_eq!(data.as_ptr(), address, "nobody else held the bytes");
    let before = data.clone();
    assert!(data.is_shared() && data.is_same(&before));
    data.to_mut()[2] = 4;
    assert_eq!(
        (before.as_slice(), data.as_slice()),
        (&[9, 2, 3][..], &[9, 2, 4][..])
    );
    assert!(!data.is_shared() && !data.is_same(&before) && data != before);
}

#[test]
fn empty_contents_are_equal_however_they_came_about() {
    let mut emptied = AccountData::from(vec![1]);
    emptied.resize(0);
    assert_eq!(emptied, AccountData::new());
    assert!(emptied.is_same(&AccountData::new()));
    assert!(AccountData::from(Vec::new()).is_same(&AccountData::new()));
}

#[test]
fn the_canonical_bytes_are_those_of_a_vector() {
    let bytes = vec![7u8; 300];
    let encoded = borsh::to_vec(&AccountData::from(bytes.clone())).unwrap();
    assert_eq!(encoded, borsh::to_vec(&bytes).unwrap());
    let decoded: AccountData = borsh::from_slice(&encoded).unwrap();
    assert_eq!(decoded.as_slice(), bytes);
}

/// Lengths around the borders of chunks (1 KiB), subtrees (16 KiB) and powers of two of subtrees.
fn any_len() -> impl Strategy<Value = usize> {
    let near = (
        select(vec![0, 1, 2, 3, 4, 5, 7, 8, 9, 12, 16]),
        select(vec![0_usize, 1, 2, 1023, 1024, 1025, 16_383]),
    );
    near.prop_map(|(subtrees, bytes)| subtrees * SUBTREE_LEN + bytes)
}

#[derive(Debug, Clone)]
enum Step {
    /// Sets the bytes from an offset on, as far as they are within the contents.
    WriteRange(usize, usize, u8),
    WriteAnywhere(usize, u8),
    Resize(usize),
    /// In a buffer with room, or in place if there is room.
    ResizeWithRoom(usize),
    ResizeAnywhere(usize),
    Hash,
    /// Keeps a copy.
    Save,
    /// Returns to the last copy.
    RollBack,
}

fn any_step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => (any_len(), 0..40_000_usize, any::<u8>()).prop_map(|(at, len, byte)| Step::WriteRange(at, len, byte)),
        4 => (any_len(), any::<u8>()).prop_map(|(at, byte)| Step::WriteRange(at, 1, byte)),
        1 => (any_len(), any::<u8>()).prop_map(|(at, byte)| Step::WriteAnywhere(at, byte)),
        3 => any_len().prop_map(Step::Resize),
        1 => any_len().prop_map(Step::ResizeAnywhere),
        3 => any_len().prop_map(Step::ResizeWithRoom),
        4 => Just(Step::Hash),
        2 => Just(Step::Save),
        2 => Just(Step::RollBack),
    ]
}

/// Contents, and what they must be.
#[derive(Clone)]
struct Pair {
    data: AccountData,
    plain: Vec<u8>,
}

impl Pair {
    fn step(&mut self, step: &Step) {
        match *step {
            Step::WriteRange(at, len, byte) => {
                let range = at.min(self.plain.len())..(at + len).min(self.plain.len());
                self.data.range_mut(range.clone()).unwrap().fill(byte);
                self.plain[range].fill(byte);
            }
            Step::WriteAnywhere(at, byte) => {
                let Some(place) = self.plain.get_mut(at) else {
                    return;
                };
                *place = byte;
                self.data.to_mut()[at] = byte;
            }
            Step::Resize(len) => {
                self.data.resize(len);
                self.plain.resize(len, 0);
            }
            Step::ResizeWithRoom(len) => {
                if !self.data.resize_within(len) {
                    let buffer = AccountData::with_capacity(len + SUBTREE_LEN);
                    self.data.resize_into(buffer, len);
                }
                self.plain.resize(len, 0);
            }
            Step::ResizeAnywhere(len) => {
                let old_len = self.plain.len();
                self.plain.resize(len, 3);
                self.data.resize(len);
                if old_len < len {
                    self.data.to_mut()[old_len..].fill(3);
                }
            }
            Step::Hash => self.check_hash(),
            Step::Save | Step::RollBack => {}
        }
    }

    fn check_hash(&self) {
        assert_eq!(self.data.hash(), plain_hash(&self.plain));
    }
}

fn plain_hash(bytes: &[u8]) -> Hash {
    Hash(blake3::derive_key(Tag::AccountData.context(), bytes))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(600))]

    #[test]
    fn the_hash_is_the_plain_hash_after_any_writes(
        len in any_len(),
        steps in prop::collection::vec(any_step(), 1..24),
    ) {
        let plain: Vec<u8> = (0..len).map(|index| (index / 7 % 251) as u8).collect();
        let mut now = Pair { data: plain.clone().into(), plain };
        let mut saved = Vec::new();
        for step in &steps {
            match step {
                Step::Save => saved.push(now.clone()),
                Step::RollBack => now = saved.pop().unwrap_or(now),
                step => now.step(step),
            }
            prop_assert!(now.data.as_slice() == now.plain);
            for old in &saved {
                prop_assert_eq!(now.data == old.data, now.plain == old.plain);
            }
        }
        saved.push(now);
        saved.iter().for_each(Pair::check_hash);
    }
}

#[test]
fn one_byte_of_ten_mebibytes_hashes_one_subtree_and_the_nodes_above_it() {
    const LEN: usize = 10 << 20;
    let mut data = AccountData::from(vec![7; LEN]);
    let mut hashed = 0;
    let first = data.hash_counting(&mut hashed);
    let nodes = LEN.div_ceil(SUBTREE_LEN) - 1;
    assert_eq!(
        hashed,
        (LEN + 64 * nodes) as u64,
        "the first hash reads everything"
    );
    hashed = 0;
    assert_eq!(data.clone().hash_counting(&mut hashed), first);
    assert_eq!(hashed, 0, "a hash is cached, and a copy inherits it");
    for at in [0, LEN / 2, LEN - 1] {
        data = data.clone();
        data.range_mut(at..at + 1).unwrap()[0] ^= 1;
        hashed = 0;
        assert_eq!(data.hash_counting(&mut hashed), plain_hash(&data));
        assert!(hashed <= (SUBTREE_LEN + 64 * 20) as u64, "{hashed} bytes at {at}");
    }
    data.range_mut(0..1).unwrap()[0] = 0;
    data.range_mut(LEN - 1..LEN).unwrap()[0] = 0;
    hashed = 0;
    assert_eq!(data.hash_counting(&mut hashed), plain_hash(&data));
    assert!(
        hashed <= (2 * SUBTREE_LEN + 2 * 64 * 20) as u64,
        "{hashed} bytes for both ends"
    );
}

#[test]
fn a_write_outside_the_contents_copies_nothing() {
    let mut data = AccountData::from(vec![1, 2, 3]);
    let before = data.clone();
    #[allow(clippy::reversed_empty_ranges, reason = "such a range is what is tested")]
    for range in [2..4, 4..4, 2..1] {
        assert_eq!(data.range_mut(range), None);
    }
    assert!(data.is_same(&before));
    assert_eq!(data.range_mut(3..3), Some(&mut [][..]));
    assert_eq!(AccountData::new().range_mut(0..0), Some(&mut [][..]));
    assert_eq!(AccountData::new().range_mut(0..1), None);
}

#[test]
fn what_is_compared_is_what_was_written() {
    let mut data = AccountData::from(vec![1; 5 * SUBTREE_LEN]);
    let before = data.clone();
    assert_eq!(data.unproven(&before), []);
    data.range_mut(SUBTREE_LEN..SUBTREE_LEN + 1).unwrap()[0] = 2;
    assert_eq!(
        data.unproven(&before).len(),
        5,
        "nothing was hashed, so nothing is known"
    );
    let _hash = before.hash();
    let mut data = before.clone();
    data.range_mut(SUBTREE_LEN..SUBTREE_LEN + 1).unwrap()[0] = 2;
    let second = || std::iter::once(SUBTREE_LEN..2 * SUBTREE_LEN);
    assert!(data.unproven(&before).into_iter().eq(second()));
    assert_ne!(data, before);
    let _hash = data.hash();
    assert!(data.unproven(&before).into_iter().eq(second()));
    assert_eq!(data.unproven(&AccountData::new()), []);
}

#[test]
fn threads_that_hash_the_same_contents_at_once_agree() {
    for len in [165, SUBTREE_LEN, 5 * SUBTREE_LEN + 1] {
        let bytes = vec![3; len];
        let data = AccountData::from(bytes.as_slice());
        let expected = plain_hash(&bytes);
        #[allow(clippy::disallowed_methods, reason = "the hash is left to other threads")]
        std::thread::scope(|scope| {
            for byte in 0..4 {
                let mut data = data.clone();
                scope.spawn(move || {
                    assert_eq!(data.hash(), expected);
                    data.range_mut(1..2).unwrap()[0] = byte;
                    assert_eq!(data.hash(), plain_hash(&data));
                });
            }
        });
        assert_eq!(data.hash(), expected);
    }
}
