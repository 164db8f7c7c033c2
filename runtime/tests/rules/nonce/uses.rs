//! What a valid nonce transaction does, and what of it stays when it fails.

use isobath_sdk::chain::event::render_logs;

use super::*;

#[test]
fn a_nonce_is_made_of_the_parents_blockhash() {
    let mut world = world_of(genesis());
    world.block(&[]);
    let (payer, nonce) = (dev_key(0), Keypair::from_seed([9; 32]));
    let expected = durable_nonce(&world.chain.blockhash());
    let create = system::create_nonce_account(&payer.pubkey(), &nonce.pubkey(), &SHOP, NONCE_MINIMUM);
    let record = world.block(&[world.tx(&[&payer, &nonce], &create)]);
    assert_eq!(only(&record).outcome.error, None);
    let account = world.db.view().get(&nonce.pubkey()).unwrap();
    let data = NonceData {
        authority: SHOP,
        durable_nonce: expected,
        lamports_per_signature: 5_000,
    };
    assert_eq!(
        NonceState::from_bytes(&account.data),
        Ok(NonceState::initialized(data))
    );
    assert_eq!(
        (account.lamports, account.owner),
        (NONCE_MINIMUM, ids::SYSTEM_PROGRAM)
    );
}

#[test]
fn a_nonce_transaction_is_valid_long_after_blockhashes_have_expired() {
    let mut bank = Bank::new();
    let tx = bank.tx(&[bank.pay(RENT_MINIMUM)]);
    let ordinary = bank.world.tx(&[&bank.payer], &[bank.pay(RENT_MINIMUM)]);
    for _ in 0..200 {
        bank.world.block(&[]);
    }
    bank.assert_not_found(&ordinary);
    assert_eq!(bank.valid_nonce(&tx), Some(bank.nonce.pubkey()));
    let next = bank.next_value();
    let simulation = bank
        .world
        .runtime
        .simulate(&bank.world.chain, &bank.world.db.view(), &tx);
    assert_eq!(
        bank.world
            .runtime
            .advise(&bank.world.chain, &bank.world.db.view(), &tx),
        Ok(())
    );
    let record = bank.world.block(&[tx]);
    assert_eq!(only(&record).outcome.error, None);
    assert_eq!(
        (only(&record).outcome.fee, only(&record).outcome.compute_units),
        (2 * FEE, 300)
    );
    assert_eq!(simulation.outcome.borrowed(), only(&record).outcome);
    assert_eq!(bank.world.balance(&SHOP), RENT_MINIMUM);
    let data = bank.data();
    assert_eq!(
        (data.durable_nonce, data.authority),
        (next, bank.authority.pubkey())
    );
    // And so on with the new value.
    let again = bank.tx(&[bank.pay(5)]);
    assert_eq!(only(&bank.world.block(&[again])).outcome.error, None);
}

#[test]
fn a_failure_keeps_the_fee_and_the_advance_and_nothing_else() {
    let mut bank = Bank::new();
    let (payer, authority) = (bank.payer.pubkey(), bank.authority.pubkey());
    let before = (bank.balance(&bank.payer), bank.balance(&bank.nonce));
    let next = bank.next_value();
    let tx = bank.tx(&[
        bank.pay(RENT_MINIMUM),
        system::transfer(&payer, &bank.nonce.pubkey(), 77),
        system::authorize_nonce_account(&bank.nonce.pubkey(), &authority, &SHOP),
        bank.pay(u64::MAX),
    ]);
    let record = bank.world.block(&[tx]);
    let execution = only(&record);
    assert_eq!(execution.outcome.error, ix_error(4, InstructionError::Custom(1)));
    assert_eq!(execution.outcome.fee, 2 * FEE);
    assert_eq!(bank.world.balance(&SHOP), 0);
    assert_eq!(
        (bank.balance(&bank.payer), bank.balance(&bank.nonce)),
        (before.0 - 2 * FEE, before.1)
    );
    let data = bank.data();
    assert_eq!((data.durable_nonce, data.authority), (next, authority));
    let changed: Vec<Pubkey> = record.delta.accounts.iter().map(|(key, _)| *key).collect();
    let mut expected = vec![payer, bank.nonce.pubkey(), bank.world.runtime.producer()];
    expected.sort_unstable();
    assert_eq!(changed, expected);
}

#[test]
fn fees_only_advances_the_nonce_too() {
    let mut bank = Bank::new();
    let next = bank.next_value();
    let before = bank.balance(&bank.payer);
    let absent = Instruction::new(Pubkey([8; 32]), vec![], vec![]);
    let tx = bank.tx(&[bank.pay(RENT_MINIMUM), absent]);
    let record = bank.world.block(std::slice::from_ref(&tx));
    let outcome = &only(&record).outcome;
    let error = Some(TransactionError::ProgramAccountNotFound);
    assert_eq!((outcome.class, outcome.error), (OutcomeClass::FeesOnly, error));
    assert_eq!(bank.data().durable_nonce, next);
    assert_eq!(
        (bank.balance(&bank.payer), bank.world.balance(&SHOP)),
        (before - 2 * FEE, 0)
    );
    bank.assert_not_found(&tx);
}

#[test]
fn the_first_instruction_failing_advances_the_nonce_all_the_same() {
    let mut bank = Bank::new();
    let next = bank.next_value();
    let limit = isobath_sdk::builtins::compute_budget::set_compute_unit_limit(100);
    let tx = bank.tx(&[limit]);
    let record = bank.world.block(&[tx]);
    let error = ix_error(0, InstructionError::ComputationalBudgetExceeded);
    assert_eq!(only(&record).outcome.error, error);
    assert_eq!(bank.data().durable_nonce, next);
}

#[test]
fn a_nonce_account_can_pay_for_its_own_transactions() {
    let mut bank = Bank::new();
    let nonce = Keypair::from_seed([10; 32]);
    let payer = bank.payer.pubkey();
    let create = system::create_nonce_account(&payer, &nonce.pubkey(), &nonce.pubkey(), NONCE_BALANCE);
    let create = bank.world.tx(&[&bank.payer, &nonce], &create);
    bank.world.block(&[create]);
    let advance = system::advance_nonce_account(&nonce.pubkey(), &nonce.pubkey());
    let value = |bank: &Bank| bank.data_of(&nonce.pubkey()).durable_nonce;
    let tx = |bank: &Bank, more: &[Instruction]| {
        bank.sign(
            value(bank),
            &[&nonce],
            &[std::slice::from_ref(&advance), more].concat(),
        )
    };
    let next = bank.next_value();
    let record = bank.world.block(&[tx(&bank, &[])]);
    assert_eq!(only(&record).outcome.error, None);
    assert_eq!((value(&bank), bank.balance(&nonce)), (next, NONCE_BALANCE - FEE));

    // Failing keeps both the fee and the advance, though they are of one account.
    let next = bank.next_value();
    let fails = system::transfer(&nonce.pubkey(), &SHOP, 1);
    let record = bank.world.block(&[tx(&bank, &[fails])]);
    assert_eq!(
        only(&record).outcome.error,
        ix_error(1, InstructionError::InvalidArgument)
    );
    assert_eq!(
        (value(&bank), bank.balance(&nonce)),
        (next, NONCE_BALANCE - 2 * FEE)
    );
    let next = bank.next_value();
    let absent = Instruction::new(Pubkey([8; 32]), vec![], vec![]);
    let record = bank.world.block(&[tx(&bank, &[absent])]);
    assert_eq!(only(&record).outcome.class, OutcomeClass::FeesOnly);
    assert_eq!(
        (value(&bank), bank.balance(&nonce)),
        (next, NONCE_BALANCE - 3 * FEE)
    );
    assert_eq!(only(&record).post_balances[0], NONCE_BALANCE - 3 * FEE);
}

#[test]
fn a_nonce_account_that_pays_keeps_its_rent_minimum() {
    let mut bank = Bank::new();
    let nonce = Keypair::from_seed([10; 32]);
    let payer = bank.payer.pubkey();
    let lamports = NONCE_MINIMUM + 2 * FEE - 1;
    let create = system::create_nonce_account(&payer, &nonce.pubkey(), &nonce.pubkey(), lamports);
    let create = bank.world.tx(&[&bank.payer, &nonce], &create);
    bank.world.block(&[create]);
    let advance = system::advance_nonce_account(&nonce.pubkey(), &nonce.pubkey());
    for expected in [None, Some(TransactionError::InsufficientFundsForFee)] {
        let value = bank.data_of(&nonce.pubkey()).durable_nonce;
        let tx = bank.sign(value, &[&nonce], std::slice::from_ref(&advance));
        assert_eq!(only(&bank.world.block(&[tx])).outcome.error, expected);
    }
}

#[test]
fn an_ordinary_transaction_advances_only_if_it_succeeds() {
    let mut bank = Bank::new();
    let before = bank.data().durable_nonce;
    let outstanding = bank.tx(&[bank.pay(RENT_MINIMUM)]);
    let error = bank.ordinary(&[bank.advance(), bank.pay(u64::MAX)]);
    assert_eq!(error, ix_error(1, InstructionError::Custom(1)));
    assert_eq!(bank.data().durable_nonce, before);
    let next = bank.next_value();
    assert_eq!(bank.ordinary(&[bank.advance()]), None);
    assert_eq!(bank.data().durable_nonce, next);
    bank.assert_not_found(&outstanding);
}

#[test]
fn a_second_advance_in_a_block_is_refused_by_the_program() {
    let mut bank = Bank::new();
    let next = bank.next_value();
    let tx = bank.tx(&[bank.pay(RENT_MINIMUM), bank.advance()]);
    let record = bank.world.block(&[tx]);
    assert_eq!(
        only(&record).outcome.error,
        ix_error(2, InstructionError::Custom(7))
    );
    let logs = render_logs(only(&record).events);
    assert!(logs.contains(&"Advance nonce account: nonce can only advance once per slot".to_owned()));
    assert_eq!((bank.data().durable_nonce, bank.world.balance(&SHOP)), (next, 0));
}

#[test]
fn lamports_are_withdrawn_down_to_the_rent_minimum_or_all_at_once() {
    let mut bank = Bank::new();
    let (nonce, authority) = (bank.nonce.pubkey(), bank.authority.pubkey());
    let withdraw = |lamports| system::withdraw_nonce_account(&nonce, &authority, &SHOP, lamports);
    let spare = NONCE_BALANCE - NONCE_MINIMUM;
    let short = bank.ordinary(&[withdraw(spare + 1)]);
    assert_eq!(short, ix_error(0, InstructionError::InsufficientFunds));
    assert_eq!(bank.ordinary(&[withdraw(spare)]), None);
    assert_eq!(
        (bank.balance(&bank.nonce), bank.world.balance(&SHOP)),
        (NONCE_MINIMUM, spare)
    );
    // Not in the block in which it advanced, or the transaction that did could come again.
    let both = bank.ordinary(&[bank.advance(), withdraw(NONCE_MINIMUM)]);
    assert_eq!(both, ix_error(1, InstructionError::Custom(7)));
    let outstanding = bank.tx(&[bank.pay(RENT_MINIMUM)]);
    assert_eq!(bank.ordinary(&[withdraw(NONCE_MINIMUM)]), None);
    assert_eq!(bank.world.balance(&SHOP), NONCE_BALANCE);
    assert!(bank.world.db.view().get(&nonce).is_none());
    bank.assert_not_found(&outstanding);
}

#[test]
fn a_nonce_is_handed_over_by_its_authority_alone() {
    let mut bank = Bank::new();
    let (nonce, authority) = (bank.nonce.pubkey(), bank.authority.pubkey());
    let theft = system::authorize_nonce_account(&nonce, &bank.payer.pubkey(), &SHOP);
    assert_eq!(
        bank.ordinary(&[theft]),
        ix_error(0, InstructionError::MissingRequiredSignature)
    );
    let outstanding = bank.tx(&[bank.pay(RENT_MINIMUM)]);
    let value = bank.data().durable_nonce;
    let hand_over = system::authorize_nonce_account(&nonce, &authority, &bank.payer.pubkey());
    assert_eq!(bank.ordinary(&[hand_over]), None);
    let data = bank.data();
    assert_eq!((data.durable_nonce, data.authority), (value, bank.payer.pubkey()));
    bank.assert_not_found(&outstanding);
    let advance = system::advance_nonce_account(&nonce, &bank.payer.pubkey());
    let tx = bank.sign(value, &[&bank.payer], &[advance]);
    assert_eq!(only(&bank.world.block(&[tx])).outcome.error, None);
}

#[test]
fn a_legacy_nonce_is_of_no_use_until_it_is_upgraded() {
    let mut bank = Bank::new();
    let advance = system::advance_nonce_account(&LEGACY, &bank.authority.pubkey());
    let tx = |bank: &Bank, value| {
        bank.sign(
            value,
            &[&bank.payer, &bank.authority],
            std::slice::from_ref(&advance),
        )
    };
    bank.assert_not_found(&tx(&bank, OLD_VALUE));
    bank.assert_not_found(&tx(&bank, durable_nonce(&OLD_VALUE)));
    assert_eq!(bank.ordinary(&[system::upgrade_nonce_account(&LEGACY)]), None);
    let data = bank.data_of(&LEGACY);
    assert_eq!(
        (data.durable_nonce, data.authority),
        (durable_nonce(&OLD_VALUE), bank.authority.pubkey())
    );
    bank.assert_not_found(&tx(&bank, OLD_VALUE));
    let upgraded = tx(&bank, durable_nonce(&OLD_VALUE));
    assert_eq!(only(&bank.world.block(&[upgraded])).outcome.error, None);
    let again = bank.ordinary(&[system::upgrade_nonce_account(&LEGACY)]);
    assert_eq!(again, ix_error(0, InstructionError::InvalidArgument));
}
