//! Blocks that name many keys without an account.

use isobath_program_abi::{AccountMeta, Pubkey};
use isobath_runtime::Tx;
use isobath_sdk::builtins::system;
use isobath_testkit::keys::{dev_key, unfunded_key};
use isobath_testkit::world::World;

use crate::support::{RENT_MINIMUM, world};

/// Keys that a block names in vain.
const NAMED: usize = 1 << 12;
/// Keys that one transaction can name in vain.
const PER_TX: usize = 30;

fn absent_key(number: usize) -> Pubkey {
    let mut key = [200; 32];
    key[..8].copy_from_slice(&(number as u64).to_le_bytes());
    Pubkey(key)
}

/// A transfer that names keys without an account in vain.
fn naming(world: &World, number: usize, lamports: u64) -> Tx {
    let payer = dev_key(0);
    let mut transfer = system::transfer(&payer.pubkey(), &dev_key(1).pubkey(), lamports);
    let first = number * PER_TX;
    let keys = (first..first + PER_TX).map(absent_key);
    transfer.accounts.extend(keys.map(|pubkey| AccountMeta {
        pubkey,
        is_signer: false,
        is_writable: false,
    }));
    world.tx(&[&payer], &[transfer])
}

#[test]
fn keys_that_are_named_in_vain_get_no_place_and_change_no_result() {
    let (mut announced, mut plain) = (world(), world());
    let accounts = announced.db.resident_count();
    let count = NAMED / PER_TX + 2;
    let mut txs: Vec<Tx> = (0..count).map(|number| naming(&announced, number, 1)).collect();
    // Without effect: it asks for more than the payer has for fees.
    let poor = unfunded_key(9);
    txs.push(announced.tx(&[&poor], &[system::transfer(&poor.pubkey(), &absent_key(0), 1)]));
    let (to, payer) = (unfunded_key(11), dev_key(1));
    let give = system::transfer(&payer.pubkey(), &to.pubkey(), RENT_MINIMUM + 10_000);
    txs.push(announced.tx(&[&payer], &[give]));
    let back = system::transfer(&to.pubkey(), &payer.pubkey(), 5_000);
    txs.push(announced.tx(&[&to], &[back]));

    let mut block = announced.open_block(0);
    block.look_ahead(txs.iter());
    let kept: Vec<Tx> = txs
        .iter()
        .filter(|tx| block.try_execute(tx).is_ok())
        .cloned()
        .collect();
    assert_eq!(
        kept.len(),
        count + 2,
        "what the new account pays for is in the block"
    );
    let (record, ended) = block.seal();
    assert!(announced.db.resident_count() <= accounts + 2);
    drop(ended);
    let record = record.into_stored();

    // The same order, not announced.
    let expected = plain.block(&kept);
    assert_eq!(record.history.executions, expected.history.executions);
    assert_eq!(record.delta, expected.delta);
    announced.block(&kept);
    assert_eq!(announced.balance(&to.pubkey()), RENT_MINIMUM);
}
