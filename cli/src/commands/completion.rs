//! `isobath completion`: the script that makes a shell complete commands and flags.

use std::io;

use clap::{Args, Command};
use clap_complete::{Shell, generate};

/// Arguments of `completion`.
#[derive(Debug, Args)]
pub struct CompletionArgs {
    /// Shell.
    #[arg(short, long, value_enum, default_value_t = Shell::Bash)]
    shell: Shell,
}

/// Writes the script for `command` to standard output.
pub fn complete(args: &CompletionArgs, command: &mut Command) {
    let name = command.get_name().to_owned();
    let mut script = Vec::new();
    generate(args.shell, command, name, &mut script);
    // A reader that is gone needs no script.
    drop(io::Write::write_all(&mut io::stdout(), &script));
}
