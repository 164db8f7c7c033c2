//! Which function runs for which program id, and which loader for which owner.
//!
//! The runtime calls programs only through this table, which its caller passes in (validator, harness or test); so the
//! runtime depends on no program, and a test can add its own.

use core::fmt;
use std::sync::Arc;

use super::{Frame, Loader};
use crate::instruction_error::InstructionError;
use crate::pubkey::Pubkey;

/// A linked-in program: runs one instruction.
pub type ProgramEntry = fn(&mut Frame<'_>) -> Result<(), InstructionError>;

/// Program ids and their entry points, sorted by id; and owners of programs with their loaders.
#[derive(Clone, Default)]
pub struct ProgramTable {
    entries: Vec<(Pubkey, ProgramEntry)>,
    loaders: Vec<(Pubkey, Arc<dyn Loader>)>,
}

impl ProgramTable {
    /// A table of the given programs; of several entries with the same id the last one counts.
    #[must_use]
    pub fn new(programs: impl IntoIterator<Item = (Pubkey, ProgramEntry)>) -> Self {
        let mut table = Self::default();
        for (id, entry) in programs {
            table.insert(id, entry);
        }
        table
    }

    /// Adds a program, or replaces the one of the same id.
    pub fn insert(&mut self, id: Pubkey, entry: ProgramEntry) {
        match self.entries.binary_search_by(|(key, _)| key.cmp(&id)) {
            Ok(at) => self.entries[at].1 = entry,
            Err(at) => self.entries.insert(at, (id, entry)),
        }
    }

    /// The entry point of `id`. O(log n).
    #[must_use]
    pub fn get(&self, id: &Pubkey) -> Option<ProgramEntry> {
        let at = self.entries.binary_search_by(|(key, _)| key.cmp(id)).ok()?;
        Some(self.entries[at].1)
    }

    /// Has `loader` run the programs whose accounts `owner` has.
    pub fn insert_loader(&mut self, owner: Pubkey, loader: Arc<dyn Loader>) {
        self.loaders.retain(|(known, _)| *known != owner);
        self.loaders.push((owner, loader));
    }

    /// The loader of the programs whose accounts `owner` has.
    #[must_use]
    pub fn loader(&self, owner: &Pubkey) -> Option<&dyn Loader> {
        let mut loaders = self.loaders.iter();
        loaders.find_map(|(known, loader)| (known == owner).then_some(loader.as_ref()))
    }

    /// The ids in the table, in key order.
    pub fn ids(&self) -> impl Iterator<Item = &Pubkey> {
        self.entries.iter().map(|(key, _)| key)
    }
}

impl fmt::Debug for ProgramTable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.ids()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn succeed(_: &mut Frame<'_>) -> Result<(), InstructionError> {
        Ok(())
    }

    #[test]
    fn finds_what_was_inserted_and_nothing_else() {
        let ids = [Pubkey([3; 32]), Pubkey([1; 32]), Pubkey([2; 32])];
        let table = ProgramTable::new(ids.map(|id| (id, succeed as ProgramEntry)));
        assert!(ids.iter().all(|id| table.get(id).is_some()));
        assert!(table.get(&Pubkey([9; 32])).is_none());
        assert!(table.ids().is_sorted());
    }
}
