//! Blake3 over many inputs side by side, and over a short one without a hasher.
//!
//! A hasher compresses one block after the other, each of which waits for the one before. The hashes that a block of
//! transactions owes do not depend on each other, so up to [`LANES`] of them are computed at once, one in each lane of
//! the vectors. What the lanes share are the key, the flags and the number of blocks, all of 64 bytes:
//!
//! ```text
//!  input of 128 bytes     | block | block |           in lanes to the end
//!  input of 215 bytes     | block | block | block | 23 bytes |
//!                         '---- in lanes ---------'  alone
//! ```
//!
//! Invariant: every result is that of [`blake3::Hasher`] over the same bytes in the same mode.
//!
//! Cost on Zen 4 with AVX-512: a block takes 10 ns in sixteen lanes and 60 ns alone. Inputs of more than a chunk (1 KiB) are
//! left to the hasher.
//!
//! The functions of [`Platform`] are public but undocumented, and there is no other way to them. So the workspace pins the
//! version of blake3, and the tests hold every number of lanes and every length against the hasher.

use blake3::hazmat::{ContextKey, HasherExt};
use blake3::platform::{Platform, le_bytes_from_words_32, words_from_le_bytes_32};
use blake3::{BLOCK_LEN, CHUNK_LEN, Hasher, IncrementCounter, OUT_LEN};

/// Inputs that are hashed side by side: as many as the widest vectors have lanes.
pub(crate) const LANES: usize = 16;

/// A hash as blake3 gives it.
pub(crate) type Digest = [u8; OUT_LEN];

/// Blocks of a chunk.
const CHUNK_BLOCKS: usize = CHUNK_LEN / BLOCK_LEN;

/// The length of a block that is not the last, as the compression takes it.
const FULL_BLOCK: u8 = 64;

/// The key of the plain mode: the initial values of SHA-256, as blake3's specification has them (section 2.2).
const PLAIN_KEY: [u32; 8] = [
    0x6a09_e667,
    0xbb67_ae85,
    0x3c6e_f372,
    0xa54f_f53a,
    0x510e_527f,
    0x9b05_688c,
    0x1f83_d9ab,
    0x5be0_cd19,
];

// The flags that inputs of one chunk need (section 2.2).
const CHUNK_START: u8 = 1 << 0;
const CHUNK_END: u8 = 1 << 1;
const ROOT: u8 = 1 << 3;
const DERIVE_KEY_MATERIAL: u8 = 1 << 6;

/// Inputs with a prefix among which those of as many blocks are searched.
const GROUPED: usize = 64;

/// How blocks are compressed.
#[derive(Clone, Copy)]
struct Mode {
    key: [u32; 8],
    flag: u8,
}

impl Mode {
    const PLAIN: Self = Self {
        key: PLAIN_KEY,
        flag: 0,
    };

    fn derive(key: &ContextKey) -> Self {
        Self {
            key: words_from_le_bytes_32(key),
            flag: DERIVE_KEY_MATERIAL,
        }
    }
}

/// The hash of `bytes` in the `derive_key` mode.
pub(crate) fn hash_one(key: &ContextKey, bytes: &[u8]) -> Digest {
    if bytes.len() > CHUNK_LEN {
        let mut hasher = Hasher::new_from_context_key(key);
        return *hasher.update(bytes).finalize().as_bytes();
    }
    let mut chunk = Chunk {
        platform: Platform::detect(),
        value: words_from_le_bytes_32(key),
        mode: DERIVE_KEY_MATERIAL,
        start: CHUNK_START,
    };
    chunk.finish(bytes)
}

/// The hash of a prefix of 20 bytes and then `bytes`, in the plain mode.
pub(crate) fn hash_prefixed(prefix: &[u8; 20], bytes: &[u8]) -> Digest {
    let mut first = [0; BLOCK_LEN];
    let (head, tail) = first.split_at_mut(prefix.len());
    match bytes.split_at_checked(tail.len()) {
        Some((beginning, rest)) if !rest.is_empty() && rest.len() <= CHUNK_LEN - BLOCK_LEN => {
            head.copy_from_slice(prefix);
            tail.copy_from_slice(beginning);
            let mut chunk = Chunk {
                platform: Platform::detect(),
                value: PLAIN_KEY,
                mode: 0,
                start: CHUNK_START,
            };
            chunk.add(&first);
            chunk.finish(rest)
        }
        _ => {
            let mut hasher = Hasher::new();
            *hasher.update(prefix).update(bytes).finalize().as_bytes()
        }
    }
}

/// The hashes of a prefix of 20 bytes and then each of `inputs`, in the plain mode, in their order in `out`. Of 64 inputs,
/// those of as many blocks are hashed side by side.
///
/// # Panics
/// If there are not as many inputs as places in `out`.
pub(crate) fn hash_prefixed_each(prefix: &[u8; 20], inputs: &[&[u8]], out: &mut [Digest]) {
    assert_eq!(inputs.len(), out.len(), "one place for each hash");
    let mut buffers = [[0; CHUNK_LEN]; LANES];
    for (inputs, out) in inputs.chunks(GROUPED).zip(out.chunks_mut(GROUPED)) {
        let blocks = |input: &[u8]| leading_blocks(prefix.len().saturating_add(input.len()));
        let mut left = u64::MAX;
        for (first, input) in inputs.iter().enumerate() {
            let leading = blocks(input);
            if left & (1 << first) == 0 {
                continue;
            }
            if leading == 0 || leading >= CHUNK_BLOCKS {
                out[first] = hash_prefixed(prefix, input);
                continue;
            }
            let rest = inputs.iter().enumerate().skip(first);
            let alike = rest.filter(|(index, other)| left & (1 << index) != 0 && leading == blocks(other));
            let mut group: [(usize, &[u8]); LANES] = [(0, &[]); LANES];
            let len = fill_group(&mut group, &mut buffers, prefix, alike);
            left &= group[..len]
                .iter()
                .fold(left, |left, (index, _)| left & !(1 << index));
            hash_group(Mode::PLAIN, leading, &group[..len], out);
        }
    }
}

/// Fills a group with the first of `inputs`, each after the prefix in a buffer of its own; their number.
fn fill_group<'b, 'i>(
    group: &mut [(usize, &'b [u8]); LANES],
    buffers: &'b mut [[u8; CHUNK_LEN]; LANES],
    prefix: &[u8; 20],
    inputs: impl Iterator<Item = (usize, &'i &'i [u8])>,
) -> usize {
    let mut len = 0_usize;
    for ((place, buffer), (index, input)) in group.iter_mut().zip(buffers).zip(inputs) {
        let (head, tail) = buffer.split_at_mut(prefix.len());
        head.copy_from_slice(prefix);
        tail[..input.len()].copy_from_slice(input);
        *place = (index, &buffer[..prefix.len().saturating_add(input.len())]);
        len = len.saturating_add(1);
    }
    len
}

/// Hashes inputs of as many whole blocks in the `derive_key` mode, side by side, into `out`.
///
/// # Panics
/// If there are not as many inputs as places in `out`.
pub(crate) fn hash_blocks<const N: usize>(key: &ContextKey, inputs: &[&[u8; N]], out: &mut [Digest]) {
    run_lanes(Mode::derive(key), inputs, CHUNK_END | ROOT, out);
}

/// The hashes of `inputs` in the `derive_key` mode, in their order. Those of as many blocks are hashed side by side,
/// wherever they are.
pub(crate) fn hash_each<B: AsRef<[u8]> + Copy>(
    key: &ContextKey,
    inputs: impl IntoIterator<Item = B>,
) -> Vec<Digest> {
    let mode = Mode::derive(key);
    let inputs = inputs.into_iter();
    let mut out = Vec::with_capacity(inputs.size_hint().0);
    let mut groups: [Vec<(usize, B)>; CHUNK_BLOCKS] = std::array::from_fn(|_| Vec::new());
    for (index, input) in inputs.enumerate() {
        let bytes = input.as_ref();
        let leading = leading_blocks(bytes.len());
        match groups.get_mut(leading) {
            Some(group) if leading > 0 => {
                out.push([0; OUT_LEN]);
                group.push((index, input));
                if group.len() == LANES {
                    hash_group(mode, leading, group, &mut out);
                    group.clear();
                }
            }
            _ => out.push(hash_one(key, bytes)),
        }
    }
    for (leading, group) in groups.iter().enumerate() {
        hash_group(mode, leading, group, &mut out);
    }
    out
}

/// Hashes at most [`LANES`] inputs that all have `leading` blocks before the last, each to its index in `out`.
fn hash_group<B: AsRef<[u8]>>(mode: Mode, leading: usize, group: &[(usize, B)], out: &mut [Digest]) {
    /// One arm for each number of blocks, since the lanes want it at compile time.
    macro_rules! leading_values {
        ($($blocks:literal)*) => {
            match leading {
                $($blocks => leading_values::<{ $blocks * BLOCK_LEN }, B>(mode, group),)*
                _ => unreachable!("an input of one chunk has at most 15 blocks before the last"),
            }
        };
    }
    if group.is_empty() {
        return;
    }
    let values = leading_values!(1 2 3 4 5 6 7 8 9 10 11 12 13 14 15);
    // All are written before one is read, since a load waits for the stores that it overlaps (10 ns for each input).
    let mut last = [LastBlock::EMPTY; LANES];
    for (last, (_, input)) in last.iter_mut().zip(group) {
        last.fill(&input.as_ref()[leading.saturating_mul(BLOCK_LEN)..]);
    }
    let platform = Platform::detect();
    for ((value, last), (index, _)) in values.iter().zip(&last).zip(group) {
        let mut chunk = Chunk {
            platform,
            value: words_from_le_bytes_32(value),
            mode: mode.flag,
            start: 0,
        };
        out[*index] = chunk.end(last);
    }
}

/// The chaining values after the first `N` bytes of at most [`LANES`] inputs.
fn leading_values<const N: usize, B: AsRef<[u8]>>(mode: Mode, group: &[(usize, B)]) -> [Digest; LANES] {
    let mut inputs = [&[0; N]; LANES];
    for (input, (_, bytes)) in inputs.iter_mut().zip(group) {
        let leading = bytes.as_ref().first_chunk();
        *input = leading.expect("the group is that of its length");
    }
    let mut values = [[0; OUT_LEN]; LANES];
    run_lanes(mode, &inputs[..group.len()], 0, &mut values[..group.len()]);
    values
}

/// Compresses inputs of whole blocks side by side. `flags_end` are the flags of the last block.
fn run_lanes<const N: usize>(mode: Mode, inputs: &[&[u8; N]], flags_end: u8, out: &mut [Digest]) {
    const {
        assert!(N > 0 && N.is_multiple_of(BLOCK_LEN) && N <= CHUNK_LEN);
    }
    assert_eq!(inputs.len(), out.len(), "one place for each hash");
    Platform::detect().hash_many(
        inputs,
        &mode.key,
        0,
        IncrementCounter::No,
        mode.flag,
        CHUNK_START,
        flags_end,
        out.as_flattened_mut(),
    );
}

/// Blocks of an input of `len` bytes before the last one, which holds at least one byte if there is any.
const fn leading_blocks(len: usize) -> usize {
    len.saturating_sub(1) / BLOCK_LEN
}

/// The only chunk of an input, compressed block by block.
struct Chunk {
    platform: Platform,
    /// The key, then the chaining value after the blocks so far.
    value: [u32; 8],
    /// The flag of the mode.
    mode: u8,
    /// The flag of the first block, as long as that is the next.
    start: u8,
}

impl Chunk {
    /// Adds a block that is not the last.
    fn add(&mut self, block: &[u8; BLOCK_LEN]) {
        let flags = self.mode | self.start;
        self.platform
            .compress_in_place(&mut self.value, block, FULL_BLOCK, 0, flags);
        self.start = 0;
    }

    /// Adds the rest of the input, and gives the hash.
    fn finish(&mut self, rest: &[u8]) -> Digest {
        let (leading, rest) = rest.split_at(leading_blocks(rest.len()).saturating_mul(BLOCK_LEN));
        let mut last = LastBlock::EMPTY;
        last.fill(rest);
        for block in leading.as_chunks().0 {
            self.add(block);
        }
        self.end(&last)
    }

    /// Adds the last block, and gives the hash.
    fn end(&mut self, last: &LastBlock) -> Digest {
        let flags = self.mode | self.start | CHUNK_END | ROOT;
        self.platform
            .compress_in_place(&mut self.value, &last.bytes, last.len, 0, flags);
        le_bytes_from_words_32(&self.value)
    }
}

/// The last block of an input, filled up with zeros.
#[derive(Clone, Copy)]
struct LastBlock {
    bytes: [u8; BLOCK_LEN],
    len: u8,
}

impl LastBlock {
    const EMPTY: Self = Self {
        bytes: [0; BLOCK_LEN],
        len: 0,
    };

    /// Fills an empty block.
    fn fill(&mut self, rest: &[u8]) {
        self.bytes[..rest.len()].copy_from_slice(rest);
        self.len = u8::try_from(rest.len()).expect("a block has 64 bytes");
    }
}

#[cfg(test)]
mod tests;
