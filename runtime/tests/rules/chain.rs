//! Links, ages and the rejection of anything that is not the next block.

use isobath_program_abi::Hash;
use isobath_program_abi::Pubkey;
use isobath_runtime::{BlockError, Chain, ChainError, execute_block};
use isobath_sdk::builtins::system;
use isobath_sdk::chain::record::{BlockRecord, Executions};
use isobath_testkit::keys::dev_key;
use isobath_testkit::world::World;

use crate::support::{RENT_MINIMUM, world};

fn world_with_a_transfer() -> (World, BlockRecord) {
    let world = world();
    let alice = dev_key(0);
    let tx = world.tx(
        &[&alice],
        &[system::transfer(&alice.pubkey(), &Pubkey([7; 32]), RENT_MINIMUM)],
    );
    let record = world.dry_block(&[tx]);
    (world, record)
}

#[test]
fn the_first_block_continues_the_genesis() {
    let (mut world, record) = world_with_a_transfer();
    let genesis_hash = world.runtime.genesis().hash();
    let header = &record.history.header;
    assert_eq!((header.slot, header.height, header.parent_slot), (1, 1, 0));
    assert_eq!(header.parent_hash, genesis_hash);
    assert_eq!(record.history.result.parent_result_hash, genesis_hash);
    assert_eq!(
        world.chain.last_valid_block_height(&world.chain.blockhash()),
        Some(150)
    );
    world.advance(record.clone()).unwrap();
    assert_eq!(world.chain.blockhash(), header.blockhash());
    assert_eq!(
        world.chain.last_valid_block_height(&world.chain.blockhash()),
        Some(151)
    );
}

#[test]
fn a_block_that_does_not_link_is_refused_and_changes_nothing() {
    let (mut world, record) = world_with_a_transfer();
    let mut broken = Vec::new();
    for field in [
        "slot",
        "parent_hash",
        "timestamp_ms",
        "anchor",
        "block_hash",
        "capitalization",
    ] {
        let mut history = record.history.clone();
        match field {
            "slot" => history.header.slot += 1,
            "parent_hash" => history.header.parent_hash = Hash([1; 32]),
            "timestamp_ms" => history.header.timestamp_ms = -1,
            "anchor" => history.header.anchor.result_hash = Hash([1; 32]),
            "block_hash" => history.result.block_hash = Hash([1; 32]),
            _ => history.result.capitalization += 1,
        }
        broken.push((field, history));
    }
    for (field, history) in broken {
        let slot = history.header.slot;
        assert_eq!(world.chain.apply(&history), Err(ChainError::Link { slot, field }));
    }
    assert_eq!(world.chain.height(), 0);
    world.advance(record.clone()).unwrap();
    assert!(matches!(
        world.chain.apply(&record.history),
        Err(ChainError::Link { .. })
    ));
}

#[test]
fn roots_commit_to_the_content() {
    let (_, record) = world_with_a_transfer();
    assert_eq!(Chain::verify_roots(&record), Ok(()));
    let mut other_delta = record.clone();
    other_delta.delta.accounts.pop();
    let mut other_wire = record.clone();
    other_wire.history.transactions[0][70] ^= 1;
    let mut other_outcome = record;
    let mut execution = other_outcome.history.executions.get(0).unwrap().to_execution();
    execution.outcome.fee += 1;
    other_outcome.history.executions = Executions::from_iter([execution]);
    for (broken, root) in [
        (other_delta, "delta_root"),
        (other_wire, "transactions_root"),
        (other_outcome, "outcomes_root"),
    ] {
        assert_eq!(
            Chain::verify_roots(&broken),
            Err(ChainError::Root { slot: 1, root })
        );
    }
}

#[test]
fn replaying_the_order_gives_the_same_record() {
    let (world, record) = world_with_a_transfer();
    let History {
        header, transactions, ..
    } = &record.history;
    let state = world.db.open_block();
    let replayed = execute_block(&world.runtime, &world.chain, state, header, transactions)
        .unwrap()
        .0;
    assert_eq!(replayed, record);

    let twice = [transactions[0].clone(), transactions[0].clone()];
    let state = world.db.open_block();
    let error = execute_block(&world.runtime, &world.chain, state, header, &twice).unwrap_err();
    assert_eq!(error, BlockError::RepeatedMessage { index: 1 });
    let state = world.db.open_block();
    let error = execute_block(&world.runtime, &world.chain, state, header, &[]).unwrap_err();
    assert_eq!(error, BlockError::Header);
}

use isobath_sdk::chain::record::History;
