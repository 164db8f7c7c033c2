//! Which instructions the kernels use, and the interface they all share.
//!
//! Invariant: a [`Backend`] other than the portable one exists only where its instructions do, since it contains the
//! token that detection returns. All `unsafe` calls of this module rely on that.

#[cfg(target_arch = "x86_64")]
use super::avx2::Avx2;
#[cfg(target_arch = "x86_64")]
use super::avx512::Avx512;
use super::entry;
use super::niels::{Decoding, Niels};
use super::straus::{Equations, LanesScratch};
use super::terms::{MsmScratch, Terms};
use super::tuning::{self, Method, Methods};

/// The instructions that verification uses. A value exists only for instructions that this machine has: every
/// constructor detects them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Backend(Kind);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Portable,
    #[cfg(target_arch = "x86_64")]
    Avx2(Avx2),
    #[cfg(target_arch = "x86_64")]
    Avx512(Avx512),
}

/// Calls an entry point by the name of its kernel.
macro_rules! dispatch {
    ($kind:expr, $kernel:ident($($argument:expr),*)) => {
        match $kind {
            Kind::Portable => entry::portable::$kernel((), $($argument),*),
            #[cfg(target_arch = "x86_64")]
            // SAFETY: the token proves that the machine has the instructions.
            Kind::Avx2(token) => unsafe { entry::avx2::$kernel(token, $($argument),*) },
            #[cfg(target_arch = "x86_64")]
            // SAFETY: the token proves that the machine has the instructions.
            Kind::Avx512(token) => unsafe { entry::avx512::$kernel(token, $($argument),*) },
        }
    };
}

impl Backend {
    /// The fastest backend of this machine.
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

    /// Four lanes with AVX2 and FMA, if this machine has them.
    #[must_use]
    pub fn avx2() -> Option<Self> {
        #[cfg(target_arch = "x86_64")]
        return Avx2::detect().map(|token| Self(Kind::Avx2(token)));
        #[cfg(not(target_arch = "x86_64"))]
        None
    }

    /// Eight lanes with AVX-512 and its 52-bit multiplier (IFMA), if this machine has them.
    #[must_use]
    pub fn avx512_ifma() -> Option<Self> {
        #[cfg(target_arch = "x86_64")]
        return Avx512::detect().map(|token| Self(Kind::Avx512(token)));
        #[cfg(not(target_arch = "x86_64"))]
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
            #[cfg(target_arch = "x86_64")]
            Kind::Avx2(_) => "avx2",
            #[cfg(target_arch = "x86_64")]
            Kind::Avx512(_) => "avx512-ifma",
        }
    }

    const fn methods(self) -> &'static Methods {
        match self.0 {
            Kind::Portable => tuning::PORTABLE,
            #[cfg(target_arch = "x86_64")]
            Kind::Avx2(_) => tuning::AVX2,
            #[cfg(target_arch = "x86_64")]
            Kind::Avx512(_) => tuning::AVX512,
        }
    }

    /// Decodes `encodings[i]` into `points[i]` and writes to `decodings[i]` what it is. A point of small order is
    /// written too; where the bytes encode no point, the neutral element is written.
    ///
    /// # Panics
    ///
    /// If the three slices differ in length.
    pub(crate) fn decode(self, encodings: &[[u8; 32]], points: &mut [Niels], decodings: &mut [Decoding]) {
        assert_eq!(encodings.len(), points.len(), "one point for each encoding");
        assert_eq!(encodings.len(), decodings.len(), "one answer for each encoding");
        dispatch!(self.0, decode(encodings, points, decodings));
    }

    /// Whether 8 times the sum of all `short_scalars[i] * short[i]`, all `wide_scalars[i] * wide[i]` and
    /// `base * B` is the neutral element. Scalars are little endian, and the 32-byte ones below `L`.
    ///
    /// # Panics
    ///
    /// If there is not one scalar for each point.
    pub(crate) fn sum_is_zero(
        self,
        scratch: &mut MsmScratch,
        short: &[Niels],
        short_scalars: &[u128],
        wide: &[Niels],
        wide_scalars: &[[u8; 32]],
        base: &[u8; 32],
    ) -> bool {
        let terms = Terms {
            short,
            short_scalars,
            wide,
            wide_scalars,
            base,
        };
        self.sum_is_zero_by(scratch, &terms, self.method(&terms))
    }

    /// The method that costs least for these terms.
    pub(super) fn method(self, terms: &Terms<'_>) -> Method {
        tuning::method(self.methods(), terms.weight())
    }

    /// The same by a given method.
    pub(super) fn sum_is_zero_by(self, scratch: &mut MsmScratch, terms: &Terms<'_>, method: Method) -> bool {
        assert_eq!(
            terms.short.len(),
            terms.short_scalars.len(),
            "one scalar for each point"
        );
        assert_eq!(
            terms.wide.len(),
            terms.wide_scalars.len(),
            "one scalar for each point"
        );
        dispatch!(self.0, is_zero(scratch, terms, method))
    }

    /// Whether `8 (s[i] B - k[i] keys[i] - commitments[i]) = 0`, for each `i` by itself. Scalars are
    /// little endian and below `L`.
    ///
    /// # Panics
    ///
    /// If the slices differ in length.
    pub(crate) fn equations(
        self,
        scratch: &mut LanesScratch,
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
        let equations = Equations {
            s,
            k,
            keys,
            commitments,
        };
        dispatch!(self.0, equations(scratch, &equations, valid));
    }
}
