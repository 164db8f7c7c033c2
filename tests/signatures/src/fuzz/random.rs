//! The random numbers of a round, from the stream of the test kit.
//!
//! Reports name rounds by number, so the meaning of a number must not change: neither where its stream begins nor how
//! numbers below a bound are made from it.

use curve25519_dalek::scalar::Scalar;

/// The generator.
#[derive(Clone, Debug)]
pub(super) struct Random(isobath_testkit::Random);

impl Random {
    /// Distinct seeds give streams that have nothing to do with each other for our purposes.
    pub(super) const fn new(seed: u64) -> Self {
        Self(isobath_testkit::Random::new(
            seed.wrapping_mul(0xd134_2543_de82_ef95),
        ))
    }

    pub(super) const fn next(&mut self) -> u64 {
        self.0.next_u64()
    }

    /// A number below `bound`, which is not zero; the bias is below 2^-32 for the small bounds here.
    pub(super) fn below(&mut self, bound: usize) -> usize {
        let wide = u128::from(self.next()) * bound as u128;
        usize::try_from(wide >> 64).expect("it is below the bound")
    }

    /// True once in `every` times.
    pub(super) fn once_in(&mut self, every: usize) -> bool {
        self.below(every) == 0
    }

    pub(super) fn bytes<const N: usize>(&mut self) -> [u8; N] {
        let mut bytes = [0; N];
        self.fill(&mut bytes);
        bytes
    }

    pub(super) fn fill(&mut self, bytes: &mut [u8]) {
        self.0.fill(bytes);
    }

    pub(super) fn scalar(&mut self) -> Scalar {
        Scalar::from_bytes_mod_order_wide(&self.bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_stream_is_frozen() {
        let mut random = Random::new(1);
        assert_eq!(
            [random.next(), random.next()],
            [0xf4a9_0164_c474_9e1a, 0xbfa9_ae8d_44b4_5a35]
        );
        assert!((0..1_000).all(|_| random.below(3) < 3));
    }
}
