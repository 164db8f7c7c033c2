//! Commitment levels: how final the state must be that a call reads.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use thiserror::Error;

/// How final the state must be that a call reads.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Commitment {
    /// The newest state.
    Processed,
    /// Voted for.
    #[default]
    Confirmed,
    /// Final.
    Finalized,
}

/// A text is not the name of a commitment level.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[error("`{0}` is not a commitment level; use `processed`, `confirmed` or `finalized`")]
pub struct ParseCommitmentError(String);

impl Commitment {
    /// All levels, the weakest first.
    pub const ALL: [Self; 3] = [Self::Processed, Self::Confirmed, Self::Finalized];

    /// The name in calls and files.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Processed => "processed",
            Self::Confirmed => "confirmed",
            Self::Finalized => "finalized",
        }
    }
}

impl fmt::Display for Commitment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Commitment {
    type Err = ParseCommitmentError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|level| level.name() == text)
            .ok_or_else(|| ParseCommitmentError(text.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_the_same_in_text_and_json() {
        for level in Commitment::ALL {
            assert_eq!(level.to_string().parse(), Ok(level));
            assert_eq!(serde_json::to_value(level).unwrap(), level.name());
        }
        let error = "recent".parse::<Commitment>().unwrap_err();
        assert!(error.to_string().contains("`recent` is not a commitment level"));
    }

    #[test]
    fn stronger_levels_compare_greater() {
        assert!(Commitment::ALL.is_sorted());
        assert_eq!(Commitment::default(), Commitment::Confirmed);
    }
}
