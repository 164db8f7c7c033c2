//! Properties: against the rule said once more in other words, against stricter verifiers, and of batches.

use curve25519_dalek::constants::ED25519_BASEPOINT_POINT;
use curve25519_dalek::edwards::EdwardsPoint;
use curve25519_dalek::scalar::Scalar;
use curve25519_dalek::traits::{Identity, IsIdentity};
use ed25519_dalek::{Signature, Signer, SigningKey, VerifyingKey};
use proptest::collection::vec;
use proptest::prelude::*;
use sha2::{Digest, Sha512};

use super::forge::{Forged, Forger, GROUP_ORDER};
use crate::encoding::tests::{decode_by_encoding_again, non_canonical_encodings};
use crate::{Item, Verdict, verify_batch, verify_one};

/// The rule in other words: encodings by encoding again, order and cofactor by repeated addition, the
/// scalar compared as digits, two multiplications apart. Slow, and sharing as little as it can.
fn is_valid_restated(item: &Item<'_>) -> bool {
    let (commitment_bytes, scalar_bytes) = item.signature.split_at(32);
    let commitment_bytes: [u8; 32] = commitment_bytes.try_into().unwrap();
    let scalar_bytes: [u8; 32] = scalar_bytes.try_into().unwrap();
    if !scalar_bytes.iter().rev().lt(GROUP_ORDER.iter().rev()) {
        return false;
    }
    let Some(key) = decode_by_encoding_again(item.key) else {
        return false;
    };
    let Some(commitment) = decode_by_encoding_again(&commitment_bytes) else {
        return false;
    };
    if eight_times(key).is_identity() || eight_times(commitment).is_identity() {
        return false;
    }
    let hashed = [&commitment_bytes[..], item.key, item.message].concat();
    let challenge = Scalar::from_bytes_mod_order_wide(&Sha512::digest(hashed).into());
    let scalar = Scalar::from_bytes_mod_order(scalar_bytes);
    let left = eight_times(ED25519_BASEPOINT_POINT * scalar);
    let right = eight_times(commitment) + eight_times(key * challenge);
    left == right
}

fn eight_times(point: EdwardsPoint) -> EdwardsPoint {
    (0..8).fold(EdwardsPoint::identity(), |sum, _| sum + point)
}

/// What `verify_strict` of ed25519-dalek says: cofactorless, else as strict as the rule.
fn is_strictly_valid(item: &Item<'_>) -> bool {
    VerifyingKey::from_bytes(item.key).is_ok_and(|key| {
        key.verify_strict(item.message, &Signature::from_bytes(item.signature))
            .is_ok()
    })
}

/// Scalars, the small ones and zero among them.
fn scalars() -> impl Strategy<Value = Scalar> {
    prop_oneof![
        1 => (0..4_u64).prop_map(Scalar::from),
        9 => any::<[u8; 32]>().prop_map(Scalar::from_bytes_mod_order),
    ]
}

/// What is done to a signature after signing.
#[derive(Clone, Debug)]
enum Tampering {
    Nothing,
    KeyBit(u8),
    SignatureBit(u16),
    Message(Vec<u8>),
    KeyEncoding(usize),
    CommitmentEncoding(usize),
    RandomSignature([u8; 32], [u8; 32]),
}

fn tamperings() -> impl Strategy<Value = Tampering> {
    prop_oneof![
        6 => Just(Tampering::Nothing),
        1 => any::<u8>().prop_map(Tampering::KeyBit),
        2 => (0..512_u16).prop_map(Tampering::SignatureBit),
        1 => vec(any::<u8>(), 0..8).prop_map(Tampering::Message),
        1 => (0..40_usize).prop_map(Tampering::KeyEncoding),
        1 => (0..40_usize).prop_map(Tampering::CommitmentEncoding),
        1 => any::<([u8; 32], [u8; 32])>().prop_map(|(r, s)| Tampering::RandomSignature(r, s)),
    ]
}

fn tamper(mut forged: Forged, tampering: Tampering) -> Forged {
    match tampering {
        Tampering::Nothing => {}
        Tampering::KeyBit(bit) => flip(&mut forged.key, bit.into()),
        Tampering::SignatureBit(bit) => flip(&mut forged.signature, bit.into()),
        Tampering::Message(message) => forged.message = message,
        Tampering::KeyEncoding(index) => forged.key = non_canonical_encodings()[index],
        Tampering::CommitmentEncoding(index) => forged.set_commitment(non_canonical_encodings()[index]),
        Tampering::RandomSignature(commitment, scalar) => {
            forged.set_commitment(commitment);
            forged.set_scalar(scalar);
        }
    }
    forged
}

fn flip(bytes: &mut [u8], bit: usize) {
    bytes[bit / 8] ^= 1 << (bit % 8);
}

/// Signatures of every kind: honest, of small and mixed order, tampered with.
fn forgeries() -> impl Strategy<Value = Forged> {
    (
        scalars(),
        scalars(),
        0..8_usize,
        0..8_usize,
        vec(any::<u8>(), 0..300),
        tamperings(),
    )
        .prop_map(
            |(secret, nonce, key_torsion, commitment_torsion, message, tampering)| {
                let forger = Forger {
                    secret,
                    nonce,
                    key_torsion,
                    commitment_torsion,
                };
                tamper(forger.sign(&message), tampering)
            },
        )
}

proptest! {
    #[test]
    fn the_verdict_is_that_of_the_rule_restated(forged in forgeries()) {
        prop_assert_eq!(forged.verify().is_ok(), is_valid_restated(&forged.item()));
    }

    #[test]
    fn what_a_strict_verifier_accepts_is_accepted(forged in forgeries()) {
        prop_assert!(!is_strictly_valid(&forged.item()) || forged.verify().is_ok());
    }

    #[test]
    fn signatures_of_a_correct_signer_are_accepted(seed: [u8; 32], message in vec(any::<u8>(), 0..1300)) {
        let signer = SigningKey::from_bytes(&seed);
        let (key, signature) = (signer.verifying_key().to_bytes(), signer.sign(&message).to_bytes());
        let item = Item { key: &key, message: &message, signature: &signature };
        prop_assert_eq!(verify_one(&item), Ok(()));
    }

    #[test]
    fn the_verdict_of_an_item_does_not_depend_on_its_batch(
        batch in vec(forgeries(), 0..12),
        turn in 0..12_usize,
        count in 0..12_usize,
    ) {
        let items: Vec<Item<'_>> = batch.iter().map(Forged::item).collect();
        let alone: Vec<Verdict> = items.iter().map(verify_one).collect();
        prop_assert!(verify_batch(&items).iter().eq(alone.iter().copied()));

        // Another order, and a batch of fewer.
        let pairs: Vec<(Item<'_>, Verdict)> = items.into_iter().zip(alone).collect();
        let mut turned = pairs;
        let turn = turn.min(turned.len());
        turned.rotate_left(turn);
        turned.truncate(count);
        let (items, alone): (Vec<Item<'_>>, Vec<Verdict>) = turned.into_iter().unzip();
        let verdicts = verify_batch(&items);
        prop_assert_eq!(verdicts.len(), alone.len());
        prop_assert!(verdicts.iter().eq(alone.iter().copied()));
        prop_assert_eq!(verdicts.all_valid(), alone.iter().all(Result::is_ok));
    }
}

#[test]
fn every_single_bit_of_key_and_signature_counts() {
    let signer = SigningKey::from_bytes(&[9; 32]);
    let message = b"every bit".to_vec();
    let signature = signer.sign(&message).to_bytes();
    let good = Forged {
        key: signer.verifying_key().to_bytes(),
        message,
        signature,
    };
    assert_eq!(good.verify(), Ok(()));
    for bit in 0..good.key.len() * 8 {
        let mut forged = good.clone();
        flip(&mut forged.key, bit);
        assert!(forged.verify().is_err(), "bit {bit} of the key");
    }
    for bit in 0..good.signature.len() * 8 {
        let mut forged = good.clone();
        flip(&mut forged.signature, bit);
        assert!(forged.verify().is_err(), "bit {bit} of the signature");
    }
    for bit in 0..good.message.len() * 8 {
        let mut forged = good.clone();
        flip(&mut forged.message, bit);
        assert!(forged.verify().is_err(), "bit {bit} of the message");
    }
}
