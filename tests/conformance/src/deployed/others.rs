//! Instructions of the associated token account program and the memo program.

use isobath_sdk::builtins::associated_token as ata;
use isobath_sdk::ids;
use isobath_sdk::instruction::{AccountMeta, Instruction};
use isobath_testkit::Random;

use super::pool::Pool;

/// An instruction of the associated token account program.
pub(crate) fn associated(pool: &Pool, random: &mut Random) -> Instruction {
    let payer = random.pick(&pool.wallets);
    let wallet = match random.chance(1, 6) {
        true => pool.any(random),
        false => random.pick(&pool.wallets),
    };
    let mint = match random.chance(1, 10) {
        true => pool.any(random),
        false => pool.mints[random.below(pool.mints.len())].key,
    };
    let made = match random.below(8) {
        0..=1 => ata::create(&payer, &wallet, &mint),
        2..=4 => ata::create_idempotent(&payer, &wallet, &mint),
        5 => ata::create_idempotent(&payer, &pool.wallets[0], &pool.mints[0].key),
        _ => ata::recover_nested(&pool.wallets[0], &pool.mints[0].key, &pool.mints[1].key),
    };
    let mut instruction = made.expect("one in 2^255 has no address");
    match random.below(24) {
        0 => instruction.data.clear(),
        1 => instruction.data[0] = random.byte(),
        2 => instruction.accounts.push(AccountMeta::readonly(ids::SYSVAR_RENT)),
        _ => {}
    }
    instruction
}

/// An instruction of either version of the memo program.
pub(crate) fn memo(pool: &Pool, random: &mut Random) -> Instruction {
    let program = random.pick(&[ids::MEMO_PROGRAM_V1, ids::MEMO_PROGRAM, ids::MEMO_PROGRAM]);
    let mut accounts: Vec<AccountMeta> = (0..random.below(4))
        .map(|_| AccountMeta::signer(random.pick(&pool.wallets)))
        .collect();
    if random.chance(1, 10) {
        accounts.push(AccountMeta::readonly(pool.any(random)));
    }
    let data = match random.below(8) {
        0 => Vec::new(),
        1 => vec![0xff; 1 + random.below(3)],
        2 => "\u{1f406} and \u{e4}".into(),
        3 => vec![0xe2, 0x82],
        _ => vec![b'a'; random.below(120)],
    };
    Instruction::new(program, accounts, data)
}
