//! Each account rule at the operation that it refuses, and the order in which they decide.

use std::sync::LazyLock;

use super::*;
use crate::chain::account::Account;
use crate::chain::genesis::Genesis;
use crate::instruction::AccountMeta;
use crate::instruction_error::InstructionError as E;
use crate::program::ReadSysvars;

const PROGRAM: Pubkey = Pubkey([1; 32]);
const OTHER: Pubkey = Pubkey([2; 32]);
const MEBIBYTES_10: usize = 10 * 1024 * 1024;

/// A host that has nothing to offer.
struct NoHost;

impl Host for NoHost {
    fn invoke(&mut self, _: &mut TxState, request: InvokeRequest<'_>) -> Result<(), E> {
        request.derive_signers(self.rules().call_signers_max)?;
        Err(E::GenericError)
    }

    fn rules(&self) -> &Rules {
        static RULES: LazyLock<Rules> = LazyLock::new(|| Genesis::default().rules());
        &RULES
    }

    fn sysvars(&self) -> &dyn ReadSysvars {
        self
    }

    fn blockhash(&self) -> Hash {
        Hash::ZERO
    }

    fn lamports_per_signature(&self) -> u64 {
        0
    }

    fn depth(&self) -> u8 {
        1
    }
}

impl ReadSysvars for NoHost {
    fn clock(&self) -> Option<Clock> {
        None
    }

    fn rent(&self) -> Option<Rent> {
        None
    }

    fn slot_hashes(&self) -> Option<&SlotHashes> {
        None
    }

    fn recent_blockhashes(&self) -> Option<&RecentBlockhashes> {
        None
    }
}

/// Positions of the accounts of [`Lab`]: who owns them, and what they hold.
const MINE: usize = 0;
const MINE_ZEROED: usize = 1;
const MINE_READONLY: usize = 2;
const THEIRS: usize = 3;
const THEIRS_READONLY: usize = 4;
const ABSENT: usize = 5;

/// A transaction of six accounts, and one instruction that names all of them.
struct Lab {
    state: TxState,
    accounts: Vec<InstructionAccount>,
}

impl Lab {
    fn new() -> Self {
        let account = |owner, data: &[u8]| Account {
            data: data.to_vec().into(),
            ..Account::new(100, owner)
        };
        let images = [
            account(PROGRAM, &[1, 2, 3, 4]),
            account(PROGRAM, &[0; 4]),
            account(PROGRAM, &[0; 4]),
            account(OTHER, &[0; 4]),
            account(OTHER, &[0; 4]),
        ];
        let cells = (1..)
            .zip(images)
            .map(|(key, account)| AccountCell::new(Pubkey([key; 32]), account));
        let accounts = (0..5).map(|index| InstructionAccount {
            index,
            first: index,
            is_signer: false,
            is_writable: ![MINE_READONLY, THEIRS_READONLY].contains(&usize::from(index)),
        });
        Self {
            state: TxState::new(cells.collect(), 1_000),
            accounts: accounts.collect(),
        }
    }

    /// What an operation returns on fresh accounts, after asserting that an error left everything as it was.
    fn run<T>(operation: impl FnOnce(&mut Frame<'_>) -> Result<T, E>) -> Result<(), E> {
        let mut lab = Self::new();
        let result = lab.then(operation).map(drop);
        if result.is_err() {
            assert!(lab.state.cells.iter().all(|cell| !cell.is_written()));
            assert_eq!(lab.state.lamports_sum, 0);
            let before = Self::new();
            let accounts = |lab: &Self| {
                lab.state
                    .cells
                    .iter()
                    .map(|cell| cell.account().clone())
                    .collect()
            };
            let (left, expected): (Vec<_>, Vec<_>) = (accounts(&lab), accounts(&before));
            assert_eq!(left, expected);
        }
        result
    }

    fn then<T>(&mut self, operation: impl FnOnce(&mut Frame<'_>) -> T) -> T {
        operation(&mut Frame::new(FrameParts {
            program_id: PROGRAM,
            data: &[],
            accounts: &self.accounts,
            state: &mut self.state,
            host: &mut NoHost,
        }))
    }
}

#[test]
fn a_balance_changes_up_by_anyone_and_down_by_the_owner_and_only_if_writable() {
    let set = |position, lamports| Lab::run(|frame| frame.set_lamports(position, lamports));
    assert_eq!(set(MINE, 99), Ok(()));
    assert_eq!(set(MINE, 101), Ok(()));
    assert_eq!(set(THEIRS, 101), Ok(()));
    assert_eq!(set(THEIRS, 100), Ok(()));
    assert_eq!(set(THEIRS, 99), Err(E::ExternalAccountLamportSpend));
    assert_eq!(set(MINE_READONLY, 99), Err(E::ReadonlyLamportChange));
    assert_eq!(set(MINE_READONLY, 101), Err(E::ReadonlyLamportChange));
    // Even if the balance stays.
    assert_eq!(set(MINE_READONLY, 100), Err(E::ReadonlyLamportChange));
    // The owner decides first.
    assert_eq!(set(THEIRS_READONLY, 99), Err(E::ExternalAccountLamportSpend));
    assert_eq!(set(THEIRS_READONLY, 101), Err(E::ReadonlyLamportChange));
    assert_eq!(set(ABSENT, 0), Err(E::MissingAccount));
}

#[test]
fn balances_neither_wrap_nor_go_below_zero() {
    assert_eq!(
        Lab::run(|frame| frame.credit(MINE, u64::MAX)),
        Err(E::ArithmeticOverflow)
    );
    assert_eq!(
        Lab::run(|frame| frame.debit(MINE, 101)),
        Err(E::ArithmeticOverflow)
    );
    assert_eq!(
        Lab::run(|frame| frame.debit(THEIRS, 1)),
        Err(E::ExternalAccountLamportSpend)
    );
    assert_eq!(Lab::run(|frame| frame.credit(MINE, u64::MAX - 100)), Ok(()));
}

#[test]
fn the_sum_follows_every_change_of_a_balance() {
    let mut lab = Lab::new();
    for (position, lamports, sum) in [
        (MINE, 40, -60),
        (THEIRS, 160, 0),
        (THEIRS, u64::MAX, i128::from(u64::MAX) - 160),
    ] {
        lab.then(|frame| frame.set_lamports(position, lamports)).unwrap();
        assert_eq!(lab.state.lamports_sum, sum);
        let expected = if sum == 0 {
            Ok(())
        } else {
            Err(E::UnbalancedInstruction)
        };
        assert_eq!(lab.state.require_balanced(), expected);
    }
    lab.state.lamports_sum = i128::MAX;
    assert_eq!(
        lab.then(|frame| frame.set_lamports(MINE, 41)),
        Err(E::ArithmeticOverflow)
    );
    assert_eq!(lab.state.cells[MINE].account().lamports, 40);
}

#[test]
fn an_owner_gives_away_what_is_writable_and_zeroed() {
    let assign = |position, owner| Lab::run(move |frame| frame.set_owner(position, &owner));
    assert_eq!(assign(MINE_ZEROED, OTHER), Ok(()));
    assert_eq!(assign(MINE_ZEROED, PROGRAM), Ok(()));
    for (position, owner) in [
        (MINE, OTHER),
        (MINE_READONLY, OTHER),
        (THEIRS, PROGRAM),
        (THEIRS, OTHER),
        // Even if the owner stays.
        (MINE, PROGRAM),
        (MINE_READONLY, PROGRAM),
    ] {
        assert_eq!(
            assign(position, owner),
            Err(E::ModifiedProgramId),
            "{position} {owner}"
        );
    }
    assert_eq!(assign(ABSENT, OTHER), Err(E::MissingAccount));
    // It is another program's from then on.
    let mut lab = Lab::new();
    lab.then(|frame| frame.set_owner(MINE_ZEROED, &OTHER)).unwrap();
    let again = lab.then(|frame| frame.write_data(MINE_ZEROED, 0, &[0]));
    assert_eq!(again, Err(E::ExternalAccountDataModified));
}

#[test]
fn data_is_written_by_the_owner_where_it_is_writable() {
    let write = |position| {
        let whole = Lab::run(|frame| frame.data_mut(position).map(|_| ()));
        let part = Lab::run(|frame| frame.write_data(position, 0, &[9]));
        let nothing = Lab::run(|frame| frame.write_data(position, 0, &[]));
        assert_eq!((whole, nothing), (part, part));
        part
    };
    assert_eq!(write(MINE), Ok(()));
    assert_eq!(write(MINE_READONLY), Err(E::ReadonlyDataModified));
    assert_eq!(write(THEIRS), Err(E::ExternalAccountDataModified));
    // The lock decides first.
    assert_eq!(write(THEIRS_READONLY), Err(E::ReadonlyDataModified));
    assert_eq!(write(ABSENT), Err(E::MissingAccount));
    for (offset, len) in [(4, 1), (0, 5), (5, 0), (usize::MAX, 1)] {
        let past = Lab::run(|frame| frame.write_data(MINE, offset, &vec![0; len]));
        assert_eq!(past, Err(E::AccountDataTooSmall), "{offset} {len}");
    }
    let mut lab = Lab::new();
    lab.then(|frame| frame.write_data(MINE, 1, &[8, 9])).unwrap();
    assert_eq!(lab.state.cells[MINE].account().data.as_slice(), [1, 8, 9, 4]);
}

#[test]
fn lengths_change_within_the_limits_then_by_the_lock_then_by_the_owner() {
    let resize = |position, len| Lab::run(move |frame| frame.resize_data(position, len));
    assert_eq!(resize(MINE, 0), Ok(()));
    assert_eq!(resize(MINE, MEBIBYTES_10), Ok(()));
    assert_eq!(resize(MINE, MEBIBYTES_10 + 1), Err(E::InvalidRealloc));
    assert_eq!(resize(THEIRS_READONLY, MEBIBYTES_10 + 1), Err(E::InvalidRealloc));
    assert_eq!(resize(THEIRS_READONLY, 5), Err(E::ReadonlyDataModified));
    assert_eq!(resize(MINE_READONLY, 5), Err(E::ReadonlyDataModified));
    assert_eq!(resize(THEIRS, 5), Err(E::ExternalAccountDataModified));
    // Even if the length stays.
    assert_eq!(resize(THEIRS, 4), Err(E::ExternalAccountDataModified));
    assert_eq!(resize(ABSENT, 4), Err(E::MissingAccount));
}

#[test]
fn growth_is_bounded_for_the_transaction_and_shrinking_gives_it_back() {
    let mut lab = Lab::new();
    let mut resize = |position, len| lab.then(|frame| frame.resize_data(position, len));
    assert_eq!(resize(MINE, MEBIBYTES_10), Ok(()));
    assert_eq!(resize(MINE_ZEROED, MEBIBYTES_10), Ok(()));
    assert_eq!(resize(MINE, MEBIBYTES_10 - 4), Ok(()));
    // The limit of the transaction decides before the lock.
    assert_eq!(
        resize(THEIRS_READONLY, 17),
        Err(E::MaxAccountsDataAllocationsExceeded)
    );
    assert_eq!(resize(THEIRS_READONLY, 16), Err(E::ReadonlyDataModified));
    assert_eq!(resize(MINE, MEBIBYTES_10), Ok(()));
}

#[test]
fn views_show_what_was_written_and_new_bytes_are_zero() {
    let mut lab = Lab::new();
    lab.then(|frame| {
        frame.data_mut(MINE)?[3] = 7;
        frame.resize_data(MINE, 6)?;
        frame.set_lamports(MINE, 5)?;
        let view = frame.account(MINE)?;
        assert_eq!((view.data(), view.lamports()), (&[1, 2, 3, 7, 0, 0][..], 5));
        assert_eq!((view.key(), view.owner()), (&Pubkey([1; 32]), &PROGRAM));
        assert!(!view.is_executable());
        frame.resize_data(MINE, 2)?;
        assert_eq!(frame.account(MINE)?.data(), [1, 2]);
        frame.account(ABSENT).map(|_| ())
    })
    .unwrap_err();
}

#[test]
fn a_sysvar_that_the_host_does_not_have_is_unsupported() {
    let unsupported = Err(E::UnsupportedSysvar);
    assert_eq!(Lab::run(|frame| frame.clock()), unsupported);
    assert_eq!(Lab::run(|frame| frame.rent()), unsupported);
    assert_eq!(Lab::run(|frame| frame.slot_hashes().map(drop)), unsupported);
    assert_eq!(
        Lab::run(|frame| frame.recent_blockhashes().map(drop)),
        unsupported
    );
}

#[test]
fn a_call_that_failed_ends_the_instruction_and_no_other_is_made() {
    let mut lab = Lab::new();
    let instruction = Instruction {
        program_id: OTHER,
        accounts: Vec::new(),
        data: Vec::new(),
    };
    let seeds: [&[&[u8]]; 17] = [&[]; 17];
    let too_many = lab.then(|frame| frame.invoke(&instruction, &seeds));
    assert_eq!(too_many, Err(E::MaxSeedLengthExceeded));
    let next = lab.then(|frame| frame.invoke(&instruction, &[]));
    assert_eq!(next, Err(E::MaxSeedLengthExceeded), "the host was not asked");
}

/// Calls of another program with one account, while a borrow of it or of another account is outstanding.
#[test]
fn a_call_is_refused_where_an_outstanding_borrow_excludes_it() {
    let call = |held: usize, take: fn(&mut Borrows) -> Result<(), E>, meta: AccountMeta| {
        let mut lab = Lab::new();
        take(lab.state.cells[held].borrows_mut()).unwrap();
        let instruction = Instruction {
            program_id: OTHER,
            accounts: vec![AccountMeta::readonly(Pubkey([9; 32])), meta],
            data: Vec::new(),
        };
        let refusal = lab.then(|frame| frame.invoke(&instruction, &[])).unwrap_err();
        assert_eq!(lab.state.failed_call, Some(refusal));
        refusal
    };
    let key = Pubkey([1; 32]);
    let (reading, changing) = (Borrows::take_to_read, Borrows::take_to_change);
    let (readonly, writable) = (AccountMeta::readonly(key), AccountMeta::writable(key));
    // The host refuses whatever reaches it with another error.
    assert_eq!(call(MINE, reading, readonly), E::GenericError);
    assert_eq!(call(MINE, reading, writable), E::AccountBorrowFailed);
    assert_eq!(call(MINE, changing, readonly), E::AccountBorrowFailed);
    assert_eq!(call(MINE, changing, writable), E::AccountBorrowFailed);
    assert_eq!(call(THEIRS, changing, writable), E::GenericError);
}

#[test]
fn a_borrow_that_was_given_back_excludes_nothing() {
    let mut lab = Lab::new();
    let borrows = lab.state.cells[MINE].borrows_mut();
    borrows.take_to_change().unwrap();
    borrows.give_back();
    let instruction = Instruction {
        program_id: OTHER,
        accounts: vec![AccountMeta::writable(Pubkey([1; 32]))],
        data: Vec::new(),
    };
    let refusal = lab.then(|frame| frame.invoke(&instruction, &[]));
    assert_eq!(refusal, Err(E::GenericError), "it reached the host");
}
