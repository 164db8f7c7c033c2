//! Times the verification of signatures beside other projects' verifiers: same signatures, same run, in turns.
//!
//! ```sh
//! cargo run --release --manifest-path bench/peers/Cargo.toml -- --seconds 60 --json
//! ```
//!
//! Every verifier is named with its rule. Verifiers of another rule do other work: cofactorless ones need not multiply
//! by the cofactor, lenient ones need not check encodings and orders, and a batch of a cofactorless rule can answer
//! differently than single checks. Their figures are marked `*` and are for orientation only.

mod peers;
mod report;
mod rules;

use std::process::ExitCode;
use std::time::Duration;

use isobath_timing::{Contender, Corpus, Machine, Plan, load_average, run};

use crate::peers::PEERS;
use crate::report::Report;

/// Sizes of batches.
const SIZES: [usize; 7] = [1, 8, 16, 64, 256, 1_024, 4_096];
/// Distinct signatures.
const SIGNATURES: usize = 65_536;
/// Bytes of a message.
const MESSAGE_LEN: usize = 200;
/// Signatures in a call of a verifier that takes one at a time.
const SINGLES: usize = 64;

const USAGE: &str = "\
usage: isobath-peers [--seconds S] [--rounds R] [--json]

  --seconds S  total CPU time to measure for, approximate [60]
  --rounds R   turns of each verifier [11]
  --json       write the report as one JSON object";

/// The command line.
struct Arguments {
    seconds: u64,
    rounds: usize,
    is_json: bool,
}

fn main() -> ExitCode {
    let Some(arguments) = parse(std::env::args().skip(1)) else {
        eprintln!("{USAGE}");
        return ExitCode::from(2);
    };
    let rules = match rules::check() {
        Ok(rules) => rules,
        Err(surprise) => {
            eprintln!("error: {surprise}");
            return ExitCode::FAILURE;
        }
    };
    let load_before = load_average();
    let corpus = Corpus::new(SIGNATURES, MESSAGE_LEN, || {});
    let (items, bad) = (corpus.items(), corpus.bad());
    let mut contenders = Vec::new();
    for peer in &PEERS {
        let sizes = if peer.is_batch { &SIZES[..] } else { &[SINGLES] };
        for &size in sizes {
            contenders.push(Contender {
                path: peer.name.to_owned(),
                backend: peer.rule.to_owned(),
                items: &items,
                bad: &bad,
                size,
                calls: None,
                verify: (peer.start)(),
            });
        }
    }
    let plan = Plan {
        rounds: arguments.rounds,
        total: Duration::from_secs(arguments.seconds),
    };
    let timings = run(contenders, plan, || {});
    let report = Report {
        command: "peers",
        machine: Machine::detect(),
        load_average: [load_before, load_average()],
        rounds: arguments.rounds,
        rules,
        timings,
    };
    report.print(arguments.is_json);
    ExitCode::SUCCESS
}

fn parse(mut words: impl Iterator<Item = String>) -> Option<Arguments> {
    let mut arguments = Arguments {
        seconds: 60,
        rounds: 11,
        is_json: false,
    };
    while let Some(word) = words.next() {
        match word.as_str() {
            "--json" => arguments.is_json = true,
            "--seconds" => arguments.seconds = words.next()?.parse().ok()?,
            "--rounds" => arguments.rounds = words.next()?.parse().ok().filter(|rounds| *rounds > 0)?,
            _ => return None,
        }
    }
    Some(arguments)
}
