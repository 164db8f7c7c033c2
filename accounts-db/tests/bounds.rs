//! What clients can make the store keep, and do at once, is bounded.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
#![allow(clippy::arithmetic_side_effects, reason = "test arithmetic on small numbers")]

use isobath_accounts_db::{AccountsDb, OpenBlock};
use isobath_program_abi::{Hash, Pubkey};
use isobath_sdk::chain::account::Account;
use isobath_sdk::chain::accounts::{AccountId, BlockAccounts, LaneAccounts};
use isobath_sdk::chain::genesis::Genesis;
use isobath_sdk::chain::header::{Anchor, HEADER_VERSION, Header};

const OWNER: Pubkey = Pubkey([3; 32]);

const fn header(slot: u64, transaction_count: u32) -> Header {
    Header {
        version: HEADER_VERSION,
        rules_version: 1,
        genesis_hash: Hash([0; 32]),
        slot,
        height: slot,
        parent_slot: slot - 1,
        parent_hash: Hash([0; 32]),
        timestamp_ms: 0,
        producer: OWNER,
        transactions_root: Hash([0; 32]),
        transaction_count,
        anchor: Anchor {
            slot: 0,
            result_hash: Hash([0; 32]),
        },
    }
}

fn db() -> AccountsDb {
    AccountsDb::new(&Genesis::development()).unwrap()
}

/// A key without an account.
fn key(number: usize) -> Pubkey {
    let mut key = [9; 32];
    key[..8].copy_from_slice(&(number as u64).to_le_bytes());
    Pubkey(key)
}

/// Publishes a block that `change` fills.
fn publish<T>(db: &AccountsDb, change: impl FnOnce(&mut OpenBlock) -> T) -> T {
    publish_with(db, 0, change)
}

/// Publishes a block of so many transactions that `change` fills.
fn publish_with<T>(db: &AccountsDb, transaction_count: u32, change: impl FnOnce(&mut OpenBlock) -> T) -> T {
    let slot = db.view().slot() + 1;
    let mut block = db.open_block();
    let changed = change(&mut block);
    let (_, ended) = block.finish(slot);
    db.publish(ended, &header(slot, transaction_count));
    changed
}

/// The id of a key that the block only names.
fn name(block: &OpenBlock, number: usize) -> Option<AccountId> {
    let key = key(number);
    block.find_id(None, block.key_hasher().hash(&key), &key)
}

#[test]
fn a_key_without_an_account_takes_no_memory_until_it_is_written() {
    let db = db();
    let accounts = db.resident_count();
    publish(&db, |block| {
        assert!((0..1_000).all(|number| name(block, number).is_none()));
        assert_eq!(block.current(&key(7)), None);
        block.put(&key(7), Account::new(5, OWNER));
        let id = name(block, 7).unwrap();
        assert_eq!(block.load(id).lamports, 5);
        assert!(block.is_made_here(id));
    });
    assert_eq!(db.resident_count(), accounts + 1);
    assert_eq!(db.view().get(&key(7)).map(|account| account.lamports), Some(5));
    publish(&db, |block| {
        assert!(
            !block.is_made_here(name(block, 7).unwrap()),
            "an earlier block made it"
        );
    });
}

#[test]
fn what_a_held_view_has_kept_is_given_back_over_many_blocks() {
    const KEYS: usize = 50_000;
    const AT_ONCE: usize = 8_192;
    let db = db();
    let accounts = db.resident_count();
    let held = db.view();
    let write = |block: &mut OpenBlock, lamports| {
        for number in 0..KEYS {
            block.put(&key(number), Account::new(lamports, OWNER));
        }
    };
    // They are closed in the block that makes them, and nothing but the view needs their cells.
    publish(&db, |block| {
        write(block, 1);
        write(block, 0);
    });
    publish(&db, |_| ());
    assert_eq!(db.resident_count(), accounts + KEYS);
    drop(held);
    let mut blocks = 0;
    while db.resident_count() > accounts {
        let before = db.resident_count();
        publish(&db, |_| ());
        let given_back = before - db.resident_count();
        assert!((1..=AT_ONCE).contains(&given_back), "{given_back} at once");
        blocks += 1;
    }
    assert!(blocks >= KEYS / AT_ONCE);
}

/// The node keeps statuses and messages for held views, also of transactions that all write one account.
#[test]
fn transactions_count_for_held_views() {
    let db = db();
    db.limit_held_bytes(1 << 20);
    let held = db.view();
    publish_with(&db, 1_000, |_| ());
    drop(db.open_block());
    assert!(!held.is_revoked());
    publish_with(&db, 10_000, |_| ());
    drop(db.open_block());
    assert!(held.is_revoked());
}

/// The node keeps accounts in the list of their owner for held views.
#[test]
fn accounts_that_leave_their_owner_count_for_held_views() {
    const KEYS: usize = 1_000;
    let bytes = |to| {
        let db = db();
        let write = |block: &mut OpenBlock, owner| {
            for number in 0..KEYS {
                block.put(&key(number), Account::new(5, owner));
            }
        };
        publish(&db, |block| write(block, OWNER));
        drop(db.open_block());
        publish(&db, |block| write(block, to));
        db.held_bytes()
    };
    assert!(bytes(Pubkey([4; 32])) >= bytes(OWNER) + 500 * KEYS as u64);
}

#[test]
fn an_account_is_found_past_many_blocks_that_wrote_it() {
    let db = db();
    let write = |lamports| publish(&db, |block| block.put(&key(0), Account::new(lamports, OWNER)));
    let mut views = Vec::new();
    for lamports in 1..=2_000 {
        write(lamports);
        if lamports % 300 == 7 {
            views.push((db.view(), lamports));
        }
    }
    for (view, lamports) in views {
        assert_eq!(view.get(&key(0)).map(|account| account.lamports), Some(lamports));
        assert!(!view.is_revoked());
    }
}

#[test]
fn what_views_keep_is_counted_to_the_byte_whatever_blocks_are_given_up() {
    let db = db();
    publish(&db, |_| ());
    drop(db.open_block());
    let nothing = db.held_bytes();
    publish(&db, |_| ());
    let block_bytes = db.held_bytes() - nothing;
    let write = |block: &mut OpenBlock, lamports| block.put(&key(1), Account::new(lamports, OWNER));
    let held = db.view();
    for lamports in 1..=10 {
        write(&mut db.open_block(), 100);
        publish(&db, |block| write(block, lamports));
    }
    assert!(db.held_bytes() > 10 * block_bytes);
    drop(held);
    publish(&db, |_| ());
    drop(db.open_block());
    assert_eq!(db.held_bytes(), nothing);
}
