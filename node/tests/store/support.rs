//! A small chain to store, and an obvious model of what must come back.
//!
//! [`Model`] is the oracle: plain vectors and a `BTreeMap` of accounts per slot, computed from what
//! was put, never from what the store returned.

use std::collections::BTreeMap;

use isobath_sdk::Pubkey;
use isobath_sdk::chain::account::Account;
use isobath_sdk::chain::event::Event;
use isobath_sdk::chain::genesis::{Genesis, GenesisAccount};
use isobath_sdk::chain::header::{Anchor, HEADER_VERSION, Header, transactions_root};
use isobath_sdk::chain::outcome::{Outcome, OutcomeClass, outcomes_root};
use isobath_sdk::chain::result::{BlockResult, FeeTotals, RESULT_VERSION};

use isobath_ledger::frame::FrameKey;
use isobath_ledger::header::{self, Beginning};
use isobath_ledger::log::{Log, Tail};
use isobath_ledger::{OpenError, OpenReport};
use isobath_node::Store;
use isobath_sdk::chain::accounts::{BlockAccounts, LaneAccounts};
use isobath_sdk::chain::record::{
    BlockRecord, Delta, Execution, Executions, History, LoadedAddresses, RecordedDelta,
};
use isobath_storage::{LossyStorage, Storage};

/// Slots of an epoch in these tests.
pub(super) const EPOCH_SLOTS: u64 = 2;

/// Accounts by key.
pub(super) type Accounts = BTreeMap<Pubkey, Account>;

/// The key with this number.
pub(super) const fn key(number: u8) -> Pubkey {
    Pubkey::new([number; 32])
}

/// A genesis of few bytes: one producer and three accounts under the keys 100, 101 and 102.
pub(super) fn genesis() -> Genesis {
    let mut genesis = Genesis {
        producers: vec![key(100)],
        accounts: (100..103)
            .map(|number| GenesisAccount::funded(key(number), 10_000_000))
            .collect(),
        ..Genesis::default()
    };
    genesis.normalize();
    genesis.validate().unwrap();
    genesis
}

/// An account that says what made it.
pub(super) fn account(lamports: u64, data: &[u8]) -> Account {
    Account {
        lamports,
        owner: key(200),
        executable: false,
        last_change_epoch: 0,
        data: data.to_vec().into(),
    }
}

/// What one block puts, in order, and the transactions that it lists.
#[derive(Debug, Clone, Default)]
pub(super) struct Plan {
    pub(super) puts: Vec<(Pubkey, Option<Account>)>,
    pub(super) transactions: Vec<Vec<u8>>,
}

impl Plan {
    /// A block that puts these and lists one transaction.
    pub(super) fn putting(puts: Vec<(Pubkey, Option<Account>)>) -> Self {
        Self {
            puts,
            transactions: vec![b"a transaction".to_vec()],
        }
    }

    /// The `number`th block of the standard workload: creates, rewrites, closes, leaves alone.
    pub(super) fn standard(number: u8) -> Self {
        let puts = match number % 4 {
            0 => vec![
                (key(1), Some(account(5, b"one"))),
                (key(number), Some(account(7, &[number; 40]))),
            ],
            1 => vec![
                (key(1), Some(account(6, &[number]))),
                (key(100), Some(account(9, b""))),
            ],
            2 => vec![
                (key(1), None),
                (key(2), Some(account(u64::from(number) + 1, b"two"))),
            ],
            _ => vec![],
        };
        Self {
            puts,
            transactions: (0..number % 3).map(|index| vec![index; 30]).collect(),
        }
    }
}

/// The expected accounts at the end of every slot, slot 0 first.
#[derive(Debug, Clone)]
pub(super) struct Model {
    pub(super) genesis: Genesis,
    pub(super) accounts: Vec<Accounts>,
    pub(super) records: Vec<BlockRecord>,
}

impl Model {
    pub(super) fn new() -> Self {
        let genesis = genesis();
        let accounts = vec![genesis.initial_accounts().into_iter().collect()];
        Self {
            genesis,
            accounts,
            records: Vec::new(),
        }
    }

    /// The standard workload of `blocks` blocks.
    pub(super) fn standard(blocks: u8) -> Self {
        let mut model = Self::new();
        for number in 0..blocks {
            model.extend(&Plan::standard(number));
        }
        model
    }

    pub(super) const fn slot(&self) -> u64 {
        self.records.len() as u64
    }

    /// Adds the block of `plan`.
    pub(super) fn extend(&mut self, plan: &Plan) {
        let before = &self.accounts[self.records.len()];
        let slot = self.slot() + 1;
        let (delta, after) = expected_delta(before, plan, slot / EPOCH_SLOTS);
        let capitalization = after.values().map(|account| account.lamports).sum();
        let record = self.seal(plan, delta, capitalization);
        self.records.push(record);
        self.accounts.push(after);
    }

    /// The record of the next block with this delta.
    pub(super) fn seal(&self, plan: &Plan, delta: Delta, capitalization: u64) -> BlockRecord {
        let executions: Executions = plan.transactions.iter().map(|wire| execution(wire)).collect();
        let header = self.header(plan);
        let parent = self.records.last().map(|record| record.history.result.hash());
        let result = BlockResult {
            version: RESULT_VERSION,
            slot: header.slot,
            height: header.height,
            block_hash: header.blockhash(),
            parent_result_hash: parent.unwrap_or_else(|| self.genesis.hash()),
            delta_root: delta.root(),
            outcomes_root: outcomes_root(executions.iter().map(|execution| execution.outcome)),
            state_root: None,
            capitalization,
            fees: FeeTotals::default(),
            compute_units: 150,
        };
        let transactions = plan.transactions.clone();
        BlockRecord {
            history: History {
                header,
                transactions,
                executions,
                result,
            },
            delta,
        }
    }

    fn header(&self, plan: &Plan) -> Header {
        let parent = self.records.last().map(|record| &record.history.header);
        Header {
            version: HEADER_VERSION,
            rules_version: 1,
            genesis_hash: self.genesis.hash(),
            slot: self.slot() + 1,
            height: self.slot() + 1,
            parent_slot: self.slot(),
            parent_hash: parent.map_or_else(|| self.genesis.hash(), Header::blockhash),
            timestamp_ms: 1_000,
            producer: key(100),
            transactions_root: transactions_root(&plan.transactions),
            transaction_count: plan.transactions.len() as u32,
            anchor: Anchor {
                slot: 0,
                result_hash: self.genesis.hash(),
            },
        }
    }

    /// Asserts that `db` holds exactly the first `blocks` blocks.
    pub(super) fn assert_holds(&self, db: &Store, blocks: u64) {
        let view = db.view();
        assert_eq!((view.slot(), view.height()), (blocks, blocks));
        let expected = &self.accounts[blocks as usize];
        let found: Vec<_> = view.iter().collect();
        assert_eq!(found, expected.clone().into_iter().collect::<Vec<_>>());
        assert_eq!(view.len(), expected.len());
        assert_eq!(u128::from(view.capitalization()), view.sum_lamports());
        for slot in 1..=blocks {
            let record = &self.records[slot as usize - 1];
            assert_eq!(db.history(slot).unwrap().as_ref(), Some(&record.history));
            assert!(
                db.delta(slot).unwrap() == Some(recorded(&self.accounts[slot as usize - 1], &record.delta))
            );
        }
        for absent in [0, blocks + 1, u64::MAX] {
            assert_eq!(db.history(absent).unwrap(), None);
            assert_eq!(db.delta(absent).unwrap(), None);
        }
    }
}

/// `delta` as it is recorded after these accounts.
pub(super) fn recorded(before: &Accounts, delta: &Delta) -> RecordedDelta {
    RecordedDelta::new(delta, |key| before.get(key).cloned())
}

/// Changes `accounts` as `delta` says.
pub(super) fn change(accounts: &mut Accounts, delta: &Delta) {
    for (key, account) in &delta.accounts {
        match account {
            Some(account) => accounts.insert(*key, account.clone()),
            None => accounts.remove(key),
        };
    }
}

/// What a block must give, by comparing whole maps.
fn expected_delta(before: &Accounts, plan: &Plan, epoch: u64) -> (Delta, Accounts) {
    let mut after = before.clone();
    for (key, account) in &plan.puts {
        match account {
            Some(account) if account.lamports > 0 => after.insert(*key, account.clone()),
            _ => after.remove(key),
        };
    }
    let mut keys: Vec<Pubkey> = before.keys().chain(after.keys()).copied().collect();
    keys.sort_unstable();
    keys.dedup();
    let mut accounts = Vec::new();
    for key in keys {
        let (old, new) = (before.get(&key), after.get(&key).cloned());
        let stamped = new.map(|new| {
            let old_epoch = old.map_or(0, |old| old.last_change_epoch);
            let unchanged = old.is_some_and(|old| {
                *old == Account {
                    last_change_epoch: old_epoch,
                    ..new.clone()
                }
            });
            Account {
                last_change_epoch: if unchanged { old_epoch } else { epoch },
                ..new
            }
        });
        if let Some(stamped) = &stamped {
            after.insert(key, stamped.clone());
        }
        if old != stamped.as_ref() {
            accounts.push((key, stamped));
        }
    }
    (Delta { accounts }, after)
}

/// An execution with a bit of everything.
pub(super) fn execution(wire: &[u8]) -> Execution {
    let outcome = Outcome {
        class: OutcomeClass::Executed,
        error: None,
        fee: 5_000,
        compute_units: wire.len() as u64,
        return_data: None,
    };
    Execution {
        outcome,
        pre_balances: vec![1, 2],
        post_balances: vec![2, 1],
        loaded_addresses: LoadedAddresses::default(),
        events: vec![Event::Log("hello".to_owned()), Event::Data(vec![wire.to_vec()])],
    }
}

/// Opens the ledger on a clone of `disk`, ignoring the replayed blocks.
pub(super) fn open(disk: &LossyStorage, genesis: &Genesis) -> Result<(Store, OpenReport), OpenError> {
    Store::open(Box::new(disk.clone()), genesis, &mut |_| Ok(()))
}

/// Opens a ledger that must open, and asserts that replay handed out the model's records.
pub(super) fn reopen(disk: &LossyStorage, model: &Model) -> (Store, OpenReport) {
    let mut replayed = 0;
    let opened = Store::open(Box::new(disk.clone()), &model.genesis, &mut |record| {
        assert_eq!(record, &model.records[replayed]);
        replayed += 1;
        Ok(())
    });
    let (db, report) = opened.unwrap();
    assert_eq!(report.blocks, replayed as u64);
    (db, report)
}

/// Stores `account` under `key` in an open block; `None` closes it.
pub(super) fn put(block: &mut impl BlockAccounts, key: Pubkey, account: Option<Account>) {
    block.put(&key, account.unwrap_or_default());
}

/// Puts `plan` through an open block, which is then dropped, and asserts the delta that the model expects for `record`.
pub(super) fn execute(db: &Store, plan: &Plan, record: &BlockRecord) {
    let mut block = db.open_block();
    for (key, account) in &plan.puts {
        put(&mut block, *key, account.clone());
        let expected = account.clone().filter(|account| account.lamports > 0);
        assert_eq!(block.current(key), expected);
    }
    let (delta, ended) = block.finish(record.history.header.slot / EPOCH_SLOTS);
    assert_eq!(delta, record.delta);
    drop(ended);
}

/// Commits and publishes `record`.
pub(super) fn store(db: &Store, record: &BlockRecord) {
    let durable = db.commit_received(record.clone()).unwrap();
    db.publish(durable);
}

/// A synced ledger that holds the whole model.
pub(super) fn ledger_of(model: &Model) -> LossyStorage {
    let disk = LossyStorage::new();
    let (db, report) = open(&disk, &model.genesis).unwrap();
    assert!(report.created);
    for record in &model.records {
        store(&db, record);
    }
    disk
}

/// The offsets at which the records of a ledger with this model begin, and its end.
pub(super) fn offsets_of(model: &Model) -> Vec<usize> {
    let disk = LossyStorage::new();
    let (db, _) = open(&disk, &model.genesis).unwrap();
    let mut offsets = vec![disk.bytes().len()];
    for record in &model.records {
        store(&db, record);
        offsets.push(disk.bytes().len());
    }
    offsets
}

/// The frame key of the ledger on `disk`.
pub(super) fn frame_key(disk: &LossyStorage) -> FrameKey {
    match header::read(&*disk.reader().unwrap()).unwrap() {
        Beginning::Ledger(ledger) => ledger.0.key,
        _ => panic!("no ledger"),
    }
}

/// A new ledger with these records, written without the checks that commit makes.
pub(super) fn unchecked_ledger(genesis: &Genesis, records: &[BlockRecord]) -> LossyStorage {
    let disk = LossyStorage::new();
    let header = header::create(&mut disk.clone(), genesis, [3; 32]).unwrap();
    let tail = Tail::first(&header);
    let mut log = Log::new(Box::new(disk.clone()), header.key, tail);
    let mut accounts: Accounts = genesis.initial_accounts().into_iter().collect();
    for record in records {
        log.append(&record.history, &recorded(&accounts, &record.delta))
            .unwrap();
        change(&mut accounts, &record.delta);
    }
    disk
}
