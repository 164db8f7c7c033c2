//! Bytes as text: the encodings in which clients send transactions and receive data.

use std::fmt::Display;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use isobath_sdk::wire::layout::PACKET_DATA_SIZE;
use serde::{Deserialize, Serialize};

use crate::errors::RpcFailure;

/// The most bytes that are answered as base58, whose cost grows with the square of the length.
pub(crate) const BASE58_BYTES_MAX: usize = 128;

/// What Solana's error texts call a transaction.
const TRANSACTION: &str = "solana_transaction::versioned::VersionedTransaction";
/// What Solana's error texts call a message.
const MESSAGE: &str = "solana_message::versions::VersionedMessage";

/// How a client wants account data.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub(crate) enum AccountEncoding {
    /// Base58 as a bare string, the default of old.
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

/// How a client sends a transaction, or wants to see one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub(crate) enum TransactionEncoding {
    /// Base58 as a bare string, the default of old.
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

/// Account data in the encoding asked for. Data that is too long for base58 is answered as Solana does in
/// notifications; calls refuse it before they come here.
pub(crate) fn encode_account_data(bytes: &[u8], encoding: AccountEncoding) -> EncodedData {
    let is_short = bytes.len() <= BASE58_BYTES_MAX;
    let refusal = || "error: data too large for bs58 encoding".to_owned();
    match encoding {
        AccountEncoding::Binary if is_short => EncodedData::Bare(base58(bytes)),
        AccountEncoding::Binary => EncodedData::Bare(refusal()),
        AccountEncoding::Base58 if is_short => EncodedData::base58(bytes),
        AccountEncoding::Base58 => EncodedData::Named(refusal(), "base58"),
        // What has a parser does not come here.
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

/// Decodes a transaction that a client sent. The bytes are at most a packet; nothing else is known about them.
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
