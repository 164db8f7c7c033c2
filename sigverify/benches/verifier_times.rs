//! Times the paths of a verifier and their parts, on every backend of this machine, in thread CPU time.
//!
//! Inside the timer: everything from bytes to verdicts, 200-byte messages, distinct keys, no key cache. Signing is
//! outside. `cargo bench -p isobath-sigverify --bench verifier_times` prints microseconds per signature; the
//! figures of `src/verifier/costs.rs` come from here.

use std::time::Duration;

use isobath_sigverify::{Backend, Item, Policy, Verifier, VerifierConfig, verifier_hook};
use isobath_timing::{Corpus, time_of};

/// The least time of a call that handles `count` signatures, in microseconds per signature, over five samples.
fn least_us(count: usize, mut call: impl FnMut()) -> f64 {
    call();
    let mut handle = || {
        call();
        count
    };
    let samples = (0..5).map(|_| time_of(&mut handle, Duration::from_millis(20)));
    samples.fold(f64::INFINITY, f64::min)
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

/// Calls that all, or every other one, have a bad signature, on a verifier that has seen none before.
fn attacked(backend: Backend, good: &[Item<'_>], bad: &[Item<'_>]) -> f64 {
    let mut verifier = verifier(backend, Policy::Adaptive);
    let mut parts = [good, bad].into_iter().cycle();
    let mut call = || parts.next().map_or(0, |part| verifier.verify(part).len());
    time_of(&mut call, Duration::from_secs(1))
}

fn main() {
    let corpus = Corpus::new(4_096, 200, || {});
    let spoiled = corpus.with_bad(1_024, 1);
    let (good, broken) = (corpus.items(), spoiled.items());
    let broken = &broken[..1_024];
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
        let (always, alternating) = (attacked(backend, broken, broken), attacked(backend, part, broken));
        println!(
            "  one bad in every batch of 1024 {always:.2} ({:.2} of the lanes), in every other {alternating:.2} ({:.2})",
            always / lanes,
            alternating / lanes
        );
    }
}
