//! Programs that were loaded, kept for later blocks.
//!
//! Invariant: an entry is a function of its key, program and slot of the deployment, because code changes only together
//! with that slot. So what is in the cache changes the time of a call and never its result, and a block that is dropped
//! before its seal leaves nothing wrong behind: what it deployed was never loaded.

use std::collections::VecDeque;
use std::hash::RandomState;
use std::sync::{Arc, Mutex, PoisonError};

use hashbrown::HashMap;
use isobath_program_abi::Pubkey;
use isobath_sdk::program::{Deployment, LoadedProgram, Loader};

/// Bytes of code in the cache, at most, with [`ENTRY_LEN`] for each program; the programs loaded first leave first.
const CODE_LEN_MAX: usize = 256 << 20;
/// Bytes that a program counts besides its code, so that those with little or no code are bounded as well.
const ENTRY_LEN: usize = 1024;

/// What was made of the code of a deployment; `None` if no program has it.
type Entry = Option<Arc<dyn LoadedProgram>>;
/// Program and slot of the deployment.
type Key = (Pubkey, u64);

/// Loaded programs by deployment.
#[derive(Debug, Default)]
pub(crate) struct ProgramCache(Mutex<Entries>);

#[derive(Debug, Default)]
struct Entries {
    by_key: HashMap<Key, Entry, RandomState>,
    /// Keys in the order in which they were loaded, with what they count.
    order: VecDeque<(Key, usize)>,
    code_len: usize,
}

impl ProgramCache {
    /// The program of a deployment, loaded if it is not in the cache.
    pub(crate) fn get(&self, id: &Pubkey, deployment: &Deployment, loader: &dyn Loader) -> Entry {
        let key = (*id, deployment.slot);
        if let Some(entry) = self.lock(|entries| entries.by_key.get(&key).cloned()) {
            return entry;
        }
        let code = deployment.data.get(deployment.code_offset..).unwrap_or_default();
        let entry = loader.load(code);
        self.lock(|entries| entries.insert(key, entry.clone(), code.len()));
        entry
    }

    /// An entry is inserted whole or not at all, so a panic of another thread leaves nothing inconsistent.
    fn lock<T>(&self, access: impl FnOnce(&mut Entries) -> T) -> T {
        access(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Entries {
    fn insert(&mut self, key: Key, entry: Entry, code_len: usize) {
        if self.by_key.insert(key, entry).is_some() {
            return;
        }
        let counted_len = code_len.saturating_add(ENTRY_LEN);
        self.order.push_back((key, counted_len));
        self.code_len = self.code_len.saturating_add(counted_len);
        while self.code_len > CODE_LEN_MAX {
            let Some((oldest, len)) = self.order.pop_front() else {
                return;
            };
            self.by_key.remove(&oldest);
            self.code_len = self.code_len.saturating_sub(len);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every deployment may have another slot, and code may be as short as nothing.
    #[test]
    fn programs_without_code_are_bounded_as_well() {
        let mut entries = Entries::default();
        for slot in 0..300_000 {
            entries.insert((Pubkey::default(), slot), None, 0);
        }
        assert_eq!(entries.by_key.len(), CODE_LEN_MAX / ENTRY_LEN);
        assert_eq!(entries.by_key.len(), entries.order.len());
        assert!(entries.by_key.contains_key(&(Pubkey::default(), 299_999)));
    }
}
