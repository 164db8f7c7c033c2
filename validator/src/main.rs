//! The `isobath` binary; everything is in the library.

use std::process::ExitCode;

fn main() -> ExitCode {
    isobath_validator::cli::main()
}
