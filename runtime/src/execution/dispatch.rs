//! What a call of a program runs, by the owner of the program's account.
//!
//! ```text
//! owner                      runs
//! NativeLoader               the linked-in function of the program's address
//! an owner with a loader     what the loader makes of the program's deployment: none in a node yet
//! one of Solana's loaders    nothing, and the log says so: UnsupportedProgramId
//! any other                  nothing: UnsupportedProgramId
//! ```
//!
//! Loader v4 is among the others: `solana-runtime` 4.2.2 has no program for it, so a call of its accounts leaves no line.
//!
//! Invariant: a deployment is resolved at the end of the parent. A program that this block deploys, changes or closes is
//! not deployed until the next one, as with the delayed visibility of `solana-program-runtime` 4.2.2; its callers get the
//! error and the log line of a program that was never deployed.

use std::cell::RefCell;
use std::sync::Arc;

use isobath_program_abi::program_code::{from_code, to_code};
use isobath_program_abi::{InstructionError, Pubkey};
use isobath_sdk::chain::account::Account;
use isobath_sdk::ids;
use isobath_sdk::program::{
    AccountCell, Deployment, Frame, LoadedProgram, Loader, ProgramEntry, ReadAccount,
};

/// Solana's loaders that `solana-runtime` 4.2.2 has programs for.
const FOREIGN_LOADERS: [Pubkey; 3] = [
    ids::BPF_LOADER_DEPRECATED,
    ids::BPF_LOADER,
    ids::BPF_LOADER_UPGRADEABLE,
];

/// A program that can be called.
#[derive(Debug, Clone)]
pub(crate) enum Callable {
    /// A linked-in function.
    BuiltIn(ProgramEntry),
    /// A program with a loader.
    Loaded(Arc<dyn LoadedProgram>),
    /// A program of a loader that has no code for it; the log of its call says why.
    Missing(Missing),
}

/// Why a loader has no code for a program.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Missing {
    /// It is not deployed at the end of the parent, or has changed since then.
    NotDeployed,
    /// It was not an account of a loader when the transaction began.
    NotCached,
}

impl Missing {
    const fn line(self) -> &'static str {
        match self {
            Self::NotDeployed => "Program is not deployed",
            Self::NotCached => "Program is not cached",
        }
    }
}

impl Callable {
    /// Runs one instruction.
    pub(crate) fn call(&self, frame: &mut Frame<'_>) -> Result<(), InstructionError> {
        from_code(match self {
            Self::BuiltIn(entry) => to_code(entry(frame)),
            Self::Loaded(program) => program.call(frame),
            Self::Missing(missing) => {
                frame.log(missing.line());
                to_code(Err(InstructionError::UnsupportedProgramId))
            }
        })
    }

    /// What a loader has made of a deployment.
    pub(crate) fn of_loader(program: Option<Arc<dyn LoadedProgram>>) -> Self {
        program.map_or(Self::Missing(Missing::NotDeployed), Self::Loaded)
    }

    /// A program whose owner has no loader here; `owner_before` is its owner when the transaction began.
    ///
    /// # Errors
    /// `UnsupportedProgramId` unless the owner is one of Solana's loaders.
    pub(crate) fn without_loader(owner: &Pubkey, owner_before: &Pubkey) -> Result<Self, InstructionError> {
        if !FOREIGN_LOADERS.contains(owner) {
            return Err(InstructionError::UnsupportedProgramId);
        }
        Ok(Self::Missing(match FOREIGN_LOADERS.contains(owner_before) {
            true => Missing::NotDeployed,
            false => Missing::NotCached,
        }))
    }
}

/// The deployment of a program that calls run while it stays as it is.
#[derive(Debug)]
pub(crate) struct Effective {
    deployment: Deployment,
    /// The other accounts that name the deployment, as they are before the transaction.
    others: Vec<(Pubkey, Option<Account>)>,
}

impl Effective {
    /// The deployment of the program `key`, whose account is `program` now, if it is the one at the end of the parent;
    /// `now` and `parent` read other accounts.
    pub(crate) fn find(
        loader: &dyn Loader,
        (key, program): (&Pubkey, &Account),
        now: ReadAccount<'_>,
        parent: ReadAccount<'_>,
    ) -> Option<Self> {
        let deployment = loader.find(&parent(key)?, parent)?;
        let others = RefCell::new(Vec::new());
        let recorded = |key: &Pubkey| {
            let account = now(key);
            others.borrow_mut().push((*key, account.clone()));
            account
        };
        let is_same = loader.find(program, &recorded)?.slot == deployment.slot;
        is_same.then(|| Self {
            deployment,
            others: others.into_inner(),
        })
    }

    /// The deployment, unless the running transaction has changed it; `program` is the program's account now.
    pub(crate) fn current(
        &self,
        loader: &dyn Loader,
        program: &Account,
        cells: &[AccountCell],
    ) -> Option<&Deployment> {
        let now = |key: &Pubkey| {
            let cell = cells.iter().find(|cell| cell.key() == key);
            let other = || self.others.iter().find(|(known, _)| known == key)?.1.clone();
            cell.map_or_else(other, |cell| Some(cell.account().clone()))
        };
        let found = loader.find(program, &now)?;
        (found.slot == self.deployment.slot).then_some(&self.deployment)
    }
}
