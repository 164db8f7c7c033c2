//! Multi-scalar sums.

use curve25519_dalek::edwards::EdwardsPoint;
use curve25519_dalek::scalar::Scalar;

use super::super::reference;
use super::{Implementation, Method, MsmScratch, Numbers, Terms, implementations, niels};

const METHODS: [Method; 6] = [
    Method::Straus,
    Method::Pippenger { width: 4 },
    Method::Pippenger { width: 6 },
    Method::Pippenger { width: 7 },
    Method::Pippenger { width: 8 },
    Method::Pippenger { width: 9 },
];

/// Terms with their points.
struct Sum {
    short: Vec<EdwardsPoint>,
    short_scalars: Vec<u128>,
    wide: Vec<EdwardsPoint>,
    wide_scalars: Vec<[u8; 32]>,
    base: [u8; 32],
}

impl Sum {
    /// Terms whose sum is `secret B`, up to points of small order.
    fn new(numbers: &mut Numbers, short: usize, wide: usize, edges: bool) -> Self {
        let mut short_scalar = || {
            let number = numbers.short();
            if edges {
                [0, 1, u128::MAX, 1 << 127, u128::MAX << 120][usize::try_from(number % 5).unwrap()]
            } else {
                number
            }
        };
        let short_scalars: Vec<u128> = (0..short).map(|_| short_scalar()).collect();
        let mut total = Scalar::ZERO;
        let mut point = |scalar: Scalar, numbers: &mut Numbers| {
            let secret = numbers.scalar();
            total += secret * scalar;
            EdwardsPoint::mul_base(&secret)
                + curve25519_dalek::constants::EIGHT_TORSION[usize::try_from(numbers.next() % 8).unwrap()]
        };
        let short: Vec<_> = short_scalars
            .iter()
            .map(|scalar| point(Scalar::from(*scalar), numbers))
            .collect();
        let wide_scalars: Vec<Scalar> = (0..wide)
            .map(|_| {
                let scalar = numbers.scalar();
                if edges {
                    [Scalar::ZERO, Scalar::ONE, -Scalar::ONE, scalar]
                        [usize::try_from(numbers.next() % 4).unwrap()]
                } else {
                    scalar
                }
            })
            .collect();
        let wide: Vec<_> = wide_scalars
            .iter()
            .map(|scalar| point(*scalar, numbers))
            .collect();
        Self {
            short,
            short_scalars,
            wide,
            wide_scalars: wide_scalars.iter().map(Scalar::to_bytes).collect(),
            base: (-total).to_bytes(),
        }
    }

    fn check(
        &self,
        implementation: Implementation,
        scratch: &mut MsmScratch,
        method: Method,
        expected: bool,
    ) {
        let (short, wide) = (niels(&self.short), niels(&self.wide));
        let terms = Terms {
            short: &short,
            short_scalars: &self.short_scalars,
            wide: &wide,
            wide_scalars: &self.wide_scalars,
            base: &self.base,
        };
        let found = implementation.is_zero(scratch, &terms, method);
        assert_eq!(
            found,
            expected,
            "{implementation:?} {method:?}, {} short and {} wide terms",
            short.len(),
            wide.len()
        );
    }

    fn check_all(&self, expected: bool) {
        assert_eq!(self.by_reference(), expected, "the test's own arithmetic");
        for implementation in implementations() {
            let mut scratch = MsmScratch::default();
            for method in METHODS {
                self.check(implementation, &mut scratch, method, expected);
            }
        }
    }

    fn by_reference(&self) -> bool {
        let (short, wide) = (packed(&self.short), packed(&self.wide));
        reference::sum_is_zero(&short, &self.short_scalars, &wide, &self.wide_scalars, &self.base)
    }
}

fn packed(points: &[EdwardsPoint]) -> Vec<super::Niels> {
    let encodings: Vec<_> = points.iter().map(|point| point.compress().to_bytes()).collect();
    let mut packed = vec![super::Niels::IDENTITY; points.len()];
    reference::decode(
        &encodings,
        &mut packed,
        &mut vec![super::Decoding::default(); points.len()],
    );
    packed
}

#[test]
fn sums_of_all_sizes_are_zero_and_cease_to_be_when_a_scalar_changes() {
    let sizes = [
        (0, 0),
        (1, 0),
        (0, 1),
        (1, 1),
        (3, 2),
        (8, 8),
        (9, 9),
        (17, 5),
        (4, 30),
        (70, 70),
    ];
    for (seed, (short, wide)) in sizes.into_iter().enumerate() {
        let mut numbers = Numbers::new(seed as u64);
        let mut sum = Sum::new(&mut numbers, short, wide, false);
        sum.check_all(true);
        sum.base = (Scalar::from_bytes_mod_order(sum.base) + Scalar::ONE).to_bytes();
        sum.check_all(false);
    }
}

#[test]
fn extreme_scalars_are_summed_right() {
    for seed in 0..6 {
        let mut numbers = Numbers::new(1000 + seed);
        let sum = Sum::new(&mut numbers, 20, 20, true);
        sum.check_all(true);
    }
}

#[test]
fn one_wrong_term_at_any_index_is_noticed() {
    let mut numbers = Numbers::new(77);
    let good = Sum::new(&mut numbers, 12, 12, false);
    for at in 0..12 {
        let mut scalars = good.short_scalars.clone();
        scalars[at] ^= 1 << (at * 11);
        let sum = Sum {
            short_scalars: scalars,
            short: good.short.clone(),
            wide: good.wide.clone(),
            wide_scalars: good.wide_scalars.clone(),
            base: good.base,
        };
        for implementation in implementations() {
            let mut scratch = MsmScratch::default();
            sum.check(implementation, &mut scratch, Method::Straus, false);
            sum.check(
                implementation,
                &mut scratch,
                Method::Pippenger { width: 8 },
                false,
            );
        }
    }
}
