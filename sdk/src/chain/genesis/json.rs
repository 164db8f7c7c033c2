//! The JSON form of a genesis.
//!
//! Keys are base58, account data is base64. Unknown fields are rejected, so that a misspelt rule does not silently get
//! its default value.
//!
//! Invariant: a file that passed through a tool which holds numbers as doubles, such as jq or a browser, still gives the
//! same chain. So a number above 2^53 is written as text; numbers are read in either form, and one that a double has
//! already rounded is rejected.

use super::{Genesis, GenesisError};

/// Why a genesis file cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum GenesisFileError {
    /// The text is not JSON or not of the expected shape. The message has line, column and field.
    #[error("cannot parse the genesis file: {0}")]
    Json(#[from] serde_json::Error),
    /// The contents are not a valid genesis.
    #[error("invalid genesis: {0}")]
    Invalid(#[from] GenesisError),
}

impl Genesis {
    /// Reads a genesis file, sorts it and validates it.
    ///
    /// # Errors
    /// [`GenesisFileError`]: the text is not a genesis, or the genesis is not valid.
    pub fn from_json(text: &str) -> Result<Self, GenesisFileError> {
        let mut genesis: Self = serde_json::from_str(text)?;
        genesis.normalize();
        genesis.validate()?;
        Ok(genesis)
    }

    /// The genesis file, with every field written out.
    #[must_use]
    pub fn to_json(&self) -> String {
        serde_json::to_string_pretty(self).expect("a genesis has no map with keys other than field names")
    }
}

/// Serde form of an integer that survives tools which hold numbers as doubles.
pub(super) mod exact_number {
    use std::fmt;
    use std::marker::PhantomData;

    use serde::de::{Error, Unexpected, Visitor};
    use serde::{Deserializer, Serializer};

    /// Up to here a double holds every integer.
    const DOUBLE_EXACT_MAX: i128 = 1 << 53;

    /// Writes a number, or text beyond 2^53 in either direction.
    pub(crate) fn serialize<T, S>(number: &T, serializer: S) -> Result<S::Ok, S::Error>
    where
        T: Copy + Into<i128>,
        S: Serializer,
    {
        let number: i128 = (*number).into();
        match i64::try_from(number) {
            Ok(number) if i128::from(number.unsigned_abs()) <= DOUBLE_EXACT_MAX => {
                serializer.serialize_i64(number)
            }
            _ => serializer.collect_str(&number),
        }
    }

    /// Reads a number, or text in decimal digits.
    pub(crate) fn deserialize<'de, T, D>(deserializer: D) -> Result<T, D::Error>
    where
        T: TryFrom<i128>,
        D: Deserializer<'de>,
    {
        deserializer.deserialize_any(ExactNumber(PhantomData))
    }

    struct ExactNumber<T>(PhantomData<T>);

    impl<T: TryFrom<i128>> ExactNumber<T> {
        fn convert<E: Error>(self, number: i128, found: Unexpected<'_>) -> Result<T, E> {
            T::try_from(number).map_err(|_| E::invalid_value(found, &self))
        }
    }

    impl<T: TryFrom<i128>> Visitor<'_> for ExactNumber<T> {
        type Value = T;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            write!(
                f,
                "an integer of at most {} bits, as a number or as text (text above 2^53)",
                size_of::<T>().saturating_mul(8)
            )
        }

        fn visit_u64<E: Error>(self, number: u64) -> Result<T, E> {
            self.convert(number.into(), Unexpected::Unsigned(number))
        }

        fn visit_i64<E: Error>(self, number: i64) -> Result<T, E> {
            self.convert(number.into(), Unexpected::Signed(number))
        }

        fn visit_f64<E: Error>(self, number: f64) -> Result<T, E> {
            let found = Unexpected::Float(number);
            // Beyond 2^53 the double may be a neighbour of the number that was meant.
            match format!("{number:.0}").parse() {
                Ok(whole)
                    if number.fract() == 0.0 && (-DOUBLE_EXACT_MAX..=DOUBLE_EXACT_MAX).contains(&whole) =>
                {
                    self.convert(whole, found)
                }
                _ => Err(E::invalid_value(found, &self)),
            }
        }

        fn visit_str<E: Error>(self, text: &str) -> Result<T, E> {
            let found = Unexpected::Str(text);
            match text.parse() {
                Ok(number) => self.convert(number, found),
                Err(_) => Err(E::invalid_value(found, &self)),
            }
        }
    }
}

/// Serde form of bytes as base64 text.
pub(super) mod base64_text {
    use base64::Engine;
    use base64::display::Base64Display;
    use base64::engine::general_purpose::STANDARD;
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    /// Writes bytes as text.
    pub(crate) fn serialize<S: Serializer>(bytes: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&Base64Display::new(bytes, &STANDARD))
    }

    /// Reads text as bytes.
    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<u8>, D::Error> {
        let text = String::deserialize(deserializer)?;
        STANDARD.decode(text).map_err(D::Error::custom)
    }
}
