//! Instructions of the ComputeBudget program.

use isobath_sdk::builtins::compute_budget::{
    request_heap_frame, set_compute_unit_limit, set_compute_unit_price, set_loaded_accounts_data_size_limit,
};
use isobath_sdk::ids;
use isobath_sdk::instruction::{AccountMeta, Instruction};
use isobath_testkit::Random;

use super::pool::Pool;
use crate::sequence::Oracle;

/// What a transaction may be limited in. Units are not limited where bytecode runs on one side only, and loaded data
/// not where it is part of what is loaded.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    /// Whether the transaction calls a program that is bytecode on Solana.
    pub(crate) calls_bytecode: bool,
}

/// Instructions to put among the others of a transaction.
pub(crate) fn instructions(pool: &Pool, limits: Limits, random: &mut Random) -> Vec<Instruction> {
    let mut instructions = Vec::new();
    if random.chance(1, 6) && !limits.calls_bytecode {
        let units = random.pick(&[
            0,
            1,
            149,
            150,
            151,
            299,
            300,
            301,
            450,
            600,
            3_000,
            200_000,
            1_400_000,
            1_400_001,
            u32::MAX,
        ]);
        instructions.push(set_compute_unit_limit(units));
    }
    if random.chance(1, 6) {
        let price = random.pick(&[0, 1, 333, 1_000, 1_000_000, 50_000_000, u64::MAX / 3, u64::MAX]);
        instructions.push(set_compute_unit_price(price));
    }
    if random.chance(1, 24) {
        let heap = random.pick(&[0, 1_024, 32_768, 32_769, 65_536, 262_144, 263_168, u32::MAX]);
        instructions.push(request_heap_frame(heap));
    }
    if pool.oracle == Oracle::Ledger && random.chance(1, 8) && !limits.calls_bytecode {
        instructions.push(set_loaded_accounts_data_size_limit(data_limit(random)));
    }
    if random.chance(1, 40) {
        instructions.push(raw(pool, random));
    }
    if let Some(again) = instructions.first().cloned()
        && random.chance(1, 24)
    {
        instructions.push(again);
    }
    instructions
}

/// Around the sizes of small transactions: 64 bytes an account beside its data.
fn data_limit(random: &mut Random) -> u32 {
    match random.below(8) {
        0 => random.pick(&[0, 1, 64, 128, 67_108_864, 67_108_865, u32::MAX]),
        1 => random.pick(&[6_000, 7_000, 21_000, 28_000]),
        _ => 100 + u32::from(random.byte()) * 3,
    }
}

fn raw(pool: &Pool, random: &mut Random) -> Instruction {
    let tag = u8::try_from(random.below(7)).expect("below 7");
    let mut data = vec![tag];
    let len = random.pick(&[0, 3, 4, 5, 7, 8, 9]);
    data.extend(random.bytes(len));
    let accounts = match random.chance(1, 2) {
        true => vec![AccountMeta::writable(pool.any(random))],
        false => Vec::new(),
    };
    let cut = random.pick(&[0, data.len(), data.len(), data.len()]);
    data.truncate(cut);
    Instruction::new(ids::COMPUTE_BUDGET_PROGRAM, accounts, data)
}
