//! Crowds of hostile clients against a node of its own, and what honest clients notice of them.
//!
//! `isobath-hostile-clients [--seconds N] [--only TEXT] [--node PATH]`: each attack goes on for N seconds (15), so all of
//! them take less than five minutes. Prints a table; exit code 1 when a bound is exceeded.

#![allow(
    clippy::arithmetic_side_effects,
    reason = "test code: an overflow is a failed test"
)]

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use isobath_tests::hostile::crowd::attacks::{ATTACKS, Attack, descriptors};
use isobath_tests::hostile::crowd::report::{Row, node_beside, run, table};
use isobath_tests::hostile::crowd::scene::Scene;

/// Transfers for the large block.
const TRANSFERS: usize = 20_000;
/// Open files of the node whose descriptors are used up.
const FILES: u64 = 96;
/// Seconds of an attack, and the most that fit into five minutes.
const SECONDS: u64 = 15;
const SECONDS_MAX: u64 = 25;

struct Options {
    seconds: u64,
    only: String,
    node: PathBuf,
}

fn options() -> Result<Options, String> {
    let program = std::env::current_exe().map_err(|error| error.to_string())?;
    let (mut seconds, mut only, mut node) = (SECONDS, String::new(), None);
    let mut arguments = std::env::args().skip(1);
    while let Some(flag) = arguments.next() {
        let value = arguments.next().ok_or_else(|| format!("{flag} needs a value"))?;
        match flag.as_str() {
            "--seconds" => seconds = value.parse().map_err(|_| format!("not a number: {value}"))?,
            "--only" => only = value,
            "--node" => node = Some(PathBuf::from(value)),
            _ => return Err(format!("unknown flag {flag}; use --seconds, --only or --node")),
        }
    }
    Ok(Options {
        seconds: seconds.clamp(1, SECONDS_MAX),
        only,
        node: node.map_or_else(|| node_beside(&program), Ok)?,
    })
}

fn attack_all(options: &Options) -> Result<Vec<Row>, String> {
    let mut rows = Vec::new();
    let duration = Duration::from_secs(options.seconds);
    let chosen = |name: &str| name.contains(&options.only);
    let start = |transfers, files| {
        let ledger = std::env::temp_dir().join(format!("isobath-hostile-clients-{}", std::process::id()));
        drop(std::fs::remove_dir_all(&ledger));
        Scene::start(&options.node, &ledger, transfers, files).map(|scene| (scene, ledger))
    };
    let mut attack = |scene: &Scene, name: &str, attack: Attack| -> Result<(), String> {
        eprintln!("{name} ...");
        rows.push(run(scene, name, attack, duration)?);
        Ok(())
    };
    let (scene, ledger) = start(TRANSFERS, None)?;
    for (name, function) in ATTACKS.into_iter().filter(|(name, _)| chosen(name)) {
        attack(&scene, name, function)?;
    }
    drop(scene);
    let name = "256 connections, 96 open files";
    if chosen(name) {
        let (scene, _) = start(0, Some(FILES))?;
        attack(&scene, name, descriptors)?;
    }
    drop(std::fs::remove_dir_all(ledger));
    Ok(rows)
}

fn main() -> ExitCode {
    let rows = options().and_then(|options| attack_all(&options));
    match rows {
        Ok(rows) => {
            print!("{}", table(&rows));
            let exceeds = rows.iter().any(|row| !row.faults().is_empty());
            ExitCode::from(u8::from(exceeds))
        }
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}
