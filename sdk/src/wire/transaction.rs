//! Transactions: a message and the signatures over it.
//!
//! The owned form, for clients, tools and tests. A node keeps the bytes and reads them through
//! [`crate::wire::view::TransactionView`]; both share one decoder, [`crate::wire::layout::TransactionLayout::parse`].
//!
//! Invariant: `parse(bytes)?.serialize() == bytes`.

use super::{
    message::{Message, encode_len},
    view::TransactionView,
};
use crate::{errors::DecodeError, keypair::Keypair, pubkey::Pubkey, signature::Signature};

/// A message with its signatures, in the order of the message's first keys.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Transaction {
    /// One signature per required signer; 64 zero bytes where one is absent.
    pub signatures: Vec<Signature>,
    /// The signed message.
    pub message: Message,
}

/// Why a message cannot be signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SignError {
    /// The message requires a signature for which no key pair was given.
    #[error("no keypair for required signer {0}")]
    MissingSigner(Pubkey),
    /// A key pair was given whose signature the message does not require.
    #[error("{0} is not a signer of the message")]
    UnexpectedSigner(Pubkey),
}

impl Transaction {
    /// Signs `message` with `keypairs`, in any order; each is matched by its public key.
    ///
    /// # Errors
    /// Every [`SignError`].
    pub fn sign(message: Message, keypairs: &[&Keypair]) -> Result<Self, SignError> {
        let signers = message.signers();
        if let Some(extra) = keypairs
            .iter()
            .map(|pair| pair.pubkey())
            .find(|key| !signers.contains(key))
        {
            return Err(SignError::UnexpectedSigner(extra));
        }
        let bytes = message.serialize();
        let signatures = signers
            .iter()
            .map(|key| {
                let pair = keypairs.iter().find(|pair| pair.pubkey() == *key);
                pair.map(|pair| pair.sign(&bytes))
                    .ok_or(SignError::MissingSigner(*key))
            })
            .collect::<Result<_, _>>()?;
        Ok(Self { signatures, message })
    }

    /// `message` with every signature absent, as clients send it for simulation.
    #[must_use]
    pub fn unsigned(message: Message) -> Self {
        Self {
            signatures: vec![Signature::default(); message.signers().len()],
            message,
        }
    }

    /// Decodes and sanitizes a transaction.
    ///
    /// # Errors
    /// As [`crate::wire::layout::TransactionLayout::parse`].
    pub fn parse(bytes: &[u8]) -> Result<Self, DecodeError> {
        Ok(TransactionView::parse(bytes)?.to_owned())
    }

    /// The bytes on the wire.
    ///
    /// # Panics
    /// If a list has more than 65535 entries, the maximum length on the wire.
    #[must_use]
    pub fn serialize(&self) -> Vec<u8> {
        let mut out = Vec::new();
        encode_len(self.signatures.len(), &mut out);
        for signature in &self.signatures {
            out.extend_from_slice(signature.as_bytes());
        }
        self.message.serialize_into(&mut out);
        out
    }
}

impl TransactionView<'_> {
    /// The transaction as owned parts.
    #[must_use]
    pub fn to_owned(self) -> Transaction {
        let signatures = self.signatures().iter().copied().map(Signature).collect();
        Transaction {
            signatures,
            message: self.message().to_owned(),
        }
    }
}
