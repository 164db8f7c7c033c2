//! Several instructions of the token program in one.
//!
//! A part that breaks an account rule ends a batch here, and is noticed at the end of it on Solana. So the parts write
//! accounts that may be written, and nothing changes which accounts those are.

use isobath_sdk::ids;
use isobath_sdk::instruction::{AccountMeta, Instruction};
use isobath_testkit::Random;

use super::pool::Pool;
use super::token;

/// A batch of a few instructions.
pub(crate) fn instruction(pool: &Pool, random: &mut Random) -> Instruction {
    let mut data = vec![255];
    let mut accounts = Vec::new();
    for _ in 0..random.pick(&[0, 1, 1, 1, 2, 2, 2, 3, 4]) {
        let mut part = match random.chance(1, 16) {
            true => token::raw(pool, random),
            false => token::instruction(pool, random),
        };
        if !is_safe(pool, &part) {
            continue;
        }
        part.data.truncate(255);
        let count = u8::try_from(part.accounts.len()).expect("few accounts");
        data.push(count);
        data.push(u8::try_from(part.data.len()).expect("at most 255 bytes"));
        data.extend(part.data);
        accounts.extend(part.accounts);
    }
    if random.chance(1, 24) {
        data.push(random.byte());
    }
    Instruction::new(ids::TOKEN_PROGRAM, accounts, data)
}

/// Whether the program may write all accounts that the instruction would.
fn is_safe(pool: &Pool, instruction: &Instruction) -> bool {
    let may_write = |meta: &AccountMeta| {
        let account = pool.accounts.get(&meta.pubkey);
        let is_own = account.is_some_and(|account| account.owner == ids::TOKEN_PROGRAM);
        !meta.is_writable
            || is_own
            || pool.wallets.contains(&meta.pubkey)
            || pool.absent.contains(&meta.pubkey)
    };
    instruction.accounts.iter().all(may_write)
}

/// Changes one thing about a batch.
pub(crate) fn mutate(batch: &mut Instruction, pool: &Pool, random: &mut Random) {
    let count = batch.accounts.len();
    match random.below(4) {
        0 if count > 0 => batch.accounts[random.below(count)].is_signer ^= true,
        1 => drop(batch.accounts.pop()),
        2 => batch.accounts.push(AccountMeta::readonly(pool.any(random))),
        _ => batch.data.truncate(1 + random.below(batch.data.len())),
    }
}
