//! Entry points: the generic kernels, compiled once for each set of instructions.
//!
//! Everything below an entry point is inlined into it, because code is compiled only for the instructions of the
//! function that contains it. Invariant: the functions with `target_feature` are called with the token that
//! proves the features.

use super::decode;
use super::msm;
use super::niels::{Decoding, Niels};
use super::portable::Portable;
use super::straus::{self, Equations, LanesScratch};
use super::terms::{MsmScratch, Terms};
use super::tuning::Method;

/// The three kernels of a backend.
macro_rules! entry_points {
    ($name:ident, $field:ty, $token:ty, $(#[$attribute:meta])*) => {
        pub(super) mod $name {
            use super::*;

            $(#[$attribute])*
            pub(in super::super) fn decode(
                token: $token,
                encodings: &[[u8; 32]],
                points: &mut [Niels],
                decodings: &mut [Decoding],
            ) {
                decode::decode::<$field>(token, encodings, points, decodings);
            }

            $(#[$attribute])*
            pub(in super::super) fn is_zero(
                token: $token,
                scratch: &mut MsmScratch,
                terms: &Terms<'_>,
                method: Method,
            ) -> bool {
                msm::is_zero::<$field>(token, scratch, terms, method)
            }

            $(#[$attribute])*
            pub(in super::super) fn equations(
                token: $token,
                scratch: &mut LanesScratch,
                equations: &Equations<'_>,
                valid: &mut [bool],
            ) {
                straus::equations::<$field>(token, scratch, equations, valid);
            }
        }
    };
}

entry_points!(portable, Portable, (),);

#[cfg(target_arch = "x86_64")]
entry_points!(
    avx2,
    super::super::avx2::Field256,
    super::super::avx2::Avx2,
    #[target_feature(enable = "avx2,fma,bmi2")]
);

#[cfg(target_arch = "x86_64")]
entry_points!(
    avx512,
    super::super::avx512::Field512,
    super::super::avx512::Avx512,
    #[target_feature(enable = "avx512f,avx512ifma,avx512vl,avx512dq,avx512bw,bmi2")]
);
