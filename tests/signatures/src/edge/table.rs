//! The table while it is built: rows, fresh secrets, and the search for messages.

use curve25519_dalek::scalar::Scalar;
use sha2::{Digest, Sha512};

use super::case::Case;
use super::judge::Draft;
use crate::parts::Part;

/// What every secret of the table follows from.
const SEED: &[u8] = b"isobath 2026-11 edge cases of ed25519 v1";

/// Tries of a message until a case has the classes wanted; each try succeeds with a chance of an eighth or more.
const TRIES_MAX: u32 = 1_000;

/// The rows so far, and where the next secret comes from.
#[derive(Debug, Default)]
pub(super) struct Table {
    pub(super) cases: Vec<Case>,
    secrets: u64,
}

impl Table {
    pub(super) fn add(&mut self, group: &str, draft: &Draft) {
        self.cases.push(draft.case(group));
    }

    /// The next secret, uniform below `L`.
    pub(super) fn scalar(&mut self) -> Scalar {
        self.secrets += 1;
        let hash = Sha512::new()
            .chain_update(SEED)
            .chain_update(self.secrets.to_le_bytes());
        Scalar::from_bytes_mod_order_wide(&hash.finalize().into())
    }

    /// A point with a fresh logarithm and this hidden component.
    pub(super) fn part(&mut self, torsion: u8) -> Part {
        Part::known(self.scalar(), torsion)
    }

    /// The first of some messages with which the draft is as wanted, if there is one.
    pub(super) fn search(
        &mut self,
        draft: impl Fn(&[u8]) -> Draft,
        is_wanted: impl Fn(&Draft) -> bool,
    ) -> Option<Draft> {
        (0..TRIES_MAX)
            .map(|number| draft(&number.to_le_bytes()))
            .find(is_wanted)
    }
}

/// The same with `s` one larger, so that the equation fails by `B`.
pub(super) fn broken(draft: &Draft) -> Draft {
    let scalar = Scalar::from_bytes_mod_order(draft.scalar) + Scalar::ONE;
    Draft {
        scalar: scalar.to_bytes(),
        ..draft.clone()
    }
}
