//! The field modulo `p = 2^255 - 19` as schoolbook arithmetic, only to tell which `y` are on the curve.
//!
//! It shares nothing with the decoders that it is held against: residues are decided by Euler's criterion, and the
//! curve's `d` is computed from its definition `-121665/121666`. Slow (milliseconds for a `y`) and variable time.

/// Little-endian limbs of a number below `p`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Element([u64; 4]);

const ZERO: Element = Element([0; 4]);
const ONE: Element = Element([1, 0, 0, 0]);
const ORDER: [u64; 4] = [
    0xffff_ffff_ffff_ffed,
    0xffff_ffff_ffff_ffff,
    0xffff_ffff_ffff_ffff,
    0x7fff_ffff_ffff_ffff,
];

/// What the curve equation says of a `y`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Root {
    /// No point has this `y`.
    None,
    /// One point has it: `x = 0`.
    Zero,
    /// Two points have it.
    Two,
}

/// The points with this `y`: the low 255 bits, little endian, reduced modulo `p`.
pub(crate) fn points_with_y(encoding: &[u8; 32]) -> Root {
    let y = from_bytes(encoding);
    let square = mul(y, y);
    let d = mul(negative(small(121_665)), power(small(121_666), &order_less(2)));
    let numerator = subtract(square, ONE);
    let denominator = add(mul(d, square), ONE);
    let product = mul(numerator, denominator);
    if numerator == ZERO {
        Root::Zero
    } else if power(product, &half(order_less(1))) == ONE {
        Root::Two
    } else {
        Root::None
    }
}

/// Whether the low 255 bits are below `p`.
pub(crate) fn is_reduced(encoding: &[u8; 32]) -> bool {
    is_below(&limbs(encoding), &ORDER)
}

fn limbs(encoding: &[u8; 32]) -> [u64; 4] {
    let (words, _) = encoding.as_chunks::<8>();
    let mut limbs = [0; 4];
    for (limb, word) in limbs.iter_mut().zip(words) {
        *limb = u64::from_le_bytes(*word);
    }
    limbs[3] &= u64::MAX >> 1;
    limbs
}

fn from_bytes(encoding: &[u8; 32]) -> Element {
    reduce_once(limbs(encoding))
}

const fn small(value: u64) -> Element {
    Element([value, 0, 0, 0])
}

fn is_below(left: &[u64; 4], right: &[u64; 4]) -> bool {
    left.iter().rev().lt(right.iter().rev())
}

/// Of a number below `2p`.
fn reduce_once(number: [u64; 4]) -> Element {
    if is_below(&number, &ORDER) {
        Element(number)
    } else {
        Element(borrowing(number, ORDER))
    }
}

fn borrowing(left: [u64; 4], right: [u64; 4]) -> [u64; 4] {
    let (mut difference, mut borrow) = ([0; 4], false);
    for ((out, l), r) in difference.iter_mut().zip(left).zip(right) {
        (*out, borrow) = l.borrowing_sub(r, borrow);
    }
    difference
}

fn add(left: Element, right: Element) -> Element {
    let (mut sum, mut carry) = ([0; 4], false);
    for ((out, l), r) in sum.iter_mut().zip(left.0).zip(right.0) {
        (*out, carry) = l.carrying_add(r, carry);
    }
    assert!(!carry, "two numbers below 2^255 add up to one below 2^256");
    reduce_once(sum)
}

fn negative(element: Element) -> Element {
    if element == ZERO {
        ZERO
    } else {
        Element(borrowing(ORDER, element.0))
    }
}

fn subtract(left: Element, right: Element) -> Element {
    add(left, negative(right))
}

/// Doubles and adds: 255 additions are fast enough for a few hundred rows.
fn mul(left: Element, right: Element) -> Element {
    bits(&right.0).fold(ZERO, |product, bit| {
        let doubled = add(product, product);
        if bit { add(doubled, left) } else { doubled }
    })
}

fn power(base: Element, exponent: &[u64; 4]) -> Element {
    bits(exponent).fold(ONE, |result, bit| {
        let squared = mul(result, result);
        if bit { mul(squared, base) } else { squared }
    })
}

/// From the highest to the lowest.
fn bits(number: &[u64; 4]) -> impl Iterator<Item = bool> + '_ {
    (0..256).rev().map(|at| number[at / 64] >> (at % 64) & 1 == 1)
}

/// `p - amount`.
fn order_less(amount: u64) -> [u64; 4] {
    borrowing(ORDER, [amount, 0, 0, 0])
}

fn half(number: [u64; 4]) -> [u64; 4] {
    let above = [number[1], number[2], number[3], 0];
    let mut half = [0; 4];
    for ((out, low), high) in half.iter_mut().zip(number).zip(above) {
        *out = low >> 1 | high << 63;
    }
    half
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn inverses_and_squares_are_what_they_are() {
        let seven = small(7);
        assert_eq!(mul(seven, power(seven, &order_less(2))), ONE);
        // 2 is no square modulo p, 4 is one.
        let euler = half(order_less(1));
        assert_eq!(power(small(2), &euler), negative(ONE));
        assert_eq!(power(small(4), &euler), ONE);
    }

    #[test]
    fn the_smallest_y_are_on_the_curve_or_not() {
        let points = |y: u8| {
            let mut bytes = [0; 32];
            bytes[0] = y;
            points_with_y(&bytes)
        };
        assert_eq!(points(1), Root::Zero);
        let two: Vec<u8> = (0..19).filter(|&y| points(y) == Root::Two).collect();
        assert_eq!(two, [0, 3, 4, 5, 6, 9, 10, 14, 15, 16, 18]);
    }
}
