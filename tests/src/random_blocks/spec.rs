//! What a random block asks for, and the transactions that ask it.
//!
//! Actors are a few keys with very different balances, so that unpayable, unexempt and emptied accounts are
//! common. Amounts are drawn around the values at which a rule changes its mind.

use isobath_sdk::builtins::compute_budget;
use isobath_sdk::builtins::system;
use isobath_sdk::hash::Hash;
use isobath_sdk::instruction::{AccountMeta, Instruction};
use isobath_sdk::keypair::Keypair;
use isobath_sdk::pubkey::Pubkey;
use isobath_sdk::wire::message::{Message, MessageVersion};
use isobath_sdk::wire::transaction::Transaction;
use isobath_testkit::Random;
use rand::Rng;

/// The rent minimum of an account without data, in lamports.
pub const RENT_MINIMUM: u64 = 890_880;
/// Number of actors.
pub const ACTORS: usize = 10;
/// Actors that the genesis funds generously; of the others it funds some a little and some not at all.
pub const RICH_ACTORS: usize = 4;

/// The key pair of an actor.
#[must_use]
pub fn actor(index: usize) -> Keypair {
    Keypair::from_seed([u8::try_from(index).expect("few actors") + 100; 32])
}

/// A program that does not exist.
pub const ABSENT_PROGRAM: Pubkey = Pubkey([88; 32]);
/// A program that owns accounts but cannot be called.
pub const OWNER_PROGRAM: Pubkey = Pubkey([77; 32]);

/// One instruction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Op {
    /// A System transfer.
    Transfer {
        /// Who pays.
        from: usize,
        /// Who receives.
        to: usize,
        /// How much.
        lamports: u64,
        /// Whether the sender's signature is asked for.
        is_signed: bool,
        /// Whether the recipient is asked for writing.
        is_writable: bool,
    },
    /// A System account creation.
    Create {
        /// Who pays.
        funder: usize,
        /// The new account.
        new: usize,
        /// Lamports to start with.
        lamports: u64,
        /// Bytes of data.
        space: u64,
        /// Whether it is given to [`OWNER_PROGRAM`] or stays with the System program.
        is_given_away: bool,
    },
    /// System instruction data that does not decode.
    BadData,
    /// A call of [`ABSENT_PROGRAM`].
    AbsentProgram,
    /// A call of an actor, which is no program.
    ActorAsProgram(usize),
    /// A compute unit limit.
    Limit(u32),
    /// A compute unit price.
    Price(u64),
    /// A loaded-data limit.
    LoadedDataLimit(u32),
}

/// Which blockhash a transaction names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lifetime {
    /// The one that is this many blocks old.
    Age(u64),
    /// One that never existed.
    Unknown,
}

/// A transaction in the abstract.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Spec {
    /// Who pays the fee.
    pub payer: usize,
    /// What it does.
    pub ops: Vec<Op>,
    /// How long it lives.
    pub lifetime: Lifetime,
}

impl Spec {
    /// A random transaction.
    pub fn random(rng: &mut Random) -> Self {
        let mut ops: Vec<Op> = Vec::new();
        if rng.random_ratio(1, 4) {
            ops.push(Op::Limit(*pick(
                rng,
                &[0, 149, 150, 300, 450, 600, 1_000, 200_000, 1_400_000],
            )));
        }
        if rng.random_ratio(1, 4) {
            ops.push(Op::Price(*pick(
                rng,
                &[0, 1, 1_000, 999_999, 1_000_000, 50_000_000, u64::MAX],
            )));
        }
        if rng.random_ratio(1, 12) {
            ops.push(Op::LoadedDataLimit(*pick(
                rng,
                &[1, 64, 171, 172, 234, 235, 236, 100_000],
            )));
        }
        for _ in 0..rng.random_range(0..=3) {
            ops.push(random_op(rng));
        }
        let lifetime = match rng.random_range(0..20) {
            0 => Lifetime::Unknown,
            1 => Lifetime::Age(*pick(rng, &[1, 5, 6, 7, 8, 9])),
            _ => Lifetime::Age(0),
        };
        let payer = if rng.random_ratio(3, 4) {
            rng.random_range(0..RICH_ACTORS)
        } else {
            any(rng)
        };
        for op in &mut ops {
            // The fee payer cannot be called: that does not sanitize.
            if *op == Op::ActorAsProgram(payer) {
                *op = Op::ActorAsProgram((payer + 1) % ACTORS);
            }
        }
        Self { payer, ops, lifetime }
    }

    /// The signed wire bytes with `blockhash`.
    ///
    /// # Panics
    /// Never for specs of this module: they name few keys.
    #[must_use]
    pub fn wire(&self, blockhash: Hash) -> Vec<u8> {
        let instructions: Vec<Instruction> = self.ops.iter().map(Op::instruction).collect();
        let payer = actor(self.payer).pubkey();
        let message = Message::compile(MessageVersion::Legacy, &payer, &instructions, blockhash)
            .expect("few keys, little data");
        let actors: Vec<Keypair> = (0..ACTORS).map(actor).collect();
        let count = usize::from(message.header.num_required_signatures);
        let signers: Vec<&Keypair> = message.account_keys[..count]
            .iter()
            .map(|key| {
                actors
                    .iter()
                    .find(|actor| actor.pubkey() == *key)
                    .expect("only actors sign")
            })
            .collect();
        Transaction::sign(message, &signers)
            .expect("all signers are there")
            .serialize()
    }
}

impl Op {
    fn instruction(&self) -> Instruction {
        let key = |index: usize| actor(index).pubkey();
        match *self {
            Self::Transfer {
                from,
                to,
                lamports,
                is_signed,
                is_writable,
            } => {
                let mut instruction = system::transfer(&key(from), &key(to), lamports);
                instruction.accounts[0].is_signer = is_signed;
                instruction.accounts[1].is_writable = is_writable;
                instruction
            }
            Self::Create {
                funder,
                new,
                lamports,
                space,
                is_given_away,
            } => {
                let owner = if is_given_away {
                    OWNER_PROGRAM
                } else {
                    isobath_sdk::ids::SYSTEM_PROGRAM
                };
                system::create_account(&key(funder), &key(new), lamports, space, &owner)
            }
            Self::BadData => call(isobath_sdk::ids::SYSTEM_PROGRAM, vec![99, 0, 0, 0]),
            Self::AbsentProgram => call(ABSENT_PROGRAM, vec![]),
            Self::ActorAsProgram(index) => call(key(index), vec![]),
            Self::Limit(units) => compute_budget::set_compute_unit_limit(units),
            Self::Price(price) => compute_budget::set_compute_unit_price(price),
            Self::LoadedDataLimit(len) => compute_budget::set_loaded_accounts_data_size_limit(len),
        }
    }
}

const fn call(program_id: Pubkey, data: Vec<u8>) -> Instruction {
    let accounts: Vec<AccountMeta> = Vec::new();
    Instruction {
        program_id,
        accounts,
        data,
    }
}

fn any(rng: &mut Random) -> usize {
    rng.random_range(0..ACTORS)
}

fn pick<'a, T>(rng: &mut Random, values: &'a [T]) -> &'a T {
    &values[rng.random_range(0..values.len())]
}

fn random_lamports(rng: &mut Random) -> u64 {
    let around = [
        0,
        1,
        5_000,
        RENT_MINIMUM - 1,
        RENT_MINIMUM,
        RENT_MINIMUM + 5_000,
        2_000_000,
        50_000_000,
    ];
    if rng.random_ratio(1, 16) {
        u64::MAX - rng.random_range(0..3)
    } else {
        *pick(rng, &around)
    }
}

fn random_op(rng: &mut Random) -> Op {
    match rng.random_range(0..24) {
        0 => Op::BadData,
        1 => Op::AbsentProgram,
        2 => Op::ActorAsProgram(any(rng)),
        3..=7 => Op::Create {
            funder: any(rng),
            new: any(rng),
            lamports: random_lamports(rng),
            space: *pick(rng, &[0, 0, 1, 80, 200, 10_485_761]),
            is_given_away: rng.random_ratio(1, 2),
        },
        _ => Op::Transfer {
            from: any(rng),
            to: any(rng),
            lamports: random_lamports(rng),
            is_signed: rng.random_ratio(15, 16),
            is_writable: rng.random_ratio(15, 16),
        },
    }
}
