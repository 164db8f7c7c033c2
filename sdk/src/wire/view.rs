//! Transactions and messages read in place.
//!
//! A view is borrowed bytes plus their [layout](crate::wire::layout). Accessors slice at offsets that were checked when
//! the layout was built: they neither allocate nor fail. Instructions and lookups are walked from front to back, which
//! for a packet is cheaper than keeping a table of them.
//!
//! Invariant: the layout was parsed from exactly these bytes. [`TransactionView::parse`] guarantees it;
//! [`TransactionView::new`] relies on its caller. A layout of other bytes is a bug in the caller that may panic or read
//! the wrong fields, though never outside the bytes.

use std::ops::Deref;

use super::{
    cursor::Cursor,
    header::{MessageHeader, MessageVersion},
    layout::{MessageLayout, TransactionLayout},
    message_hash,
};
use crate::{errors::DecodeError, hash::Hash, pubkey::Pubkey, signature::Signature};

/// A sane message, read in place.
#[derive(Clone, Copy, Debug)]
pub struct MessageView<'a> {
    bytes: &'a [u8],
    layout: MessageLayout,
}

/// A sane transaction, read in place. The accessors of its message come through [`Deref`].
#[derive(Clone, Copy, Debug)]
pub struct TransactionView<'a> {
    bytes: &'a [u8],
    message_offset: u16,
    message: MessageView<'a>,
}

/// One instruction of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InstructionView<'a> {
    /// Index of the program among the static keys.
    pub program_id_index: u8,
    /// Indexes into the combined key list; repeats are allowed.
    pub accounts: &'a [u8],
    /// Data for the program.
    pub data: &'a [u8],
}

/// One address table lookup of a v0 message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LookupView<'a> {
    /// Address of the table account.
    pub table: Pubkey,
    /// Indexes in the table of the keys that are loaded as writable.
    pub writable: &'a [u8],
    /// Indexes in the table of the keys that are loaded as read-only.
    pub readonly: &'a [u8],
}

impl<'a> TransactionView<'a> {
    /// Decodes and sanitizes `bytes`.
    ///
    /// # Errors
    /// As [`TransactionLayout::parse`].
    pub fn parse(bytes: &'a [u8]) -> Result<Self, DecodeError> {
        Ok(Self::new(bytes, TransactionLayout::parse(bytes)?))
    }

    /// Joins bytes with the layout that was parsed from them.
    ///
    /// # Panics
    /// May panic if the layout is not that of these bytes.
    #[must_use]
    pub fn new(bytes: &'a [u8], layout: TransactionLayout) -> Self {
        debug_assert_eq!(
            TransactionLayout::decode(bytes),
            Ok(layout),
            "layout of other bytes"
        );
        let message_bytes = &bytes[usize::from(layout.message_offset)..];
        let message = MessageView {
            bytes: message_bytes,
            layout: layout.message,
        };
        Self {
            bytes,
            message_offset: layout.message_offset,
            message,
        }
    }

    /// The bytes of the whole transaction.
    #[must_use]
    pub const fn bytes(self) -> &'a [u8] {
        self.bytes
    }

    /// The layout of the bytes.
    #[must_use]
    pub const fn layout(self) -> TransactionLayout {
        TransactionLayout {
            message_offset: self.message_offset,
            message: self.message.layout,
        }
    }

    /// The message, read in place.
    #[must_use]
    pub const fn message(self) -> MessageView<'a> {
        self.message
    }

    /// All signatures, in the order of the first keys. There is at least one.
    #[must_use]
    pub fn signatures(self) -> &'a [[u8; 64]] {
        self.bytes[self.layout().signatures_range()].as_chunks().0
    }

    /// The signature at `index`; the one at 0 names the transaction.
    ///
    /// # Panics
    /// If `index` is not below the number of signatures.
    #[must_use]
    pub fn signature(self, index: usize) -> Signature {
        Signature(self.signatures()[index])
    }

    /// The bytes that every signature signs.
    #[must_use]
    pub const fn message_bytes(self) -> &'a [u8] {
        self.message.bytes
    }
}

impl<'a> Deref for TransactionView<'a> {
    type Target = MessageView<'a>;

    fn deref(&self) -> &MessageView<'a> {
        &self.message
    }
}

impl<'a> MessageView<'a> {
    /// Decodes and sanitizes `bytes`.
    ///
    /// # Errors
    /// As [`MessageLayout::parse`].
    pub fn parse(bytes: &'a [u8]) -> Result<Self, DecodeError> {
        Ok(Self {
            bytes,
            layout: MessageLayout::parse(bytes)?,
        })
    }

    /// The bytes of the message.
    #[must_use]
    pub const fn as_bytes(self) -> &'a [u8] {
        self.bytes
    }

    /// Legacy or v0.
    #[must_use]
    pub const fn version(self) -> MessageVersion {
        self.layout.version
    }

    /// Number of signers and of read-only keys.
    #[must_use]
    pub const fn header(self) -> MessageHeader {
        self.layout.header
    }

    /// The keys written in the message, fee payer first; keys loaded from tables follow them in index order.
    #[must_use]
    pub fn static_keys(self) -> &'a [[u8; 32]] {
        self.bytes[self.layout.keys_offset.into()..self.layout.blockhash_offset.into()]
            .as_chunks()
            .0
    }

    /// The static key at `index`.
    ///
    /// # Panics
    /// If `index` is not below [`Self::static_key_count`].
    #[must_use]
    pub fn static_key(self, index: usize) -> Pubkey {
        Pubkey(self.static_keys()[index])
    }

    /// Number of keys written in the message; at least one.
    #[must_use]
    pub fn static_key_count(self) -> usize {
        self.layout.key_count.into()
    }

    /// The blockhash that limits the life of the message, or the value of a durable nonce.
    #[must_use]
    pub fn recent_blockhash(self) -> Hash {
        let bytes = self.bytes[self.layout.blockhash_offset.into()..].first_chunk();
        Hash(*bytes.expect("the layout has 32 bytes at the blockhash"))
    }

    /// The instructions, in order of execution.
    #[must_use]
    pub fn instructions(self) -> Instructions<'a> {
        let cursor = Cursor::new(&self.bytes[self.layout.instructions_offset.into()..]);
        Instructions {
            cursor,
            remaining: self.layout.instruction_count,
        }
    }

    /// The address table lookups; none in a legacy message.
    #[must_use]
    pub fn lookups(self) -> Lookups<'a> {
        let cursor = Cursor::new(&self.bytes[self.layout.lookups_offset.into()..]);
        Lookups {
            cursor,
            remaining: self.layout.lookup_count,
        }
    }

    /// Number of keys that the lookups load, over all tables.
    #[must_use]
    pub fn lookup_account_count(self) -> usize {
        usize::from(self.layout.loaded_writable_count)
            .saturating_add(self.layout.loaded_readonly_count.into())
    }

    /// Number of keys of the combined list: static ones, then writable loaded ones, then read-only loaded ones.
    #[must_use]
    pub fn key_count(self) -> usize {
        self.static_key_count()
            .saturating_add(self.lookup_account_count())
    }

    /// Whether the key at `index` of the combined list must have signed.
    #[must_use]
    pub fn is_signer(self, index: usize) -> bool {
        index < usize::from(self.layout.header.num_required_signatures)
    }

    /// Whether the message requests write access to the key at `index` of the combined list.
    ///
    /// The runtime removes write access from reserved keys and from called programs; see its own rules. Indexes outside
    /// the list are not writable.
    #[must_use]
    pub fn is_requested_writable(self, index: usize) -> bool {
        let static_count = self.static_key_count();
        match index.checked_sub(static_count) {
            Some(loaded_index) => loaded_index < usize::from(self.layout.loaded_writable_count),
            None => self.layout.header.is_writable(index, static_count),
        }
    }

    /// The replay identity of the message.
    #[must_use]
    pub fn message_hash(self) -> Hash {
        message_hash(self.bytes)
    }
}

/// Iterator over the instructions of a message.
#[derive(Clone, Debug)]
pub struct Instructions<'a> {
    cursor: Cursor<'a>,
    remaining: u16,
}

/// Iterator over the address table lookups of a message.
#[derive(Clone, Debug)]
pub struct Lookups<'a> {
    cursor: Cursor<'a>,
    remaining: u16,
}

impl<'a> Iterator for Instructions<'a> {
    type Item = InstructionView<'a>;

    fn next(&mut self) -> Option<Self::Item> {
        self.remaining = self.remaining.checked_sub(1)?;
        Some(InstructionView {
            program_id_index: self.cursor.take_u8().ok()?,
            accounts: self.cursor.take_compact_bytes().ok()?,
            data: self.cursor.take_compact_bytes().ok()?,
        })
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.remaining.into(), Some(self.remaining.into()))
    }
}

impl ExactSizeIterator for Instructions<'_> {}

impl<'a> Iterator for Lookups<'a> {
    type Item = LookupView<'a>;

    fn next(&mut self) -> Option<Self::Item> {
        self.remaining = self.remaining.checked_sub(1)?;
        Some(LookupView {
            table: Pubkey(*self.cursor.take_key().ok()?),
            writable: self.cursor.take_compact_bytes().ok()?,
            readonly: self.cursor.take_compact_bytes().ok()?,
        })
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.remaining.into(), Some(self.remaining.into()))
    }
}

impl ExactSizeIterator for Lookups<'_> {}
