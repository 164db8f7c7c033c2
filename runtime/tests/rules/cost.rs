//! What transactions cost their block, and how long they make its record.

use isobath_program_abi::{AccountMeta, Hash, Instruction, Pubkey};
use isobath_program_probe::{Operation, Script};
use isobath_runtime::{BLOCK_RECORD_BYTES_BASE, TRANSACTION_RECORD_BYTES_MAX, Tx, admit, cost_units};
use isobath_sdk::builtins::{compute_budget, system};
use isobath_sdk::chain::genesis::{Genesis, GenesisAccount};
use isobath_sdk::ids;
use isobath_sdk::rules::Profile;
use isobath_testkit::keys::{dev_key, unfunded_key};
use isobath_testkit::transactions::wire;

use crate::support::{KEY_HASHER, RENT_MINIMUM, genesis_with_probes, probe, world, world_of};

fn admitted(instructions: &[Instruction]) -> Tx {
    let wire = wire(&[&dev_key(0)], instructions, Hash([7; 32]));
    admit(&wire, &Genesis::development().rules(), KEY_HASHER).unwrap()
}

fn transfer() -> Instruction {
    system::transfer(&dev_key(0).pubkey(), &Pubkey([9; 32]), 1)
}

/// The units of the work that such a transaction announces, when it allocates nothing.
const fn announced(keys: u64, wire_len: u64) -> u64 {
    let copied = keys * 100 / 2;
    let hashed = (wire_len * 2).div_ceil(64) + 12 + keys * 32;
    let probes = keys * 5 + 3;
    let recorded = wire_len + 400 + keys * 150;
    copied + hashed * 2 + probes * 7 + recorded.div_ceil(4)
}

/// Values as `solana-cost-model` 4.2.2 computes them.
#[test]
fn the_cost_is_that_of_solanas_model() {
    let plain = admitted(&[transfer()]);
    // Signature, two write locks, 12 bytes of data, the default of one built-in, 64 MiB of accounts.
    let reserved = |tx: &Tx| tx.reserved_units() - announced(tx.key_count() as u64, tx.wire().len() as u64);
    assert_eq!(reserved(&plain), 720 + 600 + 3 + 3_000 + 2_048 * 8);
    assert_eq!(cost_units(&plain.view(), 150, 300), 720 + 600 + 3 + 150 + 8);
    assert_eq!(
        cost_units(&plain.view(), 150, 32 * 1024 + 1),
        720 + 600 + 3 + 150 + 16
    );
    let limited = admitted(&[
        compute_budget::set_compute_unit_limit(450),
        compute_budget::set_loaded_accounts_data_size_limit(32 * 1024),
        transfer(),
    ]);
    assert_eq!(reserved(&limited), 720 + 600 + (5 + 5 + 12) / 4 + 450 + 8);
}

#[test]
fn signatures_of_precompiles_have_their_own_price() {
    let call = |program_id, count| Instruction {
        program_id,
        accounts: Vec::<AccountMeta>::new(),
        data: vec![count],
    };
    let without = cost_units(&admitted(&[call(Pubkey([3; 32]), 9)]).view(), 0, 0);
    for (program, units) in [
        (ids::ED25519_PRECOMPILE, 2_400),
        (ids::SECP256K1_PRECOMPILE, 6_690),
        (ids::SECP256R1_PRECOMPILE, 4_800),
    ] {
        let cost = cost_units(&admitted(&[call(program, 9)]).view(), 0, 0);
        assert_eq!(cost - without, 9 * units);
    }
}

/// A limit of 0 made any fee an infinite bid.
#[test]
fn asking_for_fewer_units_does_not_outrank_a_bid() {
    let free = admitted(&[compute_budget::set_compute_unit_limit(0), transfer()]);
    let bidding = admitted(&[
        compute_budget::set_compute_unit_limit(1_000),
        compute_budget::set_compute_unit_price(1_000_000_000),
        transfer(),
    ]);
    assert!(free.priority() < bidding.priority());
    assert!(free.reserved_units() > 0);
}

/// 10 MiB are zeroed, hashed and recorded, for the fee of a transfer.
#[test]
fn what_is_allocated_is_reserved_and_lowers_the_priority() {
    let new = unfunded_key(1).pubkey();
    let payer = dev_key(0).pubkey();
    let create = |space| system::create_account(&payer, &new, 1, space, &ids::SYSTEM_PROGRAM);
    let of = |space| {
        let wire = wire(&[&dev_key(0), &unfunded_key(1)], &[create(space)], Hash([7; 32]));
        admit(&wire, &Genesis::development().rules(), KEY_HASHER).unwrap()
    };
    let (nothing, much, most) = (of(0), of(10 << 20), of(u64::MAX));
    let per_byte = |tx: &Tx, len: u64| (tx.reserved_units() - nothing.reserved_units()) / (len >> 10);
    // 64 + 256 + 32 units for a KiB.
    assert_eq!(per_byte(&much, 10 << 20), 352);
    // No transaction grows by more than 20 MiB.
    assert_eq!(per_byte(&most, 20 << 20), 352);
    assert!(much.priority() < nothing.priority() / 100);
}

/// What the prices were calibrated with.
#[test]
fn a_transfer_costs_what_the_table_of_prices_says() {
    let (world, alice) = (world(), dev_key(0));
    let transfer = system::transfer(&alice.pubkey(), &dev_key(1).pubkey(), 1);
    let tx = world.tx(&[&alice], &[transfer]);
    let mut block = world.open_block(0);
    assert_eq!(block.try_execute(&tx).unwrap().outcome.error, None);
    let spent = block.spent();
    assert!((1_850..=2_050).contains(&spent.cost_units), "{spent:?}");
    assert!((600..=750).contains(&spent.record_bytes), "{spent:?}");
}

/// The sum behind the largest record of a transaction, from the rules that allow most.
#[test]
fn no_rules_allow_a_transaction_a_longer_record() {
    let mut genesis = Genesis::development();
    for profile in Profile::EVERY {
        genesis.features = profile.features();
        let rules = genesis.rules();
        let data = u64::from(rules.loaded_data_len_max) + rules.transaction_data_growth_max;
        // A key: its entry in the delta, itself if it was loaded, two balances.
        let keys = 256 * (128 + 32 + 16);
        let calls =
            rules.instruction_trace_max * (rules.call_data_len_max + rules.instruction_accounts_max + 64);
        // The text of a log takes at least a fifth of its events.
        let logs = 5 * 10_000 + rules.return_data_len_max;
        let others = 4_096 + keys + calls + logs;
        assert!(others <= 1 << 20, "{others}");
        assert_eq!(data + (1 << 20), TRANSACTION_RECORD_BYTES_MAX);
    }
}

/// One lamport to each of some large accounts: the record holds their balances, not their contents.
#[test]
fn a_lamport_to_a_large_account_records_no_contents() {
    let mut genesis = Genesis::development();
    let large = (10..16).map(|seed| GenesisAccount {
        data: vec![seed; 300_000],
        ..GenesisAccount::funded(Pubkey([seed; 32]), 10_000 * RENT_MINIMUM)
    });
    let large: Vec<_> = large.collect();
    let keys: Vec<_> = large.iter().map(|account| account.pubkey).collect();
    genesis.accounts.extend(large);
    genesis.normalize();
    let (mut world, alice) = (world_of(genesis), dev_key(0));
    let transfers = keys.iter().map(|key| system::transfer(&alice.pubkey(), key, 1));
    let tx = world.tx(&[&alice], &transfers.collect::<Vec<_>>());
    let mut block = world.open_block(0);
    assert_eq!(block.try_execute(&tx).unwrap().outcome.error, None);
    let spent = block.spent();
    assert!(spent.record_bytes < 4_000, "{spent:?}");
    assert!(spent.cost_units < 20_000, "{spent:?}");
    let record = block.seal().0.into_stored();
    let delta = borsh::to_vec(&world.db.record_delta(&record.delta)).unwrap();
    assert!(delta.len() < 2_000, "{} bytes", delta.len());
    world.advance(record).unwrap();
}

/// Every transaction is counted with at least the bytes that it adds, whatever becomes of it.
#[test]
fn a_record_is_no_longer_than_what_was_counted() {
    let (mut world, alice, bob) = (world(), dev_key(0), unfunded_key(1));
    let fund = system::transfer(&alice.pubkey(), &bob.pubkey(), 100 * RENT_MINIMUM);
    let allocate = system::create_account(
        &alice.pubkey(),
        &bob.pubkey(),
        900 * RENT_MINIMUM,
        4_000,
        &ids::SYSTEM_PROGRAM,
    );
    let fail = system::transfer(&bob.pubkey(), &alice.pubkey(), u64::MAX);
    let back = system::transfer(&bob.pubkey(), &alice.pubkey(), 1);
    let txs = [
        world.tx(&[&alice, &bob], &[allocate]),
        world.tx(&[&alice, &bob], &[fail]),
        world.tx(&[&alice], &[fund]),
        world.tx(&[&alice, &bob], &[back]),
    ];
    let mut block = world.open_block(0);
    let mut counted = 0;
    for tx in &txs {
        block.try_execute(tx).unwrap();
        let spent = block.spent();
        let executed = cost_units(&tx.view(), 150, 0);
        assert!(spent.cost_units > executed, "the work is in the cost");
        assert!(spent.cost_units <= tx.reserved_units(), "and was announced");
        assert!(spent.record_bytes > tx.wire().len() as u64);
        assert!(spent.record_bytes <= TRANSACTION_RECORD_BYTES_MAX);
        counted += spent.record_bytes;
    }
    let record = block.seal().0.into_stored();
    let history = borsh::to_vec(&record.history).unwrap().len() as u64;
    let delta = borsh::to_vec(&world.db.record_delta(&record.delta))
        .unwrap()
        .len() as u64;
    assert!(history + delta <= counted + BLOCK_RECORD_BYTES_BASE);
    world.advance(record).unwrap();
}

/// What a transaction drops of an account comes back as zeros if a later one of the same block grows it again, and the
/// record then contains those zeros. The one that drops it is charged.
#[test]
fn bytes_that_come_back_as_zeros_in_a_later_transaction_were_counted() {
    const LEN: u64 = 300_000;
    const LAMPORTS: u64 = 10_000 * RENT_MINIMUM;
    let (alice, key) = (dev_key(0), unfunded_key(1));
    let metas = [key.pubkey(), alice.pubkey()].map(AccountMeta::signer_writable);
    let run = |script: Script| script.instruction(probe(0), metas.to_vec());
    let then_resize = |script: Script, len| script.then(Operation::Resize { account: 0, len });
    let resize = |len| run(then_resize(Script::new(), len));
    let drain = || {
        run(Script::new().then(Operation::Move {
            from: 0,
            to: 1,
            lamports: LAMPORTS,
        }))
    };
    let create = || system::create_account(&alice.pubkey(), &key.pubkey(), LAMPORTS, LEN, &probe(0));
    for instructions in [
        vec![resize(0), resize(LEN)],
        vec![resize(5_000), resize(LEN)],
        vec![resize(4_000), resize(0), resize(LEN)],
        vec![run(then_resize(then_resize(Script::new(), 0), LEN))],
        vec![drain(), create()],
        vec![resize(7_000), drain(), create()],
    ] {
        let mut genesis = genesis_with_probes(Profile::All);
        genesis.accounts.push(GenesisAccount {
            data: vec![1; 300_000],
            owner: probe(0),
            ..GenesisAccount::funded(key.pubkey(), LAMPORTS)
        });
        genesis.normalize();
        let world = world_of(genesis);
        let mut block = world.open_block(0);
        let mut counted = 0;
        for instruction in &instructions {
            let tx = world.tx(&[&alice, &key], std::slice::from_ref(instruction));
            assert_eq!(block.try_execute(&tx).unwrap().outcome.error, None);
            counted += block.spent().record_bytes;
        }
        let record = block.seal().0.into_stored();
        let delta = borsh::to_vec(&world.db.record_delta(&record.delta)).unwrap();
        let recorded = delta.len() as u64;
        assert!(
            recorded <= counted,
            "{recorded} bytes are recorded, {counted} counted"
        );
        assert!(counted < LEN + 10_000, "nothing is counted twice: {counted}");
    }
}
