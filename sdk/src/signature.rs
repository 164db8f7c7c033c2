//! Ed25519 signatures as bytes.
//!
//! The first signature of a transaction is the name by which clients look it up. It is a name only: replay protection
//! uses the message hash ([`crate::hash::message_hash`]). An absent signature is 64 zero bytes, which is the default.

use borsh::{BorshDeserialize, BorshSerialize};

use crate::base58::{TEXT_LEN_MAX_64, impl_base58_bytes};

/// A signature `(R, s)`: 64 raw bytes on the wire and in borsh, base58 in text and JSON.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, BorshSerialize, BorshDeserialize)]
#[repr(transparent)]
pub struct Signature(pub [u8; 64]);

impl_base58_bytes!(Signature, 64, TEXT_LEN_MAX_64, "a base58 signature of 64 bytes");

impl Default for Signature {
    /// The absent signature: 64 zero bytes.
    fn default() -> Self {
        Self([0; 64])
    }
}
