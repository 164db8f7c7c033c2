//! Tests of key pairs and their file form.

use super::*;

/// The file of the pair whose seed is 32 times 01, as other tools write it (they put spaces after the commas).
const FILE_A: &str = "[1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,138,136,227,221,116,9,241,149,253,\
82,219,45,60,186,93,114,202,103,9,191,29,148,18,27,243,116,136,1,180,15,111,92]";

#[test]
fn known_pairs_have_their_public_keys() {
    for (seed, text) in [
        (1, "AKnL4NNf3DGWZJS6cPknBuEGnVsV4A4m5tgebLHaRSZ9"),
        (2, "9hSR6S7WPtxmTojgo6GG3k4yDPecgJY292j7xrsUGWBu"),
        (3, "GyGKxMyg1p9SsHfm15MkNUu1u9TN2JtTspcdmrtGUdse"),
    ] {
        assert_eq!(Keypair::from_seed([seed; 32]).pubkey().to_string(), text);
    }
}

#[test]
fn file_form_is_pinned() {
    let pair = Keypair::from_seed([1; 32]);
    assert_eq!(pair.to_json(), FILE_A);
    assert_eq!(Keypair::from_json(FILE_A).unwrap().pubkey(), pair.pubkey());
    let spaced = FILE_A.replace(',', ", ") + "\n";
    assert_eq!(Keypair::from_json(&spaced).unwrap().pubkey(), pair.pubkey());
}

#[test]
fn file_with_wrong_public_half_is_refused() {
    let swapped = FILE_A.replace("111,92]", "111,93]");
    assert_eq!(
        Keypair::from_json(&swapped).unwrap_err(),
        KeypairError::PublicKeyMismatch
    );
    let other_seed = FILE_A.replacen("[1,", "[2,", 1);
    assert_eq!(
        Keypair::from_json(&other_seed).unwrap_err(),
        KeypairError::PublicKeyMismatch
    );
}

#[test]
fn malformed_files_are_refused() {
    for (text, error) in [
        ("", KeypairError::NotByteArray),
        ("{}", KeypairError::NotByteArray),
        ("\"secret\"", KeypairError::NotByteArray),
        ("[256]", KeypairError::NotByteArray),
        ("[-1]", KeypairError::NotByteArray),
        ("[1.5]", KeypairError::NotByteArray),
        ("[1] [2]", KeypairError::NotByteArray),
        ("[]", KeypairError::WrongLength(0)),
        ("[1,2,3]", KeypairError::WrongLength(3)),
    ] {
        assert_eq!(Keypair::from_json(text).unwrap_err(), error, "{text}");
    }
}

#[test]
fn debug_and_errors_hide_the_seed() {
    let pair = Keypair::from_seed([0xab; 32]);
    assert_eq!(format!("{pair:?}"), format!("Keypair({})", pair.pubkey()));
    let text = Keypair::from_json("[171,171]").unwrap_err().to_string();
    assert!(!text.contains("171"), "{text}");
}

#[test]
fn signatures_are_deterministic_and_verify() {
    use ed25519_dalek::{Verifier, VerifyingKey};

    let pair = Keypair::from_seed([4; 32]);
    let signature = pair.sign(b"message");
    assert_eq!(signature, pair.sign(b"message"));
    let key = VerifyingKey::from_bytes(pair.pubkey().as_bytes()).unwrap();
    assert!(
        key.verify(
            b"message",
            &ed25519_dalek::Signature::from_bytes(signature.as_bytes())
        )
        .is_ok()
    );
}
