//! Transfers without a frame: transactions whose whole effect follows from their bytes and a few words of their accounts.
//!
//! ```text
//! every call is known from its data -> every account is plain -> fee, transfers, rent on balances alone -> Done
//!          '--------------- no ---------------'------------------ no ------------'---> execute_transaction
//! ```
//!
//! Invariant: what is done here is what [`super::execute_transaction`] would do, in results, events and counted work. It
//! handles success only: whatever might end otherwise is left to that function, before anything has changed.

use isobath_program_abi::{Hash, Pubkey};
use isobath_sdk::chain::account::Account;
use isobath_sdk::chain::accounts::{AccountId, LaneAccounts};
use isobath_sdk::chain::event::Events;
use isobath_sdk::chain::outcome::{Outcome, OutcomeClass};
use isobath_sdk::ids;
use isobath_sdk::program::DirectForm;
use isobath_sdk::program::work::{HASH_BLOCKS_PER_ACCOUNT, RECORDED_ACCOUNT_LEN, Work};
use isobath_sdk::wire::view::InstructionView;

use super::context::BlockContext;
use super::transaction::loaded_event;
use super::work::{Recorded, work_of_record};
use crate::admission::Tx;
use crate::admission::cost::{PROBES_PER_KEY, PROBES_PER_WRITE};

/// Executes transfers directly. One value serves many transactions, so that none allocates.
#[derive(Debug, Default)]
pub(crate) struct Direct {
    accounts: Vec<Plain>,
    /// Reserved programs, whose accounts no transaction of the block changes.
    reserved: Vec<(AccountId, Plain)>,
    /// The programs called last, and what they promise.
    forms: Vec<(Pubkey, DirectForm)>,
    /// A blockhash that is valid in the block: most transactions have that of the one before.
    valid_blockhash: Option<Hash>,
    compute_units: u64,
    loaded_data_len: u64,
}

/// What matters of an account that a transfer names.
#[derive(Debug, Clone, Copy)]
struct Plain {
    lamports_before: u64,
    lamports: u64,
    data_len: usize,
    /// Whether it is a linked-in program; else the System program owns it, or it does not exist.
    is_program: bool,
    is_written: bool,
}

impl Plain {
    const ABSENT: Self = Self {
        lamports_before: 0,
        lamports: 0,
        data_len: 0,
        is_program: false,
        is_written: false,
    };

    fn of(account: &Account) -> Option<Self> {
        let is_program = account.owner == ids::NATIVE_LOADER;
        (is_program || account.owner == ids::SYSTEM_PROGRAM).then_some(Self {
            lamports_before: account.lamports,
            lamports: account.lamports,
            data_len: account.data.len(),
            is_program,
            is_written: false,
        })
    }

    /// Whether its balance may change here.
    const fn may_change(&self) -> bool {
        !self.is_program && self.data_len == 0
    }
}

/// What a transaction that was executed directly leaves, besides its events.
#[derive(Debug)]
pub(crate) struct Done {
    pub(crate) outcome: Outcome,
    pub(crate) loaded_data_len: u64,
    pub(crate) work: Work,
}

impl Direct {
    /// Executes `tx`, whose message is not in the block or the window yet, on the accounts `ids`, those of its keys,
    /// of which none is a sysvar. `None` if it is not known to succeed; nothing has changed then.
    pub(crate) fn execute<S: LaneAccounts>(
        &mut self,
        tx: &Tx,
        (state, ids): (&mut S, &[AccountId]),
        events: &mut Events,
        context: &BlockContext<'_>,
    ) -> Option<Done> {
        self.compute_units = 0;
        self.run(tx, (state, ids), context)?;
        let accounts = self.accounts.iter().zip(ids).enumerate();
        for (index, (account, id)) in accounts.filter(|(_, (account, _))| account.is_written) {
            match *id {
                AccountId::NONE => {
                    // An account that does not exist is one of the System program without lamports.
                    let hash = tx.key_hash(state.key_hasher(), index);
                    let id = state.id(hash, &tx.key(index));
                    state.set_lamports(id, account.lamports);
                }
                id => state.set_lamports(id, account.lamports),
            }
        }
        self.record_events(tx, events);
        let outcome = Outcome {
            class: OutcomeClass::Executed,
            error: None,
            fee: tx.fee().total(),
            compute_units: self.compute_units,
            return_data: None,
        };
        Some(Done {
            loaded_data_len: self.loaded_data_len,
            work: self.work(tx, events, &outcome),
            outcome,
        })
    }

    /// Balances of the accounts before the transaction, then after it.
    pub(crate) fn balances(&self) -> impl Iterator<Item = u64> {
        let before = self.accounts.iter().map(|account| account.lamports_before);
        before.chain(self.accounts.iter().map(|account| account.lamports))
    }

    /// Changes the balances in [`Self::accounts`].
    fn run<S: LaneAccounts>(
        &mut self,
        tx: &Tx,
        (state, ids): (&S, &[AccountId]),
        context: &BlockContext<'_>,
    ) -> Option<()> {
        let view = tx.view();
        let has_room = view.instructions().len() <= context.rules.instruction_trace_max;
        let is_alone = view.lookups().len() == 0 && has_room && ids.len() == tx.key_count();
        (is_alone && self.is_young(tx, context)).then_some(())?;
        self.load(tx, (state, ids), context)?;
        (self.loaded_data_len <= u64::from(tx.limits().loaded_data_len)).then_some(())?;
        let rent = context.rules.rent.minimum_balance(0);
        let payer = self.accounts.first_mut().filter(|payer| payer.may_change())?;
        payer.lamports = payer.lamports.checked_sub(tx.fee().total())?;
        payer.is_written = true;
        // Of one that falls below, another rule may decide.
        (payer.lamports >= rent).then_some(())?;
        for instruction in view.instructions() {
            self.call(tx, &instruction, context)?;
        }
        // With the last unit spent, a transaction may count as one that ran out of them.
        (self.compute_units < tx.compute_unit_limit()).then_some(())?;
        let mut written = self.accounts.iter().filter(|account| account.is_written);
        written
            .all(|account| account.lamports == 0 || account.lamports >= rent)
            .then_some(())
    }

    /// Whether the blockhash of `tx` lets it be in the block.
    fn is_young(&mut self, tx: &Tx, context: &BlockContext<'_>) -> bool {
        let blockhash = tx.recent_blockhash();
        if self.valid_blockhash == Some(blockhash) {
            return true;
        }
        let is_valid = context.chain.is_blockhash_valid_at(&blockhash, context.height);
        if is_valid {
            self.valid_blockhash = Some(blockhash);
        }
        is_valid
    }

    fn load<S: LaneAccounts>(
        &mut self,
        tx: &Tx,
        (state, ids): (&S, &[AccountId]),
        context: &BlockContext<'_>,
    ) -> Option<()> {
        self.accounts.clear();
        self.loaded_data_len = 0;
        for (index, id) in ids.iter().enumerate() {
            let account = self.account(*id, || tx.key(index), state)?;
            if account.lamports != 0 {
                let len = (account.data_len as u64).saturating_add(context.rules.loaded_account_base_len);
                self.loaded_data_len = self.loaded_data_len.saturating_add(len);
            }
            self.accounts.push(account);
        }
        Some(())
    }

    fn account(
        &mut self,
        id: AccountId,
        key: impl Fn() -> Pubkey,
        state: &impl LaneAccounts,
    ) -> Option<Plain> {
        if id == AccountId::NONE {
            return Some(Plain::ABSENT);
        }
        if let Some((_, program)) = self.reserved.iter().find(|(known, _)| *known == id) {
            return Some(*program);
        }
        let account = state.look(id, Plain::of)?;
        if account.is_program && ids::is_reserved(&key()) {
            self.reserved.push((id, account));
        }
        Some(account)
    }

    fn call(&mut self, tx: &Tx, instruction: &InstructionView<'_>, context: &BlockContext<'_>) -> Option<()> {
        let program = usize::from(instruction.program_id_index);
        let is_program = |account: &&Plain| account.is_program && account.lamports != 0;
        self.accounts.get(program).filter(is_program)?;
        let call = self.form(&tx.key(program), context)?(instruction.data)?;
        self.compute_units = self.compute_units.checked_add(call.compute_units)?;
        if call.lamports == 0 {
            return Some(());
        }
        let (from, to) = match instruction.accounts {
            [from, to, ..] if from != to => (usize::from(*from), usize::from(*to)),
            _ => return None,
        };
        let is_allowed = tx.view().is_signer(from) && tx.is_writable(from) && tx.is_writable(to);
        is_allowed.then_some(())?;
        self.add(from, |lamports| lamports.checked_sub(call.lamports))?;
        self.add(to, |lamports| lamports.checked_add(call.lamports))
    }

    fn add(&mut self, index: usize, sum: impl FnOnce(u64) -> Option<u64>) -> Option<()> {
        let account = self
            .accounts
            .get_mut(index)
            .filter(|account| account.may_change())?;
        account.lamports = sum(account.lamports)?;
        account.is_written = true;
        Some(())
    }

    fn form(&mut self, program: &Pubkey, context: &BlockContext<'_>) -> Option<DirectForm> {
        if let Some((_, form)) = self.forms.iter().find(|(known, _)| known == program) {
            return Some(*form);
        }
        let form = context.programs.direct(program)?;
        self.forms.push((*program, form));
        Some(form)
    }

    fn record_events(&self, tx: &Tx, events: &mut Events) {
        for instruction in tx.view().instructions() {
            let program = tx.key(usize::from(instruction.program_id_index));
            events.push_invoke(program, 1);
            events.push_success(program);
        }
        events.push(loaded_event(tx, self.loaded_data_len));
    }

    fn work(&self, tx: &Tx, events: &Events, outcome: &Outcome) -> Work {
        let written = self.accounts.iter().filter(|account| account.is_written);
        let written = written.count() as u64;
        let mut work = Work {
            table_probes: (self.accounts.len() as u64)
                .saturating_mul(PROBES_PER_KEY)
                .saturating_add(written.saturating_mul(PROBES_PER_WRITE)),
            recorded_bytes: written.saturating_mul(RECORDED_ACCOUNT_LEN as u64),
            hash_blocks: written.saturating_mul(HASH_BLOCKS_PER_ACCOUNT as u64),
            ..Work::default()
        };
        let recorded = Recorded {
            key_count: self.accounts.len(),
            loaded_count: 0,
        };
        work.add(work_of_record(tx, &recorded, events, outcome));
        work
    }
}
