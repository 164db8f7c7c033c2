//! One block: opened, filled, sealed.
//!
//! Invariant: the record that `seal` returns is a function of the chain, the state at the end of the parent and the
//! sealed order of transactions. A block that is dropped before its seal leaves no trace.
//!
//! ```text
//! open -> { try_execute (building: rejects a NoOp)
//!         | execute     (replaying: every transaction of the order has its outcome) }* -> seal -> record
//! ```

use std::collections::HashSet;
use std::sync::Arc;

use isobath_program_abi::Hash;
use isobath_program_abi::Pubkey;
use isobath_scheduler::Spent;
use isobath_sdk::chain::account::Account;
use isobath_sdk::chain::accounts::ReadAccounts;
use isobath_sdk::chain::event::Events;
use isobath_sdk::chain::header::{HEADER_VERSION, Header, transactions_root};
use isobath_sdk::chain::key_hash::KeyHasher;
use isobath_sdk::chain::outcome::{Outcome, OutcomeClass, outcomes_root};
use isobath_sdk::chain::record::{BlockRecord, ExecutionRef, Executions, History};
use isobath_sdk::chain::result::{BlockResult, FeeTotals, RESULT_VERSION};
use isobath_sdk::errors::TransactionError;

use super::fees::{burn_incinerator, settle_fees};
use super::overlay::BlockOverlay;
use crate::admission::{Fee, Tx, cost_units, work_units};
use crate::chain::Chain;
use crate::execution::{AccountSource, BlockContext, Replay, TxAccounts, execute_transaction};
use crate::ruleset::{RULES_VERSION, Ruleset};

/// The fields of a block that are fixed when it is opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct OpenHeader {
    pub(crate) slot: u64,
    pub(crate) height: u64,
    pub(crate) timestamp_ms: i64,
    pub(crate) producer: Pubkey,
}

/// The state of an open block, on top of the end of its parent.
struct BlockSource<'a, V>(&'a BlockOverlay<V>);

impl<V: ReadAccounts> AccountSource for BlockSource<'_, V> {
    fn key_hasher(&self) -> KeyHasher {
        self.0.key_hasher()
    }

    fn current_hashed(&self, hash: u64, key: &Pubkey) -> Option<Arc<Account>> {
        self.0.get_hashed(hash, key)
    }

    fn at_parent(&self, key: &Pubkey) -> Option<Arc<Account>> {
        self.0.base().account(key)
    }
}

/// A block being executed.
#[derive(Debug)]
pub struct BlockExecution<'a, V> {
    context: BlockContext<'a>,
    header: OpenHeader,
    state: BlockOverlay<V>,
    processed: HashSet<Hash>,
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
    accounts: TxAccounts,
}

impl<'a, V: ReadAccounts> BlockExecution<'a, V> {
    pub(crate) fn open(rules: &'a Ruleset, chain: &'a Chain, parent: V, timestamp_ms: i64) -> Self {
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
            state: BlockOverlay::new(parent),
            processed: HashSet::new(),
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
    pub fn account(&self, key: &Pubkey) -> Option<Arc<Account>> {
        self.state.get(key)
    }

    /// Executes the next transaction unless it would be a `NoOp`; for a builder, which leaves those out.
    ///
    /// # Errors
    /// The error of the `NoOp`; the block is then unchanged.
    pub fn try_execute(&mut self, tx: &Tx) -> Result<ExecutionRef<'_>, TransactionError> {
        let ran = self.run(tx);
        match (ran.outcome.class, ran.outcome.error) {
            (OutcomeClass::NoOp, Some(error)) => {
                self.executions.discard(ran.events);
                Err(error)
            }
            _ => Ok(self.keep(tx, ran)),
        }
    }

    /// Executes the next transaction of a given order, whatever its outcome.
    pub fn execute(&mut self, tx: &Tx) -> ExecutionRef<'_> {
        let ran = self.run(tx);
        self.keep(tx, ran)
    }

    /// Credits the producer, closes the block and commits to its contents.
    ///
    /// # Panics
    /// If more than `u32::MAX` transactions were executed.
    #[must_use]
    pub fn seal(mut self) -> BlockRecord<Tx> {
        let chain = self.context.chain;
        let fees = settle_fees(&mut self.state, &self.context, &self.header.producer, self.fees);
        let incinerated = burn_incinerator(&mut self.state);
        let delta = self.state.finish(chain.epoch_of(self.header.slot));
        let header = seal_header(chain, self.header, &self.transactions);
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
        let history = History {
            header,
            transactions: self.transactions,
            executions: self.executions,
            result,
        };
        BlockRecord { history, delta }
    }

    fn run(&mut self, tx: &Tx) -> Ran {
        let context = &self.context;
        let mut accounts = TxAccounts::fill(tx, context, &BlockSource(&self.state));
        let replay = match self.processed.contains(&tx.message_hash()) {
            true => Replay::Seen,
            false => Replay::of(context.chain, tx),
        };
        let mut events = self.executions.begin();
        let outcome = execute_transaction(tx, replay, &mut accounts, &mut events, context);
        Ran {
            outcome,
            events,
            accounts,
        }
    }

    fn keep(&mut self, tx: &Tx, ran: Ran) -> ExecutionRef<'_> {
        let Ran {
            outcome,
            events,
            accounts,
        } = ran;
        if outcome.class == OutcomeClass::NoOp {
            self.executions.push_no_op(&outcome, events);
        } else {
            self.processed.insert(tx.message_hash());
            self.charge(tx.fee(), outcome.compute_units);
            self.spent = spent(tx, &outcome, &accounts);
            let loaded = accounts.loaded_addresses().borrowed();
            let balances = accounts.balances_before().chain(accounts.balances_now());
            self.executions.push(&outcome, events, balances, loaded);
            for written in accounts.into_written() {
                self.state
                    .put_image(written.key_hash, written.key, written.account);
            }
        }
        self.transactions.push(tx.clone());
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
fn spent(tx: &Tx, outcome: &Outcome, accounts: &TxAccounts) -> Spent {
    let loaded_len = u64::from(tx.limits().loaded_data_len).min(accounts.loaded_data_len());
    let (units, work) = (
        cost_units(&tx.view(), outcome.compute_units, loaded_len),
        accounts.work(),
    );
    Spent {
        cost_units: units.saturating_add(work_units(&work)),
        record_bytes: work.recorded_bytes,
    }
}

fn seal_header(chain: &Chain, open: OpenHeader, transactions: &[Tx]) -> Header {
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
        anchor: chain.tip().anchor,
    }
}

const fn capitalization_after(chain: &Chain, fees: &FeeTotals, incinerated: u64) -> u64 {
    let burned = fees.burned.checked_add(incinerated);
    let burned = burned.expect("what is burned was part of the capitalization, a u64");
    let left = chain.capitalization().checked_sub(burned);
    left.expect("what is burned was part of the capitalization")
}
