//! Which instructions the kernels use, and the interface they all share.

use super::niels::{Decoding, Niels};
use super::reference;

/// The instructions that verification uses. Only instructions that this machine has can be named: every
/// constructor asks the machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Backend(Kind);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Portable,
    Avx2,
    Avx512Ifma,
}

/// Memory of [`Backend::sum_is_zero`], kept between calls so that none is asked for once it is warm.
#[derive(Debug, Default)]
pub(crate) struct MsmScratch {}

/// Memory of [`Backend::equations`], kept between calls so that none is asked for once it is warm.
#[derive(Debug, Default)]
pub(crate) struct LanesScratch {}

impl Backend {
    /// The fastest one that this machine has.
    #[must_use]
    pub fn best() -> Self {
        Self::avx512_ifma()
            .or_else(Self::avx2)
            .unwrap_or(Self::portable())
    }

    /// Plain Rust, on every machine.
    #[must_use]
    pub const fn portable() -> Self {
        Self(Kind::Portable)
    }

    /// Four lanes with AVX2, if this machine has it.
    #[must_use]
    pub fn avx2() -> Option<Self> {
        #[cfg(target_arch = "x86_64")]
        if std::arch::is_x86_feature_detected!("avx2") {
            return Some(Self(Kind::Avx2));
        }
        None
    }

    /// Eight lanes with AVX-512 and its 52-bit multiplier (IFMA), if this machine has them.
    #[must_use]
    pub const fn avx512_ifma() -> Option<Self> {
        None
    }

    /// Every backend of this machine, the fastest first.
    pub fn available() -> impl Iterator<Item = Self> {
        [Self::avx512_ifma(), Self::avx2(), Some(Self::portable())]
            .into_iter()
            .flatten()
    }

    /// Its name in reports: `"avx512-ifma"`, `"avx2"` or `"portable"`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self.0 {
            Kind::Portable => "portable",
            Kind::Avx2 => "avx2",
            Kind::Avx512Ifma => "avx512-ifma",
        }
    }

    /// Decodes `encodings[i]` into `points[i]` and says in `decodings[i]` what it is. A point is written
    /// also when it is of small order; where there is none, the neutral element is.
    ///
    /// # Panics
    ///
    /// If the three slices differ in length.
    pub(crate) fn decode(self, encodings: &[[u8; 32]], points: &mut [Niels], decodings: &mut [Decoding]) {
        assert_eq!(encodings.len(), points.len(), "one point for each encoding");
        assert_eq!(encodings.len(), decodings.len(), "one answer for each encoding");
        reference::decode(encodings, points, decodings);
    }

    /// Whether 8 times the sum of all `short_scalars[i] * short[i]`, all `wide_scalars[i] * wide[i]` and
    /// `base * B` is the neutral element. Scalars are little endian, and the 32-byte ones below `L`.
    ///
    /// # Panics
    ///
    /// If there is not one scalar for each point.
    pub(crate) fn sum_is_zero(
        self,
        _scratch: &mut MsmScratch,
        short: &[Niels],
        short_scalars: &[u128],
        wide: &[Niels],
        wide_scalars: &[[u8; 32]],
        base: &[u8; 32],
    ) -> bool {
        assert_eq!(short.len(), short_scalars.len(), "one scalar for each point");
        assert_eq!(wide.len(), wide_scalars.len(), "one scalar for each point");
        reference::sum_is_zero(short, short_scalars, wide, wide_scalars, base)
    }

    /// Whether `8 (s[i] B - k[i] keys[i] - commitments[i]) = 0`, for each `i` by itself. Scalars are
    /// little endian and below `L`.
    ///
    /// # Panics
    ///
    /// If the slices differ in length.
    pub(crate) fn equations(
        self,
        _scratch: &mut LanesScratch,
        s: &[[u8; 32]],
        k: &[[u8; 32]],
        keys: &[Niels],
        commitments: &[Niels],
        valid: &mut [bool],
    ) {
        let count = valid.len();
        assert!(
            s.len() == count && k.len() == count && keys.len() == count && commitments.len() == count,
            "one of each for every answer"
        );
        reference::equations(s, k, keys, commitments, valid);
    }
}
