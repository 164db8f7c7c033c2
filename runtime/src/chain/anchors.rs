//! The recent results, of which each header names one as its anchor (contract 1).
//!
//! Invariant: the list holds, oldest first and without gaps, exactly the results that the next header may name: none
//! older than the anchor of the newest header, because an anchor never goes back, and at most `anchor_lag_max`.

use std::collections::VecDeque;

use isobath_program_abi::Hash;
use isobath_sdk::chain::header::Anchor;

use super::error::AnchorError;

/// The results that the next header may name.
#[derive(Debug, Clone)]
pub(super) struct Anchors {
    lag_max: u64,
    /// Slot of the anchor in the newest header.
    named: u64,
    results: VecDeque<Anchor>,
}

impl Anchors {
    /// Before the first block: the genesis counts as the result of slot 0.
    pub(super) fn new(genesis_hash: Hash, lag_max: u64) -> Self {
        let genesis = Anchor {
            slot: 0,
            result_hash: genesis_hash,
        };
        Self {
            lag_max,
            named: genesis.slot,
            results: VecDeque::from([genesis]),
        }
    }

    /// The result of the newest block.
    pub(super) fn newest(&self) -> Anchor {
        *self.results.back().expect("the newest result is always kept")
    }

    /// Whether the header of the next block may name `anchor`.
    pub(super) fn check(&self, anchor: &Anchor) -> Result<(), AnchorError> {
        let next = self.newest().slot.saturating_add(1);
        let lag = next.saturating_sub(anchor.slot);
        let (slot, named, lag_max) = (anchor.slot, self.named, self.lag_max);
        if lag == 0 {
            return Err(AnchorError::NotAnAncestor { slot, block: next });
        }
        if slot < named {
            return Err(AnchorError::GoesBack { slot, named });
        }
        if lag > lag_max {
            return Err(AnchorError::TooFarBehind { slot, lag, lag_max });
        }
        let known = self.results.iter().find(|result| result.slot == slot);
        let known = known
            .expect("the list has every result from there on")
            .result_hash;
        match known == anchor.result_hash {
            true => Ok(()),
            false => Err(AnchorError::OtherResult {
                slot,
                named: anchor.result_hash,
                known,
            }),
        }
    }

    /// Adds the result of the next block, whose header names the result of slot `named`.
    pub(super) fn push(&mut self, named: u64, result: Anchor) {
        self.named = named;
        self.results.push_back(result);
        // The next header is one slot further, so it can name the results of `lag_max` slots up to this one.
        let oldest = named.max(result.slot.saturating_add(1).saturating_sub(self.lag_max));
        while self.results.front().is_some_and(|kept| kept.slot < oldest) {
            self.results.pop_front();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LAG_MAX: u64 = 3;

    const fn result(slot: u8) -> Anchor {
        Anchor {
            slot: slot as u64,
            result_hash: Hash([slot; 32]),
        }
    }

    /// After blocks 1 to `blocks`, each of which names the result of slot 0 for as long as it may.
    fn lagging(blocks: u8) -> Anchors {
        let mut anchors = Anchors::new(Hash([0; 32]), LAG_MAX);
        for slot in 1..=blocks {
            let named = u64::from(slot).saturating_sub(LAG_MAX);
            anchors.push(named, result(slot));
        }
        anchors
    }

    #[test]
    fn an_anchor_is_within_the_lag() {
        let anchors = lagging(5);
        let (slot, lag, lag_max) = (2, 4, LAG_MAX);
        assert_eq!(
            anchors.check(&result(2)),
            Err(AnchorError::TooFarBehind { slot, lag, lag_max })
        );
        for slot in 3..=5 {
            assert_eq!(anchors.check(&result(slot)), Ok(()));
        }
        let (slot, block) = (6, 6);
        assert_eq!(
            anchors.check(&result(6)),
            Err(AnchorError::NotAnAncestor { slot, block })
        );
    }

    #[test]
    fn an_anchor_never_goes_back() {
        let mut anchors = lagging(5);
        anchors.push(4, result(6));
        let (slot, named) = (3, 4);
        assert_eq!(
            anchors.check(&result(3)),
            Err(AnchorError::GoesBack { slot, named })
        );
        assert_eq!(anchors.check(&result(4)), Ok(()));
        assert_eq!(anchors.results.len(), 3);
    }

    #[test]
    fn an_anchor_names_the_result_of_its_slot() {
        let forged = Anchor { slot: 4, ..result(9) };
        let error = AnchorError::OtherResult {
            slot: 4,
            named: Hash([9; 32]),
            known: Hash([4; 32]),
        };
        assert_eq!(lagging(5).check(&forged), Err(error));
    }

    #[test]
    fn the_list_is_bounded_by_the_lag_and_by_what_was_named() {
        assert_eq!(lagging(100).results.len() as u64, LAG_MAX);
        let mut prompt = Anchors::new(Hash([0; 32]), 1_000);
        for slot in 1..=100 {
            prompt.push(u64::from(slot) - 1, result(slot));
            assert!(prompt.results.len() <= 2);
        }
    }
}
