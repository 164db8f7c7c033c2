//! Entry points for benches that measure the kernels one by one; not part of the public interface.
//!
//! A workload is valid under the rule, so that each call can assert its answer. The caller brings the clock, since this
//! crate reads none.

use curve25519_dalek::edwards::EdwardsPoint;
use curve25519_dalek::scalar::Scalar;

use super::straus::LanesScratch;
use super::terms::Terms;
use super::tuning::Method;
use super::{Backend, Decoding, MsmScratch, Niels};

/// Equations that hold, with everything that the kernels take.
#[derive(Debug)]
pub struct Workload {
    encodings: Vec<[u8; 32]>,
    points: Vec<Niels>,
    decodings: Vec<Decoding>,
    coefficients: Vec<u128>,
    weighted: Vec<[u8; 32]>,
    base: [u8; 32],
    s: Vec<[u8; 32]>,
    k: Vec<[u8; 32]>,
    valid: Vec<bool>,
    msm: MsmScratch,
    lanes: LanesScratch,
}

/// Scalars from a counter, spread over all bits; fit for measuring only.
fn scalar(counter: &mut u64) -> Scalar {
    let mut bytes = [0; 64];
    for chunk in bytes.as_chunks_mut::<8>().0 {
        *counter = counter
            .wrapping_mul(0x5851_f42d_4c95_7f2d)
            .wrapping_add(0x1405_7b7e_f767_814f);
        *chunk = (*counter ^ (*counter >> 29)).to_le_bytes();
    }
    Scalar::from_bytes_mod_order_wide(&bytes)
}

impl Workload {
    /// A workload of `count` equations.
    #[must_use]
    pub fn new(count: usize) -> Self {
        let mut counter = 1;
        let (mut keys, mut commitments) = (vec![], vec![]);
        let (mut coefficients, mut weighted, mut s, mut k) = (vec![], vec![], vec![], vec![]);
        let mut base = Scalar::ZERO;
        for _ in 0..count {
            let (secret, nonce, challenge) =
                (scalar(&mut counter), scalar(&mut counter), scalar(&mut counter));
            let coefficient = u128::from_le_bytes(scalar(&mut counter).to_bytes().as_chunks().0[0]);
            keys.push(EdwardsPoint::mul_base(&secret).compress().to_bytes());
            commitments.push(EdwardsPoint::mul_base(&nonce).compress().to_bytes());
            let response = nonce + challenge * secret;
            base -= Scalar::from(coefficient) * response;
            coefficients.push(coefficient);
            weighted.push((Scalar::from(coefficient) * challenge).to_bytes());
            s.push(response.to_bytes());
            k.push(challenge.to_bytes());
        }
        let mut encodings = commitments;
        encodings.append(&mut keys);
        let mut workload = Self {
            points: vec![Niels::IDENTITY; 2 * count],
            decodings: vec![Decoding::default(); 2 * count],
            encodings,
            coefficients,
            weighted,
            base: base.to_bytes(),
            s,
            k,
            valid: vec![false; count],
            msm: MsmScratch::default(),
            lanes: LanesScratch::default(),
        };
        workload.decode(Backend::portable());
        workload
    }

    /// Decodes all keys and commitments: two points for each equation.
    ///
    /// # Panics
    ///
    /// If a point is not decoded.
    pub fn decode(&mut self, backend: Backend) {
        backend.decode(&self.encodings, &mut self.points, &mut self.decodings);
        assert!(
            self.decodings.iter().all(|decoding| *decoding == Decoding::Point),
            "all are points"
        );
    }

    /// One sum over all equations. Width 0 is Straus's method, any other width Pippenger's with digits of that many bits, and
    /// `None` the method that the backend chooses.
    ///
    /// # Panics
    ///
    /// If the sum is not zero.
    pub fn sum(&mut self, backend: Backend, width: Option<usize>) {
        let (commitments, keys) = self.points.split_at(self.coefficients.len());
        let terms = Terms {
            short: commitments,
            short_scalars: &self.coefficients,
            wide: keys,
            wide_scalars: &self.weighted,
            base: &self.base,
        };
        let method = match width {
            None => backend.method(&terms),
            Some(0) => Method::Straus,
            Some(width) => Method::Pippenger { width },
        };
        assert!(
            backend.sum_is_zero_by(&mut self.msm, &terms, method),
            "the equations hold"
        );
    }

    /// Each equation by itself.
    ///
    /// # Panics
    ///
    /// If one does not hold.
    pub fn equations(&mut self, backend: Backend) {
        let (commitments, keys) = self.points.split_at(self.coefficients.len());
        backend.equations(
            &mut self.lanes,
            &self.s,
            &self.k,
            keys,
            commitments,
            &mut self.valid,
        );
        assert!(self.valid.iter().all(|valid| *valid), "the equations hold");
    }
}
