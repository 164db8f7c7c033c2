//! Each outcome class, and exactly what it leaves behind.

use isobath_program_abi::InstructionError;
use isobath_program_abi::Pubkey;
use isobath_program_abi::{AccountMeta, Instruction};
use isobath_runtime::Tx;
use isobath_sdk::builtins::compute_budget;
use isobath_sdk::builtins::system;
use isobath_sdk::chain::genesis::{Genesis, GenesisAccount};
use isobath_sdk::chain::outcome::OutcomeClass;
use isobath_sdk::errors::TransactionError;
use isobath_sdk::ids;
use isobath_sdk::keypair::Keypair;
use isobath_testkit::keys::dev_key;
use isobath_testkit::transactions::wire;
use isobath_testkit::world::World;

use crate::support::{RENT_MINIMUM, world, world_of};

const FEE: u64 = 5_000;

fn outcome_of(world: &World, tx: &Tx) -> (OutcomeClass, Option<TransactionError>, u64, u64) {
    let record = world.dry_block(std::slice::from_ref(tx));
    let outcome = record.history.executions.get(0).unwrap().outcome;
    (outcome.class, outcome.error, outcome.fee, outcome.compute_units)
}

const fn ix_error(index: u8, error: InstructionError) -> Option<TransactionError> {
    Some(TransactionError::InstructionError(index, error))
}

#[test]
fn a_transfer_moves_lamports_and_pays_the_fee() {
    let mut world = world();
    let (alice, bob) = (dev_key(0), Pubkey([7; 32]));
    let before = world.balance(&alice.pubkey());
    let tx = world.tx(&[&alice], &[system::transfer(&alice.pubkey(), &bob, 1_000_000)]);
    let record = world.block(&[tx]);
    let execution = record.history.executions.get(0).unwrap();
    assert_eq!(execution.outcome.error, None);
    assert_eq!(
        (execution.outcome.fee, execution.outcome.compute_units),
        (FEE, 150)
    );
    assert_eq!(world.balance(&bob), 1_000_000);
    assert_eq!(world.balance(&alice.pubkey()), before - 1_000_000 - FEE);
    assert_eq!(execution.pre_balances, [before, 0, 1]);
    assert_eq!(execution.post_balances, [before - 1_000_000 - FEE, 1_000_000, 1]);
    let logs = isobath_sdk::chain::event::render_logs(execution.events);
    let id = "11111111111111111111111111111111";
    assert_eq!(
        logs,
        [
            format!("Program {id} invoke [1]"),
            format!("Program {id} success")
        ]
    );
}

#[test]
fn a_failing_instruction_rolls_everything_back_but_the_fee() {
    let mut world = world();
    let (alice, bob) = (dev_key(0), Pubkey([7; 32]));
    let before = world.balance(&alice.pubkey());
    let tx = world.tx(
        &[&alice],
        &[
            system::transfer(&alice.pubkey(), &bob, 1_000_000),
            system::transfer(&alice.pubkey(), &bob, u64::MAX),
        ],
    );
    let record = world.block(&[tx]);
    let outcome = record.history.executions.get(0).unwrap().outcome;
    assert_eq!(outcome.error, ix_error(1, InstructionError::Custom(1)));
    assert_eq!(world.balance(&bob), 0);
    assert_eq!(world.balance(&alice.pubkey()), before - FEE);
    let logs = isobath_sdk::chain::event::render_logs(record.history.executions.get(0).unwrap().events);
    let have = before - FEE - 1_000_000;
    assert_eq!(
        logs[3],
        format!("Transfer: insufficient lamports {have}, need {}", u64::MAX)
    );
    assert_eq!(
        logs[4],
        "Program 11111111111111111111111111111111 failed: custom program error: 0x1"
    );
}

#[test]
fn half_of_the_base_fee_is_burned_and_the_rest_and_the_bid_are_the_producers() {
    let mut world = world();
    let producer = world.runtime.producer();
    let (before, capitalization) = (world.balance(&producer), world.chain.capitalization());
    let alice = dev_key(0);
    let tx = world.tx(
        &[&alice],
        &[
            compute_budget::set_compute_unit_limit(1_000),
            compute_budget::set_compute_unit_price(1_500_001),
            system::transfer(&alice.pubkey(), &Pubkey([7; 32]), RENT_MINIMUM),
        ],
    );
    let record = world.block(&[tx]);
    let priority = 1_501;
    assert_eq!(
        record.history.executions.get(0).unwrap().outcome.fee,
        FEE + priority
    );
    assert_eq!(
        record.history.executions.get(0).unwrap().outcome.compute_units,
        450
    );
    assert_eq!(world.balance(&producer), before + FEE / 2 + priority);
    assert_eq!(world.chain.capitalization(), capitalization - FEE / 2);
}

#[test]
fn a_compute_limit_that_is_too_small_fails_and_spends_all_of_it() {
    let world = world();
    let alice = dev_key(0);
    let tx = world.tx(
        &[&alice],
        &[
            compute_budget::set_compute_unit_limit(200),
            system::transfer(&alice.pubkey(), &Pubkey([7; 32]), RENT_MINIMUM),
        ],
    );
    let error = ix_error(1, InstructionError::ComputationalBudgetExceeded);
    assert_eq!(outcome_of(&world, &tx), (OutcomeClass::Executed, error, FEE, 200));
}

#[test]
fn leaving_an_account_below_the_rent_minimum_fails_by_its_index() {
    let world = world();
    let alice = dev_key(0);
    let tx = world.tx(
        &[&alice],
        &[system::transfer(
            &alice.pubkey(),
            &Pubkey([7; 32]),
            RENT_MINIMUM - 1,
        )],
    );
    let error = Some(TransactionError::InsufficientFundsForRent { account_index: 1 });
    assert_eq!(outcome_of(&world, &tx), (OutcomeClass::Executed, error, FEE, 150));
}

#[test]
fn what_cannot_pay_is_a_no_op() {
    let mut world = world();
    let (alice, poor) = (dev_key(0), Keypair::from_seed([9; 32]));
    let pay = |world: &World| world.tx(&[&poor], &[system::transfer(&poor.pubkey(), &alice.pubkey(), 1)]);
    let no_op = |error| (OutcomeClass::NoOp, Some(error), 0, 0);
    assert_eq!(
        outcome_of(&world, &pay(&world)),
        no_op(TransactionError::AccountNotFound)
    );

    let fund = world.tx(
        &[&alice],
        &[system::transfer(&alice.pubkey(), &poor.pubkey(), RENT_MINIMUM)],
    );
    world.block(&[fund]);
    let rent = TransactionError::InsufficientFundsForRent { account_index: 0 };
    assert_eq!(outcome_of(&world, &pay(&world)), no_op(rent));

    let expensive = world.tx(
        &[&poor],
        &[
            compute_budget::set_compute_unit_limit(1_000_000),
            compute_budget::set_compute_unit_price(1_000_000),
        ],
    );
    assert_eq!(
        outcome_of(&world, &expensive),
        no_op(TransactionError::InsufficientFundsForFee)
    );
}

#[test]
fn an_account_that_is_not_a_plain_system_account_pays_no_fee() {
    let mut world = world();
    let (alice, owned) = (dev_key(0), Keypair::from_seed([9; 32]));
    let create = system::create_account(&alice.pubkey(), &owned.pubkey(), 10_000_000, 8, &Pubkey([4; 32]));
    let create = world.tx(&[&alice, &owned], &[create]);
    assert_eq!(
        world
            .block(&[create])
            .history
            .executions
            .get(0)
            .unwrap()
            .outcome
            .error,
        None
    );
    let tx = world.tx(
        &[&owned],
        &[system::transfer(&owned.pubkey(), &alice.pubkey(), 1)],
    );
    let no_op = (
        OutcomeClass::NoOp,
        Some(TransactionError::InvalidAccountForFee),
        0,
        0,
    );
    assert_eq!(outcome_of(&world, &tx), no_op);
}

#[test]
fn a_message_is_processed_once_however_it_is_signed() {
    let mut world = world();
    let alice = dev_key(0);
    let tx = world.tx(
        &[&alice],
        &[system::transfer(&alice.pubkey(), &Pubkey([7; 32]), RENT_MINIMUM)],
    );
    let mut resigned = tx.wire().to_vec();
    // Another signature over the same message: the identity is the message.
    resigned[5] ^= 1;
    let resigned = world.admit(&resigned).unwrap();
    let no_op = (OutcomeClass::NoOp, Some(TransactionError::AlreadyProcessed), 0, 0);

    let record = world.dry_block(&[tx.clone(), resigned.clone()]);
    assert_eq!(record.history.executions.get(1).unwrap().outcome.error, no_op.1);
    world.block(std::slice::from_ref(&tx));
    assert_eq!(outcome_of(&world, &tx), no_op);
    assert_eq!(outcome_of(&world, &resigned), no_op);
    assert_eq!(world.balance(&Pubkey([7; 32])), RENT_MINIMUM);
}

#[test]
fn a_blockhash_lives_for_exactly_150_blocks() {
    let mut world = world();
    let alice = dev_key(0);
    let tx = world.tx(
        &[&alice],
        &[system::transfer(&alice.pubkey(), &Pubkey([7; 32]), RENT_MINIMUM)],
    );
    for _ in 0..149 {
        world.block(&[]);
    }
    assert_eq!(
        outcome_of(&world, &tx).0,
        OutcomeClass::Executed,
        "block 150 may hold it"
    );
    world.block(&[]);
    let no_op = (
        OutcomeClass::NoOp,
        Some(TransactionError::BlockhashNotFound),
        0,
        0,
    );
    assert_eq!(outcome_of(&world, &tx), no_op);

    let unknown = wire(&[&alice], &[], isobath_program_abi::Hash([3; 32]));
    assert_eq!(outcome_of(&world, &world.admit(&unknown).unwrap()), no_op);
}

#[test]
fn what_cannot_be_loaded_costs_the_fee() {
    let world = world();
    let (alice, bob) = (dev_key(0), dev_key(1));
    let call = |program: Pubkey| Instruction {
        program_id: program,
        accounts: vec![],
        data: vec![1],
    };
    let fees_only = |error| (OutcomeClass::FeesOnly, Some(error), FEE, 0);

    let absent = world.tx(&[&alice], &[call(Pubkey([8; 32]))]);
    assert_eq!(
        outcome_of(&world, &absent),
        fees_only(TransactionError::ProgramAccountNotFound)
    );
    let no_program = world.tx(&[&alice], &[call(bob.pubkey())]);
    assert_eq!(
        outcome_of(&world, &no_program),
        fees_only(TransactionError::InvalidProgramForExecution)
    );
    let too_small = world.tx(
        &[&alice],
        &[compute_budget::set_loaded_accounts_data_size_limit(1)],
    );
    assert_eq!(
        outcome_of(&world, &too_small),
        fees_only(TransactionError::MaxLoadedAccountsDataSizeExceeded)
    );
}

#[test]
fn what_is_loaded_may_reach_the_limit_that_the_transaction_sets() {
    let (world, alice) = (world(), dev_key(0));
    let simulate = |limit| {
        let transfer = system::transfer(&alice.pubkey(), &dev_key(1).pubkey(), 1);
        let limit = compute_budget::set_loaded_accounts_data_size_limit(limit);
        let tx = world.tx(&[&alice], &[limit, transfer]);
        let simulation = world.runtime.simulate(&world.chain, &world.db.view(), &tx);
        (simulation.outcome.error, simulation.loaded_data_len)
    };
    let (error, loaded) = simulate(u32::MAX);
    assert_eq!(error, None);
    let limit = u32::try_from(loaded).unwrap();
    assert_eq!(simulate(limit), (None, loaded));
    let exceeded = Some(TransactionError::MaxLoadedAccountsDataSizeExceeded);
    assert_eq!(simulate(limit - 1), (exceeded, loaded - 1));
}

#[test]
fn an_account_of_any_loader_is_loaded_as_a_program_and_then_not_supported() {
    let mut genesis = Genesis::development();
    let loaders = [
        ids::BPF_LOADER,
        ids::BPF_LOADER_DEPRECATED,
        ids::BPF_LOADER_UPGRADEABLE,
        ids::LOADER_V4,
    ];
    for (owner, index) in loaders.into_iter().zip(1..) {
        genesis.accounts.push(GenesisAccount {
            owner,
            ..GenesisAccount::funded(Pubkey([index; 32]), RENT_MINIMUM)
        });
    }
    genesis.normalize();
    let world = world_of(genesis);
    for index in 1..=4 {
        let call = Instruction::new(Pubkey([index; 32]), vec![], vec![]);
        let (class, error, ..) = outcome_of(&world, &world.tx(&[&dev_key(0)], &[call]));
        let expected = ix_error(0, InstructionError::UnsupportedProgramId);
        assert_eq!((class, error), (OutcomeClass::Executed, expected));
    }
}

#[test]
fn a_read_only_recipient_and_a_missing_signature_are_refused_by_the_rules() {
    let world = world();
    let (alice, bob) = (dev_key(0), dev_key(1));
    let mut to_read_only = system::transfer(&alice.pubkey(), &Pubkey([7; 32]), RENT_MINIMUM);
    to_read_only.accounts[1].is_writable = false;
    let tx = world.tx(&[&alice], &[to_read_only]);
    assert_eq!(
        outcome_of(&world, &tx).1,
        ix_error(0, InstructionError::ReadonlyLamportChange)
    );

    let mut theft = system::transfer(&bob.pubkey(), &alice.pubkey(), 1);
    theft.accounts[0] = AccountMeta {
        pubkey: bob.pubkey(),
        is_signer: false,
        is_writable: true,
    };
    let tx = world.tx(&[&alice], &[theft]);
    assert_eq!(
        outcome_of(&world, &tx).1,
        ix_error(0, InstructionError::MissingRequiredSignature)
    );
}

#[test]
fn a_self_transfer_changes_nothing_but_the_fee() {
    let mut world = world();
    let alice = dev_key(0);
    let before = world.balance(&alice.pubkey());
    let tx = world.tx(
        &[&alice],
        &[system::transfer(&alice.pubkey(), &alice.pubkey(), 1_000)],
    );
    assert_eq!(
        world
            .block(&[tx])
            .history
            .executions
            .get(0)
            .unwrap()
            .outcome
            .error,
        None
    );
    assert_eq!(world.balance(&alice.pubkey()), before - FEE);
}

/// A block lists what differs from its parent, not what was written.
#[test]
fn an_account_that_ends_as_it_was_is_no_change_of_the_block() {
    let world = world();
    let (alice, bob, absent) = (dev_key(0), dev_key(1), Keypair::from_seed([9; 32]));
    let pay = |from: &Keypair, to: &Keypair| {
        let transfer = system::transfer(&from.pubkey(), &to.pubkey(), RENT_MINIMUM);
        world.tx(&[&alice, from], &[transfer])
    };
    let there_and_back = |other| [pay(&alice, other), pay(other, &alice)];
    let record = world.dry_block(&[there_and_back(&bob), there_and_back(&absent)].concat());
    for execution in &record.history.executions {
        assert_eq!(execution.outcome.error, None);
    }
    let keys = record.delta.accounts.iter().map(|(key, _)| *key);
    let mut expected = vec![alice.pubkey(), world.runtime.producer()];
    expected.sort_unstable();
    assert_eq!(keys.collect::<Vec<_>>(), expected);
}

#[test]
fn an_emptied_account_is_gone_and_can_be_created_again() {
    let mut world = world();
    let (alice, other) = (dev_key(0), Keypair::from_seed([9; 32]));
    let fund = system::transfer(&alice.pubkey(), &other.pubkey(), RENT_MINIMUM);
    world.block(&[world.tx(&[&alice], &[fund])]);
    let empty = system::transfer(&other.pubkey(), &alice.pubkey(), RENT_MINIMUM);
    let record = world.block(&[world.tx(&[&alice, &other], &[empty])]);
    assert_eq!(record.history.executions.get(0).unwrap().outcome.error, None);
    assert!(world.db.view().get(&other.pubkey()).is_none());
    assert!(
        record
            .delta
            .accounts
            .iter()
            .any(|(key, account)| *key == other.pubkey() && account.is_none())
    );
    let create = system::create_account(&alice.pubkey(), &other.pubkey(), 2_000_000, 3, &Pubkey([4; 32]));
    let record = world.block(&[world.tx(&[&alice, &other], &[create])]);
    assert_eq!(record.history.executions.get(0).unwrap().outcome.error, None);
    assert_eq!(
        world.db.view().get(&other.pubkey()).unwrap().data.as_slice(),
        [0; 3]
    );
}

#[test]
fn a_sysvar_reads_as_a_view_and_is_never_written() {
    let world = world();
    let alice = dev_key(0);
    let tx = world.tx(
        &[&alice],
        &[system::transfer(
            &alice.pubkey(),
            &ids::SYSVAR_CLOCK,
            RENT_MINIMUM,
        )],
    );
    assert!(!tx.is_writable(1));
    let record = world.dry_block(&[tx]);
    let execution = record.history.executions.get(0).unwrap();
    assert_eq!(
        execution.outcome.error,
        ix_error(0, InstructionError::ReadonlyLamportChange)
    );
    assert_eq!(
        execution.pre_balances[1], 1_169_280,
        "the clock shows its usual lamports"
    );
    assert!(
        record
            .delta
            .accounts
            .iter()
            .all(|(key, _)| *key != ids::SYSVAR_CLOCK)
    );
}

#[test]
fn simulation_and_advice_agree_with_the_next_block_and_keep_nothing() {
    let world = world();
    let alice = dev_key(0);
    let tx = world.tx(
        &[&alice],
        &[system::transfer(&alice.pubkey(), &Pubkey([7; 32]), RENT_MINIMUM)],
    );
    let view = world.db.view();
    let simulation = world.runtime.simulate(&world.chain, &view, &tx);
    assert_eq!(world.runtime.advise(&world.chain, &view, &tx), Ok(()));
    assert_eq!(view.get(&Pubkey([7; 32])), None);
    drop(view);
    let record = world.dry_block(&[tx]);
    let execution = record.history.executions.get(0).unwrap();
    assert_eq!(simulation.outcome.borrowed(), execution.outcome);
    assert_eq!(simulation.events, execution.events.to_vec());
    assert_eq!(simulation.post_balances, execution.post_balances);
}
