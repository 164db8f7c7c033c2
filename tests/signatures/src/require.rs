//! Instructions that a test needs: on a machine without them the test reports that it is skipped, or fails where they are
//! required.
//!
//! A test that returns early looks like one that has checked something. So every test that needs instructions, or runs over
//! the backends of the machine, asks here. Missing instructions are printed as
//!
//! ```text
//! skipped: no avx512 on this machine (kernels::tests::fields::field_holds_in_eight_lanes)
//! ```
//!
//! once for each test, directly to stderr, because the harness captures what a passing test prints. A test of all backends
//! still runs on the others. `ISOBATH_REQUIRE=avx512`, or a list such as `avx2,avx512`, turns the line into a failure.
//!
//! Nothing here uses a type of `isobath-sigverify`, so that the unit tests of that crate can call it too: they are linked
//! with a second copy of the crate, whose types are distinct.

use std::collections::BTreeSet;
use std::io::Write as _;
use std::sync::{Mutex, PoisonError};
use std::{env, io, thread};

/// The environment variable with the required instructions, separated by commas.
const VARIABLE: &str = "ISOBATH_REQUIRE";

/// What has been printed: one entry for each test and what it misses.
static PRINTED: Mutex<BTreeSet<(String, Instructions)>> = Mutex::new(BTreeSet::new());

/// Instructions that not every machine has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Instructions {
    /// AVX2 and FMA.
    Avx2,
    /// AVX-512 with its 52-bit multiplier (IFMA).
    Avx512,
}

impl Instructions {
    const ALL: [Self; 2] = [Self::Avx2, Self::Avx512];

    const fn name(self) -> &'static str {
        match self {
            Self::Avx2 => "avx2",
            Self::Avx512 => "avx512",
        }
    }

    fn parse(name: &str) -> Self {
        let found = Self::ALL
            .into_iter()
            .find(|instructions| instructions.name() == name);
        found.unwrap_or_else(|| panic!("{VARIABLE}: unknown instructions {name:?}; use avx2, avx512 or both"))
    }
}

/// Returns `detected` as it is, and reports the test as skipped if it is `None`.
///
/// # Panics
/// If it is `None` although `ISOBATH_REQUIRE` names the instructions, or if that variable names unknown ones.
pub fn present<T>(instructions: Instructions, detected: Option<T>) -> Option<T> {
    let required = env::var(VARIABLE).unwrap_or_default();
    if let Some(notice) = check(instructions, detected.is_some(), &required) {
        print_once(instructions, &notice);
    }
    detected
}

/// The backends that a test runs over, the fastest first; reports each one that is `None` as [`present`] does.
///
/// # Panics
/// As [`present`] does.
pub fn backends<B>(avx512: Option<B>, avx2: Option<B>, portable: B) -> Vec<B> {
    let avx512 = present(Instructions::Avx512, avx512);
    let avx2 = present(Instructions::Avx2, avx2);
    [avx512, avx2, Some(portable)].into_iter().flatten().collect()
}

/// The notice if instructions are missing.
fn check(instructions: Instructions, is_present: bool, required: &str) -> Option<String> {
    let names = required.split(',').filter(|name| !name.is_empty());
    let required: Vec<Instructions> = names.map(Instructions::parse).collect();
    let name = instructions.name();
    assert!(
        is_present || !required.contains(&instructions),
        "no {name} on this machine, which {VARIABLE} requires"
    );
    (!is_present).then(|| format!("skipped: no {name} on this machine"))
}

/// Prints the notice unless the same test has printed it before. The harness names a thread after its test.
fn print_once(instructions: Instructions, notice: &str) {
    let thread = thread::current();
    let test = thread.name().unwrap_or("a thread without a name");
    let mut printed = PRINTED.lock().unwrap_or_else(PoisonError::into_inner);
    if printed.insert((test.to_owned(), instructions)) {
        // Not eprintln, whose output the harness captures. A test does not fail because stderr is closed.
        let _ = writeln!(io::stderr(), "{notice} ({test})");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_missing_is_reported_and_what_is_there_is_not() {
        assert_eq!(
            check(Instructions::Avx512, false, ""),
            Some("skipped: no avx512 on this machine".to_owned())
        );
        assert_eq!(
            check(Instructions::Avx512, false, "avx2"),
            Some("skipped: no avx512 on this machine".to_owned())
        );
        assert_eq!(check(Instructions::Avx512, true, ""), None);
        assert_eq!(check(Instructions::Avx2, true, "avx2,avx512"), None);
    }

    #[test]
    #[should_panic(expected = "no avx512 on this machine, which ISOBATH_REQUIRE requires")]
    fn what_is_required_and_missing_fails() {
        let _ = check(Instructions::Avx512, false, "avx2,avx512");
    }

    #[test]
    #[should_panic(expected = "unknown instructions \"avx1024\"")]
    fn a_misspelt_requirement_fails_on_every_machine() {
        let _ = check(Instructions::Avx2, true, "avx1024");
    }

    #[test]
    fn backends_keep_their_order() {
        assert_eq!(backends(Some(512), Some(2), 0), [512, 2, 0]);
    }
}
