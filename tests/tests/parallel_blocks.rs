//! Large random blocks by several threads against one thread and the oracle, and the proof that the comparison can fail.

use isobath_tests::parallel_blocks::{BLOCKS_PER_CHAIN, Defect, Plan, run, run_chain};

/// Chains tried by default, six blocks each; `just parallel-blocks` runs more.
const CHAINS: u64 = 6;
/// Chains after which a planted defect counts as missed.
const CHAINS_FOR_DEFECT: u64 = 100;

#[test]
fn threads_make_the_blocks_of_the_oracle() {
    let plan = Plan {
        blocks: CHAINS * BLOCKS_PER_CHAIN,
        seed: 0,
        jobs: 1,
    };
    let report = run(plan, |_| ()).unwrap();
    println!("{report}");
    assert!(report.offered > report.blocks * 150, "{report}");
    for count in [
        report.succeeded,
        report.failed,
        report.fees_only,
        report.no_op,
        report.overlapped,
        report.steals,
        report.waits,
        report.conflicts,
        report.in_place,
        report.restored_in_place,
    ] {
        assert!(count > 0, "everything is exercised: {report}");
    }
}

fn is_caught(defect: Defect) {
    let caught = (0..CHAINS_FOR_DEFECT).find_map(|seed| run_chain(seed, Some(defect)).err());
    let difference = caught.unwrap_or_else(|| panic!("{defect:?} is not caught"));
    println!("{defect:?}: {difference}");
}

#[test]
fn defects_of_the_executor_are_caught() {
    use isobath_runtime::PlantedBug;
    for bug in [
        PlantedBug::MissedLock,
        PlantedBug::OwnLock,
        PlantedBug::LeakyRollback,
        PlantedBug::LostBytes,
        PlantedBug::KeptContents,
        PlantedBug::EarlyCredit,
        PlantedBug::CurrentTables,
        PlantedBug::LostMessages,
    ] {
        is_caught(Defect::Runtime(bug));
    }
}

#[test]
fn defects_of_the_store_are_caught() {
    use isobath_accounts_db::PlantedBug;
    for bug in [
        PlantedBug::CellInFlight,
        PlantedBug::WrongImage,
        PlantedBug::LostUndo,
        PlantedBug::RecycledId,
    ] {
        is_caught(Defect::Accounts(bug));
    }
}
