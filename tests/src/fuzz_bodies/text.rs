//! Bodies of what people write: addresses, key files, genesis files.

use isobath_sdk::{Hash, Keypair, Pubkey, Signature, chain::genesis::Genesis};

/// Base58 text: accepted text prints as itself.
pub(super) fn base58(bytes: &[u8]) -> bool {
    let Ok(text) = std::str::from_utf8(bytes) else {
        return false;
    };
    let key = text.parse::<Pubkey>().ok();
    if let Some(key) = key {
        assert_eq!(key.to_string(), text);
    }
    assert_eq!(text.parse::<Hash>().ok().map(|hash| hash.0), key.map(|key| key.0));
    let signature = text.parse::<Signature>().ok();
    if let Some(signature) = signature {
        assert_eq!(signature.to_string(), text);
    }
    key.is_some() || signature.is_some()
}

/// A keypair file: the pair survives, and no error text repeats the input.
pub(super) fn keypair_json(bytes: &[u8]) -> bool {
    let Ok(text) = std::str::from_utf8(bytes) else {
        return false;
    };
    let Ok(pair) = Keypair::from_json(text) else {
        return false;
    };
    let written = pair.to_json();
    let read = Keypair::from_json(&written).expect("the file form reads back");
    assert_eq!((read.pubkey(), read.to_json()), (pair.pubkey(), written));
    true
}

/// A genesis file: what is accepted is valid and means the same after another round.
pub(super) fn genesis_json(bytes: &[u8]) -> bool {
    let Ok(text) = std::str::from_utf8(bytes) else {
        return false;
    };
    let Ok(genesis) = Genesis::from_json(text) else {
        return false;
    };
    assert!(genesis.validate().is_ok());
    let written = genesis.to_json();
    let read = Genesis::from_json(&written).expect("the file form reads back");
    assert_eq!(read.hash(), genesis.hash());
    assert_eq!(read.to_json(), written);
    true
}
