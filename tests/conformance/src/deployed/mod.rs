//! Sequences of the programs that are bytecode on Solana and linked in here: token, associated token account, memo.
//!
//! ```text
//! seed -> Pool (mints, accounts, multisigs in every state) -> blocks { payer, instructions, message }
//!
//! pool         the accounts of a sequence, and who may do what with them
//! token        instructions of the token program, each close to one that works
//! batch        several of them in one
//! others       instructions of the associated token account program and the memo program
//! success      counts the instructions that succeeded
//! ```
//!
//! All sequences run with the features of mainnet: where bytecode works on the accounts themselves instead of copies, an
//! account rule that it breaks is noticed earlier, which is of the virtual machine and not of the programs.

mod batch;
mod others;
mod pool;
pub mod success;
mod token;

use isobath_sdk::builtins::token::BATCH_TAG;
use isobath_sdk::hash::Hash;
use isobath_sdk::ids;
use isobath_sdk::instruction::{AccountMeta, Instruction};
use isobath_sdk::rules::Profile;
use isobath_sdk::wire::layout::PACKET_DATA_SIZE;
use isobath_sdk::wire::message::{Message, MessageVersion};
use isobath_testkit::Random;

use self::pool::Pool;
use crate::sequence::{Block, Item, Lifetime, Oracle, Recipe, Sequence};

/// What the names of these sequences begin with.
const PREFIX: &str = "deployed/";

/// The sequence of a seed.
#[must_use]
pub fn generate(seed: u64) -> Sequence {
    let mut random = Random::new(Random::new(seed ^ 0x70_6b6e).next_u64() ^ seed.rotate_left(32));
    let pool = Pool::new(seed, &mut random);
    let accounts = pool.accounts.clone().into_iter().collect();
    let mut sent = Vec::new();
    let blocks = (1..=2 + random.next_u64() % 2)
        .map(|height| block(&pool, height, &mut sent, &mut random))
        .collect();
    Sequence {
        name: format!("{PREFIX}{seed}"),
        oracle: Oracle::Instructions,
        profile: Profile::Mainnet,
        accounts,
        blocks,
        watched: pool.watched(),
    }
}

/// The sequence of this name: `deployed/SEED`.
#[must_use]
pub fn named(name: &str) -> Option<Sequence> {
    let seed = name.strip_prefix(PREFIX)?.parse().ok()?;
    Some(generate(seed))
}

fn block(pool: &Pool, height: u64, sent: &mut Vec<(u64, Message)>, random: &mut Random) -> Block {
    let mut items = Vec::new();
    for _ in 0..1 + random.below(4) {
        let message = message(pool, random);
        // litesvm does not notice a transaction that is sent twice.
        if !sent.contains(&(height, message.clone())) {
            sent.push((height, message.clone()));
            items.push(Item::Fresh(Box::new(Recipe {
                message,
                lifetime: Lifetime::Block(height - 1),
                extra_signatures: 0,
            })));
        }
    }
    Block {
        empty_before: 0,
        items,
    }
}

/// A message of as many instructions as fit into a packet.
fn message(pool: &Pool, random: &mut Random) -> Message {
    let payer = random.pick(&pool.wallets);
    let mut instructions = Vec::new();
    for _ in 0..random.pick(&[1, 1, 1, 1, 2, 2, 3]) {
        let mut next = instructions_of_one_kind(pool, random);
        if random.chance(1, 8) {
            let at = random.below(next.len());
            mutate(&mut next[at], pool, random);
        }
        instructions.extend(next);
    }
    loop {
        let message = Message::compile(MessageVersion::Legacy, &payer, &instructions, Hash::default())
            .expect("few instructions with few keys");
        let signatures = usize::from(message.header.num_required_signatures);
        if message.serialize().len() + 64 * signatures + 3 <= PACKET_DATA_SIZE {
            return message;
        }
        instructions.pop();
    }
}

fn instructions_of_one_kind(pool: &Pool, random: &mut Random) -> Vec<Instruction> {
    match random.below(40) {
        0..=4 => vec![others::associated(pool, random)],
        5..=6 => vec![others::memo(pool, random)],
        7..=9 => vec![batch::instruction(pool, random)],
        10 => token::create(pool, random),
        11 => vec![token::raw(pool, random)],
        _ => vec![token::instruction(pool, random)],
    }
}

/// Changes one thing about the instruction.
fn mutate(instruction: &mut Instruction, pool: &Pool, random: &mut Random) {
    let count = instruction.accounts.len();
    if instruction.program_id == ids::TOKEN_PROGRAM && instruction.data.first() == Some(&BATCH_TAG) {
        return batch::mutate(instruction, pool, random);
    }
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
    match random.below(4) {
        0 => instruction.data.push(random.byte()),
        1 => instruction.data.truncate(random.below(len + 1)),
        2 if len > 1 => instruction.data[1 + random.below(len - 1)] = random.byte(),
        _ => instruction.data.extend(random.bytes(40)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_gives_one_sequence_that_is_found_by_its_name() {
        for seed in 0..20 {
            let sequence = generate(seed);
            assert_eq!(named(&sequence.name).unwrap().digest(), sequence.digest());
            assert_ne!(generate(seed + 1).digest(), sequence.digest());
        }
        assert!(named("17").is_none() && named("deployed/x").is_none());
    }
}
