//! Keys and addresses as the user names them.
//!
//! Wherever an address is expected, the path of a keypair file means the address of its key. Invariant: keys are read
//! from files only, and no error shows the content of such a file.

use std::fs;
use std::io;
use std::path::Path;

use anyhow::{Context, bail};
use isobath_sdk::{Keypair, Pubkey};

/// Reads a keypair file.
///
/// # Errors
/// The file does not exist, or is not a keypair file.
pub(crate) fn read_keypair(path: &Path) -> anyhow::Result<Keypair> {
    let shown = path.display();
    let text = match fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            bail!(
                "there is no keypair at {shown}; create one with `isobath keygen new`, or name a file with `--keypair`"
            )
        }
        Err(error) => return Err(error).with_context(|| format!("cannot read the keypair file {shown}")),
    };
    Keypair::from_json(&text).with_context(|| format!("{shown} is not a keypair file"))
}

/// Reads an address, or the address of a keypair file.
///
/// # Errors
/// The text is neither.
pub(crate) fn parse_address(text: &str) -> anyhow::Result<Pubkey> {
    match text.parse() {
        Ok(address) => Ok(address),
        Err(_) if Path::new(text).is_file() => Ok(read_keypair(Path::new(text))?.pubkey()),
        Err(_) if looks_like_path(text) => {
            bail!("there is no file {text}; check the path of the keypair, or give an address in base58")
        }
        Err(cause) => bail!(
            "`{text}` is not an address ({cause}); give 32 bytes in base58, or the path of a keypair file"
        ),
    }
}

/// Whether the user meant a file. Neither character occurs in base58.
fn looks_like_path(text: &str) -> bool {
    text.contains(['/', '.'])
}

#[cfg(test)]
mod tests {
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
