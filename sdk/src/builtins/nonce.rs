//! Nonce accounts: a stored value that replaces a recent blockhash.
//!
//! A transaction that uses a nonce does not expire with a blockhash; it runs once, while the stored value is the one in
//! the transaction, and running it changes the value. The value is never a blockhash itself but a hash of one, so that
//! one message cannot be valid both ways.
//!
//! ```text
//!  version u32 (0 legacy, 1 current) | state u32 (0 uninitialized, 1 initialized)
//!  | authority 32 | durable_nonce 32 | lamports_per_signature u64      80 bytes; only the tags count if uninitialized
//! ```

use sha2::{Digest, Sha256};

use crate::hash::Hash;
use crate::pubkey::Pubkey;
use crate::reader::Reader;

/// Length of a nonce account. An account of another length is not a nonce account.
pub const NONCE_ACCOUNT_LEN: usize = 80;

const DURABLE_NONCE_PREFIX: &[u8] = b"DURABLE_NONCE";

/// The nonce value derived from a blockhash.
#[must_use]
pub fn durable_nonce(blockhash: &Hash) -> Hash {
    Hash(
        Sha256::new()
            .chain_update(DURABLE_NONCE_PREFIX)
            .chain_update(blockhash.0)
            .finalize()
            .into(),
    )
}

/// How the value was derived.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NonceVersion {
    /// The value is a plain blockhash. Unusable until upgraded.
    Legacy,
    /// The value is a [`durable_nonce`].
    Current,
}

/// Contents of an initialized nonce account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NonceData {
    /// Authority: the key that may advance, withdraw and assign a new authority.
    pub authority: Pubkey,
    /// The value that a transaction uses as its recent blockhash.
    pub durable_nonce: Hash,
    /// Base fee of a signature when the value was stored.
    pub lamports_per_signature: u64,
}

/// Contents of a nonce account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NonceState {
    /// How the value was derived.
    pub version: NonceVersion,
    /// The contents; `None` while uninitialized.
    pub data: Option<NonceData>,
}

/// The data is not a nonce account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the data is not a nonce account")]
pub struct NonceDecodeError;

impl NonceState {
    /// An initialized nonce in the current version.
    #[must_use]
    pub const fn initialized(data: NonceData) -> Self {
        Self {
            version: NonceVersion::Current,
            data: Some(data),
        }
    }

    /// The account data. Bytes that the state does not use are zero.
    #[must_use]
    pub fn to_bytes(&self) -> [u8; NONCE_ACCOUNT_LEN] {
        let mut bytes = [0; NONCE_ACCOUNT_LEN];
        bytes[0] = match self.version {
            NonceVersion::Legacy => 0,
            NonceVersion::Current => 1,
        };
        if let Some(data) = &self.data {
            bytes[4] = 1;
            bytes[8..40].copy_from_slice(&data.authority.0);
            bytes[40..72].copy_from_slice(&data.durable_nonce.0);
            bytes[72..].copy_from_slice(&data.lamports_per_signature.to_le_bytes());
        }
        bytes
    }

    /// Reads account data. Bytes after the state are allowed; a caller that needs the exact length checks it.
    ///
    /// # Errors
    /// A tag is unknown, or the bytes are too few.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, NonceDecodeError> {
        read_state(&mut Reader::new(bytes)).ok_or(NonceDecodeError)
    }
}

fn read_state(reader: &mut Reader<'_>) -> Option<NonceState> {
    let version = match reader.u32()? {
        0 => NonceVersion::Legacy,
        1 => NonceVersion::Current,
        _ => return None,
    };
    let data = match reader.u32()? {
        0 => None,
        1 => Some(NonceData {
            authority: reader.key()?,
            durable_nonce: reader.hash()?,
            lamports_per_signature: reader.u64()?,
        }),
        _ => return None,
    };
    Some(NonceState { version, data })
}

#[cfg(test)]
mod tests {
    use super::*;

    const VECTOR: &str = "01000000010000008a88e3dd7409f195fd52db2d3cba5d72ca6709bf1d94121bf3748801b40f6f5c\
                          fd4867946c1c56ba773c8d4370a58313bd1975126f47df6c8777fecad74099278813000000000000";

    fn sample() -> NonceState {
        NonceState::initialized(NonceData {
            authority: "AKnL4NNf3DGWZJS6cPknBuEGnVsV4A4m5tgebLHaRSZ9".parse().unwrap(),
            durable_nonce: durable_nonce(&Hash([7; 32])),
            lamports_per_signature: 5_000,
        })
    }

    #[test]
    fn durable_nonce_equals_the_vector() {
        assert_eq!(
            durable_nonce(&Hash([7; 32])).to_string(),
            "J3iBb43PEz1oC886Q8Tn9DPXDt725A57V7DjBkU8aUKG"
        );
    }

    #[test]
    fn account_equals_the_vector() {
        let bytes = crate::test_hex::decode(VECTOR);
        assert_eq!(sample().to_bytes().as_slice(), bytes);
        assert_eq!(NonceState::from_bytes(&bytes), Ok(sample()));
    }

    #[test]
    fn every_state_survives_and_stale_bytes_are_ignored() {
        for version in [NonceVersion::Legacy, NonceVersion::Current] {
            for data in [None, sample().data] {
                let state = NonceState { version, data };
                assert_eq!(NonceState::from_bytes(&state.to_bytes()), Ok(state));
            }
        }
        let empty = NonceState {
            version: NonceVersion::Current,
            data: None,
        };
        let mut stale = empty.to_bytes();
        stale[8..].fill(9);
        assert_eq!(NonceState::from_bytes(&stale), Ok(empty));
        assert_eq!(NonceState::from_bytes(&stale[..8]), Ok(empty));
    }

    #[test]
    fn bad_bytes_are_refused() {
        let bytes = sample().to_bytes();
        assert_eq!(NonceState::from_bytes(&bytes[..79]), Err(NonceDecodeError));
        assert_eq!(NonceState::from_bytes(&[]), Err(NonceDecodeError));
        for tag in [0, 4] {
            let mut bad = bytes;
            bad[tag] = 2;
            assert_eq!(NonceState::from_bytes(&bad), Err(NonceDecodeError));
        }
    }
}
