//! The accounts of a transaction while its programs run: calls, privileges, and what a program may change.
//!
//! A call fails the whole transaction when it fails, so nothing here is ever undone: the caller of this drops the
//! copies.

use isobath_sdk::chain::outcome::ReturnData;
use isobath_sdk::instruction::Instruction;
use isobath_sdk::instruction_error::InstructionError as Ix;
use isobath_sdk::pubkey::Pubkey;

use super::account::Plain;
use super::chain::Past;
use super::lookups::Key;
use super::state::Model;
use crate::random_blocks::feature::Feature;

const ACCOUNT_LEN_MAX: u64 = 10 << 20;
const GROWTH_MAX: i64 = 20 << 20;
const CALL_UNITS: u64 = 946;
/// What a call passes for one more unit.
const CALL_BYTES_PER_UNIT: usize = 250;
/// Key, signer flag and writable flag.
const META_LEN: usize = 34;
/// Key, owner, balance and length.
const PASSED_LEN: usize = 80;
const CALL_DATA_LEN_MAX: usize = 10 << 10;
const CALLS_MAX: usize = 64;
const SIGNERS_MAX: usize = 16;
const RETURN_DATA_LEN_MAX: usize = 1_024;
/// Depth from which a call counts as a deep one.
const DEEP: usize = 5;

/// The units of this many bytes of a call.
const fn units_of(len: usize) -> u64 {
    (len / CALL_BYTES_PER_UNIT) as u64
}

/// An account as an instruction names it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Meta {
    /// Index among the keys of the transaction.
    pub(super) index: usize,
    pub(super) is_signer: bool,
    pub(super) is_writable: bool,
}

/// A program, its accounts and its data.
#[derive(Clone, Debug)]
pub(super) struct Call {
    pub(super) program: Pubkey,
    pub(super) metas: Vec<Meta>,
    pub(super) data: Vec<u8>,
}

/// What was seen while the programs ran.
#[derive(Debug, Default)]
pub(super) struct Seen {
    /// Whatever became of the transaction.
    pub(super) always: Vec<Feature>,
    /// If it succeeded.
    pub(super) on_success: Vec<Feature>,
}

/// A transaction whose programs run.
pub(super) struct Running<'a> {
    pub(super) keys: &'a [Key],
    pub(super) accounts: Vec<Plain>,
    pub(super) past: &'a Past,
    pub(super) units_left: u64,
    pub(super) returned: Option<ReturnData>,
    pub(super) seen: Seen,
    /// The calls that run, the outermost first.
    stack: Vec<Call>,
    /// Sum of all balances, which no program changes.
    lamports: u128,
    growth: i64,
    has_run_out: bool,
    /// The error of the first call that failed: no program can go on after it.
    failed_call: Option<Ix>,
    calls: usize,
    depth_max: usize,
    /// Runs the program on top of the stack.
    run_program: fn(&mut Self) -> Result<(), Ix>,
}

impl<'a> Running<'a> {
    pub(super) fn new(
        keys: &'a [Key],
        accounts: &[Plain],
        units: u64,
        model: &'a Model,
        run_program: fn(&mut Self) -> Result<(), Ix>,
    ) -> Self {
        Self {
            keys,
            accounts: accounts.to_vec(),
            past: &model.past,
            units_left: units,
            returned: None,
            seen: Seen::default(),
            stack: Vec::new(),
            lamports: sum(accounts),
            growth: 0,
            has_run_out: false,
            failed_call: None,
            calls: 0,
            depth_max: model.limits.depth_max,
            run_program,
        }
    }

    /// The accounts afterwards, and what was seen.
    pub(super) fn end(self) -> (Vec<Plain>, Seen) {
        (self.accounts, self.seen)
    }

    /// Runs a call to its end.
    pub(super) fn call(&mut self, call: Call) -> Result<(), Ix> {
        let program = call.program;
        let is_direct = self.stack.last().is_some_and(|caller| caller.program == program);
        if !is_direct && self.stack.iter().any(|caller| caller.program == program) {
            self.seen.always.push(Feature::Reentrancy);
            return Err(Ix::ReentrancyNotAllowed);
        }
        self.require_balance()?;
        if self.calls >= CALLS_MAX {
            return Err(Ix::MaxInstructionTraceLengthExceeded);
        }
        if self.stack.len() >= self.depth_max {
            self.seen.always.push(Feature::TooDeep);
            return Err(Ix::CallDepth);
        }
        self.calls += 1;
        self.stack.push(call);
        let result = self.run_top();
        self.stack.pop();
        result
    }

    fn run_top(&mut self) -> Result<(), Ix> {
        let program = *self.program();
        let index = self.keys.iter().position(|key| key.key == program);
        if !index.is_some_and(|index| self.accounts[index].is_program()) {
            return Err(Ix::UnsupportedProgramId);
        }
        if self.returned.take().is_some() {
            self.seen.on_success.push(Feature::ReturnCleared);
        }
        let result = (self.run_program)(self);
        if let Some(error) = self.failed_call {
            return Err(error);
        }
        if self.has_run_out {
            self.seen.always.push(Feature::OutOfUnits);
            return Err(Ix::ComputationalBudgetExceeded);
        }
        result.and_then(|()| self.require_balance())
    }

    fn require_balance(&mut self) -> Result<(), Ix> {
        if sum(&self.accounts) == self.lamports {
            return Ok(());
        }
        self.seen.always.push(Feature::Unbalanced);
        Err(Ix::UnbalancedInstruction)
    }

    /// Calls another program for the running one, signed by the addresses of `seeds` too.
    pub(super) fn invoke(&mut self, instruction: &Instruction, seeds: &[Vec<&[u8]>]) -> Result<(), Ix> {
        if let Some(error) = self.failed_call {
            return Err(error);
        }
        let result = self.prepare(instruction, seeds).and_then(|call| {
            let is_signed = !seeds.is_empty();
            self.call(call)?;
            self.seen.on_success.push(Feature::Call);
            if is_signed {
                self.seen.on_success.push(Feature::SignedCall);
            }
            if self.stack.len() >= DEEP {
                self.seen.on_success.push(Feature::DeepCall);
            }
            Ok(())
        });
        if let Err(error) = result {
            self.seen.always.push(Feature::FailedCall);
            self.failed_call.get_or_insert(error);
        }
        result
    }

    /// The call, if the running program may make it.
    fn prepare(&mut self, instruction: &Instruction, seeds: &[Vec<&[u8]>]) -> Result<Call, Ix> {
        self.consume(CALL_UNITS)?;
        if instruction.data.len() > CALL_DATA_LEN_MAX || instruction.accounts.len() > 255 {
            return Err(Ix::InvalidInstructionData);
        }
        let listed_len = instruction.accounts.len() * META_LEN;
        self.consume(units_of(instruction.data.len()) + units_of(listed_len))?;
        if seeds.len() > SIGNERS_MAX {
            return Err(Ix::MaxSeedLengthExceeded);
        }
        let mut signers = Vec::new();
        for seeds in seeds {
            signers.push(Pubkey::create_program_address(seeds, self.program())?);
        }
        let mut metas = Vec::new();
        for meta in &instruction.accounts {
            metas.push(Meta {
                index: self.index_of(&meta.pubkey).ok_or(Ix::MissingAccount)?,
                is_signer: meta.is_signer,
                is_writable: meta.is_writable,
            });
        }
        let asked = metas.clone();
        for meta in &mut metas {
            let same = || asked.iter().filter(|other| other.index == meta.index);
            let (is_signer, is_writable) = (
                same().any(|meta| meta.is_signer),
                same().any(|meta| meta.is_writable),
            );
            (meta.is_signer, meta.is_writable) = (is_signer, is_writable);
            self.require_privileges(meta, &signers)?;
        }
        let program = self.index_of(&instruction.program_id);
        let is_passed = |index| self.metas().iter().any(|meta| meta.index == index);
        if !program.is_some_and(is_passed) {
            return Err(Ix::MissingAccount);
        }
        self.consume(units_of(metas.len() * PASSED_LEN))?;
        let mut passed: Vec<usize> = metas.iter().map(|meta| meta.index).collect();
        passed.sort_unstable();
        passed.dedup();
        for index in passed {
            self.consume(units_of(self.accounts[index].data.len()))?;
        }
        Ok(Call {
            program: instruction.program_id,
            metas,
            data: instruction.data.clone(),
        })
    }

    /// Fails unless the running program has the privileges that a call asks for.
    fn require_privileges(&mut self, asked: &Meta, signers: &[Pubkey]) -> Result<(), Ix> {
        let own: Vec<Meta> = self
            .metas()
            .iter()
            .filter(|meta| meta.index == asked.index)
            .copied()
            .collect();
        if own.is_empty() {
            return Err(Ix::MissingAccount);
        }
        let may_write = own.iter().any(|meta| meta.is_writable);
        let may_sign = own.iter().any(|meta| meta.is_signer) || signers.contains(&self.keys[asked.index].key);
        if asked.is_writable && !may_write || asked.is_signer && !may_sign {
            self.seen.always.push(Feature::Escalation);
            return Err(Ix::PrivilegeEscalation);
        }
        Ok(())
    }

    fn index_of(&self, key: &Pubkey) -> Option<usize> {
        self.keys.iter().position(|known| known.key == *key)
    }

    fn top(&self) -> &Call {
        self.stack.last().expect("a program runs")
    }

    /// The running program.
    pub(super) fn program(&self) -> &Pubkey {
        &self.top().program
    }

    /// The accounts of the running instruction.
    pub(super) fn metas(&self) -> &[Meta] {
        &self.top().metas
    }

    /// The data of the running instruction.
    pub(super) fn data(&self) -> &[u8] {
        &self.top().data
    }

    /// Number of calls that run.
    pub(super) const fn depth(&self) -> usize {
        self.stack.len()
    }

    /// Spends units; all that are left if they are too few.
    pub(super) const fn consume(&mut self, units: u64) -> Result<(), Ix> {
        if units > self.units_left {
            (self.units_left, self.has_run_out) = (0, true);
            return Err(Ix::ComputationalBudgetExceeded);
        }
        self.units_left -= units;
        Ok(())
    }

    /// The account at `position` of the instruction.
    pub(super) fn meta(&self, position: usize) -> Result<Meta, Ix> {
        self.metas().get(position).copied().ok_or(Ix::MissingAccount)
    }

    pub(super) fn key(&self, position: usize) -> Result<Pubkey, Ix> {
        Ok(self.keys[self.meta(position)?.index].key)
    }

    pub(super) fn account(&self, position: usize) -> Result<&Plain, Ix> {
        Ok(&self.accounts[self.meta(position)?.index])
    }

    fn has_signed(&self, key: &Pubkey) -> bool {
        let mut signers = self.metas().iter().filter(|meta| meta.is_signer);
        signers.any(|meta| self.keys[meta.index].key == *key)
    }

    /// Fails unless `key` signed the running instruction.
    pub(super) fn require_signature(&self, key: &Pubkey) -> Result<(), Ix> {
        match self.has_signed(key) {
            true => Ok(()),
            false => Err(Ix::MissingRequiredSignature),
        }
    }

    fn owns(&self, position: usize) -> Result<bool, Ix> {
        Ok(self.account(position)?.owner == *self.program())
    }

    /// Only the owner debits, and nobody changes what is read-only.
    pub(super) fn set_lamports(&mut self, position: usize, lamports: u64) -> Result<(), Ix> {
        if lamports < self.account(position)?.lamports && !self.owns(position)? {
            return Err(Ix::ExternalAccountLamportSpend);
        }
        let meta = self.meta(position)?;
        if !meta.is_writable {
            return Err(Ix::ReadonlyLamportChange);
        }
        self.accounts[meta.index].lamports = lamports;
        Ok(())
    }

    /// Moves lamports from one account of the instruction to another.
    pub(super) fn transfer(&mut self, from: usize, to: usize, lamports: u64) -> Result<(), Ix> {
        let left = self.account(from)?.lamports.checked_sub(lamports);
        self.set_lamports(from, left.ok_or(Ix::ArithmeticOverflow)?)?;
        let sum = self.account(to)?.lamports.checked_add(lamports);
        self.set_lamports(to, sum.ok_or(Ix::ArithmeticOverflow)?)
    }

    /// Only the owner gives an account away, and only without data.
    pub(super) fn assign(&mut self, position: usize, owner: &Pubkey) -> Result<(), Ix> {
        let meta = self.meta(position)?;
        let is_blank = self.accounts[meta.index].data.iter().all(|byte| *byte == 0);
        if !self.owns(position)? || !meta.is_writable || !is_blank {
            return Err(Ix::ModifiedProgramId);
        }
        self.accounts[meta.index].owner = *owner;
        Ok(())
    }

    /// The data of an account, for its owner to write.
    pub(super) fn data_mut(&mut self, position: usize) -> Result<&mut Vec<u8>, Ix> {
        let meta = self.meta(position)?;
        if !meta.is_writable {
            return Err(Ix::ReadonlyDataModified);
        }
        if !self.owns(position)? {
            return Err(Ix::ExternalAccountDataModified);
        }
        Ok(&mut self.accounts[meta.index].data)
    }

    /// Changes the length of an account's data.
    pub(super) fn resize(&mut self, position: usize, len: u64) -> Result<(), Ix> {
        let before = self.account(position)?.data.len();
        if len > ACCOUNT_LEN_MAX {
            return Err(Ix::InvalidRealloc);
        }
        let len = usize::try_from(len).expect("ten mebibytes at most");
        let growth = self.growth + len as i64 - before as i64;
        if growth > GROWTH_MAX {
            return Err(Ix::MaxAccountsDataAllocationsExceeded);
        }
        self.data_mut(position)?.resize(len, 0);
        self.growth = growth;
        Ok(())
    }

    /// Sets what the running program returns.
    pub(super) fn set_returned(&mut self, data: Vec<u8>) -> Result<(), Ix> {
        if data.len() > RETURN_DATA_LEN_MAX {
            return Err(Ix::InvalidArgument);
        }
        let program = *self.program();
        self.returned = Some(ReturnData { program, data });
        Ok(())
    }
}

fn sum(accounts: &[Plain]) -> u128 {
    accounts.iter().map(|account| u128::from(account.lamports)).sum()
}
