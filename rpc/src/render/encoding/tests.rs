//! Account data in every encoding.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;

use super::encode_account_data;
use crate::params::encoding::AccountEncoding;

fn rendered(bytes: &[u8], encoding: AccountEncoding) -> serde_json::Value {
    serde_json::to_value(encode_account_data(bytes, encoding)).expect("encoded data serializes")
}

#[test]
fn data_in_every_encoding() {
    assert_eq!(rendered(b"abc", AccountEncoding::Binary), json!("ZiCa"));
    assert_eq!(
        rendered(b"abc", AccountEncoding::Base58),
        json!(["ZiCa", "base58"])
    );
    assert_eq!(
        rendered(b"abc", AccountEncoding::Base64),
        json!(["YWJj", "base64"])
    );
    assert_eq!(
        rendered(b"abc", AccountEncoding::JsonParsed),
        json!(["YWJj", "base64"])
    );
    assert_eq!(rendered(b"", AccountEncoding::Base64), json!(["", "base64"]));
    let long = vec![7; 100_000];
    let compressed = rendered(&long, AccountEncoding::Base64Zstd);
    assert_eq!(compressed[1], "base64+zstd");
    let bytes = STANDARD
        .decode(compressed[0].as_str().expect("a text"))
        .expect("base64");
    assert!(bytes.len() < 100);
    assert_eq!(zstd::decode_all(bytes.as_slice()).expect("zstd"), long);
}

#[test]
fn base58_stops_at_128_bytes() {
    assert_eq!(
        rendered(&[0; 128], AccountEncoding::Binary),
        json!("1".repeat(128))
    );
    let refused = "error: data too large for bs58 encoding";
    assert_eq!(rendered(&[0; 129], AccountEncoding::Binary), json!(refused));
    assert_eq!(
        rendered(&[0; 129], AccountEncoding::Base58),
        json!([refused, "base58"])
    );
}
