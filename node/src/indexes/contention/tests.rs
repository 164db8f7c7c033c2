//! Waits by transaction and by account, and what bounds them.

use isobath_runtime::WaitNotes;
use isobath_scheduler::LockWait;

use super::*;
use crate::stages::wait_log::{BlockTimer, WAITS_PER_BLOCK_MAX};

const HOT: Pubkey = Pubkey([1; 32]);
const OTHER: Pubkey = Pubkey([2; 32]);

fn wait(position: u32, behind: u32, account: Pubkey, granted_us: u32) -> NotedWait {
    NotedWait {
        position,
        behind,
        account,
        granted_us,
    }
}

/// Notes of two threads; the transaction at position 1 had no effect.
fn logs() -> ([WaitLog; 2], TakeLog) {
    let mut logs = [(); 2].map(|()| WaitLog::new(BlockTimer::begin(), 2));
    logs[0].waits = vec![wait(2, 0, HOT, 150), wait(4, 3, OTHER, 200), wait(4, 2, HOT, 180)];
    logs[1].waits = vec![wait(1, 0, OTHER, 50), wait(3, 1, OTHER, 140)];
    let mut taken = TakeLog::default();
    taken.note_taken(0, 10);
    taken.note_taken(3, 100);
    taken.note_waited(0, 0);
    taken.note_waited(1, 2);
    taken.note_waited(4, 3);
    taken.left_out.push(1);
    (logs, taken)
}

#[test]
fn a_transaction_knows_for_what_behind_whom_and_how_long_it_waited() {
    let (logs, taken) = logs();
    let block = BlockContention::new(7, &logs, &taken);
    let delay = |index| block.delay(index).unwrap();
    let accounts = |index| -> Vec<_> {
        let waits = delay(index).accounts.into_iter();
        waits
            .map(|wait| (wait.account, wait.behind, wait.waited_us))
            .collect()
    };
    assert_eq!(accounts(0), []);
    // Positions 2, 3 and 4 are the indexes 1, 2 and 3.
    assert_eq!(accounts(1), [(HOT, Some(0), 140)]);
    assert_eq!(accounts(2), [(OTHER, None, 40)]);
    assert_eq!(accounts(3), [(HOT, Some(1), 80), (OTHER, Some(2), 100)]);
    assert_eq!([0, 1, 2, 3].map(|index| delay(index).blocks), [0, 0, 0, 3]);
}

#[test]
fn the_hottest_account_comes_first() {
    let (mut logs, taken) = logs();
    logs[1].waits.push(wait(5, 4, OTHER, 1_000));
    let block = BlockContention::new(7, &logs, &taken);
    let accounts = block.accounts();
    assert_eq!(accounts.len(), 2);
    assert_eq!((accounts[0].account, accounts[0].waits), (OTHER, 3));
    assert_eq!(accounts[0].waited_us_max, 900);
    assert_eq!((accounts[1].account, accounts[1].waits), (HOT, 2));
    assert_eq!(block.wait_count(), 5);
}

#[test]
fn what_finds_no_room_is_counted_and_never_called_no_wait() {
    let mut log = WaitLog::new(BlockTimer::begin(), 2);
    for position in 1..=10_000 {
        let behind = position - 1;
        let id = 0;
        log.note(LockWait { position, id, behind }, || Some(HOT));
    }
    assert_eq!(log.waits.len(), WAITS_PER_BLOCK_MAX / 2);
    assert_eq!(log.unrecorded, 10_000 - 8_192);
    let mut taken = TakeLog::default();
    for position in 0..20_000 {
        taken.note_waited(position, 1);
    }
    assert_eq!(
        (taken.passed.len(), taken.unrecorded),
        (WAITS_PER_BLOCK_MAX, 3_616)
    );
    let block = BlockContention::new(1, &[log], &taken);
    assert_eq!(block.unrecorded(), 10_000 - 8_192 + 3_616);
    assert!(block.delay(5).is_some());
    assert_eq!(block.delay(19_000), None);
}

/// A block with so many waits, each for an account of its own.
fn block(slot: u64, waits: u32) -> BlockContention {
    let mut log = WaitLog::new(BlockTimer::begin(), 1);
    log.waits = (0..waits)
        .map(|position| {
            let mut key = [0; 32];
            key[..4].copy_from_slice(&position.to_le_bytes());
            wait(position.saturating_add(1), position, Pubkey(key), 1)
        })
        .collect();
    BlockContention::new(slot, &[log], &TakeLog::default())
}

#[test]
fn recent_blocks_are_known_with_waits_and_without() {
    let contention = Contention::from_slot(5);
    assert!(contention.get(5).is_none());
    assert_eq!(contention.push(block(5, 0)), 0);
    assert_eq!(contention.push(block(6, 2)), 0);
    assert!(contention.get(4).is_none());
    assert_eq!(contention.get(5).unwrap().wait_count(), 0);
    assert_eq!(contention.get(6).unwrap().wait_count(), 2);
    assert!(contention.get(7).is_none());
    for slot in 7..5 + CONTENTION_BLOCKS + 2 {
        assert_eq!(contention.push(block(slot, 0)), 0);
    }
    assert!(contention.get(6).is_none());
    assert_eq!(contention.get(7).unwrap().slot(), 7);
    assert_eq!(contention.lock().bytes, 0);
}

#[test]
fn the_oldest_blocks_are_forgotten_early_above_the_bound_of_bytes() {
    let contention = Contention::from_slot(1);
    let waits = u32::try_from(WAITS_PER_BLOCK_MAX).unwrap();
    let mut early = 0;
    for slot in 1..=40 {
        early += contention.push(block(slot, waits));
        assert!(contention.lock().bytes <= CONTENTION_BYTES_MAX);
    }
    assert!((20..30).contains(&early), "{early}");
    assert!(contention.get(early).is_none());
    assert!(contention.get(early + 1).is_some());
}
