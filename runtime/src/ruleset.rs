//! The rules of one chain and its programs, with the genesis that determines both.
//!
//! Invariant: immutable after construction, and shared by the producer, the preflight and every executor, so that all
//! of them apply the same rules. State that changes from block to block is in [`crate::Chain`]. Every other file of
//! this crate is above this one and receives its rules as an argument.

use isobath_program_abi::Pubkey;
use isobath_sdk::chain::genesis::Genesis;
use isobath_sdk::program::ProgramTable;
use isobath_sdk::rules::Rules;

#[cfg(feature = "planted-bugs")]
use crate::planted::PlantedBug;
use crate::program_cache::ProgramCache;

/// The version of the rules that this crate implements.
pub const RULES_VERSION: u16 = 1;

/// Why a ruleset cannot be built.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RulesetError {
    /// The genesis requires a rules version that this build does not execute.
    #[error(
        "the genesis requires rules version {found}; this version executes rules version {RULES_VERSION}"
    )]
    RulesVersion {
        /// The version in the genesis.
        found: u16,
    },
    /// The genesis lists a built-in program that is not linked in.
    #[error("the genesis lists built-in program {program}, which this build does not include")]
    MissingProgram {
        /// The program's id.
        program: Pubkey,
    },
}

/// Rules and programs, ready to execute.
#[derive(Debug)]
pub struct Ruleset {
    rules: Rules,
    genesis: Genesis,
    programs: ProgramTable,
    cache: ProgramCache,
    #[cfg(feature = "planted-bugs")]
    planted: Option<PlantedBug>,
}

impl Ruleset {
    /// The rules of `genesis` with the linked-in `programs`.
    ///
    /// # Errors
    /// [`RulesetError`] if the genesis requires something that this build does not have.
    pub fn new(genesis: Genesis, programs: ProgramTable) -> Result<Self, RulesetError> {
        if genesis.rules_version != RULES_VERSION {
            return Err(RulesetError::RulesVersion {
                found: genesis.rules_version,
            });
        }
        let missing = genesis
            .builtin_programs
            .iter()
            .find(|program| programs.get(&program.program_id).is_none());
        if let Some(program) = missing {
            return Err(RulesetError::MissingProgram {
                program: program.program_id,
            });
        }
        Ok(Self {
            rules: genesis.rules(),
            genesis,
            programs,
            cache: ProgramCache::default(),
            #[cfg(feature = "planted-bugs")]
            planted: None,
        })
    }

    #[cfg(feature = "planted-bugs")]
    pub(crate) const fn plant(&mut self, bug: PlantedBug) {
        self.planted = Some(bug);
    }

    #[cfg(feature = "planted-bugs")]
    pub(crate) const fn planted(&self) -> Option<PlantedBug> {
        self.planted
    }

    /// The rules, computed once from the genesis.
    #[must_use]
    pub const fn rules(&self) -> &Rules {
        &self.rules
    }

    /// The genesis.
    #[must_use]
    pub const fn genesis(&self) -> &Genesis {
        &self.genesis
    }

    /// The producer of every block: the first one listed in the genesis, or the System program's key (which is credited
    /// nothing) if there is none.
    #[must_use]
    pub fn producer(&self) -> Pubkey {
        self.genesis.producers.first().copied().unwrap_or_default()
    }

    /// The programs that were loaded.
    pub(crate) const fn program_cache(&self) -> &ProgramCache {
        &self.cache
    }

    /// The linked-in programs, and the loaders of others.
    #[must_use]
    pub const fn programs(&self) -> &ProgramTable {
        &self.programs
    }
}
