//! Lanes against the hasher, for every number of lanes and every length.

use blake3::hazmat::hash_derive_key_context;

use super::*;

const CONTEXT: &str = "isobath lanes test";

fn key() -> ContextKey {
    hash_derive_key_context(CONTEXT)
}

/// Bytes that differ by position and by `seed`.
fn bytes(seed: usize, len: usize) -> Vec<u8> {
    let mut bytes = vec![0; len];
    let mut hasher = Hasher::new();
    hasher.update(&seed.to_le_bytes());
    hasher.finalize_xof().fill(&mut bytes);
    bytes
}

fn blocks_equal_the_hasher<const N: usize>() {
    let inputs: Vec<[u8; N]> = (0..41).map(|seed| bytes(seed, N).try_into().unwrap()).collect();
    let expected: Vec<Digest> = inputs
        .iter()
        .map(|input| blake3::derive_key(CONTEXT, input))
        .collect();
    for count in 0..=40 {
        let some: Vec<&[u8; N]> = inputs[..count].iter().collect();
        let mut out = vec![[0xaa; OUT_LEN]; count];
        hash_blocks(&key(), &some, &mut out);
        assert_eq!(out, expected[..count], "{count} inputs of {N} bytes");
    }
}

#[test]
fn whole_blocks_equal_the_hasher_for_every_number_of_inputs() {
    blocks_equal_the_hasher::<64>();
    blocks_equal_the_hasher::<128>();
    blocks_equal_the_hasher::<1024>();
}

#[test]
#[should_panic(expected = "one place for each hash")]
fn a_result_without_a_place_is_a_bug() {
    hash_blocks(&key(), &[&[0; 64], &[1; 64]], &mut [[0; OUT_LEN]]);
}

#[test]
fn one_input_of_every_length_equals_the_hasher() {
    for len in 0..=1300 {
        let input = bytes(len, len);
        assert_eq!(
            hash_one(&key(), &input),
            blake3::derive_key(CONTEXT, &input),
            "{len} bytes"
        );
    }
}

#[test]
fn a_prefixed_input_of_every_length_equals_the_hasher() {
    let prefix = b"twenty bytes exactly";
    for len in 0..=1300 {
        let input = bytes(len, len);
        let whole = [prefix, input.as_slice()].concat();
        let expected = blake3::hash(&whole);
        assert_eq!(hash_prefixed(prefix, &input), *expected.as_bytes(), "{len} bytes");
    }
}

#[test]
fn inputs_of_any_lengths_are_hashed_in_their_order() {
    let same = |len: usize, count: usize| -> Vec<usize> { vec![len; count] };
    let mut cases: Vec<Vec<usize>> = (0..=40).map(|count| same(215, count)).collect();
    // Every length of one chunk with full and with unfilled groups, and those beyond it.
    cases.extend((0..=1100).map(|len| same(len, 1 + len % 19)));
    cases.push((0..=1300).collect());
    cases.push((0..=1300).rev().collect());
    cases.push((0..2000).map(|index: usize| (index * 7919) % 1233).collect());
    for lens in cases {
        let inputs: Vec<Vec<u8>> = lens
            .iter()
            .enumerate()
            .map(|(seed, len)| bytes(seed, *len))
            .collect();
        let expected: Vec<Digest> = inputs
            .iter()
            .map(|input| blake3::derive_key(CONTEXT, input))
            .collect();
        assert!(hash_each(&key(), &inputs) == expected, "lengths {lens:?}");
    }
}

#[test]
fn prefixed_inputs_of_any_lengths_are_hashed_in_their_order() {
    let prefix = b"twenty bytes exactly";
    let same = |len: usize, count: usize| -> Vec<usize> { vec![len; count] };
    let mut cases: Vec<Vec<usize>> = (0..=70).map(|count| same(150, count)).collect();
    cases.extend((0..=1100).map(|len| same(len, 1 + len % 19)));
    cases.push((0..=1300).collect());
    cases.push((0..=1300).rev().collect());
    cases.push((0..1000).map(|index: usize| (index * 7919) % 1233).collect());
    for lens in cases {
        let inputs: Vec<Vec<u8>> = lens
            .iter()
            .enumerate()
            .map(|(seed, len)| bytes(seed, *len))
            .collect();
        let expected: Vec<Digest> = inputs
            .iter()
            .map(|input| *blake3::hash(&[prefix, input.as_slice()].concat()).as_bytes())
            .collect();
        let inputs: Vec<&[u8]> = inputs.iter().map(Vec::as_slice).collect();
        let mut out = vec![[0; OUT_LEN]; inputs.len()];
        hash_prefixed_each(prefix, &inputs, &mut out);
        assert_eq!(out, expected, "{lens:?}");
    }
}
