//! Every path, backend and state of a verifier against the oracle.

#![allow(clippy::arithmetic_side_effects, reason = "test arithmetic on small numbers")]
#![allow(clippy::disallowed_methods, reason = "tests of threads")]

mod attacks;
mod compositions;

use super::{Policy, Verifier, VerifierConfig};
use crate::kernels::tests::backends;
use crate::rule::tests::forge::{Forged, Forger, honest};
use crate::{Cause, Item, Verdict, verify_one};
use curve25519_dalek::Scalar;

const POLICIES: [Policy; 4] = [Policy::Adaptive, Policy::Batch, Policy::Lanes, Policy::Scalar];

/// Verifiers with fixed coefficients: every backend, policy and size of cache.
fn verifiers() -> Vec<Verifier> {
    let configs = backends().into_iter().flat_map(|backend| {
        POLICIES.into_iter().flat_map(move |policy| {
            [0, 16].map(|key_cache| VerifierConfig {
                backend,
                policy,
                key_cache,
            })
        })
    });
    configs
        .map(|config| Verifier::with_predictable_coefficients(config, [9; 32]))
        .collect()
}

fn verifier(policy: Policy) -> Verifier {
    let config = VerifierConfig {
        policy,
        ..VerifierConfig::default()
    };
    Verifier::with_predictable_coefficients(config, [5; 32])
}

/// A good signature; the key repeats after `key_count` numbers, the message never.
fn good(number: u64, key_count: u64) -> Forged {
    let forger = Forger {
        secret: Scalar::from(1_000 + number % key_count),
        nonce: Scalar::from(50_000 + number),
        ..honest()
    };
    let length = usize::try_from(number * 37 % 300).unwrap();
    forger.sign(
        &[
            number.to_le_bytes().repeat(40)[..length].to_vec(),
            number.to_le_bytes().to_vec(),
        ]
        .concat(),
    )
}

/// A signature that fails for this cause.
fn bad(cause: Cause, number: u64) -> Forged {
    let mut forged = good(number, u64::MAX);
    let mut small_order = [0; 32];
    small_order[0] = 1;
    match cause {
        Cause::ScalarNotCanonical => forged.set_scalar([0xff; 32]),
        Cause::KeyEncoding => forged.key = [0xff; 32],
        Cause::KeySmallOrder => forged.key = small_order,
        Cause::CommitmentEncoding => forged.set_commitment([0xff; 32]),
        Cause::CommitmentSmallOrder => forged.set_commitment(small_order),
        Cause::Equation => forged.message.push(1),
    }
    assert_eq!(forged.verify(), Err(cause));
    forged
}

fn items(forged: &[Forged]) -> Vec<Item<'_>> {
    forged.iter().map(Forged::item).collect()
}

fn expected(forged: &[Forged]) -> Vec<Verdict> {
    items(forged).iter().map(verify_one).collect()
}

/// The verdicts of every verifier, which must be those of the oracle.
fn assert_all_agree(verifiers: &mut [Verifier], forged: &[Forged], expected: &[Verdict]) {
    for verifier in verifiers {
        let verdicts = verifier.verify(&items(forged)).to_vec();
        assert_eq!(verdicts, expected, "{verifier:?}");
    }
}
