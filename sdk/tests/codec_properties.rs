//! Decoders on arbitrary bytes: they answer or refuse, never panic, and what they accept has one encoding.
//!
//! Random bytes rarely pass a decoder, so each property also runs on valid bytes with a few of them changed or cut.

use borsh::{BorshDeserialize, BorshSerialize};
use isobath_sdk::builtins::lookup_table::{LOOKUP_TABLE_META_LEN, LookupTable, LookupTableMeta};
use isobath_sdk::builtins::nonce::{NonceData, NonceState};
use isobath_sdk::chain::account::Account;
use isobath_sdk::chain::event::Event;
use isobath_sdk::chain::genesis::Genesis;
use isobath_sdk::chain::header::{Anchor, Header};
use isobath_sdk::chain::outcome::{Outcome, OutcomeClass, ReturnData};
use isobath_sdk::chain::result::{BlockResult, FeeTotals};
use isobath_sdk::sysvar::clock::Clock;
use isobath_sdk::sysvar::epoch_rewards::EpochRewards;
use isobath_sdk::sysvar::epoch_schedule::EpochSchedule;
use isobath_sdk::sysvar::recent_blockhashes::{RecentBlockhash, RecentBlockhashes};
use isobath_sdk::sysvar::rent::Rent;
use isobath_sdk::sysvar::slot_hashes::SlotHashes;
use isobath_sdk::{Hash, InstructionError, Pubkey, TransactionError};
use proptest::prelude::*;

/// Changes to bytes: a cut at the end, and bytes to overwrite.
fn damage() -> impl Strategy<Value = (usize, Vec<(prop::sample::Index, u8)>)> {
    (
        0usize..4,
        prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..4),
    )
}

fn damaged(mut bytes: Vec<u8>, damage: &(usize, Vec<(prop::sample::Index, u8)>)) -> Vec<u8> {
    bytes.truncate(bytes.len().saturating_sub(damage.0));
    for (index, byte) in &damage.1 {
        if !bytes.is_empty() {
            let at = index.index(bytes.len());
            bytes[at] = *byte;
        }
    }
    bytes
}

/// What borsh accepts, it writes back unchanged.
fn check_canonical<T: BorshSerialize + BorshDeserialize>(bytes: &[u8]) -> Result<(), TestCaseError> {
    if let Ok(value) = borsh::from_slice::<T>(bytes) {
        prop_assert_eq!(borsh::to_vec(&value)?, bytes);
    }
    Ok(())
}

fn check_all_canonical(bytes: &[u8]) -> Result<(), TestCaseError> {
    check_canonical::<Account>(bytes)?;
    check_canonical::<Header>(bytes)?;
    check_canonical::<BlockResult>(bytes)?;
    check_canonical::<Vec<Outcome>>(bytes)?;
    check_canonical::<Vec<Event>>(bytes)?;
    check_canonical::<Genesis>(bytes)
}

/// What an account codec accepts, it writes back as the start of the bytes.
fn check_account_codecs(bytes: &[u8]) -> Result<(), TestCaseError> {
    if let Ok(value) = Clock::from_bytes(bytes) {
        prop_assert!(bytes.starts_with(&value.to_bytes()));
    }
    if let Ok(value) = Rent::from_bytes(bytes) {
        prop_assert!(bytes.starts_with(&value.to_bytes()));
    }
    if let Ok(value) = EpochSchedule::from_bytes(bytes) {
        prop_assert!(bytes.starts_with(&value.to_bytes()));
        for slots in [0, 1, 1_000_000, u64::MAX] {
            let slot = value.first_normal_slot.saturating_add(slots);
            let epoch = value.epoch(slot);
            prop_assert!(epoch >= value.first_normal_epoch);
            prop_assert!((value.first_normal_slot..=slot).contains(&value.first_slot(epoch)));
        }
    }
    if let Ok(value) = EpochRewards::from_bytes(bytes) {
        prop_assert!(bytes.starts_with(&value.to_bytes()));
    }
    if let Ok(value) = SlotHashes::from_bytes(bytes) {
        prop_assert_eq!(SlotHashes::from_bytes(&value.to_bytes()), Ok(value));
    }
    if let Ok(value) = RecentBlockhashes::from_bytes(bytes) {
        prop_assert_eq!(RecentBlockhashes::from_bytes(&value.to_bytes()), Ok(value));
    }
    if let Ok(value) = NonceState::from_bytes(bytes) {
        prop_assert_eq!(NonceState::from_bytes(&value.to_bytes()), Ok(value));
    }
    if let Ok(table) = LookupTable::parse(bytes) {
        let written = [table.meta.to_bytes().as_slice(), &bytes[LOOKUP_TABLE_META_LEN..]].concat();
        prop_assert_eq!(LookupTable::parse(&written), Ok(table));
    }
    Ok(())
}

fn chain_samples() -> Vec<Vec<u8>> {
    let (hash, key) = (Hash([1; 32]), Pubkey::new([2; 32]));
    let header = Header {
        version: 1,
        rules_version: 1,
        genesis_hash: hash,
        slot: 3,
        height: 4,
        parent_slot: 2,
        parent_hash: hash,
        timestamp_ms: 5,
        producer: key,
        transactions_root: hash,
        transaction_count: 6,
        anchor: Anchor {
            slot: 1,
            result_hash: hash,
        },
    };
    let result = BlockResult {
        version: 1,
        slot: 3,
        height: 4,
        block_hash: hash,
        parent_result_hash: hash,
        delta_root: hash,
        outcomes_root: hash,
        state_root: Some(hash),
        capitalization: 7,
        fees: FeeTotals {
            base: 8,
            priority: 9,
            burned: 4,
        },
        compute_units: 10,
    };
    let error = TransactionError::InstructionError(1, InstructionError::Custom(2));
    let return_data = Some(ReturnData {
        program: key,
        data: vec![3],
    });
    let outcome = Outcome {
        class: OutcomeClass::Executed,
        error: Some(error),
        fee: 1,
        compute_units: 2,
        return_data,
    };
    let events = vec![
        Event::Invoke {
            program_id: key,
            depth: 1,
        },
        Event::Log("log".to_owned()),
        Event::Data(vec![vec![1], vec![]]),
        Event::Failed {
            program_id: key,
            error: InstructionError::Custom(3),
        },
    ];
    let account = Account {
        data: vec![1, 2, 3].into(),
        ..Account::new(1, key)
    };
    let write = |result: Result<Vec<u8>, _>| result.expect("borsh writes any value to memory");
    vec![
        write(borsh::to_vec(&header)),
        write(borsh::to_vec(&result)),
        write(borsh::to_vec(&vec![outcome])),
        write(borsh::to_vec(&events)),
        write(borsh::to_vec(&account)),
        write(borsh::to_vec(&Genesis::development())),
    ]
}

fn account_samples() -> Vec<Vec<u8>> {
    let (hash, key) = (Hash([1; 32]), Pubkey::new([2; 32]));
    let nonce = NonceData {
        authority: key,
        durable_nonce: hash,
        lamports_per_signature: 5_000,
    };
    let entry = RecentBlockhash {
        blockhash: hash,
        lamports_per_signature: 5_000,
    };
    vec![
        Clock::default().to_bytes(),
        Rent::new(6_960).to_bytes(),
        EpochSchedule::without_warmup(32).to_bytes(),
        EpochRewards::default().to_bytes(),
        SlotHashes::new([(9, hash), (8, hash)]).to_bytes()[..88].to_vec(),
        RecentBlockhashes::new([entry, entry]).to_bytes()[..88].to_vec(),
        NonceState::initialized(nonce).to_bytes().to_vec(),
        [LookupTableMeta::new(Some(key)).to_bytes().as_slice(), &[3; 64]].concat(),
    ]
}

proptest! {
    #[test]
    fn any_bytes_are_answered_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        check_all_canonical(&bytes)?;
        check_account_codecs(&bytes)?;
    }

    #[test]
    fn damaged_chain_types_are_answered_or_refused(damage in damage()) {
        for sample in chain_samples() {
            check_all_canonical(&damaged(sample, &damage))?;
        }
    }

    #[test]
    fn damaged_accounts_are_answered_or_refused(damage in damage()) {
        for sample in account_samples() {
            check_account_codecs(&damaged(sample, &damage))?;
        }
    }
}
