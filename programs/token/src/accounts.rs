//! The accounts of an instruction: all of the call's, or those of one part of a batch.

use std::ops::Range;

use isobath_sdk::program::Frame;

use crate::fault::Fault;

/// A range of positions in the call.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Accounts {
    start: usize,
    end: usize,
}

impl Accounts {
    /// All accounts of the call.
    pub(crate) const fn all(frame: &Frame<'_>) -> Self {
        Self {
            start: 0,
            end: frame.account_count(),
        }
    }

    /// The positions of the first accounts, and the accounts after them.
    ///
    /// # Errors
    /// `NotEnoughAccountKeys`.
    pub(crate) fn take<const N: usize>(self) -> Result<([usize; N], Self), Fault> {
        let (first, rest) = self.split(N)?;
        let mut position = first.start;
        let positions = [(); N].map(|()| {
            let taken = position;
            position = position.saturating_add(1);
            taken
        });
        Ok((positions, rest))
    }

    /// The first `count` accounts, and those after them.
    ///
    /// # Errors
    /// `NotEnoughAccountKeys`.
    pub(crate) const fn split(self, count: usize) -> Result<(Self, Self), Fault> {
        let middle = self.start.saturating_add(count);
        if middle > self.end {
            return Err(Fault::NOT_ENOUGH_ACCOUNTS);
        }
        let first = Self { end: middle, ..self };
        let rest = Self {
            start: middle,
            ..self
        };
        Ok((first, rest))
    }

    /// The position of the first account, if there is one.
    pub(crate) const fn first(self) -> Option<usize> {
        match self.start < self.end {
            true => Some(self.start),
            false => None,
        }
    }

    /// The positions.
    pub(crate) const fn positions(self) -> Range<usize> {
        self.start..self.end
    }
}
