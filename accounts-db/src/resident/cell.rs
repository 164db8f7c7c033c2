//! One resident account: its state now, and where its states at the end of earlier blocks are.
//!
//! ```text
//!  cell: account now, written in block 9 --image--> arena of block 9: account before it, written in block 4 --image--> ..
//! ```
//!
//! Invariant: the cell's account is its state at the end of every block from [`Link::written_in`] on that is not newer than
//! the block that is open now. The image that the cell links is its state at the end of the blocks from
//! [`Link::written_in`] of the image up to the one before `written_in`. Cells without lamports are accounts that do not
//! exist.

use isobath_sdk::chain::account::Account;

/// Which block wrote a state, and the image of the state before it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Link {
    /// Slot of the block that wrote it; 0 for the genesis, and for accounts that never existed.
    pub(crate) written_in: u64,
    /// Position of the image of the state before it in the arena of block `written_in`.
    pub(crate) image: u32,
}

/// A resident account, whose key is beside it. What every look-up reads comes first.
#[derive(Clone, Debug, Default)]
#[repr(C)]
pub(crate) struct Cell {
    pub(crate) account: Account,
    pub(crate) link: Link,
    /// Whether the cell waits to be given back.
    pub(crate) is_listed: bool,
}

impl Cell {
    /// Whether there is an account.
    pub(crate) const fn exists(&self) -> bool {
        self.account.lamports != 0
    }
}

/// The state of an account before a block, saved when the block first writes it.
#[derive(Clone, Debug)]
pub(crate) struct Image {
    pub(crate) account: Account,
    pub(crate) link: Link,
}
