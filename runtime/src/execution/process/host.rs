//! The services of the runtime for a running program: inner calls, sysvars.
//!
//! Invariant: an inner call has no privilege that its caller does not have, except signatures of addresses derived from
//! the caller. Order of checks and errors: `solana-program-runtime` 4.2.2, `prepare_next_cpi_instruction` and `push`.

use std::sync::Arc;

use isobath_program_abi::Hash;
use isobath_program_abi::InstructionError;
use isobath_program_abi::Pubkey;
use isobath_program_abi::{AccountMeta, Instruction};
use isobath_sdk::chain::account::Account;
use isobath_sdk::chain::event::Event;
use isobath_sdk::program::{Host, InstructionAccount, TxState};
use isobath_sdk::rules::{ACCOUNT_META_LEN, Rules};

use super::{Call, Processor, images};

/// Bytes of an account that an inner call passes, beside its data, as they are counted.
const PASSED_ACCOUNT_LEN: usize = 80;

impl Host for Processor<'_> {
    fn invoke(
        &mut self,
        state: &mut TxState,
        instruction: &Instruction,
        signers: &[Pubkey],
    ) -> Result<(), InstructionError> {
        state.meter.consume(self.context.rules.call_compute_units)?;
        let call = self.inner_call(state, instruction, signers)?;
        self.consume_for_accounts(state, &call)?;
        self.run(state, call)?;
        if let Some(caller) = self.stack.last_mut() {
            caller.baseline = images(state);
        }
        Ok(())
    }

    fn rules(&self) -> &Rules {
        self.context.rules
    }

    fn sysvar(&self, key: &Pubkey) -> Option<Arc<Account>> {
        self.context.sysvars.account(key)
    }

    fn blockhash(&self) -> Hash {
        self.context.chain.blockhash()
    }

    fn lamports_per_signature(&self) -> u64 {
        self.context.rules.lamports_per_signature
    }

    fn depth(&self) -> u8 {
        self.depth_now()
    }
}

impl Processor<'_> {
    /// The call that `instruction` describes, if the running program is allowed to make it.
    fn inner_call<'d>(
        &self,
        state: &mut TxState,
        instruction: &'d Instruction,
        signers: &[Pubkey],
    ) -> Result<Call<'d>, InstructionError> {
        let rules = self.context.rules;
        let is_small = instruction.data.len() <= rules.call_data_len_max;
        if !is_small || instruction.accounts.len() > rules.instruction_accounts_max {
            return Err(InstructionError::InvalidInstructionData);
        }
        self.consume_for_instruction(state, instruction)?;
        Ok(Call {
            accounts: self.inner_accounts(state, instruction, signers)?,
            program_index: self.callable_index(state, &instruction.program_id)?,
            program_id: instruction.program_id,
            data: &instruction.data,
        })
    }

    /// The accounts of an inner call; an account listed several times has all the privileges listed.
    fn inner_accounts(
        &self,
        state: &mut TxState,
        instruction: &Instruction,
        signers: &[Pubkey],
    ) -> Result<Vec<InstructionAccount>, InstructionError> {
        let mut accounts = Vec::with_capacity(instruction.accounts.len());
        for meta in &instruction.accounts {
            accounts.push(find_account(state, meta)?);
        }
        let asked = accounts.clone();
        for account in &mut accounts {
            let same = asked.iter().filter(|other| other.index == account.index);
            for other in same {
                account.is_signer |= other.is_signer;
                account.is_writable |= other.is_writable;
            }
            self.require_privileges(state, account, signers)?;
        }
        Ok(accounts)
    }

    fn require_privileges(
        &self,
        state: &mut TxState,
        account: &InstructionAccount,
        signers: &[Pubkey],
    ) -> Result<(), InstructionError> {
        let key = *state.cells[account.index].key();
        let caller = self.stack.last().map_or(&[][..], |caller| &caller.accounts[..]);
        let mut granted = caller
            .iter()
            .filter(|granted| granted.index == account.index)
            .peekable();
        if granted.peek().is_none() {
            // Solana logs a line only for an account that the whole transaction does not contain.
            return Err(InstructionError::MissingAccount);
        }
        let (is_writable, is_signer) = granted.fold((false, false), |(writable, signer), granted| {
            (writable | granted.is_writable, signer | granted.is_signer)
        });
        if account.is_writable && !is_writable {
            state
                .events
                .push_line(&format!("{key}'s writable privilege escalated"));
            return Err(InstructionError::PrivilegeEscalation);
        }
        if account.is_signer && !is_signer && !signers.contains(&key) {
            state
                .events
                .push_line(&format!("{key}'s signer privilege escalated"));
            return Err(InstructionError::PrivilegeEscalation);
        }
        Ok(())
    }

    /// The index of a program that the caller may call: one that is among its own accounts.
    fn callable_index(&self, state: &mut TxState, program_id: &Pubkey) -> Result<usize, InstructionError> {
        let caller = self.stack.last().map_or(&[][..], |caller| &caller.accounts[..]);
        let index = state.cells.iter().position(|cell| cell.key() == program_id);
        let index = index.filter(|index| caller.iter().any(|account| account.index == *index));
        index.ok_or_else(|| {
            state.events.push_line(&format!("Unknown program {program_id}"));
            InstructionError::MissingAccount
        })
    }

    /// Spends the units for the bytes of the instruction: data, then metas.
    fn consume_for_instruction(
        &self,
        state: &mut TxState,
        instruction: &Instruction,
    ) -> Result<(), InstructionError> {
        let metas_len = instruction.accounts.len().saturating_mul(ACCOUNT_META_LEN);
        let units = self.units_of_bytes(instruction.data.len());
        state.meter.consume(units.saturating_add(self.units_of_bytes(metas_len)))
    }

    /// Spends the units for the accounts that the call passes: each position, then the data of each account once.
    fn consume_for_accounts(&self, state: &mut TxState, call: &Call<'_>) -> Result<(), InstructionError> {
        let passed_len = call.accounts.len().saturating_mul(PASSED_ACCOUNT_LEN);
        state.meter.consume(self.units_of_bytes(passed_len))?;
        for (position, account) in call.accounts.iter().enumerate() {
            let mut before = call.accounts[..position].iter();
            if !before.any(|other| other.index == account.index) {
                let data_len = state.cells[account.index].account().data.len();
                state.meter.consume(self.units_of_bytes(data_len))?;
            }
        }
        Ok(())
    }

    const fn units_of_bytes(&self, len: usize) -> u64 {
        len as u64 / self.context.rules.call_bytes_per_compute_unit
    }

    /// Adds a call by the running program to the trace.
    pub(super) fn record(&self, state: &mut TxState, call: &Call<'_>) {
        // A transaction has at most 256 accounts.
        let narrow = |index: usize| u8::try_from(index).unwrap_or(u8::MAX);
        state.events.push(Event::InnerInstruction {
            outer_index: self.outer_index,
            depth: self.depth_now().saturating_add(1),
            program_id_index: narrow(call.program_index),
            accounts: call
                .accounts
                .iter()
                .map(|account| narrow(account.index))
                .collect(),
            data: call.data.to_vec(),
        });
    }
}

fn find_account(state: &mut TxState, meta: &AccountMeta) -> Result<InstructionAccount, InstructionError> {
    let index = state.cells.iter().position(|cell| *cell.key() == meta.pubkey);
    match index {
        Some(index) => Ok(InstructionAccount {
            index,
            is_signer: meta.is_signer,
            is_writable: meta.is_writable,
        }),
        None => {
            state.events.push_line(&format!(
                "Instruction references an unknown account {}",
                meta.pubkey
            ));
            Err(InstructionError::MissingAccount)
        }
    }
}
