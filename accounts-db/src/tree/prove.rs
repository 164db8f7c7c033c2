//! Finds the part of the tree that proves what is under some keys.
//!
//! The look-up of a key goes down the levels of the top, of its shard, and then through its page. Where only one child has
//! accounts there is no branch, and every look-up goes there.
//!
//! Cost: three look-ups a level for each key, and the hashes of the pages where they end, some ten for each. The shards are
//! locked for reading meanwhile, some microseconds a key; an account is read from its store after that.

use isobath_program_abi::{Hash, Pubkey};
use isobath_sdk::chain::account::AccountLeaf;
use isobath_sdk::chain::state_tree::{StatePath, branch_hash};
use isobath_sdk::proof::{PROOF_KEYS_MAX, ProofWriter};

use super::branches::Digest;
use super::page::Entry;
use super::place::{Place, SHARD_BITS};
use super::shard::ShardView;
use super::version::Version;

/// A node of a proof, before its accounts are read.
#[derive(Debug)]
pub(super) enum Node {
    Leaf(Entry),
    Fork(u8),
    Left(u8, Digest),
    Right(u8, Digest),
}

/// A key whose look-up passes here.
type Asked = Place;

/// The tree under one root, and the nodes found in it so far.
pub(super) struct Finder<'a> {
    pub(super) version: &'a Version,
    pub(super) shards: Vec<ShardView<'a>>,
    pub(super) nodes: Vec<Node>,
}

impl Finder<'_> {
    /// Finds the nodes of a proof for `keys`, in their order.
    pub(super) fn find(&mut self, keys: &[Pubkey]) {
        let mut asked: Vec<Asked> = keys
            .iter()
            .map(|key| Place {
                prefix: StatePath::of(key).prefix(),
                key: *key,
            })
            .collect();
        if self.version.count > 0 {
            self.in_levels(&mut asked, 0, 0);
        }
    }

    /// The top of the accounts whose paths begin with the `depth` bits of `index`.
    fn top(&self, depth: u8, index: usize) -> Option<Digest> {
        match depth.checked_sub(SHARD_BITS) {
            None | Some(0) => self.version.top(depth, index),
            Some(level) => {
                let in_shard = index & !(usize::MAX << level);
                self.shards[index >> level].top(usize::from(level), in_shard)
            }
        }
    }

    /// Goes on at a node of the levels, below which there are accounts.
    fn in_levels(&mut self, asked: &mut [Asked], depth: u8, index: usize) {
        if let Some(level) = depth.checked_sub(SHARD_BITS) {
            let shard = self.shards[index >> level];
            if shard.bits() == level {
                let page = shard.page(index & !(usize::MAX << level));
                return self.in_page(asked, &page);
            }
        }
        let children = [index << 1, index << 1 | 1];
        let below = depth.saturating_add(1);
        match children.map(|child| self.top(below, child)) {
            [Some(left), Some(right)] => {
                let (to_left, to_right) = self.branch(asked, depth, || left, || right);
                for (asked, child) in [(to_left, children[0]), (to_right, children[1])] {
                    if !asked.is_empty() {
                        self.in_levels(asked, below, child);
                    }
                }
            }
            [Some(_), None] => self.in_levels(asked, below, children[0]),
            [None, _] => self.in_levels(asked, below, children[1]),
        }
    }

    /// Goes on at a node of a page, which covers these accounts.
    fn in_page(&mut self, asked: &mut [Asked], entries: &[Entry]) {
        let (first, last) = match entries {
            [first, .., last] => (first, last),
            [entry] => return self.nodes.push(Node::Leaf(*entry)),
            [] => unreachable!("a page below a top has an account"),
        };
        let bit = first.place.first_difference(&last.place);
        let (left, right) = split_entries(entries, bit);
        let (to_left, to_right) = self.branch(asked, bit, || top_of(left), || top_of(right));
        for (asked, entries) in [(to_left, left), (to_right, right)] {
            if !asked.is_empty() {
                self.in_page(asked, entries);
            }
        }
    }

    /// Adds a branch with the hash of the side where no look-up goes; the keys that go to either side.
    fn branch<'k>(
        &mut self,
        asked: &'k mut [Asked],
        bit: u8,
        left: impl FnOnce() -> Digest,
        right: impl FnOnce() -> Digest,
    ) -> (&'k mut [Asked], &'k mut [Asked]) {
        asked.sort_unstable_by_key(|asked| asked.bit(bit));
        let middle = asked.partition_point(|asked| !asked.bit(bit));
        let (to_left, to_right) = asked.split_at_mut(middle);
        self.nodes.push(match (to_left.is_empty(), to_right.is_empty()) {
            (_, true) => Node::Left(bit, right()),
            (true, false) => Node::Right(bit, left()),
            (false, false) => Node::Fork(bit),
        });
        (to_left, to_right)
    }
}

fn split_entries(entries: &[Entry], bit: u8) -> (&[Entry], &[Entry]) {
    entries.split_at(entries.partition_point(|entry| !entry.place.bit(bit)))
}

/// The top of a part of a page.
fn top_of(entries: &[Entry]) -> Digest {
    match entries {
        [first, .., last] => {
            let bit = first.place.first_difference(&last.place);
            let (left, right) = split_entries(entries, bit);
            branch_hash(bit, &top_of(left), &top_of(right))
        }
        [entry] => entry.leaf.0,
        [] => unreachable!("a branch has accounts on both sides"),
    }
}

/// Why there is no proof.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ProveError {
    /// The root is neither that of the latest update nor the one before it.
    #[error("no tree is kept under root {0}; ask for a proof under the latest state root")]
    UnknownRoot(Hash),
    /// No key, or more than one proof is for.
    #[error("{0} keys are asked for; ask for 1 to {PROOF_KEYS_MAX}")]
    KeyCount(usize),
    /// An account that the proof needs is not the one of the tree.
    #[error(
        "the account {0} is not at hand as it was under the state root; ask for a proof under the latest one"
    )]
    AccountMissing(Pubkey),
}

/// The bytes of a proof, with the accounts that `account` has as of the root.
pub(super) fn write(
    count: u64,
    nodes: &[Node],
    mut account: impl FnMut(&Pubkey) -> Option<AccountLeaf>,
) -> Result<Vec<u8>, ProveError> {
    let mut writer = ProofWriter::new(count);
    for node in nodes {
        match node {
            Node::Fork(bit) => writer.fork(*bit),
            Node::Left(bit, right) => writer.left(*bit, right),
            Node::Right(bit, left) => writer.right(*bit, left),
            Node::Leaf(entry) => {
                let found = account(&entry.place.key).filter(|found| found.hash() == entry.leaf);
                let found = found.ok_or(ProveError::AccountMissing(entry.place.key))?;
                writer.leaf(&found);
            }
        }
    }
    Ok(writer.finish())
}
