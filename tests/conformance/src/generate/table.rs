//! Instructions of the address lookup table program.

use isobath_sdk::builtins::lookup_table_instruction::{
    LookupTableInstruction, close_lookup_table, create_lookup_table, deactivate_lookup_table,
    extend_lookup_table, freeze_lookup_table,
};
use isobath_sdk::ids;
use isobath_sdk::instruction::{AccountMeta, Instruction};
use isobath_sdk::pubkey::Pubkey;
use isobath_testkit::Random;

use super::pool::{Pool, Table};

/// A random instruction for a block of `height`; what it does to a table is noted in the pool.
pub(crate) fn instruction(pool: &mut Pool, height: u64, random: &mut Random) -> Instruction {
    if random.chance(1, 4) {
        return create(pool, height, random);
    }
    let index = random.below(pool.tables.len());
    let table = pool.tables[index].clone();
    let authority = match random.chance(1, 10) {
        true => pool.any(random),
        false => table.authority,
    };
    match random.below(12) {
        0 => freeze_lookup_table(&table.address, &authority),
        1..=2 => deactivate_lookup_table(&table.address, &authority),
        3..=4 => close_lookup_table(&table.address, &authority, &pool.any(random)),
        5 => raw(&table, authority, random),
        _ => extend(pool, index, authority, random),
    }
}

fn create(pool: &mut Pool, height: u64, random: &mut Random) -> Instruction {
    let authority = random.pick(&pool.rich);
    let recent_slot = match random.below(8) {
        0 => height,
        1 => height + 1_000,
        2 => height.saturating_sub(2),
        _ => height.saturating_sub(1),
    };
    let payer = pool.funder(random);
    let (instruction, address) =
        create_lookup_table(&authority, &payer, recent_slot).expect("one in 2^255 has no address");
    if pool.tables.iter().all(|table| table.address != address) {
        pool.keys.push(address);
        pool.tables.push(Table {
            address,
            authority,
            keys: Vec::new(),
        });
    }
    instruction
}

fn extend(pool: &mut Pool, index: usize, authority: Pubkey, random: &mut Random) -> Instruction {
    let count = random.pick(&[0, 1, 1, 2, 4, 12]);
    let keys: Vec<Pubkey> = (0..count).map(|_| pool.any(random)).collect();
    let payer = random.chance(5, 6).then(|| pool.funder(random));
    let table = &mut pool.tables[index];
    table.keys.extend(&keys);
    extend_lookup_table(&table.address, &authority, payer.as_ref(), keys)
}

fn raw(table: &Table, authority: Pubkey, random: &mut Random) -> Instruction {
    let create = LookupTableInstruction::Create {
        recent_slot: 0,
        bump: random.byte(),
    };
    let mut data = match random.chance(1, 2) {
        true => create.encode(),
        false => vec![u8::try_from(random.below(7)).expect("below 7"), 0, 0, 0],
    };
    let len = random.pick(&[0, 0, 8, 9, 40]);
    data.extend(random.bytes(len));
    let accounts = vec![
        AccountMeta::writable(table.address),
        AccountMeta::signer(authority),
        AccountMeta::signer_writable(authority),
        AccountMeta::readonly(ids::SYSTEM_PROGRAM),
    ];
    Instruction::new(ids::ADDRESS_LOOKUP_TABLE_PROGRAM, accounts, data)
}
