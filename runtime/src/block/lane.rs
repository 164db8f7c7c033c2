//! One thread's part in executing a block.
//!
//! ```text
//! ids of the keys -> message entered -> transfer in place | accounts filled, executed, stored -> events, fees, cost
//! ```
//!
//! Invariant: a lane executes a transaction while it has the locks of its accounts, so what it does is a function of the
//! transaction and of those before it in block order that share an account with it. What it adds up is a sum over the
//! block's transactions, in whatever lanes they run.

use isobath_program_abi::Pubkey;
use isobath_scheduler::{Spent, step};
use isobath_sdk::chain::account::Account;
use isobath_sdk::chain::accounts::{AccountId, LaneAccounts, ToWrite};
use isobath_sdk::chain::event::Events;
use isobath_sdk::chain::key_hash::KeyHasher;
use isobath_sdk::chain::outcome::{Outcome, OutcomeClass};
use isobath_sdk::chain::record::{ExecutionRef, Executions, LoadedAddresses, Room};
use isobath_sdk::errors::TransactionError;
use isobath_sdk::ids;

use super::opened::Opened;
use super::record_len::record_bytes_max;
use super::record_room::RecordRoom;
use crate::admission::{Fee, Tx, work_units};
use crate::chain::replay_window::Seen;
use crate::execution::{AccountSource, Direct, Done, InPlace, Left, Replay, TxAccounts, execute_transaction};
use crate::planted::is_planted;

/// The accounts of an open block, and the ids of those of the running transaction.
struct BlockSource<'a, S> {
    state: &'a mut S,
    ids: &'a mut Vec<AccountId>,
}

impl<S: LaneAccounts> BlockSource<'_, S> {
    /// The id of account `index`, if it has one.
    fn find_id(&mut self, index: usize, hash: u64, key: &Pubkey) -> Option<AccountId> {
        let known = self.ids.get(index).copied().filter(|id| *id != AccountId::NONE);
        let id = known.or_else(|| self.state.find_id(None, hash, key));
        if index >= self.ids.len() {
            self.ids.resize(index.saturating_add(1), AccountId::NONE);
        }
        self.ids[index] = id.unwrap_or(AccountId::NONE);
        id
    }
}

impl<S: LaneAccounts> AccountSource for BlockSource<'_, S> {
    fn key_hasher(&self) -> KeyHasher {
        self.state.key_hasher()
    }

    fn load(&mut self, index: usize, hash: u64, key: &Pubkey) -> Account {
        let id = self.find_id(index, hash, key);
        id.map_or_else(Account::default, |id| self.state.load(id))
    }

    fn load_to_write(&mut self, index: usize, hash: u64, key: &Pubkey) -> ToWrite {
        match self.find_id(index, hash, key) {
            Some(id) => self.state.load_to_write(id),
            None => ToWrite::shared(Account::default()),
        }
    }

    fn current(&self, key: &Pubkey) -> Option<Account> {
        self.state.current(key)
    }

    fn at_parent(&self, key: &Pubkey) -> Option<Account> {
        self.state.at_parent(key)
    }
}

/// The state of one thread that executes transactions of a block.
#[derive(Debug)]
pub(super) struct Lane<A> {
    pub(super) state: A,
    /// Ids of the accounts of the newest transaction, in the order of its keys.
    pub(super) ids: Vec<AccountId>,
    /// What the lookups of the newest transaction load, if that is known already.
    pub(super) resolved: Option<Result<LoadedAddresses, TransactionError>>,
    /// The accounts of the newest transaction.
    accounts: TxAccounts,
    direct: Direct,
    /// What became of the transactions, in the order in which they ran here.
    pub(super) executions: Executions,
    pub(super) totals: Totals,
    /// What the newest transaction did cost.
    pub(super) spent: Spent,
}

/// Sums over transactions of a block.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Totals {
    pub(super) fees: Fee,
    pub(super) compute_units: u64,
    /// Number of those that were executed directly.
    pub(super) direct: usize,
    /// Accounts that changed in place.
    pub(super) in_place: InPlace,
    /// Number of those that have no effect.
    pub(super) no_ops: usize,
    /// Whether a message is in the block twice, which no block may have.
    pub(super) has_repeated: bool,
}

/// A transaction that ran and is not in the block yet.
struct Ran {
    outcome: Outcome,
    events: Events,
    seen: Seen,
}

impl<A: LaneAccounts> Lane<A> {
    pub(super) fn new(state: A) -> Self {
        Self::with_room(state, &Room::default())
    }

    /// A lane with room for what becomes of its transactions.
    pub(super) fn with_room(state: A, room: &Room) -> Self {
        Self {
            state,
            ids: Vec::new(),
            resolved: None,
            accounts: TxAccounts::default(),
            direct: Direct::default(),
            executions: Executions::with_room(room),
            totals: Totals::default(),
            spent: Spent::default(),
        }
    }

    /// Executes a transaction, the ids of whose static keys are in `ids`, unless it would be a `NoOp`.
    ///
    /// # Errors
    /// The error of the `NoOp`; the block is then unchanged.
    pub(super) fn try_execute(&mut self, tx: &Tx, opened: &Opened<'_>) -> Result<(), TransactionError> {
        let seen = opened.messages.check_and_enter(&tx.message_hash());
        step();
        if self.run_directly(tx, seen, opened) {
            return Ok(());
        }
        let ran = self.run(tx, seen, opened, opened.record_room.as_ref());
        match (ran.outcome.class, ran.outcome.error) {
            (OutcomeClass::NoOp, Some(error)) => {
                self.executions.discard(ran.events);
                self.release(tx, opened);
                step();
                if ran.seen == Seen::Never {
                    opened.messages.withdraw(&tx.message_hash());
                }
                Err(error)
            }
            _ => {
                self.keep(tx, ran, opened);
                Ok(())
            }
        }
    }

    /// Executes a transaction, the ids of whose static keys are in `ids`, whatever its outcome. One whose message is in the
    /// block already has no effect, and makes the block one that no chain accepts.
    pub(super) fn execute(&mut self, tx: &Tx, opened: &Opened<'_>) {
        let seen = opened.messages.check_and_enter(&tx.message_hash());
        step();
        if !self.run_directly(tx, seen, opened) {
            let ran = self.run(tx, seen, opened, None);
            self.keep(tx, ran, opened);
        }
    }

    /// The newest execution.
    pub(super) fn newest(&self) -> ExecutionRef<'_> {
        self.executions.last().expect("it was just pushed")
    }

    /// Executes `tx` and keeps it, if it is a transfer that is known to succeed; else changes nothing.
    fn run_directly(&mut self, tx: &Tx, seen: Seen, opened: &Opened<'_>) -> bool {
        if seen != Seen::Never || opened.context.has_planted() || !self.find_missing(tx) {
            return false;
        }
        let mut events = self.executions.begin();
        let accounts = (&mut self.state, self.ids.as_slice());
        let Some(done) = self.direct.execute(tx, accounts, &mut events, &opened.context) else {
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
        self.totals.direct = self.totals.direct.saturating_add(1);
        true
    }

    /// Finds the ids of keys that had none when they were looked up ahead. Whether none of these is a sysvar.
    fn find_missing(&mut self, tx: &Tx) -> bool {
        let missing = self.ids.iter_mut().enumerate();
        for (index, id) in missing.filter(|(_, id)| **id == AccountId::NONE) {
            let key = tx.key(index);
            if ids::is_sysvar(&key) {
                return false;
            }
            let hash = tx.key_hash(self.state.key_hasher(), index);
            *id = self.state.find_id(None, hash, &key).unwrap_or(AccountId::NONE);
        }
        true
    }

    /// Executes `tx`. Without room for what it may record it has no effect.
    fn run(&mut self, tx: &Tx, seen: Seen, opened: &Opened<'_>, room: Option<&RecordRoom>) -> Ran {
        let context = &opened.context;
        let mut source = BlockSource {
            state: &mut self.state,
            ids: &mut self.ids,
        };
        let accounts = &mut self.accounts;
        match self.resolved.take() {
            Some(resolved) => accounts.fill_resolved(tx, resolved, context, &mut source),
            None => accounts.fill(tx, context, &mut source),
        }
        let replay = match seen {
            Seen::Never => Replay::Fresh,
            Seen::Before | Seen::Here => Replay::Seen,
        };
        let mut events = self.executions.begin();
        let most = record_bytes_max(accounts.writable_data_len(), context.rules);
        let outcome = match room.map(|room| room.reserve(most)) {
            None => execute_transaction(tx, replay, accounts, &mut events, context),
            Some(Some(reserved)) => {
                let outcome = execute_transaction(tx, replay, accounts, &mut events, context);
                reserved.settle(accounts.work().recorded_bytes);
                outcome
            }
            Some(None) => Outcome::no_op(TransactionError::WouldExceedAccountDataBlockLimit),
        };
        Ran {
            outcome,
            events,
            seen,
        }
    }

    fn keep(&mut self, tx: &Tx, ran: Ran, opened: &Opened<'_>) {
        let Ran {
            outcome,
            events,
            seen,
        } = ran;
        if outcome.class == OutcomeClass::NoOp {
            self.executions.push_no_op(&outcome, events);
            self.release(tx, opened);
            self.totals.no_ops = self.totals.no_ops.saturating_add(1);
            match seen {
                Seen::Never => {}
                Seen::Before => opened.messages.enter_again(&tx.message_hash()),
                Seen::Here => self.totals.has_repeated = true,
            }
        } else {
            let accounts = &mut self.accounts;
            let loaded = accounts.loaded_addresses().borrowed();
            let balances = accounts.balances_before().chain(accounts.balances_now());
            self.executions.push(&outcome, events, balances, loaded);
            self.release(tx, opened);
            let done = Done {
                outcome,
                loaded_data_len: self.accounts.loaded_data_len(),
                work: self.accounts.work(),
            };
            self.finish(tx, &done);
            if is_planted!(opened.context, LostMessages) && tx.message_hash().0[0].is_multiple_of(4) {
                opened.messages.withdraw(&tx.message_hash());
            }
        }
    }

    /// Stores what the transaction has written, and puts back what it took out of the store and did not write.
    fn release(&mut self, tx: &Tx, opened: &Opened<'_>) {
        let keeps_contents = is_planted!(opened.context, KeptContents);
        for (index, left) in self.accounts.take_left() {
            match (left, self.ids[index]) {
                (Left::Written(key, account), AccountId::NONE) => {
                    let hasher = self.state.key_hasher();
                    let hash = match index < tx.key_count() {
                        true => tx.key_hash(hasher, index),
                        false => hasher.hash(&key),
                    };
                    let id = self.state.id(hash, &key);
                    self.state.store(id, account);
                }
                (Left::Written(_, account), id) => self.state.store(id, account),
                (Left::Own(data), id) if !keeps_contents => self.state.give_back_data(id, data),
                (Left::Own(_), _) => {}
            }
        }
        self.totals.in_place = self.accounts.in_place();
    }

    /// Counts a transaction that has an effect.
    fn finish(&mut self, tx: &Tx, done: &Done) {
        self.totals.charge(tx.fee(), done.outcome.compute_units);
        self.spent = spent(tx, done);
    }
}

impl Totals {
    const fn charge(&mut self, fee: Fee, compute_units: u64) {
        let paid = "fees come out of balances whose sum is a u64";
        self.fees.base = self.fees.base.checked_add(fee.base).expect(paid);
        self.fees.priority = self.fees.priority.checked_add(fee.priority).expect(paid);
        // At most 1.4 million units for each of at most u32::MAX transactions.
        self.compute_units = self.compute_units.saturating_add(compute_units);
    }

    /// Adds the sums of another lane.
    pub(super) const fn add(&mut self, other: &Self) {
        self.charge(other.fees, other.compute_units);
        self.direct = self.direct.saturating_add(other.direct);
        self.in_place.add(&other.in_place);
        self.no_ops = self.no_ops.saturating_add(other.no_ops);
        self.has_repeated |= other.has_repeated;
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
