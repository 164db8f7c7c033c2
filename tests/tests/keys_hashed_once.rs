//! The key of an account is hashed when its transaction is built, or when its lookup is resolved, and not again while
//! the transaction executes, however often it is looked up and stored. A key that a lookup loads and that has no account is
//! hashed once more when its account is made.
//!
//! The counts are of the whole process, so this file holds one test and nothing else.

#![allow(clippy::unwrap_used, reason = "a test")]

use isobath_node::program_table;
use isobath_runtime::Tx;
use isobath_sdk::builtins::lookup_table_instruction as table_program;
use isobath_sdk::builtins::system;
use isobath_sdk::chain::genesis::Genesis;
use isobath_sdk::chain::key_hash::{KeyHasher, work::keys_hashed};
use isobath_sdk::wire::message::{Message, TableAddresses};
use isobath_sdk::{Pubkey, Transaction};
use isobath_testkit::keys::dev_key;
use isobath_testkit::world::World;

const TO: Pubkey = Pubkey([9; 32]);
const LAMPORTS: u64 = 1_000_000;

/// Number of keys hashed by `work`, and what it returned.
fn counted<T>(work: impl FnOnce() -> T) -> (u64, T) {
    let before = keys_hashed();
    let result = work();
    (keys_hashed().checked_sub(before).unwrap(), result)
}

/// Number of keys hashed while these transactions execute in a block of their own.
fn hashed_by(world: &World, txs: &[Tx]) -> u64 {
    let mut block = world.open_block(0);
    let (hashed, ()) = counted(|| {
        for tx in txs {
            assert_eq!(block.try_execute(tx).unwrap().outcome.error, None);
        }
    });
    hashed
}

/// The wire bytes of a transfer to a key that is loaded from a table.
fn transfer_by_table(world: &mut World) -> Vec<u8> {
    let alice = dev_key(0);
    let payer = alice.pubkey();
    world.block(&[]);
    let (create, table) = table_program::create_lookup_table(&payer, &payer, world.chain.slot()).unwrap();
    world.block(&[world.tx(&[&alice], &[create])]);
    let extend = table_program::extend_lookup_table(&table, &payer, Some(&payer), vec![TO]);
    world.block(&[world.tx(&[&alice], &[extend])]);
    let addresses = TableAddresses {
        table,
        addresses: &[TO],
    };
    let transfer = system::transfer(&payer, &TO, LAMPORTS);
    let blockhash = world.chain.blockhash();
    let message = Message::compile_with_tables(&payer, &[transfer], &[addresses], blockhash).unwrap();
    Transaction::sign(message, &[&alice]).unwrap().serialize()
}

#[test]
fn a_key_is_hashed_once() {
    let mut world = World::new(Genesis::development(), program_table());
    let by_table = transfer_by_table(&mut world);

    // Payer, receiver and program; the three transactions write the same accounts.
    let (hashed, txs) = counted(|| {
        [1, 2, 3].map(|more| {
            let transfer = system::transfer(&dev_key(0).pubkey(), &TO, LAMPORTS + more);
            world.tx(&[&dev_key(0)], &[transfer])
        })
    });
    assert_eq!(hashed, 3 * 3);
    assert_eq!(hashed_by(&world, &txs), 0);

    // Payer and program; then the table and the receiver that it holds, which has no account yet.
    let (hashed, tx) = counted(|| world.admit(&by_table).unwrap());
    assert_eq!(hashed, 2);
    assert_eq!(hashed_by(&world, &[tx]), 3);

    // Under another seed than that of the accounts, the static keys are hashed again, and the receiver also where it is
    // looked for a second time and made.
    let foreign = world
        .runtime
        .admit(txs[0].wire(), KeyHasher::new([1, 2]))
        .unwrap();
    assert_eq!(hashed_by(&world, &[foreign]), 5);
}
