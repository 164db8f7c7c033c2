//! The rules of one chain as one value: every limit and rate, and the features that are active.
//!
//! Programs, the runtime and every executor read the same [`Rules`], which a genesis determines
//! ([`crate::chain::genesis::Genesis::rules`]). Nothing else in the workspace states a rule as a number.
//!
//! ```text
//! feature    a named switch of a rule, and sets of them
//! table      every feature that Solana's runtime knows, and what each means here
//! profile    named sets, and which sets a chain can have
//! notation   a set in genesis files and canonical bytes
//! find       a feature by what a user wrote
//! values     the limits and rates that follow from a set of features and the numbers of a genesis
//! ```

mod feature;
mod find;
mod notation;
mod profile;
mod table;
mod values;

pub use feature::{Feature, FeatureSet};
pub use find::UnknownFeature;
pub use profile::{FeatureChoice, FeatureError, Profile};
pub use values::{ACCOUNT_INFO_LEN, ACCOUNT_META_LEN, BlockCostLimits, GenesisNumbers, Rules};

#[cfg(test)]
mod tests;
