//! `isobath keygen`, after `solana-keygen`: keys of new or old seed phrases, their addresses and their files.
//!
//! | file | command |
//! |---|---|
//! | `new`, `recover` | a key of a new phrase, and of one that the user knows |
//! | `grind` | keys whose addresses begin or end as wanted |
//! | `pubkey`, `verify` | the address of a key |
//! | `options` | flags that several of these share, and writing a key |
//!
//! Invariant: an existing file is overwritten only with `--force`, and no key file is ever left half-written. Keys and
//! phrases are written to key files and to standard output on request, and nowhere else.

mod grind;
mod new;
mod options;
mod pubkey;
mod recover;
mod verify;

use clap::Subcommand;

use crate::output::{OutputFormat, Report};
use crate::settings::Settings;

/// Subcommands of `keygen`.
#[derive(Debug, Subcommand)]
pub enum KeygenCommand {
    /// Create a key from a new seed phrase and write it to a file that only you can read.
    New(new::NewArgs),
    /// Write the key of a seed phrase, or of a keypair in base58, to a file.
    Recover(recover::RecoverArgs),
    /// Search for keys whose addresses begin or end with given characters.
    Grind(grind::GrindArgs),
    /// Show the address of a keypair.
    Pubkey(pubkey::PubkeyArgs),
    /// Check that a keypair has an address.
    Verify(verify::VerifyArgs),
}

/// Runs `keygen`; `None` where the command has written its results itself.
///
/// # Errors
/// A file already exists, or cannot be written or read.
pub(crate) fn run(
    command: &KeygenCommand,
    settings: &Settings,
    format: OutputFormat,
) -> anyhow::Result<Option<Report>> {
    match command {
        KeygenCommand::New(args) => new::run(args, settings).map(Some),
        KeygenCommand::Recover(args) => recover::run(args, settings).map(Some),
        KeygenCommand::Grind(args) => grind::run(args, format).map(|()| None),
        KeygenCommand::Pubkey(args) => pubkey::run(args, settings).map(Some),
        KeygenCommand::Verify(args) => verify::run(args, settings).map(Some),
    }
}
