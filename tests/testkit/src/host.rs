//! A host for programs that run without a runtime.

use std::sync::Arc;

use isobath_program_abi::{Hash, Instruction, InstructionError, Pubkey};
use isobath_sdk::chain::account::Account;
use isobath_sdk::chain::genesis::Genesis;
use isobath_sdk::ids;
use isobath_sdk::program::{Host, InvokeRequest, TxState};
use isobath_sdk::rules::Rules;

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
    rules: Rules,
}

impl MockHost {
    /// A host that lets every call succeed without doing anything, with no sysvars, a blockhash of zeros and the rules
    /// of the development genesis.
    #[must_use]
    pub fn new() -> Self {
        Self {
            calls: Vec::new(),
            answer: |_, _| Ok(()),
            sysvars: Vec::new(),
            blockhash: Hash::ZERO,
            rules: Genesis::default().rules(),
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

    /// Runs programs under these rules.
    #[must_use]
    pub const fn with_rules(mut self, rules: Rules) -> Self {
        self.rules = rules;
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
    fn invoke(&mut self, state: &mut TxState, request: InvokeRequest<'_>) -> Result<(), InstructionError> {
        (self.answer)(state, request.instruction)?;
        self.calls
            .push((request.instruction.clone(), request.signers.to_vec()));
        Ok(())
    }

    fn rules(&self) -> &Rules {
        &self.rules
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
