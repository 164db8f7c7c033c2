//! A warm verifier allocates nothing: counted by the allocator of this test.

#![allow(unsafe_code, reason = "an allocator that counts")]
#![allow(clippy::arithmetic_side_effects, reason = "test arithmetic on small numbers")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

use ed25519_dalek::{Signer, SigningKey};
use isobath_signature_tests::paths::Choice;
use isobath_sigverify::{Cause, Item, Policy, Verifier, VerifierConfig};

thread_local! {
    static COUNT: Cell<u64> = const { Cell::new(0) };
}

/// The system's allocator, counting what the calling thread asks for.
struct Counting;

// SAFETY: every call is handed to the system's allocator unchanged.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        COUNT.set(COUNT.get() + 1);
        // SAFETY: the caller promises what the system's allocator asks for.
        unsafe { System.alloc(layout) }
    }
    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: as above.
        unsafe { System.dealloc(pointer, layout) }
    }
    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        COUNT.set(COUNT.get() + 1);
        // SAFETY: as above.
        unsafe { System.realloc(pointer, layout, size) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

struct Signed {
    key: [u8; 32],
    message: Vec<u8>,
    signature: [u8; 64],
}

/// `count` signatures; every eighth key comes twice, lengths differ.
fn signed(count: u64, from: u64) -> Vec<Signed> {
    let signed = (from..from + count).map(|number| {
        let mut seed = [3; 32];
        seed[..8].copy_from_slice(&(number / 8 * 8 + number % 8 % 7).to_le_bytes());
        let signer = SigningKey::from_bytes(&seed);
        let message = vec![7; usize::try_from(100 + number % 150).expect("a small number")];
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

#[test]
fn a_warm_verifier_allocates_nothing() {
    let (first, second) = (signed(300, 0), signed(300, 10_000));
    let mut broken = signed(300, 20_000);
    broken[150].message.push(1);
    for backend in Choice::of_environment().backends() {
        for policy in [Policy::Adaptive, Policy::Batch, Policy::Lanes, Policy::Scalar] {
            for key_cache in [0, 100] {
                let mut verifier = Verifier::new(VerifierConfig {
                    backend,
                    policy,
                    key_cache,
                });
                // Warm: every path has run with as many items as it takes; which one does depends on the size.
                for size in (0..=300).step_by(12) {
                    verifier.verify(&items(&first[..size]));
                }
                verifier.verify(&items(&broken));
                for size in (0..=300).rev().step_by(12) {
                    verifier.verify(&items(&first[..size]));
                }
                let calls = [items(&second), items(&broken), items(&first), items(&second)];
                let before = COUNT.get();
                for call in &calls {
                    verifier.verify(call);
                    verifier.verify(&call[..70]);
                    verifier.verify(&call[..1]);
                }
                assert_eq!(COUNT.get(), before, "{backend:?} {policy:?} {key_cache}");
                assert_eq!(verifier.counters().failures_of(Cause::Equation), 2);
                if policy == Policy::Batch {
                    assert_eq!(verifier.counters().fallbacks, 2, "both paths have run");
                }
            }
        }
    }
}

#[test]
fn the_allocator_counts() {
    let before = COUNT.get();
    drop(std::hint::black_box(vec![1_u8; 100]));
    assert_eq!(COUNT.get(), before + 1);
}
