//! Times the kernels one by one, on every backend of this machine, in thread CPU time.
//!
//! Inside the timer: one kernel call over the whole workload, points already decoded where it takes points.
//! Not inside: hashing, scalars, coefficients. `cargo bench -p isobath-sigverify --bench kernel_times --`
//! prints microseconds per signature; with `sweep` as argument, the sum by every method and size;
//! with `quick`, three sizes only.

use ed25519_dalek::{Signer, SigningKey, VerifyingKey};
use isobath_sigverify::Backend;
use isobath_sigverify::kernel_hook::Workload;

/// Nanoseconds that this thread has run; told in steps of some milliseconds.
fn thread_ns() -> u64 {
    let text =
        std::fs::read_to_string("/proc/thread-self/schedstat").expect("Linux counts the thread's time");
    let first = text.split_whitespace().next();
    first
        .and_then(|field| field.parse().ok())
        .expect("its first field is a number")
}

/// The least time of one call in microseconds, over five samples of at least 120 ms.
fn least_us(mut call: impl FnMut()) -> f64 {
    call();
    let sample = |_| {
        let start = thread_ns();
        let mut calls = 0_u32;
        loop {
            call();
            calls = calls.saturating_add(1);
            let taken = thread_ns().saturating_sub(start);
            if taken >= 120_000_000 {
                return taken as f64 / f64::from(calls) / 1e3;
            }
        }
    };
    (0..5).map(sample).fold(f64::INFINITY, f64::min)
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
