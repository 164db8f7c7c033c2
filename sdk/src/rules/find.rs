//! Finds a feature by what a user wrote, or the name that is most like it.

use std::fmt;

use super::Feature;
use crate::pubkey::Pubkey;

/// A text that is neither the name nor the address of a feature.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("unknown feature {asked}; {cure}")]
pub struct UnknownFeature {
    asked: String,
    cure: Cure,
}

/// What helps somebody who asked for an unknown feature.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Cure {
    /// A name that is similar to what was asked for.
    Similar(&'static str),
    /// No name is similar.
    Table,
    /// It is an address.
    Address,
}

/// A name is similar if it takes at most a third of its characters to turn what was asked for into it.
const SIMILAR_PARTS: usize = 3;
/// A name is similar if it contains what was asked for, and that is at least a quarter of its characters.
const CONTAINED_PARTS: usize = 4;

/// What was asked for is shown up to this many characters, which no name exceeds.
const SHOWN_MAX: usize = 80;

impl Feature {
    /// The feature with this name or with the address that is written so.
    ///
    /// # Errors
    /// [`UnknownFeature`] names what was asked for and the name that is most like it.
    pub fn find(text: &str) -> Result<Self, UnknownFeature> {
        let of_address = || Self::with_id(&text.parse().ok()?);
        Self::named(text)
            .or_else(of_address)
            .ok_or_else(|| UnknownFeature::new(text))
    }
}

impl UnknownFeature {
    fn new(asked: &str) -> Self {
        let is_address = asked.parse::<Pubkey>().is_ok();
        let asked: String = asked.chars().take(SHOWN_MAX).collect();
        let cure = match most_similar(&asked) {
            _ if is_address => Cure::Address,
            Some(name) => Cure::Similar(name),
            None => Cure::Table,
        };
        Self { asked, cure }
    }
}

impl fmt::Display for Cure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Similar(name) => write!(f, "the most similar name is {name}"),
            Self::Table => {
                f.write_str("the names are those of agave-feature-set 4.2.2, as in enable_durable_nonce")
            }
            Self::Address => f.write_str("no feature of Solana 4.2.2 has this address"),
        }
    }
}

/// The name that is most like `asked`, if any is like it.
fn most_similar(asked: &str) -> Option<&'static str> {
    let names = || Feature::all().map(Feature::name);
    let is_part = |name: &&str| asked.len().saturating_mul(CONTAINED_PARTS) >= name.len();
    let longer = names().filter(|name| is_part(name) && name.contains(asked));
    let nearest = names().min_by_key(|name| distance(asked, name));
    let is_near = |name: &&str| distance(asked, name).saturating_mul(SIMILAR_PARTS) <= name.len();
    longer
        .min_by_key(|name| name.len())
        .or_else(|| nearest.filter(is_near))
}

/// The number of characters to insert, remove or replace to get from one text to the other.
fn distance(from: &str, to: &str) -> usize {
    let mut row: Vec<usize> = (0..=to.len()).collect();
    for (removed, left) in from.bytes().enumerate() {
        let mut diagonal = row[0];
        row[0] = removed.saturating_add(1);
        for (column, right) in (1..).zip(to.bytes()) {
            let replaced = diagonal.saturating_add(usize::from(left != right));
            diagonal = row[column];
            let beside = row[column].min(row[column.saturating_sub(1)]).saturating_add(1);
            row[column] = replaced.min(beside);
        }
    }
    row[to.len()]
}
