//! Keys and addresses as the user names them.
//!
//! `source` says what a text that names a keypair means, `phrase` and `derivation` turn seed phrases into keys,
//! `terminal` asks the user.
//!
//! Wherever an address is expected, what names a keypair means the address of its key. Invariant: no error and no note
//! shows a key, a phrase or any part of what was read in search of one.

pub(crate) mod derivation;
pub(crate) mod phrase;
mod source;
pub(crate) mod terminal;

use std::path::Path;

use anyhow::bail;
use isobath_sdk::{Keypair, Pubkey};

use self::phrase::Validation;
pub(crate) use self::source::KeySource;

/// Reads the keypair that a text names.
///
/// # Errors
/// The file does not exist, or what was read is not a keypair.
pub(crate) fn read_keypair(named: &Path) -> anyhow::Result<Keypair> {
    KeySource::parse(named)?.read(Validation::Check)
}

/// Reads an address, or the address of the keypair that a text names.
///
/// # Errors
/// The text is neither.
pub(crate) fn parse_address(text: &str) -> anyhow::Result<Pubkey> {
    let cause = match text.parse() {
        Ok(address) => return Ok(address),
        Err(cause) => cause,
    };
    match KeySource::parse(Path::new(text))? {
        KeySource::File(path) if !path.is_file() && looks_like_path(text) => {
            bail!(
                "there is no file {}; check the path of the keypair, or give an address in base58",
                path.display()
            )
        }
        KeySource::File(path) if !path.is_file() => bail!(
            "`{text}` is not an address ({cause}); give 32 bytes in base58, or the path of a keypair file"
        ),
        source => Ok(source.read(Validation::Check)?.pubkey()),
    }
}

/// Whether the user meant a file. Neither character occurs in base58.
fn looks_like_path(text: &str) -> bool {
    text.contains(['/', '.'])
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn an_address_is_base58_or_a_keypair_file() {
        let dir = tempfile::tempdir().unwrap();
        let key = Keypair::from_seed([1; 32]);
        let path = dir.path().join("key.json");
        fs::write(&path, key.to_json()).unwrap();
        assert_eq!(parse_address(&key.pubkey().to_string()).unwrap(), key.pubkey());
        assert_eq!(parse_address(path.to_str().unwrap()).unwrap(), key.pubkey());
        assert_eq!(read_keypair(&path).unwrap().pubkey(), key.pubkey());
    }

    #[test]
    fn bad_addresses_and_missing_keys_name_the_cure() {
        for path in ["./alcie.json", "alcie.json", "keys/alice"] {
            let error = parse_address(path).unwrap_err().to_string();
            assert!(
                error.starts_with(&format!("there is no file {path}; ")),
                "{error}"
            );
        }
        let error = parse_address("0OIl").unwrap_err().to_string();
        assert!(error.contains("`0OIl` is not an address"), "{error}");
        let error = read_keypair(Path::new("/nowhere/id.json"))
            .unwrap_err()
            .to_string();
        assert!(error.contains("isobath keygen new"), "{error}");
    }

    #[test]
    fn a_file_that_is_not_a_keypair_is_named_but_not_shown() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("key.json");
        fs::write(&path, "secret words").unwrap();
        let error = format!("{:#}", read_keypair(&path).unwrap_err());
        assert!(
            error.contains("key.json") && !error.contains("secret words"),
            "{error}"
        );
    }
}
