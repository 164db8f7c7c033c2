//! Times the paths of a verifier and their parts, on every backend of this machine, in thread CPU time.
//!
//! Inside the timer: everything from bytes to verdicts, 200-byte messages, distinct keys, no cache of keys. Signing is
//! outside. `cargo bench -p isobath-sigverify --bench verifier_times` prints microseconds per signature; the
//! figures of `src/verifier/costs.rs` come from here.

#![allow(clippy::arithmetic_side_effects, reason = "sums of small times")]

use ed25519_dalek::{Signer, SigningKey};
use isobath_sigverify::{Backend, Item, Policy, Verifier, VerifierConfig, verifier_hook};

/// Nanoseconds that this thread has run.
fn thread_ns() -> u64 {
    let text =
        std::fs::read_to_string("/proc/thread-self/schedstat").expect("Linux counts the thread's time");
    let first = text.split_whitespace().next();
    first
        .and_then(|field| field.parse().ok())
        .expect("its first field is a number")
}

/// The least time of one call in microseconds per signature, over five samples of at least 20 ms.
fn least_us(count: usize, mut call: impl FnMut()) -> f64 {
    call();
    let (mut least, mut repeats, mut samples) = (f64::INFINITY, 1_u32, 0);
    while samples < 5 {
        let start = thread_ns();
        for _ in 0..repeats {
            call();
        }
        let taken = thread_ns() - start;
        if taken < 20_000_000 {
            repeats *= 2;
            continue;
        }
        least = least.min(taken as f64 / f64::from(repeats) / 1e3);
        samples += 1;
    }
    least / count as f64
}

struct Signed {
    key: [u8; 32],
    message: Vec<u8>,
    signature: [u8; 64],
}

fn signed(count: u64) -> Vec<Signed> {
    let signed = (0..count).map(|number| {
        let mut seed = [1; 32];
        seed[..8].copy_from_slice(&number.to_le_bytes());
        let signer = SigningKey::from_bytes(&seed);
        let message = seed.repeat(7)[..200].to_vec();
        Signed {
            key: signer.verifying_key().to_bytes(),
            signature: signer.sign(&message).to_bytes(),
            message,
        }
    });
    signed.collect()
}

fn items(signed: &[Signed]) -> Vec<Item<'_>> {
    let items = signed.iter().map(|signed| Item {
        key: &signed.key,
        message: &signed.message,
        signature: &signed.signature,
    });
    items.collect()
}

fn verifier(backend: Backend, policy: Policy) -> Verifier {
    Verifier::new(VerifierConfig {
        backend,
        policy,
        key_cache: 0,
    })
}

fn path(backend: Backend, policy: Policy, items: &[Item<'_>]) -> f64 {
    let mut verifier = verifier(backend, policy);
    least_us(items.len(), || {
        assert!(verifier.verify(items).iter().all(Result::is_ok));
    })
}

/// A hundred calls, of which all or every other one has a bad signature.
fn attacked(backend: Backend, good: &[Item<'_>], bad: &[Item<'_>]) -> f64 {
    let mut verifier = verifier(backend, Policy::Adaptive);
    let start = thread_ns();
    for call in 0..100 {
        verifier.verify(if call % 2 == 0 { good } else { bad });
    }
    (thread_ns() - start) as f64 / 1e5 / good.len() as f64
}

fn main() {
    let mut all = signed(4_096);
    all[1_500].message[0] ^= 1;
    let broken = items(&all[1_024..2_048]);
    let good = signed(4_096);
    let good = items(&good);
    for backend in Backend::available() {
        println!("{}", backend.name());
        let mut digests = Vec::new();
        for count in [1, 8, 64, 1_024] {
            let part = &good[..count];
            let hash = least_us(count, || {
                std::hint::black_box(verifier_hook::hash(backend, part, &mut digests));
            });
            let mut preparing = verifier(backend, Policy::Batch);
            let prepare = least_us(count, || {
                assert_eq!(verifier_hook::prepare(&mut preparing, part), count);
            });
            println!("  {count:5}  hash {hash:6.3}  prepare {prepare:6.3}");
        }
        let scalars = least_us(1_024, || {
            std::hint::black_box(verifier_hook::scalars(&good[..1_024], &digests));
        });
        println!(
            "  scalars {scalars:6.3}  one {:6.2}",
            path(backend, Policy::Scalar, &good[..64])
        );
        for count in [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1_024, 2_048, 4_096] {
            let part = &good[..count];
            let of = |policy| path(backend, policy, part);
            let (lanes, batch, chosen) = (of(Policy::Lanes), of(Policy::Batch), of(Policy::Adaptive));
            println!("  {count:5}  lanes {lanes:6.2}  batch {batch:6.2}  adaptive {chosen:6.2}");
        }
        let part = &good[..1_024];
        let lanes = path(backend, Policy::Lanes, part);
        let (always, alternating) = (
            attacked(backend, &broken, &broken),
            attacked(backend, part, &broken),
        );
        println!(
            "  one bad in every batch of 1024 {always:.2} ({:.2} of the lanes), in every other {alternating:.2} ({:.2})",
            always / lanes,
            alternating / lanes
        );
    }
}
