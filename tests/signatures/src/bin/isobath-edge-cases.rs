//! Writes the table of edge cases, or checks that the file is the one that the generator makes.
//!
//! ```sh
//! cargo run -p isobath-signature-tests --bin isobath-edge-cases -- --check
//! ```

use std::process::ExitCode;
use std::{env, fs};

use isobath_signature_tests::edge::{build, render};
use sha2::{Digest, Sha256};

/// From the root of the workspace.
const FILE: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../../sigverify/tests/vectors/edge-cases.txt"
);

fn main() -> ExitCode {
    let text = render(&build());
    match env::args().nth(1).as_deref() {
        Some("--check") => check(&text),
        Some("--write") => match fs::write(FILE, &text) {
            Ok(()) => say(&text),
            Err(error) => complain(&format!("cannot write {FILE}: {error}")),
        },
        _ => complain("usage: isobath-edge-cases --check | --write"),
    }
}

fn check(text: &str) -> ExitCode {
    match fs::read_to_string(FILE) {
        Ok(kept) if kept == text => say(text),
        Ok(_) => {
            complain("the file differs from the generator's output; run --write and review the difference")
        }
        Err(error) => complain(&format!("cannot read {FILE}: {error}")),
    }
}

fn say(text: &str) -> ExitCode {
    let hash = Sha256::digest(text);
    let hex: String = hash.iter().map(|byte| format!("{byte:02x}")).collect();
    let rows = text.lines().filter(|line| !line.starts_with('#')).count();
    println!("{rows} rows, SHA-256 {hex}");
    ExitCode::SUCCESS
}

fn complain(message: &str) -> ExitCode {
    eprintln!("{message}");
    ExitCode::FAILURE
}
