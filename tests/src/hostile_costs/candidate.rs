//! Transactions as lists of instructions, their bytes, and how the search changes them.

use isobath_program_probe::Script;
use isobath_sdk::builtins::compute_budget;
use isobath_sdk::hash::Hash;
use isobath_sdk::ids;
use isobath_sdk::instruction::{AccountMeta, Instruction};
use isobath_sdk::wire::message::{Message, MessageVersion, TableAddresses};
use isobath_sdk::wire::transaction::Transaction;
use isobath_testkit::Random;
use rand::Rng;

use super::pieces::{Pieces, is_probe};
use super::scene::{PAYER, Scene};
use super::scripts;

/// The most bytes of a transaction.
const PACKET_LEN: usize = 1_232;
/// Instructions that a transaction of the search may have, beside its budget.
const INSTRUCTIONS_MAX: usize = 12;
/// Transactions of a candidate.
const TRANSACTIONS_MAX: usize = 3;

/// What the search changes: transactions that are sent in this order.
#[derive(Clone, Debug)]
pub(super) struct Candidate {
    transactions: Vec<Draft>,
}

/// One transaction.
#[derive(Clone, Debug)]
struct Draft {
    units: Option<u32>,
    loaded_len: Option<u32>,
    instructions: Vec<Instruction>,
    /// Whether keys are loaded from tables where they can be.
    uses_tables: bool,
    /// A blockhash that is alive; a dead one makes a transaction without effect.
    is_alive: bool,
}

impl Candidate {
    /// A random candidate.
    pub(super) fn random(rng: &mut Random, scene: &Scene) -> Self {
        Self {
            transactions: vec![Draft::random(rng, scene)],
        }
    }

    /// The bytes of its transactions; `None` if one does not fit a packet.
    pub(super) fn wires(&self, scene: &Scene) -> Option<Vec<Vec<u8>>> {
        self.transactions.iter().map(|draft| draft.wire(scene)).collect()
    }

    /// The same with one to three changes.
    pub(super) fn mutated(&self, rng: &mut Random, scene: &Scene) -> Self {
        let mut other = self.clone();
        for _ in 0..rng.random_range(1..=3) {
            other.mutate(rng, scene);
        }
        other
    }

    fn mutate(&mut self, rng: &mut Random, scene: &Scene) {
        let count = self.transactions.len();
        let at = rng.random_range(0..count);
        match rng.random_range(0..16) {
            0 if count < TRANSACTIONS_MAX => self.transactions.push(Draft::random(rng, scene)),
            1 if count < TRANSACTIONS_MAX => {
                let again = self.transactions[at].clone();
                self.transactions.insert(at, again);
            }
            2 if count > 1 => drop(self.transactions.remove(at)),
            _ => self.transactions[at].mutate(rng, scene),
        }
    }
}

impl Draft {
    fn random(rng: &mut Random, scene: &Scene) -> Self {
        let mut pieces = Pieces { rng, scene };
        let instructions = (0..pieces.rng.random_range(1..=3))
            .map(|_| pieces.any())
            .collect();
        Self {
            units: Some(1_400_000),
            loaded_len: None,
            instructions,
            uses_tables: rng.random_ratio(1, 2),
            is_alive: true,
        }
    }

    fn wire(&self, scene: &Scene) -> Option<Vec<u8>> {
        let units = self.units.map(compute_budget::set_compute_unit_limit);
        let loaded_len = self
            .loaded_len
            .map(compute_budget::set_loaded_accounts_data_size_limit);
        let mut instructions: Vec<Instruction> = units.into_iter().chain(loaded_len).collect();
        instructions.extend(self.instructions.iter().cloned());
        let blockhash = match self.is_alive {
            true => scene.world.chain.blockhash(),
            false => Hash::ZERO,
        };
        let tables: Vec<TableAddresses<'_>> = scene
            .tables
            .iter()
            .map(|(table, addresses)| TableAddresses {
                table: *table,
                addresses,
            })
            .collect();
        let message = match self.uses_tables {
            true => Message::compile_with_tables(&PAYER, &instructions, &tables, blockhash),
            false => Message::compile(MessageVersion::Legacy, &PAYER, &instructions, blockhash),
        };
        let wire = Transaction::unsigned(message.ok()?).serialize();
        (wire.len() <= PACKET_LEN).then_some(wire)
    }

    fn mutate(&mut self, rng: &mut Random, scene: &Scene) {
        let count = self.instructions.len();
        let at = rng.random_range(0..count.max(1));
        match rng.random_range(0..16) {
            0 => {
                self.units = pick(
                    rng,
                    &[
                        None,
                        Some(0),
                        Some(150),
                        Some(1_000),
                        Some(20_000),
                        Some(1_400_000),
                    ],
                )
            }
            1 => {
                self.loaded_len = pick(
                    rng,
                    &[None, Some(1), Some(100_000), Some(12 << 20), Some(64 << 20)],
                )
            }
            2 => self.uses_tables ^= true,
            3 if rng.random_ratio(1, 4) => self.is_alive ^= true,
            4 if count > 1 => drop(self.instructions.remove(at)),
            5 if count < INSTRUCTIONS_MAX => {
                let again = self.instructions[at].clone();
                self.instructions.insert(at, again);
            }
            6 if count > 1 => self.instructions.swap(at, rng.random_range(0..count)),
            7..=8 if count < INSTRUCTIONS_MAX => {
                let fresh = Pieces { rng, scene }.any();
                self.instructions.insert(at, fresh);
            }
            9 => self.instructions[at] = Pieces { rng, scene }.any(),
            10..=11 => mutate_accounts(&mut self.instructions[at], rng, scene),
            _ => mutate_data(&mut self.instructions[at], rng, scene),
        }
    }
}

fn mutate_accounts(instruction: &mut Instruction, rng: &mut Random, scene: &Scene) {
    let fresh = AccountMeta {
        pubkey: scene.keys[rng.random_range(0..scene.keys.len())],
        is_signer: false,
        is_writable: rng.random_ratio(3, 4),
    };
    let count = instruction.accounts.len();
    if count == 0 {
        instruction.accounts.push(fresh);
        return;
    }
    let at = rng.random_range(0..count);
    match rng.random_range(0..6) {
        0 => drop(instruction.accounts.remove(at)),
        1 => instruction.accounts[at] = fresh,
        2 => instruction.accounts[at].is_writable ^= true,
        3 => instruction.accounts.push(instruction.accounts[at]),
        _ => (0..rng.random_range(1..20)).for_each(|step| {
            let pubkey = scene.keys[(step + rng.random_range(0..2)) % scene.keys.len()];
            instruction.accounts.push(AccountMeta { pubkey, ..fresh });
        }),
    }
}

fn mutate_data(instruction: &mut Instruction, rng: &mut Random, scene: &Scene) {
    let script = Script::decode(&instruction.data).filter(|_| is_probe(&instruction.program_id));
    if let Some(script) = script {
        instruction.data = scripts::mutated(rng, &script, &instruction.accounts).encode();
    } else if instruction.program_id == ids::SYSTEM_PROGRAM
        && instruction.data.len() >= 12
        && rng.random_ratio(1, 2)
    {
        // Mostly a number after the tag: lamports or a length.
        let value = pick(rng, &[0_u64, 1, 890_880, 1_000_000_000_000, 10 << 20, 4_097]);
        instruction.data[4..12].copy_from_slice(&value.to_le_bytes());
    } else if rng.random_ratio(1, 2) {
        *instruction = Pieces { rng, scene }.any();
    } else {
        let len = rng.random_range(0..900);
        instruction.data.resize(len, 0);
    }
}

fn pick<T: Copy>(rng: &mut Random, values: &[T]) -> T {
    values[rng.random_range(0..values.len())]
}
