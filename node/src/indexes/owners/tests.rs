//! The index over blocks: what comes at once, what goes later.

use crate::store::Store;
use isobath_sdk::chain::genesis::{Genesis, GenesisAccount};
use isobath_storage::LossyStorage;

use super::*;

const OWNER: Pubkey = Pubkey([9; 32]);
const OTHER: Pubkey = Pubkey([8; 32]);

fn change(key: u8, from: Option<Pubkey>, to: Option<Pubkey>) -> OwnerChange {
    let key = Pubkey([key; 32]);
    OwnerChange { key, from, to }
}

fn owned(owners: &Owners, owner: Pubkey) -> Vec<u8> {
    let keys = owners.keys_after(&owner, None, usize::MAX);
    keys.iter().map(|key| key.0[0]).collect()
}

/// A view in which `keys` belong to [`OWNER`].
fn view(keys: &[u8]) -> View {
    let mut genesis = Genesis::development();
    for key in keys {
        let mut account = GenesisAccount::funded(Pubkey([*key; 32]), 1_000_000_000);
        account.owner = OWNER;
        genesis.accounts.push(account);
    }
    genesis.accounts.sort_by_key(|account| account.pubkey);
    let storage = Box::new(LossyStorage::new());
    Store::open(storage, &genesis, &mut |_| Ok(())).unwrap().0.view()
}

#[test]
fn accounts_come_at_once_and_go_when_no_view_needs_them() {
    let mut owners = Owners::default();
    owners.push(1, &[3, 1, 2].map(|key| change(key, None, Some(OWNER))));
    assert_eq!(owned(&owners, OWNER), [1, 2, 3]);
    assert!(!owners.has_left(u64::MAX));
    owners.push(
        2,
        &[change(2, Some(OWNER), Some(OTHER)), change(3, Some(OWNER), None)],
    );
    let newest = view(&[1]);
    owners.forget(1, &newest);
    assert_eq!(
        (owned(&owners, OWNER), owned(&owners, OTHER)),
        (vec![1, 2, 3], vec![2])
    );
    owners.forget(2, &newest);
    assert_eq!((owned(&owners, OWNER), owned(&owners, OTHER)), (vec![1], vec![2]));
    owners.push(3, &[change(1, Some(OWNER), None), change(2, Some(OTHER), None)]);
    owners.forget(3, &view(&[]));
    assert!(owners.keys.is_empty() && owners.left_counts.is_empty());
}

#[test]
fn an_account_that_came_back_stays() {
    let mut owners = Owners::default();
    owners.push(1, &[change(1, None, Some(OWNER)), change(2, None, Some(OWNER))]);
    owners.push(2, &[change(1, Some(OWNER), None), change(2, Some(OWNER), None)]);
    owners.push(3, &[change(1, None, Some(OWNER)), change(2, None, Some(OWNER))]);
    owners.push(4, &[change(2, Some(OWNER), None)]);
    // A view of slot 3 is held: in it both are there.
    owners.forget(3, &view(&[1]));
    assert_eq!(owned(&owners, OWNER), [1, 2]);
    owners.forget(4, &view(&[1]));
    assert_eq!(owned(&owners, OWNER), [1]);
}

#[test]
fn keys_are_read_piece_by_piece() {
    let mut owners = Owners::default();
    owners.push(1, &[3, 1, 2].map(|key| change(key, None, Some(OWNER))));
    let first = owners.keys_after(&OWNER, None, 2);
    assert_eq!(first, [Pubkey([1; 32]), Pubkey([2; 32])]);
    assert_eq!(owners.keys_after(&OWNER, Some(first[1]), 2), [Pubkey([3; 32])]);
    assert!(owners.keys_after(&OTHER, None, 2).is_empty());
    assert_eq!((owners.count(&OWNER), owners.count(&OTHER)), (3, 0));
}

#[test]
fn plain_system_accounts_are_left_out() {
    let mut account = Account::new(1, ids::SYSTEM_PROGRAM);
    assert_eq!(listed_under(&account), None);
    account.data = vec![0; 80].into();
    assert_eq!(listed_under(&account), Some(ids::SYSTEM_PROGRAM));
    assert_eq!(listed_under(&Account::new(1, OWNER)), Some(OWNER));
}
