//! Random scripts of probes: what they try on the accounts that they are given.
//!
//! The first account pays and signed, the second is the address that the outermost probe signs for.

use isobath_program_probe::{Bytes, Call, Operation, Passed, Place, Script, Step};
use isobath_sdk::builtins::system;
use isobath_sdk::chain::outcome::ReturnData;
use isobath_sdk::instruction::AccountMeta;
use isobath_sdk::instruction_error::InstructionError;
use isobath_testkit::Random;
use rand::Rng;

use super::cast::{CAST, PROBES, VAULT_SEED, probe, spare};

/// Calls that a script may nest.
const NESTING_MAX: u8 = 3;
/// Position of the address that the outermost probe signs for.
const VAULT: u8 = 1;
/// The first position of an account that is neither payer nor vault.
const OTHERS: u8 = 2;
/// Lengths around those at which a delta changes its form.
const LENS: [u64; 9] = [0, 1, 80, 200, 4_095, 4_096, 4_097, 6_000, 10_485_761];

/// What a script works on.
pub(super) struct Given<'a> {
    /// The probe that runs first, and signs for the vault.
    pub(super) first: u8,
    /// The probe that runs.
    pub(super) program: u8,
    pub(super) accounts: &'a [AccountMeta],
    /// The balance of each account at the end of the parent block.
    pub(super) balances: &'a [u64],
}

/// A script for the probe in `given`.
pub(super) fn script(rng: &mut Random, given: &Given<'_>) -> Script {
    nested(rng, given, NESTING_MAX)
}

/// A script that writes account 0 and then gives all of its `lamports` to account 1.
pub(super) fn close(rng: &mut Random, lamports: u64) -> Script {
    let write = Operation::Write {
        account: 0,
        offset: rng.random_range(0..2),
        bytes: Bytes::Given(vec![rng.random()]),
    };
    let close = Operation::Move {
        from: 0,
        to: 1,
        lamports,
    };
    Script::new().attempt(write).then(close)
}

fn nested(rng: &mut Random, given: &Given<'_>, nesting: u8) -> Script {
    let steps = rng.random_range(1..=2 + nesting);
    (0..steps).fold(Script::new(), |script, _| {
        let operation = operation(rng, given, nesting);
        let times = match operation {
            Operation::Invoke(_) if rng.random_ratio(1, 200) => 70,
            _ => rng.random_range(1..3),
        };
        script.step(Step {
            times,
            // Most errors are swallowed, so that scripts get far.
            swallows_errors: rng.random_ratio(15, 16),
            operation,
        })
    })
}

fn operation(rng: &mut Random, given: &Given<'_>, nesting: u8) -> Operation {
    let account = position(rng, given);
    match rng.random_range(0..40) {
        0..=5 => Operation::Write {
            account,
            offset: pick(rng, &[0, 1, 4_094, 4_096, 4_999]),
            bytes: Bytes::Given(vec![rng.random(); 2]),
        },
        6..=7 => Operation::Write {
            account,
            offset: 0,
            bytes: Bytes::Zeros(pick(rng, &[1, 8, 4_096, 5_000])),
        },
        8..=10 => Operation::Resize {
            account,
            len: pick(rng, &LENS),
        },
        11 => Operation::Assign {
            account,
            owner: probe(rng.random_range(0..PROBES)),
        },
        12..=19 => Operation::Move {
            from: account,
            to: position(rng, given),
            lamports: lamports(rng, given, account),
        },
        20 if rng.random_ratio(1, 2) => Operation::SetLamports {
            account,
            lamports: lamports(rng, given, account),
        },
        20..=22 => Operation::RecurseTo {
            depth: rng.random_range(1..=10),
        },
        23..=24 => Operation::Return(Bytes::Given(vec![nesting; 3])),
        25 => Operation::Return(Bytes::Zeros(pick(rng, &[0, 1, 1_024, 1_025]))),
        26 => Operation::ExpectReturned(expected_return(rng, nesting)),
        27 => Operation::Read {
            account,
            offset: 0,
            len: pick(rng, &[0, 8, 4_096]),
        },
        28 => Operation::Burn(if rng.random_ratio(1, 24) { u64::MAX } else { 3_000 }),
        29 if rng.random_ratio(1, 3) => Operation::Fail(failure(rng)),
        29 => Operation::Log("tried".to_owned()),
        _ if nesting > 0 => Operation::Invoke(call(rng, given, nesting - 1)),
        _ => Operation::Return(Bytes::Given(vec![nesting])),
    }
}

fn expected_return(rng: &mut Random, nesting: u8) -> Option<ReturnData> {
    rng.random_ratio(1, 2).then(|| ReturnData {
        program: probe(rng.random_range(0..PROBES)),
        data: vec![nesting; 3],
    })
}

fn failure(rng: &mut Random) -> InstructionError {
    match rng.random_range(0..4) {
        0 => InstructionError::ComputationalBudgetExceeded,
        _ => InstructionError::Custom(rng.random_range(0..12)),
    }
}

fn call(rng: &mut Random, given: &Given<'_>, nesting: u8) -> Call {
    let mut call = match rng.random_range(0..8) {
        0..=2 => system_call(rng, given),
        _ => probe_call(rng, given, nesting),
    };
    if rng.random_ratio(1, 12) {
        call = signed(call, rng.random_range(0..PROBES));
    }
    call
}

/// A call of the System program: on the vault if the running probe can sign for it, else mostly on the payer.
fn system_call(rng: &mut Random, given: &Given<'_>) -> Call {
    let signs = given.program == given.first || rng.random_ratio(1, 8);
    let from = given.accounts[usize::from(if signs { VAULT } else { 0 })].pubkey;
    let to = usize::from(position(rng, given)).min(given.accounts.len() - 1);
    let to = given.accounts[to].pubkey;
    let call = Call::of(&match rng.random_range(0..24) {
        0 => system::create_account(&from, &to, 50_000_000, 200, &probe(0)),
        1 => system::assign(&to, &probe(rng.random_range(0..PROBES))),
        2 => system::transfer(&from, &spare(0), 1),
        3..=8 => system::transfer(&from, &to, rng.random_range(1..900_000)),
        _ => system::transfer(&from, &given.accounts[0].pubkey, 3),
    });
    match rng.random_range(0..24) {
        0 => call,
        1 => signed(call, rng.random_range(0..PROBES)),
        _ if signs => signed(call, given.program),
        _ => call,
    }
}

fn signed(call: Call, program: u8) -> Call {
    let (_, bump) = CAST.vaults[usize::from(program)];
    call.signed_by(&[VAULT_SEED, &[bump]])
}

/// A call of a probe that is passed the same accounts, mostly with the privileges that are there.
fn probe_call(rng: &mut Random, given: &Given<'_>, nesting: u8) -> Call {
    let passed = (0_u8..).zip(given.accounts).map(|(position, meta)| Passed {
        place: Place::Position(position),
        is_signer: meta.is_signer && rng.random_ratio(19, 20) || rng.random_ratio(1, 800),
        is_writable: meta.is_writable && rng.random_ratio(19, 20) || rng.random_ratio(1, 800),
    });
    let passed: Vec<Passed> = passed.collect();
    // Itself is always allowed, another one only if it does not run already.
    let program = pick(rng, &[given.program, given.program, 0, 1, 2]);
    let inner = nested(rng, &Given { program, ..*given }, nesting);
    Call::probe(Place::Key(probe(program)), passed, &inner)
}

/// The position of an account that something may happen to; one past the end now and then.
fn position(rng: &mut Random, given: &Given<'_>) -> u8 {
    let count = u8::try_from(given.accounts.len()).expect("few accounts");
    match rng.random_range(0..24) {
        0 => count,
        1..=2 => rng.random_range(0..count),
        // Behind the others come only programs.
        _ => rng
            .random_range(0..count - PROBES - 1)
            .max(rng.random_range(0..=OTHERS)),
    }
}

fn lamports(rng: &mut Random, given: &Given<'_>, account: u8) -> u64 {
    match rng.random_range(0..12) {
        0 => u64::MAX,
        1 => 0,
        2..=5 => given.balances.get(usize::from(account)).copied().unwrap_or(1),
        6..=8 => rng.random_range(1..9),
        _ => rng.random_range(900_000..9_000_000),
    }
}

fn pick<T: Copy>(rng: &mut Random, values: &[T]) -> T {
    values[rng.random_range(0..values.len())]
}
