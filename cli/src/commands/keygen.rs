//! `isobath keygen`: new keys from the operating system's random number generator, and the addresses of key files.
//!
//! Invariant: an existing key file is overwritten only with `--force`, and no key file is ever left half-written.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use clap::{Args, Subcommand};
use isobath_sdk::Keypair;
use rand::TryRngCore;
use rand::rngs::OsRng;
use serde_json::json;

use crate::output::Report;
use crate::replace::{Existing, write_private};
use crate::settings::{Origin, Settings};
use crate::wallet::read_keypair;

/// Subcommands of `keygen`.
#[derive(Debug, Subcommand)]
pub enum KeygenCommand {
    /// Create a key and write it to a file that only you can read.
    New(NewArgs),
    /// Show the address of a keypair file.
    Pubkey {
        /// Keypair file [default: the keypair in use].
        #[arg(value_name = "FILE")]
        file: Option<PathBuf>,
    },
}

/// Arguments of `keygen new`.
#[derive(Debug, Args)]
pub struct NewArgs {
    /// File to write [default: the keypair in use; ~/.config/isobath/id.json if Solana's configuration is in use].
    #[arg(short = 'o', long = "outfile", value_name = "FILE")]
    outfile: Option<PathBuf>,
    /// Replace an existing file. The key in it is lost.
    #[arg(short = 'f', long)]
    force: bool,
    /// Accepted for compatibility with scripts; has no effect, since keys have no passphrase.
    #[arg(long = "no-passphrase", visible_alias = "no-bip39-passphrase")]
    no_passphrase: bool,
}

/// Runs `keygen`.
///
/// # Errors
/// The file already exists, or cannot be written or read.
pub(crate) fn run(command: &KeygenCommand, settings: &Settings) -> anyhow::Result<Report> {
    match command {
        KeygenCommand::New(args) => new(args, settings),
        KeygenCommand::Pubkey { file } => {
            let path = file.as_deref().unwrap_or(&settings.keypair_path.value);
            Ok(Report::value(read_keypair(path)?.pubkey().to_string()))
        }
    }
}

fn new(args: &NewArgs, settings: &Settings) -> anyhow::Result<Report> {
    if args.no_passphrase {
        note("keys have no seed phrase; --no-passphrase has no effect");
    }
    let path = match &args.outfile {
        Some(path) => path,
        None if settings.keypair_path.origin == Origin::Flag => &settings.keypair_path.value,
        None => &settings.new_keypair_path,
    };
    let mut seed = [0; 32];
    OsRng
        .try_fill_bytes(&mut seed)
        .context("the operating system's random number generator failed; no key was created")?;
    let keypair = Keypair::from_seed(seed);
    write(path, &keypair, args.force)?;
    if args.outfile.is_none() && *path != settings.keypair_path.value {
        note(&format!(
            "commands still use {}, which Solana's configuration names; `isobath config set --keypair {}` changes that",
            settings.keypair_path.value.display(),
            path.display()
        ));
    }
    let (pubkey, line) = (keypair.pubkey(), "=".repeat(76));
    Ok(Report {
        text: format!(
            "Wrote new keypair to {}\n{line}\npubkey: {pubkey}\n{line}\nThis file is the key: keep a copy of it in a safe place.",
            path.display()
        ),
        json: json!({"path": path, "pubkey": pubkey}),
    })
}

/// Writes a remark to standard error, beside the report.
fn note(text: &str) {
    // The command succeeds even if the remark cannot be written.
    drop(writeln!(io::stderr(), "note: {text}"));
}

/// Writes a key file that only its owner can read.
fn write(path: &Path, keypair: &Keypair, force: bool) -> anyhow::Result<()> {
    let existing = if force { Existing::Replace } else { Existing::Keep };
    match write_private(path, &keypair.to_json(), existing) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => bail!(
            "{} already exists and holds a key; choose another file with -o, or overwrite it with --force",
            path.display()
        ),
        written => {
            written.with_context(|| format!("cannot write {}; choose another file with -o", path.display()))
        }
    }
}
