//! Links, ages and the rejection of anything that is not the next block.

use isobath_program_abi::Hash;
use isobath_program_abi::Pubkey;
use isobath_runtime::{AnchorError, BlockError, Chain, ChainError, execute_block};
use isobath_sdk::builtins::system;
use isobath_sdk::chain::genesis::Genesis;
use isobath_sdk::chain::header::Anchor;
use isobath_sdk::chain::record::{BlockRecord, Executions, History};
use isobath_testkit::keys::dev_key;
use isobath_testkit::world::World;

use crate::support::{RENT_MINIMUM, world, world_of};

const BOB: Pubkey = Pubkey([7; 32]);
/// The hash of nothing in these chains.
const OTHER: Hash = Hash([1; 32]);

fn world_with_a_transfer() -> (World, BlockRecord) {
    let world = world();
    let alice = dev_key(0);
    let tx = world.tx(
        &[&alice],
        &[system::transfer(&alice.pubkey(), &BOB, RENT_MINIMUM)],
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
    type Break = (&'static str, fn(&mut History));
    let (mut world, record) = world_with_a_transfer();
    let breaks: [Break; 12] = [
        ("genesis_hash", |history| history.header.genesis_hash = OTHER),
        ("slot", |history| history.header.slot += 1),
        ("height", |history| history.header.height += 1),
        ("parent_slot", |history| history.header.parent_slot += 1),
        ("parent_hash", |history| history.header.parent_hash = OTHER),
        ("timestamp_ms", |history| history.header.timestamp_ms = -1),
        ("result slot", |history| history.result.slot += 1),
        ("result slot", |history| history.result.height += 1),
        ("block_hash", |history| history.result.block_hash = OTHER),
        ("parent_result_hash", |history| {
            history.result.parent_result_hash = OTHER
        }),
        ("capitalization", |history| history.result.capitalization += 1),
        ("capitalization", |history| history.result.fees.burned = u64::MAX),
    ];
    for (field, change) in breaks {
        let mut history = record.history.clone();
        change(&mut history);
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

#[test]
fn the_tip_says_where_the_chain_is() {
    let (mut world, record) = world_with_a_transfer();
    let genesis = world.runtime.genesis().clone();
    let chain = &world.chain;
    assert_eq!((chain.slot(), chain.height(), chain.epoch()), (0, 0, 0));
    assert_eq!(chain.timestamp_ms(), genesis.start_time_ms);
    assert_eq!(chain.genesis_hash(), genesis.hash());
    assert_eq!(chain.result_hash(), genesis.hash());
    assert_eq!(Some(chain.capitalization()), genesis.capitalization());
    world.advance(record).unwrap();
    let last = world.block(&[]).history;
    let chain = &world.chain;
    assert_eq!((chain.slot(), chain.height()), (2, 2));
    assert_eq!(chain.timestamp_ms(), last.header.timestamp_ms);
    assert_eq!(chain.genesis_hash(), genesis.hash());
    assert_eq!(chain.result_hash(), last.result.hash());
    assert_eq!(chain.capitalization(), genesis.capitalization().unwrap() - 2_500);
    let heights = chain.recent_blocks().map(|block| (block.slot, block.height));
    assert_eq!(heights.collect::<Vec<_>>(), [(2, 2), (1, 1), (0, 0)]);
}

#[test]
fn a_blockhash_is_valid_after_its_block_and_for_its_age() {
    let mut world = world();
    for _ in 0..3 {
        world.block(&[]);
    }
    let chain = &world.chain;
    let newest = chain.blockhash();
    assert_eq!(chain.blockhash_height(&newest), Some(3));
    assert_eq!(chain.last_valid_block_height(&newest), Some(153));
    for (height, is_valid) in [(2, false), (3, false), (4, true), (153, true), (154, false)] {
        assert_eq!(
            chain.is_blockhash_valid_at(&newest, height),
            is_valid,
            "at {height}"
        );
    }
    assert_eq!(chain.blockhash_height(&OTHER), None);
    assert_eq!(chain.last_valid_block_height(&OTHER), None);
    assert!(!chain.is_blockhash_valid_at(&OTHER, 4));
}

/// As many blocks as the slot hashes list, or as an age of blockhashes needs, with the one before it.
#[test]
fn a_chain_remembers_no_more_blocks_than_it_needs() {
    for (age, kept) in [(150, 512), (520, 521)] {
        let mut genesis = Genesis::development();
        genesis.blockhash_max_age_blocks = age;
        let first = genesis.first_blockhash;
        let mut world = world_of(genesis);
        for _ in 1..kept {
            world.block(&[]);
        }
        assert_eq!(world.chain.recent_blocks().count(), kept);
        assert_eq!(world.chain.blockhash_height(&first), Some(0));
        for _ in 0..2 {
            world.block(&[]);
            assert_eq!(world.chain.recent_blocks().count(), kept);
            assert_eq!(world.chain.blockhash_height(&first), None);
        }
    }
}

#[test]
fn a_block_that_repeats_a_message_is_refused_and_changes_nothing() {
    let (mut world, record) = world_with_a_transfer();
    let executions = record.history.executions.iter();
    let execution = executions.map(|execution| execution.to_execution()).next();
    let execution = execution.unwrap();
    let wire = &record.history.transactions[0];
    let mut twice = record.history.clone();
    twice.transactions = vec![wire.clone(), wire.clone()];
    twice.executions = Executions::from_iter([execution.clone(), execution.clone()]);
    let replayed = |slot, index| Err(ChainError::Replayed { slot, index });
    let repeated = ChainError::Repeated { slot: 1, index: 1 };
    assert_eq!(world.chain.apply(&twice), Err(repeated));
    world.advance(record.clone()).unwrap();
    let mut again = world.dry_block(&[]).history;
    again.transactions.clone_from(&record.history.transactions);
    again.executions = Executions::from_iter([execution]);
    assert_eq!(world.chain.apply(&again), replayed(2, 0));
    assert_eq!(world.chain.height(), 1);
    again.transactions[0].truncate(10);
    assert!(matches!(
        world.chain.apply(&again),
        Err(ChainError::Transaction {
            slot: 2,
            index: 0,
            ..
        })
    ));
}

/// The block as it was just executed, before anything read it from a ledger.
#[test]
fn a_block_that_was_just_executed_enters_its_messages() {
    let mut world = world();
    let alice = dev_key(0);
    let pay = |lamports| {
        let transfer = system::transfer(&alice.pubkey(), &BOB, lamports);
        world.tx(&[&alice], &[transfer])
    };
    let txs = [pay(RENT_MINIMUM), pay(RENT_MINIMUM + 1)];
    let mut block = world.open_block(0);
    for tx in &txs {
        block.execute(tx);
    }
    let record = block.seal().0;
    world.chain.apply(&record.history).unwrap();
    for tx in &txs {
        assert!(world.chain.is_processed(&tx.message_hash()));
    }
    assert!(!world.chain.is_processed(&OTHER));
}

/// After `blocks` empty blocks, with the anchors that the next header could name if nothing forbade it.
fn lagging_world(lag_max: u64, blocks: usize) -> (World, Vec<Anchor>) {
    let mut genesis = Genesis::development();
    genesis.anchor_lag_max = lag_max;
    let mut world = world_of(genesis);
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
