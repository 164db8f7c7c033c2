//! Field operations against schoolbook arithmetic on bytes, at the ends of their ranges.

use super::super::field::{Field, LANES_MAX, Limbs, ZERO};
use super::super::model::FieldModel;
use super::super::niels::Niels;
use super::super::outlined::Outlined;
use super::super::portable::Portable;
use super::super::word::{LOW_51, P};
use super::Numbers;
#[cfg(target_arch = "x86_64")]
use super::require::{Instructions, present};

/// A number below 2^255 as 16-bit digits in wider words.
type Digits = [u64; 16];

/// The limbs of a lane as 32 bytes, little endian.
pub(super) fn bytes(limbs: &Limbs, lane: usize) -> [u8; 32] {
    let mut bytes = [0; 32];
    for bit in 0..255 {
        if limbs[bit / 51][lane] >> (bit % 51) & 1 != 0 {
            bytes[bit / 8] |= 1 << (bit % 8);
        }
    }
    bytes
}

/// Limbs (each below 2^51) as digits.
fn digits(limbs: &[u64; 5]) -> Digits {
    let mut wide = [[0; LANES_MAX]; 5];
    for (to, from) in wide.iter_mut().zip(limbs) {
        to[0] = *from;
    }
    let bytes = bytes(&wide, 0);
    core::array::from_fn(|i| u64::from(bytes[2 * i]) | u64::from(bytes[2 * i + 1]) << 8)
}

/// Brings a sum of digits below p: `2^256 = 38`.
fn reduced(mut digits: [u64; 32]) -> Digits {
    for _ in 0..4 {
        for i in 0..31 {
            digits[i + 1] += digits[i] >> 16;
            digits[i] &= 0xffff;
        }
        for i in 16..32 {
            digits[i - 16] += 38 * core::mem::take(&mut digits[i]);
        }
    }
    let mut low: Digits = core::array::from_fn(|i| digits[i]);
    // Now below 2^256 = 2p + 38.
    for _ in 0..3 {
        let mut less = low;
        let mut borrow = 0;
        for (i, digit) in less.iter_mut().enumerate() {
            let p = if i == 0 {
                0xffed
            } else if i == 15 {
                0x7fff
            } else {
                0xffff
            };
            let value = *digit + 0x1_0000 - p - borrow;
            borrow = 1 - (value >> 16);
            *digit = value & 0xffff;
        }
        if borrow == 0 {
            low = less;
        }
    }
    low
}

fn product(a: &Digits, b: &Digits) -> Digits {
    let mut sums = [0; 32];
    for i in 0..16 {
        for j in 0..16 {
            sums[i + j] += a[i] * b[j];
        }
    }
    reduced(sums)
}

fn sum(a: &Digits, b: &Digits) -> Digits {
    let mut sums = [0; 32];
    for i in 0..16 {
        sums[i] = a[i] + b[i];
    }
    reduced(sums)
}

fn minus(a: &Digits) -> Digits {
    let mut p = digits(&[LOW_51 - 18, LOW_51, LOW_51, LOW_51, LOW_51]);
    let mut borrow = 0;
    for (p, a) in p
        .iter_mut()
        .zip(reduced(core::array::from_fn(|i| a.get(i).copied().unwrap_or(0))))
    {
        let value = *p + 0x1_0000 - a - borrow;
        borrow = 1 - (value >> 16);
        *p = value & 0xffff;
    }
    reduced(core::array::from_fn(|i| p.get(i).copied().unwrap_or(0)))
}

/// Limbs at and between the ends of their range.
fn limbs(numbers: &mut Numbers) -> [u64; 5] {
    const EDGES: [[u64; 5]; 6] = [
        ZERO,
        [1, 0, 0, 0, 0],
        [P[0] - 1, P[1], P[2], P[3], P[4]],
        P,
        [P[0] + 1, P[1], P[2], P[3], P[4]],
        [LOW_51; 5],
    ];
    match numbers.next() % 4 {
        0 => EDGES[usize::try_from(numbers.next() % 6).unwrap()],
        1 => core::array::from_fn(|_| {
            [0, 1, 1 << 50, (1 << 50) - 1, LOW_51, LOW_51 - 1][usize::try_from(numbers.next() % 6).unwrap()]
        }),
        _ => core::array::from_fn(|_| numbers.next() & LOW_51),
    }
}

fn check<F: Field>(element: F, expected: &[Digits], what: &str) {
    let found = element.to_limbs();
    for (lane, expected) in expected.iter().enumerate() {
        let limbs = core::array::from_fn(|i| found[i][lane]);
        assert_eq!(digits(&limbs), *expected, "{what}, lane {lane}");
        assert!(limbs.iter().all(|limb| *limb <= LOW_51), "{what}, lane {lane}");
    }
}

/// Lanes from a seed: the element as loaded, and the value of each lane.
fn draw<F: Field>(token: F::Token, numbers: &mut Numbers) -> (F, Vec<Digits>) {
    let mut lanes = [[0; LANES_MAX]; 5];
    let mut values = vec![];
    for lane in 0..F::LANES {
        let limbs = limbs(numbers);
        for (to, from) in lanes.iter_mut().zip(limbs) {
            to[lane] = from;
        }
        values.push(reduced(core::array::from_fn(|i| {
            digits(&limbs).get(i).copied().unwrap_or(0)
        })));
    }
    (F::from_limbs(token, &lanes), values)
}

fn field_holds<F: Outlined>(token: F::Token) {
    for seed in 0..300 {
        let mut numbers = Numbers::new(seed);
        let (loaded, a) = draw::<F>(token, &mut numbers);
        let (other, b) = draw::<F>(token, &mut numbers);
        check(loaded, &a, "loaded");
        let x = F::carry(loaded.widen());
        check(x, &a, "carried");
        let y = F::carry(other.widen());
        let each = |f: &dyn Fn(usize) -> Digits| -> Vec<Digits> { (0..F::LANES).map(f).collect() };
        let ab = each(&|i| product(&a[i], &b[i]));
        let minus_ab = each(&|i| minus(&ab[i]));
        check(F::product(&x, &other), &ab, "a b, b loaded");
        check(F::product(&x, &y), &ab, "a b");
        let all = F::mask(token, u8::MAX);
        check(
            F::product(&x, &other.negate_where(all)),
            &minus_ab,
            "-a b, b loaded",
        );
        check(F::product(&x, &y.negate_where(all)), &minus_ab, "-a b");
        let aa = each(&|i| product(&a[i], &a[i]));
        check(F::squared_times([x], 1)[0], &aa, "a a");
        let [twice, other_twice] = F::squared_times([x, y], 2);
        check(twice, &each(&|i| product(&aa[i], &aa[i])), "a^4");
        let bb = each(&|i| product(&b[i], &b[i]));
        check(other_twice, &each(&|i| product(&bb[i], &bb[i])), "b^4");
        check(
            F::carry(F::difference(x.widen(), y.widen())),
            &each(&|i| sum(&a[i], &minus(&b[i]))),
            "a - b",
        );
        // The largest sum allowed: four products less two.
        let (p, q) = (x.mul(&y), y.square());
        let p2 = F::sum(p, p);
        let large = F::carry(F::difference(F::sum(p2, p2), F::sum(q, q)));
        let expected = each(&|i| {
            let ab2 = sum(&ab[i], &ab[i]);
            let minus_bb = minus(&bb[i]);
            sum(&sum(&ab2, &ab2), &sum(&minus_bb, &minus_bb))
        });
        check(large, &expected, "4ab - 2bb");
        check(
            F::product(&large, &large),
            &each(&|i| product(&expected[i], &expected[i])),
            "its square as a product",
        );
        let bits = 0b0101_1010;
        let chosen = F::select(F::mask(token, bits), x, y);
        check(
            chosen,
            &each(&|i| if bits >> i & 1 == 1 { a[i] } else { b[i] }),
            "select",
        );
    }
}

/// Rows and affine points come back from memory in the lane that they were for.
fn memory_holds<F: Outlined>(token: F::Token) {
    let mut numbers = Numbers::new(5);
    let points: Vec<Niels> = (0..LANES_MAX)
        .map(|_| {
            let mut words = core::array::from_fn(|_| numbers.next() & LOW_51);
            words[15] = 0;
            Niels { words }
        })
        .collect();
    let value = |point: &Niels, k: usize| digits(&core::array::from_fn(|i| point.words[5 * k + i]));
    let in_range = |digits: Digits| reduced(core::array::from_fn(|i| digits.get(i).copied().unwrap_or(0)));
    let loaded = F::load_niels(token, |lane| &points[lane]);
    for (k, element) in loaded.iter().enumerate() {
        let expected: Vec<_> = (0..F::LANES)
            .map(|lane| in_range(value(&points[lane], k)))
            .collect();
        check(*element, &expected, "an affine point in each lane");
        let same: Vec<_> = (0..F::LANES).map(|_| in_range(value(&points[3], k))).collect();
        check(
            F::broadcast_niels(token, &points[3])[k],
            &same,
            "one affine point in all lanes",
        );
    }
    let four = [
        loaded[0],
        F::carry(loaded[1].widen()),
        loaded[2],
        F::product(&F::carry(loaded[0].widen()), &loaded[1]),
    ];
    let mut rows = vec![super::super::field::Row::EMPTY; 4 * LANES_MAX];
    let index = |lane: usize| (lane * 5 + 3) % (4 * LANES_MAX);
    F::store_rows(&four, &mut rows, index);
    let back = F::load_rows(token, |lane| &rows[index(lane)]);
    for (before, after) in four.iter().zip(&back) {
        assert_eq!(before.to_limbs(), after.to_limbs());
    }
}

#[test]
fn portable_field_holds() {
    field_holds::<Portable>(());
    memory_holds::<Portable>(());
}

#[test]
fn field_holds_on_the_model_of_eight_lanes() {
    field_holds::<FieldModel>(());
    memory_holds::<FieldModel>(());
}

#[cfg(target_arch = "x86_64")]
#[test]
fn field_holds_in_four_lanes() {
    if let Some(token) = present(Instructions::Avx2, super::super::avx2::Avx2::detect()) {
        field_holds::<super::super::avx2::Field256>(token);
        memory_holds::<super::super::avx2::Field256>(token);
    }
}

#[cfg(target_arch = "x86_64")]
#[test]
fn field_holds_in_eight_lanes() {
    if let Some(token) = present(Instructions::Avx512, super::super::avx512::Avx512::detect()) {
        field_holds::<super::super::avx512::Field512>(token);
        memory_holds::<super::super::avx512::Field512>(token);
    }
}
