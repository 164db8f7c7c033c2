//! The interpreter: runs one step at a time on the frame.

use std::borrow::Cow;

use isobath_program_abi::InstructionError;
use isobath_program_abi::Pubkey;
use isobath_program_abi::{AccountMeta, Instruction};
use isobath_sdk::chain::outcome::ReturnData;
use isobath_sdk::program::Frame;

use crate::script::{Bytes, Call, Operation, Passed, Place, Script, Step};

/// Compute units of one call, before its steps.
pub const COMPUTE_UNITS: u64 = 100;
/// Compute units of one step, before the bytes that it handles.
pub const STEP_COMPUTE_UNITS: u64 = 10;
/// Number of bytes that a step handles for one compute unit.
pub const BYTES_PER_COMPUTE_UNIT: u64 = 250;
/// The custom error of an unmet expectation.
pub const UNEXPECTED: u32 = 0x00C0_FFEE;

/// Runs one instruction.
///
/// # Errors
/// `InvalidInstructionData` for data that is not a script, `Custom(`[`UNEXPECTED`]`)`, and the error of a step that
/// does not swallow errors.
///
/// # Panics
/// If the script says so.
pub fn call(frame: &mut Frame<'_>) -> Result<(), InstructionError> {
    frame.consume(COMPUTE_UNITS)?;
    let script = Script::decode(frame.instruction_data()).ok_or(InstructionError::InvalidInstructionData)?;
    run(frame, script.steps())
}

/// Runs the steps in order.
fn run(frame: &mut Frame<'_>, steps: &[Step]) -> Result<(), InstructionError> {
    for step in steps {
        for _ in 0..step.times {
            // The error of the charge is never swallowed, or a script could run for ever.
            frame.consume(cost(&step.operation))?;
            match run_operation(frame, &step.operation) {
                Err(error) if !step.swallows_errors => return Err(error),
                Ok(()) | Err(_) => {}
            }
        }
    }
    Ok(())
}

fn cost(operation: &Operation) -> u64 {
    let bytes = match operation {
        Operation::Read { len, .. } => u64::from(*len),
        Operation::Resize { len, .. } => *len,
        Operation::Write { bytes, .. } | Operation::Return(bytes) => byte_count(bytes),
        Operation::Invoke(call) => byte_count(&call.data),
        _ => 0,
    };
    STEP_COMPUTE_UNITS.saturating_add(bytes / BYTES_PER_COMPUTE_UNIT)
}

fn run_operation(frame: &mut Frame<'_>, operation: &Operation) -> Result<(), InstructionError> {
    match operation {
        Operation::Read { account, offset, len } => read(frame, *account, *offset, *len),
        Operation::Write {
            account,
            offset,
            bytes,
        } => write(frame, *account, *offset, bytes),
        Operation::Resize { account, len } => {
            frame.resize_data((*account).into(), usize::try_from(*len).unwrap_or(usize::MAX))
        }
        Operation::Assign { account, owner } => frame.set_owner((*account).into(), owner),
        Operation::SetLamports { account, lamports } => frame.set_lamports((*account).into(), *lamports),
        Operation::Move { from, to, lamports } => {
            frame.debit((*from).into(), *lamports)?;
            frame.credit((*to).into(), *lamports)
        }
        Operation::Invoke(call) => invoke(frame, call),
        Operation::RecurseTo { depth } => recurse(frame, *depth),
        Operation::Log(message) => {
            frame.log_message(message);
            Ok(())
        }
        Operation::LogData(fields) => {
            frame.log_data(&fields.iter().map(Vec::as_slice).collect::<Vec<_>>());
            Ok(())
        }
        Operation::Return(bytes) => frame.set_return_data(&expand(bytes)),
        Operation::ExpectReturned(expected) => expect_returned(frame, expected.as_ref()),
        Operation::ExpectAccount {
            account,
            lamports,
            len,
        } => {
            let found = frame.account((*account).into())?;
            require(found.lamports() == *lamports && found.data().len() as u64 == *len)
        }
        Operation::Burn(units) => frame.consume(*units),
        Operation::Fail(error) => Err(*error),
        Operation::Panic(message) => panic!("{message}"),
        Operation::PanicWhileWriting { account } => {
            let data = frame.data_mut((*account).into())?;
            data[0] = !data[0];
            panic!("the probe panics while it holds {} bytes", data.len());
        }
    }
}

fn read(frame: &mut Frame<'_>, account: u8, offset: u32, len: u32) -> Result<(), InstructionError> {
    let data = frame.account(account.into())?.data();
    let start = usize::try_from(offset).unwrap_or(usize::MAX);
    let end = start.saturating_add(usize::try_from(len).unwrap_or(usize::MAX));
    let bytes = data
        .get(start..end)
        .ok_or(InstructionError::AccountDataTooSmall)?
        .to_vec();
    frame.log_data(&[&bytes]);
    Ok(())
}

fn write(frame: &mut Frame<'_>, account: u8, offset: u32, bytes: &Bytes) -> Result<(), InstructionError> {
    let offset = usize::try_from(offset).unwrap_or(usize::MAX);
    frame.write_data(account.into(), offset, &expand(bytes))
}

fn invoke(frame: &mut Frame<'_>, call: &Call) -> Result<(), InstructionError> {
    let passed = call.accounts.iter();
    let again = call
        .accounts
        .last()
        .into_iter()
        .cycle()
        .take(call.last_account_again.into());
    let accounts = passed.chain(again).map(|passed| meta(frame, passed));
    let instruction = Instruction {
        program_id: key(frame, &call.program)?,
        accounts: accounts.collect::<Result<_, _>>()?,
        data: expand(&call.data).into_owned(),
    };
    let seeds: Vec<Vec<&[u8]>> = call
        .signer_seeds
        .iter()
        .map(|seeds| seeds.iter().map(Vec::as_slice).collect())
        .collect();
    let seeds: Vec<&[&[u8]]> = seeds.iter().map(Vec::as_slice).collect();
    frame.invoke(&instruction, &seeds)
}

fn recurse(frame: &mut Frame<'_>, depth: u8) -> Result<(), InstructionError> {
    if frame.depth() >= depth {
        return Ok(());
    }
    let own = (0..frame.account_count()).map(|position| {
        Ok(AccountMeta {
            pubkey: frame.key(position)?,
            is_signer: frame.is_signer(position)?,
            is_writable: frame.is_writable(position)?,
        })
    });
    let instruction = Instruction {
        accounts: own.collect::<Result<_, InstructionError>>()?,
        program_id: *frame.program_id(),
        data: frame.instruction_data().to_vec(),
    };
    frame.invoke(&instruction, &[])
}

/// Empty return data counts as none, as it does for every program on Solana.
fn expect_returned(frame: &Frame<'_>, expected: Option<&ReturnData>) -> Result<(), InstructionError> {
    let found = frame.return_data().filter(|found| !found.data.is_empty());
    require(found == expected)
}

const fn require(is_met: bool) -> Result<(), InstructionError> {
    if is_met {
        Ok(())
    } else {
        Err(InstructionError::Custom(UNEXPECTED))
    }
}

fn meta(frame: &Frame<'_>, passed: &Passed) -> Result<AccountMeta, InstructionError> {
    let pubkey = key(frame, &passed.place)?;
    Ok(AccountMeta {
        pubkey,
        is_signer: passed.is_signer,
        is_writable: passed.is_writable,
    })
}

fn key(frame: &Frame<'_>, place: &Place) -> Result<Pubkey, InstructionError> {
    match place {
        Place::Position(position) => frame.key((*position).into()),
        Place::Key(key) => Ok(*key),
    }
}

const fn byte_count(bytes: &Bytes) -> u64 {
    match bytes {
        Bytes::Given(bytes) => bytes.len() as u64,
        Bytes::Zeros(count) => *count as u64,
    }
}

fn expand(bytes: &Bytes) -> Cow<'_, [u8]> {
    match bytes {
        Bytes::Given(bytes) => Cow::Borrowed(bytes),
        Bytes::Zeros(count) => Cow::Owned(vec![0; usize::try_from(*count).unwrap_or(usize::MAX)]),
    }
}
