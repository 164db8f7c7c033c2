//! When the producer's credit is refused, it is burned.

use isobath_sdk::chain::genesis::{Genesis, GenesisAccount};
use isobath_sdk::pubkey::Pubkey;
use isobath_sdk::system;

use crate::testing::{RENT_MINIMUM, World, key};

fn burned_with_producer(producer: Pubkey, account: Option<GenesisAccount>) -> (u64, u64) {
    let mut genesis = Genesis::development();
    genesis.producers = vec![producer];
    genesis.accounts.extend(account);
    genesis.normalize();
    let mut world = World::with_genesis(genesis);
    let alice = key(0);
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
fn a_block_without_fees_does_not_touch_the_producer() {
    let mut world = World::new();
    assert!(world.block(&[]).delta.accounts.is_empty());
}
