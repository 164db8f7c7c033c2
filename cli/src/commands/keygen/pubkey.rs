//! `keygen pubkey`: the address of a keypair.

use std::path::PathBuf;

use clap::Args;
use isobath_sdk::Pubkey;

use super::options::write_file;
use super::recover::validation;
use crate::output::Report;
use crate::replace::Existing;
use crate::settings::Settings;
use crate::wallet::KeySource;

/// Arguments of `keygen pubkey`.
#[derive(Debug, Args)]
pub struct PubkeyArgs {
    /// Keypair: a file, `-` for standard input, `prompt://` for a seed phrase [default: the keypair in use].
    #[arg(value_name = "KEYPAIR")]
    keypair: Option<PathBuf>,
    /// Write the address to this file, as JSON.
    #[arg(short = 'o', long, value_name = "FILE")]
    outfile: Option<PathBuf>,
    /// Replace an existing file.
    #[arg(short = 'f', long)]
    force: bool,
    /// Accept any text as seed phrase.
    #[arg(long)]
    skip_seed_phrase_validation: bool,
}

/// Runs `keygen pubkey`.
///
/// # Errors
/// The keypair cannot be read, or the file exists or cannot be written.
pub(super) fn run(args: &PubkeyArgs, settings: &Settings) -> anyhow::Result<Report> {
    let named = match &args.keypair {
        Some(named) => named,
        None => settings.keypair_path()?,
    };
    let address = named.to_str().and_then(|text| text.parse::<Pubkey>().ok());
    let pubkey = match address {
        Some(address) => address,
        None => KeySource::parse(named)?
            .read(validation(args.skip_seed_phrase_validation))?
            .pubkey(),
    };
    let report = Report::value(pubkey.to_string());
    let Some(path) = &args.outfile else {
        return Ok(report);
    };
    let existing = if args.force {
        Existing::Replace
    } else {
        Existing::Keep
    };
    write_file(path, &report.json.to_string(), existing)?;
    Ok(Report {
        text: format!("Wrote the address to {}", path.display()),
        ..report
    })
}
