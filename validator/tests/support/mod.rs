//! What the integration tests of the validator share: nodes in temporary folders and signed transfers.

// Each test binary uses its own part of this module.
#![allow(dead_code)]

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use curve25519_dalek::edwards::EdwardsPoint;
use curve25519_dalek::scalar::{Scalar, clamp_integer};
use isobath_node::{BlockNotice, Node, NodeConfig, Preflight};
use isobath_sdk::{Keypair, Pubkey, Signature};
use isobath_testkit::transactions;
use sha2::{Digest, Sha512};
use tokio::sync::broadcast::Receiver;
use tokio::time::timeout;

/// How long a test waits for what should take milliseconds.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

/// The shortest slot.
pub(crate) const FAST_SLOT_MS: u64 = 20;

/// A configuration with the shortest slots.
pub(crate) fn fast(dir: &Path) -> NodeConfig {
    let mut config = NodeConfig::at(dir);
    config.slot_ms = Some(FAST_SLOT_MS);
    config
}

/// A node with the shortest slots.
pub(crate) fn start_fast(dir: &Path) -> Node {
    Node::start(fast(dir)).expect("the node starts")
}

/// A signed transfer with the newest blockhash of the node.
pub(crate) fn transfer(node: &Node, from: &Keypair, to: &Pubkey, lamports: u64) -> Vec<u8> {
    transactions::transfer(node.published().chain().blockhash(), from, to, lamports)
}

/// Submits without preflight and expects the node to take it.
pub(crate) async fn submit(node: &Node, wire: Vec<u8>) -> Signature {
    node.submit(wire, Preflight::Skip)
        .await
        .expect("the node takes the transaction")
}

/// The next notice.
pub(crate) async fn next_notice(notices: &mut Receiver<Arc<BlockNotice>>) -> Arc<BlockNotice> {
    timeout(PATIENCE, notices.recv())
        .await
        .expect("blocks keep coming")
        .expect("the test keeps up")
}

/// Waits for the notice that lists the signature.
pub(crate) async fn confirmed(
    notices: &mut Receiver<Arc<BlockNotice>>,
    signature: &Signature,
) -> Arc<BlockNotice> {
    loop {
        let notice = next_notice(notices).await;
        if notice.signatures.iter().any(|(listed, _)| listed == signature) {
            return notice;
        }
    }
}

/// Waits for `count` more blocks.
pub(crate) async fn pass_blocks(notices: &mut Receiver<Arc<BlockNotice>>, count: usize) {
    for _ in 0..count {
        next_notice(notices).await;
    }
}

/// Waits until it is so.
pub(crate) async fn until(is_so: impl Fn() -> bool) {
    let polling = async {
        while !is_so() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    timeout(PATIENCE, polling).await.expect("it becomes so");
}

/// What the published view says the key owns.
pub(crate) fn balance(node: &Node, key: &Pubkey) -> u64 {
    node.published()
        .account(key)
        .expect("a view of microseconds is whole")
        .map_or(0, |account| account.lamports)
}

/// The transaction with another valid signature over the same message: `s = r + k a` for another `r`.
#[allow(clippy::arithmetic_side_effects, reason = "scalars do not overflow")]
pub(crate) fn sign_again(wire: &[u8], dev_key_index: u32) -> Vec<u8> {
    let seed = isobath_sdk::chain::genesis::development_seed(dev_key_index);
    let secret: [u8; 64] = Sha512::digest(seed).into();
    let a = Scalar::from_bytes_mod_order(clamp_integer(secret[..32].try_into().expect("half of 64 bytes")));
    let (message, r) = (&wire[65..], Scalar::from(0x1234_5678_9abc_u64));
    let commitment = EdwardsPoint::mul_base(&r).compress();
    let key = EdwardsPoint::mul_base(&a).compress();
    let mut hash = Sha512::new();
    hash.update(commitment.as_bytes());
    hash.update(key.as_bytes());
    hash.update(message);
    let k = Scalar::from_bytes_mod_order_wide(&hash.finalize().into());
    let mut renamed = wire.to_vec();
    renamed[1..33].copy_from_slice(commitment.as_bytes());
    renamed[33..65].copy_from_slice((r + k * a).as_bytes());
    renamed
}
