//! One multi-scalar sum, by the method that costs less for the number of terms.
//!
//! Both methods end with sums in the lanes of a few registers. These are combined in plain arithmetic of one lane, since what
//! is left (doublings one after another) gains nothing from lanes.

use super::base::BaseTables;
use super::lanes::is_identity;
use super::outlined::Outlined;
use super::terms::{MsmScratch, Terms};
use super::tuning::Method;
use super::{pippenger, straus};

/// Whether 8 times the sum of the terms is the neutral element.
#[inline(always)]
pub(super) fn is_zero<F: Outlined>(
    token: F::Token,
    scratch: &mut MsmScratch,
    terms: &Terms<'_>,
    method: Method,
) -> bool {
    let sum = match method {
        Method::Straus => straus::sum::<F>(token, scratch, terms, BaseTables::get()),
        Method::Pippenger { width } => pippenger::sum::<F>(token, scratch, terms, width),
    };
    is_identity(&sum.double_times(3))[0]
}
