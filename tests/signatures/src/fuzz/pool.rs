//! Points with known logarithms, made by additions instead of multiplications.

use curve25519_dalek::constants::{ED25519_BASEPOINT_TABLE, EIGHT_TORSION};
use curve25519_dalek::edwards::EdwardsPoint;
use curve25519_dalek::scalar::Scalar;

use super::random::Random;
use crate::parts::{Part, Point};

/// Keys at any time.
pub(super) const KEYS: usize = 1_024;
/// Commitments made at a time; the keys are replaced with them.
pub(super) const COMMITMENTS: usize = 4_096;

/// The keys and the commitments of a round.
#[derive(Debug)]
pub(super) struct Pool {
    keys: Progression,
    commitments: Progression,
    pub(super) current_keys: Vec<Part>,
    current_commitments: Vec<Part>,
    used: usize,
}

impl Pool {
    pub(super) fn new(random: &mut Random) -> Self {
        let mut pool = Self {
            keys: Progression::new(random),
            commitments: Progression::new(random),
            current_keys: Vec::new(),
            current_commitments: Vec::new(),
            used: 0,
        };
        pool.refill(random);
        pool
    }

    fn refill(&mut self, random: &mut Random) {
        self.current_keys = self.keys.take(KEYS, random);
        self.current_commitments = self.commitments.take(COMMITMENTS, random);
        self.used = 0;
    }

    /// A commitment that was not handed out before.
    pub(super) fn commitment(&mut self, random: &mut Random) -> Part {
        if self.used == COMMITMENTS {
            self.refill(random);
        }
        self.used += 1;
        self.current_commitments[self.used - 1]
    }
}

/// `scalar * B`, and what is added for the next.
#[derive(Debug)]
struct Progression {
    scalar: Scalar,
    point: EdwardsPoint,
    step: Scalar,
    step_point: EdwardsPoint,
}

impl Progression {
    fn new(random: &mut Random) -> Self {
        let (scalar, step) = (random.scalar(), random.scalar());
        Self {
            scalar,
            point: &scalar * ED25519_BASEPOINT_TABLE,
            step,
            step_point: &step * ED25519_BASEPOINT_TABLE,
        }
    }

    /// The next members; one in eight gets a random component of small order, which may be none.
    fn take(&mut self, count: usize, random: &mut Random) -> Vec<Part> {
        let (mut points, mut known) = (Vec::with_capacity(count), Vec::with_capacity(count));
        for _ in 0..count {
            let torsion = if random.once_in(8) { random.below(8) } else { 0 };
            points.push(if torsion == 0 {
                self.point
            } else {
                self.point + EIGHT_TORSION[torsion]
            });
            known.push((self.scalar, torsion));
            self.scalar += self.step;
            self.point += self.step_point;
        }
        let encodings = EdwardsPoint::compress_batch_alloc(&points);
        let parts = encodings
            .iter()
            .zip(known)
            .map(|(encoding, (scalar, torsion))| Part {
                bytes: encoding.to_bytes(),
                point: Point::Known {
                    scalar,
                    torsion: u8::try_from(torsion).expect("it is below eight"),
                },
                is_canonical: true,
            });
        parts.collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_have_the_logarithms_that_they_say() {
        let mut random = Random::new(5);
        let mut pool = Pool::new(&mut random);
        let some = pool.current_keys.iter().step_by(100).copied();
        let last = pool.commitments.take(40, &mut random).into_iter();
        for part in some.chain(last) {
            let (scalar, torsion) = part.logarithm().unwrap();
            assert_eq!(part, Part::known(scalar, torsion));
        }
    }

    #[test]
    fn no_commitment_comes_twice() {
        let mut random = Random::new(6);
        let mut pool = Pool::new(&mut random);
        let mut seen: Vec<[u8; 32]> = (0..2 * COMMITMENTS + 5)
            .map(|_| pool.commitment(&mut random).bytes)
            .collect();
        seen.sort_unstable();
        assert!(seen.windows(2).all(|pair| pair[0] != pair[1]));
    }
}
