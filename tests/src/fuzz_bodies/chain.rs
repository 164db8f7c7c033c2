//! Bodies of the chain's own canonical bytes, which are borsh: exact length, one encoding per value.

use super::samples::account_before;
use borsh::{BorshDeserialize, BorshSerialize};
use isobath_sdk::chain::event::{Event, render_logs};
use isobath_sdk::chain::genesis::Genesis;
use isobath_sdk::chain::hashing::{Tag, hash_tagged};
use isobath_sdk::chain::outcome::Outcome;
use isobath_sdk::chain::record::{Delta, Execution, History, RecordedDelta};

/// Decodes a value whose bytes must come back.
fn canonical<T: BorshDeserialize + BorshSerialize>(bytes: &[u8]) -> Option<T> {
    let value = borsh::from_slice::<T>(bytes).ok()?;
    assert_eq!(
        borsh::to_vec(&value).expect("writing to memory does not fail"),
        bytes
    );
    Some(value)
}

/// Canonical bytes of a genesis. What is valid also survives the file form.
pub(super) fn genesis_borsh(bytes: &[u8]) -> bool {
    let Some(genesis) = canonical::<Genesis>(bytes) else {
        return false;
    };
    if genesis.validate().is_ok() {
        let read =
            Genesis::from_json(&genesis.to_json()).expect("a valid genesis has a file that reads back");
        assert_eq!(read.hash(), genesis.hash());
    }
    true
}

/// The history part of a block record: its hashes are those of the bytes that were read, its parts read back by
/// themselves, and every event but an inner instruction has a line.
pub(super) fn history_borsh(bytes: &[u8]) -> bool {
    let Some(history) = canonical::<History>(bytes) else {
        return false;
    };
    let (header_len, result_len) = (len_of(&history.header), len_of(&history.result));
    let header = &bytes[..header_len];
    let result = &bytes[bytes.len() - result_len..];
    assert_eq!(history.header.blockhash(), hash_tagged(Tag::Header, header));
    assert_eq!(history.result.hash(), hash_tagged(Tag::BlockResult, result));
    history
        .executions
        .iter()
        .for_each(|execution| check_execution(&execution.to_execution()));
    true
}

fn check_execution(execution: &Execution) {
    let outcome = borsh::to_vec(&execution.outcome).expect("writing to memory does not fail");
    assert_eq!(canonical::<Outcome>(&outcome).as_ref(), Some(&execution.outcome));
    assert_eq!(execution.outcome.leaf(), hash_tagged(Tag::OutcomeLeaf, &outcome));
    let mute = |event: &&Event| matches!(event, Event::InnerInstruction { .. } | Event::Loaded { .. });
    let lines = execution.events.len() - execution.events.iter().filter(mute).count();
    assert_eq!(render_logs(&execution.events).len(), lines);
}

fn len_of(value: &impl BorshSerialize) -> usize {
    borsh::to_vec(value)
        .expect("writing to memory does not fail")
        .len()
}

/// The delta part of a block record, applied to accounts that its samples change: what applies is recorded as the same
/// bytes, and the root depends on every entry and on their order.
pub(super) fn delta_borsh(bytes: &[u8]) -> bool {
    let Some(recorded) = canonical::<RecordedDelta>(bytes) else {
        return false;
    };
    let mut delta = Delta::default();
    // One by one, because a few bytes may give an account ten megabytes.
    for change in recorded.changes {
        let one = RecordedDelta {
            changes: vec![change],
        };
        let Ok(mut applied) = one.apply(u64::MAX, account_before) else {
            continue;
        };
        assert!(RecordedDelta::new(&applied, account_before) == one);
        applied.accounts.retain(|(_, account)| {
            account
                .as_ref()
                .is_none_or(|account| account.data.len() < 1 << 16)
        });
        delta.accounts.append(&mut applied.accounts);
    }
    check_root(&delta);
    true
}

fn check_root(delta: &Delta) {
    let root = delta.root();
    let mut shorter = delta.clone();
    if shorter.accounts.pop().is_some() {
        assert_ne!(shorter.root(), root);
    }
    let mut turned = delta.clone();
    turned.accounts.reverse();
    assert_eq!(turned.root() == root, turned == *delta);
}
