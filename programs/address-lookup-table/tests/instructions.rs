//! Each instruction on a frame of plain accounts: what it does, and the first error it reports.

#![allow(clippy::unwrap_used, reason = "the helpers unwrap as the tests do")]

use isobath_program_abi::{Hash, Instruction, InstructionError as E, Pubkey};
use isobath_program_address_lookup_table::{COMPUTE_UNITS, call};
use isobath_sdk::builtins::lookup_table::{LookupTable, LookupTableMeta};
use isobath_sdk::builtins::lookup_table_instruction::{LookupTableInstruction as I, lookup_table_address};
use isobath_sdk::builtins::system::{SystemInstruction, allocate, assign, transfer};
use isobath_sdk::chain::account::Account;
use isobath_sdk::ids;
use isobath_sdk::program::TxState;
use isobath_sdk::sysvar::clock::Clock;
use isobath_sdk::sysvar::rent::Rent;
use isobath_sdk::sysvar::slot_hashes::SlotHashes;
use isobath_testkit::host::MockHost;
use isobath_testkit::instruction::{Given, Program, given};

/// The program with enough for one instruction.
const LOOKUP_TABLE: Program = Program {
    id: ids::ADDRESS_LOOKUP_TABLE_PROGRAM,
    entry: call,
    compute_units: COMPUTE_UNITS,
};
const AUTHORITY: Pubkey = Pubkey([1; 32]);
const PAYER: Pubkey = Pubkey([2; 32]);
const TABLE: Pubkey = Pubkey([3; 32]);
const KEY: Pubkey = Pubkey([4; 32]);
/// Slot of the running block; the slot hashes reach from 100 to 599.
const SLOT: u64 = 600;
/// Rent minimum of a table without keys.
const EMPTY_MINIMUM: u64 = (128 + 56) * 6_960;
/// What each key adds to it.
const KEY_RENT: u64 = 32 * 6_960;

/// The System program, which pays for an extension.
const fn system_program() -> Given {
    given(ids::SYSTEM_PROGRAM, 1).unsigned().readonly()
}

/// A table of [`AUTHORITY`] with `key_count` keys and exactly its rent minimum, modified by `edit`.
fn table_with(key_count: usize, edit: impl FnOnce(&mut LookupTableMeta)) -> Given {
    let mut meta = LookupTableMeta::new(Some(AUTHORITY));
    edit(&mut meta);
    let data = [
        meta.to_bytes().as_slice(),
        [[9; 32]].repeat(key_count).as_flattened(),
    ]
    .concat();
    let lamports = Rent::new(6_960).minimum_balance(data.len() as u64);
    let account = Account {
        data: data.into(),
        ..Account::new(lamports, ids::ADDRESS_LOOKUP_TABLE_PROGRAM)
    };
    Given {
        key: TABLE,
        account,
        is_signer: false,
        is_writable: true,
    }
}

fn table(key_count: usize) -> Given {
    table_with(key_count, |_| {})
}

/// Changes an account as no program could.
fn change(state: &mut TxState, key: Pubkey, change: impl FnOnce(&mut Account)) {
    let mut cells = state.cells.iter_mut();
    let cell = cells.find(|cell| *cell.key() == key).unwrap();
    let mut account = cell.account().clone();
    change(&mut account);
    cell.replace(account);
}

/// Does what the System program is asked to, without its checks.
fn system_program_call(state: &mut TxState, call: &Instruction) -> Result<(), E> {
    let key = |position: usize| call.accounts[position].pubkey;
    match SystemInstruction::decode(&call.data)? {
        SystemInstruction::Transfer { lamports } => {
            change(state, key(0), |account| {
                account.lamports = account.lamports.checked_sub(lamports).unwrap();
            });
            change(state, key(1), |account| {
                account.lamports = account.lamports.checked_add(lamports).unwrap();
            });
        }
        SystemInstruction::Allocate { space } => {
            let data = vec![0; usize::try_from(space).unwrap()];
            change(state, key(0), |account| account.data = data.into());
        }
        SystemInstruction::Assign { owner } => change(state, key(0), |account| account.owner = owner),
        other => panic!("unexpected call {other:?}"),
    }
    Ok(())
}

/// Sysvars, and a System program that makes no checks.
fn host() -> MockHost {
    let clock = Clock {
        slot: SLOT,
        epoch_start_timestamp: 0,
        epoch: 0,
        leader_schedule_epoch: 1,
        unix_timestamp: 0,
    };
    let slot_hashes = SlotHashes::new((100..SLOT).rev().map(|slot| (slot, Hash::ZERO)));
    MockHost::new()
        .answering(system_program_call)
        .with_sysvar(ids::SYSVAR_RENT, &Rent::new(6_960).to_bytes())
        .with_sysvar(ids::SYSVAR_CLOCK, &clock.to_bytes())
        .with_sysvar(ids::SYSVAR_SLOT_HASHES, &slot_hashes.to_bytes())
}

struct Ran {
    result: Result<(), E>,
    after: Vec<Account>,
    log: Vec<String>,
    host: MockHost,
}

fn run(data: &[u8], given: &[Given]) -> Ran {
    let ran = LOOKUP_TABLE.run(data, given, host());
    assert_eq!(
        ran.state.meter.remaining(),
        0,
        "every instruction costs 750 units"
    );
    Ran {
        result: ran.result,
        after: ran.accounts(),
        log: ran.log(),
        host: ran.host,
    }
}

fn ok(instruction: &I, given: &[Given]) -> Vec<Account> {
    let ran = run(&instruction.encode(), given);
    assert_eq!((ran.result, ran.log.len()), (Ok(()), 0), "{:?}", ran.log);
    ran.after
}

fn error(instruction: &I, given: &[Given]) -> (E, String) {
    let mut ran = run(&instruction.encode(), given);
    (ran.result.unwrap_err(), ran.log.pop().unwrap_or_default())
}

const fn silent(error: E) -> (E, String) {
    (error, String::new())
}

fn says(error: E, line: &str) -> (E, String) {
    (error, line.to_owned())
}

const fn authority() -> Given {
    given(AUTHORITY, 0).readonly()
}

fn extend(count: usize) -> I {
    I::Extend {
        keys: vec![KEY; count],
    }
}

fn create(recent_slot: u64) -> (I, Pubkey) {
    let (address, bump) = lookup_table_address(&AUTHORITY, recent_slot).unwrap();
    (I::Create { recent_slot, bump }, address)
}

#[test]
fn undecodable_data_and_missing_accounts() {
    assert_eq!(run(&[9, 0, 0, 0], &[]).result, Err(E::InvalidInstructionData));
    assert_eq!(run(&[0, 0, 0, 0], &[]).result, Err(E::InvalidInstructionData));
    for instruction in [create(599).0, I::Freeze, extend(1), I::Deactivate, I::Close] {
        assert_eq!(error(&instruction, &[]), silent(E::NotEnoughAccountKeys));
        assert_eq!(error(&instruction, &[table(1)]), silent(E::NotEnoughAccountKeys));
    }
    let too_few = [table_with(1, |meta| meta.deactivation_slot = 1), authority()];
    assert_eq!(error(&I::Close, &too_few), silent(E::NotEnoughAccountKeys));
}

#[test]
fn create_funds_allocates_and_assigns_through_the_system_program() {
    let (instruction, address) = create(599);
    let accounts = [
        given(address, 7).unsigned(),
        authority().unsigned(),
        given(PAYER, 9_000_000),
    ];
    let ran = run(&instruction.encode(), &accounts);
    assert_eq!(ran.result, Ok(()));
    let lamports = EMPTY_MINIMUM - 7;
    let calls = [
        transfer(&PAYER, &address, lamports),
        allocate(&address, 56),
        assign(&address, &ids::ADDRESS_LOOKUP_TABLE_PROGRAM),
    ];
    let (made, signers): (Vec<Instruction>, Vec<Vec<Pubkey>>) = ran.host.calls.into_iter().unzip();
    assert_eq!(made, calls);
    assert_eq!(signers, [vec![], vec![address], vec![address]]);
    let created = &ran.after[0];
    assert_eq!(
        (created.lamports, created.owner),
        (EMPTY_MINIMUM, ids::ADDRESS_LOOKUP_TABLE_PROGRAM)
    );
    assert_eq!(
        created.data.as_slice(),
        LookupTableMeta::new(Some(AUTHORITY)).to_bytes()
    );
    assert_eq!(ran.after[2].lamports, 9_000_000 - lamports);
}

#[test]
fn create_needs_no_transfer_for_a_funded_address_and_does_nothing_twice() {
    let (instruction, address) = create(100);
    let accounts = [given(address, EMPTY_MINIMUM), authority(), given(PAYER, 0)];
    assert_eq!(run(&instruction.encode(), &accounts).host.calls.len(), 2);
    let existing = Given {
        key: address,
        ..table(3)
    };
    let ran = run(
        &instruction.encode(),
        &[existing.clone(), authority(), given(PAYER, 0)],
    );
    assert_eq!((ran.result, ran.host.calls.len()), (Ok(()), 0));
    assert_eq!(ran.after[0], existing.account);
}

#[test]
fn create_refuses_in_solanas_order_and_words() {
    let (instruction, address) = create(599);
    let payer = given(PAYER, 9_000_000);
    let unsigned = [given(TABLE, 0), authority(), payer.clone().unsigned()];
    assert_eq!(
        error(&instruction, &unsigned),
        says(E::MissingRequiredSignature, "Payer account must be a signer")
    );
    let elsewhere = [given(TABLE, 0), authority(), payer];
    for slot in [SLOT, 99] {
        let line = format!("{slot} is not a recent slot");
        let stale = I::Create {
            recent_slot: slot,
            bump: 0,
        };
        assert_eq!(error(&stale, &elsewhere), says(E::InvalidInstructionData, &line));
    }
    let line = format!("Table address must match derived address: {address}");
    assert_eq!(error(&instruction, &elsewhere), says(E::InvalidArgument, &line));
    let on_curve = (0..=u8::MAX).map(|bump| I::Create {
        recent_slot: 599,
        bump,
    });
    let errors: Vec<E> = on_curve.map(|create| error(&create, &elsewhere).0).collect();
    assert!(errors.contains(&E::Custom(1)) && errors.contains(&E::InvalidArgument));
    assert!(
        errors
            .iter()
            .all(|error| matches!(error, E::Custom(1) | E::InvalidArgument))
    );
}

#[test]
fn every_change_needs_a_table_of_this_program_and_its_signing_authority() {
    let payer = given(PAYER, 9_000_000);
    let missing = says(E::MissingRequiredSignature, "Authority account must be a signer");
    for instruction in [I::Freeze, extend(1), I::Deactivate, I::Close] {
        let with = |table: Given, authority: Given| [table, authority, payer.clone()];
        let foreign = with(given(TABLE, 1), authority().unsigned());
        assert_eq!(error(&instruction, &foreign), silent(E::InvalidAccountOwner));
        assert_eq!(
            error(&instruction, &with(table(1), authority().unsigned())),
            missing
        );
        let other = with(table(1), given(KEY, 0));
        assert_eq!(error(&instruction, &other), silent(E::IncorrectAuthority));
        for (byte, expected) in [(0, E::UninitializedAccount), (2, E::InvalidAccountData)] {
            let mut bad = table(1);
            bad.account.data.to_mut()[0] = byte;
            assert_eq!(error(&instruction, &with(bad, authority())), silent(expected));
        }
        let line = match instruction {
            I::Freeze => "Lookup table is already frozen",
            I::Extend { .. } => "",
            _ => "Lookup table is frozen",
        };
        let frozen = with(table_with(1, |meta| meta.authority = None), authority());
        assert_eq!(error(&instruction, &frozen), says(E::Immutable, line));
    }
}

#[test]
fn freeze_takes_the_authority_of_an_active_table_with_keys() {
    let after = ok(&I::Freeze, &[table(2), authority()]);
    let expected = table_with(2, |meta| meta.authority = None);
    assert_eq!(after[0], expected.account);
    let line = "Empty lookup tables cannot be frozen";
    assert_eq!(
        error(&I::Freeze, &[table(0), authority()]),
        says(E::InvalidInstructionData, line)
    );
    let deactivated = table_with(0, |meta| meta.deactivation_slot = 5);
    let line = "Deactivated tables cannot be frozen";
    assert_eq!(
        error(&I::Freeze, &[deactivated, authority()]),
        says(E::InvalidArgument, line)
    );
    let readonly = [table(2).readonly(), authority()];
    assert_eq!(error(&I::Freeze, &readonly), silent(E::ReadonlyDataModified));
}

#[test]
fn extend_appends_remembers_the_first_append_of_a_slot_and_tops_up() {
    let accounts = [table(3), authority(), given(PAYER, 9_000_000), system_program()];
    let after = ok(&extend(2), &accounts);
    let extended = LookupTable::parse(&after[0].data).unwrap();
    assert_eq!(extended.keys[..3], [[9; 32]; 3]);
    assert_eq!(extended.keys[3..], [KEY.0; 2]);
    let meta = (
        extended.meta.last_extended_slot,
        extended.meta.last_extended_slot_start_index,
    );
    assert_eq!(meta, (SLOT, 3));
    assert_eq!(after[0].lamports, EMPTY_MINIMUM + 5 * KEY_RENT);
    assert_eq!(after[2].lamports, 9_000_000 - 2 * KEY_RENT);

    let again = Given {
        account: after[0].clone(),
        ..table(0)
    };
    let after = ok(
        &extend(1),
        &[again, authority(), given(PAYER, 9_000_000), system_program()],
    );
    let meta = LookupTable::parse(&after[0].data).unwrap().meta;
    assert_eq!(
        (meta.last_extended_slot, meta.last_extended_slot_start_index),
        (SLOT, 3)
    );
}

#[test]
fn extend_needs_a_payer_only_for_missing_rent() {
    let mut rich = table(0);
    rich.account.lamports += 38 * KEY_RENT;
    assert_eq!(ok(&extend(38), &[rich, authority()])[0].data.len(), 56 + 38 * 32);
    assert_eq!(
        error(&extend(1), &[table(0), authority()]),
        silent(E::NotEnoughAccountKeys)
    );
    let unsigned = [table(0), authority(), given(PAYER, 1).unsigned()];
    let without_system = [table(0), authority(), given(PAYER, 1)];
    assert_eq!(
        error(&extend(1), &without_system),
        silent(E::NotEnoughAccountKeys)
    );
    let line = "Payer account must be a signer";
    assert_eq!(
        error(&extend(1), &unsigned),
        says(E::MissingRequiredSignature, line)
    );
}

#[test]
fn extend_is_bounded_by_the_capacity_of_a_table() {
    let payer = given(PAYER, u64::MAX / 2);
    let with = |table: Given| [table, authority(), payer.clone(), system_program()];
    let full = "Lookup table is full and cannot contain more addresses";
    assert_eq!(
        error(&extend(1), &with(table(256))),
        says(E::InvalidArgument, full)
    );
    let line = "Must extend with at least one address";
    assert_eq!(
        error(&extend(0), &with(table(255))),
        says(E::InvalidInstructionData, line)
    );
    let line = "Extended lookup table length 257 would exceed max capacity of 256";
    assert_eq!(
        error(&extend(2), &with(table(255))),
        says(E::InvalidInstructionData, line)
    );
    let after = ok(&extend(1), &with(table(255)));
    let filled = LookupTable::parse(&after[0].data).unwrap();
    assert_eq!(
        (filled.keys.len(), filled.meta.last_extended_slot_start_index),
        (256, 255)
    );
    let deactivated = table_with(0, |meta| meta.deactivation_slot = 5);
    let line = "Deactivated tables cannot be extended";
    assert_eq!(
        error(&extend(1), &with(deactivated)),
        says(E::InvalidArgument, line)
    );
    let readonly = with(table(0).readonly());
    assert_eq!(error(&extend(1), &readonly), silent(E::Custom(10)));
}

#[test]
fn deactivate_marks_the_running_slot_once() {
    let after = ok(&I::Deactivate, &[table(1), authority()]);
    let expected = table_with(1, |meta| meta.deactivation_slot = SLOT);
    assert_eq!(after[0], expected.account);
    let line = "Lookup table is already deactivated";
    assert_eq!(
        error(&I::Deactivate, &[expected, authority()]),
        says(E::InvalidArgument, line)
    );
}

#[test]
fn close_waits_until_the_deactivation_is_no_longer_recent() {
    let with = |slot| {
        [
            table_with(1, |meta| meta.deactivation_slot = slot),
            authority(),
            given(PAYER, 5),
        ]
    };
    let line = "Lookup table is not deactivated";
    assert_eq!(error(&I::Close, &with(u64::MAX)), says(E::InvalidArgument, line));
    for (slot, blocks) in [(SLOT, 513), (599, 512), (100, 13)] {
        let line = format!("Table cannot be closed until it's fully deactivated in {blocks} blocks");
        assert_eq!(error(&I::Close, &with(slot)), says(E::InvalidArgument, &line));
    }
    let after = ok(&I::Close, &with(99));
    assert_eq!((after[0].lamports, after[0].data.len()), (0, 0));
    assert_eq!(after[2].lamports, 5 + EMPTY_MINIMUM + KEY_RENT);
}

#[test]
fn close_pays_somebody_else_who_can_be_paid() {
    let closed = || table_with(1, |meta| meta.deactivation_slot = 99);
    let line = "Lookup table cannot be the recipient of reclaimed lamports";
    let itself = [closed(), authority(), closed()];
    assert_eq!(error(&I::Close, &itself), says(E::InvalidArgument, line));
    let readonly = [closed(), authority(), given(PAYER, 5).readonly()];
    assert_eq!(error(&I::Close, &readonly), silent(E::Custom(11)));
    let readonly = [closed().readonly(), authority(), given(PAYER, 5)];
    assert_eq!(error(&I::Close, &readonly), silent(E::Custom(10)));
    let unsigned = [given(TABLE, 1)];
    assert_eq!(error(&I::Close, &unsigned), silent(E::InvalidAccountOwner));
    let brimming = [closed(), authority(), given(PAYER, u64::MAX)];
    assert_eq!(error(&I::Close, &brimming), silent(E::ArithmeticOverflow));
}
