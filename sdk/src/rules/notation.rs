//! How a set of features is written: in genesis files, and in the canonical bytes of a genesis.
//!
//! ```text
//! "mainnet"                                              a profile
//! {"profile": "mainnet", "activate": ["a"], "deactivate": ["b"]}    a profile with differences, by name or address
//! canonical bytes                                        u32 count | count x address 32, ascending
//! ```
//!
//! Invariant: both are read back as the same set, and each set has one form of canonical bytes. A set is written as its
//! difference from the profile that is closer to it.

use std::fmt;
use std::io::{self, Read, Write};

use borsh::{BorshDeserialize, BorshSerialize};
use serde::de::{Error, MapAccess, Visitor, value::MapAccessDeserializer};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::{Feature, FeatureSet, Profile};
use crate::pubkey::Pubkey;

/// A profile with differences.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Difference {
    profile: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    activate: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    deactivate: Vec<String>,
}

impl FeatureSet {
    /// The profile that differs from this set in the fewest features, and the features that only the set has and that
    /// only the profile has, ascending by name.
    #[must_use]
    pub fn difference(&self) -> (Profile, Vec<Feature>, Vec<Feature>) {
        let from = |profile: Profile| {
            let base = profile.features();
            let activated: Vec<_> = self.iter().filter(|feature| !base.is_active(*feature)).collect();
            let deactivated: Vec<_> = base.iter().filter(|feature| !self.is_active(*feature)).collect();
            (profile, activated, deactivated)
        };
        let all = Profile::EVERY.map(from);
        all.into_iter()
            .min_by_key(|(_, activated, deactivated)| activated.len().saturating_add(deactivated.len()))
            .expect("there are profiles")
    }
}

/// A profile with the number of differences, such as `mainnet` or `mainnet (2 activated, 1 deactivated)`.
impl fmt::Display for FeatureSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (profile, activated, deactivated) = self.difference();
        write!(f, "{profile}")?;
        match (activated.len(), deactivated.len()) {
            (0, 0) => Ok(()),
            (more, 0) => write!(f, " ({more} activated)"),
            (0, fewer) => write!(f, " ({fewer} deactivated)"),
            (more, fewer) => write!(f, " ({more} activated, {fewer} deactivated)"),
        }
    }
}

impl Serialize for FeatureSet {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let (profile, activated, deactivated) = self.difference();
        if activated.is_empty() && deactivated.is_empty() {
            return serializer.serialize_str(profile.name());
        }
        let names = |features: Vec<Feature>| features.iter().map(ToString::to_string).collect();
        Difference {
            profile: profile.to_string(),
            activate: names(activated),
            deactivate: names(deactivated),
        }
        .serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for FeatureSet {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(SetVisitor)
    }
}

struct SetVisitor;

impl<'de> Visitor<'de> for SetVisitor {
    type Value = FeatureSet;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("\"mainnet\", \"all\", or an object with profile, activate and deactivate")
    }

    fn visit_str<E: Error>(self, name: &str) -> Result<FeatureSet, E> {
        profile_features(name)
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<FeatureSet, A::Error> {
        let difference = Difference::deserialize(MapAccessDeserializer::new(map))?;
        let mut features = profile_features(&difference.profile)?;
        let find = |text: &String| Feature::find(text).map_err(A::Error::custom);
        for text in &difference.activate {
            features = features.with(find(text)?);
        }
        for text in &difference.deactivate {
            let feature = find(text)?;
            let is_asked_for = |other: &String| Feature::find(other) == Ok(feature);
            if difference.activate.iter().any(is_asked_for) {
                return Err(A::Error::custom(format!(
                    "feature {feature} is both activated and deactivated; remove one of the two"
                )));
            }
            features = features.without(feature);
        }
        Ok(features)
    }
}

fn profile_features<E: Error>(name: &str) -> Result<FeatureSet, E> {
    let profile = Profile::named(name);
    profile.map(Profile::features).ok_or_else(|| {
        E::custom(format!(
            "unknown profile of features {name:?}; the profiles are \"mainnet\" and \"all\""
        ))
    })
}

impl BorshSerialize for FeatureSet {
    fn serialize<W: Write>(&self, writer: &mut W) -> io::Result<()> {
        let mut ids: Vec<Pubkey> = self.iter().map(Feature::id).collect();
        ids.sort_unstable();
        BorshSerialize::serialize(&ids, writer)
    }
}

impl BorshDeserialize for FeatureSet {
    fn deserialize_reader<R: Read>(reader: &mut R) -> io::Result<Self> {
        let ids: Vec<Pubkey> = BorshDeserialize::deserialize_reader(reader)?;
        let invalid = |text: String| io::Error::new(io::ErrorKind::InvalidData, text);
        if ids.windows(2).any(|pair| pair[0] >= pair[1]) {
            return Err(invalid("the addresses of features are not ascending".to_owned()));
        }
        let find = |id: &Pubkey| {
            Feature::with_id(id).ok_or_else(|| {
                invalid(format!(
                    "feature {id} is unknown; use the version that wrote this genesis"
                ))
            })
        };
        ids.iter().map(find).collect()
    }
}
