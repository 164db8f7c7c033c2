//! Points in lanes: the formulas.
//!
//! A point is kept as `(Y + X, Y - X, Z, T)` with `T = XY/Z`: additions want the sum and the difference, and
//! both come out of one round of carrying as `GH + EF` and `GH - EF`. Invariant: coordinates are carried field
//! elements. The formulas are the complete ones of Hisil, Wong, Carter and Dawson for `a = -1`
//! (Asiacrypt 2008, sections 3.1 and 3.3), so that no pair of points is special. Callers use them through `outlined`.

use super::field::{Field, ONE, ZERO};
use super::niels::Niels;

/// One point in each lane.
#[derive(Clone, Copy, Debug)]
pub(super) struct Point<F> {
    pub(super) sum: F,
    pub(super) difference: F,
    pub(super) z: F,
    pub(super) t: F,
}

/// One point in each lane, ready to be added: `(Y + X, Y - X, Z, 2dT)`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Cached<F>(pub(super) [F; 4]);

/// One affine point in each lane, ready to be added: `(y + x, y - x, 2dxy)`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Affine<F>(pub(super) [F; 3]);

/// The four factors from which a result's coordinates are made: `X = EF, Y = GH, Z = FG, T = EH`.
struct Completed<F> {
    e: F,
    f: F,
    g: F,
    h: F,
}

impl<F: Field> Affine<F> {
    /// The points that `point` gives for each lane.
    #[inline(always)]
    pub(super) fn load<'a>(token: F::Token, point: impl Fn(usize) -> &'a Niels) -> Self {
        Self(F::load_niels(token, point))
    }

    /// The same point in every lane.
    #[inline(always)]
    pub(super) fn broadcast(token: F::Token, point: &Niels) -> Self {
        Self(F::broadcast_niels(token, point))
    }

    /// Minus the point in the lanes of `mask`.
    #[inline(always)]
    pub(super) fn negate_where(self, mask: F::Mask) -> Self {
        let [sum, difference, t] = self.0;
        Self([
            F::select(mask, difference, sum),
            F::select(mask, sum, difference),
            t.negate_where(mask),
        ])
    }
}

impl<F: Field> Cached<F> {
    /// Minus the point in the lanes of `mask`.
    #[inline(always)]
    pub(super) fn negate_where(self, mask: F::Mask) -> Self {
        let [sum, difference, z, t] = self.0;
        Self([
            F::select(mask, difference, sum),
            F::select(mask, sum, difference),
            z,
            t.negate_where(mask),
        ])
    }
}

impl<F: Field> Point<F> {
    /// The neutral element in every lane.
    #[inline(always)]
    pub(super) fn identity(token: F::Token) -> Self {
        let one = F::splat(token, &ONE);
        Self {
            sum: one,
            difference: one,
            z: one,
            t: F::splat(token, &ZERO),
        }
    }

    /// The coordinates as they are kept in a row of memory.
    #[inline(always)]
    pub(super) const fn coordinates(&self) -> [F; 4] {
        [self.sum, self.difference, self.z, self.t]
    }

    /// From the coordinates of a row.
    #[inline(always)]
    pub(super) const fn from_coordinates([sum, difference, z, t]: [F; 4]) -> Self {
        Self {
            sum,
            difference,
            z,
            t,
        }
    }
}

impl<F: Field> Point<F> {
    #[inline(always)]
    pub(super) fn add_affine_inlined(&self, other: &Affine<F>) -> Self {
        let [sum, difference, t] = &other.0;
        let z = self.z.widen();
        self.complete(sum, difference, t, F::sum(z, z)).point()
    }

    #[inline(always)]
    pub(super) fn add_cached_inlined(&self, other: &Cached<F>) -> Self {
        let [sum, difference, z, t] = &other.0;
        let zz = self.z.mul(z);
        self.complete(sum, difference, t, F::sum(zz, zz)).point()
    }

    #[inline(always)]
    pub(super) fn double_inlined(&self) -> Self {
        self.complete_double().point()
    }

    #[inline(always)]
    pub(super) fn double_without_t_inlined(&self) -> Self {
        self.complete_double().point_without_t(self.t)
    }

    /// `B = sum sum', A = difference difference', C = T T' 2d, D = 2 Z Z'`:
    /// `E = B - A, F = D - C, G = D + C, H = B + A`.
    #[inline(always)]
    fn complete(&self, sum: &F, difference: &F, t: &F, d: F::Wide) -> Completed<F> {
        let a = self.difference.mul(difference);
        let b = self.sum.mul(sum);
        let c = self.t.mul(t);
        Completed {
            e: F::carry(F::difference(b, a)),
            f: F::carry(F::difference(d, c)),
            g: F::carry(F::sum(d, c)),
            h: F::carry(F::sum(b, a)),
        }
    }

    /// The factors of the usual doubling, all doubled, with the signs of `F` and `H` both changed:
    /// `E = 4XY, H = 2(X^2 + Y^2), G = 2(Y^2 - X^2), F = 4Z^2 - G`.
    #[inline(always)]
    fn complete_double(&self) -> Completed<F> {
        let sum_squared = self.sum.square();
        let difference_squared = self.difference.square();
        let half_g = self.sum.mul(&self.difference);
        let g = F::sum(half_g, half_g);
        let zz = self.z.square();
        let zz2 = F::sum(zz, zz);
        Completed {
            e: F::carry(F::difference(sum_squared, difference_squared)),
            f: F::carry(F::difference(F::sum(zz2, zz2), g)),
            g: F::carry(g),
            h: F::carry(F::sum(sum_squared, difference_squared)),
        }
    }
}

impl<F: Field> Completed<F> {
    #[inline(always)]
    fn point(&self) -> Point<F> {
        self.point_without_t(F::carry(self.e.mul(&self.h)))
    }

    #[inline(always)]
    fn point_without_t(&self, t: F) -> Point<F> {
        let x = self.e.mul(&self.f);
        let y = self.g.mul(&self.h);
        Point {
            sum: F::carry(F::sum(y, x)),
            difference: F::carry(F::difference(y, x)),
            z: F::carry(self.f.mul(&self.g)),
            t,
        }
    }
}
