//! Random blocks that are dropped, cell by cell.

#![allow(clippy::arithmetic_side_effects, reason = "test arithmetic on small numbers")]

use isobath_sdk::chain::genesis::{Genesis, GenesisAccount};
use isobath_sdk::chain::header::{Anchor, HEADER_VERSION};
use isobath_sdk::{Hash, chain::accounts::ReadAccounts};
use proptest::prelude::*;

use super::*;
use crate::resident::Resident;
use crate::resident::cell::{Cell, Link};
use crate::{AccountsDb, View};

const KEYS: u8 = 10;

const fn key(number: u8) -> Pubkey {
    Pubkey([number + 100; 32])
}

/// What a block does with the account of a key.
#[derive(Clone, Debug)]
enum Step {
    Name(u8),
    Load(u8),
    /// Only the lamports, 0 of which close it.
    Lamports(u8, u64),
    /// Lamports and data; without lamports it closes the account.
    Store(u8, u64, Vec<u8>),
    /// The data in place, if they are the block's own; or takes them out and puts them back.
    Change(u8, Option<u8>),
}

/// What becomes of a block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    Drop,
    Finish,
    Publish,
}

fn any_step() -> impl Strategy<Value = Step> {
    let data = prop::collection::vec(0_u8..3, 0..3);
    prop_oneof![
        (0..KEYS).prop_map(Step::Name),
        (0..KEYS).prop_map(Step::Load),
        (0..KEYS, 0_u64..4).prop_map(|(key, lamports)| Step::Lamports(key, lamports)),
        (0..KEYS, 0_u64..4, data).prop_map(|(key, lamports, data)| Step::Store(key, lamports, data)),
        (0..KEYS, any::<Option<u8>>()).prop_map(|(key, byte)| Step::Change(key, byte)),
    ]
}

fn any_block() -> impl Strategy<Value = (Vec<Step>, End, bool)> {
    let end = prop_oneof![Just(End::Drop), Just(End::Finish), Just(End::Publish)];
    (prop::collection::vec(any_step(), 0..12), end, any::<bool>())
}

fn store() -> AccountsDb {
    let mut genesis = Genesis {
        producers: vec![key(0)],
        accounts: (0..4)
            .map(|number| GenesisAccount::funded(key(number), 10_000_000))
            .collect(),
        ..Genesis::default()
    };
    genesis.normalize();
    AccountsDb::new(&genesis).expect("the genesis is valid")
}

const fn header(slot: u64) -> Header {
    Header {
        version: HEADER_VERSION,
        rules_version: 1,
        genesis_hash: Hash([0; 32]),
        slot,
        height: slot,
        parent_slot: slot - 1,
        parent_hash: Hash([0; 32]),
        timestamp_ms: 0,
        producer: key(0),
        transactions_root: Hash([0; 32]),
        transaction_count: 0,
        anchor: Anchor {
            slot: 0,
            result_hash: Hash([0; 32]),
        },
    }
}

/// Takes the steps; returns the ids in their order, of which a key without an account may have none where it is named.
fn run(block: &mut OpenBlock, steps: &[Step]) -> Vec<Option<AccountId>> {
    let mut take = |step: &Step| {
        let (Step::Name(number)
        | Step::Load(number)
        | Step::Lamports(number, _)
        | Step::Store(number, ..)
        | Step::Change(number, _)) = step;
        let hash = block.key_hasher().hash(&key(*number));
        if let Step::Name(_) = step {
            return block.find_id(None, hash, &key(*number));
        }
        let id = block.id(hash, &key(*number));
        match step {
            Step::Name(_) => {}
            Step::Load(_) => drop(block.load(id)),
            Step::Lamports(_, lamports) => block.set_lamports(id, *lamports),
            Step::Store(_, lamports, data) => block.store(
                id,
                Account {
                    data: data.clone().into(),
                    ..Account::new(*lamports, key(77))
                },
            ),
            Step::Change(_, byte) => change(block, id, *byte),
        }
        Some(id)
    };
    steps.iter().map(&mut take).collect()
}

/// Changes the first byte of data that are the block's own, or puts them back.
fn change(block: &mut OpenBlock, id: AccountId, byte: Option<u8>) {
    let ToWrite { mut account, is_own } = block.load_to_write(id);
    match byte {
        _ if !is_own => {}
        None => block.give_back_data(id, account.data),
        Some(byte) => {
            account.data.to_mut()[0] = byte;
            block.store(id, account);
        }
    }
}

/// A cell.
type CellState = (Pubkey, Account, Link, bool);

/// All that a block changes in place.
#[derive(Debug, PartialEq)]
struct State {
    cells: Vec<CellState>,
    /// The id of each key.
    ids: Vec<Option<AccountId>>,
    cell_count: usize,
    arena_bytes: u64,
    totals: (usize, u64),
}

impl State {
    /// The state of the first `id_count` cells.
    fn of(db: &AccountsDb, resident: &Resident, id_count: u32) -> Self {
        let ids = || (0..id_count).map(AccountId);
        let state = |id| {
            let of_cell =
                |cell: &mut Cell| (resident.key(id), cell.account.clone(), cell.link, cell.is_listed);
            resident.with_cell(id, of_cell)
        };
        let find = |number| resident.find(db.key_hasher().hash(&key(number)), &key(number));
        Self {
            cells: ids().map(state).collect(),
            ids: (0..KEYS).map(find).collect(),
            cell_count: resident.count(),
            arena_bytes: resident.arena_bytes(),
            totals: (db.view().len(), db.view().capitalization()),
        }
    }
}

/// Drops a block of these steps, ended or not, and compares all that it could change.
fn drop_block(db: &AccountsDb, steps: &[Step], has_ended: bool) -> Result<(), TestCaseError> {
    let slot = db.view().slot() + 1;
    let mut block = db.open_block();
    let resident = Arc::clone(&block.own().shared.resident);
    drop(block);
    let id_count = resident.id_count();
    let before = State::of(db, &resident, id_count);
    block = db.open_block();
    let ids = run(&mut block, steps);
    match has_ended {
        true => drop(block.finish(slot)),
        false => drop(block),
    }
    prop_assert_eq!(before, State::of(db, &resident, id_count));
    // Cells that it made belong to no key.
    for id in (id_count..resident.id_count()).map(AccountId) {
        let is_free = resident.with_cell(id, |cell| !cell.exists() && cell.link == Link::default());
        prop_assert!(is_free && resident.key(id) == Pubkey::default());
    }
    // Another block of the same steps works on the same cells.
    prop_assert_eq!(run(&mut db.open_block(), steps), ids);
    Ok(())
}

fn publish(db: &AccountsDb, steps: &[Step]) {
    let slot = db.view().slot() + 1;
    let mut block = db.open_block();
    run(&mut block, steps);
    let (_, ended) = block.finish(slot);
    db.publish(ended, &header(slot));
}

/// Stores data of one byte in a block.
fn store_byte(block: &mut OpenBlock, byte: u8) -> AccountId {
    let id = block.id(block.key_hasher().hash(&key(1)), &key(1));
    let account = Account {
        data: vec![byte].into(),
        ..Account::new(10_000_000, key(77))
    };
    block.store(id, account);
    id
}

#[test]
fn data_are_taken_out_only_where_they_are_the_blocks_alone() {
    let db = store();
    let mut block = db.open_block();
    let id = store_byte(&mut block, 1);
    assert!(block.load_to_write(id).is_own);
    assert!(!block.load_to_write(id).is_own, "they are out, so there are none");
    store_byte(&mut block, 2);
    let held = block.load(id);
    assert!(!block.load_to_write(id).is_own, "someone holds them");
    drop(held);
    let (delta, ended) = block.finish(1);
    db.publish(ended, &header(1));
    drop(delta);
    let mut block = db.open_block();
    assert!(!block.load_to_write(id).is_own, "views show them");
    block.set_lamports(id, 9_000_000);
    assert!(!block.load_to_write(id).is_own, "the image has them");
    store_byte(&mut block, 3);
    assert!(block.load_to_write(id).is_own);
}

#[test]
fn a_block_that_is_dropped_while_data_are_out_restores_the_account() {
    let db = store();
    let mut block = db.open_block();
    store_byte(&mut block, 1);
    let (_, ended) = block.finish(1);
    db.publish(ended, &header(1));
    let before = db.view().get(&key(1));
    let mut block = db.open_block();
    let id = store_byte(&mut block, 2);
    let own = block.load_to_write(id);
    drop(block);
    assert_eq!(own.account.data.as_slice(), [2]);
    assert_eq!(db.view().get(&key(1)), before);
}

proptest! {
    #[test]
    fn a_block_that_is_dropped_leaves_every_cell_as_it_was(blocks in prop::collection::vec(any_block(), 1..16)) {
        let db = store();
        let mut held: Vec<(View, Vec<Option<Account>>)> = Vec::new();
        for (steps, end, is_held) in blocks {
            match end {
                End::Drop | End::Finish => drop_block(&db, &steps, end == End::Finish)?,
                End::Publish => publish(&db, &steps),
            }
            let shown = |view: &View| (0..KEYS).map(|number| view.account(&key(number))).collect::<Vec<_>>();
            for (view, accounts) in &held {
                prop_assert_eq!(&shown(view), accounts);
            }
            if is_held {
                let view = db.view();
                held.push((view.clone(), shown(&view)));
            } else if !held.is_empty() {
                held.remove(0);
            }
        }
    }
}

/// A block and the one after it, whose steps run before and after the first is published.
type Pair = (Vec<Step>, Vec<Step>, Vec<Step>);

fn any_pair() -> impl Strategy<Value = Pair> {
    let steps = || prop::collection::vec(any_step(), 0..8);
    (steps(), steps(), steps())
}

fn shown(view: &View) -> Vec<Option<Account>> {
    (0..KEYS).map(|number| view.account(&key(number))).collect()
}

/// Runs a block alone; returns what it changed, in both forms.
fn run_alone(db: &AccountsDb, steps: &[Step]) -> (Delta, RecordedDelta) {
    let slot = db.view().slot() + 1;
    let mut block = db.open_block();
    run(&mut block, steps);
    let (delta, ended) = block.finish(slot);
    let recorded = ended.record_delta(&delta);
    db.publish(ended, &header(slot));
    (delta, recorded)
}

proptest! {
    #[test]
    fn blocks_that_begin_before_the_one_before_is_published_equal_blocks_one_by_one(
        pairs in prop::collection::vec((any_pair(), any::<bool>(), any::<bool>()), 1..12),
    ) {
        let (alone, db) = (store(), store());
        let mut held: Vec<(View, Vec<Option<Account>>)> = Vec::new();
        for ((first, early, late), is_dropped, is_held) in pairs {
            let slot = db.view().slot() + 1;
            let expected = run_alone(&alone, &first);
            let at_first = shown(&alone.view());
            let before = db.view();
            let mut block = db.open_block();
            run(&mut block, &first);
            let (delta, ended) = block.finish(slot);
            let mut next = db.open_next();
            run(&mut next, &early);
            // As late as it may be: the next block has changed the same accounts by now.
            prop_assert_eq!((&delta, &ended.record_delta(&delta)), (&expected.0, &expected.1));
            prop_assert_eq!(db.view().slot(), before.slot());
            db.publish(ended, &header(slot));
            prop_assert_eq!(&shown(&db.view()), &at_first);
            run(&mut next, &late);
            prop_assert_eq!(&shown(&db.view()), &at_first);
            let at_parent: Vec<_> = (0..KEYS).map(|number| next.at_parent(&key(number))).collect();
            prop_assert_eq!(&at_parent, &at_first);
            if is_held {
                held.push((before.clone(), shown(&before)));
            }
            if is_dropped {
                drop(next);
            } else {
                let (delta, ended) = next.finish(slot + 1);
                let expected = run_alone(&alone, &[early, late].concat());
                prop_assert_eq!((&delta, &ended.record_delta(&delta)), (&expected.0, &expected.1));
                db.publish(ended, &header(slot + 1));
            }
            prop_assert_eq!(shown(&db.view()), shown(&alone.view()));
            for (view, accounts) in &held {
                prop_assert_eq!(&shown(view), accounts);
            }
        }
    }
}

#[test]
fn a_block_that_ended_is_abandoned_if_the_next_one_is_open() {
    let db = store();
    let before = shown(&db.view());
    let steps = [Step::Lamports(1, 3), Step::Lamports(7, 2)];
    let mut block = db.open_block();
    run(&mut block, &steps);
    let (_, ended) = block.finish(1);
    let mut next = db.open_next();
    run(&mut next, &steps);
    drop((ended, next));
    assert_eq!(shown(&db.view()), before);
}

#[test]
#[should_panic(expected = "the block before is published first")]
fn a_block_does_not_end_before_the_one_before_is_published() {
    let db = store();
    let _ended = db.open_block().finish(1);
    drop(db.open_next().finish(2));
}
