//! Keys hashed under another seed than that of the accounts: no result depends on it.

use isobath_program_abi::Pubkey;
use isobath_runtime::Tx;
use isobath_sdk::builtins::system;
use isobath_sdk::chain::accounts::ReadAccounts;
use isobath_sdk::chain::outcome::OutcomeClass;
use isobath_sdk::keypair::Keypair;
use isobath_testkit::keys::{dev_key, unfunded_key};
use isobath_testkit::transactions::wire;
use isobath_testkit::world::World;

use crate::support::{KEY_HASHER, RENT_MINIMUM, world};

const TO: Pubkey = Pubkey([9; 32]);

/// A transfer of each kind: one that succeeds, one that fails, one whose payer does not exist.
fn wires(world: &World) -> Vec<Vec<u8>> {
    let transfer = |from: Keypair, lamports| {
        let transfer = system::transfer(&from.pubkey(), &TO, lamports);
        wire(&[&from], &[transfer], world.chain.blockhash())
    };
    vec![
        transfer(dev_key(0), RENT_MINIMUM),
        transfer(dev_key(1), u64::MAX),
        transfer(unfunded_key(0), 1),
    ]
}

#[test]
fn blocks_are_the_same_under_any_seed() {
    let (mut own, mut other) = (world(), world());
    assert_ne!(own.db.key_hasher(), other.db.key_hasher());
    for _ in 0..3 {
        let wires = wires(&own);
        let admitted = |world: &World| -> Vec<Tx> {
            let txs = wires.iter().map(|wire| world.admit(wire).unwrap());
            txs.collect()
        };
        let txs = admitted(&own);
        let record = own.block(&txs);
        let classes = record.history.executions.iter().map(|one| one.outcome.class);
        assert!(classes.eq([OutcomeClass::Executed, OutcomeClass::Executed, OutcomeClass::NoOp]));
        assert_eq!(other.block(&txs), record);
    }
    assert!(own.db.view().iter().eq(other.db.view().iter()));
}

#[test]
fn a_simulation_is_the_same_under_any_seed() {
    let world = world();
    for wire in wires(&world) {
        let simulated = |tx: Tx| {
            let simulation = world.runtime.simulate(&world.chain, &world.db.view(), &tx);
            (simulation.outcome, simulation.accounts)
        };
        let foreign = world.runtime.admit(&wire, KEY_HASHER).unwrap();
        assert_eq!(simulated(foreign), simulated(world.admit(&wire).unwrap()));
    }
}

#[test]
fn a_view_hashes_as_its_store() {
    let world = world();
    let (view, key) = (world.db.view(), dev_key(0).pubkey());
    assert_eq!(view.key_hasher(), world.db.key_hasher());
    let account = view.account_hashed(world.db.key_hasher().hash(&key), &key);
    assert!(account.is_some());
    assert_eq!(account, view.account(&key));
}
