//! `keygen new`: a key of a new seed phrase.

use clap::Args;

use super::options::{Destination, OutfileArgs, PhraseArgs, show_phrase};
use crate::output::{Report, note};
use crate::settings::Settings;
use crate::wallet::phrase;

/// Arguments of `keygen new`.
#[derive(Debug, Args)]
pub struct NewArgs {
    #[command(flatten)]
    outfile: OutfileArgs,
    #[command(flatten)]
    phrase: PhraseArgs,
    /// Do not show the seed phrase.
    #[arg(short = 's', long)]
    silent: bool,
    /// Show seed phrase and address only; write no file.
    #[arg(short = 'n', long, conflicts_with_all = ["outfile", "silent"])]
    no_outfile: bool,
}

/// Runs `keygen new`.
///
/// # Errors
/// The file exists or cannot be written, or the derivation path is invalid.
pub(super) fn run(args: &NewArgs, settings: &Settings) -> anyhow::Result<Report> {
    let destination = match args.no_outfile {
        true => Destination::None,
        false => args.outfile.destination(settings)?,
    };
    let derivation = args.phrase.derivation()?;
    let phrase = phrase::generate(args.phrase.language, args.phrase.word_count)?;
    let passphrase = args.phrase.passphrase()?;
    let keypair = phrase::keypair_of(&phrase, &passphrase, &derivation);
    let mut report = destination.write(&keypair, "new")?;
    if !args.silent {
        show_phrase(&mut report, &phrase, !passphrase.is_empty());
    }
    say_which_is_used(args, settings, &destination);
    Ok(report)
}

/// Says so where the new default key is not the one in use.
fn say_which_is_used(args: &NewArgs, settings: &Settings, destination: &Destination) {
    let in_use = settings.keypair_setting().map(|path| path.value.as_path());
    if let (None, Some(path), Some(in_use)) = (&args.outfile.outfile, destination.path(), in_use)
        && path != in_use
    {
        note(&format!(
            "commands still use {}, which Solana's configuration names; `isobath config set --keypair {}` changes that",
            in_use.display(),
            path.display()
        ));
    }
}
