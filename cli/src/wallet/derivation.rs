//! From the seed of a phrase to a key.
//!
//! The Solana CLI knows two ways. `ASK` and `keygen new` take the first 32 bytes of the seed. `prompt://` and
//! `--derivation-path` derive along a path, by SLIP-10 for ed25519: every step is hardened, so each is one HMAC-SHA512
//! of the private key before it.
//!
//! ```text
//! key, chain code = halves of HMAC-SHA512("ed25519 seed", seed)
//! each index:       halves of HMAC-SHA512(chain code, 0x00 | key | index + 2^31, big-endian)
//! ```

use anyhow::{anyhow, bail};
use hmac::{Hmac, KeyInit, Mac};
use isobath_sdk::Keypair;
use sha2::Sha512;
use zeroize::Zeroizing;

/// The bit of an index that is hardened.
const HARDENED: u32 = 1 << 31;

/// Purpose and coin of Solana's paths: `m/44'/501'`.
const SOLANA: [u32; 2] = [44, 501];

/// How a key comes from a seed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Derivation {
    /// Its first 32 bytes are the key.
    FirstBytes,
    /// Along these indexes, each below 2^31 and hardened.
    Path(Vec<u32>),
}

impl Derivation {
    /// The path of a query: `key=ACCOUNT/CHANGE` below `m/44'/501'`, `full-path=m/...`, or none for `m/44'/501'`.
    ///
    /// # Errors
    /// The query is neither.
    pub(crate) fn from_query(query: &str) -> anyhow::Result<Self> {
        let mut path = SOLANA.to_vec();
        match query.split_once('=') {
            None if query.is_empty() => {}
            Some((name, "m")) if name.eq_ignore_ascii_case("key") => {}
            Some((name, key)) if name.eq_ignore_ascii_case("key") => {
                let indexes = indexes(key)?;
                if indexes.len() > 2 {
                    bail!(
                        "the key path `{key}` has more than two indexes; give ACCOUNT/CHANGE, or full-path=m/..."
                    );
                }
                path.extend(indexes);
            }
            Some((name, full)) if name.eq_ignore_ascii_case("full-path") => return Self::from_path(full),
            _ => bail!(
                "`?{query}` is not a derivation path; give ?key=ACCOUNT/CHANGE or ?full-path=m/44'/501'/..."
            ),
        }
        Ok(Self::Path(path))
    }

    /// A path from the root, such as `m/44'/501'/0'/0'`. All indexes are taken as hardened.
    ///
    /// # Errors
    /// The text is not such a path.
    pub(crate) fn from_path(text: &str) -> anyhow::Result<Self> {
        match text.strip_prefix('m') {
            Some("") => Ok(Self::Path(Vec::new())),
            Some(rest) if rest.starts_with('/') => Ok(Self::Path(indexes(rest.trim_start_matches('/'))?)),
            _ => Err(invalid(text)),
        }
    }

    /// The key of a seed.
    pub(crate) fn keypair(&self, seed: &[u8; 64]) -> Keypair {
        let Self::Path(path) = self else {
            return Keypair::from_seed(*first_half(seed));
        };
        let node = path.iter().fold(root(seed), |node, index| child(&node, *index));
        Keypair::from_seed(*first_half(&node))
    }
}

/// Key and chain code of a seed.
fn root(seed: &[u8]) -> Zeroizing<[u8; 64]> {
    hmac(b"ed25519 seed", &[seed])
}

/// Key and chain code one step below.
fn child(node: &[u8; 64], index: u32) -> Zeroizing<[u8; 64]> {
    let (key, chain_code) = node.split_at(32);
    hmac(chain_code, &[&[0], key, &(index | HARDENED).to_be_bytes()])
}

const fn first_half(bytes: &[u8; 64]) -> &[u8; 32] {
    bytes.first_chunk().expect("64 bytes have a first half")
}

fn hmac(key: &[u8], parts: &[&[u8]]) -> Zeroizing<[u8; 64]> {
    let mut mac = Hmac::<Sha512>::new_from_slice(key).expect("HMAC takes keys of every length");
    parts.iter().for_each(|part| mac.update(part));
    Zeroizing::new(mac.finalize().into_bytes().into())
}

fn indexes(text: &str) -> anyhow::Result<Vec<u32>> {
    let index = |part: &str| {
        let number = part.strip_suffix('\'').unwrap_or(part);
        number.parse().ok().filter(|index| *index < HARDENED)
    };
    let indexes: Option<Vec<u32>> = text.split('/').map(index).collect();
    indexes.ok_or_else(|| invalid(text))
}

fn invalid(path: &str) -> anyhow::Error {
    anyhow!("`{path}` is not a derivation path; give one like m/44'/501'/0'/0' with indexes below {HARDENED}")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Test vector 1 of SLIP-10 for ed25519.
    #[test]
    fn paths_derive_as_slip_10_says() {
        let seed: Vec<u8> = (0..16).collect();
        let mut node = root(&seed);
        for (index, expected) in [
            (
                None,
                "2b4be7f19ee27bbf30c667b642d5f4aa69fd169872f8fc3059c08ebae2eb19e7",
            ),
            (
                Some(0),
                "68e0fe46dfb67e368c75379acec591dad19df3cde26e63b93a8e704f1dade7a3",
            ),
            (
                Some(1),
                "b1d0bad404bf35da785a64ca1ac54b2617211d2777696fbffaf208f746ae84f2",
            ),
        ] {
            if let Some(index) = index {
                node = child(&node, index);
            }
            let key: String = node[..32].iter().map(|byte| format!("{byte:02x}")).collect();
            assert_eq!(key, expected, "{index:?}");
        }
    }

    #[test]
    fn queries_and_paths_are_those_of_the_solana_cli() {
        let path = |indexes: &[u32]| Derivation::Path(indexes.to_vec());
        for (query, expected) in [
            ("", path(&[44, 501])),
            ("key=m", path(&[44, 501])),
            ("key=0", path(&[44, 501, 0])),
            ("key=0'/1'", path(&[44, 501, 0, 1])),
            ("KEY=2147483647/1", path(&[44, 501, 2_147_483_647, 1])),
            ("full-path=m/44/2017/0'/1", path(&[44, 2017, 0, 1])),
            ("full-path=m", path(&[])),
        ] {
            assert_eq!(Derivation::from_query(query).unwrap(), expected, "{query}");
        }
        for query in [
            "key",
            "key=",
            "key=0/0/0",
            "key=2147483648",
            "key=-1",
            "key=0''",
            "key=0&full-path=m",
            "full-path=44/501",
            "full-path=m/",
            "full-path=m/0h",
            "full-path=mm",
            "path=m",
        ] {
            assert!(Derivation::from_query(query).is_err(), "{query}");
        }
    }
}
