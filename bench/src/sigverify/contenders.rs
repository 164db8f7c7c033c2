//! The contenders that take turns: every backend at every size, its lanes, hostile batches, and ed25519-dalek.

use ed25519_dalek::{Signature, VerifyingKey};
use isobath_sigverify::{Backend, Item, Policy};
use isobath_timing::{Contender, Corpus, Verify, ours};

/// Sizes of batches.
pub(super) const SIZES: [usize; 7] = [1, 8, 16, 64, 256, 1_024, 4_096];
/// Size of the hostile batches and of the calls of the lanes.
pub(super) const LARGE: usize = 1_024;
/// Minimum number of hostile batches; their cost is the mean over all of them.
const HOSTILE_CALLS: usize = 100;

/// Names of the paths in the report.
pub(super) const OURS: &str = "ours";
pub(super) const LANES: &str = "lanes";
pub(super) const ONE_BAD: &str = "one bad in each batch";
pub(super) const ALTERNATING: &str = "every second batch with a bad one";
pub(super) const STRICT: &str = "verify_strict";

/// The same signatures, with and without bad ones.
pub(super) struct Corpora {
    good: Corpus,
    one_bad: Corpus,
    alternating: Corpus,
}

/// Items that borrow from [`Corpora`].
pub(super) struct Lists<'a> {
    pub(super) good: List<'a>,
    one_bad: List<'a>,
    alternating: List<'a>,
}

/// Items and which of them are bad.
pub(super) struct List<'a> {
    pub(super) items: Vec<Item<'a>>,
    bad: Vec<bool>,
}

impl Corpora {
    pub(super) fn new(good: Corpus) -> Self {
        Self {
            one_bad: good.with_bad(LARGE, 1),
            alternating: good.with_bad(LARGE, 2),
            good,
        }
    }

    pub(super) fn lists(&self) -> Lists<'_> {
        let [good, one_bad, alternating] =
            [&self.good, &self.one_bad, &self.alternating].map(|corpus| List {
                items: corpus.items(),
                bad: corpus.bad(),
            });
        Lists {
            good,
            one_bad,
            alternating,
        }
    }
}

/// All contenders. The hostile ones divide their calls among the rounds and keep their verifier, which adapts.
pub(super) fn of<'a>(lists: &'a Lists<'a>, backends: &[Backend], rounds: usize) -> Vec<Contender<'a>> {
    let mut contenders = vec![contender(STRICT, "", &lists.good, 64, Box::new(verify_strict))];
    let hostile_calls = HOSTILE_CALLS.div_ceil(rounds.max(1));
    for &backend in backends {
        let adaptive = || ours(backend, Policy::Adaptive);
        for size in SIZES {
            contenders.push(contender(OURS, backend.name(), &lists.good, size, adaptive()));
        }
        let lanes = ours(backend, Policy::Lanes);
        contenders.push(contender(LANES, backend.name(), &lists.good, LARGE, lanes));
        for (path, list) in [(ONE_BAD, &lists.one_bad), (ALTERNATING, &lists.alternating)] {
            contenders.push(Contender {
                calls: Some(hostile_calls),
                ..contender(path, backend.name(), list, LARGE, adaptive())
            });
        }
    }
    contenders
}

fn contender<'a>(
    path: &str,
    backend: &str,
    list: &'a List<'a>,
    size: usize,
    verify: Box<Verify<'a>>,
) -> Contender<'a> {
    Contender {
        path: path.to_owned(),
        backend: backend.to_owned(),
        items: &list.items,
        bad: &list.bad,
        size,
        calls: None,
        verify,
    }
}

/// One after another, from bytes, with the backend that the crate chooses at run time.
fn verify_strict(items: &[Item<'_>]) -> usize {
    let is_valid = |item: &&Item<'_>| {
        let signature = Signature::from_bytes(item.signature);
        VerifyingKey::from_bytes(item.key)
            .is_ok_and(|key| key.verify_strict(item.message, &signature).is_ok())
    };
    items.iter().filter(is_valid).count()
}
