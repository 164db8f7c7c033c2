//! Every way in which the crate can be asked for verdicts: one list, so that a new path or backend is tested everywhere.
//!
//! Invariant: all entries promise the verdicts of `verify_one`, item by item.

use std::fmt;

use isobath_sigverify::{Item, Verdict, verify_batch, verify_one};

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

/// The oracle and every path on every backend of this machine.
#[must_use]
pub fn all() -> Vec<Path> {
    let mut paths = vec![Path::new("oracle", |items| {
        items.iter().map(verify_one).collect()
    })];
    paths.extend(fast());
    paths
}

/// Every path but the oracle.
#[must_use]
pub fn fast() -> Vec<Path> {
    vec![Path::new("verify_batch", |items| {
        verify_batch(items).iter().collect()
    })]
}

/// Which backends to run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Choice {
    /// The fastest of this machine.
    Best,
    /// All of this machine.
    All,
}

impl Choice {
    /// From the command line.
    ///
    /// # Errors
    /// What is wrong and what may be written instead.
    pub fn parse(text: &str) -> Result<Self, String> {
        match text {
            "best" => Ok(Self::Best),
            "all" => Ok(Self::All),
            _ => Err(format!("--backend {text}: write best or all")),
        }
    }
}

/// The paths of the differential fuzz: those for every batch, and those that combine others, for some of them.
#[must_use]
pub fn fuzzed(_choice: &Choice) -> (Vec<Path>, Vec<Path>) {
    (fast(), Vec::new())
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
