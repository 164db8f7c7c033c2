//! The property: every path gives the verdict that is known, and so do the oracle and dalek where they are asked.

use std::fmt;

use ed25519_dalek::{Signature, VerifyingKey};
use isobath_sigverify::{Item, Verdict, verify_one};

use super::craft::{Crafted, Known};
use crate::paths::Path;

/// Where two answers part.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mismatch {
    /// The path, or the verifier, that gave the answer.
    pub who: String,
    /// Number of the signature in its batch, and the size of the batch.
    pub position: (usize, usize),
    /// The answer and what was expected of it.
    pub answers: (String, String),
    /// The signature.
    pub crafted: Crafted,
}

impl fmt::Display for Mismatch {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (index, count) = self.position;
        let (got, want) = &self.answers;
        write!(
            formatter,
            "{}: signature {index} of {count}: {got}, expected {want}; {:02x?}",
            self.who, self.crafted
        )
    }
}

/// Paths with their memory, which they keep from batch to batch as in production.
#[derive(Debug)]
pub struct Checker {
    /// Asked for every batch.
    always: Vec<Path>,
    /// Asked for one batch in [`SOMETIMES_EVERY`].
    sometimes: Vec<Path>,
    /// The oracle and dalek verify one signature in this many.
    oracle_every: u64,
    batches: u64,
    /// How often the oracle was asked, and dalek.
    pub asked: (u64, u64),
}

/// One batch in this many goes through the paths that combine others.
const SOMETIMES_EVERY: u64 = 8;

impl Checker {
    /// A checker of these paths; the second list is asked less often.
    #[must_use]
    pub const fn new(always: Vec<Path>, sometimes: Vec<Path>, oracle_every: u64) -> Self {
        Self {
            always,
            sometimes,
            oracle_every,
            batches: 0,
            asked: (0, 0),
        }
    }

    /// Checks one batch.
    ///
    /// # Errors
    /// The first answer that is not the expected one.
    pub fn check(&mut self, batch: &[Crafted]) -> Result<(), Box<Mismatch>> {
        let expected = self.expected(batch)?;
        let items: Vec<Item<'_>> = batch.iter().map(Crafted::item).collect();
        let is_turn = self.batches.is_multiple_of(SOMETIMES_EVERY);
        self.batches += 1;
        let sometimes = if is_turn { &mut self.sometimes[..] } else { &mut [] };
        for path in self.always.iter_mut().chain(sometimes) {
            let verdicts = path.verify(&items);
            assert_eq!(verdicts.len(), items.len(), "{}: one verdict an item", path.name);
            if let Some(index) = verdicts.iter().zip(&expected).position(|(got, want)| got != want) {
                return Err(mismatch(
                    &path.name,
                    batch,
                    index,
                    verdicts[index],
                    expected[index],
                ));
            }
        }
        Ok(())
    }

    /// The verdicts that are known, and the oracle's where they are not; asks oracle and dalek where it is their turn.
    fn expected(&mut self, batch: &[Crafted]) -> Result<Vec<Verdict>, Box<Mismatch>> {
        let mut expected = Vec::with_capacity(batch.len());
        for (index, crafted) in batch.iter().enumerate() {
            let verdict = match crafted.known {
                Known::Verdict(verdict) if !self.is_turn(crafted) => verdict,
                Known::Verdict(verdict) => {
                    let asked = self.ask_oracle(crafted);
                    if asked != verdict {
                        return Err(mismatch("oracle", batch, index, asked, verdict));
                    }
                    self.ask_dalek(batch, index)?;
                    verdict
                }
                Known::Refused | Known::Nothing => {
                    let asked = self.ask_oracle(crafted);
                    if asked.is_ok() && crafted.known == Known::Refused {
                        return Err(mismatch("oracle", batch, index, asked, "a rejection"));
                    }
                    asked
                }
            };
            expected.push(verdict);
        }
        Ok(expected)
    }

    /// By the bytes of `s`, so that it does not depend on the batch.
    fn is_turn(&self, crafted: &Crafted) -> bool {
        let (words, _) = crafted.signature.as_chunks::<8>();
        u64::from_le_bytes(words[4]).is_multiple_of(self.oracle_every)
    }

    fn ask_oracle(&mut self, crafted: &Crafted) -> Verdict {
        self.asked.0 += 1;
        verify_one(&crafted.item())
    }

    fn ask_dalek(&mut self, batch: &[Crafted], index: usize) -> Result<(), Box<Mismatch>> {
        let crafted = &batch[index];
        let Some(known) = crafted.strict else {
            return Ok(());
        };
        self.asked.1 += 1;
        let signature = Signature::from_bytes(&crafted.signature);
        let is_valid = VerifyingKey::from_bytes(&crafted.key)
            .is_ok_and(|key| key.verify_strict(&crafted.message, &signature).is_ok());
        if is_valid == known {
            Ok(())
        } else {
            Err(mismatch("verify_strict", batch, index, is_valid, known))
        }
    }
}

fn mismatch(
    who: &str,
    batch: &[Crafted],
    index: usize,
    got: impl fmt::Debug,
    want: impl fmt::Debug,
) -> Box<Mismatch> {
    Box::new(Mismatch {
        who: who.to_owned(),
        position: (index, batch.len()),
        answers: (format!("{got:?}"), format!("{want:?}")),
        crafted: batch[index].clone(),
    })
}
