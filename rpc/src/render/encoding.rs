//! Bytes as text, in the encodings that clients request.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Serialize;

use crate::params::encoding::AccountEncoding;

/// The most bytes that are answered as base58, whose cost grows with the square of the length.
pub(crate) const BASE58_BYTES_MAX: usize = 128;

/// Encoded bytes: the text and, in all but the oldest form, the name of the encoding.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub(crate) enum EncodedData {
    Bare(String),
    Named(String, &'static str),
}

impl EncodedData {
    pub(crate) fn base64(bytes: &[u8]) -> Self {
        Self::Named(STANDARD.encode(bytes), "base64")
    }

    pub(crate) fn base58(bytes: &[u8]) -> Self {
        Self::Named(base58(bytes), "base58")
    }
}

/// Base58 text.
pub(crate) fn base58(bytes: &[u8]) -> String {
    bs58::encode(bytes).into_string()
}

/// Account data in the requested encoding. Data that is too long for base58 becomes the text that Solana puts into
/// notifications; calls reject it before they encode.
pub(crate) fn encode_account_data(bytes: &[u8], encoding: AccountEncoding) -> EncodedData {
    let is_short = bytes.len() <= BASE58_BYTES_MAX;
    let too_large = || "error: data too large for bs58 encoding".to_owned();
    match encoding {
        AccountEncoding::Binary if is_short => EncodedData::Bare(base58(bytes)),
        AccountEncoding::Binary => EncodedData::Bare(too_large()),
        AccountEncoding::Base58 if is_short => EncodedData::base58(bytes),
        AccountEncoding::Base58 => EncodedData::Named(too_large(), "base58"),
        // Data that has a parser is rendered as an object instead.
        AccountEncoding::Base64 | AccountEncoding::JsonParsed => EncodedData::base64(bytes),
        AccountEncoding::Base64Zstd => encode_zstd(bytes),
    }
}

fn encode_zstd(bytes: &[u8]) -> EncodedData {
    zstd::encode_all(bytes, 0).map_or_else(
        |_| EncodedData::base64(bytes),
        |compressed| EncodedData::Named(STANDARD.encode(compressed), "base64+zstd"),
    )
}

#[cfg(test)]
mod tests;
