//! `keygen grind`: keys whose addresses begin or end with given characters, found by trying.
//!
//! ```text
//! worker threads: random key -> address -> wanted? --channel--> this thread: write file, print
//! ```
//!
//! A found key is written and printed at once, so an interruption loses none. Only this thread writes.

mod search;

use std::num::NonZero;
use std::path::PathBuf;
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use clap::Args;
use serde_json::json;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::mpsc::{Receiver, channel};
use tokio::time::{MissedTickBehavior, interval};
use zeroize::Zeroizing;

use self::search::{Found, Pattern, PhraseSource, Search};
use super::options::{PhraseArgs, show_phrase, write_file};
use crate::output::{OutputFormat, Report, note, print};
use crate::replace::Existing;

/// How often the progress is reported.
const PROGRESS_INTERVAL: Duration = Duration::from_secs(10);

/// Found keys that may wait to be written.
const FOUND_WAITING_MAX: usize = 16;

/// Threads that may search.
const THREADS_MAX: u64 = 1_024;

/// Arguments of `keygen grind`.
#[derive(Debug, Args)]
pub struct GrindArgs {
    #[command(flatten)]
    patterns: PatternArgs,
    /// Match upper and lower case alike.
    #[arg(long)]
    ignore_case: bool,
    /// Threads that search [default: one for each processor].
    #[arg(long, value_name = "NUMBER", value_parser = clap::value_parser!(u64).range(1..=THREADS_MAX))]
    num_threads: Option<u64>,
    /// Search among keys of new seed phrases and show the phrases; much slower.
    #[arg(long)]
    use_mnemonic: bool,
    #[command(flatten)]
    phrase: PhraseArgs,
    /// Write no files; needs --use-mnemonic, without which the keys would be lost.
    #[arg(short = 'n', long, requires = "use_mnemonic")]
    no_outfile: bool,
}

/// What addresses are wanted.
#[derive(Debug, Args)]
#[group(required = true, multiple = true)]
pub(crate) struct PatternArgs {
    /// COUNT keys whose addresses begin with PREFIX, in base58.
    #[arg(long, value_name = "PREFIX:COUNT", value_parser = search::parse_prefix)]
    starts_with: Vec<Pattern>,
    /// COUNT keys whose addresses end with SUFFIX, in base58.
    #[arg(long, value_name = "SUFFIX:COUNT", value_parser = search::parse_suffix)]
    ends_with: Vec<Pattern>,
    /// COUNT keys whose addresses begin with PREFIX and end with SUFFIX, in base58.
    #[arg(long, value_name = "PREFIX:SUFFIX:COUNT", value_parser = search::parse_both)]
    starts_and_ends_with: Vec<Pattern>,
}

impl PatternArgs {
    fn all(&self) -> Vec<Pattern> {
        [&self.starts_with, &self.ends_with, &self.starts_and_ends_with]
            .into_iter()
            .flatten()
            .cloned()
            .collect()
    }
}

/// Runs `keygen grind`.
///
/// # Errors
/// A key cannot be written or printed, the random number generator fails, or the search is interrupted.
pub(super) fn run(args: &GrindArgs, format: OutputFormat) -> anyhow::Result<()> {
    let phrases = match args.use_mnemonic {
        true => Some(PhraseSource {
            language: args.phrase.language,
            words: args.phrase.word_count,
            derivation: args.phrase.derivation()?,
            passphrase: args.phrase.passphrase()?,
        }),
        false if args.phrase.has_path() => {
            bail!("--derivation-path has no effect on keys without a phrase; add --use-mnemonic")
        }
        false => None,
    };
    let threads = match args.num_threads {
        Some(threads) => usize::try_from(threads).context("--num-threads")?,
        None => thread::available_parallelism().map_or(1, NonZero::get),
    };
    let patterns = args.patterns.all();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .context("cannot start the search; raise the open file limit (ulimit -n)")?;
    runtime.block_on(async {
        let interrupts = signal(SignalKind::interrupt()).context("cannot install a signal handler")?;
        note(&format!("searching with {threads} threads for:"));
        for pattern in &patterns {
            note(&pattern.to_string());
        }
        let search = Arc::new(Search::new(patterns, args.ignore_case, phrases));
        let (workers, found) = start(&search, threads);
        let outcome = collect(args, format, &search, found, interrupts).await;
        search.stop();
        for worker in workers {
            if worker.join().is_err() {
                bail!("a search thread panicked (internal error)");
            }
        }
        outcome
    })
}

/// Starts the threads, which end when the search does or when nobody receives any more.
fn start(search: &Arc<Search>, threads: usize) -> (Vec<JoinHandle<()>>, Receiver<anyhow::Result<Found>>) {
    let (sender, found) = channel(FOUND_WAITING_MAX);
    let worker = |_| {
        let (search, sender) = (Arc::clone(search), sender.clone());
        thread::spawn(move || search.run(&sender))
    };
    ((0..threads).map(worker).collect(), found)
}

/// Writes and prints what the threads find until they end.
async fn collect(
    args: &GrindArgs,
    format: OutputFormat,
    search: &Search,
    mut found: Receiver<anyhow::Result<Found>>,
    mut interrupts: Signal,
) -> anyhow::Result<()> {
    let begun = Instant::now();
    let mut progress = interval(PROGRESS_INTERVAL);
    progress.set_missed_tick_behavior(MissedTickBehavior::Skip);
    // The first tick is immediate.
    progress.tick().await;
    loop {
        tokio::select! {
            key = found.recv() => match key {
                Some(key) => print(&show(args, &key?, search.has_passphrase())?.render(format))?,
                None => return Ok(()),
            },
            _ = progress.tick() => note(&search.progress(begun.elapsed())),
            _ = interrupts.recv() => bail!(
                "interrupted ({}); the keys found so far are kept",
                search.progress(begun.elapsed())
            ),
        }
    }
}

/// Writes the file of a found key, and what to print of it.
fn show(args: &GrindArgs, found: &Found, has_passphrase: bool) -> anyhow::Result<Report> {
    let pubkey = found.keypair.pubkey();
    let mut report = Report {
        text: String::new(),
        json: json!({"pubkey": pubkey, "path": null}),
    };
    if !args.no_outfile {
        let path = PathBuf::from(format!("{pubkey}.json"));
        let json = Zeroizing::new(found.keypair.to_json());
        write_file(&path, &json, Existing::Replace)?;
        report.text = format!("Wrote keypair to {}", path.display());
        report.json["path"] = json!(path);
    }
    if let Some(phrase) = &found.phrase {
        show_phrase(&mut report, phrase, has_passphrase);
    }
    Ok(report)
}
