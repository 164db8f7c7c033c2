//! What the pending pool knows of a transaction.

use isobath_program_abi::Pubkey;
use isobath_runtime::{Wait, pending_entry};
use isobath_sdk::builtins::{compute_budget, system};
use isobath_testkit::keys::dev_key;

use crate::support::world;

const BOB: Pubkey = Pubkey([7; 32]);
const WAIT: Wait = Wait {
    arrived_at_height: 3,
    expires_at_height: 153,
    nonce_account: None,
};

#[test]
fn an_entry_says_who_pays_what_is_written_and_how_long_it_waits() {
    let (world, alice) = (world(), dev_key(0));
    let loaded = Pubkey([8; 32]);
    let price = compute_budget::set_compute_unit_price(1_000_000);
    let tx = world.tx(&[&alice], &[system::transfer(&alice.pubkey(), &BOB, 1), price]);
    let entry = pending_entry(tx.clone(), &[loaded], 0, WAIT);
    assert_eq!(entry.payer, alice.pubkey());
    assert_eq!(entry.fee_lamports, 5_000 + 6_000);
    assert_eq!(*entry.writable, [alice.pubkey(), BOB, loaded]);
    assert_eq!(entry.size_bytes, tx.wire().len() as u64);
    assert_eq!(entry.identity, tx.message_hash());
    assert_eq!((entry.arrived_at_height, entry.expires_at_height), (3, 153));
    assert!(entry.nonce.is_none());
    assert_eq!(
        (entry.cost_units, entry.priority),
        (tx.reserved_units(), tx.priority())
    );
}

/// A unit buys two bytes copied.
#[test]
fn contents_that_may_be_copied_raise_the_cost_and_lower_the_priority() {
    let (world, alice) = (world(), dev_key(0));
    let tx = world.tx(&[&alice], &[system::transfer(&alice.pubkey(), &BOB, 1)]);
    for (len, units) in [(1, 1), (2, 1), (3, 2), (10 << 20, 5 << 20), (u64::MAX, 1 << 63)] {
        let entry = pending_entry(tx.clone(), &[], len, WAIT);
        assert_eq!(entry.cost_units, tx.reserved_units() + units, "{len} bytes");
        assert_eq!(entry.priority, 5_000 * 1_000_000 / entry.cost_units);
    }
}
