//! The recorded answers of Solana's own node beside those of this node: `just compare-answers` compares live.

use isobath_tests::answers::compare::compare;
use isobath_tests::answers::ours;
use isobath_tests::answers::reference::recording;
use isobath_tests::answers::rows::{judge, rows};

#[test]
fn every_difference_from_the_recorded_answers_has_a_reason() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let ours = ours::answers(folder.path()).expect("the node answers");
    let judged = judge(compare(&recording(), &ours), &rows());
    for difference in &judged.open {
        println!("{difference}");
    }
    assert!(
        judged.open.is_empty(),
        "{} differences have no row in docs/differences.md",
        judged.open.len()
    );
    assert!(
        judged.stale.is_empty(),
        "rows of docs/differences.md that no difference matches: {:?}",
        judged.stale
    );
}
