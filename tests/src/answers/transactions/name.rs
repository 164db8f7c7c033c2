//! Names of transactions.

use isobath_sdk::Pubkey;

use crate::answers::cast::address;

/// A name, and what follows from it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Name<'a> {
    pub(super) whole: &'a str,
    pub(super) kind: &'a str,
}

impl<'a> Name<'a> {
    pub(super) fn new(whole: &'a str) -> Self {
        let kind = whole.split('.').next().unwrap_or(whole);
        Self { whole, kind }
    }

    /// The address of a label of this transaction alone.
    pub(super) fn own(&self, part: &str) -> Pubkey {
        address(&format!("{part}:{}", self.whole))
    }

    pub(super) fn from(&self) -> Pubkey {
        self.own("from")
    }

    pub(super) fn to(&self) -> Pubkey {
        self.own("to")
    }
}
