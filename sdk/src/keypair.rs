//! Signing key pairs and their file form.
//!
//! The file is a JSON array of 64 integers: the 32-byte ed25519 seed, then the 32-byte public key.
//!
//! Invariant: the two halves belong together. A file whose public half does not match its seed is rejected: signing
//! with such a pair reveals the secret, and the public half names an account for which the seed does not sign.

use std::fmt;

use ed25519_dalek::{Signer, SigningKey};

use crate::{pubkey::Pubkey, signature::Signature};

/// Bytes of the file form: seed and public key.
const KEYPAIR_LEN: usize = 64;

/// An ed25519 signing key. `Debug` shows only the public key.
#[derive(Clone)]
pub struct Keypair(SigningKey);

/// Why a text is not a keypair file. No variant contains any of the text, which may hold a secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum KeypairError {
    /// Not a JSON array of integers from 0 to 255.
    #[error("not a keypair file; expected a JSON array of 64 integers from 0 to 255")]
    NotByteArray,
    /// An array of another length.
    #[error("expected 64 integers, got {0}")]
    WrongLength(usize),
    /// The last 32 bytes are not the public key of the first 32.
    #[error("the public key of the keypair file does not match its secret key")]
    PublicKeyMismatch,
}

impl Keypair {
    /// The pair of an ed25519 seed.
    #[must_use]
    pub fn from_seed(seed: [u8; 32]) -> Self {
        Self(SigningKey::from_bytes(&seed))
    }

    /// The public key.
    #[must_use]
    pub fn pubkey(&self) -> Pubkey {
        Pubkey(self.0.verifying_key().to_bytes())
    }

    /// Signs `message` (ed25519, not prehashed). The same message always gives the same signature.
    #[must_use]
    pub fn sign(&self, message: &[u8]) -> Signature {
        Signature(self.0.sign(message).to_bytes())
    }

    /// The file form. It contains the secret.
    #[must_use]
    pub fn to_json(&self) -> String {
        let bytes = self.0.to_keypair_bytes();
        serde_json::to_string(&bytes[..]).expect("bytes always have a JSON form")
    }

    /// Reads the file form.
    ///
    /// # Errors
    /// Every [`KeypairError`].
    pub fn from_json(text: &str) -> Result<Self, KeypairError> {
        let bytes: Vec<u8> = serde_json::from_str(text).map_err(|_| KeypairError::NotByteArray)?;
        let bytes: [u8; KEYPAIR_LEN] = bytes
            .try_into()
            .map_err(|bytes: Vec<u8>| KeypairError::WrongLength(bytes.len()))?;
        let (seed, public) = bytes
            .split_first_chunk::<32>()
            .expect("64 bytes have a first half");
        let keypair = Self::from_seed(*seed);
        if public == keypair.pubkey().as_bytes() {
            Ok(keypair)
        } else {
            Err(KeypairError::PublicKeyMismatch)
        }
    }
}

impl fmt::Debug for Keypair {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Keypair").field(&self.pubkey()).finish()
    }
}

#[cfg(test)]
mod tests;
