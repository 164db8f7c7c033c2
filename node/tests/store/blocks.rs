//! The ordinary life of a ledger: execute, commit, publish, read, reopen; and the records that commit rejects.

use isobath_sdk::chain::account::{Account, delta_leaf};
use isobath_sdk::chain::accounts::{BlockAccounts, LaneAccounts};
use isobath_sdk::chain::merkle::{EMPTY_ROOT, merkle_root};

use super::support::{Model, Plan, account, execute, genesis, key, ledger_of, open, put, reopen, store};
use isobath_ledger::{CommitError, OpenError};
use isobath_node::Store;
use isobath_sdk::chain::record::{BlockRecord, Change, Delta, RecordError};
use isobath_storage::{FileStorage, FolderError, LossyStorage};

#[test]
fn a_new_ledger_shows_the_genesis() {
    let (model, disk) = (Model::new(), LossyStorage::new());
    let (db, report) = open(&disk, &model.genesis).unwrap();
    assert!(report.created && report.blocks == 0 && report.torn_bytes_cut == 0);
    model.assert_holds(&db, 0);
    assert_eq!(Some(db.view().capitalization()), model.genesis.capitalization());
    drop(db);
    let (db, report) = reopen(&disk, &model);
    assert!(!report.created);
    model.assert_holds(&db, 0);
}

#[test]
fn a_block_is_visible_when_published_and_not_before() {
    let mut model = Model::new();
    model.extend(&Plan::standard(0));
    let disk = LossyStorage::new();
    let (db, _) = open(&disk, &model.genesis).unwrap();
    execute(&db, &Plan::standard(0), &model.records[0]);
    let durable = db.commit_received(model.records[0].clone()).unwrap();
    model.assert_holds(&db, 0);
    assert_eq!(
        (durable.slot(), durable.history()),
        (1, &model.records[0].history)
    );
    assert_eq!(durable.changes(), model.records[0].delta.accounts);
    assert_eq!(db.view().slot(), 0);
    db.publish(durable);
    model.assert_holds(&db, 1);
    assert_eq!(db.view().slot(), 1);
}

#[test]
fn each_block_costs_one_append_and_one_sync() {
    let model = Model::standard(5);
    let disk = LossyStorage::new();
    let (db, _) = open(&disk, &model.genesis).unwrap();
    for record in &model.records {
        let before = disk.operations();
        store(&db, record);
        let after = disk.operations();
        assert_eq!(
            (after.appends - before.appends, after.syncs - before.syncs),
            (1, 1)
        );
        assert_eq!(after.truncates, before.truncates);
        assert_eq!(disk.unsynced_len(), 0);
    }
}

#[test]
fn everything_is_back_after_reopening() {
    let model = Model::standard(9);
    let disk = ledger_of(&model);
    let (db, report) = reopen(&disk, &model);
    assert_eq!(
        (report.blocks, report.torn_bytes_cut, report.created),
        (9, 0, false)
    );
    model.assert_holds(&db, 9);
}

#[test]
fn a_ledger_in_a_folder_behaves_the_same() {
    let model = Model::standard(6);
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path().join("ledger");
    for blocks in [0_usize, 3, 6] {
        let storage = FileStorage::open(&dir).unwrap();
        let (db, report) = Store::open(Box::new(storage), &model.genesis, &mut |_| Ok(())).unwrap();
        assert_eq!(report.created, blocks == 0);
        for record in &model.records[report.blocks as usize..(blocks + 3).min(6)] {
            store(&db, record);
        }
        model.assert_holds(&db, (blocks as u64 + 3).min(6));
        assert!(matches!(FileStorage::open(&dir), Err(FolderError::Locked { .. })));
    }
    let storage = FileStorage::open(&dir).unwrap();
    assert_eq!(Store::genesis_of(&storage).unwrap(), Some(model.genesis));
}

#[test]
fn a_refusal_during_replay_stops_the_opening() {
    let model = Model::standard(3);
    let disk = ledger_of(&model);
    let mut seen = 0;
    let opened = Store::open(Box::new(disk), &model.genesis, &mut |record| {
        seen += 1;
        if record.history.header.slot == 2 {
            Err("no".to_owned())
        } else {
            Ok(())
        }
    });
    assert!(matches!(opened, Err(OpenError::Rejected { slot: 2, reason }) if reason == "no"));
    assert_eq!(seen, 2);
}

#[test]
fn a_delta_is_what_changed_and_not_what_was_put() {
    let model = Model::new();
    let (db, _) = open(&LossyStorage::new(), &model.genesis).unwrap();
    let original = db.view().get(&key(100)).unwrap();
    let mut block = db.open_block();
    put(&mut block, key(100), Some(account(1, b"changed")));
    let same = Account {
        last_change_epoch: 77,
        ..original
    };
    put(&mut block, key(100), Some(same));
    put(&mut block, key(101), None);
    put(&mut block, key(5), Some(account(1, b"new")));
    put(&mut block, key(5), None);
    put(&mut block, key(6), None);
    put(&mut block, key(3), Some(account(0, b"empty")));
    put(&mut block, key(4), Some(account(3, b"kept")));
    let (delta, _ended) = block.finish(9);
    let kept = Account {
        last_change_epoch: 9,
        ..account(3, b"kept")
    };
    assert_eq!(delta.accounts, vec![(key(4), Some(kept)), (key(101), None)]);
}

#[test]
fn a_block_state_shows_its_own_writes_and_nobody_elses() {
    let (db, _) = open(&LossyStorage::new(), &genesis()).unwrap();
    let mut block = db.open_block();
    put(&mut block, key(100), None);
    put(&mut block, key(1), Some(account(2, b"mine")));
    assert_eq!(block.current(&key(100)), None);
    assert_eq!(block.current(&key(1)), Some(account(2, b"mine")));
    assert_eq!(block.current(&key(101)), db.view().get(&key(101)));
    assert!(db.view().get(&key(100)).is_some() && db.view().get(&key(1)).is_none());
    drop(block);
    assert!(db.view().get(&key(100)).is_some() && db.view().get(&key(1)).is_none());
}

#[test]
fn one_lamport_to_each_of_108_accounts_of_10_mib_records_a_few_kilobytes() {
    // The accounts share their contents: what is recorded does not depend on that, only the memory of this test.
    let large = account(5, &vec![0; 10 << 20]);
    let with = |lamports| {
        let put = |number| {
            let account = Account {
                lamports,
                ..large.clone()
            };
            (key(number), Some(account))
        };
        Plan::putting((110..218).map(put).collect())
    };
    let mut model = Model::new();
    model.extend(&with(5));
    model.extend(&with(6));
    let (db, _) = open(&LossyStorage::new(), &model.genesis).unwrap();
    for record in &model.records {
        assert_eq!(record.delta.accounts.len(), 108);
        let durable = db.commit_received(record.clone()).unwrap();
        assert!(
            durable.record_bytes() < 12 << 10,
            "{} bytes",
            durable.record_bytes()
        );
        db.publish(durable);
    }
    model.assert_holds(&db, 2);
}

#[test]
fn a_reopened_ledger_applies_each_form_of_a_change() {
    let put = |number, lamports, data: &[u8]| (key(number), Some(account(lamports, data)));
    let ones = [1; 40_000];
    let mut written = ones;
    written[20_000] = 9;
    written[39_999] = 9;
    let mut model = Model::new();
    model.extend(&Plan::putting(
        (1..8).map(|number| put(number, 5, &ones)).collect(),
    ));
    model.extend(&Plan::putting(vec![
        put(1, 6, &ones),
        put(2, 5, &written),
        put(3, 5, &[&ones[..], &[0; 30_000], &[7]].concat()),
        put(4, 5, &ones[..20_000]),
        put(5, 5, &[8; 40_000]),
        put(6, 5, b"few"),
        (key(7), None),
        put(8, 5, &[0; 50_000]),
    ]));
    let disk = ledger_of(&model);
    let (db, _) = reopen(&disk, &model);
    model.assert_holds(&db, 2);
    let delta = db.delta(2).unwrap().unwrap();
    let forms = delta.changes.iter().map(|(_, change)| match change {
        Change::Closed => "closed",
        Change::Full(_) => "full",
        Change::Header(_) => "header",
        Change::Data(..) => "data",
    });
    let expected = ["header", "data", "data", "data", "full", "full", "closed", "data"];
    assert!(forms.eq(expected));
}

#[test]
fn the_root_of_a_delta_is_the_tree_over_its_leaves() {
    let accounts = vec![(key(1), Some(account(2, b"x"))), (key(2), None)];
    let leaves: Vec<_> = accounts
        .iter()
        .map(|(key, account)| delta_leaf(key, account.as_ref()))
        .collect();
    assert_eq!(Delta { accounts }.root(), merkle_root(&leaves));
    assert_eq!(Delta::default().root(), EMPTY_ROOT);
}

/// The next record of a three-block model, modified by `change`, must be rejected with `expected`, and the unmodified
/// record must still be accepted.
fn assert_refused(change: impl FnOnce(&mut BlockRecord), expected: RecordError) {
    let mut model = Model::standard(3);
    let disk = ledger_of(&model);
    let (db, _) = reopen(&disk, &model);
    model.extend(&Plan::putting(vec![
        (key(100), None),
        (key(101), Some(account(3, b"new"))),
    ]));
    let mut record = model.records[3].clone();
    change(&mut record);
    let before = disk.operations();
    match db.commit_received(record) {
        Err(CommitError::Record(found)) => assert_eq!(found, expected),
        other => panic!("expected {expected:?}, found {other:?}"),
    }
    assert_eq!(disk.operations(), before);
    store(&db, &model.records[3]);
    model.assert_holds(&db, 4);
}

#[test]
fn a_record_that_contradicts_the_accounts_is_refused_before_anything_is_written() {
    assert_refused(
        |record| record.history.result.slot = 3,
        RecordError::SlotsDisagree,
    );
    assert_refused(
        |record| record.history.header.height = 9,
        RecordError::SlotsDisagree,
    );
    assert_refused(
        |record| record.delta.accounts.reverse(),
        RecordError::Unsorted(key(100)),
    );
    let twice = |record: &mut BlockRecord| record.delta.accounts[0].0 = key(101);
    assert_refused(twice, RecordError::Unsorted(key(101)));
    let absent = |record: &mut BlockRecord| record.delta.accounts[0].0 = key(90);
    assert_refused(absent, RecordError::Unchanged(key(90)));
    let lamports = |record: &mut BlockRecord| record.delta.accounts[1].1 = Some(account(0, b""));
    assert_refused(lamports, RecordError::WithoutLamports(key(101)));
    let same = |record: &mut BlockRecord| {
        let untouched = Model::new().accounts[0][&key(102)].clone();
        record.delta.accounts.push((
            key(102),
            Some(Account {
                last_change_epoch: 5,
                ..untouched
            }),
        ));
    };
    assert_refused(same, RecordError::Unchanged(key(102)));
}

#[test]
fn lamports_from_nowhere_are_refused() {
    let mut model = Model::standard(3);
    model.extend(&Plan::putting(vec![(key(101), Some(account(3, b"new")))]));
    let summed = model.records[3].history.result.capitalization;
    let expected = RecordError::Capitalization {
        named: summed + 1,
        summed: summed.into(),
    };
    model.records.pop();
    let disk = ledger_of(&model);
    let (db, _) = reopen(&disk, &model);
    let delta = Delta {
        accounts: vec![(key(101), Some(account(3, b"new")))],
    };
    let record = model.seal(&Plan::default(), delta, summed + 1);
    assert!(matches!(db.commit_received(record), Err(CommitError::Record(found)) if found == expected));
}

#[test]
fn more_lamports_than_a_u64_holds_are_refused_and_not_wrapped() {
    let model = Model::new();
    let (db, _) = open(&LossyStorage::new(), &model.genesis).unwrap();
    let accounts = vec![
        (key(1), Some(account(u64::MAX, b""))),
        (key(2), Some(account(u64::MAX, b""))),
    ];
    let record = model.seal(&Plan::default(), Delta { accounts }, 5);
    assert!(matches!(
        db.commit_received(record),
        Err(CommitError::Record(RecordError::Capitalization { named: 5, .. }))
    ));
}

#[test]
fn blocks_come_in_the_order_of_their_slots() {
    let model = Model::standard(3);
    let disk = LossyStorage::new();
    let (db, _) = open(&disk, &model.genesis).unwrap();
    let commit = |slot: usize| db.commit_received(model.records[slot - 1].clone());
    assert!(matches!(
        commit(2),
        Err(CommitError::OutOfOrder {
            expected: 1,
            found: 2
        })
    ));
    let first = commit(1).unwrap();
    assert!(matches!(
        commit(1),
        Err(CommitError::OutOfOrder {
            expected: 2,
            found: 1
        })
    ));
    assert!(matches!(commit(2), Err(CommitError::Unpublished { slot: 1 })));
    db.publish(first);
    assert!(matches!(
        commit(1),
        Err(CommitError::OutOfOrder {
            expected: 2,
            found: 1
        })
    ));
    store(&db, &model.records[1]);
    model.assert_holds(&db, 2);
}

#[test]
#[should_panic(expected = "in the order of their slots")]
fn a_block_of_another_store_is_not_published() {
    let model = Model::standard(1);
    let other = open(&LossyStorage::new(), &model.genesis).unwrap().0;
    let durable = other.commit_received(model.records[0].clone()).unwrap();
    open(&ledger_of(&model), &model.genesis)
        .unwrap()
        .0
        .publish(durable);
}

#[test]
fn kept_accounts_are_shared_and_not_copied() {
    let model = Model::standard(1);
    let (db, _) = open(&LossyStorage::new(), &model.genesis).unwrap();
    let durable = db.commit_received(model.records[0].clone()).unwrap();
    let (changed, kept) = durable.changes()[0].clone();
    db.publish(durable);
    let stored = db.view().get(&changed).unwrap();
    assert!(kept.unwrap().data.is_same(&stored.data));
}
