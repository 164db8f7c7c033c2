//! The development keys: which of them a genesis uses, and their files in the ledger folder.
//!
//! The keys are derived from a public seed, so every reader of the source has them. They are written as keypair files
//! for the usual clients.
//!
//! Invariant: a file that holds anything but the key of its name is never touched.

use std::fs::{self, DirBuilder};
use std::io;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use isobath_cli::write_key;
use isobath_sdk::chain::genesis::{Genesis, dev_keypairs, faucet_keypair, producer_keypair};
use isobath_sdk::keypair::Keypair;
use isobath_sdk::pubkey::Pubkey;

/// Folder of the key files in the ledger folder.
pub(crate) const KEYS_DIR: &str = "keys";

/// A development key that the genesis uses.
#[derive(Debug)]
pub(crate) struct DevKey {
    /// File name in the keys folder.
    pub(crate) file_name: String,
    /// Public half.
    pub(crate) pubkey: Pubkey,
    keypair: Keypair,
}

/// The development keys that `genesis` funds, and those that are its faucet or a producer.
pub(crate) fn known_to(genesis: &Genesis) -> Vec<DevKey> {
    all_keys()
        .into_iter()
        .filter_map(|(file_name, keypair)| {
            let pubkey = keypair.pubkey();
            let is_funded = genesis.accounts.iter().any(|account| account.pubkey == pubkey);
            let is_named = genesis.producers.contains(&pubkey) || genesis.faucet == Some(pubkey);
            (is_funded || is_named).then_some(DevKey {
                file_name,
                pubkey,
                keypair,
            })
        })
        .collect()
}

/// Writes the files of `keys` under `ledger`, readable by their owner only. Existing files that hold the same key are
/// left alone.
///
/// # Errors
/// A file holds another key, or the folder cannot be written.
pub(crate) fn write_files(ledger: &Path, keys: &[DevKey]) -> anyhow::Result<PathBuf> {
    let dir = ledger.join(KEYS_DIR);
    DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(&dir)
        .with_context(|| format!("cannot create {}", dir.display()))?;
    for key in keys {
        let path = dir.join(&key.file_name);
        match fs::read_to_string(&path) {
            Ok(text) if holds(&text, &key.keypair) => {}
            Ok(_) => bail!(
                "{} does not hold the development key of that name; move the file away and restart",
                path.display()
            ),
            Err(error) if error.kind() == io::ErrorKind::NotFound => write_key(&path, &key.keypair.to_json())
                .with_context(|| {
                    format!(
                        "cannot write {}; make room on the disk or choose another --ledger",
                        path.display()
                    )
                })?,
            Err(error) => return Err(error).with_context(|| format!("cannot read {}", path.display())),
        }
    }
    Ok(dir)
}

/// Deletes the key files under `ledger` that hold exactly the development keys, and the folder if nothing else is in
/// it.
///
/// # Errors
/// A file cannot be deleted.
pub(crate) fn delete_files(ledger: &Path) -> io::Result<()> {
    let dir = ledger.join(KEYS_DIR);
    for (file_name, keypair) in all_keys() {
        let path = dir.join(file_name);
        if fs::read_to_string(&path).is_ok_and(|text| holds(&text, &keypair)) {
            fs::remove_file(&path)?;
        }
    }
    match fs::remove_dir(&dir) {
        Err(error)
            if !matches!(
                error.kind(),
                io::ErrorKind::NotFound | io::ErrorKind::DirectoryNotEmpty
            ) =>
        {
            Err(error)
        }
        _ => Ok(()),
    }
}

fn all_keys() -> Vec<(String, Keypair)> {
    let numbered = dev_keypairs()
        .into_iter()
        .enumerate()
        .map(|(index, key)| (format!("dev-{index}.json"), key));
    let named = [
        ("faucet.json".to_owned(), faucet_keypair()),
        ("producer.json".to_owned(), producer_keypair()),
    ];
    numbered.chain(named).collect()
}

fn holds(text: &str, keypair: &Keypair) -> bool {
    Keypair::from_json(text).is_ok_and(|found| found.pubkey() == keypair.pubkey())
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn files_are_private_and_written_once() {
        let dir = tempfile::tempdir().unwrap();
        let keys = known_to(&Genesis::development());
        assert_eq!(keys.len(), 12);
        let at = write_files(dir.path(), &keys).unwrap();
        let path = at.join("dev-3.json");
        let before = fs::metadata(&path).unwrap();
        assert_eq!(before.permissions().mode() & 0o777, 0o600);
        write_files(dir.path(), &keys).unwrap();
        assert_eq!(
            fs::metadata(&path).unwrap().modified().unwrap(),
            before.modified().unwrap()
        );
        assert_eq!(fs::read_dir(&at).unwrap().count(), 12);
    }

    #[test]
    fn another_key_is_neither_overwritten_nor_deleted() {
        let dir = tempfile::tempdir().unwrap();
        let keys = known_to(&Genesis::development());
        let at = write_files(dir.path(), &keys).unwrap();
        let mine = Keypair::from_seed([9; 32]).to_json();
        fs::write(at.join("dev-0.json"), &mine).unwrap();
        assert!(
            write_files(dir.path(), &keys)
                .unwrap_err()
                .to_string()
                .contains("dev-0.json")
        );
        delete_files(dir.path()).unwrap();
        assert_eq!(fs::read_to_string(at.join("dev-0.json")).unwrap(), mine);
        assert_eq!(fs::read_dir(&at).unwrap().count(), 1);
    }

    #[test]
    fn keys_unknown_to_the_genesis_are_left_out() {
        let mut genesis = Genesis::development();
        let kept = dev_keypairs()[2].pubkey();
        let producer = producer_keypair().pubkey();
        genesis.accounts.retain(|account| account.pubkey == kept);
        genesis.faucet = Some(kept);
        let keys = known_to(&genesis);
        let names: Vec<_> = keys.iter().map(|key| key.file_name.as_str()).collect();
        assert_eq!(names, ["dev-2.json", "producer.json"]);
        assert_eq!(keys[1].pubkey, producer);
    }
}
