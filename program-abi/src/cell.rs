//! The layout in which every kind of program finds an account in memory: linked in, loaded or in a virtual machine.
//!
//! A stored account, by value, little-endian as the machine:
//!
//! ```text
//!   0  lamports           u64
//!   8  owner              32 bytes
//!  40  executable         u8    0 or 1
//!  41                     7 bytes without meaning
//!  48  last_change_epoch  u64
//!  56  data               u8*   aligned to 8; not null, and not to be followed where the capacity is 0
//!  64  data_len           u64
//!  72  data_capacity      u64
//!  80
//! ```
//!
//! A cell, the handle that one transaction has of one account; what follows it is the runtime's own, so cells are reached
//! one by one and not as an array:
//!
//! ```text
//!   0  key                32 bytes
//!  32  account            80 bytes, as above
//! 112  borrows            u32   `Borrows`
//! 116  is_written         u8    0 or 1: whether the transaction wrote anything of the account
//! 117                     3 bytes without meaning
//! 120
//! ```
//!
//! Invariant: a program only reads these words. It changes an account by calls of its frame, which check each change; the
//! data may move with any call that changes the account, so a program reads pointer, length and capacity again after one.
//! The exceptions are data that a call gave it to change, up to its next call, and the borrows, which it takes and gives
//! back.
//!
//! The types here name the offsets and hold nothing: the runtime's own types have the same layout, which it asserts when it
//! is compiled. A change of the layout is a change of [`CELL_VERSION`].

use crate::borrows::Borrows;
use crate::pubkey::Pubkey;

/// Version of the layout. A program that was built for another one is not called.
pub const CELL_VERSION: u32 = 1;

/// A stored account as words.
#[repr(C)]
#[derive(Debug)]
pub struct AccountLayout {
    /// Balance.
    pub lamports: u64,
    /// The program that alone may change the data and debit the balance.
    pub owner: Pubkey,
    /// Whether the account is a program that can be called: 0 or 1.
    pub executable: u8,
    /// Epoch of the last block that changed another byte of the account.
    pub last_change_epoch: u64,
    /// The first byte of the contents.
    pub data: *const u8,
    /// Number of bytes of the contents.
    pub data_len: u64,
    /// Number of bytes that the contents have room for.
    pub data_capacity: u64,
}

/// The part of a cell that programs know, as words.
#[repr(C)]
#[derive(Debug)]
pub struct CellLayout {
    /// The account's key.
    pub key: Pubkey,
    /// The account as the transaction sees it.
    pub account: AccountLayout,
    /// What programs of the transaction hold of it.
    pub borrows: Borrows,
    /// Whether the transaction wrote anything of it: 0 or 1.
    pub is_written: u8,
}

#[cfg(test)]
mod tests {
    use std::mem::offset_of;

    use super::*;

    #[test]
    fn offsets_are_those_of_the_documentation() {
        assert_eq!(CELL_VERSION, 1, "another layout has another version");
        let account = [
            offset_of!(AccountLayout, lamports),
            offset_of!(AccountLayout, owner),
            offset_of!(AccountLayout, executable),
            offset_of!(AccountLayout, last_change_epoch),
            offset_of!(AccountLayout, data),
            offset_of!(AccountLayout, data_len),
            offset_of!(AccountLayout, data_capacity),
            size_of::<AccountLayout>(),
        ];
        assert_eq!(account, [0, 8, 40, 48, 56, 64, 72, 80]);
        let cell = [
            offset_of!(CellLayout, key),
            offset_of!(CellLayout, account),
            offset_of!(CellLayout, borrows),
            offset_of!(CellLayout, is_written),
            size_of::<CellLayout>(),
        ];
        assert_eq!(cell, [0, 32, 112, 116, 120]);
        assert_eq!([align_of::<AccountLayout>(), align_of::<CellLayout>()], [8, 8]);
    }
}
