//! The features of a profile, for Solana's runtime.

use agave_feature_set::FeatureSet;
use isobath_sdk::rules::{Feature, Profile};
use litesvm::LiteSVM;

use crate::translate;

/// The features of `profile`.
pub(crate) fn of(profile: Profile) -> FeatureSet {
    let mut set = FeatureSet::default();
    for feature in profile.features().iter() {
        set.activate(&translate::key(&feature.id()), 0);
    }
    set
}

/// Compares the table of features in `isobath-sdk` with the features of `agave-feature-set`, and those of mainnet-beta
/// with the ones that litesvm lists.
///
/// # Errors
/// The address of the first feature that one side does not have.
pub(crate) fn check() -> Result<(), String> {
    let known = FeatureSet::all_enabled();
    let addresses: Vec<_> = Feature::all()
        .map(|feature| translate::key(&feature.id()))
        .collect();
    let missing = known.active().keys().find(|id| !addresses.contains(id));
    let unknown = addresses.iter().find(|id| !known.active().contains_key(id));
    if let Some(id) = missing.or(unknown) {
        return Err(format!("feature {id} is known to one side only"));
    }
    let mainnet = LiteSVM::mainnet_feature_set();
    let differs = |feature: &Feature| {
        let is_active = Profile::Mainnet.features().is_active(*feature);
        is_active != mainnet.is_active(&translate::key(&feature.id()))
    };
    match Feature::all().find(differs) {
        Some(feature) => Err(format!(
            "feature {feature} is active on mainnet-beta on one side only"
        )),
        None => Ok(()),
    }
}
