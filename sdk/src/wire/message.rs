//! Messages: the signed part of a transaction.
//!
//! A [`Message`] is the owned form that clients build and tests inspect; a node reads messages in place through
//! [`crate::wire::view::MessageView`]. Both share one decoder, [`crate::wire::layout::MessageLayout::parse`].
//!
//! Invariant: `parse` accepts only sane messages in their one encoding, so `parse(bytes)?.serialize() == bytes`. The
//! fields are public and a message built by hand may be insane; `serialize` writes it all the same, so that tests can
//! show that nodes reject it.

use super::{
    layout::VERSION_FLAG,
    message_hash, short_vec,
    view::{InstructionView, LookupView, MessageView},
};
use crate::{errors::DecodeError, hash::Hash, pubkey::Pubkey};

mod compile;
#[cfg(test)]
mod tests;

pub use super::header::{MessageHeader, MessageVersion};
pub use compile::{CompileError, TableAddresses};

/// An instruction whose program and accounts are indexes into the message's key list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CompiledInstruction {
    /// Index of the program among the static keys.
    pub program_id_index: u8,
    /// Indexes into the combined key list.
    pub accounts: Vec<u8>,
    /// Data for the program.
    pub data: Vec<u8>,
}

/// Keys that a v0 message loads from an address lookup table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AddressTableLookup {
    /// Address of the table account.
    pub table: Pubkey,
    /// Indexes in the table of the keys to load as writable.
    pub writable_indexes: Vec<u8>,
    /// Indexes in the table of the keys to load as read-only.
    pub readonly_indexes: Vec<u8>,
}

/// A message as owned parts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// Format on the wire.
    pub version: MessageVersion,
    /// Division of the static keys.
    pub header: MessageHeader,
    /// The static keys, fee payer first.
    pub account_keys: Vec<Pubkey>,
    /// A recent blockhash, or the value of a durable nonce.
    pub recent_blockhash: Hash,
    /// The instructions, in order of execution.
    pub instructions: Vec<CompiledInstruction>,
    /// Address table lookups; written only for version 0.
    pub lookups: Vec<AddressTableLookup>,
}

impl Message {
    /// Decodes and sanitizes a message.
    ///
    /// # Errors
    /// As [`crate::wire::layout::MessageLayout::parse`].
    pub fn parse(bytes: &[u8]) -> Result<Self, DecodeError> {
        Ok(MessageView::parse(bytes)?.to_owned())
    }

    /// The bytes that signers sign.
    ///
    /// # Panics
    /// If a list has more than 65535 entries, the maximum length on the wire.
    #[must_use]
    pub fn serialize(&self) -> Vec<u8> {
        let mut out = Vec::new();
        self.serialize_into(&mut out);
        out
    }

    /// Appends the bytes of [`Self::serialize`] to `out`.
    ///
    /// # Panics
    /// As [`Self::serialize`].
    pub fn serialize_into(&self, out: &mut Vec<u8>) {
        if self.version == MessageVersion::V0 {
            out.push(VERSION_FLAG);
        }
        let header = self.header;
        out.extend([
            header.num_required_signatures,
            header.num_readonly_signed,
            header.num_readonly_unsigned,
        ]);
        encode_len(self.account_keys.len(), out);
        for key in &self.account_keys {
            out.extend_from_slice(key.as_bytes());
        }
        out.extend_from_slice(self.recent_blockhash.as_bytes());
        encode_len(self.instructions.len(), out);
        for instruction in &self.instructions {
            out.push(instruction.program_id_index);
            encode_bytes(&instruction.accounts, out);
            encode_bytes(&instruction.data, out);
        }
        if self.version == MessageVersion::V0 {
            encode_len(self.lookups.len(), out);
            for lookup in &self.lookups {
                out.extend_from_slice(lookup.table.as_bytes());
                encode_bytes(&lookup.writable_indexes, out);
                encode_bytes(&lookup.readonly_indexes, out);
            }
        }
    }

    /// The keys that must sign, fee payer first; fewer than in the header if the message is insane.
    #[must_use]
    pub fn signers(&self) -> &[Pubkey] {
        let count = usize::from(self.header.num_required_signatures).min(self.account_keys.len());
        &self.account_keys[..count]
    }

    /// The replay identity of the message.
    #[must_use]
    pub fn message_hash(&self) -> Hash {
        message_hash(&self.serialize())
    }
}

impl MessageView<'_> {
    /// The message as owned parts.
    #[must_use]
    pub fn to_owned(self) -> Message {
        Message {
            version: self.version(),
            header: self.header(),
            account_keys: self.static_keys().iter().copied().map(Pubkey).collect(),
            recent_blockhash: self.recent_blockhash(),
            instructions: self.instructions().map(CompiledInstruction::from).collect(),
            lookups: self.lookups().map(AddressTableLookup::from).collect(),
        }
    }
}

impl From<InstructionView<'_>> for CompiledInstruction {
    fn from(view: InstructionView<'_>) -> Self {
        Self {
            program_id_index: view.program_id_index,
            accounts: view.accounts.to_vec(),
            data: view.data.to_vec(),
        }
    }
}

impl From<LookupView<'_>> for AddressTableLookup {
    fn from(view: LookupView<'_>) -> Self {
        Self {
            table: view.table,
            writable_indexes: view.writable.to_vec(),
            readonly_indexes: view.readonly.to_vec(),
        }
    }
}

/// Appends the length of a list.
pub(crate) fn encode_len(len: usize, out: &mut Vec<u8>) {
    short_vec::encode(
        u16::try_from(len).expect("a list on the wire has at most 65535 entries"),
        out,
    );
}

/// Appends bytes with their length.
fn encode_bytes(bytes: &[u8], out: &mut Vec<u8>) {
    encode_len(bytes.len(), out);
    out.extend_from_slice(bytes);
}
