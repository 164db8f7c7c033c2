//! SHA-512 of many short messages at once: one message in each lane of a vector register.
//!
//! Invariant: the digest of a message does not depend on its neighbours, on the number of lanes or on the
//! backend; it is that of the `sha2` crate, which is also what the portable backend uses.
//!
//! ```text
//!  messages of any lengths, in any order
//!    |  each lane takes the next message as soon as its own has ended
//!    |  a step: one 128-byte block of every lane, its words written side by side
//!    v  compress: 80 rounds on all lanes
//!  digests in the order of the messages
//! ```
//!
//! Lanes are refilled one by one, so messages of different lengths cost what their blocks cost; only the last
//! few steps run with idle lanes. A group too small to fill the lanes goes to `sha2`.

#[cfg(target_arch = "x86_64")]
mod avx2;
#[cfg(target_arch = "x86_64")]
mod avx512;
#[cfg(any(target_arch = "x86_64", test))]
mod feeder;
mod input;
#[cfg(any(target_arch = "x86_64", test))]
mod words;

#[cfg(test)]
mod tests;

use sha2::{Digest, Sha512};

use crate::kernels::Backend;

pub(crate) use self::input::{Digest64, Input};

/// Hashes `input(0)`, `input(1)` and so on, one for each of `digests`.
pub(crate) fn hash_all<'a>(backend: Backend, input: impl Fn(usize) -> Input<'a>, digests: &mut [Digest64]) {
    #[cfg(target_arch = "x86_64")]
    {
        if let Some(instructions) = avx512::Instructions::of(backend)
            && digests.len() >= avx512::COUNT_MIN
        {
            return feeder::run(&input, digests, |state, block| {
                instructions.compress(state, block)
            });
        }
        if let Some(instructions) = avx2::Instructions::of(backend)
            && digests.len() >= avx2::COUNT_MIN
        {
            return feeder::run(&input, digests, |state, block| {
                instructions.compress(state, block)
            });
        }
    }
    let _ = backend;
    for (index, digest) in digests.iter_mut().enumerate() {
        *digest = hash_one(input(index));
    }
}

/// One digest, by the `sha2` crate.
fn hash_one(input: Input<'_>) -> Digest64 {
    Sha512::new()
        .chain_update(input.commitment)
        .chain_update(input.key)
        .chain_update(input.message)
        .finalize()
        .into()
}
