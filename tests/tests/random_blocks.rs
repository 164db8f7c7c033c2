//! Random blocks against the model, and the proof that the comparison can fail.

use isobath_runtime::{PlantedBug, Runtime};
use isobath_tests::random_blocks::{Feature, Report, run};

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
        total.add(&run(seed, |runtime| runtime).unwrap());
    }
    println!("{} seeds from 0: {total}", seeds());
    assert_eq!(total.missing(), [], "every feature is exercised: {total}");
    let classes = [
        Feature::Succeeded,
        Feature::Failed,
        Feature::FeesOnly,
        Feature::NoOp,
        Feature::Malformed,
    ];
    assert!(
        classes.iter().all(|class| total.of(*class) >= seeds()),
        "every class is common: {total}"
    );
}

fn is_caught(bug: PlantedBug) {
    let plant = |runtime: Runtime| runtime.with_planted_bug(bug);
    let caught = (0..SEEDS).find_map(|seed| Some((seed, run(seed, plant).err()?)));
    let (seed, difference) = caught.expect("a planted bug is caught");
    run(seed, |runtime| runtime).expect("without the bug the same blocks follow the model");
    println!("{bug:?}: {}", difference.lines().next().unwrap_or_default());
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
fn lost_undo_of_contents_that_changed_in_place_is_caught() {
    is_caught(PlantedBug::LostBytes);
}

#[test]
fn contents_that_are_not_put_back_are_caught() {
    is_caught(PlantedBug::KeptContents);
}

#[test]
fn a_credited_burn_is_caught() {
    is_caught(PlantedBug::BurnCredited);
}

#[test]
fn a_nonce_that_a_failure_does_not_advance_is_caught() {
    is_caught(PlantedBug::NonceStuck);
}

#[test]
fn tables_of_the_open_block_are_caught() {
    is_caught(PlantedBug::CurrentTables);
}

#[test]
fn stale_return_data_is_caught() {
    is_caught(PlantedBug::StaleReturnData);
}

#[test]
fn a_forgiven_call_is_caught() {
    is_caught(PlantedBug::ForgivenCall);
}
