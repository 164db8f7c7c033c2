//! From instructions to messages, some of which are not sane.

use isobath_sdk::hash::Hash;
use isobath_sdk::instruction::Instruction;
use isobath_sdk::pubkey::Pubkey;
use isobath_sdk::wire::layout::PACKET_DATA_SIZE;
use isobath_sdk::wire::message::{
    AddressTableLookup, CompiledInstruction, Message, MessageVersion, TableAddresses,
};
use isobath_testkit::Random;

use super::pool::Pool;
use crate::sequence::Oracle;

/// A message of as many of the instructions as fit into a packet.
pub(crate) fn compile(
    pool: &Pool,
    payer: &Pubkey,
    instructions: &[Instruction],
    random: &mut Random,
) -> Message {
    let shape = random.below(8);
    let faulty = random.chance(1, 16);
    let mut count = instructions.len();
    loop {
        let instructions = &instructions[..count];
        let mut message = match shape {
            0..=3 => Message::compile(MessageVersion::Legacy, payer, instructions, Hash::default()),
            4 => Message::compile(MessageVersion::V0, payer, instructions, Hash::default()),
            _ => Message::compile_with_tables(payer, instructions, &tables(pool), Hash::default()),
        }
        .expect("few instructions with few keys");
        if faulty {
            disturb(&mut message, pool, random);
        }
        if wire_len(&message) <= PACKET_DATA_SIZE || count == 0 {
            return message;
        }
        count -= 1;
    }
}

fn wire_len(message: &Message) -> usize {
    // One signature more than asked for may be added.
    let signatures = usize::from(message.header.num_required_signatures) + 1;
    message.serialize().len() + 64 * signatures + 3
}

fn tables(pool: &Pool) -> Vec<TableAddresses<'_>> {
    let tables = pool.tables.iter().filter(|table| !table.keys.is_empty());
    tables
        .map(|table| TableAddresses {
            table: table.address,
            addresses: &table.keys,
        })
        .collect()
}

/// Changes one thing. What makes another key the program of an instruction is for a Bank only: litesvm charges nothing
/// where loading fails.
fn disturb(message: &mut Message, pool: &Pool, random: &mut Random) {
    let kind = match pool.oracle {
        Oracle::Ledger => random.below(16),
        Oracle::Instructions => random.pick(&[0, 2, 3, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15]),
    };
    match kind {
        0 => message.account_keys.push(random.pick(&message.account_keys)),
        1 => {
            let at = random.below(message.account_keys.len());
            message.account_keys[at] = random.pick(&message.account_keys);
        }
        2 => message.account_keys.push(pool.any(random)),
        3 => drop(message.account_keys.pop()),
        4 => with_instruction(message, random, |instruction, random| {
            instruction.program_id_index = random.pick(&[0, 1, 2, 40, 255]);
        }),
        5 => with_instruction(message, random, |instruction, random| {
            instruction.accounts.push(random.pick(&[0, 1, 40, 255]));
        }),
        6 => message.header.num_required_signatures = random.pick(&[0, 1, 2, 3, 30, 127, 128]).min(13),
        7 => message.header.num_readonly_signed = random.pick(&[0, 1, 2, 5, 255]),
        8 => message.header.num_readonly_unsigned = random.pick(&[0, 1, 2, 5, 255]),
        9 => disturb_lookup(
            message,
            |lookup, random| lookup.writable_indexes.push(random.byte() % 12),
            random,
        ),
        10 => disturb_lookup(
            message,
            |lookup, random| lookup.readonly_indexes.push(random.byte() % 12),
            random,
        ),
        11 => message.lookups.extend(message.lookups.first().cloned()),
        12..=13 => add_lookup(message, pool, random),
        14 => message.instructions.clear(),
        _ => many_locks(message, pool, random),
    }
}

fn with_instruction(
    message: &mut Message,
    random: &mut Random,
    change: impl FnOnce(&mut CompiledInstruction, &mut Random),
) {
    if !message.instructions.is_empty() {
        let at = random.below(message.instructions.len());
        change(&mut message.instructions[at], random);
    }
}

fn disturb_lookup(
    message: &mut Message,
    change: impl FnOnce(&mut AddressTableLookup, &mut Random),
    random: &mut Random,
) {
    if let Some(lookup) = message.lookups.first_mut() {
        change(lookup, random);
    }
}

/// A lookup that no instruction needs, of a table or of something else.
fn add_lookup(message: &mut Message, pool: &Pool, random: &mut Random) {
    if message.version == MessageVersion::Legacy {
        return;
    }
    let table = match random.chance(1, 2) {
        true => pool.tables[random.below(pool.tables.len())].address,
        false => pool.any(random),
    };
    let writable_indexes = match random.chance(1, 2) {
        true => vec![random.byte() % 8],
        false => Vec::new(),
    };
    let readonly_indexes = match random.chance(2, 3) {
        true => vec![random.byte() % 8],
        false => Vec::new(),
    };
    message.lookups.push(AddressTableLookup {
        table,
        writable_indexes,
        readonly_indexes,
    });
}

/// More indexes of one table than a transaction may lock.
fn many_locks(message: &mut Message, pool: &Pool, random: &mut Random) {
    if message.version == MessageVersion::Legacy {
        return;
    }
    let table = pool.tables[random.below(pool.tables.len())].address;
    let count = random.pick(&[100, 128, 240, 255]);
    message.lookups.push(AddressTableLookup {
        table,
        writable_indexes: Vec::new(),
        readonly_indexes: (0..count).collect(),
    });
}
