//! Features: named switches of rules, and sets of them.
//!
//! Solana changes a rule by activating a feature, which is an address whose account records the activation. A chain
//! here has the features of its genesis from the start to the end, so a feature is a constant of the chain.
//!
//! Invariant: a [`Feature`] is an entry of the table of all features of `agave-feature-set` 4.2.2, in which names and
//! addresses are unique. A [`FeatureSet`] is a set of them and nothing else.

use std::fmt;

use super::table::{COUNT, Row, TABLE};
use crate::pubkey::Pubkey;

/// One feature, by its position in the table.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Feature(u16);

impl Feature {
    /// A default limit of compute units for calls of the Vote program like that of any other program.
    pub const BLS_PUBKEY_MANAGEMENT_IN_VOTE_ACCOUNT: Self =
        Self::known("bls_pubkey_management_in_vote_account");
    /// The System instruction `CreateAccountAllowPrefund` (SIMD-0312).
    pub const CREATE_ACCOUNT_ALLOW_PREFUND: Self = Self::known("create_account_allow_prefund");
    /// 128 account locks in a transaction instead of 64.
    pub const INCREASE_TX_ACCOUNT_LOCK_LIMIT: Self = Self::known("increase_tx_account_lock_limit");
    /// Blocks with 100 instead of 60 million units of cost (SIMD-0286).
    pub const RAISE_BLOCK_LIMITS_TO_100M: Self = Self::known("raise_block_limits_to_100m");
    /// Eight nested calls instead of four (SIMD-0268).
    pub const RAISE_CPI_NESTING_LIMIT_TO_8: Self = Self::known("raise_cpi_nesting_limit_to_8");
    /// Slots of 350 ms (SIMD-0525), with the block limits for them.
    pub const REDUCE_SLOT_TIME_TO_350MS: Self = Self::known("reduce_slot_time_to_350ms");
    /// Slots of 300 ms (SIMD-0525), with the block limits for them.
    pub const REDUCE_SLOT_TIME_TO_300MS: Self = Self::known("reduce_slot_time_to_300ms");
    /// Slots of 250 ms (SIMD-0525), with the block limits for them.
    pub const REDUCE_SLOT_TIME_TO_250MS: Self = Self::known("reduce_slot_time_to_250ms");
    /// Slots of 200 ms (SIMD-0525), with the block limits for them.
    pub const REDUCE_SLOT_TIME_TO_200MS: Self = Self::known("reduce_slot_time_to_200ms");
    /// An account below the rent minimum may keep its balance (SIMD-0392).
    pub const RELAX_POST_EXEC_MIN_BALANCE_CHECK: Self = Self::known("relax_post_exec_min_balance_check");

    /// The original rent rate, whatever features lower it (SIMD-0438).
    pub(super) const SET_LAMPORTS_PER_BYTE_TO_6960: Self = Self::known("set_lamports_per_byte_to_6960");

    /// The first four bytes of the SHA-256 digest of all addresses, ascending: what Solana 4.2.2 reports as the set of
    /// features that it knows.
    pub const ALL_DIGEST: u32 = 565_236_538;

    /// All features, ascending by name.
    pub fn all() -> impl ExactSizeIterator<Item = Self> {
        (0..COUNT).map(Self)
    }

    /// The feature with this name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::all().find(|feature| feature.name() == name)
    }

    /// The feature with this address.
    #[must_use]
    pub fn with_id(id: &Pubkey) -> Option<Self> {
        Self::all().find(|feature| feature.id() == *id)
    }

    /// Its name in `agave-feature-set`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        self.row().name
    }

    /// Its address, also that of its account.
    #[must_use]
    pub const fn id(self) -> Pubkey {
        self.row().id
    }

    pub(super) const fn row(self) -> &'static Row {
        &TABLE[self.0 as usize]
    }

    /// The feature with a name that is in the table; any other name does not build.
    #[expect(
        clippy::arithmetic_side_effects,
        reason = "run at compile time, where overflow does not build"
    )]
    const fn known(name: &str) -> Self {
        let mut index = 0;
        while !is_same(TABLE[index as usize].name, name) {
            index += 1;
        }
        Self(index)
    }
}

impl fmt::Debug for Feature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl fmt::Display for Feature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[expect(
    clippy::arithmetic_side_effects,
    reason = "run at compile time, where overflow does not build"
)]
const fn is_same(one: &str, other: &str) -> bool {
    let (one, other) = (one.as_bytes(), other.as_bytes());
    if one.len() != other.len() {
        return false;
    }
    let mut index = 0;
    while index < one.len() {
        if one[index] != other[index] {
            return false;
        }
        index += 1;
    }
    true
}

const WORDS: usize = (COUNT as usize).div_ceil(64);

/// A set of features.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub struct FeatureSet([u64; WORDS]);

impl FeatureSet {
    /// No feature.
    pub const NONE: Self = Self([0; WORDS]);

    /// Whether `feature` is in the set.
    #[must_use]
    pub const fn is_active(&self, feature: Feature) -> bool {
        self.0[feature.0 as usize / 64] >> (feature.0 % 64) & 1 == 1
    }

    /// The set with `feature`.
    #[must_use]
    pub const fn with(mut self, feature: Feature) -> Self {
        self.0[feature.0 as usize / 64] |= 1 << (feature.0 % 64);
        self
    }

    /// The set without `feature`.
    #[must_use]
    pub const fn without(mut self, feature: Feature) -> Self {
        self.0[feature.0 as usize / 64] &= !(1 << (feature.0 % 64));
        self
    }

    /// The features of the set, ascending by name.
    pub fn iter(&self) -> impl Iterator<Item = Feature> {
        Feature::all().filter(|feature| self.is_active(*feature))
    }
}

impl FromIterator<Feature> for FeatureSet {
    fn from_iter<I: IntoIterator<Item = Feature>>(features: I) -> Self {
        features.into_iter().fold(Self::NONE, Self::with)
    }
}

impl fmt::Debug for FeatureSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.iter()).finish()
    }
}
