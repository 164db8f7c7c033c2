//! Some random whole transactions, and the proof that a broken promise is seen.

use isobath_runtime::{PlantedBug, Runtime};
use isobath_tests::fuzz_transactions::{CASES_PER_WORLD, Plan, run, watch_panics};

/// The plan of a quick run.
const PLAN: Plan = Plan {
    cases: 4 * CASES_PER_WORLD,
    seed: 1,
    jobs: 1,
};

#[test]
fn random_transactions_break_no_promise() {
    watch_panics();
    let report = run(PLAN, |runtime| runtime, |_| ()).unwrap();
    println!("{report}");
    let counts = [
        report.refused,
        report.no_op,
        report.fees_only,
        report.failed,
        report.succeeded,
        report.calls,
        report.by_nonce,
        report.by_table,
        report.bent,
    ];
    assert!(counts.iter().all(|count| *count >= 100), "{report}");
    // Nine or five run at once, and one more is listed as too deep.
    let depths = report.profiles.iter().map(|(name, of)| (*name, of.depth_max));
    assert!(depths.eq([("all", 10), ("mainnet", 6)]), "{report}");
    let blocks: Vec<u64> = report.profiles.values().map(|of| of.blocks).collect();
    assert_eq!(blocks, [blocks[0]; 2], "{report}");
    assert!(report.errors.len() >= 40, "{report}");
    assert_eq!(report.cases, PLAN.cases);
}

#[test]
fn the_report_does_not_depend_on_the_threads() {
    watch_panics();
    let plan = Plan {
        cases: 2 * CASES_PER_WORLD,
        ..PLAN
    };
    let alone = run(plan, |runtime| runtime, |_| ()).unwrap();
    let together = run(Plan { jobs: 3, ..plan }, |runtime| runtime, |_| ()).unwrap();
    assert_eq!(alone, together);
}

#[test]
fn planted_defects_are_seen() {
    for bug in [
        PlantedBug::FreeFailure,
        PlantedBug::LeakyRollback,
        PlantedBug::BurnCredited,
    ] {
        // One of each profile.
        for seed in [1, 2] {
            let plan = Plan {
                cases: CASES_PER_WORLD,
                seed,
                jobs: 1,
            };
            let plant = |runtime: Runtime| runtime.with_planted_bug(bug);
            let broken = run(plan, plant, |_| ()).expect_err("a planted bug is seen");
            assert!(broken.starts_with(&format!("seed {seed}: ")), "{broken}");
        }
    }
}
