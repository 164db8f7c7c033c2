//! Telling the deliberate differences from all others (`docs/conformance.md`).

use isobath_conformance::compare::{Difference, describe, differences};
use isobath_conformance::directed::Directed;
use isobath_conformance::isobath::Isobath;
use isobath_conformance::ledger::{Run, run};
use isobath_sdk::chain::genesis::Genesis;

/// How Isobath compares on one sequence.
pub(crate) enum Verdict {
    /// It does the same.
    Same,
    /// It differs for this reason, in this.
    Deliberate(&'static str, Vec<Difference>),
    /// It differs, or does not although it should.
    Unexpected(String),
}

/// Compares Isobath with what Solana's runtime made of the sequence.
pub(crate) fn verdict(directed: &Directed, expected: &Run) -> Verdict {
    let sequence = &directed.sequence;
    let found = run(sequence, &mut Isobath::new(sequence));
    let different = |found: &Run| differences(sequence.oracle, &expected.blocks, &found.blocks);
    let differences = different(&found);
    if differences.is_empty() {
        return match directed.differs {
            None => Verdict::Same,
            Some(reason) => Verdict::Unexpected(format!("it does not differ any more ({reason})")),
        };
    }
    let is_order = |differences: &[Difference]| differences.iter().all(Difference::is_order_of_faults);
    let is_refused_twice =
        |difference: &Difference| difference.is_order_of_faults() || difference.is_table_of_the_block();
    let one_more = |genesis: &mut Genesis| genesis.blockhash_max_age_blocks += 1;
    let reason = if is_order(&differences) {
        Some("order")
    } else if differences.iter().all(is_refused_twice) {
        Some("parent")
    } else if is_order(&different(&run(
        sequence,
        &mut Isobath::with_rules(sequence, one_more),
    ))) {
        // Gone when Isobath takes blockhashes for one block more.
        Some("age")
    } else {
        directed.differs
    };
    match reason {
        Some(reason) => Verdict::Deliberate(reason, differences),
        None => Verdict::Unexpected(describe(&differences)),
    }
}
