//! Finds a feature by what a user wrote, or the name that is most like it.

use super::Feature;
use crate::pubkey::Pubkey;

/// A text that is neither the name nor the address of a feature.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("unknown feature {asked}; {cure}", cure = self.cure())]
pub struct UnknownFeature {
    asked: String,
    /// The most similar name, unless it was an address that was asked for.
    similar: Option<&'static str>,
}

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
        let names = Feature::all().map(Feature::name);
        let similar = names
            .min_by_key(|name| distance(&asked, name))
            .filter(|_| !is_address);
        Self { asked, similar }
    }

    fn cure(&self) -> String {
        match self.similar {
            Some(name) => format!("the most similar name is {name}"),
            None => "no feature of Solana 4.2.2 has this address".to_owned(),
        }
    }
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
