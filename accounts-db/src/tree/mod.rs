//! The state tree in memory: a root over all accounts, updated in batches, and proofs under it.
//!
//! What the tree is, `isobath_sdk::chain::state_tree` says; this is an engine for it. Its memory has another shape, which no
//! hash depends on: sixteen shards, in each an array of pages with some accounts each, above them arrays of the tops.
//!
//! ```text
//!  changes -> batch (paths, order) -> shard, each: pages changed -> branches of the pages -> levels   version
//!                                                  in place         by bit, in lanes         in lanes  (root)
//!                                                     '---- undo: the way back to the version before ---'
//!
//! batch     what an update changes, in the order of the tree
//! place     where an account is: the beginning of its path, and its key
//! page      neighbouring accounts
//! branches  the branches within pages, many side by side
//! levels    the branches above pages
//! body      pages and levels of a shard
//! shard     a shard now and before its latest update
//! version   a root with the tops of the shards
//! prove     the part of the tree that a proof shows
//! ```
//!
//! Invariants: the root is a function of the keys and leaves that the tree holds. Proofs are served under the latest root and
//! the one before it, of which an update forgets the older; nothing else of the past is kept, however long a reader takes.
//!
//! Cost: see `docs/accounts-db.md`. Deliberately absent: files; the accounts themselves; threads, which the caller lends.

mod batch;
mod body;
mod branches;
mod levels;
mod page;
mod place;
mod prove;
mod shard;
mod version;

use std::ops::Range;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};

use isobath_program_abi::{Hash, Pubkey};
use isobath_sdk::chain::account::AccountLeaf;
use isobath_sdk::chain::helpers::{Helpers, NoHelpers};
use isobath_sdk::proof::PROOF_KEYS_MAX;

use self::batch::{Batch, Change};
use self::branches::{Branches, Digest};
use self::place::{SHARD_BITS, SHARDS};
pub use self::prove::ProveError;
pub use self::shard::Memory;
use self::shard::Shard;
use self::version::Version;

/// Roots under which proofs are served.
const VERSIONS_KEPT: usize = 2;

/// A root over all accounts, with the proofs under it.
#[derive(Debug)]
pub struct StateTree {
    shards: [RwLock<Shard>; SHARDS],
    /// The latest first. While an update runs there is only the one before it.
    versions: Mutex<Vec<Arc<Version>>>,
    /// Held by the update that runs, with memory for it.
    updating: Mutex<Batch>,
}

/// What an update led to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StateRoot {
    /// The root over all accounts.
    pub root: Hash,
    /// Number of accounts.
    pub count: u64,
    /// Branches that the update hashed.
    pub branches_hashed: u64,
}

impl Default for StateTree {
    fn default() -> Self {
        Self::new()
    }
}

impl StateTree {
    /// A tree without accounts.
    #[must_use]
    pub fn new() -> Self {
        Self {
            shards: std::array::from_fn(|number| RwLock::new(Shard::new(number))),
            versions: Mutex::new(vec![Arc::new(Version::new(0, 0, &[None; SHARDS]))]),
            updating: Mutex::default(),
        }
    }

    /// Gives accounts their new leaves, or takes them out, in any order; of a key that is named twice the last change counts.
    ///
    /// Updates wait for each other. Readers are served meanwhile under the root before; each may wait for one shard.
    ///
    /// # Panics
    /// If a leaf is zero, which no hash is, or after an update has panicked.
    pub fn update(&self, changes: &[(Pubkey, Option<Hash>)], helpers: &dyn Helpers) -> StateRoot {
        let updating = self.updating.lock();
        let mut batch = updating.expect("the tree is whole: no update panicked");
        assert!(
            changes.iter().all(|(_, leaf)| *leaf != Some(Hash::ZERO)),
            "a leaf is a hash, and no hash is zero"
        );
        let number = self.forget_all_but_latest().saturating_add(1);
        let changes = batch.in_order(changes);
        let helpers = if changes.len() <= helpers.range_len() {
            &NoHelpers
        } else {
            helpers
        };
        let branches_hashed = self.update_shards(changes, helpers);
        let version = Arc::new(self.version(number));
        let (root, count) = (version.root, version.count);
        self.versions().insert(0, version);
        StateRoot {
            root,
            count,
            branches_hashed,
        }
    }

    /// The latest root.
    #[must_use]
    pub fn root(&self) -> Hash {
        self.versions()[0].root
    }

    /// Number of accounts under the latest root.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.versions()[0].count
    }

    /// Proves what is under `keys`, which is an account or none, in the format of `isobath_sdk::proof`. `root` is the latest
    /// root or the one before; `account` has the accounts as of it, those of the keys and others that are near in the tree.
    ///
    /// # Errors
    /// [`ProveError`] if the root is not kept, `account` does not have an account as of it, or there are no keys or too many.
    pub fn prove(
        &self,
        root: &Hash,
        keys: &[Pubkey],
        account: impl FnMut(&Pubkey) -> Option<AccountLeaf>,
    ) -> Result<Vec<u8>, ProveError> {
        if keys.is_empty() || keys.len() > PROOF_KEYS_MAX {
            return Err(ProveError::KeyCount(keys.len()));
        }
        let unknown = ProveError::UnknownRoot(*root);
        let kept = self
            .versions()
            .iter()
            .find(|version| version.root == *root)
            .cloned();
        let version = kept.ok_or(unknown)?;
        let nodes = {
            let shards = self
                .shards
                .iter()
                .map(|shard| shard.read().expect("the shard is whole: no update panicked"));
            let shards: Vec<_> = shards.collect();
            let views = shards.iter().map(|shard| shard.view(version.number));
            let mut finder = prove::Finder {
                version: &version,
                // An update may have begun since the version was found.
                shards: views.collect::<Option<Vec<_>>>().ok_or(unknown)?,
                nodes: Vec::new(),
            };
            finder.find(keys);
            finder.nodes
        };
        prove::write(version.count, &nodes, account)
    }

    /// Bytes of memory that the tree holds.
    ///
    /// # Panics
    /// After an update has panicked.
    #[must_use]
    pub fn memory(&self) -> Memory {
        let mut sum = Memory::default();
        for shard in &self.shards {
            let shard = shard.read().expect("the shard is whole: no update panicked");
            let memory = shard.memory();
            sum.accounts_len = sum.accounts_len.saturating_add(memory.accounts_len);
            sum.undo_len = sum.undo_len.saturating_add(memory.undo_len);
        }
        sum
    }

    /// Leaves the latest version alone; its number.
    fn forget_all_but_latest(&self) -> u64 {
        let mut versions = self.versions();
        versions.truncate(VERSIONS_KEPT.saturating_sub(1));
        versions[0].number
    }

    /// Updates all shards; how many branches were hashed.
    fn update_shards(&self, changes: &[Change], helpers: &dyn Helpers) -> u64 {
        let (next, hashed) = (AtomicUsize::new(0), AtomicU64::new(0));
        helpers.run(&|_| {
            let mut branches = Branches::default();
            while let Some(shard) = self.shards.get(next.fetch_add(1, Ordering::Relaxed)) {
                let mut shard = shard.write().expect("the shard is whole: no update panicked");
                let range = range_of(changes, shard.number());
                shard.update(&changes[range], &mut branches);
            }
            hashed.fetch_add(branches.hashed, Ordering::Relaxed);
        });
        hashed.into_inner()
    }

    /// The version that the shards are at.
    fn version(&self, number: u64) -> Version {
        let mut count = 0_u64;
        let mut tops: [Option<Digest>; SHARDS] = [None; SHARDS];
        for (shard, top) in self.shards.iter().zip(&mut tops) {
            let shard = shard.read().expect("the shard is whole: no update panicked");
            count = count.saturating_add(shard.len() as u64);
            *top = shard.top().copied();
        }
        Version::new(number, count, &tops)
    }

    fn versions(&self) -> MutexGuard<'_, Vec<Arc<Version>>> {
        self.versions.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The changes of one shard.
fn range_of(changes: &[Change], shard: usize) -> Range<usize> {
    let shard_of = |change: &Change| (change.place.prefix >> (64 - SHARD_BITS)) as usize;
    let start = changes.partition_point(|change| shard_of(change) < shard);
    let end = changes.partition_point(|change| shard_of(change) <= shard);
    start..end
}
