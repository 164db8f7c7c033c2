//! Arithmetic and verdicts of the report, on invented results.

use super::*;
use crate::cli::{Cli, Command};
use crate::client::{Books, LoadResult, Plan, Sums, WrongAccount};
use crate::keys::Keys;
use crate::machine::CpuTimes;
use clap::Parser;
use isobath_sdk::Pubkey;
use std::sync::Arc;

fn client_args(arguments: &[&str]) -> ClientArgs {
    let all = ["isobath-bench", "client"].iter().chain(arguments);
    match Cli::try_parse_from(all).unwrap().command {
        Command::Client(args) => args,
        _ => panic!("client was asked for"),
    }
}

fn demo_args() -> DemoArgs {
    match Cli::try_parse_from(["isobath-bench", "demo"]).unwrap().command {
        Command::Demo(args) => args,
        _ => panic!("demo was asked for"),
    }
}

fn run_of(confirmed: u64) -> DriveResult {
    let mut latency_us = Histogram::new(3).unwrap();
    for value in 1..=confirmed {
        latency_us.record(value.saturating_mul(1_000)).unwrap();
    }
    let before = 1_000_000_000_u128;
    DriveResult {
        load: LoadResult {
            sent: confirmed,
            confirmed,
            unresolved: 0,
            failures: BTreeMap::new(),
            resigned: 0,
            busy_answers: 0,
            elapsed: Duration::from_millis(500),
            latency_us,
            late: None,
            slots: 10,
            stop_reason: None,
            last_error: None,
            cpu: Some(CpuUse {
                times: CpuTimes {
                    generator_ns: 1_000_000_000,
                    node_ns: 2_000_000_000,
                    machine_ns: 3_500_000_000,
                },
                wall: Duration::from_secs(2),
            }),
            sample: None,
            books: Books::new(Plan::new(2), Arc::new(Keys::derive(1, 2, 1)), vec![0; 2]),
            log: None,
        },
        compute_units_each: 150,
        load_average: [Some(0.5), None],
        conservation: Ok(Conservation::new(
            Sums {
                before,
                after: before.saturating_sub(u128::from(confirmed).saturating_mul(5_000)),
                in_blocks: confirmed,
                unresolved: 0,
            },
            0,
            None,
        )),
    }
}

/// The check of a run in which one account holds a lamport too many, and another one too few.
fn wrong_accounts() -> Conservation {
    let wrong = WrongAccount {
        address: Pubkey([7; 32]),
        lamports: 1_001,
        expected_lamports: 1_000,
    };
    let sums = Sums {
        before: 5_000,
        after: 0,
        in_blocks: 1,
        unresolved: 0,
    };
    Conservation::new(sums, 2, Some(wrong))
}

fn good_chain() -> ChainCheck {
    ChainCheck {
        holds: true,
        slot: 9,
        genesis_lamports: 10,
        burned_lamports: 1,
        capitalization_lamports: 9,
        sum_lamports: 9,
    }
}

fn good_reopened() -> Reopened {
    Reopened {
        holds: true,
        blocks: 9,
        ledger_bytes: 1,
        looked_up: 100,
        found: 100,
        lamports_hold: true,
        lost_blocks: 0,
        wrong_accounts: 0,
    }
}

#[test]
fn rates_and_percentiles_follow_from_the_counts() {
    let report = of_client(&client_args(&["--txs", "100"]), &run_of(100));
    assert!(report.ok);
    assert!((report.tps - 200.0).abs() < 1e-9);
    assert!((report.cu_per_second - 30_000.0).abs() < 1e-9);
    let latency = report.latency_us.unwrap();
    // Three significant digits: the histogram may answer with the upper end of a bucket.
    for (value, exact) in [
        (latency.p50, 50_000),
        (latency.p90, 90_000),
        (latency.p99, 99_000),
        (latency.p999, 100_000),
        (latency.max, 100_000),
    ] {
        assert!(value.abs_diff(exact) <= exact / 1_000, "{value} is not {exact}");
    }
}

#[test]
fn an_empty_run_has_finite_numbers_and_is_not_ok() {
    let mut nothing = run_of(0);
    nothing.load.elapsed = Duration::ZERO;
    let report = of_client(&client_args(&["--txs", "5"]), &nothing);
    assert!(!report.ok && report.tps == 0.0 && report.latency_us.is_none());
    let json: serde_json::Value = serde_json::from_str(&report.to_json()).unwrap();
    assert!(json["latency_us"].is_null());
}

#[test]
fn any_shortfall_makes_the_run_not_ok() {
    let args = client_args(&["--txs", "100"]);
    assert!(!of_client(&args, &run_of(99)).ok, "one transfer is missing");
    let mut off = run_of(100);
    off.conservation = Ok(wrong_accounts());
    let report = of_client(&args, &off);
    assert!(!report.ok, "two balances are off");
    assert!(
        human::render(&report).contains("2 of the 1,000 accounts"),
        "{}",
        human::render(&report)
    );
    off.conservation = Err("cannot connect".to_owned());
    let report = of_client(&args, &off);
    assert!(!report.ok && report.last_error.as_deref() == Some("cannot connect"));
    assert!(human::render(&report).contains("could not be read"));

    let demo = demo_args();
    let report = |chain, reopened| of_demo(&demo, String::new(), &run_of(100), chain, reopened);
    assert!(report(good_chain(), good_reopened()).ok);
    assert!(
        !report(
            ChainCheck {
                holds: false,
                ..good_chain()
            },
            good_reopened()
        )
        .ok
    );
    assert!(
        !report(
            good_chain(),
            Reopened {
                holds: false,
                ..good_reopened()
            }
        )
        .ok
    );
    let mut unresolved = run_of(100);
    unresolved.load.sent += 1;
    unresolved.load.unresolved = 1;
    assert!(!of_demo(&demo, String::new(), &unresolved, good_chain(), good_reopened()).ok);
}

#[test]
fn an_interrupted_run_whose_books_balance_says_so() {
    let args = client_args(&["--txs", "1000"]);
    let mut run = run_of(100);
    run.load.stop_reason = Some(StopReason::Interrupted);
    let report = of_client(&args, &run);
    let text = human::render(&report);
    assert!(!report.ok && report.interrupted, "900 transfers were not sent");
    assert!(
        text.contains("every check passed for what was sent") && !text.contains("FAIL"),
        "{text}"
    );

    run.conservation = Ok(wrong_accounts());
    let text = human::render(&of_client(&args, &run));
    assert!(text.contains("a check FAILED"), "{text}");
}

#[test]
fn a_run_of_less_than_five_slots_says_that_it_is_too_short() {
    let args = client_args(&["--txs", "100"]);
    let mut run = run_of(100);
    assert!(!of_client(&args, &run).too_short);
    run.load.slots = 4;
    let report = of_client(&args, &run);
    let text = human::render(&report);
    assert!(report.too_short && report.ok);
    assert!(
        text.contains("Too short: ") && text.contains("raise --txs"),
        "{text}"
    );
}

#[test]
fn the_json_fields_are_the_documented_ones() {
    let mut run = run_of(10);
    run.load.late = Some(Late {
        transfers: 1,
        mean_us: 2,
        max_us: 2,
        unsent: 0,
    });
    run.conservation = Ok(wrong_accounts());
    let report = of_demo(
        &demo_args(),
        "http://127.0.0.1:1".to_owned(),
        &run,
        good_chain(),
        good_reopened(),
    );
    let json: serde_json::Value = serde_json::from_str(&report.to_json()).unwrap();
    let documented = include_str!("../../../docs/bench.md");
    let mut names = Vec::new();
    collect_names(&json, "", &mut names);
    for name in names {
        assert!(
            documented.contains(&format!("`{name}`")),
            "docs/bench.md does not mention `{name}`"
        );
    }
}

/// Dotted names of all fields; the keys of `failures` are data, not names.
fn collect_names(value: &serde_json::Value, prefix: &str, names: &mut Vec<String>) {
    let Some(fields) = value.as_object() else { return };
    for (name, inner) in fields {
        let path = if prefix.is_empty() {
            name.clone()
        } else {
            format!("{prefix}.{name}")
        };
        if name != "failures" {
            collect_names(inner, &path, names);
        }
        names.push(path);
    }
}

#[test]
fn the_human_report_states_the_verdict() {
    let good = of_demo(
        &demo_args(),
        String::new(),
        &run_of(100),
        good_chain(),
        good_reopened(),
    );
    let text = human::render(&good);
    assert!(
        text.is_ascii() && text.lines().all(|line| line.len() <= 120),
        "{text}"
    );
    assert!(
        text.contains("cargo run --release -- dev") && !text.contains("FAIL"),
        "{text}"
    );

    let bad = of_demo(
        &demo_args(),
        String::new(),
        &run_of(100),
        good_chain(),
        Reopened {
            holds: false,
            found: 99,
            ..good_reopened()
        },
    );
    let text = human::render(&bad);
    assert!(
        text.contains("FAIL") && text.contains("99 of 100") && text.contains("Run FAILED"),
        "{text}"
    );
}
