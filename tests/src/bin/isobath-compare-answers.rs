//! Compares every answer of this node with that of a `solana-test-validator`, or records the latter.
//!
//! ```text
//! isobath-compare-answers compare BINARY     a difference without a row in docs/differences.md fails
//! isobath-compare-answers record BINARY      writes tests/fixtures/answers.json
//! isobath-compare-answers replay             compares with that recording
//! ```

use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use isobath_tests::answers::case::{steps, transaction_names};
use isobath_tests::answers::compare::{Answers, compare};
use isobath_tests::answers::ours;
use isobath_tests::answers::reference::{Reference, recording};
use isobath_tests::answers::rows::{judge, rows};
use isobath_tests::answers::run::Run;
use serde_json::Value;

const RECORDING: &str = "tests/fixtures/answers.json";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let result = match arguments.as_slice() {
        ["compare", binary] => theirs(binary).and_then(|theirs| report(&theirs)),
        ["record", binary] => theirs(binary).and_then(|theirs| record(&theirs)),
        ["replay"] => report(&recording()),
        _ => Err("no such command; use `compare BINARY`, `record BINARY` or `replay`".to_owned()),
    };
    match result {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn theirs(binary: &str) -> Result<Answers, String> {
    let steps = steps();
    let folder = Folder::new("reference")?;
    let reference = Reference::start(Path::new(binary), &folder.0, &transaction_names(&steps))?;
    Run::new(reference.target()).answers(&steps)
}

fn record(theirs: &Answers) -> Result<bool, String> {
    // A line for each answer, so that a new recording shows which answers changed.
    let lines: Vec<String> = theirs
        .iter()
        .map(|(case, answer)| format!("{}: {answer}", Value::from(case.as_str())))
        .collect();
    let text = format!("{{\n{}\n}}\n", lines.join(",\n"));
    fs::write(RECORDING, text).map_err(|error| format!("cannot write {RECORDING}: {error}"))?;
    println!("{} answers recorded in {RECORDING}", theirs.len());
    Ok(true)
}

/// Whether every difference has a row and every row a difference.
fn report(theirs: &Answers) -> Result<bool, String> {
    let ours = ours::answers(&Folder::new("ours")?.0)?;
    let judged = judge(compare(theirs, &ours), &rows());
    for difference in &judged.texts {
        println!("text: {difference}");
    }
    for difference in &judged.open {
        println!("difference: {difference}");
    }
    for (line, pattern) in &judged.stale {
        println!("docs/differences.md:{line}: no difference matches `{pattern}`");
    }
    println!(
        "{} calls: {} differences without a row, {} with one, {} texts of errors, {} patterns without a difference",
        ours.len(),
        judged.open.len(),
        judged.explained,
        judged.texts.len(),
        judged.stale.len()
    );
    Ok(judged.open.is_empty() && judged.stale.is_empty())
}

/// A folder of this run, removed at its end.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Result<Self, String> {
        let folder = std::env::temp_dir().join(format!("isobath-answers-{name}-{}", std::process::id()));
        fs::create_dir_all(&folder)
            .map_err(|error| format!("cannot create {}: {error}", folder.display()))?;
        Ok(Self(folder))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // What stays is in the folder of temporary files, which the system clears.
        drop(fs::remove_dir_all(&self.0));
    }
}
