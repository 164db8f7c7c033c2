//! One block: opened, filled, sealed.
//!
//! Invariant: the record that `seal` returns is a function of the chain, the state at the end of the parent and the
//! sealed order of transactions. A block that is dropped before its seal leaves no trace.
//!
//! ```text
//! open -> { try_execute (building: rejects a NoOp)
//!         | execute     (replaying: every transaction of the order has its outcome) }* -> seal -> record
//! ```

use isobath_program_abi::Pubkey;
use isobath_scheduler::Spent;
use isobath_sdk::chain::account::Account;
use isobath_sdk::chain::accounts::{AccountId, BlockAccounts};
use isobath_sdk::chain::event::Events;
use isobath_sdk::chain::header::{Anchor, HEADER_VERSION, Header, transactions_root};
use isobath_sdk::chain::key_hash::KeyHasher;
use isobath_sdk::chain::outcome::{Outcome, OutcomeClass, outcomes_root};
use isobath_sdk::chain::record::{BlockRecord, ExecutionRef, Executions, History, LoadedAddresses};
use isobath_sdk::chain::result::{BlockResult, FeeTotals, RESULT_VERSION};
use isobath_sdk::errors::TransactionError;

use super::fees::{burn_incinerator, settle_fees};
use super::look_ahead::{LookAhead, UNKNOWN};
use crate::admission::{Fee, Tx, work_units};
use crate::chain::replay_window::{OpenMessages, Seen};
use crate::chain::{AnchorError, Chain};
use crate::execution::{AccountSource, BlockContext, Direct, Done, Replay, TxAccounts, execute_transaction};
use crate::ruleset::{RULES_VERSION, Ruleset};

/// The fields of a block that are fixed when it is opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct OpenHeader {
    pub(crate) slot: u64,
    pub(crate) height: u64,
    pub(crate) timestamp_ms: i64,
    pub(crate) producer: Pubkey,
}

/// The accounts of an open block, and the ids of those of the running transaction.
struct BlockSource<'a, S> {
    state: &'a mut S,
    ids: &'a mut Vec<AccountId>,
}

impl<S: BlockAccounts> AccountSource for BlockSource<'_, S> {
    fn key_hasher(&self) -> KeyHasher {
        self.state.key_hasher()
    }

    fn load(&mut self, index: usize, hash: u64, key: &Pubkey) -> Account {
        let known = self.ids.get(index).copied().filter(|id| *id != UNKNOWN);
        let id = known.or_else(|| self.state.named_id(None, hash, key));
        if index >= self.ids.len() {
            self.ids.resize(index.saturating_add(1), UNKNOWN);
        }
        self.ids[index] = id.unwrap_or(UNKNOWN);
        id.map_or_else(Account::default, |id| self.state.load(id))
    }

    fn current(&self, key: &Pubkey) -> Option<Account> {
        self.state.current(key)
    }

    fn at_parent(&self, key: &Pubkey) -> Option<Account> {
        self.state.at_parent(key)
    }
}

/// A block being executed.
#[derive(Debug)]
pub struct BlockExecution<'a, S> {
    context: BlockContext<'a>,
    header: OpenHeader,
    state: S,
    /// Ids of the accounts of the newest transaction, in the order of its keys.
    ids: Vec<AccountId>,
    /// The accounts of the newest transaction.
    accounts: TxAccounts,
    direct: Direct,
    look_ahead: LookAhead,
    messages: OpenMessages,
    /// Number of transactions in the block that were executed directly.
    direct_count: usize,
    /// Number of transactions in the block that have no effect.
    no_op_count: usize,
    /// Whether a message is in the block twice, which no block may have.
    has_repeated: bool,
    transactions: Vec<Tx>,
    executions: Executions,
    fees: Fee,
    compute_units: u64,
    /// What the newest transaction did cost.
    spent: Spent,
}

/// A transaction that ran and is not in the block yet.
struct Ran {
    outcome: Outcome,
    events: Events,
    seen: Seen,
}

impl<'a, S: BlockAccounts> BlockExecution<'a, S> {
    pub(crate) fn open(rules: &'a Ruleset, chain: &'a Chain, state: S, timestamp_ms: i64) -> Self {
        let timestamp_ms = timestamp_ms.max(chain.timestamp_ms());
        let header = OpenHeader {
            slot: chain.slot().saturating_add(1),
            height: chain.height().saturating_add(1),
            timestamp_ms,
            producer: rules.producer(),
        };
        Self {
            context: BlockContext::next(rules, chain, timestamp_ms),
            header,
            state,
            ids: Vec::new(),
            accounts: TxAccounts::default(),
            direct: Direct::default(),
            look_ahead: LookAhead::default(),
            messages: chain.open_messages(),
            direct_count: 0,
            no_op_count: 0,
            has_repeated: false,
            transactions: Vec::new(),
            executions: Executions::new(),
            fees: Fee::default(),
            compute_units: 0,
            spent: Spent::default(),
        }
    }

    /// Slot of the block.
    #[must_use]
    pub const fn slot(&self) -> u64 {
        self.header.slot
    }

    /// Height of the block.
    #[must_use]
    pub const fn height(&self) -> u64 {
        self.header.height
    }

    /// Number of transactions in the block so far.
    #[must_use]
    pub const fn transaction_count(&self) -> usize {
        self.transactions.len()
    }

    /// Number of transactions of the block that were executed without a frame; the result does not depend on it.
    #[must_use]
    pub const fn direct_count(&self) -> usize {
        self.direct_count
    }

    /// Whether a message is in the block twice, whatever came of it. No chain accepts the block then.
    #[must_use]
    pub(crate) const fn has_repeated(&self) -> bool {
        self.has_repeated
    }

    /// Compute units spent so far.
    #[must_use]
    pub const fn compute_units(&self) -> u64 {
        self.compute_units
    }

    /// What the newest transaction of the block did cost, for a builder.
    #[must_use]
    pub const fn spent(&self) -> Spent {
        self.spent
    }

    /// The account after the transactions executed so far.
    #[must_use]
    pub fn account(&self, key: &Pubkey) -> Option<Account> {
        self.state.current(key)
    }

    /// Announces transactions, in the order in which they will be executed, so that their accounts are found together. It
    /// changes no result; a few dozen at a time hide the time that memory takes.
    pub fn look_ahead<'t>(&mut self, txs: impl Iterator<Item = &'t Tx> + Clone) {
        self.look_ahead.announce(&mut self.state, txs);
    }

    /// Executes the next transaction unless it would be a `NoOp`; for a builder, which leaves those out.
    ///
    /// # Errors
    /// The error of the `NoOp`; the block is then unchanged.
    pub fn try_execute(&mut self, tx: &Tx) -> Result<ExecutionRef<'_>, TransactionError> {
        let seen = self.begin(tx);
        if self.run_directly(tx, seen) {
            return Ok(self.newest());
        }
        let ran = self.run(tx, seen);
        match (ran.outcome.class, ran.outcome.error) {
            (OutcomeClass::NoOp, Some(error)) => {
                self.executions.discard(ran.events);
                if ran.seen == Seen::Never {
                    self.messages.withdraw(&tx.message_hash());
                }
                Err(error)
            }
            _ => Ok(self.keep(tx, ran)),
        }
    }

    /// Executes the next transaction of a given order, whatever its outcome. One whose message is in the block already has
    /// no effect, and makes the block one that no chain accepts.
    pub fn execute(&mut self, tx: &Tx) -> ExecutionRef<'_> {
        let seen = self.begin(tx);
        if self.run_directly(tx, seen) {
            return self.newest();
        }
        let ran = self.run(tx, seen);
        self.keep(tx, ran)
    }

    /// Seals the block with the result of the parent as its anchor; see [`Self::seal_with`].
    ///
    /// # Panics
    /// If more than `u32::MAX` transactions were executed.
    #[must_use]
    pub fn seal(self) -> (BlockRecord<Tx>, S::Ended) {
        let newest = self.context.chain.newest_anchor();
        self.seal_with(newest)
            .expect("the lag is at least 1, so every block may name its parent")
    }

    /// Gives the block up: accounts and messages are as at the end of the parent. Returns its transactions in block order,
    /// for the pool.
    #[must_use]
    pub fn abort(self) -> Vec<Tx> {
        self.transactions
    }

    /// Credits the producer, closes the block and commits to its contents. Returns the record, and what the store needs to
    /// publish the block. `newest` is the newest result that the producer has.
    ///
    /// # Errors
    /// [`AnchorError`] if the header may not name that result ([`Chain::check_anchor`]); the block is then gone.
    ///
    /// # Panics
    /// If more than `u32::MAX` transactions were executed.
    pub fn seal_with(mut self, newest: Anchor) -> Result<(BlockRecord<Tx>, S::Ended), AnchorError> {
        let chain = self.context.chain;
        chain.check_anchor(&newest)?;
        let fees = settle_fees(&mut self.state, &self.context, &self.header.producer, self.fees);
        let incinerated = burn_incinerator(&mut self.state);
        let (delta, ended) = self.state.finish(chain.epoch_of(self.header.slot));
        let header = seal_header(chain, self.header, &self.transactions, newest);
        let outcomes = self.executions.iter().map(|execution| execution.outcome);
        let result = BlockResult {
            version: RESULT_VERSION,
            slot: header.slot,
            height: header.height,
            block_hash: header.blockhash(),
            parent_result_hash: chain.result_hash(),
            delta_root: delta.root(),
            outcomes_root: outcomes_root(outcomes),
            state_root: None,
            capitalization: capitalization_after(chain, &fees, incinerated),
            fees,
            compute_units: self.compute_units,
        };
        if !self.has_repeated {
            if self.no_op_count > 0 {
                withdraw_no_ops(&self.messages, &self.transactions, &self.executions);
            }
            self.messages.seal(result.hash());
        }
        let history = History {
            header,
            transactions: self.transactions,
            executions: self.executions,
            result,
        };
        Ok((BlockRecord { history, delta }, ended))
    }

    /// Finds the ids of the static keys, unless that was done ahead, and enters the message.
    fn begin(&mut self, tx: &Tx) -> Seen {
        self.look_ahead.ids(&mut self.state, tx, &mut self.ids);
        self.messages.check_and_enter(&tx.message_hash())
    }

    /// Executes `tx` and keeps it, if it is a transfer that is known to succeed; else changes nothing.
    fn run_directly(&mut self, tx: &Tx, seen: Seen) -> bool {
        if seen != Seen::Never || self.ids.contains(&UNKNOWN) || self.context.has_planted() {
            return false;
        }
        let mut events = self.executions.begin();
        let accounts = (&mut self.state, self.ids.as_slice());
        let Some(done) = self.direct.execute(tx, accounts, &mut events, &self.context) else {
            self.executions.discard(events);
            return false;
        };
        self.executions.push(
            &done.outcome,
            events,
            self.direct.balances(),
            LoadedAddresses::default(),
        );
        self.finish(tx, &done);
        self.direct_count = self.direct_count.saturating_add(1);
        true
    }

    fn run(&mut self, tx: &Tx, seen: Seen) -> Ran {
        let context = &self.context;
        let mut source = BlockSource {
            state: &mut self.state,
            ids: &mut self.ids,
        };
        let accounts = &mut self.accounts;
        accounts.fill(tx, context, &mut source);
        let replay = match seen {
            Seen::Never => Replay::Fresh,
            Seen::Before | Seen::Here => Replay::Seen,
        };
        let mut events = self.executions.begin();
        let outcome = execute_transaction(tx, replay, accounts, &mut events, context);
        Ran {
            outcome,
            events,
            seen,
        }
    }

    fn keep(&mut self, tx: &Tx, ran: Ran) -> ExecutionRef<'_> {
        let Ran {
            outcome,
            events,
            seen,
        } = ran;
        if outcome.class == OutcomeClass::NoOp {
            self.executions.push_no_op(&outcome, events);
            self.no_op_count = self.no_op_count.saturating_add(1);
            match seen {
                Seen::Never => {}
                Seen::Before => self.messages.enter_again(&tx.message_hash()),
                Seen::Here => self.has_repeated = true,
            }
        } else {
            let accounts = &mut self.accounts;
            let loaded = accounts.loaded_addresses().borrowed();
            let balances = accounts.balances_before().chain(accounts.balances_now());
            self.executions.push(&outcome, events, balances, loaded);
            for (index, key, account) in accounts.take_written() {
                match self.ids[index] {
                    UNKNOWN => self.state.put(&key, account),
                    id => self.state.store(id, account),
                }
            }
            let done = Done {
                outcome,
                loaded_data_len: self.accounts.loaded_data_len(),
                work: self.accounts.work(),
            };
            self.finish(tx, &done);
            return self.newest();
        }
        self.transactions.push(tx.clone());
        self.newest()
    }

    /// Counts a transaction that has an effect, and appends it.
    fn finish(&mut self, tx: &Tx, done: &Done) {
        self.charge(tx.fee(), done.outcome.compute_units);
        self.spent = spent(tx, done);
        self.transactions.push(tx.clone());
    }

    fn newest(&self) -> ExecutionRef<'_> {
        self.executions.last().expect("just pushed")
    }

    const fn charge(&mut self, fee: Fee, compute_units: u64) {
        let paid = "fees come out of balances whose sum is a u64";
        self.fees.base = self.fees.base.checked_add(fee.base).expect(paid);
        self.fees.priority = self.fees.priority.checked_add(fee.priority).expect(paid);
        // At most 1.4 million units for each of at most u32::MAX transactions.
        self.compute_units = self.compute_units.saturating_add(compute_units);
    }
}

/// What a transaction did cost that is in the block.
fn spent(tx: &Tx, done: &Done) -> Spent {
    let loaded_len = u64::from(tx.limits().loaded_data_len).min(done.loaded_data_len);
    let units = tx.cost_units(done.outcome.compute_units, loaded_len);
    Spent {
        cost_units: units.saturating_add(work_units(&done.work)),
        record_bytes: done.work.recorded_bytes,
    }
}

/// A `NoOp` never enters the window: its message may be in a later block.
fn withdraw_no_ops(messages: &OpenMessages, transactions: &[Tx], executions: &Executions) {
    for (tx, execution) in transactions.iter().zip(executions) {
        if execution.outcome.class == OutcomeClass::NoOp {
            messages.withdraw(&tx.message_hash());
        }
    }
}

fn seal_header(chain: &Chain, open: OpenHeader, transactions: &[Tx], anchor: Anchor) -> Header {
    Header {
        version: HEADER_VERSION,
        rules_version: RULES_VERSION,
        genesis_hash: chain.genesis_hash(),
        slot: open.slot,
        height: open.height,
        parent_slot: chain.slot(),
        parent_hash: chain.tip().parent_hash,
        timestamp_ms: open.timestamp_ms,
        producer: open.producer,
        transactions_root: transactions_root(transactions),
        transaction_count: u32::try_from(transactions.len()).expect("budgets keep blocks far smaller"),
        anchor,
    }
}

const fn capitalization_after(chain: &Chain, fees: &FeeTotals, incinerated: u64) -> u64 {
    let burned = fees.burned.checked_add(incinerated);
    let burned = burned.expect("what is burned was part of the capitalization, a u64");
    let left = chain.capitalization().checked_sub(burned);
    left.expect("what is burned was part of the capitalization")
}
