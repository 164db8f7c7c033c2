//! Transfers that are executed without a frame, against the same transactions executed in frames.
//!
//! Payers and receivers are of every kind that makes a difference: rich, near the rent minimum, absent, with data, owned by
//! other programs, programs, the producer. Both executors must give the same record at the same cost.

use isobath_runtime::{ProgramTable, Runtime, Tx};
use isobath_scheduler::Spent;
use isobath_sdk::builtins::{compute_budget, system};
use isobath_sdk::chain::record::BlockRecord;
use isobath_sdk::ids;
use isobath_sdk::instruction::Instruction;
use isobath_sdk::pubkey::Pubkey;
use isobath_sdk::rules::Profile;
use isobath_sdk::signature::Signature;
use isobath_sdk::wire::message::{Message, MessageVersion};
use isobath_sdk::wire::transaction::Transaction;
use isobath_testkit::Random;
use isobath_testkit::world::World;
use isobath_tests::random_blocks::cast::{CAST, PRODUCER, RENT_MINIMUM, RICH, genesis, probe, programs};
use rand::Rng;
use rand::seq::IndexedRandom;

const SEEDS: u64 = 40;
const BLOCKS: usize = 6;
const TRANSACTIONS: usize = 24;

/// The same programs, of which no call is known in advance.
fn unpromised(programs: &ProgramTable) -> ProgramTable {
    let entry = |id: &Pubkey| programs.get(id).expect("the table has its own ids");
    ProgramTable::new(programs.ids().map(|id| (*id, entry(id))))
}

fn keys() -> Vec<Pubkey> {
    let mut keys = CAST.accounts();
    // Plain accounts are what it is about.
    keys.extend(CAST.actors.repeat(4));
    keys.extend([
        PRODUCER,
        probe(0),
        ids::SYSTEM_PROGRAM,
        ids::INCINERATOR,
        ids::SYSVAR_CLOCK,
    ]);
    keys
}

fn lamports(rng: &mut Random) -> u64 {
    let choices = [
        0,
        1,
        5_000,
        7_000,
        RENT_MINIMUM - 1,
        RENT_MINIMUM,
        RICH / 3,
        RICH - 5_000,
        RICH,
        u64::MAX,
    ];
    *choices.choose(rng).expect("there are some")
}

fn instruction(rng: &mut Random, keys: &[Pubkey]) -> Instruction {
    let (from, to) = (keys.choose(rng).expect("some"), keys.choose(rng).expect("some"));
    let mut transfer = system::transfer(from, to, lamports(rng));
    match rng.random_range(0..24) {
        0 => transfer.accounts[0].is_signer = false,
        1 => transfer.accounts[1].is_writable = false,
        2 => transfer.accounts.truncate(1),
        3 => transfer.data.push(0),
        4 => transfer.data.truncate(11),
        5 => transfer.accounts.push(transfer.accounts[0]),
        6 => return compute_budget::set_compute_unit_limit(rng.random_range(0..700)),
        7 => return compute_budget::set_compute_unit_price(rng.random_range(0..2_000_000)),
        8 => return compute_budget::set_loaded_accounts_data_size_limit(rng.random_range(1..4_000)),
        9 => return system::allocate(from, 8),
        _ => {}
    }
    transfer
}

fn tx(world: &World, rng: &mut Random, keys: &[Pubkey]) -> Option<Tx> {
    let count = *[1, 1, 1, 2, 3].choose(rng).expect("some");
    let instructions: Vec<Instruction> = (0..count).map(|_| instruction(rng, keys)).collect();
    let payer = match instructions[0].accounts.first() {
        Some(first) if rng.random_ratio(2, 3) => first.pubkey,
        _ => *CAST.actors.choose(rng).expect("some"),
    };
    let blockhash = world.chain.blockhash();
    let message = Message::compile(MessageVersion::Legacy, &payer, &instructions, blockhash).ok()?;
    let signatures = usize::from(message.header.num_required_signatures);
    let transaction = Transaction {
        signatures: vec![Signature([7; 64]); signatures],
        message,
    };
    world.admit(&transaction.serialize()).ok()
}

/// The record of a block, what each transaction of it cost, and how many were executed directly.
fn execute(runtime: &Runtime, world: &World, txs: &[Tx]) -> (BlockRecord, Vec<Option<Spent>>, usize) {
    let mut block = runtime.open_block(&world.chain, world.db.open_block(), 0);
    let spent = txs.iter().map(|tx| {
        let is_kept = block.try_execute(tx).is_ok();
        is_kept.then(|| block.spent())
    });
    let spent = spent.collect();
    let count = block.direct_count();
    (block.seal().0.into_stored(), spent, count)
}

/// Compares both executors on blocks of one seed; returns how many transactions were executed directly, of how many.
fn compare(seed: u64) -> (usize, usize) {
    let mut rng = Random::new(seed);
    let profile = match seed.is_multiple_of(2) {
        true => Profile::Mainnet,
        false => Profile::All,
    };
    let in_frames =
        Runtime::new(genesis(profile), unpromised(&programs())).expect("the programs are linked in");
    let mut world = World::new(genesis(profile), programs());
    let (keys, mut counts) = (keys(), (0, 0));
    for block in 0..BLOCKS {
        let txs: Vec<Tx> = std::iter::repeat_with(|| tx(&world, &mut rng, &keys))
            .flatten()
            .take(TRANSACTIONS)
            .collect();
        let (direct, direct_spent, direct_count) = execute(&world.runtime, &world, &txs);
        let (framed, framed_spent, framed_count) = execute(&in_frames, &world, &txs);
        assert_eq!(framed_count, 0);
        assert_eq!(direct_spent, framed_spent, "seed {seed}, block {block}");
        assert_eq!(direct, framed, "seed {seed}, block {block}");
        counts.0 = direct_count.saturating_add(counts.0);
        counts.1 = direct.history.transactions.len().saturating_add(counts.1);
        world.advance(direct).expect("the block continues the chain");
    }
    counts
}

#[test]
fn what_is_executed_directly_is_what_frames_make_of_it() {
    let (mut direct, mut all) = (0, 0);
    for seed in 0..SEEDS {
        let counts = compare(seed);
        direct += counts.0;
        all += counts.1;
    }
    println!("{direct} of {all} directly");
    assert!(
        direct * 8 > all && direct * 2 < all,
        "both kinds are common: {direct} of {all}"
    );
}
