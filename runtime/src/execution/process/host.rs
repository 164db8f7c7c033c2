//! The services of the runtime for a running program: inner calls above all.
//!
//! Invariant: an inner call has no privilege that its caller does not have, except signatures of addresses derived from
//! the caller. Order of checks, charges and errors: `solana-program-runtime` 4.2.2, `cpi_common`,
//! `prepare_next_cpi_instruction` and `push`.

use isobath_program_abi::AccountMeta;
use isobath_program_abi::Hash;
use isobath_program_abi::InstructionError;
use isobath_program_abi::Pubkey;
use isobath_sdk::chain::event::Event;
use isobath_sdk::program::{
    FirstPositions, Host, InstructionAccount, InvokeRequest, ReadSysvars, TxState, resolve_duplicates,
};
use isobath_sdk::rules::{ACCOUNT_INFO_LEN, ACCOUNT_META_LEN, Rules};

use super::{Call, Processor};

impl Host for Processor<'_> {
    fn invoke(&mut self, state: &mut TxState, request: InvokeRequest<'_>) -> Result<(), InstructionError> {
        let rules = self.context.rules;
        state.meter.consume(rules.call_compute_units)?;
        let InvokeRequest { instruction, .. } = request;
        let is_small = instruction.data.len() <= rules.call_data_len_max;
        if !is_small || instruction.accounts.len() > rules.instruction_accounts_max {
            return Err(InstructionError::InvalidInstructionData);
        }
        let metas_len = instruction.accounts.len().saturating_mul(ACCOUNT_META_LEN);
        let metas_units = rules.call_units(metas_len);
        let data_units = rules.call_units(instruction.data.len());
        state.meter.consume(data_units.saturating_add(metas_units))?;
        let signers = request.derive_signers(rules.call_signers_max)?;
        let caller = Caller::of(request, &signers, self.keys(state));
        let accounts = caller.pass_on(state)?;
        let program_index = caller.callable_index(state)?;
        charge_accounts(state, rules, &accounts)?;
        let call = Call {
            accounts: &accounts,
            program_index,
            program_id: instruction.program_id,
            data: &instruction.data,
        };
        self.run(state, &call)
    }

    fn rules(&self) -> &Rules {
        self.context.rules
    }

    fn sysvars(&self) -> &dyn ReadSysvars {
        &self.context.sysvars
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
    /// Indexes of the accounts by ascending key.
    fn keys(&mut self, state: &TxState) -> &[u16] {
        if self.by_key.is_empty() {
            self.by_key.extend((0_u16..).take(state.cells.len()));
            self.by_key
                .sort_unstable_by_key(|index| *state.cells[usize::from(*index)].key());
        }
        self.by_key
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

/// Charges for the accounts that a call passes. A program of Solana passes a list of accounts of its own beside the
/// instruction; here it is the list of the instruction.
fn charge_accounts(
    state: &mut TxState,
    rules: &Rules,
    accounts: &[InstructionAccount],
) -> Result<(), InstructionError> {
    let infos_len = accounts.len().saturating_mul(ACCOUNT_INFO_LEN);
    state.meter.consume(rules.call_units(infos_len))?;
    for (position, account) in accounts.iter().enumerate() {
        if usize::from(account.first) == position {
            let data_len = state.cells[account.cell()].account().data.len();
            state.meter.consume(rules.call_units(data_len))?;
        }
    }
    Ok(())
}

/// The calling instruction, and what it asks for.
struct Caller<'a> {
    request: InvokeRequest<'a>,
    signers: &'a [Pubkey],
    positions: FirstPositions,
    /// Indexes of the transaction's accounts by ascending key.
    by_key: &'a [u16],
}

impl<'a> Caller<'a> {
    fn of(request: InvokeRequest<'a>, signers: &'a [Pubkey], by_key: &'a [u16]) -> Self {
        Self {
            positions: FirstPositions::of(request.caller_accounts),
            request,
            signers,
            by_key,
        }
    }

    /// The index of an account of the transaction. O(log n).
    fn find_index(&self, state: &TxState, key: &Pubkey) -> Option<u16> {
        let order = |index: &u16| state.cells[usize::from(*index)].key().cmp(key);
        let position = self.by_key.binary_search_by(order).ok()?;
        Some(self.by_key[position])
    }

    /// The account of the caller that is account `index` of the transaction.
    fn account(&self, index: usize) -> Option<&InstructionAccount> {
        let position = self.positions.get(index)?;
        self.request.caller_accounts.get(position)
    }

    /// The accounts of the call; an account listed several times has all the privileges listed.
    fn pass_on(&self, state: &mut TxState) -> Result<Vec<InstructionAccount>, InstructionError> {
        let metas = &self.request.instruction.accounts;
        let mut accounts = Vec::with_capacity(metas.len());
        for meta in metas {
            accounts.push(self.find_account(state, meta)?);
        }
        resolve_duplicates(&mut accounts);
        for (position, account) in accounts.iter().enumerate() {
            if usize::from(account.first) == position {
                self.require_privileges(state, account)?;
            }
        }
        Ok(accounts)
    }

    fn find_account(
        &self,
        state: &mut TxState,
        meta: &AccountMeta,
    ) -> Result<InstructionAccount, InstructionError> {
        let Some(index) = self.find_index(state, &meta.pubkey) else {
            let line = format!("Instruction references an unknown account {}", meta.pubkey);
            state.events.push_line(&line);
            return Err(InstructionError::MissingAccount);
        };
        Ok(InstructionAccount {
            index,
            first: 0,
            is_signer: meta.is_signer,
            is_writable: meta.is_writable,
        })
    }

    fn require_privileges(
        &self,
        state: &mut TxState,
        account: &InstructionAccount,
    ) -> Result<(), InstructionError> {
        // Solana logs a line only for an account that the whole transaction does not contain.
        let granted = self.account(account.cell());
        let granted = granted.ok_or(InstructionError::MissingAccount)?;
        let key = *state.cells[account.cell()].key();
        let escalated = if account.is_writable && !granted.is_writable {
            "writable"
        } else if account.is_signer && !granted.is_signer && !self.signers.contains(&key) {
            "signer"
        } else {
            return Ok(());
        };
        state
            .events
            .push_line(&format!("{key}'s {escalated} privilege escalated"));
        Err(InstructionError::PrivilegeEscalation)
    }

    /// The index of the called program, which must be among the caller's own accounts.
    fn callable_index(&self, state: &mut TxState) -> Result<usize, InstructionError> {
        let program_id = &self.request.instruction.program_id;
        let index = self.find_index(state, program_id).map(usize::from);
        let index = index.filter(|index| self.account(*index).is_some());
        index.ok_or_else(|| {
            state.events.push_line(&format!("Unknown program {program_id}"));
            InstructionError::MissingAccount
        })
    }
}
