//! The context in which the transactions of one block are executed.
//!
//! Invariant: everything in it is fixed when the block is opened; nothing in it depends on the block's own hash, on the
//! clock or on the order in which its transactions run.

use isobath_sdk::program::ProgramTable;
use isobath_sdk::rules::Rules;

use super::lookups::TableTime;
use super::nonce::NextNonce;
use super::sysvars::{SysvarBlock, Sysvars};
use crate::chain::Chain;
use crate::program_cache::ProgramCache;
use crate::ruleset::Ruleset;

/// The inputs of an executor besides the transaction and its accounts.
#[derive(Debug)]
pub struct BlockContext<'a> {
    pub(crate) rules: &'a Rules,
    pub(crate) programs: &'a ProgramTable,
    pub(crate) program_cache: &'a ProgramCache,
    pub(crate) chain: &'a Chain,
    pub(crate) sysvars: Sysvars<'a>,
    pub(crate) height: u64,
    #[cfg(feature = "planted-bugs")]
    pub(crate) planted: Option<crate::PlantedBug>,
}

impl<'a> BlockContext<'a> {
    /// The context of the block after the tip of `chain`, with the given time.
    pub(crate) fn next(rules: &'a Ruleset, chain: &'a Chain, timestamp_ms: i64) -> Self {
        let slot = chain.slot().saturating_add(1);
        let block = SysvarBlock {
            slot,
            timestamp_ms,
            skip: 0,
        };
        Self::new(rules, chain, block, chain.height().saturating_add(1))
    }

    /// The context in which the tip of `chain` itself was executed.
    pub(crate) fn of_tip(rules: &'a Ruleset, chain: &'a Chain) -> Self {
        let block = SysvarBlock {
            slot: chain.slot(),
            timestamp_ms: chain.timestamp_ms(),
            skip: 1,
        };
        Self::new(rules, chain, block, chain.height())
    }

    fn new(rules: &'a Ruleset, chain: &'a Chain, block: SysvarBlock, height: u64) -> Self {
        Self {
            rules: rules.rules(),
            programs: rules.programs(),
            program_cache: rules.program_cache(),
            chain,
            sysvars: Sysvars::new(chain, rules.rules(), block),
            height,
            #[cfg(feature = "planted-bugs")]
            planted: rules.planted(),
        }
    }

    /// Whether transactions run with a planted defect, which is in the functions that run all of them.
    #[allow(clippy::unused_self, reason = "without the feature there are none")]
    pub(crate) const fn has_planted(&self) -> bool {
        #[cfg(feature = "planted-bugs")]
        return self.planted.is_some();
        #[cfg(not(feature = "planted-bugs"))]
        false
    }

    /// What decides which keys of lookup tables can be used.
    pub(crate) fn table_time(&self) -> TableTime<'_> {
        TableTime {
            slot: self.sysvars.slot(),
            slot_hashes: self.sysvars.slot_hashes(),
        }
    }

    /// What nonces advance to.
    pub(crate) fn next_nonce(&self) -> NextNonce {
        NextNonce {
            blockhash: self.chain.blockhash(),
            lamports_per_signature: self.rules.lamports_per_signature,
        }
    }
}
