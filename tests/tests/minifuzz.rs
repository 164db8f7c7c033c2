//! Every fuzz body over seeded inputs, as an ordinary test.
//!
//! Half of the inputs are noise, half are accepted samples with a little damage. A failure prints the body, the round
//! and the input; `MINIFUZZ_SEED` and `MINIFUZZ_ROUNDS` in the environment repeat or extend a run.

use std::{fs, path::Path};

use isobath_testkit::Random;
use isobath_tests::fuzz_bodies::{BODIES, Body, noise};

/// Longest noise: a little more than a packet.
const NOISE_LEN_MAX: usize = 1300;

/// Prints what was being checked if the check panics.
struct Witness<'a> {
    body: &'static str,
    seed: u64,
    round: u64,
    input: &'a [u8],
}

impl Drop for Witness<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let Self {
                body,
                seed,
                round,
                input,
            } = self;
            eprintln!("body {body}, seed {seed}, round {round}, input {input:02x?}");
        }
    }
}

/// A number from the environment.
fn setting(name: &str, default: u64) -> u64 {
    let text = std::env::var(name);
    text.map_or(default, |text| {
        text.parse().expect("a setting of minifuzz is a whole number")
    })
}

/// Runs one body; returns how many damaged samples were still accepted.
fn run(body: &Body, seed: u64, rounds: u64) -> u64 {
    let check = |round: u64, input: &[u8]| {
        let _witness = Witness {
            body: body.name,
            seed,
            round,
            input,
        };
        (body.check)(input)
    };
    let samples = (body.samples)();
    for (index, sample) in (0u64..).zip(&samples) {
        assert!(
            check(index, sample),
            "sample {index} of {} is not accepted",
            body.name
        );
    }
    let mut random = Random::new(seed);
    let mut accepted = 0u64;
    for round in 0..rounds {
        check(round, &noise::bytes(&mut random, NOISE_LEN_MAX));
        let mut damaged = samples[random.below(samples.len())].clone();
        noise::damage(&mut random, &mut damaged);
        accepted = accepted.saturating_add(check(round, &damaged).into());
    }
    accepted
}

#[test]
fn every_body_holds_over_seeded_inputs() {
    let seed = setting("MINIFUZZ_SEED", 20_261_122);
    let rounds = setting("MINIFUZZ_ROUNDS", 2_000);
    println!("minifuzz seed {seed}, {rounds} rounds per body");
    for body in BODIES {
        let accepted = run(body, seed, rounds);
        println!(
            "{:<28} {accepted} of {rounds} damaged samples accepted",
            body.name
        );
        let accepted_min = (rounds * body.accepted_min / 1_000).max(1);
        assert!(
            accepted >= accepted_min,
            "{}: {accepted} of {rounds} damaged samples accepted, not {accepted_min}",
            body.name
        );
    }
}

#[test]
fn the_same_seed_gives_the_same_inputs() {
    let inputs = |seed| {
        let mut random = Random::new(seed);
        let mut bytes = noise::bytes(&mut random, 64);
        noise::damage(&mut random, &mut bytes);
        bytes
    };
    assert_eq!(inputs(1), inputs(1));
    assert_ne!(inputs(1), inputs(2));
}

#[test]
fn every_body_has_its_fuzz_target() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz");
    let manifest = fs::read_to_string(folder.join("Cargo.toml")).unwrap();
    let mut targets: Vec<String> = fs::read_dir(folder.join("fuzz_targets"))
        .unwrap()
        .map(|entry| {
            entry
                .unwrap()
                .path()
                .file_stem()
                .unwrap()
                .to_str()
                .unwrap()
                .to_owned()
        })
        .collect();
    targets.sort_unstable();
    let mut names: Vec<_> = BODIES.iter().map(|body| body.name).collect();
    names.sort_unstable();
    assert_eq!(names, targets);
    for name in names {
        assert!(
            manifest.contains(&format!("\nname = \"{name}\"\n")),
            "{name} is not in the manifest"
        );
        let source = fs::read_to_string(folder.join(format!("fuzz_targets/{name}.rs"))).unwrap();
        assert!(
            source.contains(&format!("run(\"{name}\", bytes)")),
            "{name} runs another body"
        );
    }
}
