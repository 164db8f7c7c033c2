//! A short search for transactions that make a node do more than their cost says.

use isobath_tests::fuzz_transactions::watch_panics;
use isobath_tests::hostile_costs::{Plan, Quantity, TIMES_MAX, search};

/// One round for each quantity.
const PLAN: Plan = Plan {
    seed: 1,
    rounds: Quantity::ALL.len() as u64,
    steps: 100,
};

#[test]
fn no_transaction_does_much_more_than_it_costs() {
    watch_panics();
    let report = search(PLAN, |_, _| ()).unwrap();
    println!("{report}");
    assert!(report.times() <= TIMES_MAX, "{report}");
    for quantity in Quantity::ALL {
        let worst = report.worst(quantity).expect("every quantity was seen");
        assert!(
            worst.times >= 1.0,
            "the search finds more than a transfer: {report}"
        );
    }
}
