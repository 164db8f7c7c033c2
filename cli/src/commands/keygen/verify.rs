//! `keygen verify`: whether a keypair has an address.

use std::path::PathBuf;

use anyhow::{Context, bail};
use clap::Args;
use isobath_sdk::Pubkey;
use serde_json::json;

use crate::output::Report;
use crate::settings::Settings;
use crate::wallet::read_keypair;

/// Arguments of `keygen verify`.
#[derive(Debug, Args)]
pub struct VerifyArgs {
    /// The address.
    #[arg(value_name = "PUBKEY")]
    pubkey: String,
    /// Keypair: a file, `-` for standard input, `prompt://` for a seed phrase [default: the keypair in use].
    #[arg(value_name = "KEYPAIR")]
    keypair: Option<PathBuf>,
}

/// Runs `keygen verify`.
///
/// # Errors
/// The keypair cannot be read, or has another address.
pub(super) fn run(args: &VerifyArgs, settings: &Settings) -> anyhow::Result<Report> {
    let pubkey: Pubkey = args
        .pubkey
        .parse()
        .with_context(|| format!("`{}` is not an address; give 32 bytes in base58", args.pubkey))?;
    let named = match &args.keypair {
        Some(named) => named,
        None => settings.keypair_path()?,
    };
    // Reading a keypair checks that its two halves belong together, so whoever has it can sign for its address.
    let found = read_keypair(named)?.pubkey();
    if found != pubkey {
        bail!(
            "this is the keypair of {found}, not of {pubkey}; name another keypair, or correct the address"
        );
    }
    Ok(Report {
        text: format!("Verification for public key: {pubkey}: Success"),
        json: json!({"pubkey": pubkey, "verified": true}),
    })
}
