//! A host for programs that run without a runtime.

use std::sync::Arc;

use isobath_program_abi::{Hash, Instruction, InstructionError, Pubkey};
use isobath_sdk::chain::account::Account;
use isobath_sdk::ids;
use isobath_sdk::program::{Host, TxState};

/// Carries out a call, or says why it fails.
pub type Answer = fn(&mut TxState, &Instruction) -> Result<(), InstructionError>;

/// A runtime that answers every call in one way, remembers those that succeeded and shows fixed sysvars.
#[derive(Clone, Debug)]
pub struct MockHost {
    /// The calls so far, each with the derived addresses that signed it.
    pub calls: Vec<(Instruction, Vec<Pubkey>)>,
    answer: Answer,
    sysvars: Vec<(Pubkey, Arc<Account>)>,
    blockhash: Hash,
}

impl MockHost {
    /// A host that lets every call succeed without doing anything, with no sysvars and a blockhash of zeros.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            calls: Vec::new(),
            answer: |_, _| Ok(()),
            sysvars: Vec::new(),
            blockhash: Hash::ZERO,
        }
    }

    /// Answers every call with `answer`.
    #[must_use]
    pub const fn answering(mut self, answer: Answer) -> Self {
        self.answer = answer;
        self
    }

    /// Shows a sysvar.
    #[must_use]
    pub fn with_sysvar(mut self, key: Pubkey, data: Vec<u8>) -> Self {
        let account = Account {
            data: data.into(),
            ..Account::new(1, ids::SYSVAR_OWNER)
        };
        self.sysvars.push((key, Arc::new(account)));
        self
    }

    /// Names the newest blockhash.
    #[must_use]
    pub const fn with_blockhash(mut self, blockhash: Hash) -> Self {
        self.blockhash = blockhash;
        self
    }
}

impl Default for MockHost {
    fn default() -> Self {
        Self::new()
    }
}

impl Host for MockHost {
    fn invoke(
        &mut self,
        state: &mut TxState,
        call: &Instruction,
        signers: &[Pubkey],
    ) -> Result<(), InstructionError> {
        (self.answer)(state, call)?;
        self.calls.push((call.clone(), signers.to_vec()));
        Ok(())
    }

    fn sysvar(&self, key: &Pubkey) -> Option<Arc<Account>> {
        let (_, account) = self.sysvars.iter().find(|(known, _)| known == key)?;
        Some(Arc::clone(account))
    }

    fn blockhash(&self) -> Hash {
        self.blockhash
    }

    fn lamports_per_signature(&self) -> u64 {
        5_000
    }

    fn depth(&self) -> u8 {
        1
    }
}
