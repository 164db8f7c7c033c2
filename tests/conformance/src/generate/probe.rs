//! Calls of the probe: programs that change accounts and call others, each close to one that the rules allow.
//!
//! A script refers to accounts by their position, so that calls within calls stay small. It never panics, never signs
//! with seeds that derive no address and never returns too much: Solana has no counterpart of the first, and deliberately
//! different errors for the others (`docs/differences.md`).

use isobath_program_probe::{Bytes, Call, Operation, Passed, Place, Script, Step};
use isobath_sdk::builtins::system;
use isobath_sdk::ids;
use isobath_sdk::instruction::{AccountMeta, Instruction};
use isobath_sdk::instruction_error::InstructionError;
use isobath_sdk::pubkey::Pubkey;
use isobath_testkit::Random;

use super::amounts::lamports;
use super::constants::{PROBES, RENT_MINIMUM, rent_minimum};
use super::pool::{OWNER, Pool};

/// How deep scripts are written into scripts.
const NESTING_MAX: usize = 3;

/// What a script sees.
struct Scope<'a> {
    pool: &'a Pool,
    program: Pubkey,
    accounts: Vec<AccountMeta>,
    /// How many scripts are around this one.
    nesting: usize,
}

/// A random call of one of the probes.
pub(crate) fn instruction(pool: &Pool, random: &mut Random) -> Instruction {
    let program = random.pick(&[PROBES[0], PROBES[0], PROBES[1], PROBES[2]]);
    let scope = Scope {
        pool,
        program,
        accounts: accounts(pool, random),
        nesting: 0,
    };
    let script = scope.script(random);
    script.instruction(program, scope.accounts)
}

fn accounts(pool: &Pool, random: &mut Random) -> Vec<AccountMeta> {
    let mut accounts = Vec::new();
    for _ in 0..1 + random.below(4) {
        let pubkey = match random.below(8) {
            0..=2 => pool.probe_owned[random.below(pool.probe_owned.len())],
            3..=4 => pool.derived[random.below(pool.derived.len())].address,
            5..=6 => random.pick(&pool.rich),
            // No sysvar: the two sides have different contents in some.
            _ => random.pick(&pool.keys),
        };
        let is_signer = match pool.rich.contains(&pubkey) {
            true => random.chance(2, 3),
            false => random.chance(1, 24),
        };
        accounts.push(AccountMeta {
            pubkey,
            is_signer,
            is_writable: random.chance(5, 6),
        });
    }
    for program in [ids::SYSTEM_PROGRAM, PROBES[0], PROBES[1], PROBES[2]] {
        if random.chance(2, 3) {
            accounts.push(AccountMeta::readonly(program));
        }
    }
    if random.chance(1, 6) {
        accounts.push(random.pick(&accounts));
    }
    accounts
}

impl Scope<'_> {
    fn script(&self, random: &mut Random) -> Script {
        let mut script = Script::new();
        for _ in 0..random.pick(&[1, 1, 2, 2, 3, 4]) {
            let operation = self.operation(random);
            let times = match random.below(40) {
                0 => 70,
                1..=3 => 2,
                _ => 1,
            };
            script = script.step(Step {
                times,
                swallows_errors: random.chance(1, 5),
                operation,
            });
        }
        script
    }

    fn operation(&self, random: &mut Random) -> Operation {
        let account = self.position(random);
        match random.below(32) {
            0..=2 => Operation::Write {
                account,
                offset: random.pick(&[0, 0, 1, 15, 64]),
                bytes: Bytes::Given(some_bytes(random)),
            },
            3..=4 => Operation::Resize {
                account,
                len: random.pick(&[0, 1, 8, 64, 300, 10_240, 10_241, 65_536]),
            },
            5 => Operation::Assign {
                account,
                owner: random.pick(&[ids::SYSTEM_PROGRAM, PROBES[0], PROBES[1], OWNER]),
            },
            6..=7 => Operation::SetLamports {
                account,
                lamports: self.balance(account, random),
            },
            8..=10 => Operation::Move {
                from: account,
                to: self.position(random),
                lamports: random.pick(&[0, 1, RENT_MINIMUM, 1_000_000]),
            },
            11 => Operation::Read {
                account,
                offset: 0,
                // Not as far as the value of a durable nonce.
                len: random.pick(&[0, 1, 16, 40]),
            },
            12 => Operation::Log("a message".to_owned()),
            13 => Operation::LogData(vec![some_bytes(random), Vec::new()]),
            14..=15 => Operation::Return(Bytes::Given(some_bytes(random))),
            16 => Operation::ExpectReturned(None),
            17 => Operation::Burn(random.pick(&[1, 1_000, 190_000, 250_000])),
            18 => Operation::Fail(random.pick(&[
                InstructionError::Custom(7),
                InstructionError::InvalidArgument,
                InstructionError::InsufficientFunds,
            ])),
            19 => Operation::RecurseTo {
                depth: random.pick(&[2, 3, 8, 9, 10]),
            },
            20..=25 => Operation::Invoke(self.call_of_system(random)),
            _ if self.nesting < NESTING_MAX => Operation::Invoke(self.call_of_probe(random)),
            _ => Operation::Invoke(self.call_of_system(random)),
        }
    }

    /// The position of an account, now and then one past the end.
    fn position(&self, random: &mut Random) -> u8 {
        let is_past = self.accounts.is_empty() || random.chance(1, 24);
        let count = self.accounts.len() + usize::from(is_past);
        u8::try_from(random.below(count)).expect("few accounts")
    }

    fn key(&self, position: u8) -> Pubkey {
        self.accounts
            .get(usize::from(position))
            .map_or(OWNER, |meta| meta.pubkey)
    }

    /// Where an account is, for a call; its key if it is not among the accounts.
    fn place(&self, key: &Pubkey) -> Place {
        let position = self.accounts.iter().position(|meta| meta.pubkey == *key);
        let position = position.and_then(|position| u8::try_from(position).ok());
        position.map_or(Place::Key(*key), Place::Position)
    }

    fn balance(&self, account: u8, random: &mut Random) -> u64 {
        let balance = self.pool.balance(&self.key(account));
        random.pick(&[balance, balance, balance + 1, balance.saturating_sub(1), 0])
    }

    /// Accounts of this script for a call, mostly with the privileges that they have.
    fn passed(&self, position: u8, random: &mut Random) -> Passed {
        let meta = self.accounts.get(usize::from(position));
        let (mut is_signer, mut is_writable) =
            meta.map_or((false, false), |meta| (meta.is_signer, meta.is_writable));
        is_signer ^= random.chance(1, 16);
        is_writable ^= random.chance(1, 16);
        Passed {
            place: Place::Position(position),
            is_signer,
            is_writable,
        }
    }

    fn call_of_system(&self, random: &mut Random) -> Call {
        let (one, other) = (self.position(random), self.position(random));
        let (from, to) = (self.key(one), self.key(other));
        let space = random.pick(&[0, 0, 8, 300]);
        let instruction = match random.below(8) {
            0..=4 => {
                let amount = match random.chance(1, 2) {
                    true => random.pick(&[0, 1, RENT_MINIMUM, 1_000_000]),
                    false => lamports(self.pool, &from, random),
                };
                system::transfer(&from, &to, amount)
            }
            5 => system::create_account(&from, &to, rent_minimum(space), space, &self.program),
            6 => system::allocate(&from, space),
            _ => system::assign(&from, &self.program),
        };
        let mut accounts = Vec::new();
        let positions = [one, other];
        for (meta, position) in instruction.accounts.iter().zip(positions) {
            let mut passed = self.passed(position, random);
            let is_derived = self.seeds_of(&meta.pubkey).is_some();
            passed.is_signer |= is_derived && random.chance(3, 4);
            accounts.push(passed);
        }
        self.call(ids::SYSTEM_PROGRAM, accounts, instruction.data, random)
    }

    fn call_of_probe(&self, random: &mut Random) -> Call {
        let program = random.pick(&[PROBES[0], PROBES[1], PROBES[2], self.program]);
        let mut passed: Vec<Passed> = Vec::new();
        for position in (0..self.accounts.len()).filter_map(|position| u8::try_from(position).ok()) {
            if random.chance(5, 6) {
                passed.push(self.passed(position, random));
            }
        }
        let accounts = passed.iter().filter_map(|passed| self.meta(passed)).collect();
        let scope = Scope {
            pool: self.pool,
            program,
            accounts,
            nesting: self.nesting + 1,
        };
        let script = scope.script(random);
        self.call(program, passed, script.encode(), random)
    }

    fn meta(&self, passed: &Passed) -> Option<AccountMeta> {
        let pubkey = match passed.place {
            Place::Position(position) => self.accounts.get(usize::from(position))?.pubkey,
            Place::Key(key) => key,
        };
        Some(AccountMeta {
            pubkey,
            is_signer: passed.is_signer,
            is_writable: passed.is_writable,
        })
    }

    /// A call, signed by the derived addresses among its accounts, or by one that is not.
    fn call(&self, program: Pubkey, mut accounts: Vec<Passed>, data: Vec<u8>, random: &mut Random) -> Call {
        let metas = accounts.iter().filter_map(|passed| self.meta(passed));
        let mut signer_seeds: Vec<Vec<Vec<u8>>> =
            metas.filter_map(|meta| self.seeds_of(&meta.pubkey)).collect();
        if random.chance(1, 8) {
            signer_seeds.clear();
        }
        if random.chance(1, 8) && !accounts.is_empty() {
            // The same account again, with other privileges.
            let mut again = accounts[random.below(accounts.len())];
            again.is_signer = random.chance(1, 2);
            again.is_writable = random.chance(1, 2);
            let at = random.below(accounts.len() + 1);
            accounts.insert(at, again);
        }
        Call {
            program: self.place(&program),
            accounts,
            last_account_again: random.pick(&[0, 0, 0, 0, 0, 0, 1, 30]),
            data: Bytes::Given(data),
            signer_seeds,
        }
    }

    /// The seeds from which the running program derives this address.
    fn seeds_of(&self, key: &Pubkey) -> Option<Vec<Vec<u8>>> {
        let mut derived = self.pool.derived.iter();
        let found = derived.find(|derived| derived.address == *key && derived.program == self.program);
        found.map(|derived| derived.seeds.clone())
    }
}

fn some_bytes(random: &mut Random) -> Vec<u8> {
    let len = random.pick(&[0, 1, 2, 8, 8, 20]);
    match random.chance(1, 3) {
        true => vec![0; len],
        false => random.bytes(len),
    }
}
