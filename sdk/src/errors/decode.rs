//! Why bytes from a client are not a transaction or a message.
//!
//! One enum serves decoding (the bytes have no structure) and sanitizing (the structure breaks a rule), because both
//! depend on the bytes alone and happen in one pass. Clients see only two errors, given by
//! [`DecodeError::to_transaction_error`]; the finer causes are for operators and tests.

use isobath_program_abi::instruction_error::BincodeError;

/// Why bytes are rejected before any state is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DecodeError {
    /// The bytes end in the middle of a field.
    #[error("the bytes end in the middle of a field")]
    Truncated,
    /// Bytes follow the last field.
    #[error("trailing bytes after the last field")]
    TrailingBytes,
    /// A compact-u16 is longer than necessary.
    #[error("a compact-u16 is not in its shortest form")]
    AliasEncoding,
    /// A compact-u16 has more than three bytes or a value above 65535.
    #[error("a compact-u16 is out of range")]
    LengthOutOfRange,
    /// The transaction has more bytes than a packet.
    #[error("the transaction exceeds 1232 bytes")]
    TooLarge,
    /// The version is neither legacy nor 0.
    #[error("unsupported version {0}")]
    UnsupportedVersion(u8),
    /// An enum tag is outside the known range.
    #[error("unknown tag {0}")]
    UnknownTag(u32),
    /// The number of signatures differs from the header's number of required signatures.
    #[error("the number of signatures differs from the header")]
    SignatureCountMismatch,
    /// The header leaves no writable signer, so there is no fee payer.
    #[error("no writable signer")]
    NoWritableSigner,
    /// The header counts more accounts than there are static keys.
    #[error("the header counts more accounts than the message has keys")]
    TooFewKeys,
    /// More than 256 keys, loaded ones included.
    #[error("the message has more than 256 keys")]
    TooManyKeys,
    /// An instruction names the fee payer as its program.
    #[error("the fee payer cannot be a program")]
    PayerAsProgram,
    /// An instruction's program index is not that of a static key.
    #[error("a program index is out of range")]
    ProgramIndexOutOfRange,
    /// An instruction's account index is outside the key list.
    #[error("an account index is out of range")]
    AccountIndexOutOfRange,
    /// A table lookup loads no key.
    #[error("a table lookup loads no key")]
    EmptyLookup,
}

impl From<BincodeError> for DecodeError {
    fn from(error: BincodeError) -> Self {
        match error {
            BincodeError::Truncated => Self::Truncated,
            BincodeError::TrailingBytes => Self::TrailingBytes,
            BincodeError::UnknownTag(tag) => Self::UnknownTag(tag),
        }
    }
}
