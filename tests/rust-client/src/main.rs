//! Drives a node with Solana's own RPC client for Rust, unmodified: what a program written against Solana does.
//!
//! ```text
//! --url URL    --------------------+
//!                                  +--> Wallets --> checks, in order --> one line each --> exit code
//! --node PATH  --> spawned node ---+
//! ```
//!
//! Invariant: every answer goes through the types of that client, so a member that is missing or of another type fails
//! the check that reads it. The node needs the faucet of a development genesis; nothing else is taken for granted.

mod checks;
mod node;
mod wallets;

use std::env;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Instant;

use anyhow::{Context as _, Result, bail};

use crate::node::Node;
use crate::wallets::Wallets;

const USAGE: &str = "usage: isobath-rust-client (--url URL | --node PATH-OF-ISOBATH)";

/// The node to drive.
enum Target {
    Running(String),
    Spawned(PathBuf),
}

fn main() -> ExitCode {
    match parse(env::args().skip(1)).and_then(|target| run(&target)) {
        Ok(0) => ExitCode::SUCCESS,
        Ok(failed) => {
            eprintln!("{failed} checks failed");
            ExitCode::FAILURE
        }
        Err(error) => {
            eprintln!("{error:#}");
            ExitCode::FAILURE
        }
    }
}

fn parse(mut arguments: impl Iterator<Item = String>) -> Result<Target> {
    let target = match (arguments.next().as_deref(), arguments.next()) {
        (Some("--url"), Some(url)) => Target::Running(url),
        (Some("--node"), Some(path)) => Target::Spawned(path.into()),
        _ => bail!(USAGE),
    };
    match arguments.next() {
        None => Ok(target),
        Some(_) => bail!(USAGE),
    }
}

/// Runs every check and counts those that failed.
fn run(target: &Target) -> Result<usize> {
    // The spawned node lives until the checks are done.
    let (url, _node) = match target {
        Target::Running(url) => (url.clone(), None),
        Target::Spawned(path) => {
            let node = Node::spawn(path)?;
            (node.url().to_owned(), Some(node))
        }
    };
    let wallets = Wallets::new(url);
    wallets.client().get_health().context("the node is not healthy")?;
    let mut failed = 0;
    for (name, check) in checks::ALL {
        let begin = Instant::now();
        let result = check(&wallets);
        let took = begin.elapsed().as_millis();
        match result {
            Ok(()) => println!("ok   {name} ({took} ms)"),
            Err(error) => {
                failed += 1;
                println!("FAIL {name} ({took} ms): {error:?}");
            }
        }
    }
    Ok(failed)
}
