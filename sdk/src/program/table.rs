//! Which function runs for which program id, and which loader for which owner.
//!
//! The runtime calls programs only through this table, which its caller passes in (validator, harness or test); so the
//! runtime depends on no program, and a test can add its own.

use core::fmt;
use std::sync::Arc;

use super::{DirectForm, Frame, Loader};
use crate::instruction_error::InstructionError;
use crate::pubkey::Pubkey;

/// A linked-in program: runs one instruction.
pub type ProgramEntry = fn(&mut Frame<'_>) -> Result<(), InstructionError>;

/// A linked-in program.
#[derive(Clone)]
struct BuiltIn {
    id: Pubkey,
    entry: ProgramEntry,
    direct: Option<DirectForm>,
}

/// Program ids and their entry points, sorted by id; and owners of programs with their loaders.
#[derive(Clone, Default)]
pub struct ProgramTable {
    programs: Vec<BuiltIn>,
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
        let program = BuiltIn {
            id,
            entry,
            direct: None,
        };
        match self.position(&id) {
            Ok(at) => self.programs[at] = program,
            Err(at) => self.programs.insert(at, program),
        }
    }

    /// Says which calls of the program `id` have an effect that is known from their data. Without it they run as all
    /// others do, which is slower and the same.
    ///
    /// # Panics
    /// If the table has no such program.
    pub fn set_direct(&mut self, id: &Pubkey, direct: DirectForm) {
        let at = self.position(id).expect("the program was inserted before");
        self.programs[at].direct = Some(direct);
    }

    /// The entry point of `id`. O(log n).
    #[must_use]
    pub fn get(&self, id: &Pubkey) -> Option<ProgramEntry> {
        let at = self.position(id).ok()?;
        Some(self.programs[at].entry)
    }

    /// Which calls of `id` have an effect that is known from their data. O(log n).
    #[must_use]
    pub fn direct(&self, id: &Pubkey) -> Option<DirectForm> {
        let at = self.position(id).ok()?;
        self.programs[at].direct
    }

    fn position(&self, id: &Pubkey) -> Result<usize, usize> {
        self.programs.binary_search_by(|program| program.id.cmp(id))
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
        self.programs.iter().map(|program| &program.id)
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

    #[test]
    fn another_program_of_the_same_id_has_promised_nothing() {
        let id = Pubkey([3; 32]);
        let mut table = ProgramTable::new([(id, succeed as ProgramEntry)]);
        assert!(table.direct(&id).is_none());
        table.set_direct(&id, |_| None);
        assert!(table.direct(&id).is_some());
        table.insert(id, succeed);
        assert!(table.direct(&id).is_none());
    }
}
