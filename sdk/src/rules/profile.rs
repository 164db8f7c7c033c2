//! Named sets of features, and which sets a chain can have.

use std::fmt;

use super::table::Effect;
use super::{Feature, FeatureSet};

/// A named set of features.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Profile {
    /// The features that were active on Solana's mainnet-beta on 2026-08-24.
    Mainnet,
    /// Every feature of Solana 4.2.2 but another agreement protocol, transactions of version 1, lower rent and shorter
    /// slots.
    All,
}

impl Profile {
    /// All profiles.
    pub const EVERY: [Self; 2] = [Self::Mainnet, Self::All];

    /// The profile with this name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::EVERY.into_iter().find(|profile| profile.name() == name)
    }

    /// Its name in genesis files and on the command line.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Mainnet => "mainnet",
            Self::All => "all",
        }
    }

    /// Its features.
    #[must_use]
    pub fn features(self) -> FeatureSet {
        let has = |feature: &Feature| match self {
            Self::Mainnet => feature.row().is_in_mainnet,
            Self::All => feature.row().is_in_all,
        };
        Feature::all().filter(has).collect()
    }
}

impl fmt::Display for Profile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// How to change a set of features.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FeatureChoice {
    /// The profile to start from instead of the set.
    pub profile: Option<Profile>,
    /// The features to deactivate.
    pub deactivated: Vec<Feature>,
}

impl FeatureChoice {
    /// The set that the choice makes of `features`.
    #[must_use]
    pub fn apply(&self, features: FeatureSet) -> FeatureSet {
        let base = self.profile.map_or(features, Profile::features);
        self.deactivated.iter().copied().fold(base, FeatureSet::without)
    }
}

/// Why no chain can have a set of features.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FeatureError {
    /// A feature is inactive whose rule exists in its active form only.
    #[error("feature {0} cannot be inactive: only the active form of its rule is supported; activate it")]
    Inactive(Feature),
    /// A feature is active whose rule exists in its inactive form only.
    #[error("feature {feature} cannot be active: {reason}; deactivate it")]
    Active {
        /// The feature.
        feature: Feature,
        /// Why not.
        reason: &'static str,
    },
    /// A feature sets another minimum balance than the genesis.
    #[error(
        "feature {feature} sets rent.lamports_per_byte to {expected}, but it is {found}; change the number or \
         deactivate the feature"
    )]
    Rent {
        /// The feature.
        feature: Feature,
        /// What it sets.
        expected: u64,
        /// The number of the genesis.
        found: u64,
    },
}

impl FeatureSet {
    /// Checks that a chain with this minimum balance per byte can have this set of features.
    ///
    /// # Errors
    /// [`FeatureError`] names the first feature, by name, that stands in the way.
    pub fn check(&self, lamports_per_byte: u64) -> Result<(), FeatureError> {
        for feature in Feature::all() {
            match (feature.row().effect, self.is_active(feature)) {
                (Effect::Fixed, false) => return Err(FeatureError::Inactive(feature)),
                (Effect::Missing(reason), true) => return Err(FeatureError::Active { feature, reason }),
                _ => {}
            }
        }
        match self.rent() {
            Some((feature, expected)) if expected != lamports_per_byte => Err(FeatureError::Rent {
                feature,
                expected,
                found: lamports_per_byte,
            }),
            _ => Ok(()),
        }
    }

    /// The feature that sets the minimum balance per byte: the one with the lowest rate, unless the one that restores
    /// the original rate, here that of the genesis, is active as well.
    fn rent(&self) -> Option<(Feature, u64)> {
        if self.is_active(Feature::SET_LAMPORTS_PER_BYTE_TO_6960) {
            return None;
        }
        let rates = self.iter().filter_map(|feature| match feature.row().effect {
            Effect::Rent(rate) => Some((feature, rate)),
            _ => None,
        });
        rates.min_by_key(|(_, rate)| *rate)
    }
}
