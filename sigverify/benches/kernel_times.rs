//! Times the kernels one by one, on every backend of this machine, by the wall clock, as the least of many calls.
//!
//! Inside the timer: one kernel call over the whole workload, with points already decoded where it takes points.
//! Not inside: hashing, scalars, coefficients. `cargo bench -p isobath-sigverify --bench kernel_times --`
//! prints microseconds per signature; with `sweep` as argument, the sum by every method and size;
//! with `quick`, three sizes only.

#![allow(clippy::disallowed_methods, reason = "the clock is what a bench is for")]

use std::time::Instant;

use ed25519_dalek::{Signature, VerifyingKey};
use isobath_sigverify::Backend;
use isobath_sigverify::kernel_hook::Workload;
use isobath_timing::Corpus;

/// How many calls are timed: more where they are short.
fn calls(count: usize) -> usize {
    40_000_usize
        .checked_div(count)
        .map_or(400, |calls| calls.clamp(12, 400))
}

/// One call by the wall clock, in microseconds per signature. The least of many calls is an undisturbed one.
fn call_us(count: usize, mut call: impl FnMut()) -> f64 {
    let start = Instant::now();
    call();
    start.elapsed().as_secs_f64() * 1e6 / count as f64
}

/// The least time of a call that handles `count` signatures, in microseconds per signature.
fn least_us(count: usize, mut call: impl FnMut()) -> f64 {
    (0..calls(count)).fold(f64::INFINITY, |least, _| least.min(call_us(count, &mut call)))
}

/// The time of one `verify_strict` of ed25519-dalek.
fn strict_us() -> f64 {
    let corpus = Corpus::new(16, 200, || {});
    let items = corpus.items();
    least_us(items.len(), || {
        for item in &items {
            let key = VerifyingKey::from_bytes(item.key).expect("a signer's key");
            let signature = Signature::from_bytes(item.signature);
            key.verify_strict(item.message, &signature)
                .expect("a signer's signature");
        }
    })
}

fn main() {
    let argument = std::env::args().nth(1).unwrap_or_default();
    let (is_sweep, is_quick) = (argument == "sweep", argument == "quick");
    println!("dalek verify_strict {:.2} us", strict_us());
    for backend in Backend::available() {
        if is_sweep {
            sweep(backend);
            continue;
        }
        let counts: &[usize] = if is_quick {
            &[8, 64, 1024]
        } else {
            &[1, 8, 16, 64, 256, 1024, 4096]
        };
        for &count in counts {
            let mut workload = Workload::new(count);
            let decode = least_us(count, || workload.decode(backend));
            let sum = least_us(count, || workload.sum(backend, None));
            let equations = least_us(count, || workload.equations(backend));
            println!(
                "{:<12} n={count:<5} decode A and R {decode:6.2}  sum {sum:6.2}  together {:6.2}  equation {equations:6.2}",
                backend.name(),
                decode + sum
            );
        }
    }
}

/// The sum by every method, for the constants of the `tuning` module. Methods take turns, so that each meets quiet moments.
fn sweep(backend: Backend) {
    for count in [
        8_usize, 16, 32, 48, 64, 96, 128, 192, 256, 384, 512, 768, 1024, 2048, 4096,
    ] {
        let mut workload = Workload::new(count);
        let is_tried = |width: &usize| (*width > 0 || count <= 512) && (*width <= 9 || count >= 512);
        let widths = [0, 4, 5, 6, 7, 8, 9, 10, 11].into_iter().filter(is_tried);
        let mut least: Vec<(usize, f64)> = widths.map(|width| (width, f64::INFINITY)).collect();
        for _ in 0..calls(count) {
            for (width, least) in &mut least {
                *least = least.min(call_us(count, || workload.sum(backend, Some(*width))));
            }
        }
        print!("{:<12} n={count:<5}", backend.name());
        for (width, us) in least {
            print!("  w{width} {us:.2}");
        }
        println!();
    }
}
