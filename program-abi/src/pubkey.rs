//! Public keys: addresses of accounts.
//!
//! A `Pubkey` is 32 bytes: the verifying key of an ed25519 key pair, an address derived from a program
//! ([`crate::pda`]), or a fixed name such as that of a sysvar. The bytes do not say which.

use borsh::{BorshDeserialize, BorshSerialize};

use crate::impl_base58_bytes;

/// The address of an account: 32 bytes on the wire and in borsh, base58 in text and JSON.
#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, BorshSerialize, BorshDeserialize)]
#[repr(transparent)]
pub struct Pubkey(pub [u8; 32]);

impl_base58_bytes!(Pubkey, 32, "a base58 public key of 32 bytes");
