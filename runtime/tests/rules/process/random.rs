//! Random scripts of probes that call each other: whatever they try, the invariants of the runtime hold.
//!
//! The invariants are checked on the delta of the block, from outside: lamports are conserved, only accounts that the
//! transaction may write change, an account that a program did not own when it ended is as its owner left it, and a
//! failure leaves nothing but the fee. The same transaction produces the same record again.

use isobath_program_abi::AccountMeta;
use isobath_program_abi::InstructionError;
use isobath_program_abi::Pubkey;
use isobath_program_probe::{Bytes, Call, Operation, Passed, Place, Script, Step};
use isobath_sdk::builtins::compute_budget;
use isobath_sdk::builtins::system;
use isobath_sdk::ids;
use proptest::prelude::*;

use super::{BALANCE, DATA, FEE, Lab, MINE, MINE_TOO, Ran, THEIRS};
use crate::support::probe;

/// Accounts of every instruction here, followed by probes 0 to 2 and the System program.
const ACCOUNTS: [Pubkey; 3] = [MINE, MINE_TOO, THEIRS];
/// Position of the first probe; the System program is after the last one.
const PROBES: u8 = 4;

/// The payer, the accounts with these write locks, three probes and the System program.
fn metas(payer: Pubkey, writable: [bool; 3]) -> Vec<AccountMeta> {
    let accounts = ACCOUNTS
        .into_iter()
        .zip(writable)
        .map(|(key, is_writable)| AccountMeta {
            pubkey: key,
            is_signer: false,
            is_writable,
        });
    let programs = [probe(0), probe(1), probe(2), ids::SYSTEM_PROGRAM].map(AccountMeta::readonly);
    std::iter::once(AccountMeta::signer_writable(payer))
        .chain(accounts)
        .chain(programs)
        .collect()
}

fn any_error() -> impl Strategy<Value = InstructionError> {
    prop_oneof![
        Just(InstructionError::Custom(1)),
        Just(InstructionError::ComputationalBudgetExceeded)
    ]
}

/// An operation on the accounts of [`metas`], which calls and panics seldom.
fn any_plain() -> impl Strategy<Value = Operation> {
    let lamports = prop_oneof![0..5_u64, Just(BALANCE), Just(u64::MAX)];
    let account = 0..5_u8;
    prop_oneof![
        4 => (account.clone(), 0..4_u32, any::<u8>()).prop_map(|(account, offset, byte)| {
            Operation::Write { account, offset, bytes: Bytes::Given(vec![byte]) }
        }),
        2 => (account.clone(), 0..4_u32).prop_map(|(account, offset)| {
            Operation::Write { account, offset: 0, bytes: Bytes::Zeros(offset) }
        }),
        2 => (account.clone(), 0..9_u64).prop_map(|(account, len)| Operation::Resize { account, len }),
        2 => (account.clone(), 0..4_u8).prop_map(|(account, owner)| {
            Operation::Assign { account, owner: probe(owner) }
        }),
        6 => (account.clone(), account.clone(), lamports.clone())
            .prop_map(|(from, to, lamports)| Operation::Move { from, to, lamports }),
        1 => (account, lamports).prop_map(|(account, lamports)| Operation::SetLamports { account, lamports }),
        1 => any_error().prop_map(Operation::Fail),
        1 => Just(Operation::Return(Bytes::Zeros(3))),
        1 => (0..20_000_u64).prop_map(Operation::Burn),
        1 => Just(Operation::RecurseTo { depth: 3 }),
    ]
}

fn any_step(operation: impl Strategy<Value = Operation>) -> impl Strategy<Value = Step> {
    // Most errors are swallowed, so that scripts get far.
    (operation, prop::bool::weighted(0.8)).prop_map(|(operation, swallows_errors)| Step {
        times: 1,
        swallows_errors,
        operation,
    })
}

fn script_of(steps: Vec<Step>) -> Script {
    steps.into_iter().fold(Script::new(), Script::step)
}

/// All accounts in order, so that positions mean the same in the callee, with random privileges.
fn any_passed() -> impl Strategy<Value = Vec<Passed>> {
    prop::collection::vec((prop::bool::weighted(0.95), prop::bool::weighted(0.02)), 8).prop_map(|flags| {
        let passed = (0..8_u8)
            .zip(flags)
            .map(|(position, (keeps_writable, is_signer))| Passed {
                place: Place::Position(position),
                is_signer: is_signer || position == 0,
                is_writable: keeps_writable && position < PROBES,
            });
        passed.collect()
    })
}

/// A call of a probe with this script, or a transfer by the System program.
fn any_call(script: impl Strategy<Value = Script>, payer: Pubkey) -> impl Strategy<Value = Operation> {
    let probes = (PROBES..PROBES + 3, any_passed(), script).prop_map(|(at, passed, script)| {
        Operation::Invoke(Call::probe(Place::Position(at), passed, &script))
    });
    let transfers = (0..3_usize, 0..9_u64).prop_map(move |(to, lamports)| {
        Operation::Invoke(Call::of(&system::transfer(&payer, &ACCOUNTS[to], lamports)))
    });
    prop_oneof![3 => probes, 1 => transfers]
}

/// A script whose calls nest `depth` deep.
fn any_script(depth: u8, payer: Pubkey) -> BoxedStrategy<Script> {
    let plain = any_step(any_plain());
    let step = match depth.checked_sub(1) {
        None => plain.boxed(),
        Some(less) => {
            let call = any_step(any_call(any_script(less, payer), payer));
            prop_oneof![3 => plain, 1 => call].boxed()
        }
    };
    prop::collection::vec(step, 0..6).prop_map(script_of).boxed()
}

fn assert_promises(lab: &Lab, ran: &Ran, writable: [bool; 3]) {
    let view = lab.world.db.view();
    let sum = |balances: &[u64]| {
        balances
            .iter()
            .map(|lamports| u128::from(*lamports))
            .sum::<u128>()
    };
    let (before, after) = (
        sum(&ran.execution.pre_balances),
        sum(&ran.execution.post_balances),
    );
    assert_eq!(before.checked_sub(u128::from(FEE)), Some(after));
    if ran.execution.outcome.error.is_some() {
        lab.assert_only_the_fee_remains(ran);
    }
    let allowed = ACCOUNTS
        .iter()
        .zip(writable)
        .filter(|(_, writable)| *writable)
        .map(|(key, _)| *key);
    let allowed: Vec<Pubkey> = allowed
        .chain([lab.payer.pubkey(), lab.world.runtime.producer()])
        .collect();
    for (key, _) in &ran.record.delta.accounts {
        assert!(allowed.contains(key), "{key} changed");
    }
    // Probe 1 alone may empty or change its account; it has run only if the log says so.
    let has_run = ran
        .logs()
        .iter()
        .any(|line| line.starts_with(&format!("Program {} invoke", probe(1))));
    if let (Some(theirs), false) = (ran.account(&THEIRS), has_run) {
        let was = view.get(&THEIRS).unwrap();
        assert_eq!((theirs.owner, theirs.data.as_slice()), (was.owner, &DATA[..]));
        assert!(theirs.lamports >= was.lamports);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn whatever_probes_try_the_promises_hold(
        script in any_script(2, isobath_testkit::keys::dev_key(0).pubkey()),
        writable in any::<[bool; 3]>(),
        units in prop_oneof![3 => Just(200_000_u32), 1 => 300..20_000_u32],
    ) {
        let instruction = script.instruction(probe(0), metas(isobath_testkit::keys::dev_key(0).pubkey(), writable));
        prop_assume!(instruction.data.len() < 800);
        let lab = Lab::new();
        let instructions = [compute_budget::set_compute_unit_limit(units), instruction];
        let ran = lab.run(&instructions);
        prop_assert!(ran.execution.outcome.compute_units <= units.into());
        assert_promises(&lab, &ran, writable);
        prop_assert_eq!(&lab.run(&instructions).record, &ran.record);
    }

    #[test]
    fn bytes_that_nobody_meant_end_in_an_error_or_do_no_harm(
        data in prop::collection::vec(any::<u8>(), 0..200),
        steps in 0..4_u8,
    ) {
        // The first bytes are the count of steps, without which hardly anything decodes.
        let data = [&[steps, 0, 0, 0], data.as_slice()].concat();
        let lab = Lab::new();
        let payer = lab.payer.pubkey();
        let mut instruction = Script::new().instruction(probe(0), metas(payer, [true; 3]));
        instruction.data = data;
        let ran = lab.run(&[compute_budget::set_compute_unit_limit(200_000), instruction]);
        assert_promises(&lab, &ran, [true; 3]);
    }
}
