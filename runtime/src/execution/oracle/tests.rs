//! The oracle's own parts: what it compares and what it hashes.

use isobath_program_abi::{Hash, InstructionError, Pubkey};
use isobath_sdk::chain::account::Account;
use isobath_sdk::chain::genesis::Genesis;
use isobath_sdk::chain::header::{Anchor, transactions_root};
use isobath_sdk::chain::record::Delta;

use super::accounts::deep_copy;
use super::images::{Change, check};
use super::past::{AnchorFault, Past, PastBlock, identity};
use super::{roots, sysvars};

const PROGRAM: Pubkey = Pubkey([1; 32]);
const OTHER: Pubkey = Pubkey([2; 32]);

fn account(owner: Pubkey) -> Account {
    Account {
        data: vec![0, 0].into(),
        ..Account::new(100, owner)
    }
}

fn check_one(before: &Account, after: &Account, is_writable: bool) -> Result<(), InstructionError> {
    check(
        &PROGRAM,
        &[Change {
            before,
            after,
            is_writable,
        }],
    )
}

#[test]
fn the_owner_may_change_data_size_and_owner_of_a_writable_account() {
    let before = account(PROGRAM);
    let after = Account {
        data: vec![0; 3].into(),
        owner: OTHER,
        ..before
    };
    assert_eq!(check_one(&before, &after, true), Ok(()));
}

#[test]
fn each_forbidden_change_has_its_error() {
    use InstructionError as E;
    let change = |owner: Pubkey, change: fn(&mut Account)| {
        let before = account(owner);
        let mut after = before.clone();
        change(&mut after);
        (before, after)
    };
    let set_data = |account: &mut Account| account.data = vec![0, 1].into();
    let assign = |account: &mut Account| account.owner = Pubkey([3; 32]);
    let spend = |account: &mut Account| account.lamports = 99;
    let cases = [
        (change(OTHER, assign), true, E::ModifiedProgramId),
        (change(PROGRAM, assign), false, E::ModifiedProgramId),
        (
            change(PROGRAM, |account| {
                account.owner = OTHER;
                account.data = vec![0, 9].into();
            }),
            true,
            E::ModifiedProgramId,
        ),
        (change(OTHER, spend), true, E::ExternalAccountLamportSpend),
        (change(PROGRAM, spend), false, E::ReadonlyLamportChange),
        (
            change(OTHER, |account| account.lamports = 101),
            false,
            E::ReadonlyLamportChange,
        ),
        (change(OTHER, set_data), true, E::ExternalAccountDataModified),
        (change(PROGRAM, set_data), false, E::ReadonlyDataModified),
        (
            change(PROGRAM, |account| account.executable = true),
            true,
            E::ExecutableModified,
        ),
        (change(PROGRAM, spend), true, E::UnbalancedInstruction),
    ];
    for ((before, after), is_writable, error) in cases {
        let found = check_one(&before, &after, is_writable);
        assert_eq!(found, Err(error), "{before:?} -> {after:?}");
    }
}

#[test]
fn a_copy_shares_no_contents() {
    let original = account(PROGRAM);
    let copy = deep_copy(&original);
    assert_eq!(copy, original);
    assert!(!copy.data.is_same(&original.data));
}

#[test]
fn the_spelled_out_roots_are_those_of_the_formats() {
    for count in 0..40_u8 {
        let wires: Vec<Vec<u8>> = (0..count).map(|byte| vec![byte; 3]).collect();
        assert_eq!(
            roots::transactions_root(&wires),
            transactions_root(&wires),
            "{count}"
        );
        let account = |byte| (byte % 3 > 0).then(|| account(Pubkey([byte; 32])));
        let delta = Delta {
            accounts: (0..count)
                .map(|byte| (Pubkey([byte; 32]), account(byte)))
                .collect(),
        };
        assert_eq!(roots::delta_root(&delta), delta.root(), "{count}");
    }
    let genesis = Genesis::development();
    assert_eq!(roots::genesis_hash(&genesis), genesis.hash());
}

#[test]
fn a_blockhash_is_valid_for_its_age_and_no_longer() {
    let mut genesis = Genesis::development();
    genesis.blockhash_max_age_blocks = 2;
    let mut past = Past::new(&genesis);
    let first = past.newest().blockhash;
    let block = |byte| PastBlock {
        blockhash: Hash([byte; 32]),
        timestamp_ms: i64::from(byte),
    };
    assert!(past.is_valid(&first), "in block 1");
    past.blocks.push(block(1));
    assert!(past.is_valid(&first), "in block 2");
    past.blocks.push(block(2));
    assert!(!past.is_valid(&first), "in block 3");
    let entries = sysvars::slot_hashes(&past).entries().to_vec();
    assert_eq!(entries, [(2, Hash([2; 32])), (1, Hash([1; 32])), (0, first)]);
}

#[test]
fn an_epoch_starts_with_its_first_block() {
    let mut genesis = Genesis::development();
    genesis.slots_per_epoch = 2;
    genesis.start_time_ms = 5;
    let mut past = Past::new(&genesis);
    assert_eq!(
        past.epoch_start_ms(70),
        5,
        "block 1 is in the epoch of the genesis"
    );
    for timestamp_ms in [70, 80] {
        past.blocks.push(PastBlock {
            blockhash: Hash::ZERO,
            timestamp_ms,
        });
    }
    assert_eq!(
        past.epoch_start_ms(90),
        80,
        "block 3 follows block 2 in its epoch"
    );
    past.blocks.pop();
    assert_eq!(past.epoch_start_ms(90), 90, "block 2 starts an epoch");
}

#[test]
fn the_first_16_bytes_of_its_hash_identify_a_message() {
    let (mut alike, mut other) = ([1; 32], [1; 32]);
    (alike[16], other[15]) = (2, 2);
    assert_eq!(identity(&Hash([1; 32])), identity(&Hash(alike)));
    assert_ne!(identity(&Hash([1; 32])), identity(&Hash(other)));
}

#[test]
fn an_anchor_names_a_known_result_within_the_lag() {
    let mut genesis = Genesis::development();
    genesis.anchor_lag_max = 1;
    let past = Past::new(&genesis);
    let result_hash = genesis.hash();
    assert_eq!(past.check_anchor(&Anchor { slot: 0, result_hash }), Ok(()));
    assert_eq!(
        past.check_anchor(&Anchor { slot: 1, result_hash }),
        Err(AnchorFault::NotBefore(1))
    );
    let forged = Anchor {
        slot: 0,
        result_hash: Hash([1; 32]),
    };
    let wrong = AnchorFault::WrongResult {
        slot: 0,
        right: result_hash,
        named: Hash([1; 32]),
    };
    assert_eq!(past.check_anchor(&forged), Err(wrong));
}
