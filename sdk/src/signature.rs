//! Ed25519 signatures as bytes.
//!
//! The first signature of a transaction is the name by which clients look it up, and no more: replay protection uses
//! the message hash ([`crate::wire::message_hash`]). An absent signature is 64 zero bytes, which is the default.

use borsh::{BorshDeserialize, BorshSerialize};
use ed25519_dalek::VerifyingKey;

use isobath_program_abi::impl_base58_bytes;

use crate::pubkey::Pubkey;

/// A signature `(R, s)`: 64 raw bytes on the wire and in borsh, base58 in text and JSON.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, BorshSerialize, BorshDeserialize)]
#[repr(transparent)]
pub struct Signature(pub [u8; 64]);

impl_base58_bytes!(Signature, 64, "a base58 signature of 64 bytes");

impl Default for Signature {
    /// The absent signature: 64 zero bytes.
    fn default() -> Self {
        Self([0; 64])
    }
}

impl Signature {
    /// Whether this is the signature of `message` under `key`, by the strict rule of ed25519-dalek.
    ///
    /// For clients that check a signature they received. Every signature of a correct signer passes; the rule of a node
    /// (`isobath_sigverify`) accepts the same and also some crafted signatures.
    #[must_use]
    pub fn verify(&self, key: &Pubkey, message: &[u8]) -> bool {
        let signature = ed25519_dalek::Signature::from_bytes(&self.0);
        VerifyingKey::from_bytes(&key.0).is_ok_and(|key| key.verify_strict(message, &signature).is_ok())
    }
}

#[cfg(test)]
mod tests {
    use crate::keypair::Keypair;

    #[test]
    fn verifies_its_message_under_its_key_and_no_other() {
        let (mine, other) = (Keypair::from_seed([1; 32]), Keypair::from_seed([2; 32]));
        let signature = mine.sign(b"sealed");
        assert!(signature.verify(&mine.pubkey(), b"sealed"));
        assert!(!signature.verify(&mine.pubkey(), b"opened"));
        assert!(!signature.verify(&other.pubkey(), b"sealed"));
        assert!(!super::Signature::default().verify(&mine.pubkey(), b"sealed"));
    }
}
