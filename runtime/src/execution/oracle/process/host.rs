//! What a running program asks for: inner calls, sysvars.
//!
//! Invariant: an inner call has no privilege that its caller does not have, except signatures of addresses derived from
//! the caller.

use std::collections::HashSet;

use isobath_program_abi::Hash;
use isobath_program_abi::InstructionError;
use isobath_program_abi::Pubkey;
use isobath_program_abi::{AccountMeta, Instruction};
use isobath_sdk::chain::event::Event;
use isobath_sdk::program::{Host, InstructionAccount, InvokeRequest, ReadSysvars, TxState};
use isobath_sdk::rules::{ACCOUNT_INFO_LEN, ACCOUNT_META_LEN, Rules};

use super::{Call, Processor, images, merged};

impl Host for Processor<'_> {
    fn invoke(&mut self, state: &mut TxState, request: InvokeRequest<'_>) -> Result<(), InstructionError> {
        state.meter.consume(self.block.rules.rules().call_compute_units)?;
        let call = self.inner_call(state, request)?;
        self.charge_for_accounts(state, &call.accounts)?;
        self.call(state, &call)?;
        if let Some(caller) = self.stack.last_mut() {
            caller.before = images(state);
        }
        Ok(())
    }

    fn rules(&self) -> &Rules {
        self.block.rules.rules()
    }

    fn sysvars(&self) -> &dyn ReadSysvars {
        &self.sysvars
    }

    fn blockhash(&self) -> Hash {
        self.block.past.newest().blockhash
    }

    fn lamports_per_signature(&self) -> u64 {
        self.block.rules.rules().lamports_per_signature
    }

    fn depth(&self) -> u8 {
        self.depth_now()
    }
}

impl Processor<'_> {
    /// The call that `request` describes, if the running program is allowed to make it.
    fn inner_call<'d>(
        &self,
        state: &mut TxState,
        request: InvokeRequest<'d>,
    ) -> Result<Call<'d>, InstructionError> {
        let rules = self.block.rules.rules();
        let instruction = request.instruction;
        let is_small = instruction.data.len() <= rules.call_data_len_max;
        if !is_small || instruction.accounts.len() > rules.instruction_accounts_max {
            return Err(InstructionError::InvalidInstructionData);
        }
        let listed_len = instruction.accounts.len().saturating_mul(ACCOUNT_META_LEN);
        let units = rules.call_units(instruction.data.len());
        state
            .meter
            .consume(units.saturating_add(rules.call_units(listed_len)))?;
        let signers = request.derive_signers(rules.call_signers_max)?;
        Ok(Call {
            accounts: self.inner_accounts(state, instruction, &signers)?,
            program_index: self.callable_index(state, &instruction.program_id)?,
            program_id: instruction.program_id,
            data: &instruction.data,
        })
    }

    /// Charges for the accounts of a call, then for the data of each of them.
    fn charge_for_accounts(
        &self,
        state: &mut TxState,
        accounts: &[InstructionAccount],
    ) -> Result<(), InstructionError> {
        let rules = self.block.rules.rules();
        let passed_len = accounts.len().saturating_mul(ACCOUNT_INFO_LEN);
        state.meter.consume(rules.call_units(passed_len))?;
        let mut charged = HashSet::new();
        for account in accounts {
            if charged.insert(account.index) {
                let data_len = state.cells[account.cell()].account().data.len();
                state.meter.consume(rules.call_units(data_len))?;
            }
        }
        Ok(())
    }

    fn inner_accounts(
        &self,
        state: &mut TxState,
        instruction: &Instruction,
        signers: &[Pubkey],
    ) -> Result<Vec<InstructionAccount>, InstructionError> {
        let mut listed = Vec::new();
        for meta in &instruction.accounts {
            listed.push(find_account(state, meta)?);
        }
        let accounts = merged(listed);
        for account in &accounts {
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
        let key = *state.cells[account.cell()].key();
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
        let index = index.filter(|index| caller.iter().any(|account| account.cell() == *index));
        index.ok_or_else(|| {
            state.events.push_line(&format!("Unknown program {program_id}"));
            InstructionError::MissingAccount
        })
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
                .map(|account| narrow(account.cell()))
                .collect(),
            data: call.data.to_vec(),
        });
    }
}

fn find_account(state: &mut TxState, meta: &AccountMeta) -> Result<InstructionAccount, InstructionError> {
    let index = state.cells.iter().position(|cell| *cell.key() == meta.pubkey);
    if let Some(index) = index.and_then(|index| u16::try_from(index).ok()) {
        return Ok(InstructionAccount {
            index,
            first: 0,
            is_signer: meta.is_signer,
            is_writable: meta.is_writable,
        });
    }
    let key = meta.pubkey;
    state
        .events
        .push_line(&format!("Instruction references an unknown account {key}"));
    Err(InstructionError::MissingAccount)
}
