//! A credit that the producer cannot receive is burned; so is the balance of the incinerator.

use isobath_program_abi::Pubkey;
use isobath_sdk::builtins::system;
use isobath_sdk::chain::genesis::{Genesis, GenesisAccount};
use isobath_sdk::ids;
use isobath_testkit::keys::dev_key;

use crate::support::{RENT_MINIMUM, world, world_of};

fn burned_with_producer(producer: Pubkey, account: Option<GenesisAccount>) -> (u64, u64) {
    let mut genesis = Genesis::development();
    genesis.producers = vec![producer];
    genesis.accounts.extend(account);
    genesis.normalize();
    let mut world = world_of(genesis);
    let alice = dev_key(0);
    let transfer = system::transfer(&alice.pubkey(), &Pubkey([7; 32]), RENT_MINIMUM);
    let tx = world.tx(&[&alice], &[transfer]);
    let before = world.balance(&producer);
    let record = world.block(&[tx]);
    (
        record.history.result.fees.burned,
        world.balance(&producer).checked_sub(before).unwrap(),
    )
}

#[test]
fn a_funded_producer_is_credited() {
    let producer = Pubkey([5; 32]);
    let funded = GenesisAccount::funded(producer, RENT_MINIMUM);
    assert_eq!(burned_with_producer(producer, Some(funded)), (2_500, 2_500));
}

#[test]
fn a_credit_that_would_stay_below_the_rent_minimum_is_burned() {
    assert_eq!(burned_with_producer(Pubkey([5; 32]), None), (5_000, 0));
}

#[test]
fn an_account_of_a_program_is_not_credited() {
    let producer = Pubkey([5; 32]);
    let owned = GenesisAccount {
        owner: Pubkey([6; 32]),
        ..GenesisAccount::funded(producer, 10 * RENT_MINIMUM)
    };
    assert_eq!(burned_with_producer(producer, Some(owned)), (5_000, 0));
}

#[test]
fn an_account_with_data_is_credited_if_it_is_rent_exempt() {
    let producer = Pubkey([5; 32]);
    let with_data = GenesisAccount {
        data: vec![1; 40],
        ..GenesisAccount::funded(producer, 10 * RENT_MINIMUM)
    };
    assert_eq!(burned_with_producer(producer, Some(with_data)), (2_500, 2_500));
}

#[test]
fn a_block_without_fees_does_not_touch_the_producer() {
    let mut world = world();
    assert!(world.block(&[]).delta.accounts.is_empty());
}

#[test]
fn what_the_incinerator_gets_is_burned_at_the_end_of_the_block() {
    let mut world = world();
    let alice = dev_key(0);
    let before = world.chain.capitalization();
    for lamports in [1, RENT_MINIMUM] {
        let capitalization = world.chain.capitalization();
        let transfer = system::transfer(&alice.pubkey(), &ids::INCINERATOR, lamports);
        let tx = world.tx(&[&alice], &[transfer]);
        let record = world.block(&[tx]);
        assert_eq!(record.history.executions.get(0).unwrap().outcome.error, None);
        assert_eq!(record.history.result.fees.burned, 2_500);
        assert_eq!(world.chain.capitalization(), capitalization - 2_500 - lamports);
        assert!(world.db.view().get(&ids::INCINERATOR).is_none());
    }
    assert_eq!(world.chain.capitalization(), before - 5_001 - RENT_MINIMUM);
}

#[test]
fn an_incinerator_of_the_genesis_burns_when_it_changes() {
    let mut genesis = Genesis::development();
    genesis
        .accounts
        .push(GenesisAccount::funded(ids::INCINERATOR, RENT_MINIMUM));
    genesis.normalize();
    let mut world = world_of(genesis);
    world.block(&[]);
    assert_eq!(world.balance(&ids::INCINERATOR), RENT_MINIMUM);
    let alice = dev_key(0);
    let transfer = system::transfer(&alice.pubkey(), &ids::INCINERATOR, 1);
    let tx = world.tx(&[&alice], &[transfer]);
    world.block(&[tx]);
    assert_eq!(world.balance(&ids::INCINERATOR), 0);
}
