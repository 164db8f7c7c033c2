//! Blocks, aborts and held views against plain maps, and readers beside a thread that writes.

#![allow(clippy::arithmetic_side_effects, reason = "test arithmetic on small numbers")]

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;

use isobath_accounts_db::{AccountsDb, OpenBlock, PlantedBug, View};
use isobath_sdk::chain::account::Account;
use isobath_sdk::chain::accounts::{BlockAccounts, LaneAccounts};
use isobath_sdk::chain::genesis::{Genesis, GenesisAccount};
use isobath_sdk::chain::header::{Anchor, HEADER_VERSION, Header};
use isobath_sdk::chain::record::Delta;
use isobath_sdk::{Hash, Pubkey};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

type Accounts = BTreeMap<Pubkey, Account>;

const KEYS: u8 = 12;

const fn key(number: u8) -> Pubkey {
    Pubkey::new([number + 100; 32])
}

fn genesis() -> Genesis {
    let mut genesis = Genesis {
        producers: vec![key(0)],
        accounts: (0..4)
            .map(|number| GenesisAccount::funded(key(number), 10_000_000))
            .collect(),
        ..Genesis::default()
    };
    genesis.normalize();
    genesis
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

/// One write of a block: the key, the lamports (0 closes it) and the data, which stay as they are if there are none.
type Write = (u8, u64, Option<Vec<u8>>);

#[derive(Clone, Debug)]
enum Step {
    /// A block of these writes is published.
    Publish(Vec<Write>),
    /// A block is dropped while it is open, or after its end.
    Abort { writes: Vec<Write>, has_ended: bool },
    /// A view is taken and held.
    Hold,
    /// A held view is let go.
    Release(usize),
}

fn any_write() -> impl Strategy<Value = Write> {
    (
        0..KEYS,
        prop_oneof![Just(0), 1_u64..9],
        prop::option::weighted(0.6, prop::collection::vec(0_u8..3, 0..3)),
    )
}

fn any_step() -> impl Strategy<Value = Step> {
    let writes = || prop::collection::vec(any_write(), 0..10);
    prop_oneof![
        4 => writes().prop_map(Step::Publish),
        2 => (writes(), any::<bool>()).prop_map(|(writes, has_ended)| Step::Abort { writes, has_ended }),
        2 => Just(Step::Hold),
        1 => (0_usize..8).prop_map(Step::Release),
    ]
}

fn account(lamports: u64, data: &[u8]) -> Account {
    Account {
        data: data.to_vec().into(),
        ..Account::new(lamports, key(77))
    }
}

fn apply(accounts: &mut Accounts, (number, lamports, data): &Write) {
    let key = key(*number);
    let account = match data {
        Some(data) => account(*lamports, data),
        None => Account {
            lamports: *lamports,
            ..accounts.get(&key).cloned().unwrap_or_default()
        },
    };
    match lamports {
        0 => accounts.remove(&key),
        _ => accounts.insert(key, account),
    };
}

/// The accounts after a block, and its delta, by comparing whole maps.
fn expected(before: &Accounts, writes: &[Write], epoch: u64) -> (Accounts, Delta) {
    let mut after = before.clone();
    writes.iter().for_each(|write| apply(&mut after, write));
    let mut delta = Delta::default();
    for key in before
        .keys()
        .chain(after.keys())
        .copied()
        .collect::<std::collections::BTreeSet<_>>()
    {
        let (old, new) = (before.get(&key), after.get(&key).cloned());
        let is_same = match (old, &new) {
            (Some(old), Some(new)) => old.same_contents(new),
            (None, None) => true,
            _ => false,
        };
        if is_same {
            if let Some(old) = old {
                after.insert(key, old.clone());
            }
            continue;
        }
        let new = new.map(|new| Account {
            last_change_epoch: epoch,
            ..new
        });
        if let Some(new) = &new {
            after.insert(key, new.clone());
        }
        delta.accounts.push((key, new));
    }
    (after, delta)
}

fn run(block: &mut impl BlockAccounts, before: &Accounts, writes: &[Write]) {
    let mut now = before.clone();
    for write in writes {
        let (number, lamports, data) = write;
        let key = key(*number);
        let id = block.id(block.key_hasher().hash(&key), &key);
        assert_eq!(block.load(id), now.get(&key).cloned().unwrap_or_default());
        match data {
            Some(data) => block.store(id, account(*lamports, data)),
            None => block.set_lamports(id, *lamports),
        }
        apply(&mut now, write);
        assert_eq!(block.current(&key), now.get(&key).cloned());
        assert_eq!(block.at_parent(&key), before.get(&key).cloned());
    }
}

fn assert_shows(view: &View, expected: &Accounts) {
    assert!(view.iter().eq(expected.clone()), "slot {}", view.slot());
    assert_eq!(view.len(), expected.len());
    assert_eq!(view.sum_lamports(), u128::from(view.capitalization()));
    for number in 0..KEYS {
        assert_eq!(view.get(&key(number)).as_ref(), expected.get(&key(number)));
    }
    assert!(!view.is_revoked());
}

/// Takes the steps in a store and in plain maps, and compares all views after each. Panics where they differ.
fn follow(db: &AccountsDb, genesis: &Genesis, steps: Vec<Step>) {
    let mut now: Accounts = genesis.initial_accounts().into_iter().collect();
    let mut held: Vec<(View, Accounts)> = Vec::new();
    for step in steps {
        let slot = db.view().slot() + 1;
        match step {
            Step::Publish(writes) => {
                let (after, delta) = expected(&now, &writes, slot);
                let mut block = db.open_block();
                run(&mut block, &now, &writes);
                let (found, ended) = block.finish(slot);
                assert_eq!(found, delta);
                assert_eq!(ended.record_delta(&found), db.record_delta(&found));
                assert_shows(&db.view(), &now);
                db.publish(ended, &header(slot));
                now = after;
            }
            Step::Abort { writes, has_ended } => {
                let mut block = db.open_block();
                run(&mut block, &now, &writes);
                if has_ended {
                    drop(block.finish(slot));
                }
            }
            Step::Hold => held.push((db.view(), now.clone())),
            Step::Release(at) => {
                if at < held.len() {
                    held.remove(at);
                }
            }
        }
        assert_shows(&db.view(), &now);
        for (view, accounts) in &held {
            assert_shows(view, accounts);
        }
    }
    // Cells of accounts that no view shows are used again.
    held.clear();
    let slot = db.view().slot() + 1;
    let (_, ended) = db.open_block().finish(slot);
    db.publish(ended, &header(slot));
    drop(db.open_block());
    assert_eq!(db.resident_count(), now.len());
}

/// What the model finds in a store that `make` makes, in up to `cases` cases.
fn check(cases: u32, make: impl Fn(&Genesis) -> AccountsDb) -> Result<(), String> {
    let mut runner = TestRunner::new(Config {
        cases,
        failure_persistence: None,
        max_shrink_iters: 0,
        ..Config::default()
    });
    let genesis = genesis();
    let steps = prop::collection::vec(any_step(), 1..40);
    let outcome = runner.run(&steps, |steps| {
        follow(&make(&genesis), &genesis, steps);
        Ok(())
    });
    outcome.map_err(|failed| failed.to_string())
}

#[test]
fn every_view_shows_its_block_whatever_comes_after() {
    let make = |genesis: &Genesis| AccountsDb::new(genesis).expect("the genesis is valid");
    assert_eq!(check(256, make), Ok(()));
}

#[test]
fn each_planted_defect_is_found() {
    for bug in [
        PlantedBug::WrongImage,
        PlantedBug::RecycledId,
        PlantedBug::DeltaFromNext,
        PlantedBug::LostUndo,
        PlantedBug::HeaderWithoutData,
    ] {
        let found = check(256, |genesis| AccountsDb::with_planted_bug(genesis, bug));
        assert!(found.is_err(), "{bug:?} is not found");
    }
}

/// Number `slot` of a series of blocks in which every account's balance, data and existence follow from the slot.
fn series(slot: u64) -> Vec<Write> {
    (0..KEYS)
        .map(|number| {
            let beat = (slot + u64::from(number)) % 5;
            let data = vec![u8::try_from(slot % 251).unwrap_or(0); usize::from(number)];
            // At times the balance alone changes.
            let data = (beat != 3).then_some(data);
            (number, if beat == 0 { 0 } else { slot + u64::from(number) }, data)
        })
        .collect()
}

#[test]
fn readers_beside_the_writer_see_whole_blocks() {
    const BLOCKS: u64 = 400;
    let genesis = genesis();
    let db = AccountsDb::new(&genesis).unwrap();
    let mut states = vec![genesis.initial_accounts().into_iter().collect::<Accounts>()];
    for slot in 1..=BLOCKS {
        let (after, _) = expected(states.last().unwrap(), &series(slot), slot);
        states.push(after);
    }
    let (states, stop) = (Arc::new(states), AtomicBool::new(false));
    let held = Mutex::new(Vec::new());
    thread::scope(|scope| {
        for reader in 0..3_usize {
            let (states, stop, db, held) = (&states, &stop, &db, &held);
            scope.spawn(move || {
                while !stop.load(Ordering::Acquire) {
                    let view = db.view();
                    let slot = usize::try_from(view.slot()).unwrap();
                    assert_shows(&view, &states[slot]);
                    thread::yield_now();
                    assert_shows(&view, &states[slot]);
                    if reader == 0 && slot % 7 == 0 {
                        let mut held: std::sync::MutexGuard<'_, Vec<View>> = held.lock().unwrap();
                        held.truncate(20);
                        held.insert(0, view);
                    }
                }
            });
        }
        for slot in 1..=BLOCKS {
            let before = &states[usize::try_from(slot - 1).unwrap()];
            // Every third block is tried and dropped before.
            if slot % 3 == 0 {
                run(&mut db.open_block(), before, &series(slot + 1));
            }
            let mut block = db.open_block();
            run(&mut block, before, &series(slot));
            let (_, ended) = block.finish(slot);
            db.publish(ended, &header(slot));
        }
        stop.store(true, Ordering::Release);
    });
    for view in held.into_inner().unwrap() {
        assert_shows(&view, &states[usize::try_from(view.slot()).unwrap()]);
    }
}

#[test]
fn the_oldest_view_is_revoked_when_held_views_keep_too_much() {
    let genesis = genesis();
    let db = AccountsDb::new(&genesis).unwrap();
    db.limit_held_bytes(100_000);
    let mut views = Vec::new();
    for slot in 1..=20 {
        views.push(db.view());
        let mut block = db.open_block();
        block.put(&key(9), account(slot, &[7; 10_000]));
        let (_, ended) = block.finish(slot);
        db.publish(ended, &header(slot));
    }
    drop(db.open_block());
    let revoked = views.iter().filter(|view| view.is_revoked()).count();
    assert!((10..18).contains(&revoked), "{revoked} revoked");
    assert_eq!(db.views_revoked(), revoked as u64);
    // The oldest went first, and the others are whole.
    for (slot, view) in (0..).zip(&views) {
        assert_eq!(view.is_revoked(), slot < revoked);
        if slot >= revoked {
            let lamports = view.get(&key(9)).map(|account| account.lamports);
            assert_eq!(lamports, (slot > 0).then_some(slot as u64));
        }
    }
    assert_eq!(db.view().get(&key(9)).unwrap().lamports, 20);
}

#[test]
fn a_scan_beside_new_cells_meets_only_cells_that_are_there() {
    let db = AccountsDb::new(&genesis()).unwrap();
    let (stop, count) = (AtomicBool::new(false), db.view().len());
    thread::scope(|scope| {
        scope.spawn(|| {
            while !stop.load(Ordering::Acquire) {
                assert_eq!(db.view().iter().len(), count);
            }
        });
        let mut block = db.open_block();
        for number in 0..40_000_u32 {
            let mut bytes = [1; 32];
            bytes[..4].copy_from_slice(&number.to_le_bytes());
            let key = Pubkey::new(bytes);
            block.id(block.key_hasher().hash(&key), &key);
        }
        stop.store(true, Ordering::Release);
    });
}

/// Publishes a block of these changes.
fn publish(db: &AccountsDb, change: impl FnOnce(&mut OpenBlock)) {
    let slot = db.view().slot() + 1;
    let mut block = db.open_block();
    change(&mut block);
    let (_, ended) = block.finish(slot);
    db.publish(ended, &header(slot));
}

#[test]
fn keys_without_an_account_count_for_held_views() {
    let db = AccountsDb::new(&genesis()).unwrap();
    db.limit_held_bytes(1 << 20);
    let held = db.view();
    for round in 0_u64..100 {
        publish(&db, |block| {
            for number in 0_u64..1_000 {
                let mut key = [9; 32];
                key[..8].copy_from_slice(&(round * 1_000 + number).to_le_bytes());
                let key = Pubkey::new(key);
                block.id(block.key_hasher().hash(&key), &key);
            }
        });
    }
    assert!(held.is_revoked(), "{} bytes are held", db.held_bytes());
}

#[test]
fn keys_that_only_dropped_blocks_name_are_given_back() {
    let db = AccountsDb::new(&genesis()).unwrap();
    let held = db.view();
    // The view needs the cell of this key, which is the first that waits to be given back.
    publish(&db, |block| {
        block.id(block.key_hasher().hash(&key(9)), &key(9));
    });
    let count = db.resident_count();
    for round in 0_u8..10 {
        let mut block = db.open_block();
        for number in 0_u8..100 {
            let key = Pubkey::new([number + 1; 32]);
            block.put(&key, account(u64::from(round + number) % 3, b"data"));
        }
        match round % 2 {
            0 => drop(block),
            _ => drop(block.finish(2)),
        }
        assert_eq!(db.resident_count(), count);
    }
    drop(held);
    drop(db.open_block());
    assert_eq!(db.resident_count(), db.view().len());
}

#[test]
fn data_that_an_account_still_has_cost_held_views_nothing() {
    let db = AccountsDb::new(&genesis()).unwrap();
    let large = account(5, &vec![1; 10 << 20]);
    publish(&db, |block| block.put(&key(9), large.clone()));
    db.limit_held_bytes(1 << 20);
    let held = db.view();
    for lamports in 6..9 {
        publish(&db, |block| {
            block.put(
                &key(9),
                Account {
                    lamports,
                    ..large.clone()
                },
            )
        });
    }
    drop(db.open_block());
    assert!(!held.is_revoked());
    // The first write of the block keeps the data, the second does not.
    publish(&db, |block| {
        block.put(
            &key(9),
            Account {
                lamports: 10,
                ..large.clone()
            },
        );
        block.put(&key(9), account(11, b"few"));
    });
    drop(db.open_block());
    assert!(held.is_revoked());
}

#[test]
#[should_panic(expected = "one block is open at a time")]
fn a_second_block_is_not_opened() {
    let db = AccountsDb::new(&genesis()).unwrap();
    let _first = db.open_block();
    let _second = db.open_block();
}
