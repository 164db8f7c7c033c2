//! Readers beside a committing thread.

use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use super::support::{Model, account, key, open, put, store};
use isobath_accounts_db::View;
use isobath_node::Store;
use isobath_sdk::chain::accounts::BlockAccounts;
use isobath_storage::{LossyStorage, Storage, StorageReader};

/// A disk whose syncs wait: each announces itself and then waits to be let through.
struct Gated {
    disk: LossyStorage,
    begun: Sender<()>,
    proceed: Mutex<Receiver<()>>,
}

impl Storage for Gated {
    fn len(&self) -> io::Result<u64> {
        self.disk.len()
    }

    fn read_exact_at(&self, offset: u64, buf: &mut [u8]) -> io::Result<()> {
        self.disk.read_exact_at(offset, buf)
    }

    fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.disk.append(bytes)
    }

    fn sync(&mut self) -> io::Result<()> {
        self.begun.send(()).unwrap();
        self.proceed.lock().unwrap().recv().unwrap();
        self.disk.sync()
    }

    fn truncate(&mut self, len: u64) -> io::Result<()> {
        self.disk.truncate(len)
    }

    fn reader(&self) -> io::Result<Arc<dyn StorageReader>> {
        self.disk.reader()
    }
}

const PATIENCE: Duration = Duration::from_secs(60);

/// Runs `body` on another thread and fails if it does not end: a deadlock becomes a failure.
fn within_patience(body: impl FnOnce() + Send + 'static) {
    let (done, ended) = channel();
    let thread = thread::spawn(move || {
        body();
        done.send(()).unwrap();
    });
    // A body that panicked has hung up, and is reported by the join.
    assert_ne!(
        ended.recv_timeout(PATIENCE),
        Err(RecvTimeoutError::Timeout),
        "deadlock"
    );
    thread.join().unwrap();
}

#[test]
fn readers_do_not_wait_for_a_sync() {
    within_patience(|| {
        let model = Model::standard(2);
        let (begun, has_begun) = channel();
        let (proceed, may_proceed) = channel();
        // One for the creation, one for the first block.
        proceed.send(()).unwrap();
        proceed.send(()).unwrap();
        let storage = Gated {
            disk: LossyStorage::new(),
            begun,
            proceed: Mutex::new(may_proceed),
        };
        let (db, _) = Store::open(Box::new(storage), &model.genesis, &mut |_| Ok(())).unwrap();
        store(&db, &model.records[0]);
        has_begun.iter().take(2).for_each(drop);
        thread::scope(|scope| {
            let commit = scope.spawn(|| db.commit_received(model.records[1].clone()).unwrap());
            has_begun.recv().unwrap();
            // The sync is under way and waits for us: everything published is readable.
            model.assert_holds(&db, 1);
            let view = db.view();
            assert_eq!(db.view().get(&key(102)), view.get(&key(102)));
            drop(view);
            proceed.send(()).unwrap();
            db.publish(commit.join().unwrap());
        });
        model.assert_holds(&db, 2);
    });
}

/// Every account that `view` shows, listed and looked up one by one, is that of its slot in the model.
fn assert_shows(view: &View, model: &Model) {
    let expected = &model.accounts[usize::try_from(view.slot()).unwrap()];
    let shown = view.iter();
    assert!(shown.eq(expected.clone()), "slot {}", view.slot());
    assert_eq!(view.len(), expected.len());
    assert_eq!(view.sum_lamports(), u128::from(view.capitalization()));
    for key in model.accounts.iter().flat_map(|accounts| accounts.keys()) {
        assert_eq!(view.get(key).as_ref(), expected.get(key));
    }
}

#[test]
fn held_views_do_not_move_and_hold_up_nobody() {
    within_patience(|| {
        let model = Model::standard(30);
        let (db, _) = open(&LossyStorage::new(), &model.genesis).unwrap();
        let mut held = vec![db.view()];
        for (number, record) in model.records.iter().enumerate() {
            // In the thread that holds the views: a wait for one of them would be for ever.
            drop(db.open_block());
            store(&db, record);
            held.push(db.view());
            held.iter().for_each(|view| assert_shows(view, &model));
            // The oldest goes, or one from the middle, or none.
            match number % 4 {
                0 => drop(held.remove(0)),
                1 => drop(held.remove(held.len() / 2)),
                _ => {}
            }
        }
        held.clear();
        drop(db.open_block());
        assert_shows(&db.view(), &model);
        model.assert_holds(&db, 30);
    });
}

#[test]
fn a_scan_beside_a_merge_shows_one_slot() {
    within_patience(|| {
        let model = Model::standard(60);
        let (db, _) = open(&LossyStorage::new(), &model.genesis).unwrap();
        let stop = AtomicBool::new(false);
        thread::scope(|scope| {
            for _ in 0..2 {
                scope.spawn(|| {
                    while !stop.load(Ordering::Acquire) {
                        let view = db.view();
                        // Half of it before later blocks come, half while they are merged.
                        assert_shows(&view, &model);
                        thread::yield_now();
                        assert_shows(&view, &model);
                    }
                });
            }
            for record in &model.records {
                drop(db.open_block());
                store(&db, record);
            }
            stop.store(true, Ordering::Release);
        });
    });
}

#[test]
fn readers_see_whole_blocks_while_blocks_are_published() {
    within_patience(|| {
        let model = Arc::new(Model::standard(60));
        let (db, _) = open(&LossyStorage::new(), &model.genesis).unwrap();
        let stop = AtomicBool::new(false);
        thread::scope(|scope| {
            for _ in 0..3 {
                scope.spawn(|| {
                    let mut last = 0;
                    while !stop.load(Ordering::Acquire) {
                        let view = db.view();
                        let slot = view.slot();
                        assert!(slot >= last);
                        let expected = &model.accounts[slot as usize];
                        let shown = view.iter();
                        assert!(shown.eq(expected.clone()));
                        drop(view);
                        if slot > 0 {
                            assert_eq!(db.history(slot).unwrap().unwrap().header.slot, slot);
                        }
                        last = slot;
                    }
                });
            }
            for record in &model.records {
                // Readers do not see what an open block changes, and its end and its abort neither.
                let mut block = db.open_block();
                for number in 0..4 {
                    put(&mut block, key(number), Some(account(77, b"open")));
                }
                put(&mut block, key(100), None);
                drop(block.finish(0));
                store(&db, record);
            }
            stop.store(true, Ordering::Release);
        });
        model.assert_holds(&db, 60);
    });
}

#[test]
fn of_two_commits_of_one_slot_one_is_taken() {
    within_patience(|| {
        let model = Model::standard(1);
        let (db, _) = open(&LossyStorage::new(), &model.genesis).unwrap();
        let taken = thread::scope(|scope| {
            let attempts: Vec<_> = (0..4)
                .map(|_| scope.spawn(|| db.commit_received(model.records[0].clone())))
                .collect();
            attempts
                .into_iter()
                .filter_map(|attempt| attempt.join().unwrap().ok())
                .collect::<Vec<_>>()
        });
        assert_eq!(taken.len(), 1);
        taken.into_iter().for_each(|durable| db.publish(durable));
        model.assert_holds(&db, 1);
    });
}
