//! Every interleaving of a reader of a view with a writer, by the model checker: `cargo test -p isobath-accounts-db --lib
//! --features loom`.
//!
//! Each protocol is also checked with a planted mistake, which the checker must find.

use std::sync::Arc;

use isobath_sdk::chain::account::Account;
use loom::thread;

use super::*;
use crate::views::{Totals, ViewState, Views};

const KEY: Pubkey = Pubkey([1; 32]);
const OTHER: Pubkey = Pubkey([2; 32]);

/// An account whose data are those of its balance.
fn account(lamports: u64) -> Account {
    Account {
        data: lamports.to_le_bytes().as_slice().into(),
        ..Account::new(lamports, Pubkey([9; 32]))
    }
}

/// A store with one account of one lamport.
fn resident() -> Arc<Resident> {
    Arc::new(Resident::new([(KEY, account(1))]))
}

fn open(resident: &Resident, slot: u64) -> Arc<Arena> {
    let arena = Arc::new(Arena::default().reuse(slot));
    resident.add_arena(Arc::clone(&arena));
    arena
}

fn id_of(resident: &Resident, key: &Pubkey, slot: u64) -> AccountId {
    resident
        .find_or_insert(resident.key_hasher().hash(key), key, slot)
        .0
}

fn read(resident: &Resident, key: &Pubkey, slot: u64) -> Option<u64> {
    let found = resident.read(resident.key_hasher().hash(key), key, slot);
    found.map(|account| {
        let lamports = account.lamports;
        assert_eq!(
            account.data.as_slice(),
            lamports.to_le_bytes(),
            "header and data belong together"
        );
        lamports
    })
}

fn abort(resident: &Resident, arena: &Arc<Arena>, id: AccountId) {
    resident.restore(arena, id);
    resident.remove_arena(arena);
}

/// Checks every interleaving of `write` with `look`.
fn check(
    write: impl Fn(&Resident) + Sync + Send + 'static,
    look: impl Fn(&Resident) + Sync + Send + Copy + 'static,
) {
    let mut model = loom::model::Builder::new();
    model.preemption_bound = Some(3);
    model.check(move || {
        let resident = resident();
        let reader = thread::spawn({
            let resident = Arc::clone(&resident);
            move || look(&resident)
        });
        write(&resident);
        reader.join().unwrap();
    });
}

/// Whether the checker finds an interleaving in which `look` fails.
fn finds(
    write: impl Fn(&Resident) + Sync + Send + 'static,
    look: impl Fn(&Resident) + Sync + Send + Copy + 'static,
) -> bool {
    std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| check(write, look))).is_err()
}

fn shows_genesis(resident: &Resident) {
    assert_eq!(read(resident, &KEY, 0), Some(1));
}

fn write_twice_abort_and_write_again(resident: &Resident) {
    let id = id_of(resident, &KEY, 1);
    let arena = open(resident, 1);
    assert!(resident.store(arena.lane(0), id, account(2)));
    assert!(!resident.store(arena.lane(0), id, account(3)));
    abort(resident, &arena, id);
    let arena = open(resident, 1);
    assert!(resident.store(arena.lane(0), id, account(4)));
}

#[test]
fn a_reader_beside_writes_and_an_abort_sees_the_end_of_its_block() {
    check(write_twice_abort_and_write_again, shows_genesis);
}

#[test]
fn a_reader_beside_data_that_change_in_place_sees_the_end_of_its_block() {
    let write = |resident: &Resident| {
        let id = id_of(resident, &KEY, 1);
        let arena = open(resident, 1);
        assert!(
            !resident.load_to_write(id, 1).is_own,
            "the block has not written it"
        );
        assert!(resident.store(arena.lane(0), id, account(2)));
        let own = resident.load_to_write(id, 1);
        assert!(own.is_own);
        resident.give_back_data(id, own.account.data);
        let mut own = resident.load_to_write(id, 1).account;
        own.lamports = 3;
        own.data.to_mut()[0] = 3;
        assert!(!resident.store(arena.lane(0), id, own));
    };
    check(write, shows_genesis);
}

#[test]
fn data_that_are_taken_before_the_block_has_an_image_are_found() {
    let write = |resident: &Resident| {
        let id = id_of(resident, &KEY, 1);
        let own = resident.load_to_write(id, 0);
        assert!(own.is_own);
        resident.give_back_data(id, own.account.data);
    };
    assert!(finds(write, shows_genesis));
}

#[test]
fn an_image_that_comes_after_the_change_is_found() {
    let write = |resident: &Resident| {
        let id = id_of(resident, &KEY, 1);
        let arena = open(resident, 1);
        let mut cell = resident.slots.cell(id);
        let (link, before) = (cell.link, std::mem::replace(&mut cell.account, account(2)));
        drop(cell);
        let image = arena.lane(0).push(Image {
            account: before,
            link,
        });
        resident.slots.cell(id).link = Link { written_in: 1, image };
    };
    assert!(finds(write, shows_genesis));
}

#[test]
fn a_reader_that_lets_go_of_the_latch_before_it_reads_the_image_is_found() {
    let look = |resident: &Resident| {
        let id = id_of(resident, &KEY, 1);
        let (link, account) = resident.with_cell(id, |cell| (cell.link, cell.account.clone()));
        let account = match link.written_in {
            0 => Some(account),
            _ => resident.image(link, 0, 1).and_then(Result::ok),
        };
        assert_eq!(account.map(|account| account.lamports), Some(1));
    };
    assert!(finds(write_twice_abort_and_write_again, look));
}

/// Block 1 closes the account and is published; its id is given back as if no view before `oldest` were held, and block 2
/// makes another account.
fn recycle(resident: &Resident, oldest: u64) {
    let arena = open(resident, 1);
    let id = id_of(resident, &KEY, 1);
    resident.store(arena.lane(0), id, Account::default());
    let is_free = resident.give_back(id, oldest).is_none();
    let arena = open(resident, 2);
    let other = id_of(resident, &OTHER, 2);
    assert_eq!(other == id, is_free);
    resident.store(arena.lane(0), other, account(5));
}

#[test]
fn an_id_that_a_view_needs_is_not_used_again() {
    check(|resident| recycle(resident, 0), shows_genesis);
}

#[test]
fn an_id_given_back_while_a_view_needs_it_is_found() {
    assert!(finds(|resident| recycle(resident, 1), shows_genesis));
}

#[test]
fn a_reader_of_the_view_in_which_an_account_is_closed_sees_neither_it_nor_what_follows() {
    let look = |resident: &Resident| {
        // Before block 1 ends, there is no view of it.
        if resident.with_cell(AccountId(0), |cell| cell.link.written_in != 0) {
            assert_eq!((read(resident, &KEY, 1), read(resident, &OTHER, 1)), (None, None));
        }
    };
    check(|resident| recycle(resident, 1), look);
}

fn view(resident: &Arc<Resident>, slot: u64) -> ViewState {
    ViewState::new(slot, slot, Totals::default(), Arc::clone(resident))
}

/// Block 1 is published while the view of the genesis is held; the view is revoked and its images taken, in this order or
/// the wrong one.
fn check_revocation(revokes_first: bool) {
    let mut model = loom::model::Builder::new();
    model.preemption_bound = Some(3);
    model.check(move || {
        let resident = resident();
        let views = Views::new(view(&resident, 0));
        let held = views.current();
        let reader = thread::spawn(move || {
            let found = read(&held.resident, &KEY, held.slot);
            assert!(found == Some(1) || held.is_revoked());
        });
        let id = id_of(&resident, &KEY, 1);
        let arena = open(&resident, 1);
        resident.store(arena.lane(0), id, account(2));
        views.publish(view(&resident, 1));
        if views.oldest() == 0 && revokes_first {
            views.revoke_oldest();
            drop(resident.take_arenas(views.oldest()));
        } else if !revokes_first {
            drop(resident.take_arenas(1));
            views.revoke_oldest();
        }
        reader.join().unwrap();
    });
}

#[test]
fn a_reader_that_misses_an_image_finds_its_view_revoked() {
    check_revocation(true);
}

#[test]
fn images_that_go_before_the_view_is_revoked_are_found() {
    assert!(std::panic::catch_unwind(|| check_revocation(false)).is_err());
}
