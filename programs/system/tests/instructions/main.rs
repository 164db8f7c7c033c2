//! Each System instruction on a frame of plain accounts: what it does, and the first error it reports.

#![allow(clippy::unwrap_used, reason = "the helpers unwrap as the tests do")]

mod nonce;

use isobath_program_abi::{Hash, InstructionError as E, Pubkey};
use isobath_program_system::{COMPUTE_UNITS, call, direct};
use isobath_sdk::builtins::system::SystemInstruction as I;
use isobath_sdk::chain::account::Account;
use isobath_sdk::ids;
use isobath_sdk::program::{DirectCall, Host};
use isobath_sdk::rules::Feature;
use isobath_sdk::sysvar::recent_blockhashes::{RecentBlockhash, RecentBlockhashes};
use isobath_sdk::sysvar::rent::Rent;
use isobath_testkit::host::MockHost;
use isobath_testkit::instruction::{Given, Program, given};

const A: Pubkey = Pubkey([1; 32]);
const B: Pubkey = Pubkey([2; 32]);
const PROGRAM: Pubkey = Pubkey([4; 32]);

/// The program with enough for one instruction.
const SYSTEM: Program = Program {
    id: ids::SYSTEM_PROGRAM,
    entry: call,
    compute_units: COMPUTE_UNITS,
};

/// The newest blockhash of these tests.
const BLOCKHASH: Hash = Hash([7; 32]);

/// Fixed sysvars and a blockhash, no calls.
fn host() -> MockHost {
    let newest = RecentBlockhash {
        blockhash: BLOCKHASH,
        lamports_per_signature: 5_000,
    };
    MockHost::new()
        .answering(|_, _| panic!("the System program calls no program"))
        .with_sysvar(ids::SYSVAR_RENT, &Rent::new(6_960).to_bytes())
        .with_sysvar(
            ids::SYSVAR_RECENT_BLOCKHASHES,
            &RecentBlockhashes::new([newest]).to_bytes(),
        )
        .with_blockhash(BLOCKHASH)
}

/// Runs `data` and returns the result, the accounts afterwards and the log.
fn run(data: &[u8], given: &[Given]) -> (Result<(), E>, Vec<Account>, Vec<String>) {
    let ran = SYSTEM.run(data, given, host());
    assert_eq!(
        ran.state.meter.remaining(),
        0,
        "every instruction costs 150 units"
    );
    (ran.result, ran.accounts(), ran.log())
}

fn error(instruction: &I, given: &[Given]) -> (E, String) {
    let (result, _, log) = run(&instruction.encode(), given);
    (result.unwrap_err(), log.last().cloned().unwrap_or_default())
}

#[test]
fn undecodable_data_and_missing_accounts() {
    assert_eq!(run(&[99, 0, 0, 0], &[]).0, Err(E::InvalidInstructionData));
    assert_eq!(run(&[2, 0, 0, 0, 1], &[]).0, Err(E::InvalidInstructionData));
    let transfer = I::Transfer { lamports: 1 };
    assert_eq!(error(&transfer, &[given(A, 10)]).0, E::MissingAccount);
}

/// The number of accounts is looked at before any of them is.
#[test]
fn too_few_accounts_are_said_before_a_missing_signature() {
    let transfer = I::Transfer { lamports: 1 };
    assert_eq!(error(&transfer, &[given(A, 10).unsigned()]).0, E::MissingAccount);
    let seeded = I::TransferWithSeed {
        lamports: 1,
        from_seed: "seed".to_owned(),
        from_owner: PROGRAM,
    };
    let accounts = [given(A, 10).unsigned(), given(B, 0).unsigned()];
    assert_eq!(error(&seeded, &accounts).0, E::MissingAccount);
}

#[test]
fn a_transfer_may_take_everything() {
    let transfer = I::Transfer { lamports: 10 };
    let (result, after, _) = run(&transfer.encode(), &[given(A, 10), given(B, 1)]);
    assert_eq!((result, after[0].lamports, after[1].lamports), (Ok(()), 0, 11));
}

#[test]
fn create_account_funds_sizes_and_gives_away() {
    let create = I::CreateAccount {
        lamports: 60,
        space: 3,
        owner: PROGRAM,
    };
    let (result, after, log) = run(&create.encode(), &[given(A, 100), given(B, 0)]);
    assert_eq!((result, log.len()), (Ok(()), 0));
    assert_eq!(after[0].lamports, 40);
    assert_eq!(
        after[1],
        Account {
            data: vec![0; 3].into(),
            ..Account::new(60, PROGRAM)
        }
    );
}

#[test]
fn create_account_refuses_in_solanas_order_and_words() {
    let create = I::CreateAccount {
        lamports: 60,
        space: 3,
        owner: PROGRAM,
    };
    let address = format!("Address {{ address: {B}, base: None }}");
    let in_use = format!("Create Account: account {address} already in use");
    assert_eq!(
        error(&create, &[given(A, 100), given(B, 1)]),
        (E::Custom(0), in_use)
    );
    let must_sign = format!("Allocate: 'to' account {address} must sign");
    let unsigned = [given(A, 100), given(B, 0).unsigned()];
    assert_eq!(
        error(&create, &unsigned),
        (E::MissingRequiredSignature, must_sign)
    );
    let owned = [given(A, 100), given(B, 0).owner(PROGRAM)];
    assert_eq!(
        error(&create, &owned),
        (
            E::Custom(0),
            format!("Allocate: account {address} already in use")
        )
    );
    let short = "Transfer: insufficient lamports 59, need 60".to_owned();
    assert_eq!(
        error(&create, &[given(A, 59), given(B, 0)]),
        (E::Custom(1), short)
    );
    let huge = I::CreateAccount {
        lamports: 1,
        space: 10_485_761,
        owner: PROGRAM,
    };
    let too_large = "Allocate: requested 10485761, max allowed 10485760".to_owned();
    assert_eq!(
        error(&huge, &[given(A, 59), given(B, 0)]),
        (E::Custom(3), too_large)
    );
}

#[test]
fn create_account_allow_prefund_takes_an_account_that_holds_lamports() {
    let create = I::CreateAccountAllowPrefund {
        lamports: 0,
        space: 3,
        owner: PROGRAM,
    };
    let (result, after, _) = run(&create.encode(), &[given(B, 50)]);
    assert_eq!(result, Ok(()));
    assert_eq!(
        after[0],
        Account {
            data: vec![0; 3].into(),
            ..Account::new(50, PROGRAM)
        }
    );
    let funded = I::CreateAccountAllowPrefund {
        lamports: 5,
        space: 3,
        owner: PROGRAM,
    };
    assert_eq!(error(&funded, &[given(B, 50)]).0, E::MissingAccount);
    let mut taken = given(B, 50);
    taken.account.owner = PROGRAM;
    assert_eq!(error(&funded, &[taken]).0, E::MissingAccount);
    let (result, after, _) = run(&funded.encode(), &[given(B, 50), given(A, 10)]);
    assert_eq!((result, after[0].lamports, after[1].lamports), (Ok(()), 55, 5));
}

#[test]
fn create_account_allow_prefund_needs_its_feature() {
    let mut rules = MockHost::new().rules().clone();
    rules.features = rules.features.without(Feature::CREATE_ACCOUNT_ALLOW_PREFUND);
    let funded = I::CreateAccountAllowPrefund {
        lamports: 5,
        space: 3,
        owner: PROGRAM,
    };
    for accounts in [vec![given(B, 50), given(A, 10)], vec![]] {
        let ran = SYSTEM.run(&funded.encode(), &accounts, host().with_rules(rules.clone()));
        assert_eq!(ran.result, Err(E::InvalidInstructionData));
    }
}

#[test]
fn seeded_addresses_are_checked_and_signed_by_their_base() {
    let seeded = Pubkey::with_seed(&A, "seed", &PROGRAM).unwrap();
    let create = |seed: &str| I::CreateAccountWithSeed {
        base: A,
        seed: seed.to_owned(),
        lamports: 60,
        space: 0,
        owner: PROGRAM,
    };
    let accounts = [given(A, 100), given(seeded, 0).unsigned()];
    assert_eq!(run(&create("seed").encode(), &accounts).0, Ok(()));
    let (mismatch, log) = error(&create("other"), &accounts);
    assert_eq!(mismatch, E::Custom(5));
    assert!(log.starts_with(&format!(
        "Create: address {seeded} does not match derived address "
    )));
    assert_eq!(error(&create(&"x".repeat(33)), &accounts).0, E::Custom(0));

    let move_out = I::TransferWithSeed {
        lamports: 7,
        from_seed: "seed".to_owned(),
        from_owner: PROGRAM,
    };
    let accounts = [given(seeded, 10).unsigned(), given(A, 0), given(B, 0).unsigned()];
    let (result, after, _) = run(&move_out.encode(), &accounts);
    assert_eq!((result, after[0].lamports, after[2].lamports), (Ok(()), 3, 7));
    let unsigned = [accounts[0].clone(), given(A, 0).unsigned(), accounts[2].clone()];
    assert_eq!(error(&move_out, &unsigned).0, E::MissingRequiredSignature);

    let assign = I::AssignWithSeed {
        base: A,
        seed: "seed".to_owned(),
        owner: PROGRAM,
    };
    assert_eq!(
        run(&assign.encode(), &[given(seeded, 1).unsigned(), given(A, 0)]).0,
        Ok(())
    );
    let allocate = I::AllocateWithSeed {
        base: A,
        seed: "seed".to_owned(),
        space: 9,
        owner: PROGRAM,
    };
    let (result, after, _) = run(&allocate.encode(), &[given(seeded, 1).unsigned(), given(A, 0)]);
    assert_eq!(
        (result, after[0].data.len(), after[0].owner),
        (Ok(()), 9, PROGRAM)
    );
}

#[test]
fn transfer_refuses_data_missing_signatures_and_shortfalls() {
    let transfer = I::Transfer { lamports: 7 };
    let unsigned = [given(A, 10).unsigned(), given(B, 0)];
    let must_sign = format!("Transfer: `from` account {A} must sign");
    assert_eq!(
        error(&transfer, &unsigned),
        (E::MissingRequiredSignature, must_sign)
    );
    let with_data = [given(A, 10).data(&[1]), given(B, 0)];
    let carries = "Transfer: `from` must not carry data".to_owned();
    assert_eq!(error(&transfer, &with_data), (E::InvalidArgument, carries));
    assert_eq!(error(&transfer, &[given(A, 6), given(B, 0)]).0, E::Custom(1));
    assert_eq!(
        error(&transfer, &[given(A, 10).owner(PROGRAM), given(B, 0)]).0,
        E::ExternalAccountLamportSpend
    );
    assert_eq!(
        error(&transfer, &[given(A, 10), given(B, u64::MAX)]).0,
        E::ArithmeticOverflow
    );
}

#[test]
fn assign_to_the_present_owner_needs_no_signature() {
    let same = I::Assign {
        owner: ids::SYSTEM_PROGRAM,
    };
    assert_eq!(run(&same.encode(), &[given(A, 1).unsigned()]).0, Ok(()));
    let other = I::Assign { owner: PROGRAM };
    assert_eq!(
        error(&other, &[given(A, 1).unsigned()]).0,
        E::MissingRequiredSignature
    );
    assert_eq!(run(&other.encode(), &[given(A, 1)]).1[0].owner, PROGRAM);
    assert_eq!(error(&other, &[given(A, 1).owner(B)]).0, E::ModifiedProgramId);
}

#[test]
fn declares_transfers_of_something_and_nothing_else() {
    let transfer = I::Transfer { lamports: 5 }.encode();
    let declared = DirectCall {
        compute_units: COMPUTE_UNITS,
        lamports: 5,
    };
    assert_eq!(direct(&transfer), Some(declared));
    assert_eq!(direct(&I::Transfer { lamports: 0 }.encode()), None);
    assert_eq!(direct(&[&transfer[..], &[0]].concat()), None);
    assert_eq!(direct(&transfer[..11]), None);
    assert_eq!(direct(&I::Allocate { space: 5 }.encode()), None);
    assert_eq!(direct(&[]), None);
}
