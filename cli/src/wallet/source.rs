//! What a text that names a keypair means, as for the Solana CLI.
//!
//! | text | the key |
//! |---|---|
//! | `-`, `stdin:` | the keypair in JSON on standard input |
//! | `prompt://`, `prompt://?key=0/0`, `prompt://?full-path=m/...` | that of a seed phrase, along the path |
//! | `ASK` | that of a seed phrase, from the first bytes of its seed |
//! | 64 bytes in base58 | that keypair, as wallets export it |
//! | `file:PATH`, anything else | the keypair in the file |

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use isobath_sdk::{Keypair, Signature};
use zeroize::Zeroizing;

use super::derivation::Derivation;
use super::phrase::{self, Validation};
use super::terminal::read_all;

/// Where a key comes from.
#[derive(Debug)]
pub(crate) enum KeySource {
    /// A keypair file.
    File(PathBuf),
    /// Standard input.
    Stdin,
    /// A seed phrase, which the user is asked for.
    Phrase(Derivation),
    /// A keypair as text.
    Base58(Box<Keypair>),
}

impl KeySource {
    /// Reads a text that names a keypair.
    ///
    /// # Errors
    /// It names a hardware wallet, or an invalid derivation path.
    pub(crate) fn parse(path: &Path) -> anyhow::Result<Self> {
        let Some(text) = path.to_str() else {
            return Ok(Self::File(path.to_owned()));
        };
        match text {
            "-" => return Ok(Self::Stdin),
            "ASK" => return Ok(Self::Phrase(Derivation::FirstBytes)),
            _ => {}
        }
        if let Some(keypair) = from_base58(text) {
            return Ok(Self::Base58(Box::new(keypair)));
        }
        let Some((scheme, rest)) = text.split_once(':') else {
            return Ok(Self::File(path.to_owned()));
        };
        let rest = rest.strip_prefix("//").unwrap_or(rest);
        match scheme.to_ascii_lowercase().as_str() {
            "stdin" => Ok(Self::Stdin),
            "file" => Ok(Self::File(PathBuf::from(rest))),
            "prompt" => match rest.split_once('?') {
                None if rest.is_empty() => Ok(Self::Phrase(Derivation::from_query("")?)),
                Some(("", query)) => Ok(Self::Phrase(Derivation::from_query(query)?)),
                _ => bail!("`{text}` is not a prompt; give prompt://, or prompt://?key=0/0"),
            },
            "usb" => bail!(
                "hardware wallets are not supported; name a keypair file, or prompt:// for a seed phrase"
            ),
            // A file may have a colon in its name.
            _ => Ok(Self::File(path.to_owned())),
        }
    }

    /// Reads the key.
    ///
    /// # Errors
    /// The file does not exist, or what was read is not a keypair or not a seed phrase.
    pub(crate) fn read(self, validation: Validation) -> anyhow::Result<Keypair> {
        match self {
            Self::File(path) => read_file(&path),
            Self::Stdin => Keypair::from_json(&read_all("keypair: ")?)
                .context("standard input is not a keypair; give it the content of a keypair file"),
            Self::Phrase(derivation) => phrase::ask(&derivation, validation),
            Self::Base58(keypair) => Ok(*keypair),
        }
    }
}

/// The keypair of 64 bytes in base58, which is the text form of a signature too.
fn from_base58(text: &str) -> Option<Keypair> {
    let Signature(bytes) = text.parse().ok()?;
    let json = Zeroizing::new(serde_json::to_string(&bytes[..]).ok()?);
    Keypair::from_json(&json).ok()
}

fn read_file(path: &Path) -> anyhow::Result<Keypair> {
    let shown = path.display();
    let text = match fs::read_to_string(path) {
        Ok(text) => Zeroizing::new(text),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            bail!(
                "there is no keypair at {shown}; create one with `isobath keygen new`, or name a file with `--keypair`"
            )
        }
        Err(error) => return Err(error).with_context(|| format!("cannot read the keypair file {shown}")),
    };
    Keypair::from_json(&text).with_context(|| format!("{shown} is not a keypair file"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> String {
        match KeySource::parse(Path::new(text)) {
            Ok(KeySource::File(path)) => format!("file {}", path.display()),
            Ok(KeySource::Stdin) => "stdin".to_owned(),
            Ok(KeySource::Phrase(Derivation::FirstBytes)) => "phrase".to_owned(),
            Ok(KeySource::Phrase(Derivation::Path(path))) => format!("phrase {path:?}"),
            Ok(KeySource::Base58(keypair)) => format!("base58 {}", keypair.pubkey()),
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn texts_mean_what_they_mean_to_the_solana_cli() {
        for (text, meaning) in [
            ("-", "stdin"),
            ("stdin:", "stdin"),
            ("ASK", "phrase"),
            ("prompt:", "phrase [44, 501]"),
            ("prompt://", "phrase [44, 501]"),
            ("PROMPT:?key=0/1", "phrase [44, 501, 0, 1]"),
            ("prompt://?full-path=m/1", "phrase [1]"),
            ("file:///a/b", "file /a/b"),
            ("file:a", "file a"),
            ("id.json", "file id.json"),
            ("./-", "file ./-"),
            ("a:b", "file a:b"),
        ] {
            assert_eq!(parse(text), meaning, "{text}");
        }
        assert!(parse("usb://ledger").contains("hardware wallets are not supported"));
        assert!(parse("prompt://ledger").contains("is not a prompt"));
        assert!(parse("prompt://?key=x").contains("derivation path"));
    }

    #[test]
    fn a_keypair_in_base58_is_a_keypair() {
        let keypair = Keypair::from_seed([7; 32]);
        let bytes: Vec<u8> = serde_json::from_str(&keypair.to_json()).unwrap();
        let text = Signature(bytes.try_into().unwrap()).to_string();
        assert_eq!(parse(&text), format!("base58 {}", keypair.pubkey()));
        assert!(
            parse(&"1".repeat(64)).starts_with("file "),
            "its halves do not match"
        );
    }
}
