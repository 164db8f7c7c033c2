//! What an open block, a transaction, a simulation and the sysvars say when asked.

use isobath_program_abi::{Instruction, Pubkey};
use isobath_runtime::{BLOCK_RECORD_BYTES_BASE, DecodedTx};
use isobath_sdk::builtins::nonce::NONCE_ACCOUNT_LEN;
use isobath_sdk::builtins::system;
use isobath_sdk::chain::account::Account;
use isobath_sdk::chain::genesis::{Genesis, GenesisAccount};
use isobath_sdk::chain::outcome::OutcomeClass;
use isobath_sdk::errors::TransactionError;
use isobath_sdk::ids;
use isobath_sdk::sysvar::clock::Clock;
use isobath_sdk::sysvar::recent_blockhashes::RecentBlockhashes;
use isobath_sdk::sysvar::slot_hashes::SlotHashes;
use isobath_testkit::keys::dev_key;

use crate::support::{RENT_MINIMUM, world, world_of};

const BOB: Pubkey = Pubkey([7; 32]);

#[test]
fn an_open_block_says_where_it_is_and_what_it_contains() {
    let mut world = world();
    world.block(&[]);
    world.block(&[]);
    let alice = dev_key(0);
    let tx = world.tx(
        &[&alice],
        &[system::transfer(&alice.pubkey(), &BOB, RENT_MINIMUM)],
    );
    let mut block = world.open_block(0);
    assert_eq!((block.slot(), block.height()), (3, 3));
    assert_eq!((block.transaction_count(), block.compute_units()), (0, 0));
    assert_eq!(block.try_execute(&tx).unwrap().outcome.error, None);
    assert_eq!((block.transaction_count(), block.compute_units()), (1, 150));
    let again = block.try_execute(&tx).map(|execution| execution.outcome.class);
    assert_eq!(again, Err(TransactionError::AlreadyProcessed));
    assert_eq!((block.transaction_count(), block.compute_units()), (1, 150));
}

#[test]
fn a_transaction_shows_its_bytes_and_its_name() {
    let world = world();
    let alice = dev_key(0);
    let tx = world.tx(&[&alice], &[system::transfer(&alice.pubkey(), &BOB, 1)]);
    let wire = tx.wire().to_vec();
    assert_eq!(tx.signature().0[..], wire[1..65]);
    assert_eq!(tx.as_ref(), wire);
    assert_eq!(DecodedTx::decode(wire.clone()).unwrap().as_ref(), wire);
}

#[test]
fn a_simulation_costs_what_the_block_charges_and_shows_what_would_remain() {
    let world = world();
    let (alice, bob) = (dev_key(0), dev_key(1));
    let all = world.balance(&bob.pubkey());
    let instructions = [system::transfer(&bob.pubkey(), &alice.pubkey(), all)];
    let tx = world.tx(&[&alice, &bob], &instructions);
    let simulation = world.runtime.simulate(&world.chain, &world.db.view(), &tx);
    let mut block = world.open_block(0);
    let executed = block.try_execute(&tx).unwrap().outcome;
    let simulated = &simulation.outcome;
    assert_eq!(
        (executed.class, executed.error, executed.compute_units),
        (simulated.class, simulated.error, simulated.compute_units)
    );
    assert_eq!(block.spent().cost_units, simulation.cost_units(&tx));
    let expected = (0..tx.key_count()).map(|index| {
        let key = tx.key(index);
        (key, block.account(&key).map(|account| account.lamports))
    });
    let shown = simulation.accounts.iter();
    let shown = shown.map(|(key, account)| (*key, account.as_ref().map(|account| account.lamports)));
    assert_eq!(shown.collect::<Vec<_>>(), expected.collect::<Vec<_>>());
    assert_eq!(
        simulation.accounts[1],
        (bob.pubkey(), None),
        "the emptied account is gone"
    );
    assert_eq!(
        world.runtime.nonce_account(&world.chain, &world.db.view(), &tx),
        None
    );
}

#[test]
fn a_simulation_names_the_program_that_is_missing() {
    let world = world();
    let alice = dev_key(0);
    let absent = Pubkey([9; 32]);
    let call = |program_id| Instruction::new(program_id, Vec::new(), Vec::new());
    let missing = |program_id| {
        let transfer = system::transfer(&alice.pubkey(), &BOB, 1);
        let tx = world.tx(&[&alice], &[transfer, call(program_id)]);
        let simulation = world.runtime.simulate(&world.chain, &world.db.view(), &tx);
        (simulation.outcome.class, simulation.missing_program)
    };
    assert_eq!(missing(absent), (OutcomeClass::FeesOnly, Some(absent)));
    let other = dev_key(1).pubkey();
    assert_eq!(missing(other), (OutcomeClass::FeesOnly, None), "it is no program");
}

#[test]
fn sysvars_have_contents_of_their_own() {
    let mut world = world();
    world.block(&[]);
    let data = |key| {
        let account = world.runtime.sysvar_account(&world.chain, &key);
        account.unwrap().data
    };
    let schedule = world.runtime.genesis().epoch_schedule();
    assert_eq!(*data(ids::SYSVAR_EPOCH_SCHEDULE), *schedule.to_bytes());
    // The account shows the chain as the newest block saw it, which knows its parent.
    let parent = world.chain.recent_blocks().nth(1).unwrap().blockhash;
    let recent = RecentBlockhashes::from_bytes(&data(ids::SYSVAR_RECENT_BLOCKHASHES)).unwrap();
    assert_eq!(recent.entries()[0].blockhash, parent);
    let hashes = SlotHashes::from_bytes(&data(ids::SYSVAR_SLOT_HASHES)).unwrap();
    assert_eq!(hashes.entries(), [(0, parent)]);
    assert_eq!(*data(ids::SYSVAR_RENT), *world.runtime.rules().rent.to_bytes());
    assert_eq!(*data(ids::SYSVAR_LAST_RESTART_SLOT), [0; 8]);
    assert_eq!(*data(ids::SYSVAR_EPOCH_REWARDS), [0; 81]);
}

#[test]
fn the_sysvars_that_are_listed_are_those_with_an_account() {
    let world = world();
    let account = |key: &Pubkey| world.runtime.sysvar_account(&world.chain, key);
    let keys = world.runtime.sysvar_keys();
    assert_eq!(keys.len(), 7);
    for key in keys {
        let account = account(key).unwrap();
        assert_eq!((account.owner, account.executable), (ids::SYSVAR_OWNER, false));
        let rent = world.runtime.rules().rent;
        assert_eq!(account.lamports, rent.minimum_balance(account.data.len() as u64));
    }
    for key in [ids::SYSVAR_INSTRUCTIONS, ids::SYSTEM_PROGRAM, BOB] {
        assert_eq!(account(&key), None);
    }
}

/// An epoch begins with its first block, whose time is that of the epoch.
#[test]
fn the_clock_says_when_its_epoch_began() {
    let mut genesis = Genesis::development();
    genesis.slots_per_epoch = 32;
    let start_ms = genesis.start_time_ms;
    let mut world = world_of(genesis);
    for slot in 1..=65 {
        let transfer = system::transfer(&dev_key(0).pubkey(), &dev_key(1).pubkey(), 1);
        let record = world.block(&[world.tx(&[&dev_key(0)], &[transfer])]);
        let epoch = slot / 32;
        assert_eq!((world.chain.epoch(), world.chain.epoch_of(slot)), (epoch, epoch));
        for (_, account) in &record.delta.accounts {
            assert_eq!(account.as_ref().unwrap().last_change_epoch, epoch);
        }
        let account = world.runtime.sysvar_account(&world.chain, &ids::SYSVAR_CLOCK);
        let second = |slot: u64| start_ms / 1_000 + i64::try_from(slot).unwrap();
        let expected = Clock {
            slot,
            epoch_start_timestamp: second(epoch * 32),
            epoch,
            leader_schedule_epoch: epoch + 1,
            unix_timestamp: second(slot),
        };
        assert_eq!(Clock::from_bytes(&account.unwrap().data), Ok(expected));
    }
}

#[test]
fn a_payer_can_pay_what_leaves_it_nothing_or_exempt_from_rent() {
    let world = world();
    let rent = world.runtime.rules().rent;
    let payer = |lamports| Account::new(lamports, ids::SYSTEM_PROGRAM);
    let require = |account: Option<&Account>, fees| world.runtime.require_payer(&BOB, account, fees);
    assert_eq!(require(None, 0), Err(TransactionError::AccountNotFound));
    assert_eq!(
        require(Some(&payer(0)), 0),
        Err(TransactionError::AccountNotFound)
    );
    let account = payer(RENT_MINIMUM + 10_000);
    for paid in [0, 10_000, RENT_MINIMUM + 10_000] {
        assert_eq!(require(Some(&account), paid), Ok(()), "{paid}");
    }
    let below = TransactionError::InsufficientFundsForRent { account_index: 0 };
    for paid in [10_001, RENT_MINIMUM + 9_999] {
        assert_eq!(require(Some(&account), paid), Err(below), "{paid}");
    }
    let too_much = require(Some(&account), RENT_MINIMUM + 10_001);
    assert_eq!(too_much, Err(TransactionError::InsufficientFundsForFee));
    let of_a_program = Account::new(rent.minimum_balance(0), BOB);
    assert_eq!(
        require(Some(&of_a_program), 0),
        Err(TransactionError::InvalidAccountForFee)
    );
}

/// Only an initialized nonce of its exact length pays fees in spite of its data.
#[test]
fn an_account_that_only_looks_like_a_nonce_pays_no_fee() {
    for len in [NONCE_ACCOUNT_LEN, NONCE_ACCOUNT_LEN + 1] {
        let payer = dev_key(0);
        let mut genesis = Genesis::development();
        let mut data = vec![0; len];
        // Initialized, if it is too long to be a nonce account.
        data[4] = u8::from(len > NONCE_ACCOUNT_LEN);
        genesis
            .accounts
            .retain(|account| account.pubkey != payer.pubkey());
        genesis.accounts.push(GenesisAccount {
            data,
            ..GenesisAccount::funded(payer.pubkey(), 10_000_000_000)
        });
        genesis.normalize();
        let world = world_of(genesis);
        let tx = world.tx(&[&payer], &[system::transfer(&payer.pubkey(), &BOB, 1)]);
        let mut block = world.open_block(0);
        let refused = block.try_execute(&tx).map(|execution| execution.outcome.class);
        assert_eq!(
            refused,
            Err(TransactionError::InvalidAccountForFee),
            "{len} bytes"
        );
    }
}

#[test]
fn a_block_without_transactions_has_room_for_two_accounts_of_the_greatest_length() {
    let max = Genesis::development().rules().account_data_len_max as u64;
    let rest = BLOCK_RECORD_BYTES_BASE - 2 * max;
    assert!((64 << 10..=65 << 10).contains(&rest), "header and result: {rest}");
}
