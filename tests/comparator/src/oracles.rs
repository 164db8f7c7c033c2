//! Solana's programs, ready to run sequences.

use isobath_conformance::ledger::{Run, run};
use isobath_conformance::sequence::{Oracle, Sequence};
use isobath_sdk::rules::Profile;

use crate::{bank, instructions};

/// Both of Solana's programs with each set of features, ready to run sequences.
pub(crate) struct Oracles {
    mainnet: Pair,
    all: Pair,
}

/// Both of Solana's programs.
struct Pair {
    start: instructions::Start,
    root: bank::Root,
}

impl Oracles {
    /// Makes their first states.
    pub(crate) fn new() -> Self {
        let pair = |profile| {
            let start = instructions::Start::new(profile);
            let root = bank::Root::new(&start, profile);
            Pair { start, root }
        };
        Self {
            mainnet: pair(Profile::Mainnet),
            all: pair(Profile::All),
        }
    }

    /// What they make of the sequence.
    pub(crate) fn run(&self, sequence: &Sequence) -> Run {
        let pair = match sequence.profile {
            Profile::Mainnet => &self.mainnet,
            Profile::All => &self.all,
        };
        match sequence.oracle {
            Oracle::Instructions => run(sequence, &mut pair.start.ledger(sequence)),
            Oracle::Ledger => run(sequence, &mut pair.root.ledger(sequence)),
        }
    }
}
