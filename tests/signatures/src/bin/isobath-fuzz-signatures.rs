//! Runs crafted batches of signatures through every path and prints seed, count, throughput and coverage.
//!
//! ```sh
//! cargo run --release -p isobath-signature-tests --bin isobath-fuzz-signatures -- --count 100000000 --seed 1 --jobs 2
//! ```

use std::io::IsTerminal;
use std::process::ExitCode;
use std::sync::Mutex;
use std::time::{Duration, Instant};
use std::{env, thread};

use indicatif::{ProgressBar, ProgressStyle};
use isobath_signature_tests::fuzz::{Checker, Plan, Progress, SIGNATURES_PER_ROUND, run};
use isobath_signature_tests::paths::{self, Choice};
use isobath_sigverify::Backend;

const USAGE: &str = "\
usage: isobath-fuzz-signatures [--count N] [--seed S] [--jobs J] [--backend B] [--oracle-every E]

  --count N         signatures, rounded up to whole rounds of 16384 [1000000]
  --seed S          number of the first round; an interrupted run resumes at the number that it printed last [1]
  --jobs J          threads [one per core]
  --backend B       best, all, or the name of one [best]
  --oracle-every E  compare one signature in E with the scalar oracle and verify_strict of ed25519-dalek [16]";

/// Time between two lines of progress when stderr is not a terminal.
const PROGRESS_EVERY: Duration = Duration::from_secs(30);

/// The command line.
struct Arguments {
    plan: Plan,
    choice: Choice,
    oracle_every: u64,
}

fn main() -> ExitCode {
    if env::args()
        .skip(1)
        .any(|argument| argument == "--help" || argument == "-h")
    {
        println!("{USAGE}");
        return ExitCode::SUCCESS;
    }
    match parse(env::args().skip(1)) {
        Ok(arguments) => fuzz(&arguments),
        Err(message) => {
            eprintln!("error: {message}\n\n{USAGE}");
            ExitCode::from(2)
        }
    }
}

fn parse(mut words: impl Iterator<Item = String>) -> Result<Arguments, String> {
    let mut arguments = Arguments {
        plan: Plan {
            count: 1_000_000,
            seed: 1,
            jobs: thread::available_parallelism().map_or(1, usize::from),
        },
        choice: Choice::One(Backend::best()),
        oracle_every: 16,
    };
    while let Some(name) = words.next() {
        let value = words.next().ok_or_else(|| format!("{name} needs a value"))?;
        let number = || {
            let parsed = value.parse::<u64>();
            parsed.map_err(|_| format!("{name} needs a whole number, not {value:?}"))
        };
        match name.as_str() {
            "--count" => arguments.plan.count = number()?,
            "--seed" => arguments.plan.seed = number()?,
            "--jobs" => arguments.plan.jobs = usize::try_from(number()?.clamp(1, 1_024)).unwrap_or(1),
            "--oracle-every" => arguments.oracle_every = number()?.max(1),
            "--backend" => arguments.choice = Choice::parse(&value)?,
            _ => return Err(format!("unknown option {name}")),
        }
    }
    Ok(arguments)
}

fn fuzz(arguments: &Arguments) -> ExitCode {
    let plan = arguments.plan;
    let (always, sometimes) = paths::fuzzed(&arguments.choice);
    let names = |paths: &[paths::Path]| {
        let names: Vec<&str> = paths.iter().map(|path| path.name.as_str()).collect();
        names.join(", ")
    };
    let (first, last) = (plan.seed, plan.seed.wrapping_add(plan.rounds().saturating_sub(1)));
    println!(
        "{} signatures, rounds {first} to {last}, {} threads",
        plan.rounds().saturating_mul(SIGNATURES_PER_ROUND),
        plan.jobs
    );
    println!(
        "paths        always: {}; for one batch in 8: {}",
        names(&always),
        names(&sometimes)
    );
    let begin = Instant::now();
    let shown = Shown::new(plan.rounds().saturating_mul(SIGNATURES_PER_ROUND));
    let result = run(
        plan,
        || {
            let (always, sometimes) = paths::fuzzed(&arguments.choice);
            Checker::new(always, sometimes, arguments.oracle_every)
        },
        |progress| shown.show(progress),
    );
    shown.bar.finish_and_clear();
    let seconds = begin.elapsed().as_secs_f64();
    match result {
        Ok(report) => {
            println!("{report}");
            let thousands = f64::from(u32::try_from(report.signatures / 1_000).unwrap_or(u32::MAX));
            println!(
                "no mismatch in {seconds:.1} s, {:.1} thousand signatures/s",
                thousands / seconds
            );
            ExitCode::SUCCESS
        }
        Err(mismatch) => {
            eprintln!("mismatch: {mismatch}");
            ExitCode::FAILURE
        }
    }
}

/// A bar on a terminal, else a line now and then.
struct Shown {
    bar: ProgressBar,
    is_terminal: bool,
    begin: Instant,
    last: Mutex<Instant>,
}

impl Shown {
    fn new(total: u64) -> Self {
        let is_terminal = std::io::stderr().is_terminal();
        let bar = if is_terminal {
            ProgressBar::new(total)
        } else {
            ProgressBar::hidden()
        };
        let template = "[{bar:30}] {human_pos} of {human_len}  {per_sec}  {eta} left  {msg}";
        let style = ProgressStyle::with_template(template).expect("the template is a constant that parses");
        bar.set_style(style.progress_chars("=> "));
        Self {
            bar,
            is_terminal,
            begin: Instant::now(),
            last: Mutex::new(Instant::now()),
        }
    }

    fn show(&self, progress: Progress) {
        let Progress { signatures, resume } = progress;
        self.bar.set_position(signatures);
        self.bar.set_message(format!("(resume with --seed {resume})"));
        let mut last = self.last.lock().expect("printing does not panic");
        if !self.is_terminal && last.elapsed() >= PROGRESS_EVERY {
            *last = Instant::now();
            let seconds = self.begin.elapsed().as_secs_f64();
            eprintln!("{signatures} signatures in {seconds:.0} s; resume with --seed {resume}");
        }
    }
}
