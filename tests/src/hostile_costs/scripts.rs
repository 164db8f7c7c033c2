//! Scripts of probes that waste what they can, and how the search changes them.

use isobath_program_probe::{Bytes, Call, Operation, Passed, Place, Script, Step};
use isobath_sdk::builtins::system;
use isobath_sdk::instruction::AccountMeta;
use isobath_sdk::instruction_error::InstructionError;
use isobath_testkit::Random;
use rand::Rng;

use super::scene::probe;

const LENS: [u64; 8] = [
    0,
    1,
    4_096,
    4_097,
    65_536,
    (10 << 20) - 1,
    10 << 20,
    (10 << 20) + 1,
];
const OFFSETS: [u32; 6] = [0, 1, 4_096, 1 << 16, 5 << 20, (10 << 20) - 8];
/// Calls that a script may nest.
const NESTING_MAX: u8 = 2;
/// Steps of a script.
const STEPS_MAX: usize = 12;

/// A random script for a probe that is given `accounts`.
pub(super) fn script(rng: &mut Random, accounts: &[AccountMeta]) -> Script {
    nested(rng, accounts, NESTING_MAX)
}

/// A script with one step more, less or changed.
pub(super) fn mutated(rng: &mut Random, script: &Script, accounts: &[AccountMeta]) -> Script {
    let mut steps = script.steps().to_vec();
    let at = rng.random_range(0..steps.len().max(1));
    match rng.random_range(0..6) {
        0 if steps.len() > 1 => drop(steps.remove(at)),
        1 if !steps.is_empty() && steps.len() < STEPS_MAX => steps.insert(at, steps[at].clone()),
        2 if !steps.is_empty() => steps[at].times = times(rng),
        3 if !steps.is_empty() => steps[at].swallows_errors ^= true,
        4 if !steps.is_empty() => steps[at] = step(rng, accounts, NESTING_MAX),
        _ if steps.len() < STEPS_MAX => steps.insert(at, step(rng, accounts, NESTING_MAX)),
        _ => {}
    }
    steps.into_iter().fold(Script::new(), Script::step)
}

fn nested(rng: &mut Random, accounts: &[AccountMeta], nesting: u8) -> Script {
    let steps = rng.random_range(1..=3);
    (0..steps).fold(Script::new(), |script, _| {
        script.step(step(rng, accounts, nesting))
    })
}

fn step(rng: &mut Random, accounts: &[AccountMeta], nesting: u8) -> Step {
    Step {
        times: times(rng),
        swallows_errors: rng.random_ratio(9, 10),
        operation: operation(rng, accounts, nesting),
    }
}

fn times(rng: &mut Random) -> u16 {
    [1, 1, 2, 10, 55, 400, u16::MAX][rng.random_range(0..7)]
}

fn operation(rng: &mut Random, accounts: &[AccountMeta], nesting: u8) -> Operation {
    let account = position(rng, accounts);
    let offset = OFFSETS[rng.random_range(0..OFFSETS.len())];
    match rng.random_range(0..24) {
        0..=3 => Operation::Write {
            account,
            offset,
            bytes: Bytes::Given(vec![rng.random(); 1]),
        },
        4 => Operation::Write {
            account,
            offset,
            bytes: Bytes::Zeros([1, 4_096, 1 << 20][rng.random_range(0..3)]),
        },
        5..=8 => Operation::Resize {
            account,
            len: LENS[rng.random_range(0..LENS.len())],
        },
        9 => Operation::Read {
            account,
            offset,
            len: [1, 1_000, 100_000][rng.random_range(0..3)],
        },
        10..=11 => Operation::Assign {
            account,
            owner: probe(rng.random_range(0..2)),
        },
        12..=13 => Operation::Move {
            from: account,
            to: position(rng, accounts),
            lamports: [1, 1_000_000_000_000][rng.random_range(0..2)],
        },
        14 => Operation::SetLamports { account, lamports: 1 },
        15 => Operation::Log("x".repeat(rng.random_range(0..200))),
        16 => Operation::LogData(vec![vec![1; rng.random_range(0..200)]]),
        17 => Operation::Return(Bytes::Zeros([1, 1_024][rng.random_range(0..2)])),
        18 => Operation::RecurseTo {
            depth: rng.random_range(2..10),
        },
        19 => failure(rng, account),
        20 => Operation::Invoke(Call::of(&system::transfer(
            &key(rng, accounts),
            &key(rng, accounts),
            1,
        ))),
        _ if nesting > 0 => Operation::Invoke(call(rng, accounts, nesting - 1)),
        _ => Operation::Burn(1),
    }
}

fn failure(rng: &mut Random, account: u8) -> Operation {
    match rng.random_range(0..3) {
        0 => Operation::PanicWhileWriting { account },
        1 => Operation::Burn(u64::MAX),
        _ => Operation::Fail(InstructionError::Custom(1)),
    }
}

fn call(rng: &mut Random, accounts: &[AccountMeta], nesting: u8) -> Call {
    let passed = (0_u8..).zip(accounts).map(|(position, meta)| Passed {
        place: Place::Position(position),
        is_signer: meta.is_signer,
        is_writable: meta.is_writable,
    });
    let passed = passed.collect();
    let inner = nested(rng, accounts, nesting);
    let mut call = Call::probe(Place::Key(probe(rng.random_range(0..2))), passed, &inner);
    if rng.random_ratio(1, 6) {
        call.last_account_again = [10, 200][rng.random_range(0..2)];
    }
    if rng.random_ratio(1, 6) {
        call.data = Bytes::Zeros(10 << 10);
    }
    call
}

fn position(rng: &mut Random, accounts: &[AccountMeta]) -> u8 {
    let count = u8::try_from(accounts.len()).unwrap_or(u8::MAX);
    rng.random_range(0..count.max(1))
}

fn key(rng: &mut Random, accounts: &[AccountMeta]) -> isobath_sdk::pubkey::Pubkey {
    match accounts.len() {
        0 => probe(0),
        len => accounts[rng.random_range(0..len)].pubkey,
    }
}
