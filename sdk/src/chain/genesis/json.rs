//! The JSON form of a genesis.
//!
//! Keys are base58, account data is base64. Unknown fields are rejected, so that a misspelt rule does not silently get
//! its default value.

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
