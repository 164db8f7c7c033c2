//! What a call may pass on: the privileges of the caller, and signatures of addresses derived from it.

use isobath_program_abi::AccountMeta;
use isobath_program_abi::InstructionError as E;
use isobath_program_abi::Pubkey;
use isobath_program_probe::{Bytes, Call, Operation, Passed, Place, Script};
use isobath_sdk::builtins::system;
use isobath_sdk::ids;

use super::{BALANCE, Lab, MINE, MINE_TOO, PROBE_1, THEIRS, both, call_probe, only};
use crate::support::{RENT_MINIMUM, probe};

const NOTHING: Script = Script::new();

/// A derived address of probe 0 with the seed `vault`, and its bump.
fn vault() -> (Pubkey, u8) {
    Pubkey::find_program_address(&[b"vault"], &probe(0)).unwrap()
}

#[test]
fn a_read_only_account_does_not_become_writable() {
    let lab = Lab::new();
    let mut accounts = both();
    accounts[0] = AccountMeta::readonly(MINE);
    lab.allows(
        &only(call_probe(PROBE_1, vec![Passed::readonly(0)], &NOTHING)),
        &accounts,
    );
    let escalate = only(call_probe(PROBE_1, vec![Passed::writable(0)], &NOTHING));
    let ran = lab.refuses(&escalate, &accounts, E::PrivilegeEscalation);
    ran.assert_logged(&format!("{MINE}'s writable privilege escalated"));
    assert_eq!(ran.invocations(), 1);
    // Not even if it is also passed as what it is.
    let twice = only(call_probe(
        PROBE_1,
        vec![Passed::readonly(0), Passed::writable(0)],
        &NOTHING,
    ));
    lab.refuses(&twice, &accounts, E::PrivilegeEscalation);
    // Keys that lost their write lock are read-only to calls too.
    let clock = [AccountMeta::writable(ids::SYSVAR_CLOCK), accounts[2]];
    lab.refuses(
        &only(call_probe(1, vec![Passed::writable(0)], &NOTHING)),
        &clock,
        E::PrivilegeEscalation,
    );
}

#[test]
fn a_signature_is_not_invented() {
    let lab = Lab::new();
    let escalate = only(call_probe(PROBE_1, vec![Passed::readonly(0).signed()], &NOTHING));
    let ran = lab.refuses(&escalate, &both(), E::PrivilegeEscalation);
    ran.assert_logged(&format!("{MINE}'s signer privilege escalated"));
    let both_escalated = only(call_probe(PROBE_1, vec![Passed::writable(0).signed()], &NOTHING));
    let readonly = [AccountMeta::readonly(MINE), both()[1], both()[2]];
    let ran = lab.refuses(&both_escalated, &readonly, E::PrivilegeEscalation);
    ran.assert_logged(&format!("{MINE}'s writable privilege escalated"));
}

#[test]
fn privileges_are_passed_on_and_given_up_but_not_taken_back() {
    let lab = Lab::new();
    let payer = lab.payer.pubkey();
    let pay = Operation::Invoke(Call::of(&system::transfer(&payer, &MINE, 7)));
    let accounts = [
        AccountMeta::signer_writable(payer),
        AccountMeta::writable(MINE),
        AccountMeta::readonly(ids::SYSTEM_PROGRAM),
        AccountMeta::readonly(probe(1)),
    ];
    let ran = lab.allows(&only(pay.clone()), &accounts);
    assert_eq!(ran.account(&MINE).unwrap().lamports, BALANCE + 7);

    let through = |payer: Passed, mine: Passed| {
        only(call_probe(
            3,
            vec![payer, mine, Passed::readonly(2)],
            &only(pay.clone()),
        ))
    };
    let signed = Passed::writable(0).signed();
    lab.allows(&through(signed, Passed::writable(1)), &accounts);
    for (script, line) in [
        (
            through(Passed::writable(0), Passed::writable(1)),
            format!("{payer}'s signer privilege escalated"),
        ),
        (
            through(Passed::readonly(0).signed(), Passed::writable(1)),
            format!("{payer}'s writable privilege escalated"),
        ),
        (
            through(signed, Passed::readonly(1)),
            format!("{MINE}'s writable privilege escalated"),
        ),
    ] {
        lab.refuses(&script, &accounts, E::PrivilegeEscalation)
            .assert_logged(&line);
    }
}

#[test]
fn an_account_that_a_call_lists_twice_has_all_the_privileges_listed() {
    let lab = Lab::new();
    let write = |account| {
        only(Operation::Write {
            account,
            offset: 0,
            bytes: Bytes::Zeros(1),
        })
    };
    for position in [0, 1] {
        let passed = vec![Passed::readonly(1), Passed::writable(1)];
        lab.allows(&only(call_probe(PROBE_1, passed, &write(position))), &both());
    }
    let readonly = vec![Passed::readonly(1), Passed::readonly(1)];
    lab.refuses(
        &only(call_probe(PROBE_1, readonly, &write(0))),
        &both(),
        E::ReadonlyDataModified,
    );
}

#[test]
fn what_the_caller_made_read_only_the_callee_cannot_write() {
    let lab = Lab::new();
    let write = only(Operation::Write {
        account: 0,
        offset: 0,
        bytes: Bytes::Zeros(1),
    });
    lab.allows(
        &only(call_probe(PROBE_1, vec![Passed::writable(1)], &write)),
        &both(),
    );
    lab.refuses(
        &only(call_probe(PROBE_1, vec![Passed::readonly(1)], &write)),
        &both(),
        E::ReadonlyDataModified,
    );
}

#[test]
fn accounts_that_the_caller_does_not_have_cannot_be_passed() {
    let lab = Lab::new();
    let absent = Pubkey([0x77; 32]);
    let pass = |key| Passed {
        place: Place::Key(key),
        ..Passed::readonly(0)
    };
    let unknown = only(call_probe(PROBE_1, vec![pass(absent)], &NOTHING));
    let ran = lab.refuses(&unknown, &both(), E::MissingAccount);
    ran.assert_logged(&format!("Instruction references an unknown account {absent}"));

    // The transaction names MINE_TOO, but only in its other instruction.
    let beside = NOTHING.instruction(probe(2), vec![AccountMeta::writable(MINE_TOO)]);
    let borrow = only(call_probe(PROBE_1, vec![pass(MINE_TOO)], &NOTHING));
    let borrow = borrow.instruction(probe(0), both().to_vec());
    let ran = lab.refuses_all(&[beside, borrow], 1, E::MissingAccount);
    assert_eq!(
        ran.logs().len(),
        4,
        "Solana logs nothing about it: {:#?}",
        ran.logs()
    );
}

#[test]
fn derived_addresses_sign_for_their_program_alone() {
    let lab = Lab::new();
    let (address, bump) = vault();
    let payer = lab.payer.pubkey();
    let accounts = [
        AccountMeta::signer_writable(payer),
        AccountMeta::writable(address),
        AccountMeta::readonly(ids::SYSTEM_PROGRAM),
        AccountMeta::readonly(probe(1)),
    ];
    let create = Call::of(&system::create_account(
        &payer,
        &address,
        RENT_MINIMUM * 2,
        8,
        &probe(0),
    ));
    let seeds: [&[u8]; 2] = [b"vault", &[bump]];
    let signed = Operation::Invoke(create.clone().signed_by(&seeds));
    let ran = lab.allows(&only(signed.clone()), &accounts);
    let created = ran.account(&address).unwrap();
    assert_eq!(
        (created.owner, created.data.len(), created.lamports),
        (probe(0), 8, RENT_MINIMUM * 2)
    );

    let line = format!("{address}'s signer privilege escalated");
    let unsigned = only(Operation::Invoke(create.clone()));
    lab.refuses(&unsigned, &accounts, E::PrivilegeEscalation)
        .assert_logged(&line);
    let (_, other_bump) = Pubkey::find_program_address(&[b"other"], &probe(0)).unwrap();
    let other = create.signed_by(&[b"other", &[other_bump]]);
    lab.refuses(&only(Operation::Invoke(other)), &accounts, E::PrivilegeEscalation)
        .assert_logged(&line);
    // The same seeds give another address under another program.
    let passed = vec![
        Passed::writable(0).signed(),
        Passed::writable(1),
        Passed::readonly(2),
    ];
    let elsewhere = only(call_probe(3, passed, &only(signed)));
    let expected = match Pubkey::create_program_address(&seeds, &probe(1)) {
        Ok(_) => E::PrivilegeEscalation,
        Err(error) => error.into(),
    };
    lab.refuses(&elsewhere, &accounts, expected);
}

#[test]
fn seeds_that_derive_nothing_end_the_instruction() {
    let lab = Lab::new();
    let (_, bump) = vault();
    let bad_bump =
        (0..bump).find(|bump| Pubkey::create_program_address(&[b"vault", &[*bump]], &probe(0)).is_err());
    let bad_bump = bad_bump.into_iter().collect::<Vec<u8>>();
    let nothing = || Call::probe(Place::Position(PROBE_1), vec![], &NOTHING);
    let too_many: Vec<&[u8]> = vec![b"x"; 17];
    let mut crowd = nothing();
    for _ in 0..17 {
        crowd = crowd.signed_by(&[b"vault", &[bump]]);
    }
    for (call, error) in [
        (nothing().signed_by(&[b"vault", &bad_bump]), E::InvalidSeeds),
        (nothing().signed_by(&[&[7; 33]]), E::MaxSeedLengthExceeded),
        (nothing().signed_by(&too_many), E::MaxSeedLengthExceeded),
        (crowd, E::MaxSeedLengthExceeded),
    ] {
        lab.refuses(&only(Operation::Invoke(call.clone())), &both(), error);
        // Ignoring the error does not help the program.
        let ran = lab.refuses(&Script::new().attempt(Operation::Invoke(call)), &both(), error);
        assert_eq!(ran.invocations(), 1);
    }
    let full: Vec<Vec<u8>> = (0..16).map(|_| b"x".to_vec()).collect();
    let full: Vec<&[u8]> = full.iter().map(Vec::as_slice).collect();
    let expected = Pubkey::create_program_address(&full, &probe(0))
        .err()
        .map(E::from);
    let ran = lab.script(&only(Operation::Invoke(nothing().signed_by(&full))), &both());
    let error = expected.map(|error| isobath_sdk::errors::TransactionError::InstructionError(0, error));
    assert_eq!(ran.execution.outcome.error, error);
}

#[test]
fn a_signature_of_the_caller_is_not_the_callees_to_keep() {
    let lab = Lab::new();
    let payer = lab.payer.pubkey();
    let accounts = [
        AccountMeta::signer_writable(payer),
        AccountMeta::writable(THEIRS),
        AccountMeta::readonly(ids::SYSTEM_PROGRAM),
        AccountMeta::readonly(probe(1)),
        AccountMeta::readonly(probe(0)),
    ];
    // Probe 1 gets the System program and the payer, but not the signature; it tries to spend all the same.
    let steal = only(Operation::Invoke(Call::of(&system::transfer(&payer, &THEIRS, 1))));
    let passed = vec![Passed::writable(0), Passed::writable(1), Passed::readonly(2)];
    lab.refuses(
        &only(call_probe(3, passed, &steal)),
        &accounts,
        E::PrivilegeEscalation,
    );
    let unsigned = Call {
        accounts: vec![Passed::writable(0), Passed::writable(1)],
        ..Call::of(&system::transfer(&payer, &THEIRS, 1))
    };
    let ran = lab.refuses(
        &only(Operation::Invoke(unsigned)),
        &accounts,
        E::MissingRequiredSignature,
    );
    ran.assert_logged(&format!("Transfer: `from` account {payer} must sign"));
}
