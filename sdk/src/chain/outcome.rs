//! The outcome of executing one transaction.
//!
//! An outcome is a fact of the block, not of the node: every executor must produce the same one, and the result of the
//! block commits to it. Logs are left out on purpose: they are for humans and bounded by truncation, and a node may
//! keep fewer of them without disagreeing about the chain.

use borsh::{BorshDeserialize, BorshSerialize};

use super::hashing::{Tag, hash_canonical, hash_tagged};
use super::merkle::MerkleLeaves;
use crate::errors::TransactionError;
use crate::hash::Hash;
use crate::pubkey::Pubkey;

/// How far the execution of a transaction of a sealed block got.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, BorshSerialize, BorshDeserialize)]
pub enum OutcomeClass {
    /// Its instructions ran; if one of them failed, all their changes are undone.
    Executed,
    /// It paid the fee, but its accounts could not be loaded. Fee and nonce advance are kept.
    FeesOnly,
    /// It was not valid (expired, duplicate, unable to pay). No fee, no change, no status.
    NoOp,
}

/// Data that a program returns to its caller or, at the end, to the client. `D` holds the bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct ReturnData<D = Vec<u8>> {
    /// The program that set the data last.
    pub program: Pubkey,
    /// At most 1024 bytes.
    pub data: D,
}

/// The outcome of one transaction of a block. `D` holds the bytes of its return data.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Outcome<D = Vec<u8>> {
    /// How far the execution got.
    pub class: OutcomeClass,
    /// Why it failed. Always present unless the class is [`OutcomeClass::Executed`].
    pub error: Option<TransactionError>,
    /// Lamports charged to the fee payer, base and priority fee together.
    pub fee: u64,
    /// Compute units consumed.
    pub compute_units: u64,
    /// Return data at the end of the last instruction.
    pub return_data: Option<ReturnData<D>>,
}

impl Outcome {
    /// A transaction that was not valid.
    #[must_use]
    pub const fn no_op(error: TransactionError) -> Self {
        Self {
            class: OutcomeClass::NoOp,
            error: Some(error),
            fee: 0,
            compute_units: 0,
            return_data: None,
        }
    }

    /// A transaction that paid `fee` but could not be loaded.
    #[must_use]
    pub const fn fees_only(error: TransactionError, fee: u64) -> Self {
        Self {
            class: OutcomeClass::FeesOnly,
            error: Some(error),
            fee,
            compute_units: 0,
            return_data: None,
        }
    }

    /// The same outcome, with its return data borrowed.
    #[must_use]
    pub fn borrowed(&self) -> Outcome<&[u8]> {
        self.map_data(Vec::as_slice)
    }
}

impl<D> Outcome<D> {
    /// The same outcome, with its return data in another form.
    #[must_use]
    pub fn map_data<'a, E>(&'a self, form: impl FnOnce(&'a D) -> E) -> Outcome<E> {
        Outcome {
            class: self.class,
            error: self.error,
            fee: self.fee,
            compute_units: self.compute_units,
            return_data: self.return_data.as_ref().map(|returned| ReturnData {
                program: returned.program,
                data: form(&returned.data),
            }),
        }
    }

    /// Whether the transaction ran and all its changes were kept.
    #[must_use]
    pub const fn is_success(&self) -> bool {
        matches!(self.class, OutcomeClass::Executed) && self.error.is_none()
    }

    /// Whether the transaction had an effect, if only its fee. One without has no status and is not listed.
    #[must_use]
    pub const fn is_committed(&self) -> bool {
        !matches!(self.class, OutcomeClass::NoOp)
    }

    /// The leaf of this outcome: the hash of its canonical bytes.
    #[must_use]
    pub fn leaf(&self) -> Hash
    where
        D: BorshSerialize,
    {
        hash_canonical(Tag::OutcomeLeaf, self)
    }
}

/// The leaves of the outcomes of a block in block order. An outcome that equals the one before it is not hashed again.
pub fn outcome_leaves<'a>(outcomes: impl IntoIterator<Item = Outcome<&'a [u8]>>) -> MerkleLeaves {
    let mut bytes = Vec::new();
    let mut before = None;
    let leaf = |outcome| match before {
        Some((same, leaf)) if same == outcome => leaf,
        _ => {
            bytes.clear();
            borsh::to_writer(&mut bytes, &outcome).expect("a vector accepts every write");
            let leaf = hash_tagged(Tag::OutcomeLeaf, &bytes);
            before = Some((outcome, leaf));
            leaf
        }
    };
    outcomes.into_iter().map(leaf).collect()
}

/// The root over the outcomes of a block in block order.
pub fn outcomes_root<'a>(outcomes: impl IntoIterator<Item = Outcome<&'a [u8]>>) -> Hash {
    outcome_leaves(outcomes).root()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chain::merkle::EMPTY_ROOT;
    use crate::instruction_error::InstructionError;

    fn sample() -> Outcome {
        Outcome {
            class: OutcomeClass::Executed,
            error: Some(TransactionError::InstructionError(
                1,
                InstructionError::Custom(6001),
            )),
            fee: 5_000,
            compute_units: 150,
            return_data: Some(ReturnData {
                program: Pubkey::new([3; 32]),
                data: vec![1, 2],
            }),
        }
    }

    #[test]
    fn leaf_covers_every_field() {
        let base = sample();
        let other_program = ReturnData {
            program: Pubkey::new([4; 32]),
            data: vec![1, 2],
        };
        let other_data = ReturnData {
            program: Pubkey::new([3; 32]),
            data: vec![1],
        };
        let variants = [
            Outcome {
                class: OutcomeClass::FeesOnly,
                ..base.clone()
            },
            Outcome {
                error: None,
                ..base.clone()
            },
            Outcome {
                error: Some(TransactionError::AccountNotFound),
                ..base.clone()
            },
            Outcome {
                fee: 5_001,
                ..base.clone()
            },
            Outcome {
                compute_units: 151,
                ..base.clone()
            },
            Outcome {
                return_data: None,
                ..base
            },
            Outcome {
                return_data: Some(other_program),
                ..base
            },
            Outcome {
                return_data: Some(other_data),
                ..base
            },
        ];
        for variant in variants {
            assert_ne!(variant.leaf(), base.leaf(), "{variant:?}");
            let bytes = borsh::to_vec(&variant).unwrap();
            assert_eq!(borsh::from_slice::<Outcome>(&bytes).unwrap(), variant);
        }
    }

    #[test]
    fn classes_answer_what_stands() {
        let success = Outcome {
            error: None,
            ..sample()
        };
        let fees_only = Outcome::fees_only(TransactionError::ProgramAccountNotFound, 5_000);
        let no_op = Outcome::no_op(TransactionError::BlockhashNotFound);
        assert!(success.is_success() && success.is_committed());
        assert!(!sample().is_success() && sample().is_committed());
        assert!(!fees_only.is_success() && fees_only.is_committed());
        assert!(!no_op.is_success() && !no_op.is_committed());
    }

    #[test]
    fn root_depends_on_order_and_count() {
        let (a, b) = (sample(), Outcome::no_op(TransactionError::AlreadyProcessed));
        let (a, b) = (a.borrowed(), b.borrowed());
        assert_eq!(outcomes_root([]), EMPTY_ROOT);
        assert_ne!(outcomes_root([a, b]), outcomes_root([b, a]));
        assert_ne!(outcomes_root([a]), outcomes_root([a, a]));
    }

    #[test]
    fn leaves_are_those_of_each_outcome_in_order() {
        let no_op = Outcome::no_op(TransactionError::AlreadyProcessed);
        let fees_only = Outcome::fees_only(TransactionError::ProgramAccountNotFound, 5_000);
        let other_data = Outcome {
            return_data: Some(ReturnData {
                program: Pubkey::new([3; 32]),
                data: vec![1; 1024],
            }),
            ..sample()
        };
        let (a, b, c, d) = (sample(), no_op, fees_only, other_data);
        let outcomes = [&a, &a, &b, &a, &d, &d, &d, &c, &b, &b, &d, &a];
        let expected: MerkleLeaves = outcomes.iter().map(|outcome| outcome.leaf()).collect();
        let borrowed = outcomes.iter().map(|outcome| outcome.borrowed());
        assert_eq!(outcome_leaves(borrowed), expected);
    }
}
