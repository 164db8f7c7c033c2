//! Entry points for benches that measure the parts of a verification one by one; not part of the public interface.

use super::Verifier;
use super::scalars::{Sum, reduce_digest};
use crate::rule::split;
use crate::sha512::{Input, hash_all};
use crate::{Backend, Item};

/// Hashes `R || A || message` of every item; the exclusive or of the first bytes of the digests.
#[must_use]
pub fn hash(backend: Backend, items: &[Item<'_>], digests: &mut Vec<[u8; 64]>) -> u8 {
    digests.resize(items.len(), [0; 64]);
    let commitments: &[_] = &[[0; 32]];
    let input = |index: usize| Input {
        commitment: &commitments[0],
        key: items[index].key,
        message: items[index].message,
    };
    hash_all(backend, input, digests);
    digests.iter().fold(0, |all, digest| all ^ digest[0])
}

/// Everything about scalars that a batch does: reducing digests, adding up products, reducing each key's sum.
#[must_use]
pub fn scalars(items: &[Item<'_>], digests: &[[u8; 64]]) -> u8 {
    let mut base = Sum::default();
    let mut all = 0;
    for ((number, item), digest) in (1_u128..).zip(items).zip(digests) {
        let coefficient = u128::MAX.wrapping_sub(number);
        let mut sum = Sum::default();
        base.add_product(coefficient, &split(item.signature).1);
        sum.add_product(coefficient, &reduce_digest(digest));
        all ^= sum.reduce().to_bytes()[0];
    }
    all ^ base.reduce().to_bytes()[0]
}

/// Checks 1 to 5 and the challenges, for at most as many items as one chunk has; how many passed.
pub fn prepare(verifier: &mut Verifier, items: &[Item<'_>]) -> usize {
    verifier.verdicts.clear();
    verifier.verdicts.resize(items.len(), Ok(()));
    let Verifier {
        config,
        keys,
        prepared,
        verdicts,
        ..
    } = verifier;
    prepared.load(config.backend, keys, items, verdicts);
    prepared.survivors.len()
}
