//! The Instructions sysvar: what a program sees of the transaction around it.

use isobath_program_abi::AccountMeta;
use isobath_program_abi::Instruction;
use isobath_program_abi::InstructionError as E;
use isobath_program_probe::{Bytes, Operation, Passed, Script};
use isobath_sdk::chain::event::Event;
use isobath_sdk::ids;

use super::{Lab, MINE, PROBE_1, call_probe, only};
use crate::support::probe;

const SYSVAR: AccountMeta = AccountMeta::readonly(ids::SYSVAR_INSTRUCTIONS);

/// The accounts of each instruction: something to write, the sysvar, probe 1.
const fn accounts() -> [AccountMeta; 3] {
    [
        AccountMeta::writable(MINE),
        SYSVAR,
        AccountMeta::readonly(probe(1)),
    ]
}

fn read(offset: u32, len: u32) -> Script {
    only(Operation::Read {
        account: 1,
        offset,
        len,
    })
}

fn of_probe(script: &Script) -> Instruction {
    script.instruction(probe(0), accounts().to_vec())
}

/// The account data that these instructions see, without the index at its end. They are those of the lab's payer.
fn expected(lab: &Lab, instructions: &[Instruction]) -> Vec<u8> {
    let mut bytes = u16::try_from(instructions.len()).unwrap().to_le_bytes().to_vec();
    bytes.resize(2 + 2 * instructions.len(), 0);
    for (index, instruction) in instructions.iter().enumerate() {
        let offset = u16::try_from(bytes.len()).unwrap().to_le_bytes();
        bytes[2 + 2 * index..][..2].copy_from_slice(&offset);
        bytes.extend(u16::try_from(instruction.accounts.len()).unwrap().to_le_bytes());
        for account in &instruction.accounts {
            assert_ne!(account.pubkey, lab.payer.pubkey());
            bytes.push(if account.is_writable { 2 } else { 0 });
            bytes.extend(account.pubkey.0);
        }
        bytes.extend(instruction.program_id.0);
        bytes.extend(u16::try_from(instruction.data.len()).unwrap().to_le_bytes());
        bytes.extend(&instruction.data);
    }
    bytes
}

/// What the probes of a transaction that succeeds read, in order.
fn read_by(lab: &Lab, instructions: &[Instruction]) -> Vec<Vec<u8>> {
    let ran = lab.run(instructions);
    assert_eq!(ran.execution.outcome.error, None, "{:#?}", ran.logs());
    let events = ran.execution.events.into_iter();
    let data = events.filter_map(|event| match event {
        Event::Data(fields) => fields.into_iter().next(),
        _ => None,
    });
    data.collect()
}

#[test]
fn a_program_sees_all_instructions_and_which_one_runs() {
    let lab = Lab::new();
    let len_of = |instructions: &[Instruction]| u32::try_from(expected(&lab, instructions).len()).unwrap();
    // The length does not depend on the offset that is read.
    let len = len_of(&[of_probe(&read(0, 1)), of_probe(&read(0, 1))]);
    let instructions = [of_probe(&read(0, len + 2)), of_probe(&read(0, len + 2))];
    let seen = read_by(&lab, &instructions);
    for (index, seen) in [0_u16, 1].into_iter().zip(&seen) {
        let (bytes, current) = seen.split_at(len as usize);
        assert_eq!(bytes, expected(&lab, &instructions));
        assert_eq!(current, index.to_le_bytes());
    }
    assert_eq!(seen.len(), 2);
}

#[test]
fn a_called_program_sees_the_instruction_of_the_transaction() {
    let lab = Lab::new();
    let inner = |offset| {
        let script = only(Operation::Read {
            account: 0,
            offset,
            len: 2,
        });
        of_probe(&only(call_probe(PROBE_1, vec![Passed::readonly(1)], &script)))
    };
    let len = u32::try_from(expected(&lab, &[inner(0), inner(0)]).len()).unwrap();
    let seen = read_by(&lab, &[inner(len), inner(len)]);
    assert_eq!(seen, [0_u16, 1].map(|index| index.to_le_bytes().to_vec()));
}

#[test]
fn it_has_no_lamports_counts_nothing_and_cannot_be_written() {
    let lab = Lab::new();
    let world = &lab.world;
    let loaded = |accounts: &[AccountMeta]| {
        let instruction = Script::new().instruction(probe(0), accounts.to_vec());
        let tx = world.tx(&[&lab.payer], &[instruction]);
        let simulation = world.runtime.simulate(&world.chain, &world.db.view(), &tx);
        assert_eq!(simulation.outcome.error, None);
        simulation.loaded_data_len
    };
    let [mine, sysvar, other] = accounts();
    assert_eq!(loaded(&[mine, sysvar, other]), loaded(&[mine, other]));
    let shape = only(Operation::ExpectAccount {
        account: 0,
        lamports: 0,
        len: u64::from(u16::MAX),
    });
    let writable = [AccountMeta::writable(ids::SYSVAR_INSTRUCTIONS), mine];
    lab.refuses(&shape, &writable, E::Custom(isobath_program_probe::UNEXPECTED));
    let write = Operation::Write {
        account: 0,
        offset: 0,
        bytes: Bytes::Zeros(1),
    };
    lab.refuses(&only(write), &writable, E::ReadonlyDataModified);
    let give = Operation::Move {
        from: 1,
        to: 0,
        lamports: 1,
    };
    lab.refuses(&only(give), &writable, E::ReadonlyLamportChange);
}
