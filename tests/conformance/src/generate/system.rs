//! Instructions of the System program, each close to one that works.

use isobath_sdk::builtins::system::{self, SeededAddress};
use isobath_sdk::ids;
use isobath_sdk::instruction::Instruction;
use isobath_sdk::pubkey::Pubkey;
use isobath_testkit::Random;

use super::amounts::{funding, lamports, space};
use super::pool::{OWNER, Pool, Seeded};

/// A random instruction.
pub(crate) fn instruction(pool: &Pool, random: &mut Random) -> Instruction {
    match random.below(32) {
        0..=8 => transfer(pool, random),
        9..=12 => create(pool, random),
        13..=14 => create_allow_prefund(pool, random),
        15..=16 => create_with_seed(pool, random),
        17 => system::allocate(&pool.any(random), space(random)),
        18 => system::assign(&pool.any(random), &owner(pool, random)),
        19..=22 => with_seed(pool, random),
        23 => raw(random),
        _ => nonce(pool, random),
    }
}

/// Instructions that together make a nonce account of an absent key.
pub(crate) fn new_nonce(pool: &Pool, random: &mut Random) -> Vec<Instruction> {
    let funder = random.pick(&pool.rich);
    let lamports = funding(pool, &funder, 80, random);
    let authority = authority(pool, random);
    system::create_nonce_account(&funder, &pool.any(random), &authority, lamports).to_vec()
}

fn owner(pool: &Pool, random: &mut Random) -> Pubkey {
    match random.below(8) {
        0..=2 => ids::SYSTEM_PROGRAM,
        3..=5 => OWNER,
        6 => ids::ADDRESS_LOOKUP_TABLE_PROGRAM,
        _ => pool.any(random),
    }
}

fn transfer(pool: &Pool, random: &mut Random) -> Instruction {
    let from = pool.funder(random);
    let to = match random.chance(1, 12) {
        true => from,
        false => pool.any(random),
    };
    system::transfer(&from, &to, lamports(pool, &from, random))
}

fn create(pool: &Pool, random: &mut Random) -> Instruction {
    let (from, new, space) = (pool.funder(random), pool.any(random), space(random));
    let lamports = funding(pool, &from, space, random);
    system::create_account(&from, &new, lamports, space, &owner(pool, random))
}

fn create_allow_prefund(pool: &Pool, random: &mut Random) -> Instruction {
    let (from, new, space) = (pool.funder(random), pool.any(random), space(random));
    let lamports = funding(pool, &from, space, random);
    let funding = random.chance(3, 4).then_some((&from, lamports));
    system::create_account_allow_prefund(&new, funding, space, &owner(pool, random))
}

/// A seeded address of the pool, or one that does not fit its parts.
fn seeded(pool: &Pool, random: &mut Random) -> Seeded {
    let mut seeded = pool.seeded[random.below(pool.seeded.len())].clone();
    match random.below(24) {
        0 => seeded.seed.push('x'),
        1 => seeded.base = pool.any(random),
        2 => seeded.address = pool.any(random),
        3 => seeded.owner = owner(pool, random),
        _ => {}
    }
    seeded
}

fn address(seeded: &Seeded) -> SeededAddress<'_> {
    SeededAddress {
        address: seeded.address,
        base: seeded.base,
        seed: &seeded.seed,
    }
}

fn create_with_seed(pool: &Pool, random: &mut Random) -> Instruction {
    let seeded = seeded(pool, random);
    let funder = match random.chance(1, 2) {
        true => seeded.base,
        false => pool.funder(random),
    };
    let space = space(random);
    let lamports = funding(pool, &funder, space, random);
    system::create_account_with_seed(&funder, &address(&seeded), lamports, space, &seeded.owner)
}

fn with_seed(pool: &Pool, random: &mut Random) -> Instruction {
    let seeded = seeded(pool, random);
    let lamports = lamports(pool, &seeded.address, random);
    match random.below(5) {
        0 => system::allocate_with_seed(&address(&seeded), space(random), &seeded.owner),
        1 => system::assign_with_seed(&address(&seeded), &seeded.owner),
        _ => system::transfer_with_seed(&address(&seeded), &seeded.owner, &pool.any(random), lamports),
    }
}

fn authority(pool: &Pool, random: &mut Random) -> Pubkey {
    match random.chance(5, 6) {
        true => random.pick(&pool.rich),
        false => pool.any(random),
    }
}

fn nonce(pool: &Pool, random: &mut Random) -> Instruction {
    let (mut nonce, mut authority) = random.pick(&pool.nonces);
    if random.chance(1, 8) {
        nonce = pool.any(random);
    }
    if random.chance(1, 8) {
        authority = pool.any(random);
    }
    match random.below(8) {
        0..=1 => system::advance_nonce_account(&nonce, &authority),
        2..=4 => {
            let to = match random.chance(1, 10) {
                true => nonce,
                false => pool.any(random),
            };
            let lamports = lamports(pool, &nonce, random);
            system::withdraw_nonce_account(&nonce, &authority, &to, lamports)
        }
        5 => system::initialize_nonce_account(&nonce, &pool.any(random)),
        6 => system::authorize_nonce_account(&nonce, &authority, &random.pick(&pool.rich)),
        _ => system::upgrade_nonce_account(&nonce),
    }
}

/// A tag, known or not, and bytes that need not fit it.
fn raw(random: &mut Random) -> Instruction {
    let tag = random.below(16);
    let mut data = vec![u8::try_from(tag).expect("below 16"), 0, 0, 0];
    let len = random.pick(&[0, 1, 7, 8, 9, 32, 40, 47, 48, 52]);
    data.extend(random.bytes(len));
    let cut = random.pick(&[0, 3, 4, data.len(), data.len()]);
    data.truncate(cut);
    Instruction::new(ids::SYSTEM_PROGRAM, Vec::new(), data)
}
