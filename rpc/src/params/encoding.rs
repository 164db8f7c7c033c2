//! The encodings in which clients send transactions and ask for data.

use std::fmt::Display;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use isobath_sdk::wire::layout::PACKET_DATA_SIZE;
use serde::Deserialize;

use crate::errors::RpcFailure;

/// What Solana's error texts call a transaction.
const TRANSACTION: &str = "solana_transaction::versioned::VersionedTransaction";
/// What Solana's error texts call a message.
const MESSAGE: &str = "solana_message::versions::VersionedMessage";

/// The encoding of account data that a client requests.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Deserialize)]
pub(crate) enum AccountEncoding {
    /// Base58 as a bare string, the oldest form and still the default.
    #[serde(rename = "binary")]
    Binary,
    #[serde(rename = "base58")]
    Base58,
    #[serde(rename = "base64")]
    Base64,
    #[serde(rename = "base64+zstd")]
    Base64Zstd,
    #[serde(rename = "jsonParsed")]
    JsonParsed,
}

/// The encoding of a transaction that a client sends or requests.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub(crate) enum TransactionEncoding {
    /// Base58 as a bare string, the oldest form and still the default.
    #[serde(rename = "binary")]
    Binary,
    #[serde(rename = "base58")]
    Base58,
    #[serde(rename = "base64")]
    Base64,
    #[serde(rename = "json")]
    Json,
    #[serde(rename = "jsonParsed")]
    JsonParsed,
}

/// A part of the data.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Deserialize)]
pub(crate) struct DataSlice {
    offset: usize,
    length: usize,
}

impl DataSlice {
    /// The part of `data` that it names; what lies outside is omitted.
    pub(crate) fn of(self, data: &[u8]) -> &[u8] {
        let start = self.offset.min(data.len());
        let end = self.offset.saturating_add(self.length).min(data.len());
        data.get(start..end).unwrap_or_default()
    }
}

/// Decodes the text of a transaction that a client sent. The bytes are at most a packet; nothing else is checked.
pub(crate) fn decode_transaction(text: &str, encoding: TransactionEncoding) -> Result<Vec<u8>, RpcFailure> {
    match encoding {
        TransactionEncoding::Base64 => decode_base64(text, TRANSACTION),
        TransactionEncoding::Base58 | TransactionEncoding::Binary => decode_base58(text),
        TransactionEncoding::Json => Err(unsupported("json")),
        TransactionEncoding::JsonParsed => Err(unsupported("jsonParsed")),
    }
}

/// Decodes the base64 of a message.
pub(crate) fn decode_message(text: &str) -> Result<Vec<u8>, RpcFailure> {
    decode_base64(text, MESSAGE)
}

fn unsupported(name: &str) -> RpcFailure {
    RpcFailure::InvalidParams(format!(
        "unsupported encoding: {name}. Supported encodings: base58, base64"
    ))
}

fn decode_base64(text: &str, what: &str) -> Result<Vec<u8>, RpcFailure> {
    require_length(
        text,
        PACKET_DATA_SIZE.div_ceil(3).saturating_mul(4),
        "base64",
        what,
    )?;
    let bytes = STANDARD.decode(text).map_err(|error| invalid("base64", &error))?;
    require_packet(bytes, what)
}

fn decode_base58(text: &str) -> Result<Vec<u8>, RpcFailure> {
    // The longest base58 text of 1232 bytes.
    require_length(text, 1683, "base58", TRANSACTION)?;
    let bytes = bs58::decode(text)
        .into_vec()
        .map_err(|error| invalid("base58", &error))?;
    require_packet(bytes, TRANSACTION)
}

fn invalid(encoding: &str, error: &dyn Display) -> RpcFailure {
    RpcFailure::InvalidParams(format!("invalid {encoding} encoding: {error}"))
}

fn require_length(text: &str, text_max: usize, encoding: &str, what: &str) -> Result<(), RpcFailure> {
    if text.len() > text_max {
        return Err(RpcFailure::InvalidParams(format!(
            "{encoding} encoded {what} too large: {} bytes (max: encoded/raw {text_max}/{PACKET_DATA_SIZE})",
            text.len()
        )));
    }
    Ok(())
}

fn require_packet(bytes: Vec<u8>, what: &str) -> Result<Vec<u8>, RpcFailure> {
    if bytes.len() > PACKET_DATA_SIZE {
        return Err(RpcFailure::InvalidParams(format!(
            "decoded {what} too large: {} bytes (max: {PACKET_DATA_SIZE} bytes)",
            bytes.len()
        )));
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests;
