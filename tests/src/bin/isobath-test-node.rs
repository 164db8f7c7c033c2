//! The validator's binary once more, built as a part of this package.
//!
//! Cargo tells a test only where the binaries of its own package are. With this one `cargo test` needs nothing built
//! beforehand, and what it runs is the validator's own command line.

use std::process::ExitCode;

fn main() -> ExitCode {
    isobath_validator::cli::main()
}
