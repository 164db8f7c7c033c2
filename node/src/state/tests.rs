//! What is recorded of transactions that leave the pool.

use isobath_runtime::{Wait, admit, pending_entry};
use isobath_sdk::chain::genesis::Genesis;
use isobath_sdk::chain::key_hash::KeyHasher;
use isobath_sdk::{Hash, Keypair, Message, MessageVersion, Transaction, builtins::system};

use super::*;
use crate::indexes::accepted::AcceptedTx;
use crate::{Node, NodeConfig};

fn transaction() -> Tx {
    let payer = Keypair::from_seed([1; 32]);
    let transfer = system::transfer(&payer.pubkey(), &payer.pubkey(), 1);
    let message = Message::compile(MessageVersion::Legacy, &payer.pubkey(), &[transfer], Hash::ZERO);
    let signed = Transaction::sign(message.unwrap(), &[&payer]).unwrap();
    admit(
        &signed.serialize(),
        &Genesis::development().rules(),
        KeyHasher::new([0; 2]),
    )
    .unwrap()
}

#[test]
fn a_dropped_transaction_that_is_pending_again_is_not_recorded() {
    let dir = tempfile::tempdir().unwrap();
    let node = Node::start(NodeConfig::at(dir.path())).unwrap();
    let state = &node.0.state;
    let tx = transaction();
    // The producer takes nothing while the pool is locked.
    let mut pool = state.lock_pool();
    let wait = Wait {
        arrived_at_height: 0,
        expires_at_height: 100,
        nonce_account: None,
    };
    drop(
        pool.pending
            .insert(pending_entry(tx.clone(), &[], 0, wait), |_| true)
            .unwrap(),
    );
    state.accepted.accept(&tx.signature());
    state.record_dropped(&pool, [&tx], DropReason::Evicted);
    assert_eq!(node.accepted(&tx.signature()), Some(AcceptedTx::Pending));

    assert_eq!(pool.pending.drop_expired(101).len(), 1);
    state.record_dropped(&pool, [&tx], DropReason::Expired);
    drop(pool);
    let found = node.accepted(&tx.signature());
    assert!(matches!(found, Some(AcceptedTx::Dropped(dropped)) if dropped.reason == DropReason::Expired));
}
