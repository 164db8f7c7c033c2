//! Why a proof is rejected.

use super::PROOF_KEYS_MAX;

/// Why bytes prove nothing about the keys under the root.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ProofError {
    /// There is no key to prove anything about.
    #[error("no key is asked for; name at least one")]
    NoKeys,
    /// More keys than one proof is for.
    #[error("{0} keys are asked for; one proof is for at most {PROOF_KEYS_MAX}")]
    TooManyKeys(usize),
    /// The bytes end in the middle of a field.
    #[error("the proof ends in the middle of a field")]
    Truncated,
    /// Bytes follow the last node.
    #[error("trailing bytes after the last node of the proof")]
    TrailingBytes,
    /// Another version of the format.
    #[error("unsupported version {0} of proofs; this program reads version {version}", version = super::PROOF_VERSION)]
    UnsupportedVersion(u8),
    /// A kind of node that does not exist.
    #[error("unknown kind {0} of a node of the proof")]
    UnknownKind(u8),
    /// A branch whose bit is not behind that of the branch above it.
    #[error("a branch at bit {0} is not behind the branch above it")]
    BitOrder(u8),
    /// A leaf whose flag is neither 0 nor 1, or that ends early.
    #[error("a leaf of the proof is cut off or its flag is neither 0 nor 1")]
    InvalidLeaf,
    /// The look-up of a key leads to a part of the tree that the proof has only the hash of.
    #[error("the proof has only a hash where the look-up of a key goes; it is for other keys")]
    MissingPart,
    /// The look-up of no key leads to a part of the proof.
    #[error("the proof has a part where the look-up of no key goes; it is for other keys")]
    NeedlessPart,
    /// The hashes do not give the root.
    #[error("the proof does not belong to this root")]
    RootMismatch,
}
