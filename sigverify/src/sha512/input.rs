//! What is hashed, and what comes out.

/// A SHA-512 digest.
pub(crate) type Digest64 = [u8; 64];

/// What is hashed for one signature: `R || A || message`, without copying it together.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Input<'a> {
    /// The first 32 bytes.
    pub(crate) commitment: &'a [u8; 32],
    /// The next 32 bytes.
    pub(crate) key: &'a [u8; 32],
    /// The rest, of any length.
    pub(crate) message: &'a [u8],
}
