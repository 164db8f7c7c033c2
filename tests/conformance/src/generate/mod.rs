//! From a seed to a sequence.
//!
//! ```text
//! seed -> Oracle -> Pool (accounts) -> blocks { payer, instructions, message, lifetime }
//! ```
//!
//! Everything is biased towards transactions that nearly work: mostly valid, with one thing off. Sequences for
//! [`Oracle::Instructions`] stay within what that oracle models: fresh transactions on the newest blockhash whose
//! programs exist.

mod amounts;
mod budget;
mod constants;
mod messages;
mod pool;
mod probe;
mod system;
mod table;

use isobath_sdk::builtins::system::advance_nonce_account;
use isobath_sdk::chain::account::Account;
use isobath_sdk::hash::Hash;
use isobath_sdk::ids;
use isobath_sdk::instruction::{AccountMeta, Instruction};
use isobath_sdk::pubkey::Pubkey;
use isobath_sdk::rules::Profile;
use isobath_sdk::wire::message::Message;
use isobath_testkit::Random;

pub(crate) use self::constants::rent_minimum;
pub use self::constants::{PROBE_NAME, PROBES, PRODUCER};

use self::budget::Limits;
use self::pool::{OWNER, Pool};
use crate::sequence::{Block, Item, Lifetime, Oracle, Recipe, Sequence};

/// A program that never exists.
const ABSENT_PROGRAM: Pubkey = Pubkey([88; 32]);
/// One sequence in this many is compared with a Bank, the others with litesvm.
const LEDGER_EVERY: u64 = 3;
/// One sequence for a Bank in this many lasts long enough for blockhashes to expire.
const LONG_EVERY: usize = 16;

/// The sequences of a seed: for litesvm one with either set of features, for a Bank, which takes several times as long,
/// one with one of the two.
#[must_use]
pub fn generate(seed: u64) -> Vec<Sequence> {
    let profiles = match oracle_of(seed) {
        Oracle::Instructions => Profile::EVERY.to_vec(),
        Oracle::Ledger => vec![profile_for_a_bank(seed)],
    };
    profiles
        .into_iter()
        .map(|profile| generate_with(seed, profile))
        .collect()
}

/// The sequence of this name: `SEED/PROFILE` for litesvm, `SEED` for a Bank.
#[must_use]
pub fn named(name: &str) -> Option<Sequence> {
    let seed = name.split('/').next()?.parse().ok()?;
    generate(seed).into_iter().find(|sequence| sequence.name == name)
}

const fn oracle_of(seed: u64) -> Oracle {
    match seed % LEDGER_EVERY {
        0 => Oracle::Ledger,
        _ => Oracle::Instructions,
    }
}

const fn profile_for_a_bank(seed: u64) -> Profile {
    match seed / LEDGER_EVERY % 2 {
        0 => Profile::Mainnet,
        _ => Profile::All,
    }
}

fn generate_with(seed: u64, profile: Profile) -> Sequence {
    let mut random = random_of(seed);
    let oracle = oracle_of(seed);
    let name = match oracle {
        Oracle::Instructions => format!("{seed}/{profile}"),
        Oracle::Ledger => seed.to_string(),
    };
    let pool = Pool::new(seed, oracle, &mut random);
    let mut maker = Maker {
        pool,
        random,
        height: 0,
        sent: Vec::new(),
    };
    let mut accounts = maker.pool.accounts.clone();
    if oracle == Oracle::Ledger && maker.random.chance(1, 2) {
        accounts.insert(PRODUCER, producer(&mut maker.random));
    }
    let blocks = maker.blocks();
    Sequence {
        name,
        oracle,
        profile,
        accounts: accounts.into_iter().collect(),
        blocks,
        watched: maker.pool.watched(),
    }
}

/// The account of the producer: mostly plain, now and then with data or of a program.
fn producer(random: &mut Random) -> Account {
    let mut account = Account::new(0, ids::SYSTEM_PROGRAM);
    match random.below(8) {
        0 => account.data = random.bytes(40).into(),
        1 => account.owner = OWNER,
        _ => {}
    }
    let extra = random.pick(&[0, 1, 1_000_000]);
    account.lamports = rent_minimum(account.data.len() as u64) + extra;
    account
}

/// The random numbers of a sequence. Neighbouring seeds start close together; one step takes them apart.
const fn random_of(seed: u64) -> Random {
    Random::new(Random::new(seed).next_u64() ^ seed.rotate_left(32))
}

/// A sequence in the making.
struct Maker {
    pool: Pool,
    random: Random,
    /// Height of the block in the making.
    height: u64,
    /// Transactions so far: the height of their block and their message.
    sent: Vec<(u64, Message)>,
}

impl Maker {
    fn blocks(&mut self) -> Vec<Block> {
        let is_long = self.pool.oracle == Oracle::Ledger && self.random.chance(1, LONG_EVERY);
        let count = 2 + self.random.below(3);
        let long_at = 1 + self.random.below(count - 1);
        (0..count)
            .map(|index| {
                let empty_before = match is_long && index == long_at {
                    true => 147 + self.random.next_u64() % 5,
                    false => u64::from(self.pool.oracle == Oracle::Ledger && self.random.chance(1, 8)),
                };
                self.height += empty_before + 1;
                let items = (0..1 + self.random.below(3)).map(|_| self.item()).collect();
                Block { empty_before, items }
            })
            .collect()
    }

    fn item(&mut self) -> Item {
        let is_ledger = self.pool.oracle == Oracle::Ledger;
        let item = match is_ledger && !self.sent.is_empty() && self.random.chance(1, 8) {
            true => Item::Again(self.random.below(self.sent.len())),
            false => Item::Fresh(Box::new(self.new_recipe())),
        };
        self.sent.push(match &item {
            Item::Fresh(recipe) => (self.height, recipe.message.clone()),
            Item::Again(_) => (0, Message::clone(&self.sent[0].1)),
        });
        item
    }

    /// A recipe; one that would repeat a transaction of its block, only where repeating is looked for.
    fn new_recipe(&mut self) -> Recipe {
        loop {
            let recipe = self.recipe();
            let sent = (self.height, recipe.message.clone());
            if self.pool.oracle == Oracle::Ledger || !self.sent.contains(&sent) {
                return recipe;
            }
        }
    }

    fn recipe(&mut self) -> Recipe {
        let mut instructions = self.instructions();
        let lifetime = self.lifetime(&mut instructions);
        let payer = self.payer();
        let message = messages::compile(&self.pool, &payer, &instructions, &mut self.random);
        let extra_signatures = match self.random.below(200) {
            0 => 1,
            1 => -1,
            _ => 0,
        };
        Recipe {
            message,
            lifetime,
            extra_signatures,
        }
    }

    fn payer(&mut self) -> Pubkey {
        match self.random.chance(3, 4) {
            true => self.random.pick(&self.pool.rich),
            false => self.pool.any(&mut self.random),
        }
    }

    fn instructions(&mut self) -> Vec<Instruction> {
        let random = &mut self.random;
        let mut instructions = Vec::new();
        for _ in 0..random.pick(&[0, 1, 1, 1, 1, 1, 2, 2, 2, 3, 5, 12]) {
            match random.below(24) {
                20.. => instructions.push(probe::instruction(&self.pool, random)),
                0..=2 => instructions.push(table::instruction(&mut self.pool, self.height, random)),
                3 => instructions.extend(system::new_nonce(&self.pool, random)),
                4 if self.pool.oracle == Oracle::Ledger => instructions.push(no_program(&self.pool, random)),
                _ => instructions.push(system::instruction(&self.pool, random)),
            }
        }
        for instruction in &mut instructions {
            if random.chance(1, 10) {
                mutate(instruction, &self.pool, random);
            }
        }
        let calls_bytecode = instructions
            .iter()
            .any(|instruction| instruction.program_id == ids::ADDRESS_LOOKUP_TABLE_PROGRAM);
        for instruction in budget::instructions(&self.pool, Limits { calls_bytecode }, random) {
            let at = random.below(instructions.len() + 1);
            instructions.insert(at, instruction);
        }
        instructions
    }

    /// Where the blockhash comes from; a transaction that lives by a nonce gets its first instruction.
    fn lifetime(&mut self, instructions: &mut Vec<Instruction>) -> Lifetime {
        let random = &mut self.random;
        let newest = Lifetime::Block(self.height - 1);
        if self.pool.oracle == Oracle::Instructions {
            return newest;
        }
        match random.below(32) {
            0..=20 => newest,
            21 => Lifetime::Fixed(Hash([random.byte(); 32])),
            22..=23 => Lifetime::Block(self.height - random.next_u64() % self.height.min(4)),
            24 => Lifetime::Block(self.height.saturating_sub(149 + random.next_u64() % 4)),
            _ => {
                let (mut nonce, mut authority) = random.pick(&self.pool.nonces);
                if random.chance(1, 8) {
                    authority = self.pool.any(random);
                }
                if random.chance(1, 16) {
                    nonce = self.pool.any(random);
                }
                let mut advance = advance_nonce_account(&nonce, &authority);
                if random.chance(1, 12) {
                    mutate(&mut advance, &self.pool, random);
                }
                instructions.insert(0, advance);
                Lifetime::Stored(nonce)
            }
        }
    }
}

/// A call of something that is no program.
fn no_program(pool: &Pool, random: &mut Random) -> Instruction {
    let program = match random.below(3) {
        0 => ABSENT_PROGRAM,
        1 => pool.not_a_program,
        _ => pool.any(random),
    };
    let accounts = vec![AccountMeta::writable(pool.any(random))];
    let len = random.below(9);
    Instruction::new(program, accounts, random.bytes(len))
}

/// Changes one thing about the instruction.
fn mutate(instruction: &mut Instruction, pool: &Pool, random: &mut Random) {
    let count = instruction.accounts.len();
    if count > 0 && random.chance(3, 4) {
        let at = random.below(count);
        let accounts = &mut instruction.accounts;
        match random.below(7) {
            0 => drop(accounts.remove(at)),
            1 => accounts.insert(at, accounts[random.below(count)]),
            2 => accounts.swap(at, random.below(count)),
            3 => accounts[at].is_signer ^= true,
            4 => accounts[at].is_writable ^= true,
            5 => accounts[at].pubkey = pool.any(random),
            _ => accounts.push(AccountMeta::readonly(pool.any(random))),
        }
        return;
    }
    let len = instruction.data.len();
    if PROBES.contains(&instruction.program_id) {
        // No other script: it could hold an operation that only one side knows.
        instruction.data.truncate(len - 1);
        return;
    }
    match random.below(4) {
        0 => instruction.data.push(random.byte()),
        1 => instruction.data.truncate(random.below(len + 1)),
        2 if len > 0 => instruction.data[random.below(len)] = random.byte(),
        _ => instruction.data.extend(random.bytes(40)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use isobath_sdk::wire::layout::PACKET_DATA_SIZE;

    #[test]
    fn a_seed_gives_one_sequence_and_another_seed_another() {
        for seed in 0..30 {
            let digest = |seed| generate(seed)[0].digest();
            assert_eq!(digest(seed), digest(seed));
            assert_ne!(digest(seed), digest(seed + 1));
        }
    }

    #[test]
    fn a_sequence_is_found_by_its_name() {
        for seed in 0..6 {
            for sequence in generate(seed) {
                assert_eq!(named(&sequence.name).unwrap().digest(), sequence.digest());
            }
        }
        let digest = |name| named(name).unwrap().digest();
        assert_ne!(digest("7/mainnet"), digest("7/all"));
        for name in ["7", "6/all", "7/most", "table-size/all"] {
            assert!(named(name).is_none(), "{name}");
        }
    }

    #[test]
    fn transactions_fit_into_packets_and_live_as_their_oracle_needs() {
        for sequence in (0..300).flat_map(generate) {
            for recipe in sequence.recipes() {
                assert!(recipe.wire(Hash::default()).len() <= PACKET_DATA_SIZE);
                let is_newest = matches!(recipe.lifetime, Lifetime::Block(_));
                assert!(is_newest || sequence.oracle == Oracle::Ledger);
            }
        }
    }
}
