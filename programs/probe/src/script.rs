//! The operations of a probe, and their bytes: the borsh encoding of a list of steps.

use borsh::{BorshDeserialize, BorshSerialize};
use isobath_program_abi::InstructionError;
use isobath_program_abi::Pubkey;
use isobath_program_abi::{AccountMeta, Instruction};
use isobath_sdk::chain::outcome::ReturnData;

/// Bytes, which may be more than a transaction can hold.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub enum Bytes {
    /// These bytes.
    Given(Vec<u8>),
    /// This number of zeros.
    Zeros(u32),
}

impl From<&[u8]> for Bytes {
    fn from(bytes: &[u8]) -> Self {
        Self::Given(bytes.to_vec())
    }
}

/// Identifies an account of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub enum Place {
    /// By its position in the probe's own instruction.
    Position(u8),
    /// By its key, which the transaction need not contain.
    Key(Pubkey),
}

/// An account as a call passes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Passed {
    /// The account.
    pub place: Place,
    /// Whether the call claims that it signed.
    pub is_signer: bool,
    /// Whether the call claims that it is writable.
    pub is_writable: bool,
}

impl Passed {
    /// The account at `position`, for reading.
    #[must_use]
    pub const fn readonly(position: u8) -> Self {
        Self {
            place: Place::Position(position),
            is_signer: false,
            is_writable: false,
        }
    }

    /// The account at `position`, for writing.
    #[must_use]
    pub const fn writable(position: u8) -> Self {
        Self {
            place: Place::Position(position),
            is_signer: false,
            is_writable: true,
        }
    }

    /// The same, claimed to have signed.
    #[must_use]
    pub const fn signed(self) -> Self {
        Self {
            is_signer: true,
            ..self
        }
    }
}

impl From<&AccountMeta> for Passed {
    fn from(meta: &AccountMeta) -> Self {
        Self {
            place: Place::Key(meta.pubkey),
            is_signer: meta.is_signer,
            is_writable: meta.is_writable,
        }
    }
}

/// A call of another program.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Call {
    /// The program.
    pub program: Place,
    /// Its accounts.
    pub accounts: Vec<Passed>,
    /// How many times the last of them is repeated.
    pub last_account_again: u16,
    /// Its instruction data.
    pub data: Bytes,
    /// Seeds of the derived addresses that sign.
    pub signer_seeds: Vec<Vec<Vec<u8>>>,
}

impl Call {
    /// A call of the probe at `program`, which runs `script` on `accounts`.
    #[must_use]
    pub fn probe(program: Place, accounts: Vec<Passed>, script: &Script) -> Self {
        let data = Bytes::Given(script.encode());
        Self {
            program,
            accounts,
            last_account_again: 0,
            data,
            signer_seeds: Vec::new(),
        }
    }

    /// The call that `instruction` describes, its accounts identified by key.
    #[must_use]
    pub fn of(instruction: &Instruction) -> Self {
        Self {
            program: Place::Key(instruction.program_id),
            accounts: instruction.accounts.iter().map(Passed::from).collect(),
            last_account_again: 0,
            data: Bytes::Given(instruction.data.clone()),
            signer_seeds: Vec::new(),
        }
    }

    /// The same call, signed by one more derived address.
    #[must_use]
    pub fn signed_by(mut self, seeds: &[&[u8]]) -> Self {
        self.signer_seeds
            .push(seeds.iter().map(|seed| seed.to_vec()).collect());
        self
    }
}

/// One operation of a probe. Accounts are identified by their position in the instruction.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub enum Operation {
    /// Log bytes of an account's data. `AccountDataTooSmall` past its end.
    Read {
        /// The account.
        account: u8,
        /// The first byte.
        offset: u32,
        /// Number of bytes.
        len: u32,
    },
    /// Overwrite bytes of an account's data. `AccountDataTooSmall` past its end.
    Write {
        /// The account.
        account: u8,
        /// The first byte.
        offset: u32,
        /// The bytes to write.
        bytes: Bytes,
    },
    /// Change the length of an account's data.
    Resize {
        /// The account.
        account: u8,
        /// The length.
        len: u64,
    },
    /// Assign an account to another program.
    Assign {
        /// The account.
        account: u8,
        /// The new owner.
        owner: Pubkey,
    },
    /// Set a balance without a counterpart.
    SetLamports {
        /// The account.
        account: u8,
        /// The balance.
        lamports: u64,
    },
    /// Subtract from one balance and add to another.
    Move {
        /// The account to debit.
        from: u8,
        /// The account to credit.
        to: u8,
        /// The amount.
        lamports: u64,
    },
    /// Call a program.
    Invoke(Call),
    /// While the depth is below this, call the same program with the same accounts and data, which include this step.
    /// The program must be among the accounts of the instruction.
    RecurseTo {
        /// Depth of the deepest call; 1 is an instruction of the transaction.
        depth: u8,
    },
    /// Log a message.
    Log(String),
    /// Log data.
    LogData(Vec<Vec<u8>>),
    /// Set the return data.
    Return(Bytes),
    /// Fail with [`crate::UNEXPECTED`] unless this is the current return data.
    ExpectReturned(Option<ReturnData>),
    /// Fail with [`crate::UNEXPECTED`] unless the account has this balance and length.
    ExpectAccount {
        /// The account.
        account: u8,
        /// Its balance.
        lamports: u64,
        /// Length of its data.
        len: u64,
    },
    /// Spend compute units.
    Burn(u64),
    /// Fail.
    Fail(InstructionError),
    /// Panic.
    Panic(String),
    /// Panic in the middle of changing an account's data, after its first byte.
    PanicWhileWriting {
        /// The account.
        account: u8,
    },
}

/// An operation, the number of tries and the effect of a failure.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Step {
    /// Number of tries.
    pub times: u16,
    /// Whether to continue after an error.
    pub swallows_errors: bool,
    /// The operation.
    pub operation: Operation,
}

/// A list of steps, built by tests.
#[derive(Clone, Debug, Default, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Script {
    steps: Vec<Step>,
}

impl Script {
    /// A script that does nothing.
    #[must_use]
    pub const fn new() -> Self {
        Self { steps: Vec::new() }
    }

    /// The steps in order.
    #[must_use]
    pub fn steps(&self) -> &[Step] {
        &self.steps
    }

    /// Adds an operation, tried once; its error ends the script.
    #[must_use]
    pub fn then(self, operation: Operation) -> Self {
        self.step(Step {
            times: 1,
            swallows_errors: false,
            operation,
        })
    }

    /// Adds an operation, tried once; its error is swallowed.
    #[must_use]
    pub fn attempt(self, operation: Operation) -> Self {
        self.step(Step {
            times: 1,
            swallows_errors: true,
            operation,
        })
    }

    /// Adds a step.
    #[must_use]
    pub fn step(mut self, step: Step) -> Self {
        self.steps.push(step);
        self
    }

    /// The instruction data.
    ///
    /// Never: writing to a vector does not fail.
    /// Never: a vector takes every write.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        borsh::to_vec(self).expect("writing to a vector does not fail")
    }

    /// Reads instruction data; `None` if it is not a script or has trailing bytes.
    #[must_use]
    pub fn decode(data: &[u8]) -> Option<Self> {
        borsh::from_slice(data).ok()
    }

    /// An instruction in which the probe at `program_id` runs this script.
    #[must_use]
    pub fn instruction(&self, program_id: Pubkey, accounts: Vec<AccountMeta>) -> Instruction {
        Instruction {
            program_id,
            accounts,
            data: self.encode(),
        }
    }
}
