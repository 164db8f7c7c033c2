//! The probe: it tries what its script says, and only the rules stop it.

use isobath_program_probe::{Bytes, Call, Operation, Place, Script, UNEXPECTED};
use isobath_sdk::instruction::{AccountMeta, Instruction};
use isobath_sdk::instruction_error::InstructionError as Ix;
use isobath_sdk::pubkey::Pubkey;

use super::running::Running;

pub(super) fn run(running: &mut Running<'_>) -> Result<(), Ix> {
    running.consume(100)?;
    let script = Script::decode(running.data()).ok_or(Ix::InvalidInstructionData)?;
    for step in script.steps() {
        for _ in 0..step.times {
            running.consume(10 + bytes(&step.operation) / 250)?;
            match operate(running, &step.operation) {
                Err(error) if !step.swallows_errors => return Err(error),
                _ => {}
            }
        }
    }
    Ok(())
}

/// The bytes that an operation pays for.
fn bytes(operation: &Operation) -> u64 {
    match operation {
        Operation::Read { len, .. } => u64::from(*len),
        Operation::Resize { len, .. } => *len,
        Operation::Write { bytes, .. } | Operation::Return(bytes) => expand(bytes).len() as u64,
        Operation::Invoke(call) => expand(&call.data).len() as u64,
        _ => 0,
    }
}

fn operate(running: &mut Running<'_>, operation: &Operation) -> Result<(), Ix> {
    let at = |account: &u8| usize::from(*account);
    match operation {
        Operation::Read { account, offset, len } => {
            let data = &running.account(at(account))?.data;
            require(
                (*offset as usize) + (*len as usize) <= data.len(),
                Ix::AccountDataTooSmall,
            )
        }
        Operation::Write {
            account,
            offset,
            bytes,
        } => {
            let (bytes, start) = (expand(bytes), *offset as usize);
            let data = running.data_mut(at(account))?;
            require(start + bytes.len() <= data.len(), Ix::AccountDataTooSmall)?;
            data[start..start + bytes.len()].copy_from_slice(&bytes);
            Ok(())
        }
        Operation::Resize { account, len } => running.resize(at(account), *len),
        Operation::Assign { account, owner } => running.assign(at(account), owner),
        Operation::SetLamports { account, lamports } => running.set_lamports(at(account), *lamports),
        Operation::Move { from, to, lamports } => running.transfer(at(from), at(to), *lamports),
        Operation::Invoke(call) => invoke(running, call),
        Operation::RecurseTo { depth } => recurse(running, at(depth)),
        Operation::Log(_) | Operation::LogData(_) => Ok(()),
        Operation::Return(bytes) => running.set_returned(expand(bytes)),
        Operation::ExpectReturned(expected) => {
            // Empty data counts as none.
            let found = running.returned.as_ref().filter(|found| !found.data.is_empty());
            require(found == expected.as_ref(), Ix::Custom(UNEXPECTED))
        }
        Operation::ExpectAccount {
            account,
            lamports,
            len,
        } => {
            let found = running.account(at(account))?;
            let is_met = found.lamports == *lamports && found.data.len() as u64 == *len;
            require(is_met, Ix::Custom(UNEXPECTED))
        }
        Operation::Burn(units) => running.consume(*units),
        Operation::Fail(error) => Err(*error),
        Operation::Panic(_) | Operation::PanicWhileWriting { .. } => {
            panic!("the generator asks for no panic")
        }
    }
}

fn invoke(running: &mut Running<'_>, call: &Call) -> Result<(), Ix> {
    let mut accounts = Vec::new();
    for passed in &call.accounts {
        accounts.push(AccountMeta {
            pubkey: key(running, &passed.place)?,
            is_signer: passed.is_signer,
            is_writable: passed.is_writable,
        });
    }
    let last = accounts.last().copied();
    accounts.extend(last.into_iter().cycle().take(call.last_account_again.into()));
    let instruction = Instruction {
        program_id: key(running, &call.program)?,
        accounts,
        data: expand(&call.data),
    };
    let seeds = call.signer_seeds.iter();
    let seeds: Vec<Vec<&[u8]>> = seeds
        .map(|seeds| seeds.iter().map(Vec::as_slice).collect())
        .collect();
    running.invoke(&instruction, &seeds)
}

/// Calls itself with the same accounts and data until the depth is reached.
fn recurse(running: &mut Running<'_>, depth: usize) -> Result<(), Ix> {
    if running.depth() >= depth {
        return Ok(());
    }
    let metas = running.metas().iter();
    let accounts = metas.map(|meta| AccountMeta {
        pubkey: running.keys[meta.index].key,
        is_signer: meta.is_signer,
        is_writable: meta.is_writable,
    });
    let instruction = Instruction {
        program_id: *running.program(),
        accounts: accounts.collect(),
        data: running.data().to_vec(),
    };
    running.invoke(&instruction, &[])
}

fn key(running: &Running<'_>, place: &Place) -> Result<Pubkey, Ix> {
    match place {
        Place::Position(position) => running.key(usize::from(*position)),
        Place::Key(key) => Ok(*key),
    }
}

fn expand(bytes: &Bytes) -> Vec<u8> {
    match bytes {
        Bytes::Given(bytes) => bytes.clone(),
        Bytes::Zeros(count) => vec![0; *count as usize],
    }
}

const fn require(is_met: bool, error: Ix) -> Result<(), Ix> {
    if is_met { Ok(()) } else { Err(error) }
}
