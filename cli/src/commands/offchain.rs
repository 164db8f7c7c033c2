//! Messages that are no transactions: `sign-offchain-message` and `verify-offchain-signature`. No node is called.
//!
//! ```text
//! "\xffsolana offchain" | version 0 | format | length, u16 little endian | message
//! ```
//!
//! The first byte is no valid beginning of a transaction, so a signature of such a message never authorizes one. The
//! format follows from the message: 0 for printable ASCII, 1 for UTF-8, both up to 1,212 bytes, 2 for longer UTF-8. Source:
//! `solana-offchain-message` 3.0.0, version 0.

use anyhow::{Context as _, bail};
use clap::Args;
use isobath_sdk::Signature;
use serde_json::json;

use crate::context::Context;
use crate::output::Report;

const SIGNING_DOMAIN: &[u8] = b"\xffsolana offchain";
/// Bytes of a message that still fits a packet.
const PACKET_MESSAGE_LEN_MAX: usize = 1_212;
/// Bytes of the longest message.
const MESSAGE_LEN_MAX: usize = 65_515;

/// Arguments of `sign-offchain-message`.
#[derive(Debug, Args)]
pub struct SignArgs {
    /// Message.
    #[arg(value_name = "STRING")]
    message: String,
    /// Version of the format; only 0 exists.
    #[arg(long, value_name = "VERSION", default_value_t = 0, value_parser = clap::value_parser!(u8).range(..=0))]
    version: u8,
}

/// Arguments of `verify-offchain-signature`.
#[derive(Debug, Args)]
pub struct VerifyArgs {
    /// Message.
    #[arg(value_name = "STRING")]
    message: String,
    /// Signature of the message.
    #[arg(value_name = "SIGNATURE")]
    signature: String,
    /// Version of the format; only 0 exists.
    #[arg(long, value_name = "VERSION", default_value_t = 0, value_parser = clap::value_parser!(u8).range(..=0))]
    version: u8,
    /// Address of the signer [default: the address of the keypair in use].
    #[arg(long, value_name = "ADDRESS")]
    signer: Option<String>,
}

/// Runs `sign-offchain-message`.
///
/// # Errors
/// The message is empty or too long, or the keypair cannot be read.
pub(crate) fn sign(args: &SignArgs, context: &Context) -> anyhow::Result<Report> {
    let bytes = encode(&args.message)?;
    let signature = context.keypair()?.sign(&bytes);
    Ok(Report::value(signature.to_string()))
}

/// Runs `verify-offchain-signature`.
///
/// # Errors
/// The signature is malformed or not one of this message by this signer.
pub(crate) fn verify(args: &VerifyArgs, context: &Context) -> anyhow::Result<Report> {
    let text = &args.signature;
    let signature: Signature = text
        .parse()
        .with_context(|| format!("`{text}` is not a signature; give 64 bytes in base58"))?;
    let signer = context.address_or_own(args.signer.as_deref())?;
    if !signature.verify(&signer, &encode(&args.message)?) {
        bail!("the signature is not one of this message by {signer}; check message, signature and --signer");
    }
    Ok(Report {
        text: "Signature is valid".to_owned(),
        json: json!({"valid": true}),
    })
}

/// The bytes that are signed.
fn encode(message: &str) -> anyhow::Result<Vec<u8>> {
    let len = message.len();
    let format = match len {
        0 => bail!("the message is empty; give at least one character"),
        1..=PACKET_MESSAGE_LEN_MAX if message.bytes().all(|byte| (0x20..=0x7e).contains(&byte)) => 0,
        1..=PACKET_MESSAGE_LEN_MAX => 1,
        _ => 2,
    };
    let length = u16::try_from(len).ok().filter(|_| len <= MESSAGE_LEN_MAX);
    let Some(length) = length else {
        bail!("the message has {len} bytes, at most {MESSAGE_LEN_MAX} can be signed; sign its hash");
    };
    let mut bytes = SIGNING_DOMAIN.to_vec();
    bytes.extend([0, format]);
    bytes.extend(length.to_le_bytes());
    bytes.extend(message.as_bytes());
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The bytes that `solana-offchain-message` 3.0.0 gives for this message.
    #[test]
    fn bytes_are_those_of_solana() {
        let expected = [
            255, 115, 111, 108, 97, 110, 97, 32, 111, 102, 102, 99, 104, 97, 105, 110, 0, 0, 12, 0, 84, 101,
            115, 116, 32, 77, 101, 115, 115, 97, 103, 101,
        ];
        assert_eq!(encode("Test Message").unwrap(), expected);
    }

    #[test]
    fn the_format_follows_from_the_message() {
        let format = |message: &str| encode(message).unwrap()[17];
        assert_eq!(format("a~ "), 0);
        assert_eq!(format("a\n"), 1);
        assert_eq!(format(&"a".repeat(1_212)), 0);
        assert_eq!(format(&"a".repeat(1_213)), 2);
        assert!(encode("").is_err());
        assert!(encode(&"a".repeat(65_515)).is_ok());
        assert!(encode(&"a".repeat(65_516)).is_err());
    }
}
