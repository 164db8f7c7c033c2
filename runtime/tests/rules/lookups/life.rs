//! The life of a table, as transactions create, use, deactivate and close it.

use super::*;

#[test]
fn a_table_is_usable_from_the_block_after_it_was_extended() {
    let mut shop = Shop::new();
    let alice = shop.alice.pubkey();
    let extend = shop.extend(&[shopper(1)]);
    let extend = shop.world.tx(&[&shop.alice], &[extend]);
    let early = shop.message(&[shop.pay(&shopper(1))]);
    let use_it = shop.sign(early.clone());
    let record = shop.world.block(&[extend, use_it]);
    let outcomes: Vec<_> = record
        .history
        .executions
        .iter()
        .map(|execution| execution.outcome)
        .collect();
    assert_eq!(outcomes[0].error, None);
    assert_eq!(outcomes[1].class, OutcomeClass::NoOp);
    assert_eq!(
        outcomes[1].error,
        Some(TransactionError::InvalidAddressLookupTableIndex)
    );
    // A NoOp is not processed, so the same transaction may be in the next block.
    assert_eq!(shop.run(early).outcome.error, None);

    // Created, extended and used within one block: at the end of the parent there is no table.
    let slot = shop.world.chain.slot();
    let (create, table) = table_program::create_lookup_table(&alice, &alice, slot).unwrap();
    let extend = table_program::extend_lookup_table(&table, &alice, Some(&alice), vec![shopper(1)]);
    let make = shop.world.tx(&[&shop.alice], &[create, extend]);
    let other = Shop { table, ..shop };
    let use_it = other.sign(other.message(&[other.pay(&shopper(1))]));
    let record = other.world.dry_block(&[make, use_it]);
    let errors = record
        .history
        .executions
        .iter()
        .map(|execution| execution.outcome.error);
    let expected = [None, Some(TransactionError::AddressLookupTableNotFound)];
    assert_eq!(errors.collect::<Vec<_>>(), expected);
}

#[test]
fn a_frozen_table_is_usable_and_cannot_be_changed() {
    let mut shop = Shop::with(&[shopper(1)]);
    let alice = shop.alice.pubkey();
    shop.succeed(&[table_program::freeze_lookup_table(&shop.table, &alice)]);
    assert_eq!(
        shop.run(shop.message(&[shop.pay(&shopper(1))])).outcome.error,
        None
    );
    let immutable = TransactionError::InstructionError(0, InstructionError::Immutable);
    let deactivate = table_program::deactivate_lookup_table(&shop.table, &alice);
    assert_eq!(shop.fail(deactivate).0, immutable);
    let extend = table_program::extend_lookup_table(&shop.table, &alice, Some(&alice), vec![shopper(2)]);
    assert_eq!(shop.fail(extend).0, immutable);
}

#[test]
fn a_deactivated_table_serves_for_512_blocks_and_is_then_closed() {
    let mut shop = Shop::with(&[shopper(1)]);
    let alice = shop.alice.pubkey();
    shop.succeed(&[table_program::deactivate_lookup_table(&shop.table, &alice)]);
    let close = || table_program::close_lookup_table(&shop.table, &alice, &alice);
    let line = "Table cannot be closed until it's fully deactivated in 512 blocks".to_owned();
    assert!(shop.fail(close()).1.contains(&line));
    for _ in 0..511 {
        shop.world.block(&[]);
    }
    let line = "Table cannot be closed until it's fully deactivated in 1 blocks".to_owned();
    assert!(shop.fail(close()).1.contains(&line));
    assert_eq!(
        shop.run(shop.message(&[shop.pay(&shopper(1))])).outcome.error,
        None
    );

    shop.world.block(&[]);
    let message = shop.message(&[shop.pay(&shopper(1))]);
    shop.refuses(message, TransactionError::AddressLookupTableNotFound);
    let (before, held) = (shop.world.balance(&alice), shop.world.balance(&shop.table));
    assert_eq!(held, (128 + 56 + 32) * 6_960);
    shop.succeed(&[table_program::close_lookup_table(&shop.table, &alice, &alice)]);
    assert_eq!(shop.world.balance(&alice), before + held - FEE);
    assert!(shop.world.db.view().get(&shop.table).is_none());
    // The slot that the address is derived from is not recent any more, so the table never comes back.
    let (again, table) = table_program::create_lookup_table(&alice, &alice, shop.born).unwrap();
    assert_eq!(table, shop.table);
    let (error, logs) = shop.fail(again);
    assert_eq!(
        error,
        TransactionError::InstructionError(0, InstructionError::InvalidInstructionData)
    );
    assert!(logs.contains(&format!("{} is not a recent slot", shop.born)));
}

#[test]
fn a_table_that_is_closed_in_a_block_is_still_there_for_that_block() {
    let mut shop = Shop::with(&[shopper(1)]);
    let alice = shop.alice.pubkey();
    let deactivate = table_program::deactivate_lookup_table(&shop.table, &alice);
    let change = shop.world.tx(&[&shop.alice], &[deactivate]);
    let pay = shop.sign(shop.message(&[shop.pay(&shopper(1))]));
    let record = shop.world.block(&[change, pay]);
    assert!(
        record
            .history
            .executions
            .iter()
            .all(|execution| execution.outcome.error.is_none())
    );
}

#[test]
fn creating_costs_the_calls_and_shows_them() {
    let shop = Shop::new();
    let alice = shop.alice.pubkey();
    let (create, _) =
        table_program::create_lookup_table(&shopper(5), &alice, shop.world.chain.slot()).unwrap();
    let record = shop.world.dry_block(&[shop.world.tx(&[&shop.alice], &[create])]);
    let execution = record.history.executions.get(0).unwrap();
    assert_eq!(execution.outcome.error, None, "the authority need not sign");
    assert_eq!(execution.outcome.compute_units, 750 + 3 * (946 + 150));
    let (table_program, system) = (ids::ADDRESS_LOOKUP_TABLE_PROGRAM, ids::SYSTEM_PROGRAM);
    let mut expected = vec![format!("Program {table_program} invoke [1]")];
    for _ in 0..3 {
        expected.push(format!("Program {system} invoke [2]"));
        expected.push(format!("Program {system} success"));
    }
    expected.push(format!("Program {table_program} success"));
    assert_eq!(render_logs(execution.events), expected);
}

#[test]
fn a_table_is_created_for_a_payer_that_can_pay_and_with_the_system_program_at_hand() {
    let shop = Shop::new();
    let (alice, slot) = (shop.alice.pubkey(), shop.world.chain.slot());
    let (mut without, _) = table_program::create_lookup_table(&alice, &alice, slot).unwrap();
    without.accounts.truncate(3);
    let (error, logs) = shop.fail(without);
    assert_eq!(
        error,
        TransactionError::InstructionError(0, InstructionError::MissingAccount)
    );
    assert!(logs.contains(&format!("Unknown program {}", ids::SYSTEM_PROGRAM)));
    let (mut readonly, table) = table_program::create_lookup_table(&alice, &alice, slot).unwrap();
    readonly.accounts[0].is_writable = false;
    let (error, logs) = shop.fail(readonly);
    assert_eq!(
        error,
        TransactionError::InstructionError(0, InstructionError::PrivilegeEscalation)
    );
    assert!(logs.contains(&format!("{table}'s writable privilege escalated")));
}
