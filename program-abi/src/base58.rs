//! Base58 text of fixed-size byte strings.
//!
//! Keys, hashes and signatures are written in base58 (Bitcoin alphabet) wherever a human or JSON reads them, and as raw
//! bytes everywhere else. This module holds the only parser and the only printer, and a macro that gives a byte wrapper
//! its text traits, so that the three types cannot diverge.
//!
//! Invariant: base58 of a fixed number of bytes is a bijection, so `parse(print(x)) == x` and `print(parse(s)) == s`.
//! Text longer than the longest encoding is rejected before it is decoded, because decoding takes quadratic time.

use std::fmt;

/// Length of the longest text of 32 bytes.
pub const TEXT_LEN_MAX_32: usize = 44;
/// Length of the longest text of 64 bytes.
pub const TEXT_LEN_MAX_64: usize = 88;

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

/// Parses exactly `N` bytes. `text_len_max` is the longest text that `N` bytes can have.
///
/// # Errors
/// Every [`ParseBase58Error`].
pub fn parse<const N: usize>(text: &str, text_len_max: usize) -> Result<[u8; N], ParseBase58Error> {
    if text.len() > text_len_max {
        return Err(ParseBase58Error::WrongSize);
    }
    let mut bytes = [0u8; N];
    match bs58::decode(text).onto(&mut bytes[..]) {
        Ok(len) if len == N => Ok(bytes),
        Ok(_) | Err(bs58::decode::Error::BufferTooSmall) => Err(ParseBase58Error::WrongSize),
        Err(_) => Err(ParseBase58Error::Invalid),
    }
}

/// Writes the base58 text of `bytes` (at most 64 of them), honouring width and fill of the formatter.
///
/// # Errors
/// If the formatter fails, or `bytes` has more than 64 bytes.
pub fn fmt(bytes: &[u8], f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let mut text = [0u8; TEXT_LEN_MAX_64];
    let len = bs58::encode(bytes).onto(&mut text[..]).map_err(|_| fmt::Error)?;
    f.pad(std::str::from_utf8(&text[..len]).map_err(|_| fmt::Error)?)
}

/// Gives `$name([u8; $len])` its constructors and text traits: `Display` and `Debug` print base58, `FromStr` parses it,
/// serde uses the text.
#[macro_export]
macro_rules! impl_base58_bytes {
    ($name:ident, $len:literal, $text_len_max:expr, $expecting:literal) => {
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
                $crate::base58::fmt(&self.0, f)
            }
        }

        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                $crate::base58::fmt(&self.0, f)
            }
        }

        impl std::str::FromStr for $name {
            type Err = $crate::base58::ParseBase58Error;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                $crate::base58::parse::<$len>(text, $text_len_max).map(Self)
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
