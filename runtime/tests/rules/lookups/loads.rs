//! What lookups load, with which access, and why they fail.

use super::*;

#[test]
fn a_loaded_key_is_paid_and_shows_in_balances_and_addresses() {
    let mut shop = Shop::with(&[shopper(1), shopper(2), shopper(3)]);
    let message = shop.message(&[shop.pay(&shopper(2))]);
    assert_eq!(message.lookups, [lookup(shop.table, &[1], &[])]);
    assert_eq!(message.account_keys.len(), 2);
    let before = shop.world.balance(&shop.alice.pubkey());
    let tx = shop.sign(message);
    let simulation = shop
        .world
        .runtime
        .simulate(&shop.world.chain, &shop.world.db.view(), &tx);
    let view = shop.world.db.view();
    let resolved = shop
        .world
        .runtime
        .resolve_lookups(&shop.world.chain, &view, tx.view());
    let record = shop.world.block(&[tx]);
    let execution = record.history.executions.get(0).unwrap();
    assert_eq!(execution.outcome.error, None);
    assert_eq!(execution.pre_balances, [before, 1, 0]);
    assert_eq!(
        execution.post_balances,
        [before - RENT_MINIMUM - FEE, 1, RENT_MINIMUM]
    );
    assert_eq!(execution.loaded_addresses.writable, [shopper(2)]);
    assert!(execution.loaded_addresses.readonly.is_empty());
    assert_eq!(shop.world.balance(&shopper(2)), RENT_MINIMUM);
    assert_eq!(simulation.outcome.borrowed(), execution.outcome);
    assert_eq!(simulation.post_balances, execution.post_balances);
    assert_eq!(simulation.loaded_addresses.borrowed(), execution.loaded_addresses);
    assert_eq!(resolved, Ok(simulation.loaded_addresses));
    // Each key twice, each of the two accounts that changed three times, the message three times, and the table.
    assert_eq!(simulation.work.table_probes, 3 * 2 + 2 * 3 + 3 + 1);
    // Payer 64, System program 64 and its name, the absent key nothing, the table a flat amount.
    assert_eq!(simulation.loaded_data_len, 64 + (64 + 21) + 8_248);
}

#[test]
fn static_and_loaded_keys_stand_in_the_order_of_the_message() {
    let mut shop = Shop::with(&[shopper(1), OWNED, ids::SYSVAR_CLOCK, shopper(2)]);
    let alice = shop.alice.pubkey();
    let slot = shop.world.chain.slot();
    let (create, second) = table_program::create_lookup_table(&alice, &alice, slot).unwrap();
    let more = vec![shopper(4), shopper(5)];
    let extend = table_program::extend_lookup_table(&second, &alice, Some(&alice), more);
    shop.succeed(&[create, extend]);
    let mut message = shop.message(&[shop.pay(&shopper(1))]);
    message.lookups = vec![lookup(shop.table, &[3, 0], &[2, 1]), lookup(second, &[1], &[0])];
    // Instruction accounts name the combined list: payer, program, then 2 is the table's index 3.
    message.instructions[0].accounts[1] = 2;
    let execution = shop.run(message);
    assert_eq!(execution.outcome.error, None);
    let loaded = &execution.loaded_addresses;
    assert_eq!(loaded.writable, [shopper(2), shopper(1), shopper(5)]);
    assert_eq!(loaded.readonly, [ids::SYSVAR_CLOCK, OWNED, shopper(4)]);
    assert_eq!(
        execution.post_balances[2..],
        [RENT_MINIMUM, 0, 0, 1_169_280, BALANCE, 0]
    );
}

#[test]
fn a_key_that_stands_twice_makes_a_no_op() {
    let mut shop = Shop::with(&[
        shopper(1),
        shopper(2),
        shopper(1),
        dev_key(0).pubkey(),
        ids::SYSTEM_PROGRAM,
    ]);
    let alice = shop.alice.pubkey();
    let slot = shop.world.chain.slot();
    let (create, second) = table_program::create_lookup_table(&alice, &alice, slot).unwrap();
    let extend = table_program::extend_lookup_table(&second, &alice, Some(&alice), vec![shopper(2)]);
    shop.succeed(&[create, extend]);
    let base = shop.message(&[shop.pay(&shopper(1))]);
    for lookups in [
        vec![lookup(shop.table, &[0, 0], &[])],
        vec![lookup(shop.table, &[0, 2], &[])],
        vec![lookup(shop.table, &[0], &[2])],
        vec![lookup(shop.table, &[0], &[3])],
        vec![lookup(shop.table, &[0], &[4])],
        vec![lookup(shop.table, &[0, 1], &[]), lookup(second, &[0], &[])],
        vec![lookup(shop.table, &[0], &[]), lookup(shop.table, &[], &[2])],
    ] {
        let message = Message {
            lookups,
            ..base.clone()
        };
        shop.refuses(message, TransactionError::AccountLoadedTwice);
    }
    let apart = vec![lookup(shop.table, &[0], &[]), lookup(shop.table, &[], &[1])];
    assert_eq!(
        shop.run(Message {
            lookups: apart,
            ..base
        })
        .outcome
        .error,
        None
    );
}

#[test]
fn what_cannot_be_looked_up_makes_a_no_op_with_its_error() {
    let shop = Shop::with(&[shopper(1), shopper(2)]);
    let base = shop.message(&[shop.pay(&shopper(1))]);
    let owner = TransactionError::InvalidAddressLookupTableOwner;
    let data = TransactionError::InvalidAddressLookupTableData;
    let index = TransactionError::InvalidAddressLookupTableIndex;
    for (lookups, error) in [
        (vec![lookup(shop.table, &[2], &[])], index),
        (vec![lookup(shop.table, &[0], &[255])], index),
        (
            vec![lookup(shopper(9), &[0], &[])],
            TransactionError::AddressLookupTableNotFound,
        ),
        (vec![lookup(shop.alice.pubkey(), &[0], &[])], owner),
        (vec![lookup(OWNED, &[0], &[])], owner),
        (vec![lookup(ids::SYSVAR_CLOCK, &[0], &[])], owner),
        (vec![lookup(EMPTY, &[0], &[])], data),
        (vec![lookup(GARBAGE, &[0], &[])], data),
        // The first table that fails decides.
        (
            vec![lookup(shop.table, &[0], &[]), lookup(shopper(9), &[0], &[])],
            TransactionError::AddressLookupTableNotFound,
        ),
        (
            vec![lookup(shop.table, &[9], &[]), lookup(shopper(9), &[0], &[])],
            index,
        ),
    ] {
        shop.refuses(
            Message {
                lookups,
                ..base.clone()
            },
            error,
        );
    }
}

#[test]
fn loaded_keys_have_the_access_that_was_asked_for_and_reserved_ones_only_reading() {
    let shop = Shop::with(&[OWNED, ids::SYSVAR_CLOCK, ids::STAKE_PROGRAM, probe(1)]);
    let write = Script::new().then(Operation::Write {
        account: 0,
        offset: 0,
        bytes: (&[8_u8][..]).into(),
    });
    let run = |meta: AccountMeta| shop.run(shop.message(&[write.instruction(probe(0), vec![meta])]));
    let error = |error| Some(TransactionError::InstructionError(0, error));

    let written = run(AccountMeta::writable(OWNED));
    assert_eq!(written.loaded_addresses.writable, [OWNED]);
    assert_eq!(written.outcome.error, None);
    let read = run(AccountMeta::readonly(OWNED));
    assert_eq!(read.loaded_addresses.readonly, [OWNED]);
    assert_eq!(read.outcome.error, error(InstructionError::ReadonlyDataModified));
    for reserved in [ids::SYSVAR_CLOCK, ids::STAKE_PROGRAM] {
        let asked = run(AccountMeta::writable(reserved));
        assert_eq!(asked.loaded_addresses.writable, [reserved], "shown as asked for");
        assert_eq!(asked.outcome.error, error(InstructionError::ReadonlyDataModified));
        let paid = shop.run(shop.message(&[shop.pay(&reserved)]));
        assert_eq!(paid.outcome.error, error(InstructionError::ReadonlyLamportChange));
    }
}

#[test]
fn a_loaded_program_can_be_called_by_a_program_but_not_by_the_transaction() {
    let shop = Shop::with(&[probe(1), OWNED]);
    let call = Operation::Invoke(Call::probe(Place::Position(0), vec![], &Script::new()));
    let accounts = vec![AccountMeta::readonly(probe(1))];
    let message = shop.message(&[Script::new().then(call).instruction(probe(0), accounts)]);
    assert_eq!(message.lookups, [lookup(shop.table, &[], &[0])]);
    let execution = shop.run(message);
    assert_eq!(execution.outcome.error, None);
    let logs = render_logs(&execution.events);
    assert!(
        logs.contains(&format!("Program {} invoke [2]", probe(1))),
        "{logs:#?}"
    );

    let mut message =
        shop.message(&[Script::new().instruction(probe(0), vec![AccountMeta::readonly(OWNED)])]);
    message.instructions[0].program_id_index = 2;
    let wire = Transaction::sign(message, &[&shop.alice]).unwrap().serialize();
    assert_eq!(
        shop.world.admit(&wire).unwrap_err(),
        TransactionError::SanitizeFailure
    );
}

#[test]
fn a_failing_transaction_with_lookups_pays_and_changes_nothing_else() {
    let mut shop = Shop::with(&[shopper(1), OWNED]);
    let before = shop.world.balance(&shop.alice.pubkey());
    let fails = Script::new().then(Operation::Fail(InstructionError::Custom(3)));
    let fails = fails.instruction(probe(0), vec![AccountMeta::writable(OWNED)]);
    let message = shop.message(&[shop.pay(&shopper(1)), fails]);
    let record = shop.world.block(&[shop.sign(message)]);
    let execution = record.history.executions.get(0).unwrap();
    let error = TransactionError::InstructionError(1, InstructionError::Custom(3));
    assert_eq!(execution.outcome.error, Some(error));
    assert_eq!(execution.loaded_addresses.writable.len(), 2);
    assert_eq!(shop.world.balance(&shopper(1)), 0);
    assert_eq!(shop.world.balance(&shop.alice.pubkey()), before - FEE);
    assert_eq!(execution.pre_balances[1..], execution.post_balances[1..]);
}

#[test]
fn a_loaded_account_below_the_rent_minimum_is_named_by_its_combined_index() {
    let shop = Shop::with(&[shopper(1)]);
    let pay = system::transfer(&shop.alice.pubkey(), &shopper(1), RENT_MINIMUM - 1);
    let error = TransactionError::InsufficientFundsForRent { account_index: 2 };
    assert_eq!(shop.run(shop.message(&[pay])).outcome.error, Some(error));
}
