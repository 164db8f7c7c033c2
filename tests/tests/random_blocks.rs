//! Random blocks against the model, and the proof that the comparison can fail.

use isobath_runtime::{PlantedBug, Runtime};
use isobath_tests::random_blocks::{Report, run};

/// Seeds tried by default; `ISOBATH_RANDOM_BLOCKS` sets another number.
const SEEDS: u64 = 60;

fn seeds() -> u64 {
    std::env::var("ISOBATH_RANDOM_BLOCKS")
        .ok()
        .and_then(|count| count.parse().ok())
        .unwrap_or(SEEDS)
}

#[test]
fn random_blocks_follow_the_model() {
    let mut total = Report::default();
    for seed in 0..seeds() {
        let report = run(seed, |runtime| runtime).unwrap();
        total.succeeded += report.succeeded;
        total.failed += report.failed;
        total.fees_only += report.fees_only;
        total.no_op += report.no_op;
        total.malformed += report.malformed;
    }
    println!("{} seeds from 0: {total:?}", seeds());
    let least = [
        total.succeeded,
        total.failed,
        total.fees_only,
        total.no_op,
        total.malformed,
    ];
    assert!(
        least.iter().all(|count| *count >= seeds()),
        "every class is exercised: {total:?}"
    );
}

fn is_caught(bug: PlantedBug) {
    let plant = |runtime: Runtime| runtime.with_planted_bug(bug);
    let caught = (0..SEEDS).find_map(|seed| Some((seed, run(seed, plant).err()?)));
    let (seed, difference) = caught.expect("a planted bug is caught");
    run(seed, |runtime| runtime).expect("without the bug the same blocks follow the model");
    println!("{bug:?}: {difference}");
}

#[test]
fn a_free_failure_is_caught() {
    is_caught(PlantedBug::FreeFailure);
}

#[test]
fn a_leaky_rollback_is_caught() {
    is_caught(PlantedBug::LeakyRollback);
}

#[test]
fn a_credited_burn_is_caught() {
    is_caught(PlantedBug::BurnCredited);
}
