//! Contents of the block's own change in place and can be put back: against a plain model that copies.

#![allow(clippy::arithmetic_side_effects, reason = "test arithmetic on small numbers")]

use proptest::prelude::*;
use proptest::sample::select;

use super::*;
use crate::program::undo::ENTRY_LEN;

const MIB: usize = 1 << 20;

#[derive(Debug, Clone)]
enum Step {
    /// Overwrites bytes from an offset on, as far as they are within the contents.
    Write(usize, usize, u8),
    /// Takes all bytes to change, and changes some.
    WriteAnywhere(usize, u8),
    Resize(usize),
    Replace(usize, u8),
    SetHeader(u64),
    /// Hashes the contents, so that the hash is known.
    Hash,
    /// Someone else holds the contents from now on.
    Share,
    RollBack,
    /// Ends the transaction; whether the contents are the block's own in the next one.
    End(bool),
}

fn any_len() -> impl Strategy<Value = usize> {
    select(vec![1, 40, 100, 165, 5_000, SUBTREE_LEN + 1, 3 * SUBTREE_LEN + 5])
}

fn any_step() -> impl Strategy<Value = Step> {
    let offset = 0..4 * SUBTREE_LEN;
    prop_oneof![
        6 => (offset.clone(), 0_usize..40, any::<u8>()).prop_map(|(at, len, byte)| Step::Write(at, len, byte)),
        2 => (offset.clone(), any_len(), any::<u8>()).prop_map(|(at, len, byte)| Step::Write(at, len, byte)),
        1 => (offset, any::<u8>()).prop_map(|(at, byte)| Step::WriteAnywhere(at, byte)),
        1 => any_len().prop_map(Step::Resize),
        1 => (any_len(), any::<u8>()).prop_map(|(len, byte)| Step::Replace(len, byte)),
        1 => (1_u64..9).prop_map(Step::SetHeader),
        1 => Just(Step::Hash),
        1 => Just(Step::Share),
        3 => Just(Step::RollBack),
        3 => prop::bool::weighted(0.8).prop_map(Step::End),
    ]
}

/// An account with contents in a vector.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Plain {
    lamports: u64,
    data: Vec<u8>,
}

impl Plain {
    fn of(account: &Account) -> Self {
        Self {
            lamports: account.lamports,
            data: account.data.to_vec(),
        }
    }
}

/// A cell beside what it must hold, from transaction to transaction.
struct Run {
    cell: AccountCell,
    loaded: AccountHeader,
    now: Plain,
    before: Plain,
    undo: UndoArena,
    pool: GrowthPool,
    /// What others hold, and must find unchanged.
    held: Vec<(AccountData, Vec<u8>)>,
}

impl Run {
    fn new(account: Account) -> Self {
        Self {
            loaded: account.header(),
            now: Plain::of(&account),
            before: Plain::of(&account),
            cell: AccountCell::own(Pubkey::default(), account),
            undo: UndoArena::default(),
            pool: GrowthPool::default(),
            held: Vec::new(),
        }
    }

    fn step(&mut self, step: &Step) {
        let (mut work, undo) = (Work::default(), &mut self.undo);
        match *step {
            Step::Write(offset, len, byte) => {
                let offset = offset % self.now.data.len();
                let len = len.min(self.now.data.len() - offset);
                let bytes = vec![byte; len];
                assert!(self.cell.write(offset, &bytes, &mut work, undo));
                self.now.data[offset..offset + len].copy_from_slice(&bytes);
            }
            Step::WriteAnywhere(offset, byte) => {
                let offset = offset % self.now.data.len();
                self.cell.data_mut(&mut work, undo)[offset] = byte;
                self.now.data[offset] = byte;
            }
            Step::Resize(len) => {
                self.cell.resize(len, &mut work, &mut self.pool);
                self.now.data.resize(len, 0);
            }
            Step::Replace(len, byte) => {
                let mut account = self.cell.account().clone();
                account.data = vec![byte; len].into();
                self.cell.replace(account);
                self.now.data = vec![byte; len];
            }
            Step::SetHeader(lamports) => {
                self.cell.set_lamports(lamports);
                self.now.lamports = lamports;
            }
            Step::Hash => drop(self.cell.account().data.hash()),
            Step::Share => {
                let data = self.cell.account().data.clone();
                self.held.push((data.clone(), data.to_vec()));
            }
            Step::RollBack => {
                self.cell.return_room(&mut self.pool);
                self.cell.roll_back(&self.loaded, &self.undo);
                self.now = self.before.clone();
                assert!(!self.cell.is_written());
            }
            Step::End(is_own) => self.end(is_own),
        }
    }

    fn end(&mut self, is_own: bool) {
        self.undo.clear();
        self.cell.return_room(&mut self.pool);
        let next = AccountCell::new(Pubkey::default(), Account::default());
        let (key, account) = std::mem::replace(&mut self.cell, next).into_parts();
        self.loaded = account.header();
        self.cell = match is_own {
            true => AccountCell::own(key, account),
            false => AccountCell::new(key, account),
        };
        self.before = self.now.clone();
    }

    fn check(&self) {
        let account = self.cell.account();
        assert_eq!(Plain::of(account), self.now);
        let fresh = AccountData::from(self.now.data.clone());
        assert_eq!(account.data.clone().hash(), fresh.hash());
        for (data, bytes) in &self.held {
            assert_eq!(data.as_slice(), bytes, "a write reached what others hold");
        }
    }
}

proptest! {
    #[test]
    fn own_and_shared_contents_are_put_back_as_a_copy_would_be(
        len in any_len(),
        steps in prop::collection::vec(any_step(), 1..60),
    ) {
        let data: Vec<u8> = (0..=u8::MAX).cycle().take(len).collect();
        let account = Account { data: data.into(), ..Account::new(1, Pubkey::default()) };
        let mut run = Run::new(account);
        for step in &steps {
            run.step(step);
            if matches!(step, Step::RollBack | Step::End(_)) {
                run.check();
            }
        }
        run.step(&Step::RollBack);
        run.check();
    }
}

fn own(len: usize) -> (AccountCell, AccountHeader) {
    let account = Account {
        data: vec![1; len].into(),
        ..Account::new(1, Pubkey::default())
    };
    let loaded = account.header();
    (AccountCell::own(Pubkey::default(), account), loaded)
}

#[test]
fn transactions_that_write_a_few_bytes_copy_and_allocate_a_few() {
    let (mut cell, loaded) = own(MIB);
    let address = cell.account().data.as_ptr();
    let (mut undo, mut memory) = (UndoArena::default(), None);
    for number in 0..1_000 {
        assert!(cell.write(number * 1_000, &[7; 16], &mut Work::default(), &mut undo));
        assert_eq!(cell.account().data.as_ptr(), address, "written where it is");
        if number % 3 == 0 {
            cell.roll_back(&loaded, &undo);
        }
        undo.clear();
        let (key, account) = cell.into_parts();
        assert_eq!(account.data[number * 1_000] == 7, number % 3 != 0);
        cell = AccountCell::own(key, account);
        assert_eq!(*memory.get_or_insert(undo.memory_len()), undo.memory_len());
    }
    assert!(memory < Some(1_000), "{memory:?}");
}

#[test]
fn undo_takes_at_most_one_and_a_half_times_the_contents() {
    for (count, len) in [(MIB / 8, 8), (100, MIB / 64), (1, MIB), (2, MIB), (10, 1)] {
        let (mut cell, loaded) = own(MIB);
        let mut undo = UndoArena::default();
        for number in 0..count {
            let offset = number * len % MIB;
            assert!(cell.write(offset, &vec![2; len], &mut Work::default(), &mut undo));
        }
        cell.data_mut(&mut Work::default(), &mut undo)[0] = 3;
        assert!(
            undo.saved_len() <= MIB * 3 / 2 + ENTRY_LEN,
            "{count} of {len}: {}",
            undo.saved_len()
        );
        cell.roll_back(&loaded, &undo);
        assert!(cell.account().data.iter().all(|byte| *byte == 1));
        undo.clear();
        assert!(undo.memory_len() <= 3 * MIB);
    }
}

#[test]
fn what_is_kept_between_transactions_is_bounded() {
    let mut undo = UndoArena::default();
    for _ in 0..5 {
        let (mut cell, _) = own(10 * MIB);
        cell.data_mut(&mut Work::default(), &mut undo);
    }
    assert!(undo.memory_len() >= 50 * MIB);
    undo.clear();
    assert!(undo.memory_len() <= 21 * MIB);
}

/// Else a failed transaction would make the end of the block hash what nobody paid for.
#[test]
fn what_was_put_back_is_not_hashed_again() {
    let write_some = |cell: &mut AccountCell, undo: &mut UndoArena| {
        for offset in [5, 6, SUBTREE_LEN - 1, 100_000, MIB - 2] {
            assert!(cell.write(offset, &[9, 9], &mut Work::default(), undo));
        }
    };
    let write_all = |cell: &mut AccountCell, undo: &mut UndoArena| {
        cell.data_mut(&mut Work::default(), undo).fill(9);
    };
    let resize = |cell: &mut AccountCell, _: &mut UndoArena| {
        cell.resize(5, &mut Work::default(), &mut GrowthPool::default());
    };
    type Change = fn(&mut AccountCell, &mut UndoArena);
    let changes: [Change; 3] = [write_some, write_all, resize];
    for change in changes {
        let (mut cell, loaded) = own(MIB);
        let hash = cell.account().data.hash();
        let mut undo = UndoArena::default();
        change(&mut cell, &mut undo);
        cell.roll_back(&loaded, &undo);
        let mut hashed_len = 0;
        assert_eq!(cell.account().data.hash_counting(&mut hashed_len), hash);
        let nodes = MIB / SUBTREE_LEN * HASH_BLOCK_LEN;
        assert!(hashed_len <= nodes as u64, "{hashed_len}");
    }
}

#[test]
fn own_contents_that_someone_holds_are_copied_and_put_back() {
    let (mut cell, loaded) = own(1_000);
    let held = cell.account().data.clone();
    let mut undo = UndoArena::default();
    assert!(cell.write(1, &[2], &mut Work::default(), &mut undo));
    assert_eq!(held.as_slice(), [1; 1_000]);
    cell.roll_back(&loaded, &undo);
    assert_eq!(cell.account().data, held);
}
