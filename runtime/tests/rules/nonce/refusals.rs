//! Transactions that only look like nonce transactions: each is a `NoOp` with an unknown blockhash.

use super::*;

#[test]
fn a_nonce_transaction_has_an_effect_once() {
    let mut bank = Bank::new();
    let tx = bank.tx(&[bank.pay(RENT_MINIMUM)]);
    let record = bank.world.dry_block(&[tx.clone(), tx.clone()]);
    let outcomes: Vec<_> = record
        .history
        .executions
        .iter()
        .map(|execution| execution.outcome)
        .collect();
    assert_eq!(outcomes[0].error, None);
    assert_eq!(outcomes[1].class, OutcomeClass::NoOp);
    assert_eq!(outcomes[1].error, Some(TransactionError::BlockhashNotFound));
    bank.world.block(std::slice::from_ref(&tx));
    bank.assert_not_found(&tx);
    for _ in 0..151 {
        bank.world.block(&[]);
    }
    bank.assert_not_found(&tx);
    assert_eq!(bank.world.balance(&SHOP), RENT_MINIMUM);
}

#[test]
fn a_failed_one_has_had_its_effect_too() {
    let mut bank = Bank::new();
    let tx = bank.tx(&[bank.pay(u64::MAX)]);
    let (first, second) = (
        bank.world.dry_block(&[tx.clone(), tx.clone()]),
        bank.balance(&bank.payer),
    );
    assert_eq!(
        first.history.executions.get(1).unwrap().outcome.class,
        OutcomeClass::NoOp
    );
    bank.world.block(std::slice::from_ref(&tx));
    assert_eq!(bank.balance(&bank.payer), second - 2 * FEE);
    bank.assert_not_found(&tx);
}

#[test]
fn two_transactions_by_one_value_exclude_each_other() {
    let mut bank = Bank::new();
    let (one, other) = (
        bank.tx(&[bank.pay(RENT_MINIMUM)]),
        bank.tx(&[bank.pay(RENT_MINIMUM + 1)]),
    );
    let record = bank.world.block(&[other, one.clone()]);
    let classes = record
        .history
        .executions
        .iter()
        .map(|execution| execution.outcome.class);
    assert_eq!(
        classes.collect::<Vec<_>>(),
        [OutcomeClass::Executed, OutcomeClass::NoOp]
    );
    assert_eq!(bank.world.balance(&SHOP), RENT_MINIMUM + 1);
    bank.assert_not_found(&one);
}

#[test]
fn the_value_that_a_block_advances_to_is_not_spent_in_that_block() {
    let mut bank = Bank::new();
    let (value, next) = (bank.data().durable_nonce, bank.next_value());
    let first = bank.tx_living_by(value, &[bank.pay(RENT_MINIMUM)]);
    let second = bank.tx_living_by(next, &[bank.pay(RENT_MINIMUM)]);
    let record = bank.world.block(&[first, second.clone()]);
    assert_eq!(record.history.executions.get(0).unwrap().outcome.error, None);
    let refused = record.history.executions.get(1).unwrap().outcome.error;
    assert_eq!(refused, Some(TransactionError::BlockhashNotFound));
    // It is good from the next block on.
    assert_eq!(only(&bank.world.block(&[second])).outcome.error, None);
}

#[test]
fn a_fresh_nonce_is_not_spent_in_the_block_of_its_creation() {
    let mut world = world_of(genesis());
    world.block(&[]);
    let (payer, nonce) = (dev_key(0), Keypair::from_seed([9; 32]));
    let value = durable_nonce(&world.chain.blockhash());
    let create =
        system::create_nonce_account(&payer.pubkey(), &nonce.pubkey(), &payer.pubkey(), NONCE_BALANCE);
    let create = world.tx(&[&payer, &nonce], &create);
    let advance = system::advance_nonce_account(&nonce.pubkey(), &payer.pubkey());
    let spend = world.admit(&wire(&[&payer], &[advance], value)).unwrap();
    let record = world.block(&[create, spend.clone()]);
    let refused = record.history.executions.get(1).unwrap().outcome.error;
    assert_eq!(refused, Some(TransactionError::BlockhashNotFound));
    assert_eq!(only(&world.block(&[spend])).outcome.error, None);
}

#[test]
fn the_authority_has_to_sign_the_advancing_instruction() {
    let bank = Bank::new();
    let (value, nonce) = (bank.data().durable_nonce, bank.nonce.pubkey());
    let (payer, authority) = (bank.payer.pubkey(), bank.authority.pubkey());
    // Another authority.
    let advance = system::advance_nonce_account(&nonce, &payer);
    bank.assert_not_found(&bank.sign(value, &[&bank.payer], &[advance]));
    // The authority, named but not signing.
    let mut unsigned = bank.advance();
    unsigned.accounts[2].is_signer = false;
    bank.assert_not_found(&bank.sign(value, &[&bank.payer], std::slice::from_ref(&unsigned)));
    // The authority signs the transaction, but for something else.
    let elsewhere = system::transfer(&authority, &SHOP, RENT_MINIMUM);
    let advance = system::advance_nonce_account(&nonce, &payer);
    bank.assert_not_found(&bank.sign(
        value,
        &[&bank.payer, &bank.authority],
        &[advance, elsewhere.clone()],
    ));
    // A key that signs counts wherever it is named; the instruction need not say so itself.
    let named = bank.sign(value, &[&bank.payer, &bank.authority], &[unsigned, elsewhere]);
    assert_eq!(only(&bank.world.dry_block(&[named])).outcome.error, None);
}

#[test]
fn the_nonce_account_has_to_be_writable() {
    let bank = Bank::new();
    let mut advance = bank.advance();
    advance.accounts[0].is_writable = false;
    let value = bank.data().durable_nonce;
    bank.assert_not_found(&bank.sign(value, &[&bank.payer, &bank.authority], &[advance]));
}

#[test]
fn only_the_first_instruction_counts() {
    let bank = Bank::new();
    let (value, signers) = (bank.data().durable_nonce, [&bank.payer, &bank.authority]);
    let late = [bank.pay(RENT_MINIMUM), bank.advance()];
    bank.assert_not_found(&bank.sign(value, &signers, &late));
    let mut other = bank.advance();
    other.data[0] = 12;
    bank.assert_not_found(&bank.sign(value, &signers, &[other]));
    let mut cut = bank.advance();
    cut.data.truncate(3);
    bank.assert_not_found(&bank.sign(value, &signers, &[cut]));
    let mut nothing = bank.advance();
    nothing.accounts.clear();
    bank.assert_not_found(&bank.sign(
        value,
        &signers,
        &[nothing, system::transfer(&bank.authority.pubkey(), &SHOP, 1)],
    ));
    let mut foreign = bank.advance();
    foreign.program_id = probe(0);
    bank.assert_not_found(&bank.sign(value, &signers, &[foreign]));
    let mut trailing = bank.advance();
    trailing.data.push(9);
    let trailing = bank.sign(value, &signers, &[trailing]);
    assert_eq!(only(&bank.world.dry_block(&[trailing])).outcome.error, None);
}

#[test]
fn the_value_has_to_be_the_one_that_is_stored() {
    let bank = Bank::new();
    bank.assert_not_found(&bank.tx_living_by(Hash([1; 32]), &[]));
    bank.assert_not_found(&bank.tx_living_by(bank.next_value(), &[]));
    // Nor is one that is derived from it.
    bank.assert_not_found(&bank.tx_living_by(durable_nonce(&bank.data().durable_nonce), &[]));
}

#[test]
fn only_an_initialized_account_of_the_system_program_is_a_nonce() {
    let bank = Bank::new();
    let signers = [&bank.payer, &bank.authority];
    let authority = bank.authority.pubkey();
    for (account, value) in [
        (LOOKALIKE, OLD_VALUE),
        (BLANK, OLD_VALUE),
        (BLANK, Hash::ZERO),
        (LEGACY, OLD_VALUE),
        (SHOP, OLD_VALUE),
        (bank.payer.pubkey(), OLD_VALUE),
        (ids::SYSVAR_RECENT_BLOCKHASHES, OLD_VALUE),
    ] {
        let advance = system::advance_nonce_account(&account, &authority);
        bank.assert_not_found(&bank.sign(value, &signers, &[advance]));
    }
}

#[test]
fn a_payer_that_cannot_pay_leaves_the_nonce_as_it_is() {
    let mut bank = Bank::new();
    let poor = Keypair::from_seed([11; 32]);
    let value = bank.data().durable_nonce;
    let tx = bank.sign(value, &[&poor, &bank.authority], &[bank.advance()]);
    let record = bank.world.block(&[tx]);
    let outcome = &only(&record).outcome;
    let error = Some(TransactionError::AccountNotFound);
    assert_eq!((outcome.class, outcome.error), (OutcomeClass::NoOp, error));
    assert_eq!(bank.data().durable_nonce, value);
}
