//! Links, ages and the rejection of anything that is not the next block.

use isobath_program_abi::Hash;
use isobath_program_abi::Pubkey;
use isobath_runtime::{AnchorError, BlockError, Chain, ChainError, execute_block};
use isobath_sdk::builtins::system;
use isobath_sdk::chain::genesis::Genesis;
use isobath_sdk::chain::header::Anchor;
use isobath_sdk::chain::record::{BlockRecord, Executions, History};
use isobath_testkit::keys::dev_key;
use isobath_testkit::programs::program_table;
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
        "block_hash",
        "capitalization",
    ] {
        let mut history = record.history.clone();
        match field {
            "slot" => history.header.slot += 1,
            "parent_hash" => history.header.parent_hash = Hash([1; 32]),
            "timestamp_ms" => history.header.timestamp_ms = -1,
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

/// After `blocks` empty blocks, with the anchors that the next header could name if nothing forbade it.
fn lagging_world(lag_max: u64, blocks: usize) -> (World, Vec<Anchor>) {
    let mut genesis = Genesis::development();
    genesis.anchor_lag_max = lag_max;
    let mut world = World::new(genesis, program_table());
    let mut anchors = vec![world.chain.newest_anchor()];
    for block in 0..blocks {
        let named = anchors[(block + 1).saturating_sub(usize::try_from(lag_max).unwrap())];
        let record = sealed_with(&world, named).unwrap();
        assert_eq!(record.history.header.anchor, named);
        world.advance(record).unwrap();
        anchors.push(world.chain.newest_anchor());
    }
    (world, anchors)
}

fn sealed_with(world: &World, anchor: Anchor) -> Result<BlockRecord, AnchorError> {
    let block = world.open_block(world.chain.timestamp_ms());
    block.seal_with(anchor).map(|(record, _)| record.into_stored())
}

#[test]
fn a_block_seals_with_an_older_result_within_the_lag_and_not_beyond() {
    let (mut world, anchors) = lagging_world(3, 5);
    let beyond = AnchorError::TooFarBehind {
        slot: 2,
        lag: 4,
        lag_max: 3,
    };
    assert_eq!(sealed_with(&world, anchors[2]), Err(beyond));
    assert_eq!(
        beyond.to_string(),
        "the anchor names slot 2, 4 blocks behind; at most 3 are allowed"
    );
    for anchor in &anchors[3..] {
        assert_eq!(
            sealed_with(&world, *anchor).unwrap().history.header.anchor,
            *anchor
        );
    }
    world.advance(sealed_with(&world, anchors[5]).unwrap()).unwrap();
    let back = AnchorError::GoesBack { slot: 4, named: 5 };
    assert_eq!(sealed_with(&world, anchors[4]), Err(back));
}

/// A block of another producer is held to the same rules, by execution and by the chain.
#[test]
fn the_anchor_of_a_header_is_checked() {
    let (mut world, anchors) = lagging_world(3, 5);
    let record = sealed_with(&world, anchors[4]).unwrap();
    let result_hash = Hash([1; 32]);
    let wrong = [
        (Anchor { slot: 6, result_hash }, "not before the block at slot 6"),
        (anchors[1], "goes back to slot 1"),
        (anchors[2], "4 blocks behind; at most 3"),
        (
            Anchor { slot: 4, result_hash },
            "as the result of slot 4, but that is",
        ),
    ];
    for (anchor, words) in wrong {
        let mut forged = record.clone();
        forged.history.header.anchor = anchor;
        forged.history.result.block_hash = forged.history.header.blockhash();
        let source = match world.chain.apply(&forged.history) {
            Err(ChainError::Anchor { slot: 6, source }) => source,
            other => panic!("{other:?}"),
        };
        assert!(source.to_string().contains(words), "{source}");
        let state = world.db.open_block();
        let (header, order) = (&forged.history.header, &forged.history.transactions);
        let refused = execute_block(&world.runtime, &world.chain, state, header, order).unwrap_err();
        assert_eq!(refused, BlockError::Anchor(source));
    }
    let (header, order) = (&record.history.header, &record.history.transactions);
    let state = world.db.open_block();
    let (replayed, _) = execute_block(&world.runtime, &world.chain, state, header, order).unwrap();
    assert_eq!(replayed, record);
    world.advance(record).unwrap();
}

#[test]
fn a_message_is_in_a_block_once_whatever_its_outcome() {
    let (mut world, record) = world_with_a_transfer();
    let wire = &record.history.transactions[0];
    let tx = world.admit(wire).unwrap();
    world.advance(record).unwrap();
    // It was processed, so it is a NoOp; twice in a block it is none.
    let once = world.dry_block(std::slice::from_ref(&tx));
    let (header, state) = (&once.history.header, world.db.open_block());
    let replayed = execute_block(
        &world.runtime,
        &world.chain,
        state,
        header,
        &once.history.transactions,
    );
    assert_eq!(replayed.unwrap().0, once);
    let twice = world.dry_block(&[tx.clone(), tx]);
    let state = world.db.open_block();
    let order = &twice.history.transactions;
    let error = execute_block(&world.runtime, &world.chain, state, header, order).unwrap_err();
    assert_eq!(error, BlockError::RepeatedMessage { index: 1 });
    let repeated = ChainError::Repeated { slot: 2, index: 1 };
    assert_eq!(world.chain.apply(&twice.history), Err(repeated));
    world.advance(once).unwrap();
}

/// Blocks that were executed and dropped, and others that were sealed, leave nothing for the one that is applied.
#[test]
fn only_the_block_that_is_applied_enters_the_window() {
    let (mut world, record) = world_with_a_transfer();
    let tx = world.admit(&record.history.transactions[0]).unwrap();
    let dropped = {
        let mut block = world.open_block(0);
        block.execute(&tx);
        block.transaction_count()
    };
    assert_eq!(dropped, 1);
    let empty = world.dry_block(&[]);
    let sealed = world.dry_block(std::slice::from_ref(&tx));
    assert_eq!(sealed, record);
    world.advance(empty).unwrap();
    assert!(!world.chain.is_processed(&tx.message_hash()));
    let again = world.block(std::slice::from_ref(&tx));
    assert_eq!(again.history.executions.get(0).unwrap().outcome.error, None);
    assert!(world.chain.is_processed(&tx.message_hash()));
}
