//! Verifies a proof while reading it.
//!
//! Soundness: a root that a node computed commits to one tree, in which every branch commits to its bit. The verifier takes
//! every turn itself, from the paths of the keys, so the proof cannot lead a look-up astray. A result is returned only if
//! the hashes give the root.

use super::{PROOF_KEYS_MAX, PROOF_VERSION, ProofError, kind};
use crate::chain::account::AccountLeaf;
use crate::chain::state_tree::{StatePath, branch_hash, state_root};
use crate::hash::Hash;
use crate::pubkey::Pubkey;
use crate::reader::Reader;

/// What a proof shows about a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Proven {
    /// The account exists and has this leaf; [`AccountLeaf::has_data`] checks its contents.
    Present(AccountLeaf),
    /// There is no account under the key.
    Absent,
}

/// What `proof` shows about `key` under `root`.
///
/// # Errors
/// [`ProofError`] if it shows nothing.
pub fn verify(root: &Hash, key: &Pubkey, proof: &[u8]) -> Result<Proven, ProofError> {
    let proven = verify_many(root, std::slice::from_ref(key), proof)?;
    Ok(proven[0])
}

/// What `proof` shows about each of `keys` under `root`, in their order. A proof is for a set of keys: their order does not
/// matter, nor whether one is named twice.
///
/// # Errors
/// [`ProofError`] if it shows nothing; then nothing is known about any of the keys.
pub fn verify_many(root: &Hash, keys: &[Pubkey], proof: &[u8]) -> Result<Vec<Proven>, ProofError> {
    match keys.len() {
        0 => return Err(ProofError::NoKeys),
        count if count > PROOF_KEYS_MAX => return Err(ProofError::TooManyKeys(count)),
        _ => {}
    }
    let mut asked: Vec<Asked> = (0..keys.len())
        .map(|index| Asked {
            path: StatePath::of(&keys[index]),
            index,
        })
        .collect();
    let mut walk = Walk {
        reader: Reader::new(proof),
        keys,
        proven: vec![Proven::Absent; keys.len()],
    };
    let found = walk.proof(&mut asked)?;
    if !walk.reader.is_empty() {
        return Err(ProofError::TrailingBytes);
    }
    if found != *root {
        return Err(ProofError::RootMismatch);
    }
    Ok(walk.proven)
}

/// A key whose look-up passes here.
struct Asked {
    path: StatePath,
    /// Index in the list of the caller.
    index: usize,
}

/// A proof on the way from its first byte to its last.
struct Walk<'a> {
    reader: Reader<'a>,
    keys: &'a [Pubkey],
    proven: Vec<Proven>,
}

impl Walk<'_> {
    /// Reads the whole proof; the root that it gives.
    fn proof(&mut self, asked: &mut [Asked]) -> Result<Hash, ProofError> {
        let version = self.reader.u8().ok_or(ProofError::Truncated)?;
        if version != PROOF_VERSION {
            return Err(ProofError::UnsupportedVersion(version));
        }
        let count = self.reader.u64().ok_or(ProofError::Truncated)?;
        if count == 0 {
            return Ok(state_root(0, None));
        }
        let top = self.node(asked, None)?;
        Ok(state_root(count, Some(&top)))
    }

    /// Reads a node that the look-ups of `asked` reach, below a branch at bit `above`; its hash. It calls itself at most once for
    /// each bit, since bits ascend.
    fn node(&mut self, asked: &mut [Asked], above: Option<u8>) -> Result<[u8; 32], ProofError> {
        let kind = self.reader.u8().ok_or(ProofError::Truncated)?;
        if kind == kind::LEAF {
            return self.leaf(asked);
        }
        if kind > kind::RIGHT {
            return Err(ProofError::UnknownKind(kind));
        }
        let bit = self.reader.u8().ok_or(ProofError::Truncated)?;
        if above.is_some_and(|above| above >= bit) {
            return Err(ProofError::BitOrder(bit));
        }
        let (left, right) = split(asked, bit);
        let (left, right) = match kind {
            kind::FORK if left.is_empty() || right.is_empty() => return Err(ProofError::NeedlessPart),
            kind::FORK => (self.node(left, Some(bit))?, self.node(right, Some(bit))?),
            kind::LEFT => {
                let hash = self.hash_beside(right)?;
                (self.node(left, Some(bit))?, hash)
            }
            _ => (self.hash_beside(left)?, self.node(right, Some(bit))?),
        };
        Ok(branch_hash(bit, &left, &right))
    }

    /// Reads the hash of a part where no look-up goes.
    fn hash_beside(&mut self, asked: &[Asked]) -> Result<[u8; 32], ProofError> {
        if !asked.is_empty() {
            return Err(ProofError::MissingPart);
        }
        let hash = self.reader.hash().ok_or(ProofError::Truncated)?;
        Ok(hash.0)
    }

    /// Reads the leaf where the look-ups of `asked` end; its hash.
    fn leaf(&mut self, asked: &[Asked]) -> Result<[u8; 32], ProofError> {
        let leaf = AccountLeaf::read(&mut self.reader).ok_or(ProofError::InvalidLeaf)?;
        for Asked { index, .. } in asked {
            if self.keys[*index] == leaf.key {
                self.proven[*index] = Proven::Present(leaf);
            }
        }
        Ok(leaf.hash().0)
    }
}

/// Those that go to the left and to the right at `bit`.
fn split(asked: &mut [Asked], bit: u8) -> (&mut [Asked], &mut [Asked]) {
    asked.sort_unstable_by_key(|asked| asked.path.bit(bit));
    let left = asked.partition_point(|asked| !asked.path.bit(bit));
    asked.split_at_mut(left)
}
