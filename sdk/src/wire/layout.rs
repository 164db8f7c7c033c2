//! The offsets of a transaction's parts in its bytes, found and checked once.
//!
//! [`TransactionLayout::parse`] decodes and sanitizes in one pass over the bytes and keeps only offsets and counts. The
//! layout is small, `Copy` and free of borrows, so it can travel through queues beside the shared bytes; a
//! [`crate::wire::view::TransactionView`] joins the two again at no cost.
//!
//! ```text
//! transaction   compact-u16 n_signatures | sig x n | message
//! message       [0x80] | u8 S, u8 RS, u8 RU | compact-u16 n | key x n | key blockhash
//!               | compact-u16 n | instruction x n | (v0: compact-u16 n | lookup x n)
//! instruction   u8 program index | compact-u16 n | u8 account index x n | compact-u16 n | u8 data x n
//! lookup        key table | compact-u16 n | u8 writable index x n | compact-u16 n | u8 readonly index x n
//! ```
//!
//! Invariant: bytes have a layout only if they are the one encoding of a sane message: shortest compact-u16s, no
//! trailing bytes, every index in range. So the holder of a layout may index its bytes without checking.
//!
//! Cost: one pass, no allocation. It does not check signatures, duplicate keys or anything that depends on state.

use std::ops::Range;

use super::{
    cursor::Cursor,
    header::{MessageHeader, MessageVersion},
};
use crate::errors::DecodeError;

/// Maximum length of a transaction, and so of a message: an IPv6 minimum packet less its headers.
pub const PACKET_DATA_SIZE: usize = 1232;

/// Maximum number of keys of a message, loaded ones included: indexes are single bytes.
pub const MESSAGE_KEYS_MAX: usize = 256;

/// Set in the first byte of a message if the other bits are a version number.
pub(crate) const VERSION_FLAG: u8 = 0x80;

/// Offset of the first signature. The count before it is one byte, as more than 19 signatures cannot fit.
const SIGNATURES_OFFSET: usize = 1;

/// Bytes of a signature.
const SIGNATURE_LEN: usize = 64;

/// Bytes of a key.
const KEY_LEN: usize = 32;

/// Offsets of the parts of a sane message, from the first byte of the message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MessageLayout {
    pub(crate) version: MessageVersion,
    pub(crate) header: MessageHeader,
    pub(crate) len: u16,
    pub(crate) keys_offset: u16,
    pub(crate) blockhash_offset: u16,
    pub(crate) instructions_offset: u16,
    pub(crate) instruction_count: u16,
    pub(crate) lookups_offset: u16,
    pub(crate) lookup_count: u16,
    pub(crate) key_count: u16,
    pub(crate) loaded_writable_count: u16,
    pub(crate) loaded_readonly_count: u16,
}

/// Offsets of the parts of a sane transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TransactionLayout {
    pub(crate) message_offset: u16,
    pub(crate) message: MessageLayout,
}

/// The extremes of the indexes in the instructions of a message.
struct InstructionBounds {
    program_index_max: Option<u8>,
    account_index_max: Option<u8>,
    calls_payer: bool,
}

/// Number of keys that the table lookups of a message load.
struct LookupCounts {
    writable: u16,
    readonly: u16,
}

impl TransactionLayout {
    /// Decodes and sanitizes a whole transaction.
    ///
    /// # Errors
    /// Any [`DecodeError`]. Version 1 puts its signatures last, so its first byte is that of the message; such bytes
    /// return [`DecodeError::UnsupportedVersion`] whatever their length.
    pub fn parse(bytes: &[u8]) -> Result<Self, DecodeError> {
        #[cfg(feature = "count-work")]
        super::work::count_decoding();
        Self::decode(bytes)
    }

    /// [`TransactionLayout::parse`] without counting, for assertions.
    pub(super) fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        if let Some(&first) = bytes.first()
            && first > VERSION_FLAG
        {
            return Err(DecodeError::UnsupportedVersion(first & !VERSION_FLAG));
        }
        if bytes.len() > PACKET_DATA_SIZE {
            return Err(DecodeError::TooLarge);
        }
        let mut cursor = Cursor::new(bytes);
        let signature_count = cursor.take_compact()?;
        cursor.take(usize::from(signature_count).saturating_mul(SIGNATURE_LEN))?;
        let message_offset = cursor.position();
        let message = MessageLayout::decode(&bytes[message_offset..])?;
        if signature_count != u16::from(message.header.num_required_signatures) {
            return Err(DecodeError::SignatureCountMismatch);
        }
        Ok(Self {
            message_offset: offset(message_offset),
            message,
        })
    }

    /// The layout of the message in it.
    #[must_use]
    pub const fn message(&self) -> &MessageLayout {
        &self.message
    }

    /// Number of bytes of the transaction.
    #[must_use]
    pub fn size_bytes(&self) -> usize {
        usize::from(self.message_offset).saturating_add(self.message.size_bytes())
    }

    /// The bytes of the transaction that hold signatures, 64 each.
    #[must_use]
    pub fn signatures_range(&self) -> Range<usize> {
        SIGNATURES_OFFSET..usize::from(self.message_offset)
    }

    /// The bytes of the transaction that hold the keys of the signers, 32 each, in the order of the signatures.
    #[must_use]
    pub fn signer_keys_range(&self) -> Range<usize> {
        let start = usize::from(self.message_offset).saturating_add(self.message.keys_offset.into());
        let count = usize::from(self.message.header.num_required_signatures);
        start..start.saturating_add(count.saturating_mul(KEY_LEN))
    }

    /// The bytes of the transaction that are signed.
    #[must_use]
    pub fn message_range(&self) -> Range<usize> {
        usize::from(self.message_offset)..self.size_bytes()
    }
}

impl MessageLayout {
    /// Decodes and sanitizes a message on its own.
    ///
    /// # Errors
    /// Any [`DecodeError`] but `SignatureCountMismatch`.
    pub fn parse(bytes: &[u8]) -> Result<Self, DecodeError> {
        #[cfg(feature = "count-work")]
        super::work::count_decoding();
        Self::decode(bytes)
    }

    fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        let mut cursor = Cursor::new(bytes);
        let version = take_version(&mut cursor)?;
        if bytes.len() > PACKET_DATA_SIZE {
            return Err(DecodeError::TooLarge);
        }
        let header = MessageHeader {
            num_required_signatures: cursor.take_u8()?,
            num_readonly_signed: cursor.take_u8()?,
            num_readonly_unsigned: cursor.take_u8()?,
        };
        let key_count = cursor.take_compact()?;
        let keys_offset = cursor.position();
        cursor.take(usize::from(key_count).saturating_mul(32))?;
        let blockhash_offset = cursor.position();
        cursor.take_key()?;
        let instruction_count = cursor.take_compact()?;
        let instructions_offset = cursor.position();
        let instructions = scan_instructions(&mut cursor, instruction_count)?;
        let lookup_count = if version == MessageVersion::V0 {
            cursor.take_compact()?
        } else {
            0
        };
        let lookups_offset = cursor.position();
        let lookups = scan_lookups(&mut cursor, lookup_count)?;
        if !cursor.is_empty() {
            return Err(DecodeError::TrailingBytes);
        }
        check_header(header, key_count)?;
        check_indexes(key_count, &instructions, &lookups)?;
        Ok(Self {
            version,
            header,
            len: offset(bytes.len()),
            keys_offset: offset(keys_offset),
            blockhash_offset: offset(blockhash_offset),
            instructions_offset: offset(instructions_offset),
            instruction_count,
            lookups_offset: offset(lookups_offset),
            lookup_count,
            key_count,
            loaded_writable_count: lookups.writable,
            loaded_readonly_count: lookups.readonly,
        })
    }

    /// Number of bytes of the message.
    #[must_use]
    pub fn size_bytes(&self) -> usize {
        usize::from(self.len)
    }
}

/// Narrows an offset or length.
fn offset(value: usize) -> u16 {
    u16::try_from(value).expect("offsets are at most PACKET_DATA_SIZE, which fits in 16 bits")
}

/// Reads the version byte if there is one; a legacy message begins with its header.
fn take_version(cursor: &mut Cursor<'_>) -> Result<MessageVersion, DecodeError> {
    let mut ahead = *cursor;
    let first = ahead.take_u8()?;
    if first & VERSION_FLAG == 0 {
        return Ok(MessageVersion::Legacy);
    }
    *cursor = ahead;
    match first & !VERSION_FLAG {
        0 => Ok(MessageVersion::V0),
        version => Err(DecodeError::UnsupportedVersion(version)),
    }
}

/// Walks the instruction list and keeps the extremes of its indexes; they are checked once all keys are counted.
fn scan_instructions(cursor: &mut Cursor<'_>, count: u16) -> Result<InstructionBounds, DecodeError> {
    let mut bounds = InstructionBounds {
        program_index_max: None,
        account_index_max: None,
        calls_payer: false,
    };
    for _ in 0..count {
        let program_index = cursor.take_u8()?;
        let accounts = cursor.take_compact_bytes()?;
        cursor.take_compact_bytes()?;
        bounds.calls_payer |= program_index == 0;
        bounds.program_index_max = bounds.program_index_max.max(Some(program_index));
        bounds.account_index_max = bounds.account_index_max.max(accounts.iter().copied().max());
    }
    Ok(bounds)
}

/// Walks the lookup list and adds up what it loads.
fn scan_lookups(cursor: &mut Cursor<'_>, count: u16) -> Result<LookupCounts, DecodeError> {
    let mut counts = LookupCounts {
        writable: 0,
        readonly: 0,
    };
    for _ in 0..count {
        cursor.take_key()?;
        let writable = cursor.take_compact_bytes()?;
        let readonly = cursor.take_compact_bytes()?;
        if writable.is_empty() && readonly.is_empty() {
            return Err(DecodeError::EmptyLookup);
        }
        // The sums stay below PACKET_DATA_SIZE, since every index is a byte of the message.
        counts.writable = counts.writable.saturating_add(offset(writable.len()));
        counts.readonly = counts.readonly.saturating_add(offset(readonly.len()));
    }
    Ok(counts)
}

/// The header must leave a writable signer and count no more accounts than there are static keys.
fn check_header(header: MessageHeader, key_count: u16) -> Result<(), DecodeError> {
    if header.num_readonly_signed >= header.num_required_signatures {
        return Err(DecodeError::NoWritableSigner);
    }
    let counted =
        u16::from(header.num_required_signatures).saturating_add(header.num_readonly_unsigned.into());
    if counted > key_count {
        return Err(DecodeError::TooFewKeys);
    }
    Ok(())
}

/// Programs must be static keys other than the payer, accounts any key of the combined list.
fn check_indexes(
    key_count: u16,
    instructions: &InstructionBounds,
    lookups: &LookupCounts,
) -> Result<(), DecodeError> {
    let total = key_count
        .saturating_add(lookups.writable)
        .saturating_add(lookups.readonly);
    if usize::from(total) > MESSAGE_KEYS_MAX {
        return Err(DecodeError::TooManyKeys);
    }
    if instructions.calls_payer {
        return Err(DecodeError::PayerAsProgram);
    }
    if instructions
        .program_index_max
        .is_some_and(|index| u16::from(index) >= key_count)
    {
        return Err(DecodeError::ProgramIndexOutOfRange);
    }
    if instructions
        .account_index_max
        .is_some_and(|index| u16::from(index) >= total)
    {
        return Err(DecodeError::AccountIndexOutOfRange);
    }
    Ok(())
}
