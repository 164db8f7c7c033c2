//! A host for programs that run without a runtime.

use isobath_program_abi::{Hash, Instruction, InstructionError, Pubkey};
use isobath_sdk::chain::genesis::Genesis;
use isobath_sdk::ids;
use isobath_sdk::program::{Host, InvokeRequest, ReadSysvars, TxState};
use isobath_sdk::rules::Rules;
use isobath_sdk::sysvar::clock::Clock;
use isobath_sdk::sysvar::recent_blockhashes::RecentBlockhashes;
use isobath_sdk::sysvar::rent::Rent;
use isobath_sdk::sysvar::slot_hashes::SlotHashes;

/// Carries out a call, or says why it fails.
pub type Answer = fn(&mut TxState, &Instruction) -> Result<(), InstructionError>;

/// The sysvars that a test has set.
#[derive(Clone, Debug, Default)]
struct MockSysvars {
    clock: Option<Clock>,
    rent: Option<Rent>,
    slot_hashes: Option<SlotHashes>,
    recent_blockhashes: Option<RecentBlockhashes>,
}

impl ReadSysvars for MockSysvars {
    fn clock(&self) -> Option<Clock> {
        self.clock
    }

    fn rent(&self) -> Option<Rent> {
        self.rent
    }

    fn slot_hashes(&self) -> Option<&SlotHashes> {
        self.slot_hashes.as_ref()
    }

    fn recent_blockhashes(&self) -> Option<&RecentBlockhashes> {
        self.recent_blockhashes.as_ref()
    }
}

/// A runtime that answers every call in one way, remembers those that succeeded and shows fixed sysvars.
#[derive(Clone, Debug)]
pub struct MockHost {
    /// The calls so far, each with the derived addresses that signed it.
    pub calls: Vec<(Instruction, Vec<Pubkey>)>,
    answer: Answer,
    sysvars: MockSysvars,
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
            sysvars: MockSysvars::default(),
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

    /// Shows a sysvar with this data; one that does not parse is not there.
    ///
    /// # Panics
    /// If programs do not read the sysvar.
    #[must_use]
    pub fn with_sysvar(mut self, key: Pubkey, data: &[u8]) -> Self {
        match key {
            ids::SYSVAR_CLOCK => self.sysvars.clock = Clock::from_bytes(data).ok(),
            ids::SYSVAR_RENT => self.sysvars.rent = Rent::from_bytes(data).ok(),
            ids::SYSVAR_SLOT_HASHES => self.sysvars.slot_hashes = SlotHashes::from_bytes(data).ok(),
            ids::SYSVAR_RECENT_BLOCKHASHES => {
                self.sysvars.recent_blockhashes = RecentBlockhashes::from_bytes(data).ok();
            }
            other => panic!("programs do not read {other}"),
        }
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
        let signers = request.derive_signers(self.rules.call_signers_max)?;
        (self.answer)(state, request.instruction)?;
        self.calls.push((request.instruction.clone(), signers));
        Ok(())
    }

    fn rules(&self) -> &Rules {
        &self.rules
    }

    fn sysvars(&self) -> &dyn ReadSysvars {
        &self.sysvars
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
