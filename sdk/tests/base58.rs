//! Tests of the base58 text forms.

use proptest::prelude::*;

use isobath_program_abi::base58::{ParseBase58Error, TEXT_LEN_MAX_32, TEXT_LEN_MAX_64};
use isobath_sdk::{Hash, Pubkey, Signature};

#[test]
fn zero_values_are_all_ones() {
    assert_eq!(Pubkey::default().to_string(), "1".repeat(32));
    assert_eq!(Hash::ZERO.to_string(), "1".repeat(32));
    assert_eq!(Signature::default().to_string(), "1".repeat(64));
}

#[test]
fn longest_texts_fit() {
    assert_eq!(Pubkey([0xff; 32]).to_string().len(), TEXT_LEN_MAX_32);
    assert_eq!(Signature([0xff; 64]).to_string().len(), TEXT_LEN_MAX_64);
}

#[test]
fn wrong_sizes_and_letters_are_told_apart() {
    let parse = |text: &str| text.parse::<Pubkey>();
    assert_eq!(parse(""), Err(ParseBase58Error::WrongSize));
    assert_eq!(parse(&"1".repeat(31)), Err(ParseBase58Error::WrongSize));
    assert_eq!(parse(&"1".repeat(33)), Err(ParseBase58Error::WrongSize));
    assert_eq!(parse(&"z".repeat(44)), Err(ParseBase58Error::WrongSize));
    assert_eq!(parse(&"1".repeat(100_000)), Err(ParseBase58Error::WrongSize));
    for bad in ["0", "O", "I", "l", " ", "\u{e9}"] {
        assert_eq!(
            parse(&format!("{}{bad}", "1".repeat(31))),
            Err(ParseBase58Error::Invalid),
            "{bad:?}"
        );
    }
}

#[test]
fn wrong_sizes_and_letters_of_signatures_are_told_apart() {
    let parse = |text: &str| text.parse::<Signature>();
    for (text, error) in [
        (String::new(), ParseBase58Error::WrongSize),
        ("1".repeat(63), ParseBase58Error::WrongSize),
        ("1".repeat(65), ParseBase58Error::WrongSize),
        ("z".repeat(88), ParseBase58Error::WrongSize),
        ("0".repeat(89), ParseBase58Error::WrongSize),
        (format!("{}0", "1".repeat(63)), ParseBase58Error::Invalid),
    ] {
        assert_eq!(parse(&text), Err(error), "{text}");
    }
}

#[test]
fn display_honours_width() {
    assert_eq!(format!("{:>34}|", Hash::ZERO), format!("  {}|", "1".repeat(32)));
}

#[test]
fn json_is_the_text_and_nothing_else() {
    let key = Pubkey([7; 32]);
    let json = serde_json::to_string(&key).unwrap();
    assert_eq!(json, format!("\"{key}\""));
    assert_eq!(serde_json::from_str::<Pubkey>(&json).unwrap(), key);
    assert!(serde_json::from_str::<Pubkey>("[7]").is_err());
    assert!(serde_json::from_str::<Pubkey>("\"7\"").is_err());
}

#[test]
fn borsh_is_the_raw_bytes() {
    assert_eq!(borsh::to_vec(&Pubkey([7; 32])).unwrap(), [7; 32]);
    assert_eq!(borsh::to_vec(&Hash([7; 32])).unwrap(), [7; 32]);
    assert_eq!(borsh::to_vec(&Signature([7; 64])).unwrap(), [7; 64]);
}

proptest! {
    /// The codec of fixed width against one of any width. Leading zeros are where they could differ.
    #[test]
    fn texts_are_those_of_another_codec(halves: [[u8; 32]; 2], zeros in 0_usize..=64) {
        let mut bytes = [0; 64];
        bytes[..32].copy_from_slice(&halves[0]);
        bytes[32..].copy_from_slice(&halves[1]);
        bytes[..zeros].fill(0);
        prop_assert_eq!(Signature(bytes).to_string(), bs58::encode(bytes).into_string());
        let mut key = halves[0];
        key[..zeros / 2].fill(0);
        prop_assert_eq!(Pubkey(key).to_string(), bs58::encode(key).into_string());
    }

    #[test]
    fn refused_texts_are_those_that_another_codec_refuses(text in "[1-9A-HJ-NP-Za-km-z]{30,46}|1{0,45}") {
        let other = bs58::decode(&text).into_vec().expect("letters of the alphabet");
        let other = <[u8; 32]>::try_from(other).map_err(|_| ParseBase58Error::WrongSize);
        prop_assert_eq!(text.parse::<Pubkey>(), other.map(Pubkey));
    }

    #[test]
    fn text_round_trips(key: [u8; 32], halves: [[u8; 32]; 2]) {
        prop_assert_eq!(Pubkey(key).to_string().parse(), Ok(Pubkey(key)));
        let mut bytes = [0; 64];
        bytes[..32].copy_from_slice(&halves[0]);
        bytes[32..].copy_from_slice(&halves[1]);
        prop_assert_eq!(Signature(bytes).to_string().parse(), Ok(Signature(bytes)));
    }

    #[test]
    fn accepted_text_prints_as_itself(text in "[1-9A-HJ-NP-Za-km-z]{30,46}") {
        if let Ok(key) = text.parse::<Pubkey>() {
            prop_assert_eq!(key.to_string(), text);
        }
    }
}
