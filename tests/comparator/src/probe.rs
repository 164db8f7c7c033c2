//! `programs/probe` a second time, as a built-in program of Solana's runtime: it interprets the same instruction data
//! through that runtime's own contexts, so that CPIs, privileges, account rules and logs are those of Solana.
//!
//! Solana's runtime decides who may do what. Written again here, from `solana-program-runtime` 4.2.2, is what surrounds
//! a program that runs in a virtual machine, since a built-in has none of it: the compute units of a call, the line
//! about return data, and that no program outlives a failed call or exhausted units.
//!
//! Left out, because Solana has no counterpart: panics.

use isobath_program_probe::{
    BYTES_PER_COMPUTE_UNIT, Bytes, COMPUTE_UNITS, Call, Operation, Passed, Place, STEP_COMPUTE_UNITS, Script,
    Step, UNEXPECTED,
};
use isobath_sdk::chain::outcome::ReturnData;
use solana_account::ReadableAccount;
use solana_instruction::error::InstructionError;
use solana_instruction::{AccountMeta, Instruction};
use solana_program_runtime::declare_process_instruction;
use solana_program_runtime::invoke_context::InvokeContext;
use solana_program_runtime::stable_log;
use solana_pubkey::{MAX_SEEDS, Pubkey};
use solana_svm_timings::ExecuteTimings;
use solana_transaction_context::instruction::InstructionContext;
use solana_transaction_context::instruction_accounts::BorrowedInstructionAccount;
use solana_transaction_context::{MAX_ACCOUNTS_PER_INSTRUCTION, MAX_INSTRUCTION_DATA_LEN};

use crate::translate;

/// Bytes of an account meta, as a virtual machine counts them in a call.
const META_LEN: u64 = 34;
/// Bytes of an account beside its data, as a virtual machine counts them in a call.
const ACCOUNT_INFO_LEN: u64 = 80;
/// Derived addresses that sign a call, at most.
const MAX_SIGNERS: usize = 16;
/// Bytes of return data, at most.
const MAX_RETURN_DATA: usize = 1_024;

declare_process_instruction!(Entry, COMPUTE_UNITS, |invoke_context| { run(invoke_context) });

/// One running probe.
struct Probe<'a, 'b, 'c> {
    context: &'a mut InvokeContext<'b, 'c>,
    /// The error that ends the instruction whatever follows.
    failed: Option<InstructionError>,
}

fn run(context: &mut InvokeContext<'_, '_>) -> Result<(), InstructionError> {
    let current = context.transaction_context.get_current_instruction_context()?;
    let script = Script::decode(current.get_instruction_data());
    let script = script.ok_or(InstructionError::InvalidInstructionData)?;
    let mut probe = Probe {
        context,
        failed: None,
    };
    let result = probe.steps(script.steps());
    let result = probe.failed.take().map_or(result, Err);
    probe.log_returned();
    result
}

impl Probe<'_, '_, '_> {
    fn steps(&mut self, steps: &[Step]) -> Result<(), InstructionError> {
        for step in steps {
            for _ in 0..step.times {
                self.consume(cost(&step.operation))?;
                match self.operation(&step.operation) {
                    Err(error) if !step.swallows_errors => return Err(error),
                    Ok(()) | Err(_) => {}
                }
            }
        }
        Ok(())
    }

    fn operation(&mut self, operation: &Operation) -> Result<(), InstructionError> {
        match operation {
            Operation::Read { account, offset, len } => {
                let bytes = self.with_account(*account, |account| {
                    let range = range(*offset, *len as usize);
                    let bytes = account.get_data().get(range).map(<[u8]>::to_vec);
                    bytes.ok_or(InstructionError::AccountDataTooSmall)
                })?;
                stable_log::program_data(&self.context.get_log_collector(), &[&bytes]);
                Ok(())
            }
            Operation::Write {
                account,
                offset,
                bytes,
            } => self.with_account(*account, |account| {
                let bytes = expand(bytes);
                let target = account.get_data_mut()?.get_mut(range(*offset, bytes.len()));
                target
                    .ok_or(InstructionError::AccountDataTooSmall)?
                    .copy_from_slice(&bytes);
                Ok(())
            }),
            Operation::Resize { account, len } => self.with_account(*account, |account| {
                account.set_data_length(usize::try_from(*len).unwrap_or(usize::MAX))
            }),
            Operation::Assign { account, owner } => {
                self.with_account(*account, |account| account.set_owner(&owner.0))
            }
            Operation::SetLamports { account, lamports } => {
                self.with_account(*account, |account| account.set_lamports(*lamports))
            }
            Operation::Move { from, to, lamports } => {
                self.with_account(*from, |account| account.checked_sub_lamports(*lamports))?;
                self.with_account(*to, |account| account.checked_add_lamports(*lamports))
            }
            Operation::Invoke(call) => self.call(call),
            Operation::RecurseTo { depth } => self.recurse(*depth),
            Operation::Log(message) => {
                stable_log::program_log(&self.context.get_log_collector(), message);
                Ok(())
            }
            Operation::LogData(fields) => {
                let fields: Vec<&[u8]> = fields.iter().map(Vec::as_slice).collect();
                stable_log::program_data(&self.context.get_log_collector(), &fields);
                Ok(())
            }
            Operation::Return(bytes) => {
                let program = *self.current()?.get_program_key()?;
                let bytes = expand(bytes);
                if bytes.len() > MAX_RETURN_DATA {
                    return Err(self.aborted());
                }
                self.context.transaction_context.set_return_data(program, bytes)
            }
            Operation::ExpectReturned(expected) => {
                let (program, data) = self.context.transaction_context.get_return_data();
                let found = (!data.is_empty()).then(|| ReturnData {
                    program: isobath_sdk::pubkey::Pubkey(program.to_bytes()),
                    data: data.to_vec(),
                });
                require(found == *expected)
            }
            Operation::ExpectAccount {
                account,
                lamports,
                len,
            } => self.with_account(*account, |account| {
                require(account.get_lamports() == *lamports && account.get_data().len() as u64 == *len)
            }),
            Operation::Burn(units) => self.consume(*units),
            Operation::Fail(error) => Err(translate::instruction_error(error)),
            Operation::Panic(_) | Operation::PanicWhileWriting { .. } => {
                Err(InstructionError::ProgramFailedToComplete)
            }
        }
    }

    fn current(&self) -> Result<InstructionContext<'_, '_>, InstructionError> {
        self.context.transaction_context.get_current_instruction_context()
    }

    fn with_account<T>(
        &self,
        position: u8,
        change: impl FnOnce(&mut BorrowedInstructionAccount<'_, '_>) -> Result<T, InstructionError>,
    ) -> Result<T, InstructionError> {
        let current = self.current()?;
        let mut account = current.try_borrow_instruction_account(position.into())?;
        change(&mut account)
    }

    /// Spends units; a program that has none left fails, whatever it does.
    fn consume(&mut self, units: u64) -> Result<(), InstructionError> {
        self.context.compute_meter.consume_checked(units).map_err(|_| {
            let error = InstructionError::ComputationalBudgetExceeded;
            self.failed.get_or_insert(error.clone());
            error
        })
    }

    fn call(&mut self, call: &Call) -> Result<(), InstructionError> {
        let again = call.accounts.last().into_iter().cycle();
        let again = again.take(call.last_account_again.into());
        let metas = call.accounts.iter().chain(again);
        let instruction = Instruction {
            program_id: self.key(&call.program)?,
            accounts: metas.map(|passed| self.meta(passed)).collect::<Result<_, _>>()?,
            data: expand(&call.data),
        };
        let seeds: Vec<Vec<&[u8]>> = call
            .signer_seeds
            .iter()
            .map(|seeds| seeds.iter().map(Vec::as_slice).collect())
            .collect();
        let seeds: Vec<&[&[u8]]> = seeds.iter().map(Vec::as_slice).collect();
        self.invoke(instruction, &seeds)
    }

    fn recurse(&mut self, depth: u8) -> Result<(), InstructionError> {
        let current = self.current()?;
        if current.get_stack_height() >= usize::from(depth) {
            return Ok(());
        }
        let own = 0..current.get_number_of_instruction_accounts();
        let own = own.map(|position| {
            Ok(AccountMeta {
                pubkey: *current.get_key_of_instruction_account(position)?,
                is_signer: current.is_instruction_account_signer(position)?,
                is_writable: current.is_instruction_account_writable(position)?,
            })
        });
        let instruction = Instruction {
            accounts: own.collect::<Result<_, InstructionError>>()?,
            program_id: *current.get_program_key()?,
            data: current.get_instruction_data().to_vec(),
        };
        self.invoke(instruction, &[])
    }

    /// A call as a program in a virtual machine makes it: a failed one is its last.
    fn invoke(&mut self, instruction: Instruction, seeds: &[&[&[u8]]]) -> Result<(), InstructionError> {
        if let Some(error) = &self.failed {
            return Err(error.clone());
        }
        let result = self.try_invoke(instruction, seeds);
        if let Err(error) = &result {
            self.failed.get_or_insert(error.clone());
        }
        result
    }

    /// The order of checks and charges is that of `cpi_common`. The accounts that a program passes beside the
    /// instruction are taken to be those of the instruction.
    fn try_invoke(&mut self, instruction: Instruction, seeds: &[&[&[u8]]]) -> Result<(), InstructionError> {
        let cost = self.context.get_execution_cost();
        let (base, per_unit) = (cost.invoke_units, cost.cpi_bytes_per_unit);
        let (data_len, metas) = (instruction.data.len() as u64, instruction.accounts.len() as u64);
        self.consume(base)?;
        if data_len > MAX_INSTRUCTION_DATA_LEN as u64 || metas > MAX_ACCOUNTS_PER_INSTRUCTION as u64 {
            return Err(self.aborted());
        }
        self.consume(data_len / per_unit + metas * META_LEN / per_unit)?;
        let program = *self.current()?.get_program_key()?;
        let signers = self.signers(seeds, &program)?;
        let mut keys: Vec<Pubkey> = instruction.accounts.iter().map(|meta| meta.pubkey).collect();
        self.context.prepare_next_cpi_instruction(instruction, &signers)?;
        self.consume(metas * ACCOUNT_INFO_LEN / per_unit)?;
        keys.sort_unstable();
        keys.dedup();
        for key in keys {
            let len = self.data_len(&key)?;
            self.consume(len / per_unit)?;
        }
        self.context
            .process_instruction(&mut 0, &mut ExecuteTimings::default())
    }

    fn signers(&mut self, seeds: &[&[&[u8]]], program: &Pubkey) -> Result<Vec<Pubkey>, InstructionError> {
        if seeds.len() > MAX_SIGNERS {
            return Err(self.aborted());
        }
        let mut signers = Vec::new();
        for seeds in seeds {
            if seeds.len() > MAX_SEEDS {
                return Err(InstructionError::MaxSeedLengthExceeded);
            }
            let address = Pubkey::create_program_address(seeds, program);
            signers.push(address.map_err(|_| self.aborted())?);
        }
        Ok(signers)
    }

    /// The error of a program that a virtual machine aborts.
    fn aborted(&mut self) -> InstructionError {
        let error = InstructionError::ProgramFailedToComplete;
        self.failed.get_or_insert(error).clone()
    }

    fn data_len(&self, key: &Pubkey) -> Result<u64, InstructionError> {
        let transaction = &self.context.transaction_context;
        let index = transaction.find_index_of_account(key);
        let index = index.ok_or(InstructionError::MissingAccount)?;
        Ok(transaction.accounts().try_borrow(index)?.data().len() as u64)
    }

    /// A virtual machine shows return data under the program that ends, even if one that it called has set it.
    fn log_returned(&self) {
        let Ok(program) = self
            .current()
            .and_then(|current| current.get_program_key().copied())
        else {
            return;
        };
        let (_, data) = self.context.transaction_context.get_return_data();
        if !data.is_empty() {
            stable_log::program_return(&self.context.get_log_collector(), &program, data);
        }
    }

    fn meta(&self, passed: &Passed) -> Result<AccountMeta, InstructionError> {
        Ok(AccountMeta {
            pubkey: self.key(&passed.place)?,
            is_signer: passed.is_signer,
            is_writable: passed.is_writable,
        })
    }

    fn key(&self, place: &Place) -> Result<Pubkey, InstructionError> {
        match place {
            Place::Position(position) => {
                let key = self
                    .current()?
                    .get_key_of_instruction_account((*position).into())?;
                Ok(*key)
            }
            Place::Key(key) => Ok(translate::key(key)),
        }
    }
}

fn cost(operation: &Operation) -> u64 {
    let bytes = match operation {
        Operation::Read { len, .. } => u64::from(*len),
        Operation::Resize { len, .. } => *len,
        Operation::Write { bytes, .. } | Operation::Return(bytes) => byte_count(bytes),
        Operation::Invoke(call) => byte_count(&call.data),
        _ => 0,
    };
    STEP_COMPUTE_UNITS + bytes / BYTES_PER_COMPUTE_UNIT
}

fn range(offset: u32, len: usize) -> std::ops::Range<usize> {
    offset as usize..(offset as usize).saturating_add(len)
}

const fn require(is_met: bool) -> Result<(), InstructionError> {
    match is_met {
        true => Ok(()),
        false => Err(InstructionError::Custom(UNEXPECTED)),
    }
}

fn byte_count(bytes: &Bytes) -> u64 {
    match bytes {
        Bytes::Given(bytes) => bytes.len() as u64,
        Bytes::Zeros(count) => u64::from(*count),
    }
}

fn expand(bytes: &Bytes) -> Vec<u8> {
    match bytes {
        Bytes::Given(bytes) => bytes.clone(),
        Bytes::Zeros(count) => vec![0; *count as usize],
    }
}
