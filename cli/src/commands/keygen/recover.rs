//! `keygen recover`: the key file of a seed phrase that the user types, or of a keypair in base58.

use std::path::{Path, PathBuf};

use anyhow::bail;
use clap::Args;

use super::options::OutfileArgs;
use crate::output::Report;
use crate::settings::Settings;
use crate::wallet::KeySource;
use crate::wallet::phrase::Validation;
use crate::wallet::terminal::confirm;

/// Arguments of `keygen recover`.
#[derive(Debug, Args)]
pub struct RecoverArgs {
    /// `prompt://` with a derivation path such as ?key=0/0, `ASK` for a key of `keygen new`, or a keypair in base58.
    #[arg(value_name = "KEYPAIR", default_value = "ASK")]
    source: PathBuf,
    #[command(flatten)]
    outfile: OutfileArgs,
    /// Accept any text as seed phrase.
    #[arg(long)]
    skip_seed_phrase_validation: bool,
}

/// Runs `keygen recover`.
///
/// # Errors
/// The file exists or cannot be written, what was typed is not a seed phrase, or the address is not the expected one.
pub(super) fn run(args: &RecoverArgs, settings: &Settings) -> anyhow::Result<Report> {
    let source = match KeySource::parse(Path::new(&args.source))? {
        KeySource::File(_) | KeySource::Stdin => {
            bail!("`keygen recover` reads no file; give prompt://, ASK, or a keypair in base58")
        }
        source => source,
    };
    let destination = args.outfile.destination(settings)?;
    let keypair = source.read(validation(args.skip_seed_phrase_validation))?;
    if !confirm(&format!("Recovered pubkey `{}`. Continue?", keypair.pubkey()))? {
        bail!("not confirmed, so nothing was written; answer y if the address is the expected one");
    }
    destination.write(&keypair, "recovered")
}

/// What a flag to skip the validation means.
pub(super) const fn validation(is_skipped: bool) -> Validation {
    if is_skipped {
        Validation::Skip
    } else {
        Validation::Check
    }
}
