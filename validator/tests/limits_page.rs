//! `docs/limits.md` against the code: every limit with its flag, default, meaning and counters, and no other.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::path::Path;
use std::process::Command;

use isobath_node::{HistoryLimits, NodeConfig};
use isobath_rpc::{LIMITS, RpcLimits, counters_of};

/// The rows of the page that begin with a flag, by their cells.
fn rows() -> Vec<Vec<String>> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/limits.md");
    let text = std::fs::read_to_string(path).unwrap();
    let rows = text.lines().filter(|line| line.starts_with("| `--"));
    rows.map(|row| {
        let cells = row.trim_matches('|').split('|');
        cells.map(|cell| cell.trim().to_owned()).collect()
    })
    .collect()
}

#[test]
fn the_page_lists_the_limits_of_the_rpc_as_they_are() {
    let rows: Vec<_> = rows()
        .into_iter()
        .filter(|row| row[0].starts_with("`--limit-"))
        .collect();
    let expected = LIMITS.iter().map(|limit| {
        let counters = counters_of(limit)
            .iter()
            .map(|name| format!("`{name}`"))
            .collect::<Vec<_>>();
        let default = limit.get(&RpcLimits::default()).to_string();
        [
            format!("`{}`", limit.flag()),
            default,
            limit.help.to_owned(),
            counters.join(", "),
        ]
    });
    let listed = rows.iter().map(|row| [0, 1, 2, 4].map(|cell| row[cell].clone()));
    assert_eq!(listed.collect::<Vec<_>>(), expected.collect::<Vec<_>>());
}

#[test]
fn the_page_lists_the_limits_of_the_node_as_they_are() {
    let (config, history) = (NodeConfig::at("unused"), HistoryLimits::default());
    let rows: Vec<_> = rows()
        .into_iter()
        .filter(|row| !row[0].starts_with("`--limit-"))
        .collect();
    let listed = rows.iter().map(|row| (row[0].as_str(), row[1].as_str()));
    let by_rules = |units: Option<u64>| units.map_or("by the genesis".to_owned(), |units| units.to_string());
    let blocks_max = if history.blocks_max == u64::MAX {
        "no limit".to_owned()
    } else {
        history.blocks_max.to_string()
    };
    let expected = [
        ("`--pending-max`", config.pending.transactions.to_string()),
        (
            "`--pending-per-payer`",
            config.pending.payer_transactions.to_string(),
        ),
        (
            "`--block-max-transactions`",
            config.budget.transactions.to_string(),
        ),
        ("`--block-max-cost`", by_rules(config.budget.cost_units)),
        ("`--account-max-cost`", by_rules(config.budget.account_cost_units)),
        ("`--history-blocks`", blocks_max),
        ("`--history-transactions`", history.transactions_max.to_string()),
        ("`--history-addresses`", history.address_postings_max.to_string()),
        ("`--held-view-bytes`", config.held_view_bytes.to_string()),
    ];
    let expected = expected.iter().map(|(flag, default)| (*flag, default.as_str()));
    assert_eq!(listed.collect::<Vec<_>>(), expected.collect::<Vec<_>>());
}

#[test]
fn long_help_lists_every_flag_of_the_page_and_short_help_no_limit() {
    let help = |flag| {
        let output = Command::new(env!("CARGO_BIN_EXE_isobath"))
            .args(["dev", flag])
            .output()
            .unwrap();
        String::from_utf8(output.stdout).unwrap()
    };
    let (long, short) = (help("--help"), help("-h"));
    for row in rows() {
        let flag = row[0].trim_matches('`');
        assert!(long.contains(&format!("{flag} <")), "{flag}");
    }
    assert!(
        long.contains("\nLimits:\n") && !short.contains("--limit-"),
        "{short}"
    );
}
