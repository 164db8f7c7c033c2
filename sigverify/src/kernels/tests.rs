//! The kernels against `curve25519-dalek`, and against each other.

mod equations;
mod fields;
mod formulas;
mod interpreted;
mod points;
#[cfg(target_arch = "x86_64")]
mod registers;
mod scalars;
mod sums;

use curve25519_dalek::constants::EIGHT_TORSION;
use curve25519_dalek::edwards::EdwardsPoint;
use curve25519_dalek::scalar::Scalar;
use isobath_signature_tests::require;
use isobath_testkit::Random;

use super::model::FieldModel;
use super::straus::{Equations, LanesScratch};
use super::terms::Terms;
use super::tuning::Method;
use super::{Backend, Decoding, MsmScratch, Niels, decode, msm, straus};

/// Scalars and points from a seed.
pub(super) struct Numbers(Random);

impl Numbers {
    pub(super) const fn new(seed: u64) -> Self {
        Self(Random::new(seed))
    }

    pub(super) const fn next(&mut self) -> u64 {
        self.0.next_u64()
    }

    pub(super) fn bytes(&mut self) -> [u8; 32] {
        let mut bytes = [0; 32];
        self.0.fill(&mut bytes);
        bytes
    }

    pub(super) fn scalar(&mut self) -> Scalar {
        Scalar::from_bytes_mod_order(self.bytes())
    }

    pub(super) const fn short(&mut self) -> u128 {
        (self.next() as u128) << 64 | self.next() as u128
    }

    /// A point, often with a component of small order.
    pub(super) fn point(&mut self) -> EdwardsPoint {
        let torsion = usize::try_from(self.next() % 8).unwrap();
        EdwardsPoint::mul_base(&self.scalar()) + EIGHT_TORSION[torsion]
    }
}

/// The backends of this machine, the fastest first; those that it lacks are reported as skipped.
pub(crate) fn backends() -> Vec<Backend> {
    require::backends(Backend::avx512_ifma(), Backend::avx2(), Backend::portable())
}

/// Every implementation of the interface: the backends of this machine and the model of the largest.
#[derive(Clone, Copy, Debug)]
pub(super) enum Implementation {
    Backend(Backend),
    Model,
}

pub(super) fn implementations() -> Vec<Implementation> {
    let backends = backends().into_iter().map(Implementation::Backend);
    backends.chain([Implementation::Model]).collect()
}

impl Implementation {
    pub(super) fn decode(self, encodings: &[[u8; 32]]) -> (Vec<Niels>, Vec<Decoding>) {
        let mut points = vec![Niels::IDENTITY; encodings.len()];
        let mut decodings = vec![Decoding::default(); encodings.len()];
        match self {
            Self::Backend(backend) => backend.decode(encodings, &mut points, &mut decodings),
            Self::Model => decode::decode::<FieldModel>((), encodings, &mut points, &mut decodings),
        }
        (points, decodings)
    }

    pub(super) fn is_zero(self, scratch: &mut MsmScratch, terms: &Terms<'_>, method: Method) -> bool {
        match self {
            Self::Backend(backend) => backend.sum_is_zero_by(scratch, terms, method),
            Self::Model => msm::is_zero::<FieldModel>((), scratch, terms, method),
        }
    }

    pub(super) fn equations(self, equations: &Equations<'_>) -> Vec<bool> {
        let mut scratch = LanesScratch::default();
        let mut valid = vec![false; equations.s.len()];
        let Equations {
            s,
            k,
            keys,
            commitments,
        } = *equations;
        match self {
            Self::Backend(backend) => backend.equations(&mut scratch, s, k, keys, commitments, &mut valid),
            Self::Model => straus::equations::<FieldModel>((), &mut scratch, equations, &mut valid),
        }
        valid
    }
}

/// The points of encodings that are known to be good.
pub(super) fn niels(points: &[EdwardsPoint]) -> Vec<Niels> {
    let encodings: Vec<_> = points.iter().map(|point| point.compress().to_bytes()).collect();
    Implementation::Backend(Backend::portable()).decode(&encodings).0
}
