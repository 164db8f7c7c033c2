//! Random scripts of probes: what they try on the accounts that they are given.

use isobath_program_probe::{Bytes, Call, Operation, Passed, Place, Script, Step};
use isobath_sdk::builtins::system;
use isobath_sdk::instruction::AccountMeta;
use isobath_sdk::instruction_error::InstructionError;
use isobath_sdk::pubkey::Pubkey;
use isobath_testkit::Random;
use rand::Rng;

use super::cast::{Cast, PROBES, VAULT_SEED, probe};

const MEBIBYTE: u64 = 1 << 20;

/// Calls that a script may nest.
const NESTING_MAX: u8 = 3;

/// A random script for a probe that is given `accounts`.
pub(super) fn script(rng: &mut Random, cast: &Cast, accounts: &[AccountMeta]) -> Script {
    nested(rng, cast, accounts, NESTING_MAX)
}

fn nested(rng: &mut Random, cast: &Cast, accounts: &[AccountMeta], nesting: u8) -> Script {
    let steps = rng.random_range(0..=2 + nesting);
    (0..steps).fold(Script::new(), |script, _| {
        let operation = operation(rng, cast, accounts, nesting);
        script.step(Step {
            times: times(rng, &operation),
            // Most errors are swallowed, so that scripts get far.
            swallows_errors: rng.random_ratio(4, 5),
            operation,
        })
    })
}

fn times(rng: &mut Random, operation: &Operation) -> u16 {
    match operation {
        Operation::Invoke(_) if rng.random_ratio(1, 200) => 70,
        Operation::Log(_) if rng.random_ratio(1, 50) => 600,
        _ if rng.random_ratio(1, 2_000) => u16::MAX,
        _ => rng.random_range(1..3),
    }
}

fn operation(rng: &mut Random, cast: &Cast, accounts: &[AccountMeta], nesting: u8) -> Operation {
    let account = position(rng, accounts);
    match rng.random_range(0..40) {
        0..=3 => Operation::Write {
            account,
            offset: rng.random_range(0..10),
            bytes: Bytes::Given(vec![rng.random(); 2]),
        },
        4..=5 => Operation::Write {
            account,
            offset: 0,
            bytes: Bytes::Zeros(rng.random_range(0..100)),
        },
        6..=7 => Operation::Resize {
            account,
            len: len(rng),
        },
        8..=9 => Operation::Assign {
            account,
            owner: probe(rng.random_range(0..PROBES)),
        },
        10..=17 => Operation::Move {
            from: account,
            to: position(rng, accounts),
            lamports: lamports(rng),
        },
        18 => Operation::SetLamports {
            account,
            lamports: lamports(rng),
        },
        19 => Operation::Read {
            account,
            offset: 0,
            len: rng.random_range(0..12),
        },
        20..=21 => Operation::RecurseTo {
            depth: rng.random_range(1..=10),
        },
        22..=23 => Operation::Log("tried".to_owned()),
        24 => Operation::LogData(vec![vec![1, 2], Vec::new()]),
        25 => Operation::Return(Bytes::Zeros(if rng.random_ratio(1, 8) { 1_025 } else { 3 })),
        26 => Operation::ExpectReturned(None),
        27 => Operation::Burn(if rng.random_ratio(1, 8) { u64::MAX } else { 3_000 }),
        28 => rare(rng),
        _ if nesting > 0 => Operation::Invoke(call(rng, cast, accounts, nesting - 1)),
        _ => Operation::Return(Bytes::Given(vec![nesting])),
    }
}

fn rare(rng: &mut Random) -> Operation {
    match rng.random_range(0..6) {
        0 => Operation::Panic("told to".to_owned()),
        4 => Operation::PanicWhileWriting { account: 1 },
        1 => Operation::Fail(InstructionError::ComputationalBudgetExceeded),
        _ => Operation::Fail(InstructionError::Custom(rng.random_range(0..12))),
    }
}

fn call(rng: &mut Random, cast: &Cast, accounts: &[AccountMeta], nesting: u8) -> Call {
    let mut call = match rng.random_range(0..8) {
        0..=1 => system_call(rng, cast, accounts),
        _ => probe_call(rng, cast, accounts, nesting),
    };
    if rng.random_ratio(1, 8) {
        // Which probe runs is not known here, so that the bump often belongs to another one.
        let (_, bump) = cast.vaults[rng.random_range(0..cast.vaults.len())];
        call = call.signed_by(&[VAULT_SEED, &[bump]]);
    }
    if rng.random_ratio(1, 500) {
        call.last_account_again = 255;
    }
    call
}

fn system_call(rng: &mut Random, cast: &Cast, accounts: &[AccountMeta]) -> Call {
    let from = if rng.random_ratio(1, 2) {
        cast.vaults[rng.random_range(0..cast.vaults.len())].0
    } else {
        key(rng, accounts)
    };
    let to = key(rng, accounts);
    Call::of(&match rng.random_range(0..4) {
        0 => system::create_account(&from, &to, 10_000_000, len(rng).min(200), &probe(0)),
        1 => system::assign(&to, &probe(rng.random_range(0..PROBES))),
        _ => system::transfer(&from, &to, lamports(rng)),
    })
}

/// A call of a probe that is passed the same accounts, mostly with the privileges that are there.
fn probe_call(rng: &mut Random, cast: &Cast, accounts: &[AccountMeta], nesting: u8) -> Call {
    let passed: Vec<Passed> = (0_u8..)
        .zip(accounts)
        .map(|(position, meta)| Passed {
            place: Place::Position(position),
            is_signer: meta.is_signer && rng.random_ratio(9, 10) || rng.random_ratio(1, 400),
            is_writable: meta.is_writable && rng.random_ratio(9, 10) || rng.random_ratio(1, 400),
        })
        .collect();
    let inner = nested(rng, cast, accounts, nesting);
    let program = Place::Key(probe(rng.random_range(0..PROBES)));
    Call::probe(program, passed, &inner)
}

fn position(rng: &mut Random, accounts: &[AccountMeta]) -> u8 {
    // One past the end now and then.
    let past = u8::from(rng.random_ratio(1, 50));
    let count = u8::try_from(accounts.len()).expect("few accounts");
    rng.random_range(0..count.max(1) + past)
}

fn key(rng: &mut Random, accounts: &[AccountMeta]) -> Pubkey {
    match accounts.len() {
        0 => probe(0),
        len => accounts[rng.random_range(0..len)].pubkey,
    }
}

fn lamports(rng: &mut Random) -> u64 {
    match rng.random_range(0..12) {
        0 => u64::MAX,
        1 => 0,
        2 => 100_000_000_000,
        3..=7 => rng.random_range(1..9),
        _ => rng.random_range(900_000..9_000_000),
    }
}

fn len(rng: &mut Random) -> u64 {
    match rng.random_range(0..4_000) {
        0 => 10 * MEBIBYTE,
        1..=4 => 10 * MEBIBYTE + 1,
        5..=800 => 0,
        _ => rng.random_range(0..200),
    }
}
