//! What a cell counts, and what it remembers.

mod in_place;

use super::*;
use crate::chain::record::Change;

const LARGE: usize = 100_000;

fn cell(data: Vec<u8>) -> AccountCell {
    let account = Account {
        data: data.into(),
        ..Account::new(1, Pubkey::default())
    };
    AccountCell::new(Pubkey::default(), account)
}

/// Contents that are shared need no arena.
fn undo() -> UndoArena {
    UndoArena::default()
}

#[test]
fn only_the_first_write_copies_whether_or_not_the_contents_are_shared() {
    for is_shared in [true, false] {
        let mut cell = cell(vec![1; LARGE]);
        let shared = is_shared.then(|| cell.account().data.clone());
        let mut work = Work::default();
        assert!(cell.write(10, &[2], &mut work, &mut undo()));
        cell.data_mut(&mut work, &mut undo())[0] = 3;
        assert!(cell.write(11, &[2], &mut work, &mut undo()));
        assert_eq!(work.copied_bytes, LARGE as u64);
        assert!(shared.is_none_or(|data| data.iter().all(|byte| *byte == 1)));
    }
}

#[test]
fn a_change_of_length_copies_what_it_keeps_and_zeroes_what_it_adds() {
    let mut cell = cell(vec![1; 1_000]);
    let mut work = Work::default();
    cell.resize(3_000, &mut work, &mut GrowthPool::default());
    assert_eq!((work.copied_bytes, work.zeroed_bytes), (1_000, 2_000));
    cell.resize(500, &mut work, &mut GrowthPool::default());
    assert_eq!((work.copied_bytes, work.zeroed_bytes), (1_500, 2_000));
    // The bytes are the transaction's own by now.
    cell.data_mut(&mut work, &mut undo());
    assert_eq!(work.copied_bytes, 1_500);
}

#[test]
fn bytes_seen_to_be_zero_are_not_looked_at_again() {
    let mut cell = cell(vec![0; LARGE]);
    let scan = |cell: &mut AccountCell| {
        let mut work = Work::default();
        (cell.is_zeroed(&mut work), work.copied_bytes)
    };
    assert_eq!(scan(&mut cell), (true, LARGE as u64));
    assert_eq!(scan(&mut cell), (true, 0));
    // Growth adds zeros, shrinking removes some.
    cell.resize(2 * LARGE, &mut Work::default(), &mut GrowthPool::default());
    assert_eq!(scan(&mut cell), (true, 0));
    cell.resize(LARGE, &mut Work::default(), &mut GrowthPool::default());
    assert_eq!(scan(&mut cell), (true, 0));
    assert!(cell.write(LARGE - 1, &[1], &mut Work::default(), &mut undo()));
    assert_eq!(scan(&mut cell), (false, 1));
    assert!(cell.write(LARGE - 1, &[0], &mut Work::default(), &mut undo()));
    assert!(scan(&mut cell).0);
    cell.data_mut(&mut Work::default(), &mut undo())[5] = 1;
    assert_eq!(scan(&mut cell), (false, SCAN_LEN as u64));
    let loaded = self::cell(vec![0; LARGE]).account().header();
    cell.roll_back(&loaded, &undo());
    assert_eq!(scan(&mut cell), (true, LARGE as u64));
}

#[test]
fn zeros_are_found_wherever_the_other_bytes_are() {
    for len in [0, 1, SCAN_LEN - 1, SCAN_LEN, SCAN_LEN + 1, 3 * SCAN_LEN] {
        assert!(cell(vec![0; len]).is_zeroed(&mut Work::default()), "{len}");
        for position in 0..len {
            let mut data = vec![0; len];
            data[position] = 1;
            assert!(!cell(data).is_zeroed(&mut Work::default()), "{position} of {len}");
        }
    }
}

#[test]
fn what_is_recorded_covers_what_was_written() {
    let settled = |change: fn(&mut AccountCell, &mut Work)| {
        let mut cell = cell(vec![1; LARGE]);
        change(&mut cell, &mut Work::default());
        cell.settled_work()
    };
    assert_eq!(settled(|_, _| {}), Work::default());
    let header = settled(|cell, _| cell.set_lamports(2)).recorded_bytes;
    assert!(header < 200);
    let recorded = |change| settled(change).recorded_bytes - header;
    assert_eq!(recorded(|cell, _| cell.set_owner(Pubkey([1; 32]))), 0);
    let small = recorded(|cell, work| {
        cell.write(7, &[0; 5], work, &mut undo());
    });
    assert_eq!(small, 5 + RANGE_GAP_MIN as u64);
    let both = recorded(|cell, work| {
        cell.write(50_000, &[0; 5], work, &mut undo());
        cell.write(7, &[0; 5], work, &mut undo());
        cell.write(20, &[], work, &mut undo());
    });
    assert_eq!(both, 2 * (5 + RANGE_GAP_MIN as u64));
    let whole = recorded(|cell, work| {
        cell.data_mut(work, &mut undo());
    });
    assert_eq!(whole, LARGE as u64);
    // New bytes are zero, dropped ones may come back as zeros.
    assert_eq!(
        recorded(|cell, work| cell.resize(LARGE + 10, work, &mut GrowthPool::default())),
        0
    );
    let gap = RANGE_GAP_MIN as u64;
    assert_eq!(
        recorded(|cell, work| cell.resize(LARGE - 10, work, &mut GrowthPool::default())),
        10 + gap
    );
    // Up to 4 KiB an account is recorded whole.
    let large = LARGE as u64 + gap;
    assert_eq!(
        recorded(|cell, work| cell.resize(4_096, work, &mut GrowthPool::default())),
        large
    );
    assert_eq!(
        recorded(|cell, work| cell.resize(4_097, work, &mut GrowthPool::default())),
        large - 4_097
    );
    assert_eq!(
        recorded(|cell, work| cell.resize(0, work, &mut GrowthPool::default())),
        large
    );
}

/// The record of a block holds the change over all of its transactions, each of which counts on its own.
#[test]
fn what_transactions_count_together_covers_the_record_of_their_block() {
    let shrink_and_grow = |cell: &mut AccountCell, step: usize, work: &mut Work| {
        cell.resize(
            if step == 0 { 0 } else { LARGE },
            work,
            &mut GrowthPool::default(),
        );
    };
    let close_and_create = |cell: &mut AccountCell, step: usize, work: &mut Work| match step {
        0 => cell.set_lamports(0),
        _ => {
            cell.set_lamports(1);
            cell.resize(LARGE, work, &mut GrowthPool::default());
        }
    };
    let write_every_32nd = |cell: &mut AccountCell, step: usize, work: &mut Work| {
        for offset in (step * 32..LARGE).step_by(64) {
            cell.write(offset, &[0], work, &mut undo());
        }
    };
    type Step = fn(&mut AccountCell, usize, &mut Work);
    let cases: [(&str, Step); 3] = [
        ("resized", shrink_and_grow),
        ("closed", close_and_create),
        ("written", write_every_32nd),
    ];
    for (name, step) in cases {
        let before = Account {
            lamports: 1,
            data: vec![1; LARGE].into(),
            ..Account::default()
        };
        let (mut account, mut counted) = (before.clone(), 0);
        for number in 0..2 {
            let mut cell = AccountCell::new(Pubkey::default(), account);
            step(&mut cell, number, &mut Work::default());
            counted += cell.settled_work().recorded_bytes;
            let (_, after) = cell.into_parts();
            account = if after.lamports == 0 {
                Account::default()
            } else {
                after
            };
        }
        let change = Change::between(Some(&before), Some(&account));
        let recorded = size_of::<Pubkey>() + borsh::to_vec(&change).unwrap().len();
        assert!(recorded as u64 <= counted, "{name}: {recorded} > {counted}");
    }
}

/// The account may be created again in the block, with zeros where the record has other bytes to compare with.
#[test]
fn a_closed_account_counts_all_of_its_contents() {
    let mut cell = cell(vec![1; LARGE]);
    cell.set_lamports(2);
    assert!(cell.settled_work().recorded_bytes < 200);
    cell.set_lamports(0);
    assert!(cell.settled_work().recorded_bytes >= LARGE as u64);
}

#[test]
fn an_account_that_the_transaction_leaves_behind_counts_as_written() {
    let mut cell = cell(vec![1; 10]);
    let loaded = cell.account().clone();
    cell.replace(Account::new(7, Pubkey::default()));
    assert!(cell.is_written());
    cell.roll_back(&loaded.header(), &undo());
    assert!(!cell.is_written());
    assert_eq!(*cell.account(), loaded);
}

#[test]
fn what_is_hashed_covers_what_was_touched() {
    let blocks = |change: fn(&mut AccountCell, &mut Work)| {
        let mut cell = cell(vec![1; LARGE]);
        cell.set_lamports(2);
        let header = cell.settled_work().hash_blocks;
        change(&mut cell, &mut Work::default());
        cell.settled_work().hash_blocks - header
    };
    let part = (SUBTREE_LEN / HASH_BLOCK_LEN) as u64;
    let all = (LARGE as u64).div_ceil(HASH_BLOCK_LEN as u64);
    assert_eq!(blocks(|_, _| {}), 0);
    let one = blocks(|cell, work| {
        cell.write(7, &[0; 5], work, &mut undo());
        cell.write(900, &[0; 5], work, &mut undo());
    });
    assert_eq!(one, part);
    let two = blocks(|cell, work| {
        cell.write(SUBTREE_LEN - 1, &[0; 2], work, &mut undo());
    });
    assert_eq!(two, 2 * part);
    let whole = blocks(|cell, work| {
        cell.data_mut(work, &mut undo());
    });
    assert_eq!(whole, all);
    assert_eq!(
        blocks(|cell, work| cell.resize(LARGE + 1, work, &mut GrowthPool::default())),
        part
    );
    assert_eq!(
        blocks(|cell, work| cell.resize(LARGE - 1, work, &mut GrowthPool::default())),
        part
    );
}

#[test]
fn a_length_that_changes_again_changes_in_place_and_ends_in_an_exact_buffer() {
    let mut pool = GrowthPool::default();
    let mut work = Work::default();
    let mut cell = cell(vec![1; 20_000]);
    let loaded = cell.account().data.clone();
    let _hash = loaded.hash();
    cell.resize(20_100, &mut work, &mut pool);
    assert_eq!(cell.account().data.capacity(), 20_100, "one change is one copy");
    cell.resize(20_200, &mut work, &mut pool);
    let address = cell.account().data.as_ptr();
    assert!(cell.write(20_199, &[2], &mut work, &mut undo()));
    for len in [40_400, 5, 40_399] {
        cell.resize(len, &mut work, &mut pool);
        assert_eq!(cell.account().data.as_ptr(), address);
    }
    // Each change counts as a copy nevertheless.
    assert_eq!(work.copied_bytes, 20_000 + 20_100 + 20_200 + 5 + 5);
    cell.return_room(&mut pool);
    let (_, account) = cell.into_parts();
    let mut expected = vec![1; 5];
    expected.resize(40_399, 0);
    assert_eq!(account.data.capacity(), 40_399);
    assert_eq!(account.data.as_slice(), expected);
    assert_eq!(account.data.hash(), AccountData::from(expected).hash());
    assert_eq!(pool.take(40_000).as_ptr(), address, "the room came back");
    assert_eq!(loaded.as_slice(), [1; 20_000]);
}

#[test]
fn contents_without_room_stay_where_they_are() {
    let mut pool = GrowthPool::default();
    let mut cell = cell(vec![1; 100]);
    let shared = cell.account().data.clone();
    cell.return_room(&mut pool);
    assert!(cell.account().data.is_same(&shared));
    cell.data_mut(&mut Work::default(), &mut undo())[0] = 2;
    let address = cell.account().data.as_ptr();
    cell.return_room(&mut pool);
    assert_eq!(cell.account().data.as_ptr(), address);
}
