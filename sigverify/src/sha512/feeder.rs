//! Feeds messages to the lanes block by block; a lane starts the next message when its own has ended.
//!
//! Invariant: column `lane` of state and block belongs to one message at a time; when the last block of that
//! message has been compressed, the column is its digest and is reset before the next message enters it.
//! The padding of SHA-512 (FIPS 180-4, section 5.1.2) is written here: a one bit, zeros, the length in bits.

use super::input::{Digest64, Input};

/// Bytes of a block.
const BLOCK_BYTES: usize = 128;

/// Bytes of `R || A`, with which the first block begins.
const HEAD_BYTES: usize = 64;

/// The words of a block or a state: one row for each word, one column for each lane.
pub(super) type Rows<const COUNT: usize, const LANES: usize> = [[u64; LANES]; COUNT];

/// The initial state (FIPS 180-4, section 5.3.5).
#[rustfmt::skip]
pub(super) const INITIAL: [u64; 8] = [
    0x6a09_e667_f3bc_c908, 0xbb67_ae85_84ca_a73b, 0x3c6e_f372_fe94_f82b, 0xa54f_f53a_5f1d_36f1,
    0x510e_527f_ade6_82d1, 0x9b05_688c_2b3e_6c1f, 0x1f83_d9ab_fb41_bd6b, 0x5be0_cd19_137e_2179,
];

/// What one lane is doing.
#[derive(Clone, Copy)]
enum Lane {
    /// Nothing; its column is garbage.
    Idle,
    /// It hashes message `index` and takes block `next` next, `count` in all.
    Busy { index: usize, next: usize, count: usize },
}

/// Hashes all messages with a function that compresses one block in every lane.
pub(super) fn run<'a, const LANES: usize>(
    input: &impl Fn(usize) -> Input<'a>,
    digests: &mut [Digest64],
    mut compress: impl FnMut(&mut Rows<8, LANES>, &Rows<16, LANES>),
) {
    let mut state = INITIAL.map(|word| [word; LANES]);
    let mut block = [[0; LANES]; 16];
    let mut lanes = [Lane::Idle; LANES];
    let mut waiting = 0..digests.len();
    loop {
        let mut busy = 0_usize;
        for (column, lane) in lanes.iter_mut().enumerate() {
            if matches!(lane, Lane::Idle) {
                *lane = enter(input, waiting.next());
            }
            if let Lane::Busy { index, next, .. } = *lane {
                write_block(&input(index), next, column, &mut block);
                busy = busy.saturating_add(1);
            }
        }
        if busy == 0 {
            return;
        }
        compress(&mut state, &block);
        for (column, lane) in lanes.iter_mut().enumerate() {
            if let Some(index) = step(lane) {
                digests[index] = take_column(&mut state, column);
            }
        }
    }
}

/// The state of a lane that takes this message, if there is one.
fn enter<'a>(input: &impl Fn(usize) -> Input<'a>, index: Option<usize>) -> Lane {
    index.map_or(Lane::Idle, |index| Lane::Busy {
        index,
        next: 0,
        count: block_count(input(index).message.len()),
    })
}

/// Moves a lane on by one block; the message that ends with it.
const fn step(lane: &mut Lane) -> Option<usize> {
    let Lane::Busy { index, next, count } = lane else {
        return None;
    };
    *next = next.saturating_add(1);
    if *next < *count {
        return None;
    }
    let ended = *index;
    *lane = Lane::Idle;
    Some(ended)
}

/// Blocks of `R || A || message` with at least 17 bytes of padding.
const fn block_count(message_bytes: usize) -> usize {
    // A slice has at most `isize::MAX` bytes, so this does not saturate.
    message_bytes
        .saturating_add(HEAD_BYTES + 17)
        .div_ceil(BLOCK_BYTES)
}

/// Takes the digest out of a column and makes it ready for the next message.
fn take_column<const LANES: usize>(state: &mut Rows<8, LANES>, column: usize) -> Digest64 {
    let mut digest = [0; 64];
    let words = digest.as_chunks_mut::<8>().0;
    for ((word, row), initial) in words.iter_mut().zip(state).zip(INITIAL) {
        *word = row[column].to_be_bytes();
        row[column] = initial;
    }
    digest
}

/// Writes block `number` of one message into its column.
fn write_block<const LANES: usize>(
    input: &Input<'_>,
    number: usize,
    column: usize,
    block: &mut Rows<16, LANES>,
) {
    if number == 0 {
        let (head, tail) = block.split_at_mut(8);
        let (commitment, key) = head.split_at_mut(4);
        write_words(input.commitment, column, commitment);
        write_words(input.key, column, key);
        write_rest(input.message, 0, column, tail);
    } else {
        let from = number.saturating_mul(BLOCK_BYTES).saturating_sub(HEAD_BYTES);
        write_rest(input.message, from, column, block);
    }
}

/// Writes the message from byte `from` on, with padding where it ends; `rows` reach to the end of the block.
fn write_rest<const LANES: usize>(message: &[u8], from: usize, column: usize, rows: &mut [[u64; LANES]]) {
    let room = rows.len().saturating_mul(8);
    let rest = message.get(from..).unwrap_or_default();
    if let Some(whole) = rest.get(..room) {
        return write_words(whole, column, rows);
    }
    let mut padded = [0; BLOCK_BYTES];
    padded[..rest.len()].copy_from_slice(rest);
    // The one bit follows the message directly, which may have ended with the previous block.
    if from <= message.len() {
        padded[rest.len()] = 0x80;
    }
    write_words(&padded[..room], column, rows);
    // Nine bytes at least: the one bit, and the length, whose upper half is zero but for absurd lengths.
    if rest.len().saturating_add(17) <= room
        && let [.., high, low] = rows
    {
        let bits = (message.len() as u128)
            .saturating_add(HEAD_BYTES as u128)
            .saturating_mul(8);
        high[column] = u64::try_from(bits >> 64).expect("a length in bits has at most 67 bits");
        low[column] = u64::try_from(bits & u128::from(u64::MAX)).expect("masked to 64 bits");
    }
}

fn write_words<const LANES: usize>(bytes: &[u8], column: usize, rows: &mut [[u64; LANES]]) {
    for (row, word) in rows.iter_mut().zip(bytes.as_chunks::<8>().0) {
        row[column] = u64::from_be_bytes(*word);
    }
}
