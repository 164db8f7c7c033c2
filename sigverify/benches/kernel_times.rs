//! Times the kernels one by one, on every backend of this machine, in thread CPU time.
//!
//! Inside the timer: one kernel call over the whole workload, points already decoded where it takes points.
//! Not inside: hashing, scalars, coefficients. `cargo bench -p isobath-sigverify --bench kernel_times --`
//! prints microseconds per signature; with `sweep` as argument, the sum by every method and size;
//! with `quick`, three sizes only.

use std::time::Duration;

use ed25519_dalek::{Signature, VerifyingKey};
use isobath_sigverify::Backend;
use isobath_sigverify::kernel_hook::Workload;
use isobath_timing::{Corpus, time_of};

/// The least time of a call that handles `count` signatures, in microseconds per signature, over five samples.
fn least_us(count: usize, mut call: impl FnMut()) -> f64 {
    call();
    let mut handle = || {
        call();
        count
    };
    let samples = (0..5).map(|_| time_of(&mut handle, Duration::from_millis(120)));
    samples.fold(f64::INFINITY, f64::min)
}

/// What one strict verification of the dalek crate takes.
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
            let us = least_us(count, || workload.sum(backend, Some(width)));
            print!("  w{width} {us:.2}");
        }
        println!();
    }
}
