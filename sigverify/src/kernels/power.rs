//! The power that a square root takes.
//!
//! Several independent elements go through it together, so that while one waits for the multiplier the
//! others can use it.

use super::outlined::Outlined;

#[inline(always)]
pub(super) fn products<F: Outlined, const G: usize>(a: &[F; G], b: &[F; G]) -> [F; G] {
    let mut products = *a;
    for (product, b) in products.iter_mut().zip(b) {
        *product = F::product(product, b);
    }
    products
}

/// Each element to the power `(p - 5) / 8 = 2^252 - 3`.
#[inline(always)]
pub(super) fn power_p58<F: Outlined, const G: usize>(x: &[F; G]) -> [F; G] {
    let squared_times = F::squared_times::<G>;
    let x2 = squared_times(*x, 1);
    let x9 = products(x, &squared_times(x2, 2));
    let x11 = products(&x2, &x9);
    // xN_0 denotes x to the power 2^N - 1.
    let x5_0 = products(&x9, &squared_times(x11, 1));
    let x10_0 = products(&squared_times(x5_0, 5), &x5_0);
    let x20_0 = products(&squared_times(x10_0, 10), &x10_0);
    let x40_0 = products(&squared_times(x20_0, 20), &x20_0);
    let x50_0 = products(&squared_times(x40_0, 10), &x10_0);
    let x100_0 = products(&squared_times(x50_0, 50), &x50_0);
    let x200_0 = products(&squared_times(x100_0, 100), &x100_0);
    let x250_0 = products(&squared_times(x200_0, 50), &x50_0);
    products(&squared_times(x250_0, 2), x)
}
