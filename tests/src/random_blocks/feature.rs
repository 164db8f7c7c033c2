//! What random blocks exercise, counted.
//!
//! A generator that drifts stops reaching what it once reached, and its test still passes. So each feature that the
//! blocks are meant to reach has a count, and the test fails if one is zero.

use std::collections::BTreeMap;
use std::fmt;

/// Something that happened in a block, as the model saw it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Feature {
    /// A chain with the profile `mainnet`.
    MainnetProfile,
    /// A chain with the profile `all`.
    AllProfile,
    /// Executed without an error.
    Succeeded,
    /// Executed with an error.
    Failed,
    /// Transfers that were executed without a frame.
    Direct,
    /// Fees only.
    FeesOnly,
    /// No effect.
    NoOp,
    /// Mutated bytes that admission refused.
    Malformed,
    /// A message that was processed before.
    Duplicate,
    /// A payer that does not exist, may not pay or has too little.
    Unpayable,
    /// A blockhash that expired or never was, and no nonce either.
    Expired,
    /// More account data than the transaction's limit.
    LoadedTooMuch,
    /// An account left below the rent minimum.
    BelowRent,
    /// An account that gained and stays below the minimum, under the relaxed rule.
    StillBelowRent,
    /// A success that lived by a nonce.
    NonceUsed,
    /// A failure that lived by a nonce, which advanced all the same.
    NonceKeptOnFailure,
    /// A transaction that could not be loaded and lived by a nonce.
    NonceKeptFeesOnly,
    /// A nonce account that pays a fee.
    NoncePaid,
    /// A nonce that was initialized.
    NonceCreated,
    /// A nonce that was emptied.
    NonceClosed,
    /// A nonce that got another authority.
    NonceAuthorized,
    /// A nonce of the legacy version that was upgraded.
    NonceUpgraded,
    /// A table that was created.
    TableCreated,
    /// A table that got keys.
    TableExtended,
    /// A table that was frozen.
    TableFrozen,
    /// A table whose deactivation began.
    TableDeactivated,
    /// A table that was closed.
    TableClosed,
    /// A table that could not be closed yet.
    TableCoolingDown,
    /// A table that was deactivated in these blocks and closed after its cooldown.
    TableClosedAfterCooldown,
    /// A paid transaction that loaded keys from a table.
    TableUsed,
    /// The same with a table that was created in these blocks.
    NewTableUsed,
    /// The same with a table that is being deactivated.
    DeactivatingTableUsed,
    /// A table that was created in the same block, which is too early.
    TableUsedTooEarly,
    /// A lookup that failed for another reason.
    LookupRefused,
    /// A key that a lookup loaded a second time.
    LoadedTwice,
    /// A call by a program in a transaction that succeeded.
    Call,
    /// A call of the deepest kind: depth five or more.
    DeepCall,
    /// A call signed by a derived address.
    SignedCall,
    /// A call that failed.
    FailedCall,
    /// A call with a privilege that the caller does not have.
    Escalation,
    /// A program that called itself through another one.
    Reentrancy,
    /// More calls at once than there may be.
    TooDeep,
    /// Lamports that appeared or vanished.
    Unbalanced,
    /// Compute units that ran out.
    OutOfUnits,
    /// Return data at the end of a transaction.
    Returned,
    /// Return data that a call cleared.
    ReturnCleared,
    /// An account that came into being.
    Created,
    /// An account that was emptied.
    Closed,
    /// An account that was created and closed in one block.
    CreatedAndClosed,
    /// An account that changed its owner.
    Assigned,
    /// Data that was written in place, up to 4 KiB.
    WrittenSmall,
    /// Data that was written in place, above 4 KiB.
    WrittenLarge,
    /// Contents that the block had written, written again in place.
    InPlace,
    /// Contents that were written in place and restored, as the transaction failed.
    RestoredInPlace,
    /// Data that grew.
    Grown,
    /// Data that shrank.
    Shrunk,
}

impl Feature {
    /// All features.
    pub const ALL: [Self; 56] = [
        Self::MainnetProfile,
        Self::AllProfile,
        Self::Succeeded,
        Self::Failed,
        Self::Direct,
        Self::FeesOnly,
        Self::NoOp,
        Self::Malformed,
        Self::Duplicate,
        Self::Unpayable,
        Self::Expired,
        Self::LoadedTooMuch,
        Self::BelowRent,
        Self::StillBelowRent,
        Self::NonceUsed,
        Self::NonceKeptOnFailure,
        Self::NonceKeptFeesOnly,
        Self::NoncePaid,
        Self::NonceCreated,
        Self::NonceClosed,
        Self::NonceAuthorized,
        Self::NonceUpgraded,
        Self::TableCreated,
        Self::TableExtended,
        Self::TableFrozen,
        Self::TableDeactivated,
        Self::TableClosed,
        Self::TableCoolingDown,
        Self::TableClosedAfterCooldown,
        Self::TableUsed,
        Self::NewTableUsed,
        Self::DeactivatingTableUsed,
        Self::TableUsedTooEarly,
        Self::LookupRefused,
        Self::LoadedTwice,
        Self::Call,
        Self::DeepCall,
        Self::SignedCall,
        Self::FailedCall,
        Self::Escalation,
        Self::Reentrancy,
        Self::TooDeep,
        Self::Unbalanced,
        Self::OutOfUnits,
        Self::Returned,
        Self::ReturnCleared,
        Self::Created,
        Self::Closed,
        Self::CreatedAndClosed,
        Self::Assigned,
        Self::WrittenSmall,
        Self::WrittenLarge,
        Self::InPlace,
        Self::RestoredInPlace,
        Self::Grown,
        Self::Shrunk,
    ];
}

/// How often each feature was seen.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report(BTreeMap<Feature, u64>);

impl Report {
    /// Counts a feature.
    ///
    /// # Panics
    /// When [`Feature::ALL`] lacks the feature.
    pub fn count(&mut self, feature: Feature) {
        assert!(Feature::ALL.contains(&feature), "{feature:?} is not in the list");
        *self.0.entry(feature).or_default() += 1;
    }

    /// How often a feature was seen.
    #[must_use]
    pub fn of(&self, feature: Feature) -> u64 {
        self.0.get(&feature).copied().unwrap_or_default()
    }

    /// Adds another report.
    pub fn add(&mut self, other: &Self) {
        for (feature, count) in &other.0 {
            *self.0.entry(*feature).or_default() += count;
        }
    }

    /// The features that were not seen.
    #[must_use]
    pub fn missing(&self) -> Vec<Feature> {
        let mut all = Feature::ALL.to_vec();
        all.retain(|feature| self.of(*feature) == 0);
        all
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (feature, count) in &self.0 {
            write!(f, "{feature:?} {count} ")?;
        }
        Ok(())
    }
}
