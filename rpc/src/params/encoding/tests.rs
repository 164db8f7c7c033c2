//! Transactions as text: what decodes, and the texts of what is rejected.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::{TransactionEncoding, decode_transaction};

fn refusal(text: &str, encoding: TransactionEncoding) -> String {
    let object = decode_transaction(text, encoding)
        .expect_err("not a transaction")
        .to_object();
    assert_eq!(object.code(), -32602);
    object.message().to_owned()
}

#[test]
fn transactions_in_both_encodings() {
    let bytes = vec![0xff; 1232];
    let base64 = STANDARD.encode(&bytes);
    assert_eq!(
        decode_transaction(&base64, TransactionEncoding::Base64).expect("base64"),
        bytes
    );
    let base58 = bs58::encode(&bytes).into_string();
    assert_eq!(base58.len(), 1683);
    assert_eq!(
        decode_transaction(&base58, TransactionEncoding::Base58).expect("base58"),
        bytes
    );
}

#[test]
fn oversized_and_garbled_transactions_are_refused() {
    let large = STANDARD.encode(vec![1; 1234]);
    assert_eq!(
        refusal(&large, TransactionEncoding::Base64),
        "base64 encoded solana_transaction::versioned::VersionedTransaction too large: 1648 bytes \
         (max: encoded/raw 1644/1232)"
    );
    let slightly = STANDARD.encode(vec![1; 1233]);
    assert_eq!(
        refusal(&slightly, TransactionEncoding::Base64),
        "decoded solana_transaction::versioned::VersionedTransaction too large: 1233 bytes (max: 1232 bytes)"
    );
    assert!(
        refusal(&"2".repeat(1684), TransactionEncoding::Base58)
            .contains("1684 bytes (max: encoded/raw 1683/1232)")
    );
    assert!(refusal("%%%", TransactionEncoding::Base64).starts_with("invalid base64 encoding: "));
    assert!(refusal("0OIl", TransactionEncoding::Base58).starts_with("invalid base58 encoding: "));
    assert_eq!(
        refusal("", TransactionEncoding::JsonParsed),
        "unsupported encoding: jsonParsed. Supported encodings: base58, base64"
    );
}
