//! What becomes of transactions whose payer or whose accounts matter.

use std::sync::atomic::{AtomicU64, Ordering};

use isobath_sdk::builtins::system;
use isobath_sdk::chain::genesis::{Genesis, GenesisAccount, dev_keypairs};
use isobath_sdk::{Instruction, Keypair, Message, MessageVersion, Transaction, ids};

use super::*;
use crate::error::Unmetered;
use crate::{Node, NodeConfig};

const LARGE: Pubkey = Pubkey([5; 32]);
const FOREIGN: Pubkey = Pubkey([6; 32]);
const LARGE_LEN: usize = 1 << 20;
/// The rent minimum of an account without data.
const RENT_MINIMUM: u64 = 890_880;

fn payer() -> Keypair {
    Keypair::from_seed([9; 32])
}

/// A chain whose payer can pay for one transaction, with two large accounts.
fn start(folder: &std::path::Path) -> Node {
    Node::start(config(folder)).unwrap()
}

fn config(folder: &std::path::Path) -> NodeConfig {
    let mut genesis = Genesis::development();
    let large = |pubkey, owner| GenesisAccount {
        owner,
        data: vec![1; LARGE_LEN],
        ..GenesisAccount::funded(pubkey, 10_000_000_000)
    };
    genesis.accounts.extend([
        GenesisAccount::funded(payer().pubkey(), RENT_MINIMUM + 5_001),
        large(LARGE, ids::SYSTEM_PROGRAM),
        large(FOREIGN, Pubkey([7; 32])),
    ]);
    genesis.normalize();
    let mut config = NodeConfig::at(folder);
    config.genesis = Some(genesis);
    // The block stays open.
    config.slot_ms = Some(60_000);
    config
}

fn transfer(node: &Node, to: Pubkey) -> Vec<u8> {
    signed(node, &payer(), &system::transfer(&payer().pubkey(), &to, 1))
}

fn signed(node: &Node, payer: &Keypair, instruction: &Instruction) -> Vec<u8> {
    let blockhash = node.published().chain().blockhash();
    let instructions = std::slice::from_ref(instruction);
    let message = Message::compile(MessageVersion::Legacy, &payer.pubkey(), instructions, blockhash);
    let signed = Transaction::sign(message.unwrap(), &[payer]).unwrap();
    signed.serialize()
}

fn wait_until(condition: impl Fn() -> bool) {
    for _ in 0..2_000 {
        if condition() {
            return;
        }
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
    panic!("nothing came within 20 s");
}

fn wait_until_taken(node: &Node) {
    wait_until(|| node.0.state.pending_len() == 0);
}

/// Wallets send a transaction again until it is confirmed; its fee is owed once.
#[test]
fn a_transaction_of_the_open_block_is_answered_when_it_comes_again() {
    let folder = tempfile::tempdir().unwrap();
    let node = start(folder.path());
    let wire = transfer(&node, Pubkey([8; 32]));
    let signature = node.submit_verified(&wire).unwrap();
    wait_until_taken(&node);
    assert_eq!(node.submit_verified(&wire).unwrap(), signature);
    assert_eq!(node.counters().repeated.get(), 1);
    assert_eq!(node.0.state.pending_len(), 0, "it is not tried again");
    let mut renamed = wire;
    renamed[1] ^= 1;
    let refused = node.submit_verified(&renamed).unwrap_err();
    assert!(matches!(
        refused,
        SubmitError::Invalid(TransactionError::AlreadyProcessed)
    ));
}

#[test]
fn a_group_of_admitted_transactions_is_answered_in_its_order() {
    let folder = tempfile::tempdir().unwrap();
    let node = start(folder.path());
    let admit = |to| {
        let decoded = DecodedTx::decode(transfer(&node, to)).unwrap();
        decoded.admit(node.runtime().rules(), node.key_hasher()).unwrap()
    };
    let (first, second) = (admit(Pubkey([8; 32])), admit(Pubkey([9; 32])));
    let group = vec![first.clone(), second.clone(), first.clone()];
    let answers = node.submit_admitted(group);
    assert_eq!(answers.len(), 3);
    assert_eq!(*answers[0].as_ref().unwrap(), first.signature());
    assert!(
        matches!(answers[1], Err(SubmitError::Payer { .. })),
        "the payer can pay for one: {answers:?}"
    );
    assert_eq!(*answers[2].as_ref().unwrap(), first.signature());
    let counters = node.counters();
    assert_eq!((counters.received.get(), counters.pooled.get()), (3, 1));

    node.shutdown();
    let answers = node.submit_admitted(vec![second]);
    assert!(matches!(answers[..], [Err(SubmitError::Stopping)]), "{answers:?}");
}

/// The transaction may copy the contents of the large account; it would have the priority of one that cannot.
#[test]
fn what_the_called_programs_may_copy_is_reserved() {
    let folder = tempfile::tempdir().unwrap();
    let node = start(folder.path());
    let state = &node.0.state;
    let checks = Checks {
        preflight: Preflight::Skip,
        meter: None,
    };
    let judged = |to| {
        let tx = state
            .runtime
            .admit(&transfer(&node, to), node.key_hasher())
            .unwrap();
        let Ok(judged) = state.judge(&state.published(), tx, &checks) else {
            panic!("it may be executed");
        };
        judged.entry
    };
    let (small, foreign, large) = (judged(Pubkey([8; 32])), judged(FOREIGN), judged(LARGE));
    assert_eq!(
        foreign.cost_units, small.cost_units,
        "no program of it owns the account"
    );
    assert_eq!(large.cost_units, small.cost_units + LARGE_LEN as u64 / 2);
    assert!(large.priority < small.priority / 10);
}

/// Readers do not see yet that the payer is empty; each transaction would be tried for free.
#[test]
fn what_a_payer_lost_in_the_open_block_pays_for_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let node = start(folder.path());
    let [rich, ..] = dev_keypairs();
    let balance = node
        .published()
        .account(&rich.pubkey())
        .unwrap()
        .unwrap()
        .lamports;
    let send = |lamports| {
        let to = Pubkey([8; 32]);
        let wire = signed(&node, &rich, &system::transfer(&rich.pubkey(), &to, lamports));
        node.submit_verified(&wire)
    };
    send(balance - 5_000).unwrap();
    wait_until_taken(&node);
    send(1).unwrap();
    wait_until(|| node.counters().dropped_no_op.get() == 1);
    let refused = send(2).unwrap_err();
    assert!(matches!(refused, SubmitError::Payer { pending_lamports, .. } if pending_lamports >= balance));
    assert_eq!(node.counters().dropped_no_op.get(), 1);
}

/// Allows preflights until one was charged.
#[derive(Default)]
struct OnePreflight(AtomicU64);

impl Meter for Arc<OnePreflight> {
    fn begin(&self) -> Result<(), Unmetered> {
        match self.0.load(Ordering::Relaxed) {
            0 => Ok(()),
            _ => Err(Unmetered::Senders),
        }
    }

    fn charge(&self, units: u64) {
        self.0.fetch_add(units, Ordering::Relaxed);
    }
}

/// The node did the work; who makes views go could otherwise have it done for nothing.
#[test]
fn a_preflight_whose_view_is_revoked_is_charged() {
    let folder = tempfile::tempdir().unwrap();
    let mut config = config(folder.path());
    config.slot_ms = Some(20);
    config.held_view_bytes = 1;
    let node = Node::start(config).unwrap();
    let state = &node.0.state;
    let published = state.published();
    wait_until(|| node.counters().views_revoked.get() > 0);
    let tx = state
        .runtime
        .admit(&transfer(&node, Pubkey([8; 32])), node.key_hasher());
    let meter = Arc::new(OnePreflight::default());
    let answer = state.simulate_metered(&published, &tx.unwrap(), Some(&meter));
    assert!(matches!(answer, Err(SubmitError::Busy(Busy::View(_)))));
    assert!(meter.0.load(Ordering::Relaxed) > 0);
}

/// Preflights that wait together do not all run because nothing was charged when they came.
#[test]
fn a_preflight_asks_its_meter_when_its_turn_comes() {
    let folder = tempfile::tempdir().unwrap();
    let node = start(folder.path());
    let state = &node.0.state;
    let meter = Arc::new(OnePreflight::default());
    let checks = || Checks {
        preflight: Preflight::Run,
        meter: Some(Box::new(Arc::clone(&meter))),
    };
    let [rich, ..] = dev_keypairs();
    let candidate = |lamports| {
        let wire = signed(
            &node,
            &rich,
            &system::transfer(&rich.pubkey(), &Pubkey([8; 32]), lamports),
        );
        Ok((state.runtime.admit(&wire, node.key_hasher()).unwrap(), checks()))
    };
    let answers = state.accept_all((1_000_000..1_000_008).map(candidate).collect());
    assert!(answers[0].is_ok());
    for answer in &answers[1..] {
        assert!(matches!(
            answer,
            Err(SubmitError::Busy(Busy::Preflight(Unmetered::Senders)))
        ));
    }
    assert_eq!(node.counters().busy_preflight.get(), 7);
}
