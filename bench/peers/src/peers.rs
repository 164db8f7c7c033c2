//! The verifiers: name, rule, and how each is called, from bytes to verdict.
//!
//! A call answers how many signatures are valid. A batch that only says yes or no answers all or none.

use commonware_codec::{Copying, ReadExt as _};
use commonware_cryptography::{BatchEntry, BatchVerifier as _};
use commonware_cryptography_curve25519::signing as commonware;
use commonware_parallel::Sequential;
use ed25519_dalek::{Signature, VerifyingKey};
use isobath_sigverify::{Backend, Item, Policy};
use isobath_timing::{Verify, ours};
use rand::SeedableRng as _;
use rand::rngs::StdRng;

/// A verifier of this or another project.
pub struct Peer {
    /// Crate and call.
    pub name: &'static str,
    /// What it accepts.
    pub rule: &'static str,
    /// Whether it takes many signatures at a time.
    pub is_batch: bool,
    /// Makes one, with the state that it keeps from call to call.
    pub start: fn() -> Box<Verify<'static>>,
}

/// Our rule.
pub const RULE: &str = "cofactored, canonical, no small order";
/// Of strict verifiers.
const STRICT: &str = "strict, cofactorless";
/// Of ZIP-215.
const ZIP215: &str = "ZIP-215";

/// All of them.
pub const PEERS: [Peer; 9] = [
    Peer {
        name: "isobath",
        rule: RULE,
        is_batch: true,
        start: || ours(Backend::best(), Policy::Adaptive),
    },
    Peer {
        name: "isobath lanes",
        rule: RULE,
        is_batch: false,
        start: || ours(Backend::best(), Policy::Lanes),
    },
    Peer {
        name: "ed25519-dalek 3.0.0 verify_strict",
        rule: STRICT,
        is_batch: false,
        start: || Box::new(dalek_strict),
    },
    Peer {
        name: "ed25519-dalek 3.0.0 verify_batch",
        rule: "cofactorless batch",
        is_batch: true,
        start: || Box::new(dalek_batch),
    },
    Peer {
        name: "ed25519-zebra 5.0.0 batch",
        rule: ZIP215,
        is_batch: true,
        start: zebra_batch,
    },
    Peer {
        name: "commonware-curve25519 2026.10.0 verify",
        rule: ZIP215,
        is_batch: false,
        start: || Box::new(commonware_single),
    },
    Peer {
        name: "commonware-curve25519 2026.10.0 verify_batch",
        rule: ZIP215,
        is_batch: true,
        start: commonware_batch,
    },
    Peer {
        name: "solana-signature 3.6.0 verify (Agave)",
        rule: STRICT,
        is_batch: false,
        start: || Box::new(solana_single),
    },
    Peer {
        name: "solana-signature 3.6.0 batch_verify",
        rule: "strict if alone, else ZIP-215",
        is_batch: true,
        start: || Box::new(solana_batch),
    },
];

/// The same numbers each time: the values of coefficients do not change their cost, and a timing needs no secrets.
fn generator() -> StdRng {
    StdRng::from_seed([7; 32])
}

fn all_or_none(is_valid: bool, count: usize) -> usize {
    if is_valid { count } else { 0 }
}

fn dalek_strict(items: &[Item<'_>]) -> usize {
    let is_valid = |item: &&Item<'_>| {
        let signature = Signature::from_bytes(item.signature);
        VerifyingKey::from_bytes(item.key)
            .is_ok_and(|key| key.verify_strict(item.message, &signature).is_ok())
    };
    items.iter().filter(is_valid).count()
}

fn dalek_batch(items: &[Item<'_>]) -> usize {
    let messages: Vec<&[u8]> = items.iter().map(|item| item.message).collect();
    let signatures: Vec<Signature> = items
        .iter()
        .map(|item| Signature::from_bytes(item.signature))
        .collect();
    let keys: Result<Vec<VerifyingKey>, _> = items
        .iter()
        .map(|item| VerifyingKey::from_bytes(item.key))
        .collect();
    let is_valid = keys.is_ok_and(|keys| ed25519_dalek::verify_batch(&messages, &signatures, &keys).is_ok());
    all_or_none(is_valid, items.len())
}

fn zebra_batch() -> Box<Verify<'static>> {
    let mut generator = generator();
    Box::new(move |items| {
        let mut batch = ed25519_zebra::batch::Verifier::new();
        for item in items {
            let signature = ed25519_zebra::Signature::from_bytes(item.signature);
            let key = ed25519_zebra::VerificationKeyBytes::from(*item.key);
            batch.queue((key, signature, item.message));
        }
        all_or_none(batch.verify(&mut generator).is_ok(), items.len())
    })
}

/// Key, signature, and the message without its first byte, which encodes a namespace of no bytes.
fn commonware_parts<'a>(item: &Item<'a>) -> (commonware::VerifyingKey, commonware::Signature, &'a [u8]) {
    let key = commonware::VerifyingKey::read(&mut Copying(&item.key[..])).expect("any 32 bytes are read");
    let signature =
        commonware::Signature::read(&mut Copying(&item.signature[..])).expect("any 64 bytes are read");
    let (zero, message) = item.message.split_first().expect("messages are not empty");
    assert_eq!(*zero, 0, "the length of a namespace of no bytes");
    (key, signature, message)
}

fn commonware_single(items: &[Item<'_>]) -> usize {
    let is_valid = |item: &&Item<'_>| {
        let (key, signature, message) = commonware_parts(item);
        key.verify(b"", message, &signature)
    };
    items.iter().filter(is_valid).count()
}

fn commonware_batch() -> Box<Verify<'static>> {
    let mut generator = generator();
    Box::new(move |items| {
        let parts: Vec<_> = items.iter().map(commonware_parts).collect();
        let is_valid = commonware::VerifyingKey::verify_batch(
            &mut generator,
            &parts,
            |_, (public_key, signature, message)| BatchEntry {
                namespace: b"",
                message,
                public_key,
                signature,
            },
            &Sequential,
        );
        all_or_none(is_valid, items.len())
    })
}

fn solana_single(items: &[Item<'_>]) -> usize {
    let is_valid =
        |item: &&Item<'_>| solana_signature::Signature::from(*item.signature).verify(item.key, item.message);
    items.iter().filter(is_valid).count()
}

fn solana_batch(items: &[Item<'_>]) -> usize {
    let signatures: Vec<solana_signature::Signature> = items
        .iter()
        .map(|item| solana_signature::Signature::from(*item.signature))
        .collect();
    let data = signatures
        .iter()
        .zip(items)
        .map(|(signature, item)| (signature, &item.key[..], item.message));
    all_or_none(solana_signature::Signature::batch_verify(data), items.len())
}
