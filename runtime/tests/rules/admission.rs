//! Static validity, one rule at a time, and the demotion of write locks.

use isobath_program_abi::Hash;
use isobath_program_abi::InstructionError;
use isobath_program_abi::Pubkey;
use isobath_program_abi::{AccountMeta, Instruction};
use isobath_runtime::{Tx, admit};
use isobath_sdk::builtins::compute_budget;
use isobath_sdk::builtins::system;
use isobath_sdk::chain::genesis::Genesis;
use isobath_sdk::errors::TransactionError;
use isobath_sdk::ids;
use isobath_sdk::rules::{Feature, Rules};
use isobath_testkit::keys::dev_key;
use isobath_testkit::transactions::wire;

use crate::support::KEY_HASHER;

fn admitted(instructions: &[Instruction]) -> Result<Tx, TransactionError> {
    admit(
        &wire(&[&dev_key(0)], instructions, Hash([7; 32])),
        &Genesis::development().rules(),
        KEY_HASHER,
    )
}

const fn call(program_id: Pubkey, accounts: Vec<AccountMeta>) -> Instruction {
    Instruction {
        program_id,
        accounts,
        data: vec![],
    }
}

fn metas(count: u8) -> Vec<AccountMeta> {
    let keys = (0..count).map(|index| Pubkey([index.wrapping_add(1); 32]));
    keys.map(|pubkey| AccountMeta {
        pubkey,
        is_signer: false,
        is_writable: true,
    })
    .collect()
}

#[test]
fn limits_are_read_from_the_compute_budget_instructions() {
    let tx = admitted(&[
        compute_budget::set_compute_unit_limit(2_000_000),
        compute_budget::set_compute_unit_price(3),
        compute_budget::request_heap_frame(65_536),
        compute_budget::set_loaded_accounts_data_size_limit(u32::MAX),
    ])
    .unwrap();
    assert_eq!(tx.compute_unit_limit(), 1_400_000);
    assert_eq!(tx.limits().heap_len, 65_536);
    assert_eq!(tx.limits().loaded_data_len, 64 << 20);
    assert_eq!(
        (tx.fee().base, tx.fee().priority),
        (5_000, 5),
        "4.2 micro-lamports round up to 5"
    );
}

#[test]
fn default_limits_count_builtins_and_others() {
    let builtin = system::transfer(&dev_key(0).pubkey(), &Pubkey([9; 32]), 1);
    let other = call(Pubkey([8; 32]), vec![]);
    assert_eq!(
        admitted(std::slice::from_ref(&builtin))
            .unwrap()
            .compute_unit_limit(),
        3_000
    );
    assert_eq!(admitted(&[builtin, other]).unwrap().compute_unit_limit(), 203_000);
    assert_eq!(
        admitted(&vec![call(Pubkey([8; 32]), vec![]); 9])
            .unwrap()
            .compute_unit_limit(),
        1_400_000
    );
}

#[test]
fn a_budget_that_does_not_parse_is_refused_by_index() {
    let bad = |data: Vec<u8>| Instruction {
        program_id: ids::COMPUTE_BUDGET_PROGRAM,
        accounts: vec![],
        data,
    };
    let invalid = |index| TransactionError::InstructionError(index, InstructionError::InvalidInstructionData);
    let limit = compute_budget::set_compute_unit_limit(1);
    assert_eq!(admitted(&[limit.clone(), bad(vec![9])]).unwrap_err(), invalid(1));
    assert_eq!(admitted(&[bad(vec![2, 1])]).unwrap_err(), invalid(0));
    for len in [1_000, 32_767, 262_145, 33_000] {
        assert_eq!(
            admitted(&[compute_budget::request_heap_frame(len)]).unwrap_err(),
            invalid(0),
            "{len}"
        );
    }
    let twice = [limit.clone(), compute_budget::set_compute_unit_price(1), limit];
    assert_eq!(
        admitted(&twice).unwrap_err(),
        TransactionError::DuplicateInstruction(2)
    );
    let nothing = compute_budget::set_loaded_accounts_data_size_limit(0);
    assert_eq!(
        admitted(&[nothing]).unwrap_err(),
        TransactionError::InvalidLoadedAccountsDataSizeLimit
    );
}

#[test]
fn of_several_faults_the_one_that_solana_finds_first_is_named() {
    let heap = || compute_budget::request_heap_frame(1);
    let price = || compute_budget::set_compute_unit_price(1);
    let nothing = compute_budget::set_loaded_accounts_data_size_limit(0);
    let invalid = |index| TransactionError::InstructionError(index, InstructionError::InvalidInstructionData);
    assert_eq!(
        admitted(&[heap(), price(), price()]).unwrap_err(),
        TransactionError::DuplicateInstruction(2)
    );
    assert_eq!(admitted(&[nothing, price(), heap()]).unwrap_err(), invalid(2));
}

#[test]
fn a_key_may_stand_only_once() {
    let mut bytes = wire(
        &[&dev_key(0)],
        &[system::transfer(&dev_key(0).pubkey(), &Pubkey([9; 32]), 1)],
        Hash([7; 32]),
    );
    // Signature count, signature, header, key count, payer; then the recipient, made equal to the payer.
    let payer = 1 + 64 + 3 + 1;
    bytes.copy_within(payer..payer + 32, payer + 32);
    assert_eq!(
        admit(&bytes, &Genesis::development().rules(), KEY_HASHER).unwrap_err(),
        TransactionError::AccountLoadedTwice
    );
}

#[test]
fn instructions_are_limited_to_64() {
    let many = vec![call(Pubkey([8; 32]), vec![]); 65];
    assert_eq!(admitted(&many).unwrap_err(), TransactionError::SanitizeFailure);
    assert!(admitted(&many[..64]).is_ok());
}

#[test]
fn reserved_and_called_keys_lose_their_write_locks() {
    let writable = |pubkey| AccountMeta {
        pubkey,
        is_signer: false,
        is_writable: true,
    };
    let program = Pubkey([8; 32]);
    let accounts = vec![
        writable(ids::SYSVAR_CLOCK),
        writable(program),
        writable(Pubkey([9; 32])),
    ];
    let tx = admitted(&[call(program, accounts.clone())]).unwrap();
    let writes =
        |tx: &Tx, key: Pubkey| (0..tx.key_count()).any(|index| tx.key(index) == key && tx.is_writable(index));
    assert!(!writes(&tx, ids::SYSVAR_CLOCK) && !writes(&tx, program) && writes(&tx, Pubkey([9; 32])));

    let mut with_loader = accounts;
    with_loader.push(writable(ids::BPF_LOADER_UPGRADEABLE));
    let tx = admitted(&[call(program, with_loader)]).unwrap();
    assert!(writes(&tx, program) && !writes(&tx, ids::BPF_LOADER_UPGRADEABLE));
}

#[test]
fn locks_are_limited() {
    let rules = Rules {
        account_locks_max: 4,
        ..Genesis::development().rules()
    };
    let of = |count| {
        wire(
            &[&dev_key(0)],
            &[call(Pubkey([88; 32]), metas(count))],
            Hash([7; 32]),
        )
    };
    assert!(admit(&of(2), &rules, KEY_HASHER).is_ok());
    assert_eq!(
        admit(&of(3), &rules, KEY_HASHER).unwrap_err(),
        TransactionError::TooManyAccountLocks
    );
}

#[test]
fn priority_is_the_fee_per_reserved_unit() {
    let bid = |price| {
        admitted(&[
            compute_budget::set_compute_unit_limit(1_000_000),
            compute_budget::set_compute_unit_price(price),
        ])
        .unwrap()
    };
    for price in [0, 10, 1_000] {
        let tx = bid(price);
        assert!(
            tx.reserved_units() > 1_000_000,
            "more than the units are reserved"
        );
        assert_eq!(tx.priority(), (5_000 + price) * 1_000_000 / tx.reserved_units());
    }
    assert!(
        bid(u64::MAX).priority() > u64::MAX / 10 * 9,
        "the highest price does not wrap"
    );
}

#[test]
fn default_limits_of_the_vote_program_depend_on_its_feature() {
    let development = Genesis::development().rules();
    let limit = |program, features| {
        let rules = Rules {
            features,
            ..development.clone()
        };
        let wire = wire(&[&dev_key(0)], &[call(program, vec![])], Hash([7; 32]));
        admit(&wire, &rules, KEY_HASHER).unwrap().compute_unit_limit()
    };
    let feature = Feature::BLS_PUBKEY_MANAGEMENT_IN_VOTE_ACCOUNT;
    let (without, with) = (
        development.features.without(feature),
        development.features.with(feature),
    );
    assert_eq!(limit(ids::VOTE_PROGRAM, with), 200_000);
    assert_eq!(limit(ids::VOTE_PROGRAM, without), 3_000);
    assert_eq!(limit(ids::LOADER_V4, with), 3_000);
}
