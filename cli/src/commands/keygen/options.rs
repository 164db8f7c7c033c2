//! Flags that several commands of `keygen` share, and writing a key where they say.

use std::io;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use bip39::Mnemonic;
use clap::Args;
use clap::builder::TypedValueParser;
use isobath_sdk::Keypair;
use serde_json::Value;
use zeroize::Zeroizing;

use crate::output::Report;
use crate::replace::{Existing, write_private};
use crate::settings::Settings;
use crate::wallet::KeySource;
use crate::wallet::derivation::Derivation;
use crate::wallet::phrase::Language;
use crate::wallet::terminal::{is_interactive, read_passphrase};

/// The file name that means standard output.
const STDOUT: &str = "-";

/// The path that `--derivation-path` means without a value.
const DEFAULT_PATH: &str = "m/44'/501'/0'/0'";

/// Flags for a new seed phrase.
#[derive(Debug, Args)]
pub(crate) struct PhraseArgs {
    /// Words of the seed phrase.
    #[arg(long, value_name = "NUMBER", default_value = "12", value_parser = word_counts())]
    pub(super) word_count: u8,
    /// Language of the seed phrase.
    #[arg(long, value_name = "LANGUAGE", default_value = "english")]
    pub(super) language: Language,
    /// Do not ask for a passphrase. It is asked for only in a terminal.
    #[arg(long = "no-bip39-passphrase", visible_alias = "no-passphrase")]
    no_passphrase: bool,
    /// Derive the key along a path, whose indexes are all hardened [default without a value: m/44'/501'/0'/0'].
    #[arg(long, value_name = "PATH", num_args = 0..=1, default_missing_value = DEFAULT_PATH)]
    derivation_path: Option<String>,
}

/// The numbers of words that a phrase may have.
fn word_counts() -> impl TypedValueParser<Value = u8> {
    clap::builder::PossibleValuesParser::new(["12", "15", "18", "21", "24"])
        .try_map(|text| text.parse::<u8>())
}

impl PhraseArgs {
    /// How the key comes from the seed of the phrase.
    ///
    /// # Errors
    /// The derivation path is invalid.
    pub(super) fn derivation(&self) -> anyhow::Result<Derivation> {
        let path = self.derivation_path.as_deref();
        path.map_or(Ok(Derivation::FirstBytes), Derivation::from_path)
    }

    /// Whether a derivation path is given.
    pub(super) const fn has_path(&self) -> bool {
        self.derivation_path.is_some()
    }

    /// Asks for a passphrase where that makes sense.
    ///
    /// # Errors
    /// It was typed in two ways.
    pub(super) fn passphrase(&self) -> anyhow::Result<Zeroizing<String>> {
        if self.no_passphrase || !is_interactive() {
            return Ok(Zeroizing::default());
        }
        read_passphrase(
            "\nFor added security, enter a BIP39 passphrase. It protects the seed phrase, not the keypair file, which \
             is plain text.\n\nBIP39 Passphrase (empty for none): ",
        )
    }
}

/// Flags for the file of a key.
#[derive(Debug, Args)]
pub(crate) struct OutfileArgs {
    /// File to write, or `-` for standard output
    /// [default: the keypair in use; ~/.config/isobath/id.json if Solana's configuration is in use].
    #[arg(short = 'o', long, value_name = "FILE")]
    pub(super) outfile: Option<PathBuf>,
    /// Replace an existing file. The key in it is lost.
    #[arg(short = 'f', long)]
    force: bool,
}

impl OutfileArgs {
    /// The file of a key, before the key is made: nobody types a phrase for a file that cannot be written.
    ///
    /// # Errors
    /// The file exists, or there is no default.
    pub(super) fn destination(&self, settings: &Settings) -> anyhow::Result<Destination> {
        let path = match &self.outfile {
            Some(path) if path == Path::new(STDOUT) => return Ok(Destination::Stdout),
            Some(path) => path.clone(),
            None => match KeySource::parse(settings.new_keypair_path()?)? {
                KeySource::File(path) => path,
                _ => bail!("the keypair in use is not a file; name the file to write with --outfile"),
            },
        };
        let existing = if self.force {
            Existing::Replace
        } else {
            Existing::Keep
        };
        if existing == Existing::Keep && path.exists() {
            bail!(exists(&path));
        }
        Ok(Destination::File(path, existing))
    }
}

/// Where a key is written.
#[derive(Debug)]
pub(super) enum Destination {
    /// Nowhere.
    None,
    /// Standard output.
    Stdout,
    /// A file.
    File(PathBuf, Existing),
}

impl Destination {
    /// Writes a key file, or shows the key; `kind` says what key it is.
    ///
    /// # Errors
    /// The file exists by now, or cannot be written.
    pub(super) fn write(&self, keypair: &Keypair, kind: &str) -> anyhow::Result<Report> {
        let json = Zeroizing::new(keypair.to_json());
        let mut report = Report {
            text: String::new(),
            json: serde_json::json!({"path": null, "pubkey": keypair.pubkey()}),
        };
        match self {
            Self::None => {}
            Self::Stdout => {
                report.text.push_str(&json);
                report.json["keypair"] = serde_json::from_str(&json).unwrap_or(Value::Null);
            }
            Self::File(path, existing) => {
                write_file(path, &json, *existing)?;
                report.text = format!("Wrote {kind} keypair to {}", path.display());
                report.json["path"] = serde_json::json!(path);
            }
        }
        Ok(report)
    }

    /// Its path, if it is a file.
    pub(super) fn path(&self) -> Option<&Path> {
        match self {
            Self::File(path, _) => Some(path),
            Self::None | Self::Stdout => None,
        }
    }
}

/// Adds a phrase to a report, which has the address in its JSON.
pub(super) fn show_phrase(report: &mut Report, phrase: &Mnemonic, has_passphrase: bool) {
    let words = phrase.to_string();
    let line = "=".repeat(words.chars().count());
    let passphrase = if has_passphrase {
        " and your BIP39 passphrase"
    } else {
        ""
    };
    if !report.text.is_empty() {
        report.text.push('\n');
    }
    let pubkey = report.json["pubkey"].as_str().unwrap_or_default();
    report.text.push_str(&format!(
        "{line}\npubkey: {pubkey}\n{line}\nSave this seed phrase{passphrase} to recover your new keypair:\n{words}\n{line}"
    ));
    report.json["seedPhrase"] = words.into();
}

/// Writes a file that only its owner can read.
///
/// # Errors
/// It exists and must not be replaced, or cannot be written.
pub(super) fn write_file(path: &Path, text: &str, existing: Existing) -> anyhow::Result<()> {
    match write_private(path, text, existing) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => bail!(exists(path)),
        written => {
            written.with_context(|| format!("cannot write {}; choose another file or folder", path.display()))
        }
    }
}

fn exists(path: &Path) -> String {
    format!(
        "{} already exists; choose another file with -o, or overwrite it with --force",
        path.display()
    )
}
