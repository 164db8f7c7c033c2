//! Every path of the crate to a verdict: one list, so that a new path or backend is tested everywhere.
//!
//! Invariant: all entries promise the verdicts of `verify_one`, item by item.

use std::{env, fmt};

use isobath_sigverify::{Backend, Item, Policy, Verdict, Verifier, VerifierConfig, verify_batch, verify_one};

use crate::require::backends;

/// One way to verify a batch, with the memory that it keeps from batch to batch.
pub struct Path {
    /// Backend and policy, as shown to people.
    pub name: String,
    verify: Box<Verify>,
}

type Verify = dyn FnMut(&[Item<'_>]) -> Vec<Verdict> + Send;

impl fmt::Debug for Path {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_tuple("Path").field(&self.name).finish()
    }
}

impl Path {
    /// A path of one's own, for planted defects.
    pub fn new(name: &str, verify: impl FnMut(&[Item<'_>]) -> Vec<Verdict> + Send + 'static) -> Self {
        Self {
            name: name.to_owned(),
            verify: Box::new(verify),
        }
    }

    /// The verdicts in the order of the items.
    pub fn verify(&mut self, items: &[Item<'_>]) -> Vec<Verdict> {
        (self.verify)(items)
    }
}

/// The oracle and every path on every backend of [`Choice::of_environment`].
///
/// # Panics
/// As that does.
#[must_use]
pub fn all() -> Vec<Path> {
    let mut paths = vec![Path::new("oracle", |items| {
        items.iter().map(verify_one).collect()
    })];
    paths.extend(fast());
    paths
}

/// Every path but the oracle.
///
/// # Panics
/// As [`all`] does.
#[must_use]
pub fn fast() -> Vec<Path> {
    let (mut paths, combined) = fuzzed(&Choice::of_environment());
    paths.extend(combined);
    paths
}

/// A verifier that caches `key_cache` keys.
fn verifier(backend: Backend, policy: Policy, key_cache: usize) -> Path {
    let mut verifier = Verifier::new(VerifierConfig {
        backend,
        policy,
        key_cache,
    });
    let cache = if key_cache == 0 { "" } else { " with a cache" };
    let name = format!("{} {policy:?}{cache}", backend.name());
    Path::new(&name, move |items| verifier.verify(items).to_vec())
}

/// Which backends to run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Choice {
    /// This one.
    One(Backend),
    /// All of this machine.
    All,
}

impl Choice {
    /// The backend that the variable `ISOBATH_TEST_BACKEND` names, else all. A name is for machines, above all emulated ones,
    /// on which the other backends take long and are tested elsewhere.
    ///
    /// # Panics
    /// If it is not a backend of this machine: a test that names one must not pass without it.
    #[must_use]
    pub fn of_environment() -> Self {
        env::var("ISOBATH_TEST_BACKEND").map_or(Self::All, |name| {
            Self::parse(&name).unwrap_or_else(|problem| panic!("ISOBATH_TEST_BACKEND: {problem}"))
        })
    }

    /// From the command line.
    ///
    /// # Errors
    /// The text names no backend of this machine; the message lists those that it has.
    pub fn parse(text: &str) -> Result<Self, String> {
        let named = || Backend::available().find(|backend| backend.name() == text);
        match text {
            "best" => Ok(Self::One(Backend::best())),
            "all" => Ok(Self::All),
            _ => named().map(Self::One).ok_or_else(|| {
                let names: Vec<&str> = Backend::available().map(Backend::name).collect();
                format!(
                    "--backend {text}: no such backend on this machine; use best, all or one of: {}",
                    names.join(", ")
                )
            }),
        }
    }

    /// The backends themselves. Reports those that the machine lacks (see [`crate::require`]).
    ///
    /// # Panics
    /// If all are meant and the machine lacks a required one.
    #[must_use]
    pub fn backends(&self) -> Vec<Backend> {
        match self {
            Self::All => backends(Backend::avx512_ifma(), Backend::avx2(), Backend::portable()),
            Self::One(backend) => vec![*backend],
        }
    }
}

/// Keys that the caches keep: fewer than there are in a test, so that some are driven out.
const CACHED_KEYS: usize = 300;

/// The paths of the differential fuzz: those for every batch, and those that combine others, for some of them.
#[must_use]
pub fn fuzzed(choice: &Choice) -> (Vec<Path>, Vec<Path>) {
    let (mut always, mut sometimes) = (Vec::new(), Vec::new());
    for backend in choice.backends() {
        always.push(verifier(backend, Policy::Batch, 0));
        always.push(verifier(backend, Policy::Lanes, 0));
        sometimes.push(verifier(backend, Policy::Adaptive, 0));
        sometimes.push(verifier(backend, Policy::Batch, CACHED_KEYS));
        sometimes.push(verifier(backend, Policy::Lanes, CACHED_KEYS));
    }
    sometimes.push(Path::new("verify_batch", |items| {
        verify_batch(items).iter().collect()
    }));
    (always, sometimes)
}

/// Asserts that every path gives these verdicts.
///
/// # Panics
/// If one does not; the message names the path and the first item where they part.
pub fn assert_all(items: &[Item<'_>], expected: &[Verdict]) {
    for mut path in all() {
        assert_path(&mut path, items, expected);
    }
}

/// Asserts that this path gives these verdicts.
///
/// # Panics
/// If it does not.
pub fn assert_path(path: &mut Path, items: &[Item<'_>], expected: &[Verdict]) {
    let verdicts = path.verify(items);
    assert_eq!(verdicts.len(), expected.len(), "{}", path.name);
    if let Some(index) = verdicts.iter().zip(expected).position(|(got, want)| got != want) {
        panic!(
            "{}: item {index} of {}: {:?}, expected {:?}; {:02x?}",
            path.name,
            items.len(),
            verdicts[index],
            expected[index],
            items[index]
        );
    }
}
