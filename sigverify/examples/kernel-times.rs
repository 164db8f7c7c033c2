//! Times the kernels one by one, on every backend of this machine, by the least of many calls.
//!
//! Inside the timer: one kernel call over the whole workload, points already decoded where it takes points.
//! Not inside: hashing, scalars, coefficients. `cargo run --release -p isobath-sigverify --example kernel-times`
//! prints microseconds per signature; with `sweep` as argument, the sum by every method and size.

use std::time::{Duration, Instant};

use ed25519_dalek::{Signer, SigningKey, VerifyingKey};
use isobath_sigverify::Backend;
use isobath_sigverify::kernel_hook::Workload;

/// The least time of one call in microseconds, over a third of a second. The least of the clock's time is used since the
/// kernel's count of a thread's own time is too coarse for calls this short.
#[allow(
    clippy::disallowed_methods,
    reason = "the library reads no clock; this is a measurement of it"
)]
fn least_us(mut call: impl FnMut()) -> f64 {
    let mut least = f64::INFINITY;
    let begin = Instant::now();
    while begin.elapsed() < Duration::from_millis(330) {
        let start = Instant::now();
        call();
        least = least.min(start.elapsed().as_secs_f64() * 1e6);
    }
    least
}

/// What one strict verification of the dalek crate takes.
fn strict_us() -> f64 {
    let count = 16;
    let message = [7_u8; 200];
    let signed: Vec<_> = (0..count)
        .map(|index: u32| {
            let mut seed = [3; 32];
            seed[..4].copy_from_slice(&index.to_le_bytes());
            let signer = SigningKey::from_bytes(&seed);
            (signer.verifying_key().to_bytes(), signer.sign(&message))
        })
        .collect();
    least_us(|| {
        for (key, signature) in &signed {
            let key = VerifyingKey::from_bytes(key).expect("a signer's key");
            key.verify_strict(&message, signature)
                .expect("a signer's signature");
        }
    }) / f64::from(count)
}

fn main() {
    let is_sweep = std::env::args()
        .nth(1)
        .is_some_and(|argument| argument == "sweep");
    println!("dalek verify_strict {:.2} us", strict_us());
    for backend in Backend::available() {
        if is_sweep {
            sweep(backend);
            continue;
        }
        for count in [1_usize, 8, 16, 64, 256, 1024, 4096] {
            let mut workload = Workload::new(count);
            let per = |us: f64| us / count as f64;
            let decode = per(least_us(|| workload.decode(backend)));
            let sum = per(least_us(|| workload.sum(backend, None)));
            let equations = per(least_us(|| workload.equations(backend)));
            println!(
                "{:<12} n={count:<5} decode A and R {decode:6.2}  sum {sum:6.2}  together {:6.2}  equation {equations:6.2}",
                backend.name(),
                decode + sum
            );
        }
    }
}

/// The sum by every method, for the constants of the `tuning` module.
fn sweep(backend: Backend) {
    for count in [
        8_usize, 16, 32, 48, 64, 96, 128, 192, 256, 512, 1024, 2048, 4096, 8192,
    ] {
        let mut workload = Workload::new(count);
        print!("{:<12} n={count:<5}", backend.name());
        for width in [0, 4, 5, 6, 7, 8, 9, 10, 11, 12] {
            if (width == 0 && count > 512) || (width > 9 && count < 512) {
                continue;
            }
            let us = least_us(|| workload.sum(backend, Some(width))) / count as f64;
            print!("  w{width} {us:.2}");
        }
        println!();
    }
}
