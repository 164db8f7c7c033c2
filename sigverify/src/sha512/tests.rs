//! Every way of hashing against the `sha2` crate.

#![allow(clippy::arithmetic_side_effects, reason = "test arithmetic on small numbers")]

use super::feeder::{INITIAL, Rows, run};
use super::words::{Model, compress};
use super::{Digest64, Input, hash_all, hash_one};
use crate::kernels::tests::backends;
#[cfg(target_arch = "x86_64")]
use isobath_signature_tests::require::{Instructions, present};

/// Messages of the given lengths, all different.
struct Messages(Vec<([u8; 32], [u8; 32], Vec<u8>)>);

impl Messages {
    fn of(lengths: impl IntoIterator<Item = usize>) -> Self {
        let messages = lengths.into_iter().enumerate().map(|(index, length)| {
            let byte = |at: usize| u8::try_from((index * 31 + at * 7 + at / 251) % 256).unwrap();
            let head = |from: usize| std::array::from_fn(|at| byte(from + at));
            (head(1_000), head(2_000), (0..length).map(byte).collect())
        });
        Self(messages.collect())
    }

    fn input(&self, index: usize) -> Input<'_> {
        let (commitment, key, message) = &self.0[index];
        Input {
            commitment,
            key,
            message,
        }
    }

    fn expected(&self) -> Vec<Digest64> {
        (0..self.0.len())
            .map(|index| hash_one(self.input(index)))
            .collect()
    }

    fn by_model<const LANES: usize>(&self) -> Vec<Digest64> {
        let mut digests = vec![[0; 64]; self.0.len()];
        run(&|index| self.input(index), &mut digests, |state, block| {
            compress::<Model<LANES>, LANES>((), state, block);
        });
        digests
    }
}

/// Every length around the ends of blocks, the shortest and longest of transactions, and one of many blocks.
fn lengths() -> impl Iterator<Item = usize> {
    let around = |end: usize| end.saturating_sub(20)..end + 3;
    [0, 64, 192, 320]
        .into_iter()
        .flat_map(around)
        .chain([1_168, 5_000, 1, 0, 200])
}

#[test]
fn the_model_agrees_for_every_length_and_number_of_lanes() {
    let messages = if cfg!(miri) {
        Messages::of([0, 47, 48, 200])
    } else {
        Messages::of(lengths())
    };
    let expected = messages.expected();
    assert_eq!(messages.by_model::<1>(), expected);
    assert_eq!(messages.by_model::<4>(), expected);
    assert_eq!(messages.by_model::<8>(), expected);
}

#[test]
fn every_backend_agrees_for_every_count() {
    for backend in backends() {
        for count in if cfg!(miri) { 2..3 } else { 0..20 } {
            let messages = Messages::of((0..count).map(|index| index * 97 % 700));
            let mut digests = vec![[0; 64]; count];
            hash_all(backend, |index| messages.input(index), &mut digests);
            assert_eq!(
                digests,
                messages.expected(),
                "{} messages on {}",
                count,
                backend.name()
            );
        }
        let messages = Messages::of(lengths());
        let mut digests = vec![[0; 64]; messages.0.len()];
        hash_all(backend, |index| messages.input(index), &mut digests);
        assert_eq!(digests, messages.expected(), "{}", backend.name());
    }
}

#[test]
fn neighbours_do_not_matter() {
    let alone = Messages::of([200]).by_model::<8>()[0];
    for others in [0, 63, 64, 500] {
        let mut messages = Messages::of([200, others, others, others + 1, others, 7, others, 9, 10, 11]);
        assert_eq!(messages.by_model::<8>()[0], alone);
        messages.0.rotate_left(1);
        assert_eq!(messages.by_model::<8>()[9], alone);
    }
}

/// FIPS 180-4's own example: "abc" padded by hand.
#[test]
fn the_compression_of_the_standard_example() {
    let mut block: Rows<16, 2> = [[0; 2]; 16];
    block[0] = [0x6162_6380_0000_0000; 2];
    block[15] = [24; 2];
    let mut state = INITIAL.map(|word| [word; 2]);
    compress::<Model<2>, 2>((), &mut state, &block);
    assert_eq!(state[0], [0xddaf_35a1_9361_7aba; 2]);
    assert_eq!(state[7], [0x2a9a_c94f_a54c_a49f; 2]);
}

/// The real instructions against the model; Miri runs this with AVX-512 switched on (see the docs of the crate).
#[cfg(target_arch = "x86_64")]
#[test]
fn avx512_agrees_with_the_model() {
    let detected = super::avx512::Instructions::detect();
    let Some(instructions) = present(Instructions::Avx512, detected) else {
        return;
    };
    let block: Rows<16, 8> = std::array::from_fn(|row| {
        std::array::from_fn(|lane| (row as u64 * 8 + lane as u64 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15))
    });
    let mut state: Rows<8, 8> =
        INITIAL.map(|word| [0, 1, 2, 3, 4, 5, 6, 7].map(|lane| word.rotate_left(lane)));
    let mut expected = state;
    instructions.compress(&mut state, &block);
    compress::<Model<8>, 8>((), &mut expected, &block);
    assert_eq!(state, expected);
}
