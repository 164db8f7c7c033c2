//! What verification answers: one verdict per item, with the first check that failed.
//!
//! Invariant: a [`Cause`] names the *first* failing check in the order of the rule (see the crate docs), so
//! it is a function of key, message and signature alone and two implementations can be compared on it.

use thiserror::Error;

/// The first check of the rule that a signature failed; the variants are in the order of the checks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Error)]
pub enum Cause {
    /// The scalar `s` is not below the group order `L`.
    #[error("the signature's scalar is not below the group order")]
    ScalarNotCanonical,
    /// The key is not the canonical encoding of a curve point.
    #[error("the key is not the canonical encoding of a point")]
    KeyEncoding,
    /// The key is one of the eight points of small order.
    #[error("the key is a point of small order")]
    KeySmallOrder,
    /// The commitment `R` is not the canonical encoding of a curve point.
    #[error("the signature's commitment is not the canonical encoding of a point")]
    CommitmentEncoding,
    /// The commitment `R` is one of the eight points of small order.
    #[error("the signature's commitment is a point of small order")]
    CommitmentSmallOrder,
    /// `8(sB - kA - R)` is not zero: another key, message or signature.
    #[error("the signature does not belong to this key and message")]
    Equation,
}

impl Cause {
    /// Every cause, in the order of the checks.
    pub const ALL: [Self; 6] = [
        Self::ScalarNotCanonical,
        Self::KeyEncoding,
        Self::KeySmallOrder,
        Self::CommitmentEncoding,
        Self::CommitmentSmallOrder,
        Self::Equation,
    ];

    /// Its index in [`Cause::ALL`].
    #[must_use]
    pub const fn index(self) -> usize {
        self as usize
    }
}

/// The answer for one item: valid, or the first check that failed.
pub type Verdict = Result<(), Cause>;

/// The answers for a batch, in the order of its items.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdicts {
    /// One byte per item.
    verdicts: Vec<Verdict>,
}

impl Verdicts {
    /// How many items the batch had.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.verdicts.len()
    }

    /// Whether the batch had no items.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.verdicts.is_empty()
    }

    /// The verdict of the item at `index`, or `None` past the end of the batch.
    #[must_use]
    pub fn get(&self, index: usize) -> Option<Verdict> {
        self.verdicts.get(index).copied()
    }

    /// The verdicts in the order of the items.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = Verdict> + DoubleEndedIterator + '_ {
        self.verdicts.iter().copied()
    }

    /// Whether every item is valid; true for an empty batch. O(n).
    #[must_use]
    pub fn all_valid(&self) -> bool {
        self.verdicts.iter().all(Result::is_ok)
    }

    /// Index and cause of the first invalid item. O(n).
    #[must_use]
    pub fn first_invalid(&self) -> Option<(usize, Cause)> {
        self.iter()
            .enumerate()
            .find_map(|(index, verdict)| verdict.err().map(|cause| (index, cause)))
    }
}

impl FromIterator<Verdict> for Verdicts {
    fn from_iter<I: IntoIterator<Item = Verdict>>(verdicts: I) -> Self {
        Self {
            verdicts: verdicts.into_iter().collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_batch_is_all_valid() {
        let verdicts = Verdicts::from_iter([]);
        assert!(verdicts.is_empty());
        assert!(verdicts.all_valid());
        assert_eq!(verdicts.first_invalid(), None);
        assert_eq!(verdicts.get(0), None);
    }

    #[test]
    fn accessors_agree_with_the_items() {
        let given = [Ok(()), Err(Cause::KeyEncoding), Ok(()), Err(Cause::Equation)];
        let verdicts = Verdicts::from_iter(given);
        assert_eq!(verdicts.len(), 4);
        assert!(!verdicts.is_empty());
        assert!(verdicts.iter().eq(given));
        assert_eq!(verdicts.get(3), Some(Err(Cause::Equation)));
        assert_eq!(verdicts.get(4), None);
        assert!(!verdicts.all_valid());
        assert_eq!(verdicts.first_invalid(), Some((1, Cause::KeyEncoding)));
        assert!(Verdicts::from_iter([Ok(()); 3]).all_valid());
    }

    #[test]
    fn a_verdict_takes_one_byte() {
        assert_eq!(size_of::<Verdict>(), 1);
    }

    #[test]
    fn causes_order_as_the_checks_do() {
        let in_order = Cause::ALL;
        assert!(in_order.is_sorted());
        assert!(in_order.iter().map(|cause| cause.index()).eq(0..in_order.len()));
        let texts: std::collections::BTreeSet<String> = in_order.iter().map(ToString::to_string).collect();
        assert_eq!(texts.len(), in_order.len(), "each cause has a text of its own");
    }
}
