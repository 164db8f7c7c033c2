//! Bodies of the chain's own canonical bytes, which are borsh: exact length, one encoding per value.

use borsh::{BorshDeserialize, BorshSerialize};
use isobath_sdk::chain::record::{Delta, History};
use isobath_sdk::chain::{event::render_logs, genesis::Genesis};

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

/// The history part of a block record, with everything that serving it calls.
pub(super) fn history_borsh(bytes: &[u8]) -> bool {
    let Some(history) = canonical::<History>(bytes) else {
        return false;
    };
    let _ = (history.header.blockhash(), history.result.hash());
    for execution in &history.executions {
        let _ = (execution.outcome.leaf(), render_logs(&execution.events));
    }
    true
}

/// The delta part of a block record.
pub(super) fn delta_borsh(bytes: &[u8]) -> bool {
    let Some(delta) = canonical::<Delta>(bytes) else {
        return false;
    };
    let _ = delta.root();
    true
}
