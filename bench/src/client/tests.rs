//! The load generator against a node that misbehaves on purpose, whose own record is the oracle.
//!
//! The node numbers the transfers in the order in which they first arrive (payer, recipient, amount) and treats each by
//! its number: for some it answers busy once, some it accepts once and loses, some fail in their block. Its blockhashes
//! expire within a fraction of a second. Whatever it does, every transfer must end in exactly one block, and the
//! generator's counts must equal those of the node.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use clap::Parser;
use isobath_sdk::builtins::system::SystemInstruction;
use isobath_sdk::{Hash, Pubkey, TransactionView};
use jsonrpsee::RpcModule;
use jsonrpsee::server::{ServerBuilder, ServerHandle};
use jsonrpsee::types::ErrorObjectOwned;
use serde_json::{Value, json};

use super::*;
use crate::cli::{Cli, Command};

const TRANSFERS: u64 = 1_000;
const START_LAMPORTS: u64 = 1_000_000_000_000;
const BLOCK_MS: u128 = 5;
const BLOCKHASH_LIFE: u64 = 60;

/// What happens to a transfer at its first arrival, by its number.
const fn is_busy_at_first(number: u64) -> bool {
    number % 7 == 1
}
const fn is_lost_at_first(number: u64) -> bool {
    number.is_multiple_of(5)
}
const fn is_failing(number: u64) -> bool {
    number % 11 == 2
}

/// One transfer as the node knows it.
#[derive(Default)]
struct KnownTransfer {
    number: u64,
    arrivals: u64,
    signatures_lost: u64,
    blocks: Vec<u64>,
}

struct FakeNode {
    begun: Instant,
    transfers: BTreeMap<(Pubkey, Pubkey, u64), KnownTransfer>,
    statuses: BTreeMap<String, (u64, bool)>,
}

impl FakeNode {
    fn height(&self) -> u64 {
        u64::try_from(self.begun.elapsed().as_millis() / BLOCK_MS).unwrap()
    }

    /// A blockhash that encodes the height at which it was created.
    fn blockhash(&self) -> Hash {
        let mut bytes = [7; 32];
        bytes[..8].copy_from_slice(&self.height().to_le_bytes());
        Hash(bytes)
    }

    fn accept(&mut self, wire: &str) -> Result<String, ErrorObjectOwned> {
        let bytes = STANDARD.decode(wire).unwrap();
        let view = TransactionView::parse(&bytes).unwrap();
        let name = view.signature(0).to_string();
        let height = self.height();
        let created_at = u64::from_le_bytes(view.recent_blockhash().0[..8].try_into().unwrap());
        if created_at.saturating_add(BLOCKHASH_LIFE) <= height {
            return Err(error_answer(
                -32_002,
                "Transaction simulation failed: Blockhash not found",
            ));
        }
        let instruction = view.instructions().next().unwrap();
        let SystemInstruction::Transfer { lamports } = SystemInstruction::decode(instruction.data).unwrap()
        else {
            panic!("the load consists of transfers")
        };
        let key = |index: usize| view.static_key(usize::from(instruction.accounts[index]));
        let next_number = self.transfers.len() as u64;
        let transfer = self.transfers.entry((key(0), key(1), lamports)).or_default();
        if transfer.arrivals == 0 {
            transfer.number = next_number;
        }
        transfer.arrivals = transfer.arrivals.saturating_add(1);
        if is_busy_at_first(transfer.number) && transfer.arrivals == 1 {
            return Err(error_answer(
                -32_005,
                "Node is busy: the verification queue is full",
            ));
        }
        if is_lost_at_first(transfer.number) && transfer.signatures_lost == 0 {
            transfer.signatures_lost = 1;
            return Ok(name);
        }
        transfer.blocks.push(height);
        self.statuses
            .insert(name.clone(), (height, is_failing(transfer.number)));
        Ok(name)
    }

    fn status(&self, name: &str) -> Value {
        match self.statuses.get(name) {
            // Published together with the height of its block.
            Some((block, failed)) if *block <= self.height() => {
                let error = if *failed {
                    json!({"InstructionError": [0, {"Custom": 1}]})
                } else {
                    Value::Null
                };
                json!({"slot": block, "confirmations": null, "err": error, "confirmationStatus": "finalized"})
            }
            _ => Value::Null,
        }
    }

    /// The balances after every block so far: what was received less what was paid, with its fees.
    fn balance_sheet(&self, names: &[String]) -> Vec<Value> {
        let mut balances: BTreeMap<String, u64> = BTreeMap::new();
        for ((from, to, lamports), transfer) in &self.transfers {
            let times = transfer.blocks.len() as u64;
            let moved = if is_failing(transfer.number) {
                0
            } else {
                lamports.saturating_mul(times)
            };
            let paid = moved.saturating_add(plan::FEE_LAMPORTS.saturating_mul(times));
            let payer = balances.entry(from.to_string()).or_insert(START_LAMPORTS);
            *payer = payer.saturating_sub(paid);
            let recipient = balances.entry(to.to_string()).or_insert(START_LAMPORTS);
            *recipient = recipient.saturating_add(moved);
        }
        let lamports = |name| balances.get(name).copied().unwrap_or(START_LAMPORTS);
        names
            .iter()
            .map(|name| json!({"lamports": lamports(name)}))
            .collect()
    }
}

fn error_answer(code: i32, message: &str) -> ErrorObjectOwned {
    ErrorObjectOwned::owned::<()>(code, message, None)
}

/// Serves the misbehaving node on a free port.
async fn serve(node: Arc<Mutex<FakeNode>>) -> (String, ServerHandle) {
    let mut module = RpcModule::new(node);
    type Params<'a> = jsonrpsee::types::Params<'a>;
    module
        .register_method("getLatestBlockhash", |_: Params<'_>, node, _| {
            let node = node.lock().unwrap();
            let last = node.height().saturating_add(BLOCKHASH_LIFE);
            json!({"value": {"blockhash": node.blockhash(), "lastValidBlockHeight": last}})
        })
        .unwrap();
    module
        .register_method("getBlockHeight", |_: Params<'_>, node, _| {
            node.lock().unwrap().height()
        })
        .unwrap();
    module
        .register_method("sendTransaction", |params: Params<'_>, node, _| {
            let (wire, _options): (String, Value) = params.parse()?;
            node.lock().unwrap().accept(&wire)
        })
        .unwrap();
    module
        .register_method("getSignatureStatuses", |params: Params<'_>, node, _| {
            let (names, _options): (Vec<String>, Value) = params.parse()?;
            let node = node.lock().unwrap();
            let statuses: Vec<Value> = names.iter().map(|name| node.status(name)).collect();
            Ok::<_, ErrorObjectOwned>(json!({"value": statuses}))
        })
        .unwrap();
    module
        .register_method("getMultipleAccounts", |params: Params<'_>, node, _| {
            let (keys, _options): (Vec<String>, Value) = params.parse()?;
            Ok::<_, ErrorObjectOwned>(json!({"value": node.lock().unwrap().balance_sheet(&keys)}))
        })
        .unwrap();
    let server = ServerBuilder::default().build("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", server.local_addr().unwrap());
    (url, server.start(module))
}

fn load_args(arguments: &[&str]) -> LoadArgs {
    let all = ["isobath-bench", "client"].iter().chain(arguments);
    match Cli::try_parse_from(all).unwrap().command {
        Command::Client(args) => args.load,
        _ => panic!("client was asked for"),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_transfer_gets_into_exactly_one_block_whatever_the_node_does() {
    let node = Arc::new(Mutex::new(FakeNode {
        begun: Instant::now(),
        transfers: BTreeMap::new(),
        statuses: BTreeMap::new(),
    }));
    let (url, server) = serve(Arc::clone(&node)).await;
    // Nothing listens for WebSocket, so statuses are requested at a fixed interval.
    let target = Target {
        url,
        ws_url: "ws://127.0.0.1:1".to_owned(),
    };
    let args = load_args(&[
        "--accounts",
        "10",
        "--window",
        "200",
        "--batch",
        "8",
        "--connections",
        "3",
    ]);
    let funder = Funder::Airdrop(derive_funder(1));
    let goal = Goal::Transfers(TRANSFERS);
    let result = drive(&target, &args, goal, &funder, Stop::new(), None)
        .await
        .unwrap();
    server.stop().unwrap();

    let node = node.lock().unwrap();
    assert_eq!(node.transfers.len() as u64, TRANSFERS, "every transfer was sent");
    for transfer in node.transfers.values() {
        assert_eq!(
            transfer.blocks.len(),
            1,
            "transfer {} is in {} blocks",
            transfer.number,
            transfer.blocks.len()
        );
    }
    let count = |property: fn(u64) -> bool| (0..TRANSFERS).filter(|number| property(*number)).count() as u64;
    let load = &result.load;
    let failed = count(is_failing);
    assert_eq!((load.sent, load.unresolved), (TRANSFERS, 0));
    assert_eq!(load.confirmed, TRANSFERS.saturating_sub(failed));
    let causes: Vec<_> = load.failures.iter().collect();
    assert_eq!(
        causes,
        [(
            &"failed in its block: InstructionError: Custom 1".to_owned(),
            &failed
        )]
    );
    assert_eq!(load.busy_answers, count(is_busy_at_first));
    assert!(
        load.resigned >= count(is_lost_at_first),
        "{} re-signed",
        load.resigned
    );
    assert!(result.conservation.unwrap().holds);
    assert_eq!(load.latency_us.len(), load.confirmed);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_that_goes_away_ends_the_run_with_a_report() {
    let node = Arc::new(Mutex::new(FakeNode {
        begun: Instant::now(),
        transfers: BTreeMap::new(),
        statuses: BTreeMap::new(),
    }));
    let (url, server) = serve(Arc::clone(&node)).await;
    let target = Target {
        url,
        ws_url: "ws://127.0.0.1:1".to_owned(),
    };
    let args = load_args(&["--accounts", "10", "--rate", "200", "--timeout", "2"]);
    let funder = Funder::Airdrop(derive_funder(1));
    tokio::spawn(async move {
        while node.lock().unwrap().transfers.len() < 50 {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        server.stop().unwrap();
    });
    let result = drive(&target, &args, Goal::Transfers(5_000), &funder, Stop::new(), None)
        .await
        .unwrap();
    let load = &result.load;
    assert_eq!(load.stop_reason, Some(crate::stop::StopReason::Stalled));
    assert!(
        load.confirmed > 0 && load.confirmed < 5_000,
        "{} confirmed",
        load.confirmed
    );
    assert!(result.conservation.unwrap_err().contains("cannot connect"));
}
