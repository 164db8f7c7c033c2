//! Base58 text of fixed-size byte strings.
//!
//! Keys, hashes and signatures are written in base58 (Bitcoin alphabet) wherever a human or JSON reads them, and as raw
//! bytes everywhere else. This module holds the only parser and the only printer, and a macro that gives a byte wrapper
//! its text traits, so that the three types cannot diverge.
//!
//! Invariant: base58 of a fixed number of bytes is a bijection, so `parse(print(x)) == x` and `print(parse(s)) == s`.
//!
//! Cost: constant. The codec is that of the `five8` crate, which works on whole words because the width is fixed; text
//! longer than the longest encoding is rejected before it is decoded.

use std::fmt;

use five8::{BASE58_ENCODED_32_MAX_LEN, BASE58_ENCODED_64_MAX_LEN, DecodeError};

/// Length of the longest text of 32 bytes.
pub const TEXT_LEN_MAX_32: usize = BASE58_ENCODED_32_MAX_LEN;
/// Length of the longest text of 64 bytes.
pub const TEXT_LEN_MAX_64: usize = BASE58_ENCODED_64_MAX_LEN;

/// Why a text is not the base58 form of a fixed-size value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ParseBase58Error {
    /// The text decodes to another number of bytes, or is longer than any encoding of that number.
    #[error("base58 text has the wrong size")]
    WrongSize,
    /// The text holds a character outside the base58 alphabet.
    #[error("invalid base58 character")]
    Invalid,
}

/// The widths that have a codec: 32 and 64 bytes.
pub trait FixedWidth: Sized {
    /// Parses exactly this many bytes.
    ///
    /// # Errors
    /// Every [`ParseBase58Error`].
    fn parse(text: &str) -> Result<Self, ParseBase58Error>;

    /// Writes the text, honouring width and fill of the formatter.
    ///
    /// # Errors
    /// If the formatter fails.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result;
}

impl FixedWidth for [u8; 32] {
    fn parse(text: &str) -> Result<Self, ParseBase58Error> {
        require_length(text, TEXT_LEN_MAX_32)?;
        let mut bytes = [0; 32];
        five8::decode_32(text, &mut bytes).map_err(cause)?;
        Ok(bytes)
    }

    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = [0; TEXT_LEN_MAX_32];
        let len = five8::encode_32(self, &mut text);
        pad(f, &text, len)
    }
}

impl FixedWidth for [u8; 64] {
    fn parse(text: &str) -> Result<Self, ParseBase58Error> {
        require_length(text, TEXT_LEN_MAX_64)?;
        let mut bytes = [0; 64];
        five8::decode_64(text, &mut bytes).map_err(cause)?;
        Ok(bytes)
    }

    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = [0; TEXT_LEN_MAX_64];
        let len = five8::encode_64(self, &mut text);
        pad(f, &text, len)
    }
}

/// A text that is too long has the wrong size, whatever its characters.
const fn require_length(text: &str, len_max: usize) -> Result<(), ParseBase58Error> {
    if text.len() > len_max {
        return Err(ParseBase58Error::WrongSize);
    }
    Ok(())
}

const fn cause(error: DecodeError) -> ParseBase58Error {
    match error {
        DecodeError::InvalidChar(_) => ParseBase58Error::Invalid,
        DecodeError::TooLong
        | DecodeError::TooShort
        | DecodeError::LargestTermTooHigh
        | DecodeError::OutputTooLong => ParseBase58Error::WrongSize,
    }
}

fn pad(f: &mut fmt::Formatter<'_>, text: &[u8], len: u8) -> fmt::Result {
    let text = text.get(..usize::from(len)).ok_or(fmt::Error)?;
    f.pad(std::str::from_utf8(text).map_err(|_| fmt::Error)?)
}

/// Gives `$name([u8; $len])` its constructors and text traits: `Display` and `Debug` print base58, `FromStr` parses it,
/// serde uses the text.
#[macro_export]
macro_rules! impl_base58_bytes {
    ($name:ident, $len:literal, $expecting:literal) => {
        impl $name {
            /// Number of bytes of the value.
            pub const LEN: usize = $len;

            /// Wraps raw bytes.
            #[must_use]
            pub const fn new(bytes: [u8; $len]) -> Self {
                Self(bytes)
            }

            /// The raw bytes.
            #[must_use]
            pub const fn as_bytes(&self) -> &[u8; $len] {
                &self.0
            }
        }

        impl From<[u8; $len]> for $name {
            fn from(bytes: [u8; $len]) -> Self {
                Self(bytes)
            }
        }

        impl AsRef<[u8]> for $name {
            fn as_ref(&self) -> &[u8] {
                &self.0
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                $crate::base58::FixedWidth::fmt(&self.0, f)
            }
        }

        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                $crate::base58::FixedWidth::fmt(&self.0, f)
            }
        }

        impl std::str::FromStr for $name {
            type Err = $crate::base58::ParseBase58Error;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                <[u8; $len] as $crate::base58::FixedWidth>::parse(text).map(Self)
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                struct Text;

                impl serde::de::Visitor<'_> for Text {
                    type Value = $name;

                    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                        f.write_str($expecting)
                    }

                    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<$name, E> {
                        text.parse().map_err(E::custom)
                    }
                }

                deserializer.deserialize_str(Text)
            }
        }
    };
}
