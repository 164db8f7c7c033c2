//! `isobath ledger verify`: executes a ledger again and compares every result.

use std::io::{self, IsTerminal, Write};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use anyhow::Context;
use clap::Args;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use isobath_node::{CheckError, CheckProgress, CheckedLedger, check_ledger, program_table};

use crate::signals::StopSignals;

const TEMPLATE: &str = "{msg} [{bar:30}] slot {human_pos} of {human_len}  {eta} left";

/// Arguments of `isobath ledger verify`.
#[derive(Debug, Args)]
pub(crate) struct VerifyArgs {
    /// Ledger folder. Nothing in it is changed.
    #[arg(long, value_name = "DIR", default_value = "./isobath-ledger")]
    ledger: PathBuf,
    /// No progress bar.
    #[arg(long)]
    quiet: bool,
}

/// Verifies the ledger; the first signal to stop ends that after the current block.
///
/// # Errors
/// The first difference, or why the ledger cannot be read.
pub(crate) fn run(args: &VerifyArgs) -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .context("cannot prepare for signals")?;
    let stop = Arc::new(AtomicBool::new(false));
    let (dir, quiet, stopped) = (args.ledger.clone(), args.quiet, Arc::clone(&stop));
    runtime.block_on(async {
        let mut signals = StopSignals::install()?;
        let mut check = tokio::task::spawn_blocking(move || verify(&dir, quiet, &stopped));
        let result = tokio::select! {
            result = &mut check => result,
            _ = signals.recv() => {
                stop.store(true, Ordering::Relaxed);
                check.await
            }
        };
        result.context("the verification panicked; this is a bug")?
    })
}

fn verify(dir: &Path, quiet: bool, stop: &AtomicBool) -> anyhow::Result<()> {
    let begun = Instant::now();
    let bar = new_bar(quiet);
    let checked = check_ledger(dir, program_table(), |progress| note(&bar, progress, stop));
    bar.finish_and_clear();
    let checked = checked.map_err(with_cure)?;
    if checked.torn_bytes > 0 {
        eprintln!(
            "warning: the last {} bytes are an incomplete record, which no node has published and the next start cuts",
            checked.torn_bytes
        );
    }
    let line = summary(&checked, begun.elapsed().as_secs_f64());
    let written = writeln!(io::stdout().lock(), "{line}");
    written.context("cannot write to standard output")
}

fn note(bar: &ProgressBar, progress: CheckProgress, stop: &AtomicBool) -> ControlFlow<()> {
    bar.set_length(progress.last_slot);
    bar.set_position(progress.slot);
    match stop.load(Ordering::Relaxed) {
        true => ControlFlow::Break(()),
        false => ControlFlow::Continue(()),
    }
}

fn new_bar(quiet: bool) -> ProgressBar {
    let shows = !quiet && io::stderr().is_terminal();
    let target = if shows {
        ProgressDrawTarget::stderr()
    } else {
        ProgressDrawTarget::hidden()
    };
    let style = ProgressStyle::with_template(TEMPLATE).expect("the template is a constant that parses");
    ProgressBar::with_draw_target(Some(0), target)
        .with_style(style.progress_chars("=> "))
        .with_message("verifying")
}

fn summary(checked: &CheckedLedger, seconds: f64) -> String {
    format!(
        "verified {} blocks with {} transactions in {seconds:.1} s: every result is that of the oracle; genesis {}",
        checked.blocks, checked.transactions, checked.genesis_hash
    )
}

/// A difference is a bug of the node that wrote the ledger, of this one, or a change of the file.
fn with_cure(error: CheckError) -> anyhow::Error {
    match error {
        CheckError::Difference { .. }
        | CheckError::Delta { .. }
        | CheckError::Order { .. }
        | CheckError::Signature { .. } => anyhow::anyhow!(
            "{error}; do not run a node on this ledger: keep a copy of it, and start from a backup that verifies"
        ),
        error => error.into(),
    }
}
